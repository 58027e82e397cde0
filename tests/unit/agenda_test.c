/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The order of a worker's work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "modem/agenda.h"

static const struct modem_order_send SEND = { .attempt = 7 };
static const struct modem_order_ussd USSD = { .id = 3, .code = "*100#" };

static void must_not_idle(void *userdata)
{
	(void)userdata;
	fail_msg("there is work");
}

static void may_idle(void *userdata)
{
	(void)userdata;
}

static enum agenda_task_type next(struct agenda *agenda, struct agenda_task *task)
{
	agenda_next(agenda, task, must_not_idle, NULL);
	return task->type;
}

/* Nothing is due but what a test puts there. */
static int begin(void **state)
{
	struct agenda *agenda = agenda_new();

	agenda_set_minute_usec(agenda, USEC_PER_MINUTE);
	agenda_set_network_usec(agenda, USEC_PER_MINUTE);
	agenda_swept(agenda, false);
	*state = agenda;
	return agenda ? 0 : -1;
}

static int end(void **state)
{
	*state = agenda_free(*state);
	return 0;
}

static void a_send_goes_before_a_ussd_code_and_is_over_before_it(void **state)
{
	struct agenda *agenda = *state;
	struct agenda_task task;
	int64_t attempt, id;

	assert_true(agenda_add_ussd(agenda, &USSD));
	assert_true(agenda_add_send(agenda, &SEND));
	agenda_add_slot(agenda, "SM", 1);
	assert_int_equal(next(agenda, &task), AGENDA_SEND);
	/* While its answer is awaited other things are done. */
	assert_int_equal(next(agenda, &task), AGENDA_READ);
	agenda_add_slot(agenda, "SM", 2);
	assert_int_equal(next(agenda, &task), AGENDA_READ);
	assert_true(agenda_close_send(agenda, &attempt));
	assert_int_equal(next(agenda, &task), AGENDA_USSD);
	assert_string_equal(task.ussd.code, USSD.code);
	assert_true(agenda_close_ussd(agenda, &id));
	assert_int_equal(id, USSD.id);
}

static void one_ussd_code_at_a_time_is_closed_once(void **state)
{
	struct agenda *agenda = *state;
	struct agenda_task task;
	int64_t id;

	assert_true(agenda_add_ussd(agenda, &USSD));
	assert_false(agenda_add_ussd(agenda, &USSD));
	assert_false(agenda_close_ussd(agenda, &id));
	assert_int_equal(next(agenda, &task), AGENDA_USSD);
	assert_false(agenda_add_ussd(agenda, &USSD));
	assert_true(agenda_close_ussd(agenda, &id));
	assert_false(agenda_close_ussd(agenda, &id));
	assert_true(agenda_add_ussd(agenda, &USSD));
}

static void a_network_that_does_not_answer_is_late_once(void **state)
{
	struct agenda *agenda = *state;
	struct agenda_task task;

	assert_true(agenda_add_ussd(agenda, &USSD));
	assert_int_equal(next(agenda, &task), AGENDA_USSD);
	agenda_await_ussd(agenda, 0);
	assert_int_equal(next(agenda, &task), AGENDA_USSD_LATE);
	agenda_add_slot(agenda, "SM", 1);
	assert_int_equal(next(agenda, &task), AGENDA_READ);
}

/* By then the daemon has said that it failed. */
static void a_ussd_code_that_waited_too_long_is_never_sent(void **state)
{
	struct agenda *agenda = *state;
	struct agenda_task task;
	int64_t id;

	assert_true(agenda_add_ussd(agenda, &USSD));
	assert_false(agenda_drop_late_ussd(agenda, &id));
	agenda_set_minute_usec(agenda, 0);
	assert_int_equal(next(agenda, &task), AGENDA_USSD_LATE);
	assert_false(agenda_close_ussd(agenda, &id));
	assert_true(agenda_drop_late_ussd(agenda, &id));
	assert_int_equal(id, USSD.id);
	assert_false(agenda_drop_late_ussd(agenda, &id));
	assert_int_not_equal(next(agenda, &task), AGENDA_USSD);
}

