/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the store share, and nobody else includes.  Three layers: the database (one
 * connection, cached statements, errors translated once), operations (arguments and results in one
 * arena, carried to the store's thread and back), and the tables' own functions.
 *
 * Functions return 0 or more, or negative errno.  A disk that fails sets database.failed as well:
 * then the whole transaction is lost, whatever the operation makes of the error.
 */
#pragma once

#include <sqlite3.h>

#include "bridge/base/cleanup.h"
#include "bridge/store/store.h"

/* States inside SQL: partial indexes want literals.  schema.c asserts that they agree. */
#define SQL_PENDING "0"
#define SQL_SENDING "1"
#define SQL_UNKNOWN "2"
#define SQL_SENT "3"
#define SQL_DELIVERED "4"
#define SQL_FAILED "6"
#define SQL_EXPIRED "7"
#define SQL_CANCELLED "8"

/* Rows of tally; those below are delivery states. */
#define TALLY_UNHANDLED 100
#define TALLY_NEWEST 101
#define TALLY_ATTENTION 102
#define TALLY_HELD 103
#define TALLY_SORTED 104

/* The class of the column number by the prefixes of now: of those that it begins with, the longest
 * is the last. */
#define SQL_CLASS                                                                                  \
	"(SELECT ifnull(max(c.prefix), '') FROM prefix c"                                          \
	" WHERE substr(number, 1, length(c.prefix)) = c.prefix)"

/* ------------------------------------------------------------------ the database */

#define STATEMENT_CACHE_SIZE 512 /* a power of two, well above the number of statements */

struct statement {
	const char *sql; /* a literal: its address is the key */
	sqlite3_stmt *prepared;
};

struct op;

#define SIMS_MAX 128 /* remembered as at work or gone: twice as many as there are modems */

struct sim_seen {
	char iccid[STORE_NAME_SIZE], modem[STORE_NAME_SIZE];
	int64_t seen_usec;
	bool at_work; /* it asked, and its modem did not say since that it can't */
	bool limited; /* its quota was used up when it asked */
	int64_t limited_until_usec;
};

struct sims {
	struct sim_seen seen[SIMS_MAX];
	size_t count;
	int64_t started_usec; /* since when the rest may be missed */
	int64_t gone_usec;    /* of the last policy; 0: GONE_AFTER_USEC */
};

enum clock_seen { CLOCK_UNSEEN, CLOCK_UNTRUSTED, CLOCK_TRUSTED };

struct database {
	char *path;
	sqlite3 *handle; /* may be NULL after a failure, until it is opened again */
	struct statement statements[STATEMENT_CACHE_SIZE];
	int failed;                  /* negative errno of a disk that failed, 0 */
	bool given_up;               /* after a failure: to be closed and opened again */
	bool damaged;                /* seen to be: not touched any more */
	int64_t newest_usec;         /* the latest moment that any row was given */
	int64_t newest_written_usec; /* of those, what the table says */
	struct op *op;               /* the one that runs: its arena takes the events */
	struct sims sims;
	enum clock_seen clock;
};

/* database.c.  error gets a sentence; the file is left as it was when it is refused. */
int database_open(const char *path, char *error, size_t error_size, struct database **ret_db);
struct database *database_free(struct database *db);
/* Opens again what database_drop() gave up; 0 at once when it is open.  -EUCLEAN for ever. */
int database_ready(struct database *db);
void database_drop(struct database *db);

/* directory.c: made when missing, locked, its database file made or looked at. */
int directory_lock(const char *directory, char *error, size_t error_size, int *ret_fd);

/* schema.c */
#define SCHEMA_APPLICATION_ID 0x46427267 /* "FBrg" */
extern const unsigned schema_version;
/* Creates or migrates, in one transaction. */
int schema_migrate(struct database *db, unsigned from);

/* ------------------------------------------------------------------ statements (statement.c) */

struct value {
	enum { VALUE_INT, VALUE_TEXT, VALUE_BLOB } type;
	int64_t number;
	const void *bytes; /* NULL: NULL */
	size_t size;
};

#define INT(x) ((struct value){ .type = VALUE_INT, .number = (x) })
#define STRING(s) value_of_string(s)
#define TEXT(p, n) ((struct value){ .type = VALUE_TEXT, .bytes = (p), .size = (n) })
#define BLOB(p, n) ((struct value){ .type = VALUE_BLOB, .bytes = (p), .size = (n) })
struct value value_of_string(const char *string);

struct query {
	struct database *db;
	sqlite3_stmt *prepared;
	int error;
};

struct query query_begin(struct database *db, const char *sql, const struct value *values,
			 size_t count);
void query_end(struct query *query);
/* 1 a row, 0 no more, or negative errno (also of query_begin). */
int query_step(struct query *query);
int64_t query_int(const struct query *query, int column);
bool query_bool(const struct query *query, int column);
/* Cut to the buffer. */
void query_copy(const struct query *query, int column, char *buffer, size_t size);
const void *query_bytes(const struct query *query, int column, size_t *ret_size);

int execute_values(struct database *db, const char *sql, const struct value *values, size_t count);

#define VALUES(...)                                                                                \
	(const struct value[])                                                                     \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define VALUE_COUNT(...) (sizeof(VALUES(__VA_ARGS__)) / sizeof(struct value))

#define CLEANUP_QUERY CLEANUP(query_end)
#define QUERY(db, sql, ...) query_begin(db, sql, VALUES(__VA_ARGS__), VALUE_COUNT(__VA_ARGS__))
#define EXECUTE(db, sql, ...) execute_values(db, sql, VALUES(__VA_ARGS__), VALUE_COUNT(__VA_ARGS__))

int statement_fail(struct database *db, int code); /* a code of SQLite becomes an errno */
void statements_clear(struct database *db);
int64_t statement_changes(const struct database *db);
int64_t statement_row(const struct database *db); /* of the last INSERT */

/* ------------------------------------------------------------------ operations (op.c, store.c) */

struct chunk;

struct op {
	struct op *next;
	struct op *next_batch; /* of the first of a transaction */
	int (*run)(struct database *db, struct op *op);
	void (*report)(const struct op *op); /* calls the caller's callback; NULL: nobody waits */
	void *userdata;
	int error;
	bool lazy;      /* rides on the next commit, causes none */
	bool no_memory; /* an argument could not be copied */
	struct chunk *chunks;
	size_t bytes, posted_bytes;
	struct store_event *events;
	size_t event_count, event_capacity;
};

/*
 * size is that of the operation's own struct, which begins with struct op.  Returns NULL without
 * memory; so do the copies, and op_post() then says -ENOMEM.
 */
void *op_new(size_t size, int (*run)(struct database *db, struct op *op),
	     void (*report)(const struct op *op), void *userdata);
struct op *op_free(struct op *op);
void *op_alloc(struct op *op, size_t size);                   /* zeroed, lives as long as op */
char *op_copy(struct op *op, const void *bytes, size_t size); /* and a NUL; NULL stays NULL */
char *op_string(struct op *op, const char *string);
/* An array with room for one more than count; capacity 0 and NULL to begin with. */
void *op_grow(struct op *op, void *items, size_t count, size_t *capacity, size_t item_size);

/* Takes op over, also on failure.  0, -EBUSY, -ENOMEM. */
int op_post(struct store *store, struct op *op);

/* ------------------------------------------------------------------ tables */

/* id.c */
#define ID_NEW_SIZE 13
int id_new(char id[static ID_NEW_SIZE]);
bool id_valid(const char *id);

/* message_read.c */
int message_find(struct database *db, const char *id, int64_t *ret_seq);
int message_read(struct database *db, struct op *op, int64_t seq, bool attempts,
		 struct store_message *message);

/* part.c: the one door into a state. */
struct part_change {
	int64_t delivery;
	unsigned part;
	enum part_event event;
	int64_t at_usec;
	const char *reason, *error; /* error NULL: none */
	int reference;              /* -1: unchanged */
	/* BEGUN */
	const char *sim;
	int64_t attempt;
	/* NOT_SENT, REFUSED, RETRY */
	int64_t due_usec;
	bool doubtful; /* it may have gone out all the same */
};
/* 1 when the part entered a state, 0 when the event means nothing to it. */
int part_enter(struct database *db, const struct part_change *change);
/*
 * Every part in one of these states (a bit each) gets the event; returns how many moved.  Then the
 * delivery must follow.
 */
#define STATE_BIT(state) (1u << (state))
int parts_move(struct database *db, const struct part_change *change, unsigned states);
/* The delivery shows what its parts say. */
int delivery_follow(struct database *db, const struct part_change *change);
/* When a part of it is lost, those that wait are cancelled. */
int delivery_give_up(struct database *db, const struct part_change *change);
/* Its reason and the operator's attention, once. */
int delivery_hold(struct database *db, int64_t delivery, int64_t at_usec, const char *reason);
/* Every part that still waits gets the event (CANCEL, TIME_OUT). */
int delivery_enter(struct database *db, int64_t delivery, enum part_event event, int64_t at_usec,
		   const char *reason);
/* No report came and none will: what is out stays as it is, for good. */
int delivery_close_unreported(struct database *db, int64_t delivery, int64_t at_usec);
#define STORE_REASON_VALIDITY "Its validity was over before it could be sent."
#define NO_REPORT_AFTER_USEC (60 * INT64_C(60000000))

/* restart.c: parts of a delivery that go again.  1 when some do, 0 when none. */
int delivery_resend(struct database *db, int64_t delivery, int64_t now_usec, const char *reason);
int delivery_retry(struct database *db, int64_t delivery, int64_t now_usec);
/* All parts of what is bound to a SIM that is gone, under another one. */
int delivery_move(struct database *db, int64_t delivery, int64_t now_usec);

/* unknown.c: what waited too long to be settled. */
int unknown_tick(struct database *db, int64_t now_usec, int64_t after_usec, struct store_tick *tick,
		 int64_t *ret_next_usec);

/* schedule.c: what was scheduled comes into the queue; returns how many. */
int schedule_release(struct database *db, int64_t now_usec, int64_t *ret_next_usec);

/* retention.c: texts, then records go; returns how many. */
int retention_tick(struct database *db, int64_t now_usec, const struct store_tick_policy *policy,
		   int64_t *ret_next_usec);

/* hold.c */
int hold_read(struct database *db, bool *ret_held);

/* queue.c */
struct pick {
	const struct store_sim *sim;
	const struct store_route *route;
	int64_t now_usec;
	bool known_only; /* numbers that the SIM talked with in this turn of its month */
	int64_t turn;
	/* What needs more parts is passed, as long as it is not bound to the SIM. */
	int64_t room;
	int64_t next_usec; /* when something will be due, 0 */
};

struct head {
	int64_t delivery; /* 0: none */
	int priority;
	int64_t due_usec, valid_until_usec;
	bool free;     /* bound to no SIM */
	bool stranded; /* its SIM is gone */
};
/* 1 and the delivery whose turn it is, 0 and when there will be one. */
int queue_choose(struct database *db, struct pick *pick, struct head *ret);
/* Something of it is not as it was: 1 and it was put in its right place, 0 when it may go. */
int queue_look_again(struct database *db, const struct pick *pick, const struct head *head);

/* prefix.c: sorts on; 1 when there is more to sort. */
int prefix_tick(struct database *db);

/* peer.c: conversations. */
int peer_begun(struct database *db, const char *number, const char *sim, int64_t attempt,
	       int64_t at_usec);
/* Something went out or came in. */
int peer_talked(struct database *db, const char *tail, const char *sim, int64_t at_usec);
/* Nothing went out. */
int peer_not_talked(struct database *db, const char *tail, int64_t attempt);
int peer_tick(struct database *db, int64_t before_usec, int64_t limit);

/* quota.c */
struct quota_row {
	int64_t used, ends_usec, since, turn;
	bool changed;
};
struct quota_uses {
	struct quota_row rows[STORE_LIMIT_COUNT];
};
/* As of now: what belongs to a period that is over is nought. */
int quota_load(struct database *db, const char *sim, const struct store_now *now,
	       unsigned reset_day, struct quota_uses *uses);
int quota_save(struct database *db, const char *sim, const struct quota_uses *uses);
/* The limit of parts that is used up for the longest, or NONE. */
enum store_limit quota_used_up(const struct quota_uses *uses, const struct store_quota *quota);
/* There is a limit of parts that is worth waiting for: longer than a minute. */
bool quota_is_set(const struct store_quota *quota);
/* The longest of an hour, a day, a month that has no room left for so many parts beside those that
 * are missing of messages that were begun, but had it while it was empty; or NONE. */
enum store_limit quota_lacks(const struct quota_uses *uses, const struct store_quota *quota,
			     int64_t parts, int64_t begun);
/* So many parts have room in the hour, the day and the month, beside those. */
int64_t quota_room(const struct quota_uses *uses, const struct store_quota *quota, int64_t begun);
bool quota_recipients_used_up(const struct quota_uses *uses, const struct store_quota *quota);
int quota_count(struct database *db, const char *sim, int64_t attempt, const char *number,
		struct quota_uses *uses);
int quota_give_back(struct database *db, const char *sim, int64_t attempt, int64_t delivery);
int quota_health(struct database *db, const char *sim, int64_t now_usec,
		 struct store_use uses[static STORE_LIMIT_COUNT]);
/* Numbers of months that are over go, a few at a time; 1 when there are more. */
int quota_tick(struct database *db, int64_t now_usec);

/* sim.c */
void sims_asks(struct database *db, const struct store_sim *sim, int64_t now_usec);
void sims_modem_changed(struct database *db, const char *modem, const char *to, int64_t now_usec);
void sims_limited(struct database *db, const char *iccid, bool limited, int64_t until_usec);
/* A SIM that nobody asks work for, since all is held or it rests, has its quota again as well. */
void sims_tick(struct database *db, int64_t now_usec);
/* True while its quota is used up, and until when, 0 unknown. */
bool sims_is_limited(const struct database *db, const char *iccid, int64_t *ret_until_usec);
/* ret_usec: when it will be, 0 while it is at work. */
bool sims_gone(const struct database *db, const char *iccid, int64_t now_usec, int64_t *ret_usec);
int clock_turn(struct database *db, const struct store_now *now);
/* The centre's clock minus ours: 1, or 0 when nobody knows it. */
int sim_centre(struct database *db, const char *iccid, int64_t *ret_offset_usec);
int sim_centre_learn(struct database *db, const char *iccid, int64_t offset_usec);
int sim_standing(struct database *db, const char *iccid, bool *ret_swept, bool *ret_adopted);
/* The next concatenation reference, 0..255. */
int sim_concat_reference(struct database *db, const char *iccid);

/* attention.c */
int attention_read(struct database *db, int64_t seq, struct store_attention *item);
int attention_open(struct database *db, const struct store_attention *item, int64_t delivery);
int attention_delivery(struct database *db, int64_t delivery, const struct store_event *event,
		       enum attention_kind kind);
/* A delivery has changed: its item ends, or another is opened. unknown: a part of it is. */
int attention_follow(struct database *db, int64_t delivery, const struct store_event *event,
		     bool unknown);
int attention_inbound_handled(struct database *db, const char *inbound, int64_t at_usec);

/* attempt.c: -ENOENT, -EALREADY */
int attempt_finish(struct database *db, const struct store_attempt_end *end);

struct report {
	int64_t stray; /* 0: it comes now */
	const char *sim, *tail;
	int reference;
	uint8_t status;
	int64_t at_usec,
		centre_usec; /* when it came; when the centre got what it speaks of, or 0 */
};

struct match {
	int64_t delivery, attempt;
	unsigned part;
};

/* guess.c: 1 and the unknown part that it must be about, 0 when none or several may be. */
int report_match_unknown(struct database *db, const struct report *report, struct match *match);

/* report.c: 1 when it settled a part, 0 when it was kept as a stray. */
int report_receive(struct database *db, const char *sim, const struct tpdu *tpdu, int64_t at_usec);
/* An attempt to that number has ended: reports that overtook its answer have their turn. */
int report_strays_apply(struct database *db, const char *sim, const char *tail);
int report_tick(struct database *db, int64_t now_usec);

/* reassembly.c */
int reassembly_receive(struct database *db, const struct store_sim *sim,
		       const struct store_received *received, bool old,
		       enum store_reading *ret_reading);
/* Gives up on what waits too long; returns how many, at most limit. */
int reassembly_tick(struct database *db, int64_t now_usec, unsigned limit);
int reassembly_next(struct database *db, int64_t *ret_usec);

/* inbox.c */
struct inbound_new {
	enum inbound_state state;
	enum inbound_kind kind;
	int port;                            /* -1 none */
	const char *sim, *modem, *from, *to; /* to may be NULL */
	const char *text;
	size_t text_size;
	const uint8_t *raw; /* NULL unless unreadable */
	size_t raw_size;
	int64_t sent_at_usec, received_at_usec;
};
/* Writes it and its event. */
int inbound_insert(struct database *db, const struct inbound_new *inbound);
int inbound_read(struct database *db, struct op *op, int64_t seq, struct store_inbound *inbound);

/* content.c: stands for missing parts in what it is given; no sender can write it, for UTF-8 has no
 * such octet. */
#define CONTENT_GAP "\xff"
/*
 * Kind and text by what came to inbound->port: data (8-bit: text is hex) or text.  Only what is whole
 * is looked into.
 */
int content_read(struct op *op, bool data, bool whole, struct inbound_new *inbound);

/* inbound.c */
int fingerprint_tick(struct database *db, int64_t now_usec);

/* event.c: writes the row and keeps it for the listener. */
struct event_link {
	int64_t inbound, attention; /* rows, 0 none */
};
int event_write(struct database *db, const struct store_event *event, struct event_link link);
int event_tick(struct database *db, int64_t now_usec, int64_t *ret_next_usec);

/* overview.c */
void moment_note(struct database *db, int64_t at_usec);
int moment_load(struct database *db);
int moment_save(struct database *db);

/* health.c: how SIMs do. */
struct sim_outcome {
	int64_t at_usec;
	bool used;   /* the network may have it */
	bool sent;   /* it has it, and a report was asked for */
	bool failed; /* error says how; NULL: there was no answer */
	bool late;   /* it was counted before */
	const char *error;
};
int sim_attempt_ended(struct database *db, const char *iccid, const struct sim_outcome *outcome);
int sim_reported(struct database *db, const char *iccid, int64_t at_usec);
