/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers to the session's own questions, in the many forms that are about (3GPP TS 27.005 and
 * 27.007).  Pure; every line is hostile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_MEMORIES_MAX 3
#define REPLY_MEMORY_SIZE 8

/*
 * Which memories that hold messages can be read, by the answer to AT+CPMS=?: "SM", "ME" and "SR", or
 * "MT" where that is the only name of the first two.  With brackets, without, nested or empty, in
 * quotes of either kind.
 * Returns how many.
 */
size_t reply_memories(const char *line, char memories[REPLY_MEMORIES_MAX][REPLY_MEMORY_SIZE]);

/* The moment of "+CCLK: "26/11/21,13:43:00+32"", UTC; 0: no zone, or a clock that nobody has set. */
int64_t reply_clock(const char *line);

/* The number of "+CSCA: "+86138…",145", plain or as UCS2 in hex, with its plus when the type says that
 * it is international; false: there is none. */
bool reply_centre(const char *line, char *number, size_t size);

/* Asks for the file of the SIM that holds the ICCID; its answer is "+CRSM: 144,0,"9868…"", digits in
 * swapped pairs (27.007 8.18, ETSI TS 102 221 13.2); false: there is none. */
#define REPLY_ICCID_COMMAND "AT+CRSM=176,12258,0,0,10"
bool reply_iccid(const char *line, char *iccid, size_t size);
