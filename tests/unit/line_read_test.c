/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Received messages in all the forms that modems give them: the octets that come out, and that
 * libgammu sees none of them.
 */
#include "tests/unit/line_fixture.h"

#define SHOWN(header) header "\r\n" LINE_STAND_IN "\r\n"

#define DELIVER_FILLED DELIVER "FFFFFFFFFFFFFFFFFFFF"
#define DELIVER_CUT "07911326040000F0040B911346610089F600002080629173140"

static void listed(const char *answer, const char *events, const char *gammu)
{
	struct log log;
	struct line *line = line_awake(&log);
	char heard[512];

	from_gammu(line, "AT+CPMS=\"SM\"\r");
	from_modem(line, "AT+CPMS=\"SM\"\r\r\n+CPMS: 1,20,1,20,1,20\r\n\r\nOK\r\n");
	memset(&log, 0, sizeof(log));
	from_gammu(line, "AT+CMGL=4\r");
	from_modem(line, "AT+CMGL=4\r\r\n");
	from_modem(line, answer);
	from_modem(line, "\r\nOK\r\n");
	assert_string_equal(log.events, events);
	snprintf(heard, sizeof(heard), "AT+CMGL=4\r\r\n%s%sOK\r\n", gammu, *gammu ? "\r\n" : "");
	assert_string_equal(log.gammu, heard);
	line_free(line);
}

static void read_slot(const char *answer, const char *events, const char *gammu)
{
	struct log log;
	struct line *line = line_awake(&log);
	char heard[512];

	from_gammu(line, "AT+CMGR=0\r");
	from_modem(line, "AT+CMGR=0\r\r\n");
	from_modem(line, answer);
	from_modem(line, "\r\nOK\r\n");
	assert_string_equal(log.events, events);
	snprintf(heard, sizeof(heard), "AT+CMGR=0\r\r\n%s", gammu);
	assert_string_equal(log.gammu, heard);
	line_free(line);
}

#define ONE "listed SM 17 " DELIVER_TPDU ";"
#define ONE_DOUBTED "listed SM 17 " DELIVER_TPDU "?;"
#define ONE_SHOWN SHOWN("+CMGL: 17,1,,16")

static void list_headers_of_every_form_are_read(void **state)
{
	static const char *const HEADERS[] = {
		"+CMGL: 17,1,,28", "+CMGL: 17,1,28", "+CMGL: 17,1,\"\",28",
		"+CMGL:17,1,,28",  "+CMGL: 17,,,28", "+CMGL: 17,1,\"a, b\",28",
	};
	char answer[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(HEADERS); i++) {
		snprintf(answer, sizeof(answer), "%s\r\n" DELIVER "\r\n", HEADERS[i]);
		listed(answer, ONE, ONE_SHOWN);
	}
}

static void slot_headers_of_every_form_are_read(void **state)
{
	static const char *const HEADERS[] = { "+CMGR: 0,,28", "+CMGR: 0,28", "+CMGR: 0,\"\",28",
					       "+CMGR: ,28", "+CMGR: 1,\"+31,6\",28" };
	char answer[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(HEADERS); i++) {
		snprintf(answer, sizeof(answer), "%s\r\n" DELIVER "\r\n", HEADERS[i]);
		read_slot(answer, "listed  0 " DELIVER_TPDU ";",
			  SHOWN("+CMGR: 1,,16") "\r\nOK\r\n");
	}
}

/* Air780E */
static void a_body_shorter_or_longer_than_its_header_is_whole(void **state)
{
	(void)state;
	listed("+CMGL: 17,1,,40\r\n" DELIVER "\r\n", ONE_DOUBTED, ONE_SHOWN);
	listed("+CMGL: 17,1,,20\r\n" DELIVER "\r\n", ONE_DOUBTED, ONE_SHOWN);
}

static void what_fills_a_slot_up_is_left_out(void **state)
{
	(void)state;
	listed("+CMGL: 17,1,,28\r\n" DELIVER_FILLED "\r\n", ONE, ONE_SHOWN);
}

static void a_truncated_pdu_comes_as_it_is_and_hides_nothing(void **state)
{
	(void)state;
	listed("+CMGL: 3,1,,28\r\n" DELIVER_CUT "\r\n+CMGL: 17,1,,28\r\n" DELIVER "\r\n",
	       "listed SM 3 040B911346610089F60000208062917314?;" ONE,
	       SHOWN("+CMGL: 3,1,,16") ONE_SHOWN);
}

static void a_header_without_its_pdu_is_skipped(void **state)
{
	(void)state;
	listed("+CMGL: 3,1,,28\r\n\r\n+CMGL: 17,1,,28\r\n" DELIVER "\r\n", "skipped;" ONE,
	       ONE_SHOWN);
	listed("+CMGL: 3,1,,28\r\n", "skipped;", "");
}

static void a_stray_line_before_a_list_is_nothing(void **state)
{
	(void)state;
	listed("\r\n0\r\nwhatever\r\n+CMGL: 17,1,,28\r\n" DELIVER "\r\n", ONE, ONE_SHOWN);
}

static void an_entry_in_text_mode_is_told_and_skipped(void **state)
{
	(void)state;
	/* Its text looks like a PDU. */
	listed("+CMGL: 3,\"REC READ\",\"+31641600986\",,\"26/08/19,13:37:41+32\"\r\n" DELIVER
	       "\r\n+CMGL: 17,1,,28\r\n" DELIVER "\r\n",
	       "skipped text mode;" ONE, ONE_SHOWN);
}

