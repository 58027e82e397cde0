/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/utf8.h"
#include "modem/text/split.h"

#define TEXT_MAX 200000

/* Texts are put together here. */
struct text {
	char *bytes;
	size_t size;
};

static void text_add_bytes(struct text *text, const char *bytes, size_t size, size_t times)
{
	for (size_t i = 0; i < times; i++) {
		assert_true(text->size + size <= TEXT_MAX);
		memcpy(text->bytes + text->size, bytes, size);
		text->size += size;
	}
}

static void text_add(struct text *text, const char *string, size_t times)
{
	text_add_bytes(text, string, strlen(string), times);
}

static void cleanup_text(struct text *text)
{
	free(text->bytes);
}

static void cleanup_split(struct text_split **split)
{
	*split = text_split_free(*split);
}

#define TEXT CLEANUP(cleanup_text) struct text
#define SPLIT CLEANUP(cleanup_split) struct text_split
#define TEXT_NEW                                                                                   \
	{                                                                                          \
		.bytes = malloc(TEXT_MAX)                                                          \
	}

/* Units counted without the code under test: by UTF-8's first bytes and the ten escaped. */
static unsigned count_units(const char *text, size_t size, enum sms_alphabet alphabet)
{
	unsigned units = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];

		if ((byte & 0xc0) == 0x80)
			continue;
		units++;
		if (alphabet == SMS_ALPHABET_UCS2)
			units += byte >= 0xf0;
		else
			units += (byte && strchr("\f^{}\\[~]|", byte)) || byte == 0xe2; /* € */
	}
	return units;
}

/* What is true of every split. */
static void check_whole(const struct text_split *split)
{
	bool gsm7 = split->alphabet == SMS_ALPHABET_GSM7;
	size_t at = 0;

	assert_true(gsm7 || split->alphabet == SMS_ALPHABET_UCS2);
	assert_true(split->count >= 1);
	for (size_t i = 0; i < split->count; i++) {
		const struct text_part *part = &split->parts[i];
		unsigned limit = split->count == 1 ? (gsm7 ? 160 : 70) : (gsm7 ? 153 : 67);

		assert_int_equal(part->offset, at);
		assert_true(part->size > 0 || split->size == 0);
		assert_true(utf8_valid(split->text + at, part->size));
		assert_int_equal(part->units,
				 count_units(split->text + at, part->size, split->alphabet));
		assert_true(part->units <= limit);
		at += part->size;
	}
	assert_int_equal(at, split->size);
}

static struct text_split *split_text(const struct text *text, size_t max_parts)
{
	struct text_split *split = NULL;

	assert_int_equal(text_split(text->bytes, text->size, max_parts, &split), 0);
	assert_non_null(split);
	check_whole(split);
	return split;
}

/* The same and nothing folded. */
static struct text_split *split_as_it_is(const struct text *text)
{
	struct text_split *split = split_text(text, 255);

	assert_int_equal(split->size, text->size);
	assert_memory_equal(split->text, text->bytes, text->size);
	return split;
}

