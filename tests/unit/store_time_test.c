/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What only a clock that is trusted may do: release, expire, give up, forget.
 */
#include <sqlite3.h>

#include "tests/unit/store_words.h"

static const struct store_tick_policy short_memory = {
	.unknown_usec = 30 * MINUTE,
	.keep_text_usec = 2 * DAY,
	.keep_record_usec = 10 * DAY,
};

static struct store_tick forget(struct fixture *f, int64_t now)
{
	return tick_by(f, now, true, short_memory);
}

/* ------------------------------------------------------------------ the schedule */

static void a_scheduled_message_is_released_by_the_tick(void **state)
{
	struct fixture *f = *state;
	struct store_tick ticked;
	struct shown shown = submit(f, (struct draft){ .id = "m", .scheduled = T0 + HOUR });

	assert_int_equal(shown.deliveries[0].next_attempt_usec, T0 + HOUR);
	ticked = tick(f, T0);
	assert_int_equal(ticked.released, 0);
	assert_int_equal(ticked.next_usec, T0 + HOUR);
	assert_false(begin(f, &north, T0 + HOUR - 1).found);
	assert_int_equal(tick(f, T0 + HOUR).released, 1);
	assert_int_equal(tick(f, T0 + HOUR).released, 0);
	/* From then on it is like any other. */
	assert_true(begin_untrusted(f, &north, T0 + HOUR).found);
}

static void a_clock_that_is_not_trusted_fires_nothing(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .scheduled = T0 + HOUR });
	assert_int_equal(tick_by(f, T0 + DAY, false, policy).released, 0);
	assert_false(begin_untrusted(f, &north, T0 + DAY).found);
	assert_true(begin(f, &north, T0 + HOUR).found);
}

static void a_scheduled_message_can_be_cancelled_and_tried_again_in_its_time(void **state)
{
	struct fixture *f = *state;
	struct shown shown;

	submit(f, (struct draft){ .id = "m", .scheduled = T0 + HOUR, .valid = T0 + 2 * HOUR });
	assert_int_equal(cancel(f, "m").error, 0);
	assert_false(begin(f, &north, T0 + HOUR).found);
	shown = retry(f, "m", T0 + 10);
	assert_int_equal(shown.deliveries[0].next_attempt_usec, T0 + HOUR);
	assert_false(begin(f, &north, T0 + 20).found);
	assert_int_equal(begin(f, &north, T0 + HOUR).job.valid_until_usec, T0 + 2 * HOUR);
}

static void a_scheduled_message_whose_validity_is_over_expires(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .scheduled = T0 + DAY, .valid = T0 + HOUR });
	assert_int_equal(tick(f, T0 + 2 * HOUR).expired, 1);
	assert_int_equal(state_of(f, "m"), DELIVERY_EXPIRED);
	assert_int_equal(tick(f, T0 + DAY).released, 0);
}

/* ------------------------------------------------------------------ the clock */

static void a_clock_that_is_not_trusted_expires_and_ends_nothing(void **state)
{
	struct fixture *f = *state;
	struct store_tick ticked;

	submit(f, (struct draft){ .id = "sent", .valid = T0 + HOUR });
	send_part(f, &north, 1, T0);
	submit(f, (struct draft){ .id = "lost" });
	lose_part(f, &north, T0 + 1);
	submit(f, (struct draft){ .id = "late", .valid = T0 + HOUR });
	ticked = tick_by(f, T0 + 9 * DAY, false, short_memory);
	assert_int_equal(ticked.expired + ticked.final_without_report + ticked.resent, 0);
	assert_int_equal(ticked.next_usec, 0);
	assert_false(show(f, "sent").deliveries[0].final);
	assert_int_equal(state_of(f, "lost"), DELIVERY_UNKNOWN);
	/* Ordinary sending goes on. */
	assert_string_equal(begin_untrusted(f, &north, T0 + 9 * DAY).job.message, "late");
}

static void a_span_measured_by_a_wrong_clock_starts_again(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m" });
	tick_by(f, T0, false, policy);
	end_at(f, begin_untrusted(f, &north, T0).job.attempt, PART_LOST_SIGHT, -1, T0);
	/* The clock was set: a day that never was. */
	assert_int_equal(tick(f, T0 + DAY).resent, 0);
	assert_int_equal(tick(f, T0 + DAY + 29 * MINUTE).resent, 0);
	assert_int_equal(tick(f, T0 + DAY + 30 * MINUTE).resent, 1);
}

