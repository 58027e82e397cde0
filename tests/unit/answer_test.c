/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines of real modems, one by one: what they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "modem/answer.h"

static void an_error_in_words_has_their_code(void **state)
{
	static const struct {
		const char *line;
		int final, code;
	} CASES[] = {
		{ "+CMS ERROR: Network timeout", ANSWER_CMS, 332 },
		{ "+CMS ERROR: no network service", ANSWER_CMS, 331 },
		{ "+CMS ERROR: invalid memory index", ANSWER_CMS, 321 },
		{ "+CMS ERROR: the cat sat on it", ANSWER_CMS, 500 },
		{ "+CME ERROR: operation not allowed", ANSWER_CME, 3 },
		{ "+CME ERROR: SIM busy", ANSWER_CME, 14 },
		{ "+CME ERROR: what?", ANSWER_CME, 100 },
		{ "+CME ERROR: 515", ANSWER_CME, 515 },
		{ "+CMS ERROR: 99999999999", ANSWER_CMS, 500 },
		{ "COMMAND NOT SUPPORT", ANSWER_ERROR, 0 },
		{ "OKAY", ANSWER_NOT_FINAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		int code;

		assert_int_equal(answer_final(CASES[i].line, &code), CASES[i].final);
		assert_int_equal(code, CASES[i].code);
	}
}

static void a_registration_of_any_family_is_read(void **state)
{
	static const struct {
		const char *line;
		int domain, status; /* -1: none */
	} CASES[] = {
		{ "+CREG: 0,1", ANSWER_DOMAIN_CIRCUIT, 1 },
		{ "+CREG: 5", ANSWER_DOMAIN_CIRCUIT, 5 },
		{ "+CREG: 2,5,\"2AF5\",\"0B88E350\",2", ANSWER_DOMAIN_CIRCUIT, 5 },
		{ "+CREG: 1, 2AF5, B88", ANSWER_DOMAIN_CIRCUIT, 1 },
		{ "+CREG: 1,0009,0002", ANSWER_DOMAIN_CIRCUIT, 1 },
		{ "+CREG: 2,1, 2AF5, B88", ANSWER_DOMAIN_CIRCUIT, 1 },
		{ "+CGREG: 0,3", ANSWER_DOMAIN_PACKET, 3 },
		{ "+CEREG: 1,\"1A\",\"02\",7", ANSWER_DOMAIN_LTE, 1 },
		{ "+CREG", 0, -1 },
		{ "+CREG:", 0, -1 },
		{ "+CREG: \"", 0, -1 },
		{ "+CREG: 99", 0, -1 },
		{ "+CREG: 1,12", ANSWER_DOMAIN_CIRCUIT, 1 },
		{ "+CREG: 2,1,\"2A\"F5,\"0B", ANSWER_DOMAIN_CIRCUIT, 1 },
		{ "+CREG: 99999999999999999999", 0, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		enum answer_domain domain;
		int status;

		if (!answer_registration(CASES[i].line, &domain, &status))
			status = -1;
		else
			assert_int_equal(domain, CASES[i].domain);
		assert_int_equal(status, CASES[i].status);
	}
}

static void an_answer_is_known_by_its_command(void **state)
{
	static const struct {
		const char *command, *line;
		bool belongs;
	} CASES[] = {
		{ "AT+CSQ", "+CSQ: 17,99", true },
		{ "AT+CSQ", "+CSQN: 17", false },
		{ "AT+CREG=1", "+CREG: 1", false },
		{ "AT+CFUN=1", "+CFUN: 1", false },
		{ "AT+CRSM=176,12258,0,0,10", "+CRSM: 144,0,\"98\"", true },
		{ "AT+CGSN", "356938030000013", true },
		{ "AT+CGSN", "+CGSN: \"356938030000013\"", true },
		{ "AT+CGSN", "17", false },
		{ "AT+CIMI", "^DSFLOWRPT:0000012400000082", false },
		{ "AT+CCID", "8986031234567890123F", true },
		{ "AT+ICCID", "ICCID:89860312345678901234", true },
		{ "AT+CGMM", "MULTIBAND  900E  1800 ", true },
		{ "AT+CGMM", "+CGMM: \"EC25\"", true },
		{ "AT+CGMM", "SMS DONE", false },
		{ "AT+CGMM", "DST: 0", false },
		{ "AT", "anything", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		struct answer_form form;

		answer_form(CASES[i].command, &form);
		assert_int_equal(answer_belongs(&form, CASES[i].line), CASES[i].belongs);
	}
}

static void two_lines_in_one_are_parted_where_they_meet(void **state)
{
	static const struct {
		const char *line;
		size_t at;
	} CASES[] = {
		{ "OK", 0 },
		{ "OKAY", 0 },
		{ "OK+CMTI: \"SM\",3", 2 },
		{ "OKRING", 2 },
		{ "ERROR^RSSI:3", 5 },
		{ "+CMS ERROR: 38+CMTI: \"SM\",3", 14 },
		{ "+CSQ: 3,99+CDSI: \"SR\",1", 10 },
		{ "+COPS: 0,0,\"+CMTI: \"", 0 },
		{ "+CMTI: \"SM\",3", 0 },
		{ "07911326040000F0+CMGL: 2", 16 },
		{ "07911326040000F0OK", 16 },
		{ "07911326040000F0,0", 0 },
		{ "ABOK", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++)
		assert_int_equal(answer_glued(CASES[i].line), CASES[i].at);
}

static void a_store_is_read_in_both_forms(void **state)
{
	static const struct {
		const char *line;
		int used, size; /* -1: none */
	} CASES[] = {
		{ "+CPMS: 2,30,2,30,2,30", 2, 30 },
		{ "+CPMS:2,30", 2, 30 },
		{ "+CPMS: \"SM\",2,30", 2, 30 },
		{ "+CPMS: \"SM\"", -1, -1 },
		{ "+CPMS: ,,,", -1, -1 },
		{ "+CPMS: 99999999999,1", -1, -1 },
		{ "+CPMS: ", -1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		int used = -1, size = -1;

		assert_int_equal(answer_store(CASES[i].line, &used, &size), CASES[i].used >= 0);
		assert_int_equal(used, CASES[i].used);
		assert_int_equal(size, CASES[i].size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_in_words_has_their_code),
		cmocka_unit_test(a_registration_of_any_family_is_read),
		cmocka_unit_test(an_answer_is_known_by_its_command),
		cmocka_unit_test(two_lines_in_one_are_parted_where_they_meet),
		cmocka_unit_test(a_store_is_read_in_both_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
