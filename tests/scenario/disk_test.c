/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The whole daemon on a bad disk: fault_vfs.so (tests/fault) is preloaded into it, and a file tells
 * the shim what the disk does now.
 */
#include "tests/scenario/shim.h"

#include <sqlite3.h>

#define TRIES 600 /* of 100 ms, at most */

/* Posts until the answer is the wanted one: the same id, so that it is one message however often. */
static json_t *post_until(struct world *world, const char *id, const char *number, int wanted)
{
	json_t *body = json_pack("{s:s,s:[s],s:s}", "id", id, "to", number, "text", "On the disk.");
	json_t *answer = NULL;
	int status = 0;

	for (int i = 0; i < TRIES && status != wanted; i++) {
		json_decref(answer);
		answer = world_http(world, "POST", "/v1/messages", body, &status);
		if (status != wanted)
			world_sleep(world, -1, 100);
	}
	json_decref(body);
	assert_int_equal(status, wanted);
	return answer;
}

static void a_full_disk_is_said_and_nothing_is_lost_by_it(void **state)
{
	char before[16], during[16], writer[16];

	shim_or_skip();
	world_number(*state, before);
	world_number(*state, during);
	world_number(*state, writer);
	shim_set("full,lasting");
	for (int i = 0; i < TRIES; i++) {
		char id[32];
		int status;

		snprintf(id, sizeof(id), "before-%d", i);
		json_t *body = json_pack("{s:s,s:[s],s:s}", "id", id, "to", before, "text", "Now?");
		WORLD_JSON *answer = world_http(*state, "POST", "/v1/messages", body, &status);

		json_decref(body);
		if (status == 503) {
			assert_string_equal(world_text(answer, "error"), "StoreFull");
			assert_string_not_equal(world_text(answer, "message"), "");
			break;
		}
		assert_int_equal(status, 202);
		world_sleep(*state, -1, 20);
		assert_true(i + 1 < TRIES);
	}
	WORLD_JSON *refused = post_until(*state, "during", during, 503);
	world_type(*state, writer, "Is anybody there?", 17);

	shim_set("");
	WORLD_JSON *accepted = post_until(*state, "during", during, 202);
	json_decref(world_message_wait(*state, "during", "delivered"));
	json_decref(world_inbox_wait(*state, writer, 1));
	assert_int_equal(world_screen_count(*state, during), 1);
	assert_string_equal(world_text(refused, "error"), "StoreFull");
	assert_string_equal(world_text(accepted, "id"), "during");
}

/* The store remembers that SIM as the one that is in some modem. */
static bool sim_is_kept(struct world *world, const char *iccid)
{
	char path[512];
	sqlite3_stmt *query = NULL;
	sqlite3 *db = NULL;
	bool kept;

	snprintf(path, sizeof(path), "%s/state/footbridge.db", world_directory(world));
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 1000);
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT 1 FROM modem WHERE sim = ?", -1, &query, NULL),
		SQLITE_OK);
	sqlite3_bind_text(query, 1, iccid, -1, SQLITE_STATIC);
	kept = sqlite3_step(query) == SQLITE_ROW;
	sqlite3_finalize(query);
	sqlite3_close(db);
	return kept;
}

static void a_sim_that_came_while_the_disk_was_full_is_remembered(void **state)
{
	static const char iccid[] = "89860000000000000077";
	char phone[16];
	size_t mark;

	shim_or_skip();
	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s}", "op", "unplug", "modem", WORLD_MODEM);
	world_modem_wait(*state, WORLD_MODEM, "absent");
	world_cell_do(*state, "{s:s,s:s,s:s,s:s}", "op", "set", "modem", WORLD_MODEM, "key",
		      "iccid", "value", iccid);
	shim_set("full,lasting");
	mark = world_cell_mark(*state);
	world_cell_do(*state, "{s:s,s:s}", "op", "plug", "modem", WORLD_MODEM);
	/* It is at work, and has said which SIM it has: nobody else can tell now. */
	world_cell_wait(*state, mark, "line", "text=AT+CMGL=4", NULL);
	json_decref(post_until(*state, "other-sim", phone, 503));
	assert_false(sim_is_kept(*state, iccid));

	shim_set("");
	json_decref(post_until(*state, "other-sim", phone, 202));
	for (int i = 0; i < TRIES && !sim_is_kept(*state, iccid); i++)
		world_sleep(*state, -1, 100);
	assert_true(sim_is_kept(*state, iccid));
	json_decref(world_message_wait(*state, "other-sim", "delivered"));
}

