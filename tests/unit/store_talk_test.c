/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Conversations: who writes to a number next, and how long that is waited for.
 */
#include "tests/unit/store_route.h"

static void the_sim_that_was_written_to_answers(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	ask(f, &south, T0);
	/* A network shortens the number. */
	text_comes(f, &south, "13800000001", T0);
	submit(f, (struct draft){ .id = "m", .to = ALICE });
	turn = ask(f, &north, T0);
	assert_false(turn.found);
	assert_int_equal(turn.next, T0 + PATIENCE);
	assert_true(ask(f, &south, T0).found);
}

static void the_sim_that_wrote_writes_again(void **state)
{
	struct fixture *f = *state;

	ask(f, &south, T0);
	submit(f, (struct draft){ .id = "first" });
	end(f, ask(f, &south, T0).job.attempt, PART_ACCEPTED, 1);
	submit(f, (struct draft){ .id = "second" });
	assert_false(ask(f, &north, T0).found);
	fixture_reopen(f);
	assert_false(ask(f, &north, T0).found);
	assert_string_equal(ask(f, &south, T0).job.message, "second");
}

static void two_messages_to_a_new_number_take_the_same_way(void **state)
{
	struct fixture *f = *state;

	ask(f, &south, T0);
	submit(f, (struct draft){ .id = "first" });
	submit(f, (struct draft){ .id = "second" });
	submit(f, (struct draft){ .id = "third", .to = BOB });
	assert_string_equal(ask(f, &south, T0).job.message, "first");
	assert_string_equal(ask(f, &north, T0).job.message, "third");
	assert_false(ask(f, &north, T0).found);
	assert_string_equal(ask(f, &south, T0).job.message, "second");
}

static void a_sim_that_sent_nothing_has_no_conversation(void **state)
{
	static const enum part_event events[] = { PART_NOT_SENT, PART_REFUSED };
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		struct turn turn;

		submit(f, (struct draft){ .id = i ? "refused" : "unsent" });
		turn = ask(f, i ? &north : &south, T0);
		assert_int_equal(end_at(f, turn.job.attempt, events[i], -1, T0), 0);
		turn = ask(f, i ? &south : &north, T0 + MINUTE);
		assert_true(turn.found);
		assert_int_equal(end_at(f, turn.job.attempt, PART_REFUSED_FOR_GOOD, -1, T0), 0);
	}
}

static void an_unsent_try_of_another_ends_no_conversation(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	ask(f, &south, T0);
	text_comes(f, &south, ALICE, T0);
	submit(f, (struct draft){ .id = "m" });
	turn = ask_alone(f, &north, T0);
	assert_int_equal(end_at(f, turn.job.attempt, PART_NOT_SENT, -1, T0), 0);
	assert_false(ask(f, &north, T0 + MINUTE).found);
	assert_true(ask(f, &south, T0 + MINUTE).found);
}

static void after_a_minute_any_sim_of_the_class_takes_it(void **state)
{
	struct fixture *f = *state;

	ask(f, &south, T0);
	text_comes(f, &south, ALICE, T0);
	submit(f, (struct draft){ .id = "m" });
	assert_false(ask(f, &north, T0 + PATIENCE - 1).found);
	assert_true(ask(f, &north, T0 + PATIENCE).found);
}

static void a_conversation_of_a_sim_that_cant_send_is_free_at_once(void **state)
{
	struct fixture *f = *state;

	ask(f, &south, T0);
	text_comes(f, &south, ALICE, T0);
	submit(f, (struct draft){ .id = "m" });
	assert_false(ask(f, &north, T0).found);
	assert_true(ask_alone(f, &north, T0).found);
}

/* Another one was in no modem since long before this start. */
static void a_conversation_of_a_sim_that_nobody_has_is_free_at_once(void **state)
{
	struct fixture *f = *state;

	text_comes(f, &south, ALICE, T0);
	fixture_reopen(f);
	submit(f, (struct draft){ .id = "m", .created = T0 + HOUR });
	assert_true(ask_alone(f, &north, T0 + HOUR).found);
}

