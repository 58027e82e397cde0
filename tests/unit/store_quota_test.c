/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How much a SIM may send: counted as attempts begin, given back when nothing went out.
 */
#include <sqlite3.h>

#include "tests/unit/store_pool.h"

/* 20 November 2026, 10:20:30 UTC */
#define NOW (INT64_C(1795170030) * USEC_PER_SEC)
#define CAROL "+8613800000003"

static struct store_route limited(enum store_limit limit, unsigned to)
{
	struct store_route route = any_route;

	route.quota.limits[limit] = to;
	return route;
}

static struct turn ask(struct fixture *f, const struct store_route *route, int64_t at)
{
	return begin_by(f, &north, route, (struct store_now){ at, true });
}

static struct turn ask_untrusted(struct fixture *f, const struct store_route *route, int64_t at)
{
	return begin_by(f, &north, route, (struct store_now){ at, false });
}

static void submit_now(struct fixture *f, const char *id, const char *to)
{
	submit(f, (struct draft){
			  .id = id,
			  .to = to,
			  .created = NOW - DAY,
			  .valid = NOW + 90 * DAY,
		  });
}

static void submit_some(struct fixture *f, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		submit_now(f, NULL, ALICE);
}

static unsigned used(struct fixture *f, enum store_limit limit, int64_t at)
{
	return health_of(f, &north, at).uses[limit].used;
}

/* ------------------------------------------------------------------ parts */

static const struct {
	enum store_limit limit;
	int64_t ends;
} periods[] = {
	{ STORE_LIMIT_MINUTE, NOW + 30 * USEC_PER_SEC },
	{ STORE_LIMIT_HOUR, NOW + 39 * MINUTE + 30 * USEC_PER_SEC },
	{ STORE_LIMIT_DAY, NOW + 13 * HOUR + 39 * MINUTE + 30 * USEC_PER_SEC },
	{ STORE_LIMIT_MONTH, NOW + 10 * DAY + 13 * HOUR + 39 * MINUTE + 30 * USEC_PER_SEC },
};

static void a_limit_holds_until_its_period_ends(void **state)
{
	struct fixture *f;

	for (size_t i = 0; i < 4; i++) {
		const struct store_route route = limited(periods[i].limit, 2);
		struct turn turn;

		teardown(state);
		setup(state);
		f = *state;
		submit_some(f, 4);
		assert_true(ask(f, &route, NOW).found);
		assert_true(ask(f, &route, NOW).found);
		turn = ask(f, &route, NOW + 1);
		assert_false(turn.found);
		assert_int_equal(turn.wait.limit, periods[i].limit);
		assert_int_equal(turn.wait.limit_until_usec, periods[i].ends);
		assert_int_equal(turn.wait.next_usec, periods[i].ends);
		/* Another SIM has its own. */
		assert_true(begin_by(f, &south, &route, (struct store_now){ NOW, true }).found);
		assert_false(ask(f, &route, periods[i].ends - 1).found);
		assert_true(ask(f, &route, periods[i].ends).found);
		assert_int_equal(used(f, periods[i].limit, periods[i].ends), 1);
	}
}

static void what_is_used_is_kept_over_a_restart(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_DAY, 1);
	struct fixture *f = *state;

	submit_some(f, 2);
	assert_true(ask(f, &route, NOW).found);
	fixture_reopen(f);
	assert_int_equal(recover(f, NOW + 1), 0);
	assert_int_equal(ask(f, &route, NOW + 1).wait.limit, STORE_LIMIT_DAY);
}

