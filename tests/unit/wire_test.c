/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Orders and words across a real socket, and frames that no honest process sends.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/frame.h"
#include "modem/wire.h"

static int sockets[2];

static int sockets_open(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets);
}

static int sockets_close(void **state)
{
	(void)state;
	close(sockets[0]);
	close(sockets[1]);
	return 0;
}

/* ---------------------------------------------------------------- round trips */

static void an_order_to_send_crosses_with_every_field(void **state)
{
	struct modem_order sent = {
		.type = MODEM_ORDER_SEND,
		.send = {
			.attempt = INT64_MAX,
			.number = "+8613800000001",
			.alphabet = SMS_ALPHABET_UCS2,
			.text = "a\0\xf0\x9f\x98\x80",
			.text_size = 6,
			.concat = {true, true, 65535, 3, 2},
			.validity_minutes = 4320,
			.report = true,
		},
	};
	struct modem_order got;

	(void)state;
	memset(&got, 0xee, sizeof(got));
	assert_int_equal(modem_order_send(sockets[0], &sent), 0);
	assert_int_equal(modem_order_recv(sockets[1], &got), 1);
	assert_int_equal(got.type, MODEM_ORDER_SEND);
	assert_int_equal(got.send.attempt, INT64_MAX);
	assert_string_equal(got.send.number, "+8613800000001");
	assert_int_equal(got.send.alphabet, SMS_ALPHABET_UCS2);
	assert_int_equal(got.send.text_size, 6);
	assert_memory_equal(got.send.text, "a\0\xf0\x9f\x98\x80", 7);
	assert_true(got.send.concat.present && got.send.concat.wide);
	assert_int_equal(got.send.concat.reference, 65535);
	assert_int_equal(got.send.concat.total, 3);
	assert_int_equal(got.send.concat.sequence, 2);
	assert_int_equal(got.send.validity_minutes, 4320);
	assert_true(got.send.report);
}

static void the_other_orders_cross(void **state)
{
	struct modem_order start = {
		.type = MODEM_ORDER_START,
		.start = { "/dev/ttyUSB0", 115200, 60, 100, MODEM_REMEDY_RESTART },
	};
	struct modem_order delete = { .type = MODEM_ORDER_DELETE, .delete.reading = 9 };
	struct modem_order pin = { .type = MODEM_ORDER_PIN, .pin = { "1234", "why" } };
	struct modem_order ussd = { .type = MODEM_ORDER_USSD, .ussd = { 7, "*100#" } };
	struct modem_order stop = { .type = MODEM_ORDER_STOP }, got;

	(void)state;
	assert_int_equal(modem_order_send(sockets[0], &ussd), 0);
	assert_int_equal(modem_order_recv(sockets[1], &got), 1);
	assert_int_equal(got.ussd.id, 7);
	assert_string_equal(got.ussd.code, "*100#");
	assert_int_equal(modem_order_send(sockets[0], &start), 0);
	assert_int_equal(modem_order_send(sockets[0], &delete), 0);
	assert_int_equal(modem_order_send(sockets[0], &pin), 0);
	assert_int_equal(modem_order_send(sockets[0], &stop), 0);
	assert_int_equal(modem_order_recv(sockets[1], &got), 1);
	assert_string_equal(got.start.device, "/dev/ttyUSB0");
	assert_int_equal(got.start.speed, 115200);
	assert_int_equal(got.start.sweep_seconds, 60);
	assert_int_equal(got.start.pace_percent, 100);
	assert_int_equal(got.start.remedy, MODEM_REMEDY_RESTART);
	assert_int_equal(modem_order_recv(sockets[1], &got), 1);
	assert_int_equal(got.delete.reading, 9);
	assert_int_equal(modem_order_recv(sockets[1], &got), 1);
	assert_int_equal(got.type, MODEM_ORDER_PIN);
	assert_string_equal(got.pin.pin, "1234");
	assert_string_equal(got.pin.reason, "why");
	assert_int_equal(modem_order_recv(sockets[1], &got), 1);
	assert_int_equal(got.type, MODEM_ORDER_STOP);
	assert_int_equal(modem_order_recv(sockets[1], &got), -EAGAIN);
	close(sockets[0]);
	assert_int_equal(modem_order_recv(sockets[1], &got), 0);
	sockets[0] = fcntl(sockets[1], F_DUPFD_CLOEXEC, 0);
}

