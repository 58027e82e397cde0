/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A stream, a parser, and the patience between two streams.
 */
#include "bridge/cli/follow.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/cli/attention.h"
#include "bridge/cli/display.h"
#include "bridge/cli/sse.h"
#include "bridge/cli/times.h"

#define DELAY_FIRST_MSEC 500
#define DELAY_MOST_MSEC 30000

struct following {
	const struct follow *follow;
	struct sse_parser *parser;
	bool lost; /* said so, and not yet connected again */
	long delay_msec;
};

static void cleanup_parser(struct sse_parser **parser)
{
	sse_parser_free(*parser);
}

enum cli_exit follow_newest(struct cli *cli, char ret_id[static FOLLOW_ID_SIZE])
{
	json_t *status = NULL;
	enum cli_exit done = cli_call(cli, "GET", "/v1/status", NULL, &status);

	if (done != CLI_DONE)
		return done;
	snprintf(ret_id, FOLLOW_ID_SIZE, "%" PRId64, cli_integer(status, "lastEvent"));
	json_decref(status);
	return CLI_DONE;
}

static int on_event(const struct sse_event *event, void *userdata)
{
	struct following *following = userdata;
	json_t *object = json_loadb(event->data, event->data_size, JSON_ALLOW_NUL, NULL);
	int r = 0;

	if (json_is_object(object))
		r = following->follow->done(object, following->follow->userdata);
	else
		cli_error("ignoring event %s, which is not JSON", event->id);
	json_decref(object);
	return r;
}

static int on_bytes(const char *bytes, size_t size, void *userdata)
{
	struct following *following = userdata;

	if (following->lost)
		cli_error("connected again");
	following->lost = false;
	following->delay_msec = DELAY_FIRST_MSEC;
	return sse_parser_feed(following->parser, bytes, size);
}

/* Milliseconds to the deadline, LONG_MAX without one, 0 when it is over. */
static long time_left_msec(const struct follow *follow)
{
	int64_t left;

	if (!follow->deadline_usec)
		return LONG_MAX;
	left = (follow->deadline_usec - clock_monotonic_usec()) / USEC_PER_MSEC;
	return left > 0 ? (long)left : 0;
}

static void wait_a_while(struct following *following)
{
	long left = time_left_msec(following->follow), delay = following->delay_msec;
	struct timespec span;

	if (!following->lost)
		cli_error("the daemon closed the connection; trying again until it is back");
	following->lost = true;
	if (delay > left)
		delay = left;
	span = (struct timespec){ .tv_sec = delay / 1000, .tv_nsec = delay % 1000 * 1000000 };
	nanosleep(&span, NULL);
	following->delay_msec *= 2;
	if (following->delay_msec > DELAY_MOST_MSEC)
		following->delay_msec = DELAY_MOST_MSEC;
}

static int run_stream(struct following *following, const char *path, char *error, size_t error_size)
{
	long left = time_left_msec(following->follow);

	if (!left)
		return -ETIMEDOUT;
	sse_parser_restart(following->parser);
	return client_stream(following->follow->cli->client, path,
			     sse_parser_last_id(following->parser), left == LONG_MAX ? 0 : left,
			     on_bytes, following, error, error_size);
}

int follow_run(const struct follow *follow)
{
	struct following following = { .follow = follow, .delay_msec = DELAY_FIRST_MSEC };
	CLEANUP(cleanup_parser) struct sse_parser *parser = sse_parser_new(on_event, &following);
	CLEANUP_FREE char *after = client_escape(follow->after);
	char path[256], error[2048] = "";
	int r;

	if (!parser || !after)
		return -ENOMEM;
	following.parser = parser;
	snprintf(path, sizeof(path), "/v1/events?after=%s", after);
	for (;;) {
		r = run_stream(&following, path, error, sizeof(error));
		if (r == -EMSGSIZE) {
			cli_error("the daemon sent an event that is too long; is that Footbridge's "
				  "socket?");
			return -EPROTO;
		}
		if (r == -EPROTO)
			cli_error("%s", error);
		if (r != 0 && r != -ECONNRESET && r != -ENOTCONN)
			return r;
		wait_a_while(&following);
	}
}

