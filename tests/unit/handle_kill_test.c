/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Workers killed at every point of a send and of a reception, and workers whose daemon dies.
 */
#include "tests/unit/handle_fixture.h"

#include "bridge/base/spawn.h"
#include "modem/handle_inside.h"
#include "modem/memoir.h"

/* Holds the modem at a point of the send, kills the worker there, and lets the modem go on. */
static void kill_at(struct world *world, const char *point)
{
	cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"%s\"}", point);
	send_text(world, "half way", 1);
	RUN_UNTIL(world, cell_logged(world, "held", point));
	/* What the worker has said by now is read before its death is seen. */
	assert_int_equal(kill(modem_worker_pid(world->modem), SIGKILL), 0);
	RUN_UNTIL(world, world->outcomes == 1);
	assert_int_equal(world->outcome.attempt, 1);
	cell_do(world, "{\"op\":\"resume\",\"modem\":\"north\"}");
	RUN_UNTIL(world, STATE_IS(world, READY));
}

static void a_worker_killed_before_ctrl_z_has_sent_nothing(void **state)
{
	struct world *world = *state;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	kill_at(world, "cmgs");
	assert_int_equal(world->handed_over, 0);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_NOT_SENT);
	assert_int_equal(times_on_screen(world, "half way"), 0);
	/* The prompt that it left behind takes no command for a text. */
	send_text(world, "whole", 2);
	RUN_UNTIL(world, world->outcomes == 2);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_SENT);
	assert_int_equal(times_on_screen(world, "whole"), 1);
}

/* Whether Ctrl-Z is already in the terminal's buffer then is a matter of microseconds: what the
 * daemon was told must be true either way. */
static void a_worker_killed_around_ctrl_z_never_says_what_is_not_so(void **state)
{
	static const char *const POINTS[] = { "prompt", "pdu", "submit" };
	struct world *world = *state;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	for (unsigned i = 0; i < ARRAY_SIZE(POINTS); i++) {
		unsigned before = times_on_screen(world, "half way"), after;

		world->outcomes = world->handed_over = 0;
		kill_at(world, POINTS[i]);
		after = times_on_screen(world, "half way");
		assert_int_equal(world->outcome.outcome, world->handed_over
								 ? MODEM_OUTCOME_UNKNOWN
								 : MODEM_OUTCOME_NOT_SENT);
		assert_true(after - before <= world->handed_over);
	}
}

static void a_worker_killed_after_ctrl_z_leaves_it_unknown(void **state)
{
	struct world *world = *state;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	kill_at(world, "answer");
	assert_int_equal(world->handed_over, 1);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_UNKNOWN);
	assert_int_equal(times_on_screen(world, "half way"), 1);
	/* The answer comes to the next worker, which says whose it is not. */
	RUN_UNTIL(world, world->late == 1);
	assert_int_equal(world->late_outcome.outcome, MODEM_OUTCOME_SENT);
	assert_int_equal(world->late_outcome.attempt, -1);
}

/* As modem_kill_worker() leaves it, but the kernel does not let it go; its time is found to be over
 * before its last words are read. */
static void be_stuck(struct modem *modem)
{
	sd_event_source_set_priority(modem->deadline, SD_EVENT_PRIORITY_IMPORTANT);
	modem->killed = true;
	modem->deadlines.killed = clock_monotonic_usec() - DEADLINE_REAP_USEC;
	modem_arm_deadline(modem);
}

static void a_worker_stuck_in_the_kernel_concludes_its_send_once(void **state)
{
	static const struct {
		const char *point;
		enum modem_outcome outcome;
	} CASES[] = { { "cmgs", MODEM_OUTCOME_NOT_SENT }, { "answer", MODEM_OUTCOME_UNKNOWN } };
	struct world *world = *state;

	modem_begin(world, "", 100);
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		RUN_UNTIL(world, STATE_IS(world, READY));
		world->outcomes = 0;
		cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"%s\"}",
			CASES[i].point);
		send_text(world, "half way", 1);
		while (!cell_logged(world, "held", CASES[i].point))
			sched_yield();
		be_stuck(world->modem);
		RUN_UNTIL(world, world->outcomes == 1);
		assert_int_equal(world->outcome.attempt, 1);
		assert_int_equal(world->outcome.outcome, CASES[i].outcome);
		assert_true(STATE_IS(world, FAILED));
		assert_non_null(strstr(modem_reason(world->modem), "stuck in the kernel"));
		/* It comes loose after all. */
		assert_int_equal(kill(modem_worker_pid(world->modem), SIGKILL), 0);
		RUN_UNTIL(world, modem_worker_pid(world->modem) == 0);
		cell_do(world, "{\"op\":\"resume\",\"modem\":\"north\"}");
		RUN_UNTIL(world, STATE_IS(world, READY));
		assert_int_equal(world->outcomes, 1);
	}
}

