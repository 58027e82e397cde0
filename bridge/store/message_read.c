/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Messages as the API shows them: rows become plain structs in the operation's arena.
 */
#include <errno.h>
#include <stdio.h>

#include "bridge/store/internal.h"

#define ATTEMPTS_SHOWN 1000 /* the newest of a delivery */

int message_find(struct database *db, const char *id, int64_t *ret_seq)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT seq FROM message WHERE id = ?", STRING(id));
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_seq = query_int(&query, 0);
	return 0;
}

static int column_text(const struct query *query, int column, struct op *op, const char **ret_text,
		       size_t *ret_size)
{
	const void *bytes = query_bytes(query, column, ret_size);

	*ret_text = op_copy(op, bytes, *ret_size);
	return bytes && !*ret_text ? -ENOMEM : 0;
}

static int message_columns(struct database *db, struct op *op, int64_t seq,
			   struct store_message *message)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT id, text, sms_text, created_at, scheduled_at, valid_until, priority,"
		      " hold_on_unknown FROM message WHERE seq = ?",
		      INT(seq));
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	query_copy(&query, 0, message->id, sizeof(message->id));
	r = column_text(&query, 1, op, &message->text, &message->text_size);
	if (r >= 0)
		r = column_text(&query, 2, op, &message->sms_text, &message->sms_text_size);
	message->created_at_usec = query_int(&query, 3);
	message->scheduled_at_usec = query_int(&query, 4);
	message->valid_until_usec = query_int(&query, 5);
	message->priority = (int)query_int(&query, 6);
	message->hold_on_unknown = query_bool(&query, 7);
	return r;
}

static void attempt_columns(const struct query *query, struct store_attempt *attempt)
{
	*attempt = (struct store_attempt){ 0 };
	query_copy(query, 0, attempt->modem, sizeof(attempt->modem));
	attempt->part = (unsigned)query_int(query, 1);
	attempt->state = (enum delivery_state)query_int(query, 2);
	query_copy(query, 3, attempt->reason, sizeof(attempt->reason));
	query_copy(query, 4, attempt->error, sizeof(attempt->error));
	attempt->at_usec = query_int(query, 5);
	attempt->ended_at_usec = query_int(query, 6);
	attempt->reference = (int)query_int(query, 7);
	attempt->may_be_duplicate = query_bool(query, 8);
}

static int attempts_read(struct database *db, struct op *op, int64_t delivery,
			 struct store_delivery *ret)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT modem, part, state, reason, error, begun_at, ended_at, reference,"
		      " may_be_duplicate FROM attempt WHERE delivery = ? ORDER BY seq DESC LIMIT ?",
		      INT(delivery), INT(ATTEMPTS_SHOWN));
	size_t capacity = 0;
	int r;

	while ((r = query_step(&query)) > 0) {
		struct store_attempt *attempts = op_grow(op, ret->attempts, ret->attempt_count,
							 &capacity, sizeof(*attempts));

		if (!attempts)
			return -ENOMEM;
		ret->attempts = attempts;
		attempt_columns(&query, &attempts[ret->attempt_count++]);
	}
	/* Read from the newest, shown from the oldest. */
	for (size_t i = 0; i < ret->attempt_count / 2; i++) {
		struct store_attempt *other = &ret->attempts[ret->attempt_count - 1 - i];
		struct store_attempt first = ret->attempts[i];

		ret->attempts[i] = *other;
		*other = first;
	}
	return r;
}

static void delivery_columns(const struct query *query, struct store_delivery *delivery)
{
	*delivery = (struct store_delivery){ 0 };
	query_copy(query, 1, delivery->id, sizeof(delivery->id));
	query_copy(query, 2, delivery->to, sizeof(delivery->to));
	query_copy(query, 3, delivery->number, sizeof(delivery->number));
	delivery->state = (enum delivery_state)query_int(query, 4);
	delivery->final = query_bool(query, 5);
	query_copy(query, 6, delivery->reason, sizeof(delivery->reason));
	query_copy(query, 7, delivery->modem, sizeof(delivery->modem));
	delivery->parts = (unsigned)query_int(query, 8);
	delivery->parts_sent = (unsigned)query_int(query, 9);
	delivery->parts_delivered = (unsigned)query_int(query, 10);
	delivery->may_be_duplicate = query_bool(query, 11);
	delivery->next_attempt_usec = query_int(query, 12);
	query_copy(query, 13, delivery->sim, sizeof(delivery->sim));
}

/* What waits for one SIM waits for that one's quota, whatever the others of its class have left. */
static void delivery_limit(const struct database *db, struct store_delivery *delivery)
{
	int64_t until_usec;

	if (delivery->sim[0] == '\0' || !sims_is_limited(db, delivery->sim, &until_usec))
		return;
	if (until_usec > delivery->next_attempt_usec)
		delivery->next_attempt_usec = until_usec;
	snprintf(delivery->reason, sizeof(delivery->reason),
		 "It waits for modem %s, which was given it before, and has used up its quota.",
		 delivery->modem);
}

/* Why the part that comes next waits: what was said last of the delivery may be another's. */
#define SQL_BETWEEN_PARTS                                                                          \
	"iif(d.waiting = 1 AND d.state = " SQL_SENDING ", ifnull((SELECT a.reason FROM part p"     \
	" JOIN attempt a ON a.seq = p.attempt WHERE p.delivery = d.seq AND p.state = " SQL_PENDING \
	" AND a.state = " SQL_FAILED " AND a.seq > d.tries_from ORDER BY p.number LIMIT 1),"       \
	" 'Some of its parts are out; the next waits for modem ' || d.modem || '.'), d.reason)"

int message_read(struct database *db, struct op *op, int64_t seq, bool attempts,
		 struct store_message *message)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT d.seq, d.id, d.recipient, d.number, d.state, d.final,"
		      " ifnull(w.reason, " SQL_BETWEEN_PARTS
		      "), d.modem, d.parts, d.parts_sent, d.parts_delivered,"
		      " d.may_be_duplicate, iif(d.waiting OR d.release_at > 0,"
		      " max(d.due_at, ifnull(w.until, 0)), 0), iif(d.waiting, d.sim, '')"
		      " FROM delivery d LEFT JOIN class_wait w"
		      " ON w.prefix = d.prefix AND d.waiting = 1 AND d.sim = ''"
		      " AND (w.until = 0 OR w.until > d.due_at) WHERE d.message = ? ORDER BY d.seq",
		      INT(seq));
	size_t capacity = 0;
	int r;

	*message = (struct store_message){ 0 };
	r = message_columns(db, op, seq, message);
	while (r >= 0 && (r = query_step(&query)) > 0) {
		struct store_delivery *deliveries =
			op_grow(op, message->deliveries, message->delivery_count, &capacity,
				sizeof(*deliveries));

		if (!deliveries)
			return -ENOMEM;
		message->deliveries = deliveries;
		deliveries += message->delivery_count++;
		delivery_columns(&query, deliveries);
		delivery_limit(db, deliveries);
		message->counts[deliveries->state]++;
		if (attempts)
			r = attempts_read(db, op, query_int(&query, 0), deliveries);
	}
	message->state = message_state_of_deliveries(message->counts);
	return r;
}
