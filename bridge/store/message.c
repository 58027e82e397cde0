/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Messages going out: submitted once per id, shown, listed, cancelled as far as they wait.
 */
#include <errno.h>
#include <string.h>

#include "bridge/store/internal.h"

#define DIGEST_SIZE 32
#define PARTS_MAX 255
#define RECIPIENTS_MAX 10000
#define LIST_MAX 1000
#define LIST_DELIVERIES_MAX 10000 /* a page ends early above it */
#define ID_TRIES 8

struct message_op {
	struct op op;
	const char *id; /* NULL: to be made */
	int64_t now_usec;
	struct store_message_new new;
	store_message_done done;
	struct store_message *result;
};

static void message_report(const struct op *op)
{
	const struct message_op *message = (const struct message_op *)op;

	message->done(op->error, message->result, op->userdata);
}

static int message_result(struct database *db, struct message_op *message, int64_t seq)
{
	struct store_message *result = op_alloc(&message->op, sizeof(*result));
	int r = result ? message_read(db, &message->op, seq, true, result) : -ENOMEM;

	if (r >= 0)
		message->result = result;
	return r;
}

/* ------------------------------------------------------------------ submit */

static bool message_valid(const struct store_message_new *new)
{
	if (new->id && !id_valid(new->id))
		return false;
	if (new->part_count == 0 || new->part_count > PARTS_MAX || new->recipient_count == 0 ||
	    new->recipient_count > RECIPIENTS_MAX || new->priority < -128 || new->priority > 127)
		return false;
	for (size_t i = 0; i < new->part_count; i++)
		if (new->parts[i].text_size >= TPDU_TEXT_SIZE)
			return false;
	for (size_t i = 0; i < new->recipient_count; i++)
		if (new->recipients[i].number[0] == '\0' ||
		    strlen(new->recipients[i].number) >= NUMBER_SIZE ||
		    strlen(new->recipients[i].to) >= STORE_NAME_SIZE)
			return false;
	return true;
}

/* The stored message when the id is taken: -EALREADY or -EEXIST; 0 when it is free. */
static int submit_check(struct database *db, struct message_op *submit)
{
	int64_t seq;
	bool same;
	int r = message_find(db, submit->id, &seq);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	{
		CLEANUP_QUERY struct query query =
			QUERY(db, "SELECT digest = ? FROM message WHERE seq = ?",
			      BLOB(submit->new.digest, DIGEST_SIZE), INT(seq));

		r = query_step(&query);
		if (r <= 0)
			return r < 0 ? r : -EUCLEAN;
		same = query_bool(&query, 0);
	}
	if (!same)
		return -EEXIST;
	r = message_result(db, submit, seq);
	return r < 0 ? r : -EALREADY;
}

static int submit_id(struct database *db, struct message_op *submit)
{
	char *id = op_alloc(&submit->op, ID_NEW_SIZE);
	int64_t seq;
	int r = id ? 0 : -ENOMEM;

	for (unsigned i = 0; i < ID_TRIES && r >= 0; i++) {
		r = id_new(id);
		if (r >= 0)
			r = message_find(db, id, &seq);
	}
	if (r != -ENOENT)
		return r < 0 ? r : -EEXIST;
	submit->id = id;
	return 0;
}

static int delivery_insert(struct database *db, const struct store_message_new *new,
			   const struct store_recipient_new *recipient, int64_t message)
{
	int64_t due = new->scheduled_at_usec ? new->scheduled_at_usec : new->created_at_usec;
	bool scheduled = new->scheduled_at_usec != 0;
	char tail[NUMBER_TAIL_SIZE], id[ID_NEW_SIZE];
	int64_t delivery;
	int r;

	r = id_new(id);
	if (r < 0)
		return r;
	number_tail(recipient->number, tail);
	r = EXECUTE(db,
		    "INSERT INTO delivery (id, message, recipient, number, state, reason, parts,"
		    " priority, valid_until, waiting, release_at, due_at, settle_at, prefix,"
		    " preferred, pending) VALUES (?1, ?2, ?3, ?4, " SQL_PENDING ", ?5, ?6, ?7, ?8,"
		    " ?9, ?10, ?11, ?12, (SELECT " SQL_CLASS " FROM (SELECT ?4 AS number)),"
		    " ifnull((SELECT sim FROM peer WHERE tail = ?13), ''), ?6)",
		    STRING(id), INT(message), STRING(recipient->to), STRING(recipient->number),
		    STRING(scheduled ? "It waits for the moment it was scheduled for."
				     : "It waits for a modem."),
		    INT((int64_t) new->part_count), INT(new->priority), INT(new->valid_until_usec),
		    INT(!scheduled), INT(scheduled ? due : 0), INT(due), INT(new->valid_until_usec),
		    STRING(tail));
	delivery = statement_row(db);
	for (size_t i = 1; i <= new->part_count &&r >= 0; i++)
		r = EXECUTE(db,
			    "INSERT INTO part (delivery, number, state, due_at, tail)"
			    " VALUES (?, ?, " SQL_PENDING ", ?, ?)",
			    INT(delivery), INT((int64_t)i), INT(due), STRING(tail));
	return r;
}

