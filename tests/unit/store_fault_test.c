/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A disk, and a memory, that fail at every call in turn while the store does a bit of everything.
 * After each: every callback has come once, what was acknowledged is there, what failed left no
 * trace, and the store has recovered by itself.
 */
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "tests/fault/fault_vfs.h"
#include "tests/unit/store_fixture.h"

/* ------------------------------------------------------------------ memory that fails */

static sqlite3_mem_methods memory;
static atomic_ulong memory_calls, memory_fails_at; /* 0: never */
static atomic_bool memory_lasting;

static bool memory_fails(void)
{
	unsigned long call = atomic_fetch_add(&memory_calls, 1) + 1;
	unsigned long at = atomic_load(&memory_fails_at);

	return at > 0 && (call == at || (call > at && atomic_load(&memory_lasting)));
}

static void *failing_malloc(int size)
{
	return memory_fails() ? NULL : memory.xMalloc(size);
}

static void *failing_realloc(void *old, int size)
{
	return memory_fails() ? NULL : memory.xRealloc(old, size);
}

static int setup_memory(void **state)
{
	sqlite3_mem_methods failing;

	(void)state;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory), SQLITE_OK);
	failing = memory;
	failing.xMalloc = failing_malloc;
	failing.xRealloc = failing_realloc;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), SQLITE_OK);
	fault_vfs_register();
	return 0;
}

/* ------------------------------------------------------------------ a bit of everything */

/* What one run of the workload was told.  1: nothing yet. */
struct run {
	unsigned posted, came;
	int opened, submitted[2], cancelled, recovered, received, listed;
	struct turn turn;
	int ended;
};

struct answer {
	struct run *run;
	int *error;
};

static void answered(struct answer *answer, int error)
{
	*answer->error = error;
	answer->run->came++;
}

static void received_done(int error, enum store_reading reading, void *userdata)
{
	(void)reading;
	answered(userdata, error);
}

static void listed_done(int error, const struct store_message *messages, size_t count, int64_t next,
			void *userdata)
{
	(void)messages;
	(void)count;
	(void)next;
	answered(userdata, error);
}

static void run_wait(struct fixture *f, struct run *run, int posted)
{
	assert_int_equal(posted, 0);
	run->posted++;
	while (run->came < run->posted)
		assert_true(sd_event_run(f->loop, 10 * USEC_PER_SEC) > 0);
	assert_int_equal(run->came, run->posted);
}

static int take_in(struct fixture *f, struct run *run)
{
	struct tpdu tpdu = { .kind = TPDU_DELIVER, .port = -1, .text_size = 5 };
	const struct store_received received = {
		.at_usec = T0,
		.memory = "SM",
		.location = 1,
		.octets = (const uint8_t *)"octets",
		.size = 6,
		.tpdu = &tpdu,
	};
	struct answer answer = { run, &run->received };

	snprintf(tpdu.address, sizeof(tpdu.address), BOB);
	memcpy(tpdu.text, "hello", 5);
	run_wait(f, run, store_receive(f->store, &north, &received, received_done, &answer));
	return run->received;
}

static void list_all(struct fixture *f, struct run *run)
{
	const struct store_message_filter filter = { .state = -1, .limit = 10 };
	struct answer answer = { run, &run->listed };

	run_wait(f, run, store_message_list(f->store, &filter, listed_done, &answer));
}

static struct run work(struct fixture *f)
{
	struct run run = { .ended = 1 };

	run.opened = fixture_open(f);
	if (run.opened < 0)
		return run;
	run.recovered = recover(f, T0);
	run.submitted[0] = submit(f, (struct draft){ .id = "a", .parts = 3 }).error;
	run.submitted[1] = submit(f, (struct draft){ .id = "b", .to = BOB }).error;
	run.cancelled = cancel(f, "b").error;
	run.turn = begin(f, &north, T0);
	if (run.turn.found)
		run.ended = end(f, run.turn.job.attempt, PART_ACCEPTED, 7);
	take_in(f, &run);
	list_all(f, &run);
	return run;
}

