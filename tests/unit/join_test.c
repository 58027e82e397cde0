/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Parts put together: what a sender cut in two, what is missing, and languages that change between
 * parts.  Septets are packed here by hand, not by the code that is checked.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/utf8.h"
#include "modem/text/join.h"
#include "modem/text/tpdu.h"

#define GAP "[…]"
#define PARTS_MAX 8

struct pile {
	uint8_t octets[PARTS_MAX][TPDU_SIZE_MAX];
	struct join_part parts[PARTS_MAX];
	size_t count;
};

static size_t put_hex(const char *hex, uint8_t *octets)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t size = strlen(hex) / 2;

	for (size_t i = 0; i < size; i++)
		octets[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 |
				      (strchr(digits, hex[2 * i + 1]) - digits));
	return size;
}

static void add(struct pile *pile, const char *hex)
{
	uint8_t *octets = pile->octets[pile->count];
	struct join_part *part = &pile->parts[pile->count++];

	part->octets = octets;
	part->size = put_hex(hex, octets);
}

/* A part whose user data is the header (UDHL and all) and octets. */
static void add_octets(struct pile *pile, uint8_t dcs, const char *header, const char *body)
{
	uint8_t *octets = pile->octets[pile->count];
	struct join_part *part = &pile->parts[pile->count++];
	size_t at = put_hex("440D91683108000000F1000062211080000023", octets), user_data;

	octets[at - 8] = dcs;
	user_data = put_hex(header, octets + at + 1);
	user_data += put_hex(body, octets + at + 1 + user_data);
	octets[at] = (uint8_t)user_data;
	part->octets = octets;
	part->size = at + 1 + user_data;
}

/* The same of septets, given as characters. */
static void add_septets(struct pile *pile, const char *header, const char *septets)
{
	uint8_t *octets = pile->octets[pile->count];
	struct join_part *part = &pile->parts[pile->count++];
	size_t at = put_hex("440D91683108000000F1000062211080000023", octets);
	size_t header_size = put_hex(header, octets + at + 1), count = strlen(septets);
	size_t first = (8 * header_size + 6) / 7, size = (7 * (first + count) + 7) / 8;

	memset(octets + at + 1 + header_size, 0, size - header_size);
	for (size_t bit = 0; bit < 7 * count; bit++)
		if (septets[bit / 7] >> bit % 7 & 1)
			octets[at + 1 + (7 * first + bit) / 8] |=
				(uint8_t)(1 << (7 * first + bit) % 8);
	octets[at] = (uint8_t)(first + count);
	part->octets = octets;
	part->size = at + 1 + size;
}

static void add_missing(struct pile *pile)
{
	pile->parts[pile->count++] = (struct join_part){ 0 };
}

static void check_bytes(const struct pile *pile, const char *text, size_t size)
{
	CLEANUP_FREE char *joined = NULL;
	size_t joined_size = 0;

	assert_int_equal(join_parts(pile->parts, pile->count, GAP, &joined, &joined_size), 0);
	assert_string_equal(joined, text);
	assert_int_equal(joined_size, size);
	assert_memory_equal(joined, text, size + 1);
}

static void check(const struct pile *pile, const char *text)
{
	check_bytes(pile, text, strlen(text));
}

#define H1 "050003070201"
#define H2 "050003070202"

static void a_surrogate_pair_that_was_cut_is_whole_again(void **state)
{
	struct pile pile = { 0 };

	(void)state;
	add_octets(&pile, 0x08, H1, "0041D83D");
	add_octets(&pile, 0x08, H2, "DE000042");
	check(&pile, "A😀B");
}

static void each_half_alone_is_still_something(void **state)
{
	struct tpdu tpdu;
	struct pile pile = { 0 };

	(void)state;
	add_octets(&pile, 0x08, H1, "0041D83D");
	add_octets(&pile, 0x08, H2, "DE000042");
	add_septets(&pile, H1, "a\x1b");
	add_septets(&pile, H2, "eb");
	assert_int_equal(tpdu_decode(pile.parts[0].octets, pile.parts[0].size, &tpdu), 0);
	assert_string_equal(tpdu.text, "A\ufffd");
	assert_int_equal(tpdu_decode(pile.parts[1].octets, pile.parts[1].size, &tpdu), 0);
	assert_string_equal(tpdu.text, "\ufffdB");
	assert_int_equal(tpdu_decode(pile.parts[2].octets, pile.parts[2].size, &tpdu), 0);
	assert_string_equal(tpdu.text, "a ");
	assert_int_equal(tpdu_decode(pile.parts[3].octets, pile.parts[3].size, &tpdu), 0);
	assert_string_equal(tpdu.text, "eb");
}

