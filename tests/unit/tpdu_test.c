/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the service centre sends, read from real bytes; submit_test.c has the other way.
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
#include "bridge/base/clock.h"
#include "bridge/base/utf8.h"
#include "modem/text/tpdu.h"

static size_t from_hex(const char *hex, uint8_t octets[static TPDU_SIZE_MAX])
{
	static const char digits[] = "0123456789ABCDEF";
	size_t size = strlen(hex) / 2;

	assert_true(size <= TPDU_SIZE_MAX);
	for (size_t i = 0; i < size; i++)
		octets[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 |
				      (strchr(digits, hex[2 * i + 1]) - digits));
	return size;
}

/* A copy that ends where the TPDU does, so that the sanitizer sees any step beyond. */
static int decode(const uint8_t *octets, size_t size, struct tpdu *ret)
{
	CLEANUP_FREE uint8_t *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, octets, size);
	return tpdu_decode(copy, size, ret);
}

static int64_t moment(const char *time)
{
	int64_t usec = 0;

	if (time)
		assert_int_equal(clock_parse(time, &usec), 0);
	return usec;
}

#define STRING(s) .text = (s), .size = sizeof(s) - 1
#define SMALL .class = -1, .port = -1

/* ---- reading */

static const struct {
	const char *hex, *address, *time, *text;
	size_t size;
	enum sms_alphabet alphabet;
	int class, port;
	struct tpdu_concat concat;
	bool is_name;
	uint8_t protocol;
} delivers[] = {
	/* two that are printed in many introductions, without their service centre */
	{ "040B911346610089F60000208062917314080CC8F71D14969741F977FD07", SMALL,
	  .address = "+31641600986", .time = "2002-08-26T19:37:41Z", STRING("How are you?") },
	{ "040BC87238880900F10000993092516195800AE8329BFD4697D9EC37", SMALL,
	  .address = "27838890001", .time = "1999-03-29T15:16:59+02:00", STRING("hellohello") },
	/* alphabets */
	{ "040D91683108000000F100006221108000002316"
	  "1BD4A6B7496D801BCA86B7F16D5E9B3208100900",
	  SMALL, .address = "+8613800000001", .time = "2026-12-01T08:00:00+08:00",
	  STRING("{~}|^[]\\€ @_£") },
	{ "040D91683108000000F1000062211080000023029B06", SMALL, /* escaped, but in no table */
	  .address = "+8613800000001", .time = "2026-12-01T00:00:00Z", STRING("\r") },
	{ "040D91683108000000F100006221108000002302E10D", SMALL, /* an escape of nothing */
	  .address = "+8613800000001", .time = "2026-12-01T00:00:00Z", STRING("a ") },
	{ "040D91683108000000F1000062211080000023039B4D18", SMALL, /* an escape escaped */
	  .address = "+8613800000001", .time = "2026-12-01T00:00:00Z", STRING(" a") },
	{ "040D91683108000000F100006221108000002300", SMALL, .address = "+8613800000001",
	  .time = "2026-12-01T00:00:00Z", STRING("") },
	{ "040D91683108000000F10008622110800000230A6C3467654E86D83DDE00", SMALL,
	  .address = "+8613800000001", .time = "2026-12-01T00:00:00Z",
	  .alphabet = SMS_ALPHABET_UCS2, STRING("水来了😀") },
	{ "040D91683108000000F10008622110800000230E00410000007ED83D0042DE00D83D", SMALL,
	  .address = "+8613800000001", .time = "2026-12-01T00:00:00Z",
	  .alphabet = SMS_ALPHABET_UCS2, STRING("A\0~\ufffdB\ufffd\ufffd") },
	{ "040D91683108000000F100086221108000002303004100", SMALL, /* half a unit */
	  .address = "+8613800000001", .time = "2026-12-01T00:00:00Z",
	  .alphabet = SMS_ALPHABET_UCS2, STRING("A\ufffd") },
	/* senders */
	{ "040DD05BB99E5E5EC50000006221108000002302E834", SMALL, .address = "Ärzte+1",
	  .is_name = true, .time = "2026-12-01T00:00:00Z", STRING("hi") },
	{ "0414D0C6E7932A942689C7620C00006221108000002302E834", SMALL, .address = "FOOTBRIDGE1",
	  .is_name = true, .time = "2026-12-01T00:00:00Z", STRING("hi") },
	{ "040ED04376DA9D1E6FCA00006221108000002302E834", SMALL, .address = "Clinic€",
	  .is_name = true, .time = "2026-12-01T00:00:00Z", STRING("hi") },
	{ "0406D041450300006221108000002302E834", SMALL, /* line breaks in it */
	  .address = "A  ", .is_name = true, .time = "2026-12-01T00:00:00Z", STRING("hi") },
	{ "0405810180F600006221108000002302E834", SMALL, .address = "10086",
	  .time = "2026-12-01T00:00:00Z", STRING("hi") },
	{ "0406810180F600006221108000002302E834", SMALL, /* the filler counted */
	  .address = "10086", .time = "2026-12-01T00:00:00Z", STRING("hi") },
	{ "040CA110830000001000004220923295954902E834", SMALL, .address = "013800000001",
	  .time = "2024-02-29T23:59:59-03:30", STRING("hi") },
	{ "0408811A00CBED40006221108000002302E834", SMALL, .protocol = 0x40, .address = "*100#abc",
	  .time = "2026-12-01T00:00:00Z", STRING("hi") },
	{ "0414912143658709214365870900006221108000002302E834", SMALL,
	  .address = "+12345678901234567890", .time = "2026-12-01T00:00:00Z", STRING("hi") },
	{ "04009100006221108000002302E834", SMALL, .address = "", .time = "2026-12-01T00:00:00Z",
	  STRING("hi") },
	/* headers */
	{ "440D91683108000000F10000622110800000230C050003CC0201E670769A0E", SMALL,
	  .address = "+8613800000001", .time = "2026-12-01T00:00:00Z",
	  .concat = { true, false, 0xcc, 2, 1 }, STRING("split") },
	{ "440D91683108000000F10000622110800000230C060804BEEF0302F734B90C", SMALL,
	  .address = "+8613800000001", .time = "2026-12-01T00:00:00Z",
	  .concat = { true, true, 0xbeef, 3, 2 }, STRING("wide") },
	{ "440D91683108000000F1000862211080000023100B0504158A0000000307020200E96C34",
	  .address = "+8613800000001", .time = "2026-12-01T00:00:00Z", .class = -1, .port = 0x158a,
	  .alphabet = SMS_ALPHABET_UCS2, .concat = { true, false, 7, 2, 2 }, STRING("é水") },
	{ "440D91683108000000F100F562211080000023130B05040B8423F000032701010106266170706C",
	  .address = "+8613800000001", .time = "2026-12-01T00:00:00Z", .class = 1, .port = 2948,
	  .alphabet = SMS_ALPHABET_8BIT, .concat = { true, false, 0x27, 1, 1 },
	  STRING("0106266170706C") },
	{ "440D91683108000000F1000462211080000023070404020A0BFF00", .address = "+8613800000001",
	  .time = "2026-12-01T00:00:00Z", .class = -1, .port = 10, .alphabet = SMS_ALPHABET_8BIT,
	  STRING("FF00") },
};

