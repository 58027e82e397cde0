/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bytes make lines, lines make fields, an empty line makes the event.  The last id counts only once
 * its event was handed on: an event cut off by a lost connection is asked for again.
 */
#include "bridge/cli/sse.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
	char *bytes;
	size_t size, room;
};

struct sse_parser {
	sse_event_done done;
	void *userdata;
	struct buffer line, data;
	char id[SSE_ID_SIZE], last_id[SSE_ID_SIZE], type[SSE_TYPE_SIZE];
	bool first_line, after_return;
};

static int buffer_add(struct buffer *buffer, const char *bytes, size_t size)
{
	size_t room = buffer->room ? buffer->room : 256;
	char *grown;

	if (size > SSE_EVENT_MAX - buffer->size)
		return -EMSGSIZE;
	while (room < buffer->size + size + 1)
		room *= 2;
	if (room != buffer->room) {
		grown = realloc(buffer->bytes, room);
		if (!grown)
			return -ENOMEM;
		buffer->bytes = grown;
		buffer->room = room;
	}
	memcpy(buffer->bytes + buffer->size, bytes, size);
	buffer->size += size;
	buffer->bytes[buffer->size] = '\0';
	return 0;
}

struct sse_parser *sse_parser_new(sse_event_done done, void *userdata)
{
	struct sse_parser *parser = calloc(1, sizeof(*parser));

	if (!parser)
		return NULL;
	parser->done = done;
	parser->userdata = userdata;
	parser->first_line = true;
	return parser;
}

struct sse_parser *sse_parser_free(struct sse_parser *parser)
{
	if (!parser)
		return NULL;
	free(parser->line.bytes);
	free(parser->data.bytes);
	free(parser);
	return NULL;
}

void sse_parser_restart(struct sse_parser *parser)
{
	parser->line.size = 0;
	parser->data.size = 0;
	parser->type[0] = '\0';
	memcpy(parser->id, parser->last_id, sizeof(parser->id));
	parser->first_line = true;
	parser->after_return = false;
}

const char *sse_parser_last_id(const struct sse_parser *parser)
{
	return parser->last_id;
}

static int end_event(struct sse_parser *parser)
{
	struct sse_event event = { .id = parser->id, .type = parser->type };
	int r;

	memcpy(parser->last_id, parser->id, sizeof(parser->last_id));
	if (!parser->data.size) {
		parser->type[0] = '\0';
		return 0;
	}
	/* Every data line ended in a newline; the last of them does not belong to the event. */
	parser->data.bytes[--parser->data.size] = '\0';
	if (!event.type[0])
		event.type = "message";
	event.data = parser->data.bytes;
	event.data_size = parser->data.size;
	r = parser->done(&event, parser->userdata);
	parser->data.size = 0;
	parser->type[0] = '\0';
	return r;
}

/* A value that does not fit, or holds a NUL, leaves the field as it was. */
static void keep_field(char *field, size_t room, const char *value, size_t size)
{
	if (size >= room || memchr(value, '\0', size))
		return;
	memcpy(field, value, size);
	field[size] = '\0';
}

static int end_line(struct sse_parser *parser)
{
	const char *line = parser->line.size ? parser->line.bytes : "", *colon, *value;
	size_t size = parser->line.size, name, value_size;
	int r = 0;

	if (parser->first_line && size >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
		line += 3;
		size -= 3;
	}
	parser->first_line = false;
	parser->line.size = 0;
	if (!size)
		return end_event(parser);
	colon = memchr(line, ':', size);
	name = colon ? (size_t)(colon - line) : size;
	value = colon ? colon + 1 : line + size;
	value_size = size - name - (colon ? 1 : 0);
	if (value_size && *value == ' ') {
		value++;
		value_size--;
	}
	if (name == 4 && memcmp(line, "data", 4) == 0) {
		r = buffer_add(&parser->data, value, value_size);
		if (r == 0)
			r = buffer_add(&parser->data, "\n", 1);
	} else if (name == 2 && memcmp(line, "id", 2) == 0) {
		keep_field(parser->id, sizeof(parser->id), value, value_size);
	} else if (name == 5 && memcmp(line, "event", 5) == 0) {
		keep_field(parser->type, sizeof(parser->type), value, value_size);
	}
	return r;
}

int sse_parser_feed(struct sse_parser *parser, const char *bytes, size_t size)
{
	int r = 0;

	for (size_t i = 0, end; i < size && r == 0; i = end) {
		if (parser->after_return && bytes[i] == '\n') {
			parser->after_return = false;
			end = i + 1;
			continue;
		}
		parser->after_return = false;
		for (end = i; end < size && bytes[end] != '\n' && bytes[end] != '\r';)
			end++;
		r = buffer_add(&parser->line, bytes + i, end - i);
		if (r == 0 && end < size) {
			parser->after_return = bytes[end++] == '\r';
			r = end_line(parser);
		}
	}
	return r;
}
