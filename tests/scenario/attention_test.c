/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What needs a human is listed with its reason, told as an event, and leaves the list when it is
 * done, by hand or by itself.
 */
#include "tests/scenario/scenario.h"

static void refuse(struct world *world, const char *phone, const char *error)
{
	world_cell_do(world, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error", error,
		      "count", 1);
}

/* The open item with key = value; the caller's. */
static json_t *item_of(struct world *world, const char *path, const char *key, const char *value)
{
	int status;
	WORLD_JSON *list = world_http(world, "GET", path, NULL, &status);
	json_t *item;
	size_t i;

	assert_int_equal(status, 200);
	json_array_foreach(json_object_get(list, "items"), i, item) {
		if (strcmp(world_text(item, key), value) == 0)
			return json_incref(item);
	}
	return NULL;
}

static bool is_open(struct world *world, const char *id)
{
	WORLD_JSON *item = item_of(world, "/v1/attention", "id", id);

	return item != NULL;
}

static json_int_t open_count(struct world *world)
{
	int status;
	WORLD_JSON *shown = world_http(world, "GET", "/v1/status", NULL, &status);

	assert_true(json_is_integer(world_at(shown, "attention")));
	return world_integer(shown, "attention");
}

/* Told as an event; the item lives as long as the world's events. */
static const json_t *item_told(struct world *world, size_t mark, const char *field,
			       const char *value)
{
	char of[120];

	snprintf(of, sizeof(of), "attention.%s=%s", field, value);
	return world_at(world_bridge_wait(world, mark, "attention", of, NULL), "attention");
}

static void fails(struct world *world, char phone[16], char id[65], char item[65])
{
	size_t mark = world_bridge_mark(world);

	world_number(world, phone);
	refuse(world, phone, "CMS:1");
	world_send(world, phone, "To nobody.", 10, id);
	json_decref(world_message_wait(world, id, "failed"));
	snprintf(item, 65, "%s", world_text(item_told(world, mark, "message", id), "id"));
	assert_true(is_open(world, item));
}

static void a_delivery_that_fails_needs_attention(void **state)
{
	char phone[16], id[65], item[65];
	json_int_t before = open_count(*state);

	fails(*state, phone, id, item);
	WORLD_JSON *shown = item_of(*state, "/v1/attention", "id", item);
	WORLD_JSON *message = world_message(*state, id);

	assert_string_equal(world_text(shown, "kind"), "delivery.failed");
	assert_string_equal(world_text(shown, "message"), id);
	assert_string_equal(world_text(shown, "recipient"), phone);
	assert_string_equal(world_text(shown, "reason"),
			    world_text(message, "recipients.0.reason"));
	assert_string_not_equal(world_text(shown, "at"), "");
	assert_true(json_is_null(world_at(shown, "doneAt")));
	assert_int_equal(open_count(*state), before + 1);
}

static void what_is_done_leaves_the_list_and_stays_on_record(void **state)
{
	char phone[16], id[65], item[65], of[100];
	size_t mark;

	fails(*state, phone, id, item);
	mark = world_bridge_mark(*state);
	WORLD_RESULT *people = world_cli(*state, "attention", NULL);
	WORLD_RESULT *list = world_cli(*state, "attention", "list", NULL);
	WORLD_RESULT *done = world_cli(*state, "attention", "done", item, NULL);
	WORLD_RESULT *again = world_cli(*state, "attention", "done", item, NULL);
	WORLD_RESULT *none = world_cli(*state, "attention", "done", "nobody-knows", NULL);
	WORLD_RESULT *all = world_cli(*state, "attention", "--all", NULL);

	assert_int_equal(people->status, 0);
	assert_non_null(strstr(people->out, id));
	assert_string_equal(list->out, people->out);
	assert_int_equal(done->status, 0);
	assert_int_equal(again->status, 0);
	assert_int_equal(none->status, 1);
	assert_non_null(strstr(all->out, id));
	assert_false(is_open(*state, item));
	WORLD_JSON *ended = item_of(*state, "/v1/attention?all=1", "id", item);
	assert_string_not_equal(world_text(ended, "doneAt"), "");
	snprintf(of, sizeof(of), "attention.id=%s", item);
	const json_t *event = world_bridge_wait(*state, mark, "attention", of, NULL);
	assert_string_not_equal(world_text(event, "attention.doneAt"), "");
	WORLD_JSON *message = world_message(*state, id);
	assert_string_equal(world_text(message, "state"), "failed");
}

static void a_delivery_that_expires_needs_attention(void **state)
{
	char phone[16];
	size_t mark = world_bridge_mark(*state);
	int status;

	world_number(*state, phone);
	json_decref(world_http(*state, "POST", "/v1/hold", NULL, &status));
	WORLD_JSON *body =
		json_pack("{s:[s],s:s,s:i}", "to", phone, "text", "Now or never.", "ttl", 1);
	WORLD_JSON *stored = world_http(*state, "POST", "/v1/messages", body, &status);
	assert_int_equal(status, 202);
	json_decref(world_message_wait(*state, world_text(stored, "id"), "expired"));
	const json_t *item = item_told(*state, mark, "message", world_text(stored, "id"));

	json_decref(world_http(*state, "POST", "/v1/release", NULL, &status));
	assert_string_equal(world_text(item, "kind"), "delivery.expired");
	assert_string_not_equal(world_text(item, "reason"), "");
	assert_int_equal(world_screen_count(*state, phone), 0);
}

