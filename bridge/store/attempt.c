/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What came of attempts: answered in time, late, or never because the daemon died.  An attempt is
 * ended once; what is not known for sure is unknown, and nothing here sends it again.
 */
#include <errno.h>
#include <string.h>

#include "bridge/store/internal.h"

/* ------------------------------------------------------------------ end */

struct attempt_row {
	int64_t seq, delivery, ended_usec;
	unsigned part;
	char sim[STORE_NAME_SIZE], modem[STORE_NAME_SIZE], tail[NUMBER_TAIL_SIZE];
};

#define ATTEMPT_COLUMNS                                                                            \
	"SELECT a.seq, a.delivery, a.ended_at, a.part, a.sim, a.modem, p.tail"                     \
	" FROM attempt a JOIN part p ON p.delivery = a.delivery AND p.number = a.part "

static void attempt_columns(const struct query *query, struct attempt_row *row)
{
	row->seq = query_int(query, 0);
	row->delivery = query_int(query, 1);
	row->ended_usec = query_int(query, 2);
	row->part = (unsigned)query_int(query, 3);
	query_copy(query, 4, row->sim, sizeof(row->sim));
	query_copy(query, 5, row->modem, sizeof(row->modem));
	query_copy(query, 6, row->tail, sizeof(row->tail));
}

/* What the attempt itself shows: one that brought nothing failed, though its part goes on. */
static int attempt_state(enum part_event event)
{
	switch (event) {
	case PART_ACCEPTED:
		return DELIVERY_SENT;
	case PART_LOST_SIGHT:
		return DELIVERY_UNKNOWN;
	case PART_NOT_SENT:
	case PART_REFUSED:
	case PART_REFUSED_FOR_GOOD:
		return DELIVERY_FAILED;
	case PART_BEGUN:
	case PART_REPORTED_DELIVERED:
	case PART_REPORTED_TRYING:
	case PART_REPORTED_FAILED:
	case PART_REPORTED_EXPIRED:
	case PART_TIME_OUT:
	case PART_CANCEL:
	case PART_RESEND:
	case PART_RETRY:
	case PART_EVENT_COUNT:
		break;
	}
	return -EINVAL;
}

/*
 * With nothing of it out any SIM may take it.  What may be out all the same is its SIM's once more: the
 * second refusal is enough, since a recipient who gets it twice, marked so, has it at least.
 */
static int delivery_release(struct database *db, int64_t delivery)
{
	return EXECUTE(db,
		       "UPDATE delivery SET sim = '', concat_reference = -1"
		       " WHERE seq = ?1 AND waiting = 1 AND NOT EXISTS (SELECT 1 FROM part"
		       " WHERE delivery = ?1 AND state <> " SQL_PENDING ")"
		       " AND (NOT EXISTS (SELECT 1 FROM part WHERE delivery = ?1 AND doubtful = 1)"
		       " OR (SELECT count(*) FROM attempt a WHERE a.delivery = ?1 AND"
		       " a.seq > tries_from AND a.error <> '' AND a.excused = 0) > 1)",
		       INT(delivery));
}

/* What it says of the SIM.  What never reached the network says nothing. */
static int attempt_count(struct database *db, const struct attempt_row *row,
			 const struct store_attempt_end *end, bool out)
{
	const struct sim_outcome outcome = {
		.at_usec = end->at_usec,
		.used = out,
		.sent = end->event == PART_ACCEPTED,
		.failed = !end->excused && end->event != PART_ACCEPTED,
		.late = row->ended_usec != 0,
		.error = end->error,
	};

	return end->event == PART_NOT_SENT ? 0 : sim_attempt_ended(db, row->sim, &outcome);
}

/* What is not out costs nothing, and is no conversation. */
static int attempt_account(struct database *db, const struct attempt_row *row,
			   const struct store_attempt_end *end, bool out)
{
	int r;

	if (out)
		return peer_talked(db, row->tail, row->sim, end->at_usec);
	if (end->may_be_duplicate)
		return 0;
	r = quota_give_back(db, row->sim, row->seq, row->delivery);
	return r < 0 ? r : peer_not_talked(db, row->tail, row->seq);
}

