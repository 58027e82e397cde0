/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * USSD texts, restarts and SIMs that go: what becomes an event, when, and how often.
 */
#include "tests/unit/line_fixture.h"

static void says(struct line *line, struct log *log, const char *bytes, const char *unasked)
{
	from_modem(line, bytes);
	assert_string_equal(log->unasked, unasked);
	memset(log->unasked, 0, sizeof(log->unasked));
}

/* ---------------------------------------------------------------- USSD */

static void ussd_comes_in_every_form(void **state)
{
	static const struct {
		const char *said, *event;
	} CASES[] = {
		{ "+CUSD: 0,\"Balance: 10.50\",15", "ussd 0 15 \"Balance: 10.50\";" },
		{ "+CUSD:0,\"Balance\", 15", "ussd 0 15 \"Balance\";" },
		{ "+CUSD: 1,\"00420061\",72", "ussd 1 72 \"00420061\";" },
		{ "+CUSD: 0,\"Balance\"", "ussd 0 -1 \"Balance\";" },
		{ "+CUSD: 0,\"Balance\",", "ussd 0 -1 \"Balance\";" },
		{ "+CUSD: 0,AA180C3602,15", "ussd 0 15 \"AA180C3602\";" },
		{ "+CUSD: 0,AA180C3602", "ussd 0 -1 \"AA180C3602\";" },
		{ "+CUSD: 0,\"say \"yes\" now\",15", "ussd 0 15 \"say \"yes\" now\";" },
		{ "+CUSD: 0,\"\",15", "ussd 0 15 \"\";" },
		{ "+CUSD: 1,\"say \"hi\"\r\nthere\",15", "ussd 1 15 \"say \"hi\"\nthere\";" },
		{ "+CUSD: 1,\"1 \"Gold\"\r\n2 \"Blue\"\r\n3 none\"",
		  "ussd 1 -1 \"1 \"Gold\"\n2 \"Blue\"\n3 none\";" },
		{ "+CUSD: 1,\"\"Gold\"\r\nor \"Blue\"\",15",
		  "ussd 1 15 \"\"Gold\"\nor \"Blue\"\";" },
		{ "+CUSD: 0,AA180C3602,15999", "ussd 0 -1 \"AA180C3602,15999\";" },
		{ "+CUSD: 4", "ussd 4 -1 \"\";" },
		{ "+CUSD: (0-2)", "" },
		{ "+CUSD:", "" },
		{ "+CUSD: 0,\"one\r\ntwo\r\n\r\nthree\",15", "ussd 0 15 \"one\ntwo\n\nthree\";" },
		{ "+CUSD: 1,\"one\n two\nOK\nRDY\n\",15",
		  "restarted;ussd 1 15 \"one\n two\nOK\n\n\";" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		struct log log;
		struct line *line = line_awake(&log);

		from_modem(line, "\r\n");
		from_modem(line, CASES[i].said);
		says(line, &log, "\r\n", CASES[i].event);
		assert_false(line_wants_tick(line));
		line_free(line);
	}
}

static void a_quote_that_has_no_other_ends_the_text_after_a_moment(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	says(line, &log, "\r\n+CUSD: 0,\"a 5\" screen\"\r\n", "");
	ticks(line, LINE_USSD_TICKS);
	says(line, &log, "", "ussd 0 -1 \"a 5\" screen\";");
	assert_false(line_wants_tick(line));
	line_free(line);
}

static void ussd_within_the_answer_of_cusd_ends_nothing(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_gammu(line, "AT+CUSD=1,\"*100#\",15\r");
	from_modem(line, "AT+CUSD=1,\"*100#\",15\r");
	says(line, &log, "\r\n+CUSD: 1,\"1. One\r\n2. Two\",15\r\n",
	     "ussd 1 15 \"1. One\n2. Two\";");
	assert_string_equal(log.gammu, "");
	from_modem(line, "\r\nOK\r\n");
	assert_string_equal(log.gammu, "AT+CUSD=1,\"*100#\",15\r\r\nOK\r\n");
	line_free(line);
}

static void an_open_ussd_text_swallows_no_end_and_no_indication(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_gammu(line, "AT+CSQ\r");
	from_modem(line, "AT+CSQ\r\r\n+CUSD: 0,\"never closed\r\n+CMTI: \"SM\",3\r\n"
			 "+CSQ: 7,99\r\n\r\nOK\r\n");
	assert_string_equal(log.gammu, "AT+CSQ\r\r\n+CSQ: 7,99\r\n\r\nOK\r\n");
	says(line, &log, "", "indicated SM 3;");
	assert_true(line_wants_tick(line));
	ticks(line, LINE_USSD_TICKS);
	assert_int_equal(strncmp(log.unasked, "ussd 0 -1 \"never closed", 22), 0);
	assert_false(line_wants_tick(line));
	line_free(line);
}

static void an_open_ussd_text_hides_no_restart_and_no_sim(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	says(line, &log, "\r\n+CUSD: 0,\"never closed\r\n^RSSI:18\r\n+CPIN: NOT READY\r\n",
	     "sim changed;");
	says(line, &log, "RDY\r\n*PSUTTZ: 2014,12,8,18,6,27,\"+4\",0\r\n#QSS: 0\r\n",
	     "restarted;sim changed;");
	ticks(line, LINE_USSD_TICKS);
	says(line, &log, "", "ussd 0 -1 \"never closed\n\n\n\n\n\n\";");
	line_free(line);
}

static void an_open_ussd_text_ends_whatever_is_said_meanwhile(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_modem(line, "\r\n+CUSD: 0,\"never closed\r\n");
	for (int i = 1; i < LINE_USSD_MOST_TICKS; i++) {
		from_modem(line, "Call Ready\r\n");
		ticks(line, 1);
	}
	assert_string_equal(log.unasked, "");
	assert_true(line_wants_tick(line));
	ticks(line, 1);
	assert_int_equal(strncmp(log.unasked, "ussd 0 -1 \"never closed", 22), 0);
	assert_false(line_wants_tick(line));
	line_free(line);
}

static void a_ussd_text_without_end_is_cut(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);
	char event[16];

	(void)state;
	from_modem(line, "\r\n+CUSD: 1,\"");
	for (int i = 0; i < 500; i++)
		from_modem(line, "abcd\n");
	memcpy(event, log.unasked, 15);
	event[15] = '\0';
	assert_string_equal(event, "ussd 1 -1 \"abcd");
	assert_false(line_wants_tick(line));
	line_free(line);
}

