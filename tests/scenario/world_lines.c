/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Events as JSON Lines, taken in as they come, and the matching of their fields.
 */
#include "tests/scenario/world_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void world_lines_open(struct world_lines *lines, int fd)
{
	lines->fd = fd;
	lines->size = 0;
	if (!lines->items)
		lines->items = json_array();
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void world_lines_close(struct world_lines *lines)
{
	free(lines->buffer);
	json_decref(lines->items);
	*lines = (struct world_lines){ .fd = -1 };
}

/* Whole lines become items; what is left moves to the front. */
static bool lines_parse(struct world_lines *lines)
{
	char *start = lines->buffer, *end = lines->buffer + lines->size, *feed;
	bool some = false;

	while ((feed = memchr(start, '\n', (size_t)(end - start)))) {
		json_t *item = json_loadb(start, (size_t)(feed - start), JSON_ALLOW_NUL, NULL);

		if (item) {
			json_array_append_new(lines->items, item);
			some = true;
		} else if (feed > start) {
			fprintf(stderr, "# no JSON: %.*s\n", (int)(feed - start), start);
		}
		start = feed + 1;
	}
	lines->size = (size_t)(end - start);
	memmove(lines->buffer, start, lines->size);
	return some;
}

bool world_lines_pull(struct world_lines *lines)
{
	bool some = false;

	while (lines->fd >= 0) {
		ssize_t got;

		if (lines->capacity - lines->size < 4096) {
			size_t capacity = lines->capacity ? 2 * lines->capacity : 65536;
			char *bigger = realloc(lines->buffer, capacity);

			if (!bigger)
				break;
			lines->buffer = bigger;
			lines->capacity = capacity;
		}
		got = read(lines->fd, lines->buffer + lines->size, lines->capacity - lines->size);
		if (got <= 0)
			break;
		lines->size += (size_t)got;
		some |= lines_parse(lines);
	}
	return some;
}

/* ---------------------------------------------------------------- fields */

const json_t *world_at(const json_t *json, const char *path)
{
	while (json && *path) {
		size_t length = strcspn(path, ".");
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		if (json_is_array(json))
			json = json_array_get(json, strtoul(name, NULL, 10));
		else
			json = json_object_get(json, name);
		path += length + (path[length] == '.');
	}
	return json;
}

const char *world_text(const json_t *json, const char *path)
{
	const char *text = json_string_value(world_at(json, path));

	return text ? text : "";
}

json_int_t world_integer(const json_t *json, const char *path)
{
	return json_integer_value(world_at(json, path));
}

static bool field_matches(const json_t *event, const char *field)
{
	const char *equals = strchr(field, '=');
	const json_t *value;
	char path[128], number[32];

	if (!equals)
		return false;
	snprintf(path, sizeof(path), "%.*s", (int)(equals - field), field);
	value = world_at(event, path);
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		return strcmp(json_string_value(value), equals + 1) == 0;
	case JSON_INTEGER:
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		return strcmp(number, equals + 1) == 0;
	case JSON_TRUE:
		return strcmp("true", equals + 1) == 0;
	case JSON_FALSE:
		return strcmp("false", equals + 1) == 0;
	case JSON_NULL:
		return strcmp("null", equals + 1) == 0;
	case JSON_REAL:
	case JSON_OBJECT:
	case JSON_ARRAY:
		break;
	}
	return false;
}

static bool matches(const json_t *event, const char *kind_key, const char *kind, va_list fields)
{
	const char *field;
	bool all = strcmp(world_text(event, kind_key), kind) == 0;
	va_list ap;

	va_copy(ap, fields);
	while (all && (field = va_arg(ap, const char *)))
		all = field_matches(event, field);
	va_end(ap);
	return all;
}

size_t world_lines_count(struct world_lines *lines)
{
	world_lines_pull(lines);
	return json_array_size(lines->items);
}

const json_t *world_lines_item(struct world_lines *lines, size_t index)
{
	return index < world_lines_count(lines) ? json_array_get(lines->items, index) : NULL;
}

const json_t *world_lines_wait(struct world *world, struct world_lines *lines, const char *kind_key,
			       size_t mark, const char *kind, va_list fields)
{
	int64_t until = world_now_msec() + WORLD_PATIENCE_MSEC;
	const char *field;

	for (size_t i = mark;;) {
		for (size_t count = world_lines_count(lines); i < count; i++) {
			const json_t *item = json_array_get(lines->items, i);

			if (matches(item, kind_key, kind, fields))
				return item;
		}
		if (world_now_msec() > until)
			break;
		world_wait_any(world, 1000);
	}
	field = va_arg(fields, const char *);
	world_fail(world, "nobody ever said %s \"%s\" with %s", kind_key, kind,
		   field ? field : "anything");
}

size_t world_lines_matching(struct world_lines *lines, const char *kind_key, size_t mark,
			    const char *kind, va_list fields)
{
	size_t found = 0, count = world_lines_count(lines);

	for (size_t i = mark; i < count; i++)
		found += matches(json_array_get(lines->items, i), kind_key, kind, fields);
	return found;
}
