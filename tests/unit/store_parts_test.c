/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Concatenated messages put together from TPDUs as centres send them: over days, in any order,
 * doubled, under references used again, and never more of them than there is room for.
 */
#include "tests/unit/store_sms.h"

#define HOUR USEC_PER_HOUR
#define DAY USEC_PER_DAY
#define WAIT (3 * DAY)

/* A part that the centre got at sent, and that came at at. */
static enum store_reading part_sent(struct fixture *f, const char *from, const char *text,
				    struct tpdu_concat concat, int64_t sent, int64_t at)
{
	return sms_come(f,
			(struct sms){
				.from = from,
				.text = text,
				.concat = concat,
				.sent = sent,
			},
			at);
}

static enum store_reading part(struct fixture *f, const char *from, const char *text,
			       struct tpdu_concat concat, int64_t at)
{
	return part_sent(f, from, text, concat, at, at);
}

static void parts_out_of_order_make_one_whole(void **state)
{
	struct fixture *f = *state;
	struct inbox in;

	assert_int_equal(part(f, ALICE, "you?", part_of(7, 3, 3), T0), STORE_READING_PART);
	assert_int_equal(part(f, ALICE, "how ", part_of(7, 3, 1), T0 + USEC_PER_SEC),
			 STORE_READING_PART);
	fixture_reopen(f);
	assert_int_equal(inbox(f).count, 0);
	assert_int_equal(part(f, ALICE, "are ", part_of(7, 3, 2), T0 + 2 * USEC_PER_SEC),
			 STORE_READING_MESSAGE);
	in = inbox(f);
	assert_int_equal(in.count, 1);
	assert_string_equal(in.text[0], "how are you?");
	assert_int_equal(in.items[0].state, INBOUND_RECEIVED);
	assert_int_equal(in.items[0].kind, INBOUND_TEXT);
	assert_int_equal(in.items[0].port, -1);
	assert_int_equal(in.items[0].sent_at_usec, T0 + USEC_PER_SEC);
	assert_int_equal(in.items[0].received_at_usec, T0 + 2 * USEC_PER_SEC);
}

/* The centre keeps them while the bridge has no network; each comes just within the wait. */
static void parts_over_days_make_one_whole(void **state)
{
	struct fixture *f = *state;
	struct inbox in;

	part_sent(f, ALICE, "d", part_of(7, 4, 4), T0, T0);
	assert_int_equal(tick(f, T0 + WAIT - 1).incomplete, 0);
	part_sent(f, ALICE, "b", part_of(7, 4, 2), T0, T0 + WAIT - 1);
	fixture_reopen(f);
	assert_int_equal(tick(f, T0 + 2 * WAIT - 2).incomplete, 0);
	part_sent(f, ALICE, "c", part_of(7, 4, 3), T0, T0 + 2 * WAIT - 2);
	assert_int_equal(part_sent(f, ALICE, "a", part_of(7, 4, 1), T0, T0 + 3 * WAIT - 3),
			 STORE_READING_MESSAGE);
	in = inbox(f);
	assert_int_equal(in.count, 1);
	assert_string_equal(in.text[0], "abcd");
	assert_int_equal(in.items[0].state, INBOUND_RECEIVED);
}

static void a_part_seen_twice_is_one(void **state)
{
	struct fixture *f = *state;
	const struct sms sms = {
		.from = ALICE, .text = "a", .concat = part_of(7, 2, 1), .sent = T0
	};
	struct octets padded = sms_write(&sms);

	assert_int_equal(part(f, ALICE, "a", part_of(7, 2, 1), T0), STORE_READING_PART);
	assert_int_equal(part(f, ALICE, "a", part_of(7, 2, 1), T0), STORE_READING_COPY);
	/* From a slot, with what fills that up: the octets differ. */
	octet_add(&padded, 0xff);
	assert_int_equal(sms_read(f, &padded, 3, T0), STORE_READING_COPY);
	fixture_reopen(f);
	assert_int_equal(part(f, ALICE, "a", part_of(7, 2, 1), T0), STORE_READING_COPY);
	assert_int_equal(part(f, ALICE, "b", part_of(7, 2, 2), T0 + USEC_PER_SEC),
			 STORE_READING_MESSAGE);
	/* And when it is whole already. */
	assert_int_equal(part(f, ALICE, "b", part_of(7, 2, 2), T0 + USEC_PER_SEC),
			 STORE_READING_COPY);
	assert_string_equal(inbox(f).text[0], "ab");
	assert_int_equal(tick(f, T0 + 9 * DAY).incomplete, 0);
	assert_int_equal(inbox(f).count, 1);
}

