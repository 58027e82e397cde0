/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The event log.  A line is one write(2), so that a reader never sees half of one; what the disk
 * refuses is lost and said once.
 */
#include "tests/cell/events.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/cell/fields.h"

struct events {
	int fd;
	bool complained;
};

int events_open(const char *path, struct events **ret)
{
	struct events *events = calloc(1, sizeof(*events));

	if (!events)
		return -ENOMEM;
	events->fd = -1;
	if (path) {
		events->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
		if (events->fd < 0) {
			int error = errno;

			free(events);
			return -error;
		}
	}
	*ret = events;
	return 0;
}

struct events *events_free(struct events *events)
{
	if (events && events->fd >= 0)
		close(events->fd);
	free(events);
	return NULL;
}

static void write_line(struct events *events, const char *event, const char *fields)
{
	struct timespec now;
	char moment[MOMENT_SIZE], *line = NULL;
	int size;

	clock_gettime(CLOCK_REALTIME, &now);
	size = asprintf(&line, "{\"at\":\"%s\",\"event\":\"%s\"%s%s}\n",
			moment_write((int64_t)now.tv_sec * USEC + now.tv_nsec / 1000, moment),
			event, *fields ? "," : "", fields);
	if (size < 0)
		return;
	if (write(events->fd, line, (size_t)size) != size && !events->complained) {
		events->complained = true;
		fprintf(stderr, "footbridge-cell: events are lost, the log can't be written: %m\n");
	}
	free(line);
}

void events_log(struct events *events, const char *event, const char *format, ...)
{
	json_error_t error;
	json_t *fields;
	char *text;
	va_list arguments;

	if (events->fd < 0)
		return;
	va_start(arguments, format);
	fields = json_vpack_ex(&error, 0, format, arguments);
	va_end(arguments);
	text = fields ? json_dumps(fields, JSON_COMPACT | JSON_EMBED) : NULL;
	if (text)
		write_line(events, event, text);
	else
		fprintf(stderr, "footbridge-cell: the event \"%s\" is lost: %s\n", event,
			error.text);
	free(text);
	json_decref(fields);
}

const char *events_printable(const char *bytes, unsigned long size, char *buffer,
			     unsigned long room)
{
	unsigned long at = 0;

	for (unsigned long i = 0; i < size && at + 5 < room; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c >= 0x20 && c < 0x7f)
			buffer[at++] = (char)c;
		else
			at += (unsigned long)snprintf(buffer + at, 5, "\\x%02X", c);
	}
	buffer[at] = '\0';
	return buffer;
}
