/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is known of SIMs.  In memory: which of them are at work now, so that what is bound to one
 * that is gone may go through another.  In the table: whether its messages were old when it was
 * first met, whether it was taken over, and how far its service centre's clock is from ours.
 */
#include <errno.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

#define GONE_AFTER_USEC (2 * USEC_PER_MINUTE)
#define WAIT_MAX_USEC USEC_PER_HOUR
/* A centre in the wrong time zone is a few hours off; more is a report of something else. */
#define CENTRE_OFFSET_MAX_USEC (26 * USEC_PER_HOUR)

/* ------------------------------------------------------------------ at work, or gone */

static struct sim_seen *seen_find(struct sims *sims, const char *iccid)
{
	for (size_t i = 0; i < sims->count; i++)
		if (strcmp(sims->seen[i].iccid, iccid) == 0)
			return &sims->seen[i];
	return NULL;
}

/* A new entry; when there are too many, in the place of the one that was seen longest ago. */
static struct sim_seen *seen_new(struct sims *sims)
{
	struct sim_seen *oldest = &sims->seen[0];

	if (sims->count < SIMS_MAX)
		return &sims->seen[sims->count++];
	for (size_t i = 1; i < sims->count; i++)
		if (sims->seen[i].seen_usec < oldest->seen_usec)
			oldest = &sims->seen[i];
	return oldest;
}

/* A modem holds one SIM: what it says of itself says nothing any more about those before. */
static void seen_replace(struct sims *sims, const struct store_sim *sim, int64_t now_usec)
{
	for (size_t i = 0; i < sims->count; i++) {
		struct sim_seen *seen = &sims->seen[i];

		if (strcmp(seen->modem, sim->modem) != 0 || strcmp(seen->iccid, sim->iccid) == 0)
			continue;
		seen->modem[0] = '\0';
		if (seen->at_work)
			seen->seen_usec = now_usec;
		seen->at_work = false;
	}
}

void sims_asks(struct database *db, const struct store_sim *sim, int64_t now_usec)
{
	struct sim_seen *seen = seen_find(&db->sims, sim->iccid);

	seen_replace(&db->sims, sim, now_usec);
	if (!seen) {
		seen = seen_new(&db->sims);
		*seen = (struct sim_seen){ 0 };
		snprintf(seen->iccid, sizeof(seen->iccid), "%s", sim->iccid);
	}
	snprintf(seen->modem, sizeof(seen->modem), "%s", sim->modem);
	seen->seen_usec = now_usec;
	seen->at_work = true;
}

void sims_limited(struct database *db, const char *iccid, bool limited, int64_t until_usec)
{
	struct sim_seen *seen = seen_find(&db->sims, iccid);

	if (!seen)
		return;
	seen->limited = limited;
	seen->limited_until_usec = limited ? until_usec : 0;
}

void sims_tick(struct database *db, int64_t now_usec)
{
	for (size_t i = 0; i < db->sims.count; i++) {
		struct sim_seen *seen = &db->sims.seen[i];

		if (seen->limited_until_usec != 0 && seen->limited_until_usec <= now_usec)
			seen->limited = false;
	}
}

bool sims_is_limited(const struct database *db, const char *iccid, int64_t *ret_until_usec)
{
	for (size_t i = 0; i < db->sims.count; i++) {
		const struct sim_seen *seen = &db->sims.seen[i];

		if (!seen->limited || strcmp(seen->iccid, iccid) != 0)
			continue;
		*ret_until_usec = seen->limited_until_usec;
		return true;
	}
	return false;
}

void sims_modem_changed(struct database *db, const char *modem, const char *to, int64_t now_usec)
{
	bool at_work = strcmp(to, "ready") == 0 || strcmp(to, "sending") == 0;

	for (size_t i = 0; i < db->sims.count; i++) {
		struct sim_seen *seen = &db->sims.seen[i];

		if (strcmp(seen->modem, modem) != 0)
			continue;
		if (seen->at_work || at_work)
			seen->seen_usec = now_usec;
		seen->at_work = at_work;
		/* It is no quota that is waited for, and nobody tells when that ends. */
		if (!at_work)
			seen->limited = false;
	}
}

