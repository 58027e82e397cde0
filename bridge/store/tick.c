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
	struct store_now now;
	struct store_tick_policy policy;
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
		QUERY(db, "SELECT seq, waiting OR release_at > 0, settle_at FROM delivery"
			  " WHERE settle_at > 0"
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
		r = overdue_next(db, tick->now.usec, &overdue, ret_next_usec);
		if (r <= 0)
			return r;
		if (overdue.waits) {
			r = delivery_enter(db, overdue.delivery, PART_TIME_OUT, tick->now.usec,
					   STORE_REASON_VALIDITY);
			tick->tick.expired++;
		} else {
			r = delivery_close_unreported(db, overdue.delivery, tick->now.usec);
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

/* What was sent, or waits to be. */
static int outgoing_tick(struct database *db, struct tick_op *op, int64_t now_usec)
{
	struct store_tick *tick = &op->tick;
	int64_t next_usec;
	int r = schedule_release(db, now_usec, &next_usec);

	if (r < 0)
		return r;
	tick->released = (unsigned)r;
	sooner(&tick->next_usec, next_usec);
	r = unknown_tick(db, now_usec, op->policy.unknown_usec, tick, &next_usec);
	if (r < 0)
		return r;
	sooner(&tick->next_usec, next_usec);
	r = deliveries_settle(db, op, &next_usec);
	if (r < 0)
		return r;
	sooner(&tick->next_usec, next_usec);
	return report_tick(db, now_usec);
}

static int incoming_tick(struct database *db, struct store_tick *tick, int64_t now_usec)
{
	int64_t next_usec = 0;
	int r = reassembly_tick(db, now_usec, ASSEMBLIES_PER_TURN);

	if (r < 0)
		return r;
	tick->incomplete = (unsigned)r;
	r = reassembly_next(db, &next_usec);
	if (r < 0)
		return r;
	sooner(&tick->next_usec, next_usec);
	return fingerprint_tick(db, now_usec);
}

static int keeping_tick(struct database *db, struct tick_op *op, int64_t now_usec)
{
	int64_t next_usec;
	int r = event_tick(db, now_usec, &next_usec);

	if (r < 0)
		return r;
	sooner(&op->tick.next_usec, next_usec);
	r = quota_tick(db, now_usec);
	if (r < 0)
		return r;
	next_usec = r > 0 ? now_usec : 0;
	sooner(&op->tick.next_usec, next_usec);
	r = retention_tick(db, now_usec, &op->policy, &next_usec);
	if (r < 0)
		return r;
	op->tick.forgotten = (unsigned)r;
	sooner(&op->tick.next_usec, next_usec);
	return 0;
}

static int tick_run(struct database *db, struct op *op)
{
	struct tick_op *tick = (struct tick_op *)op;
	int64_t now_usec = tick->now.usec;
	int r = clock_turn(db, &tick->now);

	db->sims.gone_usec = tick->policy.gone_usec;
	if (r >= 0)
		r = prefix_tick(db);
	tick->tick.sorting = r > 0;
	/* All the rest is a matter of time. */
	if (r < 0 || !tick->now.trusted)
		return r;
	sims_tick(db, now_usec);
	tick->tick.next_usec = tick->tick.sorting ? now_usec : now_usec + TURN_AT_LEAST_EVERY;
	r = outgoing_tick(db, tick, now_usec);
	if (r >= 0)
		r = incoming_tick(db, &tick->tick, now_usec);
	if (r >= 0)
		r = keeping_tick(db, tick, now_usec);
	if (tick->tick.next_usec < now_usec)
		tick->tick.next_usec = now_usec;
	return r;
}

static void tick_report(const struct op *op)
{
	const struct tick_op *tick = (const struct tick_op *)op;

	tick->done(op->error, op->error < 0 ? NULL : &tick->tick, op->userdata);
}

int store_tick(struct store *store, const struct store_now *now,
	       const struct store_tick_policy *policy, store_tick_done done, void *userdata)
{
	struct tick_op *tick = op_new(sizeof(*tick), tick_run, tick_report, userdata);

	if (!tick)
		return -ENOMEM;
	tick->now = *now;
	tick->policy = *policy;
	tick->done = done;
	return op_post(store, &tick->op);
}
