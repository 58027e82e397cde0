/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A SIM that is busy while its modem starts, in a modem that refuses AT+CMEE=1 as long as nobody has
 * asked for the SIM: it is waited for, and not taken for one that was never seen.
 */
#include "tests/scenario/scenario.h"

static void a_busy_sim_is_known_before_anything_is_read_of_it(void **state)
{
	struct world *world = *state;
	char phone[16];
	WORLD_JSON *items = NULL;

	assert_int_equal(world_daemon_stop(world), 0);
	world_number(world, phone);
	world_type(world, phone, "Once is enough.", 15);
	world_cell_wait(world, 0, "deliver", NULL);
	world_modem_set(world, "sim_busy", "3");
	world_cell_do(world, "{s:s,s:s}", "op", "restart", "modem", WORLD_MODEM);
	world_daemon_start(world);
	items = world_inbox_wait(world, phone, 1);
	assert_string_equal(world_text(items, "0.state"), "received");
	assert_int_equal(json_array_size(items), 1);
}

static int open_world(void **state)
{
	static const char *const cell[] = {
		"--modem", WORLD_MODEM ",number=" WORLD_MODEM_NUMBER ",profile=qualcomm-m6280", NULL
	};

	*state = world_open(
		&(struct world_options){ .failed = scenario_failed, .cell_arguments = cell });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(a_busy_sim_is_known_before_anything_is_read_of_it),
	};

	return cmocka_run_group_tests_name("busy sim", tests, open_world, scenario_close);
}
