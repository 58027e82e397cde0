/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything outgoing held, or released: one number in a table, asked before anything goes out.
 */
#include <errno.h>

#include "bridge/store/internal.h"

struct hold_op {
	struct op op;
	bool held;
	int64_t now_usec;
	store_done done;
};

int hold_read(struct database *db, bool *ret_held)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT n FROM tally WHERE key = ?", INT(TALLY_HELD));
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	*ret_held = query_bool(&query, 0);
	return 0;
}

static int hold_run(struct database *db, struct op *op)
{
	const struct hold_op *hold = (struct hold_op *)op;

	moment_note(db, hold->now_usec);
	return EXECUTE(db, "UPDATE tally SET n = ? WHERE key = ?", INT(hold->held),
		       INT(TALLY_HELD));
}

static void hold_report(const struct op *op)
{
	const struct hold_op *hold = (const struct hold_op *)op;

	if (hold->done)
		hold->done(op->error, op->userdata);
}

int store_hold(struct store *store, bool held, int64_t now_usec, store_done done, void *userdata)
{
	struct hold_op *hold = op_new(sizeof(*hold), hold_run, hold_report, userdata);

	if (!hold)
		return -ENOMEM;
	hold->held = held;
	hold->now_usec = now_usec;
	hold->done = done;
	return op_post(store, &hold->op);
}