/* A clock that stood a year ahead gave it moments that are a year off. */
static void what_was_accepted_by_a_clock_that_was_ahead_goes_when_it_is_right(void **state)
{
	struct draft draft = { .id = "m", .parts = 2, .created = T0 + 365 * DAY };
	struct fixture *f = *state;
	struct turn turn;

	draft.valid = draft.created + 3 * DAY;
	submit(f, draft);
	submit(f, (struct draft){
			  .id = "later", .scheduled = T0 + 400 * DAY, .valid = T0 + 401 * DAY });
	assert_false(begin_untrusted(f, &north, T0).found);
	turn = begin(f, &north, T0 + DAY);
	assert_string_equal(turn.job.message, "m");
	assert_int_equal(turn.job.valid_until_usec, T0 + 4 * DAY);
	assert_int_equal(end_at(f, turn.job.attempt, PART_ACCEPTED, 1, T0 + DAY), 0);
	assert_int_equal(begin(f, &north, T0 + DAY).job.concat.sequence, 2);
	assert_int_equal(show(f, "m").message.valid_until_usec, T0 + 4 * DAY);
	assert_int_equal(show(f, "later").deliveries[0].next_attempt_usec, T0 + 400 * DAY);
}

/* The next try of one that was accepted before: it is valid no longer than it was. */
static void what_was_tried_by_a_clock_that_was_ahead_is_valid_as_before(void **state)
{
	struct fixture *f = *state;
	struct turn turn;

	submit(f, (struct draft){ .id = "m", .valid = T0 + 3 * DAY });
	turn = begin_untrusted(f, &north, T0 + 365 * DAY);
	assert_int_equal(end_at(f, turn.job.attempt, PART_REFUSED, -1, T0 + 365 * DAY), 0);
	fixture_reopen(f);
	turn = begin(f, &north, T0 + DAY);
	assert_true(turn.found);
	assert_int_equal(turn.job.valid_until_usec, T0 + 3 * DAY);
}

static void the_end_without_a_report_is_an_event(void **state)
{
	struct fixture *f = *state;
	const struct store_event *event;

	submit(f, (struct draft){ .id = "m", .valid = T0 + HOUR });
	send_part(f, &north, 17, T0);
	assert_false(f->events[f->event_count - 1].final);
	tick(f, T0 + 2 * HOUR);
	event = &f->events[f->event_count - 1];
	assert_int_equal(event->type, STORE_EVENT_MESSAGE_STATE);
	assert_string_equal(event->message, "m");
	assert_int_equal(event->from_state, DELIVERY_SENT);
	assert_int_equal(event->to_state, DELIVERY_SENT);
	assert_true(event->final);
	assert_non_null(strstr(event->reason, "NoReport"));
	report(f, &north, ALICE, 17, 0, T0 + 3 * HOUR);
	event = &f->events[f->event_count - 1];
	assert_int_equal(event->to_state, DELIVERY_DELIVERED);
	assert_true(event->final);
}

/* ------------------------------------------------------------------ retention */

static int64_t count_rows(const struct fixture *f, const char *table)
{
	char path[192], sql[64];
	sqlite3_stmt *statement;
	sqlite3 *handle;
	int64_t count;

	snprintf(path, sizeof(path), "%s/footbridge.db", f->directory);
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(handle);
	return count;
}

static void deliver_all(struct fixture *f, const char *id, uint8_t reference, int64_t now)
{
	submit(f, (struct draft){ .id = id, .created = now, .valid = now + DAY, .digest = 1 });
	send_part(f, &north, reference, now);
	report(f, &north, ALICE, reference, 0, now);
}

static void texts_go_first_and_records_later(void **state)
{
	struct fixture *f = *state;
	struct shown shown;

	deliver_all(f, "m", 1, T0);
	forget(f, T0 + 2 * DAY - 1);
	assert_string_equal(show(f, "m").text, "one two three");
	assert_true(forget(f, T0 + 2 * DAY).forgotten > 0);
	shown = show(f, "m");
	assert_string_equal(shown.text, "");
	assert_int_equal(shown.deliveries[0].state, DELIVERY_DELIVERED);
	assert_int_equal(overview(f).deliveries[DELIVERY_DELIVERED], 1);
	assert_int_equal(forget(f, T0 + 10 * DAY - 1).forgotten, 0);
	assert_true(forget(f, T0 + 10 * DAY).forgotten > 0);
	assert_int_equal(show(f, "m").error, -ENOENT);
	assert_int_equal(overview(f).deliveries[DELIVERY_DELIVERED], 0);
	f->store = store_close(f->store);
	assert_int_equal(count_rows(f, "message_part"), 0);
	assert_int_equal(count_rows(f, "part"), 0);
	assert_int_equal(count_rows(f, "attempt"), 0);
}

