/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The recovery ladder: which step comes after which failure, and when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bridge/base/clock.h"
#include "modem/handle_ladder.h"

#define NOW (100 * USEC_PER_HOUR)

static void check(struct ladder *ladder, int64_t now, enum ladder_step step, int64_t delay)
{
	int64_t got;

	assert_int_equal(ladder_climb(ladder, now, 100, &got), step);
	assert_int_equal(got, delay);
}

static void each_failure_is_one_rung_up_and_the_last_one_lasts(void **state)
{
	struct ladder ladder = LADDER_NEW;

	(void)state;
	check(&ladder, NOW, LADDER_WORKER, 200 * USEC_PER_MSEC);
	check(&ladder, NOW, LADDER_WORKER, 2 * USEC_PER_SEC);
	check(&ladder, NOW, LADDER_RADIO, 5 * USEC_PER_SEC);
	check(&ladder, NOW, LADDER_RESTART, 5 * USEC_PER_SEC);
	check(&ladder, NOW, LADDER_USB_RESET, 5 * USEC_PER_SEC);
	check(&ladder, NOW, LADDER_WAIT, 30 * USEC_PER_SEC);
	for (int64_t minutes = 1; minutes <= 8; minutes *= 2)
		check(&ladder, NOW, LADDER_WAIT, minutes * USEC_PER_MINUTE);
	for (int i = 0; i < 1000; i++)
		check(&ladder, NOW, LADDER_WAIT, 15 * USEC_PER_MINUTE);
}

static void a_minute_of_health_leads_back_to_the_foot(void **state)
{
	struct ladder ladder = LADDER_NEW;

	(void)state;
	for (int i = 0; i < 7; i++)
		(void)ladder_climb(&ladder, NOW, 100, &(int64_t){ 0 });
	ladder_healthy(&ladder, NOW);
	ladder_healthy(&ladder, NOW + 30 * USEC_PER_SEC);
	check(&ladder, NOW + 60 * USEC_PER_SEC, LADDER_WORKER, 200 * USEC_PER_MSEC);
}

static void less_than_a_minute_of_health_does_not(void **state)
{
	struct ladder ladder = LADDER_NEW;

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)ladder_climb(&ladder, NOW, 100, &(int64_t){ 0 });
	ladder_healthy(&ladder, NOW);
	check(&ladder, NOW + 59 * USEC_PER_SEC, LADDER_RESTART, 5 * USEC_PER_SEC);
	/* That health is over: it counts for nothing later. */
	check(&ladder, NOW + USEC_PER_HOUR, LADDER_USB_RESET, 5 * USEC_PER_SEC);
}

static void a_modem_that_has_just_appeared_is_never_reset(void **state)
{
	struct ladder ladder = LADDER_NEW;

	(void)state;
	ladder_appeared(&ladder, NOW);
	for (int i = 0; i < 20; i++) {
		int64_t delay;

		assert_int_equal(ladder_climb(&ladder, NOW + i * USEC_PER_SEC, 100, &delay),
				 LADDER_WORKER);
	}
	check(&ladder, NOW + 60 * USEC_PER_SEC, LADDER_RADIO, 5 * USEC_PER_SEC);
}

static void all_spans_are_scaled(void **state)
{
	struct ladder ladder = LADDER_NEW;
	int64_t delay;

	(void)state;
	ladder.failures = 6;
	assert_int_equal(ladder_climb(&ladder, NOW, 5, &delay), LADDER_WAIT);
	assert_int_equal(delay, 3 * USEC_PER_SEC);
	ladder_healthy(&ladder, NOW);
	assert_int_equal(ladder_climb(&ladder, NOW + 3 * USEC_PER_SEC, 5, &delay), LADDER_WORKER);
	ladder_appeared(&ladder, NOW);
	ladder.failures = 3;
	assert_int_equal(ladder_climb(&ladder, NOW + 2 * USEC_PER_SEC, 5, &delay), LADDER_WORKER);
	assert_int_equal(ladder_climb(&ladder, NOW + 3 * USEC_PER_SEC, 5, &delay), LADDER_RESTART);
}

static void every_step_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < LADDER_STEP_COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(ladder_step_name((enum ladder_step)i),
						ladder_step_name((enum ladder_step)j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_failure_is_one_rung_up_and_the_last_one_lasts),
		cmocka_unit_test(a_minute_of_health_leads_back_to_the_foot),
		cmocka_unit_test(less_than_a_minute_of_health_does_not),
		cmocka_unit_test(a_modem_that_has_just_appeared_is_never_reset),
		cmocka_unit_test(all_spans_are_scaled),
		cmocka_unit_test(every_step_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
