/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When a self-test that has not arrived says something (bridge/core/selftest.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/core/selftest.h"

#define BEFORE 1000

static void only_what_was_on_the_air_for_long_is_lost(void **state)
{
	static const struct {
		const char *what;
		int64_t ended_usec;
		int reference;
		bool lost;
	} rows[] = {
		{ "taken long ago", 1, 7, true },    { "taken with nought", 1, 0, true },
		{ "just in time", BEFORE, 7, true }, { "too late", BEFORE + 1, 7, false },
		{ "being sent", 0, -1, false },      { "refused", 1, -1, false },
	};
	struct store_attempt attempts[2] = { { .reference = -1, .ended_at_usec = 1 } };
	struct store_delivery delivery = { .attempts = attempts, .attempt_count = 1 };

	(void)state;
	assert_false(selftest_is_lost(&delivery, BEFORE));
	delivery.attempt_count = 2;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("# %s\n", rows[i].what);
		attempts[1].reference = rows[i].reference;
		attempts[1].ended_at_usec = rows[i].ended_usec;
		assert_int_equal(selftest_is_lost(&delivery, BEFORE), rows[i].lost);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_was_on_the_air_for_long_is_lost),
	};

	return cmocka_run_group_tests_name("selftest", tests, NULL, NULL);
}
