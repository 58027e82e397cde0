/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose turn it is.  The queue is an index of deliveries, one row each, in lines: under the SIM that
 * they are bound to ('': none yet), their class, and the SIM of their conversation ('': none), by
 * priority, due moment and age.  The head of a line is found without looking at the rest, and from
 * each line that the asking SIM may take from comes one; what waits elsewhere costs nothing.
 *
 * A conversation that has come to be another SIM's since, or a number that is of another class now,
 * is seen when it comes to the head of the wrong line, and put into the right one.
 *
 * A SIM that may talk with no new number this month looks, in the same lines, for those it knows: by
 * number, so that what waits to others is not looked at, and costs as much as it knows numbers.
 *
 * A SIM whose quota has no room for the head of a line looks a little further for one that has it.
 */
#include <errno.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

#define PRIORITY_ABOVE_ALL 128
#define PASSED_MAX 64 /* looked at in a line for one that is short enough */

struct line {
	const char *sim, *prefix, *preferred;
	bool waits; /* for the SIM that is preferred, as long as there is patience */
};

static void sooner(int64_t *next_usec, int64_t usec)
{
	if (usec > 0 && (*next_usec == 0 || usec < *next_usec))
		*next_usec = usec;
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

/* ------------------------------------------------------------------ one line */

static void head_columns(const struct query *query, struct head *head)
{
	head->delivery = query_int(query, 0);
	head->priority = (int)query_int(query, 1);
	head->due_usec = query_int(query, 2);
	head->valid_until_usec = query_int(query, 3);
}

/* What is bound to the SIM goes on: the room is kept for it. */
static int64_t line_room(const struct pick *pick, const struct line *line)
{
	return strcmp(line->sim, pick->sim->iccid) == 0 ? INT64_MAX : pick->room;
}

/* How many are looked at: where all have room, the first is the one. */
static int64_t line_reach(int64_t room)
{
	return room == INT64_MAX ? 1 : PASSED_MAX;
}

/* What moves to another SIM does so with all of its parts. */
#define SQL_NEEDS "iif(sim = '', pending, parts)"

/*
 * The first in line below a priority that has room, whether it is due or not.  A subquery with a limit
 * gives its rows in its own order: sorted once more, each ask would cost a sort.
 */
static int head_below(struct database *db, const struct pick *pick, const struct line *line,
		      int priority, struct head *head)
{
	int64_t room = line_room(pick, line);
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT seq, priority, due_at, valid_until FROM"
		      " (SELECT seq, priority, due_at, valid_until, " SQL_NEEDS " AS needs"
		      " FROM delivery WHERE waiting = 1 AND sim = ? AND prefix = ?"
		      " AND preferred = ? AND priority < ?"
		      " ORDER BY priority DESC, due_at, seq LIMIT ?)"
		      " WHERE needs <= ? LIMIT 1",
		      STRING(line->sim), STRING(line->prefix), STRING(line->preferred),
		      INT(priority), INT(line_reach(room)), INT(room));
	int r = query_step(&query);

	*head = (struct head){ 0 };
	if (r > 0)
		head_columns(&query, head);
	return r;
}

/*
 * The same of those to numbers that the SIM has talked with in this turn of its month: one look for
 * each of them, however many others wait before.
 */
static int known_below(struct database *db, const struct pick *pick, const struct line *line,
		       int priority, struct head *head)
{
	int64_t room = line_room(pick, line);
	CLEANUP_QUERY struct query query = QUERY(
		db,
		"SELECT d.seq, d.priority, d.due_at, d.valid_until"
		" FROM quota_recipient r CROSS JOIN delivery d ON d.seq ="
		" (SELECT seq FROM (SELECT seq, priority, due_at, " SQL_NEEDS " AS needs"
		" FROM delivery INDEXED BY delivery_known WHERE waiting = 1"
		" AND number = r.number AND sim = ? AND prefix = ? AND preferred = ?"
		" AND priority < ? ORDER BY priority DESC, due_at, seq LIMIT ?)"
		" WHERE needs <= ? LIMIT 1)"
		" WHERE r.sim = ? AND r.turn = ?"
		" ORDER BY d.priority DESC, d.due_at, d.seq LIMIT 1",
		STRING(line->sim), STRING(line->prefix), STRING(line->preferred), INT(priority),
		INT(line_reach(room)), INT(room), STRING(pick->sim->iccid), INT(pick->turn));
	int r = query_step(&query);

	*head = (struct head){ 0 };
	if (r > 0)
		head_columns(&query, head);
	return r;
}

