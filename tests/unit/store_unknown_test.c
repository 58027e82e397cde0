/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What nobody knows: how it is settled by a report, by time and by the operator.
 */
#include "tests/unit/store_words.h"

/* A status report with the moment at which the centre says that it got the message. */
static enum store_reading report_by(struct fixture *f, const char *from, uint8_t reference,
				    int64_t centre, int64_t at)
{
	static unsigned number;
	char octets[24];
	struct tpdu tpdu = {
		.kind = TPDU_STATUS_REPORT,
		.reference = reference,
		.centre_time_usec = centre,
	};

	snprintf(tpdu.address, sizeof(tpdu.address), "%s", from);
	snprintf(octets, sizeof(octets), "timed %u", number++);
	return receive(f, &north, octets, -1, &tpdu, at);
}

/* From one matched report the store learns how far the centre's clock is from ours. */
static void learn(struct fixture *f, uint8_t reference, int64_t offset, int64_t at)
{
	submit(f, (struct draft){ .to = BOB, .created = at });
	send_part(f, &north, reference, at);
	assert_int_equal(report_by(f, BOB, reference, at + offset, at + MINUTE),
			 STORE_READING_REPORT);
}

/* ------------------------------------------------------------------ by a report */

static void the_centres_time_stamp_tells_two_lost_parts_apart(void **state)
{
	struct fixture *f = *state;

	learn(f, 200, -8 * HOUR, T0);
	submit(f, (struct draft){ .id = "a" });
	lose_part(f, &north, T0 + HOUR);
	submit(f, (struct draft){ .id = "b", .created = T0 + 2 * HOUR });
	lose_part(f, &north, T0 + 2 * HOUR);
	assert_int_equal(
		report_by(f, ALICE, 7, T0 + HOUR + 3 * USEC_PER_SEC - 8 * HOUR, T0 + 3 * HOUR),
		STORE_READING_REPORT);
	assert_int_equal(state_of(f, "a"), DELIVERY_DELIVERED);
	assert_int_equal(state_of(f, "b"), DELIVERY_UNKNOWN);
}

static void a_report_of_another_time_settles_nothing(void **state)
{
	struct fixture *f = *state;

	/* The centre's clock is five hours ahead. */
	learn(f, 200, 5 * HOUR, T0);
	submit(f, (struct draft){ .id = "a" });
	lose_part(f, &north, T0 + HOUR);
	assert_int_equal(report_by(f, ALICE, 7, T0 + 6 * HOUR - 20 * USEC_PER_SEC, T0 + 2 * HOUR),
			 STORE_READING_STRAY);
	assert_int_equal(report_by(f, ALICE, 8, T0 + 6 * HOUR + 3 * MINUTE, T0 + 2 * HOUR),
			 STORE_READING_STRAY);
	assert_int_equal(state_of(f, "a"), DELIVERY_UNKNOWN);
	assert_int_equal(report_by(f, ALICE, 9, T0 + 6 * HOUR + MINUTE, T0 + 2 * HOUR),
			 STORE_READING_REPORT);
	assert_int_equal(state_of(f, "a"), DELIVERY_DELIVERED);
}

static void a_report_that_comes_twice_does_not_speak_of_a_lost_part(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "a" });
	send_part(f, &north, 17, T0);
	submit(f, (struct draft){ .id = "lost" });
	lose_part(f, &north, T0 + 2);
	assert_int_equal(report(f, &north, ALICE, 17, 0, T0 + 9), STORE_READING_REPORT);
	assert_int_equal(report(f, &north, ALICE, 17, 0, T0 + 10), STORE_READING_STRAY);
	assert_int_equal(state_of(f, "lost"), DELIVERY_UNKNOWN);
}

/* 254 is known; then one for Alice, one for Bob and one more for Alice get lost: "a", "b". */
static void lose_two(struct fixture *f)
{
	submit(f, (struct draft){ .id = "known", .to = BOB });
	send_part(f, &north, 254, T0);
	submit(f, (struct draft){ .id = "a" });
	lose_part(f, &north, T0 + 10);
	submit(f, (struct draft){ .id = "between", .to = BOB });
	lose_part(f, &north, T0 + 20);
	submit(f, (struct draft){ .id = "b" });
	lose_part(f, &north, T0 + 30);
}

