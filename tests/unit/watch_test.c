/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is wrong with a modem is told to the store when it is news.
 */
#include "bridge/core/watch.h"
#include "tests/unit/store_fixture.h"

static void keep_count(int error, const struct store_attention *items, size_t count, int64_t next,
		       void *userdata)
{
	assert_int_equal(error, 0);
	(void)items;
	(void)next;
	*(int *)userdata = (int)count;
}

static int open_count(struct fixture *f)
{
	int count = -1;

	assert_int_equal(store_attention_list(f->store,
					      &(struct store_attention_filter){ .limit = 10 },
					      keep_count, &count),
			 0);
	while (count < 0)
		assert_true(sd_event_run(f->loop, UINT64_MAX) >= 0);
	return count;
}

static void an_alarm_is_an_item_until_it_is_over(void **state)
{
	struct fixture *f = *state;
	struct bridge bridge = { .loop = f->loop, .store = f->store, .time_percent = 100 };
	struct watch *watch;

	assert_int_equal(watch_new(&bridge, "north", &watch), 0);
	watch_alarm(watch, ATTENTION_MODEM_BALANCE, true, "3.20");
	watch_alarm(watch, ATTENTION_MODEM_BALANCE, true, "3.10");
	watch_alarm(watch, ATTENTION_MODEM_BARRED, true, "Lost.");
	assert_int_equal(open_count(f), 2);
	watch_note(watch, true, "");
	assert_int_equal(open_count(f), 2);
	watch_alarm(watch, ATTENTION_MODEM_BALANCE, false, "");
	assert_int_equal(open_count(f), 1);
	watch_alarm(watch, ATTENTION_MODEM_BARRED, false, "");
	assert_int_equal(open_count(f), 0);
	watch_free(watch);
}

/* A daemon that begins again knows nothing, and ends what the one before left. */
static void what_is_over_meanwhile_ends_too(void **state)
{
	struct fixture *f = *state;
	struct bridge bridge = { .loop = f->loop, .store = f->store, .time_percent = 100 };
	struct watch *watch;

	store_attention_modem(f->store, "north", ATTENTION_MODEM_BALANCE, true, "3.20", T0);
	assert_int_equal(watch_new(&bridge, "north", &watch), 0);
	watch_say(watch);
	assert_int_equal(open_count(f), 1);
	watch_alarm(watch, ATTENTION_MODEM_BALANCE, false, "");
	assert_int_equal(open_count(f), 0);
	watch_free(watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_alarm_is_an_item_until_it_is_over, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_over_meanwhile_ends_too, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
