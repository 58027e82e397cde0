/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Octets as hexadecimal digits, as modems and the API have them.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All of them, for strspn(). */
#define HEX_DIGITS "0123456789ABCDEFabcdef"

/* 0..15 of a digit in either case, -1 of anything else. */
int hex_value(char digit);

/* Upper-case, without a NUL; returns 2 * size. */
size_t hex_write(const uint8_t *octets, size_t size, char *text);

/* size / 2 octets; an odd last digit is left out.  False when one of size is no digit. */
bool hex_read(const char *text, size_t size, uint8_t *octets);
