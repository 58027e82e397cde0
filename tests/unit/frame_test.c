/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Frames: what is written reads back, byte by byte as RFC 8949 has it, and nothing that a broken or
 * hostile sender writes gets through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/frame.h"

static struct frame_writer writer;
static struct frame_reader reader;

static int parse_written(void)
{
	return frame_parse(&reader, writer.bytes, writer.size);
}

static void every_kind_of_item_has_the_bytes_of_rfc_8949(void **state)
{
	static const uint8_t expected[] = {
		0x8b,                   /* array of 11 */
		0x18, 0x64,             /* type 100 */
		0x00, 0x17, 0x18, 0x18, /* 0, 23, 24 */
		0x20, 0x39, 0x03, 0xe7, /* -1, -1000 */
		0xf5, 0xf4, 0xf6,       /* true, false, null */
		0x63, 0xe6, 0xb0, 0xb4, /* "水" */
		0x43, 0x01, 0x00, 0xff, /* three bytes */
	};

	(void)state;
	frame_begin(&writer, 100, 10);
	frame_put_int(&writer, 0);
	frame_put_int(&writer, 23);
	frame_put_int(&writer, 24);
	frame_put_int(&writer, -1);
	frame_put_int(&writer, -1000);
	frame_put_bool(&writer, true);
	frame_put_bool(&writer, false);
	frame_put_string(&writer, NULL);
	frame_put_string(&writer, "水");
	frame_put_bytes(&writer, "\x01\x00\xff", 3);
	assert_false(writer.failed);
	assert_int_equal(writer.items_left, 0);
	assert_int_equal(writer.size, sizeof(expected));
	assert_memory_equal(writer.bytes, expected, sizeof(expected));
}

