/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What time alone brings.  One turn does a bounded piece of work and says when the next is worth
 * while: at once, when something was left over.
 */
#include <errno.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

#define DELIVERIES_PER_TURN 200
#define ASSEMBLIES_PER_TURN 50
#define TURN_AT_LEAST_EVERY USEC_PER_HOUR

struct tick_op {
	struct op op;
	int64_t now_usec;
	store_tick_done done;
	struct store_tick tick;
};

struct overdue {
	int64_t delivery;
	bool waits;
};

/* 1 and a delivery for which its moment has come, 0 and the moment of the first. */
static int overdue_next(struct database *db, int64_t now_usec, struct overdue *overdue,
			int64_t *ret_next_usec)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT seq, waiting, settle_at FROM delivery WHERE settle_at > 0"
			  " ORDER BY settle_at LIMIT 1");
	int r = query_step(&query);

	*ret_next_usec = 0;
	if (r <= 0)
		return r;
	overdue->delivery = query_int(&query, 0);
	overdue->waits = query_bool(&query, 1);
	*ret_next_usec = query_int(&query, 2);
	return *ret_next_usec <= now_usec;
}

static int deliveries_settle(struct database *db, struct tick_op *tick, int64_t *ret_next_usec)
{
	struct overdue overdue;
	int r = 0;

	for (unsigned i = 0; i < DELIVERIES_PER_TURN; i++) {
		r = overdue_next(db, tick->now_usec, &overdue, ret_next_usec);
		if (r <= 0)
			return r;
		if (overdue.waits) {
			r = delivery_enter(db, overdue.delivery, PART_TIME_OUT, tick->now_usec,
					   STORE_REASON_VALIDITY);
			tick->tick.expired++;
		} else {
			r = delivery_close_unreported(db, overdue.delivery, tick->now_usec);
			tick->tick.final_without_report++;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static void sooner(int64_t *next_usec, int64_t other_usec)
{
	if (other_usec > 0 && other_usec < *next_usec)
		*next_usec = other_usec;
}

static int tick_run(struct database *db, struct op *op)
{
	struct tick_op *tick = (struct tick_op *)op;
	int64_t deliveries = 0, assemblies = 0, events = 0;
	int r;

	r = deliveries_settle(db, tick, &deliveries);
	if (r >= 0)
		r = reassembly_tick(db, tick->now_usec, ASSEMBLIES_PER_TURN);
	if (r >= 0) {
		tick->tick.incomplete = (unsigned)r;
		r = reassembly_next(db, &assemblies);
	}
	if (r >= 0)
		r = event_tick(db, tick->now_usec, &events);
	if (r >= 0)
		r = report_tick(db, tick->now_usec);
	if (r >= 0)
		r = fingerprint_tick(db, tick->now_usec);
	if (r < 0)
		return r;

	tick->tick.next_usec = tick->now_usec + TURN_AT_LEAST_EVERY;
	sooner(&tick->tick.next_usec, deliveries);
	sooner(&tick->tick.next_usec, assemblies);
	sooner(&tick->tick.next_usec, events);
	if (tick->tick.next_usec < tick->now_usec)
		tick->tick.next_usec = tick->now_usec;
	return 0;
}

static void tick_report(const struct op *op)
{
	const struct tick_op *tick = (const struct tick_op *)op;

	tick->done(op->error, op->error < 0 ? NULL : &tick->tick, op->userdata);
}

int store_tick(struct store *store, int64_t now_usec, store_tick_done done, void *userdata)
{
	struct tick_op *tick = op_new(sizeof(*tick), tick_run, tick_report, userdata);

	if (!tick)
		return -ENOMEM;
	tick->now_usec = now_usec;
	tick->done = done;
	return op_post(store, &tick->op);
}