/* What was told is what is there, in every respect that the caller can see. */
static void assert_kept(struct fixture *f, const struct run *run)
{
	struct shown a = show(f, "a"), b = show(f, "b");
	struct inbox in = inbox(f);
	struct store_overview sums = overview(f);
	bool taken = run->opened == 0 && run->submitted[0] == 0;

	assert_int_equal(a.error, taken ? 0 : -ENOENT);
	if (taken) {
		assert_int_equal(a.deliveries[0].parts, 3);
		assert_int_equal(a.deliveries[0].attempt_count, run->turn.found ? 1 : 0);
		assert_int_equal(a.deliveries[0].parts_sent, run->ended == 0 ? 1 : 0);
		if (run->turn.found)
			assert_int_equal(a.attempts[0][0].state,
					 run->ended == 0 ? DELIVERY_SENT : DELIVERY_SENDING);
	}
	taken = run->opened == 0 && run->submitted[1] == 0;
	assert_int_equal(b.error, taken ? 0 : -ENOENT);
	if (taken)
		assert_int_equal(b.deliveries[0].state == DELIVERY_CANCELLED, run->cancelled == 0);
	assert_int_equal(in.count, run->opened == 0 && run->received == 0 ? 1 : 0);
	assert_int_equal(sums.inbox_unhandled, in.count);
	assert_int_equal(sums.deliveries[DELIVERY_CANCELLED], taken && run->cancelled == 0);
	assert_int_equal(sums.deliveries[DELIVERY_PENDING] + sums.deliveries[DELIVERY_SENDING] +
				 sums.deliveries[DELIVERY_CANCELLED],
			 (a.error == 0) + (b.error == 0));
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

static const struct fault_plan healthy = { .without_syncs = true };

/* The errors that the header promises. */
static void assert_promised(int error)
{
	assert_true(error == 1 || error == 0 || error == -EIO || error == -ENOSPC ||
		    error == -ENOMEM || error == -ENOENT);
}

static void run_check(struct fixture *f, struct run run)
{
	assert_int_not_equal(run.opened, -EUCLEAN);
	assert_promised(run.submitted[0]);
	assert_promised(run.submitted[1]);
	assert_promised(run.cancelled);
	assert_promised(run.received);
	assert_promised(run.turn.error);
	assert_promised(run.ended);

	/* Well again, without anybody's help; then by a fresh look at the disk. */
	if (run.opened < 0) {
		assert_true(strlen(f->error) > 20);
		assert_int_equal(fixture_open(f), 0);
	}
	assert_kept(f, &run);
	fixture_reopen(f);
	assert_kept(f, &run);
	/* And what failed can be done now. */
	run = (struct run){ 0 };
	assert_int_equal(take_in(f, &run), 0);
	assert_int_equal(inbox(f).count, 1);
	assert_int_equal(submit(f, (struct draft){ .id = "c" }).error, 0);
	f->store = store_close(f->store);
	assert_sound(f);
}

/* An empty database, made once: making one takes more calls than all the rest. */
static unsigned char made[1 << 20];
static size_t made_size;

static FILE *database_file(const struct fixture *f, const char *mode)
{
	char path[192];
	FILE *file;

	snprintf(path, sizeof(path), "%s/footbridge.db", f->directory);
	file = fopen(path, mode);
	assert_non_null(file);
	return file;
}

static void make_once(void)
{
	void *state;
	struct fixture *f;
	FILE *file;

	fault_set(&healthy);
	setup(&state);
	f = state;
	f->store = store_close(f->store);
	file = database_file(f, "rbe");
	made_size = fread(made, 1, sizeof(made), file);
	fclose(file);
	assert_in_range(made_size, 4096, sizeof(made) - 1);
	teardown(&state);
}

static struct fixture *fixture_new(void **state, bool empty)
{
	FILE *file;

	setup_closed(state);
	if (!empty) {
		if (made_size == 0)
			make_once();
		file = database_file(*state, "wbe");
		assert_int_equal(fwrite(made, 1, made_size, file), made_size);
		fclose(file);
	}
	return *state;
}

static unsigned long run_with(const struct fault_plan *plan, bool empty)
{
	void *state;
	struct fixture *f = fixture_new(&state, empty);
	struct run run;
	unsigned long calls;

	fault_set(plan);
	run = work(f);
	calls = fault_calls();
	fault_set(&healthy);
	run_check(f, run);
	teardown(&state);
	return calls;
}

/* Until the call that is to fail is never reached. */
static void fail_at_every_call(enum fault_kind kind, bool empty)
{
	struct fault_plan plan = { .kind = kind, .at = 1, .without_syncs = true };

	for (;;) {
		unsigned long calls;

		plan.lasting = false;
		calls = run_with(&plan, empty);
		plan.lasting = true;
		if (!empty)
			run_with(&plan, empty);
		if (calls < plan.at)
			break;
		plan.at++;
	}
	assert_in_range(plan.at, 5, 5000);
}

static void any_call_may_fail(void **state)
{
	(void)state;
	fail_at_every_call(FAULT_IO, false);
}

static void any_call_may_fail_while_the_database_is_made(void **state)
{
	(void)state;
	fail_at_every_call(FAULT_IO, true);
}

static void the_disk_may_be_full_at_any_call(void **state)
{
	(void)state;
	fail_at_every_call(FAULT_FULL, false);
}

static void any_read_or_write_may_be_cut_short(void **state)
{
	(void)state;
	fail_at_every_call(FAULT_SHORT, false);
}

static void any_sync_may_fail(void **state)
{
	(void)state;
	fail_at_every_call(FAULT_SYNC, true);
}

/* ------------------------------------------------------------------ memory, descriptors */

static unsigned long run_without_memory(unsigned long at, bool lasting)
{
	void *state;
	struct fixture *f = fixture_new(&state, false);
	struct run run;
	unsigned long calls;

	atomic_store(&memory_calls, 0);
	atomic_store(&memory_lasting, lasting);
	atomic_store(&memory_fails_at, at);
	run = work(f);
	calls = atomic_load(&memory_calls);
	atomic_store(&memory_fails_at, 0);
	run_check(f, run);
	teardown(&state);
	return calls;
}

/* There are thousands, much alike: one in seventeen, and later ever fewer. */
static void memory_may_run_out_anywhere(void **state)
{
	unsigned long at = 1;

	(void)state;
	fault_set(&healthy);
	for (;; at += 17 + at / 20) {
		if (run_without_memory(at, false) < at)
			break;
		run_without_memory(at, true);
	}
	assert_true(at > 1000);
}

static int descriptors_limit(rlim_t limit)
{
	struct rlimit descriptors;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &descriptors), 0);
	descriptors.rlim_cur = limit ? limit : descriptors.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &descriptors);
}