static void an_escape_that_was_cut_off_has_its_character_again(void **state)
{
	struct pile pile = { 0 };

	(void)state;
	add_septets(&pile, H1, "10 \x1b");
	add_septets(&pile, H2, "e, please");
	check(&pile, "10 €, please");
}

/* 140 less a header of 7 is odd: some fill it to the brim. */
static void a_unit_that_was_cut_is_whole_again(void **state)
{
	struct pile pile = { 0 };

	(void)state;
	add_octets(&pile, 0x08, "06080412340301", "6C346765D8");
	add_octets(&pile, 0x08, "06080412340302", "3DDE00");
	add_octets(&pile, 0x08, "06080412340303", "4E86");
	check(&pile, "水来😀了");

	pile = (struct pile){ 0 };
	add_octets(&pile, 0x08, "06080412340201", "6C344E");
	add_octets(&pile, 0x08, "06080412340202", "866765");
	check(&pile, "水了来");
}

static void half_a_unit_does_not_shift_a_part_that_is_whole(void **state)
{
	struct pile pile = { 0 };

	(void)state;
	add_octets(&pile, 0x08, H1, "6C34D83D00");
	add_octets(&pile, 0x08, H2, "DE006765");
	check(&pile, "水\ufffd\ufffd\ufffd来");
}

static void what_was_cut_does_not_reach_over_a_gap(void **state)
{
	struct pile pile = { 0 };

	(void)state;
	add_octets(&pile, 0x08, "050003070401", "0041D83D");
	add_missing(&pile);
	add_octets(&pile, 0x08, "050003070403", "DE000042");
	add_missing(&pile);
	check(&pile, "A\ufffd" GAP "\ufffdB" GAP);
}

static void a_run_of_missing_parts_is_one_gap(void **state)
{
	struct pile pile = { 0 };

	(void)state;
	add_missing(&pile);
	add_missing(&pile);
	add_septets(&pile, "050003070603", "three ");
	add_missing(&pile);
	add_missing(&pile);
	add_septets(&pile, "050003070606", " six\x1b");
	check(&pile, GAP "three " GAP " six ");
}

static void what_was_cut_does_not_go_on_in_another_alphabet(void **state)
{
	struct pile pile = { 0 };

	(void)state;
	add_septets(&pile, "050003070501", "a\x1b");
	add_octets(&pile, 0x08, "050003070502", "00650041D83D");
	add_septets(&pile, "050003070503", "b\x1b");
	add_octets(&pile, 0x04, "050003070504", "65FF");
	add_octets(&pile, 0x08, "050003070505", "DE00");
	check(&pile, "a eA\ufffdb 65FF\ufffd");
}

/* 23.038 6.2.1.2.3: a table holds for the part that names it. */
static void a_language_holds_for_its_part(void **state)
{
	struct pile pile = { 0 };

	(void)state;
	add_septets(&pile, "080003070501250101", "ba\x1d\x07 \x40");
	add_septets(&pile, "080003070502240101", "ba\x1bs\x07");
	add_septets(&pile, "050003070503", "\x1bs\x07");
	add_septets(&pile, "0B000307050425010D24010D", "\x01\x1b\x3f");
	add_septets(&pile, "080003070505250163",
		    "A\x1b"
		    "e");
	check(&pile, "başı İ"
		     "başì"
		     "sì"
		     "آ\u06d4"
		     "A€");
}

static void an_escape_goes_on_in_the_next_parts_table(void **state)
{
	struct pile pile = { 0 };

	(void)state;
	add_septets(&pile, "080003070201240101", "ba\x1b");
	add_septets(&pile, "080003070202240101", "s");
	check(&pile, "baş");
}

static void nul_is_a_character(void **state)
{
	static const char text[] = "A\0B";
	struct pile pile = { 0 };

	(void)state;
	add_octets(&pile, 0x08, H1, "00410000");
	add_octets(&pile, 0x08, H2, "0042");
	check_bytes(&pile, text, sizeof(text) - 1);
}

static void data_is_joined_as_hex(void **state)
{
	struct pile pile = { 0 };

	(void)state;
	add_octets(&pile, 0xf5, H1, "00FF");
	add_octets(&pile, 0xf5, H2, "7E");
	check(&pile, "00FF7E");
}

