/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SIMs: what lay on one before it was met, and what becomes of its messages when it is gone.
 */
#include "tests/unit/store_words.h"

static struct tpdu deliver(const char *text, unsigned total, unsigned sequence)
{
	struct tpdu tpdu = {
		.kind = TPDU_DELIVER,
		.port = -1,
		.address = ALICE,
		.concat = { .present = total > 0,
			    .reference = 7,
			    .total = (uint8_t)total,
			    .sequence = (uint8_t)sequence },
		.text_size = strlen(text),
	};

	snprintf(tpdu.text, sizeof(tpdu.text), "%s", text);
	return tpdu;
}

static enum store_reading read_slot(struct fixture *f, const char *octets, int location)
{
	struct tpdu tpdu = deliver(octets, 0, 0);

	return receive(f, &north, octets, location, &tpdu, T0);
}

static enum store_reading read_part(struct fixture *f, const char *octets, int location,
				    unsigned sequence)
{
	struct tpdu tpdu = deliver(octets, 2, sequence);

	return receive(f, &north, octets, location, &tpdu, T0);
}

static void swept(struct fixture *f)
{
	assert_int_equal(store_sim_swept(f->store, &north, T0), 0);
}

static void what_lay_on_an_unknown_sim_is_old_and_told_to_nobody(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_slot(f, "old", 1), STORE_READING_OLD);
	assert_int_equal(receive(f, &north, "?", 2, NULL, T0), STORE_READING_OLD);
	assert_int_equal(inbox(f).count, 2);
	assert_int_equal(inbox(f).items[1].state, INBOUND_OLD);
	assert_string_equal(inbox(f).text[1], "old");
	assert_int_equal(inbox(f).items[0].state, INBOUND_OLD);
	assert_int_equal(f->event_count, 0);
	assert_int_equal(attention(f).count, 0);
	swept(f);
	assert_int_equal(read_slot(f, "new", 3), STORE_READING_MESSAGE);
	assert_int_equal(f->event_count, 1);
}

static void old_ones_stay_on_the_sim_until_it_is_taken_over(void **state)
{
	struct fixture *f = *state;

	read_slot(f, "old", 1);
	swept(f);
	fixture_reopen(f);
	for (unsigned sweep = 0; sweep < 3; sweep++)
		assert_int_equal(read_slot(f, "old", 1), STORE_READING_OLD);
	/* Somebody moved it to another slot meanwhile. */
	assert_int_equal(read_slot(f, "new", 1), STORE_READING_MESSAGE);
	assert_int_equal(read_slot(f, "new", 1), STORE_READING_COPY);
	assert_int_equal(read_slot(f, "old", 5), STORE_READING_OLD);
	assert_int_equal(adopt(f, &north), 0);
	assert_int_equal(read_slot(f, "old", 5), STORE_READING_COPY);
	assert_int_equal(read_slot(f, "new", 1), STORE_READING_COPY);
	assert_int_equal(inbox(f).count, 2);
}

/* SIM cards count from 1, some modems from 0: what lies in a slot now lay in another one before. */
static void old_ones_stay_old_in_a_modem_that_counts_slots_otherwise(void **state)
{
	static const char *const texts[] = { "one", "two", "three" };
	struct fixture *f = *state;

	f->worker = 1;
	for (int i = 0; i < 3; i++)
		assert_int_equal(read_slot(f, texts[i], 1 + i), STORE_READING_OLD);
	swept(f);
	f->worker = 2;
	for (unsigned sweep = 0; sweep < 2; sweep++)
		for (int i = 0; i < 3; i++)
			assert_int_equal(read_slot(f, texts[i], i), STORE_READING_OLD);
	assert_int_equal(inbox(f).count, 3);
	assert_int_equal(f->event_count, 0);
}

static void only_a_sim_that_was_met_can_be_taken_over(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(adopt(f, &south), -ENOENT);
	read_slot(f, "old", 1);
	assert_int_equal(adopt(f, &north), 0);
	/* Still old, but it may go. */
	assert_int_equal(read_slot(f, "older", 2), STORE_READING_MESSAGE);
	assert_int_equal(inbox(f).items[0].state, INBOUND_OLD);
	assert_int_equal(read_slot(f, "old", 1), STORE_READING_COPY);
}

static void what_comes_directly_is_new_at_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_slot(f, "now", -1), STORE_READING_MESSAGE);
	assert_int_equal(inbox(f).items[0].state, INBOUND_RECEIVED);
}

static void an_old_message_of_several_parts_is_old_as_a_whole(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_part(f, "one ", 1, 1), STORE_READING_OLD);
	assert_int_equal(read_part(f, "two", 2, 2), STORE_READING_OLD);
	assert_int_equal(inbox(f).items[0].state, INBOUND_OLD);
	assert_string_equal(inbox(f).text[0], "one two");
	assert_int_equal(f->event_count, 0);
}

