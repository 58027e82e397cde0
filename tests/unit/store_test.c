/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Messages, events and counts, and that none of it grows slow.
 */
#include <sqlite3.h>

#include "tests/unit/store_fixture.h"

/* ------------------------------------------------------------------ messages */

static void a_message_is_stored_whole(void **state)
{
	struct fixture *f = *state;
	struct shown shown = submit(f, (struct draft){ .id = "m", .to_too = BOB, .priority = -5 });

	assert_int_equal(shown.error, 0);
	fixture_reopen(f);
	shown = show(f, "m");
	assert_string_equal(shown.text, "one two three");
	assert_null(shown.message.sms_text);
	assert_int_equal(shown.message.created_at_usec, T0);
	assert_int_equal(shown.message.valid_until_usec, VALID);
	assert_int_equal(shown.message.priority, -5);
	assert_int_equal(shown.message.state, DELIVERY_PENDING);
	assert_int_equal(shown.message.counts[DELIVERY_PENDING], 2);
	assert_int_equal(shown.message.delivery_count, 2);
	assert_string_equal(shown.deliveries[0].number, ALICE);
	assert_string_equal(shown.deliveries[1].number, BOB);
	assert_string_equal(shown.deliveries[1].reason, "It waits for a modem.");
	assert_int_equal(show(f, "other").error, -ENOENT);
}

static void an_id_is_made_when_none_is_given(void **state)
{
	struct fixture *f = *state;
	struct shown one = submit(f, (struct draft){ 0 });
	struct shown two = submit(f, (struct draft){ 0 });

	assert_int_equal(one.error, 0);
	assert_int_equal(strlen(one.message.id), 12);
	assert_int_equal(strspn(one.message.id, "0123456789abcdefghjkmnpqrstvwxyz"), 12);
	assert_string_not_equal(one.message.id, two.message.id);
	assert_string_not_equal(one.message.id, one.deliveries[0].id);
}

static void the_same_id_with_the_same_content_answers_the_same_message(void **state)
{
	struct fixture *f = *state;
	struct shown first = submit(f, (struct draft){ .id = "m", .digest = 1 });
	struct shown again = submit(f, (struct draft){ .id = "m", .digest = 1 });

	assert_int_equal(again.error, -EALREADY);
	assert_string_equal(again.deliveries[0].id, first.deliveries[0].id);
	assert_int_equal(list(f, (struct store_message_filter){ .state = -1, .limit = 9 }).count,
			 1);
}

static void the_same_id_with_other_content_is_refused(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .digest = 1 });
	assert_int_equal(submit(f, (struct draft){ .id = "m", .digest = 2 }).error, -EEXIST);
	assert_int_equal(list(f, (struct store_message_filter){ .state = -1, .limit = 9 }).count,
			 1);
}

static void what_can_not_be_a_message_is_refused(void **state)
{
	struct fixture *f = *state;
	char long_id[80];

	memset(long_id, 'x', sizeof(long_id));
	long_id[65] = '\0';
	assert_int_equal(submit(f, (struct draft){ .id = "a b" }).error, -EINVAL);
	assert_int_equal(submit(f, (struct draft){ .id = "" }).error, -EINVAL);
	assert_int_equal(submit(f, (struct draft){ .id = long_id }).error, -EINVAL);
	assert_int_equal(submit(f, (struct draft){ .priority = 128 }).error, -EINVAL);
	assert_int_equal(submit(f, (struct draft){ .to = "+86138000000010000" }).error, -EINVAL);
	long_id[64] = '\0';
	assert_int_equal(submit(f, (struct draft){ .id = long_id }).error, 0);
}

static void a_pending_message_is_cancelled(void **state)
{
	struct fixture *f = *state;
	struct shown shown;

	submit(f, (struct draft){ .id = "m", .to_too = BOB, .parts = 2 });
	shown = cancel(f, "m");
	assert_int_equal(shown.error, 0);
	assert_int_equal(shown.message.counts[DELIVERY_CANCELLED], 2);
	assert_true(shown.deliveries[0].final);
	assert_int_equal(f->event_count, 2);
	assert_false(begin(f, &north, T0).found);
	assert_int_equal(cancel(f, "m").error, -EBUSY);
	assert_int_equal(cancel(f, "n").error, -ENOENT);
}

static void what_is_on_the_air_is_not_cancelled_but_the_rest_is(void **state)
{
	struct fixture *f = *state;
	struct shown shown;

	submit(f, (struct draft){ .id = "m", .to_too = BOB });
	begin(f, &north, T0);
	shown = cancel(f, "m");
	assert_int_equal(shown.error, 0);
	assert_int_equal(shown.message.counts[DELIVERY_SENDING], 1);
	assert_int_equal(shown.message.counts[DELIVERY_CANCELLED], 1);
	assert_false(begin(f, &north, T0).found);
	shown = cancel(f, "m");
	assert_int_equal(shown.error, -EBUSY);
	assert_int_equal(shown.message.counts[DELIVERY_SENDING], 1);
}

