/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SIMs that are busy while their modems start.  One is in a modem that refuses AT+CMEE=1 as long as
 * nobody has asked for the SIM: it is waited for, and not taken for one that was never seen.  The
 * other's modem shows what it stores, and does so before the SIM has said who it is.
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

static void what_is_shown_before_the_sim_is_known_comes_once(void **state)
{
	struct world *world = *state;
	char phone[16];
	WORLD_JSON *items = NULL;

	world_daemon_kill(world);
	world_workers_gone(world);
	world_modem_set(world, "sim_busy", "1000");
	world_daemon_start(world);
	world_worker_opened(world);
	world_number(world, phone);
	world_type(world, phone, "Shown and stored.", 17);
	json_decref(world_inbox_wait(world, phone, 1));
	assert_int_equal(world_cell_count(world, 0, "read", NULL), 0);
	world_modem_set(world, "sim_busy", "0");
	world_cell_wait(world, 0, "deleted", NULL);
	items = world_inbox(world, phone);
	assert_int_equal(json_array_size(items), 1);
}

static int open_profile(void **state, const char *modem)
{
	const char *const cell[] = { "--modem", modem, NULL };

	*state = world_open(
		&(struct world_options){ .failed = scenario_failed, .cell_arguments = cell });
	return 0;
}

static int open_qualcomm(void **state)
{
	return open_profile(state,
			    WORLD_MODEM ",number=" WORLD_MODEM_NUMBER ",profile=qualcomm-m6280");
}

static int open_sierra(void **state)
{
	return open_profile(state,
			    WORLD_MODEM ",number=" WORLD_MODEM_NUMBER ",profile=sierra-312u");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(a_busy_sim_is_known_before_anything_is_read_of_it),
	};
	const struct CMUnitTest shown[] = {
		scenario_test(what_is_shown_before_the_sim_is_known_comes_once),
	};
	int failed = cmocka_run_group_tests_name("busy sim", tests, open_qualcomm, scenario_close);

	return failed + cmocka_run_group_tests_name("busy sim, shown twice", shown, open_sierra,
						    scenario_close);
}
