/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * AT commands that libgammu does not know, spoken on its side of the pseudo-terminal while it is
 * idle.  The line half treats them like any of libgammu's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "modem/answer.h"

/*
 * Writes the command and waits for its final result.  answer (may be NULL): the first line of the
 * answer, "" without one.  Returns 0 for OK, -EREMOTEIO for an error (*ret_code, may be NULL, is
 * that of CME and CMS, 0 of a bare one), -ETIMEDOUT, -EIO.
 */
int ask(int slave, const char *command, int64_t timeout_usec, char *answer, size_t size,
	int *ret_code);

/*
 * The first quoted field of a line, as UTF-8: UCS2 in hex is read as what it means.  "" when there
 * is none.
 */
void ask_quoted(const char *line, char *field, size_t size);
