/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See events.h.  A stream is live when it has shown everything up to the newest event: new ones then
 * go straight into its buffer.  One that lags is not buffered for without end: it reads the store
 * again once its buffer is empty.
 */
#include "bridge/api/events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/api/json.h"
#include "bridge/api/request.h"
#include "bridge/api/server.h"
#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"

#define STREAMS_MAX 64
#define STREAM_BUFFER_MAX (64 * 1024) /* beyond it a stream lags; one event may be longer */
#define STREAM_BLOCK_SIZE (16 * 1024)
#define STREAM_READ_LIMIT 100
#define KEEP_ALIVE_USEC (15 * USEC_PER_SEC)
#define STORE_AGAIN_USEC (5 * USEC_PER_SEC)

struct stream {
	struct streams *streams;
	struct stream *previous, *next;
	struct MHD_Connection *connection;
	int64_t shown;        /* the newest event in the buffer or sent */
	int64_t newest_asked; /* the newest there was when the store was asked */
	char *buffer;
	size_t size, at, capacity;
	bool suspended;
	bool reading; /* the store is asked */
	bool closed;  /* the client is gone, the store's answer is not */
};

struct streams {
	struct bridge *bridge;
	struct server *server;
	struct stream *first;
	unsigned count;
	bool ending;
	sd_event_source *keep_alive;
};

static bool stream_is_live(const struct stream *stream)
{
	return !stream->reading && stream->shown >= feed_newest(stream->streams->bridge->feed);
}

static void stream_resume(struct stream *stream)
{
	if (stream->suspended) {
		stream->suspended = false;
		MHD_resume_connection(stream->connection);
		server_kick(stream->streams->server);
	}
}

/* False: no room now, or no memory. */
static bool stream_append(struct stream *stream, const char *text, size_t size)
{
	size_t used = stream->size - stream->at;
	char *buffer;

	if (used > 0 && used + size > STREAM_BUFFER_MAX)
		return false;
	if (stream->at > 0) {
		memmove(stream->buffer, stream->buffer + stream->at, used);
		stream->at = 0;
		stream->size = used;
	}
	if (used + size > stream->capacity) {
		buffer = realloc(stream->buffer, used + size);
		if (!buffer)
			return false;
		stream->buffer = buffer;
		stream->capacity = used + size;
	}
	memcpy(stream->buffer + used, text, size);
	stream->size += size;
	return true;
}

/* "id: …", "event: …", "data: …", empty line.  The caller frees; NULL: out of memory. */
static char *event_text(const struct store_event *event, size_t *ret_size)
{
	json_t *object = json_of_event(event);
	CLEANUP_FREE char *data = object ? json_dumps(object, JSON_COMPACT) : NULL;
	char *text = NULL;
	int size;

	json_decref(object);
	if (!data)
		return NULL;
	size = asprintf(&text, "id: %lld\nevent: %s\ndata: %s\n\n", (long long)event->id,
			store_event_type_name(event->type), data);
	if (size < 0)
		return NULL;
	*ret_size = (size_t)size;
	return text;
}

/* ------------------------------------------------------------------ from the store */

static void stream_destroy(struct stream *stream)
{
	free(stream->buffer);
	free(stream);
}

static void stream_events_read(int error, const struct store_event *events, size_t count,
			       void *userdata)
{
	struct stream *stream = userdata;

	stream->reading = false;
	if (stream->closed) {
		stream_destroy(stream);
		return;
	}
	for (size_t i = 0; error == 0 && i < count; i++) {
		size_t size = 0;
		CLEANUP_FREE char *text = event_text(&events[i], &size);

		if (!text || !stream_append(stream, text, size)) {
			stream_resume(stream);
			return;
		}
		stream->shown = events[i].id;
	}
	/* Ids may have gaps, and old events go: what was not there then is not to come. */
	if (error == 0 && count < STREAM_READ_LIMIT && stream->shown < stream->newest_asked)
		stream->shown = stream->newest_asked;
	/* After a failure the keep-alive wakes it, and it asks again. */
	if (error == 0)
		stream_resume(stream);
}

static void stream_ask(struct stream *stream)
{
	struct bridge *bridge = stream->streams->bridge;

	stream->newest_asked = feed_newest(bridge->feed);
	stream->reading = store_events_after(bridge->store, stream->shown, STREAM_READ_LIMIT,
					     stream_events_read, stream) == 0;
}

/* ------------------------------------------------------------------ to the client */

static ssize_t stream_read(void *userdata, uint64_t position, char *buffer, size_t size)
{
	struct stream *stream = userdata;
	size_t left = stream->size - stream->at;

	(void)position;
	if (left > 0) {
		if (size > left)
			size = left;
		memcpy(buffer, stream->buffer + stream->at, size);
		stream->at += size;
		return (ssize_t)size;
	}
	if (stream->streams->ending)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (!stream->reading && !stream_is_live(stream))
		stream_ask(stream);
	stream->suspended = true;
	MHD_suspend_connection(stream->connection);
	return 0;
}

