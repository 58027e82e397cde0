/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Moments and spans, written and read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"

#define UNTOUCHED INT64_C(-4711)

static void a_moment_is_written_in_utc_with_milliseconds(void **state)
{
	static const struct {
		int64_t usec;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 999, "1970-01-01T00:00:00.000Z" },
		{ 1000, "1970-01-01T00:00:00.001Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ -1000000, "1969-12-31T23:59:59.000Z" },
		{ INT64_C(1796112000123456), "2026-12-01T08:00:00.123Z" },
		{ INT64_C(951782400000000), "2000-02-29T00:00:00.000Z" },
		{ INT64_C(-62135596800000000), "0001-01-01T00:00:00.000Z" },
		{ INT64_C(-62135596800000001), "0001-01-01T00:00:00.000Z" },
		{ INT64_C(253402300799999999), "9999-12-31T23:59:59.999Z" },
		{ INT64_C(253402300800000000), "9999-12-31T23:59:59.999Z" },
		{ INT64_MIN, "0001-01-01T00:00:00.000Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.999Z" },
	};
	char buffer[CLOCK_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(clock_format(cases[i].usec, buffer), cases[i].text);
}

static void a_moment_is_read_in_every_form_of_rfc_3339(void **state)
{
	static const struct {
		const char *text;
		int64_t usec;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01t00:00:00z", 0 },
		{ "1970-01-01 00:00:00+00:00", 0 },
		{ "1970-01-01T00:00:00-00:00", 0 },
		{ "2026-12-01T08:00:00.123456Z", INT64_C(1796112000123456) },
		{ "2026-12-01T16:00:00.123456+08:00", INT64_C(1796112000123456) },
		{ "2026-12-01T02:30:00.1234569999-05:30", INT64_C(1796112000123456) },
		{ "1985-04-12T23:20:50.52Z", INT64_C(482196050520000) },        /* 5.8 */
		{ "1996-12-19T16:39:57-08:00", INT64_C(851042397000000) },      /* 5.8 */
		{ "1990-12-31T23:59:60Z", INT64_C(662688000000000) },           /* 5.8 */
		{ "1937-01-01T12:00:27.87+00:20", INT64_C(-1041337172130000) }, /* 5.8 */
		{ "2000-02-29T00:00:00Z", INT64_C(951782400000000) },
		{ "0001-01-01T00:00:00Z", INT64_C(-62135596800000000) },
		{ "9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t usec = UNTOUCHED;
		if (clock_parse(cases[i].text, &usec) != 0 || usec != cases[i].usec)
			fail_msg("%s is %lld", cases[i].text, (long long)usec);
	}
}

static void what_is_no_moment_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"tomorrow",
		"2026-12-01",
		"2026-12-01T08:00Z",
		"2026-12-01T08:00:00", /* no zone */
		"2026-12-01T08:00:00+0800",
		"2026-12-01T08:00:00+08",
		"2026-12-01T08:00:00+24:00",
		"2026-12-01T08:00:00+08:60",
		"2026-12-01T08:00:00.Z",
		"2026-12-01T08:00:00,5Z",
		"2026-12-01T08:00:00Z ",
		" 2026-12-01T08:00:00Z",
		"2026-12-01T24:00:00Z",
		"2026-12-01T08:60:00Z",
		"2026-12-01T08:00:61Z",
		"2026-13-01T08:00:00Z",
		"2026-00-01T08:00:00Z",
		"2026-11-31T08:00:00Z",
		"2026-12-00T08:00:00Z",
		"2026-02-29T08:00:00Z",
		"1900-02-29T08:00:00Z",
		"0000-01-01T00:00:00Z",
		"26-12-01T08:00:00Z",
		"+026-12-01T08:00:00Z",
		"2026-12-01T-8:00:00Z",
		"2026-12-01_08:00:00Z",
		"2026/12/01T08:00:00Z",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t usec = UNTOUCHED;
		if (clock_parse(cases[i], &usec) != -EINVAL || usec != UNTOUCHED)
			fail_msg("\"%s\" was taken", cases[i]);
	}
	assert_int_equal(clock_parse(NULL, &(int64_t){ 0 }), -EINVAL);
}

static void what_was_written_reads_back_the_same(void **state)
{
	/* Steps of a little over a day and a prime of milliseconds, through all years. */
	const int64_t step = 29 * USEC_PER_DAY + 86399989 * USEC_PER_MSEC;
	char buffer[CLOCK_TEXT_SIZE];

	(void)state;
	for (int64_t at = INT64_C(-62135596800000000); at < INT64_C(253402300799999999);
	     at += step) {
		int64_t back;
		assert_int_equal(clock_parse(clock_format(at, buffer), &back), 0);
		assert_true(back == at);
	}
}

static void a_span_is_a_number_with_a_unit_or_without(void **state)
{
	static const struct {
		const char *text;
		int result;
		int64_t usec;
	} cases[] = {
		{ "0", 0, 0 },
		{ "90", 0, 90 * USEC_PER_SEC },
		{ "90s", 0, 90 * USEC_PER_SEC },
		{ "10m", 0, 10 * USEC_PER_MINUTE },
		{ "2h", 0, 2 * USEC_PER_HOUR },
		{ "3d", 0, 3 * USEC_PER_DAY },
		{ "007d", 0, 7 * USEC_PER_DAY },
		{ "36525d", 0, 36525 * USEC_PER_DAY },
		{ "36526d", -ERANGE, UNTOUCHED },
		{ "3155760000", 0, 36525 * USEC_PER_DAY },
		{ "3155760001", -ERANGE, UNTOUCHED },
		{ "99999999999999999999999999d", -ERANGE, UNTOUCHED },
		{ "99999999999999999999999999x", -EINVAL, UNTOUCHED },
		{ "", -EINVAL, UNTOUCHED },
		{ "m", -EINVAL, UNTOUCHED },
		{ "-1", -EINVAL, UNTOUCHED },
		{ "+1", -EINVAL, UNTOUCHED },
		{ " 1", -EINVAL, UNTOUCHED },
		{ "1 m", -EINVAL, UNTOUCHED },
		{ "1.5h", -EINVAL, UNTOUCHED },
		{ "1M", -EINVAL, UNTOUCHED },
		{ "1hh", -EINVAL, UNTOUCHED },
		{ "1h30m", -EINVAL, UNTOUCHED },
		{ NULL, -EINVAL, UNTOUCHED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t usec = UNTOUCHED;
		int r = clock_parse_span(cases[i].text, &usec);
		if (r != cases[i].result || usec != cases[i].usec)
			fail_msg("\"%s\": %d, %lld", cases[i].text ? cases[i].text : "NULL", r,
				 (long long)usec);
	}
}

static void the_clocks_run_forward(void **state)
{
	int64_t monotonic = clock_monotonic_usec();

	(void)state;
	assert_true(clock_realtime_usec() > INT64_C(1700000000) * USEC_PER_SEC);
	assert_true(clock_monotonic_usec() >= monotonic);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment_is_written_in_utc_with_milliseconds),
		cmocka_unit_test(a_moment_is_read_in_every_form_of_rfc_3339),
		cmocka_unit_test(what_is_no_moment_is_refused),
		cmocka_unit_test(what_was_written_reads_back_the_same),
		cmocka_unit_test(a_span_is_a_number_with_a_unit_or_without),
		cmocka_unit_test(the_clocks_run_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
