/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a SIM sends next.  The part is picked (queue.c), counted against the SIM's quota (quota.c) and
 * its attempt committed before the radio is touched, so that whatever dies afterwards, no part goes
 * out twice by accident and none goes uncounted.
 */
#include <errno.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

#define HEADS_PER_TURN 64 /* late ones, in the wrong line, and those that can't be moved */
#define BLOCKED_AGAIN_USEC USEC_PER_MINUTE

/* 3GPP TS 24.011 annex E: said of this subscriber and number; others pass. */
#define REFUSALS "'CMS/10', 'CMS/21', 'CMS/30'"

struct begin_op {
	struct op op;
	struct store_sim sim;
	struct store_route route;
	struct store_now now;
	store_job_done done;
	struct quota_uses uses;
	struct store_job job;
	bool found;
	bool known_only; /* it may talk with no new number */
	/* So many parts are left for what it has not begun; as long as nothing lacked any, all. */
	int64_t room;
	int64_t next_usec;
	struct store_wait wait;
};

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
		      " AND a.error IN (" REFUSALS "))"
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
		       "UPDATE delivery SET modem = ?, sim = ?, preferred = '',"
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

/* It has its share of the SIM's quota, and the SIM has the conversation. */
static int attempt_begin(struct database *db, struct begin_op *begin, int64_t delivery)
{
	const struct store_job *job = &begin->job;
	const char *sim = begin->sim.iccid;
	int r = attempt_insert(db, begin, delivery);

	if (r >= 0)
		r = quota_count(db, sim, job->attempt, job->number, &begin->uses);
	if (r >= 0)
		r = peer_begun(db, job->number, sim, job->attempt, begin->now.usec);
	return r;
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
		r = schedule_release(db, begin->now.usec, &begin->next_usec);
	return r < 0 ? r : held;
}

static void begin_limit(struct begin_op *begin, enum store_limit limit)
{
	begin->wait.limit = limit;
	begin->wait.limit_until_usec = begin->uses.rows[limit].ends_usec;
	begin->wait.next_usec = begin->wait.limit_until_usec;
	if (begin->wait.next_usec == 0)
		begin->wait.next_usec = begin->now.usec + BLOCKED_AGAIN_USEC;
}

/* 1 when the SIM may send nothing more for a while. */
static int begin_quota(struct database *db, struct begin_op *begin)
{
	const struct store_quota *quota = &begin->route.quota;
	const char *sim = begin->sim.iccid;
	enum store_limit limit;
	int r = quota_load(db, sim, &begin->now, quota->reset_day, &begin->uses);

	if (r < 0)
		return r;
	limit = quota_used_up(&begin->uses, quota);
	begin->known_only = quota_recipients_used_up(&begin->uses, quota);
	if (limit == STORE_LIMIT_NONE && begin->known_only)
		begin_limit(begin, STORE_LIMIT_RECIPIENTS);
	if (limit == STORE_LIMIT_NONE)
		return 0;
	begin_limit(begin, limit);
	/* Ends of periods that a clock has moved. */
	r = quota_save(db, sim, &begin->uses);
	return r < 0 ? r : 1;
}

/*
 * What does not fit waits, and what is shorter passes it.  That takes nothing from it: in the next
 * period it has the first turn.  Another SIM may take it meanwhile, and nobody tells: look again.
 */
static void begin_pass(struct begin_op *begin, enum store_limit limit, int64_t room)
{
	int64_t again_usec = begin->now.usec + BLOCKED_AGAIN_USEC;

	begin->room = room;
	/* No place for new numbers is said first: that lasts as long as anything. */
	if (begin->wait.limit == STORE_LIMIT_NONE) {
		begin_limit(begin, limit);
		begin->wait.some_left = true;
	}
	if (begin->wait.next_usec > again_usec)
		begin->wait.next_usec = again_usec;
}

static bool head_is_late(const struct begin_op *begin, const struct head *head)
{
	return begin->now.trusted && head->valid_until_usec != 0 &&
	       head->valid_until_usec <= begin->now.usec;
}

/*
 * 1 when what is left of every period is enough for all of the head's parts, beside those that are
 * missing of what the SIM has half sent: nobody is to wait for the other half for days.  What no
 * period has room for is begun all the same.
 */