static const struct {
	const char *character;
	size_t size; /* of it, since U+0000 is one */
	enum sms_alphabet alphabet;
	size_t times;
	size_t count;
	unsigned first, last; /* units */
} lengths[] = {
	{ "a", 1, SMS_ALPHABET_GSM7, 0, 1, 0, 0 },
	{ "a", 1, SMS_ALPHABET_GSM7, 1, 1, 1, 1 },
	{ "a", 1, SMS_ALPHABET_GSM7, 69, 1, 69, 69 },
	{ "a", 1, SMS_ALPHABET_GSM7, 71, 1, 71, 71 },
	{ "a", 1, SMS_ALPHABET_GSM7, 159, 1, 159, 159 },
	{ "a", 1, SMS_ALPHABET_GSM7, 160, 1, 160, 160 },
	{ "a", 1, SMS_ALPHABET_GSM7, 161, 2, 153, 8 },
	{ "a", 1, SMS_ALPHABET_GSM7, 306, 2, 153, 153 },
	{ "a", 1, SMS_ALPHABET_GSM7, 307, 3, 153, 1 },
	{ "a", 1, SMS_ALPHABET_GSM7, (size_t)255 * 153, 255, 153, 153 },
	{ "@", 1, SMS_ALPHABET_GSM7, 160, 1, 160, 160 },
	{ "_", 1, SMS_ALPHABET_GSM7, 161, 2, 153, 8 },
	{ "\n", 1, SMS_ALPHABET_GSM7, 160, 1, 160, 160 },
	{ "é", 2, SMS_ALPHABET_GSM7, 160, 1, 160, 160 },
	{ "Δ", 2, SMS_ALPHABET_GSM7, 161, 2, 153, 8 },
	{ "~", 1, SMS_ALPHABET_GSM7, 1, 1, 2, 2 },
	{ "~", 1, SMS_ALPHABET_GSM7, 80, 1, 160, 160 },
	{ "~", 1, SMS_ALPHABET_GSM7, 81, 2, 152, 10 },
	{ "€", 3, SMS_ALPHABET_GSM7, 80, 1, 160, 160 },
	{ "€", 3, SMS_ALPHABET_GSM7, 153, 3, 152, 2 },
	{ "¹", 2, SMS_ALPHABET_UCS2, 1, 1, 1, 1 },
	{ "", 1, SMS_ALPHABET_UCS2, 1, 1, 1, 1 }, /* U+0000 */
	{ "", 1, SMS_ALPHABET_UCS2, 71, 2, 67, 4 },
	{ "水", 3, SMS_ALPHABET_UCS2, 1, 1, 1, 1 },
	{ "水", 3, SMS_ALPHABET_UCS2, 69, 1, 69, 69 },
	{ "水", 3, SMS_ALPHABET_UCS2, 70, 1, 70, 70 },
	{ "水", 3, SMS_ALPHABET_UCS2, 71, 2, 67, 4 },
	{ "水", 3, SMS_ALPHABET_UCS2, 134, 2, 67, 67 },
	{ "水", 3, SMS_ALPHABET_UCS2, 135, 3, 67, 1 },
	{ "水", 3, SMS_ALPHABET_UCS2, 160, 3, 67, 26 },
	{ "水", 3, SMS_ALPHABET_UCS2, (size_t)255 * 67, 255, 67, 67 },
	{ "😀", 4, SMS_ALPHABET_UCS2, 35, 1, 70, 70 },
	{ "😀", 4, SMS_ALPHABET_UCS2, 36, 2, 66, 6 },
};

static void a_text_takes_as_few_parts_as_it_can(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		TEXT text = TEXT_NEW;
		SPLIT *split = NULL;

		text_add_bytes(&text, lengths[i].character, lengths[i].size, lengths[i].times);
		split = split_as_it_is(&text);
		assert_int_equal(split->alphabet, lengths[i].alphabet);
		assert_int_equal(split->count, lengths[i].count);
		assert_int_equal(split->parts[0].units, lengths[i].first);
		assert_int_equal(split->parts[split->count - 1].units, lengths[i].last);
	}
}

static void one_character_outside_the_alphabet_makes_all_ucs2(void **state)
{
	TEXT text = TEXT_NEW;
	SPLIT *split = NULL;

	(void)state;
	text_add(&text, "a", 69);
	text_add(&text, "¹", 1);
	text_add(&text, "~", 1);
	split = split_as_it_is(&text);
	assert_int_equal(split->alphabet, SMS_ALPHABET_UCS2);
	assert_int_equal(split->count, 2);
	assert_int_equal(split->parts[0].units, 67);
}

/* Each stands where a part would end inside it: it goes into the next part as a whole. */
static const struct {
	const char *sequence;
	unsigned units;
	enum sms_alphabet alphabet;
} sequences[] = {
	{ "~", 2, SMS_ALPHABET_GSM7 },
	{ "€", 2, SMS_ALPHABET_GSM7 },
	{ "\\", 2, SMS_ALPHABET_GSM7 },
	{ "😀", 2, SMS_ALPHABET_UCS2 },
	{ "e\u0301", 2, SMS_ALPHABET_UCS2 },
	{ "e\u0323\u0302", 3, SMS_ALPHABET_UCS2 },
	{ "a\u1ab0", 2, SMS_ALPHABET_UCS2 },
	{ "a\u1dff", 2, SMS_ALPHABET_UCS2 },
	{ "1\ufe0f\u20e3", 3, SMS_ALPHABET_UCS2 }, /* keycap */
	{ "x\ufe20", 2, SMS_ALPHABET_UCS2 },
	{ "❤\ufe0f", 2, SMS_ALPHABET_UCS2 },
	{ "👍\U0001f3fd", 4, SMS_ALPHABET_UCS2 },     /* skin */
	{ "🇨🇳", 4, SMS_ALPHABET_UCS2 },              /* flag */
	{ "👨\u200d👩\u200d👧", 8, SMS_ALPHABET_UCS2 }, /* family */
	{ "👩🏾\u200d⚕\ufe0f", 7, SMS_ALPHABET_UCS2 },
	{ "🏴\U000e0067\U000e0062\U000e007f", 8, SMS_ALPHABET_UCS2 }, /* tags */
	{ "नि", 2, SMS_ALPHABET_UCS2 },                                 /* vowel signs */
	{ "ที่", 3, SMS_ALPHABET_UCS2 },
	{ "שָׁ", 3, SMS_ALPHABET_UCS2 },
};

