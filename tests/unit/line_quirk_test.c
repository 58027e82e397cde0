/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What families of modems do that libgammu can't bear, one by one: the bytes of the modem, and what
 * libgammu hears instead.
 */
#include "tests/unit/line_fixture.h"

/* A modem that is awake, one exchange, and what libgammu hears of it. */
static void comes_out(const char *command, const char *answer, const char *heard)
{
	struct log log;
	struct line *line = line_awake(&log);

	exchange(line, command, answer);
	hears(&log, command, heard);
	line_free(line);
}

/* ---------------------------------------------------------------- echo */

static void a_modem_that_never_echoes_is_echoed_for(void **state)
{
	struct log log;
	struct line *line = line_mute(&log);

	(void)state;
	from_gammu(line, "AT+CSQ\r");
	from_modem(line, "\r\n+CSQ: 5,99\r\n\r\nOK\r\n");
	hears(&log, "AT+CSQ", "+CSQ: 5,99\r\n\r\nOK");
	line_free(line);
}

static void a_refused_echo_is_no_failure(void **state)
{
	(void)state;
	comes_out("ATE1", "\r\nERROR\r\n", "OK");
}

/* Huawei E1752 */
static void a_reply_without_its_echo_is_believed_after_a_moment(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_gammu(line, "AT+CSQ\r");
	from_modem(line, "\r\n+CSQ: 5,99\r\n\r\nOK\r\n");
	assert_true(line_wants_tick(line));
	ticks(line, LINE_HOLD_TICKS);
	hears(&log, "AT+CSQ", "+CSQ: 5,99\r\n\r\nOK");
	/* And the next one at once. */
	from_gammu(line, "AT+CSQ\r");
	from_modem(line, "\r\n+CSQ: 6,99\r\n\r\nOK\r\n");
	hears(&log, "AT+CSQ", "+CSQ: 6,99\r\n\r\nOK");
	assert_false(line_wants_tick(line));
	line_free(line);
}

/* ZTE MF710M */
static void an_old_reply_replayed_is_not_the_answer(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_gammu(line, "AT+CIMI\r");
	from_modem(line, "\r\n356938030000013\r\n\r\nOK\r\n");
	ticks(line, 1);
	from_modem(line, "AT+CIMI\r\r\n460001234567890\r\n\r\nOK\r\n");
	hears(&log, "AT+CIMI", "460001234567890\r\n\r\nOK");
	line_free(line);
}

static void an_echo_in_two_pieces_is_one(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_gammu(line, "AT+CGMM\r");
	from_modem(line, "AT+CG\r\n+CDSI: \"SR\",50\r\nMM\r\r\nMF710M\r\n\r\nOK\r\n");
	assert_string_equal(log.events, "identity AT+CGMM MF710M;");
	assert_string_equal(log.unasked, "indicated SR 50;");
	hears(&log, "AT+CGMM", "unknown\r\n\r\nOK");
	line_free(line);
}

static void an_echo_said_twice_is_no_answer(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	exchange(line, "AT+CGMM", "AT+CGMM\r\r\nSIM800\r\n\r\nOK\r\n");
	assert_string_equal(log.events, "identity AT+CGMM SIM800;");
	line_free(line);
}

/* ---------------------------------------------------------------- commands that are refused */

static void a_refused_cfun_is_no_failure(void **state)
{
	(void)state;
	comes_out("AT+CFUN=1", "\r\n+CME ERROR: 3\r\n", "OK");
}

static void a_refused_model_is_unknown(void **state)
{
	(void)state;
	comes_out("AT+CGMM", "\r\nERROR\r\n", "unknown\r\n\r\nOK");
	comes_out("AT+CGMI", "\r\n+CME ERROR: 100\r\n", "unknown\r\n\r\nOK");
}

static void a_refused_cgatt_is_not_attached(void **state)
{
	(void)state;
	comes_out("AT+CGATT?", "\r\nERROR\r\n", "+CGATT: 0\r\n\r\nOK");
}