static void a_ussd_code_that_is_late_stands_in_no_other_s_way(void **state)
{
	static const struct modem_order_ussd SECOND = { .id = 4, .code = "*101#" };
	static const struct modem_order_ussd THIRD = { .id = 5, .code = "*102#" };
	struct agenda *agenda = *state;
	struct agenda_task task;
	int64_t id;

	assert_true(agenda_add_ussd(agenda, &USSD));
	agenda_set_minute_usec(agenda, 0);
	assert_true(agenda_add_ussd(agenda, &SECOND));
	agenda_set_minute_usec(agenda, USEC_PER_MINUTE);
	assert_int_equal(next(agenda, &task), AGENDA_USSD);
	assert_string_equal(task.ussd.code, SECOND.code);
	/* That one is open, and the network silent: it is closed before the next is sent. */
	assert_true(agenda_ussd_is_open(agenda));
	agenda_await_ussd(agenda, 0);
	assert_true(agenda_add_ussd(agenda, &THIRD));
	assert_int_equal(next(agenda, &task), AGENDA_USSD_LATE);
	assert_false(agenda_drop_late_ussd(agenda, &id));
	assert_true(agenda_close_ussd(agenda, &id));
	assert_int_equal(id, SECOND.id);
	assert_false(agenda_ussd_is_open(agenda));
	assert_int_equal(next(agenda, &task), AGENDA_USSD);
	assert_true(agenda_close_ussd(agenda, &id));
	assert_int_equal(id, THIRD.id);
}

static void a_modem_that_came_up_anew_is_seen_to_before_anything_is_sent(void **state)
{
	struct agenda *agenda = *state;
	struct agenda_task task;

	assert_true(agenda_add_send(agenda, &SEND));
	agenda_add_restart(agenda);
	agenda_add_sim_change(agenda);
	assert_int_equal(next(agenda, &task), AGENDA_RESTARTED);
	agenda_settled(agenda);
	assert_int_equal(next(agenda, &task), AGENDA_SEND);
	assert_false(task.doubtful);
}

static void chatter_about_restarts_leaves_time_to_send(void **state)
{
	struct agenda *agenda = *state;
	struct agenda_task task;
	int64_t attempt;

	agenda_add_restart(agenda);
	assert_int_equal(next(agenda, &task), AGENDA_RESTARTED);
	agenda_settled(agenda);
	for (int i = 0; i < 3; i++) {
		agenda_add_restart(agenda);
		assert_true(agenda_add_send(agenda, &SEND));
		assert_int_equal(next(agenda, &task), AGENDA_SEND);
		/* PDU mode is asserted all the same. */
		assert_true(task.doubtful);
		assert_true(agenda_close_send(agenda, &attempt));
	}
}

static void a_store_that_becomes_tight_is_swept_at_once(void **state)
{
	struct agenda *agenda = *state;
	struct agenda_task task;
	int64_t begun = clock_monotonic_usec();
	int used, size;

	agenda_set_store(agenda, "SM", 7, 10);
	agenda_add_slot(agenda, "SM", 1);
	assert_int_equal(next(agenda, &task), AGENDA_READ);
	agenda_set_store(agenda, "SM", 8, 10);
	agenda_add_slot(agenda, "SM", 1);
	assert_int_equal(next(agenda, &task), AGENDA_READ);
	/* Not in the same second as the last one, but long before its minute. */
	agenda_next(agenda, &task, may_idle, NULL);
	assert_int_equal(task.type, AGENDA_SWEEP);
	assert_true(clock_monotonic_usec() - begun < USEC_PER_MINUTE / 2);
	agenda_store_of(agenda, "SM", &used, &size);
	assert_int_equal(used, 8);
	assert_true(agenda_store_is_tight(agenda, "SM", 8));
	assert_false(agenda_store_is_tight(agenda, "SM", 7));
	assert_false(agenda_store_is_tight(agenda, "ME", 200));
}

static void what_waits_can_be_dropped_once(void **state)
{
	struct agenda *agenda = *state;
	int64_t id;

	assert_false(agenda_drop_send(agenda, &id));
	assert_true(agenda_add_send(agenda, &SEND));
	assert_true(agenda_drop_send(agenda, &id));
	assert_int_equal(id, SEND.attempt);
	assert_false(agenda_drop_send(agenda, &id));
	assert_true(agenda_add_ussd(agenda, &USSD));
	assert_true(agenda_drop_ussd(agenda, &id));
	assert_int_equal(id, USSD.id);
	assert_false(agenda_drop_ussd(agenda, &id));
}

/* A SIM that nobody has adopted keeps all of them, and their readings with them. */
static void three_full_memories_are_kept(void **state)
{
	static const char *const MEMORIES[] = { "SM", "ME", "SR" };
	struct agenda *agenda = *state;
	uint8_t octets[20] = { 0 };
	const struct agenda_octets read = {
		.octets = octets, .size = sizeof(octets), .fits = true, .decoded = true
	};

	for (size_t i = 0; i < ARRAY_SIZE(MEMORIES); i++)
		for (int location = 0; location < 255; location++) {
			octets[0] = (uint8_t)location;
			assert_true(agenda_reading(agenda, MEMORIES[i], location, &read) > 0);
		}
	octets[0] = 0;
	assert_int_equal(agenda_reading(agenda, "SM", 0, &read), 1);
}

