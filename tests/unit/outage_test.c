/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Outages of the store: each said once, with what to do.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/core/outage.h"

static void an_outage_is_news_once_and_its_end_once(void **state)
{
	struct outage outage = { 0 };

	(void)state;
	assert_int_equal(outage_worked(&outage), OUTAGE_NO_NEWS);
	assert_int_equal(outage_failed(&outage, -ENOSPC, 7), OUTAGE_BEGAN);
	assert_int_equal(outage_failed(&outage, -ENOSPC, 8), OUTAGE_NO_NEWS);
	assert_int_equal(outage.since_usec, 7);
	assert_int_equal(outage_worked(&outage), OUTAGE_ENDED);
	assert_int_equal(outage_worked(&outage), OUTAGE_NO_NEWS);
	assert_int_equal(outage_failed(&outage, -ENOSPC, 9), OUTAGE_BEGAN);
	assert_int_equal(outage.since_usec, 9);
}

static void another_reason_is_news_but_the_same_outage(void **state)
{
	struct outage outage = { 0 };

	(void)state;
	assert_int_equal(outage_failed(&outage, -EIO, 7), OUTAGE_BEGAN);
	assert_int_equal(outage_failed(&outage, -EUCLEAN, 8), OUTAGE_BEGAN);
	assert_int_equal(outage.since_usec, 7);
}

static void what_is_no_fault_of_the_disk_is_no_outage(void **state)
{
	static const int errors[] = { -ENOENT, -EBUSY, -EEXIST, -EINVAL, -EALREADY, -ENOMEM, 0 };
	struct outage outage = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		assert_int_equal(outage_failed(&outage, errors[i], 1), OUTAGE_NO_NEWS);
	assert_int_equal(outage.error, 0);
}

static void each_kind_has_its_name_and_its_advice(void **state)
{
	char words[512];

	(void)state;
	assert_string_equal(outage_name(-ENOSPC), "StoreFull");
	assert_non_null(
		strstr(outage_explain(-ENOSPC, "/srv/b", words, sizeof(words)), "Free some space"));
	assert_non_null(strstr(words, "/srv/b"));
	assert_string_equal(outage_name(-EUCLEAN), "StoreDamaged");
	assert_non_null(strstr(outage_explain(-EUCLEAN, "/srv/b", words, sizeof(words)),
			       "/srv/b/footbridge.db"));
	assert_non_null(strstr(words, "backup"));
	assert_string_equal(outage_name(-EIO), "StoreFailed");
	assert_non_null(
		strstr(outage_explain(-EIO, "/srv/b", words, sizeof(words)), strerror(EIO)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_outage_is_news_once_and_its_end_once),
		cmocka_unit_test(another_reason_is_news_but_the_same_outage),
		cmocka_unit_test(what_is_no_fault_of_the_disk_is_no_outage),
		cmocka_unit_test(each_kind_has_its_name_and_its_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
