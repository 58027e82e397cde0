/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Turns of time on a real store, without modems (bridge/core/tick.h).
 */
#include "tests/unit/store_fixture.h"

#include "bridge/core/tick.h"

#define EACH 1000
#define MESSAGES 4
#define SECONDS_MAX 20 /* a turn of an untrusted clock comes every minute */

static void submit_many(struct fixture *f, const char *id)
{
	static const uint8_t digest[32] = "many";
	const struct store_part_new part = { .text = "Hello", .text_size = 5 };
	static char numbers[EACH][NUMBER_SIZE];
	static struct store_recipient_new recipients[EACH];
	const struct store_message_new message = {
		.id = id,
		.text = "Hello",
		.text_size = 5,
		.created_at_usec = T0,
		.valid_until_usec = VALID,
		.alphabet = SMS_ALPHABET_GSM7,
		.parts = &part,
		.part_count = 1,
		.recipients = recipients,
		.recipient_count = EACH,
		.digest = digest,
	};
	struct shown seen = { 0 };

	for (unsigned i = 0; i < EACH; i++) {
		snprintf(numbers[i], NUMBER_SIZE, "+4915100%06u", i);
		recipients[i] =
			(struct store_recipient_new){ .to = numbers[i], .number = numbers[i] };
	}
	assert_int_equal(store_submit(f->store, &message, keep_message, &seen), 0);
	await(f, &seen.came);
	assert_int_equal(seen.error, 0);
}

struct sorted {
	bool came, all;
};

static void keep_sorted(int error, const struct store_backlog *backlog, size_t count,
			uint64_t total, void *userdata)
{
	struct sorted *sorted = userdata;

	sorted->came = true;
	sorted->all = error == 0 && count == 1 && strcmp(backlog[0].prefix, "+49") == 0 &&
		      total == EACH * MESSAGES;
}

static bool is_sorted(struct fixture *f)
{
	struct sorted sorted = { 0 };

	assert_int_equal(store_backlog(f->store, keep_sorted, &sorted), 0);
	await(f, &sorted.came);
	return sorted.all;
}

/* Nothing of it waits for a time that nobody knows. */
static void sorting_goes_on_at_once_whatever_the_clock(void **state)
{
	static const char *const prefixes[] = { "+49" };
	struct fixture *f = *state;
	struct config config = { 0 };
	struct bridge bridge = {
		.loop = f->loop,
		.config = &config,
		.store = f->store,
		.time_percent = 100,
		.clock_option = CLOCK_OPTION_UNSYNCHRONISED,
		.ready = true,
	};
	int64_t end_usec = clock_monotonic_usec() + SECONDS_MAX * USEC_PER_SEC;

	for (unsigned i = 0; i < MESSAGES; i++) {
		char id[16];

		snprintf(id, sizeof(id), "many-%u", i);
		submit_many(f, id);
	}
	assert_int_equal(store_set_prefixes(f->store, prefixes, 1, NULL, NULL), 0);
	assert_false(is_sorted(f));
	tick_start(&bridge);
	while (!is_sorted(f) && clock_monotonic_usec() < end_usec)
		assert_true(sd_event_run(f->loop, 100 * USEC_PER_MSEC) >= 0);
	assert_true(bridge.clock_distrusted);
	assert_true(is_sorted(f));
	/* A turn may still run: its answer finds the bridge. */
	while (bridge.tick_at_usec == 0)
		assert_true(sd_event_run(f->loop, 100 * USEC_PER_MSEC) >= 0);
	sd_event_source_disable_unref(bridge.tick_timer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sorting_goes_on_at_once_whatever_the_clock, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("tick", tests, NULL, NULL);
}
