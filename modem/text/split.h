/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A text cut into the parts of a (concatenated) short message: 160 septets or 70 UCS2 units in one,
 * 153 or 67 in each of several (8-bit reference, 3GPP TS 23.040 9.2.3.24.1).  An escaped character,
 * a surrogate pair and a combining sequence are never cut.  Pure.
 */
#pragma once

#include <stddef.h>

enum sms_alphabet {
	SMS_ALPHABET_GSM7,
	SMS_ALPHABET_UCS2, /* UTF-16BE, as all phones read it */
	SMS_ALPHABET_8BIT, /* received only: data, no text */
};

struct text_part {
	size_t offset, size; /* bytes of text_split.text */
	unsigned units;      /* septets or UTF-16 units */
};

struct text_split {
	enum sms_alphabet alphabet; /* GSM7 when every character fits, otherwise UCS2 for all */
	char *text;                 /* what is sent: the caller's, or with its typography folded */
	size_t size;
	size_t count; /* at least 1: an empty text is one empty part */
	struct text_part *parts;
};

/*
 * Cuts UTF-8 text.  Smart quotes, dashes, ellipsis and no-break spaces are folded to plain ones only
 * when that saves parts.  Returns 0 and *ret_split (text_split_free), -EILSEQ for what is not UTF-8,
 * -EMSGSIZE when more than max_parts (1..255) would be needed, -ENOMEM.
 */
int text_split(const char *text, size_t size, size_t max_parts, struct text_split **ret_split);
struct text_split *text_split_free(struct text_split *split);
