/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which unknown part a status report is about whose reference no attempt is known by: the only one
 * of that SIM to that number that was begun when the centre says that it got it.  Among several the
 * order of references decides, or nobody.  A wrong guess calls a message delivered that is not: what
 * is not certain stays unknown.
 *
 * An unknown attempt took one reference, or none if it never left the modem.  So the n-th since the
 * last known reference has n more at most, and a report with n more is about it or about a later one.
 * It is certain when there is no later one, or when the next known reference shows that each of them
 * took one.
 *
 * The report's time stamp (3GPP TS 23.040 9.2.2.3, TP-SCTS) is the centre's, in whole seconds.  How
 * far its clock is from ours is learned of each SIM from reports whose attempt is known, by the
 * moment of their answer.  Then a part may have been begun from 2 minutes before the time stamp (a
 * send has 90 seconds, and a centre may be slow) to 15 seconds after it (what the learned offset may
 * be wrong by: the time an answer took).  As long as nothing was learned, only the moment counts at
 * which the report came.
 */
#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

#define BEGUN_BEFORE_USEC (2 * USEC_PER_MINUTE)
#define BEGUN_AFTER_USEC (15 * USEC_PER_SEC)
/* Without a time stamp: a network seldom reports later, and references come round in the end. */
#define KNOWN_FOR_USEC (3 * USEC_PER_DAY)
#define CANDIDATES_MAX 8

struct window {
	int64_t from_usec, until_usec;
	bool measured;
};

static int window_of(struct database *db, const struct report *report, struct window *window)
{
	int64_t offset_usec;
	int r = report->centre_usec != 0 ? sim_centre(db, report->sim, &offset_usec) : 0;

	*window = (struct window){ .until_usec = report->at_usec };
	if (r <= 0)
		return r;
	window->measured = true;
	window->from_usec = report->centre_usec - offset_usec - BEGUN_BEFORE_USEC;
	if (window->until_usec > report->centre_usec - offset_usec + BEGUN_AFTER_USEC)
		window->until_usec = report->centre_usec - offset_usec + BEGUN_AFTER_USEC;
	return 0;
}

/* 1 when an attempt is known by that reference: it speaks of that one again. */
static int attempt_is_known(struct database *db, const struct report *report,
			    const struct window *window)
{
	CLEANUP_QUERY struct query query = QUERY(
		db,
		"SELECT 1 FROM attempt a CROSS JOIN part p ON p.delivery = a.delivery"
		" AND p.number = a.part WHERE a.sim = ? AND a.reference = ? AND a.reference >= 0"
		" AND a.begun_at >= ? AND a.begun_at <= ? AND p.tail = ? LIMIT 1",
		STRING(report->sim), INT(report->reference),
		INT(window->measured ? window->from_usec : report->at_usec - KNOWN_FOR_USEC),
		INT(window->until_usec), STRING(report->tail));

	return query_step(&query);
}

struct candidate {
	struct match match;
	bool open; /* otherwise its part was sent again, or settled in another way, since */
};

static int candidates_load(struct database *db, const struct report *report,
			   const struct window *window,
			   struct candidate candidates[static CANDIDATES_MAX + 1])
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT p.delivery, p.number, p.attempt, 1 FROM part p"
		      " CROSS JOIN delivery d ON d.seq = p.delivery"
		      " WHERE p.sim = ?1 AND p.reference = -1 AND p.tail = ?2 AND p.begun_at >= ?3"
		      " AND p.begun_at <= ?4 AND p.state IN (" SQL_UNKNOWN ", " SQL_SENT ")"
		      " AND d.final = 0"
		      " UNION ALL SELECT a.delivery, a.part, a.seq, 0"
		      " FROM attempt a INDEXED BY attempt_unknown"
		      " CROSS JOIN part p ON p.delivery = a.delivery AND p.number = a.part"
		      " CROSS JOIN delivery d ON d.seq = p.delivery"
		      " WHERE a.sim = ?1 AND a.state = " SQL_UNKNOWN " AND p.tail = ?2"
		      " AND a.begun_at >= ?3 AND a.begun_at <= ?4"
		      " AND (p.attempt <> a.seq OR d.final"
		      " OR p.state NOT IN (" SQL_UNKNOWN ", " SQL_SENT "))"
		      " ORDER BY 3 LIMIT ?5",
		      STRING(report->sim), STRING(report->tail), INT(window->from_usec),
		      INT(window->until_usec), INT(CANDIDATES_MAX + 1));
	int count = 0, r;

	while ((r = query_step(&query)) > 0 && count <= CANDIDATES_MAX)
		candidates[count++] = (struct candidate){
			.match.delivery = query_int(&query, 0),
			.match.part = (unsigned)query_int(&query, 1),
			.match.attempt = query_int(&query, 2),
			.open = query_bool(&query, 3),
		};
	return r < 0 ? r : count;
}

