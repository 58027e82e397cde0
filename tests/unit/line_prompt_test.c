/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A prompt that nobody asked for: it is left, before a command is taken for the text of a message.
 */
#include "tests/unit/line_fixture.h"

/* One that came too late for a send that was given up, or that a glitch opened. */
static void a_prompt_that_nobody_asked_for_is_left(void **state)
{
	static const char *const PROMPTS[] = { "\r\n> ", "\r\n>", "\r\n>\r\n", "\n\n\r> " };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(PROMPTS); i++) {
		struct log log;
		struct line *line = line_awake(&log);

		from_modem(line, PROMPTS[i]);
		assert_string_equal(log.modem, "\x1b");
		assert_string_equal(log.gammu, "");
		from_gammu(line, "AT+CSQ\r");
		from_modem(line, "\r\nOK\r\nAT+CSQ\r\r\n+CSQ: 5,99\r\n\r\nOK\r\n");
		hears(&log, "AT+CSQ", "+CSQ: 5,99\r\n\r\nOK");
		line_free(line);
	}
}

/* The ESC that every line begins with was not heard. */
static void a_modem_that_sits_at_a_prompt_is_woken(void **state)
{
	struct log log = { 0 };
	struct line *line = line_new(&LISTENER, &log);

	(void)state;
	assert_non_null(line);
	line_start(line);
	line_knock(line);
	from_modem(line, "AT\r\r\n> ");
	assert_string_equal(log.modem, "\x1b\rAT\r\x1b");
	assert_string_equal(log.events, "");
	from_modem(line, "\r\nOK\r\n");
	assert_string_equal(log.events, "awake;");
	line_free(line);
}

/* The prompt of a machine that is no modem comes after whatever it is told. */
static void a_prompt_that_stays_is_not_answered_for_ever(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	for (int i = 0; i < 3; i++)
		from_modem(line, "\r\n> ");
	assert_string_equal(log.modem, "\x1b");
	from_modem(line, "\r\nOK\r\n\r\n> ");
	assert_string_equal(log.modem, "\x1b\x1b");
	line_free(line);
}

static void a_command_that_was_taken_for_text_fails(void **state)
{
	static const char *const PROMPTS[] = { "\r\n> ", "\r\n>\r\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(PROMPTS); i++) {
		struct log log;
		struct line *line = line_awake(&log);

		exchange(line, "AT+CMGD=3", PROMPTS[i]);
		assert_true(line_wants_tick(line));
		ticks(line, LINE_PROMPT_TICKS);
		assert_string_equal(log.modem, "AT+CMGD=3\r\x1b");
		hears(&log, "AT+CMGD=3", "ERROR");
		assert_false(line_wants_tick(line));
		/* The modem's OK to that is nobody's answer. */
		from_gammu(line, "AT+CMGD=3\r");
		from_modem(line, "\r\nOK\r\nAT+CMGD=3\r\r\n+CMS ERROR: 321\r\n");
		hears(&log, "AT+CMGD=3", "+CMS ERROR: 321");
		line_free(line);
	}
}

static void what_only_begins_like_a_prompt_is_none(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	exchange(line, "AT+CSQ", "\r\n> Welcome\r\n");
	ticks(line, LINE_PROMPT_TICKS);
	from_modem(line, "\r\n+CSQ: 5,99\r\n\r\nOK\r\n");
	assert_string_equal(log.modem, "AT+CSQ\r");
	hears(&log, "AT+CSQ", "+CSQ: 5,99\r\n\r\nOK");

	from_modem(line, "\r\n+CUSD: 1,\"Menu\n> 1 Credit\n> 2 Offers\",15\r\n");
	assert_string_equal(log.modem, "");
	assert_string_equal(log.unasked, "ussd 1 15 \"Menu\n> 1 Credit\n> 2 Offers\";");
	line_free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prompt_that_nobody_asked_for_is_left),
		cmocka_unit_test(a_modem_that_sits_at_a_prompt_is_woken),
		cmocka_unit_test(a_prompt_that_stays_is_not_answered_for_ever),
		cmocka_unit_test(a_command_that_was_taken_for_text_fails),
		cmocka_unit_test(what_only_begins_like_a_prompt_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
