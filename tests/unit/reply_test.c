/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What real modems answer to AT+CPMS=?, AT+CCLK? and AT+CSCA?.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "modem/reply.h"

static void memories_are_found_in_every_form(void **state)
{
	static const struct {
		const char *line, *found;
	} CASES[] = {
		{ "+CPMS: (\"SM\",\"ME\",\"MT\"),(\"SM\",\"ME\"),(\"SM\")", "SM ME " },
		/* Huawei MU609: no brackets */
		{ "+CPMS: \"ME\",\"MT\",\"SM\"", "SM ME " },
		/* Wavecom: nested; the first list is what can be read */
		{ "+CPMS: ((\"SM\",\"BM\",\"SR\"),(\"SM\"))", "SM SR " },
		/* Quectel EC25 */
		{ "+CPMS: (\"ME\",\"MT\",\"SM\",\"SR\"),(\"ME\",\"MT\",\"SM\",\"SR\"),(\"SM\")",
		  "SM ME SR " },
		/* Cinterion: what new messages may go to is not what is read */
		{ "+CPMS: (\"SM\"),(\"SM\"),(\"SM\",\"MT\")", "SM " },
		/* What can be written to can't always be read. */
		{ "+CPMS: (\"SM\"),(\"SM\",\"ME\"),(\"ME\")", "SM " },
		/* Motorola: a union without its members */
		{ "+CPMS: (\"MT\",\"OM\"),(\"OM\"),(\"MT\")", "MT " },
		{ "+CPMS: (\"MT\",\"SR\"),(\"MT\"),(\"MT\")", "SR MT " },
		/* in quotes of the other kind, and without its name */
		{ " ('BM','SM'),('SM')", "SM " },
		/* Nokia N79 */
		{ "+CPMS: (),(),()", "" },
		{ "+CPMS: ", "" },
		{ "", "" },
		{ "+CPMS: (\"SM\"", "SM " },
		{ "+CPMS: (\"SMS\",\"MEM\")", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		char memories[REPLY_MEMORIES_MAX][REPLY_MEMORY_SIZE], all[64] = "";
		size_t count = reply_memories(CASES[i].line, memories), used = 0;

		for (size_t j = 0; j < count; j++)
			used += (size_t)snprintf(all + used, sizeof(all) - used, "%s ",
						 memories[j]);
		assert_string_equal(all, CASES[i].found);
	}
}

static void a_clock_is_believed_with_a_zone_and_a_likely_year_only(void **state)
{
	static const struct {
		const char *line;
		int64_t seconds;
	} CASES[] = {
		/* 2026-03-01 12:00:00 +08:00 */
		{ "+CCLK: \"26/03/01,12:00:00+32\"", 1772337600 },
		{ "+CCLK: \"2026/03/01,12:00:00+32\"", 1772337600 },
		{ "+CCLK: \"26/03/01,00:00:00-16\"", 1772337600 },
		{ "+CCLK: \"26/03/01,12:00:00\"", 0 },
		{ "+CCLK: \"80/01/06,00:00:10+00\"", 0 },
		{ "+CCLK: \"04/01/01,00:00:10+32\"", 0 },
		{ "+CCLK: \"70/01/01,00:00:10+00\"", 0 },
		{ "+CCLK: \"26/13/01,12:00:00+32\"", 0 },
		{ "+CCLK: \"26/03/01,25:00:00+32\"", 0 },
		{ "+CCLK: \"26/03/01,12:00:00+99\"", 0 },
		{ "+CCLK: 26/03/01", 0 },
		{ "+CCLK: \"\"", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++)
		assert_int_equal(reply_clock(CASES[i].line), CASES[i].seconds * USEC_PER_SEC);
}

static void a_service_centre_is_read_plain_and_in_ucs2(void **state)
{
	static const struct {
		const char *line, *number;
	} CASES[] = {
		{ "+CSCA: \"+8613800100500\",145", "+8613800100500" },
		/* Huawei E173 with AT+CSCS="UCS2" */
		{ "+CSCA: \"002B0038003600310033\",145", "+8613" },
		/* Twelve digits: they could be three characters as well. */
		{ "+CSCA: \"861380010050\",129", "861380010050" },
		/* International by its type alone */
		{ "+CSCA: \"8613800100500\",145", "+8613800100500" },
		{ "+CSCA: \"0038003600310033\", 145", "+8613" },
		{ "+CSCA: \"861380010050\",145", "+861380010050" },
		{ "+CSCA: \"13800100500\",161", "13800100500" },
		{ "+CSCA: \"13800100500\"", "13800100500" },
		{ "+CSCA: \"\",129", NULL },
		{ "+CSCA: ,129", NULL },
		{ "+CSCA: \"", NULL },
		{ "+CSCA: \"12\",129", NULL },
		{ "+CSCA: \"+123456789012345678901\",145", NULL },
		{ "+CSCA: \"+86 138\",145", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		char number[24];

		assert_int_equal(reply_centre(CASES[i].line, number, sizeof(number)),
				 CASES[i].number != NULL);
		if (CASES[i].number)
			assert_string_equal(number, CASES[i].number);
	}
}

static void an_iccid_is_read_from_the_sim_s_file(void **state)
{
	static const struct {
		const char *line, *iccid;
	} CASES[] = {
		{ "+CRSM: 144,0,\"98680000000000000010\"", "89860000000000000001" },
		{ "+CRSM: 144, 0, \"986800000000000000f1\"", "8986000000000000001" },
		{ "+CRSM: 145,12,98680000000000000010", "89860000000000000001" },
		{ "+CRSM: 144,0,\"FFFFFFFFFFFFFFFFFFFF\"", NULL },
		{ "+CRSM: 144,0,\"9868\"", NULL },
		{ "+CRSM: 106,130,\"\"", NULL },
		{ "+CRSM: 106,130", NULL },
		{ "+CRSM:", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		char iccid[24];

		assert_int_equal(reply_iccid(CASES[i].line, iccid, sizeof(iccid)),
				 CASES[i].iccid != NULL);
		if (CASES[i].iccid)
			assert_string_equal(iccid, CASES[i].iccid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memories_are_found_in_every_form),
		cmocka_unit_test(a_clock_is_believed_with_a_zone_and_a_likely_year_only),
		cmocka_unit_test(a_service_centre_is_read_plain_and_in_ucs2),
		cmocka_unit_test(an_iccid_is_read_from_the_sim_s_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
