/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What strangers write is shown harmless and measured as a terminal shows it.
 */
#include "bridge/cli/display.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"

static void check_escape(const char *text, size_t size, const char *expected)
{
	CLEANUP_FREE char *escaped = display_escape(text, size);

	assert_non_null(escaped);
	assert_string_equal(escaped, expected);
}

static void nothing_that_a_terminal_obeys_gets_through(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "hello", "hello" },
		{ "你好 😀", "你好 😀" },
		{ "a\nb\tc\rd", "a\\nb\\tc\\rd" },
		{ "\033[2J\033]0;title\a", "\\x1b[2J\\x1b]0;title\\x07" },
		{ "\177", "\\x7f" },
		{ "\302\233m", "\\x9bm" }, /* U+009B, CSI in one character */
		{ "a\342\200\256b\342\200\254", "a\\u202eb\\u202c" }, /* right-to-left override */
		{ "a\342\201\246b\342\201\251", "a\\u2066b\\u2069" }, /* isolate */
		{ "a\342\200\250b", "a\\u2028b" },                    /* line separator */
		{ "\342\200\215", "\342\200\215" },                   /* a joiner stays */
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_escape(rows[i].text, strlen(rows[i].text), rows[i].expected);
	check_escape("a\0b", 3, "a\\x00b");
}

static void bytes_that_are_no_text_are_written_out(void **state)
{
	(void)state;
	check_escape("\xff\xfe", 2, "\\xff\\xfe");
	check_escape("a\xe4\xbd", 3, "a\\xe4\\xbd");
	check_escape("\xc0\xaf", 2, "\\xc0\\xaf");
}

static void columns_are_those_of_a_terminal(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} rows[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "你好", 4 },
		{ "ｗｉｄｅ", 8 },
		{ "한국어", 6 },
		{ "é", 1 },
		{ "e\314\201", 1 }, /* e and a combining acute */
		{ "😀", 2 },
		{ "\360\237\253\250", 2 }, /* an emoji newer than the C library */
		{ "ก็", 1 },                /* Thai, with a mark above */
		{ "…", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(display_width(rows[i].text), rows[i].columns);
}

static void a_cut_never_splits_a_character(void **state)
{
	static const struct {
		const char *text;
		size_t columns, bytes, width;
	} rows[] = {
		{ "hello", 3, 3, 3 },
		{ "hello", 5, 5, 5 },
		{ "hello", 9, 5, 5 },
		{ "你好吗", 3, 3, 2 }, /* the second would need a fourth column */
		{ "你好吗", 4, 6, 4 },
		{ "e\314\201e", 1, 3, 1 }, /* the mark stays with its letter */
		{ "a😀b", 2, 1, 1 },
		{ "a👩\342\200\215👧b", 3, 1, 1 }, /* joined: both or none */
		{ "a👩\342\200\215👧b", 5, 12, 5 },
		{ "abc", 0, 0, 0 },
	};
	size_t width;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(display_cut(rows[i].text, rows[i].columns, &width), rows[i].bytes);
		assert_int_equal(width, rows[i].width);
	}
}

static void json_stays_json_and_obeys_nobody(void **state)
{
	static const char json[] = "{\"text\":\"你\302\233\177\\u001b\342\200\256\"}\n";
	CLEANUP_FREE char *safe = display_json(json, strlen(json));

	(void)state;
	assert_string_equal(safe, "{\"text\":\"你\\u009b\\u007f\\u001b\\u202e\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_a_terminal_obeys_gets_through),
		cmocka_unit_test(bytes_that_are_no_text_are_written_out),
		cmocka_unit_test(columns_are_those_of_a_terminal),
		cmocka_unit_test(a_cut_never_splits_a_character),
		cmocka_unit_test(json_stays_json_and_obeys_nobody),
	};

	display_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
