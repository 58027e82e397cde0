/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the service centre and the phones do, seen from modems and from the control socket.
 */
#include "tests/cell/tests/fixture.h"

static const char *shown_text(struct fixture *f, const char *phone, size_t index)
{
	char text[128];

	snprintf(text, sizeof(text), "{\"op\":\"screen\",\"phone\":\"%s\"}", phone);
	return json_string_value(json_object_get(
		json_array_get(json_object_get(op(f, text), "messages"), index), "text"));
}

static void a_text_is_shown_and_reported(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0;+CNMI=2,1,0,1\r");
	send_hello(f, NORTH);
	assert_ptr_equal(strstr(hear(f, NORTH, "00\r\n"),
				"\r\n+CDS: 26\r\n0891683108100005F006010D91683108000000F2"),
			 f->heard);
	assert_string_equal(shown_text(f, "+8613800000002", 0), "hello");
	assert_int_equal(events_with(f, "\"report\",\"modem\":\"north\",\"reference\":1,"
					"\"status\":0"),
			 1);
}

static void reports_are_stored_when_asked_for(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0;+CNMI=2,1,0,2\r");
	send_hello(f, NORTH);
	expect(f, NORTH, "\r\n+CDSI: \"SM\",1\r\n");
	say(f, NORTH, "AT+CMGR=1\r");
	assert_ptr_equal(strstr(hear(f, NORTH, "\r\nOK\r\n"), "\r\n+CMGR: 0,,26\r\n"), f->heard);
}

static void an_unreachable_phone_gets_its_text_later(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0;+CNMI=2,1,0,1\r");
	op(f, "{\"op\":\"phone\",\"number\":\"+8613800000002\",\"reachable\":false}");
	send_hello(f, NORTH);
	op(f, "{\"op\":\"advance\",\"ms\":3000000}");
	assert_int_equal(screen_count(f, "+8613800000002"), 0);
	op(f, "{\"op\":\"phone\",\"number\":\"+8613800000002\",\"reachable\":true}");
	await_event(f, "\"status\":0", 1);
	assert_int_equal(screen_count(f, "+8613800000002"), 1);
}

static void validity_ends_with_a_report_of_0x46(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0;+CNMI=2,1,0,1\r");
	op(f, "{\"op\":\"phone\",\"number\":\"+8613800000002\",\"reachable\":false}");
	send_hello(f, NORTH);
	op(f, "{\"op\":\"advance\",\"ms\":3590000}");
	assert_int_equal(events_with(f, "\"report\",\"modem\""), 0);
	op(f, "{\"op\":\"advance\",\"ms\":10000}");
	await_event(f, "\"status\":70", 1);
	hear(f, NORTH, "46\r\n");
	op(f, "{\"op\":\"phone\",\"number\":\"+8613800000002\",\"reachable\":true}");
	op(f, "{\"op\":\"advance\",\"ms\":1}");
	assert_int_equal(screen_count(f, "+8613800000002"), 0);
}

static void a_temporary_report_comes_first_if_asked_for(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0;+CNMI=2,1,0,1\r");
	op(f,
	   "{\"op\":\"report\",\"number\":\"+8613800000002\",\"mode\":\"normal\",\"status\":48}");
	op(f, "{\"op\":\"phone\",\"number\":\"+8613800000002\",\"reachable\":false}");
	send_hello(f, NORTH);
	await_event(f, "\"status\":48,\"number\"", 1);
	op(f, "{\"op\":\"phone\",\"number\":\"+8613800000002\",\"reachable\":true}");
	await_event(f, "\"status\":0", 1);
	assert_int_equal(events_with(f, "\"status\":48,\"number\""), 1);
}

static void withheld_reports_wait_for_their_release(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0;+CNMI=2,1,0,1\r");
	op(f, "{\"op\":\"report\",\"number\":\"+8613800000002\",\"mode\":\"withhold\"}");
	send_hello(f, NORTH);
	send_hello(f, NORTH);
	op(f, "{\"op\":\"advance\",\"ms\":7200000}");
	assert_int_equal(screen_count(f, "+8613800000002"), 2);
	assert_int_equal(events_with(f, "\"report\",\"modem\""), 0);
	op(f, "{\"op\":\"release\",\"number\":\"+8613800000002\"}");
	await_event(f, "\"status\":0", 2);
}