static void an_order_to_look_at_ports_crosses_with_all_of_them(void **state)
{
	struct modem_order sent = {
		.type = MODEM_ORDER_PROBE,
		.probe = { .speed = 9600, .wait_msec = 3000, .count = MODEM_PORTS_MAX }
	};
	struct modem_order got;

	(void)state;
	for (int i = 0; i < MODEM_PORTS_MAX; i++)
		memset(sent.probe.devices[i], 'a' + i, MODEM_PATH_SIZE - 1);
	assert_int_equal(modem_order_send(sockets[0], &sent), 0);
	assert_int_equal(modem_order_recv(sockets[1], &got), 1);
	assert_int_equal(got.type, MODEM_ORDER_PROBE);
	assert_int_equal(got.probe.speed, 9600);
	assert_int_equal(got.probe.wait_msec, 3000);
	assert_int_equal(got.probe.count, MODEM_PORTS_MAX);
	for (int i = 0; i < MODEM_PORTS_MAX; i++)
		assert_string_equal(got.probe.devices[i], sent.probe.devices[i]);
	/* Without a port there is nothing to look at, and nobody waits for nothing. */
	sent.probe.count = 0;
	assert_int_equal(modem_order_send(sockets[0], &sent), 0);
	assert_int_equal(modem_order_recv(sockets[1], &got), -EBADMSG);
	sent.probe.count = 1;
	sent.probe.wait_msec = 0;
	assert_int_equal(modem_order_send(sockets[0], &sent), 0);
	assert_int_equal(modem_order_recv(sockets[1], &got), -EBADMSG);
}

static void who_it_is_and_whose_fault_it_is_cross(void **state)
{
	const struct modem_word identity = {
		.type = MODEM_WORD_IDENTITY,
		.identity = { "1", "2", "3", "4", "5", "6", "7", "/dev/ttyUSB1" },
	};
	const struct modem_word failed = { .type = MODEM_WORD_STATE,
					   .state = { MODEM_STATE_FAILED, "why", true } };
	struct modem_word got;

	(void)state;
	assert_int_equal(modem_word_send(sockets[0], &identity), 0);
	assert_int_equal(modem_word_recv(sockets[1], &got), 1);
	assert_string_equal(got.identity.imei, "1");
	assert_string_equal(got.identity.service_centre, "7");
	assert_string_equal(got.identity.device, "/dev/ttyUSB1");
	assert_int_equal(modem_word_send(sockets[0], &failed), 0);
	assert_int_equal(modem_word_recv(sockets[1], &got), 1);
	assert_string_equal(got.state.reason, "why");
	assert_true(got.state.faulty);
}

static struct modem_word a_reception(void)
{
	struct modem_word word = {
		.type = MODEM_WORD_RECEIVED,
		.received = {
			.reading = 17,
			.memory = "SM",
			.location = 3,
			.octets = {4, 0, 255},
			.size = 3,
			.decoded = true,
			.tpdu = {
				.kind = TPDU_DELIVER,
				.address = "+8613900000001",
				.centre_time_usec = -1,
				.alphabet = SMS_ALPHABET_GSM7,
				.message_class = -1,
				.protocol = 64,
				.concat = {true, false, 200, 2, 1},
				.port = -1,
				.text = "x\0y",
				.text_size = 3,
				.reference = 255,
				.discharge_time_usec = INT64_MIN,
				.status = 70,
			},
		},
	};

	return word;
}

static void a_reception_crosses_with_every_field(void **state)
{
	struct modem_word sent = a_reception(), got;
	const struct tpdu *tpdu = &got.received.tpdu;

	(void)state;
	memset(&got, 0xee, sizeof(got));
	assert_int_equal(modem_word_send(sockets[0], &sent), 0);
	assert_int_equal(modem_word_recv(sockets[1], &got), 1);
	assert_int_equal(got.received.reading, 17);
	assert_string_equal(got.received.memory, "SM");
	assert_int_equal(got.received.location, 3);
	assert_int_equal(got.received.size, 3);
	assert_memory_equal(got.received.octets, sent.received.octets, 3);
	assert_int_equal(tpdu->kind, TPDU_DELIVER);
	assert_string_equal(tpdu->address, "+8613900000001");
	assert_int_equal(tpdu->centre_time_usec, -1);
	assert_int_equal(tpdu->message_class, -1);
	assert_int_equal(tpdu->protocol, 64);
	assert_int_equal(tpdu->concat.reference, 200);
	assert_int_equal(tpdu->port, -1);
	assert_int_equal(tpdu->text_size, 3);
	assert_memory_equal(tpdu->text, "x\0y", 4);
	assert_int_equal(tpdu->reference, 255);
	assert_true(tpdu->discharge_time_usec == INT64_MIN);
	assert_int_equal(tpdu->status, 70);
}

