/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A part that was handed over, and whose answer nobody heard: what settles it, and what becomes of
 * it when nothing does.  At 5 % of all spans.
 */
#include "tests/scenario/scenario.h"

static void hold_at(struct world *world, const char *point)
{
	world_cell_do(world, "{s:s,s:s,s:s}", "op", "hold", "modem", WORLD_MODEM, "at", point);
}

static void modem_resume(struct world *world)
{
	world_cell_do(world, "{s:s,s:s}", "op", "resume", "modem", WORLD_MODEM);
}

static void reports_of(struct world *world, const char *phone, const char *mode)
{
	world_cell_do(world, "{s:s,s:s,s:s}", "op", "report", "number", phone, "mode", mode);
}

static void reports_released(struct world *world, const char *phone)
{
	reports_of(world, phone, "normal");
	world_cell_do(world, "{s:s,s:s}", "op", "release", "number", phone);
}

static void submit(struct world *world, const char *phone, const char *text, const char *on_unknown,
		   char id[65])
{
	WORLD_JSON *body =
		json_pack("{s:[s],s:s,s:s}", "to", phone, "text", text, "onUnknown", on_unknown);
	int status;
	WORLD_JSON *stored = world_http(world, "POST", "/v1/messages", body, &status);

	assert_int_equal(status, 202);
	snprintf(id, 65, "%s", world_text(stored, "id"));
}

/*
 * The modem stops when the next part to that phone has been handed over.  When it goes on, the part is
 * lost on the air (DROP) or reaches the centre (SILENT), and it never answers.
 */
static void no_answer_next(struct world *world, const char *phone, const char *fault)
{
	world_cell_do(world, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error", fault,
		      "count", 1);
	hold_at(world, "submit");
}

static void worker_dies(struct world *world, size_t cell_mark)
{
	world_cell_wait(world, cell_mark, "held", NULL);
	world_worker_kill(world);
	modem_resume(world);
	world_modem_wait(world, WORLD_MODEM, "ready");
}

/* The centre has the part, and nobody ever hears of it. */
static void send_unheard(struct world *world, const char *phone, const char *text, char id[65])
{
	size_t cell = world_cell_mark(world), bridge = world_bridge_mark(world);
	char of[80];

	no_answer_next(world, phone, "SILENT");
	submit(world, phone, text, "resend", id);
	worker_dies(world, cell);
	snprintf(of, sizeof(of), "message=%s", id);
	world_bridge_wait(world, bridge, "message.state", of, "state=unknown", NULL);
}

static void said(struct world *world, size_t mark, const char *id, const char *from,
		 const char *state)
{
	char of[80], was[40], is[40];

	snprintf(of, sizeof(of), "message=%s", id);
	snprintf(was, sizeof(was), "stateFrom=%s", from);
	snprintf(is, sizeof(is), "state=%s", state);
	world_bridge_wait(world, mark, "message.state", of, was, is, NULL);
}

/* On the air, by the cell: how often, and the reference of the last. */
static size_t submits(struct world *world, size_t mark, const char *phone)
{
	char to[32];

	snprintf(to, sizeof(to), "to=%s", phone);
	return world_cell_count(world, mark, "submit", to, NULL);
}

static json_int_t reference_of(struct world *world, size_t mark, const char *text)
{
	char with[200];

	snprintf(with, sizeof(with), "text=%s", text);
	return world_integer(world_cell_wait(world, mark, "submit", with, NULL), "reference");
}

/* ---------------------------------------------------------------- what settles it */

static void a_report_settles_it(void **state)
{
	char phone[16], id[65];
	size_t cell = world_cell_mark(*state), bridge = world_bridge_mark(*state);

	world_number(*state, phone);
	reports_of(*state, phone, "withhold");
	send_unheard(*state, phone, "The report knows.", id);
	reports_released(*state, phone);

	WORLD_JSON *message = world_message_wait(*state, id, "delivered");
	said(*state, bridge, id, "unknown", "delivered");
	assert_int_equal(submits(*state, cell, phone), 1);
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 1);
	assert_false(json_is_true(world_at(message, "recipients.0.mayBeDuplicate")));
}

