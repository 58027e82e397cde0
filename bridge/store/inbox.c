/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The inbox: messages that came in, whole or as far as they came.  Each is written with its event,
 * listed from the newest, and marked when somebody has handled it.
 */
#include <errno.h>

#include "bridge/store/internal.h"

#define LIST_MAX 1000
#define LIST_BYTES_MAX (8u << 20) /* a page ends early above it */

const char *inbound_state_name(enum inbound_state state)
{
	static const char *const names[INBOUND_STATE_COUNT] = {
		[INBOUND_RECEIVED] = "received",
		[INBOUND_INCOMPLETE] = "incomplete",
		[INBOUND_UNREADABLE] = "unreadable",
		[INBOUND_OLD] = "old",
	};

	return names[state];
}

static int unreadable_tell(struct database *db, const struct inbound_new *inbound, const char *id)
{
	struct store_attention item = {
		.kind = ATTENTION_UNREADABLE,
		.at_usec = inbound->received_at_usec,
	};

	snprintf(item.inbound, sizeof(item.inbound), "%s", id);
	snprintf(item.modem, sizeof(item.modem), "%s", inbound->modem);
	snprintf(item.reason, sizeof(item.reason),
		 "An SMS of %zu octets came in that could not be read.", inbound->raw_size);
	return attention_open(db, &item, 0);
}

int inbound_insert(struct database *db, const struct inbound_new *inbound)
{
	const struct store_event event = {
		.type = STORE_EVENT_MESSAGE_RECEIVED,
		.at_usec = inbound->received_at_usec,
	};
	bool old = inbound->state == INBOUND_OLD;
	char id[ID_NEW_SIZE];
	int64_t seq;
	int r = id_new(id);

	if (r >= 0)
		r = EXECUTE(db,
			    "INSERT INTO inbound (id, state, sender, sim, modem, recipient, text,"
			    " raw, sent_at, received_at, rest_at, kind, port)"
			    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			    STRING(id), INT(inbound->state), STRING(inbound->from),
			    STRING(inbound->sim), STRING(inbound->modem),
			    STRING(inbound->to ? inbound->to : ""),
			    TEXT(inbound->text, inbound->text_size),
			    BLOB(inbound->raw, inbound->raw_size), INT(inbound->sent_at_usec),
			    INT(inbound->received_at_usec),
			    INT(old ? inbound->received_at_usec : 0), INT(inbound->kind),
			    INT(inbound->port));
	moment_note(db, inbound->received_at_usec);
	/* Nobody is told of what lay on a SIM that the bridge had never seen. */
	if (r < 0 || old)
		return r;
	seq = statement_row(db);
	r = event_write(db, &event, (struct event_link){ .inbound = seq });
	return r < 0 || inbound->state != INBOUND_UNREADABLE ? r : unreadable_tell(db, inbound, id);
}

int inbound_read(struct database *db, struct op *op, int64_t seq, struct store_inbound *inbound)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT id, state, sender, modem, recipient, text, sent_at, received_at,"
		      " handled_at, kind, port FROM inbound WHERE seq = ?",
		      INT(seq));
	const void *text;
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*inbound = (struct store_inbound){ 0 };
	query_copy(&query, 0, inbound->id, sizeof(inbound->id));
	inbound->state = (enum inbound_state)query_int(&query, 1);
	query_copy(&query, 2, inbound->from, sizeof(inbound->from));
	query_copy(&query, 3, inbound->modem, sizeof(inbound->modem));
	query_copy(&query, 4, inbound->to, sizeof(inbound->to));
	text = query_bytes(&query, 5, &inbound->text_size);
	inbound->text = op_copy(op, text ? text : "", inbound->text_size);
	inbound->sent_at_usec = query_int(&query, 6);
	inbound->received_at_usec = query_int(&query, 7);
	inbound->handled_at_usec = query_int(&query, 8);
	inbound->kind = (enum inbound_kind)query_int(&query, 9);
	inbound->port = (int)query_int(&query, 10);
	return inbound->text ? 0 : -ENOMEM;
}

struct inbox_op {
	struct op op;
	struct store_inbox_filter filter;
	const char *id;
	int64_t now_usec;
	store_inbox_done done;
	struct store_inbound *items;
	size_t count;
	int64_t next_cursor;
};

