/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The power fails at every call in turn, and the disk keeps any subset of what was not synced: the
 * database opens, and everything that was acknowledged is in it.
 */
#include <fcntl.h>
#include <sqlite3.h>

#include "tests/fault/fault_vfs.h"
#include "tests/fault/power.h"
#include "tests/unit/store_fixture.h"
#include "tests/unit/store_schema_1.h"

#define MESSAGES 12

struct told {
	bool opened;
	unsigned submitted, refused; /* of MESSAGES, in order */
	bool there[MESSAGES];
};

static int setup_vfs(void **state)
{
	(void)state;
	fault_vfs_register();
	return 0;
}

/* A log that is folded into the database often, so that this is interrupted too. */
static void submit_all(struct fixture *f, struct told *told)
{
	char id[16];

	for (unsigned i = 0; i < MESSAGES; i++) {
		snprintf(id, sizeof(id), "m%u", i);
		told->there[i] = submit(f, (struct draft){ .id = id, .parts = 3 }).error == 0;
		told->submitted += told->there[i];
		told->refused += !told->there[i];
		/* Closing folds the log into the database. */
		if (i % 4 == 3) {
			f->store = store_close(f->store);
			if (fixture_open(f) < 0)
				return;
		}
	}
}

/* A database that exists before the watch begins, so that its making is not all that is tested. */
static struct fixture *world_new(void **state, bool made)
{
	struct fixture *f;

	setup_closed(state);
	f = *state;
	fault_set(&(struct fault_plan){ .without_syncs = true });
	if (made) {
		assert_int_equal(fixture_open(f), 0);
		submit(f, (struct draft){ .id = "before" });
		f->store = store_close(f->store);
	}
	return f;
}

static void assert_told(struct fixture *f, const struct told *told, bool made)
{
	char id[16];
	unsigned found = 0;

	if (fixture_open(f) < 0)
		fail_msg("%s", f->error);
	if (made)
		assert_int_equal(show(f, "before").error, 0);
	for (unsigned i = 0; i < MESSAGES; i++) {
		struct shown shown;

		snprintf(id, sizeof(id), "m%u", i);
		shown = show(f, id);
		found += shown.error == 0;
		if (told->there[i])
			assert_int_equal(shown.error, 0);
		/* One that was under way may have come through, then whole. */
		if (shown.error == 0) {
			assert_int_equal(shown.deliveries[0].parts, 3);
			assert_string_equal(shown.text, "one two three");
		} else {
			assert_int_equal(shown.error, -ENOENT);
		}
	}
	assert_in_range(found, told->submitted, told->submitted + 1);
	assert_int_equal(overview(f).deliveries[DELIVERY_PENDING], found + (made ? 1 : 0));
	assert_int_equal(submit(f, (struct draft){ .id = "after" }).error, 0);
	f->store = store_close(f->store);
}

static void assert_sound(const struct fixture *f)
{
	char path[192];
	sqlite3 *handle;
	sqlite3_stmt *check;

	snprintf(path, sizeof(path), "%s/footbridge.db", f->directory);
	assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, "footbridge"),
			 SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(handle, "PRAGMA integrity_check", -1, &check, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(check), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(check, 0), "ok");
	sqlite3_finalize(check);
	sqlite3_close(handle);
}

/* Returns how many calls there were. */
static unsigned long lose_power(unsigned long at, uint64_t seed, bool made)
{
	void *state;
	struct fixture *f = world_new(&state, made);
	struct told told = { 0 };
	unsigned long calls;

	power_watch(seed);
	fault_set(&(struct fault_plan){
		.kind = FAULT_POWER, .at = at, .lasting = true, .without_syncs = true });
	if (fixture_open(f) == 0)
		submit_all(f, &told);
	f->store = store_close(f->store);
	calls = fault_calls();
	fault_set(&(struct fault_plan){ .without_syncs = true });
	power_lose();
	printf("# power fails at call %lu, subset %lu\n", at, (unsigned long)seed);
	assert_told(f, &told, made);
	assert_sound(f);
	teardown(&state);
	return calls;
}

static void lose_power_everywhere(bool made, unsigned subsets)
{
	unsigned long at = 1;
	bool over = false;

	for (; !over; at += 2)
		for (uint64_t subset = 0; subset < subsets; subset++)
			over = lose_power(at, at * 1000 + subset, made) < at;
	assert_in_range(at, 100, 5000);
}

