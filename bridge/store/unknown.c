/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What becomes of an unknown part that no report and no late answer has settled in time: it goes
 * out again with a visible prefix, or waits for the operator, as its message says.  One that gets
 * lost again and again is never sent for ever: then it is the operator's as well.
 */
#include <errno.h>

#include "bridge/store/internal.h"

#define PARTS_PER_TURN 100
#define LOST_TOO_OFTEN 4

struct lost_part {
	int64_t delivery, due_usec, valid_until_usec;
	unsigned part, lost;
	bool hold;
};

/* 1 and the one that waits longest, 0 when none does. */
static int unknown_next(struct database *db, int64_t after_usec, struct lost_part *part)
{
	CLEANUP_QUERY struct query query = QUERY(
		db, "SELECT p.delivery, p.number, p.unknown_at, d.valid_until, m.hold_on_unknown,"
		    " (SELECT count(*) FROM attempt a WHERE a.delivery = p.delivery"
		    " AND a.part = p.number AND a.state = " SQL_UNKNOWN " AND a.seq > d.tries_from)"
		    " FROM part p JOIN delivery d ON d.seq = p.delivery"
		    " JOIN message m ON m.seq = d.message"
		    " WHERE p.unknown_at > 0 ORDER BY p.unknown_at LIMIT 1");
	int r = query_step(&query);

	if (r <= 0)
		return r;
	part->delivery = query_int(&query, 0);
	part->part = (unsigned)query_int(&query, 1);
	part->due_usec = query_int(&query, 2) + after_usec;
	part->valid_until_usec = query_int(&query, 3);
	part->hold = query_bool(&query, 4);
	part->lost = (unsigned)query_int(&query, 5);
	return 1;
}

static int unknown_forget(struct database *db, const struct lost_part *part)
{
	return EXECUTE(db, "UPDATE part SET unknown_at = 0 WHERE delivery = ? AND number = ?",
		       INT(part->delivery), INT(part->part));
}

static int unknown_hold(struct database *db, const struct lost_part *part, int64_t now_usec)
{
	int r = unknown_forget(db, part);

	if (r < 0)
		return r;
	return delivery_hold(db, part->delivery, now_usec,
			     part->hold
				     ? "Nobody knows whether it was sent, and its message says "
				       "that you decide."
				     : "Nobody knows whether it was sent, and it got lost in the "
				       "same way several times: you decide.");
}

static int unknown_decide(struct database *db, const struct lost_part *part, int64_t now_usec,
			  struct store_tick *tick)
{
	/* Too late to send it again: it ends without a report. */
	if (part->valid_until_usec != 0 && part->valid_until_usec <= now_usec)
		return unknown_forget(db, part);
	if (part->hold || part->lost >= LOST_TOO_OFTEN) {
		tick->held++;
		return unknown_hold(db, part, now_usec);
	}
	tick->resent++;
	return delivery_resend(db, part->delivery, now_usec,
			       "Nobody knows whether it was sent, and no report came: it is sent "
			       "again.");
}

int unknown_tick(struct database *db, int64_t now_usec, int64_t after_usec, struct store_tick *tick,
		 int64_t *ret_next_usec)
{
	struct lost_part part;
	int r;

	for (unsigned i = 0; i < PARTS_PER_TURN; i++) {
		*ret_next_usec = 0;
		r = unknown_next(db, after_usec, &part);
		if (r <= 0)
			return r;
		*ret_next_usec = part.due_usec;
		if (part.due_usec > now_usec)
			return 0;
		r = unknown_decide(db, &part, now_usec, tick);
		if (r < 0)
			return r;
	}
	return 0;
}
