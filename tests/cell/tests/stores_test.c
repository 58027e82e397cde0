/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a modem keeps messages and how it counts, shows and announces them: its profile's stores.
 */
#include "tests/cell/tests/fixture.h"

#define THREE_STORES                                                                               \
	"stores = ( { name = \"SM\"; size = 2; }, { name = \"ME\"; size = 3; },"                   \
	"           { name = \"SR\"; size = 1; } );"

static void text_comes(struct fixture *f, const char *modem)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "{\"op\":\"incoming\",\"modem\":\"%s\",\"from\":\"10086\",\"text\":\"x\"}", modem);
	op(f, text);
}

/* How many slots the op "store" shows with this memory and location. */
static size_t slots_with(struct fixture *f, const char *modem, const char *memory, int location)
{
	char text[128];
	size_t found = 0;
	const json_t *slots, *slot;
	size_t i;

	snprintf(text, sizeof(text), "{\"op\":\"store\",\"modem\":\"%s\"}", modem);
	slots = json_object_get(op(f, text), "slots");
	json_array_foreach(slots, i, slot)
		found += strcmp(json_string_value(json_object_get(slot, "memory")), memory) == 0 &&
			 json_integer_value(json_object_get(slot, "location")) == location;
	return found;
}

static void texts_go_to_their_store_and_reports_to_theirs(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, THREE_STORES "incoming = \"ME\"; reports = \"SR\";", "");
	command(f, ODD, "ATE0;+CNMI=2,1,0,2\r");
	text_comes(f, "odd");
	expect(f, ODD, "\r\n+CMTI: \"ME\",1\r\n");
	send_hello(f, ODD);
	expect(f, ODD, "\r\n+CDSI: \"SR\",1\r\n");
	assert_int_equal(slots_with(f, "odd", "ME", 1), 1);
	assert_int_equal(slots_with(f, "odd", "SR", 1), 1);
	assert_int_equal(events_with(f, "\"location\":1,\"from\":\"10086\",\"memory\":\"ME\""), 1);
	assert_int_equal(events_with(f, "\"location\":1,\"memory\":\"SR\""), 1);
	say(f, ODD, "AT+CPMS?\r");
	expect(f, ODD, "\r\n+CPMS: \"SM\",0,2,\"SM\",0,2,\"ME\",1,3\r\n\r\nOK\r\n");
}

static void cpms_selects_what_is_listed_read_and_deleted(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, THREE_STORES "incoming = \"ME\";", "");
	text_comes(f, "odd");
	await_event(f, "\"deliver\"", 1);
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CPMS=?\r");
	expect(f, ODD,
	       "\r\n+CPMS: (\"SM\",\"ME\",\"SR\"),(\"SM\",\"ME\",\"SR\"),(\"SM\",\"ME\",\"SR\")\r\n"
	       "\r\nOK\r\n");
	say(f, ODD, "AT+CMGR=1\r");
	expect(f, ODD, "\r\n+CMS ERROR: 321\r\n");
	say(f, ODD, "AT+CPMS=\"ME\"\r");
	expect(f, ODD, "\r\n+CPMS: 1,3,0,2,1,3\r\n\r\nOK\r\n");
	say(f, ODD, "AT+CMGD=?\r");
	expect(f, ODD, "\r\n+CMGD: (1-3),(0-4)\r\n\r\nOK\r\n");
	say(f, ODD, "AT+CMGL=4\r");
	assert_ptr_equal(strstr(hear(f, ODD, "\r\nOK\r\n"), "\r\n+CMGL: 1,0,,17\r\n"), f->heard);
	command(f, ODD, "AT+CMGR=1\r");
	command(f, ODD, "AT+CMGD=1\r");
	assert_int_equal(slots_with(f, "odd", "ME", 1), 0);
	assert_int_equal(events_with(f, "\"deleted\",\"modem\":\"odd\",\"location\":1,"
					"\"memory\":\"ME\""),
			 1);
	say(f, ODD, "AT+CPMS=\"MT\"\r");
	expect(f, ODD, "\r\n+CMS ERROR: 302\r\n");
	command(f, ODD, "ATZ\r");
	say(f, ODD, "AT+CPMS?\r");
	hear(f, ODD, "\r\n+CPMS: \"SM\",0,2,\"SM\",0,2,\"ME\",0,3\r\n\r\nOK\r\n");
}

static void the_third_memory_says_where_texts_go_unless_the_modem_knows_better(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, THREE_STORES, "");
	command(f, ODD, "ATE0;+CNMI=2,1\r");
	command(f, ODD, "AT+CPMS=\"SM\",\"SM\",\"ME\"\r");
	text_comes(f, "odd");
	expect(f, ODD, "\r\n+CMTI: \"ME\",1\r\n");
	command(f, ODD, "AT+CPMS=\"SM\",\"SM\",\"SM\"\r");
	text_comes(f, "odd");
	expect(f, ODD, "\r\n+CMTI: \"SM\",1\r\n");
}

