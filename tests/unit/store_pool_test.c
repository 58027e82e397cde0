/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is known of the pool: modems that are held, credit, classes whose quotas are used up, and how
 * much waits.
 */
#include "tests/unit/store_pool.h"

static const char *const prefixes[] = { "+49", "+86" };
static const struct store_route everywhere = { .prefixes =
						       (const char *const[]){ "", "+49", "+86" },
					       .prefix_count = 3 };
#define BERLIN "+4915100000001"
#define SERVICE "10086"
#define REASON "All modems for +86 have sent what they may today."

static int setup_classes(void **state)
{
	setup(state);
	assert_int_equal(set_prefixes(*state, prefixes, 2), 0);
	return 0;
}

static struct turn ask(struct fixture *f, int64_t now)
{
	return begin_by(f, &north, &everywhere, (struct store_now){ now, true });
}

/* ------------------------------------------------------------------ modems, credit */

static void held_modems_are_kept_over_a_restart(void **state)
{
	struct fixture *f = *state;
	struct modems_seen seen;

	hold_modem(f, "south", true, T0);
	hold_modem(f, "north", true, T0 + 1);
	hold_modem(f, "west", false, T0 + 2);
	fixture_reopen(f);
	seen = kept_modems(f);
	assert_int_equal(seen.count, 3);
	assert_string_equal(seen.key[0], "north");
	assert_string_equal(seen.key[1], "south");
	assert_true(seen.held[0] && seen.held[1] && !seen.held[2]);
	hold_modem(f, "north", false, T0 + 3);
	hold_modem(f, "north", false, T0 + 3);
	seen = kept_modems(f);
	assert_string_equal(seen.key[0], "south");
	assert_true(seen.held[0] && !seen.held[1] && !seen.held[2]);
}

static void the_sim_of_a_modem_is_kept_over_a_restart(void **state)
{
	struct fixture *f = *state;
	struct modems_seen seen;

	modem_has_sim(f, "north", "89860000000000000011", "460000000000011", T0);
	hold_modem(f, "north", true, T0 + 1);
	modem_has_sim(f, "north", "460000000000022", "", T0 + 2);
	fixture_reopen(f);
	seen = kept_modems(f);
	assert_int_equal(seen.count, 1);
	assert_true(seen.held[0]);
	assert_string_equal(seen.sim[0], "460000000000022");
	assert_string_equal(seen.imsi[0], "");
	assert_int_equal(seen.at[0], T0 + 2);
}

static void the_last_balance_is_shown(void **state)
{
	struct fixture *f = *state;
	struct store_sim_health health = health_of(f, &north, T0);

	assert_string_equal(health.balance, "");
	assert_int_equal(health.balance_at_usec, 0);
	assert_int_equal(store_sim_balance(f->store, &north, "12.50", T0), 0);
	assert_int_equal(store_sim_balance(f->store, &north, "11.90", T0 + 1), 0);
	fixture_reopen(f);
	health = health_of(f, &north, T0 + 2);
	assert_string_equal(health.balance, "11.90");
	assert_int_equal(health.balance_at_usec, T0 + 1);
	assert_string_equal(health_of(f, &south, T0 + 2).balance, "");
}

static void a_balance_is_cut_to_its_size(void **state)
{
	struct fixture *f = *state;

	store_sim_balance(f->store, &north, "1234567890123456789012345678901234567890", T0);
	assert_string_equal(health_of(f, &north, T0).balance, "1234567890123456789012345678901");
}

/* ------------------------------------------------------------------ classes that wait */

static void what_waits_for_a_quota_says_so(void **state)
{
	struct fixture *f = *state;
	struct shown shown;

	submit(f, (struct draft){ .id = "m", .to_too = BERLIN });
	prefix_waits(f, "+86", REASON, T0 + HOUR);
	submit(f, (struct draft){ .id = "new" });
	shown = show(f, "m");
	assert_string_equal(shown.deliveries[0].reason, REASON);
	assert_int_equal(shown.deliveries[0].next_attempt_usec, T0 + HOUR);
	assert_string_equal(shown.deliveries[1].reason, "It waits for a modem.");
	assert_int_equal(shown.deliveries[1].next_attempt_usec, T0);
	assert_string_equal(show(f, "new").deliveries[0].reason, REASON);

	prefix_waits(f, "+86", "Another one.", T0 + 2 * HOUR);
	assert_string_equal(show(f, "m").deliveries[0].reason, "Another one.");
	prefix_waits(f, "+86", NULL, 0);
	assert_string_equal(show(f, "m").deliveries[0].reason, "It waits for a modem.");
}

