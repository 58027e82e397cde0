/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The periods that quotas count in, in local time: the minute, the hour, the day, the month from its
 * reset day on.  Pure but for the time zone.
 */
#pragma once

#include <stdint.h>

#include "bridge/store/store_sim.h"

enum period {
	PERIOD_MINUTE,
	PERIOD_HOUR,
	PERIOD_DAY,
	PERIOD_MONTH,
	PERIOD_COUNT,
};

/* What a limit counts in. */
enum period period_of(enum store_limit limit);

/*
 * When the period that holds this moment began, and when it ends (both microseconds since 1970 UTC).
 * reset_day: 1..28, of the month.
 */
void period_bounds(enum period period, int64_t now_usec, unsigned reset_day,
		   int64_t *ret_begin_usec, int64_t *ret_end_usec);
