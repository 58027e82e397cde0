/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One connection to one database file.  Before SQLite may touch a file that exists, its first
 * hundred bytes are looked at: what is not ours, or of a newer version, stays as it is.
 *
 * After a failure the connection is given up: the log forgets what was never synced (else it might
 * come back, though its callers were told that nothing was done), and all is read again.  A database
 * that was seen to be damaged is not touched any more, until the daemon is started again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "bridge/store/internal.h"
#include "bridge/store/vfs.h"

/* From this schema on every page carries a checksum. */
#define SUMMED_SINCE 2

/* The database header, https://www.sqlite.org/fileformat.html 1.3 */
#define HEADER_SIZE 100
#define HEADER_USER_VERSION 60
#define HEADER_APPLICATION_ID 68

static int __attribute__((format(printf, 4, 5)))
refuse(int code, char *error, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, size, format, arguments);
	va_end(arguments);
	return code;
}

static int refuse_newer(const char *path, int64_t version, char *error, size_t size)
{
	return refuse(-ENOTUNIQ, error, size,
		      "The database %s was written by a newer Footbridge (schema %lld, this one "
		      "knows %u). Nothing was changed. Install the newer version again, or restore "
		      "a backup from before.",
		      path, (long long)version, schema_version);
}

static int refuse_foreign(const char *path, char *error, size_t size)
{
	return refuse(-EUCLEAN, error, size,
		      "%s is not a database of Footbridge. Nothing was changed. Move it away, or "
		      "set another state_directory.",
		      path);
}

static int refuse_damaged(const char *path, char *error, size_t size)
{
	return refuse(
		-EUCLEAN, error, size,
		"The database %s is damaged, or another program has written to it. Nothing was "
		"changed. Restore a backup of it, or move it away together with its -wal file "
		"to start with an empty one; `sqlite3 FILE .recover` reads what is left in it.",
		path);
}

static int refuse_system(int code, const char *path, char *error, size_t size)
{
	if (code == -EUCLEAN)
		return refuse_damaged(path, error, size);
	return refuse(code, error, size, "Can't use the database %s: %s. %s", path, strerror(-code),
		      code == -ENOSPC ? "Free some space on that disk."
				      : "Check the disk and who may write there.");
}

static uint32_t big_endian(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* Creates the file, readable by its owner only, or looks at the header of the one that is there. */
static int file_check(const char *path, char *error, size_t size)
{
	static const char magic[16] = "SQLite format 3";
	CLEANUP_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	unsigned char header[HEADER_SIZE];
	struct stat status;
	ssize_t got;

	if (fd < 0 || fstat(fd, &status) < 0)
		return refuse_system(errno == EPERM || errno == EROFS ? -EACCES : -errno, path,
				     error, size);
	if (!S_ISREG(status.st_mode))
		return refuse_foreign(path, error, size);
	if (status.st_size > 0) {
		got = pread(fd, header, sizeof(header), 0);
		if (got < 0)
			return refuse_system(-EIO, path, error, size);
		/* The power failed while it was being made: SQLite has a journal, or says no. */
		if (got == HEADER_SIZE && header[0] == '\0' &&
		    memcmp(header, header + 1, HEADER_SIZE - 1) == 0)
			return 0;
		if (got < HEADER_SIZE || memcmp(header, magic, sizeof(magic)) != 0)
			return refuse_foreign(path, error, size);
		/* 0: a crash while it was being made; read_identity() has the last word. */
		if (big_endian(header + HEADER_APPLICATION_ID) != SCHEMA_APPLICATION_ID &&
		    big_endian(header + HEADER_APPLICATION_ID) != 0)
			return refuse_foreign(path, error, size);
		if (big_endian(header + HEADER_APPLICATION_ID) == SCHEMA_APPLICATION_ID &&
		    big_endian(header + HEADER_USER_VERSION) > schema_version)
			return refuse_newer(path, big_endian(header + HEADER_USER_VERSION), error,
					    size);
	}
	return 0;
}

static int read_number(struct database *db, const char *sql, int64_t *ret)
{
	CLEANUP_QUERY struct query query = QUERY(db, sql);
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : -EIO;
	*ret = query_int(&query, 0);
	return 0;
}

/* The header again, with what the write-ahead log adds. */
static int read_identity(struct database *db, unsigned *ret_version, char *error, size_t size)
{
	int64_t application = 0, version = 0, tables = 0;
	int r;

	r = read_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (r >= 0)
		r = read_number(db, "PRAGMA application_id", &application);
	if (r >= 0)
		r = read_number(db, "PRAGMA user_version", &version);
	if (r < 0)
		return refuse_system(r, db->path, error, size);

	if (application == 0 && version == 0 && tables == 0) {
		*ret_version = 0;
		return 0;
	}
	if (application != SCHEMA_APPLICATION_ID)
		return refuse_foreign(db->path, error, size);
	if (version > schema_version)
		return refuse_newer(db->path, version, error, size);
	if (version < 1)
		return refuse_damaged(db->path, error, size);
	*ret_version = (unsigned)version;
	return 0;
}

static int connection_open(struct database *db)
{
	static const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				 SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
	int code = vfs_register();

	if (code == SQLITE_OK)
		code = sqlite3_open_v2(db->path, &db->handle, flags, VFS_NAME);
	if (code != SQLITE_OK)
		return statement_fail(db, code);
	/* Until it is known to be ours, closing must not fold its log into it. */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return 0;
}

/*
 * Every page has room for its checksum, or gets it: a database of before is written anew, once, and
 * whole or not at all.  -EUCLEAN: pages should have had it.
 */
static int checksums_begin(struct database *db, unsigned version)
{
	int reserved = -1, wanted = VFS_RESERVED;
	int64_t pages;
	int r = read_number(db, "PRAGMA page_count", &pages);

	if (r < 0)
		return r;
	sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
	if (pages > 0 && reserved == VFS_RESERVED)
		return 0;
	if (pages > 0 && (version >= SUMMED_SINCE || reserved != 0)) {
		db->failed = -EUCLEAN;
		return -EUCLEAN;
	}
	sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &wanted);
	return pages > 0 ? EXECUTE(db, "VACUUM") : 0;
}

