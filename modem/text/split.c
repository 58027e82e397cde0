/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Cuts a text into parts in two passes, one to choose the alphabet and one to cut, both linear.
 * It looks at characters only: what the parts are wrapped into is tpdu.c's.
 */
#include "modem/text/split.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/utf8.h"
#include "modem/text/alphabet.h"

#define PARTS_MAX 255 /* the width of "total" in the concatenation element */

/* Septets or UTF-16 units of a text that goes alone, and of each part of several. */
static const struct {
	unsigned alone, each;
} part_units[] = {
	[SMS_ALPHABET_GSM7] = { 160, 153 },
	[SMS_ALPHABET_UCS2] = { 70, 67 },
};

#define JOINER 0x200d

/*
 * What belongs to the character before it: general category M of Unicode 14 in the BMP, the
 * joiners, emoji modifiers, tags and the supplement of variation selectors.  The rare scripts
 * beyond the BMP are left out.
 */
static const struct {
	uint32_t first, last;
} extenders[] = {
	{ 0x0300, 0x036f },   { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x05bf, 0x05bf },
	{ 0x05c1, 0x05c2 },   { 0x05c4, 0x05c5 }, { 0x05c7, 0x05c7 }, { 0x0610, 0x061a },
	{ 0x064b, 0x065f },   { 0x0670, 0x0670 }, { 0x06d6, 0x06dc }, { 0x06df, 0x06e4 },
	{ 0x06e7, 0x06e8 },   { 0x06ea, 0x06ed }, { 0x0711, 0x0711 }, { 0x0730, 0x074a },
	{ 0x07a6, 0x07b0 },   { 0x07eb, 0x07f3 }, { 0x07fd, 0x07fd }, { 0x0816, 0x0819 },
	{ 0x081b, 0x0823 },   { 0x0825, 0x0827 }, { 0x0829, 0x082d }, { 0x0859, 0x085b },
	{ 0x0898, 0x089f },   { 0x08ca, 0x08e1 }, { 0x08e3, 0x0903 }, { 0x093a, 0x093c },
	{ 0x093e, 0x094f },   { 0x0951, 0x0957 }, { 0x0962, 0x0963 }, { 0x0981, 0x0983 },
	{ 0x09bc, 0x09bc },   { 0x09be, 0x09cd }, { 0x09d7, 0x09d7 }, { 0x09e2, 0x09e3 },
	{ 0x09fe, 0x0a03 },   { 0x0a3c, 0x0a51 }, { 0x0a70, 0x0a71 }, { 0x0a75, 0x0a75 },
	{ 0x0a81, 0x0a83 },   { 0x0abc, 0x0abc }, { 0x0abe, 0x0acd }, { 0x0ae2, 0x0ae3 },
	{ 0x0afa, 0x0b03 },   { 0x0b3c, 0x0b3c }, { 0x0b3e, 0x0b57 }, { 0x0b62, 0x0b63 },
	{ 0x0b82, 0x0b82 },   { 0x0bbe, 0x0bcd }, { 0x0bd7, 0x0bd7 }, { 0x0c00, 0x0c04 },
	{ 0x0c3c, 0x0c3c },   { 0x0c3e, 0x0c56 }, { 0x0c62, 0x0c63 }, { 0x0c81, 0x0c83 },
	{ 0x0cbc, 0x0cbc },   { 0x0cbe, 0x0cd6 }, { 0x0ce2, 0x0ce3 }, { 0x0d00, 0x0d03 },
	{ 0x0d3b, 0x0d3c },   { 0x0d3e, 0x0d4d }, { 0x0d57, 0x0d57 }, { 0x0d62, 0x0d63 },
	{ 0x0d81, 0x0d83 },   { 0x0dca, 0x0ddf }, { 0x0df2, 0x0df3 }, { 0x0e31, 0x0e31 },
	{ 0x0e34, 0x0e3a },   { 0x0e47, 0x0e4e }, { 0x0eb1, 0x0eb1 }, { 0x0eb4, 0x0ebc },
	{ 0x0ec8, 0x0ecd },   { 0x0f18, 0x0f19 }, { 0x0f35, 0x0f35 }, { 0x0f37, 0x0f37 },
	{ 0x0f39, 0x0f39 },   { 0x0f3e, 0x0f3f }, { 0x0f71, 0x0f84 }, { 0x0f86, 0x0f87 },
	{ 0x0f8d, 0x0fbc },   { 0x0fc6, 0x0fc6 }, { 0x102b, 0x103e }, { 0x1056, 0x1059 },
	{ 0x105e, 0x1060 },   { 0x1062, 0x1064 }, { 0x1067, 0x106d }, { 0x1071, 0x1074 },
	{ 0x1082, 0x108d },   { 0x108f, 0x108f }, { 0x109a, 0x109d }, { 0x135d, 0x135f },
	{ 0x1712, 0x1715 },   { 0x1732, 0x1734 }, { 0x1752, 0x1753 }, { 0x1772, 0x1773 },
	{ 0x17b4, 0x17d3 },   { 0x17dd, 0x17dd }, { 0x180b, 0x180d }, { 0x180f, 0x180f },
	{ 0x1885, 0x1886 },   { 0x18a9, 0x18a9 }, { 0x1920, 0x193b }, { 0x1a17, 0x1a1b },
	{ 0x1a55, 0x1a7f },   { 0x1ab0, 0x1b04 }, { 0x1b34, 0x1b44 }, { 0x1b6b, 0x1b73 },
	{ 0x1b80, 0x1b82 },   { 0x1ba1, 0x1bad }, { 0x1be6, 0x1bf3 }, { 0x1c24, 0x1c37 },
	{ 0x1cd0, 0x1cd2 },   { 0x1cd4, 0x1ce8 }, { 0x1ced, 0x1ced }, { 0x1cf4, 0x1cf4 },
	{ 0x1cf7, 0x1cf9 },   { 0x1dc0, 0x1dff }, { 0x200c, 0x200d }, { 0x20d0, 0x20f0 },
	{ 0x2cef, 0x2cf1 },   { 0x2d7f, 0x2d7f }, { 0x2de0, 0x2dff }, { 0x302a, 0x302f },
	{ 0x3099, 0x309a },   { 0xa66f, 0xa672 }, { 0xa674, 0xa67d }, { 0xa69e, 0xa69f },
	{ 0xa6f0, 0xa6f1 },   { 0xa802, 0xa802 }, { 0xa806, 0xa806 }, { 0xa80b, 0xa80b },
	{ 0xa823, 0xa827 },   { 0xa82c, 0xa82c }, { 0xa880, 0xa881 }, { 0xa8b4, 0xa8c5 },
	{ 0xa8e0, 0xa8f1 },   { 0xa8ff, 0xa8ff }, { 0xa926, 0xa92d }, { 0xa947, 0xa953 },
	{ 0xa980, 0xa983 },   { 0xa9b3, 0xa9c0 }, { 0xa9e5, 0xa9e5 }, { 0xaa29, 0xaa36 },
	{ 0xaa43, 0xaa43 },   { 0xaa4c, 0xaa4d }, { 0xaa7b, 0xaa7d }, { 0xaab0, 0xaab0 },
	{ 0xaab2, 0xaab4 },   { 0xaab7, 0xaab8 }, { 0xaabe, 0xaabf }, { 0xaac1, 0xaac1 },
	{ 0xaaeb, 0xaaef },   { 0xaaf5, 0xaaf6 }, { 0xabe3, 0xabea }, { 0xabec, 0xabed },
	{ 0xfb1e, 0xfb1e },   { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0x1f3fb, 0x1f3ff },
	{ 0xe0020, 0xe01ef },
};

