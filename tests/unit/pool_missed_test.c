/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Modems that nobody has configured, and that were there when the daemon ran last.
 */
#include "bridge/base/cleanup.h"
#include "bridge/core/pool.h"
#include "bridge/core/radio.h"
#include "tests/unit/store_fixture.h"

#define IMEI "356938030001234"
#define SIM "89860000000000000011"
#define PATIENCE_USEC (30 * USEC_PER_SEC)

/* Of the items that are open, how many, and of which modems. */
struct items {
	bool came;
	size_t count;
	char modems[256];
};

static void keep_items(int error, const struct store_attention *items, size_t count, int64_t next,
		       void *userdata)
{
	struct items *seen = userdata;

	(void)next;
	assert_int_equal(error, 0);
	seen->came = true;
	seen->count = count;
	for (size_t i = 0; i < count; i++) {
		size_t at = strlen(seen->modems);

		assert_int_equal(items[i].kind, ATTENTION_MODEM_DOWN);
		snprintf(seen->modems + at, sizeof(seen->modems) - at, "%s ", items[i].modem);
	}
}

static struct items open_items(struct fixture *f)
{
	const struct store_attention_filter filter = { .limit = 10 };
	struct items seen = { .came = false };

	assert_int_equal(store_attention_list(f->store, &filter, keep_items, &seen), 0);
	while (!seen.came)
		assert_true(sd_event_run(f->loop, UINT64_MAX) >= 0);
	return seen;
}

static void wait_for_items(struct fixture *f, size_t count)
{
	int64_t until_usec = clock_monotonic_usec() + PATIENCE_USEC;

	while (open_items(f).count < count) {
		assert_true(clock_monotonic_usec() < until_usec);
		assert_true(sd_event_run(f->loop, 100 * USEC_PER_MSEC) >= 0);
	}
}

static void one_that_does_not_come_back_is_told_until_it_does(void **state)
{
	struct fixture *f = *state;
	int64_t now = clock_realtime_usec(), long_ago = now - 8 * USEC_PER_DAY;
	char program[] = "/bin/true", name[] = "north", imei[] = "356938030007777";
	struct config_modem modem = { .name = name, .imei = imei, .line = 3 };
	struct config config = { .modems = &modem, .modem_count = 1, .modem_discovery = true };
	struct bridge bridge = { .loop = f->loop,
				 .config = &config,
				 .store = f->store,
				 .modem_program = program,
				 .time_percent = 1,
				 .ready = true };
	const struct store_modem modems[] = {
		{ .key = "north", .sim = SIM, .imsi = "", .seen_usec = now },
		{ .key = "south", .sim = "1", .imsi = "", .seen_usec = now },
		{ .key = "imei:" IMEI, .sim = "2", .imsi = "", .seen_usec = now },
		{ .key = "imei:356938030002222", .sim = "3", .imsi = "", .seen_usec = long_ago },
		/* They, or their SIMs, are configured now. */
		{ .key = "imei:356938030007777", .sim = "4", .imsi = "", .seen_usec = now },
		{ .key = "imei:356938030008888", .sim = SIM, .imsi = "", .seen_usec = now },
	};
	const struct modem_word_identity identity = { .imei = IMEI, .iccid = "2" };
	struct radio *radio;
	struct items seen;

	assert_int_equal(pool_start(&bridge, modems, ARRAY_SIZE(modems)), 0);
	pool_tell_missed(&bridge);
	assert_int_equal(open_items(f).count, 0);
	wait_for_items(f, 2);
	pool_tell_missed(&bridge);
	/* What is configured is told by its own radio. */
	seen = open_items(f);
	assert_int_equal(seen.count, 2);
	assert_non_null(strstr(seen.modems, "modem-1234 "));
	assert_non_null(strstr(seen.modems, "north "));
	assert_int_equal(pool_find(&bridge, &identity, "1-2", &radio), 0);
	radio_alarm(radio, ATTENTION_MODEM_DOWN, false, "");
	pool_tell_missed(&bridge);
	assert_string_equal(open_items(f).modems, "north ");
	f->store = store_close(f->store);
	pool_free(&bridge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_that_does_not_come_back_is_told_until_it_does,
						setup, teardown),
	};

	return cmocka_run_group_tests_name("pool_missed", tests, NULL, NULL);
}
