/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The one door into a state: a part enters it by the table of state.h, its delivery follows, and
 * the event is written beside them.  It refuses nothing but what the table refuses.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

static_assert(NO_REPORT_AFTER_USEC == USEC_PER_HOUR, "an hour");

#define PARTS_MAX 255

struct part_row {
	enum delivery_state state;
	int64_t due_usec, attempt, begun_usec, unknown_usec;
	char sim[STORE_NAME_SIZE];
	int reference;
	bool doubtful;
};

struct delivery_row {
	struct store_event event; /* who it is; filled for the event it may become */
	enum delivery_state state;
	bool final;
	int64_t message, valid_until_usec;
};

static int part_load(struct database *db, int64_t delivery, unsigned part, struct part_row *row)
{
	CLEANUP_QUERY struct query query = QUERY(
		db,
		"SELECT state, due_at, attempt, begun_at, sim, reference, doubtful, unknown_at"
		" FROM part WHERE delivery = ? AND number = ?",
		INT(delivery), INT(part));
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	row->state = (enum delivery_state)query_int(&query, 0);
	row->due_usec = query_int(&query, 1);
	row->attempt = query_int(&query, 2);
	row->begun_usec = query_int(&query, 3);
	query_copy(&query, 4, row->sim, sizeof(row->sim));
	row->reference = (int)query_int(&query, 5);
	row->doubtful = query_bool(&query, 6);
	row->unknown_usec = query_int(&query, 7);
	return 0;
}

static int part_save(struct database *db, int64_t delivery, unsigned part,
		     const struct part_row *row)
{
	return EXECUTE(
		db,
		"UPDATE part SET state = ?, due_at = ?, attempt = ?, begun_at = ?, sim = ?,"
		" reference = ?, doubtful = ?, unknown_at = ? WHERE delivery = ? AND number = ?",
		INT(row->state), INT(row->due_usec), INT(row->attempt), INT(row->begun_usec),
		STRING(row->sim), INT(row->reference), INT(row->doubtful), INT(row->unknown_usec),
		INT(delivery), INT(part));
}

/* What an event leaves in the row besides the state. */
static void part_apply(struct part_row *row, const struct part_change *change)
{
	switch (change->event) {
	case PART_BEGUN:
		row->attempt = change->attempt;
		row->begun_usec = change->at_usec;
		snprintf(row->sim, sizeof(row->sim), "%s", change->sim);
		row->reference = -1;
		break;
	case PART_REFUSED:
		row->doubtful |= change->doubtful;
		row->due_usec = change->due_usec;
		break;
	case PART_NOT_SENT:
	case PART_RETRY:
		row->due_usec = change->due_usec;
		break;
	case PART_RESEND:
		row->doubtful = true;
		row->due_usec = change->at_usec;
		break;
	case PART_LOST_SIGHT:
		row->unknown_usec = change->at_usec > 0 ? change->at_usec : 1;
		break;
	case PART_ACCEPTED:
	case PART_REPORTED_DELIVERED:
	case PART_REPORTED_TRYING:
	case PART_REPORTED_FAILED:
	case PART_REPORTED_EXPIRED:
		if (change->reference >= 0)
			row->reference = change->reference;
		break;
	case PART_REFUSED_FOR_GOOD:
	case PART_TIME_OUT:
	case PART_CANCEL:
	case PART_EVENT_COUNT:
		break;
	}
	if (row->state != DELIVERY_UNKNOWN)
		row->unknown_usec = 0;
}

/* 1 and the new state, 0 when the event means nothing. */
static int part_move(struct database *db, const struct part_change *change,
		     enum delivery_state *ret_state)
{
	struct part_row row;
	int r;

	r = part_load(db, change->delivery, change->part, &row);
	if (r < 0)
		return r;
	if (!part_next(row.state, change->event, &row.state))
		return 0;
	part_apply(&row, change);
	r = part_save(db, change->delivery, change->part, &row);
	if (r < 0)
		return r;
	*ret_state = row.state;
	return 1;
}

static int parts_find(struct database *db, int64_t delivery, unsigned states,
		      unsigned parts[PARTS_MAX])
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT number, state FROM part WHERE delivery = ? ORDER BY number",
		      INT(delivery));
	int count = 0, r;

	while ((r = query_step(&query)) > 0 && count < PARTS_MAX)
		if (states & STATE_BIT((unsigned)query_int(&query, 1)))
			parts[count++] = (unsigned)query_int(&query, 0);
	return r < 0 ? r : count;
}

int parts_move(struct database *db, const struct part_change *change, unsigned states)
{
	unsigned parts[PARTS_MAX];
	int count = parts_find(db, change->delivery, states, parts);
	int moved = 0;

	for (int i = 0; i < count; i++) {
		struct part_change one = *change;
		enum delivery_state state;
		int r;

		one.part = parts[i];
		r = part_move(db, &one, &state);
		if (r < 0)
			return r;
		moved += r;
	}
	return count < 0 ? count : moved;
}