static void a_deliver_is_read_to_its_last_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(delivers); i++) {
		uint8_t octets[TPDU_SIZE_MAX];
		size_t size = from_hex(delivers[i].hex, octets);
		const struct tpdu_concat *concat = &delivers[i].concat;
		struct tpdu tpdu;

		memset(&tpdu, 0xee, sizeof(tpdu));
		assert_int_equal(decode(octets, size, &tpdu), 0);
		assert_int_equal(tpdu.kind, TPDU_DELIVER);
		assert_string_equal(tpdu.address, delivers[i].address);
		assert_int_equal(tpdu.address_is_name, delivers[i].is_name);
		assert_int_equal(tpdu.centre_time_usec, moment(delivers[i].time));
		assert_int_equal(tpdu.alphabet, delivers[i].alphabet);
		assert_int_equal(tpdu.message_class, delivers[i].class);
		assert_int_equal(tpdu.protocol, delivers[i].protocol);
		assert_int_equal(tpdu.concat.present, concat->present);
		assert_int_equal(tpdu.concat.wide, concat->wide);
		assert_int_equal(tpdu.concat.reference, concat->reference);
		assert_int_equal(tpdu.concat.total, concat->total);
		assert_int_equal(tpdu.concat.sequence, concat->sequence);
		assert_int_equal(tpdu.port, delivers[i].port);
		assert_int_equal(tpdu.text_size, delivers[i].size);
		assert_memory_equal(tpdu.text, delivers[i].text, delivers[i].size + 1);
		assert_int_equal(tpdu.reference, 0);
		assert_int_equal(tpdu.discharge_time_usec, 0);
		assert_int_equal(tpdu.status, 0);
	}
}

