/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is kept only for so long after the last change: first texts are wiped (secure_delete makes
 * the octets go), later whole records.  A bounded piece at each turn.  The digest of a request
 * lives as long as its record, so an id is known again without its text.
 */
#include <errno.h>

#include "bridge/store/internal.h"

#define MESSAGES_PER_TURN 50
#define DELIVERIES_PER_TURN 200
#define ROWS_PER_TURN 200

struct turn {
	struct database *db;
	unsigned gone;
	bool more;
};

/* The row of a query that has one column and one row; 0 when it has none. */
static int row_read(struct query *query, int64_t *ret_row)
{
	int r = query_step(query);

	if (r > 0)
		*ret_row = query_int(query, 0);
	return r;
}

/* ------------------------------------------------------------------ messages out */

static int text_oldest(struct database *db, int64_t before_usec, int64_t *ret_message)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT seq FROM message INDEXED BY message_text WHERE final_at > 0"
		      " AND wiped = 0 AND final_at <= ?"
		      " ORDER BY final_at LIMIT 1",
		      INT(before_usec));

	return row_read(&query, ret_message);
}

static int text_wipe(struct database *db, int64_t message)
{
	int r = EXECUTE(db,
			"UPDATE message SET text = '', sms_text = iif(sms_text IS NULL, NULL, ''),"
			" wiped = 1 WHERE seq = ?",
			INT(message));

	if (r >= 0)
		r = EXECUTE(db, "UPDATE message_part SET text = '' WHERE message = ?",
			    INT(message));
	if (r >= 0)
		r = EXECUTE(db,
			    "UPDATE part SET text = '' WHERE delivery IN (SELECT seq FROM delivery"
			    " WHERE message = ? AND alphabet >= 0)",
			    INT(message));
	return r;
}

static int texts_wipe(struct turn *turn, int64_t before_usec)
{
	int64_t message;
	int r = 0;

	for (unsigned i = 0; i < MESSAGES_PER_TURN; i++) {
		r = text_oldest(turn->db, before_usec, &message);
		if (r > 0)
			r = text_wipe(turn->db, message);
		else
			return r;
		if (r < 0)
			return r;
		turn->gone++;
	}
	turn->more = true;
	return 0;
}

static int record_oldest(struct database *db, int64_t before_usec, int64_t *ret_message)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT seq FROM message WHERE final_at > 0 AND final_at <= ?"
		      " ORDER BY final_at LIMIT 1",
		      INT(before_usec));

	return row_read(&query, ret_message);
}

static int delivery_first(struct database *db, int64_t message, int64_t *ret_delivery)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT seq FROM delivery WHERE message = ? LIMIT 1", INT(message));

	return row_read(&query, ret_delivery);
}

static int delivery_remove(struct database *db, int64_t delivery)
{
	static const char *const deletions[] = {
		"DELETE FROM attention WHERE delivery > 0 AND delivery = ?",
		"DELETE FROM attempt WHERE delivery = ?",
		"DELETE FROM part WHERE delivery = ?",
		"DELETE FROM delivery WHERE seq = ?",
	};
	int r = EXECUTE(db,
			"DELETE FROM event WHERE attention > 0 AND attention IN"
			" (SELECT seq FROM attention WHERE delivery > 0 AND delivery = ?)",
			INT(delivery));

	for (size_t i = 0; i < ARRAY_SIZE(deletions) && r >= 0; i++)
		r = EXECUTE(db, deletions[i], INT(delivery));
	return r;
}

/* A message of thousands of recipients goes in several turns, itself at last. */
static int record_remove(struct turn *turn, int64_t message, unsigned *budget)
{
	int64_t delivery;
	int r;

	while ((r = delivery_first(turn->db, message, &delivery)) > 0) {
		if (*budget == 0) {
			turn->more = true;
			return 0;
		}
		*budget -= 1;
		r = delivery_remove(turn->db, delivery);
		if (r < 0)
			return r;
	}
	if (r >= 0)
		r = EXECUTE(turn->db, "DELETE FROM message_part WHERE message = ?", INT(message));
	if (r >= 0)
		r = EXECUTE(turn->db, "DELETE FROM message WHERE seq = ?", INT(message));
	turn->gone += r >= 0;
	return r;
}

