/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a limit does to messages of several parts: none is begun that it would cut in two, and what
 * was begun all the same is not left half done for days.
 */
#include "tests/unit/store_pool.h"

/* 20 November 2026, 10:20:30 UTC */
#define NOW (INT64_C(1795170030) * USEC_PER_SEC)
#define NEXT_DAY (NOW + 13 * HOUR + 39 * MINUTE + 30 * USEC_PER_SEC)

static struct store_route limited(enum store_limit limit, unsigned to)
{
	struct store_route route = any_route;

	route.quota.limits[limit] = to;
	return route;
}

static struct turn ask(struct fixture *f, const struct store_sim *sim,
		       const struct store_route *route, int64_t at)
{
	return begin_by(f, sim, route, (struct store_now){ at, true });
}

static void send_next(struct fixture *f, const struct store_route *route, const char *id,
		      uint8_t part)
{
	struct turn turn = ask(f, &north, route, NOW);

	assert_true(turn.found);
	assert_string_equal(turn.job.message, id);
	assert_int_equal(turn.job.concat.sequence, part);
	assert_int_equal(end_at(f, turn.job.attempt, PART_ACCEPTED, part, NOW), 0);
}

static void submit_parts(struct fixture *f, const char *id, unsigned parts)
{
	submit(f,
	       (struct draft){
		       .id = id, .parts = parts, .created = NOW - HOUR, .valid = NOW + 90 * DAY });
}

/* ------------------------------------------------------------------ not begun */

static void a_message_that_a_limit_would_cut_waits_for_the_next_period(void **state)
{
	static const enum store_limit limits[] = { STORE_LIMIT_HOUR, STORE_LIMIT_DAY,
						   STORE_LIMIT_MONTH };

	for (size_t i = 0; i < 3; i++) {
		const struct store_route route = limited(limits[i], 3);
		struct fixture *f;
		struct turn turn;

		teardown(state);
		setup(state);
		f = *state;
		submit_parts(f, "a", 2);
		submit_parts(f, "b", 2);
		send_next(f, &route, "a", 1);
		send_next(f, &route, "a", 2);
		turn = ask(f, &north, &route, NOW);
		assert_false(turn.found);
		assert_int_equal(turn.wait.limit, limits[i]);
		assert_true(turn.wait.some_left);
		assert_true(turn.wait.limit_until_usec > NOW);
		/* Another SIM may take it meanwhile, and nobody tells. */
		assert_int_equal(turn.wait.next_usec, NOW + MINUTE);
		/* Until then it is anybody's. */
		assert_true(ask(f, &south, &any_route, NOW).found);
	}
}

static void it_goes_when_the_period_is_over(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_DAY, 3);
	struct fixture *f = *state;

	submit_parts(f, "a", 2);
	submit_parts(f, "b", 2);
	send_next(f, &route, "a", 1);
	send_next(f, &route, "a", 2);
	assert_int_equal(ask(f, &north, &route, NOW).wait.limit_until_usec, NEXT_DAY);
	assert_string_equal(ask(f, &north, &route, NEXT_DAY).job.message, "b");
}

/* A minute is no time to wait for the other half. */
static void a_minute_cuts_what_it_likes(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_MINUTE, 3);
	struct fixture *f = *state;

	submit_parts(f, "a", 2);
	submit_parts(f, "b", 2);
	send_next(f, &route, "a", 1);
	send_next(f, &route, "a", 2);
	send_next(f, &route, "b", 1);
}

/* No period has room for it: waiting for the next one gains nothing. */
static void what_no_period_has_room_for_begins_at_once(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_DAY, 2);
	struct fixture *f = *state;

	submit_parts(f, "a", 1);
	submit_parts(f, "b", 3);
	send_next(f, &route, "a", 0);
	send_next(f, &route, "b", 1);
}

/* What was begun does not wait behind what there is no room for. */
static void what_was_begun_goes_on_before_it(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_DAY, 3);
	struct fixture *f = *state;
	struct turn turn;

	submit_parts(f, "a", 2);
	send_next(f, &route, "a", 1);
	submit(f, (struct draft){ .id = "b", .parts = 3, .priority = 9, .created = NOW - HOUR });
	send_next(f, &route, "a", 2);
	turn = ask(f, &north, &route, NOW);
	assert_false(turn.found);
	assert_int_equal(turn.wait.limit, STORE_LIMIT_DAY);
}

/* A part that was refused is tried again in a minute: it finds its place then. */
static void what_was_begun_keeps_its_place(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_DAY, 2);
	struct fixture *f = *state;
	struct turn turn;

	submit_parts(f, "a", 2);
	send_next(f, &route, "a", 1);
	turn = ask(f, &north, &route, NOW);
	assert_int_equal(end_at(f, turn.job.attempt, PART_REFUSED, -1, NOW), 0);
	submit_parts(f, "b", 1);
	turn = ask(f, &north, &route, NOW);
	assert_false(turn.found);
	assert_int_equal(turn.wait.next_usec, NOW + MINUTE);
	assert_string_equal(ask(f, &north, &route, NOW + MINUTE).job.message, "a");
}

/* ------------------------------------------------------------------ passed */

