/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The fields that TPDUs are made of: hex, addresses (3GPP TS 23.040 9.1.2.5) and time stamps
 * (9.2.3.11), written and read.  Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ADDRESS_DIGITS_MAX 20
#define ADDRESS_SIZE 48 /* "+" and 20 digits, or 11 GSM characters in UTF-8, NUL */
#define ADDRESS_OCTETS_MAX 12
#define STAMP_OCTETS 7
#define USEC INT64_C(1000000)

/* A copy that ends in NUL, cut when room is too small: callers know that it is not. */
void text_copy(char *to, size_t room, const char *from);

/* hex has an even number of digits, at most 2 * capacity; returns octets, or -1. */
int hex_read(const char *hex, size_t digits, uint8_t *octets, size_t capacity);

/* Upper case; hex has room for 2 * count + 1. */
void hex_write(const uint8_t *octets, size_t count, char *hex);

/*
 * Writes a TP address: "+…" international, digits unknown, anything else alphanumeric.
 * Returns its octets, or -1 when it is empty or too long.
 */
int address_write(const char *address, uint8_t octets[static ADDRESS_OCTETS_MAX]);

/*
 * Reads a TP address out of at most size octets.  Returns its octets, or -1 and *ret_why: of what
 * kind the first mistake is.  The address is written even when it has no digits.
 */
int address_read(const uint8_t *octets, size_t size, char ret_address[static ADDRESS_SIZE],
		 const char **ret_why);

/* The service centre before a TPDU in AT commands, 27.005 3.1: returns its octets. */
int centre_address_write(const char *number, uint8_t octets[static ADDRESS_OCTETS_MAX]);

/* quarters: the zone in quarters of an hour east of UTC. */
void stamp_write(int64_t at_usec, int quarters, uint8_t octets[static STAMP_OCTETS]);

/* Returns 0, or -1 for what is no moment. */
int stamp_read(const uint8_t octets[static STAMP_OCTETS], int64_t *ret_usec);

/* "2026-12-01T08:00:00.000000Z" */
#define MOMENT_SIZE 28
const char *moment_write(int64_t at_usec, char buffer[static MOMENT_SIZE]);