static void late_reports_come_after_their_delay(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0;+CNMI=2,1,0,1\r");
	op(f, "{\"op\":\"report\",\"number\":\"+8613800000002\",\"delay_ms\":60000}");
	send_hello(f, NORTH);
	op(f, "{\"op\":\"advance\",\"ms\":50000}");
	assert_int_equal(events_with(f, "\"report\",\"modem\""), 0);
	op(f, "{\"op\":\"advance\",\"ms\":10000}");
	await_event(f, "\"status\":0", 1);
}

static void failed_deliveries_are_reported_and_never_shown(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0;+CNMI=2,1,0,1\r");
	op(f, "{\"op\":\"report\",\"number\":\"+8613800000002\",\"mode\":\"fail\"}");
	send_hello(f, NORTH);
	await_event(f, "\"status\":65", 1);
	op(f, "{\"op\":\"report\",\"number\":\"+8613800000002\",\"mode\":\"fail\",\"status\":99}");
	send_hello(f, NORTH);
	await_event(f, "\"status\":99", 1);
	assert_int_equal(screen_count(f, "+8613800000002"), 0);
}

static void sends_fail_as_a_test_says(void **state)
{
	static const struct {
		const char *error, *answer;
	} rows[] = {
		{ "CMS:38", "\r\n+CMS ERROR: 38\r\n" },
		{ "CME:10", "\r\n+CME ERROR: 10\r\n" },
		{ "ERROR", "\r\nERROR\r\n" },
	};
	struct fixture *f = *state;
	char text[128];

	command(f, NORTH, "ATE0;+CMEE=1\r");
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "{\"op\":\"fail\",%s,\"error\":\"%s\"}",
			 i == 1 ? "\"number\":\"+8613800000002\"" : "\"modem\":\"north\"",
			 rows[i].error);
		op(f, text);
		say(f, NORTH, HELLO_CMGS);
		expect(f, NORTH, "\r\n> ");
		say(f, NORTH, HELLO_PDU "\x1a");
		expect(f, NORTH, rows[i].answer);
	}
	assert_int_equal(events_with(f, "\"refused\""), 3);
	send_hello(f, NORTH);
	await_event(f, "\"screen\"", 1);
	op_refused(f, "{\"op\":\"fail\",\"modem\":\"north\",\"error\":\"CMS\"}");
	op_refused(f, "{\"op\":\"fail\",\"modem\":\"north\",\"error\":\"CMS:12x\"}");
}

static void a_silent_send_arrives_and_a_dropped_one_does_not(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0\r");
	op(f, "{\"op\":\"fail\",\"modem\":\"north\",\"error\":\"SILENT\"}");
	say(f, NORTH, HELLO_CMGS);
	expect(f, NORTH, "\r\n> ");
	say(f, NORTH, HELLO_PDU "\x1a");
	await_event(f, "\"screen\"", 1);
	op(f, "{\"op\":\"fail\",\"modem\":\"north\",\"error\":\"DROP\"}");
	say(f, NORTH, HELLO_CMGS);
	expect(f, NORTH, "\r\n> ");
	say(f, NORTH, HELLO_PDU "\x1a");
	await_event(f, "\"error\":\"DROP\"", 1);
	say(f, NORTH, "AT\r");
	expect(f, NORTH, "\r\nOK\r\n");
	assert_int_equal(screen_count(f, "+8613800000002"), 1);
}

static void a_full_sim_gets_the_rest_when_there_is_room(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 4; i++)
		op(f,
		   "{\"op\":\"incoming\",\"modem\":\"south\",\"from\":\"10086\",\"text\":\"x\"}");
	await_event(f, "\"deliver\"", 2);
	command(f, SOUTH, "ATE0;+CNMI=2,1,0,2\r");
	say(f, SOUTH, HELLO_CMGS);
	hear(f, SOUTH, "\r\n> ");
	say(f, SOUTH, HELLO_PDU "\x1a");
	await_event(f, "\"screen\"", 1);
	assert_int_equal(events_with(f, "\"deliver\""), 2);
	hear(f, SOUTH, "\r\nOK\r\n");
	say(f, SOUTH, "AT+CMGD=1,4\r");
	expect(f, SOUTH, "\r\nOK\r\n\r\n+CMTI: \"SM\",1\r\n\r\n+CMTI: \"SM\",2\r\n");
	say(f, SOUTH, "AT+CMGD=2\r");
	expect(f, SOUTH, "\r\nOK\r\n\r\n+CDSI: \"SM\",2\r\n");
}