static int64_t message_life(const struct store_message_new *new)
{
	int64_t begin = new->scheduled_at_usec > new->created_at_usec ? new->scheduled_at_usec
								      : new->created_at_usec;

	return new->valid_until_usec > begin ? new->valid_until_usec - begin : 0;
}

static int submit_run(struct database *db, struct op *op)
{
	struct message_op *submit = (struct message_op *)op;
	const struct store_message_new *new = &submit->new;
	int64_t seq;
	int r;

	if (!message_valid(new))
		return -EINVAL;
	r = submit->id ? submit_check(db, submit) : submit_id(db, submit);
	if (r < 0)
		return r;
	moment_note(db, new->created_at_usec);
	r = EXECUTE(db,
		    "INSERT INTO message (id, digest, text, sms_text, created_at, scheduled_at,"
		    " valid_until, life, priority, hold_on_unknown, alphabet)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		    STRING(submit->id), BLOB(new->digest, DIGEST_SIZE),
		    TEXT(new->text, new->text_size), TEXT(new->sms_text, new->sms_text_size),
		    INT(new->created_at_usec), INT(new->scheduled_at_usec),
		    INT(new->valid_until_usec), INT(message_life(new)), INT(new->priority),
		    INT(new->hold_on_unknown), INT(new->alphabet));
	seq = statement_row(db);
	for (size_t i = 0; i < new->part_count &&r >= 0; i++)
		r = EXECUTE(db, "INSERT INTO message_part (message, number, text) VALUES (?, ?, ?)",
			    INT(seq), INT((int64_t)i + 1),
			    TEXT(new->parts[i].text, new->parts[i].text_size));
	for (size_t i = 0; i < new->recipient_count &&r >= 0; i++)
		r = delivery_insert(db, new, &new->recipients[i], seq);
	return r < 0 ? r : message_result(db, submit, seq);
}

static void submit_copy(struct message_op *submit, const struct store_message_new *message)
{
	static const uint8_t none[DIGEST_SIZE];
	struct op *op = &submit->op;
	struct store_part_new *parts = op_alloc(op, message->part_count * sizeof(*parts));
	struct store_recipient_new *recipients =
		op_alloc(op, message->recipient_count * sizeof(*recipients));

	submit->new = *message;
	submit->new.id = submit->id = op_string(op, message->id);
	submit->new.text = op_copy(op, message->text ? message->text : "", message->text_size);
	submit->new.sms_text = op_copy(op, message->sms_text, message->sms_text_size);
	submit->new.digest =
		(uint8_t *)op_copy(op, message->digest ? message->digest : none, DIGEST_SIZE);
	for (size_t i = 0; i < message->part_count && parts; i++) {
		parts[i].text = op_copy(op, message->parts[i].text, message->parts[i].text_size);
		parts[i].text_size = message->parts[i].text_size;
	}
	for (size_t i = 0; i < message->recipient_count && recipients; i++) {
		recipients[i].to = op_string(op, message->recipients[i].to);
		recipients[i].number = op_string(op, message->recipients[i].number);
	}
	submit->new.parts = parts;
	submit->new.recipients = recipients;
}

int store_submit(struct store *store, const struct store_message_new *message,
		 store_message_done done, void *userdata)
{
	struct message_op *submit = op_new(sizeof(*submit), submit_run, message_report, userdata);

	if (!submit)
		return -ENOMEM;
	submit->done = done;
	submit_copy(submit, message);
	return op_post(store, &submit->op);
}

/* ------------------------------------------------------------------ one message */

static int get_run(struct database *db, struct op *op)
{
	struct message_op *get = (struct message_op *)op;
	int64_t seq;
	int r = message_find(db, get->id, &seq);

	return r < 0 ? r : message_result(db, get, seq);
}

static int cancel_deliveries(struct database *db, struct op *op, int64_t message, int64_t now_usec)
{
	CLEANUP_QUERY struct query query = QUERY(
		db, "SELECT seq, state FROM delivery WHERE message = ? ORDER BY seq", INT(message));
	int64_t *deliveries = NULL;
	size_t count = 0, capacity = 0;
	int r;

	while ((r = query_step(&query)) > 0) {
		if (query_int(&query, 1) != DELIVERY_PENDING)
			continue;
		deliveries = op_grow(op, deliveries, count, &capacity, sizeof(*deliveries));
		if (!deliveries)
			return -ENOMEM;
		deliveries[count++] = query_int(&query, 0);
	}
	query_end(&query);
	if (r >= 0 && count == 0)
		return -EBUSY;
	for (size_t i = 0; i < count && r >= 0; i++)
		r = delivery_enter(db, deliveries[i], PART_CANCEL, now_usec, "It was cancelled.");
	return r;
}

static int cancel_run(struct database *db, struct op *op)
{
	struct message_op *cancel = (struct message_op *)op;
	int64_t seq;
	int r, cancelled;

	r = message_find(db, cancel->id, &seq);
	if (r < 0)
		return r;
	cancelled = cancel_deliveries(db, op, seq, cancel->now_usec);
	if (cancelled < 0 && cancelled != -EBUSY)
		return cancelled;
	r = message_result(db, cancel, seq);
	return r < 0 ? r : cancelled;
}

