/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bridge's side of the world: its HTTP interface, messages and inbox, and its events as
 * `footbridge --json tail` prints them.
 */
#include "tests/scenario/world_private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/scenario/world_http.h"

int world_api_probe(struct world *world)
{
	struct world_http_answer answer = { 0 };
	int fd = world_http_connect(world->socket_path), status = 0;

	if (fd >= 0 && world_http_exchange(fd, "GET", "/v1/status", NULL, 0, &answer) == 0)
		status = answer.status;
	free(answer.body);
	if (fd >= 0)
		close(fd);
	return status;
}

json_t *world_http(struct world *world, const char *method, const char *path, const json_t *body,
		   int *ret_status)
{
	struct world_http_answer answer = { 0 };
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	int fd = world_http_connect(world->socket_path), r = fd;
	json_t *json;

	if (fd >= 0)
		r = world_http_exchange(fd, method, path, text, text ? strlen(text) : 0, &answer);
	if (r < 0)
		world_fail(world, "%s %s: %s", method, path, strerror(-r));
	close(fd);
	free(text);
	*ret_status = answer.status;
	json = json_loadb(answer.body, answer.size, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	free(answer.body);
	return json;
}

/* ---------------------------------------------------------------- events */

void world_tail_start(struct world *world)
{
	static char socket_option[] = "--socket", json[] = "--json", tail[] = "tail";
	static char after_option[] = "--after";
	size_t count = json_array_size(world->bridge_events.items);
	const json_t *last = json_object_get(
		json_array_get(world->bridge_events.items, count ? count - 1 : 0), "id");
	char program[512], after[64];
	char *argv[] = { program, socket_option, world->socket_path, json, tail, after_option,
			 after,   NULL };

	world_program(world, "footbridge", program);
	if (json_is_string(last))
		snprintf(after, sizeof(after), "%s", json_string_value(last));
	else
		snprintf(after, sizeof(after), "%" JSON_INTEGER_FORMAT, json_integer_value(last));
	world_child_start(world, &world->tail, argv, WORLD_CHILD_OUT, "tail.err");
	world_lines_open(&world->bridge_events, world->tail.out);
}

void world_tail_stop(struct world *world)
{
	world_lines_pull(&world->bridge_events);
	world->bridge_events.fd = -1;
	world_child_end(&world->tail, SIGTERM);
}

size_t world_bridge_mark(struct world *world)
{
	return world_lines_count(&world->bridge_events);
}

const json_t *world_bridge_event(struct world *world, size_t index)
{
	return world_lines_item(&world->bridge_events, index);
}

const json_t *world_bridge_wait(struct world *world, size_t mark, const char *type, ...)
{
	const json_t *found;
	va_list fields;

	va_start(fields, type);
	found = world_lines_wait(world, &world->bridge_events, "type", mark, type, fields);
	va_end(fields);
	return found;
}

size_t world_bridge_count(struct world *world, size_t mark, const char *type, ...)
{
	size_t found;
	va_list fields;

	va_start(fields, type);
	found = world_lines_matching(&world->bridge_events, "type", mark, type, fields);
	va_end(fields);
	return found;
}

/* ---------------------------------------------------------------- messages, modems */

void world_send(struct world *world, const char *to, const char *text, size_t size,
		char id[static 65])
{
	WORLD_JSON *body = json_pack("{s:[s],s:s%}", "to", to, "text", text, size);
	int status;
	WORLD_JSON *stored = world_http(world, "POST", "/v1/messages", body, &status);

	if (status != 202)
		world_fail(world, "the message to %s was answered %d: %s", to, status,
			   world_text(stored, "message"));
	snprintf(id, 65, "%s", world_text(stored, "id"));
}

json_t *world_message(struct world *world, const char *id)
{
	char path[128];
	int status;
	json_t *message;

	snprintf(path, sizeof(path), "/v1/messages/%s", id);
	message = world_http(world, "GET", path, NULL, &status);
	if (status != 200)
		world_fail(world, "GET %s was answered %d", path, status);
	return message;
}

json_t *world_message_wait(struct world *world, const char *id, const char *state)
{
	int64_t until = world_now_msec() + WORLD_PATIENCE_MSEC;

	for (;;) {
		json_t *message = world_message(world, id);

		if (strcmp(world_text(message, "state"), state) == 0)
			return message;
		if (world_now_msec() > until)
			world_fail(world, "the message %s is %s, not %s: %s", id,
				   world_text(message, "state"), state,
				   world_text(message, "recipients.0.reason"));
		json_decref(message);
		world_wait_any(world, 250);
	}
}

#define INBOX_PAGE "/v1/inbox?limit=100"

json_t *world_inbox(struct world *world, const char *from)
{
	char path[256] = INBOX_PAGE;
	json_t *found = json_array();

	while (path[0]) {
		int status;
		WORLD_JSON *list = world_http(world, "GET", path, NULL, &status);
		const char *next = world_text(list, "next");
		json_t *item;
		size_t i;

		if (status != 200)
			world_fail(world, "GET %s was answered %d", path, status);
		json_array_foreach(json_object_get(list, "items"), i, item) {
			if (!from || strcmp(world_text(item, "from"), from) == 0)
				json_array_insert(found, 0, item); /* the newest comes first */
		}
		path[0] = '\0';
		if (next[0])
			snprintf(path, sizeof(path), INBOX_PAGE "&cursor=%.200s", next);
	}
	return found;
}

json_t *world_inbox_wait(struct world *world, const char *from, size_t count)
{
	int64_t until = world_now_msec() + WORLD_PATIENCE_MSEC;

	for (;;) {
		json_t *items = world_inbox(world, from);

		if (json_array_size(items) >= count)
			return items;
		if (world_now_msec() > until)
			world_fail(world, "the inbox has %zu messages from %s, %zu were expected",
				   json_array_size(items), from, count);
		json_decref(items);
		world_wait_any(world, 250);
	}
}

void world_modem_wait(struct world *world, const char *modem, const char *state)
{
	int64_t until = world_now_msec() + WORLD_PATIENCE_MSEC;
	char path[128];

	snprintf(path, sizeof(path), "/v1/modems/%s", modem);
	for (;;) {
		int status;
		WORLD_JSON *shown = world_http(world, "GET", path, NULL, &status);

		if (status == 200 && strcmp(world_text(shown, "state"), state) == 0)
			return;
		if (world_now_msec() > until)
			world_fail(world, "the modem %s is %s (%s), not %s", modem,
				   world_text(shown, "state"), world_text(shown, "reason"), state);
		world_wait_any(world, 100);
	}
}
