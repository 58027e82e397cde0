/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cell's side of the world: control ops, events, phones.
 */
#include "tests/scenario/world_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX (4U << 20)
#define ARGUMENTS_MAX 96

static void control_connect(struct world *world)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/control",
		 world->cell_directory);
	world->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (world->control < 0 ||
	    connect(world->control, (struct sockaddr *)&address, sizeof(address)) < 0)
		world_fail(world, "the cell's control socket %s: %s", address.sun_path,
			   strerror(errno));
}

/* The line "ready" on its standard output. */
static void cell_ready(struct world *world)
{
	struct pollfd wait = { .fd = world->cell.out, .events = POLLIN };
	char word[64] = "";
	ssize_t got = -1;

	if (poll(&wait, 1, WORLD_PATIENCE_MSEC) > 0)
		got = read(world->cell.out, word, sizeof(word) - 1);
	if (got < 5 || memcmp(word, "ready", 5) != 0)
		world_fail(world, "the cell is not ready");
}

void world_cell_open(struct world *world)
{
	char *argv[ARGUMENTS_MAX + 2], program[512], path[256];
	const char *const *more = world->options.cell_arguments;
	static char modem_option[] = "--modem", until[] = "--until-stdin-ends";
	static char modem[] = WORLD_MODEM ",number=" WORLD_MODEM_NUMBER;
	size_t count = 0;
	int fd;

	world_program(world, "footbridge-cell", program);
	argv[count++] = program;
	argv[count++] = until;
	if (!more) {
		argv[count++] = modem_option;
		argv[count++] = modem;
	}
	for (; more && *more; more++) {
		if (count == ARGUMENTS_MAX)
			world_fail(world, "the cell is given too many arguments");
		memcpy(&argv[count++], more, sizeof(*more));
	}
	argv[count++] = world->cell_directory;
	argv[count] = NULL;
	world_child_start(world, &world->cell, argv, WORLD_CHILD_IN | WORLD_CHILD_OUT, "cell.err");
	cell_ready(world);
	snprintf(path, sizeof(path), "%s/events.jsonl", world->cell_directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	world->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0 || world->watch < 0 || inotify_add_watch(world->watch, path, IN_MODIFY) < 0)
		world_fail(world, "the cell's events %s: %s", path, strerror(errno));
	world_lines_open(&world->cell_events, fd);
	control_connect(world);
}

void world_cell_close(struct world *world)
{
	if (world->control >= 0)
		close(world->control);
	if (world->watch >= 0)
		close(world->watch);
	if (world->cell_events.fd >= 0)
		close(world->cell_events.fd);
	world->control = world->watch = -1;
	world_lines_close(&world->cell_events);
	if (world->cell.in >= 0)
		close(world->cell.in);
	world->cell.in = -1;
	if (world_child_wait(&world->cell, 2000) < 0)
		world_child_end(&world->cell, SIGKILL);
}

/* ---------------------------------------------------------------- control */

static json_t *answer_read(struct world *world)
{
	size_t size = 0, capacity = 65536;
	char *line = malloc(capacity);
	json_t *answer = NULL;

	while (line) {
		struct pollfd wait = { .fd = world->control, .events = POLLIN };
		ssize_t got;

		if (capacity - size < 4096) {
			char *bigger = capacity < ANSWER_MAX ? realloc(line, capacity * 2) : NULL;

			if (!bigger)
				break;
			line = bigger;
			capacity *= 2;
		}
		if (poll(&wait, 1, WORLD_PATIENCE_MSEC) <= 0)
			break;
		got = recv(world->control, line + size, capacity - size, 0);
		if (got <= 0)
			break;
		size += (size_t)got;
		if (line[size - 1] == '\n') {
			answer = json_loadb(line, size, JSON_ALLOW_NUL, NULL);
			break;
		}
	}
	free(line);
	return answer;
}

/* Sends the op and reads its answer; NULL when none came. */
static json_t *cell_ask(struct world *world, char *line)
{
	size_t size = strlen(line);

	line[size] = '\n'; /* in place of the NUL: sent with its size */
	if (send(world->control, line, size + 1, MSG_NOSIGNAL) != (ssize_t)size + 1)
		return NULL;
	line[size] = '\0';
	return answer_read(world);
}

