/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * USSD by the real worker: whose word is whose, and what goes first.
 */
#include "tests/unit/handle_fixture.h"

#define SHORT_MINUTE_SECONDS 3

/* A worker whose minute is short; what it may take is measured in percent. */
static void hasty_worker_begin(struct world *world, unsigned time_percent)
{
	char program[256];
	struct modem_settings settings = {
		.name = "north",
		.program = program,
		.start = { .speed = 115200, .sweep_seconds = SHORT_MINUTE_SECONDS },
		.time_percent = time_percent,
	};

	program_path("footbridge-modem", program, sizeof(program));
	snprintf(settings.start.device, sizeof(settings.start.device), "%s", world->device);
	assert_int_equal(modem_new(world->loop, &settings, &LISTENER, world, &world->modem), 0);
}

/* text NULL: the network never answers. */
static void network_answers(struct world *world, const char *code, const char *text)
{
	cell_do(world, "{\"op\":\"ussd\",\"modem\":\"north\",\"code\":\"%s\",\"text\":%s}", code,
		text ? text : "null");
}

static void network_says(struct world *world, int status, const char *text)
{
	cell_do(world, "{\"op\":\"ussd_say\",\"modem\":\"north\",\"status\":%d,\"text\":\"%s\"}",
		status, text);
}

/* How often the network got that code. */
static unsigned times_asked(const struct world *world, const char *code)
{
	CLEANUP_FCLOSE FILE *file = NULL;
	char path[128], line[2048];
	unsigned count = 0;

	snprintf(path, sizeof(path), "%s/events.jsonl", world->directory);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, "\"ussd\"") && strstr(line, code);
	return count;
}

/* The modem says so by itself as well. */
static void sim_is(struct world *world, const char *cpin)
{
	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"cpin\",\"value\":\"%s\"}",
		cpin);
	cell_do(world, "{\"op\":\"raw\",\"modem\":\"north\",\"data\":\"\\r\\n+CPIN: %s\\r\\n\"}",
		cpin);
}

static int64_t begin_ussd(struct world *world, const char *code)
{
	int64_t id = 0;

	assert_int_equal(modem_ussd(world->modem, code, &id), 0);
	return id;
}

/* Many networks end the dialogue (2) with the answer itself. */
static void an_end_with_a_text_is_an_answer(void **state)
{
	struct world *world = *state;
	int64_t id;

	network_answers(world, "*100#", NULL);
	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	id = begin_ussd(world, "*100#");
	RUN_UNTIL(world, times_asked(world, "*100#") == 1);
	network_says(world, 2, "12.40 left");
	RUN_UNTIL(world, world->ussds == 1);
	assert_int_equal(world->ussd.id, id);
	assert_int_equal(world->ussd.end, MODEM_USSD_DONE);
	assert_string_equal(world->ussd.text, "12.40 left");
	assert_string_equal(world->ussd.raw, "12.40 left");
}

static void what_nobody_asked_for_has_no_id(void **state)
{
	struct world *world = *state;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	network_answers(world, "*100#", "\"first\"");
	begin_ussd(world, "*100#");
	RUN_UNTIL(world, world->ussds == 1);
	network_says(world, 0, "Your credit ends tomorrow");
	RUN_UNTIL(world, world->ussds == 2);
	assert_int_equal(world->ussd.id, 0);
	assert_string_equal(world->ussd.text, "Your credit ends tomorrow");
}

static void other_work_goes_on_while_the_network_thinks(void **state)
{
	struct world *world = *state;

	network_answers(world, "*100#", NULL);
	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	begin_ussd(world, "*100#");
	RUN_UNTIL(world, times_asked(world, "*100#") == 1);
	cell_do(world, "{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"" PHONE
		       "\",\"text\":\"meanwhile\"}");
	RUN_UNTIL(world, world->receptions == 1);
	assert_int_equal(modem_delete(world->modem, world->received[0].reading), 0);
	RUN_UNTIL(world, world->deletions == 1);
	assert_int_equal(world->ussds, 0);
	network_says(world, 0, "done");
	RUN_UNTIL(world, world->ussds == 1);
}

static void a_send_that_runs_is_over_before_the_code_goes_out(void **state)
{
	struct world *world = *state;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	network_answers(world, "*100#", "\"later\"");
	cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"answer\"}");
	send_text(world, "first", 1);
	RUN_UNTIL(world, world->handed_over == 1);
	begin_ussd(world, "*100#");
	cell_do(world, "{\"op\":\"resume\",\"modem\":\"north\"}");
	RUN_UNTIL(world, world->ussds == 1);
	assert_int_equal(world->outcomes, 1);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_SENT);
	assert_int_equal(times_asked(world, "*100#"), 1);
}

