/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The recovery ladder at work: with a worker that is this program itself, whose modem's name says how
 * it behaves, and with a simulated modem that falls silent.
 */
#include "tests/unit/handle_fixture.h"

#include <poll.h>
#include <sys/stat.h>

#include "bridge/base/spawn.h"
#include "modem/handle_inside.h"
#include "modem/usb_reset.h"

#define STEPS_MAX 16
#define PERCENT 5
#define SWEEP_SECONDS 4

static struct {
	unsigned steps, starts;
	char reasons[STEPS_MAX][MODEM_REASON_SIZE];
	int remedies[STEPS_MAX];
} seen;

static void on_step(struct modem *modem, enum modem_state from, void *userdata)
{
	if (modem_state(modem) == MODEM_STATE_FAILED && seen.steps < STEPS_MAX &&
	    strstr(modem_reason(modem), "; next"))
		memcpy(seen.reasons[seen.steps++], modem->reason, MODEM_REASON_SIZE);
	if (modem_state(modem) == MODEM_STATE_STARTING && seen.starts < STEPS_MAX)
		seen.remedies[seen.starts++] = atoi(modem_reason(modem));
	on_changed(modem, from, userdata);
}

static void climber_begin(struct world *world, const char *name, unsigned time_percent)
{
	struct modem_settings settings = {
		.name = name,
		.program = "/proc/self/exe",
		.start = { .device = "/dev/null", .sweep_seconds = SWEEP_SECONDS },
		.time_percent = time_percent,
	};
	struct modem_listener listener = LISTENER;
	char path[256];

	memset(&seen, 0, sizeof(seen));
	listener.changed = on_step;
	if (strcmp(name, "north") == 0) {
		program_path("footbridge-modem", path, sizeof(path));
		settings.program = path;
		snprintf(settings.start.device, sizeof(settings.start.device), "%s", world->device);
	}
	assert_int_equal(modem_new(world->loop, &settings, &listener, world, &world->modem), 0);
}

/* ---------------------------------------------------------------- as a worker */

static void tell(enum modem_state state, bool faulty, const char *reason)
{
	struct modem_word word = { .type = MODEM_WORD_STATE,
				   .state = { .state = state, .faulty = faulty } };

	snprintf(word.state.reason, sizeof(word.state.reason), "%s", reason);
	if (modem_word_send(SPAWN_SOCKET_FD, &word) < 0)
		_exit(EXIT_FAILURE);
}

static int behave(const char *how)
{
	static struct modem_order order;
	char remedy[16];

	while (modem_order_recv(SPAWN_SOCKET_FD, &order) != 1)
		;
	snprintf(remedy, sizeof(remedy), "%d", (int)order.start.remedy);
	tell(MODEM_STATE_STARTING, false, remedy);
	if (strcmp(how, "refuses") == 0) {
		tell(MODEM_STATE_FAILED, true, "the modem refuses everything");
		return 0;
	}
	if (strcmp(how, "falters") == 0) {
		tell(MODEM_STATE_READY, false, "");
		tell(MODEM_STATE_FAILED, true, "the modem refuses everything");
		return 0;
	}
	if (strcmp(how, "crashes") == 0)
		return 3;
	if (strcmp(how, "busy") == 0) {
		tell(MODEM_STATE_FAILED, false, "somebody uses the port");
		return 0;
	}
	if (strcmp(how, "mute") == 0)
		tell(MODEM_STATE_READY, false, "");
	poll(NULL, 0, -1);
	return 0;
}

/* ---------------------------------------------------------------- tests */