static void parts_of_different_senders_and_references_stay_apart(void **state)
{
	struct fixture *f = *state;

	part(f, ALICE, "a1", part_of(7, 2, 1), T0);
	assert_int_equal(part(f, BOB, "b2", part_of(7, 2, 2), T0), STORE_READING_PART);
	assert_int_equal(part(f, ALICE, "c2", part_of(8, 2, 2), T0), STORE_READING_PART);
	assert_int_equal(part(f, ALICE, "d2", part_of(7, 3, 2), T0), STORE_READING_PART);
	assert_int_equal(part(f, ALICE, "a2", part_of(7, 2, 2), T0), STORE_READING_MESSAGE);
	assert_string_equal(inbox(f).text[0], "a1a2");
	assert_int_equal(inbox(f).count, 1);
}

static void references_of_16_bits_are_not_those_of_8(void **state)
{
	struct fixture *f = *state;
	struct tpdu_concat wide = part_of(0x0107, 2, 1), narrow = part_of(7, 2, 1);

	part(f, ALICE, "w1", wide, T0);
	part(f, ALICE, "n1", narrow, T0);
	wide.sequence = narrow.sequence = 2;
	/* The same number, said in 16 bits. */
	assert_int_equal(part(f, ALICE, "x2",
			      (struct tpdu_concat){ true, .wide = true, .reference = 7, 2, 2 }, T0),
			 STORE_READING_PART);
	assert_int_equal(part(f, ALICE, "w2", wide, T0), STORE_READING_MESSAGE);
	assert_int_equal(part(f, ALICE, "n2", narrow, T0), STORE_READING_MESSAGE);
	assert_string_equal(inbox(f).text[0], "n1n2");
	assert_string_equal(inbox(f).text[1], "w1w2");
}

static void parts_that_never_come_show_as_gaps(void **state)
{
	struct fixture *f = *state;
	struct store_tick ticked;
	struct inbox in;

	part(f, ALICE, "two", part_of(7, 5, 2), T0);
	part(f, ALICE, "three", part_of(7, 5, 3), T0 + HOUR);
	ticked = tick(f, T0 + WAIT);
	assert_int_equal(ticked.incomplete, 0);
	fixture_reopen(f);
	assert_int_equal(tick(f, T0 + HOUR + WAIT - 1).next_usec, T0 + HOUR + WAIT);
	assert_int_equal(tick(f, T0 + HOUR + WAIT).incomplete, 1);
	in = inbox(f);
	assert_int_equal(in.items[0].state, INBOUND_INCOMPLETE);
	assert_string_equal(in.text[0], "[…]twothree[…]");
	assert_int_equal(in.items[0].received_at_usec, T0 + HOUR);
	assert_int_equal(f->events[f->event_count - 1].type, STORE_EVENT_MESSAGE_RECEIVED);
	assert_int_equal(tick(f, T0 + 9 * DAY).incomplete, 0);
	/* What was missing comes too late: it is shown all the same. */
	part_sent(f, ALICE, "one", part_of(7, 5, 1), T0, T0 + 9 * DAY);
	tick(f, T0 + 9 * DAY + WAIT);
	assert_string_equal(inbox(f).text[0], "one[…]");
}

static void a_gap_between_parts_is_one_mark(void **state)
{
	struct fixture *f = *state;

	part(f, ALICE, "one", part_of(7, 5, 1), T0);
	part(f, ALICE, "four", part_of(7, 5, 4), T0);
	part(f, ALICE, "five", part_of(7, 5, 5), T0);
	tick(f, T0 + WAIT);
	assert_string_equal(inbox(f).text[0], "one[…]fourfive");
}

/* ------------------------------------------------------------------ a reference used again */

static void a_reference_used_again_after_a_whole_message_starts_anew(void **state)
{
	struct fixture *f = *state;

	part(f, ALICE, "a", part_of(7, 2, 1), T0);
	part(f, ALICE, "b", part_of(7, 2, 2), T0);
	assert_int_equal(part(f, ALICE, "c", part_of(7, 2, 1), T0 + HOUR), STORE_READING_PART);
	assert_int_equal(part(f, ALICE, "d", part_of(7, 2, 2), T0 + HOUR), STORE_READING_MESSAGE);
	/* Word for word the same, later. */
	part(f, ALICE, "c", part_of(7, 2, 1), T0 + 2 * HOUR);
	part(f, ALICE, "d", part_of(7, 2, 2), T0 + 2 * HOUR);
	assert_int_equal(inbox(f).count, 3);
	assert_string_equal(inbox(f).text[0], "cd");
	assert_string_equal(inbox(f).text[1], "cd");
	assert_string_equal(inbox(f).text[2], "ab");
}

