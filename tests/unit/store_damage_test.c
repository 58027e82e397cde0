/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A bit that flips anywhere in the database is found when its page is read, never used; what is
 * damaged is refused, with what to do, and stays as it is to the last byte.
 */
#include <sqlite3.h>
#include <sys/stat.h>

#include "tests/unit/store_fixture.h"

#define MESSAGES 120
#define PAGE 4096
#define FILE_MAX (4 << 20)

static unsigned char sound[FILE_MAX], damaged[FILE_MAX], after[FILE_MAX];
static size_t file_size;

static void database_path(const struct fixture *f, char path[192])
{
	snprintf(path, 192, "%s/footbridge.db", f->directory);
}

static size_t file_read(const struct fixture *f, unsigned char *bytes)
{
	char path[192];
	FILE *file;
	size_t got;

	database_path(f, path);
	file = fopen(path, "rbe");
	assert_non_null(file);
	got = fread(bytes, 1, FILE_MAX, file);
	fclose(file);
	return got;
}

static void file_write(const struct fixture *f, const unsigned char *bytes, size_t size)
{
	char path[192];
	FILE *file;

	database_path(f, path);
	file = fopen(path, "wbe");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static int setup_database(void **state)
{
	struct fixture *f;
	char id[16];

	setup(state);
	f = *state;
	for (unsigned i = 0; i < MESSAGES; i++) {
		snprintf(id, sizeof(id), "m%u", i);
		assert_int_equal(submit(f, (struct draft){ .id = id, .parts = 3 }).error, 0);
	}
	f->store = store_close(f->store);
	file_size = file_read(f, sound);
	assert_in_range(file_size / PAGE, 20, FILE_MAX / PAGE);
	return 0;
}

/* Reads all messages; 0, or the first error.  What is given out is right. */
static int read_all(struct fixture *f)
{
	for (unsigned i = 0; i < MESSAGES; i++) {
		char id[16];
		struct shown shown;

		snprintf(id, sizeof(id), "m%u", i);
		shown = show(f, id);
		if (shown.error < 0)
			return shown.error;
		assert_string_equal(shown.message.id, id);
		assert_string_equal(shown.text, "one two three");
		assert_int_equal(shown.message.created_at_usec, T0);
		assert_int_equal(shown.deliveries[0].parts, 3);
		assert_string_equal(shown.deliveries[0].number, ALICE);
	}
	return 0;
}

static void assert_untouched(const struct fixture *f, size_t size)
{
	assert_int_equal(file_read(f, after), size);
	assert_memory_equal(after, damaged, size);
}

/* Returns whether the damage was met. */
static bool damage_is_met(struct fixture *f, size_t size)
{
	int r;

	file_write(f, damaged, size);
	r = fixture_open(f);
	if (r < 0) {
		/* The header's own numbers may make it look newer or foreign. */
		assert_true(r == -EUCLEAN || r == -ENOTUNIQ);
		assert_non_null(strstr(f->error, "Nothing was changed"));
		assert_untouched(f, size);
		return true;
	}
	r = read_all(f);
	if (r < 0) {
		assert_int_equal(r, -EUCLEAN);
		/* That was the end, for whatever comes. */
		assert_int_equal(show(f, "m0").error, -EUCLEAN);
		assert_int_equal(submit(f, (struct draft){ .id = "new" }).error, -EUCLEAN);
		assert_int_equal(begin(f, &north, T0).error, -EUCLEAN);
	}
	f->store = store_close(f->store);
	if (r == 0)
		return false;
	assert_untouched(f, size);
	assert_true(fixture_open(f) == 0 || strstr(f->error, "damaged"));
	f->store = store_close(f->store);
	return true;
}

static void a_flipped_bit_is_never_used(void **state)
{
	struct fixture *f = *state;
	size_t pages = file_size / PAGE;
	unsigned met = 0;

	srandom(3);
	for (size_t i = 0; i < 2 * pages; i++) {
		size_t at = i / 2 * PAGE + (size_t)random() % PAGE;

		memcpy(damaged, sound, file_size);
		damaged[at] ^= (unsigned char)(1 << random() % 8);
		met += damage_is_met(f, file_size);
	}
	/* What is left are pages that reading messages needs not. */
	assert_in_range(met, pages / 3, 2 * pages);
}

static void every_bit_of_the_header_counts(void **state)
{
	struct fixture *f = *state;

	for (size_t bit = 0; bit < 100 * 8; bit += 3) {
		memcpy(damaged, sound, file_size);
		damaged[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_true(damage_is_met(f, file_size));
	}
}

/* SQLite reads every page through the checksums. */
static bool pages_are_sound(const struct fixture *f)
{
	char path[192];
	sqlite3 *handle;
	sqlite3_stmt *check = NULL;
	bool good;

	database_path(f, path);
	assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, "footbridge"),
			 SQLITE_OK);
	good = sqlite3_prepare_v2(handle, "PRAGMA integrity_check", -1, &check, NULL) ==
		       SQLITE_OK &&
	       sqlite3_step(check) == SQLITE_ROW &&
	       strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;
	sqlite3_finalize(check);
	sqlite3_close(handle);
	return good;
}

