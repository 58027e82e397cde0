/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Classes of numbers: the configured prefixes, in which of them a delivery is, what a class waits
 * for, and how much waits in it.  With other prefixes than before, all deliveries that are not over
 * are sorted anew, a batch at a time; how far that came is a row of tally.
 */
#include <errno.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

#define SORTED_PER_TURN 1000
#define ALL_IS_SORTED (-1)

struct prefix_op {
	struct op op;
	const char **prefixes;
	size_t count;
	const char *reason; /* of a class that waits; NULL: it does not */
	int64_t until_usec;
	store_done done;
};

static void prefix_report(const struct op *op)
{
	const struct prefix_op *prefix = (const struct prefix_op *)op;

	if (prefix->done)
		prefix->done(op->error, op->userdata);
}

static bool prefix_valid(const char *prefix)
{
	return prefix[0] != '\0' && strlen(prefix) < NUMBER_SIZE;
}

/* ------------------------------------------------------------------ sorting */

static int sorted_read(struct database *db, int64_t *ret_message)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT n FROM tally WHERE key = ?", INT(TALLY_SORTED));
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	*ret_message = query_int(&query, 0);
	return 0;
}

static int sorted_write(struct database *db, int64_t message)
{
	return EXECUTE(db, "UPDATE tally SET n = ? WHERE key = ?", INT(message), INT(TALLY_SORTED));
}

/* The message up to which a batch goes; 0: there is no more. */
static int batch_end(struct database *db, int64_t after, int64_t *ret_message)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT ifnull(max(message), 0) FROM (SELECT message FROM delivery"
		      " WHERE final = 0 AND message > ? ORDER BY message LIMIT ?)",
		      INT(after), INT(SORTED_PER_TURN));
	int r = query_step(&query);

	if (r > 0)
		*ret_message = query_int(&query, 0);
	return r < 0 ? r : 0;
}

int prefix_tick(struct database *db)
{
	int64_t from, to = 0;
	int r = sorted_read(db, &from);

	if (r < 0 || from == ALL_IS_SORTED)
		return r;
	r = batch_end(db, from, &to);
	if (r >= 0 && to == 0)
		return sorted_write(db, ALL_IS_SORTED);
	if (r >= 0)
		r = EXECUTE(db,
			    "UPDATE delivery SET prefix = " SQL_CLASS
			    " WHERE final = 0 AND message > ? AND message <= ?"
			    " AND prefix <> " SQL_CLASS,
			    INT(from), INT(to));
	if (r >= 0)
		r = sorted_write(db, to);
	return r < 0 ? r : 1;
}

/* 1 when the stored prefixes are others; there are no doubles in either. */
static int prefixes_differ(struct database *db, const struct prefix_op *set)
{
	CLEANUP_QUERY struct query query = QUERY(db, "SELECT prefix FROM prefix ORDER BY prefix");
	char prefix[NUMBER_SIZE];
	size_t at = 0;
	int r;

	for (; (r = query_step(&query)) > 0; at++) {
		query_copy(&query, 0, prefix, sizeof(prefix));
		if (at >= set->count || strcmp(prefix, set->prefixes[at]) != 0)
			return 1;
	}
	return r < 0 ? r : at < set->count;
}

static int set_run(struct database *db, struct op *op)
{
	const struct prefix_op *set = (const struct prefix_op *)op;
	int r = EXECUTE(db, "DELETE FROM class_wait");

	if (r >= 0)
		r = prefixes_differ(db, set);
	if (r > 0) {
		r = EXECUTE(db, "DELETE FROM prefix");
		for (size_t i = 0; i < set->count && r >= 0; i++)
			r = EXECUTE(db, "INSERT INTO prefix (prefix) VALUES (?)",
				    STRING(set->prefixes[i]));
		if (r >= 0)
			r = sorted_write(db, 0);
	}
	return r < 0 ? r : prefix_tick(db);
}

static int prefix_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void prefixes_sort(struct prefix_op *set)
{
	size_t kept = 0;

	qsort(set->prefixes, set->count, sizeof(*set->prefixes), prefix_compare);
	for (size_t i = 0; i < set->count; i++)
		if (kept == 0 || strcmp(set->prefixes[kept - 1], set->prefixes[i]) != 0)
			set->prefixes[kept++] = set->prefixes[i];
	set->count = kept;
}

