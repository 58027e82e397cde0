/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a handle does with a worker that lives: start, PIN, states, sending, receiving.
 */
#include "tests/unit/handle_fixture.h"

#include "modem/deadline.h"

static void a_modem_starts_and_says_who_it_is(void **state)
{
	struct world *world = *state;
	int64_t begun = clock_monotonic_usec();

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	print_message("ready after %d ms\n", (int)((clock_monotonic_usec() - begun) / 1000));
	RUN_UNTIL(world, modem_network(world->modem)->registered);
	assert_true(strlen(modem_identity(world->modem)->imei) >= 15);
	assert_true(strlen(modem_identity(world->modem)->iccid) >= 18);
	assert_true(strlen(modem_identity(world->modem)->imsi) >= 10);
	assert_true(strlen(modem_identity(world->modem)->model) > 0);
	assert_true(modem_identity(world->modem)->service_centre[0] == '+');
	assert_true(modem_network(world->modem)->signal_percent > 0);
	assert_true(modem_network(world->modem)->store_size > 0);
	assert_true(strlen(modem_network(world->modem)->network_operator) > 0);
}

static void a_text_reaches_the_screen_of_a_phone(void **state)
{
	struct world *world = *state;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	send_text(world, "tilde ~ here", 7);
	assert_true(STATE_IS(world, SENDING));
	assert_false(modem_is_free(world->modem));
	RUN_UNTIL(world, world->outcomes == 1);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_SENT);
	assert_int_equal(world->outcome.attempt, 7);
	assert_true(world->outcome.reference >= 0);
	assert_int_equal(world->handed_over, 1);
	assert_int_equal(times_on_screen(world, "tilde ~ here"), 1);
	/* Its status report is stored, read and can be deleted. */
	RUN_UNTIL(world, world->receptions == 1);
	assert_true(world->received[0].decoded);
	assert_int_equal(world->received[0].tpdu.kind, TPDU_STATUS_REPORT);
	assert_int_equal(world->received[0].tpdu.reference, world->outcome.reference);
	assert_int_equal(modem_delete(world->modem, world->received[0].reading), 0);
	RUN_UNTIL(world, world->deletions == 1);
	assert_true(world->deleted);
}

static void what_is_received_is_deleted_on_order_only(void **state)
{
	struct world *world = *state;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	cell_do(world, "{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"" PHONE
		       "\",\"text\":\"~ \xe4\xbd\xa0\xe5\xa5\xbd\"}");
	RUN_UNTIL(world, world->receptions == 1);
	assert_true(world->received[0].decoded);
	assert_string_equal(world->received[0].tpdu.text, "~ \xe4\xbd\xa0\xe5\xa5\xbd");
	assert_string_equal(world->received[0].tpdu.address, PHONE);
	assert_true(world->received[0].location >= 0);
	assert_non_null(
		strstr(cell_do(world, "{\"op\":\"store\",\"modem\":\"north\"}"), "location"));
	assert_int_equal(modem_delete(world->modem, world->received[0].reading), 0);
	RUN_UNTIL(world, world->deletions == 1);
	assert_true(world->deleted);
	assert_null(strstr(cell_do(world, "{\"op\":\"store\",\"modem\":\"north\"}"), "location"));
	/* A second order for the same finds nothing to do. */
	assert_int_equal(modem_delete(world->modem, world->received[0].reading), 0);
	RUN_UNTIL(world, world->deletions == 2);
	assert_true(world->deleted);
}