/* The next worker hears +CMGS before its first OK: the answer to what the last one sent. */
static void a_late_answer_settles_it(void **state)
{
	char phone[16], id[65];
	size_t cell = world_cell_mark(*state), bridge = world_bridge_mark(*state);

	world_number(*state, phone);
	reports_of(*state, phone, "withhold");
	hold_at(*state, "answer");
	submit(*state, phone, "Better late than never.", "resend", id);
	world_cell_wait(*state, cell, "held", NULL);
	world_worker_kill(*state);
	world_worker_opened(*state);
	modem_resume(*state);
	said(*state, bridge, id, "unknown", "sent");

	WORLD_JSON *sent = world_message(*state, id);
	assert_int_equal(world_integer(sent, "recipients.0.attempts.0.reference"),
			 reference_of(*state, cell, "Better late than never."));
	reports_released(*state, phone);
	json_decref(world_message_wait(*state, id, "delivered"));
	assert_int_equal(submits(*state, cell, phone), 1);
}

/* Two to one phone: the modem counts its references up from the last one that was heard. */
static void the_order_of_references_tells_two_apart(void **state)
{
	static const char *const texts[] = { "The first of two.", "The second of two." };
	char phone[16], known[65], ids[2][65];
	size_t cell = world_cell_mark(*state);

	world_number(*state, phone);
	world_send(*state, phone, "Its reference is known.", 23, known);
	json_decref(world_message_wait(*state, known, "delivered"));
	reports_of(*state, phone, "withhold");
	send_unheard(*state, phone, texts[0], ids[0]);
	send_unheard(*state, phone, texts[1], ids[1]);
	reports_released(*state, phone);

	for (size_t i = 0; i < 2; i++) {
		WORLD_JSON *message = world_message_wait(*state, ids[i], "delivered");

		assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 1);
		assert_int_equal(world_integer(message, "recipients.0.attempts.0.reference"),
				 reference_of(*state, cell, texts[i]));
	}
	assert_int_equal(submits(*state, cell, phone), 3);
	assert_int_equal(world_screen_count(*state, phone), 3);
}

/* Another daemon. */
static void span_is_short_now(struct world *world)
{
	char sed[] = "/bin/sed", in_place[] = "-i", path[256];
	char change[] = "s/unknown_minutes = 60/unknown_minutes = 1/";
	char *argv[] = { sed, in_place, change, path, NULL };

	snprintf(path, sizeof(path), "%s", world_config_path(world));
	assert_int_equal(world_daemon_stop(world), 0);
	WORLD_RESULT *changed = world_run(world, argv, NULL, 0);
	assert_int_equal(changed->status, 0);
	world_daemon_start(world);
}

static void is_unknown(struct world *world, const char *id)
{
	WORLD_JSON *message = world_message(world, id);

	assert_string_equal(world_text(message, "state"), "unknown");
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 1);
}

/* Each is deleted when the daemon has taken it. */
static void reports_taken(struct world *world, size_t mark, size_t count)
{
	scenario_wait(world, world_cell_count(world, mark, "deleted", NULL) >= count);
	assert_int_equal(world_cell_count(world, mark, "report", NULL), count);
}

/* On a SIM of which no reference was ever heard, nothing tells two apart: neither is settled. */
static void with_nothing_to_go_by_neither_is_settled(void **state)
{
	char phone[16], ids[2][65];
	size_t cell, bridge, released;

	world_modem_set(*state, "iccid", "8986001234567890999");
	world_worker_kill(*state);
	world_modem_wait(*state, WORLD_MODEM, "ready");
	cell = world_cell_mark(*state);
	bridge = world_bridge_mark(*state);
	world_number(*state, phone);
	reports_of(*state, phone, "withhold");
	send_unheard(*state, phone, "One of two.", ids[0]);
	send_unheard(*state, phone, "Two of two.", ids[1]);
	released = world_cell_mark(*state);
	reports_released(*state, phone);
	reports_taken(*state, released, 2);
	is_unknown(*state, ids[0]);
	is_unknown(*state, ids[1]);

	/* The first is sent again in the end, and then the phone has it twice, and sees why. */
	span_is_short_now(*state);
	said(*state, bridge, ids[0], "unknown", "pending");
	json_decref(world_message_wait(*state, ids[0], "delivered"));
	json_decref(world_message_wait(*state, ids[1], "delivered"));
	WORLD_JSON *message = world_message(*state, ids[0]);
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 2);
	world_cell_wait(*state, cell, "submit", "text=(again) One of two.", NULL);
}

/* ---------------------------------------------------------------- what happens when nothing does */