static void an_id_is_known_again_without_its_text(void **state)
{
	struct fixture *f = *state;

	deliver_all(f, "m", 1, T0);
	forget(f, T0 + 3 * DAY);
	assert_int_equal(submit(f, (struct draft){ .id = "m", .digest = 1 }).error, -EALREADY);
	assert_int_equal(submit(f, (struct draft){ .id = "m", .digest = 2 }).error, -EEXIST);
	forget(f, T0 + 11 * DAY);
	assert_int_equal(submit(f, (struct draft){ .id = "m", .digest = 2 }).error, 0);
}

static void what_is_not_over_is_kept(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .to_too = BOB, .valid = T0 + 300 * DAY });
	send_part(f, &north, 1, T0);
	report(f, &north, ALICE, 1, 0, T0 + 1);
	assert_int_equal(forget(f, T0 + 100 * DAY).forgotten, 0);
	assert_string_equal(show(f, "m").text, "one two three");
	/* Counted from the last change of all. */
	send_part(f, &north, 2, T0 + 100 * DAY);
	report(f, &north, BOB, 2, 0, T0 + 100 * DAY);
	assert_int_equal(forget(f, T0 + 101 * DAY).forgotten, 0);
	assert_int_equal(forget(f, T0 + 102 * DAY).forgotten, 1);
	assert_string_equal(show(f, "m").text, "");
}

static void what_is_tried_again_is_not_over(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .valid = T0 + 300 * DAY });
	end(f, begin(f, &north, T0).job.attempt, PART_REFUSED_FOR_GOOD, -1);
	retry(f, "m", T0 + DAY);
	forget(f, T0 + 100 * DAY);
	assert_int_equal(begin(f, &north, T0 + 100 * DAY).job.text_size, 4);
}

static void what_has_no_text_any_more_can_not_go_again(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct draft){ .id = "m", .valid = T0 + HOUR });
	end(f, begin(f, &north, T0).job.attempt, PART_REFUSED_FOR_GOOD, -1);
	submit(f, (struct draft){ .id = "n", .valid = T0 + HOUR, .hold = true });
	lose_part(f, &north, T0);
	tick(f, T0 + 3 * HOUR);
	forget(f, T0 + 3 * DAY);
	assert_int_equal(retry(f, "m", T0 + 3 * DAY).error, -ENODATA);
	assert_int_equal(state_of(f, "m"), DELIVERY_FAILED);
	assert_int_equal(settle(f, "n", STORE_SETTLE_RESEND, T0 + 3 * DAY).error, -ENODATA);
	assert_int_equal(settle(f, "n", STORE_SETTLE_DELIVERED, T0 + 3 * DAY).error, 0);
	assert_int_equal(state_of(f, "n"), DELIVERY_DELIVERED);
}

static void a_text_with_its_prefix_is_wiped_as_well(void **state)
{
	struct fixture *f = *state;
	char path[192];
	char *bytes;
	FILE *file;
	size_t size;

	submit(f, (struct draft){ .id = "m", .text = "shibboleth", .valid = T0 + DAY });
	lose_part(f, &north, T0);
	tick(f, T0 + HOUR);
	send_part(f, &north, 5, T0 + HOUR);
	report(f, &north, ALICE, 5, 0, T0 + HOUR);
	forget(f, T0 + 4 * DAY);
	f->store = store_close(f->store);
	snprintf(path, sizeof(path), "%s/footbridge.db", f->directory);
	file = fopen(path, "rbe");
	assert_non_null(file);
	bytes = calloc(1, 1 << 22);
	assert_non_null(bytes);
	size = fread(bytes, 1, 1 << 22, file);
	fclose(file);
	assert_in_range(size, 1, (1 << 22) - 1);
	assert_null(memmem(bytes, size, "shibboleth", 10));
	free(bytes);
}

static void what_came_in_is_kept_until_somebody_has_handled_it(void **state)
{
	struct fixture *f = *state;
	struct tpdu tpdu = {
		.kind = TPDU_DELIVER, .port = -1, .address = ALICE, .text = "hi", .text_size = 2
	};
	struct inbox handled = { 0 };
	struct inbox in;

	receive(f, &north, "a", -1, &tpdu, T0);
	receive(f, &north, "b", -1, &tpdu, T0);
	store_inbox_handled(f->store, inbox(f).items[0].id, T0 + DAY, keep_inbox, &handled);
	await(f, &handled.came);
	forget(f, T0 + 3 * DAY - 1);
	assert_string_equal(inbox(f).text[0], "hi");
	forget(f, T0 + 3 * DAY);
	in = inbox(f);
	assert_string_equal(in.text[0], "");
	assert_string_equal(in.text[1], "hi");
	forget(f, T0 + 11 * DAY);
	in = inbox(f);
	assert_int_equal(in.count, 1);
	assert_string_equal(in.text[0], "hi");
	assert_int_equal(overview(f).inbox_unhandled, 1);
}