/* 255, 0 for Bob, 1: what has the last one can be no other, and then the other one is alone. */
static void between_two_the_order_of_references_decides(void **state)
{
	struct fixture *f = *state;

	lose_two(f);
	assert_int_equal(report(f, &north, ALICE, 1, 0, T0 + 41), STORE_READING_REPORT);
	assert_int_equal(state_of(f, "a"), DELIVERY_UNKNOWN);
	assert_int_equal(state_of(f, "b"), DELIVERY_DELIVERED);
	assert_int_equal(report(f, &north, ALICE, 255, 0, T0 + 42), STORE_READING_REPORT);
	assert_int_equal(state_of(f, "a"), DELIVERY_DELIVERED);
}

/* If "a" and Bob's never left the modem, 255 is "b"'s. */
static void one_that_may_never_have_left_the_modem_is_not_guessed(void **state)
{
	struct fixture *f = *state;

	lose_two(f);
	assert_int_equal(report(f, &north, ALICE, 255, 0, T0 + 41), STORE_READING_STRAY);
	assert_int_equal(state_of(f, "a"), DELIVERY_UNKNOWN);
	assert_int_equal(state_of(f, "b"), DELIVERY_UNKNOWN);
	/* The second report tells: the stray one has its turn. */
	assert_int_equal(report(f, &north, ALICE, 1, 0, T0 + 42), STORE_READING_REPORT);
	assert_int_equal(state_of(f, "a"), DELIVERY_DELIVERED);
	assert_int_equal(state_of(f, "b"), DELIVERY_DELIVERED);
}

static void the_next_known_reference_shows_that_all_were_taken(void **state)
{
	struct fixture *f = *state;

	lose_two(f);
	submit(f, (struct draft){ .id = "after", .to = BOB });
	send_part(f, &north, 2, T0 + 40);
	assert_int_equal(report(f, &north, ALICE, 255, 0, T0 + 41), STORE_READING_REPORT);
	assert_int_equal(state_of(f, "a"), DELIVERY_DELIVERED);
	assert_int_equal(state_of(f, "b"), DELIVERY_UNKNOWN);
}

static void the_next_known_reference_shows_that_some_were_not(void **state)
{
	struct fixture *f = *state;

	lose_two(f);
	submit(f, (struct draft){ .id = "after", .to = BOB });
	send_part(f, &north, 0, T0 + 40);
	assert_int_equal(report(f, &north, ALICE, 255, 0, T0 + 41), STORE_READING_STRAY);
	assert_int_equal(state_of(f, "a"), DELIVERY_UNKNOWN);
	assert_int_equal(state_of(f, "b"), DELIVERY_UNKNOWN);
}

/* The report may speak of the first try of "a", which was sent again meanwhile, and not of "b". */
static void one_that_was_sent_again_may_still_be_reported(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "a" });
	lose_part(f, &north, T0);
	assert_int_equal(tick(f, T0 + 30 * MINUTE).resent, 1);
	send_part(f, &north, 9, T0 + 30 * MINUTE);
	submit(f, (struct draft){ .id = "b" });
	lose_part(f, &north, T0 + 31 * MINUTE);
	assert_int_equal(report(f, &north, ALICE, 8, 0, T0 + 32 * MINUTE), STORE_READING_STRAY);
	assert_int_equal(state_of(f, "b"), DELIVERY_UNKNOWN);
	assert_int_equal(report(f, &north, ALICE, 10, 0, T0 + 32 * MINUTE), STORE_READING_REPORT);
	assert_int_equal(state_of(f, "b"), DELIVERY_DELIVERED);
}

