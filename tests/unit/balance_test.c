/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Amounts in what networks answer, and when they are asked (bridge/core/balance.h).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/core/balance.h"

static void amounts_are_read_as_people_write_them(void **state)
{
	static const struct {
		const char *pattern, *text;
		int result;
		const char *amount;
	} rows[] = {
		{ "([0-9.,]+) EUR", "Your credit: 12.50 EUR.", 0, "12.50" },
		{ "([0-9.,]+) EUR", "Your credit: 12,50 EUR.", 0, "12.50" },
		{ "([0-9.,]+) EUR", "1.234,5 EUR", 0, "1234.5" },
		{ "([0-9.,]+) EUR", "1,234.50 EUR", 0, "1234.50" },
		{ "([0-9.,]+) EUR", "1,234 EUR", 0, "1234" },
		{ "([0-9.,]+) EUR", "1.234.567 EUR", 0, "1234567" },
		{ "([0-9 ']+) CFA", "12 500 CFA", 0, "12500" },
		{ "余额为([0-9.]+)元", "您的话费余额为12.40元。", 0, "12.40" },
		{ "is (-?[0-9.]+)", "Your credit is -0.30", 0, "-0.30" },
		/* No thousands begin with a nought. */
		{ "([0-9.,]+) KWD", "0.500 KWD", 0, "0.500" },
		{ "(-?[0-9.,]+) TND", "-0,750 TND", 0, "-0.750" },
		{ "([0-9.,]+) KWD", "10.500 KWD", 0, "10500" },
		{ "([0-9.,]+) EUR", "12.50 USD", -ENOENT, NULL },
		{ "credit is (.*)", "credit is gone", -EINVAL, NULL },
		{ "credit is (.*)", "credit is ", -EINVAL, NULL },
		{ "([0-9]+)", "12345678901234567890123456789012345", -EINVAL, NULL },
		{ "a|(b)", "a", -ENOENT, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char amount[STORE_BALANCE_SIZE];

		print_message("# %s\n", rows[i].text);
		assert_int_equal(balance_read(rows[i].pattern, 2, rows[i].text, amount),
				 rows[i].result);
		if (rows[i].amount)
			assert_string_equal(amount, rows[i].amount);
	}
}

static void where_amounts_have_three_decimals_they_are_read_so(void **state)
{
	static const struct {
		const char *text, *amount;
	} rows[] = {
		{ "4.350", "4.350" },       { "4,350", "4.350" },     { "1,234.500", "1234.500" },
		{ "1.234.567", "1234567" }, { "12.5", "12.5" },       { "4350", "4350" },
		{ "0.500", "0.500" },       { "12.3500", "12.3500" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char amount[STORE_BALANCE_SIZE];

		print_message("# %s\n", rows[i].text);
		assert_int_equal(balance_read("([0-9.,]+)", 3, rows[i].text, amount), 0);
		assert_string_equal(amount, rows[i].amount);
	}
}

/* A pattern that never fits is to cost no more questions than one that does. */
static void what_is_never_understood_is_asked_ever_less(void **state)
{
	static const struct {
		unsigned failures;
		int hours, after;
	} rows[] = { { 1, 24, 1 },
		     { 2, 24, 2 },
		     { 3, 24, 4 },
		     { 4, 24, 8 },
		     { 5, 24, 16 },
		     { 6, 24, 24 },
		     { 99, 24, 24 },
		     { 1, 1, 1 },
		     { 2, 1, 1 },
		     { 3, 3, 3 },
		     { 4000000000U, 720, 720 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(
			balance_again_usec(rows[i].failures, rows[i].hours * USEC_PER_HOUR),
			rows[i].after * USEC_PER_HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amounts_are_read_as_people_write_them),
		cmocka_unit_test(where_amounts_have_three_decimals_they_are_read_so),
		cmocka_unit_test(what_is_never_understood_is_asked_ever_less),
	};

	return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