static void inbox_report(const struct op *op)
{
	const struct inbox_op *inbox = (const struct inbox_op *)op;

	if (op->error < 0)
		inbox->done(op->error, NULL, 0, 0, op->userdata);
	else
		inbox->done(0, inbox->items, inbox->count, inbox->next_cursor, op->userdata);
}

static struct query list_query(struct database *db, bool unhandled_only, int64_t before,
			       int64_t limit)
{
	if (unhandled_only)
		return QUERY(db,
			     "SELECT seq FROM inbound WHERE handled_at = 0 AND seq < ?"
			     " ORDER BY seq DESC LIMIT ?",
			     INT(before), INT(limit));
	return QUERY(db, "SELECT seq FROM inbound WHERE seq < ? ORDER BY seq DESC LIMIT ?",
		     INT(before), INT(limit));
}

static int list_run(struct database *db, struct op *op)
{
	struct inbox_op *inbox = (struct inbox_op *)op;
	int64_t before = inbox->filter.before_cursor > 0 ? inbox->filter.before_cursor : INT64_MAX;
	CLEANUP_QUERY struct query query = list_query(db, inbox->filter.unhandled_only, before,
						      (int64_t)inbox->filter.limit + 1);
	size_t capacity = 0, bytes = 0;
	int64_t last = 0;
	int r;

	while ((r = query_step(&query)) > 0) {
		struct store_inbound *items;

		if (inbox->count >= inbox->filter.limit || bytes > LIST_BYTES_MAX) {
			inbox->next_cursor = last;
			return 0;
		}
		items = op_grow(op, inbox->items, inbox->count, &capacity, sizeof(*items));
		if (!items)
			return -ENOMEM;
		inbox->items = items;
		last = query_int(&query, 0);
		r = inbound_read(db, op, last, &items[inbox->count]);
		if (r < 0)
			return r;
		bytes += items[inbox->count++].text_size;
	}
	return r;
}

static int inbound_find(struct database *db, const char *id, int64_t *ret_seq)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT seq FROM inbound WHERE id = ?", STRING(id));
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_seq = query_int(&query, 0);
	return 0;
}

static int item_run(struct database *db, struct op *op)
{
	struct inbox_op *inbox = (struct inbox_op *)op;
	int64_t seq;
	int r = inbound_find(db, inbox->id, &seq);

	/* The first who handled it is remembered. */
	if (r >= 0 && inbox->now_usec > 0) {
		r = EXECUTE(db,
			    "UPDATE inbound SET handled_at = ?1, rest_at = ?1 WHERE seq = ?2"
			    " AND handled_at = 0",
			    INT(inbox->now_usec), INT(seq));
		if (r >= 0)
			r = attention_inbound_handled(db, inbox->id, inbox->now_usec);
	}
	if (r < 0)
		return r;
	inbox->items = op_alloc(op, sizeof(*inbox->items));
	if (!inbox->items)
		return -ENOMEM;
	inbox->count = 1;
	return inbound_read(db, op, seq, inbox->items);
}

static struct inbox_op *inbox_new(int (*run)(struct database *db, struct op *op),
				  store_inbox_done done, void *userdata)
{
	struct inbox_op *inbox = op_new(sizeof(*inbox), run, inbox_report, userdata);

	if (inbox)
		inbox->done = done;
	return inbox;
}

int store_inbox_list(struct store *store, const struct store_inbox_filter *filter,
		     store_inbox_done done, void *userdata)
{
	struct inbox_op *inbox = inbox_new(list_run, done, userdata);

	if (!inbox)
		return -ENOMEM;
	inbox->filter = *filter;
	if (inbox->filter.limit == 0 || inbox->filter.limit > LIST_MAX)
		inbox->filter.limit = LIST_MAX;
	return op_post(store, &inbox->op);
}

int store_inbox_get(struct store *store, const char *id, store_inbox_done done, void *userdata)
{
	return store_inbox_handled(store, id, 0, done, userdata);
}

int store_inbox_handled(struct store *store, const char *id, int64_t now_usec,
			store_inbox_done done, void *userdata)
{
	struct inbox_op *inbox = inbox_new(item_run, done, userdata);

	if (!inbox)
		return -ENOMEM;
	inbox->id = op_string(&inbox->op, id);
	inbox->now_usec = now_usec;
	return op_post(store, &inbox->op);
}
