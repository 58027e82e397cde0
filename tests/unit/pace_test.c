/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The waits of libgammu as pace.c makes them.  That libgammu's own calls arrive there is seen in
 * handle_test, by the rate of real sends.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/base/clock.h"

#include "modem/pace.h"

static int64_t time_of_wait(useconds_t usec)
{
	int64_t begun = clock_monotonic_usec();

	assert_int_equal(usleep(usec), 0);
	return clock_monotonic_usec() - begun;
}

/* A busy machine makes some longer, not all of them. */
static int64_t shortest_of_ten(useconds_t usec)
{
	int64_t shortest = INT64_MAX;

	for (int i = 0; i < 10; i++) {
		int64_t took = time_of_wait(usec);

		shortest = took < shortest ? took : shortest;
	}
	return shortest;
}

static void another_thread_s_waits_are_as_ever(void **state)
{
	(void)state;
	assert_true(time_of_wait(100000) >= 100000);
	assert_int_equal(pace_count(), 0);
}

static void long_waits_are_scaled_and_counted(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pace_begin(ends[0], 0);
	assert_true(shortest_of_ten(100000) < 100000);
	assert_true(shortest_of_ten(500000) < 100000);
	assert_int_equal(pace_count(), 20);
	pace_set(10);
	assert_true(time_of_wait(200000) >= 20000);
	pace_set(100);
	assert_int_equal(pace_percent(), 100);
	assert_true(time_of_wait(100000) >= 100000);
	close(ends[0]);
	close(ends[1]);
}

static void short_waits_last_until_there_is_an_answer(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pace_begin(ends[0], 0);
	assert_true(time_of_wait(20000) >= 20000);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_true(shortest_of_ten(99999) < 99999);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: the others make this thread libgammu's. */
		cmocka_unit_test(another_thread_s_waits_are_as_ever),
		cmocka_unit_test(long_waits_are_scaled_and_counted),
		cmocka_unit_test(short_waits_last_until_there_is_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