static void a_modem_that_falls_silent_costs_its_worker_the_life(void **state)
{
	struct world *world = *state;
	pid_t first;

	modem_begin(world, "", 3);
	RUN_UNTIL(world, STATE_IS(world, READY));
	first = modem_worker_pid(world->modem);
	cell_do(world, "{\"op\":\"fail\",\"modem\":\"north\",\"error\":\"SILENT\",\"count\":1}");
	send_text(world, "into the void", 1);
	RUN_UNTIL(world, world->outcomes == 1);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_UNKNOWN);
	RUN_UNTIL(world, STATE_IS(world, READY));
	assert_int_not_equal(modem_worker_pid(world->modem), first);
}

/* Real modem, real libgammu: the PIN, a send and a reception are in it, but not what they say. */
static void what_a_killed_worker_said_last_is_kept_without_its_secrets(void **state)
{
	static const char *const SHOWN[] = { "< +CMTI: \"SM\",", "> AT+CMGS=", " > [" };
	static const char *const SECRETS[] = { "4321", "3900000001", "3109000000", "private",
					       "public" };
	struct world *world = *state;
	char text[MEMOIR_SIZE];

	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"pin\",\"value\":\"4321\"}");
	cell_do(world,
		"{\"op\":\"set\",\"modem\":\"north\",\"key\":\"cpin\",\"value\":\"SIM PIN\"}");
	modem_begin(world, "4321", 100);
	RUN_UNTIL(world, world->pins_wanted == 1);
	memoir_read(world->modem->memoir, text);
	assert_non_null(strstr(text, "AT+CPIN?"));
	RUN_UNTIL(world, cell_logged(world, "line", "AT+CPIN="));
	memoir_read(world->modem->memoir, text);
	assert_non_null(strstr(text, "> AT+CPIN=["));
	assert_null(strstr(text, "4321"));
	RUN_UNTIL(world, STATE_IS(world, READY));
	cell_do(world, "{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"" PHONE
		       "\",\"text\":\"public\"}");
	RUN_UNTIL(world, world->receptions == 1);
	cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"answer\"}");
	send_text(world, "private", 1);
	RUN_UNTIL(world, cell_logged(world, "held", "answer"));
	assert_int_equal(kill(modem_worker_pid(world->modem), SIGKILL), 0);
	RUN_UNTIL(world, world->outcomes == 1);
	memoir_read(world->modem->memoir, text);
	for (unsigned i = 0; i < ARRAY_SIZE(SHOWN); i++)
		if (!strstr(text, SHOWN[i]))
			fail_msg("%s is not in %s", SHOWN[i], text);
	for (unsigned i = 0; i < ARRAY_SIZE(SECRETS); i++)
		if (strstr(text, SECRETS[i]))
			fail_msg("%s is in %s", SECRETS[i], text);
	/* The next worker begins with an empty page. */
	cell_do(world, "{\"op\":\"resume\",\"modem\":\"north\"}");
	RUN_UNTIL(world, modem_worker_pid(world->modem) > 0);
	memoir_read(world->modem->memoir, text);
	assert_null(strstr(text, "AT+CMGS="));
}

static void a_reading_of_a_dead_worker_is_stale(void **state)
{
	struct world *world = *state;
	int64_t old;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	cell_do(world, "{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"" PHONE
		       "\",\"text\":\"keep me\"}");
	RUN_UNTIL(world, world->receptions == 1);
	old = world->received[0].reading;
	assert_int_equal(kill(modem_worker_pid(world->modem), SIGKILL), 0);
	RUN_UNTIL(world, world->receptions == 2);
	assert_int_equal(modem_delete(world->modem, old), -ESTALE);
	assert_int_not_equal(world->received[1].reading, old);
	assert_int_equal(modem_delete(world->modem, world->received[1].reading), 0);
	RUN_UNTIL(world, world->deletions == 1);
	assert_true(world->deleted);
}

static bool store_is_empty(struct world *world)
{
	return !strstr(cell_do(world, "{\"op\":\"store\",\"modem\":\"north\"}"), "location");
}

