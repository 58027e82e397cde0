/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A modem does as its profile says: the line, what it says unasked, commands answered otherwise,
 * registration.
 */
#include "tests/cell/tests/fixture.h"

static const char text_in[] =
	"{\"op\":\"incoming\",\"modem\":\"odd\",\"from\":\"10086\",\"text\":\"x\"}";

static void a_profile_says_who_made_the_modem(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "firmware = \"1.2 \";", "");
	say(f, ODD, "AT+CGMI;+CGMM;+CGMR\r");
	expect(f, ODD, "AT+CGMI;+CGMM;+CGMR\r\r\nOdd\r\nOne\r\n1.2 \r\n\r\nOK\r\n");
}

static void other_keys_change_the_profile_wherever_it_stands(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "send_ms = 600000; stores = ( { name = \"SM\"; size = 3; } );",
		 ",store_size=2,send_ms=0");
	command(f, ODD, "ATE0\r");
	send_hello(f, ODD);
	say(f, ODD, "AT+CPMS?\r");
	expect(f, ODD, "\r\n+CPMS: \"SM\",0,2,\"SM\",0,2,\"SM\",0,2\r\n\r\nOK\r\n");
}

static void a_profile_that_is_not_there_is_an_error(void **state)
{
	struct fixture *f = *state;
	char why[MODEM_WHY_SIZE] = "";

	assert_int_equal(cell_add_modem(f->cell, "odd,profile=nobody", why), -1);
	assert_non_null(strstr(why, "nobody"));
}

static void echo_may_be_refused(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "echo = \"never\";", "");
	say(f, ODD, "ATE1\r");
	expect(f, ODD, "\r\nOK\r\n");
	say(f, ODD, "AT\r");
	expect(f, ODD, "\r\nOK\r\n");
}

static void echo_that_cannot_be_switched_off_stays(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "echo = \"always\";", "");
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT\r");
	expect(f, ODD, "AT\r\r\nOK\r\n");
}

static void blank_lines_stand_before_every_line(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "blank_lines = 2;", "");
	command(f, ODD, "ATE0;+CNMI=2,1\r");
	say(f, ODD, "AT+CSQ\r");
	expect(f, ODD, "\r\n\r\n\r\n+CSQ: 20,99\r\n\r\n\r\n\r\nOK\r\n");
	op(f, text_in);
	expect(f, ODD, "\r\n\r\n\r\n+CMTI: \"SM\",1\r\n");
}

static void a_prompt_may_lack_its_space(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "prompt = \"\\r\\n>\\r\\n\";", "");
	command(f, ODD, "ATE0\r");
	say(f, ODD, HELLO_CMGS);
	expect(f, ODD, "\r\n>\r\n");
	say(f, ODD, HELLO_PDU "\x1a");
	expect(f, ODD, "\r\n+CMGS: 1\r\n\r\nOK\r\n");
}

static void an_unknown_command_is_refused_in_the_words_of_the_family(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "unknown = \"COMMAND NOT SUPPORT\";", "");
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+NONE\r");
	expect(f, ODD, "\r\nCOMMAND NOT SUPPORT\r\n");
	say(f, ODD, "AT+CSQ;^NONE=1;+CSQ\r");
	expect(f, ODD, "\r\n+CSQ: 20,99\r\n\r\nCOMMAND NOT SUPPORT\r\n");
}

static void errors_may_come_in_words_that_nobody_asked_for(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "errors_in_words = true;", ",cpin=NOT INSERTED");
	command(f, ODD, "ATE0;+CMEE=1\r");
	say(f, ODD, "AT+CIMI\r");
	expect(f, ODD, "\r\n+CME ERROR: SIM not inserted\r\n");
	say(f, ODD, "AT+CMGL=4\r");
	expect(f, ODD, "\r\n+CMS ERROR: (U)SIM not inserted\r\n");
}

static void an_indication_that_waited_is_glued_to_ok(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "glue = true;", "");
	command(f, ODD, "ATE0;+CNMI=2,1\r");
	say(f, ODD, HELLO_CMGS);
	expect(f, ODD, "\r\n> ");
	op(f, text_in);
	op(f, text_in);
	await_event(f, "\"deliver\"", 2);
	say(f, ODD, HELLO_PDU "\x1a");
	expect(f, ODD, "\r\n+CMGS: 1\r\n\r\nOK+CMTI: \"SM\",1\r\n\r\n+CMTI: \"SM\",2\r\n");
	say(f, ODD, "AT\r");
	expect(f, ODD, "\r\nOK\r\n");
}

