/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What there is at a glance: counts that triggers keep, the newest moment stored, and what a SIM
 * was used for.  Nothing here is counted by looking at messages.
 */
#include <errno.h>
#include <time.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

void moment_note(struct database *db, int64_t at_usec)
{
	if (at_usec > db->newest_usec)
		db->newest_usec = at_usec;
}

int moment_load(struct database *db)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT n FROM tally WHERE key = ?", INT(TALLY_NEWEST));
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	db->newest_written_usec = query_int(&query, 0);
	if (db->newest_usec < db->newest_written_usec)
		db->newest_usec = db->newest_written_usec;
	return 0;
}

int moment_save(struct database *db)
{
	int r;

	if (db->newest_usec <= db->newest_written_usec)
		return 0;
	r = EXECUTE(db, "UPDATE tally SET n = ? WHERE key = ?", INT(db->newest_usec),
		    INT(TALLY_NEWEST));
	if (r >= 0)
		db->newest_written_usec = db->newest_usec;
	return r;
}

/* ------------------------------------------------------------------ overview */

struct overview_op {
	struct op op;
	store_overview_done done;
	struct store_overview overview;
};

static int tally_read(struct database *db, struct store_overview *overview)
{
	CLEANUP_QUERY struct query query = QUERY(db, "SELECT key, n FROM tally WHERE key >= 0");
	int r;

	while ((r = query_step(&query)) > 0) {
		int64_t key = query_int(&query, 0);

		if (key < DELIVERY_STATE_COUNT)
			overview->deliveries[key] = (uint64_t)query_int(&query, 1);
		else if (key == TALLY_UNHANDLED)
			overview->inbox_unhandled = (uint64_t)query_int(&query, 1);
		else if (key == TALLY_ATTENTION)
			overview->attention_open = (uint64_t)query_int(&query, 1);
		else if (key == TALLY_HELD)
			overview->held = query_bool(&query, 1);
	}
	return r;
}

static int number_read(struct database *db, const char *sql, int64_t *ret)
{
	CLEANUP_QUERY struct query query = QUERY(db, sql);
	int r = query_step(&query);

	*ret = r > 0 ? query_int(&query, 0) : 0;
	return r;
}

static int overview_run(struct database *db, struct op *op)
{
	struct store_overview *overview = &((struct overview_op *)op)->overview;
	int r = tally_read(db, overview);

	if (r >= 0)
		r = number_read(db,
				"SELECT m.created_at FROM delivery d JOIN message m"
				" ON m.seq = d.message WHERE d.state = " SQL_PENDING
				" ORDER BY d.message LIMIT 1",
				&overview->oldest_pending_usec);
	if (r >= 0)
		r = number_read(db, "SELECT id FROM event ORDER BY id DESC LIMIT 1",
				&overview->last_event);
	overview->newest_stored_usec = db->newest_usec;
	return r < 0 ? r : 0;
}

static void overview_report(const struct op *op)
{
	const struct overview_op *overview = (const struct overview_op *)op;

	overview->done(op->error, op->error < 0 ? NULL : &overview->overview, op->userdata);
}

int store_overview(struct store *store, store_overview_done done, void *userdata)
{
	struct overview_op *overview =
		op_new(sizeof(*overview), overview_run, overview_report, userdata);

	if (!overview)
		return -ENOMEM;
	overview->done = done;
	return op_post(store, &overview->op);
}

/* ------------------------------------------------------------------ SIMs */

static int64_t local_day(int64_t at_usec)
{
	time_t seconds = (time_t)(at_usec / USEC_PER_SEC);
	struct tm local;

	if (!localtime_r(&seconds, &local))
		return 0;
	return (local.tm_year + INT64_C(1900)) * 10000 + (local.tm_mon + INT64_C(1)) * 100 +
	       local.tm_mday;
}

int sim_part_used(struct database *db, const char *iccid, int64_t at_usec, bool sent)
{
	int64_t day = local_day(at_usec);

	return EXECUTE(
		db,
		"INSERT INTO sim (iccid, day, parts_today, last_sent_at) VALUES (?, ?, 1, ?)"
		" ON CONFLICT (iccid) DO UPDATE SET"
		" parts_today = iif(day = excluded.day, parts_today + 1, 1),"
		" day = excluded.day, last_sent_at = max(last_sent_at, excluded.last_sent_at)",
		STRING(iccid), INT(day), INT(sent ? at_usec : 0));
}

int sim_concat_reference(struct database *db, const char *iccid)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "INSERT INTO sim (iccid, concat_reference) VALUES (?, 0) ON CONFLICT (iccid)"
		      " DO UPDATE SET concat_reference = (concat_reference + 1) % 256"
		      " RETURNING concat_reference",
		      STRING(iccid));
	int r = query_step(&query);
	int reference;

	if (r <= 0)
		return r < 0 ? r : -EIO;
	reference = (int)query_int(&query, 0) & 0xff;
	r = query_step(&query);
	return r < 0 ? r : reference;
}

struct sim_op {
	struct op op;
	const char *iccid;
	int64_t now_usec;
	store_sim_done done;
	unsigned parts_today;
	int64_t last_sent_usec;
};

static int sim_run(struct database *db, struct op *op)
{
	struct sim_op *use = (struct sim_op *)op;
	CLEANUP_QUERY struct query query = QUERY(
		db, "SELECT iif(day = ?, parts_today, 0), last_sent_at FROM sim WHERE iccid = ?",
		INT(local_day(use->now_usec)), STRING(use->iccid));
	int r = query_step(&query);

	if (r > 0) {
		use->parts_today = (unsigned)query_int(&query, 0);
		use->last_sent_usec = query_int(&query, 1);
	}
	return r < 0 ? r : 0;
}

static void sim_report(const struct op *op)
{
	const struct sim_op *use = (const struct sim_op *)op;

	use->done(op->error, use->parts_today, use->last_sent_usec, op->userdata);
}

int store_sim_use(struct store *store, const struct store_sim *sim, int64_t now_usec,
		  store_sim_done done, void *userdata)
{
	struct sim_op *use = op_new(sizeof(*use), sim_run, sim_report, userdata);

	if (!use)
		return -ENOMEM;
	use->iccid = op_string(&use->op, sim->iccid);
	use->now_usec = now_usec;
	use->done = done;
	return op_post(store, &use->op);
}
