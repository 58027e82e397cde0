/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is late and what only waits, with a worker that is this program itself; the name of the modem
 * says how it behaves.
 */
#include "tests/unit/handle_fixture.h"

#include <poll.h>

#include "bridge/base/spawn.h"
#include "modem/deadline.h"
#include "modem/handle_inside.h"

#define TIME_PERCENT 6

static void tell(enum modem_word_type type, const char *command)
{
	struct modem_word word = { .type = type };

	snprintf(word.note.text, sizeof(word.note.text), "%s", command);
	if (modem_word_send(SPAWN_SOCKET_FD, &word) < 0)
		_exit(EXIT_FAILURE);
}

static void hear(enum modem_order_type type, struct modem_order *ret)
{
	while (modem_order_recv(SPAWN_SOCKET_FD, ret) != 1 || ret->type != type)
		;
}

/* Sweeps for longer than a send may take, and only then takes the send. */
static int slow_worker(bool send_is_answered)
{
	static struct modem_order order;
	struct modem_word word = { .type = MODEM_WORD_STATE, .state.state = MODEM_STATE_READY };
	int64_t until = clock_monotonic_usec() + DEADLINE_SEND_USEC / 100 * TIME_PERCENT * 5 / 4;

	hear(MODEM_ORDER_START, &order);
	tell(MODEM_WORD_BUSY, "sweep");
	modem_word_send(SPAWN_SOCKET_FD, &word);
	hear(MODEM_ORDER_SEND, &order);
	while (clock_monotonic_usec() < until) {
		poll(NULL, 0, 50);
		tell(MODEM_WORD_PROGRESS, "");
	}
	tell(MODEM_WORD_BUSY, MODEM_BUSY_SEND);
	if (!send_is_answered)
		poll(NULL, 0, -1);
	word = (struct modem_word){ .type = MODEM_WORD_OUTCOME,
				    .outcome = { order.send.attempt, MODEM_OUTCOME_SENT, 7,
						 MODEM_ERROR_NONE, 0 } };
	modem_word_send(SPAWN_SOCKET_FD, &word);
	tell(MODEM_WORD_IDLE, "");
	poll(NULL, 0, -1);
	return 0;
}

static void tell_state(enum modem_state state, const char *reason)
{
	struct modem_word word = { .type = MODEM_WORD_STATE, .state.state = state };

	snprintf(word.state.reason, sizeof(word.state.reason), "%s", reason);
	modem_word_send(SPAWN_SOCKET_FD, &word);
}

/* Its SIM comes only when a start would be over. */
static int worker_without_sim(void)
{
	static struct modem_order order;

	hear(MODEM_ORDER_START, &order);
	tell_state(MODEM_STATE_FAILED, "there is no SIM in the modem");
	poll(NULL, 0, DEADLINE_START_USEC / 80 * TIME_PERCENT / 1000);
	tell_state(MODEM_STATE_STARTING, "there is a SIM");
	tell_state(MODEM_STATE_READY, "");
	poll(NULL, 0, -1);
	return 0;
}

/* Its SIM came, and no more than that. */
static int worker_that_hangs(void)
{
	static struct modem_order order;

	hear(MODEM_ORDER_START, &order);
	tell_state(MODEM_STATE_FAILED, "there is no SIM in the modem");
	tell_state(MODEM_STATE_STARTING, "there is a SIM");
	poll(NULL, 0, -1);
	return 0;
}

static int worker_whose_sim_was_changed(void)
{
	static struct modem_order order;

	hear(MODEM_ORDER_START, &order);
	tell_state(MODEM_STATE_READY, "");
	hear(MODEM_ORDER_SEND, &order);
	tell_state(MODEM_STATE_FAILED, "another SIM may be in the modem: starting anew");
	return 0;
}

/* One text is never answered, all others are. */
static int __attribute__((noreturn)) worker_of_a_silent_modem(void)
{
	static struct modem_order order;
	struct modem_word word = { .type = MODEM_WORD_HANDED_OVER };
	struct modem_word outcome = { .type = MODEM_WORD_OUTCOME,
				      .outcome = { 0, MODEM_OUTCOME_SENT, 7, MODEM_ERROR_NONE,
						   0 } };

	hear(MODEM_ORDER_START, &order);
	tell_state(MODEM_STATE_READY, "");
	for (;;) {
		hear(MODEM_ORDER_SEND, &order);
		tell(MODEM_WORD_BUSY, MODEM_BUSY_SEND);
		word.handed_over.attempt = outcome.outcome.attempt = order.send.attempt;
		modem_word_send(SPAWN_SOCKET_FD, &word);
		if (strcmp(order.send.text, "silence") == 0)
			poll(NULL, 0, -1);
		modem_word_send(SPAWN_SOCKET_FD, &outcome);
		tell(MODEM_WORD_IDLE, "");
	}
}