static void a_flipped_bit_in_any_page_fails_its_checksum(void **state)
{
	struct fixture *f = *state;

	assert_true(pages_are_sound(f));
	for (size_t page = 1; page < file_size / PAGE; page++) {
		memcpy(damaged, sound, file_size);
		damaged[page * PAGE + (size_t)random() % PAGE] ^=
			(unsigned char)(1 << random() % 8);
		file_write(f, damaged, file_size);
		assert_false(pages_are_sound(f));
	}
}

static void a_page_in_another_page_s_place_is_damage(void **state)
{
	struct fixture *f = *state;
	size_t last = file_size - PAGE;

	memcpy(damaged, sound, file_size);
	memcpy(damaged + last, sound + last - PAGE, PAGE);
	file_write(f, damaged, file_size);
	assert_false(pages_are_sound(f));
}

static void a_page_of_zeros_is_damage(void **state)
{
	struct fixture *f = *state;

	for (size_t page = 0; page < 4; page++) {
		memcpy(damaged, sound, file_size);
		memset(damaged + page * PAGE, 0, PAGE);
		assert_true(damage_is_met(f, file_size) || !pages_are_sound(f));
	}
}

static void a_database_that_was_cut_off_is_damaged(void **state)
{
	struct fixture *f = *state;

	memcpy(damaged, sound, file_size);
	assert_true(damage_is_met(f, file_size / 2));
	assert_true(damage_is_met(f, file_size / 2 + 1000));
	assert_true(damage_is_met(f, 2 * PAGE));
}

static void what_another_program_has_written_is_refused(void **state)
{
	struct fixture *f = *state;
	char path[192];
	sqlite3 *handle;

	database_path(f, path);
	assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, "unix"), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(handle, "UPDATE message SET text = 'forged'", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(handle);
	file_read(f, damaged);
	assert_true(damage_is_met(f, file_size));
}

static void when_the_sound_file_is_put_back_all_is_there(void **state)
{
	struct fixture *f = *state;

	memcpy(damaged, sound, file_size);
	damaged[PAGE / 2] ^= 4;
	assert_true(damage_is_met(f, file_size));
	file_write(f, sound, file_size);
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(read_all(f), 0);
	assert_int_equal(submit(f, (struct draft){ .id = "new" }).error, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_database, teardown)
		TEST(a_flipped_bit_is_never_used),
		TEST(every_bit_of_the_header_counts),
		TEST(a_flipped_bit_in_any_page_fails_its_checksum),
		TEST(a_page_in_another_page_s_place_is_damage),
		TEST(a_page_of_zeros_is_damage),
		TEST(a_database_that_was_cut_off_is_damaged),
		TEST(what_another_program_has_written_is_refused),
		TEST(when_the_sound_file_is_put_back_all_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