/* A DELIVER in UCS2 whose text behind the header is "A". */
static size_t put_deliver(const char *header, uint8_t octets[static 2 * TPDU_SIZE_MAX])
{
	size_t size = from_hex("440D91683108000000F1000862211080000023", octets);
	size_t header_size = from_hex(header, octets + size + 1);

	octets[size] = (uint8_t)(header_size + 2);
	size += 1 + header_size;
	octets[size++] = 0x00;
	octets[size++] = 0x41;
	return size;
}

static const struct {
	const char *header;
	struct tpdu_concat concat;
	int port;
} headers[] = {
	{ "00", { 0 }, -1 },
	{ "050003FF0201", { true, false, 0xff, 2, 1 }, -1 },
	{ "0608041234FFFE", { true, true, 0x1234, 255, 254 }, -1 },
	{ "0605040B8423F0", { 0 }, 2948 },
	{ "0404020A0B", { 0 }, 10 },
	/* among others */
	{ "0A25010100030702012400", { true, false, 7, 2, 1 }, -1 },
	{ "0A0A020001080401000302", { true, true, 0x100, 3, 2 }, -1 },
	/* the last of several */
	{ "0A00030102010003020303", { true, false, 2, 3, 3 }, -1 },
	{ "0B0003010201080400020303", { true, true, 2, 3, 3 }, -1 },
	{ "0A00030102010003020300", { true, false, 1, 2, 1 }, -1 }, /* unless it is none */
	{ "0A040201020504158A0000", { 0 }, 0x158a },
	/* counts that can't be */
	{ "050003070001", { 0 }, -1 },
	{ "050003070000", { 0 }, -1 },
	{ "050003070200", { 0 }, -1 },
	{ "050003070203", { 0 }, -1 },
	{ "06080400070203", { 0 }, -1 },
	/* lengths that are not theirs */
	{ "06000407020100", { 0 }, -1 },
	{ "050803070201", { 0 }, -1 },
	{ "0304010A", { 0 }, -1 },
	{ "050503158A00", { 0 }, -1 },
	{ "070505158A000000", { 0 }, -1 },
	/* elements that go beyond the header: the rest of it is not believed */
	{ "0400030702", { 0 }, -1 },
	{ "0400FF0702", { 0 }, -1 },
	{ "0100", { 0 }, -1 },
	{ "080003070201240900", { true, false, 7, 2, 1 }, -1 },
	{ "082409000003070201", { 0 }, -1 },
};

static void elements_are_found_wherever_they_stand(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		const struct tpdu_concat *concat = &headers[i].concat;
		uint8_t octets[2 * TPDU_SIZE_MAX];
		size_t size = put_deliver(headers[i].header, octets);
		struct tpdu tpdu;

		assert_int_equal(decode(octets, size, &tpdu), 0);
		assert_int_equal(tpdu.concat.present, concat->present);
		assert_int_equal(tpdu.concat.wide, concat->wide);
		assert_int_equal(tpdu.concat.reference, concat->reference);
		assert_int_equal(tpdu.concat.total, concat->total);
		assert_int_equal(tpdu.concat.sequence, concat->sequence);
		assert_int_equal(tpdu.port, headers[i].port);
		assert_int_equal(tpdu.text_size, 1);
		assert_string_equal(tpdu.text, "A");
	}
}

/* 3GPP TS 23.038 4, a row for each upper half of TP-DCS: G the alphabet, 8 data, U UCS2. */
static const struct {
	const char *alphabets, *classes;
} codings[16] = {
	{ "GGGG8888UUUUGGGG", "----------------" }, /* general */
	{ "GGGG8888UUUUGGGG", "0123012301230123" },
	{ "8888888888888888", "----------------" }, /* compressed */
	{ "8888888888888888", "0123012301230123" },
	{ "GGGG8888UUUUGGGG", "----------------" }, /* deleted when read */
	{ "GGGG8888UUUUGGGG", "0123012301230123" },
	{ "8888888888888888", "----------------" },
	{ "8888888888888888", "0123012301230123" },
	{ "GGGGGGGGGGGGGGGG", "----------------" }, /* reserved */
	{ "GGGGGGGGGGGGGGGG", "----------------" },
	{ "GGGGGGGGGGGGGGGG", "----------------" },
	{ "GGGGGGGGGGGGGGGG", "----------------" },
	{ "GGGGGGGGGGGGGGGG", "----------------" }, /* message waiting */
	{ "GGGGGGGGGGGGGGGG", "----------------" },
	{ "UUUUUUUUUUUUUUUU", "----------------" },
	{ "GGGG8888GGGG8888", "0123012301230123" }, /* coding and class */
};

