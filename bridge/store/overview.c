/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What there is at a glance: counts that triggers keep, and the newest moment stored.  Nothing here
 * is counted by looking at messages.
 */
#include <errno.h>

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
