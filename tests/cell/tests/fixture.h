/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A cell of two modems in a temporary directory, inside the test's own process: the test writes and
 * reads the ttys as a program would, and turns the cell's loop until what it waits for is there.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/cell/cell.h"

#define NORTH 0
#define SOUTH 1
#define ODD 2 /* a modem of a family of the test's own, if it asks for one */
#define NORTH_NUMBER "+8613900000001"
#define SOUTH_NUMBER "+8613900000002"
#define PATIENCE_SECONDS 10

/* To +8613800000002, "hello", report asked for, valid for an hour: 20 octets after the centre. */
#define HELLO_PDU "0031000D91683108000000F200000B05E8329BFD06"
#define HELLO_PDU_AND_MORE "0031000D91683108000000F200000B05E8329BFD0600"
#define HELLO_CMGS "AT+CMGS=20\r"

struct fixture {
	char directory[64];
	sd_event *event;
	struct cell *cell;
	int tty[3];
	char heard[8192];
	size_t size;
};

static inline int open_tty(struct fixture *f, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->directory, name);
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static inline int fixture_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct cell_settings settings = { .centre.quarters = 32 };
	char why[MODEM_WHY_SIZE];

	assert_non_null(f);
	strcpy(f->directory, "/tmp/footbridge-cell-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	settings.directory = settings.profiles = f->directory;
	assert_true(sd_event_new(&f->event) >= 0);
	assert_int_equal(cell_new(f->event, &settings, &f->cell), 0);
	assert_int_equal(cell_add_modem(f->cell, "north,number=" NORTH_NUMBER, why), 0);
	assert_int_equal(cell_add_modem(f->cell, "south,number=" SOUTH_NUMBER ",store_size=2", why),
			 0);
	f->tty[NORTH] = open_tty(f, "north");
	f->tty[SOUTH] = open_tty(f, "south");
	f->tty[ODD] = -1;
	*state = f;
	return 0;
}

static inline int fixture_down(void **state)
{
	struct fixture *f = *state;
	char path[128];

	close(f->tty[NORTH]);
	close(f->tty[SOUTH]);
	if (f->tty[ODD] >= 0)
		close(f->tty[ODD]);
	cell_free(f->cell);
	sd_event_unref(f->event);
	snprintf(path, sizeof(path), "%s/events.jsonl", f->directory);
	unlink(path);
	assert_int_equal(rmdir(f->directory), 0); /* the symlinks are gone */
	free(f);
	return 0;
}

/* Plugs in the modem "odd", whose profile has these keys; settings: ",KEY=VALUE…". */
static inline void plug_odd(struct fixture *f, const char *keys, const char *settings)
{
	char path[128], text[256], why[MODEM_WHY_SIZE] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/odd.conf", f->directory);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "family = \"Odd\"; manufacturer = \"Odd\"; model = \"One\"; %s\n", keys);
	fclose(file);
	snprintf(text, sizeof(text), "odd,number=+8613900000003%s,profile=odd", settings);
	if (cell_add_modem(f->cell, text, why) < 0)
		fail_msg("%s", why);
	unlink(path);
	f->tty[ODD] = open_tty(f, "odd");
}

static inline void say(struct fixture *f, int modem, const char *bytes)
{
	assert_int_equal(write(f->tty[modem], bytes, strlen(bytes)), strlen(bytes));
}

static inline void turn(struct fixture *f)
{
	assert_true(sd_event_run(f->event, 1000) >= 0);
}

/* Everything up to and with `end`; the next call begins behind it. */
static inline const char *hear(struct fixture *f, int modem, const char *end)
{
	time_t deadline = time(NULL) + PATIENCE_SECONDS;

	f->size = 0;
	for (;;) {
		ssize_t n;

		f->heard[f->size] = '\0';
		if (f->size >= strlen(end) && strcmp(f->heard + f->size - strlen(end), end) == 0)
			return f->heard;
		n = f->size + 1 < sizeof(f->heard) ? read(f->tty[modem], f->heard + f->size, 1) : 0;
		if (n == 1) {
			f->size++;
			continue;
		}
		if (time(NULL) > deadline)
			fail_msg("waiting for \"%s\", heard only \"%s\"", end, f->heard);
		turn(f);
	}
}

static inline void expect(struct fixture *f, int modem, const char *bytes)
{
	assert_string_equal(hear(f, modem, bytes), bytes);
}

/* A command with its answer, "" for none before OK. */
static inline void command(struct fixture *f, int modem, const char *line)
{
	say(f, modem, line);
	hear(f, modem, "\r\nOK\r\n");
}

/* Does an op that must be right; the answer is good until the next one. */
static inline json_t *op(struct fixture *f, const char *text)
{
	static json_t *answer;
	json_t *request = json_loads(text, JSON_ALLOW_NUL, NULL);

	assert_non_null(request);
	json_decref(answer);
	answer = ops_run(f->cell, request);
	json_decref(request);
	assert_non_null(answer);
	if (!json_is_true(json_object_get(answer, "ok")))
		fail_msg("%s: %s", text, json_string_value(json_object_get(answer, "error")));
	return answer;
}

static inline void op_refused(struct fixture *f, const char *text)
{
	json_t *request = json_loads(text, JSON_ALLOW_NUL, NULL);
	json_t *answer = ops_run(f->cell, request);

	assert_false(json_is_true(json_object_get(answer, "ok")));
	assert_true(json_string_length(json_object_get(answer, "error")) > 0);
	json_decref(answer);
	json_decref(request);
}

/* How many events hold this text. */
static inline size_t events_with(struct fixture *f, const char *text)
{
	char path[128], line[8192];
	size_t count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/events.jsonl", f->directory);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, text) != NULL;
	fclose(file);
	return count;
}

static inline void await_event(struct fixture *f, const char *text, size_t count)
{
	time_t deadline = time(NULL) + PATIENCE_SECONDS;

	while (events_with(f, text) < count) {
		if (time(NULL) > deadline)
			fail_msg("waiting for the event %s", text);
		turn(f);
	}
	assert_int_equal(events_with(f, text), count);
}

static inline void send_hello(struct fixture *f, int modem)
{
	say(f, modem, HELLO_CMGS);
	hear(f, modem, "\r\n> ");
	say(f, modem, HELLO_PDU "\x1a");
	hear(f, modem, "\r\nOK\r\n");
}

static inline size_t screen_count(struct fixture *f, const char *phone)
{
	char text[128];

	snprintf(text, sizeof(text), "{\"op\":\"screen\",\"phone\":\"%s\"}", phone);
	return json_array_size(json_object_get(op(f, text), "messages"));
}