static void every_coding_is_known(void **state)
{
	(void)state;
	for (unsigned dcs = 0; dcs < 256; dcs++) {
		char alphabet = codings[dcs / 16].alphabets[dcs % 16];
		char class = codings[dcs / 16].classes[dcs % 16];
		uint8_t octets[TPDU_SIZE_MAX];
		size_t size = from_hex("0405810180F600006221108000002302E834", octets);
		struct tpdu tpdu;

		octets[7] = (uint8_t)dcs;
		assert_int_equal(decode(octets, size, &tpdu), 0);
		assert_int_equal(tpdu.alphabet, alphabet == 'G'   ? SMS_ALPHABET_GSM7
						: alphabet == 'U' ? SMS_ALPHABET_UCS2
								  : SMS_ALPHABET_8BIT);
		assert_string_equal(tpdu.text, alphabet == 'G'   ? "hi"
					       : alphabet == 'U' ? "\ue834"
								 : "E834");
		assert_int_equal(tpdu.message_class, class == '-' ? -1 : class - '0');
	}
}

static const struct {
	const char *hex, *address, *sent, *discharged;
	uint8_t reference, status;
} reports[] = {
	{ "06110D91683108000000F1622110800000236221108000602300", "+8613800000001",
	  "2026-12-01T08:00:00+08:00", "2026-12-01T08:00:06+08:00", 17, 0x00 },
	{ "06FF05810180F6622110800000236221408000600A46", "10086", "2026-12-01T08:00:00+08:00",
	  "2026-12-04T08:00:06-05:00", 255, 0x46 },
	/* TP-PI and what it announces, and other bits of the first octet */
	{ "6E000D91683108000000F162211080000023622110800060233003000402E834", "+8613800000001",
	  "2026-12-01T08:00:00+08:00", "2026-12-01T08:00:06+08:00", 0, 0x30 },
	/* no moments */
	{ "06010D91683108000000F10000000000000000000000000000FF", "+8613800000001", NULL, NULL, 1,
	  0xff },
};

static void a_status_report_is_read_to_its_last_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
		uint8_t octets[TPDU_SIZE_MAX];
		size_t size = from_hex(reports[i].hex, octets);
		struct tpdu tpdu;

		memset(&tpdu, 0xee, sizeof(tpdu));
		assert_int_equal(decode(octets, size, &tpdu), 0);
		assert_int_equal(tpdu.kind, TPDU_STATUS_REPORT);
		assert_int_equal(tpdu.reference, reports[i].reference);
		assert_string_equal(tpdu.address, reports[i].address);
		assert_false(tpdu.address_is_name);
		assert_int_equal(tpdu.centre_time_usec, moment(reports[i].sent));
		assert_int_equal(tpdu.discharge_time_usec, moment(reports[i].discharged));
		assert_int_equal(tpdu.status, reports[i].status);
		assert_int_equal(tpdu.text_size, 0);
		assert_string_equal(tpdu.text, "");
		assert_false(tpdu.concat.present);
		assert_int_equal(tpdu.port, -1);
		assert_int_equal(tpdu.message_class, -1);
	}
}