static void a_modem_may_store_elsewhere_than_it_was_told(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, THREE_STORES "incoming = \"ME\";", "");
	command(f, ODD, "ATE0;+CNMI=2,1\r");
	command(f, ODD, "AT+CPMS=\"SM\",\"SM\",\"SM\"\r");
	text_comes(f, "odd");
	expect(f, ODD, "\r\n+CMTI: \"ME\",1\r\n");
}

static void mt_shows_sim_and_modem_as_one(void **state)
{
	struct fixture *f = *state;

	plug_odd(f,
		 "stores = ( { name = \"MT\"; size = 5; }, { name = \"SM\"; size = 2; },"
		 "           { name = \"ME\"; size = 3; } ); incoming = \"ME\"; reports = \"SM\";",
		 "");
	command(f, ODD, "ATE0;+CNMI=2,1,0,2\r");
	text_comes(f, "odd");
	expect(f, ODD, "\r\n+CMTI: \"ME\",1\r\n");
	send_hello(f, ODD);
	expect(f, ODD, "\r\n+CDSI: \"SM\",1\r\n");
	say(f, ODD, "AT+CPMS?\r");
	expect(f, ODD, "\r\n+CPMS: \"MT\",2,5,\"MT\",2,5,\"ME\",1,3\r\n\r\nOK\r\n");
	say(f, ODD, "AT+CMGL=4\r");
	hear(f, ODD, "\r\nOK\r\n");
	assert_ptr_equal(strstr(f->heard, "\r\n+CMGL: 1,0,,26\r\n"), f->heard);
	assert_non_null(strstr(f->heard, "\r\n+CMGL: 3,0,,17\r\n"));
	command(f, ODD, "AT+CMGD=3\r");
	assert_int_equal(slots_with(f, "odd", "ME", 1), 0);
	assert_int_equal(slots_with(f, "odd", "SM", 1), 1);
	command(f, ODD, "AT+CMGD=1,4\r");
	assert_int_equal(slots_with(f, "odd", "SM", 1), 0);
}

static void slots_may_be_counted_from_0(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "first_index = 0;", ",store_size=2");
	command(f, ODD, "ATE0;+CNMI=2,1\r");
	text_comes(f, "odd");
	expect(f, ODD, "\r\n+CMTI: \"SM\",0\r\n");
	text_comes(f, "odd");
	expect(f, ODD, "\r\n+CMTI: \"SM\",1\r\n");
	say(f, ODD, "AT+CMGR=2\r");
	expect(f, ODD, "\r\n+CMS ERROR: 321\r\n");
	say(f, ODD, "AT+CMGD=?\r");
	expect(f, ODD, "\r\n+CMGD: (0-1),(0-4)\r\n\r\nOK\r\n");
	say(f, ODD, "AT+CMGR=0\r");
	assert_ptr_equal(strstr(hear(f, ODD, "\r\nOK\r\n"), "\r\n+CMGR: 0,,17\r\n"), f->heard);
	command(f, ODD, "AT+CMGD=0\r");
	assert_int_equal(slots_with(f, "odd", "SM", 0), 0);
	assert_int_equal(slots_with(f, "odd", "SM", 1), 1);
}

static void an_announcement_of_a_report_may_be_wrong(void **state)
{
	struct fixture *f = *state;

	plug_odd(f,
		 THREE_STORES "reports = \"SR\"; report_memory = \"SM\"; report_index = 0;"
			      "first_index = 0; empty_ok = true;",
		 "");
	command(f, ODD, "ATE0;+CNMI=2,1,0,2\r");
	send_hello(f, ODD);
	expect(f, ODD, "\r\n+CDSI: \"SM\",0\r\n");
	assert_int_equal(slots_with(f, "odd", "SR", 0), 1);
	say(f, ODD, "AT+CMGR=0\r");
	expect(f, ODD, "\r\nOK\r\n");
	command(f, ODD, "AT+CPMS=\"SR\"\r");
	say(f, ODD, "AT+CMGR=0\r");
	assert_ptr_equal(strstr(hear(f, ODD, "\r\nOK\r\n"), "\r\n+CMGR: 0,,26\r\n"), f->heard);
}

static void headers_come_in_other_forms(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "read_header = \"quoted\"; list_header = \"short\"; length_excess = 2;", "");
	text_comes(f, "odd");
	await_event(f, "\"deliver\"", 1);
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CMGL=4\r");
	assert_ptr_equal(strstr(hear(f, ODD, "\r\nOK\r\n"), "\r\n+CMGL: 1,0,19\r\n0891"), f->heard);
	say(f, ODD, "AT+CMGR=1\r");
	assert_ptr_equal(strstr(hear(f, ODD, "\r\nOK\r\n"), "\r\n+CMGR: 1,\"\",19\r\n0891"),
			 f->heard);
}

static void a_service_centre_may_be_ucs2_or_empty(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "centre_form = \"ucs2\";", ",service_centre=+8613");
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CSCA?\r");
	expect(f, ODD, "\r\n+CSCA: \"002B0038003600310033\",145\r\n\r\nOK\r\n");
}

static void an_empty_service_centre_is_shown_as_such(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "centre_form = \"empty\";", "");
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CSCA?\r");
	expect(f, ODD, "\r\n+CSCA: \"\",129\r\n\r\nOK\r\n");
}