static int message_post(struct store *store, const char *id, int64_t now_usec,
			int (*run)(struct database *db, struct op *op), store_message_done done,
			void *userdata)
{
	struct message_op *message = op_new(sizeof(*message), run, message_report, userdata);

	if (!message)
		return -ENOMEM;
	message->id = op_string(&message->op, id);
	message->now_usec = now_usec;
	message->done = done;
	return op_post(store, &message->op);
}

int store_message_get(struct store *store, const char *id, store_message_done done, void *userdata)
{
	return message_post(store, id, 0, get_run, done, userdata);
}

int store_message_cancel(struct store *store, const char *id, int64_t now_usec,
			 store_message_done done, void *userdata)
{
	return message_post(store, id, now_usec, cancel_run, done, userdata);
}

/* ------------------------------------------------------------------ lists */

struct list_op {
	struct op op;
	struct store_message_filter filter;
	store_messages_done done;
	struct store_message *messages;
	size_t count;
	int64_t next_cursor;
};

/* The oldest message from that moment on; messages are numbered as they come. */
static int list_floor(struct database *db, int64_t since_usec, int64_t *ret_seq)
{
	CLEANUP_QUERY struct query query = QUERY(
		db, "SELECT seq FROM message WHERE created_at >= ? ORDER BY created_at LIMIT 1",
		INT(since_usec));
	int r = query_step(&query);

	*ret_seq = r > 0 ? query_int(&query, 0) : INT64_MAX;
	return r < 0 ? r : 0;
}

static struct query list_query(struct database *db, const struct store_message_filter *filter,
			       int64_t before, int64_t from, int64_t limit)
{
	if (filter->number && filter->state >= 0)
		return QUERY(
			db,
			"SELECT DISTINCT message FROM delivery WHERE number = ? AND message < ?"
			" AND message >= ? AND state = ? ORDER BY message DESC LIMIT ?",
			STRING(filter->number), INT(before), INT(from), INT(filter->state),
			INT(limit));
	if (filter->number)
		return QUERY(
			db,
			"SELECT DISTINCT message FROM delivery WHERE number = ? AND message < ?"
			" AND message >= ? ORDER BY message DESC LIMIT ?",
			STRING(filter->number), INT(before), INT(from), INT(limit));
	if (filter->state >= 0)
		return QUERY(db,
			     "SELECT DISTINCT message FROM delivery WHERE state = ? AND message < ?"
			     " AND message >= ? ORDER BY message DESC LIMIT ?",
			     INT(filter->state), INT(before), INT(from), INT(limit));
	return QUERY(db,
		     "SELECT seq FROM message WHERE seq < ? AND seq >= ? ORDER BY seq DESC LIMIT ?",
		     INT(before), INT(from), INT(limit));
}

static int list_run(struct database *db, struct op *op)
{
	struct list_op *list = (struct list_op *)op;
	int64_t from = 0, last = 0;
	int64_t before = list->filter.before_cursor > 0 ? list->filter.before_cursor : INT64_MAX;
	size_t deliveries = 0, capacity = 0;
	int r = 0;

	if (list->filter.since_usec > 0)
		r = list_floor(db, list->filter.since_usec, &from);
	if (r < 0)
		return r;

	CLEANUP_QUERY struct query query =
		list_query(db, &list->filter, before, from, (int64_t)list->filter.limit + 1);
	while ((r = query_step(&query)) > 0) {
		struct store_message *messages;

		if (list->count >= list->filter.limit || deliveries > LIST_DELIVERIES_MAX) {
			list->next_cursor = last;
			return 0;
		}
		messages = op_grow(op, list->messages, list->count, &capacity, sizeof(*messages));
		if (!messages)
			return -ENOMEM;
		list->messages = messages;
		last = query_int(&query, 0);
		r = message_read(db, op, last, false, &messages[list->count]);
		if (r < 0)
			return r;
		deliveries += messages[list->count].delivery_count;
		/* A clock that was set back leaves older moments among newer messages. */
		if (messages[list->count].created_at_usec >= list->filter.since_usec)
			list->count++;
	}
	return r;
}

static void list_report(const struct op *op)
{
	const struct list_op *list = (const struct list_op *)op;

	if (op->error < 0)
		list->done(op->error, NULL, 0, 0, op->userdata);
	else
		list->done(0, list->messages, list->count, list->next_cursor, op->userdata);
}

int store_message_list(struct store *store, const struct store_message_filter *filter,
		       store_messages_done done, void *userdata)
{
	struct list_op *list = op_new(sizeof(*list), list_run, list_report, userdata);

	if (!list)
		return -ENOMEM;
	list->filter = *filter;
	list->filter.number = op_string(&list->op, filter->number);
	if (list->filter.limit == 0 || list->filter.limit > LIST_MAX)
		list->filter.limit = LIST_MAX;
	list->done = done;
	return op_post(store, &list->op);
}
