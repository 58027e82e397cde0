/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Several modems as one: who sends what by prefix, price and conversation, what a held one does,
 * and what nobody may send.
 */
#include <poll.h>

#include "tests/scenario/scenario.h"

#define SOUTH_NUMBER "+8613800000002"

/* The modem that took a text to this number. */
static void send_by(struct world *world, const char *number, const char *modem)
{
	char id[65];

	world_send(world, number, "By whom?", 8, id);
	WORLD_JSON *message = world_message_wait(world, id, "delivered");
	assert_string_equal(world_text(message, "recipients.0.modem"), modem);
}

static void order(struct world *world, const char *modem, const char *verb)
{
	char path[128];
	int status;

	snprintf(path, sizeof(path), "/v1/modems/%s/%s", modem, verb);
	WORLD_JSON *answer = world_http(world, "POST", path, NULL, &status);
	if (status != 200)
		fail_msg("%s answered %d: %s", path, status, world_text(answer, "message"));
}

static void a_prefix_chooses_the_modem(void **state)
{
	send_by(*state, "+4915100000001", "west");
	send_by(*state, "+4315100000001", "east");
	send_by(*state, "+8613900000001", "south");
}

static void a_dearer_one_sends_only_while_the_cheaper_can_not(void **state)
{
	send_by(*state, "+8613900000002", "south");
	order(*state, "south", "hold");
	world_modem_wait(*state, "south", "held");
	send_by(*state, "+8613900000003", "north");
	order(*state, "south", "release");
	world_modem_wait(*state, "south", "ready");
	send_by(*state, "+8613900000004", "south");
}

static void a_person_keeps_hearing_from_the_same_number(void **state)
{
	world_type(*state, "+8613900000005", "Hello?", 6);
	json_decref(world_inbox_wait(*state, "+8613900000005", 1));
	/* Though north is dearer, that is whom they talk with. */
	send_by(*state, "+8613900000005", "north");
}

static void a_modem_that_is_gone_leaves_its_conversations_to_others(void **state)
{
	world_type(*state, "+8613900000006", "Hello?", 6);
	json_decref(world_inbox_wait(*state, "+8613900000006", 1));
	world_cell_do(*state, "{s:s,s:s}", "op", "unplug", "modem", "north");
	world_modem_wait(*state, "north", "absent");
	send_by(*state, "+8613900000006", "south");
	world_cell_do(*state, "{s:s,s:s}", "op", "plug", "modem", "north");
	world_modem_wait(*state, "north", "ready");
}

static void a_held_modem_receives(void **state)
{
	order(*state, "south", "hold");
	world_modem_wait(*state, "south", "held");
	world_cell_do(*state, "{s:s,s:s,s:s,s:s}", "op", "type", "phone", "+8613900000007", "to",
		      SOUTH_NUMBER, "text", "Are you there?");
	WORLD_JSON *inbox = world_inbox_wait(*state, "+8613900000007", 1);
	assert_string_equal(world_text(inbox, "0.modem"), "south");
	order(*state, "south", "release");
}

/* The store hears of it by the same word, and moves what the modem had begun. */
static void one_that_is_held_while_it_sends_says_so_when_that_is_over(void **state)
{
	size_t cell = world_cell_mark(*state), bridge;
	char id[65];

	world_tail_start(*state);
	bridge = world_bridge_mark(*state);
	world_cell_do(*state, "{s:s,s:s,s:s}", "op", "hold", "modem", "south", "at", "answer");
	world_send(*state, "+8613900000013", "Hold on.", 8, id);
	world_cell_wait(*state, cell, "held", "modem=south", NULL);
	order(*state, "south", "hold");
	world_cell_do(*state, "{s:s,s:s}", "op", "resume", "modem", "south");
	world_bridge_wait(*state, bridge, "modem.state", "modem=south", "stateFrom=ready",
			  "state=held", NULL);
	json_decref(world_message_wait(*state, id, "delivered"));
	order(*state, "south", "release");
	world_bridge_wait(*state, bridge, "modem.state", "modem=south", "stateFrom=held",
			  "state=ready", NULL);
	world_tail_stop(*state);
	assert_int_equal(world_bridge_count(*state, bridge, "modem.state", "modem=south",
					    "stateFrom=ready", NULL),
			 1);
}

