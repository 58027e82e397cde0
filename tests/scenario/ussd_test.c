/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * USSD from a person's command to the network and back: codes, menus, what goes wrong, and that
 * messages wait meanwhile.
 */
#include "tests/scenario/scenario.h"

#include <poll.h>
#include <signal.h>

#define PATH "/v1/modems/" WORLD_MODEM "/ussd"

/* What the network answers to a code; within menus they are joined: "*111#>1".  NULL: nothing. */
static void network_answers(struct world *world, const char *code, const char *text, bool menu)
{
	world_cell_do(world, "{s:s,s:s,s:s,s:s?,s:b}", "op", "ussd", "modem", WORLD_MODEM, "code",
		      code, "text", text, "menu", menu);
}

static json_t *ask(struct world *world, const char *code, int *ret_status)
{
	WORLD_JSON *body = json_pack("{s:s}", "code", code);

	return world_http(world, "POST", PATH, body, ret_status);
}

/* A caller of its own, who may wait while the test goes on. */
static pid_t ask_aside(struct world *world, const char *code)
{
	char program[512], socket[512], given[64];
	char socket_option[] = "--socket", modem[] = "modem", ussd[] = "ussd", name[] = WORLD_MODEM;
	char *argv[] = { program, socket_option, socket, modem, ussd, name, given, NULL };
	const char *bin = getenv("FOOTBRIDGE_BIN");

	snprintf(program, sizeof(program), "%s/footbridge", bin ? bin : "build/bin");
	snprintf(socket, sizeof(socket), "%s", world_socket(world));
	snprintf(given, sizeof(given), "%s", code);
	return world_program_start(world, argv, "aside");
}

static void a_code_is_answered_in_any_script(void **state)
{
	static const char *const texts[] = { "Your credit is 12.40.\nThank you!",
					     "您的话费余额为12.40元。" };
	int status;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		network_answers(*state, "*100#", texts[i], false);
		WORLD_JSON *answer = ask(*state, "*100#", &status);

		assert_int_equal(status, 200);
		assert_string_equal(world_text(answer, "text"), texts[i]);
		assert_string_not_equal(world_text(answer, "raw"), "");
		assert_true(json_is_false(world_at(answer, "menu")));
	}
}

static void the_command_prints_the_answer(void **state)
{
	network_answers(*state, "*100#", "Your credit is 12.40.\nThank you!", false);
	WORLD_RESULT *shown = world_cli(*state, "modem", "ussd", WORLD_MODEM, "*100#", NULL);
	WORLD_RESULT *json = world_cli_input(*state, "*100#\n", 6, "--json", "modem", "ussd",
					     WORLD_MODEM, "-", NULL);

	assert_int_equal(shown->status, 0);
	assert_string_equal(shown->out, "Your credit is 12.40.\nThank you!\n");
	assert_string_equal(shown->err, "");
	assert_int_equal(json->status, 0);
	assert_true(json_is_false(world_at(json->json, "menu")));
}

static void menu_prepare(struct world *world)
{
	network_answers(world, "*111#", "1 Credit\n2 Offers", true);
	network_answers(world, "*111#>2", "1 Yes\n2 No", true);
	network_answers(world, "*111#>2>1", "Done.", false);
}

static void a_menu_is_answered_by_the_next_code(void **state)
{
	int status;

	menu_prepare(*state);
	WORLD_RESULT *first = world_cli(*state, "modem", "ussd", WORLD_MODEM, "*111#", NULL);
	assert_int_equal(first->status, 0);
	assert_string_equal(first->out, "1 Credit\n2 Offers\n");
	assert_non_null(strstr(first->err, "footbridge modem ussd " WORLD_MODEM " ANSWER"));

	WORLD_JSON *second = ask(*state, "2", &status);
	assert_int_equal(status, 200);
	assert_true(json_is_true(world_at(second, "menu")));
	WORLD_JSON *last = ask(*state, "1", &status);
	assert_int_equal(status, 200);
	assert_string_equal(world_text(last, "text"), "Done.");
	assert_true(json_is_false(world_at(last, "menu")));
}

