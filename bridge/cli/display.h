/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Text as a terminal shows it: how many columns it takes, and made harmless first.  Texts come from
 * strangers: nothing that could move the cursor, change the terminal or reorder a line gets through.
 * Pure but for display_start().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Once, before any width is asked for: character widths come from the C library's UTF-8 locale. */
void display_start(void);

/*
 * Text with control characters (C0, DEL, C1), line and paragraph separators, bidirectional overrides
 * and malformed bytes written out: "\n", "\x1b", "\u202e".  One line, well-formed UTF-8, whatever
 * came in.  Returns memory that the caller frees, or NULL.
 */
char *display_escape(const char *text, size_t size);

/* Columns that an escaped text takes: 2 for CJK and emoji, 0 for combining marks. */
size_t display_width(const char *text);

/*
 * Bytes of an escaped text that fit into so many columns, with combining marks and joiners left at
 * the character they belong to.  ret_width: the columns that those bytes take.
 */
size_t display_cut(const char *text, size_t columns, size_t *ret_width);

/*
 * JSON with the characters that JSON allows raw and terminals obey (DEL, C1, overrides) as \uXXXX.
 * Such characters stand only in strings, so it is the same JSON.  Freed by the caller; NULL: memory.
 */
char *display_json(const char *json, size_t size);
