/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What needs a human: items are opened in the transaction that makes their reason true, ended by a
 * person or by what takes the reason away, and told as events both times.  It decides nothing about
 * deliveries.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "bridge/store/internal.h"

#define LIST_MAX 1000

/* As a literal, for a partial index wants one. */
#define SQL_OF_MODEMS "4"
static_assert(ATTENTION_MODEM_DOWN == 4, "the number is in the index attention_modem");

const char *attention_kind_name(enum attention_kind kind)
{
	static const char *const names[ATTENTION_KIND_COUNT] = {
		[ATTENTION_FAILED] = "delivery.failed",
		[ATTENTION_EXPIRED] = "delivery.expired",
		[ATTENTION_HELD] = "delivery.held",
		[ATTENTION_UNREADABLE] = "message.unreadable",
		[ATTENTION_MODEM_DOWN] = "modem.down",
		[ATTENTION_MODEM_BALANCE] = "modem.balance",
		[ATTENTION_MODEM_BARRED] = "modem.barred",
	};

	return names[kind];
}

int attention_read(struct database *db, int64_t seq, struct store_attention *item)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT id, kind, at, done_at, message_id, delivery_id, number, inbound_id,"
		      " modem, reason FROM attention WHERE seq = ?",
		      INT(seq));
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*item = (struct store_attention){ 0 };
	query_copy(&query, 0, item->id, sizeof(item->id));
	item->kind = (enum attention_kind)query_int(&query, 1);
	item->at_usec = query_int(&query, 2);
	item->done_at_usec = query_int(&query, 3);
	query_copy(&query, 4, item->message, sizeof(item->message));
	query_copy(&query, 5, item->delivery, sizeof(item->delivery));
	query_copy(&query, 6, item->number, sizeof(item->number));
	query_copy(&query, 7, item->inbound, sizeof(item->inbound));
	query_copy(&query, 8, item->modem, sizeof(item->modem));
	query_copy(&query, 9, item->reason, sizeof(item->reason));
	return 0;
}

static int attention_tell(struct database *db, int64_t seq, int64_t at_usec)
{
	const struct store_event event = { .type = STORE_EVENT_ATTENTION, .at_usec = at_usec };

	return event_write(db, &event, (struct event_link){ .attention = seq });
}

static int attention_find(struct database *db, const char *id, int64_t *ret_seq)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT seq FROM attention WHERE id = ?", STRING(id));
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_seq = query_int(&query, 0);
	return 0;
}

int attention_open(struct database *db, const struct store_attention *item, int64_t delivery)
{
	char id[ID_NEW_SIZE];
	int64_t seq;
	int r = id_new(id);

	if (r >= 0)
		r = EXECUTE(db,
			    "INSERT INTO attention (id, kind, at, delivery, message_id,"
			    " delivery_id, number, inbound_id, modem, reason)"
			    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			    STRING(id), INT(item->kind), INT(item->at_usec), INT(delivery),
			    STRING(item->message), STRING(item->delivery), STRING(item->number),
			    STRING(item->inbound), STRING(item->modem), STRING(item->reason));
	seq = statement_row(db);
	return r < 0 ? r : attention_tell(db, seq, item->at_usec);
}

static int attention_close(struct database *db, int64_t seq, int64_t at_usec)
{
	int r = EXECUTE(db, "UPDATE attention SET done_at = ? WHERE seq = ? AND done_at = 0",
			INT(at_usec > 0 ? at_usec : 1), INT(seq));

	if (r < 0 || statement_changes(db) == 0)
		return r;
	return attention_tell(db, seq, at_usec);
}

/* ------------------------------------------------------------------ deliveries */

/* 1 and the item of a delivery that is open, 0 when there is none. */
static int delivery_open_item(struct database *db, int64_t delivery, int64_t *ret_seq,
			      enum attention_kind *ret_kind)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT seq, kind FROM attention WHERE delivery = ? AND delivery > 0"
		      " AND done_at = 0 LIMIT 1",
		      INT(delivery));
	int r = query_step(&query);

	if (r > 0) {
		*ret_seq = query_int(&query, 0);
		*ret_kind = (enum attention_kind)query_int(&query, 1);
	}
	return r;
}