static void what_can_t_be_decoded_crosses_raw(void **state)
{
	struct modem_word sent = a_reception(), got;

	(void)state;
	sent.received.decoded = false;
	sent.received.size = sizeof(sent.received.octets);
	sent.received.memory[0] = '\0';
	sent.received.location = -1;
	assert_int_equal(modem_word_send(sockets[0], &sent), 0);
	assert_int_equal(modem_word_recv(sockets[1], &got), 1);
	assert_false(got.received.decoded);
	assert_int_equal(got.received.size, TPDU_SIZE_MAX);
	assert_int_equal(got.received.location, -1);
}

static void the_answer_to_a_ussd_code_crosses_with_every_field(void **state)
{
	static struct modem_word sent = {
		.type = MODEM_WORD_USSD,
		.ussd = { INT64_MAX, MODEM_USSD_MENU, "1. \xe4\xbd\xa0\n2. b", "0031", "why" },
	};
	static struct modem_word got;

	(void)state;
	/* The longest that may be. */
	memset(sent.ussd.raw, 'F', sizeof(sent.ussd.raw) - 1);
	memset(&got, 0xee, sizeof(got));
	assert_int_equal(modem_word_send(sockets[0], &sent), 0);
	assert_int_equal(modem_word_recv(sockets[1], &got), 1);
	assert_int_equal(got.type, MODEM_WORD_USSD);
	assert_true(got.ussd.id == INT64_MAX);
	assert_int_equal(got.ussd.end, MODEM_USSD_MENU);
	assert_string_equal(got.ussd.text, sent.ussd.text);
	assert_string_equal(got.ussd.raw, sent.ussd.raw);
	assert_string_equal(got.ussd.reason, "why");
}

static void what_is_known_of_the_network_crosses_with_every_field(void **state)
{
	const struct modem_word sent = { .type = MODEM_WORD_NETWORK,
					 .network = { true, true, "Cell", 70, 3, 20, 5,
						      1795000000 } };
	struct modem_word got;

	(void)state;
	memset(&got, 0xee, sizeof(got));
	assert_int_equal(modem_word_send(sockets[0], &sent), 0);
	assert_int_equal(modem_word_recv(sockets[1], &got), 1);
	assert_true(got.network.registered && got.network.roaming);
	assert_string_equal(got.network.network_operator, "Cell");
	assert_int_equal(got.network.signal_percent, 70);
	assert_int_equal(got.network.store_used, 3);
	assert_int_equal(got.network.store_size, 20);
	assert_int_equal(got.network.registration, 5);
	assert_true(got.network.time_usec == 1795000000);
}

static void every_kind_of_word_crosses(void **state)
{
	const struct modem_word words[] = {
		{ .type = MODEM_WORD_STATE, .state = { MODEM_STATE_PIN, "why", false } },
		{ .type = MODEM_WORD_IDENTITY,
		  .identity = { .imei = "1", .service_centre = "+2" } },
		{ .type = MODEM_WORD_NETWORK,
		  .network = { true, false, "Cell", -1, 0, 20, -1, 0 } },
		{ .type = MODEM_WORD_HANDED_OVER, .handed_over = { 0 } },
		{ .type = MODEM_WORD_OUTCOME,
		  .outcome = { 5, MODEM_OUTCOME_REFUSED, -1, MODEM_ERROR_CMS, 38 } },
		{ .type = MODEM_WORD_LATE_OUTCOME,
		  .outcome = { -1, MODEM_OUTCOME_SENT, 0, MODEM_ERROR_NONE, 0 } },
		{ .type = MODEM_WORD_DELETED, .deleted = { 4, true } },
		{ .type = MODEM_WORD_PROGRESS },
		{ .type = MODEM_WORD_BUSY, .note = { "sweep" } },
		{ .type = MODEM_WORD_IDLE },
		{ .type = MODEM_WORD_SWEPT },
		{ .type = MODEM_WORD_PIN_WANTED, .pin_wanted = { "1", "", -1 } },
		{ .type = MODEM_WORD_USSD, .ussd = { .id = 0 } },
		{ .type = MODEM_WORD_NOTE, .note = { "80 % full" } },
	};
	struct modem_word got;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		assert_int_equal(modem_word_send(sockets[0], &words[i]), 0);
		assert_int_equal(modem_word_recv(sockets[1], &got), 1);
		assert_int_equal(got.type, words[i].type);
	}
	assert_string_equal(got.note.text, "80 % full");
}

