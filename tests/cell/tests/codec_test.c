/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cell's codecs against real bytes: from the specifications' own examples, and worked out by
 * hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/cell/alphabet.h"
#include "tests/cell/deliver.h"
#include "tests/cell/submit.h"

#define DAY INT64_C(86400)
#define NOON INT64_C(1796097600000000) /* 2026-12-01T04:00:00Z, noon at +08 */

static int read_hex(const char *hex, size_t announced, struct submit *ret, const char **ret_why)
{
	uint8_t octets[SUBMIT_OCTETS_MAX];
	int size = hex_read(hex, strlen(hex), octets, sizeof(octets));

	assert_true(size >= 0);
	return submit_read(octets, (size_t)size, announced ? announced : (size_t)size - 1, NOON,
			   ret, ret_why);
}

static void septets_pack_as_in_the_specification(void **state)
{
	/* "hellohello" */
	static const uint8_t packed[] = { 0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec, 0x37 };
	uint8_t octets[9] = { 0 }, septets[10];

	(void)state;
	septets_pack((const uint8_t *)"hellohello", 10, 0, octets);
	assert_memory_equal(octets, packed, sizeof(packed));
	septets_unpack(packed, 10, 0, septets);
	assert_memory_equal(septets, "hellohello", 10);
}

static void every_septet_survives_the_way_there_and_back(void **state)
{
	uint8_t two[2];

	(void)state;
	for (uint8_t septet = 0; septet < 128; septet++) {
		if (septet == SEPTET_ESCAPE)
			continue;
		assert_int_equal(septets_of(septet_scalar(septet, false), two), 1);
		assert_int_equal(two[0], septet);
	}
	assert_int_equal(septets_of(0x20ac, two), 2);
	assert_int_equal(two[0], SEPTET_ESCAPE);
	assert_int_equal(two[1], 0x65);
	assert_int_equal(septet_scalar(0x65, true), 0x20ac);
	assert_int_equal(septet_scalar(0x41, true), 'A');
	assert_int_equal(septets_of('`', two), 0);
	assert_int_equal(septets_of(0xb9, two), 0);
	assert_int_equal(septets_of(0, two), 0);
}

static void a_submit_is_read_field_by_field(void **state)
{
	struct submit submit;
	struct content content;
	const char *why = NULL;

	(void)state;
	assert_int_equal(
		read_hex("0031000B916407281553F80000AA0AE8329BFD4697D9EC37", 0, &submit, &why), 0);
	assert_string_equal(submit.to, "+46708251358");
	assert_true(submit.report);
	assert_true(submit.validity_given);
	assert_int_equal(submit.validity_usec, 4 * DAY * USEC);
	user_data_read(&submit.data, &content);
	assert_string_equal(content.text, "hellohello");
	assert_int_equal(content.alphabet, ALPHABET_GSM7);
	assert_int_equal(content.message_class, -1);
	assert_false(content.concat.present);
}

static void a_part_of_a_long_ucs2_text_is_read(void **state)
{
	struct submit submit;
	struct content content;
	const char *why = NULL;

	(void)state;
	assert_int_equal(read_hex("0041000D91683108000020F00008"
				  "0F"
				  "060804ABCD0302"
				  "4F60D83DDE00597D",
				  0, &submit, &why),
			 0);
	assert_string_equal(submit.to, "+8613800000020");
	assert_false(submit.validity_given);
	user_data_read(&submit.data, &content);
	assert_string_equal(content.text, "你😀好");
	assert_true(content.concat.present && content.concat.wide);
	assert_int_equal(content.concat.reference, 0xabcd);
	assert_int_equal(content.concat.total, 3);
	assert_int_equal(content.concat.sequence, 2);
}

