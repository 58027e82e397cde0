/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is kept of modems over restarts: whom the core gives nothing, and which SIM each had last.
 */
#include <errno.h>

#include "bridge/store/internal.h"

struct modem_op {
	struct op op;
	struct store_modem modem;
	int64_t now_usec;
	store_done done;
};

static void modem_report(const struct op *op)
{
	const struct modem_op *order = (const struct modem_op *)op;

	if (order->done)
		order->done(op->error, op->userdata);
}

static int hold_run(struct database *db, struct op *op)
{
	const struct modem_op *order = (const struct modem_op *)op;

	moment_note(db, order->now_usec);
	return EXECUTE(db,
		       "INSERT INTO modem (key, held, at) VALUES (?, ?, ?)"
		       " ON CONFLICT DO UPDATE SET held = excluded.held, at = excluded.at",
		       STRING(order->modem.key), INT(order->modem.held), INT(order->now_usec));
}

static int sim_run(struct database *db, struct op *op)
{
	const struct modem_op *order = (const struct modem_op *)op;

	moment_note(db, order->now_usec);
	return EXECUTE(db,
		       "INSERT INTO modem (key, sim, imsi, at) VALUES (?, ?, ?, ?)"
		       " ON CONFLICT DO UPDATE SET sim = excluded.sim, imsi = excluded.imsi,"
		       " at = excluded.at",
		       STRING(order->modem.key), STRING(order->modem.sim),
		       STRING(order->modem.imsi), INT(order->now_usec));
}

static struct modem_op *modem_op_new(int (*run)(struct database *db, struct op *op),
				     const char *key, int64_t now_usec, store_done done,
				     void *userdata)
{
	struct modem_op *order = op_new(sizeof(*order), run, modem_report, userdata);

	if (!order)
		return NULL;
	order->modem.key = op_string(&order->op, key);
	order->now_usec = now_usec;
	order->done = done;
	return order;
}

int store_modem_hold(struct store *store, const char *key, bool held, int64_t now_usec,
		     store_done done, void *userdata)
{
	struct modem_op *order = modem_op_new(hold_run, key, now_usec, done, userdata);

	if (!order)
		return -ENOMEM;
	order->modem.held = held;
	return op_post(store, &order->op);
}

int store_modem_sim(struct store *store, const struct store_modem *modem, int64_t now_usec,
		    store_done done, void *userdata)
{
	struct modem_op *order = modem_op_new(sim_run, modem->key, now_usec, done, userdata);

	if (!order)
		return -ENOMEM;
	order->modem.sim = op_string(&order->op, modem->sim);
	order->modem.imsi = op_string(&order->op, modem->imsi);
	return op_post(store, &order->op);
}

/* ------------------------------------------------------------------ all of them */

struct modems_op {
	struct op op;
	store_modems_done done;
	struct store_modem *modems;
	size_t count;
};

static const char *column(struct op *op, struct query *query, int number)
{
	char text[STORE_NAME_SIZE];

	query_copy(query, number, text, sizeof(text));
	return op_string(op, text);
}

static int modems_run(struct database *db, struct op *op)
{
	struct modems_op *all = (struct modems_op *)op;
	CLEANUP_QUERY struct query query = QUERY(
		db,
		"SELECT key, held, sim, imsi, at FROM modem ORDER BY held DESC, at DESC LIMIT ?",
		INT(STORE_MODEMS_MAX));
	size_t capacity = 0;
	int r;

	while ((r = query_step(&query)) > 0) {
		struct store_modem *modem;

		all->modems = op_grow(op, all->modems, all->count, &capacity, sizeof(*all->modems));
		if (!all->modems)
			return -ENOMEM;
		modem = &all->modems[all->count++];
		modem->key = column(op, &query, 0);
		modem->held = query_bool(&query, 1);
		modem->sim = column(op, &query, 2);
		modem->imsi = column(op, &query, 3);
		modem->seen_usec = query_int(&query, 4);
		if (!modem->key || !modem->sim || !modem->imsi)
			return -ENOMEM;
	}
	return r;
}

static void modems_report(const struct op *op)
{
	const struct modems_op *all = (const struct modems_op *)op;

	all->done(op->error, op->error < 0 ? NULL : all->modems, op->error < 0 ? 0 : all->count,
		  op->userdata);
}

int store_modems(struct store *store, store_modems_done done, void *userdata)
{
	struct modems_op *all = op_new(sizeof(*all), modems_run, modems_report, userdata);

	if (!all)
		return -ENOMEM;
	all->done = done;
	return op_post(store, &all->op);
}