bool sims_gone(const struct database *db, const char *iccid, int64_t now_usec, int64_t *ret_usec)
{
	int64_t since_usec = db->sims.started_usec;

	*ret_usec = 0;
	for (size_t i = 0; i < db->sims.count; i++) {
		const struct sim_seen *seen = &db->sims.seen[i];

		if (strcmp(seen->iccid, iccid) != 0)
			continue;
		if (seen->at_work)
			return false;
		since_usec = seen->seen_usec;
	}
	*ret_usec = since_usec + (db->sims.gone_usec > 0 ? db->sims.gone_usec : GONE_AFTER_USEC);
	return *ret_usec <= now_usec;
}

/* ------------------------------------------------------------------ the clock */

/*
 * What a clock that was ahead has put off, also before the last start, is due now: no wait that a
 * clock which can be believed gives is longer than WAIT_MAX_USEC.  It is valid no longer than that
 * clock meant it to be.
 */
static int waits_end(struct database *db, int64_t now_usec)
{
	int64_t after_usec = now_usec + WAIT_MAX_USEC;
	int r = EXECUTE(db,
			"UPDATE message SET valid_until = min(valid_until, ?1 + life)"
			" WHERE seq IN (SELECT message FROM delivery"
			" WHERE waiting = 1 AND release_at = 0 AND due_at > ?2)",
			INT(now_usec), INT(after_usec));

	if (r >= 0)
		r = EXECUTE(db,
			    "UPDATE part SET due_at = ?1 WHERE due_at > ?2 AND delivery IN"
			    " (SELECT seq FROM delivery"
			    " WHERE waiting = 1 AND release_at = 0 AND due_at > ?2)",
			    INT(now_usec), INT(after_usec));
	if (r >= 0)
		r = EXECUTE(
			db,
			"UPDATE delivery SET due_at = ?1,"
			" valid_until = min(delivery.valid_until, m.valid_until),"
			" settle_at = min(settle_at, m.valid_until) FROM message m"
			" WHERE m.seq = message AND waiting = 1 AND release_at = 0 AND due_at > ?2",
			INT(now_usec), INT(after_usec));
	return r;
}

/*
 * Spans that a clock which can't be believed has measured mean nothing: all of them begin anew with
 * the first moment that can.
 */
int clock_turn(struct database *db, const struct store_now *now)
{
	enum clock_seen before = db->clock;
	int r;

	if (now->trusted && before == CLOCK_TRUSTED)
		return 0;
	db->clock = now->trusted ? CLOCK_TRUSTED : CLOCK_UNTRUSTED;
	db->sims.started_usec = now->usec;
	for (size_t i = 0; i < db->sims.count; i++)
		db->sims.seen[i].seen_usec = now->usec;
	/* Only a clock that was ahead has stored what is still to come: else the queue is not looked at. */
	r = now->trusted && db->newest_usec > now->usec ? waits_end(db, now->usec) : 0;
	if (r < 0 || !now->trusted || before != CLOCK_UNTRUSTED)
		return r;
	r = EXECUTE(db, "UPDATE part SET unknown_at = ? WHERE unknown_at > 0", INT(now->usec));
	return r < 0 ? r : EXECUTE(db, "UPDATE sim SET centre_known = 0 WHERE centre_known = 1");
}

int sim_centre(struct database *db, const char *iccid, int64_t *ret_offset_usec)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT centre_offset FROM sim WHERE iccid = ? AND centre_known = 1",
		      STRING(iccid));
	int r = query_step(&query);

	if (r > 0)
		*ret_offset_usec = query_int(&query, 0);
	return r;
}