static void held_it_stays_over_a_restart(void **state)
{
	order(*state, "south", "hold");
	assert_int_equal(world_daemon_stop(*state), 0);
	world_daemon_start(*state);
	world_modem_wait(*state, "south", "held");
	world_modem_wait(*state, "north", "ready");
	send_by(*state, "+8613900000008", "north");
	WORLD_RESULT *shown = world_cli(*state, "modem", "show", "south", NULL);
	assert_non_null(strstr(shown->out, "footbridge modem release south"));
	WORLD_RESULT *released = world_cli(*state, "modem", "release", "south", NULL);
	assert_int_equal(released->status, 0);
	world_modem_wait(*state, "south", "ready");
}

/* With every SIM of a class held, its messages wait; those of others don't. */
static void who_may_not_send_there_does_not(void **state)
{
	char id[65];

	world_modem_wait(*state, "east", "ready");
	world_modem_wait(*state, "west", "ready");
	order(*state, "west", "hold");
	world_send(*state, "+4915100000002", "Wait.", 5, id);
	send_by(*state, "+4315100000002", "east");
	send_by(*state, "+8613900000009", "south");
	WORLD_JSON *waiting = world_message(*state, id);
	assert_string_equal(world_text(waiting, "state"), "pending");
	order(*state, "west", "release");
	WORLD_JSON *sent = world_message_wait(*state, id, "delivered");
	assert_string_equal(world_text(sent, "recipients.0.modem"), "west");
}

/* A cheap one that is frozen with a part holds nobody up until its deadline. */
static void a_cheap_one_that_hangs_is_not_waited_for(void **state)
{
	char id[65];
	int status;

	world_modem_wait(*state, "south", "ready");
	size_t mark = world_cell_mark(*state);
	world_cell_do(*state, "{s:s,s:s,s:s}", "op", "hold", "modem", "south", "at", "answer");
	world_send(*state, "+8613900000010", "Hold on.", 8, id);
	world_cell_wait(*state, mark, "held", "modem=south", NULL);
	send_by(*state, "+8613900000011", "north");
	WORLD_JSON *south = world_http(*state, "GET", "/v1/modems/south", NULL, &status);
	assert_string_equal(world_text(south, "state"), "sending");
	world_cell_do(*state, "{s:s,s:s}", "op", "resume", "modem", "south");
	WORLD_JSON *sent = world_message_wait(*state, id, "delivered");
	assert_string_equal(world_text(sent, "recipients.0.modem"), "south");
	send_by(*state, "+8613900000012", "south");
}

/* A question that the network leaves open keeps it busy as a part does. */
static void a_cheap_one_that_waits_for_ussd_is_not_waited_for(void **state)
{
	char program[512], socket[512];
	char option[] = "--socket", modem[] = "modem", ussd[] = "ussd", name[] = "south",
	     code[] = "*100#";
	char *argv[] = { program, option, socket, modem, ussd, name, code, NULL };
	const char *bin = getenv("FOOTBRIDGE_BIN");

	world_modem_wait(*state, "south", "ready");
	snprintf(program, sizeof(program), "%s/footbridge", bin ? bin : "build/bin");
	snprintf(socket, sizeof(socket), "%s", world_socket(*state));
	world_cell_do(*state, "{s:s,s:s,s:s,s:s}", "op", "set", "modem", "south", "key", "ussd_ms",
		      "value", "11000");
	world_cell_do(*state, "{s:s,s:s,s:s,s:s}", "op", "ussd", "modem", "south", "code", code,
		      "text", "Later.");
	size_t mark = world_cell_mark(*state);
	pid_t asking = world_program_start(*state, argv, "ussd");
	world_cell_wait(*state, mark, "ussd", "modem=south", NULL);
	send_by(*state, "+8613900000016", "north");
	world_program_end(*state, asking);
}