static void a_clock_that_was_wrong_taught_nothing(void **state)
{
	struct fixture *f = *state;

	begin_untrusted(f, &south, T0 - DAY);
	learn(f, 200, -3 * HOUR, T0);
	begin_untrusted(f, &south, T0 + 1);
	submit(f, (struct draft){ .id = "a" });
	lose_part(f, &north, T0 + 2 * HOUR);
	/* Nothing is known of the centre's clock: that it came later is enough. */
	assert_int_equal(report_by(f, ALICE, 7, T0 + 2 * HOUR, T0 + 2 * HOUR + MINUTE),
			 STORE_READING_REPORT);
	assert_int_equal(state_of(f, "a"), DELIVERY_DELIVERED);
}

/* ------------------------------------------------------------------ by time */

static void after_its_time_it_is_sent_again_with_a_prefix(void **state)
{
	struct fixture *f = *state;
	struct store_tick ticked;
	struct turn turn;
	struct shown shown;

	submit(f, (struct draft){ .id = "m" });
	lose_part(f, &north, T0);
	ticked = tick(f, T0 + 30 * MINUTE - 1);
	assert_int_equal(ticked.resent, 0);
	assert_int_equal(ticked.next_usec, T0 + 30 * MINUTE);
	assert_int_equal(tick(f, T0 + 30 * MINUTE).resent, 1);
	shown = show(f, "m");
	assert_int_equal(shown.deliveries[0].state, DELIVERY_PENDING);
	assert_true(shown.deliveries[0].may_be_duplicate);

	turn = begin(f, &north, T0 + 30 * MINUTE);
	assert_true(turn.job.may_be_duplicate);
	assert_int_equal(turn.job.text_size, 12);
	assert_memory_equal(turn.job.text, "(again) one ", 12);
	assert_false(turn.job.concat.present);
	assert_int_equal(end_at(f, turn.job.attempt, PART_ACCEPTED, 9, T0 + HOUR), 0);
	assert_int_equal(tick(f, T0 + 2 * HOUR).resent, 0);
	assert_int_equal(attention(f).count, 0);
	/* What is shown is what was asked for. */
	assert_string_equal(show(f, "m").text, "one two three");
}

static void a_full_part_is_cut_again_for_its_prefix(void **state)
{
	struct fixture *f = *state;
	struct turn first, second;
	char text[161];

	memset(text, 'x', 160);
	text[160] = '\0';
	submit(f, (struct draft){ .id = "m", .text = text });
	lose_part(f, &north, T0);
	tick(f, T0 + 30 * MINUTE);
	first = begin(f, &north, T0 + HOUR);
	assert_true(first.job.concat.present);
	assert_int_equal(first.job.concat.total, 2);
	assert_memory_equal(first.job.text, "(again) xxx", 11);
	assert_int_equal(end_at(f, first.job.attempt, PART_ACCEPTED, 1, T0 + HOUR), 0);
	second = begin(f, &north, T0 + HOUR);
	assert_int_equal(second.job.concat.sequence, 2);
	assert_int_equal(second.job.concat.reference, first.job.concat.reference);
	assert_int_equal(first.job.text_size + second.job.text_size, 168);
	assert_int_equal(show(f, "m").deliveries[0].parts, 2);
}

static void of_several_parts_only_the_lost_one_goes_again_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct store_job lost;
	struct turn turn;

	submit(f, (struct draft){ .id = "m", .parts = 3 });
	send_part(f, &north, 1, T0);
	lost = lose_part(f, &north, T0);
	send_part(f, &north, 3, T0);
	assert_int_equal(state_of(f, "m"), DELIVERY_UNKNOWN);
	assert_int_equal(tick(f, T0 + HOUR).resent, 1);
	turn = begin(f, &north, T0 + HOUR);
	assert_int_equal(turn.job.concat.sequence, 2);
	assert_int_equal(turn.job.concat.reference, lost.concat.reference);
	assert_memory_equal(turn.job.text, "two ", 4);
	assert_true(turn.job.may_be_duplicate);
	end_at(f, turn.job.attempt, PART_ACCEPTED, 4, T0 + HOUR);
	assert_false(begin(f, &north, T0 + HOUR).found);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENT);
}

