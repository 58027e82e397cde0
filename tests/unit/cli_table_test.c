/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tables stay aligned whatever is in them, and fit the terminal.
 */
#include "bridge/cli/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/cli/display.h"

static const struct table_column columns[] = {
	{ "WHO", false, false },
	{ "N", true, false },
	{ "TEXT", false, true },
};

static char *print_rows(const char *const rows[][3], size_t count, struct table_look look)
{
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	for (size_t i = 0; i < count; i++)
		for (size_t c = 0; c < ARRAY_SIZE(columns); c++)
			assert_int_equal(
				table_add(table, c == 0 ? TABLE_GOOD : TABLE_PLAIN, rows[i][c]), 0);
	table_print(table, stream, look);
	fclose(stream);
	table_free(table);
	return text;
}

static void wide_characters_keep_columns_aligned(void **state)
{
	static const char *const rows[][3] = {
		{ "li", "1", "hello" },
		{ "你好", "20", "再见" },
		{ "e\314\201", "300", "😀" },
	};
	CLEANUP_FREE char *text = print_rows(rows, ARRAY_SIZE(rows), (struct table_look){ 0 });

	(void)state;
	assert_string_equal(text, "WHO     N  TEXT\n"
				  "li      1  hello\n"
				  "你好   20  再见\n"
				  "e\314\201     300  😀\n");
}

static void a_strangers_escapes_are_shown_not_obeyed(void **state)
{
	static const char *const rows[][3] = { { "x", "1", "\033[31mred\nnext" } };
	CLEANUP_FREE char *text = print_rows(rows, 1, (struct table_look){ 0 });

	(void)state;
	assert_string_equal(text, "WHO  N  TEXT\nx    1  \\x1b[31mred\\nnext\n");
}

static void a_narrow_terminal_cuts_the_column_that_may_shrink(void **state)
{
	static const char *const rows[][3] = {
		{ "abc", "1", "0123456789abcdef" },
		{ "abc", "2", "你好你好你好你好" },
	};
	CLEANUP_FREE char *text = print_rows(rows, 2, (struct table_look){ .width = 20 });

	(void)state;
	assert_string_equal(text, "WHO  N  TEXT\n"
				  "abc  1  0123456789a…\n"
				  "abc  2  你好你好你…\n");
}

static void too_narrow_a_terminal_leaves_the_rest_whole(void **state)
{
	static const char *const rows[][3] = { { "abcdefghij", "1", "0123456789" } };
	CLEANUP_FREE char *text = print_rows(rows, 1, (struct table_look){ .width = 5 });

	(void)state;
	assert_string_equal(text, "WHO         N  TEXT\nabcdefghij  1  0123456…\n");
}

static void an_empty_column_is_left_out(void **state)
{
	static const char *const rows[][3] = { { "a", NULL, "b" }, { "c", "", "d" } };
	CLEANUP_FREE char *text = print_rows(rows, 2, (struct table_look){ 0 });

	(void)state;
	assert_string_equal(text, "WHO  TEXT\na    b\nc    d\n");
}

static void colour_does_not_disturb_alignment(void **state)
{
	static const char *const rows[][3] = { { "a", "1", "b" } };
	CLEANUP_FREE char *text = print_rows(rows, 1, (struct table_look){ .colour = true });

	(void)state;
	assert_string_equal(text, "\033[2mWHO\033[0m  \033[2mN\033[0m  \033[2mTEXT\033[0m\n"
				  "\033[32ma\033[0m    1  b\n");
}

static void what_is_no_terminal_gets_neither_colour_nor_cuts(void **state)
{
	CLEANUP_FCLOSE FILE *file = tmpfile();
	struct table_look look;

	(void)state;
	assert_non_null(file);
	look = table_look_of(file);
	assert_false(look.colour);
	assert_int_equal(look.width, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wide_characters_keep_columns_aligned),
		cmocka_unit_test(a_strangers_escapes_are_shown_not_obeyed),
		cmocka_unit_test(a_narrow_terminal_cuts_the_column_that_may_shrink),
		cmocka_unit_test(too_narrow_a_terminal_leaves_the_rest_whole),
		cmocka_unit_test(an_empty_column_is_left_out),
		cmocka_unit_test(colour_does_not_disturb_alignment),
		cmocka_unit_test(what_is_no_terminal_gets_neither_colour_nor_cuts),
	};

	display_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
