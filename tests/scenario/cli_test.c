/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The operator's command against the real daemon: what scripts rely on by interfaces.md, and that
 * people get something to read.
 */
#include "tests/scenario/scenario.h"

#include <time.h>

static void assert_keys(const json_t *object, const char *const *keys)
{
	for (; *keys; keys++)
		if (!json_object_get(object, *keys))
			fail_msg("\"%s\" is missing", *keys);
}

static void assert_moment(const json_t *object, const char *key)
{
	struct tm tm = { 0 };
	const char *rest = strptime(world_text(object, key), "%Y-%m-%dT%H:%M:%S", &tm);

	if (!rest || !strchr(".Z+-", *rest))
		fail_msg("\"%s\" is no RFC 3339 moment: %s", key, world_text(object, key));
}

/* Runs, must succeed, and its output is one JSON value: the caller's. */
#define assert_json(world, ...) json_of(world_cli(world, "--json", __VA_ARGS__, NULL))
static json_t *json_of(struct world_result *result)
{
	json_t *json = json_incref(result->json);

	if (result->status != 0 || !json)
		fail_msg("status %d: %s%s", result->status, result->out, result->err);
	world_result_free(result);
	return json;
}

static void send_answers_the_stored_message(void **state)
{
	static const char *const keys[] = { "id",   "direction", "state",      "counts",
					    "text", "createdAt", "recipients", NULL };
	static const char *const recipient_keys[] = {
		"to",        "state",          "final",
		"channel",   "modem",          "parts",
		"partsSent", "partsDelivered", "mayBeDuplicate",
		"reason",    "nextAttemptAt",  NULL
	};
	char phone[16];

	world_number(*state, phone);
	WORLD_JSON *message = assert_json(*state, "send", phone, "Hello there");

	assert_keys(message, keys);
	assert_keys(world_at(message, "recipients.0"), recipient_keys);
	assert_moment(message, "createdAt");
	assert_string_equal(world_text(message, "direction"), "out");
	assert_string_equal(world_text(message, "state"), "pending");
	assert_int_equal(world_integer(message, "counts.pending"), 1);
	assert_string_equal(world_text(message, "text"), "Hello there");
	assert_string_equal(world_text(message, "recipients.0.to"), phone);
	json_decref(world_message_wait(*state, world_text(message, "id"), "delivered"));
}

static void send_with_wait_ends_when_all_is_delivered(void **state)
{
	char phone[16];

	world_number(*state, phone);
	WORLD_JSON *message = assert_json(*state, "send", "--wait", "30", phone, "Wait for it");
	assert_string_equal(world_text(message, "state"), "delivered");
	assert_int_equal(world_screen_count(*state, phone), 1);
}

static void send_with_wait_ends_with_4_when_it_failed(void **state)
{
	char phone[16];

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "report", "number", phone, "mode", "fail",
		      "status", 0x41);
	WORLD_RESULT *result = world_cli(*state, "send", phone, "In vain", "--wait", "30", NULL);
	assert_int_equal(result->status, 4);
	assert_string_not_equal(result->err, "");
}

static void send_with_wait_ends_with_5_when_time_is_up(void **state)
{
	char phone[16];

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s}", "op", "report", "number", phone, "mode", "withhold");
	WORLD_RESULT *result = world_cli(*state, "send", phone, "Not yet", "--wait", "1", NULL);
	assert_int_equal(result->status, 5);
}

static void a_dry_run_tells_the_parts_and_sends_nothing(void **state)
{
	char phone[16], text[161];
	size_t mark = world_cell_mark(*state);

	memset(text, 'a', 160);
	memcpy(text + 157, "\xe4\xb8\xad", 4);
	world_number(*state, phone);
	WORLD_JSON *plan = assert_json(*state, "send", "--dry-run", phone, text);
	WORLD_RESULT *people = world_cli(*state, "send", "--dry-run", phone, text, NULL);
	WORLD_JSON *list = assert_json(*state, "message", "list", "--to", phone);

	assert_true(json_is_object(plan));
	assert_int_equal(people->status, 0);
	assert_non_null(strchr(people->out, '3'));
	assert_int_equal(json_array_size(list), 0);
	assert_int_equal(world_cell_count(*state, mark, "submit", NULL), 0);
}

static void what_this_version_cannot_do_the_daemon_explains(void **state)
{
	char phone[16];

	world_number(*state, phone);
	WORLD_RESULT *from = world_cli(*state, "send", "--from", "bob", phone, "Hello", NULL);
	WORLD_RESULT *secret = world_cli(*state, "send", "--confidential", phone, "Hello", NULL);

	assert_int_equal(from->status, 1);
	assert_non_null(strstr(from->err, "no users"));
	assert_int_equal(secret->status, 1);
	assert_non_null(strstr(secret->err, "never goes by SMS"));
}