static void a_message_that_says_hold_waits_for_the_operator(void **state)
{
	struct fixture *f = *state;
	struct items items;

	submit(f, (struct draft){ .id = "m", .hold = true });
	lose_part(f, &north, T0);
	assert_int_equal(tick(f, T0 + 30 * MINUTE).held, 1);
	assert_int_equal(tick(f, T0 + 31 * MINUTE).held, 0);
	assert_int_equal(state_of(f, "m"), DELIVERY_UNKNOWN);
	assert_false(begin(f, &north, T0 + HOUR).found);
	items = attention(f);
	assert_int_equal(items.count, 1);
	assert_int_equal(items.items[0].kind, ATTENTION_HELD);
	assert_string_equal(items.items[0].message, "m");
	assert_string_equal(items.items[0].number, ALICE);
	assert_string_equal(items.items[0].modem, "north");
	/* A report that comes late settles it after all. */
	report(f, &north, ALICE, 5, 0, T0 + HOUR);
	assert_int_equal(state_of(f, "m"), DELIVERY_DELIVERED);
	assert_int_equal(attention(f).count, 0);
}

static void what_gets_lost_again_and_again_is_not_sent_for_ever(void **state)
{
	struct fixture *f = *state;
	int64_t now = T0;
	unsigned resent = 0, held = 0;

	submit(f, (struct draft){ .id = "m" });
	for (unsigned i = 0; i < 6; i++, now += HOUR) {
		struct turn turn = begin(f, &north, now);
		struct store_tick ticked;

		if (turn.found)
			end_at(f, turn.job.attempt, PART_LOST_SIGHT, -1, now);
		ticked = tick(f, now + 30 * MINUTE);
		resent += ticked.resent;
		held += ticked.held;
		/* One prefix, however often. */
		if (turn.found && i > 0)
			assert_int_equal(turn.job.text_size, 12);
	}
	assert_int_equal(resent, 3);
	assert_int_equal(held, 1);
	assert_int_equal(attention(f).items[0].kind, ATTENTION_HELD);
}

static void nothing_goes_again_after_its_validity(void **state)
{
	struct fixture *f = *state;
	struct shown shown;

	submit(f, (struct draft){ .id = "m", .valid = T0 + 10 * MINUTE });
	lose_part(f, &north, T0);
	assert_int_equal(tick(f, T0 + 30 * MINUTE).resent, 0);
	assert_int_equal(tick(f, T0 + 10 * MINUTE + HOUR).final_without_report, 1);
	shown = show(f, "m");
	assert_int_equal(shown.deliveries[0].state, DELIVERY_UNKNOWN);
	assert_true(shown.deliveries[0].final);
	assert_false(begin(f, &north, T0 + 2 * HOUR).found);
}

/* ------------------------------------------------------------------ by the operator */

static void the_operator_settles_what_is_unknown(void **state)
{
	static const struct {
		enum store_settlement settlement;
		enum delivery_state state;
	} words[] = {
		{ STORE_SETTLE_DELIVERED, DELIVERY_DELIVERED },
		{ STORE_SETTLE_FAILED, DELIVERY_FAILED },
		{ STORE_SETTLE_RESEND, DELIVERY_PENDING },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++) {
		char id[8];
		struct shown shown;

		snprintf(id, sizeof(id), "m%zu", i);
		submit(f, (struct draft){ .id = id, .hold = true });
		lose_part(f, &north, T0 + (int64_t)i);
		tick(f, T0 + HOUR);
		shown = settle(f, id, words[i].settlement, T0 + 2 * HOUR);
		assert_int_equal(shown.error, 0);
		assert_int_equal(shown.deliveries[0].state, words[i].state);
		assert_non_null(strstr(shown.deliveries[0].reason, "operator"));
		assert_int_equal(settle(f, id, words[i].settlement, T0 + 2 * HOUR).error, -EBUSY);
	}
	/* What failed needs somebody; the rest is done with. */
	assert_int_equal(attention(f).count, 1);
	assert_int_equal(attention(f).items[0].kind, ATTENTION_FAILED);
	assert_int_equal(settle(f, "none", STORE_SETTLE_FAILED, T0).error, -ENOENT);
	assert_memory_equal(begin(f, &north, T0 + 2 * HOUR).job.text, "(again) one ", 12);
}

