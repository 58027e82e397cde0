/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a program hears on a modem's line, byte by byte.
 */
#include "tests/cell/tests/fixture.h"

#include <sys/ioctl.h>

static void an_answer_comes_after_an_exact_echo(void **state)
{
	struct fixture *f = *state;

	say(f, NORTH, "AT\r");
	expect(f, NORTH, "AT\r\r\nOK\r\n");
	say(f, NORTH, "ate0\r");
	expect(f, NORTH, "ate0\r\r\nOK\r\n");
	say(f, NORTH, "AT+CSQ\r");
	expect(f, NORTH, "\r\n+CSQ: 20,99\r\n\r\nOK\r\n");
	say(f, NORTH, "ATV0\r");
	expect(f, NORTH, "0\r");
	say(f, NORTH, "AT+NONE\r");
	expect(f, NORTH, "4\r");
}

static void commands_share_a_line(void **state)
{
	struct fixture *f = *state;

	say(f, NORTH, "ATE0V1+CMEE=1;+CPMS?;+CREG?\r");
	hear(f, NORTH, "\r");
	expect(f, NORTH,
	       "\r\n+CPMS: \"SM\",0,50,\"SM\",0,50,\"SM\",0,50\r\n+CREG: 0,1\r\n\r\nOK\r\n");
	say(f, NORTH, "AT+CSQ;+NONE;+CSQ\r");
	expect(f, NORTH, "\r\n+CSQ: 20,99\r\n\r\nERROR\r\n");
}

static void what_is_no_command_is_an_error_or_nothing(void **state)
{
	static const char *const wrong[] = { "AT+CMEE=3\r",      "AT+CMEE=x\r",
					     "AT+CSCS=\"XX\"\r", "AT^CURC=0\r",
					     "ATD123;\r",        "AT+CPIN=1,2\r",
					     "AT+CSCS=\"GSM\r",  "AT+CNMI=1,2,3,4,5,6,7,8,9\r" };
	struct fixture *f = *state;

	command(f, NORTH, "ATE0\r");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		say(f, NORTH, wrong[i]);
		expect(f, NORTH, "\r\nERROR\r\n");
	}
	say(f, NORTH,
	    "hello?\r\r\n\x1b"
	    "AT\r");
	expect(f, NORTH, "\r\nOK\r\n");
}

static void a_line_of_more_than_1024_bytes_is_an_error(void **state)
{
	struct fixture *f = *state;
	char line[1100];

	command(f, NORTH, "ATE0\r");
	memset(line, 'A', sizeof(line));
	line[sizeof(line) - 2] = '\r';
	line[sizeof(line) - 1] = '\0';
	say(f, NORTH, line);
	expect(f, NORTH, "\r\nERROR\r\n");
	say(f, NORTH, "AT\r");
	expect(f, NORTH, "\r\nOK\r\n");
}

static void equipment_errors_follow_cmee(void **state)
{
	struct fixture *f = *state;

	op(f, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"cpin\",\"value\":\"NOT INSERTED\"}");
	command(f, NORTH, "ATE0\r");
	say(f, NORTH, "AT+CIMI\r");
	expect(f, NORTH, "\r\nERROR\r\n");
	command(f, NORTH, "AT+CMEE=1\r");
	say(f, NORTH, "AT+CPIN?\r");
	expect(f, NORTH, "\r\n+CME ERROR: 10\r\n");
	command(f, NORTH, "AT+CMEE=2\r");
	say(f, NORTH, "AT+CIMI\r");
	expect(f, NORTH, "\r\n+CME ERROR: SIM not inserted\r\n");
	say(f, NORTH, "AT+CMGL=4\r");
	expect(f, NORTH, "\r\n+CMS ERROR: 310\r\n");
}

