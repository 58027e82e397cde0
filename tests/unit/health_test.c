/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a modem does, judged from what the store and the modem say (bridge/core/health.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/core/health.h"

#define NOW (INT64_C(1795262400) * USEC_PER_SEC)

static const struct modem_word_network FINE = { .registered = true,
						.registration = 1,
						.signal_percent = 60,
						.store_used = 3,
						.store_size = 50 };

static const struct health_limits NONE = { 0 };

static void half_of_eight_sends_must_fail_before_it_is_said(void **state)
{
	static const struct {
		unsigned recent, failed;
		bool fails;
	} rows[] = { { 0, 0, false }, { 7, 7, false },   { 8, 3, false }, { 8, 4, true },
		     { 8, 8, true },  { 32, 15, false }, { 32, 16, true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct store_sim_health sim = { .recent = rows[i].recent,
						      .recent_failed = rows[i].failed };

		print_message("# %u of %u\n", rows[i].failed, rows[i].recent);
		assert_int_equal(health_fails(&sim, false), rows[i].fails);
	}
}

static void it_is_over_only_when_few_fail(void **state)
{
	struct store_sim_health sim = { .recent = 32, .recent_failed = 15 };

	(void)state;
	assert_true(health_fails(&sim, true));
	sim.recent_failed = 8;
	assert_true(health_fails(&sim, true));
	sim.recent_failed = 7;
	assert_false(health_fails(&sim, true));
}

static void reports_are_missing_after_twenty_parts_and_a_day(void **state)
{
	static const struct {
		unsigned unreported;
		int64_t since_hours;
		bool reported_before;
		enum health_reports reports;
	} rows[] = {
		{ 0, 0, false, HEALTH_REPORTS_UNKNOWN },   { 0, 0, true, HEALTH_REPORTS_COMING },
		{ 20, 23, true, HEALTH_REPORTS_COMING },   { 19, 48, true, HEALTH_REPORTS_COMING },
		{ 20, 23, false, HEALTH_REPORTS_UNKNOWN }, { 20, 25, true, HEALTH_REPORTS_MISSING },
		{ 20, 25, false, HEALTH_REPORTS_MISSING },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct store_sim_health sim = {
			.unreported = rows[i].unreported,
			.unreported_since_usec =
				rows[i].unreported ? NOW - rows[i].since_hours * USEC_PER_HOUR : 0,
			.last_report_usec = rows[i].reported_before ? NOW - USEC_PER_DAY : 0,
		};

		print_message("# row %zu\n", i);
		assert_int_equal(health_reports(&sim, NOW), rows[i].reports);
	}
}

static void a_registration_has_a_name_whatever_the_modem_says(void **state)
{
	static const char *const names[] = { "off",     "home",    "searching", "denied",
					     "unknown", "roaming", "home",      "roaming",
					     "denied",  "home",    "roaming" };
	struct modem_word_network network = MODEM_NETWORK_UNKNOWN;

	(void)state;
	assert_string_equal(health_registration(&network), "unknown");
	network.registered = true;
	assert_string_equal(health_registration(&network), "home");
	network.roaming = true;
	assert_string_equal(health_registration(&network), "roaming");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		network.registration = (int)i;
		assert_string_equal(health_registration(&network), names[i]);
	}
	network = (struct modem_word_network){ .registration = 99 };
	assert_string_equal(health_registration(&network), "unknown");
}

static void a_modem_that_does_well_has_no_trouble(void **state)
{
	const struct store_sim_health sim = { .recent = 32, .recent_failed = 3 };
	const struct modem_word_network unknown = MODEM_NETWORK_UNKNOWN;
	char words[HEALTH_TROUBLE_SIZE];

	(void)state;
	assert_string_equal(health_explain(&sim, &FINE, &NONE, NOW, words), "");
	assert_string_equal(health_explain(NULL, &unknown, &NONE, NOW, words), "");
}

static void each_trouble_is_a_sentence(void **state)
{
	const struct store_sim_health sim = { .recent = 8, .recent_failed = 4 };
	struct modem_word_network network = FINE;
	char words[HEALTH_TROUBLE_SIZE];

	(void)state;
	network.store_used = 39;
	network.signal_percent = 10;
	assert_string_equal(health_explain(NULL, &network, &NONE, NOW, words), "");
	network.store_used = 40;
	network.signal_percent = 9;
	assert_string_equal(health_explain(&sim, &network, &NONE, NOW, words),
			    "4 of the last 8 sends failed. 40 of the SIM's 50 places for messages "
			    "are taken. The signal is weak (9 %).");
}

static void a_modem_without_a_network_has_no_weak_signal(void **state)
{
	struct modem_word_network network = FINE;
	char words[HEALTH_TROUBLE_SIZE];

	(void)state;
	network.registered = false;
	network.signal_percent = 0;
	assert_string_equal(health_explain(NULL, &network, &NONE, NOW, words), "");
}

static void the_largest_figures_fit(void **state)
{
	const struct store_sim_health sim = { .recent = UINT32_MAX / 4,
					      .recent_failed = UINT32_MAX / 4,
					      .last_error = "123456789012345",
					      .unreported = UINT32_MAX,
					      .unreported_since_usec = 1 };
	const struct modem_word_network network = { .registered = true,
						    .store_used = INT32_MAX,
						    .store_size = INT32_MAX };
	char words[HEALTH_TROUBLE_SIZE];

	(void)state;
	health_explain(&sim, &network, &NONE, NOW, words);
	assert_non_null(strstr(words, "The signal is weak (0 %)."));
}

static void little_credit_and_a_test_that_failed_are_trouble(void **state)
{
	struct store_sim_health sim = { .balance = "3.20" };
	const struct health_limits limits = { .balance_low = 5,
					      .test_trouble = "The test failed." };
	char words[HEALTH_TROUBLE_SIZE];

	(void)state;
	health_explain(&sim, &FINE, &limits, NOW, words);
	assert_string_equal(words, "The test failed. Its credit is low: 3.20.");
	assert_false(health_is_low(&sim, 0));
	assert_false(health_is_low(&sim, 3.2));
	sim.balance[0] = '\0';
	assert_false(health_is_low(&sim, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_of_eight_sends_must_fail_before_it_is_said),
		cmocka_unit_test(it_is_over_only_when_few_fail),
		cmocka_unit_test(reports_are_missing_after_twenty_parts_and_a_day),
		cmocka_unit_test(a_registration_has_a_name_whatever_the_modem_says),
		cmocka_unit_test(a_modem_that_does_well_has_no_trouble),
		cmocka_unit_test(each_trouble_is_a_sentence),
		cmocka_unit_test(a_modem_without_a_network_has_no_weak_signal),
		cmocka_unit_test(the_largest_figures_fit),
		cmocka_unit_test(little_credit_and_a_test_that_failed_are_trouble),
	};

	return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