static void what_stays_unknown_is_sent_again_and_the_reader_sees_it(void **state)
{
	char phone[16], id[65];
	size_t cell = world_cell_mark(*state), bridge = world_bridge_mark(*state);

	world_number(*state, phone);
	no_answer_next(*state, phone, "DROP");
	submit(*state, phone, "Are you there?", "resend", id);
	worker_dies(*state, cell);
	said(*state, bridge, id, "unknown", "pending");

	WORLD_JSON *message = world_message_wait(*state, id, "delivered");
	WORLD_JSON *screen = world_screen_wait(*state, phone, 1);
	assert_int_equal(json_array_size(screen), 1);
	assert_string_equal(world_text(screen, "0.text"), "(again) Are you there?");
	assert_true(json_is_true(world_at(message, "recipients.0.mayBeDuplicate")));
	assert_true(json_is_true(world_at(message, "recipients.0.attempts.1.mayBeDuplicate")));
	assert_string_equal(world_text(message, "text"), "Are you there?");
}

/* The prefix makes two parts of a text that just filled one. */
static void a_text_that_just_fits_is_cut_again_for_the_prefix(void **state)
{
	char phone[16], id[65], text[161], wanted[200];
	size_t cell = world_cell_mark(*state);

	memset(text, 'x', 160);
	text[160] = '\0';
	snprintf(wanted, sizeof(wanted), "(again) %s", text);
	world_number(*state, phone);
	no_answer_next(*state, phone, "DROP");
	submit(*state, phone, text, "resend", id);
	worker_dies(*state, cell);

	json_decref(world_message_wait(*state, id, "delivered"));
	WORLD_JSON *screen = world_screen_wait(*state, phone, 1);
	assert_int_equal(json_array_size(screen), 1);
	assert_string_equal(world_text(screen, "0.text"), wanted);
	assert_int_equal(world_integer(screen, "0.parts"), 2);
}

/* Of several parts only the one in doubt goes again, as it was: a phone that has it shows it once. */
static void of_several_parts_only_the_unknown_one_goes_again(void **state)
{
	static const bool arrives[] = { false, true };
	char text[251];

	memset(text, 'y', 250);
	text[250] = '\0';
	for (size_t i = 0; i < 2; i++) {
		char phone[16], id[65];
		size_t cell = world_cell_mark(*state);

		world_number(*state, phone);
		reports_of(*state, phone, "withhold");
		no_answer_next(*state, phone, arrives[i] ? "SILENT" : "DROP");
		submit(*state, phone, text, "resend", id);
		worker_dies(*state, cell);
		WORLD_JSON *screen = world_screen_wait(*state, phone, 1);
		/* When the second try is on the air, the reports may come. */
		scenario_wait(*state, submits(*state, cell, phone) >= (arrives[i] ? 3 : 2));
		reports_released(*state, phone);
		WORLD_JSON *message = world_message_wait(*state, id, "delivered");

		assert_string_equal(world_text(screen, "0.text"), text);
		assert_int_equal(world_screen_count(*state, phone), 1);
		assert_int_equal(submits(*state, cell, phone), arrives[i] ? 3 : 2);
		assert_true(json_is_true(world_at(message, "recipients.0.mayBeDuplicate")));
	}
}

/* ---------------------------------------------------------------- the operator decides */

static void held(struct world *world, char phone[16], char id[65], char item[65])
{
	size_t cell = world_cell_mark(world), bridge = world_bridge_mark(world);
	char of[100];

	world_number(world, phone);
	no_answer_next(world, phone, "DROP");
	submit(world, phone, "Ask me.", "hold", id);
	worker_dies(world, cell);
	snprintf(of, sizeof(of), "attention.message=%s", id);
	const json_t *event = world_bridge_wait(world, bridge, "attention", of, NULL);

	assert_string_equal(world_text(event, "attention.kind"), "delivery.held");
	assert_string_equal(world_text(event, "attention.recipient"), phone);
	assert_string_not_equal(world_text(event, "attention.reason"), "");
	snprintf(item, 65, "%s", world_text(event, "attention.id"));
	WORLD_JSON *message = world_message(world, id);
	assert_string_equal(world_text(message, "state"), "unknown");
	assert_int_equal(world_screen_count(world, phone), 0);
}