static void a_message_with_impossible_lengths_is_handed_out_raw(void **state)
{
	struct world *world = *state;
	const struct modem_word_received *raw, *other;
	char hex[400] = "0404812143000062101000000000FF";

	/* UDL 255, which makes libgammu smash its stack, and 140 octets behind it. */
	for (size_t at = strlen(hex), i = 0; i < 140; i++, at += 2)
		memcpy(hex + at, "41", 3);
	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	cell_do(world, "{\"op\":\"tpdu\",\"modem\":\"north\",\"hex\":\"%s\"}", hex);
	cell_do(world, "{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"" PHONE
		       "\",\"text\":\"after it\"}");
	RUN_UNTIL(world, world->receptions == 2);
	/* It is read twice before it is believed: the other may overtake it. */
	raw = &world->received[world->received[0].decoded];
	other = &world->received[!world->received[0].decoded];
	assert_false(raw->decoded);
	assert_int_equal(raw->size, strlen(hex) / 2);
	assert_string_equal(other->tpdu.text, "after it");
	assert_int_equal(modem_delete(world->modem, raw->reading), 0);
	RUN_UNTIL(world, world->deletions == 1);
	assert_true(world->deleted);
	assert_true(modem_worker_pid(world->modem) > 0);
}

static void what_was_stored_before_the_start_is_swept(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 5; i++)
		cell_do(world,
			"{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"" PHONE
			"\",\"text\":\"early %d\"}",
			i);
	modem_begin(world, "", 100);
	RUN_UNTIL(world, world->receptions == 5);
	assert_string_equal(world->received[4].tpdu.text, "early 4");
}

static void the_word_swept_follows_all_that_was_stored_and_comes_before_ready(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 5; i++)
		cell_do(world,
			"{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"" PHONE
			"\",\"text\":\"early %d\"}",
			i);
	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	assert_int_equal(world->sweeps, 1);
	assert_int_equal(world->received_before_sweep, 5);
}

static void an_unknown_line_anywhere_disturbs_nothing(void **state)
{
	static const char *const NOISE[] = { "^NOISE: 17",      "RDY",
					     "+QIND: SMS DONE", "UNDER-VOLTAGE WARNNING",
					     "+CREG: 1",        "*PSUTTZ: 1,2" };
	struct world *world = *state;

	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"noise\",\"value\":\"%s\"}",
		NOISE[0]);
	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	for (unsigned i = 0; i < ARRAY_SIZE(NOISE); i++) {
		char text[16];

		cell_do(world,
			"{\"op\":\"set\",\"modem\":\"north\",\"key\":\"noise\",\"value\":\"%s\"}",
			NOISE[i]);
		snprintf(text, sizeof(text), "noisy %u", i);
		send_text(world, text, i);
		RUN_UNTIL(world, world->outcomes == i + 1);
		assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_SENT);
		assert_int_equal(times_on_screen(world, text), 1);
		RUN_UNTIL(world, world->receptions == i + 1);
		assert_int_equal(modem_delete(world->modem, world->received[i].reading), 0);
		RUN_UNTIL(world, world->deletions == i + 1);
		assert_true(world->deleted);
	}
}

static void a_refused_send_tells_the_code_and_its_kind(void **state)
{
	static const struct {
		const char *error;
		enum modem_error_kind kind;
		int code;
	} CASES[] = {
		{ "CMS:38", MODEM_ERROR_CMS, 38 },
		{ "CME:10", MODEM_ERROR_CME, 10 },
		{ "ERROR", MODEM_ERROR_BARE, 0 },
	};
	struct world *world = *state;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	for (unsigned i = 0; i < ARRAY_SIZE(CASES); i++) {
		cell_do(world, "{\"op\":\"fail\",\"modem\":\"north\",\"error\":\"%s\",\"count\":1}",
			CASES[i].error);
		send_text(world, "refused", i);
		RUN_UNTIL(world, world->outcomes == i + 1);
		assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_REFUSED);
		assert_int_equal(world->outcome.error_kind, CASES[i].kind);
		assert_int_equal(world->outcome.error_code, CASES[i].code);
	}
	send_text(world, "accepted", 9);
	RUN_UNTIL(world, world->outcomes == ARRAY_SIZE(CASES) + 1);
	assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_SENT);
}

