/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a SIM sends next.  The queue is an index of deliveries, one row each, under the SIM that
 * they are bound to ('': none yet), by priority, due moment and age; its head is found without
 * looking at the rest.  What is bound to a SIM that is gone may go through the one that asks.  The
 * attempt is committed before the radio is touched, so that whatever dies afterwards, no part goes
 * out twice by accident.
 */
#include <errno.h>
#include <string.h>

#include "bridge/store/internal.h"

#define PRIORITY_ABOVE_ALL 128
#define HEADS_PER_TURN 64 /* late ones, and those that can't be moved */

struct head {
	int64_t delivery; /* 0: none */
	int priority;
	int64_t due_usec, valid_until_usec;
	bool stranded; /* its SIM is gone */
};

struct begin_op {
	struct op op;
	struct store_sim sim;
	struct store_now now;
	store_job_done done;
	struct store_job job;
	bool found;
	int64_t scheduled_usec, next_usec;
};

/* The first in line below a priority, whether it is due or not. */
static int head_below(struct database *db, const char *sim, int priority, struct head *head)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT seq, priority, due_at, valid_until FROM delivery"
		      " WHERE waiting = 1 AND sim = ? AND priority < ?"
		      " ORDER BY priority DESC, due_at, seq LIMIT 1",
		      STRING(sim), INT(priority));
	int r = query_step(&query);

	*head = (struct head){ 0 };
	if (r > 0) {
		head->delivery = query_int(&query, 0);
		head->priority = (int)query_int(&query, 1);
		head->due_usec = query_int(&query, 2);
		head->valid_until_usec = query_int(&query, 3);
	}
	return r;
}

/* The first that is due.  In each priority the head is the earliest: one look at each is enough. */
static int head_due(struct database *db, const char *sim, int64_t now_usec, struct head *head,
		    int64_t *next_usec)
{
	int priority = PRIORITY_ABOVE_ALL;
	int r;

	while ((r = head_below(db, sim, priority, head)) > 0 && head->due_usec > now_usec) {
		if (*next_usec == 0 || head->due_usec < *next_usec)
			*next_usec = head->due_usec;
		priority = head->priority;
	}
	return r;
}

static bool head_before(const struct head *a, const struct head *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->due_usec != b->due_usec)
		return a->due_usec < b->due_usec;
	return a->delivery < b->delivery;
}

static void head_better(struct head *best, const struct head *head)
{
	if (best->delivery == 0 || head_before(head, best))
		*best = *head;
}

/* The next SIM, in their order, that something waits for. */
static int sim_after(struct database *db, char sim[static STORE_NAME_SIZE])
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT sim FROM delivery WHERE waiting = 1 AND sim > ?"
		      " ORDER BY sim LIMIT 1",
		      STRING(sim));
	int r = query_step(&query);

	if (r > 0)
		query_copy(&query, 0, sim, STORE_NAME_SIZE);
	return r;
}

/* A few looks into the index for every SIM that something waits for, whatever waits there. */
static int head_stranded(struct database *db, const char *asking, int64_t now_usec,
			 struct head *best, int64_t *next_usec)
{
	char sim[STORE_NAME_SIZE] = "";
	int r = 0;

	for (unsigned i = 0; i < SIMS_MAX && (r = sim_after(db, sim)) > 0; i++) {
		struct head head;
		int64_t gone_usec;

		if (strcmp(sim, asking) == 0)
			continue;
		if (!sims_gone(db, sim, now_usec, &gone_usec)) {
			if (gone_usec > 0 && (*next_usec == 0 || gone_usec < *next_usec))
				*next_usec = gone_usec;
			continue;
		}
		r = head_due(db, sim, now_usec, &head, next_usec);
		if (r < 0)
			return r;
		head.stranded = true;
		if (r > 0)
			head_better(best, &head);
	}
	return r < 0 ? r : 0;
}

