/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Status reports find their part, and time ends what no report ends.
 */
#include "tests/unit/store_fixture.h"

#define HOUR USEC_PER_HOUR

static void a_report_makes_a_part_delivered(void **state)
{
	struct fixture *f = *state;
	struct shown shown;

	submit(f, (struct draft){ .id = "m" });
	send_part(f, &north, 17, T0);
	assert_int_equal(report(f, &north, ALICE, 17, 0x00, T0 + 9), STORE_READING_REPORT);
	shown = show(f, "m");
	assert_int_equal(shown.deliveries[0].state, DELIVERY_DELIVERED);
	assert_true(shown.deliveries[0].final);
	assert_int_equal(shown.deliveries[0].parts_delivered, 1);
	assert_int_equal(shown.attempts[0][0].state, DELIVERY_DELIVERED);
}

/* TP-ST, 3GPP TS 23.040 9.2.3.15, as the bridge shows it; each row up to its last value. */
static const struct {
	unsigned last;
	enum delivery_state state;
	const char *reason;
} fates[] = {
	{ 0x00, DELIVERY_DELIVERED, "confirmed" },
	{ 0x01, DELIVERY_SENT, "can't confirm" },
	{ 0x02, DELIVERY_FAILED, "replaced" },
	{ 0x0f, DELIVERY_FAILED, "could not deliver" }, /* reserved */
	{ 0x1f, DELIVERY_SENT, "can't confirm" },       /* the centre's own words for done */
	{ 0x3f, DELIVERY_SENT, "still trying" },
	{ 0x45, DELIVERY_FAILED, "could not deliver" },
	{ 0x46, DELIVERY_EXPIRED, "within its validity" },
	{ 0xff, DELIVERY_FAILED, "could not deliver" },
};

static void every_status_has_its_fate(void **state)
{
	struct fixture *f = *state;

	for (unsigned status = 0, row = 0; status <= 0xff; status++) {
		enum delivery_state expected;
		struct shown shown;
		char id[8], error[8];

		row += status > fates[row].last;
		expected = fates[row].state;
		snprintf(id, sizeof(id), "m%u", status);
		submit(f, (struct draft){ .id = id });
		send_part(f, &north, (int)status, T0);
		assert_int_equal(report(f, &north, ALICE, (uint8_t)status, (uint8_t)status, T0 + 9),
				 STORE_READING_REPORT);
		shown = show(f, id);
		assert_int_equal(shown.deliveries[0].state, expected);
		assert_int_equal(shown.attempts[0][0].state, expected);
		assert_int_equal(shown.deliveries[0].final, expected != DELIVERY_SENT);
		assert_non_null(strstr(shown.deliveries[0].reason, fates[row].reason));
		snprintf(error, sizeof(error), "ST/%u", status);
		assert_string_equal(
			shown.attempts[0][0].error,
			expected == DELIVERY_FAILED || expected == DELIVERY_EXPIRED ? error : "");
	}
}

/* First it tries, then it says how it ended: the last word counts, and an end is for good. */
static void after_still_trying_comes_the_end(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m" });
	send_part(f, &north, 17, T0);
	report(f, &north, ALICE, 17, 0x30, T0 + 9);
	report(f, &north, ALICE, 17, 0x21, T0 + 10);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENT);
	assert_int_equal(report(f, &north, ALICE, 17, 0x00, T0 + 11), STORE_READING_REPORT);
	assert_int_equal(state_of(f, "m"), DELIVERY_DELIVERED);
	assert_int_equal(report(f, &north, ALICE, 17, 0x46, T0 + 12), STORE_READING_STRAY);
	assert_int_equal(state_of(f, "m"), DELIVERY_DELIVERED);
}

static void a_national_number_is_the_same_recipient(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m" });
	send_part(f, &north, 17, T0);
	assert_int_equal(report(f, &north, "013800000001", 17, 0, T0 + 9), STORE_READING_REPORT);
	assert_int_equal(state_of(f, "m"), DELIVERY_DELIVERED);
}

static void a_report_of_another_sim_reference_or_number_fits_nothing(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m" });
	send_part(f, &north, 17, T0);
	assert_int_equal(report(f, &south, ALICE, 17, 0, T0 + 9), STORE_READING_STRAY);
	assert_int_equal(report(f, &north, ALICE, 18, 0, T0 + 9), STORE_READING_STRAY);
	assert_int_equal(report(f, &north, BOB, 17, 0, T0 + 9), STORE_READING_STRAY);
	assert_int_equal(report(f, &north, "Bank", 17, 0, T0 + 9), STORE_READING_STRAY);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENT);
	assert_int_equal(inbox(f).count, 0);
}