static void a_modem_pulled_out_is_absent_and_comes_back(void **state)
{
	struct world *world = *state;
	int64_t pulled;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	pulled = clock_monotonic_usec();
	cell_do(world, "{\"op\":\"unplug\",\"modem\":\"north\"}");
	RUN_UNTIL(world, STATE_IS(world, ABSENT));
	assert_true(clock_monotonic_usec() - pulled < USEC_PER_SEC);
	RUN_UNTIL(world, modem_worker_pid(world->modem) == 0);
	assert_int_equal(modem_network(world->modem)->signal_percent, -1);
	cell_do(world, "{\"op\":\"plug\",\"modem\":\"north\"}");
	RUN_UNTIL(world, STATE_IS(world, READY));
}

static void a_device_that_is_not_there_is_absent_and_said_by_name(void **state)
{
	struct world *world = *state;

	snprintf(world->device, sizeof(world->device), "%s/south", world->directory);
	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, ABSENT));
	assert_non_null(strstr(modem_reason(world->modem), "south is not there"));
}

static void a_port_that_somebody_has_is_refused_with_the_holder_s_name(void **state)
{
	struct world *world = *state;
	char pid[32];
	int holder = open(world->device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	snprintf(pid, sizeof(pid), "(process %d)", (int)getpid());
	assert_true(holder >= 0);
	assert_int_equal(flock(holder, LOCK_EX | LOCK_NB), 0);
	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, FAILED));
	assert_non_null(strstr(modem_reason(world->modem), " uses "));
	assert_non_null(strstr(modem_reason(world->modem), "stop it"));
	/* The cell has its own side of the terminal; either is a holder. */
	if (!strstr(modem_reason(world->modem), pid))
		assert_non_null(strstr(modem_reason(world->modem), "footbridge-cell"));
	close(holder);
	RUN_UNTIL(world, STATE_IS(world, READY));
}

static void a_growing_delay_is_forgotten_after_a_minute_of_health(void **state)
{
	struct patience patience = { PATIENCE_FIRST_USEC, DEADLINE_NEVER };
	int64_t delay = 0;

	(void)state;
	assert_int_equal(patience_next(&patience, 0, 100, false), 200000);
	assert_int_equal(patience_next(&patience, 0, 100, false), 400000);
	for (int i = 0; i < 20; i++)
		delay = patience_next(&patience, 0, 100, false);
	assert_int_equal(delay, 60000000);
	assert_int_equal(patience_next(&patience, 0, 100, true), 5000000);
	patience_healthy(&patience, 7);
	patience_healthy(&patience, 9);
	assert_int_equal(patience_next(&patience, 60000006, 100, false), 60000000);
	assert_int_equal(patience_next(&patience, 60000007, 100, false), 200000);
	assert_int_equal(patience_next(&patience, 60000007, 10, false), 20000);
}

static void a_send_has_its_own_deadline_and_others_need_progress(void **state)
{
	struct deadlines deadlines = { .percent = 100 };

	(void)state;
	deadlines_clear(&deadlines);
	assert_true(deadlines_next(&deadlines) == DEADLINE_NEVER);
	deadlines.busy = deadlines.progress = 0;
	assert_true(deadlines_next(&deadlines) == 30 * USEC_PER_SEC);
	deadlines_progress(&deadlines, 595 * USEC_PER_SEC);
	assert_true(deadlines_next(&deadlines) == 600 * USEC_PER_SEC);
	deadlines.send = 0;
	assert_true(deadlines_next(&deadlines) == 90 * USEC_PER_SEC);
	deadlines.progress = 0;
	assert_true(deadlines_next(&deadlines) == 30 * USEC_PER_SEC);
	deadlines.busy_sending = true;
	assert_true(deadlines_next(&deadlines) == 90 * USEC_PER_SEC);
	deadlines.start = 1;
	assert_true(deadlines_next(&deadlines) == 45 * USEC_PER_SEC + 1);
	deadlines_progress(&deadlines, 2);
	assert_true(deadlines_next(&deadlines) == 45 * USEC_PER_SEC + 2);
	deadlines.killed = 3;
	deadlines.percent = 10;
	assert_true(deadlines_next(&deadlines) == USEC_PER_SEC / 2 + 3);
}