static void every_limit_is_counted_whether_it_is_set_or_not(void **state)
{
	struct fixture *f = *state;
	struct store_sim_health health;

	submit_some(f, 2);
	assert_true(ask(f, &any_route, NOW).found);
	assert_true(ask(f, &any_route, NOW + MINUTE).found);
	health = health_of(f, &north, NOW + MINUTE);
	assert_int_equal(health.uses[STORE_LIMIT_MINUTE].used, 1);
	assert_int_equal(health.uses[STORE_LIMIT_MINUTE].until_usec, periods[0].ends + MINUTE);
	for (size_t i = 1; i < 4; i++) {
		assert_int_equal(health.uses[periods[i].limit].used, 2);
		assert_int_equal(health.uses[periods[i].limit].until_usec, periods[i].ends);
	}
	assert_int_equal(health.uses[STORE_LIMIT_RECIPIENTS].used, 1);
	assert_int_equal(health.uses[STORE_LIMIT_RECIPIENTS].until_usec, periods[3].ends);
	assert_int_equal(used(f, STORE_LIMIT_MINUTE, NOW + 2 * MINUTE), 0);
	assert_int_equal(used(f, STORE_LIMIT_HOUR, NOW + 2 * MINUTE), 2);
}

static void of_several_the_one_that_lasts_is_told(void **state)
{
	struct store_route route = limited(STORE_LIMIT_MINUTE, 1);
	struct fixture *f = *state;

	route.quota.limits[STORE_LIMIT_DAY] = 1;
	submit_some(f, 2);
	assert_true(ask(f, &route, NOW).found);
	assert_int_equal(ask(f, &route, NOW).wait.limit, STORE_LIMIT_DAY);
}

static void an_empty_queue_tells_of_the_limit_as_well(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_DAY, 1);
	struct fixture *f = *state;

	assert_int_equal(ask(f, &route, NOW).wait.limit, STORE_LIMIT_NONE);
	submit_some(f, 1);
	assert_true(ask(f, &route, NOW).found);
	assert_int_equal(ask(f, &route, NOW).wait.limit, STORE_LIMIT_DAY);
}

static void a_month_begins_on_its_reset_day(void **state)
{
	struct store_route route = limited(STORE_LIMIT_MONTH, 1);
	struct fixture *f = *state;
	int64_t ends = periods[3].ends - 6 * DAY;

	route.quota.reset_day = 25;
	submit_some(f, 2);
	assert_true(ask(f, &route, NOW).found);
	assert_int_equal(ask(f, &route, NOW).wait.limit_until_usec, ends);
	assert_true(ask(f, &route, ends).found);
}

static void another_reset_day_forgets_nothing(void **state)
{
	struct store_route route = limited(STORE_LIMIT_MONTH, 1);
	struct fixture *f = *state;

	route.quota.reset_day = 25;
	submit_some(f, 2);
	assert_true(ask(f, &route, NOW).found);
	route.quota.reset_day = 28;
	assert_int_equal(ask(f, &route, NOW).wait.limit_until_usec, periods[3].ends - 3 * DAY);
	assert_false(ask(f, &route, periods[3].ends - 6 * DAY).found);
	assert_true(ask(f, &route, periods[3].ends - 3 * DAY).found);
}

/* ------------------------------------------------------------------ given back */

static void what_never_went_out_is_given_back(void **state)
{
	static const enum part_event events[] = { PART_NOT_SENT, PART_REFUSED,
						  PART_REFUSED_FOR_GOOD };
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++) {
		struct turn turn;

		submit(f, (struct draft){ .created = NOW - DAY, .priority = 9 });
		turn = ask(f, &any_route, NOW);
		assert_int_equal(used(f, STORE_LIMIT_MONTH, NOW), 1);
		assert_int_equal(used(f, STORE_LIMIT_RECIPIENTS, NOW), 1);
		assert_int_equal(end_at(f, turn.job.attempt, events[i], -1, NOW), 0);
		for (int limit = STORE_LIMIT_MINUTE; limit < STORE_LIMIT_COUNT; limit++)
			assert_int_equal(used(f, (enum store_limit)limit, NOW), 0);
	}
}

