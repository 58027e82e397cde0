/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a SIM sends next.  The queue is an index of deliveries, one row each, under the SIM that
 * they are bound to ('': none yet), by priority, due moment and age; its head is found without
 * looking at the rest.  The attempt is committed before the radio is touched, so that whatever dies
 * afterwards, no part goes out twice by accident.
 */
#include <errno.h>
#include <string.h>

#include "bridge/store/internal.h"

#define PRIORITY_ABOVE_ALL 128
#define OVERDUE_PER_TURN 64

struct head {
	int64_t delivery; /* 0: none */
	int priority;
	int64_t due_usec, valid_until_usec;
};

struct begin_op {
	struct op op;
	struct store_sim sim;
	int64_t now_usec;
	store_job_done done;
	struct store_job job;
	bool found;
	int64_t next_usec;
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

/* 1 and the delivery whose turn it is, 0 and when there will be one. */
static int head_choose(struct database *db, const char *sim, int64_t now_usec, struct head *ret,
		       int64_t *ret_next_usec)
{
	struct head bound, unbound;
	int mine, any;

	*ret_next_usec = 0;
	mine = head_due(db, sim, now_usec, &bound, ret_next_usec);
	if (mine < 0)
		return mine;
	any = head_due(db, "", now_usec, &unbound, ret_next_usec);
	if (any < 0)
		return any;
	if (!mine && !any)
		return 0;
	*ret = mine && (!any || head_before(&bound, &unbound)) ? bound : unbound;
	return 1;
}

struct choice {
	int64_t delivery;
	unsigned part;
	bool bound;
};

static int job_load(struct database *db, int64_t delivery, struct store_job *job,
		    struct choice *choice)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT m.id, d.id, d.number, m.alphabet, t.text, d.valid_until, p.doubtful,"
		      " p.number, d.parts, d.concat_reference, d.sim <> '',"
		      " (SELECT count(*) FROM attempt a"
		      " WHERE a.delivery = d.seq AND a.part = p.number)"
		      " FROM delivery d CROSS JOIN message m ON m.seq = d.message"
		      " CROSS JOIN part p ON p.delivery = d.seq"
		      " CROSS JOIN message_part t ON t.message = m.seq AND t.number = p.number"
		      " WHERE d.seq = ? AND p.state = " SQL_PENDING " ORDER BY p.number LIMIT 1",
		      INT(delivery));
	const void *text;
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	*job = (struct store_job){ 0 };
	query_copy(&query, 0, job->message, sizeof(job->message));
	query_copy(&query, 1, job->delivery, sizeof(job->delivery));
	query_copy(&query, 2, job->number, sizeof(job->number));
	job->alphabet = (enum sms_alphabet)query_int(&query, 3);
	text = query_bytes(&query, 4, &job->text_size);
	if (!text || job->text_size >= sizeof(job->text))
		return -EUCLEAN;
	memcpy(job->text, text, job->text_size);
	job->valid_until_usec = query_int(&query, 5);
	job->may_be_duplicate = query_bool(&query, 6);
	choice->delivery = delivery;
	choice->part = (unsigned)query_int(&query, 7);
	job->concat.total = (uint8_t)query_int(&query, 8);
	job->concat.sequence = (uint8_t)choice->part;
	job->concat.present = job->concat.total > 1;
	job->concat.reference = (uint16_t)(query_int(&query, 9) & 0xff);
	choice->bound = query_bool(&query, 10);
	job->tries = (unsigned)query_int(&query, 11);
	if (!job->concat.present)
		job->concat = (struct tpdu_concat){ 0 };
	return 0;
}

/* The first attempt binds a delivery to the SIM, and to one concatenation reference. */
static int delivery_bind(struct database *db, const struct begin_op *begin,
			 const struct choice *choice, struct store_job *job)
{
	int reference = -1;

	if (!choice->bound && job->concat.present) {
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
		    STRING(begin->sim.iccid), INT(begin->now_usec), INT(job->may_be_duplicate),
		    STRING(reason));
	if (r < 0)
		return r;
	job->attempt = statement_row(db);

	const struct part_change change = {
		.delivery = delivery,
		.part = choice.part,
		.event = PART_BEGUN,
		.at_usec = begin->now_usec,
		.reason = reason,
		.reference = -1,
		.sim = begin->sim.iccid,
		.attempt = job->attempt,
	};
	r = part_enter(db, &change);
	begin->found = r > 0;
	return r == 0 ? -EUCLEAN : r;
}

static int begin_run(struct database *db, struct op *op)
{
	struct begin_op *begin = (struct begin_op *)op;
	struct head head;

	if (begin->sim.iccid[0] == '\0')
		return -EINVAL;
	for (unsigned i = 0; i < OVERDUE_PER_TURN; i++) {
		int r = head_choose(db, begin->sim.iccid, begin->now_usec, &head,
				    &begin->next_usec);

		if (r <= 0)
			return r;
		if (head.valid_until_usec == 0 || head.valid_until_usec > begin->now_usec) {
			r = attempt_insert(db, begin, head.delivery);
			return r < 0 ? r : 0;
		}
		r = delivery_enter(db, head.delivery, PART_TIME_OUT, begin->now_usec,
				   STORE_REASON_VALIDITY);
		if (r < 0)
			return r;
	}
	begin->next_usec = begin->now_usec;
	return 0;
}

static int begin_undo(struct database *db, struct op *op)
{
	const struct begin_op *begin = (struct begin_op *)op;
	const struct store_attempt_end end = {
		.attempt = begin->job.attempt,
		.event = PART_NOT_SENT,
		.reference = -1,
		.reason = "The disk failed before it was given to the modem.",
		.at_usec = begin->now_usec,
		.retry_at_usec = begin->now_usec,
	};

	return begin->job.attempt > 0 ? attempt_finish(db, &end) : 0;
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

int store_attempt_begin(struct store *store, const struct store_sim *sim, int64_t now_usec,
			store_job_done done, void *userdata)
{
	struct begin_op *begin = op_new(sizeof(*begin), begin_run, begin_report, userdata);

	if (!begin)
		return -ENOMEM;
	begin->op.undo = begin_undo;
	begin->sim.modem = op_string(&begin->op, sim->modem);
	begin->sim.iccid = op_string(&begin->op, sim->iccid);
	begin->now_usec = now_usec;
	begin->done = done;
	return op_post(store, &begin->op);
}
