/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What every scenario begins with: cmocka, and one world for all tests of a file.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/scenario/world.h"

static inline void __attribute__((noreturn)) scenario_failed(const char *what)
{
	print_error("%s\n", what);
	_fail("scenario", 0);
	abort(); /* cmocka has jumped away */
}

/* Group set-up and tear-down: *state is the world. */
static inline int scenario_close(void **state)
{
	bool clean = !*state || world_is_clean(*state);

	*state = world_close(*state);
	return clean ? 0 : -1;
}

/* After each test: whatever it froze goes on, so that one failure is not the next one's. */
static inline int scenario_resume(void **state)
{
	if (*state)
		(void)world_cell_try(*state, "{s:s,s:s}", "op", "resume", "modem", WORLD_MODEM);
	return 0;
}
#define scenario_test(f) cmocka_unit_test_teardown(f, scenario_resume)

/*
 * A message comes in, through the whole daemon: with the network's time stamp, so that a machine
 * whose clock nobody keeps can trust it from here on.
 */
static inline void scenario_turn(struct world *world)
{
	char phone[16];

	world_number(world, phone);
	world_type(world, phone, "What time is it?", 16);
	json_decref(world_inbox_wait(world, phone, 1));
}

/* Monotonic. */
static inline int64_t now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* For what no event tells.  By the clock, not in turns: whatever is written meanwhile is a turn. */
#define SCENARIO_PATIENCE_MSEC 60000
#define scenario_wait(world, condition)                                                            \
	do {                                                                                       \
		int64_t until_ = now_msec() + SCENARIO_PATIENCE_MSEC;                              \
		while (!(condition)) {                                                             \
			if (now_msec() > until_)                                                   \
				world_fail(world, "in vain: %s", #condition);                      \
			world_sleep(world, -1, 100);                                               \
		}                                                                                  \
	} while (0)

/* Says where two texts part instead of printing both. */
static inline void texts_equal(const char *text, size_t size, const json_t *shown, const char *key)
{
	const json_t *value = world_at(shown, key);
	const char *other = json_string_value(value);
	size_t other_size = json_string_length(value), at = 0;

	assert_non_null(other);
	while (at < size && at < other_size && text[at] == other[at])
		at++;
	if (at < size || at < other_size)
		fail_msg("texts part at byte %zu: %zu bytes expected, %zu shown: \"%.*s\"", at,
			 size, other_size, 200, other);
}
#define assert_shown(text, size, shown, key) texts_equal(text, size, shown, key)
