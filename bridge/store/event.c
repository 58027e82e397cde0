/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Events: written in the transaction that makes them true, told to the listener after its commit,
 * kept for seven days so that a reader may resume.
 */
#include <errno.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

#define EVENTS_KEPT_USEC (7 * USEC_PER_DAY)
#define TICK_ROWS 500
#define EVENTS_LIMIT 1000

const char *store_event_type_name(enum store_event_type type)
{
	static const char *const names[STORE_EVENT_TYPE_COUNT] = {
		[STORE_EVENT_MESSAGE_RECEIVED] = "message.received",
		[STORE_EVENT_MESSAGE_STATE] = "message.state",
		[STORE_EVENT_MODEM_STATE] = "modem.state",
	};

	return names[type];
}

static int event_keep(struct database *db, const struct store_event *event, int64_t id,
		      int64_t inbound_seq)
{
	struct op *op = db->op;
	struct store_event *kept;

	kept = op_grow(op, op->events, op->event_count, &op->event_capacity, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	op->events = kept;
	kept += op->event_count;
	*kept = *event;
	kept->id = id;
	if (inbound_seq > 0) {
		struct store_inbound *inbound = op_alloc(op, sizeof(*inbound));
		int r = inbound ? inbound_read(db, op, inbound_seq, inbound) : -ENOMEM;

		if (r < 0)
			return r;
		kept->inbound = inbound;
	}
	op->event_count++;
	return 0;
}

int event_write(struct database *db, const struct store_event *event, int64_t inbound_seq)
{
	int r;

	moment_note(db, event->at_usec);
	r = EXECUTE(db,
		    "INSERT INTO event (type, at, inbound, message, delivery, recipient, number,"
		    " from_state, to_state, modem, reason, error, modem_from, modem_to)"
		    " VALUES (?, ?, nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		    INT(event->type), INT(event->at_usec), INT(inbound_seq), STRING(event->message),
		    STRING(event->delivery), STRING(event->to), STRING(event->number),
		    INT(event->from_state), INT(event->to_state), STRING(event->modem),
		    STRING(event->reason), STRING(event->error), STRING(event->modem_from),
		    STRING(event->modem_to));
	if (r < 0)
		return r;
	return event_keep(db, event, statement_row(db), inbound_seq);
}

/* ------------------------------------------------------------------ reading */

struct events_op {
	struct op op;
	int64_t after;
	unsigned limit;
	store_events_done done;
	struct store_event *events;
	size_t count, capacity;
};

static void event_column(const struct query *query, struct store_event *event)
{
	event->id = query_int(query, 0);
	event->type = (enum store_event_type)query_int(query, 1);
	event->at_usec = query_int(query, 2);
	query_copy(query, 4, event->message, sizeof(event->message));
	query_copy(query, 5, event->delivery, sizeof(event->delivery));
	query_copy(query, 6, event->to, sizeof(event->to));
	query_copy(query, 7, event->number, sizeof(event->number));
	event->from_state = (enum delivery_state)query_int(query, 8);
	event->to_state = (enum delivery_state)query_int(query, 9);
	query_copy(query, 10, event->modem, sizeof(event->modem));
	query_copy(query, 11, event->reason, sizeof(event->reason));
	query_copy(query, 12, event->error, sizeof(event->error));
	query_copy(query, 13, event->modem_from, sizeof(event->modem_from));
	query_copy(query, 14, event->modem_to, sizeof(event->modem_to));
}

static int events_run(struct database *db, struct op *op)
{
	struct events_op *list = (struct events_op *)op;
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT id, type, at, inbound, message, delivery, recipient, number,"
		      " from_state, to_state, modem, reason, error, modem_from, modem_to"
		      " FROM event WHERE id > ? ORDER BY id LIMIT ?",
		      INT(list->after), INT(list->limit));
	int r;

	while ((r = query_step(&query)) > 0) {
		struct store_event *events =
			op_grow(op, list->events, list->count, &list->capacity, sizeof(*events));
		struct store_inbound *inbound;

		if (!events)
			return -ENOMEM;
		list->events = events;
		events[list->count] = (struct store_event){ 0 };
		event_column(&query, &events[list->count]);
		if (query_int(&query, 3) > 0) {
			inbound = op_alloc(op, sizeof(*inbound));
			r = inbound ? inbound_read(db, op, query_int(&query, 3), inbound) : -ENOMEM;
			if (r < 0)
				return r;
			events[list->count].inbound = inbound;
		}
		list->count++;
	}
	return r;
}

static void events_report(const struct op *op)
{
	const struct events_op *list = (const struct events_op *)op;

	if (op->error < 0)
		list->done(op->error, NULL, 0, op->userdata);
	else
		list->done(0, list->events, list->count, op->userdata);
}

int store_events_after(struct store *store, int64_t after, unsigned limit, store_events_done done,
		       void *userdata)
{
	struct events_op *list = op_new(sizeof(*list), events_run, events_report, userdata);

	if (!list)
		return -ENOMEM;
	list->after = after;
	list->limit = limit == 0 || limit > EVENTS_LIMIT ? EVENTS_LIMIT : limit;
	list->done = done;
	return op_post(store, &list->op);
}

/* ------------------------------------------------------------------ modems */

struct modem_op {
	struct op op;
	struct store_event event;
};

static int modem_run(struct database *db, struct op *op)
{
	return event_write(db, &((struct modem_op *)op)->event, 0);
}

int store_modem_changed(struct store *store, const char *modem, const char *from, const char *to,
			const char *reason, int64_t now_usec)
{
	struct modem_op *change = op_new(sizeof(*change), modem_run, NULL, NULL);
	struct store_event *event;

	if (!change)
		return -ENOMEM;
	event = &change->event;
	event->type = STORE_EVENT_MODEM_STATE;
	event->at_usec = now_usec;
	snprintf(event->modem, sizeof(event->modem), "%s", modem);
	snprintf(event->modem_from, sizeof(event->modem_from), "%s", from);
	snprintf(event->modem_to, sizeof(event->modem_to), "%s", to);
	snprintf(event->reason, sizeof(event->reason), "%s", reason ? reason : "");
	return op_post(store, &change->op);
}

/* ------------------------------------------------------------------ time */

int event_tick(struct database *db, int64_t now_usec, int64_t *ret_next_usec)
{
	int64_t last = 0, next = 0;
	int r;

	{
		CLEANUP_QUERY struct query query =
			QUERY(db, "SELECT id, at FROM event ORDER BY id LIMIT ?", INT(TICK_ROWS));

		while ((r = query_step(&query)) > 0) {
			next = query_int(&query, 1) + EVENTS_KEPT_USEC;
			if (next > now_usec)
				break;
			last = query_int(&query, 0);
		}
	}
	if (r < 0)
		return r;
	*ret_next_usec = next;
	return last == 0 ? 0 : EXECUTE(db, "DELETE FROM event WHERE id <= ?", INT(last));
}