static void numbers_of_no_class_wait_as_well(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .to = SERVICE });
	prefix_waits(f, "", REASON, 0);
	assert_string_equal(show(f, "m").deliveries[0].reason, REASON);
	assert_int_equal(show(f, "m").deliveries[0].next_attempt_usec, T0);
}

static void only_what_waits_for_a_quota_says_so(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "refused" });
	turn = ask(f, T0);
	assert_int_equal(end_at(f, turn.job.attempt, PART_REFUSED, -1, T0 + 10), 0);
	submit(f, (struct draft){ .id = "out", .to = BOB });
	ask(f, T0);
	submit(f, (struct draft){ .id = "scheduled", .scheduled = T0 + DAY });
	/* It is due only when the quota is free again. */
	prefix_waits(f, "+86", REASON, T0 + 11);
	assert_string_equal(show(f, "refused").deliveries[0].reason, "Because.");
	prefix_waits(f, "+86", REASON, T0 + HOUR);
	assert_string_equal(show(f, "refused").deliveries[0].reason, REASON);
	assert_string_equal(show(f, "out").deliveries[0].reason, "It was given to modem north.");
	assert_string_equal(show(f, "scheduled").deliveries[0].reason,
			    "It waits for the moment it was scheduled for.");
}

/* ------------------------------------------------------------------ one SIM that is waited for */

static void what_waits_between_its_parts_says_for_what(void **state)
{
	struct fixture *f = *state;
	int64_t attempt;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	assert_int_equal(end_at(f, ask(f, T0).job.attempt, PART_ACCEPTED, 7, T0 + 1), 0);
	report(f, &north, ALICE, 7, 0x00, T0 + 5);
	assert_string_equal(show(f, "m").deliveries[0].reason,
			    "Some of its parts are out; the next waits for modem north.");

	attempt = ask(f, T0 + 6).job.attempt;
	assert_int_equal(end_at(f, attempt, PART_REFUSED, -1, T0 + 7), 0);
	report(f, &north, ALICE, 7, 0x00, T0 + 8);
	assert_string_equal(show(f, "m").deliveries[0].reason, "Because.");
	assert_int_equal(show(f, "m").deliveries[0].next_attempt_usec, T0 + 7 + USEC_PER_MINUTE);
}

static void what_waits_for_one_sim_waits_for_that_ones_quota(void **state)
{
	struct store_route route = everywhere;
	struct fixture *f = *state;
	struct shown shown;
	struct turn turn;

	route.quota.limits[STORE_LIMIT_MONTH] = 1;
	submit(f, (struct draft){ .id = "m", .parts = 2 });
	assert_int_equal(end_at(f, ask(f, T0).job.attempt, PART_ACCEPTED, 7, T0 + 1), 0);
	turn = begin_by(f, &north, &route, (struct store_now){ T0 + 2, true });
	assert_false(turn.found);
	/* That all others are free or used up is nothing to it. */
	prefix_waits(f, "+86", REASON, T0 + HOUR);
	shown = show(f, "m");
	assert_int_equal(shown.deliveries[0].next_attempt_usec, turn.wait.limit_until_usec);
	assert_non_null(strstr(shown.deliveries[0].reason, "modem north"));
	assert_non_null(strstr(shown.deliveries[0].reason, "used up its quota"));

	assert_int_equal(store_modem_changed(f->store, "north", "ready", "held", "", T0 + 3), 0);
	assert_null(strstr(show(f, "m").deliveries[0].reason, "quota"));
	assert_int_equal(store_modem_changed(f->store, "north", "held", "ready", "", T0 + 4), 0);
	assert_false(begin_by(f, &north, &route, (struct store_now){ T0 + 5, true }).found);
	assert_non_null(strstr(show(f, "m").deliveries[0].reason, "quota"));

	turn = ask(f, turn.wait.limit_until_usec);
	assert_true(turn.found);
	assert_null(strstr(show(f, "m").deliveries[0].reason, "quota"));
}