static void a_message_whose_last_part_comes_now_is_new(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_part(f, "one ", 1, 1), STORE_READING_OLD);
	swept(f);
	assert_int_equal(read_part(f, "two", 2, 2), STORE_READING_MESSAGE);
	assert_int_equal(inbox(f).items[0].state, INBOUND_RECEIVED);
	assert_int_equal(f->event_count, 1);
	assert_int_equal(read_part(f, "one ", 1, 1), STORE_READING_OLD);
}

static void a_report_of_ours_is_ours_on_any_sim(void **state)
{
	struct fixture *f = *state;
	struct tpdu tpdu = { .kind = TPDU_STATUS_REPORT, .address = ALICE, .reference = 17 };

	submit(f, (struct draft){ .id = "m" });
	send_part(f, &north, 17, T0);
	assert_int_equal(receive(f, &north, "report", 1, &tpdu, T0 + 5), STORE_READING_REPORT);
	tpdu.reference = 99;
	assert_int_equal(receive(f, &north, "other", 2, &tpdu, T0 + 5), STORE_READING_OLD);
}

/* ------------------------------------------------------------------ gone */

static void modem_is(struct fixture *f, const char *modem, const char *to, int64_t now)
{
	assert_int_equal(store_modem_changed(f->store, modem, "", to, "", now), 0);
}

static void what_a_sim_has_begun_goes_through_another_when_it_is_gone(void **state)
{
	struct fixture *f = *state;
	struct store_job first;
	struct turn turn;
	struct shown shown;

	submit(f, (struct draft){ .id = "m", .parts = 3 });
	turn = begin(f, &north, T0);
	first = turn.job;
	end_at(f, turn.job.attempt, PART_ACCEPTED, 1, T0);
	report(f, &north, ALICE, 1, 0, T0 + 1);
	send_part(f, &north, 2, T0 + 2);
	modem_is(f, "north", "absent", T0 + 3);

	turn = begin(f, &south, T0 + MINUTE);
	assert_false(turn.found);
	assert_int_equal(turn.next, T0 + 3 + 2 * MINUTE);
	turn = begin(f, &south, T0 + 3 + 2 * MINUTE);
	assert_true(turn.found);
	assert_int_equal(turn.job.concat.sequence, 1);
	assert_true(turn.job.may_be_duplicate);
	shown = show(f, "m");
	assert_true(shown.deliveries[0].may_be_duplicate);
	assert_string_equal(shown.deliveries[0].modem, "south");
	assert_int_equal(shown.deliveries[0].parts_sent, 0);
	for (unsigned sequence = 1;; sequence++) {
		assert_int_equal(turn.job.concat.sequence, sequence);
		assert_int_equal(turn.job.concat.total, 3);
		/* The third had never gone out. */
		assert_int_equal(turn.job.may_be_duplicate, sequence < 3);
		end_at(f, turn.job.attempt, PART_ACCEPTED, 10 + (int)sequence, T0 + HOUR);
		if (sequence == 3)
			break;
		turn = begin(f, &south, T0 + HOUR);
		assert_true(turn.found);
	}
	assert_false(begin(f, &north, T0 + HOUR).found);
	assert_int_equal(first.concat.total, 3);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENT);
}

static void the_reference_is_a_new_one_of_the_other_sim(void **state)
{
	struct fixture *f = *state;
	struct store_job first, moved;

	for (unsigned i = 0; i < 3; i++) {
		submit(f, (struct draft){ .parts = 2 });
		send_part(f, &north, 1 + 2 * (int)i, T0);
		send_part(f, &north, 2 + 2 * (int)i, T0);
	}
	submit(f, (struct draft){ .id = "m", .parts = 2 });
	first = begin(f, &north, T0).job;
	end_at(f, first.attempt, PART_ACCEPTED, 9, T0);
	modem_is(f, "north", "failed", T0);
	moved = begin(f, &south, T0 + HOUR).job;
	assert_string_equal(moved.message, "m");
	assert_int_not_equal(first.concat.reference, moved.concat.reference);
	assert_int_equal(moved.concat.reference, 0);
}

static void what_was_never_sent_is_only_bound_anew(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "m" });
	end_at(f, begin(f, &north, T0).job.attempt, PART_NOT_SENT, -1, T0);
	modem_is(f, "north", "starting", T0);
	turn = begin(f, &south, T0 + HOUR);
	assert_true(turn.found);
	assert_false(turn.job.may_be_duplicate);
	assert_false(show(f, "m").deliveries[0].may_be_duplicate);
}