static const struct {
	const char *octets, *time;
} stamps[] = {
	{ "62211080000000", "2026-12-01T08:00:00Z" },
	{ "00101000000000", "2000-01-01T00:00:00Z" },
	{ "98213132959500", "2089-12-13T23:59:59Z" },
	{ "09101000000000", "1990-01-01T00:00:00Z" },
	{ "62211080000065", "2026-12-01T08:00:00+14:00" },
	{ "6221108000008C", "2026-12-01T08:00:00-12:00" },
	{ "42209232959500", "2024-02-29T23:59:59Z" },
	{ "52209200000000", NULL }, /* 29 February 2025 */
	{ "62401300000000", NULL }, /* 31 April */
	{ "62001000000000", NULL }, /* month 0 */
	{ "62311000000000", NULL }, /* month 13 */
	{ "62210000000000", NULL }, /* day 0 */
	{ "62212300000000", NULL }, /* day 32 */
	{ "62211042000000", NULL }, /* hour 24 */
	{ "62211080060000", NULL }, /* minute 60 */
	{ "62211080000600", NULL }, /* second 60 */
	{ "A2211080000000", NULL },
	{ "6A211080000000", NULL },
	{ "622110800000A0", NULL },
	{ "00000000000000", NULL },
	{ "FFFFFFFFFFFFFF", NULL },
};

static void what_no_calendar_has_is_no_moment(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stamps); i++) {
		uint8_t octets[TPDU_SIZE_MAX], stamp[TPDU_SIZE_MAX];
		size_t size =
			from_hex("06010D91683108000000F10000000000000000000000000000FF", octets);
		struct tpdu tpdu;

		from_hex(stamps[i].octets, stamp);
		memcpy(octets + size - 15, stamp, 7);
		assert_int_equal(decode(octets, size, &tpdu), 0);
		assert_int_equal(tpdu.centre_time_usec, moment(stamps[i].time));
		assert_int_equal(tpdu.discharge_time_usec, 0);
	}
}

static void a_tpdu_that_was_cut_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(delivers); i++) {
		uint8_t octets[TPDU_SIZE_MAX];
		size_t size = from_hex(delivers[i].hex, octets);
		struct tpdu tpdu;

		while (size-- > 0)
			assert_int_equal(decode(octets, size, &tpdu), -EBADMSG);
	}
	for (size_t i = 0; i < 2; i++) {
		uint8_t octets[TPDU_SIZE_MAX];
		size_t size = from_hex(reports[i].hex, octets);
		struct tpdu tpdu;

		while (size-- > 0)
			assert_int_equal(decode(octets, size, &tpdu), -EBADMSG);
	}
}

static void padding_behind_a_tpdu_is_ignored(void **state)
{
	uint8_t octets[TPDU_SIZE_MAX];
	struct tpdu tpdu;

	(void)state;
	memset(octets, 0xff, sizeof(octets));
	from_hex(delivers[0].hex, octets);
	assert_int_equal(decode(octets, sizeof(octets), &tpdu), 0);
	assert_string_equal(tpdu.text, delivers[0].text);
}

/* 3GPP TS 23.040 9.2.3.1 */
static void a_reserved_type_is_read_as_a_message(void **state)
{
	uint8_t octets[TPDU_SIZE_MAX];
	struct tpdu tpdu;
	size_t size = from_hex("0705810180F600006221108000002302E834", octets);

	(void)state;
	assert_int_equal(decode(octets, size, &tpdu), 0);
	assert_int_equal(tpdu.kind, TPDU_DELIVER);
	assert_string_equal(tpdu.address, "10086");
	assert_string_equal(tpdu.text, "hi");
	/* A slot that was erased is none all the same. */
	memset(octets, 0xff, sizeof(octets));
	assert_int_equal(decode(octets, sizeof(octets), &tpdu), -EBADMSG);
}

static void lengths_that_lie_are_refused(void **state)
{
	static const char *const heads[] = {
		"0505810180F600006221108000002302E834",               /* SMS-SUBMIT-REPORT */
		"0415910180F600000000000000000000006221108000002300", /* 21 digits */
		"04FF910180F600000000000000000000006221108000002300",
		"0405810180F6000062211080000023A1", /* 161 septets */
		"0405810180F6000062211080000023FF",
		"0405810180F60008622110800000238D", /* 141 octets */
		"0405810180F6000462211080000023FF",
		"4405810180F600006221108000002300",   /* no room for UDHL */
		"4405810180F60008622110800000230204", /* UDHL beyond UDL */
		"4405810180F600086221108000002302FF",
		"4405810180F600086221108000002302020000",
		"4405810180F600006221108000002306050003010201", /* septets: 7 for the header */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		uint8_t octets[2 * TPDU_SIZE_MAX] = { 0 };
		struct tpdu tpdu;

		from_hex(heads[i], octets);
		assert_int_equal(decode(octets, sizeof(octets), &tpdu), -EBADMSG);
	}
}