static void a_reference_used_again_means_the_newest_part(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "old" });
	send_part(f, &north, 17, T0);
	submit(f, (struct draft){ .id = "new" });
	send_part(f, &north, 17, T0 + 100);
	report(f, &north, ALICE, 17, 0, T0 + 200);
	assert_int_equal(state_of(f, "old"), DELIVERY_SENT);
	assert_int_equal(state_of(f, "new"), DELIVERY_DELIVERED);
}

static void all_parts_must_be_delivered(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	send_part(f, &north, 1, T0);
	assert_int_equal(report(f, &north, ALICE, 1, 0, T0 + 3), STORE_READING_REPORT);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENDING);
	send_part(f, &north, 2, T0);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENT);
	report(f, &north, ALICE, 2, 0, T0 + 4);
	assert_int_equal(state_of(f, "m"), DELIVERY_DELIVERED);
}

static void a_report_that_overtakes_its_answer_still_counts(void **state)
{
	struct fixture *f = *state;
	int64_t attempt;

	submit(f, (struct draft){ .id = "m" });
	attempt = begin(f, &north, T0).job.attempt;
	assert_int_equal(report(f, &north, ALICE, 17, 0, T0 + 1), STORE_READING_STRAY);
	assert_int_equal(end(f, attempt, PART_ACCEPTED, 17), 0);
	assert_int_equal(state_of(f, "m"), DELIVERY_DELIVERED);
}

static void an_old_stray_does_not_speak_of_a_new_part(void **state)
{
	struct fixture *f = *state;

	report(f, &north, ALICE, 17, 0, T0 - 1);
	submit(f, (struct draft){ .id = "m" });
	send_part(f, &north, 17, T0);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENT);
}

static void a_stray_is_forgotten_after_an_hour(void **state)
{
	struct fixture *f = *state;
	int64_t attempt;

	submit(f, (struct draft){ .id = "m" });
	attempt = begin(f, &north, T0).job.attempt;
	report(f, &north, ALICE, 17, 0, T0 + 1);
	tick(f, T0 + 1 + HOUR);
	end(f, attempt, PART_ACCEPTED, 17);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENT);
}

static void a_report_settles_the_only_unknown_part(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m" });
	end(f, begin(f, &north, T0).job.attempt, PART_LOST_SIGHT, -1);
	assert_int_equal(report(f, &south, ALICE, 99, 0, T0 + 9), STORE_READING_STRAY);
	assert_int_equal(report(f, &north, BOB, 99, 0, T0 + 9), STORE_READING_STRAY);
	assert_int_equal(report(f, &north, ALICE, 99, 0, T0 + 9), STORE_READING_REPORT);
	assert_int_equal(state_of(f, "m"), DELIVERY_DELIVERED);
	assert_int_equal(show(f, "m").attempts[0][0].reference, 99);
}

static void a_report_before_it_was_begun_settles_nothing(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m" });
	end(f, begin(f, &north, T0).job.attempt, PART_LOST_SIGHT, -1);
	assert_int_equal(report(f, &north, ALICE, 99, 0, T0 - 9), STORE_READING_STRAY);
	assert_int_equal(state_of(f, "m"), DELIVERY_UNKNOWN);
}

static void a_report_does_not_choose_between_two_unknown_parts(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "a" });
	submit(f, (struct draft){ .id = "b" });
	end(f, begin(f, &north, T0).job.attempt, PART_LOST_SIGHT, -1);
	end(f, begin(f, &north, T0).job.attempt, PART_LOST_SIGHT, -1);
	assert_int_equal(report(f, &north, ALICE, 99, 0, T0 + 9), STORE_READING_STRAY);
	assert_int_equal(state_of(f, "a"), DELIVERY_UNKNOWN);
	assert_int_equal(state_of(f, "b"), DELIVERY_UNKNOWN);
}

static void while_one_is_on_the_air_an_unknown_one_is_not_guessed(void **state)
{
	struct fixture *f = *state;
	int64_t attempt;

	submit(f, (struct draft){ .id = "lost" });
	end(f, begin(f, &north, T0).job.attempt, PART_LOST_SIGHT, -1);
	submit(f, (struct draft){ .id = "flying" });
	attempt = begin(f, &north, T0 + 1).job.attempt;
	assert_int_equal(report(f, &north, ALICE, 99, 0, T0 + 9), STORE_READING_STRAY);
	/* Its answer says that the report was not its own: only the other is left. */
	end(f, attempt, PART_ACCEPTED, 100);
	assert_int_equal(state_of(f, "lost"), DELIVERY_DELIVERED);
	assert_int_equal(state_of(f, "flying"), DELIVERY_SENT);
}

/* ------------------------------------------------------------------ time */

