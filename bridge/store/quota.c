/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What each SIM has used of its periods: counted in the transaction that begins an attempt, given
 * back in the one that ends it without anything on the air.  A period is over when its end, as it
 * was when something was counted, has come.  With a clock that is not trusted, no day and no month
 * ends; the end of a minute or an hour is then one of that clock, so that none lasts for ever.
 *
 * The numbers of a month belong to its turn: with the next one they are forgotten at once, and
 * removed a few at a time.
 */
#include "bridge/base/clock.h"
#include "bridge/store/internal.h"
#include "bridge/store/period.h"

#define RECIPIENTS_PER_TURN 500

const char *store_limit_name(enum store_limit limit)
{
	static const char *const names[STORE_LIMIT_COUNT] = {
		[STORE_LIMIT_NONE] = "",
		[STORE_LIMIT_MINUTE] = "partsPerMinute",
		[STORE_LIMIT_HOUR] = "partsPerHour",
		[STORE_LIMIT_DAY] = "partsPerDay",
		[STORE_LIMIT_MONTH] = "partsPerMonth",
		[STORE_LIMIT_RECIPIENTS] = "recipientsPerMonth",
	};

	return names[limit];
}

static void row_turn(struct quota_row *row, enum store_limit limit, const struct store_now *now,
		     unsigned reset_day)
{
	enum period period = period_of(limit);
	int64_t begin_usec, end_usec;

	if (!now->trusted && period != PERIOD_MINUTE && period != PERIOD_HOUR)
		return;
	period_bounds(period, now->usec, reset_day > 0 ? reset_day : 1, &begin_usec, &end_usec);
	if (row->ends_usec > 0 && now->usec >= row->ends_usec) {
		row->used = row->since = 0;
		row->turn++;
	}
	/* Another reset day, or a clock that was set: what was used stays so, until that end. */
	if (row->ends_usec != end_usec && row->used > 0)
		row->changed = true;
	row->ends_usec = end_usec;
}

static int rows_read(struct database *db, const char *sim, struct quota_uses *uses)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT kind, used, ends_at, since, turn FROM quota_use WHERE sim = ?",
		      STRING(sim));
	int r;

	*uses = (struct quota_uses){ 0 };
	while ((r = query_step(&query)) > 0) {
		int64_t kind = query_int(&query, 0);

		if (kind <= STORE_LIMIT_NONE || kind >= STORE_LIMIT_COUNT)
			continue;
		uses->rows[kind] = (struct quota_row){
			.used = query_int(&query, 1),
			.ends_usec = query_int(&query, 2),
			.since = query_int(&query, 3),
			.turn = query_int(&query, 4),
		};
	}
	return r;
}

int quota_load(struct database *db, const char *sim, const struct store_now *now,
	       unsigned reset_day, struct quota_uses *uses)
{
	int r = rows_read(db, sim, uses);

	for (int i = STORE_LIMIT_NONE + 1; i < STORE_LIMIT_COUNT; i++)
		row_turn(&uses->rows[i], (enum store_limit)i, now, reset_day);
	return r;
}

int quota_save(struct database *db, const char *sim, const struct quota_uses *uses)
{
	int r = 0;

	for (int i = STORE_LIMIT_NONE + 1; i < STORE_LIMIT_COUNT && r >= 0; i++) {
		const struct quota_row *row = &uses->rows[i];

		if (row->changed)
			r = EXECUTE(db,
				    "INSERT OR REPLACE INTO quota_use (sim, kind, used, ends_at,"
				    " since, turn) VALUES (?, ?, ?, ?, ?, ?)",
				    STRING(sim), INT(i), INT(row->used), INT(row->ends_usec),
				    INT(row->since), INT(row->turn));
	}
	return r;
}

static bool is_used_up(const struct quota_uses *uses, const struct store_quota *quota, int limit)
{
	return quota->limits[limit] > 0 && uses->rows[limit].used >= quota->limits[limit];
}

enum store_limit quota_used_up(const struct quota_uses *uses, const struct store_quota *quota)
{
	/* The longer ones end later (but for an hour that goes past a midnight at half past). */
	for (int i = STORE_LIMIT_MONTH; i > STORE_LIMIT_NONE; i--)
		if (is_used_up(uses, quota, i))
			return (enum store_limit)i;
	return STORE_LIMIT_NONE;
}

bool quota_is_set(const struct store_quota *quota)
{
	return quota->limits[STORE_LIMIT_HOUR] > 0 || quota->limits[STORE_LIMIT_DAY] > 0 ||
	       quota->limits[STORE_LIMIT_MONTH] > 0;
}

enum store_limit quota_lacks(const struct quota_uses *uses, const struct store_quota *quota,
			     int64_t parts, int64_t begun)
{
	for (int i = STORE_LIMIT_MONTH; i >= STORE_LIMIT_HOUR; i--) {
		int64_t limit = quota->limits[i];

		if (limit > 0 && parts <= limit && uses->rows[i].used + begun + parts > limit)
			return (enum store_limit)i;
	}
	return STORE_LIMIT_NONE;
}

