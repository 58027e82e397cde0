/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * UTF-8 checked and taken apart (Unicode 15, table 3-7).  Texts carry their size: U+0000 is a
 * character like any other in a text message.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True when all bytes are well-formed UTF-8: no overlong forms, no surrogates, at most U+10FFFF. */
bool utf8_valid(const char *text, size_t size);

/*
 * Takes the scalar value at text (size > 0).  Returns the bytes it used (1..4), or -EILSEQ.
 */
int utf8_next(const char *text, size_t size, uint32_t *ret_scalar);

/* Writes a scalar value as 1..4 bytes and returns how many; a surrogate or > U+10FFFF is U+FFFD. */
size_t utf8_put(uint32_t scalar, char buffer[static 4]);

/* How many scalar values well-formed text has. */
size_t utf8_count(const char *text, size_t size);
