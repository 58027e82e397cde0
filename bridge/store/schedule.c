/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was scheduled stays out of the queue until its moment has come by a clock that is trusted.
 */
#include "bridge/store/internal.h"

#define RELEASED_PER_TURN 200

static int schedule_first(struct database *db, int64_t *ret_usec)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT release_at FROM delivery WHERE release_at > 0"
			  " ORDER BY release_at LIMIT 1");
	int r = query_step(&query);

	*ret_usec = r > 0 ? query_int(&query, 0) : 0;
	return r;
}

int schedule_release(struct database *db, int64_t now_usec, int64_t *ret_next_usec)
{
	int released;
	int r = schedule_first(db, ret_next_usec);

	if (r <= 0 || *ret_next_usec > now_usec)
		return r < 0 ? r : 0;
	r = EXECUTE(db,
		    "UPDATE delivery SET waiting = 1, release_at = 0,"
		    " reason = 'Its moment has come; it waits for a modem.' WHERE seq IN"
		    " (SELECT seq FROM delivery WHERE release_at > 0 AND release_at <= ?"
		    " ORDER BY release_at LIMIT ?)",
		    INT(now_usec), INT(RELEASED_PER_TURN));
	if (r < 0)
		return r;
	released = (int)statement_changes(db);
	r = schedule_first(db, ret_next_usec);
	return r < 0 ? r : released;
}
