/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Kill -9 of the daemon at random moments of heavy traffic both ways; see world_chaos.h.
 */
#include "tests/scenario/scenario.h"
#include "tests/scenario/world_chaos.h"

static void nothing_is_lost_or_doubled_when_the_daemon_dies_again_and_again(void **state)
{
	(void)state;
	world_chaos(CHAOS_DAEMON, scenario_failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_or_doubled_when_the_daemon_dies_again_and_again),
	};

	return cmocka_run_group_tests_name("chaos of the daemon", tests, NULL, NULL);
}
