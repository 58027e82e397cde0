/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When the machine's clock is believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bridge/base/clock.h"
#include "bridge/core/clock_trust.h"

#define NOW (INT64_C(1800000000) * USEC_PER_SEC)
#define UPTIME (3 * USEC_PER_HOUR)

static struct clock_facts facts_now(void)
{
	return (struct clock_facts){ .realtime_usec = NOW, .monotonic_usec = UPTIME };
}

/* Facts after the network has vouched, some time ago. */
static struct clock_facts facts_vouched(int64_t ago_usec)
{
	struct clock_facts facts = facts_now();

	assert_true(clock_hear_network(&facts.vouch, NOW - ago_usec, NOW - ago_usec,
				       UPTIME - ago_usec));
	return facts;
}

static void a_clock_that_nobody_confirms_is_not_trusted(void **state)
{
	struct clock_facts facts = facts_now();

	(void)state;
	assert_int_equal(clock_judge(&facts), CLOCK_ALONE);
	assert_false(clock_is_trusted(CLOCK_ALONE));
}

static void the_kernel_s_word_is_enough(void **state)
{
	struct clock_facts facts = facts_now();

	(void)state;
	facts.synchronised = true;
	facts.newest_stored_usec = NOW;
	assert_int_equal(clock_judge(&facts), CLOCK_SYNCHRONISED);
	assert_true(clock_is_trusted(CLOCK_SYNCHRONISED));
}

static void the_network_vouches_within_ten_minutes_only(void **state)
{
	static const struct {
		int64_t off_usec;
		bool agrees;
	} stamps[] = {
		{ 0, true },
		{ 10 * USEC_PER_MINUTE, true },
		{ -10 * USEC_PER_MINUTE, true },
		{ 10 * USEC_PER_MINUTE + 1, false },
		{ -10 * USEC_PER_MINUTE - 1, false },
		{ -NOW, false },
		{ INT64_MAX - NOW, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
		struct clock_facts facts = facts_now();

		assert_int_equal(
			clock_hear_network(&facts.vouch, NOW + stamps[i].off_usec, NOW, UPTIME),
			stamps[i].agrees);
		assert_int_equal(clock_judge(&facts),
				 stamps[i].agrees ? CLOCK_VOUCHED : CLOCK_ALONE);
	}
}

static void the_network_s_word_lasts_a_day(void **state)
{
	struct clock_facts facts = facts_vouched(0);

	(void)state;
	facts.realtime_usec += USEC_PER_DAY;
	facts.monotonic_usec += USEC_PER_DAY;
	assert_int_equal(clock_judge(&facts), CLOCK_VOUCHED);
	facts.realtime_usec += 1;
	facts.monotonic_usec += 1;
	assert_int_equal(clock_judge(&facts), CLOCK_ALONE);
}

static void a_clock_that_was_set_since_is_not_the_one_that_was_vouched_for(void **state)
{
	struct clock_facts facts = facts_vouched(USEC_PER_HOUR);

	(void)state;
	facts.realtime_usec += 9 * USEC_PER_MINUTE;
	assert_int_equal(clock_judge(&facts), CLOCK_VOUCHED);
	facts.realtime_usec += 2 * USEC_PER_MINUTE;
	assert_int_equal(clock_judge(&facts), CLOCK_ALONE);
}

static void a_clock_behind_what_is_stored_is_not_trusted(void **state)
{
	struct clock_facts facts = facts_now();

	(void)state;
	facts.synchronised = true;
	facts.newest_stored_usec = NOW + USEC_PER_MINUTE;
	assert_int_equal(clock_judge(&facts), CLOCK_SYNCHRONISED);
	facts.newest_stored_usec++;
	assert_int_equal(clock_judge(&facts), CLOCK_BEHIND);
	assert_false(clock_is_trusted(CLOCK_BEHIND));
	facts = facts_vouched(0);
	facts.newest_stored_usec = NOW + USEC_PER_DAY;
	assert_int_equal(clock_judge(&facts), CLOCK_BEHIND);
}

/* Otherwise one wrong moment in the future would stop everything for years. */
static void two_witnesses_outweigh_what_is_stored(void **state)
{
	struct clock_facts facts = facts_vouched(0);

	(void)state;
	facts.synchronised = true;
	facts.newest_stored_usec = NOW + 1000 * USEC_PER_DAY;
	assert_int_equal(clock_judge(&facts), CLOCK_AGREED);
	assert_true(clock_is_trusted(CLOCK_AGREED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_that_nobody_confirms_is_not_trusted),
		cmocka_unit_test(the_kernel_s_word_is_enough),
		cmocka_unit_test(the_network_vouches_within_ten_minutes_only),
		cmocka_unit_test(the_network_s_word_lasts_a_day),
		cmocka_unit_test(a_clock_that_was_set_since_is_not_the_one_that_was_vouched_for),
		cmocka_unit_test(a_clock_behind_what_is_stored_is_not_trusted),
		cmocka_unit_test(two_witnesses_outweigh_what_is_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
