/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Databases of versions 1, 2 and 3, as the SQL of those made them, go on under this version.
 */
#include <sqlite3.h>

#include "bridge/store/vfs.h"
#include "tests/unit/store_pool.h"
#include "tests/unit/store_schema_1.h"
#include "tests/unit/store_schema_2.h"
#include "tests/unit/store_schema_3.h"
#include "tests/unit/store_sms.h"
#include "tests/unit/store_words.h"

#define NORTH "'8986000000000000001'"

/* Moments in the rows count from T0, in microseconds; :t is T0. */
static const char rows[] =
	"INSERT INTO message VALUES"
	" (1,'pending',zeroblob(32),'one',NULL,:t,0,:t+259200000000,0,0,0),"
	" (2,'later',zeroblob(32),'two',NULL,:t,:t+3600000000,:t+90000000000,0,0,0),"
	" (3,'lost',zeroblob(32),'three',NULL,:t,0,:t+259200000000,0,0,0),"
	" (4,'done',zeroblob(32),'four',NULL,:t,0,:t+259200000000,0,0,0),"
	" (5,'sent',zeroblob(32),'five',NULL,:t,0,:t+259200000000,0,0,0);"
	"INSERT INTO message_part VALUES (1,1,'one'),(2,1,'two'),(3,1,'three'),(4,1,'four'),"
	" (5,1,'five');"
	"INSERT INTO delivery (seq,id,message,recipient,number,state,final,reason,modem,sim,parts,"
	" priority,valid_until,waiting,due_at,settle_at) VALUES"
	" (1,'d1',1,'+1','+13800000001',0,0,'r','','',1,0,:t+259200000000,1,:t,:t+259200000000),"
	" (2,'d2',2,'+1','+13800000001',0,0,'r','','',1,0,:t+90000000000,1,:t+3600000000,"
	" :t+90000000000),"
	" (3,'d3',3,'+1','+13800000001',2,0,'r','north'," NORTH ",1,0,:t+259200000000,0,:t,"
	" :t+262800000000),"
	" (4,'d4',4,'+1','+13800000001',4,1,'r','north'," NORTH ",1,0,:t+259200000000,0,:t,0),"
	" (5,'d5',5,'+1','+13800000001',3,0,'r','north'," NORTH ",1,0,:t+259200000000,0,:t,"
	" :t+262800000000);"
	"INSERT INTO part VALUES (1,1,0,:t,0,0,'',-1,'00000001',0),"
	" (2,1,0,:t+3600000000,0,0,'',-1,'00000001',0),"
	" (3,1,2,:t,1,:t," NORTH ",-1,'00000001',0),(4,1,4,:t,2,:t," NORTH ",8,'00000001',0),"
	" (5,1,3,:t,3,:t," NORTH ",9,'00000001',0);"
	"INSERT INTO attempt VALUES (1,3,1,'north'," NORTH ",2,:t,:t+5,1,-1,0,'r',''),"
	" (2,4,1,'north'," NORTH ",4,:t,:t+5,1,8,0,'r',''),"
	" (3,5,1,'north'," NORTH ",3,:t,:t+5,1,9,0,'r','');"
	"INSERT INTO inbound VALUES"
	" (1,'i1',0,'+1'," NORTH ",'north','','hello',NULL,:t,:t,:t+9),"
	" (2,'i2',0,'+1'," NORTH ",'north','','open',NULL,:t,:t,0);"
	"INSERT INTO fingerprint VALUES (" NORTH ",zeroblob(32),:t);"
	"INSERT INTO sim VALUES (" NORTH ",4,20260101,7,:t+5);"
	"INSERT INTO assembly VALUES"
	" (1," NORTH ",'+8613800000001',7,0,3,'north','',:t),"
	" (2," NORTH ",'+8613800000001',8,0,2,'north','',:t);"
	"INSERT INTO assembly_part VALUES (1,2,'two ',:t),(2,1,'0102',:t);"
	"INSERT INTO event (type,at,inbound,message,delivery,recipient,number,from_state,to_state,"
	" modem,reason,error,modem_from,modem_to) VALUES"
	" (0,:t,1,'','','','',0,0,'','','','',''),"
	" (1,:t,NULL,'done','d4','+1','+13800000001',3,4,'north','r','','','');"
	"UPDATE tally SET n = :t WHERE key = 101;";