static void an_unregistered_modem_sends_and_gets_nothing(void **state)
{
	struct fixture *f = *state;

	command(f, NORTH, "ATE0;+CNMI=2,1;+CREG=1\r");
	op(f, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"registration\",\"value\":2}");
	expect(f, NORTH, "\r\n+CREG: 2\r\n");
	op(f, "{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"10086\",\"text\":\"x\"}");
	say(f, NORTH, HELLO_CMGS);
	expect(f, NORTH, "\r\n> ");
	say(f, NORTH, HELLO_PDU "\x1a");
	expect(f, NORTH, "\r\n+CMS ERROR: 331\r\n");
	say(f, NORTH, "AT+COPS?;+CREG?\r");
	expect(f, NORTH, "\r\n+COPS: 0\r\n+CREG: 1,2\r\n\r\nOK\r\n");
	assert_int_equal(events_with(f, "\"deliver\""), 0);
	op(f, "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"registration\",\"value\":5}");
	expect(f, NORTH, "\r\n+CREG: 5\r\n\r\n+CMTI: \"SM\",1\r\n");
	say(f, NORTH, "AT+CFUN=4\r");
	expect(f, NORTH, "\r\nOK\r\n\r\n+CREG: 0\r\n");
}

static void a_modem_can_text_another(void **state)
{
	struct fixture *f = *state;

	command(f, SOUTH, "ATE0;+CNMI=2,1\r");
	op(f, "{\"op\":\"type\",\"phone\":\"+8613800000002\",\"to\":\"" SOUTH_NUMBER "\","
	      "\"text\":\"\\u4f60\\u0000 ~\"}");
	expect(f, SOUTH, "\r\n+CMTI: \"SM\",1\r\n");
	say(f, SOUTH, "AT+CMGR=1\r");
	assert_non_null(strstr(hear(f, SOUTH, "\r\nOK\r\n"), "08"
							     "4F6000000020007E\r\n"));

	command(f, NORTH, "ATE0\r");
	say(f, NORTH, "AT+CMGS=20\r");
	expect(f, NORTH, "\r\n> ");
	say(f, NORTH, "0031000D91683109000000F200000B05E8329BFD06\x1a");
	expect(f, SOUTH, "\r\n+CMTI: \"SM\",2\r\n");
	say(f, SOUTH, "AT+CMGR=2\r");
	assert_non_null(strstr(hear(f, SOUTH, "\r\nOK\r\n"), "040D91683109000000F10000"));
}

static void a_message_is_shown_when_its_last_part_is_there(void **state)
{
	struct fixture *f = *state;
	json_t *first;

	op(f, "{\"op\":\"phone\",\"number\":\"+8613800000009\",\"reachable\":true}");
	command(f, NORTH, "ATE0\r");
	for (int i = 2; i >= 1; i--) {
		char pdu[128];

		snprintf(pdu, sizeof(pdu), "0041000D91683108000000F90008080500030702%02d%s\x1a", i,
			 i == 1 ? "4F60" : "597D");
		say(f, NORTH, "AT+CMGS=22\r");
		expect(f, NORTH, "\r\n> ");
		say(f, NORTH, pdu);
		hear(f, NORTH, "\r\nOK\r\n");
		await_event(f, "\"submit\"", i == 2 ? 1 : 2);
		if (i == 2) {
			op(f, "{\"op\":\"advance\",\"ms\":0}");
			first = json_array_get(json_object_get(op(f, "{\"op\":\"screen\",\"phone\":"
								     "\"+8613800000009\"}"),
							       "messages"),
					       0);
			assert_true(json_is_false(json_object_get(first, "complete")));
			assert_int_equal(events_with(f, "\"screen\""), 0);
		}
	}
	await_event(f, "\"screen\"", 1);
	assert_string_equal(shown_text(f, "+8613800000009", 0), "你好");
	assert_int_equal(screen_count(f, "+8613800000009"), 1);
}

