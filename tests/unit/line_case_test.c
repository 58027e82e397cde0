/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Single cases of the line half: what modems do that no table of dialogues has.
 */
#include "tests/unit/line_fixture.h"

static void a_direct_message_inside_a_list_goes_by_its_length(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_gammu(line, "AT+CMGR=7\r");
	from_modem(line, "AT+CMGR=7\r\r\n+CMGR: 1,,28\r\n\r\n+CDS: 25\r\n" REPORT "\r\n" DELIVER
			 "\r\n\r\nOK\r\n");
	assert_string_equal(log.events, "listed  7 " DELIVER_TPDU ";");
	assert_string_equal(log.unasked, "direct " REPORT_TPDU ";");
	line_free(line);
}

static void an_echo_of_the_pdu_without_an_end_hides_nothing(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	line_arm_send(line, SUBMIT, sizeof(SUBMIT), CENTRE);
	from_gammu(line, "AT+CMGS=14\r");
	from_modem(line, "AT+CMGS=10\r\r\n> ");
	from_gammu(line, "00AA\x1a");
	/* In two pieces, with an indication between them. */
	from_modem(line, "0691214365\r\n+CMTI: \"SM\",3\r\n870901000481214300000141+CMGS: 8\r\n"
			 "\r\nOK\r\n");
	assert_string_equal(log.events, "handing over;result 0 ref 8 kind 0 code 0;");
	assert_string_equal(log.unasked, "indicated SM 3;");
	line_free(line);
}

static void a_status_report_that_begins_like_our_pdu_is_whole(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	line_arm_send(line, SUBMIT, sizeof(SUBMIT), "+31624000000");
	from_gammu(line, "AT+CMGS=14\r");
	from_modem(line, "AT+CMGS=10\r\r\n> ");
	from_gammu(line, "00AA\x1a");
	/* Without an echo, the report comes where the echo might. */
	from_modem(line, "\r\n+CDS: 25\r\n" REPORT "\r\n+CMGS: 8\r\n\r\nOK\r\n");
	assert_string_equal(log.unasked, "direct " REPORT_TPDU ";");
	assert_string_equal(log.events, "handing over;result 0 ref 8 kind 0 code 0;");
	line_free(line);
}

static void without_a_tpdu_of_ours_nothing_is_sent(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_gammu(line, "AT+CMGS=14\r");
	assert_string_equal(log.modem, "");
	assert_string_equal(log.gammu, "AT+CMGS=14\r\r\n+CMS ERROR: 304\r\n");
	line_free(line);
}

static void what_the_daemon_can_t_know_is_not_handed_over(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	log.refuse_handing_over = true;
	line_arm_send(line, SUBMIT, sizeof(SUBMIT), "");
	from_gammu(line, "AT+CMGS=14\r");
	from_modem(line, "AT+CMGS=10\r\r\n> ");
	from_gammu(line, "00AA\x1a");
	assert_string_equal(log.modem, "AT+CMGS=10\r0001000481214300000141\x1b");
	assert_string_equal(log.events, "handing over;result 2 ref -1 kind 0 code 0;");
	line_free(line);
}

static void a_ctrl_z_outside_of_a_send_never_reaches_the_modem(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_gammu(line, "00AABB\x1a");
	from_gammu(line, "AT+CSQ\r");
	assert_string_equal(log.modem, "AT+CSQ\r");
	line_free(line);
}

static void answers_before_the_first_ok_belong_to_somebody_else(void **state)
{
	struct log log = { .modem = "" };
	struct line *line = line_new(&LISTENER, &log);

	(void)state;
	from_modem(line, "\r\n+CMGS: 44\r\n\r\n+CMTI: \"ME\",2\r\n\r\nOK+CDSI: \"SM\",3\r\n");
	assert_string_equal(log.events, "late 0 ref 44 kind 0 code 0;awake;");
	assert_string_equal(log.unasked, "indicated ME 2;indicated SM 3;");
	line_free(line);
}

static void a_status_report_before_the_first_ok_is_not_lost(void **state)
{
	struct log log = { .modem = "" };
	struct line *line = line_new(&LISTENER, &log);

	(void)state;
	from_modem(line, "\r\n+CDS: 25\r\n" REPORT "\r\n\r\nOK\r\n");
	assert_string_equal(log.unasked, "direct " REPORT_TPDU ";");
	line_free(line);
}

static void an_answer_to_a_command_given_up_is_not_taken_for_the_next(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_gammu(line, "AT+SYNCML=?\r");
	from_modem(line, "AT+SYNCML=?\r");
	/* libgammu has waited long enough. */
	from_gammu(line, "AT+CSQ\r");
	from_modem(line, "\r\nERROR\r\n");
	ticks(line, 2 * LINE_HOLD_TICKS);
	assert_string_equal(log.gammu, "");
	from_modem(line, "AT+CSQ\r\r\n+CSQ: 9,99\r\n\r\nOK\r\n");
	assert_string_equal(log.gammu, "AT+CSQ\r\r\n+CSQ: 9,99\r\n\r\nOK\r\n");
	line_free(line);
}

static void a_long_line_is_cut_and_harms_nobody(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_gammu(line, "AT+CSQ\r");
	from_modem(line, "AT+CSQ\r\r\n");
	for (int i = 0; i < 100000; i++)
		from_modem(line, "A");
	from_modem(line, "\r\n+CSQ: 9,99\r\n\r\nOK\r\n");
	assert_string_equal(log.gammu, "AT+CSQ\r\r\n+CSQ: 9,99\r\n\r\nOK\r\n");
	line_free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_direct_message_inside_a_list_goes_by_its_length),
		cmocka_unit_test(an_echo_of_the_pdu_without_an_end_hides_nothing),
		cmocka_unit_test(a_status_report_that_begins_like_our_pdu_is_whole),
		cmocka_unit_test(without_a_tpdu_of_ours_nothing_is_sent),
		cmocka_unit_test(what_the_daemon_can_t_know_is_not_handed_over),
		cmocka_unit_test(a_status_report_before_the_first_ok_is_not_lost),
		cmocka_unit_test(a_ctrl_z_outside_of_a_send_never_reaches_the_modem),
		cmocka_unit_test(answers_before_the_first_ok_belong_to_somebody_else),
		cmocka_unit_test(an_answer_to_a_command_given_up_is_not_taken_for_the_next),
		cmocka_unit_test(a_long_line_is_cut_and_harms_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