/* Nobody asks for work while all is held, or the SIM rests. */
static void a_quota_that_is_free_again_is_told_no_longer_though_nobody_asks(void **state)
{
	struct store_route route = everywhere;
	struct fixture *f = *state;
	int64_t until;

	route.quota.limits[STORE_LIMIT_MONTH] = 1;
	submit(f, (struct draft){ .id = "m", .parts = 2 });
	assert_int_equal(end_at(f, ask(f, T0).job.attempt, PART_ACCEPTED, 7, T0 + 1), 0);
	until = begin_by(f, &north, &route, (struct store_now){ T0 + 2, true })
			.wait.limit_until_usec;
	tick(f, until - 1);
	assert_non_null(strstr(show(f, "m").deliveries[0].reason, "quota"));
	tick(f, until);
	assert_string_equal(show(f, "m").deliveries[0].reason,
			    "Some of its parts are out; the next waits for modem north.");
}

static void a_start_knows_of_no_class_that_waits(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m" });
	prefix_waits(f, "+86", REASON, T0 + HOUR);
	fixture_reopen(f);
	assert_int_equal(set_prefixes(f, prefixes, 2), 0);
	assert_string_equal(show(f, "m").deliveries[0].reason, "It waits for a modem.");
}

/* ------------------------------------------------------------------ how much waits */

static uint64_t waiting(struct fixture *f, const char *prefix)
{
	struct backlog seen = backlog(f);

	for (size_t i = 0; i < seen.count; i++)
		if (strcmp(seen.prefix[i], prefix) == 0)
			return seen.parts[i];
	return 0;
}

static void parts_that_wait_are_counted_by_class(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(backlog(f).total, 0);
	assert_int_equal(backlog(f).count, 0);
	submit(f, (struct draft){ .id = "two", .parts = 3, .to_too = BERLIN });
	submit(f, (struct draft){ .id = "one", .to = SERVICE });
	assert_int_equal(waiting(f, "+86"), 3);
	assert_int_equal(waiting(f, "+49"), 3);
	assert_int_equal(waiting(f, ""), 1);
	assert_int_equal(backlog(f).total, 7);
	fixture_reopen(f);
	assert_int_equal(backlog(f).total, 7);
	cancel(f, "one");
	assert_int_equal(waiting(f, ""), 0);
	assert_int_equal(backlog(f).count, 2);
}

static void a_part_on_the_air_does_not_wait(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "m", .parts = 3 });
	turn = ask(f, T0);
	assert_int_equal(waiting(f, "+86"), 2);
	assert_int_equal(end_at(f, turn.job.attempt, PART_REFUSED, -1, T0), 0);
	assert_int_equal(waiting(f, "+86"), 3);
	turn = ask(f, T0 + MINUTE);
	assert_int_equal(end_at(f, turn.job.attempt, PART_REFUSED_FOR_GOOD, -1, T0), 0);
	assert_int_equal(backlog(f).total, 0);
	retry(f, "m", T0 + HOUR);
	assert_int_equal(waiting(f, "+86"), 3);
}