static void cnmi_takes_what_the_profile_says(void **state)
{
	struct fixture *f = *state;

	plug_odd(f,
		 "indications = [ \"01\", \"0123\", \"02\", \"0\", \"1\" ];"
		 "indications_error = 538;",
		 "");
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CNMI=?\r");
	expect(f, ODD, "\r\n+CNMI: (0,1),(0-3),(0,2),(0),(1)\r\n\r\nOK\r\n");
	say(f, ODD, "AT+CNMI=2,1,0,0,1\r");
	expect(f, ODD, "\r\n+CMS ERROR: 538\r\n");
	say(f, ODD, "AT+CNMI=1,1,0,0,0\r");
	expect(f, ODD, "\r\n+CMS ERROR: 538\r\n");
	command(f, ODD, "AT+CNMI=1,1,0,0,1\r");
}

static void reports_may_come_only_directly(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "direct_reports = true;", "");
	command(f, ODD, "ATE0\r");
	say(f, ODD, "AT+CNMI=2,1,0,2\r");
	expect(f, ODD, "\r\n+CMS ERROR: 303\r\n");
	command(f, ODD, "AT+CNMI=2,1,0,1\r");
	send_hello(f, ODD);
	hear(f, ODD, "\r\n+CDS: 26\r\n0891683108100005F00601");
	hear(f, ODD, "\r\n");
	text_comes(f, "odd");
	expect(f, ODD, "\r\n+CMTI: \"SM\",1\r\n");
}

static void a_text_may_come_by_both_ways(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "shown_twice = true;", "");
	command(f, ODD, "ATE0;+CNMI=2,1\r");
	text_comes(f, "odd");
	hear(f, ODD, "\r\n+CMT: ,17\r\n0891683108100005F0");
	hear(f, ODD, "\r\n");
	expect(f, ODD, "\r\n+CMTI: \"SM\",1\r\n");
}

static void set_key(struct fixture *f, const char *key, const char *value)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "{\"op\":\"set\",\"modem\":\"odd\",\"key\":\"%s\",\"value\":\"%s\"}", key, value);
	op(f, text);
}

static void another_sim_has_another_store_and_the_old_one_comes_back(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, THREE_STORES, ",iccid=89860000000000000001");
	text_comes(f, "odd");
	await_event(f, "\"deliver\"", 1);
	command(f, ODD, "ATE0;+CPMS=\"ME\",\"SM\",\"ME\"\r");
	text_comes(f, "odd");
	await_event(f, "\"deliver\"", 2);

	set_key(f, "cpin", "NOT INSERTED");
	set_key(f, "iccid", "89860000000000000002");
	set_key(f, "imsi", "460000000000002");
	say(f, ODD, "AT+CMGL=4\r");
	expect(f, ODD, "\r\n+CMS ERROR: 310\r\n");
	set_key(f, "cpin", "READY");
	say(f, ODD, "AT+CPMS?;+CIMI\r");
	expect(f, ODD,
	       "\r\n+CPMS: \"ME\",1,3,\"SM\",0,2,\"ME\",1,3\r\n460000000000002\r\n\r\nOK\r\n");
	set_key(f, "iccid", "89860000000000000001");
	assert_int_equal(slots_with(f, "odd", "SM", 1), 1);
	assert_int_equal(slots_with(f, "odd", "ME", 1), 1);
	set_key(f, "iccid", "89860000000000000001");
	assert_int_equal(slots_with(f, "odd", "SM", 1), 1);
}

static void a_new_sim_has_room_for_what_waited(void **state)
{
	struct fixture *f = *state;

	plug_odd(f, "", ",store_size=1");
	command(f, ODD, "ATE0;+CNMI=2,1\r");
	text_comes(f, "odd");
	expect(f, ODD, "\r\n+CMTI: \"SM\",1\r\n");
	text_comes(f, "odd");
	set_key(f, "iccid", "89860000000000000002");
	expect(f, ODD, "\r\n+CMTI: \"SM\",1\r\n");
}

#define STORES(test) cmocka_unit_test_setup_teardown(test, fixture_up, fixture_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORES(texts_go_to_their_store_and_reports_to_theirs),
		STORES(cpms_selects_what_is_listed_read_and_deleted),
		STORES(the_third_memory_says_where_texts_go_unless_the_modem_knows_better),
		STORES(a_modem_may_store_elsewhere_than_it_was_told),
		STORES(mt_shows_sim_and_modem_as_one),
		STORES(slots_may_be_counted_from_0),
		STORES(an_announcement_of_a_report_may_be_wrong),
		STORES(headers_come_in_other_forms),
		STORES(a_service_centre_may_be_ucs2_or_empty),
		STORES(an_empty_service_centre_is_shown_as_such),
		STORES(cnmi_takes_what_the_profile_says),
		STORES(reports_may_come_only_directly),
		STORES(a_text_may_come_by_both_ways),
		STORES(another_sim_has_another_store_and_the_old_one_comes_back),
		STORES(a_new_sim_has_room_for_what_waited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