static void a_message_of_which_a_part_is_out_is_not_cancelled(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .parts = 2 });
	send_part(f, &north, 1, T0);
	assert_int_equal(cancel(f, "m").error, -EBUSY);
	assert_true(begin(f, &north, T0).found);
}

static void lists_are_paged_from_the_newest(void **state)
{
	struct fixture *f = *state;
	struct store_message_filter filter = { .state = -1, .limit = 3 };
	struct page page;

	for (char id[2] = "a"; id[0] <= 'g'; id[0]++)
		submit(f, (struct draft){ .id = id });
	page = list(f, filter);
	assert_int_equal(page.count, 3);
	assert_string_equal(page.ids[0], "g");
	filter.before_cursor = page.next;
	page = list(f, filter);
	assert_string_equal(page.ids[0], "d");
	filter.before_cursor = page.next;
	page = list(f, filter);
	assert_int_equal(page.count, 1);
	assert_string_equal(page.ids[0], "a");
	assert_int_equal(page.next, 0);
}

static void lists_are_narrowed_by_state_number_and_time(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "a", .created = T0 });
	submit(f, (struct draft){ .id = "b", .created = T0 + 10, .to_too = BOB });
	submit(f, (struct draft){ .id = "c", .created = T0 + 20, .to = BOB });
	begin(f, &north, T0 + 30);

	struct page page =
		list(f, (struct store_message_filter){ .state = DELIVERY_SENDING, .limit = 9 });
	assert_int_equal(page.count, 1);
	assert_string_equal(page.ids[0], "a");
	page = list(f, (struct store_message_filter){ .state = -1, .number = BOB, .limit = 9 });
	assert_int_equal(page.count, 2);
	page = list(f, (struct store_message_filter){
			       .state = DELIVERY_SENDING, .number = BOB, .limit = 9 });
	assert_int_equal(page.count, 0);
	/* Both recipients wait, and it is listed once. */
	page = list(f, (struct store_message_filter){ .state = DELIVERY_PENDING, .limit = 9 });
	assert_int_equal(page.count, 2);
	page = list(
		f, (struct store_message_filter){ .state = -1, .since_usec = T0 + 10, .limit = 9 });
	assert_int_equal(page.count, 2);
	assert_string_equal(page.ids[1], "b");
	page = list(
		f, (struct store_message_filter){ .state = -1, .since_usec = T0 + 21, .limit = 9 });
	assert_int_equal(page.count, 0);
}

/* ------------------------------------------------------------------ events, overview */

struct heard {
	bool came;
	int error;
	size_t count;
	struct store_event events[16];
	bool inbound[16];
};

static void keep_heard(int error, const struct store_event *events, size_t count, void *userdata)
{
	struct heard *heard = userdata;

	heard->came = true;
	heard->error = error;
	heard->count = count;
	for (size_t i = 0; i < count && i < 16; i++) {
		heard->events[i] = events[i];
		heard->inbound[i] = events[i].inbound != NULL;
	}
}

static struct heard events_after(struct fixture *f, int64_t after, unsigned limit)
{
	struct heard heard = { 0 };

	assert_int_equal(store_events_after(f->store, after, limit, keep_heard, &heard), 0);
	await(f, &heard.came);
	assert_int_equal(heard.error, 0);
	return heard;
}

static void a_delivery_tells_every_change_of_its_state_once(void **state)
{
	static const enum delivery_state path[] = { DELIVERY_PENDING, DELIVERY_SENDING,
						    DELIVERY_SENT, DELIVERY_DELIVERED };
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .parts = 3 });
	for (int part = 1; part <= 3; part++)
		send_part(f, &north, part, T0);
	for (uint8_t part = 1; part <= 3; part++)
		report(f, &north, ALICE, part, 0, T0 + 9);
	assert_int_equal(f->event_count, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(f->events[i].type, STORE_EVENT_MESSAGE_STATE);
		assert_int_equal(f->events[i].from_state, path[i]);
		assert_int_equal(f->events[i].to_state, path[i + 1]);
		assert_string_equal(f->events[i].message, "m");
		assert_string_equal(f->events[i].to, ALICE);
		assert_string_equal(f->events[i].modem, "north");
		assert_true(f->events[i].reason[0] != '\0');
	}
}

struct order {
	struct fixture *f;
	unsigned events_before;
	bool came;
};

static void keep_order(int error, const struct store_message *message, void *userdata)
{
	struct order *order = userdata;

	(void)message;
	assert_int_equal(error, 0);
	order->events_before = order->f->event_count;
	order->came = true;
}