/* sqlite3_exec() has no parameters: :t becomes its number. */
static void exec_rows(sqlite3 *handle)
{
	char *sql = calloc(1, sizeof(rows) * 8);
	char *at = sql;

	assert_non_null(sql);
	for (const char *from = rows; *from;) {
		if (strncmp(from, ":t", 2) == 0) {
			at += sprintf(at, "%lld", (long long)T0);
			from += 2;
		} else {
			*at++ = *from++;
		}
	}
	assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	free(sql);
}

static void exec(sqlite3 *handle, const char *sql)
{
	assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void make_version_1(sqlite3 *handle)
{
	exec(handle, schema_1_messages);
	exec(handle, schema_1_inbound);
	exec(handle, schema_1_events);
	exec_rows(handle);
}

/* One that was of version 1 before. */
static void make_version_2(sqlite3 *handle)
{
	make_version_1(handle);
	exec(handle, schema_2_unknown);
	exec(handle, schema_2_schedule);
	exec(handle, schema_2_sims);
	exec(handle, schema_2_pins);
	exec(handle, schema_2_attention);
	exec(handle, schema_2_retention);
}

static void make_version_3(sqlite3 *handle)
{
	make_version_2(handle);
	exec(handle, schema_3_kinds);
	exec(handle, schema_3_health);
}

static int setup_version(void **state, void (*make)(sqlite3 *handle), const char *version,
			 bool sums)
{
	int reserved = VFS_RESERVED;
	char path[192];
	sqlite3 *handle;
	struct fixture *f;

	setup_closed(state);
	f = *state;
	snprintf(path, sizeof(path), "%s/footbridge.db", f->directory);
	assert_int_equal(vfs_register(), SQLITE_OK);
	assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
					 sums ? VFS_NAME : NULL),
			 SQLITE_OK);
	if (sums)
		sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
	exec(handle, "PRAGMA journal_mode = WAL");
	exec(handle, "BEGIN");
	make(handle);
	exec(handle, "PRAGMA application_id = 1178759783");
	exec(handle, version);
	exec(handle, "COMMIT");
	assert_int_equal(sqlite3_close(handle), SQLITE_OK);
	assert_int_equal(fixture_open(f), 0);
	return 0;
}

static int setup_version_1(void **state)
{
	return setup_version(state, make_version_1, "PRAGMA user_version = 1", false);
}

/* From then on every page has its checksum. */
static int setup_version_2(void **state)
{
	return setup_version(state, make_version_2, "PRAGMA user_version = 2", true);
}

static int setup_version_3(void **state)
{
	return setup_version(state, make_version_3, "PRAGMA user_version = 3", true);
}

static void everything_is_still_there(void **state)
{
	struct fixture *f = *state;
	struct store_overview seen = overview(f);

	assert_int_equal(seen.deliveries[DELIVERY_PENDING], 2);
	assert_int_equal(seen.deliveries[DELIVERY_UNKNOWN], 1);
	assert_int_equal(seen.deliveries[DELIVERY_DELIVERED], 1);
	assert_int_equal(seen.inbox_unhandled, 1);
	assert_int_equal(seen.attention_open, 0);
	assert_false(seen.held);
	assert_int_equal(seen.last_event, 2);
	assert_int_equal(seen.newest_stored_usec, T0);
	assert_string_equal(show(f, "lost").text, "three");
	assert_string_equal(inbox(f).text[0], "open");
	/* And once more, from what it made of it. */
	fixture_reopen(f);
	assert_int_equal(overview(f).deliveries[DELIVERY_PENDING], 2);
}

