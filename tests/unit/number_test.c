/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Phone numbers as people type them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/number.h"
#include "bridge/base/utf8.h"

static const struct number_plan china = { "86", "0" };
static const struct number_plan russia = { "7", "8" };
static const struct number_plan denmark = { "45", NULL };
static const struct number_plan italy = { "39", "" };
static const struct number_plan nowhere = { NULL, NULL };
static const struct number_plan trunk_only = { NULL, "0" };
static const struct number_plan empty = { "", "0" };

static void what_is_typed_becomes_its_stored_form(void **state)
{
	static const struct {
		const struct number_plan *plan;
		const char *typed, *stored;
	} cases[] = {
		{ &china, "+8613800000001", "+8613800000001" },
		{ &nowhere, "+8613800000001", "+8613800000001" },
		{ &china, " +86 138-0000.0001 ", "+8613800000001" },
		{ &china, "(+86) 138/0000/0001", "+8613800000001" },
		{ &china, "008613800000001", "+8613800000001" },
		{ &nowhere, "00 86 138 0000 0001", "+8613800000001" },
		{ &china, "13800000001", "+8613800000001" },
		{ &china, "013800000001", "+8613800000001" },
		{ &china, "010-8888 8888", "+861088888888" },
		{ &russia, "8 (900) 123-45-67", "+79001234567" },
		{ &denmark, "20 12 34 56", "+4520123456" },
		{ &italy, "06 1234 5678", "+390612345678" },
		{ &nowhere, "+44 (0)20 7946 0958", "+442079460958" },
		{ &nowhere, "0044 (0)20 7946 0958", "+442079460958" },
		{ &china, "(0)13800000001", "+8613800000001" },
		{ &nowhere, "+1234567", "+1234567" },
		{ &nowhere, "+123456789012345", "+123456789012345" },
		{ &nowhere, "00123456789012345", "+123456789012345" },
		{ &china, "10086", "10086" },
		{ &nowhere, "10086", "10086" },
		{ &china, "10 08 6", "10086" },
		{ &china, "123456", "123456" },
		{ &china, "012345", "012345" },
		{ &china, "1234567", "+861234567" },
		{ &china, "7", "7" },
		{ &china, "1120", "1120" },
		{ &china, "11000000000", "+8611000000000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char stored[NUMBER_SIZE] = "untouched";
		enum number_error error = number_normalize(cases[i].plan, cases[i].typed, stored);

		if (error != NUMBER_OK || strcmp(stored, cases[i].stored) != 0)
			fail_msg("%s: error %d, %s", cases[i].typed, (int)error, stored);
	}
}

static void what_is_no_number_is_refused_for_its_reason(void **state)
{
	static const struct {
		const struct number_plan *plan;
		const char *typed;
		enum number_error error;
	} cases[] = {
		{ &china, NULL, NUMBER_EMPTY },
		{ &china, "", NUMBER_EMPTY },
		{ &china, " -.()/ ", NUMBER_EMPTY },
		{ &china, "alice", NUMBER_NOT_DIGITS },
		{ &china, "138000A0001", NUMBER_NOT_DIGITS },
		{ &china, "+86138000000001x", NUMBER_NOT_DIGITS },
		{ &china, "138+00000001", NUMBER_NOT_DIGITS },
		{ &china, "++8613800000001", NUMBER_NOT_DIGITS },
		{ &china, "13800000001,13800000002", NUMBER_NOT_DIGITS },
		{ &china, "１３８００００００００", NUMBER_NOT_DIGITS },
		{ &china, "13800000001\n", NUMBER_NOT_DIGITS },
		{ &china, "*100#", NUMBER_NOT_DIGITS },
		{ &china, "+", NUMBER_TOO_SHORT },
		{ &china, "+123456", NUMBER_TOO_SHORT },
		{ &china, "+10086", NUMBER_TOO_SHORT },
		{ &china, "00", NUMBER_TOO_SHORT },
		{ &china, "0012345", NUMBER_TOO_SHORT },
		{ &china, "+1234567890123456", NUMBER_TOO_LONG },
		{ &china, "001234567890123456", NUMBER_TOO_LONG },
		{ &china, "12345678901234", NUMBER_TOO_LONG },
		{ &nowhere, "1234567890123456789012345678901234567890", NUMBER_TOO_LONG },
		{ &nowhere, "13800000001", NUMBER_NO_COUNTRY_CODE },
		{ &trunk_only, "013800000001", NUMBER_NO_COUNTRY_CODE },
		{ &empty, "013800000001", NUMBER_NO_COUNTRY_CODE },
		{ &china, "+013800000001", NUMBER_NO_COUNTRY_CODE },
		{ &china, "00013800000001", NUMBER_NO_COUNTRY_CODE },
		{ &china, "112", NUMBER_EMERGENCY },
		{ &nowhere, "911", NUMBER_EMERGENCY },
		{ &china, "110", NUMBER_EMERGENCY },
		{ &china, "119", NUMBER_EMERGENCY },
		{ &china, "120", NUMBER_EMERGENCY },
		{ &china, "122", NUMBER_EMERGENCY },
		{ &china, "999", NUMBER_EMERGENCY },
		{ &china, "000", NUMBER_EMERGENCY },
		{ &china, "118", NUMBER_EMERGENCY },
		{ &china, "08", NUMBER_EMERGENCY },
		{ &china, "111", NUMBER_EMERGENCY },
		{ &china, "10111", NUMBER_EMERGENCY },
		{ &china, " 1-1-2 ", NUMBER_EMERGENCY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char stored[NUMBER_SIZE] = "untouched";
		enum number_error error = number_normalize(cases[i].plan, cases[i].typed, stored);

		if (error != cases[i].error)
			fail_msg("%s: error %d", cases[i].typed, (int)error);
		assert_string_equal(stored, "untouched");
	}
}

static void every_refusal_is_explained_with_what_to_do(void **state)
{
	static const struct {
		enum number_error error;
		const char *typed, *sentence;
	} cases[] = {
		{ NUMBER_OK, "+8613800000001", "+8613800000001 is a valid number." },
		{ NUMBER_EMPTY, NULL, "This holds no phone number: give one like +8613800000001." },
		{ NUMBER_EMPTY, "", "This holds no phone number: give one like +8613800000001." },
		{ NUMBER_NOT_DIGITS, "alice\n",
		  "alice? is no phone number: write digits, with + and the country code in "
		  "front." },
		{ NUMBER_NOT_DIGITS, "李\xff",
		  "李? is no phone number: write digits, with + and the country code in front." },
		{ NUMBER_TOO_SHORT, "+123",
		  "+123 is too short for an international number: check for missing digits." },
		{ NUMBER_TOO_LONG, "12345678901234567890123456789012345678901234567890",
		  "12345678901234567890123456789012345678901234… has more than 15 digits: check "
		  "for a digit too many, or two numbers in one." },
		{ NUMBER_NO_COUNTRY_CODE, "138",
		  "138 has no country code: write it as +COUNTRY…, or set country_code in "
		  "footbridge.conf." },
		{ NUMBER_EMERGENCY, "112",
		  "112 is an emergency number, which this bridge never writes to: call it from "
		  "a phone." },
	};
	char buffer[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(
			number_explain(cases[i].error, cases[i].typed, buffer, sizeof(buffer)),
			cases[i].sentence);
}

static void an_explanation_is_utf8_however_long_the_number_is(void **state)
{
	char typed[200], buffer[256];

	(void)state;
	for (size_t size = 1; size < sizeof(typed); size++) {
		memset(typed, 0, sizeof(typed));
		memset(typed, 'x', size % 4);
		for (size_t at = size % 4; at + 4 <= size; at += 3)
			utf8_put(0x674e, typed + at);
		number_explain(NUMBER_NOT_DIGITS, typed, buffer, sizeof(buffer));
		assert_true(utf8_valid(buffer, strlen(buffer)));
		assert_non_null(strstr(buffer, " is no phone number"));
	}
}

static void nobody_answers_short_codes_and_names(void **state)
{
	static const struct {
		const char *number;
		bool is_short;
	} cases[] = {
		{ "10086", true },
		{ "1", true },
		{ "123456", true },
		{ "1234567", false },
		{ "+8613800000001", false },
		{ "13800000001", false },
		{ "MyBank", true },
		{ "Bank24", true },
		{ "中国移动", true },
		{ "+49170Bank", true },
		{ "", true },
		{ "+", true },
		{ "12345678x", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (number_is_short(cases[i].number) != cases[i].is_short)
			fail_msg("%s", cases[i].number);
}

static void a_mask_hides_four_digits_or_more(void **state)
{
	static const struct {
		const char *number, *masked;
	} cases[] = {
		{ "+8613800000001", "+86138****0001" },
		{ "+861380000000123", "+86138******0123" },
		{ "+4520123456", "+4520****56" },
		{ "+79001234567", "+790****4567" },
		{ "+1234567", "+1****67" },
		{ "13800000001", "13800****01" },
		{ "1234567", "1****67" },
		{ "10086", "10086" },
		{ "MyBank", "MyBank" },
		{ "", "" },
	};
	char buffer[32], small[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(number_mask(cases[i].number, buffer, sizeof(buffer)),
				    cases[i].masked);
	assert_string_equal(number_mask("+8613800000001", small, sizeof(small)), "+86138*");
}

static void numbers_are_the_same_by_their_last_digits(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} rows[] = {
		{ "+8613800000001", "+8613800000001", true },
		{ "+8613800000001", "13800000001", true },
		{ "+8613800000001", "+8613800000002", false },
		{ "10086", "10086", true },
		{ "10086", "+8613810010086", false },
		{ "Bank", "Bank", true },
		{ "Bank", "Shop", false },
		{ "", "", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(number_is_same(rows[i].one, rows[i].other), rows[i].same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_typed_becomes_its_stored_form),
		cmocka_unit_test(what_is_no_number_is_refused_for_its_reason),
		cmocka_unit_test(every_refusal_is_explained_with_what_to_do),
		cmocka_unit_test(an_explanation_is_utf8_however_long_the_number_is),
		cmocka_unit_test(nobody_answers_short_codes_and_names),
		cmocka_unit_test(a_mask_hides_four_digits_or_more),
		cmocka_unit_test(numbers_are_the_same_by_their_last_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
