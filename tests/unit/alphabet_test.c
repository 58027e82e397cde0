/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "modem/text/alphabet.h"
#include "tests/unit/gsm7_table.h"

static void every_septet_has_its_character(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < 128; i++)
		assert_int_equal(gsm7_decode(i, 0), gsm7_main[i]);
}

static void every_character_has_its_septet(void **state)
{
	uint8_t septets[2];

	(void)state;
	for (uint8_t i = 0; i < 128; i++) {
		if (i == GSM7_ESCAPE) /* shown as a space, which has a septet of its own */
			continue;
		assert_int_equal(gsm7_encode(gsm7_main[i], septets), 1);
		assert_int_equal(septets[0], i);
	}
}

static void extended_characters_are_escaped(void **state)
{
	uint8_t septets[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(gsm7_extended_septets); i++) {
		assert_int_equal(gsm7_encode(gsm7_extended[i], septets), 2);
		assert_int_equal(septets[0], GSM7_ESCAPE);
		assert_int_equal(septets[1], gsm7_extended_septets[i]);
		assert_int_equal(gsm7_decode(septets[1], 1), gsm7_extended[i]);
	}
}

/* 6.2.1.1: what the extension table lacks is shown as the main table has it. */
static void an_unknown_escape_shows_the_main_character(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < 128; i++)
		if (!memchr(gsm7_extended_septets, i, sizeof(gsm7_extended_septets)))
			assert_int_equal(gsm7_decode(i, 1), gsm7_main[i]);
	assert_int_equal(gsm7_decode(GSM7_ESCAPE, 1), ' ');
}

static void nothing_else_of_unicode_is_in_the_alphabet(void **state)
{
	size_t one = 0, two = 0;

	(void)state;
	for (uint32_t scalar = 0; scalar <= 0x10ffff; scalar += scalar == 0xffff ? 0xf0001 : 1) {
		uint8_t septets[2] = { 0xff, 0xff };
		size_t count = gsm7_encode(scalar, septets);

		one += count == 1;
		two += count == 2;
		if (count > 0)
			assert_int_equal(gsm7_decode(septets[count - 1], count == 2), scalar);
	}
	assert_int_equal(one, 127);
	assert_int_equal(two, ARRAY_SIZE(gsm7_extended_septets));
}

static void look_alikes_are_not_taken(void **state)
{
	static const uint32_t others[] = { 0,      0x1b,         '`',
					   '\t',   0xb9 /* ¹ */, 0xe7 /* ç */,
					   0xa0,   0x7f,         0x3a9 + 0x20 /* ω */,
					   0x2019, 0x1f600 };
	uint8_t septets[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(gsm7_encode(others[i], septets), 0);
}

static const struct {
	const char *septets;
	unsigned fill_bits;
	uint8_t octets[12];
	size_t size;
} packed[] = {
	{ "", 0, { 0 }, 0 },
	{ "a", 0, { 0x61 }, 1 },
	/* the example that every handbook has */
	{ "hellohello", 0, { 0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec, 0x37 }, 9 },
	{ "How are you?",
	  0,
	  { 0xc8, 0xf7, 0x1d, 0x14, 0x96, 0x97, 0x41, 0xf9, 0x77, 0xfd, 0x07 },
	  11 },
	/* eight septets fill seven octets */
	{ "12345678", 0, { 0x31, 0xd9, 0x8c, 0x56, 0xb3, 0xdd, 0x70 }, 7 },
	/* after a header of six octets */
	{ "split", 1, { 0xe6, 0x70, 0x76, 0x9a, 0x0e }, 5 },
	{ "a", 6, { 0x40, 0x18 }, 2 },
	{ "a", 1, { 0xc2 }, 1 },
	{ "", 1, { 0 }, 1 },
};

static void septets_are_packed_as_the_specification_draws(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(packed); i++) {
		size_t count = strlen(packed[i].septets);
		uint8_t octets[16];

		memset(octets, 0xee, sizeof(octets));
		assert_int_equal(gsm7_pack((const uint8_t *)packed[i].septets, count,
					   packed[i].fill_bits, octets),
				 packed[i].size);
		assert_memory_equal(octets, packed[i].octets, packed[i].size);
		assert_int_equal(octets[packed[i].size], 0xee);
	}
}

static void septets_are_unpacked_from_octets_that_end_with_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(packed); i++) {
		size_t count = strlen(packed[i].septets);
		CLEANUP_FREE uint8_t *octets = malloc(packed[i].size + 1);
		uint8_t septets[16] = { 0 };

		assert_non_null(octets);
		memcpy(octets, packed[i].octets, packed[i].size);
		gsm7_unpack(octets, count, packed[i].fill_bits, septets);
		assert_memory_equal(septets, packed[i].septets, count);
	}
}

static void every_length_and_fill_comes_back(void **state)
{
	(void)state;
	for (unsigned fill_bits = 0; fill_bits <= 6; fill_bits++) {
		for (size_t count = 0; count <= 160; count++) {
			uint8_t septets[160] = { 0 }, back[160] = { 0 }, octets[142];
			size_t size;

			for (size_t i = 0; i < count; i++)
				septets[i] = (uint8_t)((i * 37 + count) & 0x7f);
			size = gsm7_pack(septets, count, fill_bits, octets);
			assert_int_equal(size, (fill_bits + 7 * count + 7) / 8);
			gsm7_unpack(octets, count, fill_bits, back);
			assert_memory_equal(back, septets, sizeof(septets));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_septet_has_its_character),
		cmocka_unit_test(every_character_has_its_septet),
		cmocka_unit_test(extended_characters_are_escaped),
		cmocka_unit_test(an_unknown_escape_shows_the_main_character),
		cmocka_unit_test(nothing_else_of_unicode_is_in_the_alphabet),
		cmocka_unit_test(look_alikes_are_not_taken),
		cmocka_unit_test(septets_are_packed_as_the_specification_draws),
		cmocka_unit_test(septets_are_unpacked_from_octets_that_end_with_them),
		cmocka_unit_test(every_length_and_fill_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
