/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a person at the SIM back to work, by the real worker: it is late again when it is late.
 */
#include "tests/unit/handle_fixture.h"

#define PERCENT 20

static void modem_set(struct world *world, const char *key, const char *value)
{
	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"%s\",\"value\":\"%s\"}", key,
		value);
}

/* Held where the start deadline is the only one that knows of it. */
static void starts_again(struct world *world)
{
	RUN_UNTIL(world, STATE_IS(world, STARTING) &&
				 strcmp(modem_reason(world->modem), "reading the SIM") == 0);
	cell_do(world, "{\"op\":\"resume\",\"modem\":\"north\"}");
	RUN_UNTIL(world, STATE_IS(world, READY));
}

static void a_sim_that_was_unlocked_by_a_person_starts_the_modem_again(void **state)
{
	struct world *world = *state;

	modem_set(world, "cpin", "SIM PUK");
	cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"cmgl\"}");
	modem_begin(world, NULL, PERCENT);
	RUN_UNTIL(world, STATE_IS(world, PIN));
	modem_set(world, "cpin", "READY");
	starts_again(world);
}

static void a_sim_that_took_its_pin_starts_the_modem_again(void **state)
{
	struct world *world = *state;

	modem_set(world, "pin", "4321");
	modem_set(world, "cpin", "SIM PIN");
	cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"cmgl\"}");
	modem_begin(world, "4321", PERCENT);
	starts_again(world);
	assert_int_equal(world->pins_wanted, 1);
}

/* It was ready before: whoever believes that would take the new try for proved. */
static void a_modem_that_wants_its_pin_again_is_not_ready(void **state)
{
	struct world *world = *state;

	modem_set(world, "pin", "4321");
	modem_set(world, "cpin", "SIM PIN");
	modem_begin(world, "4321", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	world->pin = NULL;
	cell_do(world, "{\"op\":\"restart\",\"modem\":\"north\"}");
	cell_do(world, "{\"op\":\"raw\",\"modem\":\"north\",\"data\":\"\\r\\nRDY\\r\\n\"}");
	RUN_UNTIL(world, world->pins_wanted == 2);
	assert_int_equal(modem_state(world->modem), MODEM_STATE_STARTING);
	assert_string_equal(modem_reason(world->modem), "the SIM wants its PIN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sim_that_was_unlocked_by_a_person_starts_the_modem_again),
		TEST(a_sim_that_took_its_pin_starts_the_modem_again),
		TEST(a_modem_that_wants_its_pin_again_is_not_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