static void the_listener_hears_before_the_callback(void **state)
{
	struct fixture *f = *state;
	struct order order = { .f = f };

	submit(f, (struct draft){ .id = "m" });
	store_message_cancel(f->store, "m", T0, keep_order, &order);
	await(f, &order.came);
	assert_int_equal(order.events_before, 1);
}

static void events_are_resumed_where_one_stopped(void **state)
{
	struct fixture *f = *state;
	struct tpdu tpdu = {
		.kind = TPDU_DELIVER, .port = -1, .address = ALICE, .text = "hi", .text_size = 2
	};
	struct heard heard;

	assert_int_equal(store_modem_changed(f->store, "north", "starting", "ready", "Go.", T0), 0);
	receive(f, &north, "x", 1, &tpdu, T0 + 1);
	submit(f, (struct draft){ .id = "m" });
	cancel(f, "m");
	fixture_reopen(f);

	heard = events_after(f, 0, 100);
	assert_int_equal(heard.count, 3);
	assert_int_equal(heard.events[0].type, STORE_EVENT_MODEM_STATE);
	assert_string_equal(heard.events[0].modem_to, "ready");
	assert_string_equal(heard.events[0].reason, "Go.");
	assert_int_equal(heard.events[1].type, STORE_EVENT_MESSAGE_RECEIVED);
	assert_true(heard.inbound[1]);
	assert_int_equal(heard.events[2].to_state, DELIVERY_CANCELLED);
	assert_true(heard.events[0].id < heard.events[1].id);
	assert_int_equal(overview(f).last_event, heard.events[2].id);
	assert_int_equal(events_after(f, heard.events[0].id, 1).events[0].id, heard.events[1].id);
	assert_int_equal(events_after(f, heard.events[2].id, 100).count, 0);
}

static void events_go_after_seven_days_and_their_ids_are_not_used_again(void **state)
{
	struct fixture *f = *state;
	int64_t last;

	store_modem_changed(f->store, "north", "absent", "starting", "", T0);
	store_modem_changed(f->store, "north", "starting", "ready", "", T0 + 5);
	last = overview(f).last_event;
	assert_int_equal(tick(f, T0 + 7 * USEC_PER_DAY - 1).next_usec, T0 + 7 * USEC_PER_DAY);
	assert_int_equal(events_after(f, 0, 9).count, 2);
	tick(f, T0 + 7 * USEC_PER_DAY);
	assert_int_equal(events_after(f, 0, 9).count, 1);
	tick(f, T0 + 8 * USEC_PER_DAY);
	assert_int_equal(events_after(f, 0, 9).count, 0);
	store_modem_changed(f->store, "north", "ready", "absent", "", T0 + 9 * USEC_PER_DAY);
	assert_int_equal(overview(f).last_event, last + 1);
}

static void the_overview_knows_how_many_there_are(void **state)
{
	struct fixture *f = *state;
	struct store_overview seen;

	seen = overview(f);
	assert_int_equal(seen.deliveries[DELIVERY_PENDING], 0);
	assert_int_equal(seen.oldest_pending_usec, 0);
	submit(f, (struct draft){ .id = "a", .created = T0 + 1 });
	submit(f, (struct draft){ .id = "b", .created = T0 + 2, .to_too = BOB });
	submit(f, (struct draft){ .id = "c", .created = T0 + 3 });
	send_part(f, &north, 1, T0 + 4);
	cancel(f, "c");
	fixture_reopen(f);
	seen = overview(f);
	assert_int_equal(seen.deliveries[DELIVERY_PENDING], 2);
	assert_int_equal(seen.deliveries[DELIVERY_SENDING], 0);
	assert_int_equal(seen.deliveries[DELIVERY_SENT], 1);
	assert_int_equal(seen.deliveries[DELIVERY_CANCELLED], 1);
	assert_int_equal(seen.oldest_pending_usec, T0 + 2);
	assert_int_equal(seen.newest_stored_usec, T0 + 5);
}

/* ------------------------------------------------------------------ size */

/* Every connection that is opened reports what its statements cost. */
static struct {
	int64_t steps, scanned, sorted;
} cost;

static int count_cost(unsigned kind, void *context, void *statement, void *elapsed)
{
	(void)kind;
	(void)context;
	(void)elapsed;
	cost.steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
	cost.scanned += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
	cost.sorted += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_SORT, 1);
	return 0;
}

static int watch(sqlite3 *handle, char **message, const void *api)
{
	(void)message;
	(void)api;
	return sqlite3_trace_v2(handle, SQLITE_TRACE_PROFILE, count_cost, NULL);
}