static void each_step_is_taken(struct world *world, const char *name)
{
	static const struct {
		int remedy;
		const char *step;
	} STEPS[] = {
		{ MODEM_REMEDY_NONE, "next: a new worker, after 0.0 seconds" },
		{ MODEM_REMEDY_NONE, "next: a new worker, after 0.0 seconds" },
		{ MODEM_REMEDY_NONE, "AT+CFUN=4, AT+CFUN=1" },
		{ MODEM_REMEDY_RADIO, "AT+CFUN=1,1" },
		{ MODEM_REMEDY_RESTART, "a reset of its USB port" },
		{ MODEM_REMEDY_USB, "a pause, and a new worker, after 0.3 seconds" },
		{ MODEM_REMEDY_NONE, "a pause, and a new worker, after 0.6 seconds" },
	};

	climber_begin(world, name, 1);
	RUN_UNTIL(world, seen.steps == ARRAY_SIZE(STEPS));
	for (size_t i = 0; i < ARRAY_SIZE(STEPS); i++) {
		assert_int_equal(seen.remedies[i], STEPS[i].remedy);
		assert_non_null(strstr(seen.reasons[i], "the modem refuses everything; next: "));
		assert_non_null(strstr(seen.reasons[i], STEPS[i].step));
	}
}

static void each_failure_is_one_step_up_and_the_last_is_patience(void **state)
{
	each_step_is_taken(*state, "refuses");
}

/* Nor does each of its moments at work lead back to the foot. */
static void one_that_gets_ready_and_fails_again_and_again_climbs_as_well(void **state)
{
	each_step_is_taken(*state, "falters");
}

static void one_that_hangs_for_ever_is_tried_each_quarter_of_an_hour(void **state)
{
	struct world *world = *state;

	climber_begin(world, "hangs", 1);
	world->modem->ladder.failures = 100;
	for (unsigned i = 1; i <= 2; i++) {
		RUN_UNTIL(world, seen.steps == i);
		assert_non_null(strstr(seen.reasons[i - 1], "did not wake up"));
		/* 900 seconds by the scale of this test. */
		assert_non_null(strstr(seen.reasons[i - 1], "after 9.0 seconds"));
	}
}

static void what_is_not_the_modem_s_fault_is_no_step(void **state)
{
	static const char *const NAMES[] = { "crashes", "busy", "hangs" };
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
		climber_begin(world, NAMES[i], 20);
		if (strcmp(NAMES[i], "hangs") == 0) {
			RUN_UNTIL(world, seen.starts == 1);
			kill(modem_worker_pid(world->modem), SIGKILL);
		}
		RUN_UNTIL(world, world->modem->generation >= 2 && STATE_IS(world, STARTING));
		assert_int_equal(world->modem->ladder.failures, 0);
		assert_int_equal(seen.remedies[1], MODEM_REMEDY_NONE);
		world->modem = modem_free(world->modem);
	}
}

/* To wait for an answer takes longer than the health that leads back to the foot. */
static void to_be_waited_for_in_vain_is_no_health(void **state)
{
	struct world *world = *state;

	climber_begin(world, "mute", 1);
	for (unsigned i = 1; i <= 3; i++) {
		RUN_UNTIL(world, modem_is_free(world->modem));
		send_text(world, "no answer", i);
		RUN_UNTIL(world, world->outcomes == i && world->modem->pid == 0);
		assert_int_equal(world->modem->ladder.failures, i);
	}
	assert_non_null(strstr(modem_reason(world->modem), "a send got no answer"));
	assert_non_null(strstr(modem_reason(world->modem), "AT+CFUN=4"));
}

static void go_silent(struct world *world, bool silent)
{
	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"silent\",\"value\":%d}",
		silent);
}

/* Silent from the beginning until this step is announced; then it works. */
static void silent_until(struct world *world, unsigned failures, const char *step)
{
	go_silent(world, true);
	climber_begin(world, "north", PERCENT);
	world->modem->ladder.failures = failures;
	RUN_UNTIL(world, strstr(modem_reason(world->modem), step));
	go_silent(world, false);
	RUN_UNTIL(world, STATE_IS(world, READY));
	send_text(world, "awake", 1);
	RUN_UNTIL(world, world->outcomes == 1);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_SENT);
}

static void a_modem_silent_three_times_has_its_radio_put_off_and_on(void **state)
{
	struct world *world = *state;

	silent_until(world, 0, "its radio off and on");
	assert_int_equal(seen.steps, 3);
	assert_true(cell_logged(world, "line", "AT+CFUN=4"));
	assert_true(cell_logged(world, "line", "\"AT+CFUN=1\""));
	assert_false(cell_logged(world, "line", "AT+CFUN=1,1"));
}

