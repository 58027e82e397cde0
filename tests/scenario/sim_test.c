/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The SIM comes and goes, is busy, locked, full, or another one; the modem restarts by itself.  One
 * worker lives through all of it; only another SIM gets another worker.
 */
#include "tests/scenario/scenario.h"

#include <sys/stat.h>

static void modem_reason_is(struct world *world, const char *words)
{
	int status;
	WORLD_JSON *modem = world_http(world, "GET", "/v1/modems/" WORLD_MODEM, NULL, &status);

	assert_int_equal(status, 200);
	if (!strstr(world_text(modem, "reason"), words))
		fail_msg("\"%s\" is not in \"%s\"", words, world_text(modem, "reason"));
}

/* A text crosses in each direction, and its report comes back. */
static void all_is_well(struct world *world)
{
	char phone[16], id[65];

	world_modem_wait(world, WORLD_MODEM, "ready");
	world_number(world, phone);
	world_send(world, phone, "Are you there?", 14, id);
	json_decref(world_message_wait(world, id, "delivered"));
	world_type(world, phone, "I am.", 5);
	json_decref(world_inbox_wait(world, phone, 1));
}

static void says(struct world *world, const char *line)
{
	char data[128];

	snprintf(data, sizeof(data), "\r\n%s\r\n", line);
	world_cell_do(world, "{s:s,s:s,s:s}", "op", "raw", "modem", WORLD_MODEM, "data", data);
}

static void a_sim_that_is_put_in_later_is_taken_up(void **state)
{
	struct world *world = *state;
	pid_t worker;

	world_daemon_stop(world);
	world_modem_set(world, "cpin", "NOT INSERTED");
	world_daemon_start(world);
	world_modem_wait(world, WORLD_MODEM, "failed");
	modem_reason_is(world, "there is no SIM in the modem: put one in");
	worker = world_worker_pid(world);
	assert_true(worker > 0);
	world_modem_set(world, "cpin", "READY");
	all_is_well(world);
	assert_int_equal(world_worker_pid(world), worker);
}

static void a_sim_that_is_taken_out_is_missed_at_once_and_welcome_back(void **state)
{
	struct world *world = *state;
	pid_t worker = world_worker_pid(world);

	world_modem_set(world, "cpin", "NOT INSERTED");
	says(world, "+CPIN: NOT INSERTED");
	world_modem_wait(world, WORLD_MODEM, "failed");
	modem_reason_is(world, "there is no SIM in the modem");
	world_modem_set(world, "cpin", "READY");
	says(world, "+CPIN: READY");
	all_is_well(world);
	assert_int_equal(world_worker_pid(world), worker);
}

static void a_message_waits_for_the_sim(void **state)
{
	struct world *world = *state;
	char phone[16], id[65];

	world_modem_set(world, "cpin", "NOT INSERTED");
	says(world, "+CPIN: NOT INSERTED");
	world_modem_wait(world, WORLD_MODEM, "failed");
	world_number(world, phone);
	world_send(world, phone, "When you can.", 13, id);
	json_decref(world_message_wait(world, id, "pending"));
	world_modem_set(world, "cpin", "READY");
	json_decref(world_message_wait(world, id, "delivered"));
	assert_int_equal(world_screen_count(world, phone), 1);
}

/* In whatever form. */
static size_t pins_entered(struct world *world, size_t mark)
{
	const json_t *event;
	size_t count = 0;

	for (size_t i = mark; (event = world_cell_event(world, i)); i++)
		count += strcmp(world_text(event, "direction"), "in") == 0 &&
			 strncmp(world_text(event, "text"), "AT+CPIN=", 8) == 0;
	return count;
}

static void a_puk_is_left_to_a_person(void **state)
{
	struct world *world = *state;
	size_t mark = world_cell_mark(world);
	pid_t worker = world_worker_pid(world);

	world_modem_set(world, "cpin", "SIM PUK");
	says(world, "+CPIN: NOT READY");
	world_modem_wait(world, WORLD_MODEM, "pin");
	modem_reason_is(world, "PUK");
	world_modem_set(world, "cpin", "READY");
	all_is_well(world);
	assert_int_equal(world_worker_pid(world), worker);
	/* Nothing was tried, though there is a PIN to try. */
	assert_int_equal(pins_entered(world, mark), 0);
}

static void a_busy_sim_is_waited_for(void **state)
{
	struct world *world = *state;
	int status;

	world_daemon_stop(world);
	world_modem_set(world, "sim_busy", "8");
	world_daemon_start(world);
	all_is_well(world);
	WORLD_JSON *modem = world_http(world, "GET", "/v1/modems/" WORLD_MODEM, NULL, &status);
	assert_int_equal(strlen(world_text(modem, "iccid")), 20);
}

static void a_modem_that_restarts_by_itself_works_on(void **state)
{
	struct world *world = *state;
	pid_t worker = world_worker_pid(world);

	world_cell_do(world, "{s:s,s:s}", "op", "restart", "modem", WORLD_MODEM);
	says(world, "RDY");
	all_is_well(world);
	assert_int_equal(world_worker_pid(world), worker);
}

