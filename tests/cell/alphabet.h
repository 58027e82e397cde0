/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cell's own GSM 7 bit default alphabet (3GPP TS 23.038 6.2.1), its packing (6.1.2.1), and
 * UTF-8.  Written from the specification, apart from modem/text, so that each checks the other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEPTET_ESCAPE 0x1b
#define SCALAR_REPLACEMENT 0xfffdu

/* Septets of a scalar value: 1, 2 (escape first), or 0 when the alphabet lacks it. */
size_t septets_of(uint32_t scalar, uint8_t ret[static 2]);

/* The scalar value of a septet; escaped: of the extension table, else the main one's (6.2.1.1). */
uint32_t septet_scalar(uint8_t septet, bool escaped);

/* Where bit 0 of the first septet lies: header octets are followed by fill bits up to a septet. */
void septets_pack(const uint8_t *septets, size_t count, size_t first_bit, uint8_t *octets);
void septets_unpack(const uint8_t *octets, size_t count, size_t first_bit, uint8_t *septets);

/* Takes one scalar value; returns its bytes, or 0 for what is no UTF-8 (or size 0). */
size_t utf8_take(const char *text, size_t size, uint32_t *ret_scalar);

/* Writes one scalar value (surrogates become U+FFFD); returns its bytes, at most 4. */
size_t utf8_put(uint32_t scalar, char *bytes);
