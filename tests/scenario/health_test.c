/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a modem does, as people see it: who and where it is, what fails, a network that goes and comes
 * back, and a clock that only the network vouches for.
 */
#include "tests/scenario/scenario.h"

#include <poll.h>
#include <time.h>

#define PATIENCE_MSEC 60000
#define LOOK_MSEC 50

static json_t *modem_get(struct world *world)
{
	int status;
	json_t *modem = world_http(world, "GET", "/v1/modems/" WORLD_MODEM, NULL, &status);

	assert_int_equal(status, 200);
	return modem;
}

/* The modem (the caller's), when the member of it holds these words. */
static json_t *modem_wait(struct world *world, const char *key, const char *words)
{
	for (int msec = 0; msec < PATIENCE_MSEC; msec += LOOK_MSEC) {
		json_t *modem = modem_get(world);
		char *value = json_dumps(world_at(modem, key), JSON_ENCODE_ANY);
		bool found = value && strstr(value, words);

		free(value);
		if (found)
			return modem;
		json_decref(modem);
		poll(NULL, 0, LOOK_MSEC);
	}
	world_fail(world, "the modem's %s never was %s", key, words);
}

static void send_refused(struct world *world, const char *error)
{
	char phone[16], id[65];

	world_number(world, phone);
	world_cell_do(world, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error", error,
		      "count", 1);
	world_send(world, phone, "Refused.", 8, id);
	json_decref(world_message_wait(world, id, "failed"));
}

static void a_modem_says_who_it_is_and_where(void **state)
{
	WORLD_JSON *modem = modem_wait(*state, "storeSize", "50");

	assert_string_equal(world_text(modem, "registration"), "home");
	assert_true(json_is_true(world_at(modem, "registered")));
	assert_true(json_is_false(world_at(modem, "roaming")));
	assert_string_not_equal(world_text(modem, "operator"), "");
	assert_true(world_integer(modem, "signalPercent") > 10);
	assert_true(json_is_null(world_at(modem, "trouble")));
	WORLD_RESULT *shown = world_cli(*state, "modem", "show", WORLD_MODEM, NULL);
	assert_int_equal(shown->status, 0);
	assert_non_null(strstr(shown->out, WORLD_MODEM " is ready"));
	assert_non_null(strstr(shown->out, "\nnetwork\n"));
	assert_non_null(strstr(shown->out, "\nsending\n"));
}

static void a_report_that_came_is_told(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	world_send(*state, phone, "Reported.", 9, id);
	json_decref(world_message_wait(*state, id, "delivered"));
	WORLD_JSON *modem = modem_wait(*state, "statusReports", "coming");

	assert_int_equal(world_integer(modem, "unreported"), 0);
	assert_true(json_is_string(world_at(modem, "lastReportAt")));
	assert_true(json_is_string(world_at(modem, "lastSentAt")));
	assert_true(world_integer(modem, "partsToday") >= 1);
}

static void sends_that_fail_show_at_a_glance(void **state)
{
	for (int i = 0; i < 8; i++)
		send_refused(*state, "CMS:1");
	WORLD_JSON *modem = modem_wait(*state, "trouble", "sends failed, the last with CMS/1");

	assert_int_equal(world_integer(modem, "failedToday"), 8);
	assert_int_equal(world_integer(modem, "recentFailed"), 8);
	assert_string_equal(world_text(modem, "lastError"), "CMS/1");
	for (int msec = 0; msec < PATIENCE_MSEC; msec += LOOK_MSEC) {
		WORLD_RESULT *glance = world_cli(*state, "status", NULL);

		assert_int_equal(glance->status, 0);
		if (strstr(glance->out, "sends failed"))
			return;
		poll(NULL, 0, LOOK_MSEC);
	}
	fail_msg("status never showed it");
}

static void roaming_and_another_operator_are_seen(void **state)
{
	world_modem_set(*state, "operator", "Far Cell");
	world_modem_set(*state, "registration", "5");
	WORLD_JSON *away = modem_wait(*state, "registration", "roaming");
	assert_true(json_is_true(world_at(away, "roaming")));
	assert_string_equal(world_text(away, "state"), "ready");
	json_decref(modem_wait(*state, "operator", "Far Cell"));
	WORLD_RESULT *list = world_cli(*state, "modem", "list", NULL);
	assert_non_null(strstr(list->out, "Far Cell (roaming)"));
	world_modem_set(*state, "registration", "1");
	json_decref(modem_wait(*state, "registration", "home"));
}

static void a_weak_signal_is_trouble(void **state)
{
	world_modem_set(*state, "signal", "1");
	json_decref(modem_wait(*state, "trouble", "signal is weak"));
	world_modem_set(*state, "signal", "20");
}