static void what_waits_goes_out_and_what_is_scheduled_waits_on(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(begin(f, &north, T0 + 9).job.message, "pending");
	assert_int_equal(tick(f, T0 + 9).next_usec, T0 + 30 * MINUTE);
	assert_false(begin_untrusted(f, &north, T0 + 2 * HOUR).found);
	assert_string_equal(begin(f, &north, T0 + HOUR).job.message, "later");
}

static void an_unknown_one_is_sent_again_in_its_time(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(tick(f, T0 + 30 * MINUTE).resent, 1);
	begin(f, &north, T0 + 30 * MINUTE);
	assert_memory_equal(begin(f, &north, T0 + 30 * MINUTE).job.text, "(again) three", 13);
}

static void a_report_still_finds_its_part(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(report(f, &north, "+13800000001", 9, 0, T0 + 9), STORE_READING_REPORT);
	assert_int_equal(state_of(f, "sent"), DELIVERY_DELIVERED);
}

static void a_sim_that_was_in_use_is_not_met_for_the_first_time(void **state)
{
	struct fixture *f = *state;
	struct tpdu tpdu = {
		.kind = TPDU_DELIVER, .port = -1, .address = ALICE, .text = "hi", .text_size = 2
	};

	assert_int_equal(receive(f, &north, "new", 1, &tpdu, T0), STORE_READING_MESSAGE);
	assert_int_equal(receive(f, &south, "new", 1, &tpdu, T0), STORE_READING_OLD);
}

static void what_was_over_is_forgotten_in_its_time(void **state)
{
	struct fixture *f = *state;
	const struct store_tick_policy by = {
		.unknown_usec = DAY,
		.keep_text_usec = HOUR,
		.keep_record_usec = 3 * HOUR,
	};

	tick_by(f, T0 + 5 + HOUR - 1, true, by);
	assert_string_equal(show(f, "done").text, "four");
	tick_by(f, T0 + 9 + HOUR, true, by);
	assert_string_equal(show(f, "done").text, "");
	assert_string_equal(show(f, "lost").text, "three");
	assert_string_equal(inbox(f).text[1], "");
	tick_by(f, T0 + 9 + 3 * HOUR, true, by);
	assert_int_equal(show(f, "done").error, -ENOENT);
	assert_int_equal(inbox(f).count, 1);
	assert_int_equal(overview(f).deliveries[DELIVERY_DELIVERED], 0);
}

static void what_was_in_the_inbox_is_text_to_no_port(void **state)
{
	struct inbox in = inbox(*state);

	for (size_t i = 0; i < in.count; i++) {
		assert_int_equal(in.items[i].kind, INBOUND_TEXT);
		assert_int_equal(in.items[i].port, -1);
	}
}

static void parts_of_before_are_joined_with_those_that_come_now(void **state)
{
	struct fixture *f = *state;
	struct sms sms = { .from = ALICE, .text = "three", .sent = T0 };

	sms.concat = part_of(7, 3, 3);
	assert_int_equal(sms_come(f, sms, T0 + HOUR), STORE_READING_PART);
	sms.text = "one ";
	sms.concat.sequence = 1;
	assert_int_equal(sms_come(f, sms, T0 + HOUR), STORE_READING_MESSAGE);
	assert_string_equal(inbox(f).text[0], "one two three");
	/* To which port the other was sent, its next part tells. */
	sms = (struct sms){
		.from = ALICE,
		.coding = CODING_DATA,
		.text = "\x03\x04",
		.port = 5000,
		.concat = part_of(8, 2, 2),
		.sent = T0,
	};
	assert_int_equal(sms_come(f, sms, T0 + HOUR), STORE_READING_MESSAGE);
	assert_string_equal(inbox(f).text[0], "01020304");
	assert_int_equal(inbox(f).items[0].kind, INBOUND_DATA);
	assert_int_equal(inbox(f).items[0].port, 5000);
}