static void what_is_shorter_passes_what_there_is_no_room_for(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_DAY, 5);
	struct fixture *f = *state;
	struct turn turn;

	submit_parts(f, "a", 2);
	submit_parts(f, "b", 4);
	submit_parts(f, "c", 2);
	submit_parts(f, "d", 2);
	submit_parts(f, "e", 1);
	send_next(f, &route, "a", 1);
	send_next(f, &route, "a", 2);
	send_next(f, &route, "c", 1);
	send_next(f, &route, "c", 2);
	send_next(f, &route, "e", 0);
	turn = ask(f, &north, &route, NOW);
	assert_false(turn.found);
	assert_int_equal(turn.wait.limit, STORE_LIMIT_DAY);
	assert_false(turn.wait.some_left);
}

static void what_was_passed_is_the_first_of_the_next_period(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_DAY, 3);
	struct fixture *f = *state;

	submit_parts(f, "a", 1);
	send_next(f, &route, "a", 0);
	submit_parts(f, "b", 3);
	for (unsigned i = 0; i < 3; i++)
		submit_parts(f, NULL, 1);
	for (unsigned i = 0; i < 2; i++) {
		struct turn turn = ask(f, &north, &route, NOW);

		assert_true(turn.found);
		assert_string_not_equal(turn.job.message, "b");
	}
	assert_false(ask(f, &north, &route, NOW).found);
	for (uint8_t part = 1; part <= 3; part++) {
		struct turn turn = ask(f, &north, &route, NEXT_DAY);

		assert_string_equal(turn.job.message, "b");
		assert_int_equal(end_at(f, turn.job.attempt, PART_ACCEPTED, part, NEXT_DAY), 0);
	}
	assert_false(ask(f, &north, &route, NEXT_DAY).found);
}

static void nothing_passes_into_the_place_of_what_was_begun(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_DAY, 3);
	struct fixture *f = *state;
	struct turn turn;

	submit_parts(f, "a", 2);
	send_next(f, &route, "a", 1);
	turn = ask(f, &north, &route, NOW);
	assert_int_equal(end_at(f, turn.job.attempt, PART_REFUSED, -1, NOW), 0);
	submit_parts(f, "b", 2);
	submit_parts(f, "c", 1);
	submit_parts(f, "d", 1);
	send_next(f, &route, "c", 0);
	assert_false(ask(f, &north, &route, NOW).found);
	assert_string_equal(ask(f, &north, &route, NOW + MINUTE).job.message, "a");
}

/* Each of them would cost a look; and the store is not asked again and again for nothing. */
static void no_more_are_passed_than_can_be_looked_at(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_DAY, 3);
	struct fixture *f = *state;
	struct turn turn;

	submit_parts(f, "a", 1);
	send_next(f, &route, "a", 0);
	for (unsigned i = 0; i < 63; i++)
		submit_parts(f, NULL, 3);
	submit_parts(f, "b", 1);
	send_next(f, &route, "b", 0);
	submit_parts(f, NULL, 3);
	submit_parts(f, "c", 1);
	turn = ask(f, &north, &route, NOW);
	assert_false(turn.found);
	assert_int_equal(turn.wait.limit, STORE_LIMIT_DAY);
	assert_true(turn.wait.some_left);
	assert_int_equal(turn.wait.next_usec, NOW + MINUTE);
}

static void it_passes_among_known_numbers_too(void **state)
{
	struct store_route route = limited(STORE_LIMIT_DAY, 3);
	struct fixture *f = *state;
	struct turn turn;

	route.quota.limits[STORE_LIMIT_RECIPIENTS] = 1;
	submit_parts(f, "a", 1);
	send_next(f, &route, "a", 0);
	submit(f, (struct draft){ .id = "b", .to = BOB, .created = NOW - HOUR });
	submit_parts(f, "c", 3);
	submit_parts(f, "d", 1);
	send_next(f, &route, "d", 0);
	turn = ask(f, &north, &route, NOW);
	assert_false(turn.found);
	assert_int_equal(turn.wait.limit, STORE_LIMIT_RECIPIENTS);
	assert_int_equal(turn.wait.next_usec, NOW + MINUTE);
	assert_string_equal(ask(f, &north, &route, NEXT_DAY).job.message, "c");
}

/* Bound to the SIM by a try that came to nothing. */
static void what_is_bound_is_not_blamed_on_a_quota_that_has_some_left(void **state)
{
	const struct store_route route = limited(STORE_LIMIT_DAY, 3);
	struct fixture *f = *state;
	struct turn turn;

	submit_parts(f, "a", 2);
	send_next(f, &route, "a", 1);
	turn = ask(f, &north, &route, NOW);
	assert_int_equal(end_at(f, turn.job.attempt, PART_REFUSED, -1, NOW), 0);
	submit_parts(f, "b", 2);
	assert_false(ask(f, &north, &route, NOW).found);
	assert_null(strstr(show(f, "a").deliveries[0].reason, "used up"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_message_that_a_limit_would_cut_waits_for_the_next_period),
		TEST(it_goes_when_the_period_is_over),
		TEST(a_minute_cuts_what_it_likes),
		TEST(what_no_period_has_room_for_begins_at_once),
		TEST(what_was_begun_goes_on_before_it),
		TEST(what_was_begun_keeps_its_place),
		TEST(what_is_shorter_passes_what_there_is_no_room_for),
		TEST(what_was_passed_is_the_first_of_the_next_period),
		TEST(nothing_passes_into_the_place_of_what_was_begun),
		TEST(no_more_are_passed_than_can_be_looked_at),
		TEST(it_passes_among_known_numbers_too),
		TEST(what_is_bound_is_not_blamed_on_a_quota_that_has_some_left),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
