/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When what goes out: scheduled, in time or not at all, the urgent first, cancelled, tried again,
 * held, and once however often it is ordered.
 */
#include "tests/scenario/scenario.h"

#include <time.h>

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

static void everything_held(struct world *world, bool held)
{
	WORLD_RESULT *result = world_cli(world, "--json", held ? "hold" : "release", NULL);

	assert_int_equal(result->status, 0);
	assert_int_equal(json_is_true(world_at(result->json, "held")), held);
}

/* POST, which must be accepted. */
static void submit(struct world *world, json_t *body, char id[65])
{
	int status;
	WORLD_JSON *stored = world_http(world, "POST", "/v1/messages", body, &status);

	json_decref(body);
	if (status != 202)
		fail_msg("answered %d: %s", status, world_text(stored, "message"));
	snprintf(id, 65, "%s", world_text(stored, "id"));
}

static int method_on(struct world *world, const char *method, const char *id, const char *verb)
{
	char path[128];
	int status;

	snprintf(path, sizeof(path), "/v1/messages/%s%s", id, verb);
	json_decref(world_http(world, method, path, NULL, &status));
	return status;
}

static size_t submits(struct world *world, size_t mark, const char *phone)
{
	char to[32];

	snprintf(to, sizeof(to), "to=%s", phone);
	return world_cell_count(world, mark, "submit", to, NULL);
}

static void moment(int seconds_ahead, char text[static 32])
{
	time_t at = time(NULL) + seconds_ahead;
	struct tm utc;

	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&at, &utc));
}

/* ---------------------------------------------------------------- when */

static void what_is_scheduled_goes_at_its_moment(void **state)
{
	char phone[16], id[65], at[32];
	size_t cell = world_cell_mark(*state);

	world_number(*state, phone);
	moment(2, at);
	submit(*state,
	       json_pack("{s:[s],s:s,s:s}", "to", phone, "text", "Not before.", "scheduleAt", at),
	       id);
	WORLD_JSON *waiting = world_message(*state, id);
	scenario_turn(*state);
	assert_string_equal(world_text(waiting, "state"), "pending");
	assert_string_not_equal(world_text(waiting, "recipients.0.nextAttemptAt"), "");

	json_decref(world_message_wait(*state, id, "delivered"));
	const json_t *event = world_cell_wait(*state, cell, "submit", "text=Not before.", NULL);
	/* Both are RFC 3339 in UTC to the second: the same length compares. */
	assert_true(strncmp(world_text(event, "at"), at, 19) >= 0);
}

static void what_waits_too_long_expires_and_is_not_sent_late(void **state)
{
	char phone[16], id[65];
	size_t cell = world_cell_mark(*state);

	world_number(*state, phone);
	everything_held(*state, true);
	submit(*state, json_pack("{s:[s],s:s,s:i}", "to", phone, "text", "Stale.", "ttl", 1), id);
	WORLD_JSON *expired = world_message_wait(*state, id, "expired");
	everything_held(*state, false);
	scenario_turn(*state);

	assert_true(json_is_true(world_at(expired, "recipients.0.final")));
	assert_int_equal(submits(*state, cell, phone), 0);
}

static void the_urgent_goes_first(void **state)
{
	static const int priorities[] = { 0, -128, 127, 5 };
	static const char *const order[] = { "127", "5", "0", "-128" };
	char phone[16], id[65];
	size_t cell = world_cell_mark(*state), at = cell;

	world_number(*state, phone);
	everything_held(*state, true);
	for (size_t i = 0; i < 4; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", priorities[i]);
		submit(*state,
		       json_pack("{s:[s],s:s,s:i}", "to", phone, "text", text, "priority",
				 priorities[i]),
		       id);
	}
	everything_held(*state, false);
	json_decref(world_screen_wait(*state, phone, 4));
	for (size_t i = 0; i < 4; i++) {
		const json_t *event = NULL;

		while (strcmp(world_text(event, "event"), "submit") != 0)
			event = world_cell_event(*state, at++);
		assert_string_equal(world_text(event, "text"), order[i]);
	}
}

/* ---------------------------------------------------------------- cancel */

static void cancelled(struct world *world, const char *id)
{
	assert_int_equal(method_on(world, "DELETE", id, ""), 200);
	WORLD_JSON *message = world_message(world, id);
	assert_string_equal(world_text(message, "state"), "cancelled");
}

