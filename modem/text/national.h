/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * National language shift tables of the GSM 7 bit alphabet, 3GPP TS 23.038 6.2.1.2 and annex A, for
 * reading only: what is sent keeps to the default alphabet or UCS2.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* National language identifiers, 23.038 6.2.1.2.4. */
enum national_language {
	NATIONAL_DEFAULT,
	NATIONAL_TURKISH,
	NATIONAL_SPANISH, /* a single shift table only */
	NATIONAL_PORTUGUESE,
	NATIONAL_BENGALI,
	NATIONAL_GUJARATI,
	NATIONAL_HINDI,
	NATIONAL_KANNADA,
	NATIONAL_MALAYALAM,
	NATIONAL_ORIYA,
	NATIONAL_PUNJABI,
	NATIONAL_TAMIL,
	NATIONAL_TELUGU,
	NATIONAL_URDU,
	NATIONAL_COUNT,
};

/* What the header of one part says: identifiers as they came, from 23.040 9.2.3.24.15 and .16. */
struct national_shift {
	uint8_t locking, single;
};

/*
 * The scalar value of a septet (0..127); escaped: of the single shift table.  A language that is
 * not known is the default table; an escape that the single shift table lacks shows the character
 * of the locking table (6.2.1.1, 6.2.1.2.1); a reserved cell is a space, as an unknown escape is.
 */
uint32_t national_decode(struct national_shift shift, uint8_t septet, bool escaped);