static int head_fits(struct database *db, struct begin_op *begin, const struct head *head)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT iif(?1, parts, pending), (SELECT ifnull(sum(b.pending), 0)"
		      " FROM delivery b WHERE b.waiting = 1 AND b.sim = ?2 AND b.parts_sent > 0)"
		      " FROM delivery WHERE seq = ?3",
		      INT(head->stranded), STRING(begin->sim.iccid), INT(head->delivery));
	enum store_limit limit;
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	limit = quota_lacks(&begin->uses, &begin->route.quota, query_int(&query, 0),
			    query_int(&query, 1));
	if (limit == STORE_LIMIT_NONE)
		return 1;
	begin_pass(begin, limit,
		   quota_room(&begin->uses, &begin->route.quota, query_int(&query, 1)));
	return 0;
}

/* 1 when the head became an attempt, 0 when it is out of the way. */
static int head_take(struct database *db, struct begin_op *begin, const struct pick *pick,
		     const struct head *head)
{
	int r;

	if (head_is_late(begin, head)) {
		r = delivery_enter(db, head->delivery, PART_TIME_OUT, begin->now.usec,
				   STORE_REASON_VALIDITY);
		return r < 0 ? r : 0;
	}
	r = queue_look_again(db, pick, head);
	if (r != 0)
		return r < 0 ? r : 0;
	r = 1;
	if ((head->free || head->stranded) && quota_is_set(&begin->route.quota))
		r = head_fits(db, begin, head);
	if (r > 0 && head->stranded)
		r = delivery_move(db, head->delivery, begin->now.usec);
	if (r <= 0)
		return r;
	r = attempt_begin(db, begin, head->delivery);
	return r < 0 ? r : 1;
}

/* Something waits to be due, or for the end of the limit. */
static void begin_wait(struct begin_op *begin)
{
	int64_t *next_usec = &begin->wait.next_usec;

	if (begin->next_usec > 0 && (*next_usec == 0 || begin->next_usec < *next_usec))
		*next_usec = begin->next_usec;
}

static int begin_pick(struct database *db, struct begin_op *begin)
{
	static const struct store_route nothing_new = { 0 };
	struct head head;
	int r;

	for (unsigned i = 0; i < HEADS_PER_TURN; i++) {
		struct pick pick = {
			.sim = &begin->sim,
			.route = begin->room > 0 ? &begin->route : &nothing_new,
			.now_usec = begin->now.usec,
			.known_only = begin->known_only,
			.turn = begin->uses.rows[STORE_LIMIT_RECIPIENTS].turn,
			.room = begin->room,
			.next_usec = begin->next_usec,
		};

		r = queue_choose(db, &pick, &head);
		begin->next_usec = pick.next_usec;
		if (r <= 0) {
			begin_wait(begin);
			return r;
		}
		r = head_take(db, begin, &pick, &head);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	begin->wait.next_usec = begin->now.usec;
	return 0;
}

static int begin_run(struct database *db, struct op *op)
{
	struct begin_op *begin = (struct begin_op *)op;
	int r;

	if (begin->sim.iccid[0] == '\0')
		return -EINVAL;
	r = begin_prepare(db, begin);
	if (r == 0) {
		r = begin_quota(db, begin);
		sims_limited(db, begin->sim.iccid, r > 0, begin->wait.limit_until_usec);
	}
	if (r != 0)
		return r < 0 ? r : 0;
	return begin_pick(db, begin);
}

static void begin_report(const struct op *op)
{
	const struct begin_op *begin = (const struct begin_op *)op;

	begin->done(op->error, op->error < 0 || !begin->found ? NULL : &begin->job,
		    op->error < 0 || begin->found ? NULL : &begin->wait, op->userdata);
}

static const char *const *strings_copy(struct op *op, const char *const *strings, size_t count)
{
	const char **copy = op_alloc(op, (count + 1) * sizeof(*copy));

	for (size_t i = 0; i < count && copy; i++)
		copy[i] = op_string(op, strings[i]);
	return copy;
}

int store_attempt_begin(struct store *store, const struct store_sim *sim,
			const struct store_route *route, const struct store_now *now,
			store_job_done done, void *userdata)
{
	struct begin_op *begin = op_new(sizeof(*begin), begin_run, begin_report, userdata);
	struct op *op = (struct op *)begin;

	if (!begin)
		return -ENOMEM;
	begin->sim.modem = op_string(op, sim->modem);
	begin->sim.iccid = op_string(op, sim->iccid);
	begin->route = *route;
	begin->route.prefixes = strings_copy(op, route->prefixes, route->prefix_count);
	begin->route.talk_prefixes =
		strings_copy(op, route->talk_prefixes, route->talk_prefix_count);
	begin->route.talkers = strings_copy(op, route->talkers, route->talker_count);
	begin->now = *now;
	begin->room = INT64_MAX;
	begin->done = done;
	return op_post(store, op);
}