/* 1 and the delivery whose turn it is, 0 and when there will be one. */
static int head_choose(struct database *db, const char *sim, int64_t now_usec, struct head *ret,
		       int64_t *ret_next_usec)
{
	struct head head;
	int r;

	*ret = (struct head){ 0 };
	r = head_due(db, sim, now_usec, &head, ret_next_usec);
	if (r > 0)
		head_better(ret, &head);
	if (r >= 0)
		r = head_due(db, "", now_usec, &head, ret_next_usec);
	if (r > 0)
		head_better(ret, &head);
	if (r >= 0)
		r = head_stranded(db, sim, now_usec, ret, ret_next_usec);
	if (r < 0)
		return r;
	return ret->delivery > 0;
}

struct choice {
	int64_t delivery;
	unsigned part;
	bool has_reference;
};

static int job_load(struct database *db, int64_t delivery, struct store_job *job,
		    struct choice *choice)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT m.id, d.number, iif(d.alphabet < 0, m.alphabet, d.alphabet),"
		      " iif(d.alphabet < 0, t.text, p.text), d.valid_until, p.doubtful,"
		      " p.number, d.parts, d.concat_reference,"
		      " (SELECT count(*) FROM attempt a"
		      " WHERE a.delivery = d.seq AND a.part = p.number AND a.seq > d.tries_from"
		      " AND a.excused = 0),"
		      " (SELECT count(*) FROM attempt a WHERE a.delivery = d.seq"
		      " AND a.part = p.number AND a.seq > d.tries_from AND a.excused = 0"
		      " AND a.error <> '')"
		      " FROM delivery d CROSS JOIN message m ON m.seq = d.message"
		      " CROSS JOIN part p ON p.delivery = d.seq"
		      " LEFT JOIN message_part t ON t.message = m.seq AND t.number = p.number"
		      " WHERE d.seq = ? AND p.state = " SQL_PENDING " ORDER BY p.number LIMIT 1",
		      INT(delivery));
	const void *text;
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	*job = (struct store_job){ 0 };
	query_copy(&query, 0, job->message, sizeof(job->message));
	query_copy(&query, 1, job->number, sizeof(job->number));
	job->alphabet = (enum sms_alphabet)query_int(&query, 2);
	text = query_bytes(&query, 3, &job->text_size);
	if (!text || job->text_size >= sizeof(job->text))
		return -EUCLEAN;
	memcpy(job->text, text, job->text_size);
	job->valid_until_usec = query_int(&query, 4);
	job->may_be_duplicate = query_bool(&query, 5);
	choice->delivery = delivery;
	choice->part = (unsigned)query_int(&query, 6);
	job->concat.total = (uint8_t)query_int(&query, 7);
	job->concat.sequence = (uint8_t)choice->part;
	job->concat.present = job->concat.total > 1;
	job->concat.reference = (uint16_t)(query_int(&query, 8) & 0xff);
	choice->has_reference = query_int(&query, 8) >= 0;
	job->tries = (unsigned)query_int(&query, 9);
	job->refusals = (unsigned)query_int(&query, 10);
	if (!job->concat.present)
		job->concat = (struct tpdu_concat){ 0 };
	return 0;
}

/* The first attempt binds a delivery to the SIM, and to one concatenation reference. */
static int delivery_bind(struct database *db, const struct begin_op *begin,
			 const struct choice *choice, struct store_job *job)
{
	int reference = -1;

	if (!choice->has_reference && job->concat.present) {
		reference = sim_concat_reference(db, begin->sim.iccid);
		if (reference < 0)
			return reference;
		job->concat.reference = (uint16_t)reference;
	}
	return EXECUTE(db,
		       "UPDATE delivery SET modem = ?, sim = ?,"
		       " concat_reference = max(concat_reference, ?),"
		       " may_be_duplicate = max(may_be_duplicate, ?) WHERE seq = ?",
		       STRING(begin->sim.modem), STRING(begin->sim.iccid), INT(reference),
		       INT(job->may_be_duplicate), INT(choice->delivery));
}

