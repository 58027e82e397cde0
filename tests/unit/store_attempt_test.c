/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The radio's side of the store: which part goes next, and what may become of it.
 */
#include "bridge/core/errors.h"
#include "tests/unit/store_fixture.h"

#define CODES 512 /* more than there are of either kind */

static void a_part_is_sending_once_it_was_given_out(void **state)
{
	struct fixture *f = *state;
	struct turn turn;
	struct shown shown;

	submit(f, (struct draft){ .id = "m" });
	turn = begin(f, &north, T0);
	assert_true(turn.found);
	assert_string_equal(turn.job.message, "m");
	assert_string_equal(turn.job.number, ALICE);
	assert_memory_equal(turn.job.text, "one ", 4);
	assert_int_equal(turn.job.text_size, 4);
	assert_false(turn.job.concat.present);
	assert_int_equal(turn.job.valid_until_usec, VALID);

	shown = show(f, "m");
	assert_int_equal(shown.deliveries[0].state, DELIVERY_SENDING);
	assert_string_equal(shown.deliveries[0].modem, "north");
	assert_int_equal(shown.deliveries[0].attempt_count, 1);
	assert_int_equal(shown.attempts[0][0].state, DELIVERY_SENDING);
	assert_false(begin(f, &north, T0).found);
	assert_false(begin(f, &south, T0).found);
}

static void an_accepted_part_is_sent_with_its_reference(void **state)
{
	struct fixture *f = *state;
	struct shown shown;

	submit(f, (struct draft){ .id = "m" });
	send_part(f, &north, 17, T0);
	shown = show(f, "m");
	assert_int_equal(shown.deliveries[0].state, DELIVERY_SENT);
	assert_false(shown.deliveries[0].final);
	assert_int_equal(shown.deliveries[0].parts_sent, 1);
	assert_int_equal(shown.attempts[0][0].reference, 17);
	assert_int_equal(shown.attempts[0][0].state, DELIVERY_SENT);
}

static void parts_go_in_order_with_one_reference(void **state)
{
	struct fixture *f = *state;
	int reference = -1;

	submit(f, (struct draft){ .id = "m", .parts = 3 });
	for (unsigned part = 1; part <= 3; part++) {
		struct turn turn = begin(f, &north, T0);

		assert_true(turn.found);
		assert_true(turn.job.concat.present);
		assert_false(turn.job.concat.wide);
		assert_int_equal(turn.job.concat.total, 3);
		assert_int_equal(turn.job.concat.sequence, part);
		if (reference >= 0)
			assert_int_equal(turn.job.concat.reference, reference);
		reference = turn.job.concat.reference;
		/* While one is on the air, the next one waits. */
		assert_false(begin(f, &north, T0).found);
		assert_int_equal(end(f, turn.job.attempt, PART_ACCEPTED, (int)part), 0);
	}
	assert_int_equal(state_of(f, "m"), DELIVERY_SENT);
}

static void every_long_message_of_a_sim_has_a_reference_of_its_own(void **state)
{
	struct fixture *f = *state;
	bool used[256] = { false };

	for (unsigned i = 0; i < 256; i++) {
		struct turn turn;

		submit(f, (struct draft){ .parts = 2 });
		turn = begin(f, &north, T0);
		assert_true(turn.found);
		assert_false(used[turn.job.concat.reference]);
		used[turn.job.concat.reference] = true;
		end(f, turn.job.attempt, PART_REFUSED_FOR_GOOD, -1);
	}
}

static void a_delivery_stays_on_its_sim(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	send_part(f, &north, 1, T0);
	assert_false(begin(f, &south, T0).found);
	turn = begin(f, &north, T0);
	assert_true(turn.found);
	assert_int_equal(turn.job.concat.sequence, 2);
}

static void what_is_not_out_is_free_for_every_sim(void **state)
{
	static const enum part_event events[] = { PART_NOT_SENT, PART_REFUSED };
	struct fixture *f = *state;
	struct turn turn, again;

	for (size_t i = 0; i < 2; i++) {
		submit(f, (struct draft){ .id = i ? "refused" : "unsent", .parts = 2 });
		turn = begin(f, &north, T0);
		assert_int_equal(end_at(f, turn.job.attempt, events[i], -1, T0), 0);
		again = begin(f, &south, T0 + USEC_PER_MINUTE);
		assert_true(again.found);
		assert_string_equal(again.job.message, turn.job.message);
		assert_int_equal(end_at(f, again.job.attempt, PART_ACCEPTED, 1, T0), 0);
		/* From now on it is the SIM's. */
		assert_false(begin(f, &north, T0 + USEC_PER_MINUTE).found);
		assert_int_equal(end_at(f, begin(f, &south, T0 + USEC_PER_MINUTE).job.attempt,
					PART_NOT_SENT, -1, T0),
				 0);
		assert_false(begin(f, &north, T0 + 2 * USEC_PER_MINUTE).found);
		assert_int_equal(end_at(f, begin(f, &south, T0 + 2 * USEC_PER_MINUTE).job.attempt,
					PART_ACCEPTED, 2, T0),
				 0);
	}
}