static void what_is_out_or_may_be_is_not_given_back(void **state)
{
	static const enum part_event events[] = { PART_ACCEPTED, PART_LOST_SIGHT };
	struct store_attempt_end refusal = { .event = PART_REFUSED,
					     .reference = -1,
					     .at_usec = NOW,
					     .retry_at_usec = NOW + DAY,
					     .may_be_duplicate = true };
	struct fixture *f = *state;

	submit_some(f, 3);
	for (size_t i = 0; i < 2; i++)
		end_at(f, ask(f, &any_route, NOW).job.attempt, events[i], i ? -1 : 1, NOW);
	refusal.attempt = ask(f, &any_route, NOW).job.attempt;
	assert_int_equal(store_attempt_end(f->store, &refusal, NULL, NULL), 0);
	assert_int_equal(used(f, STORE_LIMIT_DAY, NOW), 3);
}

static void a_refusal_heard_late_is_given_back_once(void **state)
{
	struct fixture *f = *state;

	submit_some(f, 2);
	end_at(f, ask(f, &any_route, NOW).job.attempt, PART_LOST_SIGHT, -1, NOW);
	end_at(f, ask(f, &any_route, NOW).job.attempt, PART_ACCEPTED, 1, NOW);
	assert_int_equal(used(f, STORE_LIMIT_DAY, NOW), 2);
	assert_int_equal(late(f, &north, PART_REFUSED, -1), 0);
	assert_int_equal(used(f, STORE_LIMIT_DAY, NOW), 1);
	assert_int_equal(late(f, &north, PART_REFUSED, -1), -ENOENT);
	assert_int_equal(used(f, STORE_LIMIT_DAY, NOW), 1);
	/* The other one went to the same number. */
	assert_int_equal(used(f, STORE_LIMIT_RECIPIENTS, NOW), 1);
}

static void nothing_is_given_back_to_the_next_period(void **state)
{
	struct fixture *f = *state;
	struct turn first;

	submit_some(f, 2);
	first = ask(f, &any_route, NOW);
	assert_true(ask(f, &any_route, NOW + MINUTE).found);
	assert_int_equal(end_at(f, first.job.attempt, PART_NOT_SENT, -1, NOW + MINUTE), 0);
	assert_int_equal(used(f, STORE_LIMIT_MINUTE, NOW + MINUTE), 1);
	assert_int_equal(used(f, STORE_LIMIT_HOUR, NOW + MINUTE), 1);
}

/* ------------------------------------------------------------------ recipients */

static void known_numbers_are_served_when_no_new_one_may_be(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_RECIPIENTS, 2);
	struct fixture *f = *state;
	struct turn turn;

	submit_now(f, "a", ALICE);
	submit_now(f, "b", BOB);
	submit_now(f, "c", CAROL);
	submit_now(f, "b2", BOB);
	assert_string_equal(ask(f, &route, NOW).job.message, "a");
	assert_string_equal(ask(f, &route, NOW).job.message, "b");
	assert_string_equal(ask(f, &route, NOW).job.message, "b2");
	turn = ask(f, &route, NOW);
	assert_false(turn.found);
	assert_int_equal(turn.wait.limit, STORE_LIMIT_RECIPIENTS);
	assert_int_equal(turn.wait.limit_until_usec, periods[3].ends);
	assert_int_equal(turn.wait.next_usec, periods[3].ends);
	assert_string_equal(
		begin_by(f, &south, &route, (struct store_now){ NOW, true }).job.message, "c");
	/* The same number is counted once. */
	assert_int_equal(used(f, STORE_LIMIT_RECIPIENTS, NOW), 2);
	assert_int_equal(used(f, STORE_LIMIT_MONTH, NOW), 3);
}