static void what_the_operator_says_is_said_of_all_parts(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "d", .parts = 2 });
	send_part(f, &north, 1, T0);
	lose_part(f, &north, T0);
	settle(f, "d", STORE_SETTLE_DELIVERED, T0 + 1);
	assert_int_equal(state_of(f, "d"), DELIVERY_DELIVERED);
	/* What can't arrive whole is not paid for. */
	submit(f, (struct draft){ .id = "f", .parts = 2 });
	lose_part(f, &north, T0 + 2);
	settle(f, "f", STORE_SETTLE_FAILED, T0 + 3);
	assert_int_equal(state_of(f, "f"), DELIVERY_FAILED);
	assert_false(begin(f, &north, T0 + 4).found);
}

static void two_parts_held_are_one_item(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .parts = 2, .hold = true });
	lose_part(f, &north, T0);
	lose_part(f, &north, T0 + 1);
	tick(f, T0 + HOUR);
	assert_int_equal(attention(f).count, 1);
	settle(f, "m", STORE_SETTLE_DELIVERED, T0 + HOUR);
	assert_int_equal(attention(f).count, 0);
}

static void a_resend_by_the_operator_is_valid_anew(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .valid = T0 + HOUR });
	lose_part(f, &north, T0);
	tick(f, T0 + 3 * HOUR);
	assert_true(show(f, "m").deliveries[0].final);
	assert_int_equal(settle(f, "m", STORE_SETTLE_RESEND, T0 + 4 * HOUR).error, 0);
	assert_false(show(f, "m").deliveries[0].final);
	assert_int_equal(begin(f, &north, T0 + 4 * HOUR).job.valid_until_usec, T0 + 5 * HOUR);
}

static void what_ended_is_tried_again_for_as_long_as_it_was_valid(void **state)
{
	struct fixture *f = *state;
	struct shown shown;
	struct turn turn;

	submit(f, (struct draft){ .id = "m", .valid = T0 + HOUR });
	turn = begin(f, &north, T0);
	end(f, turn.job.attempt, PART_REFUSED_FOR_GOOD, -1);
	assert_int_equal(attention(f).items[0].kind, ATTENTION_FAILED);
	shown = retry(f, "m", T0 + 2 * HOUR);
	assert_int_equal(shown.error, 0);
	assert_int_equal(shown.deliveries[0].state, DELIVERY_PENDING);
	assert_false(shown.deliveries[0].final);
	assert_int_equal(shown.message.valid_until_usec, T0 + 3 * HOUR);
	assert_int_equal(attention(f).count, 0);
	assert_int_equal(retry(f, "m", T0 + 2 * HOUR).error, -EBUSY);
	assert_int_equal(retry(f, "none", T0 + 2 * HOUR).error, -ENOENT);
	/* It has a new chance, and any SIM may take it. */
	turn = begin(f, &south, T0 + 2 * HOUR);
	assert_true(turn.found);
	assert_int_equal(turn.job.tries, 0);
	assert_false(turn.job.may_be_duplicate);
	assert_int_equal(turn.job.valid_until_usec, T0 + 3 * HOUR);
}

static void a_cancelled_and_an_expired_one_can_be_tried_again(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "c" });
	cancel(f, "c");
	assert_int_equal(retry(f, "c", T0 + 5).error, 0);
	assert_int_equal(state_of(f, "c"), DELIVERY_PENDING);
	submit(f, (struct draft){ .id = "e", .valid = T0 + HOUR });
	tick(f, T0 + HOUR);
	assert_int_equal(state_of(f, "e"), DELIVERY_EXPIRED);
	assert_int_equal(retry(f, "e", T0 + 2 * HOUR).error, 0);
	assert_int_equal(state_of(f, "e"), DELIVERY_PENDING);
	assert_int_equal(tick(f, T0 + 2 * HOUR).expired, 0);
	assert_int_equal(tick(f, T0 + 3 * HOUR).expired, 1);
}

