/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything at once, for a minute; `make soak` does it for ten.  See world_soak.h.
 */
#include <dirent.h>
#include <string.h>

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

/* Until it is back, how long a modem is away at the most. */
static unsigned longest_away_msec(const struct soak_script *script, unsigned modem)
{
	unsigned longest_msec = 0, since_msec = 0;
	bool away = false;

	for (size_t i = 0; i < script->step_count; i++) {
		const struct soak_step *step = &script->steps[i];

		if (step->which != modem ||
		    (step->action != SOAK_UNPLUG && step->action != SOAK_PLUG))
			continue;
		if (away && step->at_msec - since_msec > longest_msec)
			longest_msec = step->at_msec - since_msec;
		since_msec = step->at_msec;
		away = step->action == SOAK_UNPLUG;
	}
	return longest_msec;
}

static void modems_are_gone_for_two_minutes_in_runs_of_five(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed < 20; seed++) {
		struct soak_script *five = soak_script_new(seed, 300);
		struct soak_script *less = soak_script_new(seed, 299);
		unsigned gone = 0;

		assert_non_null(five);
		assert_non_null(less);
		for (unsigned i = 0; i < SOAK_MODEMS; i++) {
			gone += longest_away_msec(five, i) > 120000;
			assert_true(longest_away_msec(five, i) <= 200000);
			assert_true(longest_away_msec(less, i) <= 60000);
		}
		assert_int_equal(gone, 3);
		assert_int_equal(five->away_count, 3);
		assert_int_equal(less->away_count, 0);
		soak_script_free(five);
		soak_script_free(less);
	}
}

static void each_family_is_drawn_and_does_what_it_can(void **state)
{
	const struct soak_family *seen[64] = { NULL };
	unsigned count = 0, profiles = 0;
	DIR *directory = opendir("tests/cell/profiles");
	const struct dirent *entry;

	(void)state;
	for (unsigned seed = 1; seed < 100; seed++) {
		struct soak_script *script = soak_script_new(seed, 10);

		assert_non_null(script);
		for (unsigned i = 0; i < SOAK_MODEMS; i++) {
			const struct soak_family *family = script->families[i];
			unsigned at = 0;

			while (at < count && seen[at] != family)
				at++;
			if (at == count)
				seen[count++] = family;
			assert_false(family->says_once && i >= SOAK_MODEM_PREFIX);
		}
		for (size_t i = 0; i < script->step_count; i++) {
			const struct soak_step *step = &script->steps[i];

			if (step->action == SOAK_TYPE || step->action == SOAK_DISORDER)
				assert_false(script->families[step->amount]->sends_only);
		}
		soak_script_free(script);
	}
	assert_non_null(directory);
	while ((entry = readdir(directory)))
		profiles += strstr(entry->d_name, ".conf") != NULL;
	closedir(directory);
	assert_int_equal(count, profiles);
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
		cmocka_unit_test(modems_are_gone_for_two_minutes_in_runs_of_five),
		cmocka_unit_test(each_family_is_drawn_and_does_what_it_can),
		cmocka_unit_test(nothing_is_lost_or_doubled_whatever_goes_wrong),
	};

	return cmocka_run_group_tests_name("soak", tests, NULL, NULL);
}
