/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a SIM does: what of its attempts is counted, for how long, and what is not its fault.
 */
#include "tests/unit/store_words.h"

struct seen {
	bool came;
	struct store_sim_health health;
};

static void keep_health(int error, const struct store_sim_health *health, void *userdata)
{
	struct seen *seen = userdata;

	assert_int_equal(error, 0);
	*seen = (struct seen){ true, *health };
}

static struct store_sim_health health(struct fixture *f, const struct store_sim *sim, int64_t now)
{
	struct seen seen = { 0 };

	assert_int_equal(store_sim_health(f->store, sim, now, keep_health, &seen), 0);
	await(f, &seen.came);
	return seen.health;
}

static struct store_job begin_part(struct fixture *f, int64_t now)
{
	struct turn turn = begin(f, &north, now);

	assert_true(turn.found);
	return turn.job;
}

static void end_by(struct fixture *f, int64_t attempt, enum part_event event, bool excused,
		   int64_t at)
{
	const struct store_attempt_end end = {
		.attempt = attempt,
		.event = event,
		.reference = event == PART_ACCEPTED ? 1 : -1,
		.reason = "Because.",
		.error = event == PART_REFUSED || event == PART_REFUSED_FOR_GOOD ? "CMS/21" : NULL,
		.at_usec = at,
		.retry_at_usec = at,
		.excused = excused,
	};
	struct outcome outcome = { 0 };

	assert_int_equal(store_attempt_end(f->store, &end, keep_outcome, &outcome), 0);
	await(f, &outcome.came);
	assert_int_equal(outcome.error, 0);
}

/* One message of its own, tried once. */
static void try_one(struct fixture *f, enum part_event event, bool excused, int64_t at)
{
	char id[32];

	snprintf(id, sizeof(id), "m%lld", (long long)at);
	submit(f, (struct draft){ .id = id, .created = at, .valid = at + DAY });
	end_by(f, begin_part(f, at).attempt, event, excused, at + 1);
	cancel(f, id);
}

static void a_sim_that_did_nothing_has_no_past(void **state)
{
	struct store_sim_health seen = health(*state, &north, T0), nothing = { 0 };

	assert_memory_equal(&seen, &nothing, sizeof(seen));
}

static void what_a_sim_put_on_the_air_is_counted_by_the_day(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .parts = 3 });
	send_part(f, &north, 1, T0);
	send_part(f, &north, 2, T0 + 5);
	end_at(f, begin(f, &north, T0 + 6).job.attempt, PART_NOT_SENT, -1, T0 + 7);
	assert_int_equal(health(f, &north, T0 + 8).parts_today, 2);
	assert_int_equal(health(f, &north, T0 + 8).last_sent_usec, T0 + 6);
	assert_int_equal(health(f, &south, T0 + 8).parts_today, 0);
	assert_int_equal(health(f, &north, T0 + DAY).parts_today, 0);
	assert_int_equal(health(f, &north, T0 + DAY).last_sent_usec, T0 + 6);
}

static void what_failed_is_counted_by_the_day_with_its_last_error(void **state)
{
	struct fixture *f = *state;
	struct store_sim_health seen;

	try_one(f, PART_REFUSED, false, T0);
	try_one(f, PART_REFUSED_FOR_GOOD, false, T0 + 10);
	seen = health(f, &north, T0 + 20);
	assert_int_equal(seen.failed_today, 2);
	assert_int_equal(seen.parts_today, 0);
	assert_int_equal(seen.last_failed_usec, T0 + 11);
	assert_string_equal(seen.last_error, "CMS/21");
	/* Without an answer there is no error, and the network may have it. */
	try_one(f, PART_LOST_SIGHT, false, T0 + 20);
	fixture_reopen(f);
	seen = health(f, &north, T0 + 30);
	assert_int_equal(seen.failed_today, 3);
	assert_int_equal(seen.parts_today, 1);
	assert_int_equal(seen.last_failed_usec, T0 + 21);
	assert_string_equal(seen.last_error, "");
	assert_int_equal(seen.last_sent_usec, 0);
	/* Tomorrow it is the past; then the day begins with what fails. */
	assert_int_equal(health(f, &north, T0 + DAY).failed_today, 0);
	assert_int_equal(health(f, &north, T0 + DAY).last_failed_usec, T0 + 21);
	try_one(f, PART_REFUSED, false, T0 + DAY);
	assert_int_equal(health(f, &north, T0 + DAY + 2).failed_today, 1);
	assert_int_equal(health(f, &north, T0 + DAY + 2).parts_today, 0);
}