/* Every power cut would else give people other numbers to answer to. */
static void a_restart_leaves_conversations_to_a_sim_that_starts_later(void **state)
{
	static const char *const cell[] = { "--modem", "north,number=" WORLD_MODEM_NUMBER,
					    "--modem", "south,number=" SOUTH_NUMBER, NULL };
	char id[65];

	(void)state;
	struct world *world = world_open(&(struct world_options){
		.failed = scenario_failed,
		.cell_arguments = cell,
		.modems = "{ name = \"north\"; device = \"@/north\"; },"
			  "{ name = \"south\"; device = \"@/south\"; }",
		.time_percent = 100,
	});
	world_modem_wait(world, "south", "ready");
	world_cell_do(world, "{s:s,s:s,s:s,s:s}", "op", "type", "phone", "+8613900000001", "to",
		      SOUTH_NUMBER, "text", "Hello?");
	json_decref(world_inbox_wait(world, "+8613900000001", 1));
	WORLD_RESULT *held = world_cli(world, "hold", NULL);
	assert_int_equal(held->status, 0);
	world_send(world, "+8613900000001", "Here.", 5, id);
	assert_int_equal(world_daemon_stop(world), 0);
	world_cell_do(world, "{s:s,s:s,s:s,s:s}", "op", "set", "modem", "south", "key", "answer_ms",
		      "value", "100");
	world_daemon_start(world);
	world_modem_wait(world, "north", "ready");
	WORLD_RESULT *released = world_cli(world, "release", NULL);
	assert_int_equal(released->status, 0);
	WORLD_JSON *sent = world_message_wait(world, id, "delivered");
	assert_string_equal(world_text(sent, "recipients.0.modem"), "south");
	assert_true(world_is_clean(world));
	world_close(world);
}

/* Its old modem is dead for good, and remembered: with what the SIM may send, which is not twice. */
static void a_sim_in_another_modem_keeps_its_conversations(void **state)
{
	static const char moved[] = "89860000000000000011";
	static const char *const cell[] = {
		"--modem", "north,number=" WORLD_MODEM_NUMBER ",iccid=89860000000000000011",
		"--modem", "south,number=" SOUTH_NUMBER,
		"--modem", "east",
		NULL
	};

	int status;

	(void)state;
	struct world *world = world_open(&(struct world_options){
		.failed = scenario_failed,
		.cell_arguments = cell,
		.modems = "{ name = \"east\"; device = \"@/east\"; },"
			  "{ name = \"north\"; device = \"@/north\"; "
			  "quota: { parts_per_month = 6; }; },"
			  "{ name = \"south\"; device = \"@/south\"; "
			  "quota: { parts_per_month = 6; }; }",
		.time_percent = 5,
	});
	world_modem_wait(world, "north", "ready");
	world_modem_wait(world, "south", "ready");
	world_cell_do(world, "{s:s,s:s}", "op", "unplug", "modem", "north");
	world_cell_do(world, "{s:s,s:s}", "op", "unplug", "modem", "south");
	world_modem_wait(world, "north", "absent");
	world_modem_wait(world, "south", "absent");
	world_cell_do(world, "{s:s,s:s,s:s,s:s}", "op", "set", "modem", "south", "key", "iccid",
		      "value", moved);
	world_cell_do(world, "{s:s,s:s}", "op", "plug", "modem", "south");
	world_modem_wait(world, "south", "ready");
	assert_int_equal(world_daemon_stop(world), 0);
	world_daemon_start(world);
	world_modem_wait(world, "south", "ready");
	world_modem_wait(world, "east", "ready");
	/* Nobody is awaited any more for having just begun. */
	poll(NULL, 0, 4000);
	for (unsigned i = 0; i < 4; i++) {
		char number[16];

		world_number(world, number);
		world_cell_do(world, "{s:s,s:s,s:s,s:s}", "op", "type", "phone", number, "to",
			      SOUTH_NUMBER, "text", "Hello?");
		json_decref(world_inbox_wait(world, number, 1));
		send_by(world, number, "south");
	}
	order(world, "east", "hold");
	WORLD_JSON *body = json_loads("{\"to\":[\"+8613900000021\",\"+8613900000022\","
				      "\"+8613900000023\"],\"text\":\"Late.\",\"ttl\":3600}",
				      0, NULL);
	WORLD_JSON *refused = world_http(world, "POST", "/v1/messages", body, &status);
	assert_int_equal(status, 409);
	assert_string_equal(world_text(refused, "error"), "WouldExpire");
	assert_true(world_is_clean(world));
	world_close(world);
}