static void what_may_be_out_stays_on_its_sim(void **state)
{
	struct fixture *f = *state;
	struct store_attempt_end refusal = {
		.event = PART_REFUSED,
		.reference = -1,
		.error = "CMS/500",
		.at_usec = T0,
		.may_be_duplicate = true,
	};

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	refusal.attempt = begin(f, &north, T0).job.attempt;
	assert_int_equal(store_attempt_end(f->store, &refusal, NULL, NULL), 0);
	assert_false(begin(f, &south, T0 + 1).found);
	assert_true(begin(f, &north, T0 + 1).found);
}

/* It comes twice, and says so, rather than never. */
static void what_was_refused_twice_is_free_though_it_may_be_out(void **state)
{
	struct fixture *f = *state;
	struct store_attempt_end refusal = {
		.event = PART_REFUSED,
		.reference = -1,
		.error = "CMS/500",
		.at_usec = T0,
		.may_be_duplicate = true,
	};
	struct turn turn;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	for (int64_t i = 0; i < 2; i++) {
		assert_false(i > 0 && begin(f, &south, T0 + i).found);
		refusal.attempt = begin(f, &north, T0 + i).job.attempt;
		assert_int_equal(store_attempt_end(f->store, &refusal, NULL, NULL), 0);
	}
	turn = begin(f, &south, T0 + 2);
	assert_true(turn.found);
	assert_int_equal(turn.job.concat.sequence, 1);
	assert_true(turn.job.may_be_duplicate);
	assert_true(show(f, "m").deliveries[0].may_be_duplicate);
	assert_int_equal(end(f, turn.job.attempt, PART_ACCEPTED, 1), 0);
	assert_false(begin(f, &north, T0 + 3).found);
	assert_int_equal(begin(f, &south, T0 + 3).job.concat.sequence, 2);
}

/* While something else of it is out, it is the SIM's whatever it says. */
static void what_was_refused_twice_stays_where_other_parts_are(void **state)
{
	struct fixture *f = *state;
	struct store_attempt_end refusal = {
		.event = PART_REFUSED,
		.reference = -1,
		.error = "CMS/500",
		.at_usec = T0,
		.may_be_duplicate = true,
	};

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	send_part(f, &north, 1, T0);
	for (int64_t i = 0; i < 3; i++) {
		assert_false(begin(f, &south, T0 + i).found);
		refusal.attempt = begin(f, &north, T0 + i).job.attempt;
		assert_int_equal(store_attempt_end(f->store, &refusal, NULL, NULL), 0);
	}
	assert_false(begin(f, &south, T0 + 3).found);
}

/* Only of the subscriber is a second one a reason to give up. */
static void what_failed_otherwise_does_not_count_as_refused(void **state)
{
	static const struct {
		const char *error;
		enum part_event event;
		unsigned refusals;
	} tries[] = {
		{ NULL, PART_NOT_SENT, 0 },     { "CMS/38", PART_REFUSED, 0 },
		{ "CME/30", PART_REFUSED, 0 },  { "ERROR", PART_REFUSED, 0 },
		{ "CMS/210", PART_REFUSED, 0 }, { "CMS/10", PART_REFUSED, 1 },
		{ "CMS/21", PART_REFUSED, 2 },  { "CMS/38", PART_REFUSED, 2 },
		{ "CMS/30", PART_REFUSED, 3 },
	};
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m" });
	for (unsigned i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		struct store_attempt_end refusal = { .event = tries[i].event,
						     .reference = -1,
						     .error = tries[i].error,
						     .at_usec = T0 };
		struct turn turn = begin(f, &north, T0);

		assert_int_equal(turn.job.tries, i);
		assert_int_equal(turn.job.refusals, i > 0 ? tries[i - 1].refusals : 0);
		refusal.attempt = turn.job.attempt;
		assert_int_equal(store_attempt_end(f->store, &refusal, NULL, NULL), 0);
	}
	assert_int_equal(begin(f, &north, T0).job.refusals, 3);
}