static void validity_is_what_the_specification_says(void **state)
{
	static const struct {
		const char *first, *validity;
		int64_t seconds;
	} rows[] = {
		{ "11", "00", 300 },
		{ "11", "8F", 43200 },
		{ "11", "90", 45000 },
		{ "11", "A7", 86400 },
		{ "11", "A8", 2 * DAY },
		{ "11", "C4", 30 * DAY },
		{ "11", "C5", 35 * DAY },
		{ "11", "FF", 441 * DAY },
		{ "19", "62211031000023", 3600 }, /* 13:00 at +08 */
		{ "09", "01000000000000", 300 },
		{ "09", "021E0000000000", 30 },
		{ "09", "03105423000000", 6332 },
	};
	char hex[128];
	struct submit submit;
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(hex, sizeof(hex), "00%s000B916407281553F80000%s01E1", rows[i].first,
			 rows[i].validity);
		assert_int_equal(read_hex(hex, 0, &submit, &why), 0);
		assert_true(submit.validity_given);
		assert_int_equal(submit.validity_usec, rows[i].seconds * USEC);
	}
}

static void every_fault_of_a_submit_is_refused(void **state)
{
	static const struct {
		int cms;
		const char *hex;
	} rows[] = {
		{ 304, "00" },                               /* no TPDU */
		{ 304, "0001" },                             /* no reference */
		{ 304, "0000000B916407281553F8000001E1" },   /* a DELIVER */
		{ 304, "0001000B916407281553F8000002E1" },   /* UDL too much */
		{ 304, "0001000B916407281553F8000001E100" }, /* UDL too little */
		{ 304, "0001000B916407281553F80000A1E1" },   /* 161 septets */
		{ 304, "0001000B916407281553F80000" },       /* no UDL */
		{ 304, "0001000B916407281553F8" },           /* no PID */
		{ 304, "0001000B9164072815" },               /* number cut */
		{ 304, "0001000B11640728155358000001E1" },   /* type without bit 7 */
		{ 304, "0001000B91640728155348000001E1" },   /* odd, no filler */
		{ 304, "0001000A91640728F553000001E1" },     /* filler inside */
		{ 304, "000100169164072815536407281553"
		       "64000001E1" }, /* 22 digits */
		{ 195, "00010000810000"
		       "01E1" },                               /* no digits */
		{ 195, "0001000AD0E8329BFD06000001E1" },       /* a name */
		{ 144, "0001000B916407281553F8002001E1" },     /* compressed */
		{ 144, "0001000B916407281553F8000C01E1" },     /* reserved alphabet */
		{ 144, "0001000B916407281553F8008001E1" },     /* reserved group */
		{ 304, "0001000B916407281553F80008034F604E" }, /* odd UCS2 */
		{ 304, "0041000B916407281553F8000401"
		       "05" }, /* UDH beyond UDL */
		{ 304, "0041000B916407281553F8000406"
		       "050003010203" }, /* part 3 of 2 */
		{ 304, "0041000B916407281553F8000406"
		       "050003010001" }, /* of 0 */
		{ 304, "0041000B916407281553F8000406"
		       "050002010201" }, /* wrong length */
		{ 304, "0041000B916407281553F8000406"
		       "050009010201" },                                 /* element too long */
		{ 304, "0011000B916407281553F80000" },                   /* validity missing */
		{ 199, "0019000B916407281553F800006213102100002301E1" }, /* month 31 */
		{ 199, "0009000B916407281553F800000200000000000001E1" }, /* 0 seconds */
		{ 199, "0009000B916407281553F800000100000000000101E1" }, /* spare bits */
		{ 199, "0009000B916407281553F800000500000000000001E1" }, /* reserved */
		{ 304, "0C"
		       "0001000B916407281553F8000001E1" },     /* centre too long */
		{ 304, "01910001000B916407281553F8000001E1" }, /* centre without digits */
	};
	struct submit submit;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *why = NULL;
		int cms = read_hex(rows[i].hex, 0, &submit, &why);

		if (cms != rows[i].cms)
			print_message("row %zu: %s\n", i, rows[i].hex);
		assert_int_equal(cms, rows[i].cms);
		assert_non_null(why);
	}
}

static void the_announced_length_leaves_out_the_service_centre(void **state)
{
	static const char hex[] = "07916831080000F001000B916407281553F8000001E1";
	struct submit submit;
	const char *why = NULL;

	(void)state;
	assert_int_equal(read_hex("07916831080000F0"
				  "01000B916407281553F8000001E1",
				  14, &submit, &why),
			 0);
	assert_int_equal(read_hex(hex, 13, &submit, &why), 304);
	assert_int_equal(read_hex(hex, 22, &submit, &why), 304);
}

