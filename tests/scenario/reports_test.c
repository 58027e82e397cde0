/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What status reports make of a message: delivered, failed, expired, late, or sooner than the
 * answer of the modem.
 */
#include "tests/scenario/scenario.h"

static void report_mode(struct world *world, const char *phone, const char *mode)
{
	world_cell_do(world, "{s:s,s:s,s:s}", "op", "report", "number", phone, "mode", mode);
}

static void phone_reachable(struct world *world, const char *phone, bool reachable)
{
	world_cell_do(world, "{s:s,s:s,s:b}", "op", "phone", "number", phone, "reachable",
		      reachable);
}

static void a_message_is_delivered_when_the_phone_has_it(void **state)
{
	char phone[16], id[65];
	size_t mark = world_bridge_mark(*state);

	world_number(*state, phone);
	world_send(*state, phone, "Please come at nine.", 20, id);
	WORLD_JSON *message = world_message_wait(*state, id, "delivered");

	assert_true(json_is_true(world_at(message, "recipients.0.final")));
	assert_int_equal(world_integer(message, "recipients.0.partsSent"), 1);
	assert_int_equal(world_integer(message, "recipients.0.partsDelivered"), 1);
	assert_int_equal(world_integer(message, "counts.delivered"), 1);
	assert_string_equal(world_text(message, "recipients.0.modem"), WORLD_MODEM);
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 1);
	assert_int_equal(world_screen_count(*state, phone), 1);
	world_bridge_wait(*state, mark, "message.state", "state=delivered", NULL);
}

static void a_failed_report_ends_the_message_as_failed(void **state)
{
	static const int statuses[] = { 0x41, 0x43, 0x60 };

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		char phone[16], id[65];

		world_number(*state, phone);
		world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "report", "number", phone, "mode",
			      "fail", "status", statuses[i]);
		world_send(*state, phone, "Nobody gets this.", 17, id);
		WORLD_JSON *message = world_message_wait(*state, id, "failed");

		assert_true(json_is_true(world_at(message, "recipients.0.final")));
		assert_string_not_equal(world_text(message, "recipients.0.reason"), "");
	}
}

static void a_message_that_cannot_be_delivered_in_time_expires(void **state)
{
	char phone[16];
	size_t mark = world_cell_mark(*state);
	int status;

	world_number(*state, phone);
	phone_reachable(*state, phone, false);
	WORLD_JSON *body =
		json_pack("{s:[s],s:s,s:i}", "to", phone, "text", "Too late.", "ttl", 600);
	WORLD_JSON *stored = world_http(*state, "POST", "/v1/messages", body, &status);
	assert_int_equal(status, 202);
	json_decref(world_message_wait(*state, world_text(stored, "id"), "sent"));
	world_cell_wait(*state, mark, "submit", "report=true", NULL);

	world_cell_do(*state, "{s:s,s:i}", "op", "advance", "ms", 660000);
	world_cell_wait(*state, mark, "report", "status=70", NULL);
	WORLD_JSON *message = world_message_wait(*state, world_text(stored, "id"), "expired");

	assert_true(json_is_true(world_at(message, "recipients.0.final")));
	phone_reachable(*state, phone, true);
	assert_int_equal(world_screen_count(*state, phone), 0);
}

static void a_message_stays_sent_until_its_report_is_let_go(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	report_mode(*state, phone, "withhold");
	world_send(*state, phone, "Where is my report?", 19, id);
	WORLD_JSON *screen = world_screen_wait(*state, phone, 1);
	WORLD_JSON *sent = world_message_wait(*state, id, "sent");
	assert_false(json_is_true(world_at(sent, "recipients.0.final")));

	world_cell_do(*state, "{s:s,s:s}", "op", "release", "number", phone);
	json_decref(world_message_wait(*state, id, "delivered"));
	assert_int_equal(world_screen_count(*state, phone), 1);
}

static void a_phone_that_comes_back_gets_its_message(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	phone_reachable(*state, phone, false);
	world_send(*state, phone, "When you are back.", 18, id);
	json_decref(world_message_wait(*state, id, "sent"));
	assert_int_equal(world_screen_count(*state, phone), 0);

	phone_reachable(*state, phone, true);
	json_decref(world_message_wait(*state, id, "delivered"));
	assert_int_equal(world_screen_count(*state, phone), 1);
}

/* The modem never answers AT+CMGS, the report comes all the same: it is not sent again. */
static void a_report_stands_in_for_an_answer_that_never_comes(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error", "SILENT",
		      "count", 1);
	world_send(*state, phone, "Fast phone, slow modem.", 23, id);

	WORLD_JSON *message = world_message_wait(*state, id, "delivered");
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 1);
	assert_int_equal(world_screen_count(*state, phone), 1);
}

static void all_parts_must_arrive_before_a_message_is_delivered(void **state)
{
	char text[400], phone[16], id[65];
	size_t mark = world_cell_mark(*state);

	memset(text, 'p', sizeof(text));
	world_number(*state, phone);
	report_mode(*state, phone, "withhold");
	world_send(*state, phone, text, sizeof(text), id);
	WORLD_JSON *message = world_message_wait(*state, id, "sent");
	assert_int_equal(world_integer(message, "recipients.0.partsSent"), 3);
	assert_int_equal(world_integer(message, "recipients.0.partsDelivered"), 0);

	world_cell_do(*state, "{s:s,s:s}", "op", "release", "number", phone);
	WORLD_JSON *delivered = world_message_wait(*state, id, "delivered");
	assert_int_equal(world_integer(delivered, "recipients.0.partsDelivered"), 3);
	assert_int_equal(world_cell_count(*state, mark, "submit", NULL), 3);
}

/* An error of the network is tried again, an error of the message is not. */
static void what_the_network_refuses_is_tried_again_or_fails(void **state)
{
	char phone[16], id[65];
	size_t mark = world_cell_mark(*state);

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error", "CMS:1",
		      "count", 1);
	world_send(*state, phone, "Unassigned.", 11, id);
	WORLD_JSON *failed = world_message_wait(*state, id, "failed");
	assert_string_not_equal(world_text(failed, "recipients.0.reason"), "");

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error", "CMS:38",
		      "count", 1);
	world_send(*state, phone, "Out of order.", 13, id);
	WORLD_JSON *message = world_message_wait(*state, id, "delivered");
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 2);
	assert_int_equal(world_screen_count(*state, phone), 1);
	assert_int_equal(world_cell_count(*state, mark, "refused", NULL), 2);
}

static int open_world(void **state)
{
	/* The second try comes after 30 s: a tenth of that will do. */
	*state = world_open(
		&(struct world_options){ .failed = scenario_failed, .time_percent = 10 });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(a_message_is_delivered_when_the_phone_has_it),
		scenario_test(a_failed_report_ends_the_message_as_failed),
		scenario_test(a_message_stays_sent_until_its_report_is_let_go),
		scenario_test(a_phone_that_comes_back_gets_its_message),
		scenario_test(a_report_stands_in_for_an_answer_that_never_comes),
		scenario_test(all_parts_must_arrive_before_a_message_is_delivered),
		scenario_test(what_the_network_refuses_is_tried_again_or_fails),
		scenario_test(a_message_that_cannot_be_delivered_in_time_expires),
	};

	return cmocka_run_group_tests_name("reports", tests, open_world, scenario_close);
}