static void a_send_refused_may_leave_the_modem_at_the_prompt(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "stuck_prompt = true;", "");
	op(f, "{\"op\":\"fail\",\"modem\":\"odd\",\"error\":\"CMS:500\",\"count\":2}");
	command(f, ODD, "ATE0\r");
	say(f, ODD, HELLO_CMGS);
	expect(f, ODD, "\r\n> ");
	say(f, ODD, HELLO_PDU "\x1a");
	expect(f, ODD, "\r\n+CMS ERROR: 500\r\n");
	say(f, ODD, "AT\r\x1b");
	expect(f, ODD, "\r\nOK\r\n");
	say(f, ODD, HELLO_CMGS);
	expect(f, ODD, "\r\n> ");
	say(f, ODD, HELLO_PDU "\x1a");
	expect(f, ODD, "\r\n+CMS ERROR: 500\r\n");
	say(f, ODD, "AT\r\x1a");
	expect(f, ODD, "\r\n+CMS ERROR: 304\r\n");
	say(f, ODD, "AT\r");
	expect(f, ODD, "\r\nOK\r\n");
}

/* ---- unasked ---- */

static void boot_lines_come_after_every_power_up(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "boot = ( \"RDY\", { after_ms = 30; text = \"SMS Ready\"; } );", "");
	expect(f, ODD, "\r\nRDY\r\n\r\nSMS Ready\r\n");
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CFUN=1,1\r");
	expect(f, ODD, "\r\nOK\r\n\r\nRDY\r\n\r\nSMS Ready\r\n");
	op(f, "{\"op\":\"unplug\",\"modem\":\"odd\"}");
	op(f, "{\"op\":\"plug\",\"modem\":\"odd\"}");
	close(f->tty[ODD]);
	f->tty[ODD] = open_tty(f, "odd");
	expect(f, ODD, "\r\nRDY\r\n\r\nSMS Ready\r\n");
}

static void a_modem_that_restarts_by_itself_has_forgotten_all(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "boot = ( \"RDY\" );", ",cpin=SIM PIN");
	expect(f, ODD, "\r\nRDY\r\n");
	command(f, ODD, "ATE0;+CMEE=1;+CNMI=2,1;+CPIN=\"1234\"\r");
	say(f, ODD, HELLO_CMGS);
	expect(f, ODD, "\r\n> ");
	op(f, "{\"op\":\"restart\",\"modem\":\"odd\"}");
	expect(f, ODD, "\r\nRDY\r\n");
	say(f, ODD, "AT+CMEE?;+CNMI?;+CPIN?\r");
	expect(f, ODD,
	       "AT+CMEE?;+CNMI?;+CPIN?\r\r\n+CMEE: 0\r\n+CNMI: 0,0,0,0,0\r\n+CPIN: SIM PIN\r\n"
	       "\r\nOK\r\n");
	assert_int_equal(events_with(f, "\"restarted\",\"modem\":\"odd\""), 1);
	op(f, "{\"op\":\"unplug\",\"modem\":\"odd\"}");
	op_refused(f, "{\"op\":\"restart\",\"modem\":\"odd\"}");
}

static void a_restart_ends_a_hold(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0\r");
	op(f, "{\"op\":\"hold\",\"modem\":\"north\",\"at\":\"cmgl\"}");
	say(f, NORTH, "AT+CMGL=4\r");
	await_event(f, "\"held\"", 1);
	op(f, "{\"op\":\"restart\",\"modem\":\"north\"}");
	say(f, NORTH, "AT\r");
	expect(f, NORTH, "AT\r\r\nOK\r\n");
}

static void chatter_comes_in_turn_and_by_itself(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "chatter = ( \"^RSSI: 3\", \"+ZPASR: \\\"UMTS\\\"\" );", ",chatter_ms=2");
	expect(f, ODD,
	       "\r\n^RSSI: 3\r\n\r\n+ZPASR: \"UMTS\"\r\n\r\n^RSSI: 3\r\n\r\n+ZPASR: \"UMTS\"\r\n");
	op(f, "{\"op\":\"set\",\"modem\":\"odd\",\"key\":\"chatter_ms\",\"value\":0}");
	say(f, ODD, "ATE0\r");
	hear(f, ODD, "\r\nOK\r\n");
	say(f, ODD, "AT+CSQ;+CSQ;+CSQ\r");
	expect(f, ODD, "\r\n+CSQ: 20,99\r\n+CSQ: 20,99\r\n+CSQ: 20,99\r\n\r\nOK\r\n");
}

