/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Escaping and measuring.  A sequence of emoji joined by U+200D is measured as its pieces, as
 * terminals that go by wcwidth() show it.
 */
#include "bridge/cli/display.h"

#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "bridge/base/utf8.h"

#define JOINER 0x200Du
/* A byte becomes "\x1b" at worst; three bytes become "\u202e". */
#define GROWTH 4
/* In JSON one byte (DEL) becomes "\u007f". */
#define JSON_GROWTH 6

void display_start(void)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
}

/* What a terminal might obey instead of showing it. */
static bool is_unsafe(uint32_t scalar)
{
	return scalar < 0x20 || (scalar >= 0x7F && scalar <= 0x9F) || scalar == 0x061C ||
	       scalar == 0x200E || scalar == 0x200F || (scalar >= 0x2028 && scalar <= 0x202E) ||
	       (scalar >= 0x2066 && scalar <= 0x2069) || (scalar >= 0xFFF9 && scalar <= 0xFFFB);
}

static size_t put_escaped(uint32_t scalar, char *out, size_t room)
{
	int written;

	if (scalar == '\n' || scalar == '\t' || scalar == '\r')
		written = snprintf(out, room, "\\%c",
				   scalar == '\n'   ? 'n'
				   : scalar == '\t' ? 't'
						    : 'r');
	else if (scalar < 0x100)
		written = snprintf(out, room, "\\x%02x", scalar);
	else
		written = snprintf(out, room, "\\u%04x", scalar);
	return written > 0 ? (size_t)written : 0;
}

char *display_escape(const char *text, size_t size)
{
	size_t room = size * GROWTH + 1, at = 0;
	char *out = size < SIZE_MAX / GROWTH - 1 ? malloc(room) : NULL;
	uint32_t scalar;
	int used;

	if (!out)
		return NULL;
	for (size_t i = 0; i < size; i += (size_t)used) {
		used = utf8_next(text + i, size - i, &scalar);
		if (used < 0) {
			used = 1;
			at += put_escaped((unsigned char)text[i], out + at, room - at);
		} else if (is_unsafe(scalar)) {
			at += put_escaped(scalar, out + at, room - at);
		} else {
			memcpy(out + at, text + i, (size_t)used);
			at += (size_t)used;
		}
	}
	out[at] = '\0';
	return out;
}

static size_t scalar_width(uint32_t scalar)
{
	int columns = wcwidth((wchar_t)scalar);

	if (columns >= 0)
		return (size_t)columns;
	/* Newer than the C library's table: emoji are what Unicode adds there. */
	return scalar >= 0x1F000 && scalar <= 0x1FAFF ? 2 : 1;
}

size_t display_width(const char *text)
{
	size_t size = strlen(text), columns = 0;
	uint32_t scalar;
	int used;

	for (size_t i = 0; i < size; i += (size_t)used) {
		used = utf8_next(text + i, size - i, &scalar);
		if (used < 0)
			used = 1;
		else
			columns += scalar_width(scalar);
	}
	return columns;
}

size_t display_cut(const char *text, size_t columns, size_t *ret_width)
{
	size_t size = strlen(text), taken = 0, boundary = 0, width;
	bool joined = false;
	uint32_t scalar;
	int used;

	*ret_width = 0;
	for (size_t i = 0; i < size; i += (size_t)used) {
		used = utf8_next(text + i, size - i, &scalar);
		if (used < 0)
			return boundary;
		width = scalar_width(scalar);
		if (width && !joined) {
			boundary = i;
			*ret_width = taken;
		}
		taken += width;
		if (taken > columns)
			return boundary;
		joined = scalar == JOINER;
	}
	*ret_width = taken;
	return size;
}

char *display_json(const char *json, size_t size)
{
	char *out = size < SIZE_MAX / JSON_GROWTH - 1 ? malloc(size * JSON_GROWTH + 1) : NULL;
	size_t at = 0;
	uint32_t scalar;
	int used;

	if (!out)
		return NULL;
	for (size_t i = 0; i < size; i += (size_t)used) {
		used = utf8_next(json + i, size - i, &scalar);
		if (used < 0)
			used = 1;
		else if (scalar >= 0x20 && is_unsafe(scalar)) {
			at += (size_t)snprintf(out + at, JSON_GROWTH + 1, "\\u%04x", scalar);
			continue;
		}
		memcpy(out + at, json + i, (size_t)used);
		at += (size_t)used;
	}
	out[at] = '\0';
	return out;
}