static int attempt_settle(struct database *db, const struct attempt_row *row,
			  const struct store_attempt_end *end)
{
	struct part_change change = {
		.delivery = row->delivery,
		.part = row->part,
		.event = end->event,
		.at_usec = end->at_usec,
		.reason = end->reason ? end->reason : "",
		.error = end->error,
		.reference = end->reference,
		.due_usec = end->retry_at_usec ? end->retry_at_usec : end->at_usec,
		.doubtful = end->may_be_duplicate,
	};
	int state = attempt_state(end->event);
	bool out = state == DELIVERY_SENT || state == DELIVERY_UNKNOWN;
	bool excused = end->excused && state == DELIVERY_FAILED;
	int64_t ended_usec = end->at_usec > 0 ? end->at_usec : 1; /* 0 is: still open */
	int r;

	if (state < 0 || end->reference > 255)
		return -EINVAL;
	r = EXECUTE(db,
		    "UPDATE attempt SET ended_at = ?, state = ?, reason = ?, error = ?,"
		    " reference = ?, excused = ? WHERE seq = ?",
		    INT(ended_usec), INT(state), STRING(change.reason),
		    STRING(end->error ? end->error : ""),
		    INT(end->reference < 0 ? -1 : end->reference), INT(excused), INT(row->seq));
	if (r >= 0)
		r = part_enter(db, &change);
	if (r >= 0 && state == DELIVERY_FAILED)
		r = delivery_release(db, row->delivery);
	if (r >= 0)
		r = attempt_account(db, row, end, out);
	if (r >= 0)
		r = attempt_count(db, row, end, out);
	if (r >= 0 && out)
		r = report_strays_apply(db, row->sim, row->tail);
	return r < 0 ? r : 0;
}

struct end_op {
	struct op op;
	struct store_attempt_end end;
	const char *sim; /* of a late answer */
	store_done done;
};

static void end_report(const struct op *op)
{
	const struct end_op *end = (const struct end_op *)op;

	if (end->done)
		end->done(op->error, op->userdata);
}

int attempt_finish(struct database *db, const struct store_attempt_end *end)
{
	struct attempt_row row;
	int r;

	{
		CLEANUP_QUERY struct query query =
			QUERY(db, ATTEMPT_COLUMNS "WHERE a.seq = ?", INT(end->attempt));

		r = query_step(&query);
		if (r <= 0)
			return r < 0 ? r : -ENOENT;
		attempt_columns(&query, &row);
	}
	return row.ended_usec != 0 ? -EALREADY : attempt_settle(db, &row, end);
}

static int end_run(struct database *db, struct op *op)
{
	return attempt_finish(db, &((struct end_op *)op)->end);
}

static int late_run(struct database *db, struct op *op)
{
	struct end_op *late = (struct end_op *)op;
	struct attempt_row row;
	bool is_last;
	int r;

	{
		CLEANUP_QUERY struct query query =
			QUERY(db,
			      "SELECT a.seq, a.delivery, a.ended_at, a.part, a.sim, a.modem,"
			      " p.tail, a.seq = (SELECT max(u.seq) FROM attempt u"
			      " WHERE u.sim = p.sim AND u.state = " SQL_UNKNOWN ")"
			      " FROM part p CROSS JOIN attempt a ON a.seq = p.attempt"
			      " JOIN delivery d ON d.seq = p.delivery"
			      " WHERE p.sim = ? AND p.reference = -1"
			      " AND p.state IN (" SQL_UNKNOWN ", " SQL_SENT ")"
			      " AND p.state = " SQL_UNKNOWN " AND d.final = 0 LIMIT 2",
			      STRING(late->sim));

		r = query_step(&query);
		if (r <= 0)
			return r < 0 ? r : -ENOENT;
		attempt_columns(&query, &row);
		/* It answers the last one, even if nobody waits for that any more. */
		is_last = query_bool(&query, 7);
		r = query_step(&query);
		if (r != 0 || !is_last)
			return r < 0 ? r : -ENOENT;
	}
	return attempt_settle(db, &row, &late->end);
}