static void an_empty_code_ends_the_dialogue(void **state)
{
	int status;

	menu_prepare(*state);
	network_answers(*state, "2", "A new dialogue.", false);
	json_decref(ask(*state, "*111#", &status));
	assert_int_equal(status, 200);
	WORLD_JSON *ended = ask(*state, "", &status);
	assert_int_equal(status, 200);
	assert_true(json_is_false(world_at(ended, "menu")));
	WORLD_JSON *anew = ask(*state, "2", &status);
	assert_string_equal(world_text(anew, "text"), "A new dialogue.");
}

/* On a terminal (that of script(1)) the choices are asked for, until the dialogue is over. */
static void on_a_terminal_the_whole_dialogue_is_led(void **state)
{
	char script[] = "/usr/bin/script", options[] = "-qec", file[] = "/dev/null", line[1200];
	char *argv[] = { script, options, line, file, NULL };
	const char *bin = getenv("FOOTBRIDGE_BIN");

	menu_prepare(*state);
	snprintf(line, sizeof(line), "%s/footbridge --socket %s modem ussd " WORLD_MODEM " '*111#'",
		 bin ? bin : "build/bin", world_socket(*state));
	WORLD_RESULT *result = world_run(*state, argv, "2\n1\n", 4);

	assert_int_equal(result->status, 0);
	assert_non_null(strstr(result->out, "2 Offers"));
	assert_non_null(strstr(result->out, "1 Yes"));
	assert_non_null(strstr(result->out, "Done."));
	assert_non_null(strstr(result->out, "answer (empty to end): "));
}

static void a_code_that_the_network_refuses_says_so(void **state)
{
	int status;
	WORLD_JSON *answer = ask(*state, "*999#", &status);
	WORLD_RESULT *shown = world_cli(*state, "modem", "ussd", WORLD_MODEM, "*999#", NULL);

	assert_int_equal(status, 409);
	assert_string_equal(world_text(answer, "error"), "UssdFailed");
	assert_string_not_equal(world_text(answer, "message"), "");
	assert_int_equal(shown->status, 1);
	assert_non_null(strstr(shown->err, "UssdFailed"));
}

static void a_network_that_never_answers_is_waited_for_a_minute(void **state)
{
	int status;

	network_answers(*state, "*101#", NULL, false);
	WORLD_JSON *answer = ask(*state, "*101#", &status);

	assert_int_equal(status, 409);
	assert_string_equal(world_text(answer, "error"), "UssdFailed");
	network_answers(*state, "*100#", "Still there.", false);
	WORLD_JSON *next = ask(*state, "*100#", &status);
	assert_int_equal(status, 200);
	assert_string_equal(world_text(next, "text"), "Still there.");
}

static void what_cannot_be_a_code_is_refused(void **state)
{
	static const char *const bodies[] = { "{\"code\":\"*100#\\\"\"}",
					      "{\"code\":\"*100#\\r\\nATD112;\"}",
					      "{\"code\":100}",
					      "{\"code\":\"*100#\",\"more\":1}",
					      "{}",
					      "[]" };
	char code[400];
	int status;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		WORLD_JSON *body = json_loads(bodies[i], 0, NULL);
		WORLD_JSON *answer = world_http(*state, "POST", PATH, body, &status);

		print_message("# %s\n", bodies[i]);
		assert_int_equal(status, 400);
		assert_string_equal(world_text(answer, "error"), "InvalidUssd");
	}
	memset(code, '1', sizeof(code) - 1);
	code[sizeof(code) - 1] = '\0';
	json_decref(ask(*state, code, &status));
	assert_int_equal(status, 400);
	WORLD_JSON *body = json_pack("{s:s}", "code", "*100#");
	json_decref(world_http(*state, "POST", "/v1/modems/nowhere/ussd", body, &status));
	assert_int_equal(status, 404);
}

