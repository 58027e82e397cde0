/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything outgoing held, or released: one number in a table, asked before anything goes out.
 * And single modems, by name: whom the core gives nothing.
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

/* ------------------------------------------------------------------ single modems */

struct modem_hold_op {
	struct hold_op hold;
	const char *modem;
};

static int modem_hold_run(struct database *db, struct op *op)
{
	const struct modem_hold_op *order = (const struct modem_hold_op *)op;

	moment_note(db, order->hold.now_usec);
	if (!order->hold.held)
		return EXECUTE(db, "DELETE FROM modem_held WHERE modem = ?", STRING(order->modem));
	return EXECUTE(db,
		       "INSERT INTO modem_held (modem, at) VALUES (?, ?) ON CONFLICT DO NOTHING",
		       STRING(order->modem), INT(order->hold.now_usec));
}

int store_modem_hold(struct store *store, const char *modem, bool held, int64_t now_usec,
		     store_done done, void *userdata)
{
	struct modem_hold_op *order = op_new(sizeof(*order), modem_hold_run, hold_report, userdata);

	if (!order)
		return -ENOMEM;
	order->modem = op_string(&order->hold.op, modem);
	order->hold.held = held;
	order->hold.now_usec = now_usec;
	order->hold.done = done;
	return op_post(store, &order->hold.op);
}

struct held_op {
	struct op op;
	store_names_done done;
	const char **names;
	size_t count;
};

static int held_run(struct database *db, struct op *op)
{
	struct held_op *held = (struct held_op *)op;
	CLEANUP_QUERY struct query query = QUERY(db, "SELECT modem FROM modem_held ORDER BY modem");
	size_t capacity = 0;
	int r;

	while ((r = query_step(&query)) > 0) {
		char name[STORE_NAME_SIZE];

		held->names = op_grow(op, held->names, held->count, &capacity, sizeof(char *));
		if (!held->names)
			return -ENOMEM;
		query_copy(&query, 0, name, sizeof(name));
		held->names[held->count] = op_string(op, name);
		if (!held->names[held->count++])
			return -ENOMEM;
	}
	return r;
}

static void held_report(const struct op *op)
{
	const struct held_op *held = (const struct held_op *)op;

	held->done(op->error, op->error < 0 ? NULL : held->names, op->error < 0 ? 0 : held->count,
		   op->userdata);
}

int store_modems_held(struct store *store, store_names_done done, void *userdata)
{
	struct held_op *held = op_new(sizeof(*held), held_run, held_report, userdata);

	if (!held)
		return -ENOMEM;
	held->done = done;
	return op_post(store, &held->op);
}