static void a_deliver_is_written_octet_by_octet(void **state)
{
	struct user_data data = { .length = 10,
				  .size = 9,
				  .octets = { 0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec,
					      0x37 } };
	uint8_t octets[TPDU_OCTETS_MAX];
	char hex[2 * TPDU_OCTETS_MAX + 1], from[ADDRESS_SIZE];
	int size = deliver_write("+46708251358", &data, NOON, 32, octets);

	(void)state;
	hex_write(octets, (size_t)size, hex);
	assert_string_equal(hex, "040B916407281553F800006221102100002"
				 "30AE8329BFD4697D9EC37");
	tpdu_sender(octets, (size_t)size, from);
	assert_string_equal(from, "+46708251358");
	assert_int_equal(tpdu_class(octets, (size_t)size), -1);
}

static void a_name_is_a_sender_of_at_most_eleven_septets(void **state)
{
	struct user_data data = { .coding = 0x10 };
	uint8_t octets[TPDU_OCTETS_MAX];
	char hex[2 * TPDU_OCTETS_MAX + 1], from[ADDRESS_SIZE];
	int size = deliver_write("Bank", &data, NOON, -14, octets);

	(void)state;
	hex_write(octets, (size_t)size, hex);
	assert_string_equal(hex, "0407D0C2B07B0D"
				 "0010"
				 "6221100003004900");
	tpdu_sender(octets, (size_t)size, from);
	assert_string_equal(from, "Bank");
	assert_int_equal(tpdu_class(octets, (size_t)size), 0);
	assert_true(deliver_write("ElevenChars", &data, NOON, 0, octets) > 0);
	assert_int_equal(deliver_write("TwelveChars!", &data, NOON, 0, octets), -1);
	assert_int_equal(deliver_write("中国", &data, NOON, 0, octets), -1);
	assert_int_equal(deliver_write("", &data, NOON, 0, octets), -1);
	assert_int_equal(deliver_write("+123456789012345678901", &data, NOON, 0, octets), -1);
}

static void a_status_report_is_written_octet_by_octet(void **state)
{
	struct report report = { .reference = 17,
				 .to = "+8613800000002",
				 .accepted_usec = NOON,
				 .ended_usec = NOON + 65 * USEC,
				 .status = 0x46 };
	uint8_t octets[TPDU_OCTETS_MAX];
	char hex[2 * TPDU_OCTETS_MAX + 1];

	(void)state;
	hex_write(octets, (size_t)report_write(&report, 32, octets), hex);
	assert_string_equal(hex, "06110D91683108000000F2"
				 "62211021000023"
				 "62211021105023"
				 "46");
	assert_true(tpdu_is_report(octets, 1));
}

static int count_parts(const char *character, size_t count, bool wide, enum alphabet *ret_alphabet)
{
	struct compose how = { .message_class = -1, .wide = wide, .reference = 7 };
	struct user_data *parts = NULL;
	const char *why = NULL;
	size_t length = strlen(character);
	char *text = malloc(length * count + 1);
	struct content content;
	char *joined = calloc(1, (size_t)CONTENT_TEXT_SIZE * 10);
	size_t size = 0;
	int n;

	assert_non_null(text);
	assert_non_null(joined);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * length, character, length);
	text[length * count] = '\0';
	n = compose_parts(text, length * count, &how, &parts, &why);
	for (int i = 0; i < n; i++) {
		int cms;

		assert_null(user_data_check(&parts[i], &cms));
		user_data_read(&parts[i], &content);
		memcpy(joined + size, content.text, content.text_size);
		size += content.text_size;
		*ret_alphabet = content.alphabet;
		assert_int_equal(content.concat.present, n > 1);
	}
	assert_string_equal(joined, text);
	free(joined);
	free(text);
	free(parts);
	return n;
}

