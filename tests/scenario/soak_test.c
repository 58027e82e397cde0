/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything at once, for a minute; `make soak` does it for ten.  See world_soak.h.
 */
#include "tests/scenario/scenario.h"
#include "tests/scenario/world_soak.h"
#include "tests/scenario/world_soak_script.h"

static unsigned long long hash_of(unsigned long long seed, unsigned seconds)
{
	struct soak_script *script = soak_script_new(seed, seconds);
	unsigned long long hash;

	assert_non_null(script);
	hash = script->hash;
	soak_script_free(script);
	return hash;
}

static void the_same_seed_makes_the_same_script(void **state)
{
	(void)state;
	assert_int_equal(hash_of(1, 60), hash_of(1, 60));
	assert_int_equal(hash_of(1, 600), hash_of(1, 600));
	assert_int_equal(hash_of(~0ULL, 60), hash_of(~0ULL, 60));
}

static void another_seed_or_length_makes_another(void **state)
{
	(void)state;
	for (unsigned seed = 2; seed < 20; seed++)
		assert_int_not_equal(hash_of(1, 60), hash_of(seed, 60));
	assert_int_not_equal(hash_of(1, 60), hash_of(1, 61));
}

static void ten_minutes_hold_5000_messages_in_order_of_their_moments(void **state)
{
	struct soak_script *script = soak_script_new(3, 600);

	(void)state;
	assert_non_null(script);
	assert_int_equal(2 * script->count, 5000);
	for (size_t i = 1; i < script->step_count; i++)
		assert_true(script->steps[i - 1].at_msec <= script->steps[i].at_msec);
	soak_script_free(script);
}

static void nothing_is_lost_or_doubled_whatever_goes_wrong(void **state)
{
	(void)state;
	world_soak(scenario_failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_makes_the_same_script),
		cmocka_unit_test(another_seed_or_length_makes_another),
		cmocka_unit_test(ten_minutes_hold_5000_messages_in_order_of_their_moments),
		cmocka_unit_test(nothing_is_lost_or_doubled_whatever_goes_wrong),
	};

	return cmocka_run_group_tests_name("soak", tests, NULL, NULL);
}
