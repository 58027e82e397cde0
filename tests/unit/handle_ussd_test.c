/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * USSD codes: one answer for each, whatever becomes of the worker.  The worker is this program
 * itself, and the name of the modem says how it behaves.
 */
#include "tests/unit/handle_fixture.h"

#include <poll.h>

#include "bridge/base/spawn.h"
#include "modem/deadline.h"

#define TIME_PERCENT 6

/* ---------------------------------------------------------------- the worker */

static void tell(enum modem_word_type type, const char *command)
{
	struct modem_word word = { .type = type };

	snprintf(word.note.text, sizeof(word.note.text), "%s", command);
	if (modem_word_send(SPAWN_SOCKET_FD, &word) < 0)
		_exit(EXIT_FAILURE);
}

static void answer(int64_t id, enum modem_ussd_end end, const char *text)
{
	static struct modem_word word;

	word = (struct modem_word){ .type = MODEM_WORD_USSD, .ussd = { .id = id, .end = end } };
	snprintf(word.ussd.text, sizeof(word.ussd.text), "%s", text);
	if (modem_word_send(SPAWN_SOCKET_FD, &word) < 0)
		_exit(EXIT_FAILURE);
}

static int64_t hear(enum modem_order_type type)
{
	static struct modem_order order;

	while (modem_order_recv(SPAWN_SOCKET_FD, &order) != 1 || order.type != type)
		;
	return type == MODEM_ORDER_USSD ? order.ussd.id : 0;
}

/* Longer than a code may take. */
static void work_long(void)
{
	int64_t until = clock_monotonic_usec() + DEADLINE_USSD_USEC / 100 * TIME_PERCENT * 5 / 4;

	while (clock_monotonic_usec() < until) {
		poll(NULL, 0, 50);
		tell(MODEM_WORD_PROGRESS, "");
	}
}

static int worker(const char *behaviour)
{
	struct modem_word ready = { .type = MODEM_WORD_STATE, .state.state = MODEM_STATE_READY };
	int64_t id;

	hear(MODEM_ORDER_START);
	modem_word_send(SPAWN_SOCKET_FD, &ready);
	if (strcmp(behaviour, "network") == 0)
		answer(0, MODEM_USSD_DONE, "Your credit ends");
	if (strcmp(behaviour, "sweeps") == 0)
		tell(MODEM_WORD_BUSY, "sweep");
	for (;;) {
		id = hear(MODEM_ORDER_USSD);
		if (strcmp(behaviour, "dies") == 0)
			abort();
		if (strcmp(behaviour, "mute") == 0)
			poll(NULL, 0, -1);
		if (strcmp(behaviour, "lies") == 0)
			answer(id + 1, MODEM_USSD_DONE, "");
		if (strcmp(behaviour, "sweeps") == 0 && id == 1) {
			work_long();
			tell(MODEM_WORD_IDLE, "");
		}
		if (strcmp(behaviour, "slow") == 0) {
			tell(MODEM_WORD_BUSY, MODEM_BUSY_USSD);
			poll(NULL, 0, 3 * DEADLINE_SILENCE_USEC / 200 * TIME_PERCENT / 1000);
			tell(MODEM_WORD_IDLE, "");
		}
		if (strcmp(behaviour, "blocks") == 0) {
			tell(MODEM_WORD_BUSY, MODEM_BUSY_USSD);
			poll(NULL, 0, 3 * DEADLINE_SILENCE_USEC / 200 * TIME_PERCENT / 1000);
			answer(id, MODEM_USSD_DONE, "12.40 left");
			poll(NULL, 0, 100);
			tell(MODEM_WORD_IDLE, "");
			continue;
		}
		answer(id, id % 2 ? MODEM_USSD_MENU : MODEM_USSD_DONE, "1. Balance");
	}
}

/* ---------------------------------------------------------------- the tests */

static void worker_begin(struct world *world, const char *behaviour)
{
	struct modem_settings settings = {
		.name = behaviour,
		.program = "/proc/self/exe",
		.start = { .device = "/dev/null", .sweep_seconds = 60 },
		.time_percent = TIME_PERCENT,
	};

	assert_int_equal(modem_new(world->loop, &settings, &LISTENER, world, &world->modem), 0);
	RUN_UNTIL(world, STATE_IS(world, READY));
}

static int64_t ask(struct world *world, const char *code)
{
	int64_t id = 0;

	assert_int_equal(modem_ussd(world->modem, code, &id), 0);
	return id;
}

static void a_code_has_its_answer_and_the_modem_is_free_again(void **state)
{
	struct world *world = *state;
	int64_t first, second;

	worker_begin(world, "answers");
	assert_true(modem_is_free(world->modem));
	first = ask(world, "*100#");
	assert_false(modem_is_free(world->modem));
	assert_int_equal(modem_ussd(world->modem, "*101#", &second), -EBUSY);
	RUN_UNTIL(world, world->ussds == 1);
	assert_int_equal(world->ussd.id, first);
	assert_int_equal(world->ussd.end, MODEM_USSD_MENU);
	assert_string_equal(world->ussd.text, "1. Balance");
	assert_true(modem_is_free(world->modem));
	second = ask(world, "1");
	assert_int_not_equal(second, first);
	RUN_UNTIL(world, world->ussds == 2);
	assert_int_equal(world->ussd.id, second);
	assert_int_equal(world->ussd.end, MODEM_USSD_DONE);
}