static void three_wrong_pins_ask_for_the_puk(void **state)
{
	struct fixture *f = *state;

	op(f, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"cpin\",\"value\":\"SIM PIN\"}");
	op(f, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"pin\",\"value\":\"4711\"}");
	command(f, NORTH, "ATE0;+CMEE=1\r");
	say(f, NORTH, "AT+CREG?;+CPIN?;+CMGS=20\r");
	expect(f, NORTH, "\r\n+CREG: 0,0\r\n+CPIN: SIM PIN\r\n\r\n+CMS ERROR: 311\r\n");
	for (int i = 0; i < 2; i++) {
		say(f, NORTH, "AT+CPIN=\"0000\"\r");
		expect(f, NORTH, "\r\n+CME ERROR: 16\r\n");
	}
	say(f, NORTH, "AT+CPINR\r");
	expect(f, NORTH, "\r\n+CPINR: SIM PIN,1,3\r\n\r\nOK\r\n");
	say(f, NORTH, "AT+CREG=1;+CPIN=\"4711\"\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CREG: 1\r\n");

	op(f, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"cpin\",\"value\":\"SIM PIN\"}");
	for (int i = 0; i < 3; i++) {
		say(f, NORTH, "AT+CPIN=\"0000\"\r");
		hear(f, NORTH, "\r\n+CME ERROR: 16\r\n");
	}
	say(f, NORTH, "AT+CPIN=\"4711\"\r");
	expect(f, NORTH, "\r\n+CME ERROR: 12\r\n");
}

static void a_pdu_is_sent_after_the_prompt(void **state)
{
	struct fixture *f = *state;

	say(f, NORTH, HELLO_CMGS);
	expect(f, NORTH, HELLO_CMGS "\r\n> ");
	say(f, NORTH, HELLO_PDU "\x1a");
	expect(f, NORTH, HELLO_PDU "\r\n+CMGS: 1\r\n\r\nOK\r\n");
	say(f, NORTH, HELLO_CMGS);
	hear(f, NORTH, "> ");
	say(f, NORTH, HELLO_PDU "\x1a");
	expect(f, NORTH, HELLO_PDU "\r\n+CMGS: 2\r\n\r\nOK\r\n");
	await_event(f, "\"screen\"", 2);
	assert_int_equal(events_with(f, "\"reference\":2,\"text\":\"hello\",\"alphabet\":\"gsm7\","
					"\"concat\":null,\"validity_minutes\":60,\"report\":true"),
			 1);
}

static void escape_leaves_the_prompt(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0\r");
	say(f, NORTH, HELLO_CMGS);
	expect(f, NORTH, "\r\n> ");
	say(f, NORTH, "0031\x1b");
	expect(f, NORTH, "\r\nOK\r\n");
	say(f, NORTH, "AT\r");
	expect(f, NORTH, "\r\nOK\r\n");
	assert_int_equal(events_with(f, "\"submit\""), 0);
}

static void a_wrong_pdu_is_refused_with_its_reason(void **state)
{
	static const char *const wrong[] = { "", "00", "xyz", "0", HELLO_PDU_AND_MORE };
	struct fixture *f = *state;

	command(f, NORTH, "ATE0\r");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		say(f, NORTH, HELLO_CMGS);
		expect(f, NORTH, "\r\n> ");
		say(f, NORTH, wrong[i]);
		say(f, NORTH, "\x1a");
		expect(f, NORTH, "\r\n+CMS ERROR: 304\r\n");
	}
	assert_int_equal(events_with(f, "\"refused\""), 5);
	say(f, NORTH, "AT+CMGS=0\r");
	expect(f, NORTH, "\r\n+CMS ERROR: 304\r\n");
	say(f, NORTH, "AT+CMGS=\"+8613800000002\"\r");
	expect(f, NORTH, "\r\n+CMS ERROR: 304\r\n");
}