static void restarted_by_its_command_it_comes_back(void **state)
{
	struct world *world = *state;

	silent_until(world, 3, "a restart of the modem");
	assert_true(cell_logged(world, "line", "AT+CFUN=1,1"));
}

static void without_usb_there_is_no_usb_to_reset(void **state)
{
	struct world *world = *state;

	silent_until(world, 4, "a reset of its USB port");
	assert_false(cell_logged(world, "line", "AT+CFUN=1,1"));
}

static void one_that_falls_silent_at_work_is_taken_for_silent(void **state)
{
	struct world *world = *state;

	climber_begin(world, "north", PERCENT);
	RUN_UNTIL(world, STATE_IS(world, READY));
	go_silent(world, true);
	/* Nobody sends: the next sweep finds it out. */
	RUN_UNTIL(world, seen.steps == 1);
	assert_non_null(strstr(seen.reasons[0], "next: a new worker"));
	go_silent(world, false);
	RUN_UNTIL(world, STATE_IS(world, READY));
}

static void write_file(const char *path, const char *text)
{
	CLEANUP_FCLOSE FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
}

static void the_usb_device_of_a_port_is_found_above_it(void **state)
{
	static const char *const FOLDERS[] = {
		"sys",     "sys/class",       "sys/class/tty",           "sys/class/tty/ttyUSB7",
		"sys/1-2", "sys/1-2/1-2:1.0", "sys/1-2/1-2:1.0/ttyUSB7",
	};
	static const char *const FILES[][2] = {
		{ "sys/1-2/busnum", "1\n" },
		{ "sys/1-2/devnum", "17\n" },
		{ "ttyUSB7", "" },
	};
	static const char LINK[] = "sys/class/tty/ttyUSB7/device";
	struct world *world = *state;
	int here = open(world->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char sysfs[128], port[128], path[256], node[64];

	for (size_t i = 0; i < ARRAY_SIZE(FOLDERS); i++)
		assert_int_equal(mkdirat(here, FOLDERS[i], 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(FILES); i++) {
		snprintf(path, sizeof(path), "%s/%s", world->directory, FILES[i][0]);
		write_file(path, FILES[i][1]);
	}
	assert_int_equal(symlinkat("../../../1-2/1-2:1.0/ttyUSB7", here, LINK), 0);
	snprintf(sysfs, sizeof(sysfs), "%s/sys", world->directory);
	snprintf(port, sizeof(port), "%s/ttyUSB7", world->directory);
	assert_int_equal(usb_find(sysfs, port, node, sizeof(node)), 0);
	assert_string_equal(node, "/dev/bus/usb/001/017");
	assert_int_equal(usb_find(sysfs, world->device, node, sizeof(node)), -ENODEV);
	assert_int_equal(unlinkat(here, LINK, 0), 0);
	assert_int_equal(usb_find(sysfs, port, node, sizeof(node)), -ENODEV);
	for (size_t i = 0; i < ARRAY_SIZE(FILES); i++)
		unlinkat(here, FILES[i][0], 0);
	for (size_t i = ARRAY_SIZE(FOLDERS); i > 0; i--)
		assert_int_equal(unlinkat(here, FOLDERS[i - 1], AT_REMOVEDIR), 0);
	close(here);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(each_failure_is_one_step_up_and_the_last_is_patience),
		TEST(one_that_gets_ready_and_fails_again_and_again_climbs_as_well),
		TEST(one_that_hangs_for_ever_is_tried_each_quarter_of_an_hour),
		TEST(what_is_not_the_modem_s_fault_is_no_step),
		TEST(to_be_waited_for_in_vain_is_no_health),
		TEST(a_modem_silent_three_times_has_its_radio_put_off_and_on),
		TEST(restarted_by_its_command_it_comes_back),
		TEST(without_usb_there_is_no_usb_to_reset),
		TEST(one_that_falls_silent_at_work_is_taken_for_silent),
		TEST(the_usb_device_of_a_port_is_found_above_it),
	};

	if (argc > 1)
		return behave(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
