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
		[STORE_EVENT_ATTENTION] = "attention",
	};

	return names[type];
}

/* What it speaks of, into the operation's arena. */
static int event_follow_link(struct database *db, struct op *op, struct event_link link,
			     struct store_event *event)
{
	struct store_inbound *inbound;
	struct store_attention *attention;
	int r = 0;

	if (link.inbound > 0) {
		inbound = op_alloc(op, sizeof(*inbound));
		r = inbound ? inbound_read(db, op, link.inbound, inbound) : -ENOMEM;
		event->inbound = r < 0 ? NULL : inbound;
	}
	if (r >= 0 && link.attention > 0) {
		attention = op_alloc(op, sizeof(*attention));
		r = attention ? attention_read(db, link.attention, attention) : -ENOMEM;
		event->attention = r < 0 ? NULL : attention;
	}
	return r;
}

static int event_keep(struct database *db, const struct store_event *event, int64_t id,
		      struct event_link link)
{
	struct op *op = db->op;
	struct store_event *kept;
	int r;

	kept = op_grow(op, op->events, op->event_count, &op->event_capacity, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	op->events = kept;
	kept += op->event_count;
	*kept = *event;
	kept->id = id;
	r = event_follow_link(db, op, link, kept);
	if (r >= 0)
		op->event_count++;
	return r;
}

int event_write(struct database *db, const struct store_event *event, struct event_link link)
{
	int r;

	moment_note(db, event->at_usec);
	r = EXECUTE(
		db,
		"INSERT INTO event (type, at, inbound, message, delivery, recipient, number,"
		" from_state, to_state, final, modem, reason, error, modem_from, modem_to,"
		" attention) VALUES (?, ?, nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		INT(event->type), INT(event->at_usec), INT(link.inbound), STRING(event->message),
		STRING(event->delivery), STRING(event->to), STRING(event->number),
		INT(event->from_state), INT(event->to_state), INT(event->final),
		STRING(event->modem), STRING(event->reason), STRING(event->error),
		STRING(event->modem_from), STRING(event->modem_to), INT(link.attention));
	if (r < 0)
		return r;
	return event_keep(db, event, statement_row(db), link);
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
	event->final = query_bool(query, 15);
}

static int events_run(struct database *db, struct op *op)
{
	struct events_op *list = (struct events_op *)op;
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT id, type, at, inbound, message, delivery, recipient, number,"
		      " from_state, to_state, modem, reason, error, modem_from, modem_to, final,"
		      " attention FROM event WHERE id > ? ORDER BY id LIMIT ?",
		      INT(list->after), INT(list->limit));
	int r;

	while ((r = query_step(&query)) > 0) {
		struct store_event *events =
			op_grow(op, list->events, list->count, &list->capacity, sizeof(*events));
		struct event_link link;

		if (!events)
			return -ENOMEM;
		list->events = events;
		events[list->count] = (struct store_event){ 0 };
		event_column(&query, &events[list->count]);
		link = (struct event_link){ .inbound = query_int(&query, 3),
					    .attention = query_int(&query, 16) };
		r = event_follow_link(db, op, link, &events[list->count]);
		if (r < 0)
			return r;
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
	const struct store_event *event = &((struct modem_op *)op)->event;

	sims_modem_changed(db, event->modem, event->modem_to, event->at_usec);
	return event_write(db, event, (struct event_link){ 0 });
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