static void what_is_not_sent_in_its_validity_expires(void **state)
{
	struct fixture *f = *state;
	struct store_tick ticked;

	submit(f, (struct draft){ .id = "m", .parts = 2, .valid = T0 + HOUR });
	ticked = tick(f, T0);
	assert_int_equal(ticked.expired, 0);
	assert_int_equal(ticked.next_usec, T0 + HOUR);
	ticked = tick(f, T0 + HOUR);
	assert_int_equal(ticked.expired, 1);
	assert_int_equal(state_of(f, "m"), DELIVERY_EXPIRED);
	assert_true(show(f, "m").deliveries[0].final);
	assert_false(begin(f, &north, T0 + HOUR).found);
}

static void what_is_overdue_is_not_given_out_before_the_tick_either(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .valid = T0 + HOUR });
	submit(f, (struct draft){ .id = "n" });
	assert_string_equal(begin(f, &north, T0 + HOUR).job.message, "n");
	assert_int_equal(state_of(f, "m"), DELIVERY_EXPIRED);
}

static void sent_without_a_report_becomes_final(void **state)
{
	struct fixture *f = *state;
	struct shown shown;

	submit(f, (struct draft){ .id = "m", .valid = T0 + HOUR });
	send_part(f, &north, 17, T0);
	assert_int_equal(tick(f, T0 + HOUR).final_without_report, 0);
	assert_int_equal(tick(f, T0 + HOUR).next_usec, T0 + 2 * HOUR);
	assert_int_equal(tick(f, T0 + 2 * HOUR).final_without_report, 1);
	shown = show(f, "m");
	assert_int_equal(shown.deliveries[0].state, DELIVERY_SENT);
	assert_true(shown.deliveries[0].final);
	assert_non_null(strstr(shown.deliveries[0].reason, "NoReport"));
	/* A network may speak in the end. */
	report(f, &north, ALICE, 17, 0, T0 + 3 * HOUR);
	assert_int_equal(state_of(f, "m"), DELIVERY_DELIVERED);
}

static void expired_is_said_when_no_part_can_still_arrive(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .parts = 2, .valid = T0 + HOUR });
	send_part(f, &north, 17, T0);
	tick(f, T0 + HOUR);
	assert_int_equal(state_of(f, "m"), DELIVERY_SENT);
	assert_false(show(f, "m").deliveries[0].final);
	assert_false(begin(f, &north, T0 + HOUR).found);
	tick(f, T0 + 2 * HOUR);
	assert_int_equal(state_of(f, "m"), DELIVERY_EXPIRED);
	assert_true(show(f, "m").deliveries[0].final);
}

static void an_unknown_one_without_a_report_becomes_final_too(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .valid = T0 + HOUR });
	end(f, begin(f, &north, T0).job.attempt, PART_LOST_SIGHT, -1);
	tick(f, T0 + 2 * HOUR);
	assert_int_equal(state_of(f, "m"), DELIVERY_UNKNOWN);
	assert_true(show(f, "m").deliveries[0].final);
}

static void a_tick_does_a_bounded_piece_and_says_that_more_is_left(void **state)
{
	struct fixture *f = *state;
	struct store_tick ticked;
	unsigned expired = 0, turns = 0;

	for (unsigned i = 0; i < 450; i++)
		submit(f, (struct draft){ .valid = T0 + 1 });
	do {
		ticked = tick(f, T0 + HOUR);
		assert_in_range(ticked.expired, 1, 200);
		expired += ticked.expired;
		turns++;
	} while (ticked.next_usec == T0 + HOUR);
	assert_int_equal(expired, 450);
	assert_int_equal(turns, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_report_makes_a_part_delivered),
		TEST(every_status_has_its_fate),
		TEST(after_still_trying_comes_the_end),
		TEST(a_national_number_is_the_same_recipient),
		TEST(a_report_of_another_sim_reference_or_number_fits_nothing),
		TEST(a_reference_used_again_means_the_newest_part),
		TEST(all_parts_must_be_delivered),
		TEST(a_report_that_overtakes_its_answer_still_counts),
		TEST(an_old_stray_does_not_speak_of_a_new_part),
		TEST(a_stray_is_forgotten_after_an_hour),
		TEST(a_report_settles_the_only_unknown_part),
		TEST(a_report_before_it_was_begun_settles_nothing),
		TEST(a_report_does_not_choose_between_two_unknown_parts),
		TEST(while_one_is_on_the_air_an_unknown_one_is_not_guessed),
		TEST(what_is_not_sent_in_its_validity_expires),
		TEST(what_is_overdue_is_not_given_out_before_the_tick_either),
		TEST(sent_without_a_report_becomes_final),
		TEST(expired_is_said_when_no_part_can_still_arrive),
		TEST(an_unknown_one_without_a_report_becomes_final_too),
		TEST(a_tick_does_a_bounded_piece_and_says_that_more_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