static void a_dry_run_refuses_what_would_be_refused(void **state)
{
	json_t *body = json_pack("{s:[s],s:s,s:s,s:b}", "to", "+8613800000001", "text", "Late",
				 "validUntil", "2020-01-01T00:00:00Z", "dryRun", 1);
	int status;
	WORLD_JSON *refusal = world_http(*state, "POST", "/v1/messages", body, &status);

	json_decref(body);
	assert_int_equal(status, 400);
	assert_string_equal(world_text(refusal, "error"), "InvalidTime");
}

static void the_same_id_sends_once(void **state)
{
	char phone[16];

	world_number(*state, phone);
	WORLD_JSON *first = assert_json(*state, "send", "--id", "order-66", phone, "Only once");
	WORLD_JSON *again = assert_json(*state, "send", "--id", "order-66", phone, "Only once");
	WORLD_RESULT *other =
		world_cli(*state, "send", "--id", "order-66", phone, "Something else", NULL);

	assert_string_equal(world_text(first, "id"), "order-66");
	assert_string_equal(world_text(again, "id"), "order-66");
	assert_int_equal(other->status, 1);
	json_decref(world_message_wait(*state, "order-66", "delivered"));
	assert_int_equal(world_screen_count(*state, phone), 1);
}

static void messages_are_listed_and_shown(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	world_send(*state, phone, "First", 5, id);
	json_decref(world_message_wait(*state, id, "delivered"));
	world_send(*state, phone, "Second", 6, id);
	json_decref(world_message_wait(*state, id, "delivered"));

	WORLD_JSON *list = assert_json(*state, "message", "list", "--to", phone);
	WORLD_JSON *one = assert_json(*state, "message", "list", "--to", phone, "--limit", "1");
	WORLD_JSON *failed =
		assert_json(*state, "message", "list", "--to", phone, "--state", "failed");
	WORLD_JSON *shown = assert_json(*state, "message", "show", id);
	WORLD_RESULT *people = world_cli(*state, "message", "show", id, NULL);
	WORLD_RESULT *none = world_cli(*state, "message", "show", "nobody-knows", NULL);

	assert_true(json_is_array(list));
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(world_text(list, "0.text"), "Second");
	assert_int_equal(json_array_size(one), 1);
	assert_int_equal(json_array_size(failed), 0);
	assert_string_equal(world_text(shown, "recipients.0.attempts.0.channel"), "sms");
	assert_string_equal(world_text(shown, "recipients.0.attempts.0.modem"), WORLD_MODEM);
	assert_moment(world_at(shown, "recipients.0.attempts.0"), "at");
	assert_non_null(strstr(people->out, "Second"));
	assert_int_equal(none->status, 1);
}

static void what_waits_can_be_cancelled(void **state)
{
	char phone[16];

	world_number(*state, phone);
	WORLD_JSON *message = assert_json(*state, "send", "--at", "+1h", phone, "Later");
	WORLD_RESULT *cancel =
		world_cli(*state, "message", "cancel", world_text(message, "id"), NULL);
	WORLD_RESULT *again =
		world_cli(*state, "message", "cancel", world_text(message, "id"), NULL);
	WORLD_JSON *shown = assert_json(*state, "message", "show", world_text(message, "id"));

	assert_int_equal(cancel->status, 0);
	assert_int_equal(again->status, 1);
	assert_string_equal(world_text(shown, "state"), "cancelled");
}

static void the_inbox_shows_what_came_and_what_is_done(void **state)
{
	static const char *const keys[] = { "id",       "direction",  "state",        "from",
					    "fromUser", "modem",      "to",           "text",
					    "sentAt",   "receivedAt", "conversation", "handledAt",
					    NULL };
	char phone[16];

	world_number(*state, phone);
	world_type(*state, phone, "收到，谢谢", 15);
	WORLD_JSON *items = world_inbox_wait(*state, phone, 1);
	WORLD_JSON *list = assert_json(*state, "inbox", "--limit", "1");
	WORLD_RESULT *people = world_cli(*state, "inbox", NULL);
	WORLD_RESULT *done = world_cli(*state, "inbox", "done", world_text(items, "0.id"), NULL);
	WORLD_RESULT *none = world_cli(*state, "inbox", "done", "nobody-knows", NULL);
	WORLD_JSON *after = world_inbox(*state, phone);

	assert_true(json_is_array(list));
	assert_int_equal(json_array_size(list), 1);
	assert_keys(json_array_get(list, 0), keys);
	assert_string_equal(world_text(list, "0.direction"), "in");
	assert_string_equal(world_text(list, "0.from"), phone);
	assert_string_equal(world_text(list, "0.to"), WORLD_MODEM_NUMBER);
	assert_moment(json_array_get(list, 0), "receivedAt");
	assert_moment(json_array_get(list, 0), "sentAt");
	assert_non_null(strstr(people->out, "收到，谢谢"));
	assert_int_equal(done->status, 0);
	assert_int_equal(none->status, 1);
	assert_true(json_is_null(world_at(list, "0.handledAt")));
	assert_moment(json_array_get(after, 0), "handledAt");
}

