/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Octets as digits, and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <string.h>

#include "bridge/base/hex.h"

static void every_octet_is_two_digits_and_back(void **state)
{
	uint8_t octets[256], read[256];
	char text[512];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		octets[i] = (uint8_t)i;
	assert_int_equal(hex_write(octets, 256, text), 512);
	assert_memory_equal(text, "000102", 6);
	assert_memory_equal(text + 506, "FDFEFF", 6);
	assert_true(hex_read(text, 512, read));
	assert_memory_equal(read, octets, 256);
}

static void both_cases_are_read_and_an_odd_digit_is_left_out(void **state)
{
	uint8_t octets[3] = { 0, 0, 0x55 };

	(void)state;
	assert_true(hex_read("aBCdE", 5, octets));
	assert_memory_equal(octets, "\xab\xcd\x55", 3);
	assert_true(hex_read("", 0, octets));
	assert_int_equal(octets[0], 0xab);
}

static void nothing_else_is_a_digit(void **state)
{
	uint8_t octets[4];

	(void)state;
	for (int c = CHAR_MIN; c <= CHAR_MAX; c++) {
		bool is_digit = c != 0 && strchr(HEX_DIGITS, c);

		assert_int_equal(hex_value((char)c) >= 0, is_digit);
	}
	assert_false(hex_read("0g", 2, octets));
	assert_false(hex_read("00 0", 4, octets));
	assert_false(hex_read("000x", 4, octets));
	assert_false(hex_read("00:", 3, octets));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_octet_is_two_digits_and_back),
		cmocka_unit_test(both_cases_are_read_and_an_odd_digit_is_left_out),
		cmocka_unit_test(nothing_else_is_a_digit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
