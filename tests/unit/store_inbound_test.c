/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What modems read: copies known, twins told apart, parts put together.
 */
#include <sodium.h>

#include "tests/unit/store_fixture.h"

#define DAY USEC_PER_DAY

/* A part: "2/3 of 7: text"; total 0 is a message in one. */
static struct tpdu deliver(const char *from, const char *text, unsigned total, unsigned sequence,
			   uint16_t reference)
{
	struct tpdu tpdu = {
		.kind = TPDU_DELIVER,
		.centre_time_usec = T0 + sequence,
		.concat = { .present = total > 0,
			    .reference = reference,
			    .total = (uint8_t)total,
			    .sequence = (uint8_t)sequence },
		.text_size = strlen(text),
	};

	snprintf(tpdu.address, sizeof(tpdu.address), "%s", from);
	snprintf(tpdu.text, sizeof(tpdu.text), "%s", text);
	return tpdu;
}

/* The octets stand for the TPDU: what is different differs in them. */
static enum store_reading read_part(struct fixture *f, const char *from, const char *text,
				    unsigned total, unsigned sequence, uint16_t reference,
				    int64_t at)
{
	struct tpdu tpdu = deliver(from, text, total, sequence, reference);
	char octets[128];

	snprintf(octets, sizeof(octets), "%s %s %u %u %u %lld", from, text, total, sequence,
		 reference, (long long)at);
	return receive(f, &north, octets, -1, &tpdu, at);
}

static enum store_reading read_slot(struct fixture *f, const char *octets, int location)
{
	struct tpdu tpdu = deliver(ALICE, octets, 0, 0, 0);

	return receive(f, &north, octets, location, &tpdu, T0);
}

static void slot_deleted(struct fixture *f, const char *octets, int location)
{
	uint8_t digest[32];

	crypto_hash_sha256(digest, (const unsigned char *)octets, strlen(octets));
	assert_int_equal(store_slot_deleted(f->store, &north, "SM", location, digest), 0);
}

static void a_message_is_in_the_inbox_and_told(void **state)
{
	struct fixture *f = *state;
	struct inbox in;

	assert_int_equal(read_part(f, ALICE, "hello", 0, 0, 0, T0 + 5), STORE_READING_MESSAGE);
	in = inbox(f);
	assert_int_equal(in.count, 1);
	assert_string_equal(in.text[0], "hello");
	assert_string_equal(in.items[0].from, ALICE);
	assert_string_equal(in.items[0].modem, "north");
	assert_string_equal(in.items[0].to, "+8613900000000");
	assert_int_equal(in.items[0].state, INBOUND_RECEIVED);
	assert_int_equal(in.items[0].sent_at_usec, T0);
	assert_int_equal(in.items[0].received_at_usec, T0 + 5);
	assert_int_equal(f->event_count, 1);
	assert_int_equal(f->events[0].type, STORE_EVENT_MESSAGE_RECEIVED);
	assert_string_equal(f->event_text[0], "hello");
}

static void a_copy_read_twice_is_one_message(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_MESSAGE);
	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_COPY);
	fixture_reopen(f);
	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_COPY);
	assert_int_equal(inbox(f).count, 1);
}

static void the_same_tpdu_in_two_slots_is_two_messages(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_MESSAGE);
	assert_int_equal(read_slot(f, "hello", 4), STORE_READING_MESSAGE);
	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_COPY);
	assert_int_equal(read_slot(f, "hello", 4), STORE_READING_COPY);
	assert_int_equal(inbox(f).count, 2);
}

static void what_the_network_sends_again_is_a_copy(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_MESSAGE);
	slot_deleted(f, "hello", 3);
	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_COPY);
	slot_deleted(f, "hello", 3);
	assert_int_equal(read_slot(f, "hello", 5), STORE_READING_COPY);
	assert_int_equal(inbox(f).count, 1);
}

static void a_message_that_came_directly_and_stored_is_one(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_slot(f, "hello", -1), STORE_READING_MESSAGE);
	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_COPY);
	assert_int_equal(read_slot(f, "other", 4), STORE_READING_MESSAGE);
	assert_int_equal(read_slot(f, "other", -1), STORE_READING_COPY);
	assert_int_equal(inbox(f).count, 2);
}

static void a_slot_that_holds_something_new_forgets_the_old(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_MESSAGE);
	assert_int_equal(read_slot(f, "other", 3), STORE_READING_MESSAGE);
	assert_int_equal(read_slot(f, "hello", 4), STORE_READING_COPY);
	assert_int_equal(inbox(f).count, 2);
}

static void another_sim_has_other_fingerprints(void **state)
{
	struct fixture *f = *state;
	struct tpdu tpdu = deliver(ALICE, "hello", 0, 0, 0);

	assert_int_equal(receive(f, &north, "x", 1, &tpdu, T0), STORE_READING_MESSAGE);
	assert_int_equal(receive(f, &south, "x", 1, &tpdu, T0), STORE_READING_MESSAGE);
	assert_int_equal(inbox(f).count, 2);
}

/* ------------------------------------------------------------------ parts */

