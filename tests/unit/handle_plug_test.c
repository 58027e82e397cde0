/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Devices that come, go and move, and restarts that somebody asked for.
 */
#include "tests/unit/handle_fixture.h"

#include "modem/handle_inside.h"

#define PERCENT 10

static void wait_ready(struct world *world)
{
	RUN_UNTIL(world, STATE_IS(world, READY) && modem_worker_pid(world->modem) > 0);
}

static bool has_failed(const struct world *world)
{
	for (unsigned i = 0; i < world->seen_count; i++)
		if (world->seen[i] == MODEM_STATE_FAILED)
			return true;
	return false;
}

/* The same modem by another name: as after another hub port. */
static void link_elsewhere(struct world *world, char *path, size_t size)
{
	char target[256] = "";

	assert_true(readlink(world->device, target, sizeof(target) - 1) > 0);
	snprintf(path, size, "%s/elsewhere", world->directory);
	assert_int_equal(symlink(target, path), 0);
}

static void begin_without_device(struct world *world)
{
	char device[sizeof(world->device)];

	memcpy(device, world->device, sizeof(device));
	world->device[0] = '\0';
	modem_begin(world, "", PERCENT);
	memcpy(world->device, device, sizeof(device));
}

static void without_a_device_there_is_no_worker_until_it_is_plugged(void **state)
{
	struct world *world = *state;

	begin_without_device(world);
	assert_true(STATE_IS(world, ABSENT));
	for (int i = 0; i < 5; i++)
		assert_true(sd_event_run(world->loop, 20000) >= 0);
	assert_true(STATE_IS(world, ABSENT));
	assert_int_equal(modem_worker_pid(world->modem), 0);
	assert_int_equal(modem_reset(world->modem), -ENOTCONN);
	assert_int_equal(modem_plug(world->modem, world->device), 0);
	wait_ready(world);
	assert_string_equal(modem_device(world->modem), world->device);
}

static void unplugged_it_is_absent_and_plugged_elsewhere_it_goes_on(void **state)
{
	struct world *world = *state;
	char elsewhere[256];

	modem_begin(world, "", PERCENT);
	wait_ready(world);
	assert_int_equal(modem_plug(world->modem, NULL), 0);
	RUN_UNTIL(world, STATE_IS(world, ABSENT) && modem_worker_pid(world->modem) == 0);
	assert_string_equal(modem_reason(world->modem), "the modem is not plugged in");
	link_elsewhere(world, elsewhere, sizeof(elsewhere));
	assert_int_equal(modem_plug(world->modem, elsewhere), 0);
	wait_ready(world);
	assert_string_equal(modem_identity(world->modem)->device, elsewhere);
	assert_false(has_failed(world));
}

static void the_worker_at_the_old_device_is_ended_first(void **state)
{
	struct world *world = *state;
	char elsewhere[256];
	pid_t before;

	modem_begin(world, "", PERCENT);
	wait_ready(world);
	before = modem_worker_pid(world->modem);
	link_elsewhere(world, elsewhere, sizeof(elsewhere));
	assert_int_equal(modem_plug(world->modem, elsewhere), 0);
	assert_false(modem_is_free(world->modem));
	RUN_UNTIL(world, modem_worker_pid(world->modem) != before &&
				 modem_worker_pid(world->modem) > 0 && STATE_IS(world, READY));
	/* Two at one port: the second would have found it busy. */
	assert_false(has_failed(world));
	assert_string_equal(modem_identity(world->modem)->device, elsewhere);
}

static void plugged_where_it_is_its_worker_works_on(void **state)
{
	struct world *world = *state;
	pid_t before;

	modem_begin(world, "", PERCENT);
	wait_ready(world);
	before = modem_worker_pid(world->modem);
	assert_int_equal(modem_plug(world->modem, modem_device(world->modem)), 0);
	assert_true(modem_is_free(world->modem));
	send_text(world, "still here", 1);
	RUN_UNTIL(world, world->outcomes == 1);
	assert_int_equal(modem_worker_pid(world->modem), before);
}

/* point: where the modem is when it is pulled out. */
static void pull_while_sending(struct world *world, const char *point, enum modem_outcome outcome)
{
	modem_begin(world, "", PERCENT);
	wait_ready(world);
	cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"%s\"}", point);
	send_text(world, "pulled", 3);
	RUN_UNTIL(world, cell_logged(world, "held", point));
	if (outcome == MODEM_OUTCOME_UNKNOWN)
		RUN_UNTIL(world, world->handed_over == 1);
	cell_do(world, "{\"op\":\"unplug\",\"modem\":\"north\"}");
	assert_int_equal(modem_plug(world->modem, NULL), 0);
	RUN_UNTIL(world, modem_worker_pid(world->modem) == 0 && STATE_IS(world, ABSENT));
	assert_int_equal(world->outcomes, 1);
	assert_int_equal(world->outcome.outcome, outcome);
	cell_do(world, "{\"op\":\"plug\",\"modem\":\"north\"}");
	assert_int_equal(modem_plug(world->modem, world->device), 0);
	wait_ready(world);
	send_text(world, "plugged again", 4);
	RUN_UNTIL(world, world->outcomes == 2);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_SENT);
	assert_false(has_failed(world));
}

static void pulled_before_ctrl_z_nothing_was_sent(void **state)
{
	pull_while_sending(*state, "cmgs", MODEM_OUTCOME_NOT_SENT);
}

static void pulled_after_ctrl_z_nobody_knows(void **state)
{
	pull_while_sending(*state, "answer", MODEM_OUTCOME_UNKNOWN);
}