/* After a power cut every SIM gets its turn, and the one that starts first no conversations. */
static void after_a_restart_conversations_wait_as_long_as_before(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	ask(f, &south, T0);
	text_comes(f, &south, ALICE, T0);
	submit(f, (struct draft){ .id = "m" });
	submit(f, (struct draft){ .id = "n" });
	fixture_reopen(f);
	turn = ask(f, &north, T0 + HOUR);
	assert_false(turn.found);
	assert_int_equal(turn.next, T0 + HOUR + PATIENCE);
	assert_string_equal(ask(f, &south, T0 + HOUR + SECOND).job.message, "m");
	assert_true(ask(f, &north, T0 + HOUR + PATIENCE).found);
}

static void a_clock_that_was_set_back_makes_nobody_wait(void **state)
{
	struct fixture *f = *state;

	assert_false(ask(f, &north, T0 + DAY).found);
	text_comes(f, &south, ALICE, T0);
	submit(f, (struct draft){ .id = "m" });
	assert_true(ask(f, &north, T0 + PATIENCE).found);
}

static void who_talks_after_it_was_submitted_counts(void **state)
{
	struct fixture *f = *state;

	ask(f, &south, T0);
	submit(f, (struct draft){ .id = "m" });
	text_comes(f, &south, ALICE, T0);
	assert_false(ask(f, &north, T0).found);
	assert_true(ask(f, &south, T0).found);
}

static void a_conversation_that_moved_on_waits_for_the_other_sim(void **state)
{
	struct fixture *f = *state;

	ask(f, &south, T0);
	ask(f, &north, T0);
	text_comes(f, &south, ALICE, T0);
	submit(f, (struct draft){ .id = "m" });
	text_comes(f, &north, ALICE, T0 + 1);
	assert_false(ask(f, &south, T0 + 2).found);
	assert_true(ask(f, &north, T0 + 2).found);
}

static void a_dearer_sim_takes_its_own_conversations(void **state)
{
	struct fixture *f = *state;
	struct store_route talks = {
		.talk_prefixes = all_classes,
		.talk_prefix_count = 3,
		.patience_usec = PATIENCE,
	};
	struct store_now now = { T0, true };

	begin_by(f, &south, &talks, now);
	text_comes(f, &south, ALICE, T0);
	submit(f, (struct draft){ .id = "other", .to = BOB });
	submit(f, (struct draft){ .id = "own" });
	assert_string_equal(begin_by(f, &south, &talks, now).job.message, "own");
	assert_false(begin_by(f, &south, &talks, now).found);
}

static void a_name_is_no_conversation(void **state)
{
	struct fixture *f = *state;
	struct tpdu tpdu = {
		.kind = TPDU_DELIVER,
		.port = -1,
		.address = "CASINO13800000001",
		.address_is_name = true,
	};

	ask(f, &south, T0);
	receive(f, &south, "name", 1, &tpdu, T0);
	submit(f, (struct draft){ .id = "m" });
	assert_true(ask(f, &north, T0).found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_classes, teardown)
		TEST(the_sim_that_was_written_to_answers),
		TEST(the_sim_that_wrote_writes_again),
		TEST(two_messages_to_a_new_number_take_the_same_way),
		TEST(a_sim_that_sent_nothing_has_no_conversation),
		TEST(an_unsent_try_of_another_ends_no_conversation),
		TEST(after_a_minute_any_sim_of_the_class_takes_it),
		TEST(a_conversation_of_a_sim_that_cant_send_is_free_at_once),
		TEST(a_conversation_of_a_sim_that_nobody_has_is_free_at_once),
		TEST(after_a_restart_conversations_wait_as_long_as_before),
		TEST(a_clock_that_was_set_back_makes_nobody_wait),
		TEST(who_talks_after_it_was_submitted_counts),
		TEST(a_conversation_that_moved_on_waits_for_the_other_sim),
		TEST(a_dearer_sim_takes_its_own_conversations),
		TEST(a_name_is_no_conversation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