static void every_state_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < MODEM_STATE_COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(modem_state_name((enum modem_state)i),
						modem_state_name((enum modem_state)j));
	assert_string_equal(modem_state_name(MODEM_STATE_SEARCHING), "searching");
}

/* ---------------------------------------------------------------- hostile frames */

/* Words that are well-formed but can't be meant: each has one field that is out of its range. */
static void spoil_state(struct modem_word *word)
{
	*word = (struct modem_word){ .type = MODEM_WORD_STATE,
				     .state = { MODEM_STATE_HELD, "", false } };
}

static void spoil_state_range(struct modem_word *word)
{
	*word = (struct modem_word){ .type = MODEM_WORD_STATE };
	word->state.state = (enum modem_state)77;
}

static void spoil_sent_without_reference(struct modem_word *word)
{
	*word = (struct modem_word){ .type = MODEM_WORD_OUTCOME,
				     .outcome = { 1, MODEM_OUTCOME_SENT, -1, 0, 0 } };
}

static void spoil_reference(struct modem_word *word)
{
	*word = (struct modem_word){ .type = MODEM_WORD_OUTCOME,
				     .outcome = { 1, MODEM_OUTCOME_SENT, 256, 0, 0 } };
}

static void spoil_late_attempt(struct modem_word *word)
{
	*word = (struct modem_word){ .type = MODEM_WORD_LATE_OUTCOME,
				     .outcome = { 1, MODEM_OUTCOME_SENT, 1, 0, 0 } };
}

static void spoil_reading(struct modem_word *word)
{
	word->received.reading = 0;
}

static void spoil_reading_range(struct modem_word *word)
{
	word->received.reading = INT64_C(1) << 32;
}

static void spoil_slot(struct modem_word *word)
{
	word->received.memory[0] = '\0';
}

static void spoil_concat(struct modem_word *word)
{
	word->received.tpdu.concat.sequence = 3;
}

static void spoil_class(struct modem_word *word)
{
	word->received.tpdu.message_class = 4;
}

static void spoil_signal(struct modem_word *word)
{
	*word = (struct modem_word){ .type = MODEM_WORD_NETWORK };
	word->network.signal_percent = 101;
}

static void spoil_registration(struct modem_word *word)
{
	*word = (struct modem_word){ .type = MODEM_WORD_NETWORK };
	word->network.registration = -2;
}

static void spoil_network_time(struct modem_word *word)
{
	*word = (struct modem_word){ .type = MODEM_WORD_NETWORK };
	word->network.time_usec = INT64_MAX;
}

static void spoil_ussd_id(struct modem_word *word)
{
	*word = (struct modem_word){ .type = MODEM_WORD_USSD, .ussd.id = -1 };
}

static void spoil_ussd_end(struct modem_word *word)
{
	*word = (struct modem_word){ .type = MODEM_WORD_USSD };
	word->ussd.end = MODEM_USSD_END_COUNT;
}

static void a_word_with_a_field_out_of_range_is_refused_whole(void **state)
{
	static void (*const SPOILERS[])(struct modem_word *) = {
		spoil_state,        spoil_state_range,   spoil_sent_without_reference,
		spoil_reference,    spoil_late_attempt,  spoil_reading,
		spoil_slot,         spoil_reading_range, spoil_concat,
		spoil_class,        spoil_signal,        spoil_registration,
		spoil_network_time, spoil_ussd_id,       spoil_ussd_end,
	};
	struct modem_word got;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(SPOILERS); i++) {
		struct modem_word word = a_reception();

		SPOILERS[i](&word);
		assert_int_equal(modem_word_send(sockets[0], &word), 0);
		assert_int_equal(modem_word_recv(sockets[1], &got), -EBADMSG);
	}
}