static int set_refuse(struct database *db, struct op *op)
{
	(void)db;
	(void)op;
	return -EINVAL;
}

int store_set_prefixes(struct store *store, const char *const *prefixes, size_t count,
		       store_done done, void *userdata)
{
	struct prefix_op *set = op_new(sizeof(*set), set_run, prefix_report, userdata);
	struct op *op = (struct op *)set;

	if (!set)
		return -ENOMEM;
	set->done = done;
	if (count > STORE_PREFIXES_MAX) {
		op->run = set_refuse;
		return op_post(store, op);
	}
	set->prefixes = op_alloc(op, (count + 1) * sizeof(*set->prefixes));
	for (size_t i = 0; i < count && !op->no_memory; i++) {
		if (!prefix_valid(prefixes[i]))
			op->run = set_refuse;
		set->prefixes[i] = op_string(op, prefixes[i]);
	}
	set->count = count;
	if (!op->no_memory)
		prefixes_sort(set);
	return op_post(store, op);
}

/* ------------------------------------------------------------------ what a class waits for */

static int waits_run(struct database *db, struct op *op)
{
	const struct prefix_op *waits = (const struct prefix_op *)op;

	if (!waits->reason)
		return EXECUTE(db, "DELETE FROM class_wait WHERE prefix = ?",
			       STRING(waits->prefixes[0]));
	return EXECUTE(db,
		       "INSERT OR REPLACE INTO class_wait (prefix, reason, until)"
		       " VALUES (?, ?, ?)",
		       STRING(waits->prefixes[0]), STRING(waits->reason), INT(waits->until_usec));
}

int store_prefix_waits(struct store *store, const char *prefix, const char *reason,
		       int64_t until_usec, store_done done, void *userdata)
{
	struct prefix_op *waits = op_new(sizeof(*waits), waits_run, prefix_report, userdata);

	if (!waits)
		return -ENOMEM;
	waits->prefixes = op_alloc(&waits->op, sizeof(*waits->prefixes));
	if (waits->prefixes)
		waits->prefixes[0] = op_string(&waits->op, prefix);
	waits->reason = op_string(&waits->op, reason);
	waits->until_usec = until_usec;
	waits->done = done;
	return op_post(store, &waits->op);
}

/* ------------------------------------------------------------------ how much waits */

struct backlog_op {
	struct op op;
	store_backlog_done done;
	struct store_backlog *backlog;
	size_t count;
	uint64_t total;
};

static int backlog_run(struct database *db, struct op *op)
{
	struct backlog_op *asked = (struct backlog_op *)op;
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT prefix, priority, hour, passable, parts FROM backlog"
			  " ORDER BY prefix, priority, hour, passable");
	size_t capacity = 0;
	int r;

	while ((r = query_step(&query)) > 0) {
		struct store_backlog *one;

		asked->backlog = op_grow(op, asked->backlog, asked->count, &capacity, sizeof(*one));
		if (!asked->backlog)
			return -ENOMEM;
		one = &asked->backlog[asked->count++];
		query_copy(&query, 0, one->prefix, sizeof(one->prefix));
		one->priority = (int)query_int(&query, 1);
		one->until_usec = query_int(&query, 2) * USEC_PER_HOUR;
		one->passable = query_bool(&query, 3);
		one->parts = (uint64_t)query_int(&query, 4);
		asked->total += one->parts;
	}
	return r;
}

static void backlog_report(const struct op *op)
{
	const struct backlog_op *asked = (const struct backlog_op *)op;

	if (op->error < 0)
		asked->done(op->error, NULL, 0, 0, op->userdata);
	else
		asked->done(0, asked->backlog, asked->count, asked->total, op->userdata);
}

int store_backlog(struct store *store, store_backlog_done done, void *userdata)
{
	struct backlog_op *asked = op_new(sizeof(*asked), backlog_run, backlog_report, userdata);

	if (!asked)
		return -ENOMEM;
	asked->done = done;
	return op_post(store, &asked->op);
}