static void a_code_that_is_too_long_or_no_text_is_refused(void **state)
{
	struct world *world = *state;
	char code[185];
	int64_t id = 7;

	worker_begin(world, "answers");
	memset(code, '1', sizeof(code));
	code[184] = '\0';
	assert_int_equal(modem_ussd(world->modem, code, &id), -EINVAL);
	assert_int_equal(modem_ussd(world->modem, "\xff", &id), -EINVAL);
	assert_int_equal(id, 7);
	code[183] = '\0';
	ask(world, code);
	RUN_UNTIL(world, world->ussds == 1);
}

static void a_worker_that_dies_of_it_answers_once_all_the_same(void **state)
{
	struct world *world = *state;
	int64_t id, next = 0;

	worker_begin(world, "dies");
	id = ask(world, "*100#");
	RUN_UNTIL(world, world->ussds == 1);
	assert_int_equal(world->ussd.id, id);
	assert_int_equal(world->ussd.end, MODEM_USSD_FAILED);
	assert_string_equal(world->ussd.reason, "the modem's worker ended");
	assert_int_equal(modem_ussd(world->modem, "*100#", &next), -ENOTCONN);
	RUN_UNTIL(world, STATE_IS(world, READY));
	next = ask(world, "*100#");
	assert_true(next > id);
	RUN_UNTIL(world, world->ussds == 2);
	assert_int_equal(world->ussd.id, next);
}

static void a_worker_that_never_answers_is_killed(void **state)
{
	struct world *world = *state;
	int64_t begun;

	worker_begin(world, "mute");
	begun = clock_monotonic_usec();
	ask(world, "*100#");
	RUN_UNTIL(world, world->ussds == 1);
	assert_true(clock_monotonic_usec() - begun >= DEADLINE_USSD_USEC / 100 * TIME_PERCENT);
	assert_int_equal(world->ussd.end, MODEM_USSD_FAILED);
	RUN_UNTIL(world, STATE_IS(world, FAILED));
	assert_non_null(strstr(modem_reason(world->modem), "no answer to a USSD code"));
}

static void an_answer_to_what_nobody_asked_costs_the_worker_its_life(void **state)
{
	struct world *world = *state;

	worker_begin(world, "lies");
	ask(world, "*100#");
	RUN_UNTIL(world, world->ussds == 1);
	assert_int_equal(world->ussd.end, MODEM_USSD_FAILED);
	RUN_UNTIL(world, STATE_IS(world, FAILED));
	assert_non_null(strstr(modem_reason(world->modem), "nobody sent"));
}

static void a_code_that_waits_too_long_is_answered_and_nobody_is_killed(void **state)
{
	struct world *world = *state;
	int64_t id;
	pid_t pid;

	worker_begin(world, "sweeps");
	pid = modem_worker_pid(world->modem);
	id = ask(world, "*100#");
	RUN_UNTIL(world, world->ussds == 1);
	assert_int_equal(world->ussd.id, id);
	assert_int_equal(world->ussd.end, MODEM_USSD_FAILED);
	assert_non_null(strstr(world->ussd.reason, "try again"));
	/* The answer that comes after all is not taken for that of the next. */
	id = ask(world, "*101#");
	RUN_UNTIL(world, world->ussds == 2);
	assert_int_equal(world->ussd.id, id);
	assert_int_equal(world->ussd.end, MODEM_USSD_DONE);
	assert_int_equal(modem_worker_pid(world->modem), pid);
}

static void a_network_that_thinks_for_long_is_no_silent_modem(void **state)
{
	struct world *world = *state;

	worker_begin(world, "slow");
	ask(world, "*100#");
	RUN_UNTIL(world, world->ussds == 1);
	assert_int_equal(world->ussd.end, MODEM_USSD_MENU);
}

/* Some modems say OK only when the network has answered: the command is not over with that. */
static void what_is_left_of_the_command_is_measured_from_the_answer(void **state)
{
	struct world *world = *state;
	int64_t answered;
	pid_t pid;

	worker_begin(world, "blocks");
	pid = modem_worker_pid(world->modem);
	ask(world, "*100#");
	RUN_UNTIL(world, world->ussds == 1);
	answered = clock_monotonic_usec();
	RUN_UNTIL(world, clock_monotonic_usec() - answered > 200 * USEC_PER_MSEC);
	assert_int_equal(world->ussd.end, MODEM_USSD_DONE);
	assert_int_equal(modem_worker_pid(world->modem), pid);
	assert_true(STATE_IS(world, READY));
}

static void what_the_network_says_by_itself_is_told(void **state)
{
	struct world *world = *state;

	worker_begin(world, "network");
	RUN_UNTIL(world, world->ussds == 1);
	assert_int_equal(world->ussd.id, 0);
	assert_string_equal(world->ussd.text, "Your credit ends");
	assert_true(modem_is_free(world->modem));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_code_has_its_answer_and_the_modem_is_free_again),
		TEST(a_code_that_is_too_long_or_no_text_is_refused),
		TEST(a_worker_that_dies_of_it_answers_once_all_the_same),
		TEST(a_worker_that_never_answers_is_killed),
		TEST(an_answer_to_what_nobody_asked_costs_the_worker_its_life),
		TEST(a_code_that_waits_too_long_is_answered_and_nobody_is_killed),
		TEST(a_network_that_thinks_for_long_is_no_silent_modem),
		TEST(what_is_left_of_the_command_is_measured_from_the_answer),
		TEST(what_the_network_says_by_itself_is_told),
	};

	if (argc > 1)
		return worker(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
