/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Server-sent events taken apart (WHATWG HTML 9.2.6), in pieces of any size.  Pure and bounded: a
 * line or an event beyond SSE_EVENT_MAX is an error, never a growing buffer.
 */
#pragma once

#include <stddef.h>

#define SSE_EVENT_MAX ((size_t)1024 * 1024)
#define SSE_ID_SIZE 65
#define SSE_TYPE_SIZE 65

struct sse_event {
	const char *id;   /* the newest id of the stream, "" none yet */
	const char *type; /* "message" when none was given */
	const char *data; /* lines joined by newlines; NUL after it */
	size_t data_size;
};

/* Not 0 stops the feeding, and is what sse_parser_feed() returns. */
typedef int (*sse_event_done)(const struct sse_event *event, void *userdata);

struct sse_parser;

/* NULL: no memory. */
struct sse_parser *sse_parser_new(sse_event_done done, void *userdata);
struct sse_parser *sse_parser_free(struct sse_parser *parser);

/*
 * Returns 0, what the callback returned, -EMSGSIZE (line or event too long), -ENOMEM.  After
 * anything but 0 only sse_parser_restart() makes sense.
 */
int sse_parser_feed(struct sse_parser *parser, const char *bytes, size_t size);

/* A new connection: half an event is forgotten, the last id stays. */
void sse_parser_restart(struct sse_parser *parser);

/* What goes into Last-Event-ID: "" when no event was complete so far. */
const char *sse_parser_last_id(const struct sse_parser *parser);