/* The store counts by the code that it keeps: the same as those of the table of errors. */
static void what_the_table_says_of_the_subscriber_counts_as_refused(void **state)
{
	static const struct {
		enum modem_error_kind kind;
		const char *name;
	} kinds[] = { { MODEM_ERROR_CMS, "CMS" }, { MODEM_ERROR_CME, "CME" } };
	struct fixture *f = *state;
	unsigned refusals = 0;

	submit(f, (struct draft){ .id = "m" });
	for (unsigned i = 0; i < 2 * CODES; i++) {
		int code = (int)(i % CODES);
		char error[SEND_ERROR_SIZE];
		struct store_attempt_end refusal = {
			.event = PART_REFUSED, .reference = -1, .error = error, .at_usec = T0
		};
		struct turn turn = begin(f, &north, T0);

		assert_int_equal(turn.job.refusals, refusals);
		snprintf(error, sizeof(error), "%s/%d", kinds[i / CODES].name, code);
		refusal.attempt = turn.job.attempt;
		assert_int_equal(store_attempt_end(f->store, &refusal, NULL, NULL), 0);
		refusals += send_error_class(kinds[i / CODES].kind, code) == SEND_ERROR_SUBSCRIBER;
	}
	assert_true(refusals > 0);
	assert_int_equal(begin(f, &north, T0).job.refusals, refusals);
}

static void priority_goes_before_age_and_age_before_nothing(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "first" });
	submit(f, (struct draft){ .id = "second" });
	submit(f, (struct draft){ .id = "urgent", .priority = 100 });
	submit(f, (struct draft){ .id = "idle", .priority = -128 });
	assert_string_equal(begin(f, &north, T0).job.message, "urgent");
	assert_string_equal(begin(f, &north, T0).job.message, "first");
	assert_string_equal(begin(f, &north, T0).job.message, "second");
	assert_string_equal(begin(f, &north, T0).job.message, "idle");
}

static void an_urgent_one_that_is_not_due_holds_nobody_up(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "later", .priority = 100, .scheduled = T0 + 500 });
	submit(f, (struct draft){ .id = "now" });
	assert_string_equal(begin(f, &north, T0).job.message, "now");
	turn = begin(f, &north, T0);
	assert_false(turn.found);
	assert_int_equal(turn.next, T0 + 500);
	assert_string_equal(begin(f, &north, T0 + 500).job.message, "later");
}

static void a_bound_one_keeps_its_place_among_new_ones(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "long", .parts = 2 });
	submit(f, (struct draft){ .id = "short" });
	send_part(f, &north, 1, T0);
	assert_string_equal(begin(f, &north, T0).job.message, "long");
	assert_string_equal(begin(f, &north, T0).job.message, "short");
}

static void a_refused_part_comes_back_when_it_is_due(void **state)
{
	struct fixture *f = *state;
	struct shown shown;
	struct turn turn;

	submit(f, (struct draft){ .id = "m" });
	turn = begin(f, &north, T0);
	assert_int_equal(end_at(f, turn.job.attempt, PART_REFUSED, -1, T0 + 10), 0);
	shown = show(f, "m");
	assert_int_equal(shown.deliveries[0].state, DELIVERY_PENDING);
	assert_int_equal(shown.deliveries[0].next_attempt_usec, T0 + 10 + USEC_PER_MINUTE);
	assert_string_equal(shown.deliveries[0].reason, "Because.");
	assert_int_equal(shown.attempts[0][0].state, DELIVERY_FAILED);
	assert_string_equal(shown.attempts[0][0].error, "CMS/38");

	turn = begin(f, &north, T0 + 20);
	assert_false(turn.found);
	assert_int_equal(turn.next, T0 + 10 + USEC_PER_MINUTE);
	turn = begin(f, &north, T0 + 10 + USEC_PER_MINUTE);
	assert_true(turn.found);
	assert_false(turn.job.may_be_duplicate);
}

