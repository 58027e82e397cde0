/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Status reports find their part by SIM, reference and the last digits of the number.  One whose
 * reference fits nothing known may be about a part whose reference nobody heard (guess.c);
 * or it has overtaken the answer to its own attempt, and waits for an hour.
 */
#include <errno.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

#define STRAYS_MAX 1000
#define STRAYS_PER_NUMBER 16
#define STRAY_KEPT_USEC USEC_PER_HOUR
#define TICK_ROWS 500

struct fate {
	enum part_event event;
	const char *reason;
};

static struct fate fate_of_status(uint8_t status)
{
	switch (tpdu_fate(status)) {
	case TPDU_FATE_DELIVERED:
		return (struct fate){ PART_REPORTED_DELIVERED, "The phone confirmed it" };
	case TPDU_FATE_FORWARDED:
		return (struct fate){ PART_REPORTED_TRYING,
				      "The network passed it on and can't confirm it" };
	case TPDU_FATE_REPLACED:
		return (struct fate){ PART_REPORTED_FAILED,
				      "The network replaced it by another message" };
	case TPDU_FATE_TRYING:
		return (struct fate){ PART_REPORTED_TRYING, "The network is still trying" };
	case TPDU_FATE_EXPIRED:
		return (struct fate){ PART_REPORTED_EXPIRED,
				      "The phone could not be reached within its validity" };
	case TPDU_FATE_FAILED:
		break;
	}
	return (struct fate){ PART_REPORTED_FAILED, "The network could not deliver it" };
}

/* 1 and the newest part with that reference; one that was begun after a stray came is not its. */
static int part_match(struct database *db, const struct report *report, struct match *match)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT p.delivery, p.number, p.attempt FROM part p"
		      " WHERE p.sim = ? AND p.reference = ? AND p.tail = ? AND p.begun_at <= ?"
		      " AND p.state IN (" SQL_UNKNOWN ", " SQL_SENT ")"
		      " ORDER BY p.begun_at DESC LIMIT 1",
		      STRING(report->sim), INT(report->reference), STRING(report->tail),
		      INT(report->stray ? report->at_usec : INT64_MAX));
	int r = query_step(&query);

	if (r <= 0)
		return r;
	match->delivery = query_int(&query, 0);
	match->part = (unsigned)query_int(&query, 1);
	match->attempt = query_int(&query, 2);
	return 1;
}

/* What the centre's clock says of an attempt whose end is known teaches how far it is from ours. */
static int centre_learn(struct database *db, const struct report *report, const struct match *match)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT ended_at FROM attempt WHERE seq = ? AND ended_at > 0",
		      INT(match->attempt));
	int64_t ended_usec;
	int r;

	if (report->centre_usec == 0)
		return 0;
	r = query_step(&query);
	if (r <= 0)
		return r;
	ended_usec = query_int(&query, 0);
	query_end(&query);
	return sim_centre_learn(db, report->sim, report->centre_usec - ended_usec);
}

/* Something to that number is on the air: the report may be its own. */
static int attempt_is_open(struct database *db, const struct report *report)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT 1 FROM attempt a INDEXED BY attempt_open"
		      " JOIN part p ON p.delivery = a.delivery AND p.number = a.part"
		      " WHERE a.sim = ? AND a.ended_at = 0 AND p.tail = ? LIMIT 1",
		      STRING(report->sim), STRING(report->tail));

	return query_step(&query);
}

static int report_match(struct database *db, const struct report *report, struct match *match)
{
	int r = part_match(db, report, match);

	if (r > 0) {
		r = centre_learn(db, report, match);
		return r < 0 ? r : 1;
	}
	if (r < 0)
		return r;
	r = attempt_is_open(db, report);
	if (r != 0)
		return r < 0 ? r : 0;
	return report_match_unknown(db, report, match);
}