static struct end_op *end_new(const struct store_attempt_end *end,
			      int (*run)(struct database *db, struct op *op), store_done done,
			      void *userdata)
{
	struct end_op *op = op_new(sizeof(*op), run, end_report, userdata);

	if (!op)
		return NULL;
	op->end = *end;
	op->end.error = op_string(&op->op, end->error);
	op->end.reason = op_string(&op->op, end->reason);
	op->done = done;
	return op;
}

int store_attempt_end(struct store *store, const struct store_attempt_end *end, store_done done,
		      void *userdata)
{
	struct end_op *op = end_new(end, end_run, done, userdata);

	return op ? op_post(store, &op->op) : -ENOMEM;
}

int store_attempt_late(struct store *store, const struct store_sim *sim,
		       const struct store_attempt_end *end, store_done done, void *userdata)
{
	struct end_op *op = end_new(end, late_run, done, userdata);

	if (!op)
		return -ENOMEM;
	op->sim = op_string(&op->op, sim->iccid);
	return op_post(store, &op->op);
}

/* ------------------------------------------------------------------ handed over, recovery */

static int handed_over_run(struct database *db, struct op *op)
{
	return EXECUTE(db, "UPDATE attempt SET handed_over = 1 WHERE seq = ?",
		       INT(((struct end_op *)op)->end.attempt));
}

int store_attempt_handed_over(struct store *store, int64_t attempt)
{
	struct end_op *op = op_new(sizeof(*op), handed_over_run, NULL, NULL);

	if (!op)
		return -ENOMEM;
	op->op.lazy = true;
	op->end.attempt = attempt;
	return op_post(store, &op->op);
}

struct recover_op {
	struct op op;
	int64_t now_usec;
	store_done done;
};

/* 1 and an attempt that nobody ended, 0 when there is none. */
static int recover_next(struct database *db, struct attempt_row *row, bool *ret_handed_over)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT a.seq, a.delivery, a.ended_at, a.part, a.sim, a.modem, p.tail,"
			  " a.handed_over FROM attempt a INDEXED BY attempt_open"
			  " JOIN part p ON p.delivery = a.delivery AND p.number = a.part"
			  " WHERE a.ended_at = 0 LIMIT 1");
	int r = query_step(&query);

	if (r > 0) {
		attempt_columns(&query, row);
		*ret_handed_over = query_bool(&query, 7);
	}
	return r;
}

static int recover_run(struct database *db, struct op *op)
{
	struct recover_op *recover = (struct recover_op *)op;
	struct attempt_row row;
	bool handed_over;
	int r;

	/* The word that it was handed over is not synced by itself: without it, nothing is sure. */
	while ((r = recover_next(db, &row, &handed_over)) > 0) {
		const struct store_attempt_end end = {
			.event = PART_LOST_SIGHT,
			.reference = -1,
			.at_usec = recover->now_usec,
			.excused = true,
			.reason =
				handed_over
					? "The bridge stopped after the modem had been given the "
					  "message; its answer was not heard."
					: "The bridge stopped while the message was with the modem; "
					  "nobody knows whether it was sent.",
		};

		r = attempt_settle(db, &row, &end);
		if (r < 0)
			return r;
	}
	return r;
}

static void recover_report(const struct op *op)
{
	const struct recover_op *recover = (const struct recover_op *)op;

	if (recover->done)
		recover->done(op->error, op->userdata);
}

int store_recover(struct store *store, int64_t now_usec, store_done done, void *userdata)
{
	struct recover_op *recover =
		op_new(sizeof(*recover), recover_run, recover_report, userdata);

	if (!recover)
		return -ENOMEM;
	recover->now_usec = now_usec;
	recover->done = done;
	return op_post(store, &recover->op);
}