static void long_texts_are_cut_at_the_boundaries(void **state)
{
	static const struct {
		const char *character;
		size_t count;
		int parts, wide_parts;
		enum alphabet alphabet;
	} rows[] = {
		{ "x", 0, 1, 1, ALPHABET_GSM7 },    { "x", 160, 1, 1, ALPHABET_GSM7 },
		{ "x", 161, 2, 2, ALPHABET_GSM7 },  { "x", 304, 2, 2, ALPHABET_GSM7 },
		{ "x", 306, 2, 3, ALPHABET_GSM7 },  { "x", 307, 3, 3, ALPHABET_GSM7 },
		{ "~", 80, 1, 1, ALPHABET_GSM7 },   { "~", 81, 2, 2, ALPHABET_GSM7 },
		{ "~", 152, 2, 2, ALPHABET_GSM7 },  { "~", 153, 3, 3, ALPHABET_GSM7 },
		{ "中", 70, 1, 1, ALPHABET_UCS2 },  { "中", 71, 2, 2, ALPHABET_UCS2 },
		{ "中", 132, 2, 2, ALPHABET_UCS2 }, { "中", 134, 2, 3, ALPHABET_UCS2 },
		{ "中", 135, 3, 3, ALPHABET_UCS2 }, { "😀", 35, 1, 1, ALPHABET_UCS2 },
		{ "😀", 36, 2, 2, ALPHABET_UCS2 },   { "😀", 66, 2, 2, ALPHABET_UCS2 },
		{ "😀", 67, 3, 3, ALPHABET_UCS2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum alphabet alphabet = ALPHABET_8BIT;

		assert_int_equal(count_parts(rows[i].character, rows[i].count, false, &alphabet),
				 rows[i].parts);
		assert_int_equal(alphabet, rows[i].alphabet);
		assert_int_equal(count_parts(rows[i].character, rows[i].count, true, &alphabet),
				 rows[i].wide_parts);
	}
}

static void a_nul_is_a_character_like_any_other(void **state)
{
	struct compose how = { .message_class = 0 };
	struct user_data *parts = NULL;
	struct content content;
	const char *why = NULL;

	(void)state;
	assert_int_equal(compose_parts("a\0b", 3, &how, &parts, &why), 1);
	user_data_read(parts, &content);
	assert_int_equal(content.text_size, 3);
	assert_memory_equal(content.text, "a\0b", 3);
	assert_int_equal(content.message_class, 0);
	free(parts);
}

static void text_that_can_not_be_sent_is_refused(void **state)
{
	struct compose gsm7 = { .message_class = -1, .alphabet_forced = true };
	struct compose octets = { .message_class = -1,
				  .alphabet_forced = true,
				  .alphabet = ALPHABET_8BIT };
	struct user_data *parts = NULL;
	const char *why = NULL;

	(void)state;
	assert_int_equal(compose_parts("中", 3, &gsm7, &parts, &why), -1);
	assert_int_equal(compose_parts("\xff", 1, &gsm7, &parts, &why), -1);
	assert_int_equal(compose_parts("abc", 3, &octets, &parts, &why), -1);
	assert_int_equal(compose_parts("xy", 2, &octets, &parts, &why), -1);
	assert_non_null(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(septets_pack_as_in_the_specification),
		cmocka_unit_test(every_septet_survives_the_way_there_and_back),
		cmocka_unit_test(a_submit_is_read_field_by_field),
		cmocka_unit_test(a_part_of_a_long_ucs2_text_is_read),
		cmocka_unit_test(validity_is_what_the_specification_says),
		cmocka_unit_test(every_fault_of_a_submit_is_refused),
		cmocka_unit_test(the_announced_length_leaves_out_the_service_centre),
		cmocka_unit_test(a_deliver_is_written_octet_by_octet),
		cmocka_unit_test(a_name_is_a_sender_of_at_most_eleven_septets),
		cmocka_unit_test(a_status_report_is_written_octet_by_octet),
		cmocka_unit_test(long_texts_are_cut_at_the_boundaries),
		cmocka_unit_test(a_nul_is_a_character_like_any_other),
		cmocka_unit_test(text_that_can_not_be_sent_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