static void stream_closed(void *userdata)
{
	struct stream *stream = userdata;

	if (stream->previous)
		stream->previous->next = stream->next;
	else
		stream->streams->first = stream->next;
	if (stream->next)
		stream->next->previous = stream->previous;
	stream->streams->count--;
	/* While streams end, the store is closed: no answer comes any more. */
	if (stream->reading && !stream->streams->ending)
		stream->closed = true;
	else
		stream_destroy(stream);
}

/* A comment now and then shows the client that we are there, and us that the client is not. */
static int keep_alive(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct streams *streams = userdata;

	(void)source;
	(void)at_usec;
	for (struct stream *stream = streams->first; stream; stream = stream->next) {
		if (stream->suspended && stream_append(stream, ":\n\n", 3))
			stream_resume(stream);
	}
	return bridge_arm(streams->bridge, &streams->keep_alive, KEEP_ALIVE_USEC, PRIORITY_API,
			  keep_alive, streams);
}

static void events_came(const struct store_event *events, size_t count, void *userdata)
{
	struct streams *streams = userdata;

	for (struct stream *stream = streams->first; stream; stream = stream->next) {
		/* The feed already counts these: live was who had shown what was before them. */
		bool live = !stream->reading && stream->shown >= events[0].id - 1;

		for (size_t i = 0; live && i < count; i++) {
			size_t size = 0;
			CLEANUP_FREE char *text = event_text(&events[i], &size);

			live = text && stream_append(stream, text, size);
			if (live)
				stream->shown = events[i].id;
		}
		if (!stream->reading)
			stream_resume(stream);
	}
}

/* ------------------------------------------------------------------ */

int streams_new(struct bridge *bridge, struct server *server, struct streams **ret_streams)
{
	struct streams *streams = calloc(1, sizeof(*streams));
	int r;

	if (!streams)
		return -ENOMEM;
	streams->bridge = bridge;
	streams->server = server;
	r = bridge_arm(bridge, &streams->keep_alive, KEEP_ALIVE_USEC, PRIORITY_API, keep_alive,
		       streams);
	if (r < 0) {
		free(streams);
		return r;
	}
	feed_listen(bridge->feed, events_came, streams);
	*ret_streams = streams;
	return 0;
}

void streams_end(struct streams *streams)
{
	if (!streams)
		return;
	streams->ending = true;
	for (struct stream *stream = streams->first; stream; stream = stream->next)
		stream_resume(stream);
}

struct streams *streams_free(struct streams *streams)
{
	if (!streams)
		return NULL;
	feed_listen(streams->bridge->feed, NULL, NULL);
	sd_event_source_disable_unref(streams->keep_alive);
	free(streams);
	return NULL;
}

/* Where to begin: the header of a client that comes back, or ?after=; otherwise what comes now. */
static int stream_begin(const struct request *request, int64_t *ret_after, struct refusal *refusal)
{
	const char *text =
		MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Last-Event-ID");
	int64_t newest = feed_newest(request->bridge->feed);
	long long after;
	char *end;

	if (!text || !text[0])
		text = request_query(request, "after");
	*ret_after = newest;
	if (!text)
		return 0;
	errno = 0;
	after = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || after < 0)
		return refuse(refusal, 400, "InvalidField",
			      "Last-Event-ID and \"after\" are the id of an event, a number.");
	if (after < newest)
		*ret_after = after;
	return 0;
}

static struct MHD_Response *stream_response(struct stream *stream)
{
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_BLOCK_SIZE, stream_read, stream, stream_closed);

	if (!response)
		return NULL;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	return response;
}

void handle_events(struct request *request)
{
	static const char *const names[] = { "after", NULL };
	struct streams *streams = request_streams(request);
	struct stream *stream;
	struct MHD_Response *response;
	struct refusal refusal;
	int64_t after = 0;

	if (request_query_check(request, names, &refusal) < 0 ||
	    stream_begin(request, &after, &refusal) < 0) {
		request_refuse(request, &refusal);
		return;
	}
	/* Which event is the newest is not known yet: a stream would begin at the first of all. */
	if (!request->bridge->ready) {
		refuse(&refusal, 503, "Starting", "The daemon is starting; try again in a moment.");
		request_refuse(request, &refusal);
		return;
	}
	if (streams->count >= STREAMS_MAX) {
		refuse(&refusal, 503, "Busy", "There are %d event streams already; close one.",
		       STREAMS_MAX);
		request_refuse(request, &refusal);
		return;
	}
	stream = calloc(1, sizeof(*stream));
	/* The comment brings the head of the answer to the client at once. */
	if (!stream || !stream_append(stream, ": footbridge\n\n", 14)) {
		free(stream);
		request_answer(request, 503, NULL);
		return;
	}
	stream->streams = streams;
	stream->connection = request->connection;
	stream->shown = after;
	response = stream_response(stream);
	if (!response) {
		stream_destroy(stream);
		request_answer(request, 503, NULL);
		return;
	}
	stream->next = streams->first;
	if (stream->next)
		stream->next->previous = stream;
	streams->first = stream;
	streams->count++;
	request_respond(request, 200, response);
}