static void without_descriptors_it_can_not_be_opened_and_says_why(void **state)
{
	struct fixture *f = *state;
	int r = -EMFILE;

	fault_set(&healthy);
	for (rlim_t limit = 3; r < 0; limit++) {
		assert_in_range(limit, 3, 64);
		assert_int_equal(descriptors_limit(limit), 0);
		r = fixture_open(f);
		assert_int_equal(descriptors_limit(0), 0);
		if (r < 0)
			assert_non_null(strstr(f->error, "descriptors"));
	}
	assert_int_equal(submit(f, (struct draft){ .id = "m" }).error, 0);
	fixture_reopen(f);
	assert_int_equal(state_of(f, "m"), DELIVERY_PENDING);
}

static void without_descriptors_what_is_open_works_and_what_failed_recovers(void **state)
{
	struct fixture *f = *state;

	fault_set(&healthy);
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(descriptors_limit(3), 0);
	assert_int_equal(submit(f, (struct draft){ .id = "m" }).error, 0);
	fault_set(&(struct fault_plan){ .kind = FAULT_SYNC, .at = 1, .without_syncs = true });
	assert_int_equal(submit(f, (struct draft){ .id = "n" }).error, -EIO);
	assert_int_equal(show(f, "m").error, -EIO);
	assert_int_equal(descriptors_limit(0), 0);
	assert_int_equal(show(f, "m").error, 0);
	assert_int_equal(show(f, "n").error, -ENOENT);
	assert_int_equal(submit(f, (struct draft){ .id = "n" }).error, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_call_may_fail),
		cmocka_unit_test(any_call_may_fail_while_the_database_is_made),
		cmocka_unit_test(the_disk_may_be_full_at_any_call),
		cmocka_unit_test(any_read_or_write_may_be_cut_short),
		cmocka_unit_test(any_sync_may_fail),
		cmocka_unit_test(memory_may_run_out_anywhere),
#define CLOSED(name) cmocka_unit_test_setup_teardown(name, setup_closed, teardown)
		CLOSED(without_descriptors_it_can_not_be_opened_and_says_why),
		CLOSED(without_descriptors_what_is_open_works_and_what_failed_recovers),
	};

	return cmocka_run_group_tests(tests, setup_memory, NULL);
}
