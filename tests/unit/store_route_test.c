/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which SIM takes what: classes of numbers, and what it costs to find out.
 */
#include <sqlite3.h>

#include "tests/unit/store_route.h"

/* ------------------------------------------------------------------ classes */

static void the_longest_prefix_decides(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "mobile", .to = "+8613800000001" });
	submit(f, (struct draft){ .id = "china", .to = "+8610000000001" });
	submit(f, (struct draft){ .id = "abroad", .to = ABROAD });
	submit(f, (struct draft){ .id = "service", .to = SERVICE });
	assert_string_equal(ask_class(f, &north, CHINA, T0).job.message, "china");
	assert_false(ask_class(f, &north, CHINA, T0).found);
	assert_string_equal(ask_class(f, &north, MOBILE, T0).job.message, "mobile");
	assert_string_equal(ask_class(f, &north, "", T0).job.message, "abroad");
	assert_string_equal(ask_class(f, &north, "", T0).job.message, "service");
}

static void a_sim_without_classes_takes_only_what_is_its_own(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "long", .parts = 2 });
	submit(f, (struct draft){ .id = "other" });
	assert_false(ask_for(f, &north, NULL, 0, T0).found);
	end(f, ask(f, &north, T0).job.attempt, PART_ACCEPTED, 1);
	assert_string_equal(ask_for(f, &north, NULL, 0, T0).job.message, "long");
	assert_false(ask_for(f, &north, NULL, 0, T0).found);
}

static void what_is_bound_stays_with_its_sim_whatever_its_class(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	turn = ask_class(f, &north, MOBILE, T0);
	assert_int_equal(end(f, turn.job.attempt, PART_ACCEPTED, 1), 0);
	assert_false(ask_class(f, &south, MOBILE, T0 + SECOND).found);
	assert_string_equal(ask_class(f, &north, "", T0 + SECOND).job.message, "m");
}

static void only_a_sim_of_its_class_takes_over_from_one_that_is_gone(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	end(f, ask_class(f, &north, MOBILE, T0).job.attempt, PART_ACCEPTED, 1);
	store_modem_changed(f->store, "north", "ready", "failed", "", T0 + SECOND);
	assert_false(ask_class(f, &south, "", T0 + HOUR).found);
	assert_string_equal(ask(f, &south, T0 + HOUR).job.message, "m");
}

static void priority_and_age_count_across_classes(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "first", .to = ABROAD });
	submit(f, (struct draft){ .id = "second", .to = ALICE });
	submit(f, (struct draft){ .id = "urgent", .to = SERVICE, .priority = 9 });
	assert_string_equal(ask(f, &north, T0).job.message, "urgent");
	assert_string_equal(ask(f, &north, T0).job.message, "first");
	assert_string_equal(ask(f, &north, T0).job.message, "second");
}

/* ------------------------------------------------------------------ other prefixes */

static void with_other_prefixes_all_that_waits_is_sorted_anew(void **state)
{
	static const char *const prefixes[] = { "+49", "100", "+49" };
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "a", .to = ALICE });
	submit(f, (struct draft){ .id = "b", .to = ABROAD, .scheduled = T0 + HOUR });
	submit(f, (struct draft){ .id = "c", .to = SERVICE });
	assert_int_equal(set_prefixes(f, prefixes, 3), 0);
	assert_string_equal(ask_class(f, &north, "100", T0).job.message, "c");
	assert_string_equal(ask_class(f, &north, "", T0).job.message, "a");
	assert_string_equal(ask_class(f, &north, "+49", T0 + HOUR).job.message, "b");
}

static void what_ends_and_is_wanted_again_has_its_class_of_now(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m" });
	end(f, ask_class(f, &north, MOBILE, T0).job.attempt, PART_REFUSED_FOR_GOOD, -1);
	assert_int_equal(set_prefixes(f, NULL, 0), 0);
	assert_int_equal(retry(f, "m", T0 + SECOND).error, 0);
	assert_string_equal(ask_class(f, &north, "", T0 + SECOND).job.message, "m");
}

static void prefixes_that_are_none_are_refused(void **state)
{
	static const char *const empty[] = { CHINA, "" };
	static const char *const longer[] = { "+1234567890123456" };
	const char *many[STORE_PREFIXES_MAX + 1];
	struct fixture *f = *state;

	for (size_t i = 0; i <= STORE_PREFIXES_MAX; i++)
		many[i] = CHINA;
	assert_int_equal(set_prefixes(f, empty, 2), -EINVAL);
	assert_int_equal(set_prefixes(f, longer, 1), -EINVAL);
	assert_int_equal(set_prefixes(f, many, STORE_PREFIXES_MAX + 1), -EINVAL);
	submit(f, (struct draft){ .id = "m" });
	assert_true(ask_class(f, &north, MOBILE, T0).found);
}