static void worker_begin(struct world *world, const char *name, unsigned time_percent)
{
	struct modem_settings settings = {
		.name = name,
		.program = "/proc/self/exe",
		.start = { .device = "/dev/null", .sweep_seconds = 60 },
		.time_percent = time_percent,
	};

	assert_int_equal(modem_new(world->loop, &settings, &LISTENER, world, &world->modem), 0);
}

static void slow_begin(struct world *world, const char *name)
{
	worker_begin(world, name, TIME_PERCENT);
	RUN_UNTIL(world, STATE_IS(world, READY));
	send_text(world, "patience", 5);
	RUN_UNTIL(world, world->outcomes == 1);
	assert_int_equal(world->outcome.attempt, 5);
}

static void a_send_that_waits_for_a_slow_sweep_is_not_late(void **state)
{
	struct world *world = *state;

	slow_begin(world, "slow");
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_SENT);
	assert_true(STATE_IS(world, READY));
}

static void once_it_has_begun_it_has_its_deadline(void **state)
{
	struct world *world = *state;
	int64_t begun = clock_monotonic_usec();

	slow_begin(world, "late");
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_NOT_SENT);
	assert_non_null(strstr(modem_reason(world->modem), "a send got no answer"));
	assert_true(clock_monotonic_usec() - begun > DEADLINE_SEND_USEC / 100 * TIME_PERCENT * 2);
}

static void a_worker_without_a_sim_lives_on(void **state)
{
	struct world *world = *state;
	pid_t pid;

	worker_begin(world, "simless", TIME_PERCENT);
	RUN_UNTIL(world, STATE_IS(world, FAILED));
	assert_string_equal(modem_reason(world->modem), "there is no SIM in the modem");
	assert_false(modem_is_free(world->modem));
	pid = modem_worker_pid(world->modem);
	RUN_UNTIL(world, STATE_IS(world, READY));
	assert_int_equal(modem_worker_pid(world->modem), pid);
	assert_true(modem_is_free(world->modem));
}

static void with_its_sim_it_has_to_start_in_time(void **state)
{
	struct world *world = *state;

	worker_begin(world, "hangs", TIME_PERCENT);
	RUN_UNTIL(world, STATE_IS(world, STARTING));
	RUN_UNTIL(world,
		  STATE_IS(world, FAILED) && strstr(modem_reason(world->modem), "did not wake up"));
}

/* Whatever it has suffered before: a minute of waiting would be longer than this test. */
static void a_change_of_the_sim_is_not_punished(void **state)
{
	struct world *world = *state;
	pid_t pid;

	worker_begin(world, "swapped", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	world->modem->patience.delay = PATIENCE_MOST_USEC;
	pid = modem_worker_pid(world->modem);
	send_text(world, "nobody's", 9);
	RUN_UNTIL(world, world->outcomes == 1);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_NOT_SENT);
	assert_string_equal(modem_reason(world->modem),
			    "another SIM may be in the modem: starting anew");
	RUN_UNTIL(world, STATE_IS(world, READY));
	assert_int_not_equal(modem_worker_pid(world->modem), pid);
}

static void silence_does_not_make_a_modem_slow_for_ever(void **state)
{
	struct world *world = *state;

	worker_begin(world, "silent", TIME_PERCENT);
	RUN_UNTIL(world, modem_is_free(world->modem));
	send_text(world, "silence", 1);
	RUN_UNTIL(world, world->outcomes == 1);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_UNKNOWN);
	for (unsigned i = 1; i <= 50; i++) {
		assert_int_equal(world->modem->start.pace_percent, 100);
		RUN_UNTIL(world, modem_is_free(world->modem));
		send_text(world, "well", 1 + i);
		RUN_UNTIL(world, world->outcomes == 1 + i);
	}
	assert_int_equal(world->modem->start.pace_percent, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_send_that_waits_for_a_slow_sweep_is_not_late),
		TEST(once_it_has_begun_it_has_its_deadline),
		TEST(a_worker_without_a_sim_lives_on),
		TEST(with_its_sim_it_has_to_start_in_time),
		TEST(a_change_of_the_sim_is_not_punished),
		TEST(silence_does_not_make_a_modem_slow_for_ever),
	};

	if (argc > 1 && strcmp(argv[1], "simless") == 0)
		return worker_without_sim();
	if (argc > 1 && strcmp(argv[1], "hangs") == 0)
		return worker_that_hangs();
	if (argc > 1 && strcmp(argv[1], "swapped") == 0)
		return worker_whose_sim_was_changed();
	if (argc > 1 && strcmp(argv[1], "silent") == 0)
		return worker_of_a_silent_modem();
	if (argc > 1)
		return slow_worker(strcmp(argv[1], "slow") == 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