static void item_is_done(struct world *world, const char *item)
{
	WORLD_RESULT *open = world_cli(world, "--json", "attention", NULL);
	const json_t *other;
	size_t i;

	assert_int_equal(open->status, 0);
	json_array_foreach(open->json, i, other) {
		assert_string_not_equal(world_text(other, "id"), item);
	}
}

static void what_is_held_is_settled_as_the_operator_says(void **state)
{
	static const struct {
		const char *way, *state;
		size_t shown;
	} ways[] = {
		{ "delivered", "delivered", 0 },
		{ "failed", "failed", 0 },
		{ "resend", "delivered", 1 },
	};

	for (size_t i = 0; i < 3; i++) {
		char phone[16], id[65], item[65];

		held(*state, phone, id, item);
		WORLD_RESULT *settled =
			world_cli(*state, "message", "settle", id, ways[i].way, NULL);
		assert_int_equal(settled->status, 0);
		WORLD_JSON *message = world_message_wait(*state, id, ways[i].state);
		WORLD_JSON *screen = world_screen_wait(*state, phone, ways[i].shown);

		assert_true(json_is_true(world_at(message, "recipients.0.final")));
		assert_int_equal(json_array_size(screen), ways[i].shown);
		if (ways[i].shown)
			assert_string_equal(world_text(screen, "0.text"), "(again) Ask me.");
		item_is_done(*state, item);
	}
}

static void a_late_report_settles_what_is_held(void **state)
{
	char phone[16], id[65], of[100];
	size_t cell = world_cell_mark(*state), bridge = world_bridge_mark(*state);

	world_number(*state, phone);
	reports_of(*state, phone, "withhold");
	no_answer_next(*state, phone, "SILENT");
	submit(*state, phone, "No need to ask.", "hold", id);
	worker_dies(*state, cell);
	snprintf(of, sizeof(of), "attention.message=%s", id);
	const json_t *event = world_bridge_wait(*state, bridge, "attention", of, NULL);
	reports_released(*state, phone);

	json_decref(world_message_wait(*state, id, "delivered"));
	item_is_done(*state, world_text(event, "attention.id"));
	assert_int_equal(world_screen_count(*state, phone), 1);
}

static void only_what_is_unknown_can_be_settled(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	world_send(*state, phone, "Nothing to settle.", 18, id);
	json_decref(world_message_wait(*state, id, "delivered"));
	WORLD_RESULT *known = world_cli(*state, "message", "settle", id, "failed", NULL);
	WORLD_RESULT *none = world_cli(*state, "message", "settle", "nobody-knows", "failed", NULL);
	WORLD_RESULT *word = world_cli(*state, "message", "settle", id, "perhaps", NULL);

	assert_int_equal(known->status, 1);
	assert_int_equal(none->status, 1);
	assert_int_equal(word->status, 2);
	json_decref(world_message_wait(*state, id, "delivered"));
}

static int open_world(void **state, const char *config)
{
	*state = world_open(&(struct world_options){
		.failed = scenario_failed, .config = config, .time_percent = 5 });
	scenario_turn(*state);
	return 0;
}

/* Three minutes: nothing that a test does takes as long. */
static int open_patient(void **state)
{
	return open_world(state, "delivery: { unknown_minutes = 60; };");
}

/* Three seconds. */
static int open_hasty(void **state)
{
	return open_world(state, "delivery: { unknown_minutes = 1; };");
}

int main(void)
{
	const struct CMUnitTest settled[] = {
		scenario_test(a_report_settles_it),
		scenario_test(a_late_answer_settles_it),
		scenario_test(the_order_of_references_tells_two_apart),
		/* The last: it makes the span short in the end. */
		scenario_test(with_nothing_to_go_by_neither_is_settled),
	};
	const struct CMUnitTest unsettled[] = {
		scenario_test(what_stays_unknown_is_sent_again_and_the_reader_sees_it),
		scenario_test(a_text_that_just_fits_is_cut_again_for_the_prefix),
		scenario_test(of_several_parts_only_the_unknown_one_goes_again),
		scenario_test(what_is_held_is_settled_as_the_operator_says),
		scenario_test(a_late_report_settles_what_is_held),
		scenario_test(only_what_is_unknown_can_be_settled),
	};
	int failed = cmocka_run_group_tests_name("what settles it", settled, open_patient,
						 scenario_close);

	return failed + cmocka_run_group_tests_name("what happens when nothing does", unsettled,
						    open_hasty, scenario_close);
}