/* A month begins with a text to everybody, and so many of them get a second one. */
static void known_numbers_do_not_wait_behind_new_ones(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_RECIPIENTS, 20);
	struct fixture *f = *state;
	struct turn turn;
	char text[16];

	for (unsigned i = 0; i < 120; i++) {
		snprintf(text, sizeof(text), "+861380000%04u", i % 100);
		submit_now(f, NULL, text);
	}
	for (unsigned i = 0; i < 40; i++) {
		turn = ask(f, &route, NOW);
		assert_true(turn.found);
		snprintf(text, sizeof(text), "+861380000%04u", i % 20);
		assert_string_equal(turn.job.number, text);
	}
	turn = ask(f, &route, NOW);
	assert_false(turn.found);
	assert_int_equal(turn.wait.limit, STORE_LIMIT_RECIPIENTS);
	assert_int_equal(used(f, STORE_LIMIT_RECIPIENTS, NOW), 20);
	assert_string_equal(ask(f, &route, periods[3].ends).job.number, "+8613800000020");
}

static void among_known_numbers_priority_and_age_count(void **state)
{
	static const char *const in_turn[] = { "urgent", "a2", "b2", "a3", "idle" };
	const struct store_route route = limited(STORE_LIMIT_RECIPIENTS, 2);
	struct draft draft = { .created = NOW - HOUR, .valid = NOW + DAY };
	struct fixture *f = *state;

	submit_now(f, "a", ALICE);
	submit_now(f, "b", BOB);
	assert_true(ask(f, &route, NOW).found);
	assert_true(ask(f, &route, NOW).found);
	for (int priority = -1; priority <= 1; priority++) {
		draft.to = CAROL;
		draft.id = NULL;
		draft.priority = priority;
		submit(f, draft);
	}
	submit(f, (struct draft){ .id = "idle", .created = NOW - DAY, .priority = -1 });
	submit(f, (struct draft){ .id = "a2", .created = NOW - 3 * MINUTE });
	submit(f, (struct draft){ .id = "b2", .to = BOB, .created = NOW - 2 * MINUTE });
	submit(f, (struct draft){ .id = "a3", .created = NOW - MINUTE });
	submit(f, (struct draft){ .id = "urgent", .to = BOB, .created = NOW, .priority = 1 });
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(ask(f, &route, NOW).job.message, in_turn[i]);
	assert_false(ask(f, &route, NOW).found);
}

static void a_known_number_of_another_class_is_left_to_others(void **state)
{
	static const char *const china = "+86";
	struct store_route route = limited(STORE_LIMIT_RECIPIENTS, 1);
	struct fixture *f = *state;

	assert_int_equal(set_prefixes(f, &china, 1), 0);
	route.prefixes = &china;
	submit_now(f, "a", ALICE);
	assert_true(ask(f, &route, NOW).found);
	submit_now(f, "a2", ALICE);
	submit_now(f, "c", CAROL);
	route.prefixes = no_prefix;
	assert_false(ask(f, &route, NOW).found);
	route.prefixes = &china;
	assert_string_equal(ask(f, &route, NOW).job.message, "a2");
}

static void text_comes(struct fixture *f, const char *from)
{
	struct tpdu tpdu = { .kind = TPDU_DELIVER, .port = -1, .text = "hi", .text_size = 2 };

	snprintf(tpdu.address, sizeof(tpdu.address), "%s", from);
	assert_int_equal(receive(f, &south, from, 1, &tpdu, NOW), STORE_READING_MESSAGE);
}

/* Two that wait for the SIM of their conversation: the older one to a number that is new here. */
static void a_known_number_is_looked_at_again_when_it_may_go(void **state)
{
	struct store_route route = limited(STORE_LIMIT_RECIPIENTS, 1);
	struct fixture *f = *state;
	struct turn turn;

	route.talkers = &south.iccid;
	route.talker_count = 1;
	route.patience_usec = HOUR;
	assert_false(begin_by(f, &south, &any_route, (struct store_now){ NOW, true }).found);
	submit_now(f, "a", ALICE);
	turn = ask(f, &route, NOW);
	assert_int_equal(end_at(f, turn.job.attempt, PART_ACCEPTED, 1, NOW), 0);
	text_comes(f, ALICE);
	text_comes(f, BOB);
	submit_now(f, "b", BOB);
	submit(f, (struct draft){ .id = "a2", .created = NOW + 1, .valid = NOW + DAY });
	turn = ask(f, &route, NOW + 1);
	assert_false(turn.found);
	assert_int_equal(turn.wait.next_usec, NOW + 1 + HOUR);
	assert_string_equal(ask(f, &route, NOW + 1 + HOUR).job.message, "a2");
}

