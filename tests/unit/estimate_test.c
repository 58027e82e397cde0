/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When the last part will be out (bridge/core/estimate.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/core/estimate.h"

#define NOON (INT64_C(1795262400) * USEC_PER_SEC) /* 2026-11-21 12:00:00 UTC */
#define MINUTES(n) ((n)*USEC_PER_MINUTE)
#define HOURS(n) ((n)*USEC_PER_HOUR)
#define NEVER (-1)

/* One SIM: limits, what it has used of them at noon, and its pace. */
static struct estimate_sim a_sim(enum store_limit limit, unsigned most, unsigned used,
				 int64_t until_usec)
{
	struct estimate_sim sim = { .quota.reset_day = 1 };

	sim.quota.limits[limit] = most;
	sim.uses[limit] = (struct store_use){ used, until_usec };
	return sim;
}

static void one_limit_alone(void **state)
{
	static const struct {
		const char *what;
		enum store_limit limit;
		unsigned most, used;
		int64_t until_usec;
		uint64_t ahead, parts;
		int64_t after_usec;
	} rows[] = {
		{ "no limit, no pace", STORE_LIMIT_DAY, 0, 0, 0, 1000, 1000, 0 },
		{ "the rest of the hour", STORE_LIMIT_HOUR, 10, 4, NOON + MINUTES(30), 0, 6, 0 },
		{ "one more", STORE_LIMIT_HOUR, 10, 4, NOON + MINUTES(30), 0, 7, MINUTES(30) },
		{ "behind others", STORE_LIMIT_HOUR, 10, 4, NOON + MINUTES(30), 6, 1, MINUTES(30) },
		{ "three hours", STORE_LIMIT_HOUR, 10, 10, NOON + MINUTES(30), 20, 1,
		  MINUTES(30) + HOURS(2) },
		{ "a period that is over", STORE_LIMIT_HOUR, 10, 10, NOON - MINUTES(1), 0, 10, 0 },
		{ "by the minute", STORE_LIMIT_MINUTE, 2, 0, 0, 0, 7, MINUTES(3) },
		{ "by the day", STORE_LIMIT_DAY, 5, 5, 0, 0, 5, 0 },
		{ "tomorrow", STORE_LIMIT_DAY, 5, 5, NOON + HOURS(12), 0, 1, HOURS(12) },
		{ "next month", STORE_LIMIT_MONTH, 5, 5, NOON + HOURS(12 + 9 * 24), 0, 1,
		  HOURS(12 + 9 * 24) },
		{ "and the one after", STORE_LIMIT_MONTH, 5, 5, NOON + HOURS(12 + 9 * 24), 0, 6,
		  HOURS(12 + (9 + 31) * 24) },
		{ "not in a year", STORE_LIMIT_MONTH, 1, 1, NOON + HOURS(12), 0, 100, NEVER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct estimate_sim sim =
			a_sim(rows[i].limit, rows[i].most, rows[i].used, rows[i].until_usec);
		const struct estimate_load load = { .now_usec = NOON,
						    .ahead = rows[i].ahead,
						    .parts = rows[i].parts };
		int64_t done_usec = estimate_done(&sim, 1, &load);

		print_message("# %s\n", rows[i].what);
		if (rows[i].after_usec == NEVER)
			assert_int_equal(done_usec, 0);
		else
			assert_in_range(done_usec - NOON, rows[i].after_usec,
					rows[i].after_usec + USEC_PER_SEC);
	}
}

/* What has expired by then has used no quota. */
static void of_what_goes_before_only_that_counts_which_can_go(void **state)
{
	static const struct {
		const char *what;
		struct estimate_group groups[3];
		uint64_t ahead;
	} rows[] = {
		{ "nothing", { { 0 } }, 0 },
		{ "it never expires", { { 0, 100 } }, 100 },
		{ "it all goes in time", { { NOON + HOURS(1), 6 } }, 6 },
		{ "it expires before the next hour", { { NOON + MINUTES(20), 100 } }, 6 },
		{ "it has expired", { { NOON - MINUTES(1), 100 } }, 0 },
		{ "two hours' worth", { { NOON + HOURS(1), 100 } }, 16 },
		{ "behind what lasts longer", { { NOON + MINUTES(20), 6 }, { 0, 4 } }, 6 },
		{ "whatever their order", { { 0, 4 }, { NOON + MINUTES(20), 6 } }, 6 },
		{ "what lasts longer alone fills it",
		  { { NOON + MINUTES(20), 6 }, { NOON + HOURS(1), 9 }, { 0, 20 } },
		  20 },
	};
	const struct estimate_sim sim = a_sim(STORE_LIMIT_HOUR, 10, 4, NOON + MINUTES(30));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct estimate_group groups[3];

		memcpy(groups, rows[i].groups, sizeof(groups));
		print_message("# %s\n", rows[i].what);
		assert_int_equal(estimate_ahead(&sim, 1, NOON, groups, 3), rows[i].ahead);
	}
}

static void several_sims_share_the_work(void **state)
{
	const struct estimate_sim sims[] = {
		{ .pace_usec = 3 * USEC_PER_SEC },
		{ .pace_usec = 6 * USEC_PER_SEC },
	};
	const struct estimate_load load = { .now_usec = NOON, .parts = 30 };

	(void)state;
	assert_in_range(estimate_done(sims, 2, &load) - NOON, 60 * USEC_PER_SEC, 61 * USEC_PER_SEC);
	assert_int_equal(estimate_done(sims, 0, &load), 0);
}

static void what_is_scheduled_begins_with_fresh_quotas(void **state)
{
	const struct estimate_sim sim = a_sim(STORE_LIMIT_HOUR, 10, 10, NOON + MINUTES(30));
	struct estimate_load load = { .now_usec = NOON,
				      .begin_usec = NOON + HOURS(1),
				      .parts = 10 };

	(void)state;
	assert_int_equal(estimate_done(&sim, 1, &load), NOON + HOURS(1));
	/* What waits before it takes the hour that begins meanwhile. */
	load.ahead = 15;
	assert_in_range(estimate_done(&sim, 1, &load) - NOON, MINUTES(30) + HOURS(2),
			MINUTES(30) + HOURS(2) + USEC_PER_SEC);
}

static void distinct_numbers_are_a_limit_of_their_own(void **state)
{
	const struct estimate_sim sim =
		a_sim(STORE_LIMIT_RECIPIENTS, 200, 150, NOON + HOURS(12 + 9 * 24));
	struct estimate_load load = { .now_usec = NOON, .parts = 200, .recipients = 200 };

	(void)state;
	/* Those it talked with already may be among them. */
	assert_int_equal(estimate_done(&sim, 1, &load), NOON);
	load.recipients = 201;
	assert_in_range(estimate_done(&sim, 1, &load) - NOON, HOURS(12 + 9 * 24),
			HOURS(12 + 9 * 24) + USEC_PER_SEC);
}

static int use_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_limit_alone),
		cmocka_unit_test(of_what_goes_before_only_that_counts_which_can_go),
		cmocka_unit_test(several_sims_share_the_work),
		cmocka_unit_test(what_is_scheduled_begins_with_fresh_quotas),
		cmocka_unit_test(distinct_numbers_are_a_limit_of_their_own),
	};

	return cmocka_run_group_tests_name("estimate", tests, use_utc, NULL);
}
