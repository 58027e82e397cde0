/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The periods of quotas, in zones with and without summer time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/store/period.h"

struct row {
	const char *zone;
	enum period period;
	unsigned reset_day;
	const char *now, *begin, *end;
};

static const struct row ROWS[] = {
	{ "UTC0", PERIOD_MINUTE, 1, "2026-11-21T13:40:59Z", "2026-11-21T13:40:00Z",
	  "2026-11-21T13:41:00Z" },
	{ "UTC0", PERIOD_HOUR, 1, "2026-11-21T13:00:00Z", "2026-11-21T13:00:00Z",
	  "2026-11-21T14:00:00Z" },
	{ "UTC0", PERIOD_DAY, 1, "2026-12-31T23:59:59Z", "2026-12-31T00:00:00Z",
	  "2027-01-01T00:00:00Z" },
	{ "CST-8", PERIOD_DAY, 1, "2026-11-21T16:00:00Z", "2026-11-21T16:00:00Z",
	  "2026-11-22T16:00:00Z" },
	{ "CST-8", PERIOD_DAY, 1, "2026-11-21T15:59:59Z", "2026-11-20T16:00:00Z",
	  "2026-11-21T16:00:00Z" },
	/* The day on which summer time ends has 25 hours, the other one 23. */
	{ "CET-1CEST,M3.5.0,M10.5.0/3", PERIOD_DAY, 1, "2026-10-25T12:00:00Z",
	  "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", PERIOD_DAY, 1, "2026-03-29T12:00:00Z",
	  "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z" },
	{ "UTC0", PERIOD_MONTH, 1, "2026-11-21T13:40:59Z", "2026-11-01T00:00:00Z",
	  "2026-12-01T00:00:00Z" },
	{ "UTC0", PERIOD_MONTH, 17, "2026-11-16T23:59:59Z", "2026-10-17T00:00:00Z",
	  "2026-11-17T00:00:00Z" },
	{ "UTC0", PERIOD_MONTH, 17, "2026-11-17T00:00:00Z", "2026-11-17T00:00:00Z",
	  "2026-12-17T00:00:00Z" },
	{ "UTC0", PERIOD_MONTH, 28, "2027-01-05T00:00:00Z", "2026-12-28T00:00:00Z",
	  "2027-01-28T00:00:00Z" },
	{ "UTC0", PERIOD_MONTH, 28, "2026-03-01T00:00:00Z", "2026-02-28T00:00:00Z",
	  "2026-03-28T00:00:00Z" },
};

static int64_t moment(const char *text)
{
	int64_t usec;

	assert_int_equal(clock_parse(text, &usec), 0);
	return usec;
}

static void a_period_holds_its_moment_and_ends_where_the_next_one_begins(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ROWS); i++) {
		const struct row *row = &ROWS[i];
		int64_t begin, end, next, after;

		setenv("TZ", row->zone, 1);
		tzset();
		period_bounds(row->period, moment(row->now), row->reset_day, &begin, &end);
		assert_int_equal(begin, moment(row->begin));
		assert_int_equal(end, moment(row->end));
		period_bounds(row->period, end, row->reset_day, &next, &after);
		assert_int_equal(next, end);
		period_bounds(row->period, end - 1, row->reset_day, &next, &after);
		assert_int_equal(next, begin);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_period_holds_its_moment_and_ends_where_the_next_one_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
