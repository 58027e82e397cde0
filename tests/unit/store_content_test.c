/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is no text for people is kept as hex and told apart; a picture message that waits is told in
 * words.
 */
#include "tests/unit/store_sms.h"

#define DAY USEC_PER_DAY

static struct inbox come(struct fixture *f, struct sms sms)
{
	sms.from = ALICE;
	sms.sent = T0;
	sms_come(f, sms, T0);
	return inbox(f);
}

static void what_is_said_in_letters_is_text(void **state)
{
	struct inbox in = come(*state, (struct sms){ .text = "hello" });

	assert_int_equal(in.items[0].kind, INBOUND_TEXT);
	assert_int_equal(in.items[0].port, -1);
	assert_string_equal(in.text[0], "hello");
}

static void octets_are_data_in_hex(void **state)
{
	struct inbox in = come(*state, (struct sms){
					       .coding = CODING_DATA,
					       .text = "\x00\xff\x7e\x0a",
					       .size = 4,
				       });

	assert_int_equal(in.items[0].kind, INBOUND_DATA);
	assert_int_equal(in.items[0].port, -1);
	assert_int_equal(in.items[0].state, INBOUND_RECEIVED);
	assert_string_equal(in.text[0], "00FF7E0A");
}

static void octets_to_a_port_are_told_with_it(void **state)
{
	struct inbox in = come(*state, (struct sms){
					       .coding = CODING_DATA,
					       .text = "\x01\x02",
					       .port = 16000,
				       });

	assert_int_equal(in.items[0].kind, INBOUND_DATA);
	assert_int_equal(in.items[0].port, 16000);
	assert_string_equal(in.text[0], "0102");
}

static void letters_to_a_port_are_data_too(void **state)
{
	struct inbox in = come(*state, (struct sms){ .text = "REG-RESP", .port = 16000 });

	assert_int_equal(in.items[0].kind, INBOUND_DATA);
	assert_int_equal(in.items[0].port, 16000);
	assert_string_equal(in.text[0], "5245472D52455350");
}

static void data_in_parts_is_one(void **state)
{
	struct fixture *f = *state;
	struct sms sms = { .coding = CODING_DATA, .text = "\x03\x04", .port = 5000 };
	struct inbox in;

	sms.concat = part_of(9, 2, 2);
	assert_int_equal(come(f, sms).count, 0);
	fixture_reopen(f);
	sms.text = "\x01\x02";
	sms.concat.sequence = 1;
	in = come(f, sms);
	assert_int_equal(in.items[0].kind, INBOUND_DATA);
	assert_int_equal(in.items[0].port, 5000);
	assert_string_equal(in.text[0], "01020304");
}

static void a_gap_in_what_goes_to_a_port_is_no_data(void **state)
{
	struct fixture *f = *state;
	struct sms sms = { .text = "OK", .port = 16000, .concat = part_of(9, 3, 2) };
	struct inbox in;

	come(f, sms);
	tick(f, T0 + 3 * DAY);
	in = inbox(f);
	assert_int_equal(in.items[0].state, INBOUND_INCOMPLETE);
	assert_int_equal(in.items[0].kind, INBOUND_DATA);
	assert_string_equal(in.text[0], "[…]4F4B[…]");
	assert_int_equal(inbound_data_size(in.text[0], in.items[0].text_size), 2);
}

static void what_nobody_understands_is_of_no_kind_and_port(void **state)
{
	struct fixture *f = *state;

	receive(f, &north, "\x01\x02", 3, NULL, T0);
	assert_int_equal(inbox(f).items[0].kind, INBOUND_TEXT);
	assert_int_equal(inbox(f).items[0].port, -1);
}

static void kinds_have_names(void **state)
{
	(void)state;
	assert_string_equal(inbound_kind_name(INBOUND_TEXT), "text");
	assert_string_equal(inbound_kind_name(INBOUND_DATA), "data");
	assert_string_equal(inbound_kind_name(INBOUND_MMS), "mms");
}

/* ------------------------------------------------------------------ picture messages */

/*
 * m-notification-ind of OMA-TS-MMS_ENC in a push of WAP-230-WSP 8.2.4: transaction 1, type 6, and
 * the content type application/vnd.wap.mms-message (0xbe).
 */
#define PUSH "\x01\x06\x01\xbe"
#define TYPE "\x8c\x82"
#define TRANSACTION "\x98T1\0"
#define VERSION "\x8d\x90"
#define FROM "\x89\x1a\x80+8613800000009/TYPE=PLMN\0"
#define SUBJECT "\x96Grandma\0"
#define CLASS "\x8a\x80"
#define SIZE_30K "\x8e\x02\x78\x00"
#define EXPIRY "\x88\x05\x81\x03\x03\xf4\x80"
#define LOCATION "\x83http://mms.example/m1\0"

static const char notification[] =
	PUSH TYPE TRANSACTION VERSION FROM SUBJECT CLASS SIZE_30K EXPIRY LOCATION;