static void chatter_comes_between_any_two_lines_of_answers(void **state)
{
	struct fixture *f = *state;
	size_t within = 0;

	plug_odd(f, "chatter = ( \"^RSSI: 3\" );", ",chatter_ms=1");
	op(f, text_in);
	await_event(f, "\"deliver\"", 1);
	command(f, ODD, "ATE0\r");
	for (time_t end = time(NULL) + PATIENCE_SECONDS; within < 3 && time(NULL) < end;) {
		const char *heard, *header;

		say(f, ODD, "AT+CMGL=4\r");
		heard = hear(f, ODD, "\r\nOK\r\n");
		header = strstr(heard, "+CMGL: 1,");
		assert_non_null(header);
		header = strchr(header, '\n') + 1;
		assert_non_null(strstr(header, "0891683108100005F0"));
		within += strncmp(header, "\r\n^RSSI: 3\r\n0891", 16) == 0;
	}
	assert_int_equal(within, 3);
}

/* ---- commands that a profile answers ---- */

static void a_profile_answers_in_place_of_the_modem(void **state)
{
	struct fixture *f = *state;

	plug_odd(f,
		 "replies = ("
		 " { command = \"AT+CPMS=?\"; lines = [ \"+CPMS: (),(),()\" ]; final = \"OK\"; },"
		 " { command = \"AT+CPIN?\"; lines = [ \"+CPIN: READY\" ]; final = \"-\"; },"
		 " { command = \"AT+CNMI=*\"; final = \"ERROR\"; },"
		 " { command = \"AT+CSQ\"; lines = [ \"#STN: 1\", \"#STN: 2\" ]; } );",
		 "");
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CPMS=?;+CMEE?\r");
	expect(f, ODD, "\r\n+CPMS: (),(),()\r\n+CMEE: 0\r\n\r\nOK\r\n");
	say(f, ODD, "at+cnmi=2,1;+CSQ\r");
	expect(f, ODD, "\r\nERROR\r\n");
	say(f, ODD, "AT+CPIN?\r");
	expect(f, ODD, "\r\n+CPIN: READY\r\n");
	say(f, ODD, "AT+CSQ\r");
	expect(f, ODD, "\r\n#STN: 1\r\n#STN: 2\r\n+CSQ: 20,99\r\n\r\nOK\r\n");
}

static void an_answer_may_be_wrong_only_so_many_times(void **state)
{
	struct fixture *f = *state;

	plug_odd(
		f,
		"replies = ( { command = \"AT+CSCA?\"; final = \"+CME ERROR: 14\"; times = 2; } );",
		"");
	command(f, ODD, "ATE0\r");
	for (int power_up = 0; power_up < 2; power_up++) {
		for (int i = 0; i < 2; i++) {
			say(f, ODD, "AT+CSCA?\r");
			expect(f, ODD, "\r\n+CME ERROR: 14\r\n");
		}
		command(f, ODD, "AT+CSCA?\r");
		command(f, ODD, "AT+CFUN=1,1\r");
		command(f, ODD, "ATE0\r");
	}
}

static void an_answer_may_be_wrong_until_a_boot_line(void **state)
{
	struct fixture *f = *state;

	plug_odd(
		f,
		"boot = ( { after_ms = 1000; text = \"SMS Ready\"; } );"
		"replies = ( { command = \"AT+CMGF=*\"; final = \"ERROR\"; until = \"SMS Ready\"; } );",
		"");
	op(f, "{\"op\":\"restart\",\"modem\":\"odd\"}");
	say(f, ODD, "AT+CMGF=0\r");
	expect(f, ODD, "AT+CMGF=0\r\r\nERROR\r\n");
	hear(f, ODD, "SMS Ready\r\n");
	say(f, ODD, "AT+CMGF=0\r");
	expect(f, ODD, "AT+CMGF=0\r\r\nOK\r\n");
}

