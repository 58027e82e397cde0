/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each PIN is tried once on each SIM, until it is proved.
 */
#include <sqlite3.h>

#include "tests/unit/store_words.h"

#define IMEI "860000000000001"

struct answer {
	bool came, allowed;
	int error;
};

static const struct store_pin_key unknown = { IMEI, "" };
static const struct store_pin_key first = { IMEI, "8986000000000000001" };
static const struct store_pin_key second = { IMEI, "8986000000000000002" };

static void keep_answer(int error, bool allowed, void *userdata)
{
	struct answer *answer = userdata;

	*answer = (struct answer){ true, allowed, error };
}

static bool allowed_by(struct fixture *f, const struct store_pin_key *key, const char *pin,
		       bool all_left)
{
	struct answer answer = { 0 };

	assert_int_equal(store_pin_try(f->store, key, pin, all_left, T0, keep_answer, &answer), 0);
	await(f, &answer.came);
	assert_int_equal(answer.error, 0);
	return answer.allowed;
}

static bool allowed(struct fixture *f, const struct store_pin_key *key, const char *pin)
{
	return allowed_by(f, key, pin, false);
}

static void a_pin_is_tried_once_and_that_outlives_a_restart(void **state)
{
	struct fixture *f = *state;

	assert_true(allowed(f, &first, "1111"));
	assert_false(allowed(f, &first, "1111"));
	fixture_reopen(f);
	assert_false(allowed(f, &first, "1111"));
	assert_true(allowed(f, &first, "2222"));
	fixture_reopen(f);
	assert_false(allowed(f, &first, "1111"));
	assert_false(allowed(f, &first, "2222"));
}

static void a_pin_that_was_proved_may_be_tried_again(void **state)
{
	struct fixture *f = *state;

	assert_true(allowed(f, &unknown, "1111"));
	assert_int_equal(store_pin_proved(f->store, &first), 0);
	assert_true(allowed(f, &unknown, "1111"));
}

static void another_sim_gets_its_own_try(void **state)
{
	static const struct store_pin_key elsewhere = { "860000000000002", "8986000000000000001" };
	struct fixture *f = *state;

	assert_true(allowed(f, &first, "1111"));
	assert_true(allowed(f, &second, "1111"));
	assert_false(allowed(f, &elsewhere, "1111"));
	assert_int_equal(store_pin_proved(f->store, &second), 0);
	assert_false(allowed(f, &first, "1111"));
}

static void a_sim_that_does_not_say_who_it_is_gets_no_try_of_another(void **state)
{
	struct fixture *f = *state;

	assert_true(allowed(f, &first, "1111"));
	assert_false(allowed(f, &unknown, "1111"));
	assert_true(allowed(f, &unknown, "2222"));
	assert_false(allowed(f, &second, "2222"));
}

static void one_that_was_not_entered_after_all_does_not_count(void **state)
{
	struct fixture *f = *state;

	assert_true(allowed(f, &first, "1111"));
	assert_true(allowed(f, &first, "2222"));
	assert_int_equal(store_pin_untried(f->store, &first), 0);
	assert_false(allowed(f, &first, "1111"));
	assert_true(allowed(f, &first, "2222"));
}

/* As when the power fails before it is entered, or before the SIM is seen to be open. */
static void a_try_that_cost_the_sim_none_is_repeated_once(void **state)
{
	struct fixture *f = *state;

	assert_true(allowed_by(f, &first, "1111", true));
	fixture_reopen(f);
	assert_false(allowed_by(f, &first, "1111", false));
	assert_true(allowed_by(f, &first, "1111", true));
	/* A modem that always says so. */
	assert_false(allowed_by(f, &first, "1111", true));
	fixture_reopen(f);
	assert_false(allowed_by(f, &first, "1111", true));
}

static void only_the_first_pin_of_a_sim_is_repeated(void **state)
{
	struct fixture *f = *state;

	assert_true(allowed_by(f, &first, "1111", true));
	assert_true(allowed_by(f, &first, "2222", true));
	assert_false(allowed_by(f, &first, "1111", true));
	assert_false(allowed_by(f, &first, "2222", true));
	assert_true(allowed_by(f, &second, "1111", true));
	assert_true(allowed_by(f, &second, "1111", true));
}

/* A third try of a SIM that only says that all are left would cost its PUK. */
static void a_sim_gets_two_tries_in_all(void **state)
{
	struct fixture *f = *state;

	assert_true(allowed_by(f, &first, "1111", true));
	assert_true(allowed_by(f, &first, "1111", true));
	assert_false(allowed_by(f, &first, "2222", true));
	assert_true(allowed_by(f, &second, "1111", true));
	assert_true(allowed_by(f, &second, "2222", true));
	fixture_reopen(f);
	assert_false(allowed_by(f, &second, "3333", true));
	assert_false(allowed_by(f, &second, "3333", false));
	assert_int_equal(store_pin_proved(f->store, &second), 0);
	assert_true(allowed_by(f, &second, "3333", true));
}

static void the_file_has_no_pin_in_it(void **state)
{
	struct fixture *f = *state;
	sqlite3_stmt *row;
	char path[192];
	sqlite3 *handle;

	assert_true(allowed(f, &first, "19283746"));
	assert_true(allowed(f, &second, "19283746"));
	snprintf(path, sizeof(path), "%s/footbridge.db", f->directory);
	fixture_reopen(f);
	assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(handle,
				   "SELECT count(*), count(DISTINCT hash), sum(instr(salt || hash,"
				   " CAST('19283746' AS BLOB))) FROM pin_tried",
				   -1, &row, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(row, 0), 2);
	assert_int_equal(sqlite3_column_int(row, 1), 2);
	assert_int_equal(sqlite3_column_int(row, 2), 0);
	sqlite3_finalize(row);
	sqlite3_close(handle);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pin_is_tried_once_and_that_outlives_a_restart),
		TEST(a_pin_that_was_proved_may_be_tried_again),
		TEST(another_sim_gets_its_own_try),
		TEST(a_sim_that_does_not_say_who_it_is_gets_no_try_of_another),
		TEST(one_that_was_not_entered_after_all_does_not_count),
		TEST(a_try_that_cost_the_sim_none_is_repeated_once),
		TEST(only_the_first_pin_of_a_sim_is_repeated),
		TEST(a_sim_gets_two_tries_in_all),
		TEST(the_file_has_no_pin_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
