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
#define SQL_FAILED "6"
#define SQL_EXPIRED "7"

/* ------------------------------------------------------------------ the database */

#define STATEMENT_CACHE_SIZE 256 /* a power of two, well above the number of statements */

struct statement {
	const char *sql; /* a literal: its address is the key */
	sqlite3_stmt *prepared;
};

struct op;

struct database {
	char *path;
	sqlite3 *handle; /* NULL after a failure, until it is opened again */
	struct statement statements[STATEMENT_CACHE_SIZE];
	int failed;                  /* negative errno of a disk that failed, 0 */
	int64_t newest_usec;         /* the latest moment that any row was given */
	int64_t newest_written_usec; /* of those, what the table says */
	struct op *op;               /* the one that runs: its arena takes the events */
};

/* database.c.  error gets a sentence; the file is left as it was when it is refused. */
int database_open(const char *path, char *error, size_t error_size, struct database **ret_db);
struct database *database_free(struct database *db);
/* Opens again what database_drop() closed; 0 at once when it is open. */
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
	/* After a commit that failed and yet may be in the log: takes it back; may be NULL. */
	int (*undo)(struct database *db, struct op *op);
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
/* The last eight digits: networks report national numbers for international ones. */
#define NUMBER_TAIL_SIZE 9
void number_tail(const char *number, char tail[static NUMBER_TAIL_SIZE]);

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
	/* NOT_SENT, REFUSED */
	int64_t due_usec;
	bool doubtful; /* it may have gone out all the same */
};
/* 1 when the part entered a state, 0 when the event means nothing to it. */
int part_enter(struct database *db, const struct part_change *change);
/* Every part that still waits gets the event (CANCEL, TIME_OUT). */
int delivery_enter(struct database *db, int64_t delivery, enum part_event event, int64_t at_usec,
		   const char *reason);
/* No report came and none will: what is out stays as it is, for good. */
int delivery_close_unreported(struct database *db, int64_t delivery, int64_t at_usec);
#define STORE_REASON_VALIDITY "Its validity was over before it could be sent."
#define NO_REPORT_AFTER_USEC (60 * INT64_C(60000000))

/* attempt.c: -ENOENT, -EALREADY */
int attempt_finish(struct database *db, const struct store_attempt_end *end);

/* report.c: 1 when it settled a part, 0 when it was kept as a stray. */
int report_receive(struct database *db, const char *sim, const struct tpdu *tpdu, int64_t at_usec);
/* An attempt to that number has ended: reports that overtook its answer have their turn. */
int report_strays_apply(struct database *db, const char *sim, const char *tail);
int report_tick(struct database *db, int64_t now_usec);

/* reassembly.c */
int reassembly_receive(struct database *db, const struct store_sim *sim,
		       const struct store_received *received, enum store_reading *ret_reading);
/* Gives up on what waits too long; returns how many, at most limit. */
int reassembly_tick(struct database *db, int64_t now_usec, unsigned limit);
int reassembly_next(struct database *db, int64_t *ret_usec);

/* inbox.c */
struct inbound_new {
	enum inbound_state state;
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

/* inbound.c */
int fingerprint_tick(struct database *db, int64_t now_usec);

/* event.c: writes the row and keeps it for the listener.  inbound_seq 0: none. */
int event_write(struct database *db, const struct store_event *event, int64_t inbound_seq);
int event_tick(struct database *db, int64_t now_usec, int64_t *ret_next_usec);

/* overview.c */
void moment_note(struct database *db, int64_t at_usec);
int moment_load(struct database *db);
int moment_save(struct database *db);
int sim_part_used(struct database *db, const char *iccid, int64_t at_usec, bool sent);
/* The next concatenation reference, 0..255. */
int sim_concat_reference(struct database *db, const char *iccid);