static void what_has_not_begun_can_be_cancelled(void **state)
{
	char phone[16], pending[65], scheduled[65], at[32];
	size_t cell = world_cell_mark(*state);

	moment(3600, at);
	world_number(*state, phone);
	everything_held(*state, true);
	world_send(*state, phone, "Pending.", 8, pending);
	submit(*state,
	       json_pack("{s:[s],s:s,s:s}", "to", phone, "text", "Scheduled.", "scheduleAt", at),
	       scheduled);
	cancelled(*state, pending);
	cancelled(*state, scheduled);
	everything_held(*state, false);
	scenario_turn(*state);
	assert_int_equal(submits(*state, cell, phone), 0);
	assert_int_equal(method_on(*state, "DELETE", pending, ""), 409);
}

static void what_is_on_the_air_or_over_cannot_be_cancelled(void **state)
{
	char phone[16], id[65];
	size_t cell = world_cell_mark(*state);

	world_number(*state, phone);
	reports_of(*state, phone, "withhold");
	hold_at(*state, "answer");
	world_send(*state, phone, "On the air.", 11, id);
	world_cell_wait(*state, cell, "held", NULL);
	assert_int_equal(method_on(*state, "DELETE", id, ""), 409); /* sending */
	world_worker_kill(*state);
	json_decref(world_message_wait(*state, id, "unknown"));
	assert_int_equal(method_on(*state, "DELETE", id, ""), 409);
	modem_resume(*state);
	world_modem_wait(*state, WORLD_MODEM, "ready");
	world_cell_do(*state, "{s:s,s:s}", "op", "release", "number", phone);
	json_decref(world_message_wait(*state, id, "delivered"));
	assert_int_equal(method_on(*state, "DELETE", id, ""), 409);

	world_number(*state, phone);
	reports_of(*state, phone, "withhold");
	world_send(*state, phone, "Sent.", 5, id);
	json_decref(world_message_wait(*state, id, "sent"));
	assert_int_equal(method_on(*state, "DELETE", id, ""), 409);
	assert_int_equal(method_on(*state, "DELETE", "nobody-knows", ""), 404);
}

/* ---------------------------------------------------------------- retry */

static void what_failed_can_be_tried_again(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error", "CMS:1",
		      "count", 1);
	world_send(*state, phone, "Second chance.", 14, id);
	json_decref(world_message_wait(*state, id, "failed"));
	assert_int_equal(method_on(*state, "POST", id, "/retry"), 200);
	json_decref(world_message_wait(*state, id, "delivered"));
	assert_int_equal(world_screen_count(*state, phone), 1);
	assert_int_equal(method_on(*state, "POST", id, "/retry"), 409);
}

static void what_was_cancelled_can_be_tried_again(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	everything_held(*state, true);
	world_send(*state, phone, "After all.", 10, id);
	cancelled(*state, id);
	assert_int_equal(method_on(*state, "POST", id, "/retry"), 200);
	everything_held(*state, false);
	json_decref(world_message_wait(*state, id, "delivered"));
	assert_int_equal(method_on(*state, "POST", "nobody-knows", "/retry"), 404);
}

/* Expired, it gets as long again as it was first meant to have. */
static void what_expired_can_be_tried_again(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	everything_held(*state, true);
	submit(*state, json_pack("{s:[s],s:s,s:i}", "to", phone, "text", "Still wanted.", "ttl", 2),
	       id);
	json_decref(world_message_wait(*state, id, "expired"));
	everything_held(*state, false);
	assert_int_equal(method_on(*state, "POST", id, "/retry"), 200);
	json_decref(world_message_wait(*state, id, "delivered"));
}

