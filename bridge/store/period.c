/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Minutes and hours are counted from the epoch: no zone is off by less than a quarter of an hour, and
 * nobody's hour begins at a quarter past for the operator's sake.  Days and months are the calendar's,
 * with the summer time that mktime() knows of.
 */
#include "bridge/store/period.h"

#include <time.h>

#include "bridge/base/clock.h"

enum period period_of(enum store_limit limit)
{
	switch (limit) {
	case STORE_LIMIT_MINUTE:
		return PERIOD_MINUTE;
	case STORE_LIMIT_HOUR:
		return PERIOD_HOUR;
	case STORE_LIMIT_DAY:
		return PERIOD_DAY;
	case STORE_LIMIT_MONTH:
	case STORE_LIMIT_RECIPIENTS:
	case STORE_LIMIT_NONE:
	case STORE_LIMIT_COUNT:
		break;
	}
	return PERIOD_MONTH;
}

static int64_t moment_of(struct tm day)
{
	day.tm_hour = day.tm_min = day.tm_sec = 0;
	day.tm_isdst = -1;
	return (int64_t)mktime(&day) * USEC_PER_SEC;
}

static void calendar_bounds(enum period period, int64_t now_usec, unsigned reset_day,
			    int64_t *ret_begin_usec, int64_t *ret_end_usec)
{
	time_t now = (time_t)(now_usec / USEC_PER_SEC);
	struct tm begin, end;

	localtime_r(&now, &begin);
	if (period == PERIOD_MONTH) {
		if (begin.tm_mday < (int)reset_day)
			begin.tm_mon--;
		begin.tm_mday = (int)reset_day;
	}
	end = begin;
	end.tm_mon += period == PERIOD_MONTH;
	end.tm_mday += period == PERIOD_DAY;
	*ret_begin_usec = moment_of(begin);
	*ret_end_usec = moment_of(end);
}

void period_bounds(enum period period, int64_t now_usec, unsigned reset_day,
		   int64_t *ret_begin_usec, int64_t *ret_end_usec)
{
	int64_t span = period == PERIOD_MINUTE ? USEC_PER_MINUTE : USEC_PER_HOUR;

	if (period == PERIOD_DAY || period == PERIOD_MONTH) {
		calendar_bounds(period, now_usec, reset_day, ret_begin_usec, ret_end_usec);
		return;
	}
	*ret_begin_usec = now_usec - now_usec % span;
	*ret_end_usec = *ret_begin_usec + span;
}
