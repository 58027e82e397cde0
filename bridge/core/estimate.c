/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See estimate.h.  What a SIM can have sent by some moment is the least of what each of its limits
 * lets it: the rest of the period that runs, and a whole share for each that has begun since.  That
 * only grows with time, so the moment is found by halving.
 */
#include "bridge/core/estimate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/param.h>

#include "bridge/base/clock.h"
#include "bridge/store/period.h"

#define HORIZON_USEC (400 * USEC_PER_DAY)
#define PRECISION_USEC USEC_PER_SEC
#define MONTHS_MAX 14
#define NO_LIMIT (UINT64_MAX / 2 / 64) /* so that those of 64 SIMs can be added */

/* How many periods begin from then until that moment; the first of them when the one before ends. */
static uint64_t periods_begun(enum period period, int64_t end_usec, int64_t by_usec,
			      unsigned reset_day)
{
	static const int64_t lengths[PERIOD_COUNT] = { [PERIOD_MINUTE] = USEC_PER_MINUTE,
						       [PERIOD_HOUR] = USEC_PER_HOUR,
						       [PERIOD_DAY] = USEC_PER_DAY };
	uint64_t count = 0;
	int64_t begin_usec;

	if (by_usec < end_usec)
		return 0;
	if (period != PERIOD_MONTH)
		return 1 + (uint64_t)((by_usec - end_usec) / lengths[period]);
	while (by_usec >= end_usec && count < MONTHS_MAX) {
		count++;
		period_bounds(PERIOD_MONTH, end_usec, reset_day, &begin_usec, &end_usec);
	}
	return count;
}

/* What a limit lets a SIM send from one moment to another. */
static uint64_t limit_lets(const struct estimate_sim *sim, enum store_limit limit,
			   int64_t from_usec, int64_t by_usec)
{
	enum period period = period_of(limit);
	unsigned reset_day = sim->quota.reset_day > 0 ? sim->quota.reset_day : 1;
	uint64_t most = sim->quota.limits[limit], left = most, used = sim->uses[limit].used;
	int64_t begin_usec, end_usec;

	if (most == 0)
		return NO_LIMIT;
	period_bounds(period, from_usec, reset_day, &begin_usec, &end_usec);
	if (sim->uses[limit].until_usec > from_usec) {
		end_usec = sim->uses[limit].until_usec;
		/* Whom it talked with in this month it may talk with again. */
		if (limit != STORE_LIMIT_RECIPIENTS)
			left = most > used ? most - used : 0;
	}
	return left + most * periods_begun(period, end_usec, by_usec, reset_day);
}

static uint64_t parts_by(const struct estimate_sim *sims, size_t count, int64_t from_usec,
			 int64_t by_usec)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count && by_usec >= from_usec; i++) {
		uint64_t parts = NO_LIMIT;

		if (sims[i].pace_usec > 0)
			parts = (uint64_t)((by_usec - from_usec) / sims[i].pace_usec);
		for (int limit = STORE_LIMIT_MINUTE; limit <= STORE_LIMIT_MONTH; limit++)
			parts = MIN(parts, limit_lets(&sims[i], (enum store_limit)limit, from_usec,
						      by_usec));
		sum += parts;
	}
	return sum;
}

static uint64_t recipients_by(const struct estimate_sim *sims, size_t count, int64_t from_usec,
			      int64_t by_usec)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += limit_lets(&sims[i], STORE_LIMIT_RECIPIENTS, from_usec, by_usec);
	return sum;
}

static bool is_done_by(const struct estimate_sim *sims, size_t count,
		       const struct estimate_load *load, int64_t by_usec)
{
	int64_t begin_usec = MAX(load->begin_usec, load->now_usec);

	return parts_by(sims, count, load->now_usec, by_usec) >= load->ahead + load->parts &&
	       parts_by(sims, count, begin_usec, by_usec) >= load->parts &&
	       recipients_by(sims, count, begin_usec, by_usec) >= load->recipients;
}

static int latest_first(const void *a, const void *b)
{
	const struct estimate_group *one = a, *other = b;
	int64_t one_usec = one->until_usec != 0 ? one->until_usec : INT64_MAX;
	int64_t other_usec = other->until_usec != 0 ? other->until_usec : INT64_MAX;

	return (one_usec < other_usec) - (one_usec > other_usec);
}

/* The fewest go if those that last longest go first. */
uint64_t estimate_ahead(const struct estimate_sim *sims, size_t count, int64_t now_usec,
			struct estimate_group *groups, size_t group_count)
{
	uint64_t ahead = 0;

	qsort(groups, group_count, sizeof(*groups), latest_first);
	for (size_t i = 0; i < group_count; i++) {
		uint64_t most = groups[i].parts, go = UINT64_MAX;

		if (groups[i].until_usec != 0)
			go = parts_by(sims, count, now_usec, groups[i].until_usec);
		ahead += go > ahead ? MIN(most, go - ahead) : 0;
	}
	return ahead;
}

int64_t estimate_done(const struct estimate_sim *sims, size_t count,
		      const struct estimate_load *load)
{
	int64_t early_usec = MAX(load->begin_usec, load->now_usec);
	int64_t late_usec = load->now_usec + HORIZON_USEC;

	if (count == 0 || !is_done_by(sims, count, load, late_usec))
		return 0;
	if (is_done_by(sims, count, load, early_usec))
		return early_usec;
	while (late_usec - early_usec > PRECISION_USEC) {
		int64_t middle_usec = early_usec + (late_usec - early_usec) / 2;

		if (is_done_by(sims, count, load, middle_usec))
			late_usec = middle_usec;
		else
			early_usec = middle_usec;
	}
	return late_usec;
}