/* The connection of the store; it is looked into only while the store is idle. */
static sqlite3 *connection;

static int connection_note(sqlite3 *handle, char **error, const struct sqlite3_api_routines *api)
{
	(void)error;
	(void)api;
	connection = handle;
	return SQLITE_OK;
}

static void sql(const char *text)
{
	assert_int_equal(sqlite3_exec(connection, text, NULL, NULL, NULL), SQLITE_OK);
}

/* So many more that wait, to other numbers of that class, for that conversation. */
static void fill(unsigned count, const char *prefix, const char *preferred)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "INSERT INTO delivery (id, message, recipient, number, state, reason, parts,"
		 " priority, valid_until, waiting, due_at, settle_at, prefix, preferred, pending)"
		 " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
		 " SELECT hex(randomblob(8)), 1, '', '%s' || (1000000 + i), 0, '', 1, 0, %lld, 1,"
		 " %lld, %lld, '%s', '%s', 1 FROM n",
		 count, prefix, (long long)VALID, (long long)T0, (long long)VALID, prefix,
		 preferred);
	sql(text);
}

static int64_t number_of(const char *text)
{
	sqlite3_stmt *query;
	int64_t number;

	assert_int_equal(sqlite3_prepare_v2(connection, text, -1, &query, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	number = sqlite3_column_int64(query, 0);
	sqlite3_finalize(query);
	return number;
}

static int64_t count_in(const char *prefix)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "SELECT count(*) FROM delivery WHERE waiting = 1 AND prefix = '%s'", prefix);
	return number_of(text);
}

static void many_are_sorted_in_pieces_also_over_a_restart(void **state)
{
	static const char *const prefixes[] = { "+86" };
	struct fixture *f = *state;

	for (unsigned i = 0; i < 5; i++) {
		char message[8];

		snprintf(message, sizeof(message), "m%u", i);
		submit(f, (struct draft){ .id = message, .to = ABROAD });
	}
	/* A thousand to each message. */
	fill(5000, "+86", "");
	sql("UPDATE delivery SET message = 1 + seq % 5 WHERE number LIKE '+86%'");
	sql("UPDATE delivery SET prefix = '' WHERE number LIKE '+86%'");
	assert_int_equal(set_prefixes(f, prefixes, 1), 0);
	assert_in_range(count_in("+86"), 1000, 2000);
	fixture_reopen(f);
	assert_int_equal(set_prefixes(f, prefixes, 1), 0);
	assert_in_range(count_in("+86"), 2000, 4000);
	for (unsigned i = 0; i < 6 && count_in("+86") < 5000; i++)
		assert_true(tick_by(f, T0, false, policy).sorting);
	assert_int_equal(count_in("+86"), 5000);
	assert_int_equal(count_in(""), 5);
	assert_int_equal(backlog(f).parts[1], 5000);
	for (unsigned i = 0; i < 2 && tick(f, T0).sorting; i++)
		;
	assert_int_equal(number_of("SELECT n FROM tally WHERE key = 104"), -1);
	assert_false(tick(f, T0).sorting);
	assert_true(tick(f, T0).next_usec > T0);
}

static void what_is_not_yet_sorted_goes_to_no_sim_of_another_class(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "m", .to = ABROAD });
	/* As if it had been sorted by other prefixes. */
	sql("UPDATE delivery SET prefix = '" CHINA "'");
	turn = ask_class(f, &north, CHINA, T0);
	assert_false(turn.found);
	assert_string_equal(ask_class(f, &north, "", T0).job.message, "m");
}

static void conversations_are_forgotten_with_the_records(void **state)
{
	struct fixture *f = *state;
	const struct store_tick_policy by = { .unknown_usec = DAY, .keep_record_usec = 10 * DAY };

	text_comes(f, &south, ALICE, T0);
	text_comes(f, &south, BOB, T0 + DAY);
	tick_by(f, T0 + 10 * DAY, true, by);
	assert_int_equal(number_of("SELECT count(*) FROM peer"), 1);
	assert_int_equal(number_of("SELECT count(*) FROM peer WHERE tail = '00000002'"), 1);
}

/* ------------------------------------------------------------------ cost */

/* What the statements of the store have done since the last time: steps of SQLite's machine. */
static int64_t steps_taken(void)
{
	int64_t steps = 0;

	for (sqlite3_stmt *at = sqlite3_next_stmt(connection, NULL); at;
	     at = sqlite3_next_stmt(connection, at))
		steps += sqlite3_stmt_status(at, SQLITE_STMTSTATUS_VM_STEP, 1);
	return steps;
}