static void the_last_32_attempts_are_remembered(void **state)
{
	struct fixture *f = *state;
	struct store_sim_health seen;

	for (int i = 0; i < 3; i++)
		try_one(f, PART_REFUSED, false, T0 + i * 10);
	try_one(f, PART_ACCEPTED, false, T0 + 100);
	seen = health(f, &north, T0 + 200);
	assert_int_equal(seen.recent, 4);
	assert_int_equal(seen.recent_failed, 3);
	for (int i = 0; i < 29; i++)
		try_one(f, i % 2 ? PART_REFUSED : PART_ACCEPTED, false, T0 + 1000 + i * 10);
	/* Thirty-three: the first is out of sight. */
	seen = health(f, &north, T0 + 2000);
	assert_int_equal(seen.recent, 32);
	assert_int_equal(seen.recent_failed, 2 + 14);
	for (int i = 0; i < 40; i++)
		try_one(f, PART_REFUSED, false, T0 + 3000 + i * 10);
	assert_int_equal(health(f, &north, T0 + 4000).recent_failed, 32);
	for (int i = 0; i < 32; i++)
		try_one(f, PART_ACCEPTED, false, T0 + 5000 + i * 10);
	seen = health(f, &north, T0 + 2 * DAY);
	assert_int_equal(seen.recent, 32);
	assert_int_equal(seen.recent_failed, 0);
}

static void what_never_reached_the_network_says_nothing_of_the_sim(void **state)
{
	struct fixture *f = *state;
	struct store_sim_health seen;

	try_one(f, PART_NOT_SENT, false, T0);
	seen = health(f, &north, T0 + 9);
	assert_int_equal(seen.recent, 0);
	assert_int_equal(seen.failed_today, 0);
	assert_int_equal(seen.last_failed_usec, 0);
}

static void a_daemon_that_died_is_not_the_sims_fault(void **state)
{
	struct fixture *f = *state;
	struct store_sim_health seen;

	submit(f, (struct draft){ .id = "m" });
	begin_part(f, T0);
	fixture_reopen(f);
	assert_int_equal(recover(f, T0 + 9), 0);
	seen = health(f, &north, T0 + 10);
	assert_int_equal(seen.failed_today, 0);
	assert_int_equal(seen.recent, 0);
	/* The network may have it all the same. */
	assert_int_equal(seen.parts_today, 1);
}

/* ------------------------------------------------------------------ excused */

static void an_excused_attempt_counts_nowhere(void **state)
{
	struct fixture *f = *state;
	struct store_sim_health seen, nothing = { 0 };
	struct store_job job;
	struct shown shown;

	submit(f, (struct draft){ .id = "m" });
	for (int i = 0; i < 5; i++) {
		job = begin_part(f, T0 + i * 10);
		assert_int_equal(job.tries, 0);
		assert_int_equal(job.refusals, 0);
		end_by(f, job.attempt, i % 2 ? PART_NOT_SENT : PART_REFUSED, true, T0 + i * 10 + 1);
	}
	seen = health(f, &north, T0 + 90);
	assert_memory_equal(&seen, &nothing, sizeof(seen));
	/* It is shown like any other. */
	shown = show(f, "m");
	assert_int_equal(shown.deliveries[0].attempt_count, 5);
	assert_int_equal(shown.attempts[0][0].state, DELIVERY_FAILED);
	assert_string_equal(shown.attempts[0][0].error, "CMS/21");
	assert_string_equal(shown.attempts[0][0].reason, "Because.");
	/* One that is not excused counts. */
	end_by(f, begin_part(f, T0 + 90).attempt, PART_REFUSED, false, T0 + 91);
	fixture_reopen(f);
	job = begin_part(f, T0 + 100);
	assert_int_equal(job.tries, 1);
	assert_int_equal(job.refusals, 1);
}

