/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The order of a worker's work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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
	agenda_swept(agenda);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
		TEST(a_send_goes_before_a_ussd_code_and_is_over_before_it),
		TEST(one_ussd_code_at_a_time_is_closed_once),
		TEST(a_network_that_does_not_answer_is_late_once),
		TEST(a_modem_that_came_up_anew_is_seen_to_before_anything_is_sent),
		TEST(chatter_about_restarts_leaves_time_to_send),
		TEST(a_store_that_becomes_tight_is_swept_at_once),
		TEST(what_waits_can_be_dropped_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
