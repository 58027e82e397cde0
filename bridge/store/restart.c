/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Parts that go again: unknown ones by policy or by the operator's word, ended ones when somebody
 * wants it, and all of a delivery whose SIM is gone.  What is sent a second time is marked, and a
 * message of one part says so to its reader.
 */
#include <errno.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

#define PREFIX "(again) "
#define PARTS_MAX 255
#define MOVE_AGAIN_USEC (10 * USEC_PER_MINUTE)

static void split_cleanup(struct text_split **split)
{
	text_split_free(*split);
}

/* ------------------------------------------------------------------ how long it may go */

struct terms {
	int64_t scheduled_usec, valid_usec;
	bool was_over;
};

/* As long as the message was first meant to be valid, from the moment on that it may go. */
static int terms_renew(struct database *db, int64_t delivery, int64_t now_usec, bool only_over,
		       struct terms *terms)
{
	int64_t life_usec, begin_usec;
	int r;

	{
		CLEANUP_QUERY struct query query =
			QUERY(db,
			      "SELECT m.scheduled_at, m.life, d.valid_until FROM delivery d"
			      " JOIN message m ON m.seq = d.message WHERE d.seq = ?",
			      INT(delivery));

		r = query_step(&query);
		if (r <= 0)
			return r < 0 ? r : -ENOENT;
		terms->scheduled_usec = query_int(&query, 0);
		life_usec = query_int(&query, 1);
		terms->valid_usec = query_int(&query, 2);
	}
	terms->was_over = terms->valid_usec != 0 && terms->valid_usec <= now_usec;
	if (only_over && !terms->was_over)
		return 0;
	begin_usec = terms->scheduled_usec > now_usec ? terms->scheduled_usec : now_usec;
	if (terms->valid_usec != 0 && terms->valid_usec < begin_usec + life_usec)
		terms->valid_usec = begin_usec + life_usec;
	r = EXECUTE(db,
		    "UPDATE delivery SET valid_until = ?1, tries_from ="
		    " (SELECT ifnull(max(a.seq), 0) FROM attempt a WHERE a.delivery = ?2)"
		    " WHERE seq = ?2",
		    INT(terms->valid_usec), INT(delivery));
	if (r < 0 || terms->valid_usec == 0)
		return r;
	return EXECUTE(db,
		       "UPDATE message SET valid_until = max(valid_until, ?) WHERE seq ="
		       " (SELECT message FROM delivery WHERE seq = ?)",
		       INT(terms->valid_usec), INT(delivery));
}

/* ------------------------------------------------------------------ what is unknown */

struct prefixed {
	char text[sizeof(PREFIX) + TPDU_TEXT_SIZE];
	size_t size;
};

/* 1 and the text with its prefix, one however often it goes out; 0 for one of several parts. */
static int prefix_text(struct database *db, int64_t delivery, struct prefixed *prefixed)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT t.text FROM delivery d JOIN message_part t ON t.message = d.message"
		      " AND t.number = 1 WHERE d.seq = ? AND d.parts = 1",
		      INT(delivery));
	const void *text;
	size_t size;
	int r = query_step(&query);

	if (r <= 0)
		return r;
	text = query_bytes(&query, 0, &size);
	if (!text || size >= TPDU_TEXT_SIZE)
		return -EUCLEAN;
	memcpy(prefixed->text, PREFIX, strlen(PREFIX));
	memcpy(prefixed->text + strlen(PREFIX), text, size);
	prefixed->size = strlen(PREFIX) + size;
	return 1;
}

static int prefix_write(struct database *db, int64_t delivery, const struct text_split *split,
			int64_t now_usec)
{
	int r = EXECUTE(db,
			"UPDATE delivery SET parts = ?, alphabet = ?, concat_reference = -1"
			" WHERE seq = ?",
			INT((int64_t)split->count), INT(split->alphabet), INT(delivery));

	for (size_t i = 0; i < split->count && r >= 0; i++) {
		const char *text = split->text + split->parts[i].offset;

		r = EXECUTE(db,
			    "INSERT INTO part (delivery, number, state, due_at, tail, text)"
			    " SELECT delivery, ?, " SQL_PENDING ", ?, tail, ? FROM part"
			    " WHERE delivery = ? AND number = 1"
			    " ON CONFLICT DO UPDATE SET text = excluded.text",
			    INT((int64_t)i + 1), INT(now_usec), TEXT(text, split->parts[i].size),
			    INT(delivery));
	}
	return r;
}

static int prefix_add(struct database *db, int64_t delivery, int64_t now_usec)
{
	CLEANUP(split_cleanup) struct text_split *split = NULL;
	struct prefixed prefixed;
	int r = prefix_text(db, delivery, &prefixed);

	if (r <= 0)
		return r;
	r = text_split(prefixed.text, prefixed.size, PARTS_MAX, &split);
	return r < 0 ? r : prefix_write(db, delivery, split, now_usec);
}

