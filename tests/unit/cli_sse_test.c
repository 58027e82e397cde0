/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Server-sent events, whole and byte by byte.
 */
#include "bridge/cli/sse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"

struct heard {
	char text[1024]; /* "id/type/data;" per event */
	int answer;
};

static int on_event(const struct sse_event *event, void *userdata)
{
	struct heard *heard = userdata;
	size_t at = strlen(heard->text);

	assert_int_equal(strlen(event->data), event->data_size);
	snprintf(heard->text + at, sizeof(heard->text) - at, "%s/%s/%s;", event->id, event->type,
		 event->data);
	return heard->answer;
}

static void feed_in_steps(const char *stream, size_t size, size_t step, struct heard *heard)
{
	struct sse_parser *parser = sse_parser_new(on_event, heard);

	for (size_t i = 0; i < size; i += step)
		assert_int_equal(
			sse_parser_feed(parser, stream + i, size - i < step ? size - i : step), 0);
	sse_parser_free(parser);
}

static void events_are_the_same_in_pieces_of_any_size(void **state)
{
	static const struct {
		const char *stream, *expected;
	} rows[] = {
		{ "id: 7\nevent: modem.state\ndata: {}\n\n", "7/modem.state/{};" },
		{ "data: a\ndata: b\n\ndata: c\n\n", "/message/a\nb;/message/c;" },
		{ "data:x\r\ndata: y\r\n\r\n", "/message/x\ny;" },
		{ "data: x\rdata: y\r\r", "/message/x\ny;" },
		{ "\xEF\xBB\xBF"
		  "data: x\n\n",
		  "/message/x;" },
		{ ": footbridge\n\n:\n\ndata: x\n\n", "/message/x;" },
		{ "id: 1\n\ndata: x\n\n", "1/message/x;" },
		{ "id: 1\ndata: x\n\ndata: y\n\n", "1/message/x;1/message/y;" },
		{ "event: a\n\ndata: x\n\n", "/message/x;" },
		{ "data\n\n", "/message/;" },
		{ "data:  x\n\n", "/message/ x;" },
		{ "data: a:b\n\n", "/message/a:b;" },
		{ "nonsense: 1\nretry: 5\ndata: x\n\n", "/message/x;" },
		{ "data: 你好\n\n", "/message/你好;" },
		{ "data: unfinished\n", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t step = 1; step <= 40; step++) {
			struct heard heard = { 0 };

			feed_in_steps(rows[i].stream, strlen(rows[i].stream), step, &heard);
			assert_string_equal(heard.text, rows[i].expected);
		}
	}
}

static void an_id_that_is_too_long_or_has_a_nul_is_ignored(void **state)
{
	static const char nul[] = "id: 1\ndata: x\n\nid: 2\0003\ndata: y\n\n";
	char stream[256];
	struct heard heard = { 0 };

	(void)state;
	feed_in_steps(nul, sizeof(nul) - 1, 1, &heard);
	assert_string_equal(heard.text, "1/message/x;1/message/y;");
	heard.text[0] = '\0';
	snprintf(stream, sizeof(stream), "id: %0*d\ndata: x\n\n", SSE_ID_SIZE, 1);
	feed_in_steps(stream, strlen(stream), 7, &heard);
	assert_string_equal(heard.text, "/message/x;");
}

static void an_event_cut_off_is_asked_for_again(void **state)
{
	struct heard heard = { 0 };
	struct sse_parser *parser = sse_parser_new(on_event, &heard);
	static const char first[] = "id: 1\ndata: x\n\nid: 2\nevent: e\ndata: hal";
	static const char second[] = "id: 2\ndata: whole\n\n";

	(void)state;
	assert_string_equal(sse_parser_last_id(parser), "");
	assert_int_equal(sse_parser_feed(parser, first, strlen(first)), 0);
	assert_string_equal(sse_parser_last_id(parser), "1");
	sse_parser_restart(parser);
	assert_string_equal(sse_parser_last_id(parser), "1");
	assert_int_equal(sse_parser_feed(parser, second, strlen(second)), 0);
	assert_string_equal(heard.text, "1/message/x;2/message/whole;");
	assert_string_equal(sse_parser_last_id(parser), "2");
	sse_parser_free(parser);
}

static void the_callback_can_end_it(void **state)
{
	struct heard heard = { .answer = 5 };
	struct sse_parser *parser = sse_parser_new(on_event, &heard);
	static const char stream[] = "data: x\n\ndata: y\n\n";

	(void)state;
	assert_int_equal(sse_parser_feed(parser, stream, strlen(stream)), 5);
	assert_string_equal(heard.text, "/message/x;");
	sse_parser_free(parser);
}

static void an_endless_line_or_event_is_refused(void **state)
{
	static const char field[] = { 'd', 'a', 't', 'a', ':', ' ' };
	static char block[65536];
	struct heard heard = { 0 };
	struct sse_parser *parser = sse_parser_new(on_event, &heard);
	size_t fed = 0;
	int r = 0;

	(void)state;
	memset(block, 'x', sizeof(block));
	for (; r == 0 && fed <= SSE_EVENT_MAX; fed += sizeof(block))
		r = sse_parser_feed(parser, block, sizeof(block));
	assert_int_equal(r, -EMSGSIZE);
	sse_parser_restart(parser);
	memcpy(block, field, sizeof(field));
	block[sizeof(block) - 1] = '\n';
	for (r = 0, fed = 0; r == 0 && fed <= 2 * SSE_EVENT_MAX; fed += sizeof(block))
		r = sse_parser_feed(parser, block, sizeof(block));
	assert_int_equal(r, -EMSGSIZE);
	assert_string_equal(heard.text, "");
	sse_parser_free(parser);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_the_same_in_pieces_of_any_size),
		cmocka_unit_test(an_id_that_is_too_long_or_has_a_nul_is_ignored),
		cmocka_unit_test(an_event_cut_off_is_asked_for_again),
		cmocka_unit_test(the_callback_can_end_it),
		cmocka_unit_test(an_endless_line_or_event_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
