/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Conversations: with whom which SIM last talked, so that people keep hearing from the same number.
 * Numbers are known by their tails, as networks shorten them; two people with the same tail merely
 * share a preference.
 */
#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

/* It says only for how long a row is kept. */
#define AT_PRECISION_USEC USEC_PER_HOUR

int peer_begun(struct database *db, const char *number, const char *sim, int64_t attempt,
	       int64_t at_usec)
{
	char tail[NUMBER_TAIL_SIZE];

	number_tail(number, tail);
	/* Two messages to a new number must not go out through two SIMs. */
	return EXECUTE(db,
		       "INSERT INTO peer (tail, sim, at, attempt) VALUES (?, ?, ?, ?)"
		       " ON CONFLICT DO NOTHING",
		       STRING(tail), STRING(sim), INT(at_usec), INT(attempt));
}

int peer_talked(struct database *db, const char *tail, const char *sim, int64_t at_usec)
{
	if (tail[0] == '\0')
		return 0;
	return EXECUTE(db,
		       "INSERT INTO peer (tail, sim, at, attempt) VALUES (?1, ?2, ?3, 0)"
		       " ON CONFLICT DO UPDATE SET sim = ?2, at = ?3, attempt = 0"
		       " WHERE sim <> ?2 OR attempt <> 0 OR abs(at - ?3) > ?4",
		       STRING(tail), STRING(sim), INT(at_usec), INT(AT_PRECISION_USEC));
}

int peer_not_talked(struct database *db, const char *tail, int64_t attempt)
{
	return EXECUTE(db, "DELETE FROM peer WHERE tail = ? AND attempt = ?", STRING(tail),
		       INT(attempt));
}

int peer_tick(struct database *db, int64_t before_usec, int64_t limit)
{
	return EXECUTE(db,
		       "DELETE FROM peer WHERE tail IN (SELECT tail FROM peer WHERE at <= ?"
		       " ORDER BY at LIMIT ?)",
		       INT(before_usec), INT(limit));
}
