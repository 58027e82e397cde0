/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Recipients out of files as spreadsheets write them.
 */
#include "bridge/cli/csv.h"

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

struct found {
	char text[512];
	int answer;
};

static int on_recipient(const char *recipient, void *userdata)
{
	struct found *found = userdata;
	size_t at = strlen(found->text);

	snprintf(found->text + at, sizeof(found->text) - at, "%s|", recipient);
	return found->answer;
}

static void recipients_are_found_in_every_shape_of_file(void **state)
{
	static const struct {
		const char *csv, *expected;
	} rows[] = {
		{ "+8613800000001\n+8613800000002\n", "+8613800000001|+8613800000002|" },
		{ "+8613800000001", "+8613800000001|" },
		{ "+1,Ann\r\n+2,Bo\r\n", "+1|+2|" },
		{ "name,phone\nAnn,+1\nBo,+2\n", "+1|+2|" },
		{ "name,NUMBER,x\nAnn,+1,\nBo,+2,\n", "+1|+2|" },
		{ "To\n+1\n", "+1|" },
		{ "\"to\"\n\"+1\"\n", "+1|" },
		{ "\"Ann, the \"\"first\"\"\",to\n", "" },
		{ "name,to\n\"Ann, the \"\"first\"\"\",+1\n", "+1|" },
		{ "name,to\n\"two\nlines\",+1\nBo,+2\n", "+1|+2|" },
		{ "name;phone\nAnn;+1\n", "+1|" },
		{ "name\tphone\nAnn\t+1\n", "+1|" },
		{ "\xEF\xBB\xBFphone\n+1\n", "+1|" },
		{ "\n+1\n\n\n+2\n\n", "+1|+2|" },
		{ "phone,name\n+1,Ann\n,\n", "+1|" },
		{ " +1 , x\n", "+1|" },
		{ "+86 138 0000 0001\n", "+86 138 0000 0001|" },
		{ "+1\r+2\r", "+1|+2|" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct found found = { 0 };
		char error[256] = "";
		int r = csv_read_recipients(rows[i].csv, strlen(rows[i].csv), on_recipient, &found,
					    error, sizeof(error));

		assert_int_equal(r, rows[i].expected[0] ? 0 : -EINVAL);
		assert_string_equal(found.text, rows[i].expected);
	}
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
	static const struct {
		const char *csv, *begin;
	} rows[] = {
		{ "", "line 1: there is no recipient" },
		{ "phone\n", "line 1: there is no recipient" },
		{ "phone,name\n+1,Ann\n,Bo\n", "line 3: no number" },
		{ "name,phone\n\"two\nlines\",+1\nBo\n", "line 4: no number" },
		{ "+1\n\"+2\n+3\n", "line 2: a quoted field does not end" },
		{ "+1\n0123456789012345678901234567890123456789012345678901234567890123456789\n",
		  "line 2: the recipient is too long" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct found found = { 0 };
		char error[256] = "";

		assert_int_equal(csv_read_recipients(rows[i].csv, strlen(rows[i].csv), on_recipient,
						     &found, error, sizeof(error)),
				 -EINVAL);
		assert_memory_equal(error, rows[i].begin, strlen(rows[i].begin));
	}
}

static void a_file_that_is_no_text_is_refused(void **state)
{
	struct found found = { 0 };
	char error[256] = "";

	(void)state;
	assert_int_equal(csv_read_recipients("PK\003\004\0\0", 6, on_recipient, &found, error,
					     sizeof(error)),
			 -EINVAL);
	assert_string_equal(found.text, "");
	assert_non_null(strstr(error, "not a text file"));
}

static void the_callback_can_end_it(void **state)
{
	struct found found = { .answer = -EILSEQ };
	char error[256] = "";

	(void)state;
	assert_int_equal(
		csv_read_recipients("+1\n+2\n", 6, on_recipient, &found, error, sizeof(error)),
		-EILSEQ);
	assert_string_equal(found.text, "+1|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recipients_are_found_in_every_shape_of_file),
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
		cmocka_unit_test(a_file_that_is_no_text_is_refused),
		cmocka_unit_test(the_callback_can_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