static void a_number_given_back_is_new_again(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_RECIPIENTS, 1);
	struct fixture *f = *state;
	struct turn turn;

	submit_now(f, "a", ALICE);
	turn = ask(f, &route, NOW);
	assert_int_equal(end_at(f, turn.job.attempt, PART_REFUSED_FOR_GOOD, -1, NOW), 0);
	submit_now(f, "b", BOB);
	turn = ask(f, &route, NOW);
	assert_string_equal(turn.job.message, "b");
	assert_int_equal(end_at(f, turn.job.attempt, PART_ACCEPTED, 1, NOW), 0);
	/* What goes out a second time is given back; the number stays known. */
	submit_now(f, "b2", BOB);
	turn = ask(f, &route, NOW);
	assert_int_equal(end_at(f, turn.job.attempt, PART_REFUSED_FOR_GOOD, -1, NOW), 0);
	assert_int_equal(used(f, STORE_LIMIT_RECIPIENTS, NOW), 1);
	submit_now(f, "a2", ALICE);
	assert_false(ask(f, &route, NOW).found);
}

static sqlite3 *connection;

static int connection_note(sqlite3 *handle, char **error, const struct sqlite3_api_routines *api)
{
	(void)error;
	(void)api;
	connection = handle;
	return SQLITE_OK;
}

static int64_t recipients_stored(void)
{
	sqlite3_stmt *query;
	int64_t count;

	assert_int_equal(sqlite3_prepare_v2(connection, "SELECT count(*) FROM quota_recipient", -1,
					    &query, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	count = sqlite3_column_int64(query, 0);
	sqlite3_finalize(query);
	return count;
}

static void numbers_are_forgotten_with_their_month(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_RECIPIENTS, 1);
	struct fixture *f = *state;
	int64_t ends = periods[3].ends;

	submit_now(f, "a", ALICE);
	submit_now(f, "b", BOB);
	assert_string_equal(ask(f, &route, NOW).job.message, "a");
	assert_false(ask(f, &route, ends - 1).found);
	assert_string_equal(ask(f, &route, ends).job.message, "b");
	assert_int_equal(used(f, STORE_LIMIT_RECIPIENTS, ends), 1);
	assert_int_equal(recipients_stored(), 2);
	tick(f, ends);
	assert_int_equal(recipients_stored(), 1);
	/* And of a SIM that is used no more. */
	tick(f, ends + 62 * DAY);
	assert_int_equal(recipients_stored(), 0);
}

static void a_great_many_numbers_are_forgotten_in_pieces(void **state)
{
	struct fixture *f = *state;
	int64_t ends = periods[3].ends;

	submit_now(f, "a", ALICE);
	assert_true(ask(f, &any_route, NOW).found);
	assert_int_equal(sqlite3_exec(connection,
				      "INSERT INTO quota_recipient WITH RECURSIVE n(i) AS (SELECT 1"
				      " UNION ALL SELECT i + 1 FROM n WHERE i < 1200)"
				      " SELECT '8986000000000000001', 0, i, 0 FROM n",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(tick(f, ends).next_usec, ends);
	assert_in_range(recipients_stored(), 1, 1200);
	assert_int_equal(tick(f, ends).next_usec, ends);
	assert_true(tick(f, ends).next_usec > ends);
	assert_int_equal(recipients_stored(), 0);
}

/* ------------------------------------------------------------------ a clock that can't be believed */

static void a_clock_that_is_not_trusted_ends_no_day_and_no_month(void **state)
{
	struct store_route route = limited(STORE_LIMIT_DAY, 1);
	struct fixture *f = *state;

	submit_some(f, 3);
	assert_true(ask(f, &route, NOW).found);
	assert_int_equal(ask_untrusted(f, &route, NOW + 2 * DAY).wait.limit, STORE_LIMIT_DAY);
	route = limited(STORE_LIMIT_MONTH, 1);
	assert_int_equal(ask_untrusted(f, &route, NOW + 62 * DAY).wait.limit, STORE_LIMIT_MONTH);
	assert_true(ask(f, &route, NOW + 62 * DAY).found);
}

static void minutes_and_hours_end_by_any_clock(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_MINUTE, 1);
	/* The clock stands years back after a start. */
	int64_t then = NOW - 20000 * DAY;
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .created = then - DAY });
	submit(f, (struct draft){ .created = then - DAY });
	submit(f, (struct draft){ .created = then - DAY });
	assert_true(ask(f, &route, NOW).found);
	assert_false(ask_untrusted(f, &route, then).found);
	turn = ask_untrusted(f, &route, then + MINUTE);
	assert_true(turn.found);
	assert_false(ask_untrusted(f, &route, then + MINUTE).found);
	assert_true(ask_untrusted(f, &route, then + 2 * MINUTE).found);
}