static int records_remove(struct turn *turn, int64_t before_usec)
{
	unsigned budget = DELIVERIES_PER_TURN;
	int64_t message;
	int r;

	while ((r = record_oldest(turn->db, before_usec, &message)) > 0) {
		r = record_remove(turn, message, &budget);
		if (r < 0 || turn->more)
			return r;
	}
	return r;
}

/* ------------------------------------------------------------------ messages in, attention */

static int rows_gone(struct turn *turn, int r)
{
	int64_t rows;

	if (r < 0)
		return r;
	rows = statement_changes(turn->db);
	turn->gone += (unsigned)rows;
	turn->more |= rows >= ROWS_PER_TURN;
	return 0;
}

static int inbound_wipe(struct turn *turn, int64_t before_usec)
{
	return rows_gone(
		turn, EXECUTE(turn->db,
			      "UPDATE inbound SET text = '', raw = NULL, wiped = 1 WHERE seq IN"
			      " (SELECT seq FROM inbound INDEXED BY inbound_text WHERE rest_at > 0"
			      " AND wiped = 0 AND rest_at <= ? ORDER BY rest_at LIMIT ?)",
			      INT(before_usec), INT(ROWS_PER_TURN)));
}

static int inbound_remove(struct turn *turn, int64_t before_usec)
{
	int r = EXECUTE(turn->db,
			"DELETE FROM event WHERE inbound IS NOT NULL AND inbound IN"
			" (SELECT seq FROM inbound WHERE rest_at > 0 AND rest_at <= ?"
			" ORDER BY rest_at, seq LIMIT ?)",
			INT(before_usec), INT(ROWS_PER_TURN));

	if (r < 0)
		return r;
	return rows_gone(
		turn, EXECUTE(turn->db,
			      "DELETE FROM inbound WHERE seq IN (SELECT seq FROM inbound"
			      " WHERE rest_at > 0 AND rest_at <= ? ORDER BY rest_at, seq LIMIT ?)",
			      INT(before_usec), INT(ROWS_PER_TURN)));
}

static int attention_remove(struct turn *turn, int64_t before_usec)
{
	int r = EXECUTE(turn->db,
			"DELETE FROM event WHERE attention > 0 AND attention IN"
			" (SELECT seq FROM attention WHERE done_at > 0 AND done_at <= ?"
			" ORDER BY done_at, seq LIMIT ?)",
			INT(before_usec), INT(ROWS_PER_TURN));

	if (r < 0)
		return r;
	return rows_gone(
		turn, EXECUTE(turn->db,
			      "DELETE FROM attention WHERE seq IN (SELECT seq FROM attention"
			      " WHERE done_at > 0 AND done_at <= ? ORDER BY done_at, seq LIMIT ?)",
			      INT(before_usec), INT(ROWS_PER_TURN)));
}

/* They are no records: that they go is not told. */
static int peers_remove(struct turn *turn, int64_t before_usec)
{
	int r = peer_tick(turn->db, before_usec, ROWS_PER_TURN);

	if (r >= 0)
		turn->more |= statement_changes(turn->db) >= ROWS_PER_TURN;
	return r;
}

int retention_tick(struct database *db, int64_t now_usec, const struct store_tick_policy *policy,
		   int64_t *ret_next_usec)
{
	struct turn turn = { .db = db };
	int64_t texts_usec = now_usec - policy->keep_text_usec;
	int64_t records_usec = now_usec - policy->keep_record_usec;
	int r = 0;

	if (policy->keep_text_usec > 0) {
		r = texts_wipe(&turn, texts_usec);
		if (r >= 0)
			r = inbound_wipe(&turn, texts_usec);
	}
	if (policy->keep_record_usec > 0) {
		if (r >= 0)
			r = records_remove(&turn, records_usec);
		if (r >= 0)
			r = inbound_remove(&turn, records_usec);
		if (r >= 0)
			r = attention_remove(&turn, records_usec);
		if (r >= 0)
			r = peers_remove(&turn, records_usec);
	}
	*ret_next_usec = turn.more ? now_usec : 0;
	return r < 0 ? r : (int)turn.gone;
}