/* The world's own tail runs all the time: its lines are the events. */
static void tail_tells_what_happens_as_it_happens(void **state)
{
	char phone[16], id[65], from[32], message[80];
	size_t mark = world_bridge_mark(*state);

	world_number(*state, phone);
	snprintf(from, sizeof(from), "from=%s", phone);
	world_type(*state, phone, "Knock", 5);
	const json_t *received = world_bridge_wait(*state, mark, "message.received", from, NULL);
	assert_string_equal(world_text(received, "text"), "Knock");
	assert_moment(received, "at");

	world_send(*state, phone, "Who's there?", 12, id);
	snprintf(message, sizeof(message), "message=%s", id);
	world_bridge_wait(*state, mark, "message.state", message, "state=sending", NULL);
	world_bridge_wait(*state, mark, "message.state", message, "state=sent", NULL);
	world_bridge_wait(*state, mark, "message.state", message, "state=delivered", NULL);
}

static void modems_are_listed_and_shown(void **state)
{
	static const char *const keys[] = { "name",       "state",      "reason",
					    "device",     "imei",       "iccid",
					    "number",     "operator",   "signalPercent",
					    "registered", "partsToday", "lastSentAt",
					    NULL };
	WORLD_JSON *list = assert_json(*state, "modem", "list");
	WORLD_JSON *shown = assert_json(*state, "modem", "show", WORLD_MODEM);
	WORLD_RESULT *people = world_cli(*state, "modem", "list", NULL);
	WORLD_RESULT *none = world_cli(*state, "modem", "show", "south", NULL);

	assert_true(json_is_array(list));
	assert_int_equal(json_array_size(list), 1);
	assert_keys(json_array_get(list, 0), keys);
	assert_string_equal(world_text(shown, "name"), WORLD_MODEM);
	assert_string_equal(world_text(shown, "state"), "ready");
	assert_string_equal(world_text(shown, "number"), WORLD_MODEM_NUMBER);
	assert_true(json_is_true(world_at(shown, "registered")));
	assert_true(world_integer(shown, "partsToday") > 0);
	assert_non_null(strstr(people->out, WORLD_MODEM));
	assert_int_equal(none->status, 1);
}

static void status_is_one_glance(void **state)
{
	WORLD_JSON *status = assert_json(*state, "status");
	WORLD_RESULT *people = world_cli(*state, "status", NULL);

	assert_true(json_is_object(status));
	assert_non_null(json_object_get(status, "modems"));
	assert_non_null(strstr(people->out, WORLD_MODEM));
	assert_non_null(strstr(people->out, "ready"));
}

/* A text of control characters and of a right-to-left override cannot paint the terminal. */
static void what_is_shown_to_people_cannot_steer_the_terminal(void **state)
{
	static const char override[] = { '\xe2', '\x80', '\xae', '\0' };
	char phone[16], text[64];
	size_t size = (size_t)snprintf(text, sizeof(text), "red \x1b[31m and %s turned", override);

	world_number(*state, phone);
	world_type(*state, phone, text, size);
	WORLD_JSON *items = world_inbox_wait(*state, phone, 1);
	WORLD_RESULT *people = world_cli(*state, "inbox", NULL);

	assert_shown(text, size, items, "0.text");
	assert_null(strchr(people->out, '\x1b'));
	assert_null(strstr(people->out, override));
}

static int open_world(void **state)
{
	*state = world_open(&(struct world_options){ .failed = scenario_failed });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(send_answers_the_stored_message),
		cmocka_unit_test(send_with_wait_ends_when_all_is_delivered),
		cmocka_unit_test(send_with_wait_ends_with_4_when_it_failed),
		cmocka_unit_test(send_with_wait_ends_with_5_when_time_is_up),
		cmocka_unit_test(a_dry_run_tells_the_parts_and_sends_nothing),
		cmocka_unit_test(what_this_version_cannot_do_the_daemon_explains),
		cmocka_unit_test(a_dry_run_refuses_what_would_be_refused),
		cmocka_unit_test(the_same_id_sends_once),
		cmocka_unit_test(messages_are_listed_and_shown),
		cmocka_unit_test(what_waits_can_be_cancelled),
		cmocka_unit_test(the_inbox_shows_what_came_and_what_is_done),
		cmocka_unit_test(tail_tells_what_happens_as_it_happens),
		cmocka_unit_test(modems_are_listed_and_shown),
		cmocka_unit_test(status_is_one_glance),
		cmocka_unit_test(what_is_shown_to_people_cannot_steer_the_terminal),
	};

	return cmocka_run_group_tests_name("cli", tests, open_world, scenario_close);
}