static void a_retry_of_what_may_be_out_is_marked(void **state)
{
	struct fixture *f = *state;
	struct turn turn;
	struct store_attempt_end refusal = {
		.event = PART_REFUSED,
		.reference = -1,
		.error = "CMS/500",
		.at_usec = T0,
		.may_be_duplicate = true,
	};

	submit(f, (struct draft){ .id = "m" });
	refusal.attempt = begin(f, &north, T0).job.attempt;
	assert_int_equal(store_attempt_end(f->store, &refusal, NULL, NULL), 0);
	turn = begin(f, &north, T0 + 1);
	assert_true(turn.job.may_be_duplicate);
	assert_true(show(f, "m").deliveries[0].may_be_duplicate);
	assert_true(show(f, "m").attempts[0][1].may_be_duplicate);
}

static void a_part_refused_for_good_cancels_those_that_wait(void **state)
{
	struct fixture *f = *state;
	struct turn turn;
	struct shown shown;

	submit(f, (struct draft){ .id = "m", .parts = 3 });
	send_part(f, &north, 1, T0);
	turn = begin(f, &north, T0);
	assert_int_equal(end(f, turn.job.attempt, PART_REFUSED_FOR_GOOD, -1), 0);
	shown = show(f, "m");
	assert_int_equal(shown.deliveries[0].state, DELIVERY_FAILED);
	assert_true(shown.deliveries[0].final);
	assert_false(begin(f, &north, T0 + USEC_PER_DAY).found);
	/* What the first part still does changes nothing. */
	report(f, &north, ALICE, 1, 0x00, T0 + 9);
	shown = show(f, "m");
	assert_int_equal(shown.deliveries[0].state, DELIVERY_FAILED);
	assert_string_equal(shown.deliveries[0].reason, "Because.");
	assert_int_equal(shown.deliveries[0].parts_delivered, 1);
}

static void a_part_that_comes_back_to_a_lost_delivery_is_not_sent(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	send_part(f, &north, 1, T0);
	turn = begin(f, &north, T0);
	assert_int_equal(report(f, &north, ALICE, 1, 0x41, T0 + 3), STORE_READING_REPORT);
	assert_int_equal(state_of(f, "m"), DELIVERY_FAILED);
	assert_int_equal(end(f, turn.job.attempt, PART_REFUSED, -1), 0);
	assert_false(begin(f, &north, T0 + USEC_PER_DAY).found);
	assert_int_equal(state_of(f, "m"), DELIVERY_FAILED);
}

static void an_attempt_ends_once(void **state)
{
	struct fixture *f = *state;
	int64_t attempt;

	submit(f, (struct draft){ .id = "m" });
	attempt = begin(f, &north, T0).job.attempt;
	assert_int_equal(end(f, attempt, PART_ACCEPTED, 1), 0);
	assert_int_equal(end(f, attempt, PART_REFUSED, -1), -EALREADY);
	assert_int_equal(end(f, attempt + 1, PART_ACCEPTED, 1), -ENOENT);
	assert_int_equal(end(f, begin(f, &north, T0).job.attempt, PART_ACCEPTED, 1), -ENOENT);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENT);
}

static void an_event_that_ends_no_attempt_is_refused(void **state)
{
	struct fixture *f = *state;
	int64_t attempt;

	submit(f, (struct draft){ .id = "m" });
	attempt = begin(f, &north, T0).job.attempt;
	assert_int_equal(end(f, attempt, PART_REPORTED_DELIVERED, 1), -EINVAL);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENDING);
	assert_int_equal(end(f, attempt, PART_ACCEPTED, 1), 0);
}

static void what_a_dead_daemon_left_is_unknown_and_not_sent_again(void **state)
{
	struct fixture *f = *state;
	struct shown shown;
	int64_t attempt;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	attempt = begin(f, &north, T0).job.attempt;
	assert_int_equal(store_attempt_handed_over(f->store, attempt), 0);
	fixture_reopen(f);
	assert_int_equal(recover(f, T0 + 7), 0);

	shown = show(f, "m");
	assert_int_equal(shown.deliveries[0].attempt_count, 1);
	assert_int_equal(shown.attempts[0][0].state, DELIVERY_UNKNOWN);
	assert_int_equal(shown.attempts[0][0].ended_at_usec, T0 + 7);
	assert_non_null(strstr(shown.attempts[0][0].reason, "had been given"));
	/* The second part goes, the first does not. */
	assert_int_equal(begin(f, &north, T0 + 8).job.concat.sequence, 2);
	assert_false(begin(f, &north, T0 + 8).found);
	assert_int_equal(end(f, attempt, PART_ACCEPTED, 3), -EALREADY);
}