static void refused_character_sets_are_the_gsm_alphabet(void **state)
{
	(void)state;
	comes_out("AT+CSCS?", "\r\nERROR\r\n", "+CSCS: \"GSM\"\r\n\r\nOK");
	comes_out("AT+CSCS=?", "\r\nCOMMAND NOT SUPPORT\r\n", "+CSCS: (\"GSM\")\r\n\r\nOK");
	comes_out("AT+CSCS=?", "\r\nOK\r\n", "+CSCS: (\"GSM\")\r\n\r\nOK");
}

/* ---------------------------------------------------------------- memories */

static void memories_in_any_form_are_lists(void **state)
{
	static const struct {
		const char *said, *heard;
	} CASES[] = {
		/* Standard; MU609; Wavecom; in quotes of the other kind; spaces; Nokia N79. */
		{ "(\"SM\",\"ME\"),(\"SM\",\"ME\"),(\"SM\")",
		  "(\"SM\",\"ME\"),(\"SM\",\"ME\"),(\"SM\",\"ME\")" },
		{ "\"ME\",\"MT\",\"SM\"", "(\"SM\",\"ME\"),(\"SM\",\"ME\"),(\"SM\",\"ME\")" },
		{ "((\"SM\",\"BM\",\"SR\"),(\"SM\"))", "(\"SM\",\"SR\"),(\"SM\"),(\"SM\")" },
		{ "('BM','SM'),('SM')", "(\"SM\"),(\"SM\"),(\"SM\")" },
		{ "(\"MT\"), (\"MT\"), (\"MT\")", "(\"SM\"),(\"SM\"),(\"SM\")" },
		{ "(),(),()", "(),(),()" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		char said[128], heard[128];

		snprintf(said, sizeof(said), "\r\n+CPMS: %s\r\n\r\nOK\r\n", CASES[i].said);
		snprintf(heard, sizeof(heard), "+CPMS: %s\r\n\r\nOK", CASES[i].heard);
		comes_out("AT+CPMS=?", said, heard);
	}
}

/* What libgammu hears would leave out the only one: the session reads by the modem's own list. */
static void memories_are_told_as_the_modem_lists_them(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	exchange(line, "AT+CPMS=?", "\r\n+CPMS: (\"MT\",\"SR\"),(\"MT\")\r\n\r\nOK\r\n");
	assert_string_equal(log.events, "identity AT+CPMS=? +CPMS: (\"MT\",\"SR\"),(\"MT\");");
	hears(&log, "AT+CPMS=?", "+CPMS: (\"SR\"),(\"SM\"),(\"SM\")\r\n\r\nOK");
	exchange(line, "AT+CPMS=?", "\r\nERROR\r\n");
	assert_string_equal(log.events, "");
	line_free(line);
}

static void memories_that_are_not_said_are_the_sim(void **state)
{
	(void)state;
	comes_out("AT+CPMS=?", "\r\nOK\r\n", "+CPMS: (\"SM\"),(\"SM\"),(\"SM\")\r\n\r\nOK");
	comes_out("AT+CPMS=?", "\r\nERROR\r\n", "+CPMS: (\"SM\"),(\"SM\"),(\"SM\")\r\n\r\nOK");
}

static void a_memory_selected_with_a_bare_ok_is_selected(void **state)
{
	(void)state;
	comes_out("AT+CPMS=\"SM\"", "\r\nOK\r\n", "+CPMS: 0,0,0,0\r\n\r\nOK");
}

static void three_pairs_are_told_as_two(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	exchange(line, "AT+CPMS=\"SM\"",
		 "\r\n+CPMS: \"SM\",2,30,\"SM\",2,30,\"SM\",2,30\r\n\r\nOK\r\n");
	assert_string_equal(log.events, "store SM 2 30;");
	hears(&log, "AT+CPMS=\"SM\"", "+CPMS: 2,30,2,30\r\n\r\nOK");
	exchange(line, "AT+CPMS=\"ME\"", "\r\n+CPMS: 0,99,0,99,0,99\r\n\r\nOK\r\n");
	assert_string_equal(log.events, "store ME 0 99;");
	hears(&log, "AT+CPMS=\"ME\"", "+CPMS: 0,99,0,99\r\n\r\nOK");
	line_free(line);
}

/* ---------------------------------------------------------------- lines */

static void blank_lines_are_nothing(void **state)
{
	(void)state;
	comes_out("AT+CSQ", "\r\n\r\n\r\n+CSQ: 5,99\r\n\r\r\n\n\r\n   \r\nOK\r\n\r\n",
		  "+CSQ: 5,99\r\n\r\nOK");
}

static void an_indication_glued_to_ok_is_parted(void **state)
{
	static const char *const GLUED[] = { "OK+CMTI: \"SM\",4", "OK^RSSI:18+CMTI: \"SM\",4",
					     "OKRING\r\n+CMTI: \"SM\",4" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(GLUED); i++) {
		struct log log;
		struct line *line = line_awake(&log);

		exchange(line, "AT+CMGF=0", "\r\n");
		from_modem(line, GLUED[i]);
		from_modem(line, "\r\n");
		assert_string_equal(log.unasked, "indicated SM 4;");
		hears(&log, "AT+CMGF=0", "OK");
		line_free(line);
	}
}

static void a_line_glued_to_a_pdu_is_parted(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	exchange(line, "AT+CMGL=4",
		 "\r\n+CMGL: 1,1,,28\r\n" DELIVER "+CMGL: 2,1,,28\r\n" DELIVER "OK\r\n");
	assert_string_equal(log.events, "listed  1 " DELIVER_TPDU ";listed  2 " DELIVER_TPDU ";");
	assert_non_null(strstr(log.gammu, "\r\nOK\r\n"));
	line_free(line);
}

static void an_indication_glued_to_an_answer_is_parted(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	exchange(line, "AT+CSQ", "\r\n+CSQ: 17,99+CMTI: \"SM\",3\r\n\r\nOK\r\n");
	assert_string_equal(log.unasked, "indicated SM 3;");
	hears(&log, "AT+CSQ", "+CSQ: 17,99\r\n\r\nOK");
	line_free(line);
}

static void broken_quotes_and_foreign_letters_reach_libgammu_mended(void **state)
{
	(void)state;
	comes_out("AT+COPS?", "\r\n+COPS: 0,0,\"Caf\xe9\r\n\r\nOK\r\n",
		  "+COPS: 0,0,\"Caf?\"\r\n\r\nOK");
}

static void command_not_support_ends_a_command(void **state)
{
	(void)state;
	comes_out("AT+MODE=2", "\r\nCOMMAND NOT SUPPORT\r\n", "ERROR");
}

/* ---------------------------------------------------------------- answers that never end */

/* Wavecom */
static void cpin_without_ok_is_completed(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	exchange(line, "AT+CPIN?", "\r\n+CPIN: READY\r\n");
	assert_string_equal(log.gammu, "");
	assert_true(line_wants_tick(line));
	ticks(line, LINE_CLOSE_TICKS);
	hears(&log, "AT+CPIN?", "+CPIN: READY\r\n\r\nOK");
	assert_false(line_wants_tick(line));
	line_free(line);
}

/* Air780E */
static void a_reference_without_ok_is_completed(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	line_arm_send(line, SUBMIT, sizeof(SUBMIT), "");
	exchange(line, "AT+CMGS=14", "\r\n> ");
	from_gammu(line, "00AA\x1a");
	from_modem(line, "\r\n+CMGS: 9\r\n");
	assert_true(line_is_submitting(line));
	ticks(line, LINE_CLOSE_TICKS);
	assert_false(line_is_submitting(line));
	assert_string_equal(log.events, "handing over;result 0 ref 9 kind 0 code 0;");
	assert_non_null(strstr(log.gammu, "+CMGS: 0\r\n\r\nOK\r\n"));
	line_free(line);
}

static void a_command_that_a_restart_forgot_fails_after_a_while(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	exchange(line, "AT+CMGF=0", "\r\nRDY\r\n");
	ticks(line, LINE_FORGOTTEN_TICKS - 1);
	assert_string_equal(log.gammu, "");
	ticks(line, 1);
	hears(&log, "AT+CMGF=0", "ERROR");

	line_arm_send(line, SUBMIT, sizeof(SUBMIT), "");
	exchange(line, "AT+CMGS=14", "\r\nRDY\r\n");
	ticks(line, LINE_FORGOTTEN_TICKS);
	assert_string_equal(log.events, "result 2 ref -1 kind 0 code 0;");
	hears(&log, "AT+CMGS=14", "+CMS ERROR: 500");
	line_free(line);
}

/* The worker need not be killed for it. */
static void a_restart_while_it_sends_leaves_that_unknown_after_a_while(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	line_arm_send(line, SUBMIT, sizeof(SUBMIT), "");
	exchange(line, "AT+CMGS=14", "\r\n> ");
	from_gammu(line, "00AA\x1a");
	from_modem(line, "\r\nRDY\r\n");
	assert_true(line_wants_tick(line));
	ticks(line, LINE_LOST_TICKS - 1);
	assert_true(line_is_submitting(line));
	ticks(line, 1);
	assert_false(line_is_submitting(line));
	assert_string_equal(log.events, "handing over;result 3 ref -1 kind 0 code 0;");
	/* Heard between the PDU and Ctrl-Z it was chatter, and the result comes in time. */
	memset(&log, 0, sizeof(log));
	line_arm_send(line, SUBMIT, sizeof(SUBMIT), "");
	exchange(line, "AT+CMGS=14", "\r\n> ");
	from_gammu(line, "00AA");
	from_modem(line, "\r\nRDY\r\n");
	from_gammu(line, "\x1a");
	assert_true(line_wants_tick(line));
	ticks(line, LINE_LOST_TICKS - 1);
	from_modem(line, "\r\n+CMGS: 9\r\n\r\nOK\r\n");
	assert_string_equal(log.events, "handing over;result 0 ref 9 kind 0 code 0;");
	line_free(line);
}

static void seconds(struct line *line, unsigned count)
{
	ticks(line, count * 1000 / LINE_TICK_MSEC);
}

/* Of the 90 seconds that the daemon waits: what comes in them counts, what does not ends by itself. */
static void boot_words_while_it_sends_leave_the_result_its_time(void **state)
{
	static const unsigned WORDS_AT[] = { 0, 60 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct log log;
		struct line *line = line_awake(&log);

		line_arm_send(line, SUBMIT, sizeof(SUBMIT), "");
		exchange(line, "AT+CMGS=14", "\r\n> ");
		from_gammu(line, "00AA\x1a");
		seconds(line, WORDS_AT[i / 2]);
		from_modem(line, "\r\nRDY\r\n");
		seconds(line, 80 - WORDS_AT[i / 2]);
		assert_true(line_is_submitting(line));
		if (i % 2)
			from_modem(line, "\r\n+CMGS: 9\r\n\r\nOK\r\n");
		seconds(line, 7);
		assert_false(line_is_submitting(line));
		assert_false(line_wants_tick(line));
		assert_string_equal(log.events,
				    i % 2 ? "handing over;result 0 ref 9 kind 0 code 0;"
					  : "handing over;result 3 ref -1 kind 0 code 0;");
		line_free(line);
	}
}

/* ---------------------------------------------------------------- the prompt */

static void every_form_of_prompt_is_one(void **state)
{
	/* Standard; without its space; SIM7670G; with a line feed too many. */
	static const char *const PROMPTS[] = { "\r\n> ", "\r\n>", "\r\n>\r\n", "\n\n\r> " };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(PROMPTS); i++) {
		struct log log;
		struct line *line = line_awake(&log);

		line_arm_send(line, SUBMIT, sizeof(SUBMIT), "");
		exchange(line, "AT+CMGS=14", PROMPTS[i]);
		assert_string_equal(log.gammu, "AT+CMGS=14\r\r\n> ");
		line_free(line);
	}
}