/* On serial lines octets get lost, and what is told is then deleted. */
static void what_may_have_been_cut_counts_when_it_comes_twice(void **state)
{
	static const struct agenda_octets CUT = { (const uint8_t *)"hel", 3, false, false },
					  OTHERWISE_CUT = { (const uint8_t *)"hlo", 3, false,
							    true },
					  WHOLE = { (const uint8_t *)"hello", 5, true, true };
	struct agenda *agenda = *state;
	int64_t id;

	assert_int_equal(agenda_reading(agenda, "SM", 1, &CUT), -EAGAIN);
	assert_int_equal(agenda_reading(agenda, "SM", 1, &OTHERWISE_CUT), -EAGAIN);
	id = agenda_reading(agenda, "SM", 1, &WHOLE);
	assert_true(id > 0);
	assert_int_equal(agenda_reading(agenda, "SM", 1, &WHOLE), id);
	/* It is no TPDU indeed. */
	assert_int_equal(agenda_reading(agenda, "SM", 2, &CUT), -EAGAIN);
	id = agenda_reading(agenda, "SM", 2, &CUT);
	assert_true(id > 0);
	assert_int_equal(agenda_reading(agenda, "SM", 2, &CUT), id);
	assert_int_equal(agenda_reading(agenda, "SM", 3, &CUT), -EAGAIN);
	/* What was not stored can't be read again. */
	assert_true(agenda_reading(agenda, "", -1, &CUT) > 0);
}

/* What never comes twice the same must neither wear the modem out nor keep a SIM unknown. */
static void a_sweep_in_doubt_is_repeated_soon_but_not_for_ever(void **state)
{
	struct agenda *agenda = *state;
	struct agenda_task task;
	int64_t begun = clock_monotonic_usec();

	assert_false(agenda_swept(agenda, true));
	agenda_next(agenda, &task, may_idle, NULL);
	assert_int_equal(task.type, AGENDA_SWEEP);
	assert_true(clock_monotonic_usec() - begun < USEC_PER_MINUTE / 2);
	for (int i = 1; i < AGENDA_DOUBTED_SWEEPS; i++)
		assert_false(agenda_swept(agenda, true));
	assert_true(agenda_swept(agenda, true));
	assert_true(agenda_swept(agenda, true));
	assert_true(agenda_swept(agenda, false));
	assert_false(agenda_swept(agenda, true));
}

/* Air780E: to read all of them twice would be for nothing. */
static void a_modem_whose_lengths_are_wrong_is_doubted_once(void **state)
{
	static const struct agenda_octets ONE = { (const uint8_t *)"one", 3, false, true },
					  TWO = { (const uint8_t *)"two", 3, false, true };
	struct agenda *agenda = *state;

	assert_int_equal(agenda_reading(agenda, "SM", 1, &ONE), -EAGAIN);
	assert_true(agenda_reading(agenda, "SM", 1, &ONE) > 0);
	assert_true(agenda_reading(agenda, "SM", 2, &TWO) > 0);
}

/* EF-ICCID has room for 20 digits (TS 51.011 10.1.1): one of 19 ends with a filler. */
static void an_iccid_is_the_same_with_its_filler_and_without(void **state)
{
	static const struct {
		const char *command, *text;
	} CASES[] = {
		{ "AT+CCID", "+CCID: \"8986011234567890123F\"" },
		{ "AT+CCID", "8986011234567890123f" },
		{ "AT+ICCID", "ICCID: 8986011234567890123F" },
		{ "AT+CCID", "8986011234567890123" },
	};
	struct modem_word_identity identity;

	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		agenda_set_identity(*state, CASES[i].command, CASES[i].text);
		agenda_identity(*state, &identity);
		assert_string_equal(identity.iccid, "8986011234567890123");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
		TEST(a_send_goes_before_a_ussd_code_and_is_over_before_it),
		TEST(one_ussd_code_at_a_time_is_closed_once),
		TEST(a_network_that_does_not_answer_is_late_once),
		TEST(a_ussd_code_that_waited_too_long_is_never_sent),
		TEST(a_ussd_code_that_is_late_stands_in_no_other_s_way),
		TEST(a_modem_that_came_up_anew_is_seen_to_before_anything_is_sent),
		TEST(chatter_about_restarts_leaves_time_to_send),
		TEST(a_store_that_becomes_tight_is_swept_at_once),
		TEST(what_waits_can_be_dropped_once),
		TEST(three_full_memories_are_kept),
		TEST(what_may_have_been_cut_counts_when_it_comes_twice),
		TEST(a_sweep_in_doubt_is_repeated_soon_but_not_for_ever),
		TEST(a_modem_whose_lengths_are_wrong_is_doubted_once),
		TEST(an_iccid_is_the_same_with_its_filler_and_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