static void integers_of_every_width_read_back(void **state)
{
	static const int64_t values[] = {
		0,     1,          23,         24,        255,         256,         65535,
		65536, 4294967295, 4294967296, INT64_MAX, -1,          -24,         -25,
		-256,  -257,       -65536,     -65537,    -4294967296, -4294967297, INT64_MIN,
	};

	(void)state;
	frame_begin(&writer, UINT64_MAX, ARRAY_SIZE(values));
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		frame_put_int(&writer, values[i]);
	assert_int_equal(parse_written(), 1);
	assert_true(reader.type == UINT64_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert_true(frame_get_int(&reader, INT64_MIN, INT64_MAX) == values[i]);
	assert_true(frame_end(&reader));
}

static void texts_bytes_and_nulls_read_back(void **state)
{
	char text[16], name[16];
	uint8_t bytes[4];
	size_t size;
	bool is_null;

	(void)state;
	frame_begin(&writer, 1, 6);
	frame_put_text(&writer, "a\0b", 3);
	frame_put_text(&writer, NULL, 0);
	frame_put_text(&writer, "", 0);
	frame_put_string(&writer, "north");
	frame_put_bytes(&writer, "\x00\x01\x02\x03", 4);
	frame_put_bytes(&writer, NULL, 0);
	assert_int_equal(parse_written(), 1);

	frame_get_text(&reader, text, sizeof(text), &size, &is_null);
	assert_false(is_null);
	assert_int_equal(size, 3);
	assert_memory_equal(text, "a\0b\0", 4);
	frame_get_text(&reader, text, sizeof(text), &size, &is_null);
	assert_true(is_null);
	assert_int_equal(size, 0);
	assert_string_equal(text, "");
	frame_get_text(&reader, text, sizeof(text), &size, &is_null);
	assert_false(is_null);
	assert_int_equal(size, 0);
	frame_get_string(&reader, name, sizeof(name));
	assert_string_equal(name, "north");
	frame_get_bytes(&reader, bytes, sizeof(bytes), &size);
	assert_int_equal(size, 4);
	assert_memory_equal(bytes, "\x00\x01\x02\x03", 4);
	frame_get_bytes(&reader, bytes, sizeof(bytes), &size);
	assert_int_equal(size, 0);
	assert_true(frame_end(&reader));
}

/* ---- readers of one item, each with the faults it must see */

static void get_small_int(void)
{
	(void)frame_get_int(&reader, -5, 5);
}

static void get_bool(void)
{
	(void)frame_get_bool(&reader);
}

static void get_text(void)
{
	char text[4];
	size_t size;

	frame_get_text(&reader, text, sizeof(text), &size, NULL);
	assert_true(size < sizeof(text));
	assert_int_equal(text[size], '\0');
}

static void get_string(void)
{
	char text[4];

	frame_get_string(&reader, text, sizeof(text));
	assert_true(strlen(text) < sizeof(text));
}

static void get_bytes(void)
{
	char bytes[3];
	size_t size;

	frame_get_bytes(&reader, bytes, sizeof(bytes), &size);
	assert_true(size <= sizeof(bytes));
}

static void a_reader_fails_on_what_it_did_not_ask_for(void **state)
{
	static const struct {
		void (*get)(void);
		const char *item;
		size_t size;
		bool taken;
	} cases[] = {
		{ get_small_int, "\x05", 1, true },
		{ get_small_int, "\x24", 1, true },                   /* -5 */
		{ get_small_int, "\x1b\0\0\0\0\0\0\0\x05", 9, true }, /* 5, wide */
		{ get_small_int, "\x06", 1, false },
		{ get_small_int, "\x25", 1, false },                                 /* -6 */
		{ get_small_int, "\x1b\xff\xff\xff\xff\xff\xff\xff\xff", 9, false }, /* 2^64-1 */
		{ get_small_int, "\x3b\xff\xff\xff\xff\xff\xff\xff\xff", 9, false }, /* -2^64 */
		{ get_small_int, "\x1b\x80\0\0\0\0\0\0\0", 9, false },               /* 2^63 */
		{ get_small_int, "\xf6", 1, false },                                 /* null */
		{ get_small_int, "\xf5", 1, false },                                 /* true */
		{ get_small_int,
		  "\x61"
		  "5",
		  2, false },                                /* "5" */
		{ get_small_int, "\xf9\x00\x00", 3, false }, /* 0.0 */
		{ get_small_int, "\xc1\x05", 2, false },     /* tag */
		{ get_small_int, "\x1c", 1, false },         /* reserved */
		{ get_small_int, "\x18", 1, false },         /* cut off */
		{ get_small_int, "\x81\x05", 2, false },     /* array */
		{ get_small_int, "\xa0", 1, false },         /* map */
		{ get_small_int, "\xff", 1, false },         /* break */
		{ get_small_int, "", 0, false },
		{ get_bool, "\xf4", 1, true },
		{ get_bool, "\xf7", 1, false }, /* undefined */
		{ get_bool, "\x01", 1, false },
		{ get_text,
		  "\x63"
		  "abc",
		  4, true },
		{ get_text,
		  "\x63"
		  "a\0b",
		  4, true },
		{ get_text,
		  "\x78\x03"
		  "abc",
		  5, true },
		{ get_text,
		  "\x64"
		  "abcd",
		  5, false }, /* no room */
		{ get_text,
		  "\x63"
		  "ab",
		  3, false },                           /* cut off */
		{ get_text, "\x62\xc3\x28", 3, false }, /* not UTF-8 */
		{ get_text,
		  "\x7b\xff\xff\xff\xff\xff\xff\xff\xff"
		  "a",
		  10, false },
		{ get_text,
		  "\x7f\x61"
		  "a\xff",
		  4, false }, /* indefinite */
		{ get_text,
		  "\x43"
		  "abc",
		  4, false },                   /* bytes */
		{ get_text, "\xf6", 1, false }, /* null not asked for */
		{ get_string,
		  "\x63"
		  "abc",
		  4, true },
		{ get_string,
		  "\x63"
		  "a\0b",
		  4, false },
		{ get_bytes, "\x43\xff\x00\xff", 4, true },
		{ get_bytes, "\x44\xff\x00\xff\x00", 5, false }, /* no room */
		{ get_bytes, "\x5f\x41\xff\xff", 4, false },     /* indefinite */
		{ get_bytes,
		  "\x63"
		  "abc",
		  4, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bytes[16] = { 0x82, 0x01 }; /* array of 2, type 1 */

		memcpy(bytes + 2, cases[i].item, cases[i].size);
		assert_int_equal(frame_parse(&reader, bytes, 2 + cases[i].size), 1);
		cases[i].get();
		if (frame_end(&reader) != cases[i].taken)
			fail_msg("case %zu was %s", i, cases[i].taken ? "refused" : "taken");
	}
}

static void what_is_no_frame_is_refused_at_once(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = {
		{ "", 0 },
		{ "\x80", 1 },     /* no type */
		{ "\x81", 1 },     /* type missing */
		{ "\x81\x20", 2 }, /* type negative */
		{ "\x81\x61"
		  "a",
		  3 },                 /* type a text */
		{ "\x01", 1 },         /* no array */
		{ "\xa1\x01\x02", 3 }, /* map */
		{ "\x9f\x01\xff", 3 }, /* indefinite */
		{ "\xc1\x81\x01", 3 }, /* tagged */
		{ "\x98", 1 },         /* cut off */
		{ "\x85\x01", 2 },     /* more items than bytes */
		{ "\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 },
		{ "\x9a\x7f\xff\xff\xff\x01", 6 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(frame_parse(&reader, cases[i].bytes, cases[i].size), -EBADMSG);
		assert_false(frame_end(&reader));
		assert_int_equal(frame_get_int(&reader, INT64_MIN, INT64_MAX), 0);
		assert_false(frame_end(&reader));
	}
}

static void a_frame_must_be_read_to_its_very_end(void **state)
{
	(void)state;
	assert_int_equal(frame_parse(&reader, "\x83\x01\x02\x03", 4), 1);
	assert_int_equal(frame_get_int(&reader, 2, 2), 2);
	assert_false(frame_end(&reader)); /* an item is left */
	assert_int_equal(frame_get_int(&reader, 3, 3), 3);
	assert_true(frame_end(&reader));
	(void)frame_get_int(&reader, 0, 9); /* one too many */
	assert_false(frame_end(&reader));

	assert_int_equal(frame_parse(&reader, "\x82\x01\x02\x03", 4), 1);
	(void)frame_get_int(&reader, 2, 2);
	assert_false(frame_end(&reader)); /* bytes behind the array */
}

static void after_the_first_fault_nothing_is_handed_out(void **state)
{
	char text[8];

	(void)state;
	assert_int_equal(frame_parse(&reader, "\x84\x01\x02\x61z\xf5", 6), 1);
	assert_int_equal(frame_get_int(&reader, 5, 9), 0);
	frame_get_string(&reader, text, sizeof(text));
	assert_string_equal(text, "");
	assert_false(frame_get_bool(&reader));
	assert_false(frame_end(&reader));
}

static void any_bytes_at_all_are_survived(void **state)
{
	uint32_t seed = 1;
	char text[32];
	size_t size;
	bool is_null;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		uint8_t bytes[24];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(seed >> 24);
		}
		bytes[0] = 0x80 | (bytes[0] & 0x0f);
		bytes[1] &= 0x17;
		if (frame_parse(&reader, bytes, 1 + seed % sizeof(bytes)) != 1)
			continue;
		(void)frame_get_int(&reader, -100, 100);
		frame_get_text(&reader, text, sizeof(text), &size, &is_null);
		frame_get_bytes(&reader, text, sizeof(text), &size);
		(void)frame_get_bool(&reader);
		assert_true(reader.at <= reader.size);
	}
}

/* ---- the writer's bounds, and the socket */

static void a_writer_that_is_asked_for_too_much_sends_nothing(void **state)
{
	static char much[FRAME_SIZE_MAX];
	int sockets[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sockets), 0);
	memset(much, 'x', sizeof(much));

	frame_begin(&writer, 1, 1); /* too long a text */
	frame_put_text(&writer, much, sizeof(much));
	assert_int_equal(frame_send(&writer, sockets[0]), -EMSGSIZE);
	frame_begin(&writer, 1, 2); /* no room for the second header */
	frame_put_bytes(&writer, much, FRAME_SIZE_MAX - 5);
	frame_put_int(&writer, 1);
	assert_int_equal(frame_send(&writer, sockets[0]), -EMSGSIZE);
	frame_begin(&writer, 1, 1); /* an item too many */
	frame_put_int(&writer, 1);
	frame_put_int(&writer, 2);
	assert_int_equal(frame_send(&writer, sockets[0]), -EMSGSIZE);
	frame_begin(&writer, 1, 2); /* an item missing */
	frame_put_bool(&writer, true);
	assert_int_equal(frame_send(&writer, sockets[0]), -EMSGSIZE);
	frame_begin(&writer, 1, 1); /* not UTF-8 */
	frame_put_string(&writer, "\xff");
	assert_int_equal(frame_send(&writer, sockets[0]), -EMSGSIZE);

	assert_int_equal(frame_recv(&reader, sockets[1]), -EAGAIN);
	close(sockets[0]);
	close(sockets[1]);
}

static void the_largest_frame_crosses_a_socket_and_then_its_end_is_seen(void **state)
{
	static uint8_t most[FRAME_SIZE_MAX - 5], got[FRAME_SIZE_MAX];
	size_t size;
	int sockets[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sockets), 0);
	memset(most, 0xa5, sizeof(most));
	frame_begin(&writer, 7, 1);
	frame_put_bytes(&writer, most, sizeof(most));
	assert_int_equal(writer.size, FRAME_SIZE_MAX);
	assert_int_equal(frame_send(&writer, sockets[0]), 0);

	assert_int_equal(frame_recv(&reader, sockets[1]), 1);
	assert_int_equal(reader.type, 7);
	frame_get_bytes(&reader, got, sizeof(got), &size);
	assert_int_equal(size, sizeof(most));
	assert_memory_equal(got, most, size);
	assert_true(frame_end(&reader));

	assert_int_equal(frame_recv(&reader, sockets[1]), -EAGAIN);
	close(sockets[0]);
	assert_int_equal(frame_recv(&reader, sockets[1]), 0);
	assert_int_equal(frame_send(&writer, sockets[1]), -EPIPE);
	close(sockets[1]);
}

