/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A SIM with a PIN: a wrong one costs one try, however often everything starts again.
 */
#include "tests/scenario/scenario.h"

#include <sys/stat.h>

static void pin_file_write(struct world *world, const char *pin)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/cell/pin", world_directory(world));
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(pin, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

/* A new daemon with this PIN, until its modem is in that state for a reason with these words. */
static void start_with(struct world *world, const char *pin, const char *state, const char *why)
{
	int status;

	pin_file_write(world, pin);
	world_daemon_start(world);
	world_modem_wait(world, WORLD_MODEM, state);
	WORLD_JSON *modem = world_http(world, "GET", "/v1/modems/" WORLD_MODEM, NULL, &status);
	assert_non_null(strstr(json_string_value(json_object_get(modem, "reason")), why));
}

static void restarts_cost_a_wrong_pin_no_more_tries(void **state)
{
	struct world *world = *state;

	start_with(world, "1111", "pin", "refused the PIN");
	for (int i = 0; i < 3; i++) {
		world_daemon_kill(world);
		world_workers_gone(world);
		start_with(world, "1111", "pin", "tried before");
	}
	world_daemon_stop(world);
	start_with(world, "4321", "ready", "");
	for (int i = 0; i < 2; i++) {
		world_cell_do(world, "{s:s,s:s}", "op", "unplug", "modem", WORLD_MODEM);
		world_modem_wait(world, WORLD_MODEM, "absent");
		world_cell_do(world, "{s:s,s:s}", "op", "plug", "modem", WORLD_MODEM);
		world_modem_wait(world, WORLD_MODEM, "ready");
	}
	world_daemon_stop(world);
}

/* As after a brown-out: one worker lives on, and is asked for the PIN again. */
static void a_modem_that_restarts_by_itself_gets_its_pin_each_time(void **state)
{
	struct world *world = *state;
	pid_t worker;

	start_with(world, "4321", "ready", "");
	worker = world_worker_pid(world);
	for (int i = 0; i < 3; i++) {
		size_t mark = world_cell_mark(world);

		world_cell_do(world, "{s:s,s:s}", "op", "restart", "modem", WORLD_MODEM);
		world_cell_do(world, "{s:s,s:s,s:s}", "op", "raw", "modem", WORLD_MODEM, "data",
			      "\r\nRDY\r\n");
		world_cell_wait(world, mark, "line", "direction=in", "text=AT+CPIN=\"4321\"", NULL);
		world_modem_wait(world, WORLD_MODEM, "ready");
	}
	assert_int_equal(world_worker_pid(world), worker);
	world_daemon_stop(world);
	start_with(world, "4321", "ready", "");
	world_daemon_stop(world);
}

/* To the SIM it is as if the power had failed before the try: all of them are left. */
static void a_try_that_cost_nothing_is_repeated_once(void **state)
{
	static const char *const reasons[] = { "refused the PIN", "refused the PIN",
					       "tried before" };
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		world_modem_set(world, "cpin", "SIM PIN");
		start_with(world, "1111", "pin", reasons[i]);
		world_daemon_stop(world);
	}
	/* So would a modem say that never counts: another PIN would be the third try. */
	world_modem_set(world, "cpin", "SIM PIN");
	start_with(world, "4321", "pin", "switch the PIN off");
	world_modem_set(world, "cpin", "READY");
	world_modem_wait(world, WORLD_MODEM, "ready");
	world_daemon_stop(world);
	world_modem_set(world, "cpin", "SIM PIN");
	start_with(world, "4321", "ready", "");
	world_daemon_stop(world);
}

static void the_last_try_is_left_to_a_person(void **state)
{
	struct world *world = *state;

	world_modem_set(world, "cpin", "SIM PIN");
	start_with(world, "2222", "pin", "refused the PIN");
	world_daemon_stop(world);
	start_with(world, "3333", "pin", "refused the PIN");
	world_daemon_stop(world);
	start_with(world, "4321", "pin", "fewer than two tries");
	/* Somebody enters it in a phone, and switches it off. */
	world_modem_set(world, "cpin", "READY");
	world_modem_wait(world, WORLD_MODEM, "ready");
}

static int open_world(void **state)
{
	static const char *const ARGUMENTS[] = { "--log-lines", "--modem",
						 WORLD_MODEM ",number=" WORLD_MODEM_NUMBER, NULL };
	struct world *world = world_open(&(struct world_options){
		.failed = scenario_failed,
		.cell_arguments = ARGUMENTS,
		.modems = "{ name = \"" WORLD_MODEM "\"; device = \"@/" WORLD_MODEM
			  "\"; number = \"" WORLD_MODEM_NUMBER "\"; pin_file = \"@/pin\"; }",
		.without_daemon = true,
	});

	world_modem_set(world, "pin", "4321");
	world_modem_set(world, "cpin", "SIM PIN");
	*state = world;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(restarts_cost_a_wrong_pin_no_more_tries),
		scenario_test(a_modem_that_restarts_by_itself_gets_its_pin_each_time),
		scenario_test(a_try_that_cost_nothing_is_repeated_once),
		scenario_test(the_last_try_is_left_to_a_person),
	};

	return cmocka_run_group_tests(tests, open_world, scenario_close);
}