static void asking_for_the_ussd_setting_is_no_ussd(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_gammu(line, "AT+CUSD?\r");
	says(line, &log, "AT+CUSD?\r\r\n+CUSD: 1\r\n\r\nOK\r\n", "");
	line_free(line);
}

/* ---------------------------------------------------------------- restarts */

static void a_restart_is_told_once_until_a_command_is_answered(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	says(line, &log, "\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\nCall Ready\r\n",
	     "restarted;");
	from_gammu(line, "AT+CMGF=0\r");
	from_modem(line, "AT+CMGF=0\r\r\nOK\r\n");
	says(line, &log, "\r\n^SYSSTART\r\n", "restarted;");
	line_free(line);
}

static void words_that_come_at_any_time_are_no_restart(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	says(line, &log,
	     "\r\nCall Ready\r\nSMS Ready\r\n+CFUN: 0\r\n+WIND: 7\r\nRDY2\r\n*PSUTTZ: 1\r\n"
	     "^BOOT:1,0,0,0,6\r\n+CPIN: READY\r\n^SIMST:1\r\n#QSS: 1\r\n+QSIMSTAT: 1,1\r\n",
	     "");
	/* Told to begin, it may say that it has. */
	from_gammu(line, "AT+CFUN=1\r");
	says(line, &log, "AT+CFUN=1\r\r\n+CFUN: 1\r\n\r\nOK\r\n", "");
	line_free(line);
}

static void what_is_said_before_the_first_ok_is_no_restart(void **state)
{
	struct log log = { .modem = "" };
	struct line *line = line_new(&LISTENER, &log);

	(void)state;
	says(line, &log, "\r\nRDY\r\n+CPIN: NOT READY\r\n^SIMST:255\r\n", "");
	line_free(line);
}

/* ---------------------------------------------------------------- the SIM */

static void a_sim_that_goes_is_told(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	says(line, &log, "\r\n+CPIN: SIM REMOVED\r\n", "sim changed;");
	says(line, &log, "\r\n+SIMCARD: NOT AVAILABLE\r\n", "sim changed;");
	says(line, &log, "\r\n^SIMST:0\r\n", "sim changed;");
	/* As an answer, it is for who asked. */
	from_gammu(line, "AT+CPIN?\r");
	says(line, &log, "AT+CPIN?\r\r\n+CPIN: NOT INSERTED\r\n\r\nOK\r\n", "");
	line_free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ussd_comes_in_every_form),
		cmocka_unit_test(a_quote_that_has_no_other_ends_the_text_after_a_moment),
		cmocka_unit_test(ussd_within_the_answer_of_cusd_ends_nothing),
		cmocka_unit_test(an_open_ussd_text_swallows_no_end_and_no_indication),
		cmocka_unit_test(an_open_ussd_text_hides_no_restart_and_no_sim),
		cmocka_unit_test(an_open_ussd_text_ends_whatever_is_said_meanwhile),
		cmocka_unit_test(a_ussd_text_without_end_is_cut),
		cmocka_unit_test(asking_for_the_ussd_setting_is_no_ussd),
		cmocka_unit_test(a_restart_is_told_once_until_a_command_is_answered),
		cmocka_unit_test(words_that_come_at_any_time_are_no_restart),
		cmocka_unit_test(what_is_said_before_the_first_ok_is_no_restart),
		cmocka_unit_test(a_sim_that_goes_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
