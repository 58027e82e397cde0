/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cell holds its parts together and takes them down in the right order.
 */
#include "tests/cell/cell.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cell/events.h"
#include "tests/cell/quirks.h"

struct cell {
	struct modem_world world;
	struct modem *modems[CELL_MODEMS_MAX];
	size_t count;
};

int cell_new(sd_event *event, const struct cell_settings *settings, struct cell **ret)
{
	struct cell *cell = calloc(1, sizeof(*cell));
	char path[PATH_MAX];
	int r = -ENAMETOOLONG;

	if (!cell)
		return -ENOMEM;
	cell->world = (struct modem_world){ .event = event,
					    .directory = settings->directory,
					    .profiles = settings->profiles,
					    .log_lines = settings->log_lines };
	if (snprintf(path, sizeof(path), "%s/events.jsonl", settings->directory) <
	    (int)sizeof(path))
		r = events_open(path, &cell->world.events);
	if (r >= 0)
		r = centre_new(event, cell->world.events, &settings->centre, &cell->world.centre);
	if (r < 0) {
		cell_free(cell);
		return r;
	}
	*ret = cell;
	return 0;
}

struct cell *cell_free(struct cell *cell)
{
	if (!cell)
		return NULL;
	centre_free(cell->world.centre);
	for (size_t i = 0; i < cell->count; i++)
		modem_free(cell->modems[i]);
	events_free(cell->world.events);
	free(cell);
	return NULL;
}

struct centre *cell_centre(struct cell *cell)
{
	return cell->world.centre;
}

struct events *cell_events(struct cell *cell)
{
	return cell->world.events;
}

struct modem *cell_modem_at(struct cell *cell, size_t index)
{
	return index < cell->count ? cell->modems[index] : NULL;
}

struct modem *cell_modem(struct cell *cell, const char *name)
{
	for (size_t i = 0; i < cell->count; i++)
		if (strcmp(modem_name(cell->modems[i]), name) == 0)
			return cell->modems[i];
	return NULL;
}

/* The profile comes first wherever it stands: the other keys change it. */
static int take_profile(struct modem *modem, const char *options, char why[static MODEM_WHY_SIZE])
{
	static const char key[] = "profile=";
	char name[QUIRK_NAME_SIZE];

	for (; options; options = strchr(options, ',')) {
		options += *options == ',';
		if (strncmp(options, key, sizeof(key) - 1) != 0)
			continue;
		options += sizeof(key) - 1;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(options, ","), options);
		return modem_profile(modem, name, why);
	}
	return 0;
}

static int add(struct cell *cell, const char *name, char *options, char why[static MODEM_WHY_SIZE])
{
	struct modem *modem;
	int r;

	if (!modem_name_valid(name) || cell_modem(cell, name)) {
		snprintf(why, MODEM_WHY_SIZE,
			 "\"%.40s\" is taken, or no name for a modem "
			 "(letters, digits, \"-\" and \"_\")",
			 name);
		return -1;
	}
	if (cell->count == CELL_MODEMS_MAX) {
		snprintf(why, MODEM_WHY_SIZE, "a cell has at most %d modems", CELL_MODEMS_MAX);
		return -1;
	}
	r = modem_new(&cell->world, name, (unsigned)cell->count + 1, &modem);
	if (r >= 0)
		cell->modems[cell->count++] = modem;
	if (r >= 0 && take_profile(modem, options, why) < 0)
		return -1;
	while (r >= 0 && options) {
		char *option = strsep(&options, ","), *value = strchr(option, '=');

		if (!value) {
			snprintf(why, MODEM_WHY_SIZE, "\"%.40s\" should be KEY=VALUE", option);
			return -1;
		}
		*value++ = '\0';
		if (strcmp(option, "profile") != 0 && modem_set(modem, option, value, why) < 0)
			return -1;
	}
	if (r >= 0)
		r = modem_plug(modem);
	if (r < 0)
		snprintf(why, MODEM_WHY_SIZE, "the modem %.40s can't be made: %s", name,
			 strerror(-r));
	return r < 0 ? -1 : 0;
}

int cell_add_modem(struct cell *cell, const char *description, char why[static MODEM_WHY_SIZE])
{
	char *copy = strdup(description), *rest = copy, *name;
	int r = -1;

	if (copy) {
		name = strsep(&rest, ",");
		r = add(cell, name, rest, why);
	} else {
		snprintf(why, MODEM_WHY_SIZE, "out of memory");
	}
	free(copy);
	return r;
}