static void a_packet_larger_than_any_frame_is_refused_and_the_next_is_read(void **state)
{
	static uint8_t large[FRAME_SIZE_MAX + 1] = { 0x82, 0x01 };
	int sockets[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sockets), 0);
	assert_int_equal(send(sockets[0], large, sizeof(large), 0), sizeof(large));
	assert_int_equal(send(sockets[0], "\x81\x09", 2, 0), 2);
	assert_int_equal(frame_recv(&reader, sockets[1]), -EBADMSG);
	assert_int_equal(frame_recv(&reader, sockets[1]), 1);
	assert_int_equal(reader.type, 9);
	assert_true(frame_end(&reader));
	close(sockets[0]);
	close(sockets[1]);
}

static void a_full_queue_is_an_answer(void **state)
{
	int sockets[2], r = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sockets), 0);
	frame_begin(&writer, 1, 0);
	for (int i = 0; i < 1000000 && r == 0; i++)
		r = frame_send(&writer, sockets[0]);
	assert_int_equal(r, -EAGAIN);
	close(sockets[0]);
	close(sockets[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_item_has_the_bytes_of_rfc_8949),
		cmocka_unit_test(integers_of_every_width_read_back),
		cmocka_unit_test(texts_bytes_and_nulls_read_back),
		cmocka_unit_test(a_reader_fails_on_what_it_did_not_ask_for),
		cmocka_unit_test(what_is_no_frame_is_refused_at_once),
		cmocka_unit_test(a_frame_must_be_read_to_its_very_end),
		cmocka_unit_test(after_the_first_fault_nothing_is_handed_out),
		cmocka_unit_test(any_bytes_at_all_are_survived),
		cmocka_unit_test(a_writer_that_is_asked_for_too_much_sends_nothing),
		cmocka_unit_test(the_largest_frame_crosses_a_socket_and_then_its_end_is_seen),
		cmocka_unit_test(a_packet_larger_than_any_frame_is_refused_and_the_next_is_read),
		cmocka_unit_test(a_full_queue_is_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