static char *op_pack(struct world *world, const char *format, va_list ap)
{
	WORLD_JSON *op = json_vpack_ex(NULL, 0, format, ap);
	char *line = op ? json_dumps(op, JSON_COMPACT) : NULL;

	if (!line)
		world_fail(world, "an op of the cell cannot be packed: %s", format);
	return line;
}

static json_t *cell_must(struct world *world, const char *format, va_list ap)
{
	char *line = op_pack(world, format, ap);
	json_t *answer = cell_ask(world, line);

	if (!json_is_true(json_object_get(answer, "ok")))
		world_fail(world, "the cell refused %s: %s", line,
			   answer ? world_text(answer, "error") : "no answer");
	free(line);
	return answer;
}

json_t *world_cell(struct world *world, const char *format, ...)
{
	json_t *answer;
	va_list ap;

	va_start(ap, format);
	answer = cell_must(world, format, ap);
	va_end(ap);
	return answer;
}

void world_cell_do(struct world *world, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	json_decref(cell_must(world, format, ap));
	va_end(ap);
}

bool world_cell_try(struct world *world, const char *format, ...)
{
	WORLD_JSON *answer = NULL;
	char *line;
	va_list ap;

	va_start(ap, format);
	line = op_pack(world, format, ap);
	va_end(ap);
	answer = cell_ask(world, line);
	free(line);
	return json_is_true(json_object_get(answer, "ok"));
}

void world_modem_set(struct world *world, const char *key, const char *value)
{
	world_cell_do(world, "{s:s,s:s,s:s,s:s}", "op", "set", "modem", WORLD_MODEM, "key", key,
		      "value", value);
}

/* ---------------------------------------------------------------- events */

bool world_sleep(struct world *world, int fd, int timeout_msec)
{
	struct pollfd wait[] = {
		{ .fd = world->watch, .events = POLLIN },
		{ .fd = world->bridge_events.fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	char ignored[4096];

	if (poll(wait, 3, timeout_msec) <= 0)
		return false;
	if (wait[0].revents)
		while (read(world->watch, ignored, sizeof(ignored)) > 0)
			;
	world_lines_pull(&world->cell_events);
	/* A tail that has ended is always readable: it must not make us spin. */
	if (!world_lines_pull(&world->bridge_events) && (wait[1].revents & POLLHUP))
		world->bridge_events.fd = -1;
	return wait[2].revents != 0;
}

size_t world_cell_mark(struct world *world)
{
	return world_lines_count(&world->cell_events);
}

const json_t *world_cell_event(struct world *world, size_t index)
{
	return world_lines_item(&world->cell_events, index);
}

const json_t *world_cell_wait(struct world *world, size_t mark, const char *event, ...)
{
	const json_t *found;
	va_list fields;

	va_start(fields, event);
	found = world_lines_wait(world, &world->cell_events, "event", mark, event, fields);
	va_end(fields);
	return found;
}

size_t world_cell_count(struct world *world, size_t mark, const char *event, ...)
{
	size_t found;
	va_list fields;

	va_start(fields, event);
	found = world_lines_matching(&world->cell_events, "event", mark, event, fields);
	va_end(fields);
	return found;
}

/* ---------------------------------------------------------------- phones */

void world_type(struct world *world, const char *phone, const char *text, size_t size)
{
	world_cell_do(world, "{s:s,s:s,s:s,s:s%}", "op", "type", "phone", phone, "to",
		      WORLD_MODEM_NUMBER, "text", text, size);
}

static json_t *screen_read(struct world *world, const char *phone)
{
	WORLD_JSON *answer = world_cell(world, "{s:s,s:s}", "op", "screen", "phone", phone);
	json_t *whole = json_array(), *message;
	size_t i;

	json_array_foreach(json_object_get(answer, "messages"), i, message) {
		if (json_is_true(json_object_get(message, "complete")))
			json_array_append(whole, message);
	}
	return whole;
}

size_t world_screen_count(struct world *world, const char *phone)
{
	WORLD_JSON *messages = screen_read(world, phone);

	return json_array_size(messages);
}

json_t *world_screen_wait(struct world *world, const char *phone, size_t count)
{
	int64_t until = world_now_msec() + WORLD_PATIENCE_MSEC;

	for (;;) {
		json_t *messages = screen_read(world, phone);

		if (json_array_size(messages) >= count)
			return messages;
		if (world_now_msec() > until)
			world_fail(world, "the phone %s shows %zu messages, %zu were expected",
				   phone, json_array_size(messages), count);
		json_decref(messages);
		world_wait_any(world, 1000);
	}
}
