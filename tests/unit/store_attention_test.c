/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What needs a human: opened with its reason, ended by a person or by what takes the reason away;
 * and everything outgoing held.
 */
#include "tests/unit/store_words.h"

static void a_delivery_that_fails_needs_attention(void **state)
{
	struct fixture *f = *state;
	struct items items;

	submit(f, (struct draft){ .id = "m", .to_too = BOB });
	end(f, begin(f, &north, T0).job.attempt, PART_REFUSED_FOR_GOOD, -1);
	items = attention(f);
	assert_int_equal(items.count, 1);
	assert_int_equal(items.items[0].kind, ATTENTION_FAILED);
	assert_string_equal(items.items[0].message, "m");
	assert_string_equal(items.items[0].delivery, show(f, "m").deliveries[0].id);
	assert_string_equal(items.items[0].number, ALICE);
	assert_string_equal(items.items[0].reason, "Because.");
	assert_int_equal(items.items[0].at_usec, T0 + 2);
	assert_int_equal(items.items[0].done_at_usec, 0);
}

static void one_that_expires_needs_it_too_one_that_is_cancelled_does_not(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "c" });
	cancel(f, "c");
	submit(f, (struct draft){ .id = "e", .valid = T0 + HOUR });
	assert_int_equal(attention(f).count, 0);
	tick(f, T0 + HOUR);
	assert_int_equal(attention(f).count, 1);
	assert_int_equal(attention(f).items[0].kind, ATTENTION_EXPIRED);
}

static void an_item_is_told_when_it_opens_and_when_it_ends(void **state)
{
	struct fixture *f = *state;
	unsigned told = 0;

	submit(f, (struct draft){ .id = "m" });
	end(f, begin(f, &north, T0).job.attempt, PART_REFUSED_FOR_GOOD, -1);
	retry(f, "m", T0 + 5);
	for (unsigned i = 0; i < f->event_count; i++) {
		if (f->events[i].type != STORE_EVENT_ATTENTION)
			continue;
		told++;
		assert_int_equal(f->events[i].at_usec, told == 1 ? T0 + 2 : T0 + 5);
	}
	assert_int_equal(told, 2);
	assert_string_equal(store_event_type_name(STORE_EVENT_ATTENTION), "attention");
}

static void keep_event_items(int error, const struct store_event *events, size_t count,
			     void *userdata)
{
	struct items *items = userdata;

	assert_int_equal(error, 0);
	items->came = true;
	for (size_t i = 0; i < count; i++)
		if (events[i].type == STORE_EVENT_ATTENTION) {
			assert_non_null(events[i].attention);
			items->items[items->count++] = *events[i].attention;
		}
}

static void its_events_can_be_resumed(void **state)
{
	struct fixture *f = *state;
	struct items items = { 0 };

	submit(f, (struct draft){ .id = "m" });
	end(f, begin(f, &north, T0).job.attempt, PART_REFUSED_FOR_GOOD, -1);
	fixture_reopen(f);
	assert_int_equal(store_events_after(f->store, 0, 100, keep_event_items, &items), 0);
	await(f, &items.came);
	assert_int_equal(items.count, 1);
	assert_string_equal(items.items[0].message, "m");
	assert_string_equal(items.items[0].id, attention(f).items[0].id);
}

static void the_end_of_a_self_test_needs_nobody(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = STORE_ID_OWN "1" });
	end(f, begin(f, &north, T0).job.attempt, PART_REFUSED_FOR_GOOD, -1);
	assert_int_equal(state_of(f, STORE_ID_OWN "1"), DELIVERY_FAILED);
	assert_int_equal(attention(f).count, 0);
}

static void a_person_ends_an_item_and_may_say_so_twice(void **state)
{
	struct fixture *f = *state;
	struct items items;
	char id[STORE_ID_SIZE];

	submit(f, (struct draft){ .id = "m" });
	end(f, begin(f, &north, T0).job.attempt, PART_REFUSED_FOR_GOOD, -1);
	memcpy(id, attention(f).items[0].id, sizeof(id));
	items = attention_done(f, id, T0 + 10);
	assert_int_equal(items.error, 0);
	assert_int_equal(items.items[0].done_at_usec, T0 + 10);
	assert_int_equal(attention_done(f, id, T0 + 20).items[0].done_at_usec, T0 + 10);
	assert_int_equal(attention_done(f, "none", T0 + 20).error, -ENOENT);
	assert_int_equal(attention(f).count, 0);
	items = attention_page(f, (struct store_attention_filter){ .ended_too = true, .limit = 5 });
	assert_int_equal(items.count, 1);
	/* It is over, and the same state does not open it again. */
	assert_int_equal(state_of(f, "m"), DELIVERY_FAILED);
}

static void an_sms_that_nobody_can_read_needs_attention_until_it_is_handled(void **state)
{
	struct fixture *f = *state;
	struct items items;
	struct inbox handled = { 0 };

	assert_int_equal(receive(f, &north, "\x01\x02\x03", 4, NULL, T0), STORE_READING_KEPT);
	items = attention(f);
	assert_int_equal(items.count, 1);
	assert_int_equal(items.items[0].kind, ATTENTION_UNREADABLE);
	assert_string_equal(items.items[0].inbound, inbox(f).items[0].id);
	assert_string_equal(items.items[0].modem, "north");
	store_inbox_handled(f->store, items.items[0].inbound, T0 + 3, keep_inbox, &handled);
	await(f, &handled.came);
	assert_int_equal(attention(f).count, 0);
}