static bool kind_fits(enum attention_kind kind, const struct store_event *event, bool unknown)
{
	if (event->to_state == DELIVERY_FAILED)
		return kind == ATTENTION_FAILED;
	if (event->to_state == DELIVERY_EXPIRED)
		return kind == ATTENTION_EXPIRED;
	return kind == ATTENTION_HELD && unknown;
}

int attention_delivery(struct database *db, int64_t delivery, const struct store_event *event,
		       enum attention_kind kind)
{
	struct store_attention item = { .kind = kind, .at_usec = event->at_usec };
	enum attention_kind open_kind;
	int64_t seq;
	int r;

	if (strncmp(event->message, STORE_ID_OWN, strlen(STORE_ID_OWN)) == 0)
		return 0;
	r = delivery_open_item(db, delivery, &seq, &open_kind);
	if (r != 0)
		return r < 0 ? r : 0;
	memcpy(item.message, event->message, sizeof(item.message));
	memcpy(item.delivery, event->delivery, sizeof(item.delivery));
	memcpy(item.number, event->number, sizeof(item.number));
	memcpy(item.modem, event->modem, sizeof(item.modem));
	memcpy(item.reason, event->reason, sizeof(item.reason));
	return attention_open(db, &item, delivery);
}

int attention_follow(struct database *db, int64_t delivery, const struct store_event *event,
		     bool unknown)
{
	enum attention_kind kind;
	int64_t seq;
	int r = delivery_open_item(db, delivery, &seq, &kind);

	if (r > 0 && !kind_fits(kind, event, unknown))
		r = attention_close(db, seq, event->at_usec);
	if (r < 0 || event->from_state == event->to_state)
		return r;
	if (event->to_state == DELIVERY_FAILED)
		return attention_delivery(db, delivery, event, ATTENTION_FAILED);
	if (event->to_state == DELIVERY_EXPIRED)
		return attention_delivery(db, delivery, event, ATTENTION_EXPIRED);
	return 0;
}

/* ------------------------------------------------------------------ what came in */

int attention_inbound_handled(struct database *db, const char *inbound, int64_t at_usec)
{
	int64_t seq = 0;
	int r;

	{
		CLEANUP_QUERY struct query query =
			QUERY(db,
			      "SELECT seq FROM attention WHERE inbound_id = ? AND inbound_id <> ''"
			      " AND done_at = 0",
			      STRING(inbound));

		r = query_step(&query);
		if (r > 0)
			seq = query_int(&query, 0);
	}
	return r <= 0 ? r : attention_close(db, seq, at_usec);
}

/* ------------------------------------------------------------------ modems */

struct attention_op {
	struct op op;
	struct store_attention_filter filter;
	const char *id;
	int64_t now_usec;
	store_attention_done_list done;
	struct store_attention *items;
	size_t count;
	int64_t next_cursor;
	/* of a modem */
	struct store_attention modem;
	bool wrong;
};

static int modem_open_item(struct database *db, const char *modem, enum attention_kind kind,
			   int64_t *ret_seq)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT seq FROM attention WHERE modem = ? AND kind = ?"
		      " AND kind >= " SQL_OF_MODEMS " AND done_at = 0",
		      STRING(modem), INT(kind));
	int r = query_step(&query);

	if (r > 0)
		*ret_seq = query_int(&query, 0);
	return r;
}

static int modem_run(struct database *db, struct op *op)
{
	struct attention_op *change = (struct attention_op *)op;
	int64_t seq;
	int r = modem_open_item(db, change->modem.modem, change->modem.kind, &seq);

	if (r < 0)
		return r;
	if (change->wrong)
		return r > 0 ? 0 : attention_open(db, &change->modem, 0);
	return r > 0 ? attention_close(db, seq, change->modem.at_usec) : 0;
}