static int64_t steps_of_one_part(struct fixture *f)
{
	cost.steps = cost.scanned = cost.sorted = 0;
	send_part(f, &north, 1, T0 + USEC_PER_HOUR);
	assert_int_equal(report(f, &north, ALICE, 1, 0, T0 + 2 * USEC_PER_HOUR),
			 STORE_READING_REPORT);
	assert_int_equal(cost.scanned, 0);
	assert_int_equal(cost.sorted, 0);
	return cost.steps;
}

static void count_message(int error, const struct store_message *message, void *userdata)
{
	(void)message;
	assert_int_equal(error, 0);
	(*(unsigned *)userdata)++;
}

static void fill(struct fixture *f, unsigned count, int64_t scheduled)
{
	static const struct store_part_new part = { "text", 4 };
	static const struct store_recipient_new recipient = { ALICE, ALICE };
	unsigned came = 0;

	for (unsigned posted = 0; posted < count; posted++) {
		const struct store_message_new message = {
			.text = "text",
			.text_size = 4,
			.created_at_usec = T0,
			.scheduled_at_usec = scheduled,
			.valid_until_usec = VALID + USEC_PER_DAY,
			.priority = (int)(posted % 3) + (scheduled ? 50 : 0),
			.parts = &part,
			.part_count = 1,
			.recipients = &recipient,
			.recipient_count = 1,
		};

		while (store_submit(f->store, &message, count_message, &came) == -EBUSY)
			sd_event_run(f->loop, UINT64_MAX);
	}
	while (came < count)
		assert_true(sd_event_run(f->loop, 10 * USEC_PER_SEC) > 0);
}

static void ten_thousand_messages_do_not_make_the_next_one_dearer(void **state)
{
	struct fixture *f = *state;
	int64_t few, many;

	sqlite3_auto_extension((void (*)(void))watch);
	assert_int_equal(fixture_open(f), 0);
	fill(f, 10, 0);
	few = steps_of_one_part(f);
	fill(f, 5000, 0);
	/* More urgent than all, and not due. */
	fill(f, 5000, T0 + USEC_PER_DAY);
	many = steps_of_one_part(f);
	sqlite3_reset_auto_extension();
	assert_in_range(many, 1, few + few / 2);
}

static void reading_never_looks_at_what_is_not_asked_for(void **state)
{
	struct fixture *f = *state;
	struct store_message_filter nobody = { .state = -1, .number = BOB, .limit = 5 };
	struct store_message_filter nothing = { .state = DELIVERY_FAILED, .limit = 5 };

	sqlite3_auto_extension((void (*)(void))watch);
	assert_int_equal(fixture_open(f), 0);
	fill(f, 300, 0);
	send_part(f, &north, 1, T0 + 1);
	cost.scanned = cost.sorted = 0;
	list(f, (struct store_message_filter){ .state = DELIVERY_PENDING, .limit = 5 });
	list(f, (struct store_message_filter){ .state = -1, .number = ALICE, .limit = 5 });
	list(f, (struct store_message_filter){ .state = -1, .since_usec = T0, .limit = 5 });
	inbox_page(f, (struct store_inbox_filter){ .limit = 5, .unhandled_only = true });
	overview(f);
	events_after(f, 0, 5);
	recover(f, T0 + 2);
	late(f, &north, PART_ACCEPTED, 1);
	assert_int_equal(cost.scanned, 0);
	assert_int_equal(cost.sorted, 0);

	cost.steps = 0;
	assert_int_equal(list(f, nobody).count, 0);
	assert_int_equal(list(f, nothing).count, 0);
	sqlite3_reset_auto_extension();
	assert_in_range(cost.steps, 1, 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CLOSED(name) cmocka_unit_test_setup_teardown(name, setup_closed, teardown)
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_message_is_stored_whole),
		TEST(an_id_is_made_when_none_is_given),
		TEST(the_same_id_with_the_same_content_answers_the_same_message),
		TEST(the_same_id_with_other_content_is_refused),
		TEST(what_can_not_be_a_message_is_refused),
		TEST(a_pending_message_is_cancelled),
		TEST(what_is_on_the_air_is_not_cancelled_but_the_rest_is),
		TEST(a_message_of_which_a_part_is_out_is_not_cancelled),
		TEST(lists_are_paged_from_the_newest),
		TEST(lists_are_narrowed_by_state_number_and_time),
		TEST(a_delivery_tells_every_change_of_its_state_once),
		TEST(the_listener_hears_before_the_callback),
		TEST(events_are_resumed_where_one_stopped),
		TEST(events_go_after_seven_days_and_their_ids_are_not_used_again),
		TEST(the_overview_knows_how_many_there_are),
		CLOSED(ten_thousand_messages_do_not_make_the_next_one_dearer),
		CLOSED(reading_never_looks_at_what_is_not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