/* ------------------------------------------------------------------ a network that goes */

static void without_a_network_messages_wait_untried(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	world_modem_set(*state, "registration", "2");
	world_modem_wait(*state, WORLD_MODEM, "searching");
	world_send(*state, phone, "Later.", 6, id);
	WORLD_RESULT *why = world_cli(*state, "message", "why", id, NULL);
	assert_non_null(strstr(why->out, "is searching"));
	world_modem_set(*state, "registration", "1");
	WORLD_JSON *message = world_message_wait(*state, id, "delivered");
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 1);
}

/* The modem refuses before it has noticed.  The rest would take 30 s: time runs at its own pace. */
static void a_network_that_is_back_ends_the_rest_at_once(void **state)
{
	char phone[16], id[65];
	struct timespec begun, over;
	size_t mark = world_cell_mark(*state);

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "fail", "modem", WORLD_MODEM, "error",
		      "CMS:331", "count", 1);
	world_send(*state, phone, "No network.", 11, id);
	world_cell_wait(*state, mark, "refused", "error=CMS:331", NULL);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	world_modem_set(*state, "registration", "2");
	world_modem_wait(*state, WORLD_MODEM, "searching");
	WORLD_JSON *waiting = world_message(*state, id);
	assert_string_equal(world_text(waiting, "state"), "pending");
	assert_non_null(strstr(world_text(waiting, "recipients.0.reason"), "no network"));

	world_modem_set(*state, "registration", "1");
	WORLD_JSON *message = world_message_wait(*state, id, "delivered");
	clock_gettime(CLOCK_MONOTONIC, &over);
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 2);
	assert_true(over.tv_sec - begun.tv_sec < 20);
	WORLD_JSON *modem = modem_get(*state);
	assert_int_equal(world_integer(modem, "failedToday"), 0);
}

/* No message has come: only the modem has told the time. */
static void the_time_that_a_modem_tells_vouches_for_the_clock(void **state)
{
	int status;

	for (int msec = 0; msec < PATIENCE_MSEC; msec += LOOK_MSEC) {
		WORLD_JSON *now = world_http(*state, "GET", "/v1/status", NULL, &status);

		if (json_is_true(world_at(now, "clock.trusted"))) {
			assert_non_null(strstr(world_text(now, "clock.reason"), "mobile network"));
			return;
		}
		poll(NULL, 0, LOOK_MSEC);
	}
	fail_msg("the clock was never trusted");
}

/* What was on a SIM when it was first met stays there: five places, four of them taken. */
static void a_full_sim_is_trouble(void **state)
{
	json_decref(modem_wait(*state, "trouble", "4 of the SIM's 5 places"));
}

/* ------------------------------------------------------------------ worlds */

static int open_world(void **state)
{
	*state = world_open(&(struct world_options){ .failed = scenario_failed });
	return 0;
}

static int open_slow_world(void **state)
{
	*state = world_open(&(struct world_options){
		.failed = scenario_failed, .time_percent = 100, .clock_unkept = true });
	return 0;
}

static int open_full_world(void **state)
{
	struct world *world = world_open(
		&(struct world_options){ .failed = scenario_failed, .without_daemon = true });

	world_modem_set(world, "store_size", "5");
	for (int i = 0; i < 4; i++)
		world_cell_do(world, "{s:s,s:s,s:s,s:s}", "op", "incoming", "modem", WORLD_MODEM,
			      "from", "+8613900000001", "text", "From before.");
	world_daemon_start(world);
	world_modem_wait(world, WORLD_MODEM, "ready");
	*state = world;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(a_modem_says_who_it_is_and_where),
		scenario_test(a_report_that_came_is_told),
		scenario_test(sends_that_fail_show_at_a_glance),
		scenario_test(roaming_and_another_operator_are_seen),
		scenario_test(a_weak_signal_is_trouble),
		scenario_test(without_a_network_messages_wait_untried),
	};
	const struct CMUnitTest slow_tests[] = {
		scenario_test(the_time_that_a_modem_tells_vouches_for_the_clock),
		scenario_test(a_network_that_is_back_ends_the_rest_at_once),
	};
	const struct CMUnitTest full_tests[] = {
		scenario_test(a_full_sim_is_trouble),
	};
	int failed = cmocka_run_group_tests_name("health", tests, open_world, scenario_close);

	failed += cmocka_run_group_tests_name("health, in real time", slow_tests, open_slow_world,
					      scenario_close);
	return failed + cmocka_run_group_tests_name("health, a full SIM", full_tests,
						    open_full_world, scenario_close);
}
