/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One connection to one database file.  Before SQLite may touch a file that exists, its first
 * hundred bytes are looked at: what is not ours, or of a newer version, stays as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "bridge/store/internal.h"

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
	return refuse(-EUCLEAN, error, size,
		      "The database %s is damaged. Nothing was changed. Restore a backup of it, or "
		      "move it away with its -wal file to start with an empty one.",
		      path);
}

static int refuse_system(int code, const char *path, char *error, size_t size)
{
	return refuse(code, error, size, "Can't use the database %s: %s. %s", path,
		      code == -EUCLEAN ? "it is damaged" : strerror(-code),
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
	if (r == -EUCLEAN)
		return refuse_damaged(db->path, error, size);
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
	int code = sqlite3_open_v2(db->path, &db->handle, flags, NULL);

	if (code != SQLITE_OK)
		return statement_fail(db, code);
	/* Until it is known to be ours, closing must not fold its log into it. */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return 0;
}

static int connection_configure(struct database *db)
{
	static const char *const pragmas[] = {
		"PRAGMA journal_mode = WAL",   "PRAGMA synchronous = FULL",
		"PRAGMA foreign_keys = ON",    "PRAGMA secure_delete = ON",
		"PRAGMA trusted_schema = OFF", "PRAGMA temp_store = MEMORY",
		"PRAGMA cache_size = -16384",  "PRAGMA journal_size_limit = 67108864",
	};

	for (size_t i = 0; i < ARRAY_SIZE(pragmas); i++) {
		int r = EXECUTE(db, pragmas[i]);

		if (r < 0)
			return r;
	}
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	return 0;
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
	r = connection_configure(db);
	if (r >= 0 && version < schema_version)
		r = schema_migrate(db, version);
	if (r >= 0)
		r = moment_load(db);
	if (r < 0)
		return refuse_system(r, db->path, error, error_size);
	return 0;
}

void database_drop(struct database *db)
{
	statements_clear(db);
	sqlite3_close_v2(db->handle);
	db->handle = NULL;
}

int database_ready(struct database *db)
{
	char error[512];
	int r;

	if (db->handle)
		return 0;
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
	database_drop(db);
	free(db->path);
	free(db);
	return NULL;
}
