/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The GSM 7 bit default alphabet and its extension table (3GPP TS 23.038 6.2.1), and septets packed
 * into octets (6.1.2.1).  Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define GSM7_ESCAPE 0x1b

/*
 * Septets of one scalar value: 1, 2 (with escape) or 0 when the alphabet has no such character.
 */
size_t gsm7_encode(uint32_t scalar, uint8_t septets[static 2]);

/*
 * The scalar value of a septet (0..127); escaped: of the extension table.  An escape that is not in
 * the extension table shows the character of the main table (6.2.1.1); 0x1b itself is a space.
 */
uint32_t gsm7_decode(uint8_t septet, int escaped);

/* The same of the extension table alone; 0: it has no such character. */
uint32_t gsm7_extension(uint8_t septet);

/*
 * Packs count septets after fill_bits zero bits (0..6); returns the octets written.
 * octets has room for (fill_bits + 7 * count + 7) / 8.  The bits after the last septet are zero.
 */
size_t gsm7_pack(const uint8_t *septets, size_t count, unsigned fill_bits, uint8_t *octets);

/* The other way; octets hold at least (fill_bits + 7 * count + 7) / 8 bytes. */
void gsm7_unpack(const uint8_t *octets, size_t count, unsigned fill_bits, uint8_t *septets);