static void a_reference_used_again_before_the_old_is_whole_ends_the_old(void **state)
{
	struct fixture *f = *state;
	struct inbox in;

	part(f, ALICE, "a", part_of(7, 2, 1), T0);
	/* Seen by the content of a part that was there. */
	assert_int_equal(part(f, ALICE, "c", part_of(7, 2, 1), T0 + HOUR), STORE_READING_PART);
	in = inbox(f);
	assert_int_equal(in.count, 1);
	assert_int_equal(in.items[0].state, INBOUND_INCOMPLETE);
	assert_string_equal(in.text[0], "a[…]");
	assert_int_equal(part(f, ALICE, "d", part_of(7, 2, 2), T0 + HOUR), STORE_READING_MESSAGE);
	assert_string_equal(inbox(f).text[0], "cd");
}

/* Two alarms that begin alike, of a sender with one reference for all. */
static void a_first_part_that_another_message_shares_is_not_swallowed(void **state)
{
	struct fixture *f = *state;
	int64_t later = T0 + USEC_PER_SEC;
	struct inbox in;

	part(f, ALICE, "a", part_of(7, 2, 1), T0);
	assert_int_equal(part(f, ALICE, "a", part_of(7, 2, 1), later), STORE_READING_PART);
	in = inbox(f);
	assert_int_equal(in.count, 1);
	assert_string_equal(in.text[0], "a[…]");
	assert_int_equal(part(f, ALICE, "b", part_of(7, 2, 2), T0), STORE_READING_MESSAGE);
	assert_int_equal(part(f, ALICE, "c", part_of(7, 2, 2), later), STORE_READING_PART);
	tick(f, T0 + DAY + WAIT);
	in = inbox(f);
	assert_int_equal(in.count, 3);
	assert_string_equal(in.text[0], "[…]c");
	assert_string_equal(in.text[1], "ab");
}

/* Both would fill each other's gaps: chan_dongle#130, "mixed up". */
static void parts_sent_a_day_apart_are_of_different_messages(void **state)
{
	struct fixture *f = *state;
	int64_t next = T0 + DAY + USEC_PER_SEC;

	part(f, ALICE, "a", part_of(7, 2, 1), T0);
	assert_int_equal(part(f, ALICE, "d", part_of(7, 2, 2), next), STORE_READING_PART);
	assert_string_equal(inbox(f).text[0], "a[…]");
	assert_int_equal(part(f, ALICE, "c", part_of(7, 2, 1), next), STORE_READING_MESSAGE);
	assert_string_equal(inbox(f).text[0], "cd");
	assert_int_equal(inbox(f).count, 2);
}

static void a_part_after_the_wait_starts_anew_though_no_tick_has_been(void **state)
{
	struct fixture *f = *state;

	part(f, ALICE, "a", part_of(7, 2, 1), T0);
	assert_int_equal(part_sent(f, ALICE, "b", part_of(7, 2, 2), T0, T0 + WAIT),
			 STORE_READING_PART);
	assert_string_equal(inbox(f).text[0], "a[…]");
}

static void what_goes_to_another_port_is_another_message(void **state)
{
	struct fixture *f = *state;
	struct sms sms = {
		.from = ALICE,
		.coding = CODING_DATA,
		.text = "data",
		.port = 5000,
		.sent = T0,
		.concat = part_of(7, 2, 2),
	};

	part(f, ALICE, "a", part_of(7, 2, 1), T0);
	assert_int_equal(sms_come(f, sms, T0), STORE_READING_PART);
	assert_string_equal(inbox(f).text[0], "a[…]");
}

/* ------------------------------------------------------------------ characters, bounds */

static void a_character_that_the_sender_cut_in_two_is_whole(void **state)
{
	struct fixture *f = *state;
	struct sms first = {
		.from = ALICE,
		.coding = CODING_UCS2,
		.text = "\0H\0i\xd8\x3d",
		.size = 6,
		.concat = part_of(7, 2, 1),
		.sent = T0,
	};
	struct sms second = first;

	second.text = "\xde\x00\0!";
	second.size = 4;
	second.concat.sequence = 2;
	assert_int_equal(sms_come(f, second, T0), STORE_READING_PART);
	fixture_reopen(f);
	assert_int_equal(sms_come(f, first, T0), STORE_READING_MESSAGE);
	assert_string_equal(inbox(f).text[0], "Hi😀!");
}

static void a_message_of_255_parts_arrives_whole(void **state)
{
	struct fixture *f = *state;
	char text[154];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned i = 255; i > 1; i--)
		assert_int_equal(part(f, ALICE, text, part_of(7, 255, i), T0), STORE_READING_PART);
	assert_int_equal(part(f, ALICE, "begin", part_of(7, 255, 1), T0), STORE_READING_MESSAGE);
	assert_int_equal(inbox(f).items[0].text_size, 254 * 153 + 5);
	assert_memory_equal(inbox(f).text[0], "beginxxx", 8);
}

