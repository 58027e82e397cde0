/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * More of the store made to look synchronous: the operator's words, attention, a clock that can't be
 * believed.
 */
#pragma once

#include "tests/unit/store_fixture.h"

#define HOUR USEC_PER_HOUR
#define DAY USEC_PER_DAY
#define MINUTE USEC_PER_MINUTE

static inline struct shown settle(struct fixture *f, const char *id,
				  enum store_settlement settlement, int64_t now)
{
	struct shown shown = { 0 };

	assert_int_equal(store_message_settle(f->store, id, settlement, now, keep_message, &shown),
			 0);
	await(f, &shown.came);
	return shown;
}

static inline struct shown retry(struct fixture *f, const char *id, int64_t now)
{
	struct shown shown = { 0 };

	assert_int_equal(store_message_retry(f->store, id, now, keep_message, &shown), 0);
	await(f, &shown.came);
	return shown;
}

static inline void hold(struct fixture *f, bool held)
{
	struct outcome outcome = { 0 };

	assert_int_equal(store_hold(f->store, held, T0, keep_outcome, &outcome), 0);
	await(f, &outcome.came);
	assert_int_equal(outcome.error, 0);
}

static inline int adopt(struct fixture *f, const struct store_sim *sim)
{
	struct outcome outcome = { 0 };

	assert_int_equal(store_sim_adopt(f->store, sim, T0, keep_outcome, &outcome), 0);
	await(f, &outcome.came);
	return outcome.error;
}

static inline struct turn begin_untrusted(struct fixture *f, const struct store_sim *sim,
					  int64_t now)
{
	return begin_by(f, sim, &any_route, (struct store_now){ now, false });
}

static inline struct store_tick tick_by(struct fixture *f, int64_t now, bool trusted,
					struct store_tick_policy by)
{
	const struct store_now moment = { now, trusted };
	struct ticked ticked = { 0 };

	assert_int_equal(store_tick(f->store, &moment, &by, keep_tick, &ticked), 0);
	await(f, &ticked.came);
	assert_int_equal(ticked.error, 0);
	return ticked.tick;
}

/* The next part of a SIM goes out, and nobody hears what came of it. */
static inline struct store_job lose_part(struct fixture *f, const struct store_sim *sim,
					 int64_t now)
{
	struct turn turn = begin(f, sim, now);

	assert_true(turn.found);
	assert_int_equal(end_at(f, turn.job.attempt, PART_LOST_SIGHT, -1, now), 0);
	return turn.job;
}

struct items {
	bool came;
	int error;
	size_t count;
	struct store_attention items[32];
	int64_t next;
};

static inline void keep_items(int error, const struct store_attention *items, size_t count,
			      int64_t next, void *userdata)
{
	struct items *kept = userdata;

	kept->came = true;
	kept->error = error;
	kept->count = count;
	kept->next = next;
	for (size_t i = 0; i < count && i < 32; i++)
		kept->items[i] = items[i];
}

static inline struct items attention_page(struct fixture *f, struct store_attention_filter filter)
{
	struct items items = { 0 };

	assert_int_equal(store_attention_list(f->store, &filter, keep_items, &items), 0);
	await(f, &items.came);
	assert_int_equal(items.error, 0);
	return items;
}

static inline struct items attention(struct fixture *f)
{
	struct items items = attention_page(f, (struct store_attention_filter){ .limit = 100 });

	assert_int_equal(overview(f).attention_open, items.count);
	return items;
}

static inline struct items attention_done(struct fixture *f, const char *id, int64_t now)
{
	struct items items = { 0 };

	assert_int_equal(store_attention_end(f->store, id, now, keep_items, &items), 0);
	await(f, &items.came);
	return items;
}
