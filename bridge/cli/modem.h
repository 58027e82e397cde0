/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Modems for people: many in a table, one in full.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

void modem_print_table(const json_t *modems, FILE *stream);
void modem_print_full(json_t *modem, FILE *stream);