static void a_disk_of_200_ms_a_sync_carries_everything(void **state)
{
	char writer[16], phones[5][16];

	shim_or_skip();
	world_number(*state, writer);
	shim_set("sync_ms=200");
	world_type(*state, writer, "Slowly.", 7);
	for (size_t i = 0; i < 5; i++) {
		char id[16];

		world_number(*state, phones[i]);
		snprintf(id, sizeof(id), "slow-%zu", i);
		json_decref(post_until(*state, id, phones[i], 202));
	}
	for (size_t i = 0; i < 5; i++) {
		char id[16];

		snprintf(id, sizeof(id), "slow-%zu", i);
		json_decref(world_message_wait(*state, id, "delivered"));
		assert_int_equal(world_screen_count(*state, phones[i]), 1);
	}
	json_decref(world_inbox_wait(*state, writer, 1));
	shim_set("");
}

/* What the last daemon left must be settled first, and no sync works: nobody knows of the events yet. */
static void a_daemon_that_cannot_recover_yet_says_that_it_starts(void **state)
{
	size_t cell, bridge;
	char phone[16], id[65], of[80];
	int status;

	shim_or_skip();
	cell = world_cell_mark(*state);
	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s}", "op", "hold", "modem", WORLD_MODEM, "at", "answer");
	world_send(*state, phone, "In between.", 11, id);
	world_cell_wait(*state, cell, "held", NULL);
	world_daemon_kill(*state);
	world_cell_do(*state, "{s:s,s:s}", "op", "resume", "modem", WORLD_MODEM);
	world_workers_gone(*state);
	shim_set("sync,lasting");
	world_daemon_start(*state);

	for (int i = 0; i < 3; i++) {
		WORLD_JSON *refused = world_http(*state, "GET", "/v1/events", NULL, &status);

		assert_int_equal(status, 503);
		assert_string_equal(world_text(refused, "error"), "Starting");
		assert_string_not_equal(world_text(refused, "message"), "");
		world_sleep(*state, -1, 500);
	}
	/* The one who follows the events has tried all the time. */
	bridge = world_bridge_mark(*state);
	snprintf(of, sizeof(of), "message=%s", id);
	shim_set("");
	world_bridge_wait(*state, bridge, "message.state", of, "stateFrom=sending", NULL);
	json_decref(world_message_wait(*state, id, "delivered"));
	assert_int_equal(world_screen_count(*state, phone), 1);
}

static int open_world(void **state)
{
	static const char *const cell[] = { "--modem", WORLD_MODEM ",number=" WORLD_MODEM_NUMBER,
					    "--log-lines", NULL };

#ifdef __SANITIZE_ADDRESS__
	return 0;
#endif
	shim_preload();
	shim_set("");
	*state = world_open(
		&(struct world_options){ .failed = scenario_failed, .cell_arguments = cell });
	return *state ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(a_full_disk_is_said_and_nothing_is_lost_by_it),
		scenario_test(a_sim_that_came_while_the_disk_was_full_is_remembered),
		scenario_test(a_disk_of_200_ms_a_sync_carries_everything),
		scenario_test(a_daemon_that_cannot_recover_yet_says_that_it_starts),
	};

	return cmocka_run_group_tests_name("disk", tests, open_world, scenario_close);
}
