/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Moments as people type them, in zones that put their clocks forward and in such that don't.
 */
#include "bridge/cli/times.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"

/* 2026-11-30T16:00:00Z */
#define NOW (INT64_C(1796054400) * USEC_PER_SEC)

/* POSIX rules, so that no zone database is needed. */
#define SHANGHAI "CST-8"
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static void enter_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void moments_are_read_in_every_form(void **state)
{
	static const struct {
		const char *zone, *typed, *utc;
	} rows[] = {
		{ SHANGHAI, "2026-12-01 09:00", "2026-12-01T01:00:00.000Z" },
		{ SHANGHAI, "2026-12-01T09:00", "2026-12-01T01:00:00.000Z" },
		{ SHANGHAI, "2026-12-01 09:00:30", "2026-12-01T01:00:30.000Z" },
		{ SHANGHAI, "2026-12-01T09:00:00+02:00", "2026-12-01T07:00:00.000Z" },
		{ SHANGHAI, "2026-12-01T09:00:00Z", "2026-12-01T09:00:00.000Z" },
		{ SHANGHAI, "2028-02-29 00:00", "2028-02-28T16:00:00.000Z" },
		{ SHANGHAI, "+10m", "2026-11-30T16:10:00.000Z" },
		{ SHANGHAI, "+90", "2026-11-30T16:01:30.000Z" },
		{ SHANGHAI, "-2h", "2026-11-30T14:00:00.000Z" },
		{ SHANGHAI, "+3d", "2026-12-03T16:00:00.000Z" },
		{ BERLIN, "2026-12-01 09:00", "2026-12-01T08:00:00.000Z" },
		{ BERLIN, "2026-07-01 09:00", "2026-07-01T07:00:00.000Z" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[CLOCK_TEXT_SIZE];
		int64_t at = 0;

		enter_zone(rows[i].zone);
		assert_int_equal(times_parse(rows[i].typed, NOW, &at), 0);
		assert_string_equal(clock_format(at, text), rows[i].utc);
	}
}

static void what_is_no_moment_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"tomorrow",
		"09:00",
		"2026-12-01",
		"2026-13-01 09:00",
		"2026-02-30 09:00",
		"2026-12-01 24:00",
		"2026-12-01 09:60",
		"2026-12-01  9:00",
		"2026-12-01 09:00 ",
		"2026-12-01 09:0",
		"+10 minutes",
		"+",
		"+-5m",
		"2026-12-01 -9:00",
		"1796083200",
	};

	(void)state;
	enter_zone(SHANGHAI);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t at = 42;

		assert_int_equal(times_parse(rows[i], NOW, &at), -EINVAL);
		assert_int_equal(at, 42);
	}
}

static void an_hour_that_the_zone_skips_is_said_to_be_none(void **state)
{
	int64_t at = 42;

	(void)state;
	enter_zone(BERLIN);
	assert_int_equal(times_parse("2026-03-29 02:30", NOW, &at), -ERANGE);
	assert_int_equal(at, 42);
	assert_int_equal(times_parse("2026-03-29 03:00", NOW, &at), 0);
	assert_int_equal(at, INT64_C(1774746000) * USEC_PER_SEC);
}

static void a_moment_of_today_is_shown_without_its_date(void **state)
{
	char text[TIMES_TEXT_SIZE];

	(void)state;
	enter_zone(SHANGHAI);
	assert_string_equal(times_show(NOW + 5 * USEC_PER_SEC, NOW, text), "00:00:05");
	assert_string_equal(times_show(NOW - USEC_PER_SEC, NOW, text), "2026-11-30 23:59");
	assert_string_equal(times_show_full(NOW, text), "2026-12-01 00:00:00 +0800");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_are_read_in_every_form),
		cmocka_unit_test(what_is_no_moment_is_refused),
		cmocka_unit_test(an_hour_that_the_zone_skips_is_said_to_be_none),
		cmocka_unit_test(a_moment_of_today_is_shown_without_its_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