static void a_part_that_was_confirmed_is_not_sent_again(void **state)
{
	char phone[16], id[65], text[251], to[32];
	size_t cell = world_cell_mark(*state);

	memset(text, 'z', 250);
	text[250] = '\0';
	world_number(*state, phone);
	snprintf(to, sizeof(to), "to=%s", phone);
	hold_at(*state, "answer");
	world_send(*state, phone, text, 250, id);
	world_cell_wait(*state, cell, "held", NULL);
	/* The first part is with the centre: what is refused is the second. */
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error", "CMS:1",
		      "count", 1);
	modem_resume(*state);
	WORLD_JSON *failed = world_message_wait(*state, id, "failed");
	while (true) {
		WORLD_JSON *now = world_message(*state, id);

		if (world_integer(now, "recipients.0.partsDelivered") == 1)
			break;
		world_sleep(*state, -1, 100);
	}
	assert_int_equal(world_screen_count(*state, phone), 0);
	assert_int_equal(method_on(*state, "POST", id, "/retry"), 200);
	json_decref(world_message_wait(*state, id, "delivered"));

	WORLD_JSON *screen = world_screen_wait(*state, phone, 1);
	assert_string_equal(world_text(screen, "0.text"), text);
	assert_int_equal(world_cell_count(*state, cell, "submit", to, "concat.sequence=1", NULL),
			 1);
	assert_int_equal(world_cell_count(*state, cell, "submit", to, "concat.sequence=2", NULL),
			 1);
}

/* ---------------------------------------------------------------- hold */

static void what_is_held_stays_held_over_a_restart(void **state)
{
	char phone[16], id[65];
	size_t cell = world_cell_mark(*state);
	int status;

	world_number(*state, phone);
	everything_held(*state, true);
	world_send(*state, phone, "Patience.", 9, id);
	world_daemon_kill(*state);
	world_workers_gone(*state);
	world_daemon_start(*state);
	world_modem_wait(*state, WORLD_MODEM, "ready");
	scenario_turn(*state);
	WORLD_JSON *shown = world_http(*state, "GET", "/v1/status", NULL, &status);
	WORLD_JSON *message = world_message(*state, id);
	WORLD_RESULT *people = world_cli(*state, "status", NULL);

	assert_true(json_is_true(world_at(shown, "held")));
	assert_non_null(strstr(people->out, "held"));
	assert_string_equal(world_text(message, "state"), "pending");
	assert_int_equal(submits(*state, cell, phone), 0);
	everything_held(*state, false);
	json_decref(world_message_wait(*state, id, "delivered"));
}

/* ---------------------------------------------------------------- once */

static int order(struct world *world, const char *phone, const char *text)
{
	WORLD_JSON *body = json_pack("{s:s,s:[s],s:s}", "id", "order-7", "to", phone, "text", text);
	int status;

	json_decref(world_http(world, "POST", "/v1/messages", body, &status));
	return status;
}

static void the_same_id_is_one_message_over_restarts(void **state)
{
	char phone[16];

	world_number(*state, phone);
	everything_held(*state, true);
	assert_int_equal(order(*state, phone, "Once."), 202);
	world_daemon_kill(*state);
	world_workers_gone(*state);
	world_daemon_start(*state);
	assert_int_equal(order(*state, phone, "Once."), 200);
	assert_int_equal(order(*state, phone, "Twice?"), 409);
	everything_held(*state, false);
	json_decref(world_message_wait(*state, "order-7", "delivered"));
	world_daemon_stop(*state);
	world_daemon_start(*state);
	assert_int_equal(order(*state, phone, "Once."), 200);
	world_modem_wait(*state, WORLD_MODEM, "ready");
	scenario_turn(*state);
	assert_int_equal(world_screen_count(*state, phone), 1);
}

/* A test that failed half-way holds up no other. */
static int let_go(void **state)
{
	int status;

	if (*state)
		json_decref(world_http(*state, "POST", "/v1/release", NULL, &status));
	return scenario_resume(state);
}
#define schedule_test(f) cmocka_unit_test_teardown(f, let_go)

static int open_world(void **state)
{
	*state = world_open(
		&(struct world_options){ .failed = scenario_failed, .time_percent = 10 });
	scenario_turn(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		schedule_test(what_is_scheduled_goes_at_its_moment),
		schedule_test(what_waits_too_long_expires_and_is_not_sent_late),
		schedule_test(the_urgent_goes_first),
		schedule_test(what_has_not_begun_can_be_cancelled),
		schedule_test(what_is_on_the_air_or_over_cannot_be_cancelled),
		schedule_test(what_failed_can_be_tried_again),
		schedule_test(what_was_cancelled_can_be_tried_again),
		schedule_test(what_expired_can_be_tried_again),
		schedule_test(a_part_that_was_confirmed_is_not_sent_again),
		schedule_test(what_is_held_stays_held_over_a_restart),
		schedule_test(the_same_id_is_one_message_over_restarts),
	};

	return cmocka_run_group_tests_name("schedule", tests, open_world, scenario_close);
}