static void an_order_that_can_t_be_meant_is_refused(void **state)
{
	static const char *const NUMBERS[] = { "", "+", "+86x", "123456789012345678901", "++1" };
	struct modem_order order = { .type = MODEM_ORDER_START, .start.sweep_seconds = 60 }, got;

	(void)state;
	/* No device; a PIN of three digits. */
	assert_int_equal(modem_order_send(sockets[0], &order), 0);
	assert_int_equal(modem_order_recv(sockets[1], &got), -EBADMSG);
	order = (struct modem_order){ .type = MODEM_ORDER_PIN, .pin.pin = "123" };
	assert_int_equal(modem_order_send(sockets[0], &order), 0);
	assert_int_equal(modem_order_recv(sockets[1], &got), -EBADMSG);
	/* A code without an id. */
	order = (struct modem_order){ .type = MODEM_ORDER_USSD };
	assert_int_equal(modem_order_send(sockets[0], &order), 0);
	assert_int_equal(modem_order_recv(sockets[1], &got), -EBADMSG);
	for (size_t i = 0; i < ARRAY_SIZE(NUMBERS); i++) {
		order = (struct modem_order){ .type = MODEM_ORDER_SEND };
		snprintf(order.send.number, sizeof(order.send.number), "%s", NUMBERS[i]);
		assert_int_equal(modem_order_send(sockets[0], &order), 0);
		assert_int_equal(modem_order_recv(sockets[1], &got), -EBADMSG);
	}
}

static void bytes_that_are_no_frame_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} FRAMES[] = {
		{ "\x00", 1 },                     /* a number */
		{ "\x80", 1 },                     /* an empty array */
		{ "\x81\x00", 2 },                 /* type 0 */
		{ "\x81\x18\x63", 3 },             /* type 99 */
		{ "\x81\x20", 2 },                 /* type -1 */
		{ "\x9f\x0a\xff", 3 },             /* of indefinite length */
		{ "\x81\x0a\x00", 3 },             /* IDLE, and a byte too much */
		{ "\x82\x0a\x00", 3 },             /* IDLE with a field */
		{ "\x81\x01", 2 },                 /* STATE without fields */
		{ "\x83\x01\x01\x61", 4 },         /* a text cut off */
		{ "\x83\x01\x01\x61\xff", 5 },     /* no UTF-8 */
		{ "\x83\x01\x01\x62\x41\x00", 6 }, /* U+0000 within a name */
		{ "\x83\x01\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00\x60", 12 }, /* a float */
		{ "\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x0a", 10 },         /* endless */
	};
	struct modem_word got;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(FRAMES); i++) {
		assert_int_equal(send(sockets[0], FRAMES[i].bytes, FRAMES[i].size, 0),
				 FRAMES[i].size);
		assert_int_equal(modem_word_recv(sockets[1], &got), -EBADMSG);
	}
}

static void a_text_longer_than_its_place_is_refused(void **state)
{
	struct modem_word got;
	struct frame_writer w;
	char text[MODEM_REASON_SIZE + 1];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[MODEM_REASON_SIZE] = '\0';
	frame_begin(&w, MODEM_WORD_NOTE, 1);
	frame_put_string(&w, text);
	assert_int_equal(frame_send(&w, sockets[0]), 0);
	assert_int_equal(modem_word_recv(sockets[1], &got), -EBADMSG);
	text[MODEM_REASON_SIZE - 1] = '\0';
	frame_begin(&w, MODEM_WORD_NOTE, 1);
	frame_put_string(&w, text);
	assert_int_equal(frame_send(&w, sockets[0]), 0);
	assert_int_equal(modem_word_recv(sockets[1], &got), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sockets_open, sockets_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_order_to_send_crosses_with_every_field),
		TEST(the_other_orders_cross),
		TEST(an_order_to_look_at_ports_crosses_with_all_of_them),
		TEST(who_it_is_and_whose_fault_it_is_cross),
		TEST(a_reception_crosses_with_every_field),
		TEST(what_can_t_be_decoded_crosses_raw),
		TEST(the_answer_to_a_ussd_code_crosses_with_every_field),
		TEST(what_is_known_of_the_network_crosses_with_every_field),
		TEST(every_kind_of_word_crosses),
		TEST(every_state_has_a_name_of_its_own),
		TEST(a_word_with_a_field_out_of_range_is_refused_whole),
		TEST(an_order_that_can_t_be_meant_is_refused),
		TEST(bytes_that_are_no_frame_are_refused),
		TEST(a_text_longer_than_its_place_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
