/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The screen of a feature phone, drawn for a terminal: a small box, as wide as its characters really
 * are (a Chinese character and an emoji take two columns, a combining mark none).
 */
#pragma once

#include <stdio.h>

/*
 * Draws a message in a box, indented; title goes into its upper edge.  colour: with the escape
 * sequences of a terminal.  The locale must have UTF-8 characters (setlocale).
 */
void world_draw_screen(FILE *stream, const char *title, const char *from, const char *text,
		       int colour);

/* Columns that the text takes. */
int world_draw_width(const char *text);

/* How many bytes of a text of that size fit into so many columns. */
size_t world_draw_fit(const char *text, size_t size, int columns);