static int attempt_insert(struct database *db, struct begin_op *begin, int64_t delivery)
{
	struct store_job *job = &begin->job;
	char reason[STORE_REASON_SIZE];
	struct choice choice;
	int r;

	r = job_load(db, delivery, job, &choice);
	if (r >= 0)
		r = delivery_bind(db, begin, &choice, job);
	if (r < 0)
		return r;
	snprintf(reason, sizeof(reason), "It was given to modem %s.", begin->sim.modem);
	r = EXECUTE(db,
		    "INSERT INTO attempt (delivery, part, modem, sim, state, begun_at,"
		    " may_be_duplicate, reason) VALUES (?, ?, ?, ?, " SQL_SENDING ", ?, ?, ?)",
		    INT(delivery), INT(choice.part), STRING(begin->sim.modem),
		    STRING(begin->sim.iccid), INT(begin->now.usec), INT(job->may_be_duplicate),
		    STRING(reason));
	if (r < 0)
		return r;
	job->attempt = statement_row(db);

	const struct part_change change = {
		.delivery = delivery,
		.part = choice.part,
		.event = PART_BEGUN,
		.at_usec = begin->now.usec,
		.reason = reason,
		.reference = -1,
		.sim = begin->sim.iccid,
		.attempt = job->attempt,
	};
	r = part_enter(db, &change);
	begin->found = r > 0;
	return r == 0 ? -EUCLEAN : r;
}

/* What must be known before the queue is looked at; 1 when everything is held. */
static int begin_prepare(struct database *db, struct begin_op *begin)
{
	bool held = false;
	int r = clock_turn(db, &begin->now);

	sims_asks(db, &begin->sim, begin->now.usec);
	if (r >= 0)
		r = hold_read(db, &held);
	if (r >= 0 && begin->now.trusted)
		r = schedule_release(db, begin->now.usec, &begin->scheduled_usec);
	return r < 0 ? r : held;
}

static bool head_is_late(const struct begin_op *begin, const struct head *head)
{
	return begin->now.trusted && head->valid_until_usec != 0 &&
	       head->valid_until_usec <= begin->now.usec;
}

/* 1 when the head became an attempt, 0 when it is out of the way. */
static int head_take(struct database *db, struct begin_op *begin, const struct head *head)
{
	int r = 1;

	if (head_is_late(begin, head)) {
		r = delivery_enter(db, head->delivery, PART_TIME_OUT, begin->now.usec,
				   STORE_REASON_VALIDITY);
		return r < 0 ? r : 0;
	}
	if (head->stranded)
		r = delivery_move(db, head->delivery, begin->now.usec);
	if (r <= 0)
		return r;
	r = attempt_insert(db, begin, head->delivery);
	return r < 0 ? r : 1;
}

static int begin_run(struct database *db, struct op *op)
{
	struct begin_op *begin = (struct begin_op *)op;
	struct head head;
	int r;

	if (begin->sim.iccid[0] == '\0')
		return -EINVAL;
	r = begin_prepare(db, begin);
	if (r != 0)
		return r < 0 ? r : 0;
	for (unsigned i = 0; i < HEADS_PER_TURN; i++) {
		begin->next_usec = begin->scheduled_usec;
		r = head_choose(db, begin->sim.iccid, begin->now.usec, &head, &begin->next_usec);
		if (r <= 0)
			return r;
		r = head_take(db, begin, &head);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	begin->next_usec = begin->now.usec;
	return 0;
}

static void begin_report(const struct op *op)
{
	const struct begin_op *begin = (const struct begin_op *)op;

	if (op->error < 0)
		begin->done(op->error, NULL, 0, op->userdata);
	else
		begin->done(0, begin->found ? &begin->job : NULL,
			    begin->found ? 0 : begin->next_usec, op->userdata);
}

int store_attempt_begin(struct store *store, const struct store_sim *sim,
			const struct store_now *now, store_job_done done, void *userdata)
{
	struct begin_op *begin = op_new(sizeof(*begin), begin_run, begin_report, userdata);

	if (!begin)
		return -ENOMEM;
	begin->sim.modem = op_string(&begin->op, sim->modem);
	begin->sim.iccid = op_string(&begin->op, sim->iccid);
	begin->now = *now;
	begin->done = done;
	return op_post(store, &begin->op);
}
