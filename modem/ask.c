/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A command and its answer on a terminal that the line half has made well-behaved.
 */
#include "modem/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "bridge/base/clock.h"
#include "bridge/base/utf8.h"
#include "modem/say.h"

#define LINE_SIZE 512

struct reading {
	char line[LINE_SIZE];
	size_t size;
	unsigned lines; /* the first is the echo */
	char *answer;
	size_t answer_size;
	int code;
	enum answer_final final;
};

static void line_ends(struct reading *reading)
{
	reading->line[reading->size] = '\0';
	if (reading->size == 0)
		return;
	reading->size = 0;
	if (reading->lines++ == 0)
		return;
	reading->final = answer_final(reading->line, &reading->code);
	if (reading->final == ANSWER_NOT_FINAL && reading->answer && reading->answer[0] == '\0')
		snprintf(reading->answer, reading->answer_size, "%s", reading->line);
}

static void take(struct reading *reading, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size && reading->final == ANSWER_NOT_FINAL; i++) {
		if (bytes[i] == '\r' || bytes[i] == '\n')
			line_ends(reading);
		else if (reading->size < sizeof(reading->line) - 1)
			reading->line[reading->size++] = bytes[i];
	}
}

static int write_command(int slave, const char *command)
{
	char bytes[1024];
	int size = snprintf(bytes, sizeof(bytes), "%s\r", command);

	if (size < 0 || (size_t)size >= sizeof(bytes))
		return -EINVAL;
	tcflush(slave, TCIFLUSH);
	/* A terminal's buffer of 4 KiB is empty before a command. */
	return write(slave, bytes, (size_t)size) == size ? 0 : -EIO;
}

int ask(int slave, const char *command, int64_t timeout_usec, char *answer, size_t size,
	int *ret_code)
{
	struct reading reading = { .answer = answer, .answer_size = size };
	int64_t until = clock_monotonic_usec() + timeout_usec;
	int r = write_command(slave, command);

	if (answer)
		answer[0] = '\0';
	if (r < 0)
		return r;
	while (reading.final == ANSWER_NOT_FINAL) {
		struct pollfd readable = { .fd = slave, .events = POLLIN };
		int64_t left = until - clock_monotonic_usec();
		char bytes[512];
		ssize_t got;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&readable, 1, (int)(left / USEC_PER_MSEC) + 1) <= 0)
			continue;
		got = read(slave, bytes, sizeof(bytes));
		if (got <= 0)
			return -EIO;
		take(&reading, bytes, (size_t)got);
	}
	if (ret_code)
		*ret_code = reading.code;
	return reading.final == ANSWER_OK ? 0 : -EREMOTEIO;
}

/* At least two characters, and nothing but hex digits in fours. */
static bool is_ucs2(const char *text, size_t size)
{
	return size >= 8 && size % 4 == 0 && strspn(text, "0123456789ABCDEF") >= size;
}

static size_t from_ucs2(const char *text, size_t size, char *field, size_t capacity)
{
	uint8_t octets[LINE_SIZE / 2];
	char copy[LINE_SIZE];
	size_t count, at = 0;

	memcpy(copy, text, size);
	copy[size] = '\0';
	count = answer_hex(copy, octets, sizeof(octets));
	for (size_t i = 0; i + 1 < count && at + 4 < capacity; i += 2) {
		uint32_t unit = (uint32_t)octets[i] << 8 | octets[i + 1];

		/* Operators have plain names: a control character is no part of one. */
		if (unit >= ' ')
			at += utf8_put(unit, field + at);
	}
	return at;
}

void ask_quoted(const char *line, char *field, size_t size)
{
	const char *start = strchr(line, '"'), *end = start ? strchr(start + 1, '"') : NULL;
	size_t length, at;

	field[0] = '\0';
	if (!end || end - start >= LINE_SIZE)
		return;
	length = (size_t)(end - start) - 1;
	if (is_ucs2(start + 1, length)) {
		at = from_ucs2(start + 1, length, field, size);
	} else {
		at = length < size ? length : size - 1;
		memcpy(field, start + 1, at);
	}
	field[at] = '\0';
	if (!utf8_valid(field, at)) {
		char copy[LINE_SIZE];

		snprintf(copy, sizeof(copy), "%s", field);
		say_field(field, size, copy);
	}
}