static void the_configured_pin_opens_the_sim(void **state)
{
	struct world *world = *state;

	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"pin\",\"value\":\"4321\"}");
	cell_do(world,
		"{\"op\":\"set\",\"modem\":\"north\",\"key\":\"cpin\",\"value\":\"SIM PIN\"}");
	modem_begin(world, "4321", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
}

static unsigned pins_tried(struct world *world)
{
	char path[128], line[8192];
	CLEANUP_FCLOSE FILE *file = NULL;
	unsigned count = 0;

	snprintf(path, sizeof(path), "%s/events.jsonl", world->directory);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, "AT+CPIN=") != NULL && strstr(line, "\"line\"") != NULL;
	return count;
}

static void a_wrong_pin_is_tried_once_by_each_order(void **state)
{
	struct world *world = *state;

	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"pin\",\"value\":\"4321\"}");
	cell_do(world,
		"{\"op\":\"set\",\"modem\":\"north\",\"key\":\"cpin\",\"value\":\"SIM PIN\"}");
	modem_begin(world, "1111", 100);
	RUN_UNTIL(world, STATE_IS(world, PIN));
	assert_non_null(strstr(modem_reason(world->modem), "refused"));
	assert_int_equal(pins_tried(world), 1);
	assert_int_equal(world->pin_wanted.tries, 3);
	assert_int_equal(strlen(world->pin_wanted.imei), 15);
	world->pin = "";
	assert_int_equal(kill(modem_worker_pid(world->modem), SIGKILL), 0);
	RUN_UNTIL(world, STATE_IS(world, FAILED));
	RUN_UNTIL(world, STATE_IS(world, PIN));
	assert_string_equal(modem_reason(world->modem), "no PIN here");
	assert_int_equal(world->pins_wanted, 2);
	assert_int_equal(world->pin_wanted.tries, 2);
	assert_int_equal(pins_tried(world), 1);
	assert_int_equal(modem_enter_pin(world->modem, "1111", ""), -ESTALE);
}

static void no_pin_is_entered_before_the_owner_has_said_so(void **state)
{
	struct world *world = *state;

	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"pin\",\"value\":\"4321\"}");
	cell_do(world,
		"{\"op\":\"set\",\"modem\":\"north\",\"key\":\"cpin\",\"value\":\"SIM PIN\"}");
	modem_begin(world, NULL, 100);
	RUN_UNTIL(world, world->pins_wanted == 2);
	assert_int_equal(pins_tried(world), 0);
	assert_int_equal(modem_enter_pin(world->modem, "4321", ""), 0);
	RUN_UNTIL(world, STATE_IS(world, READY));
	assert_int_equal(pins_tried(world), 1);
}

static void a_busy_sim_is_asked_for_its_iccid_again(void **state)
{
	struct world *world = *state;

	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"sim_busy\",\"value\":5}");
	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	assert_true(strlen(modem_identity(world->modem)->iccid) >= 18);
}

static void a_lost_network_is_seen_at_once(void **state)
{
	struct world *world = *state;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"registration\",\"value\":2}");
	RUN_UNTIL(world, STATE_IS(world, SEARCHING));
	cell_do(world, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"registration\",\"value\":5}");
	RUN_UNTIL(world, STATE_IS(world, READY));
}

static void a_stopped_modem_ends_and_stays_ended(void **state)
{
	struct world *world = *state;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	modem_stop(world->modem);
	RUN_UNTIL(world, STATE_IS(world, ABSENT));
	assert_int_equal(modem_worker_pid(world->modem), 0);
	assert_string_equal(modem_reason(world->modem), "stopped");
}