static int waiting_move(struct database *db, const struct part_change *change)
{
	return parts_move(db, change, STATE_BIT(DELIVERY_PENDING));
}

/* ------------------------------------------------------------------ the delivery */

static int delivery_load(struct database *db, int64_t delivery, struct delivery_row *row)
{
	CLEANUP_QUERY struct query query = QUERY(
		db,
		"SELECT d.id, m.id, d.recipient, d.number, d.modem, d.state, d.final,"
		" d.valid_until, d.message FROM delivery d JOIN message m ON m.seq = d.message"
		" WHERE d.seq = ?",
		INT(delivery));
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*row = (struct delivery_row){ 0 };
	query_copy(&query, 0, row->event.delivery, sizeof(row->event.delivery));
	query_copy(&query, 1, row->event.message, sizeof(row->event.message));
	query_copy(&query, 2, row->event.to, sizeof(row->event.to));
	query_copy(&query, 3, row->event.number, sizeof(row->event.number));
	query_copy(&query, 4, row->event.modem, sizeof(row->event.modem));
	row->state = (enum delivery_state)query_int(&query, 5);
	row->final = query_bool(&query, 6);
	row->valid_until_usec = query_int(&query, 7);
	row->message = query_int(&query, 8);
	return 0;
}

struct parts_summary {
	enum delivery_state state;
	unsigned sent, delivered, waiting, sending, unknown;
	int64_t due_usec; /* of the first that waits */
};

static int parts_sum_up(struct database *db, int64_t delivery, struct parts_summary *summary)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT state, due_at FROM part WHERE delivery = ? ORDER BY number",
		      INT(delivery));
	enum delivery_state states[PARTS_MAX];
	size_t count = 0;
	int r;

	*summary = (struct parts_summary){ 0 };
	while ((r = query_step(&query)) > 0 && count < PARTS_MAX) {
		enum delivery_state state = (enum delivery_state)query_int(&query, 0);

		if (state == DELIVERY_PENDING && summary->waiting++ == 0)
			summary->due_usec = query_int(&query, 1);
		summary->sending += state == DELIVERY_SENDING;
		summary->delivered += state == DELIVERY_DELIVERED || state == DELIVERY_READ;
		summary->sent += state == DELIVERY_SENT;
		summary->unknown += state == DELIVERY_UNKNOWN;
		states[count++] = state;
	}
	if (r < 0 || count == 0)
		return r < 0 ? r : -ENOENT;
	summary->sent += summary->delivered;
	summary->state = delivery_state_of_parts(states, count);
	return 0;
}

/* When time alone decides something about it; 0 never. */
static int64_t settle_moment(const struct delivery_row *row, const struct parts_summary *parts)
{
	if (row->valid_until_usec == 0 || row->final || parts->sending > 0)
		return 0;
	return parts->waiting > 0 ? row->valid_until_usec
				  : row->valid_until_usec + NO_REPORT_AFTER_USEC;
}

/* Since when all of a message is over; again 0 when some of it goes on. */
static int message_follow(struct database *db, const struct delivery_row *row, bool was_final,
			  int64_t at_usec)
{
	if (row->final)
		return EXECUTE(db,
			       "UPDATE message SET final_at = ? WHERE seq = ? AND NOT EXISTS"
			       " (SELECT 1 FROM delivery d WHERE d.message = message.seq"
			       " AND d.final = 0)",
			       INT(at_usec > 0 ? at_usec : 1), INT(row->message));
	if (was_final)
		return EXECUTE(db, "UPDATE message SET final_at = 0 WHERE seq = ?",
			       INT(row->message));
	return 0;
}

static int delivery_tell(struct database *db, const struct part_change *change,
			 struct delivery_row *row, const struct parts_summary *parts)
{
	struct store_event *event = &row->event;
	int r;

	event->type = STORE_EVENT_MESSAGE_STATE;
	event->at_usec = change->at_usec;
	event->from_state = row->state;
	event->to_state = parts->state;
	event->final = row->final;
	if (change->reason)
		snprintf(event->reason, sizeof(event->reason), "%s", change->reason);
	if (change->error)
		snprintf(event->error, sizeof(event->error), "%s", change->error);
	r = attention_follow(db, change->delivery, event, parts->unknown > 0);
	if (r < 0 || event->from_state == event->to_state)
		return r;
	return event_write(db, event, (struct event_link){ 0 });
}

