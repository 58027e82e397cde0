/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Disks that fail, and too much at once.  The functions below stand before the C library's, so
 * SQLite meets the errors where a real disk gives them.
 */
#include <dlfcn.h>
#include <stdatomic.h>

#include "tests/unit/store_fixture.h"

static atomic_int sync_fails;  /* so many more */
static atomic_int write_error; /* an errno while it is set */

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the others are reserved */
int fdatasync(int fd)
{
	int left = atomic_load(&sync_fails);

	if (left > 0) {
		atomic_store(&sync_fails, left - 1);
		errno = EIO;
		return -1;
	}
	return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the others are reserved */
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
	int error = atomic_load(&write_error);

	if (error) {
		errno = error;
		return -1;
	}
	return ((ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64"))(
		fd, bytes, size, offset);
}

static int teardown_well(void **state)
{
	atomic_store(&sync_fails, 0);
	atomic_store(&write_error, 0);
	return teardown(state);
}

static void a_commit_that_fails_is_an_error_and_nothing_is_half_done(void **state)
{
	struct fixture *f = *state;

	atomic_store(&sync_fails, 1);
	assert_int_equal(submit(f, (struct draft){ .id = "m", .parts = 3 }).error, -EIO);
	assert_int_equal(show(f, "m").error, -ENOENT);
	assert_int_equal(submit(f, (struct draft){ .id = "m", .parts = 3 }).error, 0);
	fixture_reopen(f);
	assert_int_equal(show(f, "m").deliveries[0].parts, 3);
	assert_int_equal(overview(f).deliveries[DELIVERY_PENDING], 1);
}

static void a_full_disk_says_so_and_work_goes_on_when_there_is_room(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "before" });
	atomic_store(&write_error, ENOSPC);
	assert_int_equal(submit(f, (struct draft){ .id = "m" }).error, -ENOSPC);
	assert_int_equal(begin(f, &north, T0).error, -ENOSPC);
	atomic_store(&write_error, 0);
	assert_int_equal(show(f, "m").error, -ENOENT);
	turn = begin(f, &north, T0);
	assert_string_equal(turn.job.message, "before");
	assert_int_equal(end(f, turn.job.attempt, PART_ACCEPTED, 1), 0);
}

static void no_event_is_told_of_what_was_not_committed(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m" });
	atomic_store(&sync_fails, 1);
	assert_int_equal(cancel(f, "m").error, -EIO);
	assert_int_equal(f->event_count, 0);
	assert_int_equal(state_of(f, "m"), DELIVERY_PENDING);
}

/* Its log must forget the commit that was called failed: the part must not stay on the air. */
static void a_part_that_was_never_given_out_is_not_left_sending(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m" });
	atomic_store(&sync_fails, 1);
	assert_int_equal(begin(f, &north, T0).error, -EIO);
	assert_int_equal(state_of(f, "m"), DELIVERY_PENDING);
	assert_true(begin(f, &north, T0).found);
}

static void a_batch_fails_as_a_whole(void **state)
{
	struct fixture *f = *state;
	struct shown shown[8] = { 0 };
	unsigned failed = 0, there = 0;

	submit(f, (struct draft){ .id = "m" });
	atomic_store(&sync_fails, 1);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(store_message_cancel(f->store, "m", T0, keep_message, &shown[i]),
				 0);
	await(f, &shown[7].came);
	for (unsigned i = 0; i < 8; i++) {
		failed += shown[i].error == -EIO;
		there += shown[i].error == 0;
	}
	/* Whoever came first failed; later batches found it pending and cancelled it once. */
	assert_true(shown[0].error == -EIO);
	assert_in_range(failed, 1, 8);
	assert_in_range(there, 0, 1);
	assert_int_equal(there == 1 ? DELIVERY_CANCELLED : DELIVERY_PENDING, state_of(f, "m"));
}

/* ------------------------------------------------------------------ too much, and the end */

static void count_done(int error, const struct store_message *message, void *userdata)
{
	(void)message;
	assert_int_equal(error, -ENOENT);
	(*(unsigned *)userdata)++;
}

static void a_queue_that_is_full_says_so_and_empties(void **state)
{
	struct fixture *f = *state;
	unsigned posted = 0, came = 0;

	while (store_message_get(f->store, "none", count_done, &came) == 0) {
		posted++;
		assert_in_range(posted, 1, 100000);
	}
	assert_int_equal(store_message_get(f->store, "none", count_done, &came), -EBUSY);
	while (came < posted)
		assert_true(sd_event_run(f->loop, 10 * USEC_PER_SEC) > 0);
	assert_int_equal(store_message_get(f->store, "none", count_done, &came), 0);
	while (came < posted + 1)
		assert_true(sd_event_run(f->loop, 10 * USEC_PER_SEC) > 0);
}

static void callbacks_come_in_the_order_of_posting(void **state)
{
	struct fixture *f = *state;
	struct shown get = { 0 };
	struct turn turn = { 0 };
	struct outcome outcome = { 0 };

	submit(f, (struct draft){ .id = "m" });
	store_attempt_begin(f->store, &north, &any_route, &(struct store_now){ T0, true }, keep_job,
			    &turn);
	store_message_get(f->store, "m", keep_message, &get);
	store_recover(f->store, T0 + 1, keep_outcome, &outcome);
	await(f, &outcome.came);
	assert_true(turn.came);
	assert_true(get.came);
	assert_int_equal(get.deliveries[0].state, DELIVERY_SENDING);
	assert_int_equal(state_of(f, "m"), DELIVERY_UNKNOWN);
}

static void closing_runs_what_is_queued_and_calls_nobody(void **state)
{
	struct fixture *f = *state;
	struct shown shown = { 0 };
	struct turn turn = { 0 };

	submit(f, (struct draft){ .id = "m" });
	submit(f, (struct draft){ .id = "n" });
	assert_int_equal(store_message_cancel(f->store, "m", T0, keep_message, &shown), 0);
	assert_int_equal(store_attempt_begin(f->store, &north, &any_route,
					     &(struct store_now){ T0, true }, keep_job, &turn),
			 0);
	fixture_reopen(f);
	assert_false(shown.came);
	assert_false(turn.came);
	assert_int_equal(state_of(f, "m"), DELIVERY_CANCELLED);
	assert_int_equal(state_of(f, "n"), DELIVERY_SENDING);
}

static void a_word_that_nobody_waits_for_survives_closing(void **state)
{
	struct fixture *f = *state;
	int64_t attempt;

	submit(f, (struct draft){ .id = "m" });
	attempt = begin(f, &north, T0).job.attempt;
	assert_int_equal(store_attempt_handed_over(f->store, attempt), 0);
	fixture_reopen(f);
	recover(f, T0);
	assert_non_null(strstr(show(f, "m").attempts[0][0].reason, "had been given"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown_well)
		TEST(a_commit_that_fails_is_an_error_and_nothing_is_half_done),
		TEST(a_full_disk_says_so_and_work_goes_on_when_there_is_room),
		TEST(no_event_is_told_of_what_was_not_committed),
		TEST(a_part_that_was_never_given_out_is_not_left_sending),
		TEST(a_batch_fails_as_a_whole),
		TEST(a_queue_that_is_full_says_so_and_empties),
		TEST(callbacks_come_in_the_order_of_posting),
		TEST(closing_runs_what_is_queued_and_calls_nobody),
		TEST(a_word_that_nobody_waits_for_survives_closing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