static void a_worker_killed_while_receiving_loses_nothing(void **state)
{
	static const char *const POINTS[] = { "cmti", "cmgr", "cmgl", "cmgd" };
	struct world *world = *state;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	for (unsigned i = 0; i < ARRAY_SIZE(POINTS); i++) {
		unsigned deletions = world->deletions;
		bool at_deletion = strcmp(POINTS[i], "cmgd") == 0;
		bool at_sweep = strcmp(POINTS[i], "cmgl") == 0;

		world->receptions = 0;
		if (!at_sweep)
			cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"%s\"}",
				POINTS[i]);
		cell_do(world,
			"{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"" PHONE
			"\",\"text\":\"precious %u\"}",
			i);
		if (at_deletion) {
			RUN_UNTIL(world, world->receptions >= 1);
			assert_int_equal(modem_delete(world->modem, world->received[0].reading), 0);
		}
		if (at_sweep) {
			/* The sweep at the start of the next worker is the one that is held. */
			RUN_UNTIL(world, world->receptions >= 1);
			assert_int_equal(kill(modem_worker_pid(world->modem), SIGKILL), 0);
			cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"%s\"}",
				POINTS[i]);
		}
		RUN_UNTIL(world, cell_logged(world, "held", POINTS[i]));
		world->receptions = 0;
		assert_int_equal(kill(modem_worker_pid(world->modem), SIGKILL), 0);
		cell_do(world, "{\"op\":\"resume\",\"modem\":\"north\"}");
		RUN_UNTIL(world, !STATE_IS(world, READY));
		RUN_UNTIL(world, STATE_IS(world, READY));
		/* Only what was ordered to be deleted may be gone by now. */
		RUN_UNTIL(world, world->receptions >= 1 || (at_deletion && store_is_empty(world)));
		if (world->receptions > 0) {
			char text[16];

			snprintf(text, sizeof(text), "precious %u", i);
			assert_string_equal(world->received[0].tpdu.text, text);
			assert_int_equal(modem_delete(world->modem, world->received[0].reading), 0);
			RUN_UNTIL(world, world->deletions > deletions);
		}
		assert_true(store_is_empty(world));
	}
}

/* A worker of our own, without a handle, so that the daemon's end can be closed. */
static pid_t worker_alone(struct world *world, int *ret_socket)
{
	struct modem_order order = { .type = MODEM_ORDER_START, .start.sweep_seconds = 60 };
	static struct modem_word word;
	char program[256];
	char *argv[] = { program, NULL };
	pid_t pid;

	program_path("footbridge-modem", program, sizeof(program));
	snprintf(order.start.device, sizeof(order.start.device), "%s", world->device);
	assert_int_equal(spawn_child(program, argv, -1, &pid, ret_socket), 0);
	assert_int_equal(fcntl(*ret_socket, F_SETFL, 0), 0);
	assert_int_equal(modem_order_send(*ret_socket, &order), 0);
	do
		assert_int_equal(modem_word_recv(*ret_socket, &word), 1);
	while (word.type != MODEM_WORD_STATE || word.state.state != MODEM_STATE_READY);
	return pid;
}

static void a_worker_whose_daemon_is_gone_ends(void **state)
{
	struct world *world = *state;
	int socket_fd, status;
	pid_t pid = worker_alone(world, &socket_fd);

	close(socket_fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_worker_whose_daemon_is_gone_finishes_its_send(void **state)
{
	struct world *world = *state;
	struct modem_order order = { .type = MODEM_ORDER_SEND };
	static struct modem_word word;
	int socket_fd, status;
	pid_t pid = worker_alone(world, &socket_fd);

	cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"answer\"}");
	order.send = order_to(PHONE, "the last one", 3);
	assert_int_equal(modem_order_send(socket_fd, &order), 0);
	do
		assert_int_equal(modem_word_recv(socket_fd, &word), 1);
	while (word.type != MODEM_WORD_HANDED_OVER);
	while (!cell_logged(world, "held", "answer"))
		sched_yield();
	close(socket_fd);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	cell_do(world, "{\"op\":\"resume\",\"modem\":\"north\"}");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(times_on_screen(world, "the last one"), 1);
}

static void a_worker_that_dies_at_once_is_tried_again_ever_more_rarely(void **state)
{
	static const char *const DELAYS[] = { "after 0.2 s", "after 0.4 s", "after 0.8 s" };
	struct world *world = *state;
	struct modem_settings settings = {
		.name = "north",
		.program = "/bin/false",
		.start = { .device = "/dev/null", .sweep_seconds = 60 },
		.time_percent = 100,
	};

	assert_int_equal(modem_new(world->loop, &settings, &LISTENER, world, &world->modem), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(DELAYS); i++) {
		RUN_UNTIL(world, strstr(modem_reason(world->modem), DELAYS[i]));
		assert_non_null(strstr(modem_reason(world->modem), "exit status 1"));
		assert_true(STATE_IS(world, FAILED));
		assert_int_equal(world->seen_count, i + 1);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_worker_killed_before_ctrl_z_has_sent_nothing),
		TEST(a_worker_killed_around_ctrl_z_never_says_what_is_not_so),
		TEST(a_worker_killed_after_ctrl_z_leaves_it_unknown),
		TEST(a_worker_stuck_in_the_kernel_concludes_its_send_once),
		TEST(a_modem_that_falls_silent_costs_its_worker_the_life),
		TEST(what_a_killed_worker_said_last_is_kept_without_its_secrets),
		TEST(a_reading_of_a_dead_worker_is_stale),
		TEST(a_worker_killed_while_receiving_loses_nothing),
		TEST(a_worker_whose_daemon_is_gone_ends),
		TEST(a_worker_whose_daemon_is_gone_finishes_its_send),
		TEST(a_worker_that_dies_at_once_is_tried_again_ever_more_rarely),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