static void noise_comes_between_any_two_lines(void **state)
{
	struct fixture *f = *state;

	op(f, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"noise\",\"value\":\"^RSSI: 3\"}");
	say(f, NORTH, "AT+CSQ\r");
	expect(f, NORTH, "AT+CSQ\r\r\n^RSSI: 3\r\n\r\n+CSQ: 20,99\r\n\r\n^RSSI: 3\r\n\r\nOK\r\n");
	say(f, NORTH, HELLO_CMGS);
	expect(f, NORTH, HELLO_CMGS "\r\n^RSSI: 3\r\n\r\n> ");
	say(f, NORTH, HELLO_PDU "\x1a");
	expect(f, NORTH, HELLO_PDU "\r\n^RSSI: 3\r\n\r\n+CMGS: 1\r\n\r\n^RSSI: 3\r\n\r\nOK\r\n");
}

static void messages_are_listed_read_and_deleted(void **state)
{
	struct fixture *f = *state;
	const char *heard;

	op(f,
	   "{\"op\":\"incoming\",\"modem\":\"south\",\"from\":\"+8613800000002\",\"text\":\"hi\"}");
	op(f, "{\"op\":\"incoming\",\"modem\":\"south\",\"from\":\"10086\",\"text\":\"ho\"}");
	await_event(f, "\"deliver\"", 2);
	command(f, SOUTH, "ATE0\r");
	say(f, SOUTH, "AT+CMGL\r");
	heard = hear(f, SOUTH, "\r\nOK\r\n");
	assert_ptr_equal(strstr(heard,
				"\r\n+CMGL: 1,0,,22\r\n0891683108100005F0040D91683108000000F2"
				"0000"),
			 heard);
	assert_non_null(strstr(heard, "\r\n+CMGL: 2,0,,18\r\n0891683108100005F00405810180F60000"));
	say(f, SOUTH, "AT+CMGL=0\r");
	expect(f, SOUTH, "\r\nOK\r\n");
	say(f, SOUTH, "AT+CMGR=2\r");
	assert_ptr_equal(strstr(hear(f, SOUTH, "\r\nOK\r\n"), "\r\n+CMGR: 1,,18\r\n"), f->heard);
	command(f, SOUTH, "AT+CMGD=2\r");
	say(f, SOUTH, "AT+CMGR=2\r");
	expect(f, SOUTH, "\r\n+CMS ERROR: 321\r\n");
	say(f, SOUTH, "AT+CMGD=3\r");
	expect(f, SOUTH, "\r\n+CMS ERROR: 321\r\n");
	command(f, SOUTH, "AT+CMGD=1,1\r");
	say(f, SOUTH, "AT+CMGL=4\r");
	expect(f, SOUTH, "\r\nOK\r\n");
	assert_int_equal(events_with(f, "\"deleted\""), 2);
}

static void indications_come_as_cnmi_says(void **state)
{
	struct fixture *f = *state;
	const char *text =
		"{\"op\":\"incoming\",\"modem\":\"south\",\"from\":\"10086\",\"text\":\"x\"}";

	command(f, SOUTH, "ATE0\r");
	say(f, SOUTH, "AT+CNMI=?\r");
	expect(f, SOUTH, "\r\n+CNMI: (0-2),(0-2),(0,2),(0-2),(0,1)\r\n\r\nOK\r\n");
	say(f, SOUTH, "AT+CNMI=2,3\r");
	expect(f, SOUTH, "\r\n+CMS ERROR: 303\r\n");
	command(f, SOUTH, "AT+CNMI=2,1\r");
	op(f, text);
	expect(f, SOUTH, "\r\n+CMTI: \"SM\",1\r\n");
	command(f, SOUTH, "AT+CNMI=2,2\r");
	op(f, text);
	hear(f, SOUTH, "\r\n+CMT: ,17\r\n0891683108100005F00405810180F60000");
	hear(f, SOUTH, "\r\n");
	command(f, SOUTH, "AT+CNMI=2,1\r");
	op(f,
	   "{\"op\":\"incoming\",\"modem\":\"south\",\"from\":\"1\",\"text\":\"x\",\"class\":0}");
	hear(f, SOUTH, "\r\n+CMT: ,15\r\n");
	hear(f, SOUTH, "\r\n");
	assert_int_equal(events_with(f, "\"location\":null"), 2);
}

