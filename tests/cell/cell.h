/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The whole cell: modems by name, the centre, the event log, in one directory.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#include "tests/cell/centre.h"
#include "tests/cell/modem.h"

#define CELL_MODEMS_MAX 64

struct cell;
struct events;

struct cell_settings {
	const char *directory;
	const char *profiles; /* the directory of the files */
	struct centre_settings centre;
	bool log_lines;
};

/* Makes events.jsonl in the directory, which must exist. */
int cell_new(sd_event *event, const struct cell_settings *settings, struct cell **ret);
struct cell *cell_free(struct cell *cell);

static inline void cell_freep(struct cell **cell)
{
	cell_free(*cell);
}

/* "NAME[,KEY=VALUE…]".  Returns 0, or -1 and a sentence in why. */
int cell_add_modem(struct cell *cell, const char *description, char why[static MODEM_WHY_SIZE]);

struct modem *cell_modem(struct cell *cell, const char *name);
struct modem *cell_modem_at(struct cell *cell, size_t index); /* NULL at the end */
struct centre *cell_centre(struct cell *cell);
struct events *cell_events(struct cell *cell);

/* ---- ops.c: does what one object of the control socket asks; the answer is the caller's. */
json_t *ops_run(struct cell *cell, json_t *request);