static void a_late_answer_settles_the_only_unknown_attempt(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "a" });
	submit(f, (struct draft){ .id = "b", .to = BOB });
	assert_int_equal(late(f, &north, PART_ACCEPTED, 5), -ENOENT);
	end(f, begin(f, &north, T0).job.attempt, PART_LOST_SIGHT, -1);
	assert_int_equal(state_of(f, "a"), DELIVERY_UNKNOWN);
	assert_int_equal(late(f, &south, PART_ACCEPTED, 5), -ENOENT);
	assert_int_equal(late(f, &north, PART_ACCEPTED, 5), 0);
	assert_int_equal(state_of(f, "a"), DELIVERY_SENT);
	assert_int_equal(report(f, &north, ALICE, 5, 0, T0 + 9), STORE_READING_REPORT);
	assert_int_equal(state_of(f, "a"), DELIVERY_DELIVERED);
}

static void a_late_answer_does_not_choose_between_two(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "a" });
	submit(f, (struct draft){ .id = "b", .to = BOB });
	end(f, begin(f, &north, T0).job.attempt, PART_LOST_SIGHT, -1);
	end(f, begin(f, &north, T0).job.attempt, PART_LOST_SIGHT, -1);
	assert_int_equal(late(f, &north, PART_ACCEPTED, 5), -ENOENT);
	assert_int_equal(state_of(f, "a"), DELIVERY_UNKNOWN);
	assert_int_equal(state_of(f, "b"), DELIVERY_UNKNOWN);
}

/* The answer is to the last attempt, though its delivery has failed for another part. */
static void a_late_answer_to_what_failed_meanwhile_settles_no_other(void **state)
{
	struct fixture *f = *state;
	int64_t second;

	submit(f, (struct draft){ .id = "a" });
	end(f, begin(f, &north, T0).job.attempt, PART_LOST_SIGHT, -1);
	submit(f, (struct draft){ .id = "b", .to = BOB, .parts = 2 });
	end(f, begin(f, &north, T0 + 1).job.attempt, PART_ACCEPTED, 71);
	second = begin(f, &north, T0 + 2).job.attempt;
	assert_int_equal(report(f, &north, BOB, 71, 0x41, T0 + 3), STORE_READING_REPORT);
	end(f, second, PART_LOST_SIGHT, -1);
	assert_int_equal(late(f, &north, PART_ACCEPTED, 72), -ENOENT);
	assert_int_equal(state_of(f, "a"), DELIVERY_UNKNOWN);
	assert_int_equal(state_of(f, "b"), DELIVERY_FAILED);
}

static void a_late_refusal_brings_the_part_back(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "a" });
	end(f, begin(f, &north, T0).job.attempt, PART_LOST_SIGHT, -1);
	assert_int_equal(late(f, &north, PART_REFUSED, -1), 0);
	assert_int_equal(state_of(f, "a"), DELIVERY_PENDING);
	assert_true(begin(f, &north, T0 + 6).found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_part_is_sending_once_it_was_given_out),
		TEST(an_accepted_part_is_sent_with_its_reference),
		TEST(parts_go_in_order_with_one_reference),
		TEST(every_long_message_of_a_sim_has_a_reference_of_its_own),
		TEST(a_delivery_stays_on_its_sim),
		TEST(what_is_not_out_is_free_for_every_sim),
		TEST(what_may_be_out_stays_on_its_sim),
		TEST(what_was_refused_twice_is_free_though_it_may_be_out),
		TEST(what_was_refused_twice_stays_where_other_parts_are),
		TEST(what_failed_otherwise_does_not_count_as_refused),
		TEST(what_the_table_says_of_the_subscriber_counts_as_refused),
		TEST(priority_goes_before_age_and_age_before_nothing),
		TEST(an_urgent_one_that_is_not_due_holds_nobody_up),
		TEST(a_bound_one_keeps_its_place_among_new_ones),
		TEST(a_refused_part_comes_back_when_it_is_due),
		TEST(a_retry_of_what_may_be_out_is_marked),
		TEST(a_part_refused_for_good_cancels_those_that_wait),
		TEST(a_part_that_comes_back_to_a_lost_delivery_is_not_sent),
		TEST(an_attempt_ends_once),
		TEST(an_event_that_ends_no_attempt_is_refused),
		TEST(what_a_dead_daemon_left_is_unknown_and_not_sent_again),
		TEST(a_late_answer_settles_the_only_unknown_attempt),
		TEST(a_late_answer_does_not_choose_between_two),
		TEST(a_late_answer_to_what_failed_meanwhile_settles_no_other),
		TEST(a_late_refusal_brings_the_part_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
