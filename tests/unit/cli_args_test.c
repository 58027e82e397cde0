/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Command lines, sorted.
 */
#include "bridge/cli/args.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"

enum { OPTION_AT, OPTION_WAIT, OPTION_DRY, OPTION_COUNT };
static const struct args_option options[OPTION_COUNT] = {
	[OPTION_AT] = { "at", ARGS_VALUE },
	[OPTION_WAIT] = { "wait", ARGS_MAYBE_SPAN },
	[OPTION_DRY] = { "dry-run", ARGS_FLAG },
};

static char error[256];

/* line: words separated by one space each. */
static int parse(const char *line, struct args *args)
{
	static char copy[256];
	const char *words[16];
	char *rest = copy;
	int count = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	while (*copy && rest && count < 16)
		words[count++] = strsep(&rest, " ");
	return args_parse(count, words, options, OPTION_COUNT, 2, args, error, sizeof(error));
}

static void options_may_stand_anywhere(void **state)
{
	static const char *const rows[] = {
		"to text --at +10m --dry-run",
		"--at +10m to --dry-run text",
		"--dry-run --at=+10m to text",
		"--dry-run --at=+10m -- to text",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct args args;

		assert_int_equal(parse(rows[i], &args), 0);
		assert_int_equal(args.word_count, 2);
		assert_string_equal(args.words[0], "to");
		assert_string_equal(args.words[1], "text");
		assert_string_equal(args.value[OPTION_AT], "+10m");
		assert_true(args.given[OPTION_DRY]);
		assert_false(args.given[OPTION_WAIT]);
	}
}

static void a_dash_alone_and_what_follows_two_dashes_are_words(void **state)
{
	struct args args;

	(void)state;
	assert_int_equal(parse("to -", &args), 0);
	assert_string_equal(args.words[1], "-");
	assert_int_equal(parse("to -- --at", &args), 0);
	assert_string_equal(args.words[1], "--at");
	assert_false(args.given[OPTION_AT]);
}

static void a_value_may_look_like_an_option(void **state)
{
	struct args args;

	(void)state;
	assert_int_equal(parse("--at -5 to", &args), 0);
	assert_string_equal(args.value[OPTION_AT], "-5");
}

static void wait_takes_a_span_and_gives_it_back(void **state)
{
	struct args args;

	(void)state;
	assert_int_equal(parse("to text --wait 30", &args), 0);
	assert_string_equal(args.value[OPTION_WAIT], "30");
	assert_int_equal(args.word_count, 2);

	assert_int_equal(parse("to --wait text", &args), 0);
	assert_null(args.value[OPTION_WAIT]);
	assert_true(args.given[OPTION_WAIT]);
	assert_false(args_untake(&args, OPTION_WAIT));

	assert_int_equal(parse("--wait +8613800000001 text", &args), 0);
	assert_null(args.value[OPTION_WAIT]);

	assert_int_equal(parse("--wait 10086 text", &args), 0);
	assert_int_equal(args.word_count, 1);
	assert_true(args_untake(&args, OPTION_WAIT));
	assert_int_equal(args.word_count, 2);
	assert_string_equal(args.words[0], "10086");
	assert_string_equal(args.words[1], "text");
	assert_true(args.given[OPTION_WAIT]);
	assert_null(args.value[OPTION_WAIT]);

	assert_int_equal(parse("10086 --wait 555", &args), 0);
	assert_true(args_untake(&args, OPTION_WAIT));
	assert_string_equal(args.words[1], "555");

	assert_int_equal(parse("to --wait=10m", &args), 0);
	assert_string_equal(args.value[OPTION_WAIT], "10m");
	assert_false(args_untake(&args, OPTION_WAIT));
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *line, *said;
	} rows[] = {
		{ "to text more", "unexpected 'more'" },
		{ "--nothing", "unknown option '--nothing'" },
		{ "--a +10m", "unknown option '--a'" },
		{ "-x", "unknown option '-x'" },
		{ "to --at", "'--at' needs a value" },
		{ "--dry-run=1", "'--dry-run' takes no value" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct args args;

		assert_int_equal(parse(rows[i].line, &args), -EINVAL);
		assert_non_null(strstr(error, rows[i].said));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_may_stand_anywhere),
		cmocka_unit_test(a_dash_alone_and_what_follows_two_dashes_are_words),
		cmocka_unit_test(a_value_may_look_like_an_option),
		cmocka_unit_test(wait_takes_a_span_and_gives_it_back),
		cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