/* The daemon has given it up by then, and may have been asked for it again. */
static void a_code_that_waited_too_long_is_never_sent(void **state)
{
	struct world *world = *state;
	int64_t id, begun;

	hasty_worker_begin(world, 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	network_answers(world, "*104*1234#", "\"thank you\"");
	cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"answer\"}");
	send_text(world, "first", 1);
	RUN_UNTIL(world, world->handed_over == 1);
	begun = clock_monotonic_usec();
	id = begin_ussd(world, "*104*1234#");
	RUN_UNTIL(world, clock_monotonic_usec() - begun > SHORT_MINUTE_SECONDS * USEC_PER_SEC);
	cell_do(world, "{\"op\":\"resume\",\"modem\":\"north\"}");
	RUN_UNTIL(world, world->ussds == 1);
	assert_int_equal(world->ussd.id, id);
	assert_int_equal(world->ussd.end, MODEM_USSD_FAILED);
	assert_non_null(strstr(world->ussd.reason, "other work"));
	assert_int_equal(times_asked(world, "*104*1234#"), 0);
	/* The next one is a new question. */
	begin_ussd(world, "*104*1234#");
	RUN_UNTIL(world, world->ussds == 2);
	assert_string_equal(world->ussd.text, "thank you");
	assert_int_equal(times_asked(world, "*104*1234#"), 1);
}

/* It has its whole minute from when it went out, and neither it nor the worker is late by then. */
static void a_code_that_waited_has_its_minute_with_a_silent_network(void **state)
{
	struct world *world = *state;
	int64_t id, begun;
	pid_t pid;

	network_answers(world, "*100#", NULL);
	hasty_worker_begin(world, SHORT_MINUTE_SECONDS * 100 / 60);
	RUN_UNTIL(world, STATE_IS(world, READY));
	pid = modem_worker_pid(world->modem);
	cell_do(world, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"answer\"}");
	send_text(world, "first", 1);
	RUN_UNTIL(world, world->handed_over == 1);
	begun = clock_monotonic_usec();
	id = begin_ussd(world, "*100#");
	RUN_UNTIL(world, clock_monotonic_usec() - begun > SHORT_MINUTE_SECONDS * USEC_PER_SEC / 2);
	cell_do(world, "{\"op\":\"resume\",\"modem\":\"north\"}");
	RUN_UNTIL(world, world->ussds == 1);
	assert_int_equal(world->outcomes, 1);
	assert_int_equal(world->ussd.id, id);
	assert_int_equal(world->ussd.end, MODEM_USSD_FAILED);
	assert_non_null(strstr(world->ussd.reason, "the network did not answer in time"));
	assert_int_equal(times_asked(world, "*100#"), 1);
	assert_int_equal(modem_worker_pid(world->modem), pid);
	assert_true(STATE_IS(world, READY));
}

static void a_code_that_the_modem_refuses_fails_once(void **state)
{
	struct world *world = *state;
	int64_t id;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	id = begin_ussd(world, "*999#");
	RUN_UNTIL(world, world->ussds == 1);
	assert_int_equal(world->ussd.id, id);
	assert_int_equal(world->ussd.end, MODEM_USSD_FAILED);
	assert_non_null(strstr(world->ussd.reason, "not support"));
	/* The next one is a new question. */
	network_answers(world, "*100#", "\"here\"");
	id = begin_ussd(world, "*100#");
	RUN_UNTIL(world, world->ussds == 2);
	assert_int_equal(world->ussd.id, id);
	assert_string_equal(world->ussd.text, "here");
}

static void a_code_whose_sim_goes_fails_and_the_worker_lives(void **state)
{
	struct world *world = *state;
	int64_t id;
	pid_t worker;

	network_answers(world, "*100#", NULL);
	modem_begin(world, "", 20);
	RUN_UNTIL(world, STATE_IS(world, READY));
	worker = modem_worker_pid(world->modem);
	id = begin_ussd(world, "*100#");
	RUN_UNTIL(world, times_asked(world, "*100#") == 1);
	sim_is(world, "NOT INSERTED");
	RUN_UNTIL(world, world->ussds == 1);
	assert_int_equal(world->ussd.id, id);
	assert_int_equal(world->ussd.end, MODEM_USSD_FAILED);
	assert_non_null(strstr(world->ussd.reason, "there is no SIM"));
	sim_is(world, "READY");
	RUN_UNTIL(world, STATE_IS(world, READY));
	assert_int_equal(modem_worker_pid(world->modem), worker);
	/* What comes all the same is no answer to anything; the next code is a new question. */
	network_says(world, 0, "too late");
	RUN_UNTIL(world, world->ussds == 2);
	assert_int_equal(world->ussd.id, 0);
	network_answers(world, "*100#", "\"here\"");
	begin_ussd(world, "*100#");
	RUN_UNTIL(world, world->ussds == 3);
	assert_string_equal(world->ussd.text, "here");
}

static void the_network_s_clock_and_registration_are_told(void **state)
{
	struct world *world = *state;
	int64_t told;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, modem_network(world->modem)->registered);
	assert_int_equal(modem_network(world->modem)->registration, 1);
	told = modem_network(world->modem)->time_usec;
	assert_true(llabs(clock_realtime_usec() - told) < USEC_PER_MINUTE);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(an_end_with_a_text_is_an_answer),
		TEST(what_nobody_asked_for_has_no_id),
		TEST(other_work_goes_on_while_the_network_thinks),
		TEST(a_send_that_runs_is_over_before_the_code_goes_out),
		TEST(a_code_that_waited_too_long_is_never_sent),
		TEST(a_code_that_waited_has_its_minute_with_a_silent_network),
		TEST(a_code_that_the_modem_refuses_fails_once),
		TEST(a_code_whose_sim_goes_fails_and_the_worker_lives),
		TEST(the_network_s_clock_and_registration_are_told),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
