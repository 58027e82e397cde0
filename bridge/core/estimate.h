/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When the last of some parts will have gone out, at the earliest, from what waits before them, what
 * each SIM may send in each of its periods, and how long a part takes.  Pure but for the time zone.
 * It never says a moment that is too late: what it calls impossible is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bridge/store/store.h"

/* One that sends there. */
struct estimate_sim {
	struct store_quota quota;
	struct store_use uses[STORE_LIMIT_COUNT];
	int64_t pace_usec; /* a part takes; 0: no time */
};

struct estimate_load {
	int64_t now_usec, begin_usec; /* begin: not before; 0 or the past: now */
	uint64_t ahead;               /* parts that go first */
	uint64_t parts;               /* and then these */
	uint64_t recipients;          /* to so many different numbers */
};

/* Parts that go before others, until they expire; until 0: they don't. */
struct estimate_group {
	int64_t until_usec;
	uint64_t parts;
};

/*
 * How many of them the SIMs send before anything else, at the least: what has expired has used no
 * quota.  Sorts the groups.
 */
uint64_t estimate_ahead(const struct estimate_sim *sims, size_t count, int64_t now_usec,
			struct estimate_group *groups, size_t group_count);

/* 0: not within 400 days, or nobody sends there. */
int64_t estimate_done(const struct estimate_sim *sims, size_t count,
		      const struct estimate_load *load);