/*
 * Until when a conversation is left to its SIM.  What was due before the daemon began waits as long
 * from then on: no SIM has had its turn.
 */
static int64_t patience_ends_usec(const struct database *db, const struct pick *pick,
				  int64_t due_usec)
{
	int64_t began_usec = db->sims.started_usec;

	/* A clock that was set back says nothing. */
	if (began_usec > due_usec && began_usec <= pick->now_usec)
		due_usec = began_usec;
	return due_usec + pick->route->patience_usec;
}

static int64_t may_go_usec(const struct database *db, const struct pick *pick,
			   const struct line *line, const struct head *head)
{
	return line->waits ? patience_ends_usec(db, pick, head->due_usec) : head->due_usec;
}

/* The first that is due.  In each priority the head is the earliest: one look at each is enough. */
static int head_due(struct database *db, struct pick *pick, const struct line *line,
		    struct head *head)
{
	int priority = PRIORITY_ABOVE_ALL;
	int r;

	while ((r = pick->known_only ? known_below(db, pick, line, priority, head)
				     : head_below(db, pick, line, priority, head)) > 0 &&
	       may_go_usec(db, pick, line, head) > pick->now_usec) {
		sooner(&pick->next_usec, may_go_usec(db, pick, line, head));
		priority = head->priority;
	}
	return r;
}

static int line_look(struct database *db, struct pick *pick, const struct line *line,
		     struct head *best)
{
	struct head head;
	int r = head_due(db, pick, line, &head);

	head.free = line->sim[0] == '\0';
	head.stranded = !head.free && strcmp(line->sim, pick->sim->iccid) != 0;
	if (r > 0)
		head_better(best, &head);
	return r < 0 ? r : 0;
}

/* ------------------------------------------------------------------ which lines there are */

/* The next SIM, class, preferred SIM, in their order, that something waits for: one look each. */
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

static int prefix_after(struct database *db, const char *sim, char prefix[static NUMBER_SIZE])
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT prefix FROM delivery WHERE waiting = 1 AND sim = ? AND prefix > ?"
		      " ORDER BY prefix LIMIT 1",
		      STRING(sim), STRING(prefix));
	int r = query_step(&query);

	if (r > 0)
		query_copy(&query, 0, prefix, NUMBER_SIZE);
	return r;
}

static int preferred_after(struct database *db, const char *prefix,
			   char preferred[static STORE_NAME_SIZE])
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT preferred FROM delivery WHERE waiting = 1 AND sim = ''"
		      " AND prefix = ? AND preferred > ? ORDER BY preferred LIMIT 1",
		      STRING(prefix), STRING(preferred));
	int r = query_step(&query);

	if (r > 0)
		query_copy(&query, 0, preferred, STORE_NAME_SIZE);
	return r;
}

/* ------------------------------------------------------------------ who may take from them */

/* That SIM, another one, will go on with its conversations. */
static bool sim_talks(const struct pick *pick, const char *sim)
{
	for (size_t i = 0; i < pick->route->talker_count; i++)
		if (strcmp(pick->route->talkers[i], sim) == 0)
			return true;
	return false;
}

static int own_look(struct database *db, struct pick *pick, struct head *best)
{
	const char *sim = pick->sim->iccid;
	char prefix[NUMBER_SIZE] = "";
	int r;

	do {
		r = line_look(db, pick, &(struct line){ sim, prefix, "", false }, best);
		if (r >= 0)
			r = prefix_after(db, sim, prefix);
	} while (r > 0);
	return r;
}

static int class_look(struct database *db, struct pick *pick, const char *prefix, struct head *best)
{
	char preferred[STORE_NAME_SIZE] = "";
	int r;

	do {
		bool waits = preferred[0] != '\0' && strcmp(preferred, pick->sim->iccid) != 0 &&
			     sim_talks(pick, preferred);
		const struct line line = { "", prefix, preferred, waits };

		r = line_look(db, pick, &line, best);
		if (r >= 0)
			r = preferred_after(db, prefix, preferred);
	} while (r > 0);
	return r;
}

