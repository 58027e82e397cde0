/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * USSD as a program meets it: codes, menus, silence, and the forms of the answer.
 */
#include "tests/cell/tests/fixture.h"

static void network_answers(struct fixture *f, const char *code, const char *text, bool menu)
{
	json_t *request = json_pack("{s:s,s:s,s:s,s:s,s:b}", "op", "ussd", "modem",
				    f->tty[ODD] >= 0 ? "odd" : "north", "code", code, "text", text,
				    "menu", menu);
	char *line = json_dumps(request, 0);

	op(f, line);
	free(line);
	json_decref(request);
}

static void a_code_is_answered_after_its_ok(void **state)
{
	struct fixture *f = *state;

	network_answers(f, "*100#", "Balance 12.50", false);
	command(f, NORTH, "ATE0\r");
	say(f, NORTH, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 0,\"Balance 12.50\",15\r\n");
	say(f, NORTH, "AT+CUSD=1,\"*111#\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 4\r\n");
	network_answers(f, "*100#", "Balance 0", false);
	say(f, NORTH, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 0,\"Balance 0\",15\r\n");
}

static void the_network_takes_its_time(void **state)
{
	struct fixture *f = *state;

	network_answers(f, "*100#", "Balance 12.50", false);
	op(f, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"ussd_ms\",\"value\":300}");
	command(f, NORTH, "ATE0;+CMEE=1\r");
	say(f, NORTH, "AT+CUSD=1,\"*100#\",15\rAT+CSQ\rAT+CUSD=1,\"*100#\",15\r");
	expect(f, NORTH,
	       "\r\nOK\r\n\r\n+CSQ: 20,99\r\n\r\nOK\r\n\r\n+CME ERROR: 3\r\n"
	       "\r\n+CUSD: 0,\"Balance 12.50\",15\r\n");
}

static void a_menu_is_walked_through(void **state)
{
	struct fixture *f = *state;

	network_answers(f, "*101#", "1 Balance\n2 Data", true);
	network_answers(f, "*101#>2", "1 Day\n2 Month", true);
	network_answers(f, "*101#>2>1", "Bought.", false);
	network_answers(f, "1", "Not in a menu.", false);
	command(f, NORTH, "ATE0\r");
	say(f, NORTH, "AT+CUSD=1,\"*101#\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 1,\"1 Balance\n2 Data\",15\r\n");
	say(f, NORTH, "AT+CUSD=1,\"2\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 1,\"1 Day\n2 Month\",15\r\n");
	say(f, NORTH, "AT+CUSD=1,\"1\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 0,\"Bought.\",15\r\n");
	say(f, NORTH, "AT+CUSD=1,\"1\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 0,\"Not in a menu.\",15\r\n");
	assert_int_equal(events_with(f, "\"ussd\",\"modem\":\"north\""), 4);
}

static void a_dialogue_ends_by_a_wrong_answer_or_by_the_program(void **state)
{
	struct fixture *f = *state;

	network_answers(f, "*101#", "1 Balance", true);
	network_answers(f, "*100#", "Balance 12.50", false);
	command(f, NORTH, "ATE0\r");
	say(f, NORTH, "AT+CUSD=1,\"*101#\",15\r");
	hear(f, NORTH, ",15\r\n");
	say(f, NORTH, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 2\r\n");
	say(f, NORTH, "AT+CUSD=1,\"*101#\",15\r");
	hear(f, NORTH, ",15\r\n");
	command(f, NORTH, "AT+CUSD=2\r");
	say(f, NORTH, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 0,\"Balance 12.50\",15\r\n");
	say(f, NORTH, "AT+CUSD?\r");
	expect(f, NORTH, "\r\n+CUSD: 1\r\n\r\nOK\r\n");
}

static void a_network_may_never_answer(void **state)
{
	struct fixture *f = *state;

	op(f, "{\"op\":\"ussd\",\"modem\":\"north\",\"code\":\"*1#\",\"text\":null}");
	network_answers(f, "*100#", "Balance 12.50", false);
	command(f, NORTH, "ATE0\r");
	say(f, NORTH, "AT+CUSD=1,\"*1#\",15\r");
	expect(f, NORTH, "\r\nOK\r\n");
	say(f, NORTH, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, NORTH, "\r\nERROR\r\n");
	command(f, NORTH, "AT+CUSD=2\r");
	say(f, NORTH, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 0,\"Balance 12.50\",15\r\n");
}

static void the_network_speaks_by_itself(void **state)
{
	struct fixture *f = *state;

	network_answers(f, ">1", "Yes it is.", false);
	command(f, NORTH, "ATE0\r");
	op(f, "{\"op\":\"ussd_say\",\"modem\":\"north\",\"text\":\"Unheard.\"}");
	command(f, NORTH, "AT+CUSD=1\r");
	op(f, "{\"op\":\"ussd_say\",\"modem\":\"north\",\"text\":\"Call ended.\"}");
	expect(f, NORTH, "\r\n+CUSD: 0,\"Call ended.\",15\r\n");
	op(f, "{\"op\":\"ussd_say\",\"modem\":\"north\",\"text\":\"1 OK\",\"menu\":true}");
	expect(f, NORTH, "\r\n+CUSD: 1,\"1 OK\",15\r\n");
	say(f, NORTH, "AT+CUSD=1,\"1\"\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 0,\"Yes it is.\",15\r\n");
	op(f, "{\"op\":\"ussd_say\",\"modem\":\"north\",\"status\":5}");
	expect(f, NORTH, "\r\n+CUSD: 5\r\n");
}

static void wrong_requests_are_told_what_is_wrong(void **state)
{
	struct fixture *f = *state;
	char text[1024];

	op_refused(f, "{\"op\":\"ussd\",\"modem\":\"north\",\"code\":\"*1#\"}");
	op_refused(f, "{\"op\":\"ussd\",\"modem\":\"north\",\"text\":\"x\"}");
	op_refused(f, "{\"op\":\"ussd_say\",\"modem\":\"north\",\"status\":6}");
	snprintf(text, sizeof(text),
		 "{\"op\":\"ussd\",\"modem\":\"north\",\"code\":\"*1#\",\"text\":\"%0600d\"}", 1);
	op_refused(f, text);
}

static void a_restart_ends_the_dialogue(void **state)
{
	struct fixture *f = *state;

	network_answers(f, "*101#", "1 Balance", true);
	command(f, NORTH, "ATE0\r");
	say(f, NORTH, "AT+CUSD=1,\"*101#\",15\r");
	hear(f, NORTH, ",15\r\n");
	op(f, "{\"op\":\"restart\",\"modem\":\"north\"}");
	command(f, NORTH, "ATE0\r");
	say(f, NORTH, "AT+CUSD=1,\"*101#\",15\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CUSD: 1,\"1 Balance\",15\r\n");
}

/* ---- forms ---- */

static void ucs2_comes_whatever_was_asked_for(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "ussd = \"ucs2\";", "");
	network_answers(f, "*100#", "Hi €", false);
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, ODD, "\r\nOK\r\n\r\n+CUSD: 0,\"00480069002020AC\",72\r\n");
}

