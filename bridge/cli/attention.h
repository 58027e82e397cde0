/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What needs a human, for people: many in a table, one in a line.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

void attention_print_table(const json_t *items, FILE *stream);

/* "delivery.failed  +8613800000001  invoice-17: no such number"; no newline. */
void attention_print_brief(const json_t *item, FILE *stream);