static void a_refusal_before_the_prompt_is_asked_again_once(void **state)
{
	static const char *const refusals[] = { "+CMS ERROR: 500", "+CMS ERROR: 38", "ERROR" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		char echo_refusal[64];
		struct log log;
		struct line *line = line_awake(&log);

		line_arm_send(line, SUBMIT, sizeof(SUBMIT), "");
		from_gammu(line, "AT+CMGS=14\r");
		snprintf(echo_refusal, sizeof(echo_refusal), "AT+CMGS=10\r\r\n%s\r\n", refusals[i]);
		from_modem(line, echo_refusal);
		assert_string_equal(log.modem, "AT+CMGS=10\r\x1b"
					       "AT+CMGS=10\r");
		assert_string_equal(log.gammu, "");
		from_modem(line, echo_refusal);
		assert_string_equal(log.modem, "AT+CMGS=10\r\x1b"
					       "AT+CMGS=10\r\x1b");
		assert_non_null(strstr(log.gammu, refusals[i]));
		assert_int_equal(strncmp(log.events, "result 1", 8), 0);
		line_free(line);
	}
}

/* Without its number a message is unknown, and its report nobody's. */
static void a_reference_is_found_whatever_stands_beside_it(void **state)
{
	static const struct {
		const char *said, *unasked;
	} CASES[] = {
		{ "+CMGS: 7^RSSI: 22", "" },
		{ "+CMGS: 7*PSUTTZ: 1", "" },
		{ "+CMGS: 7+CMTI: \"SM\",4", "indicated SM 4;" },
		{ "+CMGS: 7+CDS: 25\r\n" REPORT, "direct " REPORT_TPDU ";" },
		{ "+CMGS: 7OK", "" },
		{ "> +CMGS: 7", "" },
		{ "> > +CMGS: 7 ^RSSI: 22", "" },
		{ ">\r\n+CMGS: 7,\"26/08/19,13:37:41+32\"", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		struct log log;
		struct line *line = line_awake(&log);

		line_arm_send(line, SUBMIT, sizeof(SUBMIT), "");
		exchange(line, "AT+CMGS=14", "\r\n> ");
		from_gammu(line, "00AA\x1a");
		from_modem(line, "\r\n");
		from_modem(line, CASES[i].said);
		from_modem(line, "\r\n\r\nOK\r\n");
		assert_string_equal(log.events, "handing over;result 0 ref 7 kind 0 code 0;");
		assert_string_equal(log.unasked, CASES[i].unasked);
		line_free(line);
	}
}

static void edit_mode_is_left_after_a_refusal(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	line_arm_send(line, SUBMIT, sizeof(SUBMIT), "");
	exchange(line, "AT+CMGS=14", "\r\n> ");
	from_gammu(line, "00AA\x1a");
	memset(log.modem, 0, sizeof(log.modem));
	from_modem(line, "\r\n+CMS ERROR: 38\r\n");
	assert_string_equal(log.modem, "\x1b");
	/* The modem's OK to that is nobody's answer. */
	memset(&log, 0, sizeof(log));
	from_gammu(line, "AT+CSQ\r");
	from_modem(line, "\r\nOK\r\nAT+CSQ\r\r\n+CSQ: 5,99\r\n\r\nOK\r\n");
	hears(&log, "AT+CSQ", "+CSQ: 5,99\r\n\r\nOK");
	line_free(line);
}

/* RDY may be chatter, and the prompt only slow: it would take the next command for text. */
static void a_prompt_that_is_given_up_is_left(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	line_arm_send(line, SUBMIT, sizeof(SUBMIT), "");
	exchange(line, "AT+CMGS=14", "\r\nRDY\r\n");
	memset(log.modem, 0, sizeof(log.modem));
	ticks(line, LINE_FORGOTTEN_TICKS);
	assert_string_equal(log.modem, "\x1b");
	hears(&log, "AT+CMGS=14", "+CMS ERROR: 500");
	line_free(line);
}

static void a_prompt_is_left_whatever_ends_the_send_there(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	line_arm_send(line, SUBMIT, sizeof(SUBMIT), "");
	exchange(line, "AT+CMGS=14", "\r\n> ");
	from_gammu(line, "00AA");
	memset(log.modem, 0, sizeof(log.modem));
	from_modem(line, "\r\nOK\r\n");
	from_gammu(line, "\x1a");
	assert_string_equal(log.modem, "\x1b");
	assert_string_equal(log.events, "result 2 ref -1 kind 0 code 0;");
	line_free(line);
}

/* ---------------------------------------------------------------- registration */

/* Air780E */
static void cereg_answered_under_another_name_is_cereg(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	exchange(line, "AT+CEREG?", "\r\n+CGREG: 0,5\r\n\r\nOK\r\n");
	assert_string_equal(log.unasked, "registration 2 5;");
	hears(&log, "AT+CEREG?", "+CEREG: 0,5\r\n\r\nOK");
	/* Beside the answer it is what it says. */
	exchange(line, "AT+CEREG?", "\r\n+CGREG: 2\r\n\r\n+CEREG: 0,1\r\n\r\nOK\r\n");
	assert_string_equal(log.unasked, "registration 2 1;registration 1 2;");
	hears(&log, "AT+CEREG?", "+CEREG: 0,1\r\n\r\nOK");
	line_free(line);
}

static void a_question_has_one_answer(void **state)
{
	(void)state;
	comes_out("AT+CREG?", "\r\n+CREG: 5\r\n\r\n+CREG: 0,1\r\n\r\nOK\r\n",
		  "+CREG: 0,1\r\n\r\nOK");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_modem_that_never_echoes_is_echoed_for),
		cmocka_unit_test(a_refused_echo_is_no_failure),
		cmocka_unit_test(a_reply_without_its_echo_is_believed_after_a_moment),
		cmocka_unit_test(an_old_reply_replayed_is_not_the_answer),
		cmocka_unit_test(an_echo_in_two_pieces_is_one),
		cmocka_unit_test(an_echo_said_twice_is_no_answer),
		cmocka_unit_test(a_refused_cfun_is_no_failure),
		cmocka_unit_test(a_refused_model_is_unknown),
		cmocka_unit_test(a_refused_cgatt_is_not_attached),
		cmocka_unit_test(refused_character_sets_are_the_gsm_alphabet),
		cmocka_unit_test(memories_in_any_form_are_lists),
		cmocka_unit_test(memories_are_told_as_the_modem_lists_them),
		cmocka_unit_test(memories_that_are_not_said_are_the_sim),
		cmocka_unit_test(a_memory_selected_with_a_bare_ok_is_selected),
		cmocka_unit_test(three_pairs_are_told_as_two),
		cmocka_unit_test(blank_lines_are_nothing),
		cmocka_unit_test(an_indication_glued_to_ok_is_parted),
		cmocka_unit_test(a_line_glued_to_a_pdu_is_parted),
		cmocka_unit_test(an_indication_glued_to_an_answer_is_parted),
		cmocka_unit_test(broken_quotes_and_foreign_letters_reach_libgammu_mended),
		cmocka_unit_test(command_not_support_ends_a_command),
		cmocka_unit_test(cpin_without_ok_is_completed),
		cmocka_unit_test(a_reference_without_ok_is_completed),
		cmocka_unit_test(a_command_that_a_restart_forgot_fails_after_a_while),
		cmocka_unit_test(a_restart_while_it_sends_leaves_that_unknown_after_a_while),
		cmocka_unit_test(boot_words_while_it_sends_leave_the_result_its_time),
		cmocka_unit_test(every_form_of_prompt_is_one),
		cmocka_unit_test(a_refusal_before_the_prompt_is_asked_again_once),
		cmocka_unit_test(a_reference_is_found_whatever_stands_beside_it),
		cmocka_unit_test(edit_mode_is_left_after_a_refusal),
		cmocka_unit_test(a_prompt_that_is_given_up_is_left),
		cmocka_unit_test(a_prompt_is_left_whatever_ends_the_send_there),
		cmocka_unit_test(cereg_answered_under_another_name_is_cereg),
		cmocka_unit_test(a_question_has_one_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
