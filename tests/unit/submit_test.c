/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SMS-SUBMIT, compared with bytes made by hand and read back by a decoder of this file that works
 * bit by bit and shares nothing with modem/text.
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/utf8.h"
#include "modem/text/tpdu.h"
#include "tests/unit/gsm7_table.h"

#define TEXT_MAX 4096

#define STRING(s) .text = (s), .text_size = sizeof(s) - 1

static const struct {
	struct tpdu_submit submit;
	const char *hex;
} submits[] = {
	/* printed in many introductions, without its service centre */
	{ { .number = "+46708251358", .validity_minutes = 4 * 24 * 60, STRING("hellohello") },
	  "11000B916407281553F80000AA0AE8329BFD4697D9EC37" },
	{ { .number = "+8613800000001",
	    .validity_minutes = 1440,
	    .report = true,
	    .concat = { true, false, 0x2a, 2, 1 },
	    STRING("two~") },
	  "71000D91683108000000F10000A70C0500032A0201E8F7F7A607" },
	{ { .number = "10086",
	    .alphabet = SMS_ALPHABET_UCS2,
	    .validity_minutes = 5,
	    .concat = { true, true, 0x1234, 3, 2 },
	    STRING("水😀") },
	  "510005810180F60008000D060804123403026C34D83DDE00" },
	{ { .number = "123",
	    .alphabet = SMS_ALPHABET_UCS2,
	    .validity_minutes = UINT_MAX,
	    .report = true,
	    STRING("a\0b") },
	  "3100038121F30008FF06006100000062" },
	{ { .number = "+8613800000001", STRING("") }, "11000D91683108000000F100000000" },
	{ { .number = "1", .concat = { true, false, 1, 1, 1 }, STRING("") },
	  "51000181F10000000705000301010100" },
	{ { .number = "+12345678901234567890", STRING("@") },
	  "1100149121436587092143658709"
	  "0000000100" },
};

static void a_submit_is_written_byte_for_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(submits); i++) {
		uint8_t octets[TPDU_SIZE_MAX];
		char hex[2 * TPDU_SIZE_MAX + 1] = "";
		int size = tpdu_encode_submit(&submits[i].submit, octets);

		assert_true(size > 0);
		for (size_t at = 0; at < (size_t)size; at++)
			snprintf(hex + 2 * at, 3, "%02X", octets[at]);
		assert_string_equal(hex, submits[i].hex);
	}
}

/* 9.2.3.12.1 the other way round. */
static unsigned validity_minutes(unsigned vp)
{
	if (vp <= 143)
		return (vp + 1) * 5;
	if (vp <= 167)
		return 12 * 60 + (vp - 143) * 30;
	if (vp <= 196)
		return (vp - 166) * 24 * 60;
	return (vp - 192) * 7 * 24 * 60;
}

static void validity_is_the_longest_that_is_not_too_long(void **state)
{
	struct tpdu_submit submit = { .number = "1", .text = "" };

	(void)state;
	for (unsigned minutes = 0; minutes <= 64 * 7 * 24 * 60; minutes++) {
		uint8_t octets[TPDU_SIZE_MAX], vp;

		submit.validity_minutes = minutes;
		assert_true(tpdu_encode_submit(&submit, octets) > 0);
		vp = octets[7];
		assert_true(validity_minutes(vp) <= (minutes < 5 ? 5 : minutes));
		if (vp < 255)
			assert_true(validity_minutes(vp + 1u) > minutes);
	}
}

static void only_digits_are_a_number(void **state)
{
	static const char *const numbers[] = {
		"",
		"+",
		"++1",
		"1+",
		"12a",
		"1 2",
		"-1",
		"*100#",
		"\xd9\xa1",
		"123456789012345678901",
		"+123456789012345678901",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct tpdu_submit submit = { .number = numbers[i], .text = "" };
		uint8_t octets[TPDU_SIZE_MAX];

		assert_int_equal(tpdu_encode_submit(&submit, octets), -EINVAL);
	}
}

static const struct tpdu_submit impossible[] = {
	{ STRING("水") },
	{ STRING("¹") },
	{ STRING("a\0b") },
	{ STRING("\xff") },
	{ STRING("\xed\xa0\x80"), .alphabet = SMS_ALPHABET_UCS2 },
	{ STRING("a"), .alphabet = SMS_ALPHABET_8BIT },
	{ STRING("a"), .concat = { true, false, 1, 0, 0 } },
	{ STRING("a"), .concat = { true, false, 1, 2, 0 } },
	{ STRING("a"), .concat = { true, false, 1, 2, 3 } },
	{ STRING("a"), .concat = { true, false, 256, 2, 1 } },
};

static void what_cannot_be_said_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(impossible); i++) {
		struct tpdu_submit submit = impossible[i];
		uint8_t octets[TPDU_SIZE_MAX];

		submit.number = "1";
		assert_int_equal(tpdu_encode_submit(&submit, octets), -EINVAL);
	}
}