static struct sms mms(const char *octets, size_t size)
{
	return (struct sms){ .coding = CODING_DATA, .text = octets, .size = size, .port = 2948 };
}

static void a_picture_message_that_waits_is_told_in_words(void **state)
{
	struct fixture *f = *state;
	struct inbox in = come(f, mms(notification, sizeof(notification) - 1));

	assert_int_equal(in.items[0].kind, INBOUND_MMS);
	assert_int_equal(in.items[0].port, 2948);
	assert_int_equal(in.items[0].state, INBOUND_RECEIVED);
	assert_string_equal(in.items[0].from, ALICE);
	assert_string_equal(
		in.text[0],
		"A picture message (MMS) from +8613800000009 waits, subject "
		"\"Grandma\", 30 KB: this bridge can't fetch it; ask the sender to send "
		"text, or open http://mms.example/m1 on a phone.");
	assert_string_equal(f->event_text[0], in.text[0]);
	assert_int_equal(f->event_kind[0], INBOUND_MMS);
}

static void a_notification_in_parts_is_told_when_it_is_whole(void **state)
{
	struct fixture *f = *state;
	struct sms second = mms(notification + 60, sizeof(notification) - 1 - 60);
	struct sms first = mms(notification, 60);
	struct inbox in;

	first.concat = part_of(3, 2, 1);
	second.concat = part_of(3, 2, 2);
	assert_int_equal(come(f, second).count, 0);
	in = come(f, first);
	assert_int_equal(in.count, 1);
	assert_int_equal(in.items[0].kind, INBOUND_MMS);
	assert_non_null(strstr(in.text[0], "http://mms.example/m1"));
}

static void a_notification_with_a_gap_is_data(void **state)
{
	struct fixture *f = *state;
	struct sms first = mms(notification, 60);
	struct inbox in;

	first.concat = part_of(3, 2, 1);
	come(f, first);
	tick(f, T0 + 3 * DAY);
	in = inbox(f);
	assert_int_equal(in.items[0].state, INBOUND_INCOMPLETE);
	assert_int_equal(in.items[0].kind, INBOUND_DATA);
	assert_int_equal(in.items[0].port, 2948);
	assert_memory_equal(in.text[0], "010601BE", 8);
	assert_string_equal(in.text[0] + 120, "[…]");
}

static void what_is_not_told_is_left_out(void **state)
{
	static const char least[] = PUSH TYPE TRANSACTION VERSION CLASS EXPIRY "\x83x\0";
	struct inbox in = come(*state, mms(least, sizeof(least) - 1));

	assert_int_equal(in.items[0].kind, INBOUND_MMS);
	assert_string_equal(in.text[0],
			    "A picture message (MMS) waits: this bridge can't fetch it; "
			    "ask the sender to send text.");
}

static void a_subject_can_not_break_the_line(void **state)
{
	static const char rough[] = PUSH TYPE TRANSACTION VERSION
		"\x96one\ntwo\x1b[2J\0" CLASS EXPIRY "\x83javascript:alert(1)\0";
	struct inbox in = come(*state, mms(rough, sizeof(rough) - 1));

	assert_int_equal(in.items[0].kind, INBOUND_MMS);
	assert_null(strpbrk(in.text[0], "\n\x1b"));
	assert_non_null(strstr(in.text[0], "subject \"one"));
	assert_null(strstr(in.text[0], "javascript"));
}

static void other_octets_to_its_port_stay_data(void **state)
{
	struct fixture *f = *state;
	struct inbox in = come(f, mms("\x01\x06\x01\xaf\x8c\x82", 6));

	assert_int_equal(in.items[0].kind, INBOUND_DATA);
	assert_int_equal(in.items[0].port, 2948);
	assert_string_equal(in.text[0], "010601AF8C82");
}

/* Whatever a stranger sends there: every cut of it is a message, and what is told is bounded. */
static void no_cut_of_a_notification_is_lost(void **state)
{
	struct fixture *f = *state;

	for (size_t size = 1; size < sizeof(notification); size++) {
		struct inbox in = come(f, mms(notification, size));

		assert_true(in.items[0].kind == INBOUND_MMS || in.items[0].kind == INBOUND_DATA);
		assert_in_range(in.items[0].text_size, 1, 1280);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(what_is_said_in_letters_is_text),
		TEST(octets_are_data_in_hex),
		TEST(octets_to_a_port_are_told_with_it),
		TEST(letters_to_a_port_are_data_too),
		TEST(data_in_parts_is_one),
		TEST(a_gap_in_what_goes_to_a_port_is_no_data),
		TEST(what_nobody_understands_is_of_no_kind_and_port),
		TEST(kinds_have_names),
		TEST(a_picture_message_that_waits_is_told_in_words),
		TEST(a_notification_in_parts_is_told_when_it_is_whole),
		TEST(a_notification_with_a_gap_is_data),
		TEST(what_is_not_told_is_left_out),
		TEST(a_subject_can_not_break_the_line),
		TEST(other_octets_to_its_port_stay_data),
		TEST(no_cut_of_a_notification_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
