/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Complaints of the users of other gateways that no other test answers; docs/complaints.md lists all
 * of them with their tests.
 */
#include "tests/scenario/scenario.h"

#include <sqlite3.h>

/* Deadlines: a silent listing is given up after 3 s, and the SIM is listed every 6. */
#define TIME_PERCENT 10
/* Far less than what a freeze takes. */
#define SOON_MSEC 1500

/* gammu #4 #323: eight minutes without an answer to anybody. */
static void a_listing_that_freezes_stops_one_worker_and_nobody_else(void **state)
{
	struct world *world = *state;
	size_t mark = world_cell_mark(world), events = world_bridge_mark(world);
	char phone[16], id[65];
	int64_t begun;
	int status;

	world_number(world, phone);
	world_cell_do(world, "{s:s,s:s,s:s}", "op", "hold", "modem", WORLD_MODEM, "at", "cmgl");
	world_cell_wait(world, mark, "held", "point=cmgl", NULL);
	begun = now_msec();
	json_decref(world_http(world, "GET", "/v1/status", NULL, &status));
	assert_int_equal(status, 200);
	world_send(world, phone, "In the meantime", 15, id);
	assert_in_range(now_msec() - begun, 0, SOON_MSEC);
	world_type(world, phone, "While it was frozen", 19);
	const json_t *failed =
		world_bridge_wait(world, events, "modem.state", "state=failed", NULL);
	assert_non_null(
		strstr(world_text(failed, "reason"), "the modem took too long over a command"));
	world_cell_do(world, "{s:s,s:s}", "op", "resume", "modem", WORLD_MODEM);
	json_decref(world_message_wait(world, id, "delivered"));
	json_decref(world_inbox_wait(world, phone, 1));
	assert_int_equal(world_screen_count(world, phone), 1);
}

/* gammu #442: a crash.  What we send is bounded; what others send is not. */
static void a_message_of_54_parts_comes_in_whole(void **state)
{
	static char text[54 * 153 + 1];
	char phone[16];

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)('a' + i / 153 % 26);
	world_number(*state, phone);
	WORLD_JSON *sent = world_cell(*state, "{s:s,s:s,s:s,s:s}", "op", "incoming", "modem",
				      WORLD_MODEM, "from", phone, "text", text);
	assert_int_equal(world_integer(sent, "parts"), 54);
	WORLD_JSON *items = world_inbox_wait(*state, phone, 1);
	assert_string_equal(world_text(items, "0.state"), "received");
	assert_shown(text, sizeof(text) - 1, items, "0.text");
}

/* gammu #381 #537, playSMS #572: it is tried again and again, before everybody else. */
static void one_bad_number_holds_up_nobody(void **state)
{
	char bad[16], good[16], bad_id[65], id[65];

	world_number(*state, bad);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", bad, "error", "CMS:41",
		      "count", 100);
	size_t mark = world_cell_mark(*state);
	world_send(*state, bad, "Nobody takes this", 17, bad_id);
	world_cell_wait(*state, mark, "refused", NULL);
	for (int i = 0; i < 5; i++) {
		world_number(*state, good);
		world_send(*state, good, "This one passes", 15, id);
		json_decref(world_message_wait(*state, id, "delivered"));
	}
	WORLD_JSON *message = world_message(*state, bad_id);
	assert_string_equal(world_text(message, "recipients.0.state"), "pending");
	assert_string_not_equal(world_text(message, "recipients.0.nextAttemptAt"), "");
	assert_string_not_equal(world_text(message, "recipients.0.reason"), "");
	assert_int_equal(world_cell_count(*state, mark, "refused", NULL), 1);
}

/* android-sms-gateway #394: "Yes" was said twice, and one of them was dropped. */
static void the_same_words_said_twice_are_two_messages(void **state)
{
	char phone[16];

	world_number(*state, phone);
	world_type(*state, phone, "Yes", 3);
	json_decref(world_inbox_wait(*state, phone, 1));
	world_cell_do(*state, "{s:s,s:i}", "op", "advance", "ms", 1000);
	world_type(*state, phone, "Yes", 3);
	json_decref(world_inbox_wait(*state, phone, 2));
}

/* gammu #177 #998: "database is locked".  Somebody looks into it all the while. */
static void whoever_reads_the_database_locks_nobody_out(void **state)
{
	char path[256], phone[16], id[65];
	sqlite3 *reader;

	snprintf(path, sizeof(path), "%s/state/footbridge.db", world_directory(*state));
	assert_int_equal(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM sqlite_master", NULL, NULL, NULL),
		SQLITE_OK);
	for (int i = 0; i < 20; i++) {
		world_number(*state, phone);
		world_send(*state, phone, "Seen by nobody else", 19, id);
		world_type(*state, phone, "Nor this", 8);
		json_decref(world_message_wait(*state, id, "delivered"));
		json_decref(world_inbox_wait(*state, phone, 1));
	}
	assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(reader);
}

static int open_world(void **state)
{
	*state = world_open(&(struct world_options){
		.failed = scenario_failed,
		.time_percent = TIME_PERCENT,
	});
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(a_listing_that_freezes_stops_one_worker_and_nobody_else),
		scenario_test(a_message_of_54_parts_comes_in_whole),
		scenario_test(one_bad_number_holds_up_nobody),
		scenario_test(the_same_words_said_twice_are_two_messages),
		scenario_test(whoever_reads_the_database_locks_nobody_out),
	};

	return cmocka_run_group_tests_name("complaints", tests, open_world, scenario_close);
}