static bool is_extender(uint32_t scalar)
{
	size_t low = 0, high = ARRAY_SIZE(extenders);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (scalar > extenders[middle].last)
			low = middle + 1;
		else if (scalar < extenders[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

static bool is_regional_indicator(uint32_t scalar)
{
	return scalar >= 0x1f1e6 && scalar <= 0x1f1ff;
}

/* Goes through a text by scalar values and knows where it may be cut. */
struct walk {
	const char *text;
	size_t size, at;
	uint32_t scalar;       /* the one before at */
	unsigned flag_letters; /* regional indicators that end there, modulo 2: a pair is a flag */
};

/* Takes the next scalar value; *ret_whole: a sequence begins with it.  False at the end. */
static bool walk_next(struct walk *walk, bool *ret_whole)
{
	uint32_t before = walk->scalar, scalar = 0;
	int used;

	if (walk->at == walk->size)
		return false;
	used = utf8_next(walk->text + walk->at, walk->size - walk->at, &scalar);
	assert(used > 0); /* checked by text_split */
	*ret_whole = !is_extender(scalar) && before != JOINER &&
		     !(is_regional_indicator(scalar) && walk->flag_letters == 1);
	walk->flag_letters = is_regional_indicator(scalar) ? (walk->flag_letters + 1) % 2 : 0;
	walk->scalar = scalar;
	walk->at += (size_t)used;
	return true;
}

static unsigned scalar_units(uint32_t scalar, enum sms_alphabet alphabet)
{
	uint8_t septets[2];

	if (alphabet == SMS_ALPHABET_GSM7)
		return (unsigned)gsm7_encode(scalar, septets);
	return scalar > 0xffff ? 2 : 1;
}

/* Both alphabets measured at once. */
struct measure {
	bool gsm7;
	size_t septets, units;
};

static void measure_text(const char *text, size_t size, struct measure *ret)
{
	struct walk walk = { .text = text, .size = size };
	bool whole;

	*ret = (struct measure){ .gsm7 = true };
	while (walk_next(&walk, &whole)) {
		if (ret->gsm7) {
			unsigned septets = scalar_units(walk.scalar, SMS_ALPHABET_GSM7);

			ret->gsm7 = septets > 0;
			ret->septets += septets;
		}
		ret->units += scalar_units(walk.scalar, SMS_ALPHABET_UCS2);
	}
}

/* A cut that is being made. */
struct cut {
	struct text_part parts[PARTS_MAX];
	size_t count; /* parts that are complete */
	size_t max;
	size_t begin;   /* of the part that grows */
	unsigned units; /* in it */
};

static bool end_part(struct cut *cut, size_t end, unsigned units)
{
	if (cut->count == cut->max)
		return false;
	cut->parts[cut->count++] = (struct text_part){ .offset = cut->begin,
						       .size = end - cut->begin,
						       .units = units };
	cut->begin = end;
	cut->units -= units;
	return true;
}

/*
 * Cuts the text greedily; limit is what a part holds.  A part ends where its last sequence began,
 * so that the sequence stays whole in the next; one that fills a part alone is cut where it is.
 */
static bool cut_text(struct cut *cut, const char *text, size_t size, enum sms_alphabet alphabet,
		     unsigned limit)
{
	struct walk walk = { .text = text, .size = size };
	size_t sequence = 0;         /* where the one began that is being walked */
	unsigned sequence_units = 0; /* of the part, before it */
	bool whole;

	for (;;) {
		size_t at = walk.at;
		unsigned units;

		if (!walk_next(&walk, &whole))
			break;
		units = scalar_units(walk.scalar, alphabet);
		if (whole) {
			sequence = at;
			sequence_units = cut->units;
		}
		if (cut->units + units > limit && sequence > cut->begin &&
		    !end_part(cut, sequence, sequence_units))
			return false;
		if (cut->units + units > limit && !end_part(cut, at, cut->units))
			return false;
		cut->units += units;
	}
	return end_part(cut, size, cut->units);
}

/* Chooses the alphabet and cuts.  Returns 0 or -EMSGSIZE. */
static int try_split(struct cut *cut, const char *text, size_t size, size_t max_parts,
		     enum sms_alphabet *ret_alphabet)
{
	struct measure measure;
	unsigned limit;
	size_t total;

	measure_text(text, size, &measure);
	*ret_alphabet = measure.gsm7 ? SMS_ALPHABET_GSM7 : SMS_ALPHABET_UCS2;
	total = measure.gsm7 ? measure.septets : measure.units;
	limit = part_units[*ret_alphabet].each;
	if (total <= part_units[*ret_alphabet].alone)
		limit = part_units[*ret_alphabet].alone;

	cut->count = 0;
	cut->begin = 0;
	cut->units = 0;
	cut->max = max_parts;
	return cut_text(cut, text, size, *ret_alphabet, limit) ? 0 : -EMSGSIZE;
}

/* The plain form of typography, or NULL. */
static const char *fold_scalar(uint32_t scalar)
{
	if (scalar >= 0x2010 && scalar <= 0x2015) /* hyphens and dashes */
		return "-";
	if (scalar >= 0x2018 && scalar <= 0x201b)
		return "'";
	if (scalar >= 0x201c && scalar <= 0x201f)
		return "\"";
	if (scalar == 0x2026)
		return "...";
	if (scalar == 0xa0 || scalar == 0x2007 || scalar == 0x202f)
		return " ";
	return NULL;
}

/*
 * Writes the folded text, never longer than the text in bytes.  Returns its size; it can save parts
 * only when *ret_gsm7, since in UCS2 nothing gets shorter by it.
 */
static size_t fold_text(const char *text, size_t size, char *folded, bool *ret_gsm7)
{
	struct walk walk = { .text = text, .size = size };
	size_t written = 0, at = 0;
	uint8_t septets[2];
	bool whole;

	*ret_gsm7 = true;
	for (; walk_next(&walk, &whole); at = walk.at) {
		const char *plain = fold_scalar(walk.scalar);
		const char *from = plain ? plain : text + at;
		size_t length = plain ? strlen(plain) : walk.at - at;

		if (!plain && gsm7_encode(walk.scalar, septets) == 0)
			*ret_gsm7 = false;
		memcpy(folded + written, from, length);
		written += length;
	}
	return written;
}

/*
 * Puts the folded text in the place of split's when it needs fewer parts than cut has, or fits
 * where the text as it is does not.  Returns 0, -EMSGSIZE when neither fits, -ENOMEM.
 */
static int fold_if_shorter(struct text_split *split, struct cut *cut, size_t max_parts, int fits)
{
	CLEANUP_FREE char *folded = NULL;
	CLEANUP_FREE struct cut *shorter = NULL;
	enum sms_alphabet alphabet;
	size_t size;
	bool gsm7;

	if (split->alphabet == SMS_ALPHABET_GSM7 || (fits == 0 && cut->count == 1))
		return fits;
	folded = malloc(split->size + 1);
	shorter = malloc(sizeof(*shorter));
	if (!folded || !shorter)
		return -ENOMEM;
	size = fold_text(split->text, split->size, folded, &gsm7);
	if (!gsm7 || try_split(shorter, folded, size, max_parts, &alphabet) < 0 ||
	    (fits == 0 && shorter->count >= cut->count))
		return fits;

	folded[size] = '\0';
	free(split->text);
	split->text = TAKE_PTR(folded);
	split->size = size;
	split->alphabet = alphabet;
	*cut = *shorter;
	return 0;
}

static void cleanup_split(struct text_split **split)
{
	text_split_free(*split);
}

int text_split(const char *text, size_t size, size_t max_parts, struct text_split **ret_split)
{
	CLEANUP(cleanup_split) struct text_split *split = NULL;
	CLEANUP_FREE struct cut *cut = NULL;
	int r;

	assert(max_parts >= 1 && max_parts <= PARTS_MAX);
	if (!utf8_valid(text, size))
		return -EILSEQ;
	split = calloc(1, sizeof(*split));
	cut = malloc(sizeof(*cut));
	if (!split || !cut)
		return -ENOMEM;
	split->text = malloc(size + 1);
	if (!split->text)
		return -ENOMEM;
	memcpy(split->text, text, size);
	split->text[size] = '\0';
	split->size = size;

	r = try_split(cut, split->text, size, max_parts, &split->alphabet);
	r = fold_if_shorter(split, cut, max_parts, r);
	if (r < 0)
		return r;

	split->parts = malloc(cut->count * sizeof(*split->parts));
	if (!split->parts)
		return -ENOMEM;
	memcpy(split->parts, cut->parts, cut->count * sizeof(*split->parts));
	split->count = cut->count;
	*ret_split = TAKE_PTR(split);
	return 0;
}

struct text_split *text_split_free(struct text_split *split)
{
	if (!split)
		return NULL;
	free(split->text);
	free(split->parts);
	free(split);
	return NULL;
}