/* A few looks into the index for every SIM that something waits for, whatever waits there. */
static int stranded_look(struct database *db, struct pick *pick, struct head *best)
{
	const struct store_route *route = pick->route;
	char sim[STORE_NAME_SIZE] = "";
	int r = 0;

	for (unsigned i = 0; i < SIMS_MAX && (r = sim_after(db, sim)) > 0; i++) {
		int64_t gone_usec;

		if (strcmp(sim, pick->sim->iccid) == 0)
			continue;
		if (!sims_gone(db, sim, pick->now_usec, &gone_usec)) {
			sooner(&pick->next_usec, gone_usec);
			continue;
		}
		for (size_t p = 0; p < route->prefix_count && r >= 0; p++)
			r = line_look(db, pick,
				      &(struct line){ sim, route->prefixes[p], "", false }, best);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : 0;
}

/* 1 when anything waits to numbers that are known: mostly nothing does, in none of the lines. */
static int known_waits(struct database *db, const struct pick *pick)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT 1 FROM quota_recipient r CROSS JOIN delivery d"
		      " INDEXED BY delivery_known ON d.waiting = 1 AND d.number = r.number"
		      " WHERE r.sim = ? AND r.turn = ? LIMIT 1",
		      STRING(pick->sim->iccid), INT(pick->turn));

	return query_step(&query);
}

int queue_choose(struct database *db, struct pick *pick, struct head *ret)
{
	const struct store_route *route = pick->route;
	int r = pick->known_only ? known_waits(db, pick) : 1;

	*ret = (struct head){ 0 };
	if (r <= 0)
		return r;
	r = own_look(db, pick, ret);
	for (size_t i = 0; i < route->prefix_count && r >= 0; i++)
		r = class_look(db, pick, route->prefixes[i], ret);
	for (size_t i = 0; i < route->talk_prefix_count && r >= 0; i++)
		r = line_look(
			db, pick,
			&(struct line){ "", route->talk_prefixes[i], pick->sim->iccid, false },
			ret);
	if (r >= 0 && route->prefix_count > 0)
		r = stranded_look(db, pick, ret);
	return r < 0 ? r : ret->delivery > 0;
}

/* ------------------------------------------------------------------ the right line */

struct place {
	char prefix[NUMBER_SIZE], preferred[STORE_NAME_SIZE];
	char peer[STORE_NAME_SIZE]; /* who talked with the number last; "" nobody */
	bool class_changed;
};

static int place_load(struct database *db, int64_t delivery, struct place *place)
{
	CLEANUP_QUERY struct query query = QUERY(
		db,
		"SELECT " SQL_CLASS ", preferred, ifnull((SELECT t.sim FROM part p JOIN peer t"
		" ON t.tail = p.tail WHERE p.delivery = d.seq AND p.number = 1), ''), prefix"
		" FROM delivery d WHERE seq = ?",
		INT(delivery));
	char prefix[NUMBER_SIZE];
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	query_copy(&query, 0, place->prefix, sizeof(place->prefix));
	query_copy(&query, 1, place->preferred, sizeof(place->preferred));
	query_copy(&query, 2, place->peer, sizeof(place->peer));
	query_copy(&query, 3, prefix, sizeof(prefix));
	place->class_changed = strcmp(prefix, place->prefix) != 0;
	return 0;
}

int queue_look_again(struct database *db, const struct pick *pick, const struct head *head)
{
	struct place place;
	bool waits_for_peer;
	int r;

	if (!head->free && !head->stranded)
		return 0;
	r = place_load(db, head->delivery, &place);
	if (r < 0)
		return r;
	waits_for_peer = head->free && place.peer[0] != '\0' &&
			 strcmp(place.peer, place.preferred) != 0 &&
			 strcmp(place.peer, pick->sim->iccid) != 0 &&
			 patience_ends_usec(db, pick, head->due_usec) > pick->now_usec &&
			 sim_talks(pick, place.peer);
	if (!place.class_changed && !waits_for_peer)
		return 0;
	r = EXECUTE(db, "UPDATE delivery SET prefix = ?, preferred = ? WHERE seq = ?",
		    STRING(place.prefix),
		    STRING(head->free && place.peer[0] != '\0' ? place.peer : place.preferred),
		    INT(head->delivery));
	return r < 0 ? r : 1;
}