static void parts_out_of_order_make_one_whole(void **state)
{
	struct fixture *f = *state;
	struct inbox in;

	assert_int_equal(read_part(f, ALICE, "you?", 3, 3, 7, T0), STORE_READING_PART);
	assert_int_equal(read_part(f, ALICE, "how ", 3, 1, 7, T0 + 1), STORE_READING_PART);
	fixture_reopen(f);
	assert_int_equal(inbox(f).count, 0);
	assert_int_equal(read_part(f, ALICE, "are ", 3, 2, 7, T0 + 2), STORE_READING_MESSAGE);
	in = inbox(f);
	assert_int_equal(in.count, 1);
	assert_string_equal(in.text[0], "how are you?");
	assert_int_equal(in.items[0].sent_at_usec, T0 + 1);
	assert_int_equal(in.items[0].received_at_usec, T0 + 2);
}

static void a_part_seen_twice_is_one(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_part(f, ALICE, "a", 2, 1, 7, T0), STORE_READING_PART);
	assert_int_equal(read_part(f, ALICE, "a", 2, 1, 7, T0 + 1), STORE_READING_COPY);
	assert_int_equal(read_part(f, ALICE, "b", 2, 2, 7, T0 + 2), STORE_READING_MESSAGE);
	assert_string_equal(inbox(f).text[0], "ab");
}

static void parts_of_different_senders_and_references_stay_apart(void **state)
{
	struct fixture *f = *state;

	read_part(f, ALICE, "a1", 2, 1, 7, T0);
	assert_int_equal(read_part(f, BOB, "b2", 2, 2, 7, T0), STORE_READING_PART);
	assert_int_equal(read_part(f, ALICE, "c2", 2, 2, 8, T0), STORE_READING_PART);
	assert_int_equal(read_part(f, ALICE, "d2", 3, 2, 7, T0), STORE_READING_PART);
	assert_int_equal(read_part(f, ALICE, "a2", 2, 2, 7, T0), STORE_READING_MESSAGE);
	assert_string_equal(inbox(f).text[0], "a1a2");
	assert_int_equal(inbox(f).count, 1);
}

static void parts_that_never_come_show_as_gaps(void **state)
{
	struct fixture *f = *state;
	struct store_tick ticked;
	struct inbox in;

	read_part(f, ALICE, "two", 5, 2, 7, T0);
	read_part(f, ALICE, "three", 5, 3, 7, T0 + 1);
	ticked = tick(f, T0 + DAY);
	assert_int_equal(ticked.incomplete, 0);
	assert_int_equal(ticked.next_usec, T0 + 1 + DAY);
	assert_int_equal(tick(f, T0 + 1 + DAY).incomplete, 1);
	in = inbox(f);
	assert_int_equal(in.items[0].state, INBOUND_INCOMPLETE);
	assert_string_equal(in.text[0], "[…]twothree[…]");
	assert_int_equal(f->events[f->event_count - 1].type, STORE_EVENT_MESSAGE_RECEIVED);
	assert_int_equal(tick(f, T0 + 9 * DAY).incomplete, 0);
}

static void a_reference_used_again_starts_anew(void **state)
{
	struct fixture *f = *state;
	struct inbox in;

	/* After a whole message. */
	read_part(f, ALICE, "a", 2, 1, 7, T0);
	read_part(f, ALICE, "b", 2, 2, 7, T0);
	assert_int_equal(read_part(f, ALICE, "c", 2, 1, 7, T0 + 1), STORE_READING_PART);
	/* Over one of which a part is missing, seen by its content. */
	assert_int_equal(read_part(f, ALICE, "d", 2, 1, 7, T0 + 2), STORE_READING_PART);
	assert_int_equal(read_part(f, ALICE, "e", 2, 2, 7, T0 + 3), STORE_READING_MESSAGE);
	/* After a day, though the tick has not been. */
	read_part(f, ALICE, "f", 2, 1, 7, T0 + 4);
	assert_int_equal(read_part(f, ALICE, "g", 2, 2, 7, T0 + 4 + DAY), STORE_READING_PART);

	in = inbox(f);
	assert_int_equal(in.count, 4);
	assert_string_equal(in.text[0], "f[…]");
	assert_string_equal(in.text[1], "de");
	assert_string_equal(in.text[2], "c[…]");
	assert_string_equal(in.text[3], "ab");
}

static void a_long_message_of_255_parts_arrives_whole(void **state)
{
	struct fixture *f = *state;
	char text[TPDU_TEXT_SIZE];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned i = 1; i < 255; i++) {
		struct tpdu tpdu = deliver(ALICE, text, 255, i, 7);
		char octets[16];

		snprintf(octets, sizeof(octets), "%u", i);
		assert_int_equal(receive(f, &north, octets, -1, &tpdu, T0), STORE_READING_PART);
	}
	assert_int_equal(read_part(f, ALICE, "end", 255, 255, 7, T0), STORE_READING_MESSAGE);
	assert_int_equal(inbox(f).items[0].text_size, 254 * (TPDU_TEXT_SIZE - 1) + 3);
}

/* ------------------------------------------------------------------ the rest */