static void an_answer_may_be_wrong_until_or_after_a_command(void **state)
{
	struct fixture *f = *state;

	plug_odd(f,
		 "replies = ("
		 " { command = \"AT+CSQ\"; final = \"+CME ERROR: 11\"; until = \"AT+CPIN?\"; },"
		 " { command = \"AT+C*\"; final = \"+CME ERROR: 515\"; after = \"AT+CFUN=1\";"
		 "   times = 2; } );",
		 "");
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CSQ\r");
	expect(f, ODD, "\r\n+CME ERROR: 11\r\n");
	command(f, ODD, "AT+CPIN?\r");
	command(f, ODD, "AT+CSQ\r");
	for (int round = 0; round < 2; round++) {
		command(f, ODD, "AT+CFUN=1\r");
		for (int i = 0; i < 2; i++) {
			say(f, ODD, "AT+CSQ\r");
			expect(f, ODD, "\r\n+CME ERROR: 515\r\n");
		}
		command(f, ODD, "AT+CSQ\r");
	}
}

static void an_answer_may_take_its_time(void **state)
{
	struct fixture *f = *state;
	struct timespec before, after;

	plug_odd(f, "replies = ( { command = \"AT+COPS?\"; delay_ms = 120; } );", "");
	command(f, ODD, "ATE0\r");
	clock_gettime(CLOCK_MONOTONIC, &before);
	say(f, ODD, "AT+CSQ;+COPS?;+CSQ\rAT+CMEE?\r");
	expect(f, ODD,
	       "\r\n+CSQ: 20,99\r\n+COPS: 0,0,\"FOOTBRIDGE\"\r\n+CSQ: 20,99\r\n\r\nOK\r\n"
	       "\r\n+CMEE: 0\r\n\r\nOK\r\n");
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true((after.tv_sec - before.tv_sec) * 1000 +
			    (after.tv_nsec - before.tv_nsec) / 1000000 >=
		    110);
}

/* ---- registration ---- */

static void a_domain_may_hold_its_tongue(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "silent_domain = { CREG = true; };", "");
	command(f, ODD, "ATE0;+CREG=2;+CEREG=1\r");
	say(f, ODD, "AT+CREG?;+CEREG?\r");
	expect(f, ODD, "\r\n+CREG: 2,0\r\n+CEREG: 1,1\r\n\r\nOK\r\n");
	op(f, "{\"op\":\"set\",\"modem\":\"odd\",\"key\":\"registration\",\"value\":5}");
	expect(f, ODD, "\r\n+CEREG: 5\r\n");
}

static void a_domain_may_go_by_another_name_with_a_tail_of_its_own(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "domain_name = { CEREG = \"+CGREG\"; }; domain_tail = \",2AF5,0B88E350,2\";",
		 "");
	command(f, ODD, "ATE0;+CEREG=2\r");
	say(f, ODD, "AT+CEREG?;+CREG?\r");
	expect(f, ODD, "\r\n+CGREG: 2,1,2AF5,0B88E350,2\r\n+CREG: 0,1\r\n\r\nOK\r\n");
	op(f, "{\"op\":\"set\",\"modem\":\"odd\",\"key\":\"registration\",\"value\":5}");
	expect(f, ODD, "\r\n+CGREG: 5,2AF5,0B88E350,2\r\n");
}

#define QUIRK(test) cmocka_unit_test_setup_teardown(test, fixture_up, fixture_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		QUIRK(a_profile_says_who_made_the_modem),
		QUIRK(other_keys_change_the_profile_wherever_it_stands),
		QUIRK(a_profile_that_is_not_there_is_an_error),
		QUIRK(echo_may_be_refused),
		QUIRK(echo_that_cannot_be_switched_off_stays),
		QUIRK(blank_lines_stand_before_every_line),
		QUIRK(a_prompt_may_lack_its_space),
		QUIRK(an_unknown_command_is_refused_in_the_words_of_the_family),
		QUIRK(errors_may_come_in_words_that_nobody_asked_for),
		QUIRK(an_indication_that_waited_is_glued_to_ok),
		QUIRK(a_send_refused_may_leave_the_modem_at_the_prompt),
		QUIRK(boot_lines_come_after_every_power_up),
		QUIRK(a_modem_that_restarts_by_itself_has_forgotten_all),
		QUIRK(a_restart_ends_a_hold),
		QUIRK(chatter_comes_in_turn_and_by_itself),
		QUIRK(chatter_comes_between_any_two_lines_of_answers),
		QUIRK(a_profile_answers_in_place_of_the_modem),
		QUIRK(an_answer_may_be_wrong_only_so_many_times),
		QUIRK(an_answer_may_be_wrong_until_a_boot_line),
		QUIRK(an_answer_may_be_wrong_until_or_after_a_command),
		QUIRK(an_answer_may_take_its_time),
		QUIRK(a_domain_may_hold_its_tongue),
		QUIRK(a_domain_may_go_by_another_name_with_a_tail_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
