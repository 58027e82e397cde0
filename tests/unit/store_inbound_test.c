/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What modems read: copies known, twins told apart, nothing lost.
 */
#include <sodium.h>

#include "tests/unit/store_sms.h"

#define DAY USEC_PER_DAY

static struct tpdu deliver(const char *text)
{
	struct tpdu tpdu = {
		.kind = TPDU_DELIVER,
		.port = -1,
		.centre_time_usec = T0,
		.text_size = strlen(text),
	};

	snprintf(tpdu.address, sizeof(tpdu.address), ALICE);
	snprintf(tpdu.text, sizeof(tpdu.text), "%s", text);
	return tpdu;
}

static enum store_reading read_text(struct fixture *f, const char *text, int64_t at)
{
	struct tpdu tpdu = deliver(text);
	char octets[128];

	snprintf(octets, sizeof(octets), "%s %lld", text, (long long)at);
	return receive(f, &north, octets, -1, &tpdu, at);
}

static enum store_reading read_slot(struct fixture *f, const char *octets, int location)
{
	struct tpdu tpdu = deliver(octets);

	return receive(f, &north, octets, location, &tpdu, T0);
}

static void slot_deleted(struct fixture *f, const void *octets, size_t size, int location)
{
	uint8_t digest[32];

	crypto_hash_sha256(digest, octets, size);
	assert_int_equal(store_slot_deleted(f->store, &north, "SM", location, digest), 0);
}

static void a_message_is_in_the_inbox_and_told(void **state)
{
	struct fixture *f = *state;
	struct inbox in;

	assert_int_equal(read_text(f, "hello", T0 + 5), STORE_READING_MESSAGE);
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

/* "MT" is the SIM's memory and the modem's in one: what is announced there is listed as "SM". */
static void one_sms_in_a_memory_of_two_names_is_one_message(void **state)
{
	struct fixture *f = *state;
	struct tpdu tpdu = deliver("hello");
	const uint8_t *octets = (const uint8_t *)"hello";

	assert_int_equal(receive_from(f, &north, octets, 5, "MT", 5, &tpdu, T0),
			 STORE_READING_MESSAGE);
	assert_int_equal(receive_from(f, &north, octets, 5, "SM", 5, &tpdu, T0),
			 STORE_READING_COPY);
	/* Its twin lies beside it, under either name. */
	assert_int_equal(receive_from(f, &north, octets, 5, "SM", 6, &tpdu, T0),
			 STORE_READING_MESSAGE);
	assert_int_equal(inbox(f).count, 2);
}

static void what_the_network_sends_again_is_a_copy(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_MESSAGE);
	slot_deleted(f, "hello", 5, 3);
	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_COPY);
	slot_deleted(f, "hello", 5, 3);
	assert_int_equal(read_slot(f, "hello", 5), STORE_READING_COPY);
	assert_int_equal(inbox(f).count, 1);
}

/* The worker died between AT+CMGD and its word of it: what it read may lie there no more. */
static void a_slot_that_another_worker_read_makes_no_twin(void **state)
{
	struct fixture *f = *state;

	f->worker = 1;
	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_MESSAGE);
	f->worker = 2;
	assert_int_equal(read_slot(f, "hello", 5), STORE_READING_COPY);
	slot_deleted(f, "hello", 5, 5);
	assert_int_equal(read_slot(f, "hello", 6), STORE_READING_COPY);
	slot_deleted(f, "hello", 5, 6);
	/* One that lies there all the same has its twin beside it, once it was read again. */
	assert_int_equal(read_slot(f, "hello", 3), STORE_READING_COPY);
	assert_int_equal(read_slot(f, "hello", 5), STORE_READING_MESSAGE);
	assert_int_equal(inbox(f).count, 2);
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
	struct tpdu tpdu = deliver("hello");

	assert_int_equal(receive(f, &north, "x", 1, &tpdu, T0), STORE_READING_MESSAGE);
	assert_int_equal(receive(f, &south, "x", 1, &tpdu, T0), STORE_READING_MESSAGE);
	assert_int_equal(inbox(f).count, 2);
}

/* ------------------------------------------------------------------ what users complain about */