/* What goes before a message depends on these. */
static void priority_validity_and_what_may_be_passed_are_told(void **state)
{
	struct fixture *f = *state;
	const int64_t hour = VALID / HOUR * HOUR;
	struct backlog seen;
	struct turn turn;

	submit(f, (struct draft){ .id = "bulk", .priority = -100 });
	submit(f, (struct draft){ .id = "long", .priority = -100, .parts = 3 });
	submit(f, (struct draft){ .id = "more", .priority = -100, .valid = hour + HOUR - 1 });
	submit(f, (struct draft){ .id = "later", .priority = -100, .valid = hour + HOUR });
	submit(f, (struct draft){ .id = "begun", .priority = 7, .parts = 2 });
	turn = ask(f, T0);
	assert_int_equal(end_at(f, turn.job.attempt, PART_ACCEPTED, 1, T0), 0);
	seen = backlog(f);
	assert_int_equal(seen.group_count, 4);
	assert_int_equal(seen.groups[0].priority, -100);
	assert_int_equal(seen.groups[0].until_usec, hour);
	assert_int_equal(seen.groups[0].parts, 2);
	assert_false(seen.groups[0].passable);
	assert_int_equal(seen.groups[1].until_usec, hour);
	assert_int_equal(seen.groups[1].parts, 3);
	assert_true(seen.groups[1].passable);
	assert_int_equal(seen.groups[2].until_usec, hour + HOUR);
	assert_int_equal(seen.groups[2].parts, 1);
	assert_false(seen.groups[2].passable);
	assert_int_equal(seen.groups[3].priority, 7);
	assert_int_equal(seen.groups[3].parts, 1);
	assert_true(seen.groups[3].passable);
	/* With a new life. */
	cancel(f, "later");
	assert_int_equal(backlog(f).group_count, 3);
	retry(f, "later", hour + DAY);
	assert_int_equal(backlog(f).group_count, 4);
	assert_true(backlog(f).groups[2].until_usec > hour + DAY);
}

static void what_is_scheduled_waits_from_its_moment_on(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .parts = 2, .scheduled = T0 + HOUR });
	assert_int_equal(backlog(f).total, 0);
	tick(f, T0 + HOUR);
	assert_int_equal(waiting(f, "+86"), 2);
	submit(f, (struct draft){ .id = "n", .scheduled = T0 + DAY });
	cancel(f, "n");
	assert_int_equal(backlog(f).total, 2);
}

static void what_is_sorted_anew_is_counted_anew(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .parts = 2, .to_too = BERLIN });
	submit(f, (struct draft){ .id = "n", .scheduled = T0 + HOUR });
	assert_int_equal(set_prefixes(f, prefixes, 1), 0);
	assert_int_equal(waiting(f, "+86"), 0);
	assert_int_equal(waiting(f, "+49"), 2);
	assert_int_equal(waiting(f, ""), 2);
	tick(f, T0 + HOUR);
	assert_int_equal(waiting(f, ""), 3);
	assert_int_equal(backlog(f).total, 5);
}

static void what_is_over_and_forgotten_was_not_waiting(void **state)
{
	struct fixture *f = *state;
	const struct store_tick_policy by = { .unknown_usec = DAY, .keep_record_usec = 10 * DAY };

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	submit(f, (struct draft){ .id = "n", .valid = T0 + 90 * DAY });
	tick_by(f, VALID + HOUR, true, by);
	assert_int_equal(waiting(f, "+86"), 1);
	tick_by(f, VALID + 20 * DAY, true, by);
	assert_int_equal(show(f, "m").error, -ENOENT);
	assert_int_equal(waiting(f, "+86"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_classes, teardown)
		TEST(held_modems_are_kept_over_a_restart),
		TEST(the_sim_of_a_modem_is_kept_over_a_restart),
		TEST(the_last_balance_is_shown),
		TEST(a_balance_is_cut_to_its_size),
		TEST(what_waits_for_a_quota_says_so),
		TEST(numbers_of_no_class_wait_as_well),
		TEST(only_what_waits_for_a_quota_says_so),
		TEST(what_waits_between_its_parts_says_for_what),
		TEST(what_waits_for_one_sim_waits_for_that_ones_quota),
		TEST(a_quota_that_is_free_again_is_told_no_longer_though_nobody_asks),
		TEST(a_start_knows_of_no_class_that_waits),
		TEST(parts_that_wait_are_counted_by_class),
		TEST(a_part_on_the_air_does_not_wait),
		TEST(priority_validity_and_what_may_be_passed_are_told),
		TEST(what_is_scheduled_waits_from_its_moment_on),
		TEST(what_is_sorted_anew_is_counted_anew),
		TEST(what_is_over_and_forgotten_was_not_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