/* 1 when it settled a part, 0 when none fits. */
static int report_apply(struct database *db, const struct report *report)
{
	struct fate fate = fate_of_status(report->status);
	char reason[STORE_REASON_SIZE], error[16] = "";
	struct match match;
	int r;

	r = report_match(db, report, &match);
	if (r <= 0)
		return r;
	snprintf(reason, sizeof(reason), "%s (status 0x%02x).", fate.reason, report->status);
	if (fate.event == PART_REPORTED_FAILED || fate.event == PART_REPORTED_EXPIRED)
		snprintf(error, sizeof(error), "ST/%u", report->status);

	const struct part_change change = {
		.delivery = match.delivery,
		.part = match.part,
		.event = fate.event,
		.at_usec = report->at_usec,
		.reason = reason,
		.error = error,
		.reference = report->reference,
	};
	r = part_enter(db, &change);
	if (r <= 0)
		return r;
	r = sim_reported(db, report->sim, report->at_usec);
	if (r < 0)
		return r;
	r = EXECUTE(db,
		    "UPDATE attempt SET state = (SELECT state FROM part WHERE delivery = ?"
		    " AND number = ?), reason = ?, error = ?, reference = ? WHERE seq = ?",
		    INT(match.delivery), INT(match.part), STRING(reason), STRING(error),
		    INT(report->reference), INT(match.attempt));
	return r < 0 ? r : 1;
}

/* ------------------------------------------------------------------ strays */

static int stray_keep(struct database *db, const struct report *report)
{
	int r = EXECUTE(db,
			"INSERT INTO stray_report (sim, tail, reference, status, at, centre_at)"
			" VALUES (?, ?, ?, ?, ?, ?)",
			STRING(report->sim), STRING(report->tail), INT(report->reference),
			INT(report->status), INT(report->at_usec), INT(report->centre_usec));

	return r < 0 ? r
		     : EXECUTE(db, "DELETE FROM stray_report WHERE seq <= ?",
			       INT(statement_row(db) - STRAYS_MAX));
}

int report_receive(struct database *db, const char *sim, const struct tpdu *tpdu, int64_t at_usec)
{
	char tail[NUMBER_TAIL_SIZE];
	const struct report report = {
		.sim = sim,
		.tail = tail,
		.reference = tpdu->reference,
		.status = tpdu->status,
		.at_usec = at_usec,
		.centre_usec = tpdu->centre_time_usec,
	};
	int r;

	number_tail(tpdu->address_is_name ? "" : tpdu->address, tail);
	/* We never send to a name: nothing can ever fit. */
	if (tail[0] == '\0')
		return 0;
	r = report_apply(db, &report);
	if (r == 0) {
		r = stray_keep(db, &report);
		return r < 0 ? r : 0;
	}
	if (r < 0)
		return r;
	/* Whose reference is known now is no candidate for another report any more. */
	r = report_strays_apply(db, sim, tail);
	return r < 0 ? r : 1;
}

static int strays_load(struct database *db, const char *sim, const char *tail,
		       struct report strays[STRAYS_PER_NUMBER])
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT seq, reference, status, at, centre_at FROM stray_report"
		      " WHERE sim = ? AND tail = ? ORDER BY seq LIMIT ?",
		      STRING(sim), STRING(tail), INT(STRAYS_PER_NUMBER));
	int count = 0, r;

	while ((r = query_step(&query)) > 0 && count < STRAYS_PER_NUMBER)
		strays[count++] = (struct report){
			.stray = query_int(&query, 0),
			.sim = sim,
			.tail = tail,
			.reference = (int)query_int(&query, 1),
			.status = (uint8_t)query_int(&query, 2),
			.at_usec = query_int(&query, 3),
			.centre_usec = query_int(&query, 4),
		};
	return r < 0 ? r : count;
}

int report_strays_apply(struct database *db, const char *sim, const char *tail)
{
	struct report strays[STRAYS_PER_NUMBER];
	int count = strays_load(db, sim, tail, strays);

	for (int i = 0; i < count; i++) {
		int r = report_apply(db, &strays[i]);

		if (r > 0)
			r = EXECUTE(db, "DELETE FROM stray_report WHERE seq = ?",
				    INT(strays[i].stray));
		if (r < 0)
			return r;
	}
	return count < 0 ? count : 0;
}

int report_tick(struct database *db, int64_t now_usec)
{
	int64_t last = 0;
	int r;

	{
		CLEANUP_QUERY struct query query =
			QUERY(db, "SELECT seq, at FROM stray_report ORDER BY seq LIMIT ?",
			      INT(TICK_ROWS));

		while ((r = query_step(&query)) > 0 &&
		       query_int(&query, 1) + STRAY_KEPT_USEC <= now_usec)
			last = query_int(&query, 0);
	}
	if (r < 0 || last == 0)
		return r < 0 ? r : 0;
	return EXECUTE(db, "DELETE FROM stray_report WHERE seq <= ?", INT(last));
}
