/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Real modems talk to themselves.  A line that nobody knows, between any two lines of every answer
 * and while all is quiet, delays and fails nothing.
 */
#include "tests/scenario/scenario.h"

/* What libgammu alone stumbles over, and what nobody has ever heard. */
static const char *const noises[] = {
	"RDY",
	"Call Ready",
	"+CFUN: 1",
	"+QIND: SMS DONE",
	"+CTZV: +32,0",
	"*PSUTTZ: 2026,3,1,12,0,0,\"+32\",0",
	"+ZPASR: \"HSPA\"",
	"^RSSILVL: 40",
	"^NWTIME: \"26/03/01,12:00:00+32,00\"",
	"UNDER-VOLTAGE WARNNING",
	"+UUPSDD: 0",
	"%XTHERM: 3,\"never heard of\"",
};
#define NOISES (sizeof(noises) / sizeof(noises[0]))

/* The bound that shows no time-out was waited for: libgammu's shortest is far longer. */
#define SOON_MSEC 4000

static void crosses_both_ways(struct world *world, const char *noise)
{
	char phone[16], id[65];
	int64_t begun = now_msec();

	world_number(world, phone);
	world_send(world, phone, "Quiet, please.", 14, id);
	json_decref(world_message_wait(world, id, "delivered"));
	assert_int_equal(world_screen_count(world, phone), 1);
	world_type(world, phone, noise, strlen(noise));
	WORLD_JSON *items = world_inbox_wait(world, phone, 1);
	assert_string_equal(world_text(items, "0.text"), noise);
	assert_in_range(now_msec() - begun, 0, SOON_MSEC);
}

static void an_unknown_line_anywhere_disturbs_no_message(void **state)
{
	for (size_t i = 0; i < NOISES; i++) {
		print_message("# %s\n", noises[i]);
		world_modem_set(*state, "noise", noises[i]);
		crosses_both_ways(*state, noises[i]);
	}
	world_modem_set(*state, "noise", "");
}

static void an_unknown_line_anywhere_disturbs_no_start(void **state)
{
	for (size_t i = 0; i < NOISES; i++) {
		int64_t begun;

		print_message("# %s\n", noises[i]);
		assert_int_equal(world_daemon_stop(*state), 0);
		world_modem_set(*state, "noise", noises[i]);
		begun = now_msec();
		world_daemon_start(*state);
		world_modem_wait(*state, WORLD_MODEM, "ready");
		assert_in_range(now_msec() - begun, 0, SOON_MSEC);
	}
	crosses_both_ways(*state, "and after it");
	world_modem_set(*state, "noise", "");
}

static void unknown_lines_while_idle_disturb_nothing(void **state)
{
	for (size_t i = 0; i < NOISES; i++) {
		char line[128];

		snprintf(line, sizeof(line), "\r\n%s\r\n", noises[i]);
		world_cell_do(*state, "{s:s,s:s,s:s}", "op", "raw", "modem", WORLD_MODEM, "data",
			      line);
	}
	crosses_both_ways(*state, "after a storm");
}

/* Half a line, binary rubbish, a line without end: dropped, not believed. */
static void rubbish_on_the_line_is_survived(void **state)
{
	char longer[3001];

	memset(longer, 'X', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	world_cell_do(
		*state, "{s:s,s:s,s:s}", "op", "raw", "modem", WORLD_MODEM, "data",
		"\r\n+CMTI: \"SM\",99999999999\r\n+CMTI: \"\r\n+CMTI:\r\n+CDS: 999\r\nzz\r\n");
	world_cell_do(*state, "{s:s,s:s,s:s}", "op", "raw", "modem", WORLD_MODEM, "data", longer);
	world_cell_do(*state, "{s:s,s:s,s:s}", "op", "raw", "modem", WORLD_MODEM, "data",
		      "\r\n+CMGS: 7\r\n\r\nOK\r\n");
	crosses_both_ways(*state, "still here");
}

static int open_world(void **state)
{
	*state = world_open(&(struct world_options){ .failed = scenario_failed });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(an_unknown_line_anywhere_disturbs_no_message),
		scenario_test(an_unknown_line_anywhere_disturbs_no_start),
		scenario_test(unknown_lines_while_idle_disturb_nothing),
		scenario_test(rubbish_on_the_line_is_survived),
	};

	return cmocka_run_group_tests_name("noise", tests, open_world, scenario_close);
}