/* What one part holds at most, alone, with a narrow and with a wide reference. */
static void a_part_is_filled_to_its_last_unit(void **state)
{
	static const struct {
		const char *character;
		enum sms_alphabet alphabet;
		size_t most[3];
	} fills[] = {
		{ "a", SMS_ALPHABET_GSM7, { 160, 153, 152 } },
		{ "~", SMS_ALPHABET_GSM7, { 80, 76, 76 } },
		{ "水", SMS_ALPHABET_UCS2, { 70, 67, 66 } },
		{ "😀", SMS_ALPHABET_UCS2, { 35, 33, 33 } },
	};
	static const struct tpdu_concat concats[] = { { 0 },
						      { true, false, 1, 1, 1 },
						      { true, true, 1, 1, 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fills); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(concats); j++) {
			size_t length = strlen(fills[i].character);
			char text[TEXT_MAX];
			uint8_t octets[TPDU_SIZE_MAX];
			struct tpdu_submit submit = { .number = "1",
						      .text = text,
						      .alphabet = fills[i].alphabet,
						      .concat = concats[j] };

			for (size_t n = 0; n <= fills[i].most[j]; n++)
				memcpy(text + n * length, fills[i].character, length);
			submit.text_size = fills[i].most[j] * length;
			assert_true(tpdu_encode_submit(&submit, octets) > 0);
			submit.text_size += length;
			assert_int_equal(tpdu_encode_submit(&submit, octets), -EMSGSIZE);
		}
	}
}

/* ---- there and back */

static unsigned read_bits(const uint8_t *octets, size_t bit, unsigned count)
{
	unsigned value = 0;

	for (unsigned i = 0; i < count; i++, bit++)
		value |= (unsigned)(octets[bit / 8] >> bit % 8 & 1) << i;
	return value;
}

static size_t read_gsm7(const uint8_t *octets, size_t first, size_t count, char *text)
{
	size_t written = 0;

	for (size_t i = first; i < count; i++) {
		unsigned septet = read_bits(octets, 7 * i, 7);
		char32_t c = gsm7_main[septet];

		if (septet == 0x1b) {
			const uint8_t *found;

			septet = read_bits(octets, 7 * ++i, 7);
			found = memchr(gsm7_extended_septets, (int)septet,
				       sizeof(gsm7_extended_septets));
			assert_non_null(found);
			c = gsm7_extended[found - gsm7_extended_septets];
		}
		written += utf8_put(c, text + written);
	}
	return written;
}

static size_t read_ucs2(const uint8_t *octets, size_t first, size_t count, char *text)
{
	size_t written = 0;

	assert_int_equal((count - first) % 2, 0);
	for (size_t i = first; i < count; i += 2) {
		unsigned unit = octets[i] * 256u + octets[i + 1];

		if (unit >= 0xd800 && unit < 0xe000) {
			unsigned low;

			i += 2;
			assert_true(unit < 0xdc00 && i < count);
			low = octets[i] * 256u + octets[i + 1];
			assert_true(low >= 0xdc00 && low < 0xe000);
			unit = (unit - 0xd800) * 0x400 + (low - 0xdc00) + 0x10000;
		}
		written += utf8_put(unit, text + written);
	}
	return written;
}

/* Reads a part to "+8613800000001" with an 8-bit reference if any; returns the text's size. */
static size_t read_submit(const uint8_t *octets, size_t size, const struct tpdu_submit *submit,
			  char *text)
{
	const uint8_t address[] = { 0x0d, 0x91, 0x68, 0x31, 0x08, 0x00, 0x00, 0x00, 0xf1 };
	const uint8_t *ud = octets + 15;
	bool gsm7 = submit->alphabet == SMS_ALPHABET_GSM7, concat = submit->concat.present;
	size_t udl = octets[14];

	assert_true(size >= 15);
	assert_int_equal(octets[0], 0x11 | (submit->report ? 0x20 : 0) | (concat ? 0x40 : 0));
	assert_int_equal(octets[1], 0);
	assert_memory_equal(octets + 2, address, sizeof(address));
	assert_int_equal(octets[11], 0);
	assert_int_equal(octets[12], gsm7 ? 0 : 8);
	assert_int_equal(size - 15, gsm7 ? (udl * 7 + 7) / 8 : udl);
	assert_true(size - 15 <= 140);
	if (concat) {
		const uint8_t header[] = { 5,
					   0,
					   3,
					   (uint8_t)submit->concat.reference,
					   submit->concat.total,
					   submit->concat.sequence };

		assert_memory_equal(ud, header, sizeof(header));
	}
	if (gsm7) /* six octets and a fill bit are seven septets */
		return read_gsm7(ud, concat ? 7 : 0, udl, text);
	return read_ucs2(ud, concat ? 6 : 0, udl, text);
}

