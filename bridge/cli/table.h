/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Aligned tables for people.  Every cell is escaped on its way in (display.h), so a table can show
 * what strangers wrote.  It opens no terminal: width and colour are told to it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMN_MAX 12
#define TABLE_ROW_MAX 100000

enum table_style {
	TABLE_PLAIN,
	TABLE_GOOD,
	TABLE_BUSY,
	TABLE_BAD,
	TABLE_FAINT,
};

struct table_column {
	const char *title;
	bool right;   /* aligned right: figures */
	bool shrinks; /* may be cut with "…" when the terminal is narrow */
};

struct table_look {
	size_t width; /* columns of the terminal; 0: as wide as it gets, nothing is cut */
	bool colour;
};

/* What stream can show: a terminal's own width; colour on a terminal and without NO_COLOR. */
struct table_look table_look_of(FILE *stream);

struct table;

/* columns (1..TABLE_COLUMN_MAX) must outlive the table.  NULL: no memory. */
struct table *table_new(const struct table_column *columns, size_t count);
struct table *table_free(struct table *table);

/*
 * The next cell, in reading order; a row is complete when every column has had its cell.  text may
 * be NULL (empty).  Returns 0, -ENOMEM, or -ENOBUFS when the table is full.
 */
int table_add(struct table *table, enum table_style style, const char *text);
int table_addf(struct table *table, enum table_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Columns in which every cell is empty are left out. */
void table_print(const struct table *table, FILE *stream, struct table_look look);

/* What goes around one word to colour it; "" without colour. */
const char *table_style_on(enum table_style style, bool colour);
const char *table_style_off(enum table_style style, bool colour);