static void a_worker_that_does_not_leave_is_killed(void **state)
{
	struct world *world = *state;

	modem_begin(world, "", PERCENT);
	wait_ready(world);
	cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"cmgs\"}");
	send_text(world, "stuck", 3);
	RUN_UNTIL(world, cell_logged(world, "held", "cmgs"));
	/* Its terminal is there still: it has no reason to end by itself. */
	assert_int_equal(modem_plug(world->modem, NULL), 0);
	RUN_UNTIL(world, modem_worker_pid(world->modem) == 0);
	assert_true(STATE_IS(world, ABSENT));
	assert_int_equal(world->outcomes, 1);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_NOT_SENT);
	assert_int_equal(world->modem->ladder.failures, 0);
}

static void a_device_that_is_not_there_costs_no_processes(void **state)
{
	struct world *world = *state;
	int64_t generation;

	cell_do(world, "{\"op\":\"unplug\",\"modem\":\"north\"}");
	modem_begin(world, "", 1);
	RUN_UNTIL(world, STATE_IS(world, ABSENT) && modem_worker_pid(world->modem) == 0);
	generation = world->modem->generation;
	for (int i = 0; i < 10; i++)
		assert_true(sd_event_run(world->loop, 50000) >= 0);
	assert_int_equal(world->modem->generation, generation);
	assert_non_null(strstr(modem_reason(world->modem), "is not there"));
	/* Where nobody tells, it is found all the same. */
	world->modem->deadlines.percent = PERCENT;
	cell_do(world, "{\"op\":\"plug\",\"modem\":\"north\"}");
	wait_ready(world);
}

/* A quarter of an hour is longer than this test. */
static void a_device_that_comes_ends_every_wait(void **state)
{
	struct world *world = *state;

	cell_do(world, "{\"op\":\"unplug\",\"modem\":\"north\"}");
	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, ABSENT) && modem_worker_pid(world->modem) == 0);
	modem_start_after(world->modem, 15 * USEC_PER_MINUTE);
	cell_do(world, "{\"op\":\"plug\",\"modem\":\"north\"}");
	modem_retry(world->modem);
	wait_ready(world);
	/* One that works is left alone. */
	modem_retry(world->modem);
	assert_true(modem_is_free(world->modem));
}

static void somebody_s_restart_is_a_new_worker_and_a_new_start_of_the_modem(void **state)
{
	struct world *world = *state;
	pid_t before;

	modem_begin(world, "", PERCENT);
	world->modem->start.sweep_seconds = 5;
	wait_ready(world);
	before = modem_worker_pid(world->modem);
	cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"answer\"}");
	send_text(world, "on the air", 3);
	RUN_UNTIL(world, cell_logged(world, "held", "answer"));
	assert_int_equal(modem_reset(world->modem), -EBUSY);
	cell_do(world, "{\"op\":\"resume\",\"modem\":\"north\"}");
	RUN_UNTIL(world, modem_is_free(world->modem));
	assert_int_equal(modem_reset(world->modem), 0);
	RUN_UNTIL(world, cell_logged(world, "line", "AT+CFUN=1,1"));
	RUN_UNTIL(world, modem_is_free(world->modem));
	assert_int_not_equal(modem_worker_pid(world->modem), before);
	assert_int_equal(world->modem->start.remedy, MODEM_REMEDY_NONE);
	send_text(world, "after it", 4);
	RUN_UNTIL(world, world->outcomes == 2);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_SENT);
	assert_false(has_failed(world));
}

/* As most sticks on USB do. */
static void restarted_it_may_vanish_meanwhile(void **state)
{
	struct world *world = *state;

	modem_begin(world, "", PERCENT);
	world->modem->start.sweep_seconds = 5;
	wait_ready(world);
	assert_int_equal(modem_reset(world->modem), 0);
	RUN_UNTIL(world, cell_logged(world, "line", "AT+CFUN=1,1"));
	cell_do(world, "{\"op\":\"unplug\",\"modem\":\"north\"}");
	RUN_UNTIL(world, STATE_IS(world, ABSENT));
	assert_int_equal(world->modem->start.remedy, MODEM_REMEDY_NONE);
	cell_do(world, "{\"op\":\"plug\",\"modem\":\"north\"}");
	wait_ready(world);
	assert_false(has_failed(world));
}

/* The step was for the one that was pulled out, and may be another modem. */
static void one_that_was_just_plugged_in_is_not_reset(void **state)
{
	struct world *world = *state;

	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"silent\",\"value\":1}");
	modem_begin(world, "", PERCENT);
	world->modem->ladder.failures = 3;
	RUN_UNTIL(world, strstr(modem_reason(world->modem), "a restart of the modem"));
	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"silent\",\"value\":0}");
	assert_int_equal(modem_plug(world->modem, NULL), 0);
	RUN_UNTIL(world, STATE_IS(world, ABSENT));
	assert_int_equal(modem_plug(world->modem, world->device), 0);
	wait_ready(world);
	assert_false(cell_logged(world, "line", "AT+CFUN=1,1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_device_there_is_no_worker_until_it_is_plugged),
		TEST(unplugged_it_is_absent_and_plugged_elsewhere_it_goes_on),
		TEST(the_worker_at_the_old_device_is_ended_first),
		TEST(plugged_where_it_is_its_worker_works_on),
		TEST(pulled_before_ctrl_z_nothing_was_sent),
		TEST(pulled_after_ctrl_z_nobody_knows),
		TEST(a_worker_that_does_not_leave_is_killed),
		TEST(a_device_that_is_not_there_costs_no_processes),
		TEST(a_device_that_comes_ends_every_wait),
		TEST(somebody_s_restart_is_a_new_worker_and_a_new_start_of_the_modem),
		TEST(restarted_it_may_vanish_meanwhile),
		TEST(one_that_was_just_plugged_in_is_not_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