json_t *follow_inbound(const json_t *event)
{
	const char *type = cli_text(event, "type");
	json_t *inbound;

	if (!type || strcmp(type, "message.received") != 0)
		return NULL;
	inbound = json_copy((json_t *)(uintptr_t)event);
	if (!inbound)
		return NULL;
	/* In an event "id" is the event's, and the message's is "message". */
	json_object_set(inbound, "id", json_object_get(event, "message"));
	json_object_del(inbound, "message");
	json_object_del(inbound, "type");
	json_object_del(inbound, "at");
	return inbound;
}

static void print_moment(const json_t *object, const char *key, FILE *stream)
{
	char when[TIMES_TEXT_SIZE];

	fprintf(stream, "%s  ", cli_when(object, key, when));
}

/* Escaped, with what goes before it; nothing when there is no such member or it is empty. */
static void print_member(FILE *stream, const char *before, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	CLEANUP_FREE char *safe = NULL;

	if (!json_is_string(value) || !json_string_length(value))
		return;
	safe = display_escape(json_string_value(value), json_string_length(value));
	fprintf(stream, "%s%s", before, safe ? safe : "");
}

static void print_state(FILE *stream, const char *before, const json_t *event)
{
	const char *state = cli_text(event, "state");
	enum table_style style = cli_state_style(state);
	bool colour = table_look_of(stream).colour;

	print_member(stream, before, event, "stateFrom");
	fputs(cli_text(event, "stateFrom") ? " → " : before, stream);
	fputs(table_style_on(style, colour), stream);
	print_member(stream, "", event, "state");
	fputs(table_style_off(style, colour), stream);
}

const char *follow_inbound_kind(const json_t *inbound, char kind[static FOLLOW_KIND_SIZE])
{
	const char *name = cli_text(inbound, "kind");

	kind[0] = '\0';
	if (name && !strcmp(name, "mms"))
		snprintf(kind, FOLLOW_KIND_SIZE, "[picture message] ");
	else if (name && !strcmp(name, "data") && json_is_integer(json_object_get(inbound, "port")))
		snprintf(kind, FOLLOW_KIND_SIZE, "[data for port %d] ",
			 (int)cli_integer(inbound, "port"));
	else if (name && !strcmp(name, "data"))
		snprintf(kind, FOLLOW_KIND_SIZE, "[data] ");
	return kind;
}

static void print_inbound(const json_t *inbound, const char *id_key, FILE *stream)
{
	const char *state = cli_text(inbound, "state");
	char kind[FOLLOW_KIND_SIZE], before[FOLLOW_KIND_SIZE + 2];

	print_member(stream, "", inbound, id_key);
	print_member(stream, "  from ", inbound, "from");
	print_member(stream, " by ", inbound, "modem");
	if (state && strcmp(state, "received") != 0)
		print_member(stream, "  ", inbound, "state");
	snprintf(before, sizeof(before), ": %s", follow_inbound_kind(inbound, kind));
	print_member(stream, before, inbound, "text");
	fputc('\n', stream);
}

void follow_print_inbound(const json_t *inbound, FILE *stream)
{
	print_moment(inbound, "receivedAt", stream);
	print_inbound(inbound, "id", stream);
}

void follow_print(const json_t *event, FILE *stream)
{
	const char *type = cli_text(event, "type");

	print_moment(event, "at", stream);
	if (type && !strcmp(type, "message.received")) {
		print_inbound(event, "message", stream);
		return;
	}
	if (type && !strcmp(type, "attention")) {
		fputs("attention  ", stream);
		attention_print_brief(json_object_get(event, "attention"), stream);
		fputc('\n', stream);
		return;
	}
	if (type && !strcmp(type, "message.state")) {
		print_member(stream, "", event, "message");
		print_member(stream, "  to ", event, "to");
		print_member(stream, " by ", event, "modem");
	} else if (type && !strcmp(type, "modem.state")) {
		print_member(stream, "modem ", event, "modem");
	} else {
		print_member(stream, "", event, "type");
	}
	print_state(stream, "  ", event);
	print_member(stream, "  ", event, "error");
	print_member(stream, "  ", event, "reason");
	fputc('\n', stream);
}