static void an_indication_waits_while_a_line_is_in_use(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0;+CNMI=2,1\r");
	say(f, NORTH, HELLO_CMGS);
	expect(f, NORTH, "\r\n> ");
	op(f, "{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"10086\",\"text\":\"x\"}");
	await_event(f, "\"deliver\"", 1);
	say(f, NORTH, HELLO_PDU "\x1a");
	expect(f, NORTH, "\r\n+CMGS: 1\r\n\r\nOK\r\n\r\n+CMTI: \"SM\",1\r\n");
}

static void a_modem_that_never_stores_hands_everything_over(void **state)
{
	struct fixture *f = *state;

	op(f, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"direct\",\"value\":true}");
	op(f, "{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"10086\",\"text\":\"x\"}");
	command(f, NORTH, "ATE0\r");
	say(f, NORTH, "AT+CNMI=2,1\r");
	expect(f, NORTH, "\r\n+CMS ERROR: 303\r\n");
	assert_int_equal(events_with(f, "\"deliver\""), 0);
	say(f, NORTH, "AT+CNMI=2,2,0,1\r");
	hear(f, NORTH, "\r\n+CMT: ,17\r\n");
}

static void a_modem_freezes_where_a_test_says(void **state)
{
	static const char *const points[] = {
		"start", "cmgs", "prompt", "pdu", "submit", "answer"
	};
	struct fixture *f = *state;
	char text[128];

	command(f, NORTH, "ATE0\r");
	for (size_t i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"%s\"}",
			 points[i]);
		op(f, text);
		say(f, NORTH, HELLO_CMGS);
		if (i >= 2)
			expect(f, NORTH, "\r\n> ");
		if (i >= 2)
			say(f, NORTH, HELLO_PDU "\x1a");
		snprintf(text, sizeof(text), "\"held\",\"modem\":\"north\",\"point\":\"%s\"",
			 points[i]);
		await_event(f, text, 1);
		assert_int_equal(events_with(f, "\"submit\",\"modem\""), i == 5 ? i + 1 : i);
		op(f, "{\"op\":\"resume\",\"modem\":\"north\"}");
		if (i < 2) {
			expect(f, NORTH, "\r\n> ");
			say(f, NORTH, HELLO_PDU "\x1a");
		}
		hear(f, NORTH, "\r\nOK\r\n");
		assert_int_equal(events_with(f, "\"submit\",\"modem\""), i + 1);
	}
	op_refused(f, "{\"op\":\"resume\",\"modem\":\"north\"}");
	op_refused(f, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"lunch\"}");
}

static void reading_freezes_where_a_test_says(void **state)
{
	static const char *const points[] = { "cmgl", "cmgr", "cmgd" };
	static const char *const commands[] = { "AT+CMGL=4\r", "AT+CMGR=1\r", "AT+CMGD=1\r" };
	struct fixture *f = *state;
	char text[128];

	command(f, NORTH, "ATE0;+CNMI=2,1\r");
	op(f, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"cmti\"}");
	op(f, "{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"10086\",\"text\":\"x\"}");
	expect(f, NORTH, "\r\n+CMTI: \"SM\",1\r\n");
	await_event(f, "\"point\":\"cmti\"", 1);
	op(f, "{\"op\":\"resume\",\"modem\":\"north\"}");
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"%s\"}",
			 points[i]);
		op(f, text);
		say(f, NORTH, commands[i]);
		await_event(f, "\"held\"", i + 2);
		assert_int_equal(events_with(f, "\"deleted\""), 0);
		op(f, "{\"op\":\"resume\",\"modem\":\"north\"}");
		hear(f, NORTH, "\r\nOK\r\n");
	}
	assert_int_equal(events_with(f, "\"deleted\""), 1);
}