/* The same as the centre would send it on, read by the code under test. */
static void check_delivered(const uint8_t *octets, size_t size, const struct tpdu_submit *submit)
{
	const uint8_t centre_time[] = { 0x62, 0x21, 0x10, 0x80, 0x00, 0x00, 0x23 };
	uint8_t deliver[TPDU_SIZE_MAX + 5];
	struct tpdu tpdu;

	deliver[0] = octets[0] & 0x40;
	memcpy(deliver + 1, octets + 2, 11); /* address, TP-PID, TP-DCS */
	memcpy(deliver + 12, centre_time, sizeof(centre_time));
	memcpy(deliver + 19, octets + 14, size - 14);
	assert_int_equal(tpdu_decode(deliver, size + 5, &tpdu), 0);
	assert_string_equal(tpdu.address, submit->number);
	assert_int_equal(tpdu.alphabet, submit->alphabet);
	assert_int_equal(tpdu.concat.present, submit->concat.present);
	assert_int_equal(tpdu.concat.reference, submit->concat.reference);
	assert_int_equal(tpdu.concat.total, submit->concat.total);
	assert_int_equal(tpdu.concat.sequence, submit->concat.sequence);
	assert_int_equal(tpdu.text_size, submit->text_size);
	assert_memory_equal(tpdu.text, submit->text, submit->text_size);
}

static void check_there_and_back(const char *text, size_t size)
{
	struct text_split *split = NULL;
	char back[TEXT_MAX];
	size_t written = 0;

	assert_int_equal(text_split(text, size, 255, &split), 0);
	for (size_t i = 0; i < split->count; i++) {
		struct tpdu_submit submit = {
			.number = "+8613800000001",
			.text = split->text + split->parts[i].offset,
			.text_size = split->parts[i].size,
			.alphabet = split->alphabet,
			.validity_minutes = 1440,
			.report = i % 2 == 0,
		};
		uint8_t octets[TPDU_SIZE_MAX];
		int length;

		if (split->count > 1)
			submit.concat = (struct tpdu_concat){
				.present = true,
				.reference = (uint16_t)(size & 0xff),
				.total = (uint8_t)split->count,
				.sequence = (uint8_t)(i + 1),
			};
		length = tpdu_encode_submit(&submit, octets);
		assert_true(length > 0);
		written += read_submit(octets, (size_t)length, &submit, back + written);
		check_delivered(octets, (size_t)length, &submit);
	}
	assert_int_equal(written, size);
	assert_memory_equal(back, text, size);
	text_split_free(split);
}

static size_t repeat(char *text, const char *character, size_t size, size_t times)
{
	for (size_t i = 0; i < times; i++)
		memcpy(text + i * size, character, size);
	return size * times;
}

static void every_class_of_text_crosses_at_every_boundary(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} characters[] = { { "a", 1 },  { "@", 1 }, { "_", 1 },      { "\n", 1 }, { "~", 1 },
			   { "€", 3 },  { "é", 2 }, { "Δ", 2 },      { "¹", 2 },  { "\0", 1 },
			   { "水", 3 }, { "😀", 4 }, { "e\u0301", 3 } };
	static const size_t counts[] = { 0,   1,   2,   7,   8,   69,  70,  71,  76,  77,  80, 81,
					 133, 134, 135, 152, 153, 154, 159, 160, 161, 306, 307 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(counts); j++) {
			char text[TEXT_MAX];
			size_t size =
				repeat(text, characters[i].bytes, characters[i].size, counts[j]);

			check_there_and_back(text, size);
		}
	}
}

/* Characters of two units at every place of a text of three parts. */
static void wide_characters_cross_wherever_they_stand(void **state)
{
	static const struct {
		const char *plain, *wide;
		size_t count;
	} mixes[] = {
		{ "a", "~", 310 }, { "a", "€", 310 }, { "水", "😀", 140 }, { "水", "e\u0301", 140 }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mixes); i++) {
		for (size_t at = 0; at <= mixes[i].count; at++) {
			size_t plain = strlen(mixes[i].plain), wide = strlen(mixes[i].wide);
			char text[TEXT_MAX];
			size_t size = repeat(text, mixes[i].plain, plain, at);

			size += repeat(text + size, mixes[i].wide, wide, 1);
			size += repeat(text + size, mixes[i].plain, plain, mixes[i].count - at);
			check_there_and_back(text, size);
		}
	}
}

static void the_whole_alphabet_crosses(void **state)
{
	char text[TEXT_MAX];
	size_t size = 0;

	(void)state;
	for (size_t i = 0; i < 128; i++)
		size += utf8_put(gsm7_main[i], text + size);
	for (size_t i = 0; i < ARRAY_SIZE(gsm7_extended_septets); i++)
		size += utf8_put(gsm7_extended[i], text + size);
	check_there_and_back(text, size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_submit_is_written_byte_for_byte),
		cmocka_unit_test(validity_is_the_longest_that_is_not_too_long),
		cmocka_unit_test(only_digits_are_a_number),
		cmocka_unit_test(what_cannot_be_said_is_refused),
		cmocka_unit_test(a_part_is_filled_to_its_last_unit),
		cmocka_unit_test(every_class_of_text_crosses_at_every_boundary),
		cmocka_unit_test(wide_characters_cross_wherever_they_stand),
		cmocka_unit_test(the_whole_alphabet_crosses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