int sim_centre_learn(struct database *db, const char *iccid, int64_t offset_usec)
{
	if (offset_usec > CENTRE_OFFSET_MAX_USEC || offset_usec < -CENTRE_OFFSET_MAX_USEC)
		return 0;
	/* Time stamps of centres are whole seconds: less is no news, and not written. */
	return EXECUTE(db,
		       "INSERT INTO sim (iccid, centre_known, centre_offset) VALUES (?, 1, ?)"
		       " ON CONFLICT (iccid) DO UPDATE SET centre_known = 1,"
		       " centre_offset = excluded.centre_offset WHERE centre_known = 0"
		       " OR abs(centre_offset - excluded.centre_offset) > ?",
		       STRING(iccid), INT(offset_usec), INT(2 * USEC_PER_SEC));
}

int sim_concat_reference(struct database *db, const char *iccid)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "INSERT INTO sim (iccid, concat_reference) VALUES (?, 0) ON CONFLICT (iccid)"
		      " DO UPDATE SET concat_reference = (concat_reference + 1) % 256"
		      " RETURNING concat_reference",
		      STRING(iccid));
	int r = query_step(&query);
	int reference;

	if (r <= 0)
		return r < 0 ? r : -EIO;
	reference = (int)query_int(&query, 0) & 0xff;
	r = query_step(&query);
	return r < 0 ? r : reference;
}

/* ------------------------------------------------------------------ met, taken over */

int sim_standing(struct database *db, const char *iccid, bool *ret_swept, bool *ret_adopted)
{
	CLEANUP_QUERY struct query query = QUERY(
		db, "SELECT swept_at > 0, adopted_at > 0 FROM sim WHERE iccid = ?", STRING(iccid));
	int r = query_step(&query);

	*ret_swept = r > 0 && query_bool(&query, 0);
	*ret_adopted = r > 0 && query_bool(&query, 1);
	if (r != 0)
		return r;
	/* From now on it is one that can be adopted. */
	return EXECUTE(db, "INSERT INTO sim (iccid) VALUES (?)", STRING(iccid));
}

struct standing_op {
	struct op op;
	const char *iccid;
	int64_t now_usec;
	store_done done;
};

static int swept_run(struct database *db, struct op *op)
{
	const struct standing_op *swept = (struct standing_op *)op;

	return EXECUTE(db,
		       "INSERT INTO sim (iccid, swept_at) VALUES (?, ?) ON CONFLICT (iccid)"
		       " DO UPDATE SET swept_at = excluded.swept_at WHERE swept_at = 0",
		       STRING(swept->iccid), INT(swept->now_usec));
}

static int adopt_run(struct database *db, struct op *op)
{
	const struct standing_op *adopt = (struct standing_op *)op;
	int r = EXECUTE(db, "UPDATE sim SET adopted_at = ? WHERE iccid = ?", INT(adopt->now_usec),
			STRING(adopt->iccid));

	if (r < 0)
		return r;
	return statement_changes(db) > 0 ? 0 : -ENOENT;
}

static void standing_report(const struct op *op)
{
	const struct standing_op *standing = (const struct standing_op *)op;

	if (standing->done)
		standing->done(op->error, op->userdata);
}

static struct standing_op *standing_new(const struct store_sim *sim, int64_t now_usec,
					int (*run)(struct database *db, struct op *op),
					store_done done, void *userdata)
{
	struct standing_op *standing = op_new(sizeof(*standing), run, standing_report, userdata);

	if (!standing)
		return NULL;
	standing->iccid = op_string(&standing->op, sim->iccid);
	standing->now_usec = now_usec > 0 ? now_usec : 1; /* 0 is: not yet */
	standing->done = done;
	return standing;
}

int store_sim_swept(struct store *store, const struct store_sim *sim, int64_t now_usec)
{
	struct standing_op *swept = standing_new(sim, now_usec, swept_run, NULL, NULL);

	if (!swept)
		return -ENOMEM;
	/* What must come after it is queued after it. */
	swept->op.lazy = true;
	return op_post(store, &swept->op);
}

int store_sim_adopt(struct store *store, const struct store_sim *sim, int64_t now_usec,
		    store_done done, void *userdata)
{
	struct standing_op *adopt = standing_new(sim, now_usec, adopt_run, done, userdata);

	return adopt ? op_post(store, &adopt->op) : -ENOMEM;
}