int store_attention_modem(struct store *store, const char *modem, enum attention_kind kind,
			  bool wrong, const char *reason, int64_t now_usec)
{
	struct attention_op *change = op_new(sizeof(*change), modem_run, NULL, NULL);

	if (!change)
		return -ENOMEM;
	change->wrong = wrong;
	change->modem.kind = kind;
	change->modem.at_usec = now_usec;
	snprintf(change->modem.modem, sizeof(change->modem.modem), "%s", modem);
	snprintf(change->modem.reason, sizeof(change->modem.reason), "%s", reason ? reason : "");
	return op_post(store, &change->op);
}

/* ------------------------------------------------------------------ list, end */

static struct query list_query(struct database *db, bool ended_too, int64_t before, int64_t limit)
{
	if (ended_too)
		return QUERY(db,
			     "SELECT seq FROM attention WHERE seq < ? ORDER BY seq DESC LIMIT ?",
			     INT(before), INT(limit));
	return QUERY(db,
		     "SELECT seq FROM attention WHERE done_at = 0 AND seq < ?"
		     " ORDER BY seq DESC LIMIT ?",
		     INT(before), INT(limit));
}

static int list_run(struct database *db, struct op *op)
{
	struct attention_op *list = (struct attention_op *)op;
	int64_t before = list->filter.before_cursor > 0 ? list->filter.before_cursor : INT64_MAX;
	CLEANUP_QUERY struct query query =
		list_query(db, list->filter.ended_too, before, (int64_t)list->filter.limit + 1);
	size_t capacity = 0;
	int64_t last = 0;
	int r;

	while ((r = query_step(&query)) > 0) {
		struct store_attention *items;

		if (list->count >= list->filter.limit) {
			list->next_cursor = last;
			return 0;
		}
		items = op_grow(op, list->items, list->count, &capacity, sizeof(*items));
		if (!items)
			return -ENOMEM;
		list->items = items;
		last = query_int(&query, 0);
		r = attention_read(db, last, &items[list->count++]);
		if (r < 0)
			return r;
	}
	return r;
}

static int end_run(struct database *db, struct op *op)
{
	struct attention_op *end = (struct attention_op *)op;
	int64_t seq;
	int r = attention_find(db, end->id, &seq);

	if (r >= 0)
		r = attention_close(db, seq, end->now_usec);
	if (r < 0)
		return r;
	end->items = op_alloc(op, sizeof(*end->items));
	if (!end->items)
		return -ENOMEM;
	end->count = 1;
	return attention_read(db, seq, end->items);
}

static void attention_report(const struct op *op)
{
	const struct attention_op *list = (const struct attention_op *)op;

	if (op->error < 0)
		list->done(op->error, NULL, 0, 0, op->userdata);
	else
		list->done(0, list->items, list->count, list->next_cursor, op->userdata);
}

static struct attention_op *attention_new(int (*run)(struct database *db, struct op *op),
					  store_attention_done_list done, void *userdata)
{
	struct attention_op *op = op_new(sizeof(*op), run, attention_report, userdata);

	if (op)
		op->done = done;
	return op;
}

int store_attention_list(struct store *store, const struct store_attention_filter *filter,
			 store_attention_done_list done, void *userdata)
{
	struct attention_op *list = attention_new(list_run, done, userdata);

	if (!list)
		return -ENOMEM;
	list->filter = *filter;
	if (list->filter.limit == 0 || list->filter.limit > LIST_MAX)
		list->filter.limit = LIST_MAX;
	return op_post(store, &list->op);
}

int store_attention_end(struct store *store, const char *id, int64_t now_usec,
			store_attention_done_list done, void *userdata)
{
	struct attention_op *end = attention_new(end_run, done, userdata);

	if (!end)
		return -ENOMEM;
	end->id = op_string(&end->op, id);
	end->now_usec = now_usec;
	return op_post(store, &end->op);
}