static void a_restart_in_silence_is_found_by_the_next_sweep(void **state)
{
	struct world *world = *state;
	pid_t worker = world_worker_pid(world);
	char phone[16];

	world_cell_do(world, "{s:s,s:s}", "op", "restart", "modem", WORLD_MODEM);
	world_number(world, phone);
	world_type(world, phone, "Nobody was told of this.", 24);
	json_decref(world_inbox_wait(world, phone, 1));
	all_is_well(world);
	assert_int_equal(world_worker_pid(world), worker);
}

static void a_modem_that_always_says_that_it_restarted_is_used_all_the_same(void **state)
{
	static const char *const NOISES[] = { "+CPIN: NOT READY", "^SIMST: 0", "RDY" };
	struct world *world = *state;
	pid_t worker = world_worker_pid(world);

	for (size_t i = 0; i < sizeof(NOISES) / sizeof(NOISES[0]); i++) {
		world_modem_set(world, "noise", NOISES[i]);
		all_is_well(world);
		all_is_well(world);
	}
	world_modem_set(world, "noise", "");
	assert_int_equal(world_worker_pid(world), worker);
}

static void a_full_sim_is_emptied(void **state)
{
	struct world *world = *state;
	char phone[16];

	world_modem_set(world, "store_size", "4");
	world_number(world, phone);
	for (int i = 0; i < 15; i++) {
		char text[16];
		int size = snprintf(text, sizeof(text), "number %d", i);

		world_type(world, phone, text, (size_t)size);
	}
	json_decref(world_inbox_wait(world, phone, 15));
	world_modem_set(world, "store_size", "50");
}

static void what_comes_directly_is_received_as_well(void **state)
{
	struct world *world = *state;

	world_modem_set(world, "direct", "1");
	all_is_well(world);
	world_modem_set(world, "direct", "0");
}

static void a_network_that_is_lost_and_found_is_told(void **state)
{
	struct world *world = *state;

	world_modem_set(world, "registration", "2");
	world_modem_wait(world, WORLD_MODEM, "searching");
	world_modem_set(world, "registration", "5");
	world_modem_wait(world, WORLD_MODEM, "ready");
	modem_reason_is(world, "roaming");
	world_modem_set(world, "registration", "1");
	all_is_well(world);
}

static bool iccid_is(struct world *world, const char *iccid)
{
	int status;
	WORLD_JSON *modem = world_http(world, "GET", "/v1/modems/" WORLD_MODEM, NULL, &status);

	return strcmp(world_text(modem, "iccid"), iccid) == 0;
}

static void another_sim_gets_another_worker(void **state)
{
	struct world *world = *state;
	pid_t worker = world_worker_pid(world);

	world_modem_set(world, "imsi", "460011234567890");
	world_modem_set(world, "iccid", "89860112345678901234");
	says(world, "+CPIN: NOT READY");
	scenario_wait(world, iccid_is(world, "89860112345678901234"));
	all_is_well(world);
	assert_int_not_equal(world_worker_pid(world), worker);
}

static void another_sim_is_found_without_a_word_of_it(void **state)
{
	struct world *world = *state;
	pid_t worker = world_worker_pid(world);

	world_modem_set(world, "iccid", "89860112345678909999");
	scenario_wait(world, world_worker_pid(world) != worker);
	all_is_well(world);
}

static void pin_file_write(struct world *world)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/cell/pin", world_directory(world));
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("4321", file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static int open_world(void **state)
{
	static const char *const ARGUMENTS[] = { "--log-lines", "--modem",
						 WORLD_MODEM ",number=" WORLD_MODEM_NUMBER, NULL };

	*state = world_open(&(struct world_options){
		.failed = scenario_failed,
		.cell_arguments = ARGUMENTS,
		.modems = "{ name = \"" WORLD_MODEM "\"; device = \"@/" WORLD_MODEM
			  "\"; number = \"" WORLD_MODEM_NUMBER "\"; pin_file = \"@/pin\"; }",
		.without_daemon = true,
	});
	pin_file_write(*state);
	world_daemon_start(*state);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		scenario_test(a_sim_that_is_put_in_later_is_taken_up),
		scenario_test(a_sim_that_is_taken_out_is_missed_at_once_and_welcome_back),
		scenario_test(a_message_waits_for_the_sim),
		scenario_test(a_puk_is_left_to_a_person),
		scenario_test(a_busy_sim_is_waited_for),
		scenario_test(a_modem_that_restarts_by_itself_works_on),
		scenario_test(a_restart_in_silence_is_found_by_the_next_sweep),
		scenario_test(a_modem_that_always_says_that_it_restarted_is_used_all_the_same),
		scenario_test(a_full_sim_is_emptied),
		scenario_test(what_comes_directly_is_received_as_well),
		scenario_test(a_network_that_is_lost_and_found_is_told),
		scenario_test(another_sim_gets_another_worker),
		scenario_test(another_sim_is_found_without_a_word_of_it),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, open_world, scenario_close);
}
