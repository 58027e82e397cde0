/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which table a septet is looked up in, 3GPP TS 23.038 6.2.1.2.  The single shift tables of Europe
 * are the default extension table with some letters more, so only those are here.
 */
#include "modem/text/national.h"

#include <stddef.h>

#include "bridge/base/cleanup.h"
#include "modem/text/alphabet.h"
#include "modem/text/national_tables.h"

struct letter {
	uint8_t septet;
	uint16_t scalar;
};

/* A.2.1, A.2.2, A.2.3: what they have beyond 6.2.1.1; each ends with 0. */
static const struct letter turkish[] = {
	{ 0x47, 0x11e }, { 0x49, 0x130 }, { 0x53, 0x15e }, { 0x63, 0xe7 },
	{ 0x67, 0x11f }, { 0x69, 0x131 }, { 0x73, 0x15f }, { 0 },
};
static const struct letter spanish[] = {
	{ 0x09, 0xe7 }, { 0x41, 0xc1 }, { 0x49, 0xcd }, { 0x4f, 0xd3 }, { 0x55, 0xda },
	{ 0x61, 0xe1 }, { 0x69, 0xed }, { 0x6f, 0xf3 }, { 0x75, 0xfa }, { 0 },
};
static const struct letter portuguese[] = {
	{ 0x05, 0xea },  { 0x09, 0xe7 },  { 0x0b, 0xd4 },  { 0x0c, 0xf4 },  { 0x0e, 0xc1 },
	{ 0x0f, 0xe1 },  { 0x12, 0x3a6 }, { 0x13, 0x393 }, { 0x15, 0x3a9 }, { 0x16, 0x3a0 },
	{ 0x17, 0x3a8 }, { 0x18, 0x3a3 }, { 0x19, 0x398 }, { 0x1f, 0xca },  { 0x41, 0xc0 },
	{ 0x49, 0xcd },  { 0x4f, 0xd3 },  { 0x55, 0xda },  { 0x5b, 0xc3 },  { 0x5c, 0xd5 },
	{ 0x61, 0xc2 },  { 0x69, 0xed },  { 0x6f, 0xf3 },  { 0x75, 0xfa },  { 0x7b, 0xe3 },
	{ 0x7c, 0xf5 },  { 0x7f, 0xe2 },  { 0 },
};

static const struct letter *const european[NATIONAL_COUNT] = {
	[NATIONAL_TURKISH] = turkish,
	[NATIONAL_SPANISH] = spanish,
	[NATIONAL_PORTUGUESE] = portuguese,
};

static uint32_t decode_plain(uint8_t language, uint8_t septet)
{
	const uint16_t *table = language < NATIONAL_COUNT ? national_locking[language] : NULL;

	/* Every table has an 'a' or a letter in its place. */
	if (!table || !table['a'])
		return gsm7_decode(septet, 0);
	return table[septet] ? table[septet] : ' ';
}

/* 0: the table says nothing of it. */
static uint32_t decode_own(uint8_t language, uint8_t septet)
{
	size_t own = (size_t)septet - NATIONAL_OWN_FIRST; /* wraps: then it is none */

	for (const struct letter *l = european[language]; l && l->scalar; l++)
		if (l->septet == septet)
			return l->scalar;
	if (language < NATIONAL_BENGALI)
		return 0;
	if (own < NATIONAL_OWN_COUNT && national_single_own[language][own])
		return national_single_own[language][own];
	return national_single_indic[septet];
}

uint32_t national_decode(struct national_shift shift, uint8_t septet, bool escaped)
{
	uint32_t scalar;

	septet &= 0x7f;
	if (!escaped)
		return decode_plain(shift.locking, septet);
	if (septet == GSM7_ESCAPE)
		return ' ';
	scalar = shift.single < NATIONAL_COUNT ? decode_own(shift.single, septet) : 0;
	if (!scalar)
		scalar = gsm7_extension(septet);
	return scalar ? scalar : decode_plain(shift.locking, septet);
}