static void power_may_fail_at_any_moment(void **state)
{
	(void)state;
	lose_power_everywhere(true, 1);
}

static void power_may_fail_while_the_database_is_made(void **state)
{
	(void)state;
	for (unsigned long at = 1; at < 150; at += 2)
		for (uint64_t subset = 0; subset < 2; subset++)
			lose_power(at, at * 1000 + subset, false);
}

/*
 * The kernel may have taken for clean what a failed sync did not write.  What is acknowledged later
 * must not stand on it.
 */
static void nothing_is_built_on_a_sync_that_failed(void **state)
{
	(void)state;
	for (unsigned long at = 1; at < 40; at++) {
		for (uint64_t subset = 0; subset < 3; subset++) {
			void *own;
			struct fixture *f = world_new(&own, true);
			struct told told = { 0 };

			power_watch(at * 1000 + subset);
			assert_int_equal(fixture_open(f), 0);
			fault_set(&(struct fault_plan){
				.kind = FAULT_SYNC, .at = at, .without_syncs = true });
			submit_all(f, &told);
			assert_in_range(told.refused, 0, 1);
			/* From here on nothing reaches the disk. */
			fault_set(&(struct fault_plan){ .kind = FAULT_POWER,
							.at = 1,
							.lasting = true,
							.without_syncs = true });
			f->store = store_close(f->store);
			fault_set(&(struct fault_plan){ .without_syncs = true });
			power_lose();
			assert_told(f, &told, true);
			assert_sound(f);
			teardown(&own);
		}
	}
}

/* ------------------------------------------------------------------ a database of before */

#define OLD_MESSAGES 300

static void old_make(const struct fixture *f)
{
	static const char *const scripts[] = {
		"PRAGMA journal_mode = WAL",
		"BEGIN",
		schema_1_messages,
		schema_1_inbound,
		schema_1_events,
		"PRAGMA application_id = 1178759783",
		"PRAGMA user_version = 1",
		("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
		 " INSERT INTO message SELECT i, 'm' || i, zeroblob(32), 'old ' || i, NULL, 1, 0, 2, 0,"
		 " 0, 0 FROM n"),
		"COMMIT",
	};
	char path[192];
	sqlite3 *handle;

	snprintf(path, sizeof(path), "%s/footbridge.db", f->directory);
	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		assert_int_equal(sqlite3_exec(handle, scripts[i], NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
}

static void assert_old_kept(struct fixture *f)
{
	char path[192], id[16];
	int reserved = -1;
	FILE *file;

	if (fixture_open(f) < 0)
		fail_msg("%s", f->error);
	for (unsigned i = 1; i <= OLD_MESSAGES; i += 13) {
		snprintf(id, sizeof(id), "m%u", i);
		assert_int_equal(show(f, id).error, 0);
	}
	f->store = store_close(f->store);
	assert_sound(f);
	snprintf(path, sizeof(path), "%s/footbridge.db", f->directory);
	file = fopen(path, "rbe");
	assert_non_null(file);
	fseek(file, 20, SEEK_SET);
	reserved = fgetc(file);
	fclose(file);
	assert_int_equal(reserved, 8);
}

static void power_may_fail_while_an_old_database_gets_its_checksums(void **state)
{
	bool over = false;

	(void)state;
	for (unsigned long at = 1; !over; at += 3) {
		void *own;
		struct fixture *f = world_new(&own, false);

		old_make(f);
		power_watch(at);
		fault_set(&(struct fault_plan){
			.kind = FAULT_POWER, .at = at, .lasting = true, .without_syncs = true });
		(void)fixture_open(f);
		f->store = store_close(f->store);
		over = fault_calls() < at;
		fault_set(&(struct fault_plan){ .without_syncs = true });
		power_lose();
		assert_old_kept(f);
		teardown(&own);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_may_fail_at_any_moment),
		cmocka_unit_test(power_may_fail_while_the_database_is_made),
		cmocka_unit_test(nothing_is_built_on_a_sync_that_failed),
		cmocka_unit_test(power_may_fail_while_an_old_database_gets_its_checksums),
	};

	return cmocka_run_group_tests(tests, setup_vfs, NULL);
}