/* It answers with the mode that it is in, also when that is another one. */
static int log_begin(struct database *db)
{
	CLEANUP_QUERY struct query query = QUERY(db, "PRAGMA journal_mode = WAL");
	char mode[8] = "";
	int r = query_step(&query);

	if (r > 0)
		query_copy(&query, 0, mode, sizeof(mode));
	return r < 0 ? r : strcmp(mode, "wal") == 0 ? 0 : -EIO;
}

static int connection_configure(struct database *db)
{
	/* A cache of 4 MB: the system's holds the rest, and four times as much was no faster. */
	static const char *const pragmas[] = {
		"PRAGMA synchronous = FULL",        "PRAGMA foreign_keys = ON",
		"PRAGMA secure_delete = ON",        "PRAGMA cell_size_check = ON",
		"PRAGMA trusted_schema = OFF",      "PRAGMA temp_store = MEMORY",
		"PRAGMA cache_size = -4096",        "PRAGMA journal_size_limit = 67108864",
		"PRAGMA wal_autocheckpoint = 4000", /* 16 MB: seldom, for slow disks */
	};
	int r = log_begin(db);

	for (size_t i = 0; i < ARRAY_SIZE(pragmas) && r >= 0; i++)
		r = EXECUTE(db, pragmas[i]);
	return r;
}

static int database_connect(struct database *db, char *error, size_t error_size)
{
	unsigned version = 0;
	int r;

	r = file_check(db->path, error, error_size);
	if (r < 0)
		return r;
	db->failed = 0;
	r = connection_open(db);
	if (r < 0)
		return refuse_system(r, db->path, error, error_size);
	r = read_identity(db, &version, error, error_size);
	if (r < 0)
		return r;
	/* Messages are nobody else's business, whoever copied the file here. */
	if (chmod(db->path, 0600) < 0)
		return refuse_system(-EACCES, db->path, error, error_size);
	r = checksums_begin(db, version);
	if (r >= 0)
		r = connection_configure(db);
	if (r >= 0 && version < schema_version)
		r = schema_migrate(db, version);
	if (r >= 0)
		r = moment_load(db);
	if (r < 0)
		return refuse_system(r, db->path, error, error_size);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	return 0;
}

static void connection_close(struct database *db)
{
	statements_clear(db);
	sqlite3_close_v2(db->handle);
	db->handle = NULL;
}

/* Closes it, unless its log can't be cut: then that is to be tried again first. */
static int connection_give_up(struct database *db)
{
	int code;

	statements_clear(db);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	code = db->damaged ? SQLITE_OK : vfs_log_forget(db->handle);
	if (code != SQLITE_OK)
		return statement_fail(db, code);
	connection_close(db);
	db->given_up = false;
	return 0;
}

void database_drop(struct database *db)
{
	if (db->failed == -EUCLEAN)
		db->damaged = true;
	if (!db->handle)
		return;
	db->given_up = true;
	(void)connection_give_up(db);
}

int database_ready(struct database *db)
{
	char error[512];
	int r;

	if (db->damaged)
		return -EUCLEAN;
	if (db->handle && !db->given_up)
		return 0;
	db->failed = 0;
	r = db->handle ? connection_give_up(db) : 0;
	if (r < 0)
		return r;
	r = database_connect(db, error, sizeof(error));
	if (r < 0)
		database_drop(db);
	return r;
}

int database_open(const char *path, char *error, size_t error_size, struct database **ret_db)
{
	struct database *db = calloc(1, sizeof(*db));
	int r;

	if (db)
		db->path = strdup(path);
	if (!db || !db->path) {
		free(db);
		return refuse(-ENOMEM, error, error_size, "There is not enough memory.");
	}
	r = database_connect(db, error, error_size);
	if (r < 0) {
		database_free(db);
		return r;
	}
	*ret_db = db;
	return 0;
}

struct database *database_free(struct database *db)
{
	if (!db)
		return NULL;
	if (db->failed || db->given_up)
		database_drop(db);
	/* A log that could not be cut is left as it is. */
	connection_close(db);
	free(db->path);
	free(db);
	return NULL;
}
