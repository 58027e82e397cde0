/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Prepared statements, each prepared once and found again by the address of its SQL.  Values are
 * bound and columns read with their types and sizes; SQLite's codes end here.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "bridge/store/internal.h"

int statement_fail(struct database *db, int code)
{
	int system = db->handle ? sqlite3_system_errno(db->handle) : 0;
	int error;

	switch (code & 0xff) {
	case SQLITE_CONSTRAINT:
		/* One operation's own fault; the transaction is sound. */
		return -EINVAL;
	case SQLITE_FULL:
		error = -ENOSPC;
		break;
	case SQLITE_NOMEM:
		error = -ENOMEM;
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		error = -EUCLEAN;
		break;
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		error = system == EMFILE || system == ENFILE ? -EMFILE : -EACCES;
		break;
	default:
		if (code == SQLITE_IOERR_DATA) { /* a page fails its checksum */
			error = -EUCLEAN;
			break;
		}
		error = system == ENOSPC || system == EDQUOT ? -ENOSPC : -EIO;
		break;
	}
	if (!db->failed)
		db->failed = error;
	return error;
}

void statements_clear(struct database *db)
{
	for (size_t i = 0; i < STATEMENT_CACHE_SIZE; i++)
		sqlite3_finalize(db->statements[i].prepared);
	memset(db->statements, 0, sizeof(db->statements));
}

static int statement_get(struct database *db, const char *sql, sqlite3_stmt **ret)
{
	size_t at = ((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 56;
	size_t tries = 0;

	while (db->statements[at].sql && db->statements[at].sql != sql) {
		at = (at + 1) % STATEMENT_CACHE_SIZE;
		tries++;
		assert(tries < STATEMENT_CACHE_SIZE);
	}
	if (!db->statements[at].sql) {
		int code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
					      &db->statements[at].prepared, NULL);

		if (code != SQLITE_OK)
			return statement_fail(db, code);
		db->statements[at].sql = sql;
	}
	*ret = db->statements[at].prepared;
	return 0;
}

static int value_bind(sqlite3_stmt *prepared, int at, const struct value *value)
{
	if (value->type == VALUE_INT)
		return sqlite3_bind_int64(prepared, at, value->number);
	if (!value->bytes)
		return sqlite3_bind_null(prepared, at);
	if (value->type == VALUE_TEXT)
		return sqlite3_bind_text64(prepared, at, value->bytes, value->size, SQLITE_STATIC,
					   SQLITE_UTF8);
	return sqlite3_bind_blob64(prepared, at, value->bytes, value->size, SQLITE_STATIC);
}

struct value value_of_string(const char *string)
{
	return (struct value){ .type = VALUE_TEXT,
			       .bytes = string,
			       .size = string ? strlen(string) : 0 };
}

struct query query_begin(struct database *db, const char *sql, const struct value *values,
			 size_t count)
{
	struct query query = { .db = db };

	query.error = db->failed ? db->failed : statement_get(db, sql, &query.prepared);
	if (query.error < 0)
		return query;

	assert(!sqlite3_stmt_busy(query.prepared));
	assert((size_t)sqlite3_bind_parameter_count(query.prepared) == count);
	for (size_t i = 0; i < count && query.error == 0; i++) {
		int code = value_bind(query.prepared, (int)i + 1, &values[i]);

		if (code != SQLITE_OK)
			query.error = statement_fail(db, code);
	}
	return query;
}

void query_end(struct query *query)
{
	if (!query->prepared)
		return;
	sqlite3_reset(query->prepared);
	sqlite3_clear_bindings(query->prepared);
	query->prepared = NULL;
}

int query_step(struct query *query)
{
	int code;

	if (query->error < 0)
		return query->error;
	code = sqlite3_step(query->prepared);
	if (code == SQLITE_ROW)
		return 1;
	if (code == SQLITE_DONE)
		return 0;
	query->error = statement_fail(query->db, code);
	return query->error;
}

int64_t query_int(const struct query *query, int column)
{
	return sqlite3_column_int64(query->prepared, column);
}

bool query_bool(const struct query *query, int column)
{
	return sqlite3_column_int64(query->prepared, column) != 0;
}

const void *query_bytes(const struct query *query, int column, size_t *ret_size)
{
	const void *bytes;

	if (sqlite3_column_type(query->prepared, column) == SQLITE_NULL) {
		*ret_size = 0;
		return NULL;
	}
	/* A blob of no bytes has no address. */
	bytes = sqlite3_column_blob(query->prepared, column);
	*ret_size = bytes ? (size_t)sqlite3_column_bytes(query->prepared, column) : 0;
	return bytes ? bytes : "";
}

void query_copy(const struct query *query, int column, char *buffer, size_t size)
{
	size_t length;
	const void *bytes = query_bytes(query, column, &length);

	if (length > size - 1)
		length = size - 1;
	if (bytes)
		memcpy(buffer, bytes, length);
	buffer[length] = '\0';
}

int execute_values(struct database *db, const char *sql, const struct value *values, size_t count)
{
	CLEANUP_QUERY struct query query = query_begin(db, sql, values, count);
	int r;

	do {
		r = query_step(&query);
	} while (r > 0);
	return r;
}

int64_t statement_changes(const struct database *db)
{
	return sqlite3_changes64(db->handle);
}

int64_t statement_row(const struct database *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}