static void parts_of_before_are_given_up_in_their_time(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(tick(f, T0 + 3 * DAY).incomplete, 2);
	assert_string_equal(inbox(f).text[1], "[…]two […]");
	assert_string_equal(inbox(f).text[0], "0102[…]");
	assert_int_equal(inbox(f).items[0].kind, INBOUND_TEXT);
	assert_int_equal(inbox(f).items[0].port, -1);
}

static void keep_health(int error, const struct store_sim_health *health, void *userdata)
{
	struct ticked *came = userdata;

	assert_int_equal(error, 0);
	assert_int_equal(health->last_sent_usec, T0 + 5);
	assert_int_equal(health->parts_today, 0);
	assert_int_equal(health->recent, 0);
	assert_int_equal(health->unreported, 0);
	assert_string_equal(health->last_error, "");
	came->came = true;
}

static void what_a_sim_did_is_known_as_far_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct ticked came = { 0 };

	assert_int_equal(store_sim_health(f->store, &north, T0, keep_health, &came), 0);
	await(f, &came.came);
}

static void attempts_of_before_count_as_tries(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(late(f, &north, PART_REFUSED, -1), 0);
	begin(f, &north, T0 + 9);
	assert_int_equal(begin(f, &north, T0 + 9).job.tries, 1);
}

static void what_waited_is_sorted_by_the_prefixes_of_now(void **state)
{
	static const char *const prefixes[] = { "+138" };
	struct fixture *f = *state;
	struct store_route route = { .prefixes = prefixes, .prefix_count = 1 };

	assert_int_equal(set_prefixes(f, prefixes, 1), 0);
	assert_false(begin(f, &north, T0 + 9).found);
	assert_string_equal(
		begin_by(f, &north, &route, (struct store_now){ T0 + 9, true }).job.message,
		"pending");
	assert_string_equal(
		begin_by(f, &north, &route, (struct store_now){ T0 + HOUR, true }).job.message,
		"later");
}

static void what_waited_is_in_the_backlog(void **state)
{
	struct fixture *f = *state;

	/* The scheduled one is not, before its moment. */
	assert_int_equal(backlog(f).total, 1);
	assert_string_equal(backlog(f).prefix[0], "");
	assert_int_equal(tick(f, T0 + HOUR).released, 1);
	assert_int_equal(backlog(f).total, 3);
	begin(f, &north, T0 + HOUR);
	assert_int_equal(backlog(f).total, 2);
}

static void nothing_was_counted_before(void **state)
{
	struct fixture *f = *state;
	struct store_sim_health health = health_of(f, &north, T0);

	for (int i = 0; i < STORE_LIMIT_COUNT; i++)
		assert_int_equal(health.uses[i].used, 0);
	assert_string_equal(health.balance, "");
	assert_int_equal(kept_modems(f).count, 0);
	begin(f, &north, T0 + 9);
	assert_int_equal(health_of(f, &north, T0 + 9).uses[STORE_LIMIT_MONTH].used, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, setup_version_1, teardown),                          \
		{ #name "_from_2", name, setup_version_2, teardown, NULL },                        \
		{ #name "_from_3", name, setup_version_3, teardown, NULL }
		TEST(everything_is_still_there),
		TEST(what_waits_goes_out_and_what_is_scheduled_waits_on),
		TEST(an_unknown_one_is_sent_again_in_its_time),
		TEST(a_report_still_finds_its_part),
		TEST(a_sim_that_was_in_use_is_not_met_for_the_first_time),
		TEST(what_was_over_is_forgotten_in_its_time),
		TEST(what_was_in_the_inbox_is_text_to_no_port),
		TEST(parts_of_before_are_joined_with_those_that_come_now),
		TEST(parts_of_before_are_given_up_in_their_time),
		TEST(what_a_sim_did_is_known_as_far_as_it_was),
		TEST(attempts_of_before_count_as_tries),
		TEST(what_waited_is_sorted_by_the_prefixes_of_now),
		TEST(what_waited_is_in_the_backlog),
		TEST(nothing_was_counted_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