static void parts_come_in_the_order_asked_for(void **state)
{
	struct fixture *f = *state;
	char text[512] =
		"{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"10086\",\"wide\":true,"
		"\"reference\":258,\"order\":[3,1,1,2],\"omit\":[2],\"text\":\"";
	json_t *slots;
	static const char *const sequences[] = { "03", "01", "01" };
	size_t size;

	size = strlen(text);
	memset(text + size, 'x', 310);
	memcpy(text + size + 310, "\"}", 3);
	assert_int_equal(json_integer_value(json_object_get(op(f, text), "delivered")), 3);
	await_event(f, "\"deliver\"", 3);
	slots = json_object_get(op(f, "{\"op\":\"store\",\"modem\":\"north\"}"), "slots");
	for (size_t i = 0; i < 3; i++) {
		const char *hex =
			json_string_value(json_object_get(json_array_get(slots, i), "hex"));
		const char *header = strstr(hex, "060804010203");

		assert_non_null(header);
		assert_memory_equal(header + 12, sequences[i], 2);
	}
}

static void wrong_requests_are_refused_with_a_reason(void **state)
{
	static const char *const wrong[] = {
		"[]",
		"{}",
		"{\"op\":\"dance\"}",
		"{\"op\":\"type\",\"phone\":\"+861\"}",
		"{\"op\":\"type\",\"phone\":\"Bank\",\"to\":\"+861\",\"text\":\"x\"}",
		"{\"op\":\"incoming\",\"modem\":\"west\",\"from\":\"1\",\"text\":\"x\"}",
		"{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"A name too long\",\"text\":\"x\"}",
		"{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"1\",\"text\":\"x\",\"class\":4}",
		"{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"1\",\"text\":\"x\",\"order\":[2]}",
		"{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"1\",\"text\":\"`\",\"alphabet\":\"gsm7\"}",
		"{\"op\":\"tpdu\",\"modem\":\"north\",\"hex\":\"0\"}",
		"{\"op\":\"set\",\"modem\":\"north\",\"key\":\"colour\",\"value\":1}",
		"{\"op\":\"set\",\"modem\":\"north\",\"key\":\"signal\",\"value\":32}",
		"{\"op\":\"set\",\"modem\":\"north\",\"key\":\"signal\"}",
		"{\"op\":\"set\",\"modem\":\"north\",\"key\":\"store_size\",\"value\":256}",
		"{\"op\":\"phone\",\"number\":\"+861\",\"reachable\":1}",
		"{\"op\":\"report\",\"number\":\"+861\",\"mode\":\"maybe\"}",
		"{\"op\":\"report\",\"number\":\"+861\",\"status\":256}",
		"{\"op\":\"advance\",\"ms\":-1}",
		"{\"op\":\"plug\",\"modem\":\"north\"}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		op_refused(f, wrong[i]);
}

#define NETWORK(test) cmocka_unit_test_setup_teardown(test, fixture_up, fixture_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETWORK(a_text_is_shown_and_reported),
		NETWORK(reports_are_stored_when_asked_for),
		NETWORK(an_unreachable_phone_gets_its_text_later),
		NETWORK(validity_ends_with_a_report_of_0x46),
		NETWORK(a_temporary_report_comes_first_if_asked_for),
		NETWORK(withheld_reports_wait_for_their_release),
		NETWORK(late_reports_come_after_their_delay),
		NETWORK(failed_deliveries_are_reported_and_never_shown),
		NETWORK(sends_fail_as_a_test_says),
		NETWORK(a_silent_send_arrives_and_a_dropped_one_does_not),
		NETWORK(a_full_sim_gets_the_rest_when_there_is_room),
		NETWORK(an_unregistered_modem_sends_and_gets_nothing),
		NETWORK(a_modem_can_text_another),
		NETWORK(a_message_is_shown_when_its_last_part_is_there),
		NETWORK(parts_come_in_the_order_asked_for),
		NETWORK(wrong_requests_are_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
