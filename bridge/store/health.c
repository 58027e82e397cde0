/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a SIM does: counts of the day, of the last attempts, and since the last status report.  They
 * are kept in its row as attempts end and reports come; nothing is counted by looking at messages.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

/* Local, as 20261201: what is called today ends at local midnight. */
static int64_t local_day(int64_t at_usec)
{
	time_t seconds = (time_t)(at_usec / USEC_PER_SEC);
	struct tm local;

	if (!localtime_r(&seconds, &local))
		return 0;
	return (local.tm_year + INT64_C(1900)) * 10000 + (local.tm_mon + INT64_C(1)) * 100 +
	       local.tm_mday;
}

/* An unknown part was counted when it became unknown: late, only that it was sent is news. */
int sim_attempt_ended(struct database *db, const char *iccid, const struct sim_outcome *outcome)
{
	int64_t at_usec = outcome->at_usec > 0 ? outcome->at_usec : 1; /* 0 is: never */
	bool used = outcome->used && !outcome->late, failed = outcome->failed && !outcome->late;

	if (!used && !failed && !outcome->sent)
		return 0;
	return EXECUTE(
		db,
		"INSERT INTO sim (iccid, day, parts_today, failed_today, last_sent_at,"
		" last_failed_at, last_error, recent, recent_failed, unreported, unreported_since)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?4, ?5 > 0, ?5)"
		" ON CONFLICT (iccid) DO UPDATE SET"
		" parts_today = iif(day = ?2, parts_today, 0) + ?3,"
		" failed_today = iif(day = ?2, failed_today, 0) + ?4,"
		" day = ?2,"
		" last_sent_at = max(last_sent_at, ?5),"
		" last_failed_at = iif(?4, ?6, last_failed_at),"
		" last_error = iif(?4, ?7, last_error),"
		" recent = min(recent + ?8, 32),"
		" recent_failed = iif(?8, (recent_failed << 1 | ?4) & 0xffffffff, recent_failed),"
		" unreported = unreported + (?5 > 0),"
		" unreported_since = iif(unreported = 0 AND ?5 > 0, ?5, unreported_since)",
		STRING(iccid), INT(local_day(outcome->at_usec)), INT(used), INT(failed),
		INT(outcome->sent ? at_usec : 0), INT(failed ? at_usec : 0),
		STRING(failed && outcome->error ? outcome->error : ""),
		INT(failed || (outcome->sent && !outcome->late)));
}

int sim_reported(struct database *db, const char *iccid, int64_t at_usec)
{
	return EXECUTE(db,
		       "UPDATE sim SET last_report_at = max(last_report_at, ?), unreported = 0,"
		       " unreported_since = 0 WHERE iccid = ?",
		       INT(at_usec), STRING(iccid));
}

/* ------------------------------------------------------------------ reading */

struct health_op {
	struct op op;
	const char *iccid;
	int64_t now_usec;
	store_sim_done done;
	struct store_sim_health health;
};

static int health_run(struct database *db, struct op *op)
{
	struct health_op *asked = (struct health_op *)op;
	struct store_sim_health *health = &asked->health;
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT iif(day = ?1, parts_today, 0), iif(day = ?1, failed_today, 0),"
		      " recent, recent_failed, last_sent_at, last_failed_at, last_error,"
		      " unreported, unreported_since, last_report_at, balance, balance_at FROM sim"
		      " WHERE iccid = ?2",
		      INT(local_day(asked->now_usec)), STRING(asked->iccid));
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : quota_health(db, asked->iccid, asked->now_usec, health->uses);
	health->parts_today = (unsigned)query_int(&query, 0);
	health->failed_today = (unsigned)query_int(&query, 1);
	health->recent = (unsigned)query_int(&query, 2);
	health->recent_failed = (unsigned)__builtin_popcount((uint32_t)query_int(&query, 3));
	health->last_sent_usec = query_int(&query, 4);
	health->last_failed_usec = query_int(&query, 5);
	query_copy(&query, 6, health->last_error, sizeof(health->last_error));
	health->unreported = (unsigned)query_int(&query, 7);
	health->unreported_since_usec = query_int(&query, 8);
	health->last_report_usec = query_int(&query, 9);
	query_copy(&query, 10, health->balance, sizeof(health->balance));
	health->balance_at_usec = query_int(&query, 11);
	return quota_health(db, asked->iccid, asked->now_usec, health->uses);
}

static void health_report(const struct op *op)
{
	const struct health_op *asked = (const struct health_op *)op;

	asked->done(op->error, &asked->health, op->userdata);
}

int store_sim_health(struct store *store, const struct store_sim *sim, int64_t now_usec,
		     store_sim_done done, void *userdata)
{
	struct health_op *asked = op_new(sizeof(*asked), health_run, health_report, userdata);

	if (!asked)
		return -ENOMEM;
	asked->iccid = op_string(&asked->op, sim->iccid);
	asked->now_usec = now_usec;
	asked->done = done;
	return op_post(store, &asked->op);
}

/* ------------------------------------------------------------------ credit */

struct balance_op {
	struct op op;
	const char *iccid, *balance;
	int64_t now_usec;
};

static int balance_run(struct database *db, struct op *op)
{
	const struct balance_op *said = (const struct balance_op *)op;

	return EXECUTE(db,
		       "INSERT INTO sim (iccid, balance, balance_at) VALUES (?, ?, ?)"
		       " ON CONFLICT (iccid) DO UPDATE SET balance = excluded.balance,"
		       " balance_at = excluded.balance_at",
		       STRING(said->iccid), STRING(said->balance), INT(said->now_usec));
}

int store_sim_balance(struct store *store, const struct store_sim *sim, const char *balance,
		      int64_t now_usec)
{
	struct balance_op *said = op_new(sizeof(*said), balance_run, NULL, NULL);

	if (!said)
		return -ENOMEM;
	said->iccid = op_string(&said->op, sim->iccid);
	said->balance = op_copy(&said->op, balance, strnlen(balance, STORE_BALANCE_SIZE - 1));
	said->now_usec = now_usec;
	return op_post(store, &said->op);
}
