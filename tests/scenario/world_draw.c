/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See world_draw.h.  A line breaks at its last space, or anywhere between wide characters, as phones
 * do.
 */
#include "tests/scenario/world_draw.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define SCREEN_COLUMNS 34
#define INDENT "            "

/* One character: its bytes and its columns; what no terminal shows counts as one "?". */
static size_t character_take(const char *text, int *ret_columns)
{
	mbstate_t state = { 0 };
	wchar_t wide;
	size_t size = mbrtowc(&wide, text, strlen(text), &state);

	*ret_columns = 1;
	if (size == 0 || size > 4)
		return 1;
	*ret_columns = wcwidth(wide);
	if (wide == 0x200d || wide == 0xfe0f) /* joiner, emoji style */
		*ret_columns = 0;
	if (*ret_columns < 0)
		*ret_columns = 1;
	return size;
}

int world_draw_width(const char *text)
{
	int width = 0, columns;

	while (*text) {
		text += character_take(text, &columns);
		width += columns;
	}
	return width;
}

size_t world_draw_fit(const char *text, size_t size, int columns)
{
	size_t at = 0;

	while (at < size) {
		int wide;
		size_t bytes = character_take(text + at, &wide);

		columns -= wide;
		if (columns < 0)
			break;
		at += bytes;
	}
	return at < size ? at : size;
}

/* How many bytes make the next line; *ret_skip: the space or line feed that ends it. */
static size_t line_measure(const char *text, size_t *ret_skip)
{
	size_t at = 0, space = 0;
	int width = 0;

	*ret_skip = 0;
	while (text[at] && text[at] != '\n') {
		int columns;
		size_t size = character_take(text + at, &columns);

		if (text[at] == ' ')
			space = at;
		if (width + columns > SCREEN_COLUMNS) {
			/* Only a word that began on this line moves down as a whole. */
			if (text[at] == ' ' || (space > 0 && columns == 1)) {
				*ret_skip = 1;
				return space;
			}
			return at;
		}
		width += columns;
		at += size;
	}
	*ret_skip = text[at] == '\n';
	return at;
}

static void repeat(FILE *stream, const char *text, int times)
{
	while (times-- > 0)
		fputs(text, stream);
}

static void line_draw(FILE *stream, const char *text, size_t size, const char *on, const char *off)
{
	char *line = strndup(text, size);
	int width;

	if (!line)
		return;
	width = world_draw_width(line);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?'; /* nothing that steers the terminal */
	fprintf(stream, INDENT "%s│%s %s%*s %s│%s\n", on, off, line, SCREEN_COLUMNS - width, "", on,
		off);
	free(line);
}

void world_draw_screen(FILE *stream, const char *title, const char *from, const char *text,
		       int colour)
{
	const char *on = colour ? "\033[36m" : "", *off = colour ? "\033[0m" : "";
	char sender[64];

	fprintf(stream, INDENT "%s╭─ %s%s%s ", on, off, title, on);
	repeat(stream, "─", SCREEN_COLUMNS - 1 - world_draw_width(title));
	fprintf(stream, "╮%s\n", off);
	snprintf(sender, sizeof(sender), "✉ %.56s", from);
	line_draw(stream, sender, strlen(sender), on, off);
	do {
		size_t skip, size = line_measure(text, &skip);

		line_draw(stream, text, size, on, off);
		text += size + skip;
	} while (*text);
	fprintf(stream, INDENT "%s╰", on);
	repeat(stream, "─", SCREEN_COLUMNS + 2);
	fprintf(stream, "╯%s\n", off);
}