static void what_was_old_is_not_kept_for_ever(void **state)
{
	struct fixture *f = *state;
	static const struct store_sim other = { "other", "8986000000000000003" };
	struct tpdu tpdu = {
		.kind = TPDU_DELIVER, .port = -1, .address = ALICE, .text = "hi", .text_size = 2
	};

	receive(f, &other, "a", 1, &tpdu, T0);
	assert_int_equal(overview(f).inbox_unhandled, 1);
	forget(f, T0 + 10 * DAY);
	assert_int_equal(inbox(f).count, 0);
	assert_int_equal(overview(f).inbox_unhandled, 0);
	/* It lies on the SIM still, and is not read again as something new. */
	assert_int_equal(receive(f, &other, "a", 1, &tpdu, T0 + 300 * DAY), STORE_READING_OLD);
	assert_int_equal(inbox(f).count, 0);
}

static void what_somebody_dealt_with_is_forgotten_with_its_record(void **state)
{
	struct fixture *f = *state;
	struct items items;

	store_attention_modem(f->store, "north", ATTENTION_MODEM_DOWN, true, "Down.", T0);
	store_attention_modem(f->store, "south", ATTENTION_MODEM_DOWN, true, "Down.", T0);
	store_attention_modem(f->store, "north", ATTENTION_MODEM_DOWN, false, "", T0 + DAY);
	submit(f, (struct draft){ .id = "m" });
	end(f, begin(f, &north, T0).job.attempt, PART_REFUSED_FOR_GOOD, -1);
	forget(f, T0 + 11 * DAY);
	items = attention_page(f, (struct store_attention_filter){ .ended_too = true, .limit = 9 });
	assert_int_equal(items.count, 1);
	assert_string_equal(items.items[0].modem, "south");
	assert_int_equal(overview(f).attention_open, 1);
}

static void for_ever_is_for_ever(void **state)
{
	struct fixture *f = *state;
	static const struct store_tick_policy for_ever = { .unknown_usec = MINUTE };

	deliver_all(f, "m", 1, T0);
	assert_int_equal(tick_by(f, T0 + 3650 * DAY, true, for_ever).forgotten, 0);
	assert_string_equal(show(f, "m").text, "one two three");
}

static void forgetting_is_done_in_bounded_pieces(void **state)
{
	struct fixture *f = *state;
	struct store_tick ticked;
	unsigned turns = 0;

	for (unsigned i = 0; i < 450; i++)
		submit(f, (struct draft){ .valid = T0 + 1 });
	for (unsigned i = 0; i < 3; i++)
		tick(f, T0 + HOUR);
	assert_int_equal(overview(f).deliveries[DELIVERY_EXPIRED], 450);
	do {
		ticked = forget(f, T0 + 11 * DAY);
		/* 50 texts and the records of 200. */
		assert_in_range(ticked.forgotten, 1, 50 + 200);
		turns++;
	} while (ticked.next_usec == T0 + 11 * DAY);
	assert_in_range(turns, 2, 12);
	assert_int_equal(overview(f).deliveries[DELIVERY_EXPIRED], 0);
	assert_int_equal(overview(f).attention_open, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_scheduled_message_is_released_by_the_tick),
		TEST(a_clock_that_is_not_trusted_fires_nothing),
		TEST(a_scheduled_message_can_be_cancelled_and_tried_again_in_its_time),
		TEST(a_scheduled_message_whose_validity_is_over_expires),
		TEST(a_clock_that_is_not_trusted_expires_and_ends_nothing),
		TEST(a_span_measured_by_a_wrong_clock_starts_again),
		TEST(what_was_accepted_by_a_clock_that_was_ahead_goes_when_it_is_right),
		TEST(what_was_tried_by_a_clock_that_was_ahead_is_valid_as_before),
		TEST(the_end_without_a_report_is_an_event),
		TEST(texts_go_first_and_records_later),
		TEST(an_id_is_known_again_without_its_text),
		TEST(what_is_not_over_is_kept),
		TEST(what_is_tried_again_is_not_over),
		TEST(what_has_no_text_any_more_can_not_go_again),
		TEST(a_text_with_its_prefix_is_wiped_as_well),
		TEST(what_came_in_is_kept_until_somebody_has_handled_it),
		TEST(what_was_old_is_not_kept_for_ever),
		TEST(what_somebody_dealt_with_is_forgotten_with_its_record),
		TEST(for_ever_is_for_ever),
		TEST(forgetting_is_done_in_bounded_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