/* "hello" is E8329BFD06 in every description of the packing; *100# is known from users' logs. */
static void packed_septets_are_wanted_and_given(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "ussd = \"packed\";", "");
	network_answers(f, "*100#", "hello", false);
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, ODD, "\r\nERROR\r\n");
	say(f, ODD, "AT+CUSD=1,\"AA180C3602\",15\r");
	expect(f, ODD, "\r\nOK\r\n\r\n+CUSD: 0,\"E8329BFD06\",15\r\n");
	assert_int_equal(events_with(f, "\"code\":\"*100#\""), 1);
	network_answers(f, "*100#", "余额", false);
	say(f, ODD, "AT+CUSD=1,\"AA180C3602\",15\r");
	expect(f, ODD, "\r\nOK\r\n\r\n+CUSD: 0,\"4F59989D\",72\r\n");
}

/* Seven septets leave seven spare bits, and a carriage return fills them: 23.038 6.1.2.3.1. */
static void seven_septets_are_filled_up(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "ussd = \"packed\";", "");
	network_answers(f, "*10000#", "*10000#", false);
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CUSD=1,\"AA180C06838D1A\",15\r");
	hear(f, ODD, "\r\nOK\r\n");
	expect(f, ODD, "\r\n+CUSD: 0,\"AA180C06838D1A\",15\r\n");
}

static void octets_may_come_in_hex(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "ussd = \"hex\";", "");
	network_answers(f, "*100#", "12.50", false);
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, ODD, "\r\nOK\r\n\r\n+CUSD: 0,\"31322E3530\",15\r\n");
}

static void ussd_may_want_another_command_first(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "ussd_before = \"AT^USSDMODE=0\";", "");
	network_answers(f, "*100#", "12.50", false);
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, ODD, "\r\nERROR\r\n");
	command(f, ODD, "AT^USSDMODE=0\r");
	say(f, ODD, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, ODD, "\r\nOK\r\n\r\n+CUSD: 0,\"12.50\",15\r\n");
	command(f, ODD, "AT+CFUN=1,1\r");
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CUSD=1,\"*100#\",15\r");
	expect(f, ODD, "\r\nERROR\r\n");
}

#define USSD(test) cmocka_unit_test_setup_teardown(test, fixture_up, fixture_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		USSD(a_code_is_answered_after_its_ok),
		USSD(the_network_takes_its_time),
		USSD(a_menu_is_walked_through),
		USSD(a_dialogue_ends_by_a_wrong_answer_or_by_the_program),
		USSD(a_network_may_never_answer),
		USSD(the_network_speaks_by_itself),
		USSD(wrong_requests_are_told_what_is_wrong),
		USSD(a_restart_ends_the_dialogue),
		USSD(ucs2_comes_whatever_was_asked_for),
		USSD(packed_septets_are_wanted_and_given),
		USSD(seven_septets_are_filled_up),
		USSD(octets_may_come_in_hex),
		USSD(ussd_may_want_another_command_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