int delivery_follow(struct database *db, const struct part_change *change)
{
	struct delivery_row row;
	struct parts_summary parts;
	const char *reason = change->reason;
	bool was_final;
	int r;

	r = delivery_load(db, change->delivery, &row);
	if (r >= 0)
		r = parts_sum_up(db, change->delivery, &parts);
	if (r < 0)
		return r;

	/* Why it ended stays, whatever its other parts do later. */
	if (delivery_state_final(row.state) && parts.state == row.state)
		reason = NULL;
	was_final = row.final;
	row.final = delivery_state_final(parts.state) ||
		    (was_final && parts.waiting == 0 && parts.sending == 0);
	r = EXECUTE(db,
		    "UPDATE delivery SET state = ?, final = ?, reason = ifnull(?, reason),"
		    " parts_sent = ?, parts_delivered = ?, waiting = ?, due_at = ?, settle_at = ?,"
		    " release_at = 0, pending = ?,"
		    " prefix = iif(?, " SQL_CLASS ", prefix) WHERE seq = ?",
		    INT(parts.state), INT(row.final), STRING(reason), INT(parts.sent),
		    INT(parts.delivered), INT(parts.waiting > 0 && parts.sending == 0),
		    INT(parts.due_usec), INT(settle_moment(&row, &parts)), INT(parts.waiting),
		    INT(was_final && !row.final), INT(change->delivery));
	if (r >= 0)
		r = message_follow(db, &row, was_final, change->at_usec);
	return r < 0 ? r : delivery_tell(db, change, &row, &parts);
}

static int delivery_is_lost(struct database *db, int64_t delivery)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT 1 FROM part WHERE delivery = ? AND state IN (" SQL_FAILED
		      ", " SQL_EXPIRED ") LIMIT 1",
		      INT(delivery));

	return query_step(&query);
}

int delivery_give_up(struct database *db, const struct part_change *change)
{
	int r = delivery_is_lost(db, change->delivery);
	struct part_change cancel = *change;

	if (r <= 0)
		return r;
	cancel.event = PART_CANCEL;
	return waiting_move(db, &cancel);
}

int part_enter(struct database *db, const struct part_change *change)
{
	enum delivery_state state;
	int r;

	r = part_move(db, change, &state);
	if (r <= 0)
		return r;
	/* What can't arrive whole is not paid for: the parts that wait are not sent, and one that
	 * comes back to the queue finds that it is too late. */
	if (state == DELIVERY_FAILED || state == DELIVERY_EXPIRED || state == DELIVERY_PENDING)
		r = delivery_give_up(db, change);
	if (r >= 0)
		r = delivery_follow(db, change);
	return r < 0 ? r : 1;
}

int delivery_enter(struct database *db, int64_t delivery, enum part_event event, int64_t at_usec,
		   const char *reason)
{
	struct part_change change = {
		.delivery = delivery,
		.event = event,
		.at_usec = at_usec,
		.reason = reason,
		.reference = -1,
	};
	int r = waiting_move(db, &change);

	return r < 0 ? r : delivery_follow(db, &change);
}

int delivery_hold(struct database *db, int64_t delivery, int64_t at_usec, const char *reason)
{
	struct delivery_row row;
	int r = delivery_load(db, delivery, &row);

	if (r >= 0)
		r = EXECUTE(db, "UPDATE delivery SET reason = ? WHERE seq = ?", STRING(reason),
			    INT(delivery));
	if (r < 0)
		return r;
	row.event.at_usec = at_usec;
	snprintf(row.event.reason, sizeof(row.event.reason), "%s", reason);
	return attention_delivery(db, delivery, &row.event, ATTENTION_HELD);
}

static int lost_parts_expire(struct database *db, int64_t delivery, int64_t at_usec)
{
	struct part_change change = {
		.delivery = delivery,
		.event = PART_TIME_OUT,
		.at_usec = at_usec,
		.reason = "Its validity was over before all of its parts could be sent.",
		.reference = -1,
	};
	enum delivery_state state;

	for (change.part = 1; change.part <= PARTS_MAX; change.part++) {
		int r = part_move(db, &change, &state);

		if (r == -ENOENT)
			break;
		if (r < 0)
			return r;
	}
	return delivery_follow(db, &change);
}

static int delivery_end_unreported(struct database *db, int64_t delivery, int64_t at_usec)
{
	static const char reason[] =
		"NoReport: the network never reported on it, and no copy can still arrive.";
	struct delivery_row row;
	int r = delivery_load(db, delivery, &row);

	if (r >= 0)
		r = EXECUTE(db,
			    "UPDATE delivery SET final = 1, settle_at = 0, reason = ?"
			    " WHERE seq = ?",
			    STRING(reason), INT(delivery));
	/* Nothing goes out again after its validity. */
	if (r >= 0)
		r = EXECUTE(db, "UPDATE part SET unknown_at = 0 WHERE delivery = ?", INT(delivery));
	row.final = true;
	if (r >= 0)
		r = message_follow(db, &row, false, at_usec);
	if (r < 0)
		return r;
	row.event.type = STORE_EVENT_MESSAGE_STATE;
	row.event.at_usec = at_usec;
	row.event.from_state = row.event.to_state = row.state;
	row.event.final = true;
	memcpy(row.event.reason, reason, sizeof(reason));
	return event_write(db, &row.event, (struct event_link){ 0 });
}

int delivery_close_unreported(struct database *db, int64_t delivery, int64_t at_usec)
{
	int r = delivery_is_lost(db, delivery);

	if (r < 0)
		return r;
	if (r > 0)
		return lost_parts_expire(db, delivery, at_usec);
	return delivery_end_unreported(db, delivery, at_usec);
}