static void what_no_modem_may_send_says_so(void **state)
{
	static const char words[] = "No modem may send to this number: see prefixes.";
	char id[65];
	int status;

	(void)state;
	struct world *world = world_open(&(struct world_options){
		.failed = scenario_failed,
		.modems = "{ name = \"north\"; device = \"@/north\"; prefixes = [\"+86\"]; }",
	});
	WORLD_JSON *body =
		json_pack("{s:[s],s:s,s:b}", "to", "+4915100000001", "text", "Who?", "dryRun", 1);
	WORLD_JSON *plan = world_http(world, "POST", "/v1/messages", body, &status);
	assert_int_equal(status, 200);
	assert_non_null(strstr(world_text(plan, "reason"), words));
	world_send(world, "+4915100000001", "Who?", 4, id);
	send_by(world, "+8613900000001", "north");
	WORLD_JSON *waiting = world_message(world, id);
	assert_string_equal(world_text(waiting, "state"), "pending");
	assert_non_null(strstr(world_text(waiting, "recipients.0.reason"), words));
	WORLD_RESULT *why = world_cli(world, "message", "why", id, NULL);
	assert_non_null(strstr(why->out, "No modem may send to this number"));
	assert_null(strstr(why->out, "waits for its turn"));
	assert_true(world_is_clean(world));
	world_close(world);
}

static void a_reset_restarts_the_modem(void **state)
{
	size_t mark = world_cell_mark(*state);

	order(*state, "east", "reset");
	world_cell_wait(*state, mark, "line", "modem=east", "text=AT+CFUN=1,1", NULL);
	world_modem_wait(*state, "east", "ready");
	send_by(*state, "+4315100000003", "east");
}

static void of_an_unknown_modem_it_says_so(void **state)
{
	int status;
	WORLD_JSON *answer = world_http(*state, "POST", "/v1/modems/nobody/hold", NULL, &status);

	assert_int_equal(status, 404);
	assert_non_null(strstr(world_text(answer, "message"), "modem"));
}

static int open_world(void **state)
{
	static const char *const cell[] = { "--modem",     "north,number=" WORLD_MODEM_NUMBER,
					    "--modem",     "south,number=" SOUTH_NUMBER,
					    "--modem",     "west",
					    "--modem",     "east",
					    "--log-lines", NULL };

	*state = world_open(&(struct world_options){
		.failed = scenario_failed,
		.cell_arguments = cell,
		.modems = "{ name = \"north\"; device = \"@/north\"; prefixes = [\"+86\"]; "
			  "price = 2; number = \"" WORLD_MODEM_NUMBER "\"; },"
			  "{ name = \"south\"; device = \"@/south\"; prefixes = [\"+86\"]; "
			  "price = 1; },"
			  "{ name = \"west\"; device = \"@/west\"; prefixes = [\"+49\"]; },"
			  "{ name = \"east\"; device = \"@/east\"; }",
	});
	world_modem_wait(*state, "north", "ready");
	world_modem_wait(*state, "south", "ready");
	world_modem_wait(*state, "west", "ready");
	world_modem_wait(*state, "east", "ready");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(a_prefix_chooses_the_modem),
		scenario_test(a_dearer_one_sends_only_while_the_cheaper_can_not),
		scenario_test(a_person_keeps_hearing_from_the_same_number),
		scenario_test(a_modem_that_is_gone_leaves_its_conversations_to_others),
		scenario_test(a_held_modem_receives),
		scenario_test(one_that_is_held_while_it_sends_says_so_when_that_is_over),
		scenario_test(held_it_stays_over_a_restart),
		scenario_test(who_may_not_send_there_does_not),
		scenario_test(a_cheap_one_that_hangs_is_not_waited_for),
		scenario_test(a_cheap_one_that_waits_for_ussd_is_not_waited_for),
		cmocka_unit_test(a_restart_leaves_conversations_to_a_sim_that_starts_later),
		cmocka_unit_test(a_sim_in_another_modem_keeps_its_conversations),
		cmocka_unit_test(what_no_modem_may_send_says_so),
		scenario_test(a_reset_restarts_the_modem),
		scenario_test(of_an_unknown_modem_it_says_so),
	};

	return cmocka_run_group_tests_name("pool", tests, open_world, scenario_close);
}