/* How often its threads have gone to sleep. */
static unsigned long sleeps_of(pid_t pid)
{
	char path[64], line[256];
	unsigned long sum = 0, count;
	struct dirent *task;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	assert_non_null(tasks);
	while ((task = readdir(tasks))) {
		CLEANUP_FCLOSE FILE *file = NULL;

		snprintf(path, sizeof(path), "/proc/%d/task/%.16s/status", (int)pid, task->d_name);
		file = task->d_name[0] == '.' ? NULL : fopen(path, "re");
		while (file && fgets(line, sizeof(line), file))
			if (sscanf(line, "voluntary_ctxt_switches: %lu", &count) == 1)
				sum += count;
	}
	closedir(tasks);
	return sum;
}

static void run_for(struct world *world, int64_t usec)
{
	int64_t until = clock_monotonic_usec() + usec;

	while (clock_monotonic_usec() < until)
		assert_true(sd_event_run(world->loop, 100000) >= 0);
}

static void a_worker_without_work_sleeps(void **state)
{
	struct world *world = *state;
	unsigned long before;

	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY) && modem_network(world->modem)->signal_percent > 0);
	/* What was armed for the last command runs out. */
	run_for(world, 5 * USEC_PER_SEC / 2);
	before = sleeps_of(modem_worker_pid(world->modem));
	assert_true(before > 0);
	run_for(world, 4 * USEC_PER_SEC);
	assert_in_range(sleeps_of(modem_worker_pid(world->modem)) - before, 0, 1);
}

/* libgammu's own waits allow 1.4 a second: faster only when ours are in effect. */
static void sends_are_not_slowed_by_libgammu_s_waits(void **state)
{
	enum { COUNT = 300 };
	struct world *world = *state;
	int64_t begun, taken;

	cell_do(world, "{\"op\":\"report\",\"number\":\"" PHONE "\",\"mode\":\"withhold\"}");
	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	begun = clock_monotonic_usec();
	for (unsigned i = 0; i < COUNT; i++) {
		send_text(world, "quick", i);
		RUN_UNTIL(world, world->outcomes == i + 1);
		assert_int_equal(world->outcome.outcome, MODEM_OUTCOME_SENT);
	}
	taken = clock_monotonic_usec() - begun;
	print_message("%d messages/s\n", (int)(COUNT * USEC_PER_SEC / taken));
	assert_true(taken < COUNT * USEC_PER_SEC / 10);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_modem_starts_and_says_who_it_is),
		TEST(a_text_reaches_the_screen_of_a_phone),
		TEST(what_is_received_is_deleted_on_order_only),
		TEST(a_message_with_impossible_lengths_is_handed_out_raw),
		TEST(what_was_stored_before_the_start_is_swept),
		TEST(the_word_swept_follows_all_that_was_stored_and_comes_before_ready),
		TEST(an_unknown_line_anywhere_disturbs_nothing),
		TEST(a_refused_send_tells_the_code_and_its_kind),
		TEST(a_modem_pulled_out_is_absent_and_comes_back),
		TEST(a_device_that_is_not_there_is_absent_and_said_by_name),
		TEST(a_port_that_somebody_has_is_refused_with_the_holder_s_name),
		cmocka_unit_test(a_growing_delay_is_forgotten_after_a_minute_of_health),
		cmocka_unit_test(a_send_has_its_own_deadline_and_others_need_progress),
		TEST(the_configured_pin_opens_the_sim),
		TEST(a_wrong_pin_is_tried_once_by_each_order),
		TEST(no_pin_is_entered_before_the_owner_has_said_so),
		TEST(a_busy_sim_is_asked_for_its_iccid_again),
		TEST(a_lost_network_is_seen_at_once),
		TEST(a_stopped_modem_ends_and_stays_ended),
		TEST(sends_are_not_slowed_by_libgammu_s_waits),
		TEST(a_worker_without_work_sleeps),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
