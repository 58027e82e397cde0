/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the store opens, and what it refuses and leaves as it was.
 */
#include <sqlite3.h>
#include <sys/stat.h>

#include "tests/unit/store_fixture.h"

static void database_path(const struct fixture *f, char path[192])
{
	snprintf(path, 192, "%s/footbridge.db", f->directory);
}

static void sql(const struct fixture *f, const char *statements)
{
	char path[192];
	sqlite3 *handle;

	database_path(f, path);
	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, statements, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static size_t file_read(const struct fixture *f, unsigned char *bytes, size_t size)
{
	char path[192];
	FILE *file;
	size_t got;

	database_path(f, path);
	file = fopen(path, "rbe");
	assert_non_null(file);
	got = fread(bytes, 1, size, file);
	fclose(file);
	return got;
}

static void file_write(const struct fixture *f, const void *bytes, size_t size)
{
	char path[192];
	FILE *file;

	database_path(f, path);
	file = fopen(path, "wbe");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* It is refused with that error and a sentence, and not a byte of it has changed. */
static void assert_refused(struct fixture *f, int error, const char *words)
{
	static unsigned char before[1 << 18], after[1 << 18];
	size_t size = file_read(f, before, sizeof(before));

	assert_int_equal(fixture_open(f), error);
	assert_non_null(strstr(f->error, words));
	assert_null(f->store);
	assert_int_equal(file_read(f, after, sizeof(after)), size);
	assert_memory_equal(before, after, size);
}

static void a_missing_directory_is_made_for_its_owner_only(void **state)
{
	struct fixture *f = *state;
	char top[128], path[192];
	struct stat status;

	memcpy(top, f->directory, sizeof(top));
	snprintf(f->directory + strlen(f->directory), 16, "/a/b/");
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(stat(f->directory, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	database_path(f, path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	snprintf(path, sizeof(path), "%s/footbridge.db-wal", f->directory);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	memcpy(f->directory, top, sizeof(top));
}

static void a_directory_that_is_none_is_refused(void **state)
{
	struct fixture *f = *state;
	char top[128], path[192];
	FILE *file;

	memcpy(top, f->directory, sizeof(top));
	snprintf(path, sizeof(path), "%s/file", top);
	file = fopen(path, "we");
	assert_non_null(file);
	fclose(file);
	snprintf(f->directory + strlen(f->directory), 16, "/file");
	assert_int_equal(fixture_open(f), -ENOTDIR);
	assert_non_null(strstr(f->error, "state_directory"));
	snprintf(f->directory, sizeof(f->directory), "/proc/none");
	assert_true(fixture_open(f) < 0);
	assert_non_null(strstr(f->error, "/proc/none"));
	f->directory[0] = '\0';
	assert_int_equal(fixture_open(f), -EACCES);
	memcpy(f->directory, top, sizeof(top));
}

static void a_second_daemon_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *second = NULL;
	char error[512], process[32];

	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(store_open(f->directory, f->loop, error, sizeof(error), &second),
			 -EWOULDBLOCK);
	snprintf(process, sizeof(process), "process %d)", getpid());
	assert_non_null(strstr(error, process));
	submit(f, (struct draft){ .id = "m" });
	fixture_reopen(f);
	assert_int_equal(state_of(f, "m"), DELIVERY_PENDING);
}

static void a_newer_schema_is_refused_and_not_touched(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fixture_open(f), 0);
	f->store = store_close(f->store);
	sql(f, "PRAGMA user_version = 77; PRAGMA wal_checkpoint(TRUNCATE)");
	assert_refused(f, -ENOTUNIQ, "newer");
}

static void a_newer_schema_that_is_only_in_the_log_is_refused_too(void **state)
{
	struct fixture *f = *state;
	char path[192];
	sqlite3 *handle;

	assert_int_equal(fixture_open(f), 0);
	f->store = store_close(f->store);
	database_path(f, path);
	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_exec(handle, "PRAGMA user_version = 77", NULL, NULL, NULL);
	sqlite3_close(handle);
	assert_refused(f, -ENOTUNIQ, "newer");
}

static void the_database_of_another_program_is_refused(void **state)
{
	struct fixture *f = *state;

	sql(f, "CREATE TABLE recipes (name)");
	assert_refused(f, -EUCLEAN, "not a database of Footbridge");
	sql(f, "PRAGMA application_id = 17");
	assert_refused(f, -EUCLEAN, "not a database of Footbridge");
}

static void what_is_no_database_is_refused(void **state)
{
	struct fixture *f = *state;

	file_write(f, "Dear diary", 10);
	assert_refused(f, -EUCLEAN, "not a database of Footbridge");
}

static void a_damaged_database_is_refused(void **state)
{
	static unsigned char bytes[1 << 18];
	struct fixture *f = *state;
	size_t size;

	assert_int_equal(fixture_open(f), 0);
	submit(f, (struct draft){ .id = "m" });
	f->store = store_close(f->store);
	size = file_read(f, bytes, sizeof(bytes));
	memset(bytes + 100, 0x55, 3000);
	file_write(f, bytes, size);
	assert_refused(f, -EUCLEAN, "damaged");
	assert_non_null(strstr(f->error, "Restore"));
}

static void a_file_of_no_bytes_is_a_new_database(void **state)
{
	struct fixture *f = *state;

	file_write(f, "", 0);
	assert_int_equal(fixture_open(f), 0);
	submit(f, (struct draft){ .id = "m" });
	assert_int_equal(state_of(f, "m"), DELIVERY_PENDING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CLOSED(name) cmocka_unit_test_setup_teardown(name, setup_closed, teardown)
		CLOSED(a_missing_directory_is_made_for_its_owner_only),
		CLOSED(a_directory_that_is_none_is_refused),
		CLOSED(a_second_daemon_is_refused),
		CLOSED(a_newer_schema_is_refused_and_not_touched),
		CLOSED(a_newer_schema_that_is_only_in_the_log_is_refused_too),
		CLOSED(the_database_of_another_program_is_refused),
		CLOSED(what_is_no_database_is_refused),
		CLOSED(a_damaged_database_is_refused),
		CLOSED(a_file_of_no_bytes_is_a_new_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