int64_t quota_room(const struct quota_uses *uses, const struct store_quota *quota, int64_t begun)
{
	int64_t room = INT64_MAX;

	for (int i = STORE_LIMIT_HOUR; i <= STORE_LIMIT_MONTH; i++) {
		int64_t left = (int64_t)quota->limits[i] - uses->rows[i].used - begun;

		if (quota->limits[i] > 0 && left < room)
			room = left;
	}
	return room;
}

bool quota_recipients_used_up(const struct quota_uses *uses, const struct store_quota *quota)
{
	return is_used_up(uses, quota, STORE_LIMIT_RECIPIENTS);
}

/* ------------------------------------------------------------------ counting */

static void row_count(struct quota_row *row, int64_t attempt)
{
	if (row->since == 0)
		row->since = attempt;
	row->used++;
	row->changed = true;
}

/* 1 when the SIM has not talked with the number in this month before. */
static int recipient_note(struct database *db, const char *sim, int64_t turn, int64_t attempt,
			  const char *number)
{
	int r = EXECUTE(db,
			"INSERT INTO quota_recipient (sim, turn, number, attempt)"
			" VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
			STRING(sim), INT(turn), STRING(number), INT(attempt));

	if (r < 0)
		return r;
	if (statement_changes(db) > 0)
		return 1;
	return EXECUTE(db,
		       "UPDATE quota_recipient SET attempt = 0 WHERE sim = ? AND turn = ?"
		       " AND number = ? AND attempt <> 0",
		       STRING(sim), INT(turn), STRING(number));
}

int quota_count(struct database *db, const char *sim, int64_t attempt, const char *number,
		struct quota_uses *uses)
{
	struct quota_row *recipients = &uses->rows[STORE_LIMIT_RECIPIENTS];
	int r = recipient_note(db, sim, recipients->turn, attempt, number);

	if (r > 0)
		row_count(recipients, attempt);
	for (int i = STORE_LIMIT_MINUTE; i <= STORE_LIMIT_MONTH; i++)
		row_count(&uses->rows[i], attempt);
	return r < 0 ? r : quota_save(db, sim, uses);
}

int quota_give_back(struct database *db, const char *sim, int64_t attempt, int64_t delivery)
{
	/* One of a period that is over is in no count any more. */
	int r = EXECUTE(db,
			"UPDATE quota_use SET used = used - 1 WHERE sim = ? AND kind < 5"
			" AND used > 0 AND since > 0 AND since <= ?",
			STRING(sim), INT(attempt));

	if (r >= 0)
		r = EXECUTE(db,
			    "DELETE FROM quota_recipient WHERE sim = ?1 AND turn ="
			    " (SELECT turn FROM quota_use WHERE sim = ?1 AND kind = 5)"
			    " AND number = (SELECT number FROM delivery WHERE seq = ?2)"
			    " AND attempt = ?3",
			    STRING(sim), INT(delivery), INT(attempt));
	if (r < 0 || statement_changes(db) == 0)
		return r;
	return EXECUTE(db,
		       "UPDATE quota_use SET used = used - 1 WHERE sim = ? AND kind = 5"
		       " AND used > 0",
		       STRING(sim));
}

/* ------------------------------------------------------------------ showing, forgetting */

int quota_health(struct database *db, const char *sim, int64_t now_usec,
		 struct store_use uses[static STORE_LIMIT_COUNT])
{
	struct quota_uses rows;
	int r = rows_read(db, sim, &rows);

	for (int i = STORE_LIMIT_NONE + 1; i < STORE_LIMIT_COUNT && r >= 0; i++) {
		const struct quota_row *row = &rows.rows[i];

		if (row->used == 0 || (row->ends_usec > 0 && row->ends_usec <= now_usec))
			continue;
		uses[i].used = (unsigned)row->used;
		uses[i].until_usec = row->ends_usec;
	}
	return r;
}

int quota_tick(struct database *db, int64_t now_usec)
{
	int r = EXECUTE(db,
			"UPDATE quota_use SET used = 0, ends_at = 0, since = 0, turn = turn + 1"
			" WHERE kind = 5 AND ends_at > 0 AND ends_at <= ?",
			INT(now_usec));

	if (r >= 0)
		r = EXECUTE(db,
			    "DELETE FROM quota_recipient WHERE (sim, turn, number) IN"
			    " (SELECT r.sim, r.turn, r.number FROM quota_use u"
			    " CROSS JOIN quota_recipient r ON r.sim = u.sim AND r.turn < u.turn"
			    " WHERE u.kind = 5 LIMIT ?)",
			    INT(RECIPIENTS_PER_TURN));
	return r < 0 ? r : statement_changes(db) >= RECIPIENTS_PER_TURN;
}