static void an_ok_and_nothing_else_is_an_empty_slot(void **state)
{
	(void)state;
	read_slot("", "", "+CMS ERROR: 321\r\n");
}

static void indexes_begin_where_the_modem_begins(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_modem(line, "\r\n+CMTI: \"ME\",0\r\n+CDSI: \"SM\",0\r\n+CMTI: SM, 7\r\n");
	assert_string_equal(log.unasked, "indicated ME 0;indicated SM 0;indicated SM 7;");
	line_set_deleting(line, true);
	from_gammu(line, "AT+CMGD=0\r");
	assert_string_equal(log.modem, "AT+CMGD=0\r");
	line_free(line);
}

static void direct_messages_of_every_form_are_taken(void **state)
{
	static const char *const HEADERS[] = { "+CMT: ,28", "+CMT: 28", "+CMT: \"\",28",
					       "+CMT: \"Anna\",28", "+CMT:\"a, b\",28" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(HEADERS); i++) {
		struct log log;
		struct line *line = line_awake(&log);

		from_modem(line, "\r\n");
		from_modem(line, HEADERS[i]);
		from_modem(line, "\r\n\r\n" DELIVER "\r\n");
		assert_string_equal(log.unasked, "direct " DELIVER_TPDU ";");
		line_free(line);
	}
}

static void the_same_message_directly_and_from_the_store_is_told_twice(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_gammu(line, "AT+CMGR=4\r");
	from_modem(line, "AT+CMGR=4\r\r\n+CMT: ,28\r\n" DELIVER "\r\n+CMGR: 0,,28\r\n" DELIVER
			 "\r\n\r\nOK\r\n");
	assert_string_equal(log.unasked, "direct " DELIVER_TPDU ";");
	assert_string_equal(log.events, "listed  4 " DELIVER_TPDU ";");
	line_free(line);
}

static void a_direct_message_in_text_mode_takes_no_other_s_pdu(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_modem(line, "\r\n+CMT: \"+31641600986\",,\"26/08/19,13:37:41+32\"\r\n0123456789\r\n");
	from_gammu(line, "AT+CMGR=4\r");
	from_modem(line, "AT+CMGR=4\r\r\n+CMGR: 0,,28\r\n" DELIVER "\r\n\r\nOK\r\n");
	assert_string_equal(log.unasked, "");
	assert_string_equal(log.events, "listed  4 " DELIVER_TPDU ";");
	line_free(line);
}

static void a_direct_pdu_that_never_comes_takes_no_answer(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	from_modem(line, "\r\n+CDS: 25\r\n");
	from_gammu(line, "AT+CIMI\r");
	from_modem(line, "AT+CIMI\r\r\n460001234567890\r\n\r\nOK\r\n");
	assert_string_equal(log.unasked, "");
	assert_string_equal(log.events, "identity AT+CIMI 460001234567890;");
	line_free(line);
}

static void the_echo_of_our_pdu_is_no_status_report(void **state)
{
	struct log log;
	struct line *line = line_awake(&log);

	(void)state;
	line_arm_send(line, SUBMIT, sizeof(SUBMIT), CENTRE);
	from_gammu(line, "AT+CMGS=14\r");
	from_modem(line, "AT+CMGS=10\r\r\n> ");
	from_gammu(line, "00AA");
	from_modem(line, "\r\n+CDS: 25\r\n" SUBMIT_HEX "\r\n" REPORT "\r\n");
	assert_string_equal(log.unasked, "direct " REPORT_TPDU ";");
	line_free(line);
}

/* UDL 255 smashes libgammu's stack: it is never shown one. */
static void a_user_data_length_of_255_reaches_nobody_but_the_daemon(void **state)
{
	(void)state;
	listed("+CMGL: 17,1,,28\r\n00040B911346610089F6000020806291731408FFE8329BFD4697D9EC37\r\n",
	       "listed SM 17 040B911346610089F6000020806291731408FFE8329BFD4697D9EC37;", ONE_SHOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_headers_of_every_form_are_read),
		cmocka_unit_test(slot_headers_of_every_form_are_read),
		cmocka_unit_test(a_body_shorter_or_longer_than_its_header_is_whole),
		cmocka_unit_test(what_fills_a_slot_up_is_left_out),
		cmocka_unit_test(a_truncated_pdu_comes_as_it_is_and_hides_nothing),
		cmocka_unit_test(a_header_without_its_pdu_is_skipped),
		cmocka_unit_test(a_stray_line_before_a_list_is_nothing),
		cmocka_unit_test(an_entry_in_text_mode_is_told_and_skipped),
		cmocka_unit_test(an_ok_and_nothing_else_is_an_empty_slot),
		cmocka_unit_test(indexes_begin_where_the_modem_begins),
		cmocka_unit_test(direct_messages_of_every_form_are_taken),
		cmocka_unit_test(the_same_message_directly_and_from_the_store_is_told_twice),
		cmocka_unit_test(a_direct_message_in_text_mode_takes_no_other_s_pdu),
		cmocka_unit_test(a_direct_pdu_that_never_comes_takes_no_answer),
		cmocka_unit_test(the_echo_of_our_pdu_is_no_status_report),
		cmocka_unit_test(a_user_data_length_of_255_reaches_nobody_but_the_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