static void a_sequence_on_the_boundary_goes_whole_into_the_next_part(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		bool gsm7 = sequences[i].alphabet == SMS_ALPHABET_GSM7;
		unsigned each = gsm7 ? 153 : 67, units = sequences[i].units;

		/* from the place where it just fits to where it begins the next part by itself */
		for (unsigned before = each - units; before <= each; before++) {
			unsigned first = before == each - units ? each : before;
			TEXT text = TEXT_NEW;
			SPLIT *split = NULL;

			text_add(&text, gsm7 ? "a" : "水", before);
			text_add(&text, sequences[i].sequence, 1);
			text_add(&text, gsm7 ? "a" : "水", 30);
			split = split_as_it_is(&text);
			assert_int_equal(split->alphabet, sequences[i].alphabet);
			assert_int_equal(split->count, 2);
			assert_int_equal(split->parts[0].units, first);
			assert_int_equal(split->parts[1].units, before + units + 30 - first);
		}
	}
}

static void flags_are_cut_between_pairs_only(void **state)
{
	TEXT text = TEXT_NEW;
	SPLIT *split = NULL;

	(void)state;
	text_add(&text, "水", 2);
	text_add(&text, "🇨🇳", 20);
	split = split_as_it_is(&text);
	assert_int_equal(split->count, 2);
	assert_int_equal(split->parts[0].units, 2 + 16 * 4);
}

static void a_sequence_longer_than_a_part_is_cut_at_a_character(void **state)
{
	TEXT text = TEXT_NEW;
	SPLIT *split = NULL;

	(void)state;
	text_add(&text, "水", 10);
	text_add(&text, "e", 1);
	text_add(&text, "\u0301", 200);
	split = split_as_it_is(&text);
	assert_int_equal(split->count, 4);
	assert_int_equal(split->parts[0].units, 10); /* whole as far as it goes */
	assert_int_equal(split->parts[1].units, 67);
	assert_int_equal(split->parts[2].units, 67);
	assert_int_equal(split->parts[3].units, 67);
}

static void marks_without_a_base_are_cut_too(void **state)
{
	TEXT text = TEXT_NEW;
	SPLIT *split = NULL;

	(void)state;
	text_add(&text, "\U000e0101", 71); /* two units each: 67 are not filled */
	split = split_as_it_is(&text);
	assert_int_equal(split->count, 3);
	assert_int_equal(split->parts[0].units, 66);
}

/* Any row of whole sequences is cut between them, and no part ends before it must. */
static void random_rows_of_sequences_are_cut_between_them(void **state)
{
	static const struct {
		const char *text;
		unsigned units;
	} pool[] = {
		{ "水", 1 },
		{ "a", 1 },
		{ "\n", 1 },
		{ "😀", 2 },
		{ "e\u0301", 2 },
		{ "🇩🇪", 4 },
		{ "", 1 },
		{ "👨\u200d👩\u200d👧\u200d👦", 11 },
		{ "👍\U0001f3fd", 4 },
		{ "a\u0300\u0301\u0302", 4 },
	};
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		size_t count = 20 + round % 200, begins[300];
		unsigned units[300];
		TEXT text = TEXT_NEW;
		SPLIT *split = NULL;

		text_add(&text, "水", 1); /* UCS2 in any case */
		begins[0] = 0;
		units[0] = 1;
		for (size_t i = 1; i < count; i++) {
			seed = seed * 1664525 + 1013904223;
			size_t pick = (seed >> 16) % ARRAY_SIZE(pool);
			size_t size = strlen(pool[pick].text);

			begins[i] = text.size;
			units[i] = pool[pick].units;
			text_add_bytes(&text, pool[pick].text, size ? size : 1, 1);
		}
		split = split_as_it_is(&text);
		for (size_t part = 1, i = 0; part < split->count; part++) {
			while (i < count && begins[i] < split->parts[part].offset)
				i++;
			assert_true(i < count && begins[i] == split->parts[part].offset);
			assert_true(split->parts[part - 1].units + units[i] > 67);
		}
	}
}

static struct text_split *split_string(const char *string, size_t times, const char *end)
{
	TEXT text = TEXT_NEW;

	text_add(&text, string, times);
	text_add(&text, end, 1);
	return split_text(&text, 255);
}

static void typography_stays_where_folding_saves_nothing(void **state)
{
	static const char *const ends[] = { "“so” ‘it’ – is… a\u00a0b", "水 “so”" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		SPLIT *one = split_string("a", 10, ends[i]);
		SPLIT *two = split_string("水", 100, ends[i]); /* UCS2 whatever is folded */

		assert_int_equal(one->alphabet, SMS_ALPHABET_UCS2);
		assert_non_null(strstr(one->text, ends[i]));
		assert_int_equal(two->count, 2);
		assert_non_null(strstr(two->text, ends[i]));
	}
}