struct known {
	int64_t attempt;
	int reference;
};

/* 1 and the last reference that is known of the SIM before an attempt, 0 when there is none. */
static int known_before(struct database *db, const char *sim, int64_t attempt, struct known *known)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT seq, reference FROM attempt WHERE sim = ? AND reference >= 0"
		      " AND seq < ? ORDER BY seq DESC LIMIT 1",
		      STRING(sim), INT(attempt));
	int r = query_step(&query);

	if (r > 0)
		*known = (struct known){ query_int(&query, 0), (int)query_int(&query, 1) };
	return r;
}

/* The same of the first after it. */
static int known_after(struct database *db, const char *sim, int64_t attempt, struct known *known)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT seq, reference FROM attempt WHERE sim = ? AND reference >= 0"
		      " AND seq > ? ORDER BY seq LIMIT 1",
		      STRING(sim), INT(attempt));
	int r = query_step(&query);

	if (r > 0)
		*known = (struct known){ query_int(&query, 0), (int)query_int(&query, 1) };
	return r;
}

/*
 * How many unknown attempts there are after one and until another, both of the SIM; -1 when one of
 * those between was refused: nobody knows whether that takes a reference.
 */
static int unknown_between(struct database *db, const char *sim, int64_t after, int64_t until)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT count(*) FILTER (WHERE state = " SQL_UNKNOWN "),"
		      " count(*) FILTER (WHERE state <> " SQL_UNKNOWN " AND handed_over = 1"
		      " AND reference < 0)"
		      " FROM attempt WHERE sim = ? AND seq > ? AND seq <= ?",
		      STRING(sim), INT(after), INT(until));
	int r = query_step(&query);

	if (r < 0)
		return r;
	return query_int(&query, 1) > 0 ? -1 : (int)query_int(&query, 0);
}

/* Whether that reference, and no other, is the attempt's if it took one; last: no other took it. */
static bool order_is_certain(struct database *db, const struct report *report, int64_t attempt,
			     bool last)
{
	struct known before, after;
	int count;

	if (known_before(db, report->sim, attempt, &before) <= 0)
		return false;
	count = unknown_between(db, report->sim, before.attempt, attempt);
	if (count <= 0 || (before.reference + count) % 256 != report->reference)
		return false;
	if (last)
		return true;
	if (known_after(db, report->sim, attempt, &after) <= 0)
		return false;
	count = unknown_between(db, report->sim, before.attempt, after.attempt);
	return count > 0 && (before.reference + count + 1) % 256 == after.reference;
}

static int order_decides(struct database *db, const struct report *report,
			 const struct candidate *candidates, int count, struct match *match)
{
	for (int i = 0; i < count; i++) {
		bool certain =
			order_is_certain(db, report, candidates[i].match.attempt, i + 1 == count);

		if (db->failed)
			return db->failed;
		if (!certain)
			continue;
		*match = candidates[i].match;
		return candidates[i].open;
	}
	return 0;
}

int report_match_unknown(struct database *db, const struct report *report, struct match *match)
{
	struct candidate candidates[CANDIDATES_MAX + 1];
	struct window window;
	int count, r;

	r = window_of(db, report, &window);
	if (r >= 0)
		r = attempt_is_known(db, report, &window);
	if (r != 0)
		return r < 0 ? r : 0;
	count = candidates_load(db, report, &window, candidates);
	if (count == 1) {
		*match = candidates[0].match;
		return candidates[0].open;
	}
	if (count <= 0 || count > CANDIDATES_MAX)
		return count < 0 ? count : 0;
	return order_decides(db, report, candidates, count, match);
}
