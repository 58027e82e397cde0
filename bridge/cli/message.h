/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Messages for people: in a line, in full, and before they are sent.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

/* "01J… pending: +8613800000001". */
void message_print_brief(const json_t *message, FILE *stream);

/* Everything: the text, each recipient, each attempt. */
void message_print_full(const json_t *message, FILE *stream);

/* The answer to a dry run. */
void message_print_plan(const json_t *plan, FILE *stream);

/* An array of messages as a table. */
void message_print_table(const json_t *messages, FILE *stream);

/* "+8613800000001", or "+8613800000001 and 2 more".  Freed by the caller; NULL: memory. */
char *message_recipients(const json_t *message);