/* ------------------------------------------------------------------ reports */

static void a_sim_that_never_returns_reports_is_seen(void **state)
{
	struct fixture *f = *state;
	struct store_sim_health seen;

	submit(f, (struct draft){ .id = "m", .parts = 3 });
	for (int i = 0; i < 3; i++)
		send_part(f, &north, 10 + i, T0 + i * 10);
	fixture_reopen(f);
	seen = health(f, &north, T0 + 2 * DAY);
	assert_int_equal(seen.unreported, 3);
	assert_int_equal(seen.unreported_since_usec, T0 + 1);
	assert_int_equal(seen.last_report_usec, 0);
}

static void a_report_that_fits_begins_the_count_anew(void **state)
{
	struct fixture *f = *state;
	struct store_sim_health seen;

	submit(f, (struct draft){ .id = "m", .parts = 3 });
	send_part(f, &north, 10, T0);
	send_part(f, &north, 11, T0 + 10);
	/* Of another SIM, or of nothing: no news of this one. */
	report(f, &south, ALICE, 10, 0, T0 + 20);
	report(f, &north, ALICE, 99, 0, T0 + 20);
	assert_int_equal(health(f, &north, T0 + 30).unreported, 2);
	report(f, &north, ALICE, 10, 0x30, T0 + 30);
	seen = health(f, &north, T0 + 40);
	assert_int_equal(seen.unreported, 0);
	assert_int_equal(seen.unreported_since_usec, 0);
	assert_int_equal(seen.last_report_usec, T0 + 30);
	send_part(f, &north, 12, T0 + 50);
	seen = health(f, &north, T0 + 60);
	assert_int_equal(seen.unreported, 1);
	assert_int_equal(seen.unreported_since_usec, T0 + 51);
	assert_int_equal(seen.last_report_usec, T0 + 30);
}

static void a_report_that_overtakes_its_answer_is_one(void **state)
{
	struct fixture *f = *state;
	struct store_job job;

	submit(f, (struct draft){ .id = "m" });
	job = begin_part(f, T0);
	report(f, &north, ALICE, 1, 0, T0 + 1);
	end_by(f, job.attempt, PART_ACCEPTED, false, T0 + 2);
	assert_int_equal(health(f, &north, T0 + 3).unreported, 0);
	assert_int_equal(health(f, &north, T0 + 3).last_report_usec, T0 + 1);
}

static void an_answer_heard_late_is_not_counted_twice(void **state)
{
	struct fixture *f = *state;
	struct store_sim_health seen;

	submit(f, (struct draft){ .id = "m" });
	lose_part(f, &north, T0);
	assert_int_equal(late(f, &north, PART_ACCEPTED, 7), 0);
	seen = health(f, &north, T0 + 9);
	assert_int_equal(seen.parts_today, 1);
	assert_int_equal(seen.failed_today, 1);
	assert_int_equal(seen.recent, 1);
	assert_int_equal(seen.unreported, 1);
	assert_int_equal(seen.last_sent_usec, T0 + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_sim_that_did_nothing_has_no_past),
		TEST(what_a_sim_put_on_the_air_is_counted_by_the_day),
		TEST(what_failed_is_counted_by_the_day_with_its_last_error),
		TEST(the_last_32_attempts_are_remembered),
		TEST(what_never_reached_the_network_says_nothing_of_the_sim),
		TEST(a_daemon_that_died_is_not_the_sims_fault),
		TEST(an_excused_attempt_counts_nowhere),
		TEST(a_sim_that_never_returns_reports_is_seen),
		TEST(a_report_that_fits_begins_the_count_anew),
		TEST(a_report_that_overtakes_its_answer_is_one),
		TEST(an_answer_heard_late_is_not_counted_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