/* Another code is refused meanwhile, and a message waits and then goes out. */
static void while_a_code_waits_nothing_else_runs(void **state)
{
	char phone[16], id[65];
	size_t mark = world_cell_mark(*state);
	int64_t begun;
	int status;

	network_answers(*state, "*100#", "At last.", false);
	world_modem_set(*state, "ussd_ms", "4000");
	begun = now_msec();
	pid_t caller = ask_aside(*state, "*100#");
	world_cell_wait(*state, mark, "ussd", "code=*100#", NULL);

	WORLD_JSON *second = ask(*state, "*102#", &status);
	assert_int_equal(status, 409);
	assert_string_equal(world_text(second, "error"), "Busy");
	world_number(*state, phone);
	world_send(*state, phone, "After you.", 10, id);
	world_cell_wait(*state, mark, "submit", NULL);
	assert_true(now_msec() - begun >= 4000);
	WORLD_JSON *message = world_message_wait(*state, id, "delivered");
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 1);
	world_program_end(*state, caller);
	world_modem_set(*state, "ussd_ms", "0");
}

static void a_caller_who_hangs_up_takes_nobody_down(void **state)
{
	size_t mark = world_cell_mark(*state);
	json_t *answer;
	int status = 0;

	network_answers(*state, "*100#", "For nobody.", false);
	network_answers(*state, "*103#", "For me.", false);
	world_modem_set(*state, "ussd_ms", "1000");
	pid_t caller = ask_aside(*state, "*100#");
	world_cell_wait(*state, mark, "ussd", "code=*100#", NULL);
	world_program_end(*state, caller);
	world_modem_set(*state, "ussd_ms", "0");
	for (int i = 0; i < 300; i++) {
		answer = ask(*state, "*103#", &status);
		if (status == 200)
			break;
		assert_int_equal(status, 409);
		json_decref(answer);
		poll(NULL, 0, 100);
	}
	assert_int_equal(status, 200);
	assert_string_equal(world_text(answer, "text"), "For me.");
	json_decref(answer);
}

static void a_worker_that_dies_answers_all_the_same(void **state)
{
	size_t mark = world_cell_mark(*state);
	int status;

	network_answers(*state, "*101#", NULL, false);
	pid_t caller = ask_aside(*state, "*101#");
	world_cell_wait(*state, mark, "ussd", "code=*101#", NULL);
	world_worker_kill(*state);
	world_modem_wait(*state, WORLD_MODEM, "ready");
	network_answers(*state, "*100#", "Back again.", false);
	WORLD_JSON *next = ask(*state, "*100#", &status);
	if (status != 200)
		fail_msg("answered %d: %s", status, world_text(next, "message"));
	assert_string_equal(world_text(next, "text"), "Back again.");
	world_program_end(*state, caller);
}

static void a_modem_that_is_not_ready_says_so(void **state)
{
	int status;

	world_modem_set(*state, "registration", "2");
	world_modem_wait(*state, WORLD_MODEM, "searching");
	WORLD_JSON *answer = ask(*state, "*100#", &status);
	assert_int_equal(status, 503);
	assert_string_equal(world_text(answer, "error"), "NotReady");
	assert_non_null(strstr(world_text(answer, "message"), "searching"));
	world_modem_set(*state, "registration", "1");
	world_modem_wait(*state, WORLD_MODEM, "ready");
}

static int open_world(void **state)
{
	*state = world_open(&(struct world_options){ .failed = scenario_failed });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(a_code_is_answered_in_any_script),
		scenario_test(the_command_prints_the_answer),
		scenario_test(a_menu_is_answered_by_the_next_code),
		scenario_test(an_empty_code_ends_the_dialogue),
		scenario_test(on_a_terminal_the_whole_dialogue_is_led),
		scenario_test(a_code_that_the_network_refuses_says_so),
		scenario_test(a_network_that_never_answers_is_waited_for_a_minute),
		scenario_test(what_cannot_be_a_code_is_refused),
		scenario_test(while_a_code_waits_nothing_else_runs),
		scenario_test(a_caller_who_hangs_up_takes_nobody_down),
		scenario_test(a_worker_that_dies_answers_all_the_same),
		scenario_test(a_modem_that_is_not_ready_says_so),
	};

	return cmocka_run_group_tests_name("ussd", tests, open_world, scenario_close);
}