static void a_sim_that_is_at_work_keeps_its_own_however_long_it_was_silent(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	send_part(f, &north, 1, T0);
	assert_false(begin(f, &south, T0 + DAY).found);
	modem_is(f, "north", "starting", T0 + DAY);
	modem_is(f, "north", "ready", T0 + DAY + MINUTE);
	assert_false(begin(f, &south, T0 + DAY + HOUR).found);
	assert_true(begin(f, &north, T0 + DAY + HOUR).found);
}

static void a_sim_that_another_replaced_in_its_modem_is_gone(void **state)
{
	static const struct store_sim other = { "north", "8986000000000000003" };
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	send_part(f, &north, 1, T0);
	modem_is(f, "north", "failed", T0 + 1);
	modem_is(f, "north", "ready", T0 + 2);
	turn = begin(f, &other, T0 + 3);
	assert_false(turn.found);
	/* That its modem works says nothing about it. */
	modem_is(f, "north", "searching", T0 + 4);
	modem_is(f, "north", "ready", T0 + 5);
	assert_false(begin(f, &other, T0 + MINUTE).found);
	assert_true(begin(f, &other, T0 + HOUR).found);
}

static void a_sim_that_never_came_back_after_a_restart_is_gone_too(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	send_part(f, &north, 1, T0);
	fixture_reopen(f);
	turn = begin(f, &south, T0 + HOUR);
	assert_false(turn.found);
	assert_int_equal(turn.next, T0 + HOUR + 2 * MINUTE);
	assert_true(begin(f, &south, T0 + HOUR + 2 * MINUTE).found);
}

static void how_long_a_sim_may_be_missed_is_said_by_policy(void **state)
{
	struct fixture *f = *state;
	struct store_tick_policy soon = policy;

	soon.gone_usec = MINUTE;
	tick_by(f, T0, true, soon);
	submit(f, (struct draft){ .id = "m", .parts = 2 });
	send_part(f, &north, 1, T0);
	modem_is(f, "north", "starting", T0);
	assert_int_equal(begin(f, &south, T0).next, T0 + MINUTE);
	assert_true(begin(f, &south, T0 + MINUTE).found);
}

static void a_clock_that_is_set_makes_no_sim_go(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	send_part(f, &north, 1, T0);
	modem_is(f, "north", "starting", T0);
	assert_false(begin_untrusted(f, &south, T0 + 1).found);
	assert_false(begin_untrusted(f, &south, T0 + DAY).found);
	assert_false(begin(f, &south, T0 + 2 * DAY).found);
	assert_true(begin(f, &south, T0 + 2 * DAY + 2 * MINUTE).found);
}

static void an_unknown_part_that_the_operator_wants_to_decide_is_not_moved(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .parts = 2, .hold = true });
	submit(f, (struct draft){ .id = "n", .parts = 2 });
	lose_part(f, &north, T0);
	end_at(f, begin(f, &north, T0).job.attempt, PART_NOT_SENT, -1, T0);
	send_part(f, &north, 1, T0);
	modem_is(f, "north", "absent", T0);
	/* It holds up nobody behind it. */
	assert_string_equal(begin(f, &south, T0 + HOUR).job.message, "n");
	assert_false(begin(f, &south, T0 + HOUR).found);
	settle(f, "m", STORE_SETTLE_RESEND, T0 + HOUR);
	assert_string_equal(begin(f, &south, T0 + 2 * HOUR).job.message, "m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define FIRST(name) cmocka_unit_test_setup_teardown(name, setup_open, teardown)
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		FIRST(what_lay_on_an_unknown_sim_is_old_and_told_to_nobody),
		FIRST(old_ones_stay_on_the_sim_until_it_is_taken_over),
		FIRST(old_ones_stay_old_in_a_modem_that_counts_slots_otherwise),
		FIRST(only_a_sim_that_was_met_can_be_taken_over),
		FIRST(what_comes_directly_is_new_at_once),
		FIRST(an_old_message_of_several_parts_is_old_as_a_whole),
		FIRST(a_message_whose_last_part_comes_now_is_new),
		FIRST(a_report_of_ours_is_ours_on_any_sim),
		TEST(what_a_sim_has_begun_goes_through_another_when_it_is_gone),
		TEST(the_reference_is_a_new_one_of_the_other_sim),
		TEST(what_was_never_sent_is_only_bound_anew),
		TEST(a_sim_that_is_at_work_keeps_its_own_however_long_it_was_silent),
		TEST(a_sim_that_another_replaced_in_its_modem_is_gone),
		TEST(a_sim_that_never_came_back_after_a_restart_is_gone_too),
		TEST(how_long_a_sim_may_be_missed_is_said_by_policy),
		TEST(a_clock_that_is_set_makes_no_sim_go),
		TEST(an_unknown_part_that_the_operator_wants_to_decide_is_not_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