static void what_nobody_understands_is_kept(void **state)
{
	struct fixture *f = *state;
	struct inbox in;

	assert_int_equal(receive(f, &north, "\x01\x02", 3, NULL, T0), STORE_READING_KEPT);
	assert_int_equal(receive(f, &north, "\x01\x02", 3, NULL, T0), STORE_READING_COPY);
	in = inbox(f);
	assert_int_equal(in.count, 1);
	assert_int_equal(in.items[0].state, INBOUND_UNREADABLE);
	assert_string_equal(in.text[0], "");
}

static void slots_without_any_octets_are_not_copies_of_each_other(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(receive(f, &north, "", 3, NULL, T0), STORE_READING_KEPT);
	assert_int_equal(receive(f, &north, "", 3, NULL, T0), STORE_READING_COPY);
	slot_deleted(f, "", 3);
	assert_int_equal(receive(f, &north, "", 3, NULL, T0), STORE_READING_KEPT);
}

static void a_text_may_hold_a_nul(void **state)
{
	struct fixture *f = *state;
	struct tpdu tpdu = deliver(ALICE, "", 0, 0, 0);

	memcpy(tpdu.text, "a\0b", 3);
	tpdu.text_size = 3;
	receive(f, &north, "nul", 1, &tpdu, T0);
	assert_int_equal(inbox(f).items[0].text_size, 3);
}

static void a_handled_item_leaves_the_open_ones(void **state)
{
	struct fixture *f = *state;
	struct inbox in, done = { 0 };

	read_part(f, ALICE, "one", 0, 0, 0, T0);
	read_part(f, ALICE, "two", 0, 0, 0, T0);
	in = inbox(f);
	assert_int_equal(overview(f).inbox_unhandled, 2);
	assert_int_equal(store_inbox_handled(f->store, in.items[1].id, T0 + 3, keep_inbox, &done),
			 0);
	await(f, &done.came);
	assert_int_equal(done.error, 0);
	assert_int_equal(done.items[0].handled_at_usec, T0 + 3);
	assert_int_equal(overview(f).inbox_unhandled, 1);

	/* The first to handle it is remembered. */
	done.came = false;
	store_inbox_handled(f->store, in.items[1].id, T0 + 9, keep_inbox, &done);
	await(f, &done.came);
	assert_int_equal(done.items[0].handled_at_usec, T0 + 3);

	in = inbox_page(f, (struct store_inbox_filter){ .limit = 9, .unhandled_only = true });
	assert_int_equal(in.count, 1);
	assert_string_equal(in.text[0], "two");
	done = (struct inbox){ 0 };
	store_inbox_get(f->store, "nothing", keep_inbox, &done);
	await(f, &done.came);
	assert_int_equal(done.error, -ENOENT);
}

static void the_inbox_is_paged_from_the_newest(void **state)
{
	struct fixture *f = *state;
	struct inbox page;

	for (int i = 0; i < 5; i++)
		read_part(f, ALICE, "text", 0, 0, 0, T0 + i);
	page = inbox_page(f, (struct store_inbox_filter){ .limit = 3 });
	assert_int_equal(page.count, 3);
	assert_int_equal(page.items[0].received_at_usec, T0 + 4);
	page = inbox_page(f, (struct store_inbox_filter){ .limit = 3, .before_cursor = page.next });
	assert_int_equal(page.count, 2);
	assert_int_equal(page.items[1].received_at_usec, T0);
	assert_int_equal(page.next, 0);
}

static void a_fingerprint_outlives_its_slot_but_not_for_ever(void **state)
{
	struct fixture *f = *state;

	read_slot(f, "kept", 3);
	read_slot(f, "gone", 4);
	slot_deleted(f, "gone", 4);
	tick(f, T0 + 89 * DAY);
	assert_int_equal(read_slot(f, "gone", -1), STORE_READING_COPY);
	tick(f, T0 + 91 * DAY);
	assert_int_equal(read_slot(f, "gone", -1), STORE_READING_MESSAGE);
	assert_int_equal(read_slot(f, "kept", -1), STORE_READING_COPY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_message_is_in_the_inbox_and_told),
		TEST(a_copy_read_twice_is_one_message),
		TEST(the_same_tpdu_in_two_slots_is_two_messages),
		TEST(what_the_network_sends_again_is_a_copy),
		TEST(a_message_that_came_directly_and_stored_is_one),
		TEST(a_slot_that_holds_something_new_forgets_the_old),
		TEST(another_sim_has_other_fingerprints),
		TEST(parts_out_of_order_make_one_whole),
		TEST(a_part_seen_twice_is_one),
		TEST(parts_of_different_senders_and_references_stay_apart),
		TEST(parts_that_never_come_show_as_gaps),
		TEST(a_reference_used_again_starts_anew),
		TEST(a_long_message_of_255_parts_arrives_whole),
		TEST(what_nobody_understands_is_kept),
		TEST(slots_without_any_octets_are_not_copies_of_each_other),
		TEST(a_text_may_hold_a_nul),
		TEST(a_handled_item_leaves_the_open_ones),
		TEST(the_inbox_is_paged_from_the_newest),
		TEST(a_fingerprint_outlives_its_slot_but_not_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