static void parts_that_were_confirmed_are_not_tried_again(void **state)
{
	struct fixture *f = *state;
	struct store_job first;
	struct turn turn;

	submit(f, (struct draft){ .id = "m", .parts = 3 });
	turn = begin(f, &north, T0);
	first = turn.job;
	end(f, turn.job.attempt, PART_ACCEPTED, 1);
	report(f, &north, ALICE, 1, 0, T0 + 3);
	end(f, begin(f, &north, T0 + 4).job.attempt, PART_REFUSED_FOR_GOOD, -1);
	assert_int_equal(retry(f, "m", T0 + 5).error, 0);
	for (unsigned sequence = 2; sequence <= 3; sequence++) {
		turn = begin(f, &north, T0 + 6);
		assert_true(turn.found);
		assert_int_equal(turn.job.concat.sequence, sequence);
		assert_int_equal(turn.job.concat.reference, first.concat.reference);
		end_at(f, turn.job.attempt, PART_ACCEPTED, (int)sequence, T0 + 7);
	}
	assert_false(begin(f, &north, T0 + 8).found);
}

/* A second attempt is in the air: a late answer must not be taken for its own. */
static void a_late_answer_is_not_about_a_part_that_was_sent_again(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "m" });
	lose_part(f, &north, T0);
	tick(f, T0 + HOUR);
	turn = begin(f, &north, T0 + HOUR);
	assert_true(turn.found);
	assert_int_equal(late(f, &north, PART_ACCEPTED, 5), -ENOENT);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENDING);
	assert_int_equal(end(f, turn.job.attempt, PART_LOST_SIGHT, -1), 0);
	/* Now it is about the second. */
	assert_int_equal(late(f, &north, PART_ACCEPTED, 6), 0);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENT);
	assert_int_equal(show(f, "m").attempts[0][0].state, DELIVERY_UNKNOWN);
	assert_int_equal(show(f, "m").attempts[0][1].reference, 6);
}

static void a_late_answer_is_not_about_a_part_that_is_known_to_be_sent(void **state)
{
	struct fixture *f = *state;

	/* Accepted, by a modem that gave no reference. */
	submit(f, (struct draft){ .id = "m" });
	send_part(f, &north, -1, T0);
	assert_int_equal(late(f, &north, PART_ACCEPTED, 5), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(the_centres_time_stamp_tells_two_lost_parts_apart),
		TEST(a_report_of_another_time_settles_nothing),
		TEST(a_report_that_comes_twice_does_not_speak_of_a_lost_part),
		TEST(between_two_the_order_of_references_decides),
		TEST(one_that_may_never_have_left_the_modem_is_not_guessed),
		TEST(the_next_known_reference_shows_that_all_were_taken),
		TEST(the_next_known_reference_shows_that_some_were_not),
		TEST(one_that_was_sent_again_may_still_be_reported),
		TEST(a_clock_that_was_wrong_taught_nothing),
		TEST(after_its_time_it_is_sent_again_with_a_prefix),
		TEST(a_full_part_is_cut_again_for_its_prefix),
		TEST(of_several_parts_only_the_lost_one_goes_again_as_it_was),
		TEST(a_message_that_says_hold_waits_for_the_operator),
		TEST(what_gets_lost_again_and_again_is_not_sent_for_ever),
		TEST(nothing_goes_again_after_its_validity),
		TEST(the_operator_settles_what_is_unknown),
		TEST(what_the_operator_says_is_said_of_all_parts),
		TEST(two_parts_held_are_one_item),
		TEST(a_resend_by_the_operator_is_valid_anew),
		TEST(what_ended_is_tried_again_for_as_long_as_it_was_valid),
		TEST(a_cancelled_and_an_expired_one_can_be_tried_again),
		TEST(parts_that_were_confirmed_are_not_tried_again),
		TEST(a_late_answer_is_not_about_a_part_that_was_sent_again),
		TEST(a_late_answer_is_not_about_a_part_that_is_known_to_be_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