static void a_modem_that_is_down_is_one_item_until_it_is_back(void **state)
{
	struct fixture *f = *state;
	struct items items;

	store_attention_modem(f->store, "north", ATTENTION_MODEM_DOWN, true,
			      "It is not plugged in.", T0);
	store_attention_modem(f->store, "north", ATTENTION_MODEM_DOWN, true,
			      "It is not plugged in.", T0 + 5);
	store_attention_modem(f->store, "south", ATTENTION_MODEM_DOWN, true, "Its SIM wants a PIN.",
			      T0 + 6);
	fixture_reopen(f);
	items = attention(f);
	assert_int_equal(items.count, 2);
	assert_string_equal(items.items[1].modem, "north");
	assert_int_equal(items.items[1].kind, ATTENTION_MODEM_DOWN);
	assert_string_equal(items.items[1].reason, "It is not plugged in.");
	store_attention_modem(f->store, "north", ATTENTION_MODEM_DOWN, false, NULL, T0 + 9);
	store_attention_modem(f->store, "north", ATTENTION_MODEM_DOWN, false, NULL, T0 + 10);
	items = attention(f);
	assert_int_equal(items.count, 1);
	assert_string_equal(items.items[0].modem, "south");
	store_attention_modem(f->store, "north", ATTENTION_MODEM_DOWN, true, "Again.", T0 + 11);
	assert_int_equal(attention(f).count, 2);
}

static void what_is_wrong_with_one_modem_are_items_of_their_own(void **state)
{
	struct fixture *f = *state;
	struct items items;

	store_attention_modem(f->store, "north", ATTENTION_MODEM_DOWN, true, "Down.", T0);
	store_attention_modem(f->store, "north", ATTENTION_MODEM_BALANCE, true, "3.20.", T0);
	store_attention_modem(f->store, "north", ATTENTION_MODEM_BALANCE, true, "3.20.", T0);
	store_attention_modem(f->store, "north", ATTENTION_MODEM_BARRED, true, "Lost.", T0);
	assert_int_equal(attention(f).count, 3);
	store_attention_modem(f->store, "north", ATTENTION_MODEM_DOWN, false, NULL, T0 + 1);
	store_attention_modem(f->store, "north", ATTENTION_MODEM_BARRED, false, NULL, T0 + 1);
	items = attention(f);
	assert_int_equal(items.count, 1);
	assert_int_equal(items.items[0].kind, ATTENTION_MODEM_BALANCE);
	assert_string_equal(items.items[0].reason, "3.20.");
}

static void every_kind_has_its_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ATTENTION_KIND_COUNT; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(attention_kind_name((enum attention_kind)i),
						attention_kind_name((enum attention_kind)j));
	assert_string_equal(attention_kind_name(ATTENTION_FAILED), "delivery.failed");
	assert_string_equal(attention_kind_name(ATTENTION_MODEM_DOWN), "modem.down");
	assert_string_equal(attention_kind_name(ATTENTION_MODEM_BALANCE), "modem.balance");
	assert_string_equal(attention_kind_name(ATTENTION_MODEM_BARRED), "modem.barred");
}

static void items_are_paged_from_the_newest(void **state)
{
	struct fixture *f = *state;
	struct items page;
	char name[16];

	for (unsigned i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "m%u", i);
		store_attention_modem(f->store, name, ATTENTION_MODEM_DOWN, true, "Down.", T0 + i);
	}
	page = attention_page(f, (struct store_attention_filter){ .limit = 3 });
	assert_int_equal(page.count, 3);
	assert_string_equal(page.items[0].modem, "m4");
	assert_true(page.next > 0);
	page = attention_page(
		f, (struct store_attention_filter){ .limit = 3, .before_cursor = page.next });
	assert_int_equal(page.count, 2);
	assert_string_equal(page.items[1].modem, "m0");
	assert_int_equal(page.next, 0);
}

/* ------------------------------------------------------------------ hold */

static void what_is_held_waits_until_it_is_released_over_restarts_too(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "m" });
	assert_false(overview(f).held);
	hold(f, true);
	assert_true(overview(f).held);
	turn = begin(f, &north, T0);
	assert_int_equal(turn.error, 0);
	assert_false(turn.found);
	assert_int_equal(turn.next, 0);
	fixture_reopen(f);
	assert_true(overview(f).held);
	assert_false(begin(f, &north, T0).found);
	assert_int_equal(state_of(f, "m"), DELIVERY_PENDING);
	hold(f, false);
	assert_false(overview(f).held);
	assert_true(begin(f, &north, T0).found);
}

static void what_is_held_is_taken_in_and_expires_as_ever(void **state)
{
	struct fixture *f = *state;

	hold(f, true);
	assert_int_equal(submit(f, (struct draft){ .id = "m", .valid = T0 + HOUR }).error, 0);
	assert_int_equal(tick(f, T0 + HOUR).expired, 1);
	assert_int_equal(attention(f).items[0].kind, ATTENTION_EXPIRED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_delivery_that_fails_needs_attention),
		TEST(one_that_expires_needs_it_too_one_that_is_cancelled_does_not),
		TEST(an_item_is_told_when_it_opens_and_when_it_ends),
		TEST(its_events_can_be_resumed),
		TEST(the_end_of_a_self_test_needs_nobody),
		TEST(a_person_ends_an_item_and_may_say_so_twice),
		TEST(an_sms_that_nobody_can_read_needs_attention_until_it_is_handled),
		TEST(a_modem_that_is_down_is_one_item_until_it_is_back),
		TEST(what_is_wrong_with_one_modem_are_items_of_their_own),
		TEST(every_kind_has_its_name),
		TEST(items_are_paged_from_the_newest),
		TEST(what_is_held_waits_until_it_is_released_over_restarts_too),
		TEST(what_is_held_is_taken_in_and_expires_as_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