static void the_longest_text_has_room(void **state)
{
	static const struct {
		const char *head;
		uint8_t octet;
		size_t size;
	} longest[] = {
		{ "0405810180F6000062211080000023A0", 0x10, 160 },
		{ "0405810180F60008622110800000238C", 0x98, 210 },
		{ "0405810180F60004622110800000238C", 0xab, 280 },
	};
	uint8_t octets[TPDU_SIZE_MAX];
	struct tpdu tpdu;
	size_t size;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(longest); i++) {
		memset(octets, longest[i].octet, sizeof(octets));
		size = from_hex(longest[i].head, octets);
		assert_int_equal(decode(octets, size + 140, &tpdu), 0);
		assert_true(tpdu.text_size >= longest[i].size);
		assert_true(utf8_valid(tpdu.text, tpdu.text_size));
	}
}

/* A DELIVER of 160 septets: first, and 159 times the other. */
static int decode_septets(uint8_t first, uint8_t others, struct tpdu *ret)
{
	uint8_t octets[TPDU_SIZE_MAX] = { 0 };
	size_t size = from_hex("0405810180F6000062211080000023A0", octets);

	for (size_t bit = 0; bit < (size_t)160 * 7; bit++)
		if ((bit < 7 ? first : others) >> bit % 7 & 1)
			octets[size + bit / 8] |= (uint8_t)(1 << bit % 8);
	return decode(octets, size + 140, ret);
}

static void greek_takes_more_bytes_than_any_other_text(void **state)
{
	struct tpdu tpdu;

	(void)state;
	assert_int_equal(decode_septets(0x10, 0x10, &tpdu), 0);
	assert_int_equal(tpdu.text_size, 320);
	for (size_t i = 0; i < 160; i++)
		assert_memory_equal(tpdu.text + 2 * i, "Δ", 2);
}

static void an_escape_at_the_end_is_a_space(void **state)
{
	struct tpdu tpdu;

	(void)state;
	assert_int_equal(decode_septets('a', 0x1b, &tpdu), 0); /* 79 pairs and one */
	assert_int_equal(tpdu.text_size, 81);
	assert_int_equal(tpdu.text[0], 'a');
	assert_int_equal(strspn(tpdu.text + 1, " "), 80);
}

static enum tpdu_fate fate_of(unsigned status)
{
	static const struct {
		unsigned first, last;
		enum tpdu_fate fate;
	} fates[] = {
		{ 0x00, 0x00, TPDU_FATE_DELIVERED }, { 0x01, 0x01, TPDU_FATE_FORWARDED },
		{ 0x02, 0x02, TPDU_FATE_REPLACED },  { 0x03, 0x0f, TPDU_FATE_FAILED },
		{ 0x10, 0x1f, TPDU_FATE_FORWARDED }, { 0x20, 0x3f, TPDU_FATE_TRYING },
		{ 0x40, 0x45, TPDU_FATE_FAILED },    { 0x46, 0x46, TPDU_FATE_EXPIRED },
		{ 0x47, 0xff, TPDU_FATE_FAILED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fates); i++)
		if (status >= fates[i].first && status <= fates[i].last)
			return fates[i].fate;
	fail_msg("status 0x%02x is in no row", status);
	return TPDU_FATE_FAILED;
}

static void every_status_has_its_fate(void **state)
{
	(void)state;
	for (unsigned status = 0; status < 256; status++)
		assert_int_equal(tpdu_fate((uint8_t)status), fate_of(status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_deliver_is_read_to_its_last_field),
		cmocka_unit_test(elements_are_found_wherever_they_stand),
		cmocka_unit_test(every_coding_is_known),
		cmocka_unit_test(a_status_report_is_read_to_its_last_field),
		cmocka_unit_test(what_no_calendar_has_is_no_moment),
		cmocka_unit_test(a_tpdu_that_was_cut_is_refused),
		cmocka_unit_test(padding_behind_a_tpdu_is_ignored),
		cmocka_unit_test(a_reserved_type_is_read_as_a_message),
		cmocka_unit_test(lengths_that_lie_are_refused),
		cmocka_unit_test(the_longest_text_has_room),
		cmocka_unit_test(greek_takes_more_bytes_than_any_other_text),
		cmocka_unit_test(an_escape_at_the_end_is_a_space),
		cmocka_unit_test(every_status_has_its_fate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