/* gammu#217 #590 #378: deleting fails, and every sweep brings it again. */
static void the_same_sms_received_again_and_again_is_one_message(void **state)
{
	struct fixture *f = *state;
	struct octets o =
		sms_write(&(struct sms){ .from = ALICE, .text = "come home", .sent = T0 });

	assert_int_equal(sms_read(f, &o, 3, T0), STORE_READING_MESSAGE);
	for (int i = 1; i <= 300; i++) {
		if (i % 100 == 0)
			fixture_reopen(f);
		assert_int_equal(sms_read(f, &o, 3, T0 + i * USEC_PER_MINUTE), STORE_READING_COPY);
	}
	/* Another modem shows that SIM, which counts its slots otherwise; the network sends it too. */
	slot_deleted(f, o.bytes, o.size, 3);
	assert_int_equal(sms_read(f, &o, 4, T0 + DAY), STORE_READING_COPY);
	assert_int_equal(sms_read(f, &o, -1, T0 + DAY), STORE_READING_COPY);
	/* Months later, as long as it lies there. */
	tick(f, T0 + 200 * DAY);
	assert_int_equal(sms_read(f, &o, 4, T0 + 200 * DAY), STORE_READING_COPY);
	assert_int_equal(inbox(f).count, 1);
}

/* capcom6#394: "ok" twice is two answers. */
static void over_eager_dedupe_drops_no_real_message(void **state)
{
	struct fixture *f = *state;
	struct sms sms = { .from = ALICE, .text = "ok", .sent = T0 };

	assert_int_equal(sms_come(f, sms, T0), STORE_READING_MESSAGE);
	/* The centre's time stamp makes them different, whatever slot they come from. */
	sms.sent += USEC_PER_SEC;
	assert_int_equal(sms_come(f, sms, T0), STORE_READING_MESSAGE);
	sms.from = BOB;
	assert_int_equal(sms_come(f, sms, T0), STORE_READING_MESSAGE);
	/* Within one second the octets are the same: side by side they are two. */
	sms.sent += USEC_PER_SEC;

	struct octets o = sms_write(&sms);

	assert_int_equal(sms_read(f, &o, 1, T0), STORE_READING_MESSAGE);
	assert_int_equal(sms_read(f, &o, 2, T0), STORE_READING_MESSAGE);
	assert_int_equal(inbox(f).count, 5);
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
	slot_deleted(f, "", 0, 3);
	assert_int_equal(receive(f, &north, "", 3, NULL, T0), STORE_READING_KEPT);
}

static void a_text_may_hold_a_nul(void **state)
{
	struct fixture *f = *state;
	struct tpdu tpdu = deliver("");

	memcpy(tpdu.text, "a\0b", 3);
	tpdu.text_size = 3;
	receive(f, &north, "nul", 1, &tpdu, T0);
	assert_int_equal(inbox(f).items[0].text_size, 3);
}

static void a_handled_item_leaves_the_open_ones(void **state)
{
	struct fixture *f = *state;
	struct inbox in, done = { 0 };

	read_text(f, "one", T0);
	read_text(f, "two", T0);
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
		read_text(f, "text", T0 + i);
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
	slot_deleted(f, "gone", 4, 4);
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
		TEST(one_sms_in_a_memory_of_two_names_is_one_message),
		TEST(what_the_network_sends_again_is_a_copy),
		TEST(a_slot_that_another_worker_read_makes_no_twin),
		TEST(a_message_that_came_directly_and_stored_is_one),
		TEST(a_slot_that_holds_something_new_forgets_the_old),
		TEST(another_sim_has_other_fingerprints),
		TEST(the_same_sms_received_again_and_again_is_one_message),
		TEST(over_eager_dedupe_drops_no_real_message),
		TEST(what_nobody_understands_is_kept),
		TEST(slots_without_any_octets_are_not_copies_of_each_other),
		TEST(a_text_may_hold_a_nul),
		TEST(a_handled_item_leaves_the_open_ones),
		TEST(the_inbox_is_paged_from_the_newest),
		TEST(a_fingerprint_outlives_its_slot_but_not_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
