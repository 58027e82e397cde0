/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Cells are kept in one growing array, row by row; widths are found when printing.  When the whole
 * is too wide, the widest of the columns that may shrink gives way first.
 */
#include "bridge/cli/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "bridge/cli/display.h"

#define GAP 2
#define SHRUNK_LEAST 8

struct cell {
	char *text;
	enum table_style style;
};

struct table {
	const struct table_column *columns;
	size_t column_count;
	struct cell *cells;
	size_t count, room;
};

static const char *const style_codes[] = {
	[TABLE_PLAIN] = "",       [TABLE_GOOD] = "\033[32m", [TABLE_BUSY] = "\033[33m",
	[TABLE_BAD] = "\033[31m", [TABLE_FAINT] = "\033[2m",
};

struct table_look table_look_of(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct table_look look = { 0 };
	struct winsize window;
	int fd = fileno(stream);

	if (!isatty(fd))
		return look;
	look.width = ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col ? window.ws_col : 80;
	look.colour = !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
	return look;
}

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *table = calloc(1, sizeof(*table));

	if (table) {
		table->columns = columns;
		table->column_count = count;
	}
	return table;
}

struct table *table_free(struct table *table)
{
	if (!table)
		return NULL;
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table);
	return NULL;
}

static int table_grow(struct table *table)
{
	size_t room = table->room ? table->room * 2 : 64;
	struct cell *cells;

	if (table->count < table->room)
		return 0;
	if (table->count >= TABLE_ROW_MAX * table->column_count)
		return -ENOBUFS;
	cells = reallocarray(table->cells, room, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	table->cells = cells;
	table->room = room;
	return 0;
}

int table_add(struct table *table, enum table_style style, const char *text)
{
	int r = table_grow(table);
	char *escaped;

	if (r < 0)
		return r;
	escaped = display_escape(text ? text : "", text ? strlen(text) : 0);
	if (!escaped)
		return -ENOMEM;
	table->cells[table->count++] = (struct cell){ .text = escaped, .style = style };
	return 0;
}

int table_addf(struct table *table, enum table_style style, const char *format, ...)
{
	CLEANUP_FREE char *text = NULL;
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (r < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return table_add(table, style, text);
}

static size_t width_of_all(const struct table *table, const size_t *widths)
{
	size_t total = 0;

	for (size_t c = 0; c < table->column_count; c++)
		total += widths[c] ? widths[c] + (total ? GAP : 0) : 0;
	return total;
}

static void shrink_widths(const struct table *table, size_t *widths, size_t available)
{
	size_t total = width_of_all(table, widths);

	while (total > available) {
		size_t widest = table->column_count;

		for (size_t c = 0; c < table->column_count; c++)
			if (table->columns[c].shrinks && widths[c] > SHRUNK_LEAST &&
			    (widest == table->column_count || widths[c] > widths[widest]))
				widest = c;
		if (widest == table->column_count)
			return;
		widths[widest]--;
		total--;
	}
}

static void find_widths(const struct table *table, size_t *widths, size_t available)
{
	for (size_t c = 0; c < table->column_count; c++) {
		size_t title = display_width(table->columns[c].title);

		widths[c] = 0;
		for (size_t i = c; i < table->count; i += table->column_count) {
			size_t width = display_width(table->cells[i].text);

			if (width > widths[c])
				widths[c] = width;
		}
		if (widths[c] && widths[c] < title)
			widths[c] = title;
	}
	if (available)
		shrink_widths(table, widths, available);
}

const char *table_style_on(enum table_style style, bool colour)
{
	return colour ? style_codes[style] : "";
}

const char *table_style_off(enum table_style style, bool colour)
{
	return colour && style != TABLE_PLAIN ? "\033[0m" : "";
}

static void print_cell(FILE *stream, const char *text, enum table_style style, bool colour,
		       size_t width, bool right, bool last)
{
	size_t columns = display_width(text), bytes = strlen(text);
	bool cut = columns > width;

	if (cut) {
		bytes = display_cut(text, width - 1, &columns);
		columns++;
	}
	if (right)
		fprintf(stream, "%*s", (int)(width - columns), "");
	fprintf(stream, "%s%.*s%s%s", table_style_on(style, colour), (int)bytes, text,
		cut ? "…" : "", table_style_off(style, colour));
	if (!right && !last)
		fprintf(stream, "%*s", (int)(width - columns), "");
}

/* row 0 is the titles. */
static const char *row_text(const struct table *table, size_t row, size_t column,
			    enum table_style *ret_style)
{
	const struct cell *cell;

	if (row == 0) {
		*ret_style = TABLE_FAINT;
		return table->columns[column].title;
	}
	cell = &table->cells[(row - 1) * table->column_count + column];
	*ret_style = cell->style;
	return cell->text;
}

static void print_row(const struct table *table, size_t row, const size_t *widths, FILE *stream,
		      bool colour)
{
	enum table_style style;
	size_t last = 0;
	bool first = true;

	for (size_t c = 0; c < table->column_count; c++)
		if (widths[c] && *row_text(table, row, c, &style))
			last = c;
	for (size_t c = 0; c <= last; c++) {
		const char *text = row_text(table, row, c, &style);

		if (!widths[c])
			continue;
		if (!first)
			fprintf(stream, "%*s", GAP, "");
		first = false;
		print_cell(stream, text, style, colour, widths[c], table->columns[c].right,
			   c == last);
	}
	fputc('\n', stream);
}

void table_print(const struct table *table, FILE *stream, struct table_look look)
{
	size_t widths[TABLE_COLUMN_MAX], rows = table->count / table->column_count;

	if (!rows)
		return;
	find_widths(table, widths, look.width);
	for (size_t row = 0; row <= rows; row++)
		print_row(table, row, widths, stream, look.colour);
}