static void typography_is_folded_where_that_saves_a_part(void **state)
{
	static const struct {
		const char *typed, *sent;
	} folded[] = {
		{ "“so” „it‟ ‘is’ ‚a‛", "\"so\" \"it\" 'is' 'a'" },
		{ "a‐b‑c‒d–e—f―g", "a-b-c-d-e-f-g" },
		{ "wait…", "wait..." },
		{ "a\u00a0b\u202fc\u2007d", "a b c d" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(folded); i++) {
		SPLIT *split = split_string("a", 80, folded[i].typed);

		assert_int_equal(split->alphabet, SMS_ALPHABET_GSM7);
		assert_int_equal(split->count, 1);
		assert_int_equal(split->size, 80 + strlen(folded[i].sent));
		assert_string_equal(split->text + 80, folded[i].sent);
	}
}

static void folding_counts_what_it_adds(void **state)
{
	SPLIT *fits = split_string("…", 53, "a");    /* 160 septets instead of 54 units */
	SPLIT *long_one = split_string("…", 71, ""); /* 213 septets: two parts, as before */

	(void)state;
	assert_int_equal(fits->alphabet, SMS_ALPHABET_UCS2);
	assert_int_equal(fits->count, 1);
	assert_int_equal(long_one->alphabet, SMS_ALPHABET_UCS2);
	assert_int_equal(long_one->count, 2);
}

static void folding_may_make_a_text_fit_the_limit(void **state)
{
	TEXT text = TEXT_NEW;
	SPLIT *split = NULL;

	(void)state;
	text_add(&text, "it’s ", 32);
	split = split_text(&text, 1);
	assert_int_equal(split->count, 1);
	assert_int_equal(split->alphabet, SMS_ALPHABET_GSM7);
}

static void more_parts_than_allowed_are_refused(void **state)
{
	static const struct {
		const char *character;
		size_t times, max_parts;
		int result;
	} limits[] = {
		{ "a", 160, 1, 0 },
		{ "a", 161, 1, -EMSGSIZE },
		{ "a", 1530, 10, 0 },
		{ "a", 1531, 10, -EMSGSIZE },
		{ "水", 70, 1, 0 },
		{ "水", 71, 1, -EMSGSIZE },
		{ "水", 670, 10, 0 },
		{ "水", 671, 10, -EMSGSIZE },
		{ "~", 760, 10, 0 },
		{ "~", 761, 10, -EMSGSIZE },
		{ "a", (size_t)255 * 153, 255, 0 },
		{ "a", (size_t)255 * 153 + 1, 255, -EMSGSIZE },
		{ "水", 60000, 255, -EMSGSIZE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		TEXT text = TEXT_NEW;
		SPLIT *split = NULL;

		text_add(&text, limits[i].character, limits[i].times);
		assert_int_equal(text_split(text.bytes, text.size, limits[i].max_parts, &split),
				 limits[i].result);
		assert_int_equal(split != NULL, limits[i].result == 0);
	}
}

static void what_is_not_utf8_is_refused(void **state)
{
	static const char *const wrong[] = {
		"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "\x80"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		SPLIT *split = NULL;

		assert_int_equal(text_split(wrong[i], strlen(wrong[i]), 10, &split), -EILSEQ);
		assert_null(split);
	}
}

static void an_empty_text_is_one_empty_part(void **state)
{
	SPLIT *split = NULL;

	(void)state;
	assert_int_equal(text_split("", 0, 1, &split), 0);
	assert_int_equal(split->alphabet, SMS_ALPHABET_GSM7);
	assert_int_equal(split->count, 1);
	assert_int_equal(split->parts[0].size, 0);
	assert_null(text_split_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_takes_as_few_parts_as_it_can),
		cmocka_unit_test(one_character_outside_the_alphabet_makes_all_ucs2),
		cmocka_unit_test(a_sequence_on_the_boundary_goes_whole_into_the_next_part),
		cmocka_unit_test(flags_are_cut_between_pairs_only),
		cmocka_unit_test(a_sequence_longer_than_a_part_is_cut_at_a_character),
		cmocka_unit_test(marks_without_a_base_are_cut_too),
		cmocka_unit_test(random_rows_of_sequences_are_cut_between_them),
		cmocka_unit_test(typography_stays_where_folding_saves_nothing),
		cmocka_unit_test(typography_is_folded_where_that_saves_a_part),
		cmocka_unit_test(folding_counts_what_it_adds),
		cmocka_unit_test(folding_may_make_a_text_fit_the_limit),
		cmocka_unit_test(more_parts_than_allowed_are_refused),
		cmocka_unit_test(what_is_not_utf8_is_refused),
		cmocka_unit_test(an_empty_text_is_one_empty_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
