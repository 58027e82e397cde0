/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A send that waits for a slow command, with a worker that is this program itself.
 */
#include "tests/unit/handle_fixture.h"

#include <poll.h>

#include "bridge/base/spawn.h"
#include "modem/deadline.h"

#define TIME_PERCENT 3

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

static void slow_begin(struct world *world, const char *name)
{
	struct modem_settings settings = {
		.name = name,
		.program = "/proc/self/exe",
		.start = { .device = "/dev/null", .sweep_seconds = 60 },
		.time_percent = TIME_PERCENT,
	};

	assert_int_equal(modem_new(world->loop, &settings, &LISTENER, world, &world->modem), 0);
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_send_that_waits_for_a_slow_sweep_is_not_late),
		TEST(once_it_has_begun_it_has_its_deadline),
	};

	if (argc > 1)
		return slow_worker(strcmp(argv[1], "slow") == 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
