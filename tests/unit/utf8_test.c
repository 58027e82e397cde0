/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * UTF-8: Unicode 15 table 3-7 at each of its borders.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/utf8.h"

#define BYTES(text) text, sizeof(text) - 1

static void well_formed_sequences_at_every_border_are_taken(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		uint32_t scalar;
	} cases[] = {
		{ BYTES("\0"), 0x00 },
		{ BYTES("\x7f"), 0x7f },
		{ BYTES("\xc2\x80"), 0x80 },
		{ BYTES("\xdf\xbf"), 0x7ff },
		{ BYTES("\xe0\xa0\x80"), 0x800 },
		{ BYTES("\xed\x9f\xbf"), 0xd7ff },
		{ BYTES("\xee\x80\x80"), 0xe000 },
		{ BYTES("\xef\xbf\xbf"), 0xffff },
		{ BYTES("\xf0\x90\x80\x80"), 0x10000 },
		{ BYTES("\xf4\x8f\xbf\xbf"), 0x10ffff },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t scalar = 0xdead;
		char back[4];

		assert_int_equal(utf8_next(cases[i].bytes, cases[i].size, &scalar), cases[i].size);
		assert_int_equal(scalar, cases[i].scalar);
		assert_true(utf8_valid(cases[i].bytes, cases[i].size));
		assert_int_equal(utf8_count(cases[i].bytes, cases[i].size), 1);
		assert_int_equal(utf8_put(scalar, back), cases[i].size);
		assert_memory_equal(back, cases[i].bytes, cases[i].size);
	}
}

static void ill_formed_sequences_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = {
		{ BYTES("\x80") }, /* continuation alone */
		{ BYTES("\xbf") },
		{ BYTES("\xc0\x80") }, /* overlong */
		{ BYTES("\xc1\xbf") },
		{ BYTES("\xe0\x9f\xbf") },
		{ BYTES("\xf0\x8f\xbf\xbf") },
		{ BYTES("\xed\xa0\x80") }, /* surrogates */
		{ BYTES("\xed\xbf\xbf") },
		{ BYTES("\xf4\x90\x80\x80") }, /* above U+10FFFF */
		{ BYTES("\xf5\x80\x80\x80") },
		{ BYTES("\xfe") },
		{ BYTES("\xff") },
		{ BYTES("\xc2") }, /* cut off */
		{ BYTES("\xe4\xbd") },
		{ BYTES("\xf0\x9f\x98") },
		{ BYTES("\xc2\x20") }, /* no continuation */
		{ BYTES("\xe4\x20\xa0") },
		{ BYTES("\xe4\xbd\xc0") },
		{ BYTES("\xf0\x9f\x98\x7f") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t scalar = 0xdead;

		if (utf8_next(cases[i].bytes, cases[i].size, &scalar) != -EILSEQ ||
		    scalar != 0xdead || utf8_valid(cases[i].bytes, cases[i].size))
			fail_msg("case %zu was taken", i);
	}
}

static void every_scalar_value_survives_and_nothing_else_does(void **state)
{
	(void)state;
	for (uint32_t scalar = 0; scalar < 0x110100; scalar++) {
		bool is_scalar = scalar <= 0x10ffff && (scalar < 0xd800 || scalar > 0xdfff);
		char bytes[4];
		uint32_t back = 0;
		size_t size = utf8_put(scalar, bytes);

		assert_int_equal(utf8_next(bytes, size, &back), (int)size);
		assert_int_equal(back, is_scalar ? scalar : 0xfffd);
	}
}

static void a_text_is_valid_as_a_whole_or_not(void **state)
{
	(void)state;
	assert_true(utf8_valid("", 0));
	assert_true(utf8_valid(BYTES("a\0b 你好 😀 é")));
	assert_false(utf8_valid(BYTES("你好 \xff")));
	assert_false(utf8_valid("你好", 5));
	assert_int_equal(utf8_count("", 0), 0);
	assert_int_equal(utf8_count(BYTES("a\0b 你好 😀 é")), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_sequences_at_every_border_are_taken),
		cmocka_unit_test(ill_formed_sequences_are_refused),
		cmocka_unit_test(every_scalar_value_survives_and_nothing_else_does),
		cmocka_unit_test(a_text_is_valid_as_a_whole_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