/* Whoever cancels knows of it. */
static void a_delivery_that_is_cancelled_needs_none(void **state)
{
	char phone[16];
	json_int_t before = open_count(*state);

	world_number(*state, phone);
	WORLD_RESULT *sent =
		world_cli(*state, "--json", "send", "--at", "+1h", phone, "Later", NULL);
	WORLD_RESULT *cancel =
		world_cli(*state, "message", "cancel", world_text(sent->json, "id"), NULL);

	assert_int_equal(cancel->status, 0);
	assert_int_equal(open_count(*state), before);
}

static void a_retry_ends_it(void **state)
{
	char phone[16], id[65], item[65];

	fails(*state, phone, id, item);
	WORLD_RESULT *retry = world_cli(*state, "message", "retry", id, NULL);
	assert_int_equal(retry->status, 0);
	json_decref(world_message_wait(*state, id, "delivered"));
	assert_false(is_open(*state, item));
}

/* SMS-DELIVER (TP-MTI 0) that breaks off in its service centre time stamp. */
static void an_sms_that_cannot_be_read_needs_attention(void **state)
{
	size_t mark = world_bridge_mark(*state);

	world_cell_do(*state, "{s:s,s:s,s:s}", "op", "tpdu", "modem", WORLD_MODEM, "hex",
		      "040B918613900000F100006221");
	const json_t *item = item_told(*state, mark, "kind", "message.unreadable");
	WORLD_JSON *open = item_of(*state, "/v1/attention", "id", world_text(item, "id"));

	assert_non_null(open);
	assert_string_not_equal(world_text(item, "inbound"), "");
	assert_string_equal(world_text(item, "modem"), WORLD_MODEM);
}

static void the_list_has_pages(void **state)
{
	char phone[16], id[65], items[3][65], path[200];
	int status;

	for (size_t i = 0; i < 3; i++)
		fails(*state, phone, id, items[i]);
	WORLD_JSON *first = world_http(*state, "GET", "/v1/attention?limit=2", NULL, &status);
	assert_int_equal(json_array_size(world_at(first, "items")), 2);
	assert_string_equal(world_text(first, "items.0.id"), items[2]);
	assert_string_equal(world_text(first, "items.1.id"), items[1]);
	snprintf(path, sizeof(path), "/v1/attention?limit=1&cursor=%s", world_text(first, "next"));
	WORLD_JSON *second = world_http(*state, "GET", path, NULL, &status);
	assert_int_equal(status, 200);
	assert_string_equal(world_text(second, "items.0.id"), items[0]);
}

static void what_is_open_survives_a_kill(void **state)
{
	char phone[16], id[65], item[65];
	json_int_t before;

	fails(*state, phone, id, item);
	before = open_count(*state);
	world_daemon_kill(*state);
	world_workers_gone(*state);
	world_daemon_start(*state);
	assert_true(is_open(*state, item));
	assert_int_equal(open_count(*state), before);
	world_modem_wait(*state, WORLD_MODEM, "ready");
}

static void people_see_it_in_the_status_and_the_tail(void **state)
{
	char phone[16], id[65], item[65];

	fails(*state, phone, id, item);
	WORLD_RESULT *people = world_cli(*state, "status", NULL);
	assert_non_null(strstr(people->out, "footbridge attention"));
}

/* A quarter of an hour, at 1 % nine seconds; back again, it ends by itself. */
static void a_modem_that_stays_down_needs_attention_until_it_is_back(void **state)
{
	struct world *world =
		world_open(&(struct world_options){ .failed = scenario_failed, .time_percent = 1 });
	size_t mark = world_bridge_mark(world);
	char of[100];

	(void)state;
	world_cell_do(world, "{s:s,s:s}", "op", "unplug", "modem", WORLD_MODEM);
	const json_t *item = item_told(world, mark, "kind", "modem.down");
	assert_string_equal(world_text(item, "modem"), WORLD_MODEM);
	assert_string_not_equal(world_text(item, "reason"), "");
	assert_int_equal(open_count(world), 1);

	mark = world_bridge_mark(world);
	world_cell_do(world, "{s:s,s:s}", "op", "plug", "modem", WORLD_MODEM);
	world_modem_wait(world, WORLD_MODEM, "ready");
	snprintf(of, sizeof(of), "attention.id=%s", world_text(item, "id"));
	const json_t *ended = world_bridge_wait(world, mark, "attention", of, NULL);
	assert_string_not_equal(world_text(ended, "attention.doneAt"), "");
	assert_int_equal(open_count(world), 0);
	assert_true(world_is_clean(world));
	world_close(world);
}

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
		scenario_test(a_delivery_that_fails_needs_attention),
		scenario_test(what_is_done_leaves_the_list_and_stays_on_record),
		scenario_test(a_delivery_that_expires_needs_attention),
		scenario_test(a_delivery_that_is_cancelled_needs_none),
		scenario_test(a_retry_ends_it),
		scenario_test(an_sms_that_cannot_be_read_needs_attention),
		scenario_test(the_list_has_pages),
		scenario_test(what_is_open_survives_a_kill),
		scenario_test(people_see_it_in_the_status_and_the_tail),
		cmocka_unit_test(a_modem_that_stays_down_needs_attention_until_it_is_back),
	};

	return cmocka_run_group_tests_name("attention", tests, open_world, scenario_close);
}