/* Octets that tell nothing, as before version 3: the texts are joined as they are. */
static void parts_whose_octets_tell_nothing_are_joined_by_their_texts(void **state)
{
	struct fixture *f = *state;
	struct tpdu tpdu = {
		.kind = TPDU_DELIVER,
		.address = ALICE,
		.port = -1,
		.concat = part_of(7, 255, 1),
		.text_size = TPDU_TEXT_SIZE - 1,
	};

	memset(tpdu.text, 'x', tpdu.text_size);
	for (; tpdu.concat.sequence < 255; tpdu.concat.sequence++) {
		char octets[2] = { (char)tpdu.concat.sequence, '\0' };

		assert_int_equal(receive(f, &north, octets, -1, &tpdu, T0), STORE_READING_PART);
	}
	assert_int_equal(receive(f, &north, "last", -1, &tpdu, T0), STORE_READING_MESSAGE);
	assert_int_equal(inbox(f).items[0].text_size, 255 * (TPDU_TEXT_SIZE - 1));
}

#define WAITING_MAX 1000

struct flood {
	unsigned came;
};

static void keep_flood(int error, enum store_reading reading, void *userdata)
{
	assert_int_equal(error, 0);
	assert_int_equal(reading, STORE_READING_PART);
	((struct flood *)userdata)->came++;
}

/* First parts of messages that never go on, each a second after the other; many in a commit. */
static void flood(struct fixture *f, const struct store_sim *sim, unsigned count)
{
	struct flood flood = { 0 };

	for (unsigned i = 0; i < count; i++) {
		struct octets o = sms_write(&(struct sms){
			.from = ALICE,
			.text = i == 0   ? "first"
				: i == 1 ? "second"
					 : "more",
			.concat = part_of(0x1000 + i, 2, 1),
			.sent = T0,
		});
		struct tpdu tpdu;
		struct store_received received = {
			.at_usec = T0 + i * USEC_PER_SEC,
			.memory = "",
			.location = -1,
			.octets = o.bytes,
			.size = o.size,
			.tpdu = &tpdu,
		};

		assert_int_equal(tpdu_decode(o.bytes, o.size, &tpdu), 0);
		assert_int_equal(store_receive(f->store, sim, &received, keep_flood, &flood), 0);
		while (flood.came + 100 < i)
			assert_true(sd_event_run(f->loop, 10 * USEC_PER_SEC) > 0);
	}
	while (flood.came < count)
		assert_true(sd_event_run(f->loop, 10 * USEC_PER_SEC) > 0);
}

static void an_over_full_inflow_gives_up_the_oldest_of_that_sim(void **state)
{
	struct fixture *f = *state;
	struct inbox in;

	flood(f, &south, 1);
	flood(f, &north, WAITING_MAX);
	assert_int_equal(inbox(f).count, 0);
	part(f, BOB, "one more", part_of(7, 2, 1), T0 + HOUR);
	in = inbox(f);
	assert_int_equal(in.count, 1);
	assert_string_equal(in.items[0].modem, "north");
	assert_int_equal(in.items[0].state, INBOUND_INCOMPLETE);
	assert_string_equal(in.text[0], "first[…]");
	/* A second part of what waits needs no room. */
	assert_int_equal(part_sent(f, ALICE, "end", part_of(0x1005, 2, 2), T0, T0 + HOUR),
			 STORE_READING_MESSAGE);
	part(f, BOB, "and more", part_of(8, 2, 1), T0 + HOUR);
	assert_int_equal(inbox(f).count, 2);
	part(f, BOB, "and more", part_of(9, 2, 1), T0 + HOUR);
	assert_string_equal(inbox(f).text[0], "second[…]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(parts_out_of_order_make_one_whole),
		TEST(parts_over_days_make_one_whole),
		TEST(a_part_seen_twice_is_one),
		TEST(parts_of_different_senders_and_references_stay_apart),
		TEST(references_of_16_bits_are_not_those_of_8),
		TEST(parts_that_never_come_show_as_gaps),
		TEST(a_gap_between_parts_is_one_mark),
		TEST(a_reference_used_again_after_a_whole_message_starts_anew),
		TEST(a_reference_used_again_before_the_old_is_whole_ends_the_old),
		TEST(a_first_part_that_another_message_shares_is_not_swallowed),
		TEST(parts_sent_a_day_apart_are_of_different_messages),
		TEST(a_part_after_the_wait_starts_anew_though_no_tick_has_been),
		TEST(what_goes_to_another_port_is_another_message),
		TEST(a_character_that_the_sender_cut_in_two_is_whole),
		TEST(a_message_of_255_parts_arrives_whole),
		TEST(parts_whose_octets_tell_nothing_are_joined_by_their_texts),
		TEST(an_over_full_inflow_gives_up_the_oldest_of_that_sim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