static void what_an_untrusted_clock_counted_stays_counted(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_DAY, 1);
	struct fixture *f = *state;
	struct turn turn;

	submit_some(f, 2);
	assert_true(ask_untrusted(f, &route, NOW).found);
	turn = ask_untrusted(f, &route, NOW + 1);
	assert_int_equal(turn.wait.limit, STORE_LIMIT_DAY);
	assert_int_equal(turn.wait.limit_until_usec, 0);
	assert_int_equal(turn.wait.next_usec, NOW + 1 + MINUTE);
	turn = ask(f, &route, NOW + 2);
	assert_int_equal(turn.wait.limit, STORE_LIMIT_DAY);
	assert_int_equal(turn.wait.limit_until_usec, periods[2].ends);
	assert_true(ask(f, &route, periods[2].ends).found);
}

static void every_limit_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(store_limit_name(STORE_LIMIT_MINUTE), "partsPerMinute");
	assert_string_equal(store_limit_name(STORE_LIMIT_HOUR), "partsPerHour");
	assert_string_equal(store_limit_name(STORE_LIMIT_DAY), "partsPerDay");
	assert_string_equal(store_limit_name(STORE_LIMIT_MONTH), "partsPerMonth");
	assert_string_equal(store_limit_name(STORE_LIMIT_RECIPIENTS), "recipientsPerMonth");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_limit_holds_until_its_period_ends),
		TEST(what_is_used_is_kept_over_a_restart),
		TEST(every_limit_is_counted_whether_it_is_set_or_not),
		TEST(of_several_the_one_that_lasts_is_told),
		TEST(an_empty_queue_tells_of_the_limit_as_well),
		TEST(a_month_begins_on_its_reset_day),
		TEST(another_reset_day_forgets_nothing),
		TEST(what_never_went_out_is_given_back),
		TEST(what_is_out_or_may_be_is_not_given_back),
		TEST(a_refusal_heard_late_is_given_back_once),
		TEST(nothing_is_given_back_to_the_next_period),
		TEST(known_numbers_are_served_when_no_new_one_may_be),
		TEST(known_numbers_do_not_wait_behind_new_ones),
		TEST(among_known_numbers_priority_and_age_count),
		TEST(a_known_number_of_another_class_is_left_to_others),
		TEST(a_known_number_is_looked_at_again_when_it_may_go),
		TEST(a_number_given_back_is_new_again),
		TEST(numbers_are_forgotten_with_their_month),
		TEST(a_great_many_numbers_are_forgotten_in_pieces),
		TEST(a_clock_that_is_not_trusted_ends_no_day_and_no_month),
		TEST(minutes_and_hours_end_by_any_clock),
		TEST(what_an_untrusted_clock_counted_stays_counted),
		TEST(every_limit_has_a_name),
	};

	setenv("TZ", "UTC", 1);
	sqlite3_auto_extension((void (*)(void))connection_note);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