int delivery_resend(struct database *db, int64_t delivery, int64_t now_usec, const char *reason)
{
	const struct part_change change = {
		.delivery = delivery,
		.event = PART_RESEND,
		.at_usec = now_usec,
		.reason = reason,
		.reference = -1,
	};
	struct terms terms;
	int r = parts_move(db, &change, STATE_BIT(DELIVERY_UNKNOWN));

	if (r <= 0)
		return r;
	/* Only by the operator's word: policy sends nothing whose validity is over. */
	r = terms_renew(db, delivery, now_usec, true, &terms);
	if (r >= 0)
		r = prefix_add(db, delivery, now_usec);
	if (r >= 0)
		r = EXECUTE(db, "UPDATE delivery SET may_be_duplicate = 1 WHERE seq = ?",
			    INT(delivery));
	if (r >= 0)
		r = delivery_follow(db, &change);
	return r < 0 ? r : 1;
}

/* ------------------------------------------------------------------ what had ended */

/* With nothing of it out, it may go through any SIM. */
static int delivery_unbind(struct database *db, int64_t delivery)
{
	return EXECUTE(db,
		       "UPDATE delivery SET sim = '', concat_reference = -1 WHERE seq = ?1"
		       " AND NOT EXISTS (SELECT 1 FROM part WHERE delivery = ?1 AND state IN"
		       " (" SQL_UNKNOWN ", " SQL_SENT ", " SQL_DELIVERED "))",
		       INT(delivery));
}

int delivery_retry(struct database *db, int64_t delivery, int64_t now_usec)
{
	static const char reason[] = "The operator wants it tried again.";
	struct part_change change = {
		.delivery = delivery,
		.event = PART_RETRY,
		.at_usec = now_usec,
		.due_usec = now_usec,
		.reason = reason,
		.reference = -1,
	};
	struct terms terms;
	int r = terms_renew(db, delivery, now_usec, false, &terms);

	if (r >= 0)
		r = parts_move(db, &change,
			       STATE_BIT(DELIVERY_FAILED) | STATE_BIT(DELIVERY_EXPIRED) |
				       STATE_BIT(DELIVERY_CANCELLED));
	if (r <= 0)
		return r;
	if (terms.was_over) {
		/* A phone has long forgotten what nobody confirmed. */
		change.event = PART_RESEND;
		r = parts_move(db, &change, STATE_BIT(DELIVERY_SENT) | STATE_BIT(DELIVERY_UNKNOWN));
	}
	if (r >= 0)
		r = delivery_unbind(db, delivery);
	if (r >= 0)
		r = delivery_follow(db, &change);
	if (r >= 0 && terms.scheduled_usec > now_usec)
		r = EXECUTE(db,
			    "UPDATE delivery SET waiting = 0, release_at = ?, due_at = ?"
			    " WHERE seq = ?",
			    INT(terms.scheduled_usec), INT(terms.scheduled_usec), INT(delivery));
	return r < 0 ? r : 1;
}

/* ------------------------------------------------------------------ a SIM that is gone */

/* 1 when an unknown part of it is the operator's to decide. */
static int delivery_asks_first(struct database *db, int64_t delivery)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT 1 FROM delivery d JOIN message m ON m.seq = d.message"
		      " JOIN part p ON p.delivery = d.seq WHERE d.seq = ?"
		      " AND m.hold_on_unknown = 1 AND p.state = " SQL_UNKNOWN " LIMIT 1",
		      INT(delivery));

	return query_step(&query);
}

int delivery_move(struct database *db, int64_t delivery, int64_t now_usec)
{
	const struct part_change change = {
		.delivery = delivery,
		.event = PART_RESEND,
		.at_usec = now_usec,
		.reason = "Its SIM is gone: all of its parts start again through another one.",
		.reference = -1,
	};
	int r = delivery_asks_first(db, delivery);
	int moved;

	if (r < 0)
		return r;
	if (r > 0)
		return EXECUTE(db, "UPDATE delivery SET due_at = ? WHERE seq = ?",
			       INT(now_usec + MOVE_AGAIN_USEC), INT(delivery));
	moved = parts_move(db, &change,
			   STATE_BIT(DELIVERY_UNKNOWN) | STATE_BIT(DELIVERY_SENT) |
				   STATE_BIT(DELIVERY_DELIVERED));
	if (moved < 0)
		return moved;
	r = EXECUTE(db,
		    "UPDATE delivery SET sim = '', concat_reference = -1,"
		    " may_be_duplicate = max(may_be_duplicate, ?) WHERE seq = ?",
		    INT(moved > 0), INT(delivery));
	if (r >= 0 && moved > 0)
		r = delivery_follow(db, &change);
	return r < 0 ? r : 1;
}