/* oFono, unit/test-sms.c. */
static void a_real_message_of_three_parts_is_whole(void **state)
{
	struct pile pile = { 0 };

	(void)state;
	add(&pile,
	    "40048155550119906041001222048C0500031E0301041804420430043A002C002004100"
	    "43B0435043A04410430043D04340440002000200441043B044304480430043B00200437043000"
	    "200434043204350440044C044E0020002004380020002004320441043500200431043E043B044C"
	    "044804350020043F0440043504380441043F043E043B043D044F043B0441044F002000200433043D0435");
	add(&pile,
	    "40048155550119906041001222048C0500031E03020432043E043C002E000A041D0430043A043E"
	    "043D04350446002C0020043D043500200432002004410438043B04300445002004340430043B0435"
	    "04350020044204350440043F04350442044C002C0020043E043D0020044104420440043504"
	    "3C043804420435043B044C043D043E002004320431043504360430043B002004320020043A043E");
	add(&pile, "40048155550119906041001222044A0500031E0303043C043D043004420443002C0020043F043E"
		   "043704300431044B0432000A0434043004360435002C002004470442043E002000200431044B04"
		   "3B0020043D04300433002E");
	check(&pile,
	      "Итак, Александр  слушал за дверью  и  все больше преисполнялся  гневом.\n"
	      "Наконец, не в силах далее терпеть, он стремительно вбежал в комнату, позабыв\n"
	      "даже, что  был наг.");
}

static void one_that_is_no_part_spoils_it(void **state)
{
	char *text = NULL;
	size_t size = 0;
	struct pile pile = { 0 };

	(void)state;
	add_septets(&pile, H1, "a");
	add(&pile, "06110D91683108000000F1622110800000236221108000602300"); /* a status report */
	assert_int_equal(join_parts(pile.parts, pile.count, GAP, &text, &size), -EBADMSG);
	pile.parts[1].size = 5;
	assert_int_equal(join_parts(pile.parts, pile.count, GAP, &text, &size), -EBADMSG);
	assert_null(text);
	assert_int_equal(size, 0);
}

/* 155 septets of Urdu behind the shortest header, each of three bytes at most. */
static void the_longest_language_has_room(void **state)
{
	char septets[156] = { 0 };
	struct pile pile = { 0 };
	struct tpdu tpdu;

	(void)state;
	memset(septets, 0x01, 155);
	for (size_t i = 0; i < PARTS_MAX; i++)
		add_septets(&pile, i % 2 ? "03250106" : "0325010D", septets);
	assert_int_equal(tpdu_decode(pile.parts[1].octets, pile.parts[1].size, &tpdu), 0);
	assert_int_equal(tpdu.text_size, 3 * 155);
	assert_memory_equal(tpdu.text, "\u0902\u0902", 6);
	assert_int_equal(tpdu_decode(pile.parts[0].octets, pile.parts[0].size, &tpdu), 0);
	assert_int_equal(tpdu.text_size, 2 * 155);
	assert_memory_equal(tpdu.text, "آآ", 4);
	{
		CLEANUP_FREE char *text = NULL;
		size_t size = 0;

		assert_int_equal(join_parts(pile.parts, pile.count, GAP, &text, &size), 0);
		assert_int_equal(size, PARTS_MAX / 2 * 5 * 155);
		assert_true(utf8_valid(text, size));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_surrogate_pair_that_was_cut_is_whole_again),
		cmocka_unit_test(each_half_alone_is_still_something),
		cmocka_unit_test(an_escape_that_was_cut_off_has_its_character_again),
		cmocka_unit_test(a_unit_that_was_cut_is_whole_again),
		cmocka_unit_test(half_a_unit_does_not_shift_a_part_that_is_whole),
		cmocka_unit_test(what_was_cut_does_not_reach_over_a_gap),
		cmocka_unit_test(a_run_of_missing_parts_is_one_gap),
		cmocka_unit_test(what_was_cut_does_not_go_on_in_another_alphabet),
		cmocka_unit_test(a_language_holds_for_its_part),
		cmocka_unit_test(an_escape_goes_on_in_the_next_parts_table),
		cmocka_unit_test(nul_is_a_character),
		cmocka_unit_test(data_is_joined_as_hex),
		cmocka_unit_test(a_real_message_of_three_parts_is_whole),
		cmocka_unit_test(one_that_is_no_part_spoils_it),
		cmocka_unit_test(the_longest_language_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