static int64_t steps_of_nothing(struct fixture *f, const struct store_route *route)
{
	steps_taken();
	assert_false(begin_by(f, &north, route, (struct store_now){ T0, true }).found);
	return steps_taken();
}

static int64_t steps_of_a_pick(struct fixture *f, const struct store_route *route)
{
	struct turn turn;
	int64_t steps;

	steps_taken();
	turn = begin_by(f, &north, route, (struct store_now){ T0, true });
	steps = steps_taken();
	assert_true(turn.found);
	assert_int_equal(end(f, turn.job.attempt, PART_REFUSED_FOR_GOOD, -1), 0);
	return steps;
}

static void what_waits_elsewhere_costs_nothing(void **state)
{
	struct fixture *f = *state;
	struct store_route route = {
		.prefixes = all_classes,
		.prefix_count = 2,
		.talkers = &south.iccid,
		.talker_count = 1,
		.patience_usec = PATIENCE,
		.quota = { .limits[STORE_LIMIT_RECIPIENTS] = 1 },
	};
	int64_t few_nothing, few_pick, many_nothing, many_pick;

	ask(f, &south, T0);
	submit(f, (struct draft){ .id = "warm", .to = ABROAD });
	steps_of_a_pick(f, &route);
	fill(100, MOBILE, "");         /* a class that it does not serve */
	fill(100, CHINA, south.iccid); /* conversations of another SIM */
	steps_of_nothing(f, &route);
	few_nothing = steps_of_nothing(f, &route);
	submit(f, (struct draft){ .id = "few", .to = ABROAD });
	few_pick = steps_of_a_pick(f, &route);

	fill(100000, MOBILE, "");
	fill(100000, CHINA, south.iccid);
	many_nothing = steps_of_nothing(f, &route);
	submit(f, (struct draft){ .id = "many", .to = ABROAD });
	many_pick = steps_of_a_pick(f, &route);
	assert_in_range(many_nothing, few_nothing - 20, few_nothing + 20);
	assert_in_range(many_pick, few_pick - 20, few_pick + 20);
	/* It is steps that are counted. */
	assert_in_range(few_nothing, 50, 5000);
	assert_in_range(few_pick, few_nothing, 20000);
}

static void the_search_for_known_numbers_is_short(void **state)
{
	struct fixture *f = *state;
	struct store_route route = {
		.prefixes = all_classes,
		.prefix_count = 1,
		.quota = { .limits[STORE_LIMIT_RECIPIENTS] = 1 },
	};
	int64_t none, few, many;

	submit(f, (struct draft){ .id = "known", .to = ABROAD });
	end(f, ask(f, &north, T0).job.attempt, PART_ACCEPTED, 1);
	fill(100, "", "");
	none = steps_of_nothing(f, &route);
	fill(100000, "", "");
	assert_in_range(steps_of_nothing(f, &route), 1, none + 100);
	/* To the known one, and not yet due. */
	fill(100, "", "");
	sql("UPDATE delivery SET number = '" ABROAD "', due_at = due_at + 1, priority = 9"
	    " WHERE waiting = 1 AND seq > 100101");
	few = steps_of_nothing(f, &route);
	assert_in_range(few, none, none + 1000);
	fill(100000, "", "");
	sql("UPDATE delivery SET number = '" ABROAD "', due_at = due_at + 1, priority = 9"
	    " WHERE waiting = 1 AND seq > 150201");
	many = steps_of_nothing(f, &route);
	assert_in_range(many, few - 100, few + 100);
	assert_in_range(few, 50, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_classes, teardown)
		TEST(the_longest_prefix_decides),
		TEST(a_sim_without_classes_takes_only_what_is_its_own),
		TEST(what_is_bound_stays_with_its_sim_whatever_its_class),
		TEST(only_a_sim_of_its_class_takes_over_from_one_that_is_gone),
		TEST(priority_and_age_count_across_classes),
		TEST(with_other_prefixes_all_that_waits_is_sorted_anew),
		TEST(what_ends_and_is_wanted_again_has_its_class_of_now),
		TEST(prefixes_that_are_none_are_refused),
		TEST(many_are_sorted_in_pieces_also_over_a_restart),
		TEST(what_is_not_yet_sorted_goes_to_no_sim_of_another_class),
		TEST(conversations_are_forgotten_with_the_records),
		TEST(what_waits_elsewhere_costs_nothing),
		TEST(the_search_for_known_numbers_is_short),
	};

	sqlite3_auto_extension((void (*)(void))connection_note);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
