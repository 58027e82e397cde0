/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The operator's word on what is unknown, and on what has ended: settle and retry.
 */
#include <errno.h>

#include "bridge/store/internal.h"

struct word {
	enum part_event event;
	unsigned states; /* of parts that it speaks of */
	const char *reason;
};

static struct word word_of(enum store_settlement settlement)
{
	switch (settlement) {
	case STORE_SETTLE_DELIVERED:
		return (struct word){ PART_REPORTED_DELIVERED,
				      STATE_BIT(DELIVERY_UNKNOWN) | STATE_BIT(DELIVERY_SENT),
				      "The operator says that it arrived." };
	case STORE_SETTLE_FAILED:
		return (struct word){ PART_REPORTED_FAILED, STATE_BIT(DELIVERY_UNKNOWN),
				      "The operator says that it did not arrive." };
	case STORE_SETTLE_RESEND:
		break;
	}
	return (struct word){ PART_RESEND, STATE_BIT(DELIVERY_UNKNOWN),
			      "The operator wants it sent again." };
}

static int delivery_settle(struct database *db, int64_t delivery, enum store_settlement settlement,
			   int64_t now_usec)
{
	struct word word = word_of(settlement);
	const struct part_change change = {
		.delivery = delivery,
		.event = word.event,
		.at_usec = now_usec,
		.reason = word.reason,
		.reference = -1,
	};
	int r;

	if (settlement == STORE_SETTLE_RESEND)
		return delivery_resend(db, delivery, now_usec, word.reason);
	r = parts_move(db, &change, word.states);
	if (r >= 0)
		r = delivery_give_up(db, &change);
	return r < 0 ? r : delivery_follow(db, &change);
}

/* ------------------------------------------------------------------ operations */

struct settle_op {
	struct op op;
	const char *id;
	bool retry;
	enum store_settlement settlement;
	int64_t now_usec;
	store_message_done done;
	struct store_message *result;
};

static struct query concerned_query(struct database *db, bool retry, int64_t message)
{
	if (retry)
		return QUERY(db,
			     "SELECT seq FROM delivery WHERE message = ? AND state IN (" SQL_FAILED
			     ", " SQL_EXPIRED ", " SQL_CANCELLED ") ORDER BY seq",
			     INT(message));
	return QUERY(db,
		     "SELECT d.seq FROM delivery d WHERE d.message = ? AND EXISTS (SELECT 1"
		     " FROM part p WHERE p.delivery = d.seq AND p.state = " SQL_UNKNOWN
		     ") ORDER BY d.seq",
		     INT(message));
}

/* The deliveries that the word is about, in the operation's arena. */
static int concerned_load(struct database *db, struct settle_op *settle, int64_t message,
			  int64_t **ret_deliveries, size_t *ret_count)
{
	CLEANUP_QUERY struct query query = concerned_query(db, settle->retry, message);
	size_t capacity = 0;
	int r;

	while ((r = query_step(&query)) > 0) {
		*ret_deliveries = op_grow(&settle->op, *ret_deliveries, *ret_count, &capacity,
					  sizeof(**ret_deliveries));
		if (!*ret_deliveries)
			return -ENOMEM;
		(*ret_deliveries)[(*ret_count)++] = query_int(&query, 0);
	}
	return r;
}

static int text_is_gone(struct database *db, int64_t message)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT 1 FROM message WHERE seq = ? AND wiped = 1", INT(message));

	return query_step(&query);
}

/* 0 when it can be done; -EBUSY, -ENODATA. */
static int settle_refuse(struct database *db, const struct settle_op *settle, int64_t message,
			 size_t count)
{
	bool sends = settle->retry || settle->settlement == STORE_SETTLE_RESEND;
	int gone = sends ? text_is_gone(db, message) : 0;

	if (gone < 0)
		return gone;
	if (count == 0)
		return -EBUSY;
	return gone > 0 ? -ENODATA : 0;
}

static int settle_run(struct database *db, struct op *op)
{
	struct settle_op *settle = (struct settle_op *)op;
	int64_t message, *deliveries = NULL;
	struct store_message *result;
	size_t count = 0;
	int refused, r = message_find(db, settle->id, &message);

	if (r >= 0)
		r = concerned_load(db, settle, message, &deliveries, &count);
	if (r < 0)
		return r;
	refused = settle_refuse(db, settle, message, count);
	for (size_t i = 0; i < count && refused == 0 && r >= 0; i++)
		r = settle->retry ? delivery_retry(db, deliveries[i], settle->now_usec)
				  : delivery_settle(db, deliveries[i], settle->settlement,
						    settle->now_usec);
	if (r < 0)
		return r;
	result = op_alloc(op, sizeof(*result));
	r = result ? message_read(db, op, message, true, result) : -ENOMEM;
	if (r < 0)
		return r;
	settle->result = result;
	return refused;
}

static void settle_report(const struct op *op)
{
	const struct settle_op *settle = (const struct settle_op *)op;

	settle->done(op->error, settle->result, op->userdata);
}

static struct settle_op *settle_new(const char *id, int64_t now_usec, store_message_done done,
				    void *userdata)
{
	struct settle_op *settle = op_new(sizeof(*settle), settle_run, settle_report, userdata);

	if (!settle)
		return NULL;
	settle->id = op_string(&settle->op, id);
	settle->now_usec = now_usec;
	settle->done = done;
	return settle;
}

int store_message_settle(struct store *store, const char *id, enum store_settlement settlement,
			 int64_t now_usec, store_message_done done, void *userdata)
{
	struct settle_op *settle = settle_new(id, now_usec, done, userdata);

	if (!settle)
		return -ENOMEM;
	settle->settlement = settlement;
	return op_post(store, &settle->op);
}

int store_message_retry(struct store *store, const char *id, int64_t now_usec,
			store_message_done done, void *userdata)
{
	struct settle_op *settle = settle_new(id, now_usec, done, userdata);

	if (!settle)
		return -ENOMEM;
	settle->retry = true;
	return op_post(store, &settle->op);
}