static void a_pulled_modem_comes_back_as_after_power_up(void **state)
{
	struct fixture *f = *state;
	char byte;

	op(f, "{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"10086\",\"text\":\"x\"}");
	await_event(f, "\"deliver\"", 1);
	command(f, NORTH, "ATE0;+CMEE=1;+CNMI=2,1\r");
	say(f, NORTH, HELLO_CMGS);
	expect(f, NORTH, "\r\n> ");
	op(f, "{\"op\":\"unplug\",\"modem\":\"north\"}");
	assert_int_equal(read(f->tty[NORTH], &byte, 1), 0);
	op_refused(f, "{\"op\":\"unplug\",\"modem\":\"north\"}");
	op(f, "{\"op\":\"plug\",\"modem\":\"north\"}");
	close(f->tty[NORTH]);
	f->tty[NORTH] = open_tty(f, "north");
	say(f, NORTH, "AT+CMEE?;+CNMI?;+CPMS?\r");
	expect(f, NORTH,
	       "AT+CMEE?;+CNMI?;+CPMS?\r\r\n+CMEE: 0\r\n+CNMI: 0,0,0,0,0\r\n"
	       "+CPMS: \"SM\",1,50,\"SM\",1,50,\"SM\",1,50\r\n\r\nOK\r\n");
}

static void exclusive_use_ends_with_who_took_it(void **state)
{
	struct fixture *f = *state;
	time_t deadline = time(NULL) + PATIENCE_SECONDS;
	int exclusive = 0, other = open_tty(f, "north");

	assert_int_equal(ioctl(other, TIOCEXCL), 0);
	assert_int_equal(ioctl(f->tty[NORTH], TIOCGEXCL, &exclusive), 0);
	assert_int_equal(exclusive, 1);
	close(other);
	while (exclusive && time(NULL) < deadline) {
		turn(f);
		assert_int_equal(ioctl(f->tty[NORTH], TIOCGEXCL, &exclusive), 0);
	}
	assert_int_equal(exclusive, 0);
}

static void ussd_is_answered_in_the_characters_asked_for(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0\r");
	say(f, NORTH, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 4\r\n");
	op(f, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"ussd\",\"value\":\"1 Fee\\n2 Help\"}");
	say(f, NORTH, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 0,\"1 Fee\n2 Help\",15\r\n");
	op(f, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"ussd\",\"value\":\"余额\"}");
	command(f, NORTH, "AT+CSCS=\"UCS2\"\r");
	say(f, NORTH, "AT+CUSD=1,\"002A0031002300\",15\r");
	expect(f, NORTH, "\r\nERROR\r\n");
	say(f, NORTH, "AT+CUSD=1,\"002A00310023\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 0,\"4F59989D\",72\r\n");
	assert_int_equal(events_with(f, "\"code\":\"*1#\""), 1);
}

#define DIALOGUE(test) cmocka_unit_test_setup_teardown(test, fixture_up, fixture_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DIALOGUE(an_answer_comes_after_an_exact_echo),
		DIALOGUE(commands_share_a_line),
		DIALOGUE(what_is_no_command_is_an_error_or_nothing),
		DIALOGUE(a_line_of_more_than_1024_bytes_is_an_error),
		DIALOGUE(equipment_errors_follow_cmee),
		DIALOGUE(three_wrong_pins_ask_for_the_puk),
		DIALOGUE(a_pdu_is_sent_after_the_prompt),
		DIALOGUE(escape_leaves_the_prompt),
		DIALOGUE(a_wrong_pdu_is_refused_with_its_reason),
		DIALOGUE(noise_comes_between_any_two_lines),
		DIALOGUE(messages_are_listed_read_and_deleted),
		DIALOGUE(indications_come_as_cnmi_says),
		DIALOGUE(an_indication_waits_while_a_line_is_in_use),
		DIALOGUE(a_modem_that_never_stores_hands_everything_over),
		DIALOGUE(a_modem_freezes_where_a_test_says),
		DIALOGUE(reading_freezes_where_a_test_says),
		DIALOGUE(a_pulled_modem_comes_back_as_after_power_up),
		DIALOGUE(exclusive_use_ends_with_who_took_it),
		DIALOGUE(ussd_is_answered_in_the_characters_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
