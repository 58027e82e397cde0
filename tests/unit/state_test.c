/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tables of states, read as a specification.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "bridge/base/cleanup.h"
#include "bridge/store/state.h"

#define P DELIVERY_PENDING
#define S DELIVERY_SENDING
#define U DELIVERY_UNKNOWN
#define T DELIVERY_SENT
#define D DELIVERY_DELIVERED
#define F DELIVERY_FAILED
#define E DELIVERY_EXPIRED
#define C DELIVERY_CANCELLED

static const struct {
	enum delivery_state from;
	enum part_event event;
	enum delivery_state to;
} moves[] = {
	{ P, PART_BEGUN, S },
	{ P, PART_TIME_OUT, E },
	{ P, PART_CANCEL, C },
	{ S, PART_ACCEPTED, T },
	{ S, PART_NOT_SENT, P },
	{ S, PART_REFUSED, P },
	{ S, PART_REFUSED_FOR_GOOD, F },
	{ S, PART_LOST_SIGHT, U },
	{ U, PART_ACCEPTED, T },
	{ U, PART_NOT_SENT, P },
	{ U, PART_REFUSED, P },
	{ U, PART_REFUSED_FOR_GOOD, F },
	{ U, PART_REPORTED_DELIVERED, D },
	{ U, PART_REPORTED_TRYING, T },
	{ U, PART_REPORTED_FAILED, F },
	{ U, PART_REPORTED_EXPIRED, E },
	{ U, PART_TIME_OUT, E },
	{ U, PART_RESEND, P },
	{ T, PART_REPORTED_DELIVERED, D },
	{ T, PART_REPORTED_TRYING, T },
	{ T, PART_REPORTED_FAILED, F },
	{ T, PART_REPORTED_EXPIRED, E },
	{ T, PART_TIME_OUT, E },
	{ T, PART_RESEND, P },
	{ D, PART_RESEND, P },
	{ F, PART_RETRY, P },
	{ E, PART_RETRY, P },
	{ C, PART_RETRY, P },
};

static void a_part_moves_by_the_table_and_not_otherwise(void **unused)
{
	(void)unused;
	for (unsigned from = 0; from < DELIVERY_STATE_COUNT; from++) {
		for (unsigned event = 0; event < PART_EVENT_COUNT; event++) {
			enum delivery_state expected = DELIVERY_STATE_COUNT;
			enum delivery_state to = DELIVERY_STATE_COUNT;

			for (size_t i = 0; i < ARRAY_SIZE(moves); i++)
				if (moves[i].from == from && moves[i].event == event)
					expected = moves[i].to;
			assert_int_equal(
				part_next((enum delivery_state)from, (enum part_event)event, &to),
				expected != DELIVERY_STATE_COUNT);
			assert_int_equal(to, expected);
		}
	}
}

static void an_unknown_part_is_never_begun_again(void **unused)
{
	enum delivery_state to;

	(void)unused;
	assert_false(part_next(U, PART_BEGUN, &to));
	assert_false(part_next(T, PART_BEGUN, &to));
}

static void what_has_ended_moves_only_when_somebody_wants_it(void **unused)
{
	(void)unused;
	for (unsigned from = 0; from < DELIVERY_STATE_COUNT; from++)
		for (unsigned event = 0; event < PART_EVENT_COUNT; event++) {
			enum delivery_state to;

			if (event == PART_RESEND || event == PART_RETRY)
				continue;
			if (delivery_state_final((enum delivery_state)from))
				assert_false(part_next((enum delivery_state)from,
						       (enum part_event)event, &to));
		}
}

static const struct {
	enum delivery_state parts[3], whole;
} wholes[] = {
	{ { P, P, P }, P }, { { S, P, P }, S }, { { T, P, P }, S }, { { T, S, P }, S },
	{ { U, P, P }, S }, { { D, P, P }, S }, { { T, T, S }, S }, { { T, T, U }, U },
	{ { T, T, T }, T }, { { D, T, D }, T }, { { D, D, D }, D }, { { D, F, T }, F },
	{ { F, C, C }, F }, { { T, F, P }, F }, { { T, E, C }, T }, { { D, E, C }, E },
	{ { E, C, C }, E }, { { C, C, C }, C }, { { C, P, P }, P }, { { U, E, C }, U },
};

static void a_delivery_shows_the_least_advanced_of_its_parts(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(wholes); i++)
		assert_int_equal(delivery_state_of_parts(wholes[i].parts, 3), wholes[i].whole);
}

static void a_delivery_of_one_part_shows_that_part(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < DELIVERY_STATE_COUNT; i++) {
		enum delivery_state part = (enum delivery_state)i;

		assert_int_equal(delivery_state_of_parts(&part, 1), i);
	}
}

static void a_message_shows_the_first_present(void **unused)
{
	static const enum delivery_state order[] = { U, S, P, T, F, E, C, D, DELIVERY_READ };
	unsigned counts[DELIVERY_STATE_COUNT] = { 0 };

	(void)unused;
	for (size_t i = ARRAY_SIZE(order); i-- > 0;) {
		counts[order[i]] = 1;
		assert_int_equal(message_state_of_deliveries(counts), order[i]);
	}
}

static void names_are_read_as_they_are_written(void **unused)
{
	enum delivery_state state;

	(void)unused;
	for (unsigned i = 0; i < DELIVERY_STATE_COUNT; i++) {
		assert_int_equal(
			delivery_state_parse(delivery_state_name((enum delivery_state)i), &state),
			0);
		assert_int_equal(state, i);
	}
	assert_string_equal(delivery_state_name(DELIVERY_CANCELLED), "cancelled");
	assert_int_equal(delivery_state_parse("lost", &state), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_part_moves_by_the_table_and_not_otherwise),
		cmocka_unit_test(an_unknown_part_is_never_begun_again),
		cmocka_unit_test(what_has_ended_moves_only_when_somebody_wants_it),
		cmocka_unit_test(a_delivery_shows_the_least_advanced_of_its_parts),
		cmocka_unit_test(a_delivery_of_one_part_shows_that_part),
		cmocka_unit_test(a_message_shows_the_first_present),
		cmocka_unit_test(names_are_read_as_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
