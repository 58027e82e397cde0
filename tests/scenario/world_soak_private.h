/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the soak's run and what is checked after it share.
 */
#pragma once

#include "tests/scenario/world_join.h"
#include "tests/scenario/world_soak.h"
#include "tests/scenario/world_soak_script.h"

/* A moment of the wall clock, by which the cell's events are joined. */
struct soak_outage {
	int64_t from_usec, until_usec;
};

struct soak_kill {
	char modem[64]; /* whose worker; "": nobody's, it had just ended */
	int64_t at_usec;
};

struct soak_memory {
	long resident_kib;
	unsigned pages; /* of the database */
};

struct soak {
	struct world *world;
	struct soak_script *script;
	struct join join;
	bool given_up;     /* the centre has given up what is for phones that are gone */
	unsigned repeated; /* submissions whose first answer was lost */
	unsigned done[SOAK_ACTION_COUNT];
	struct soak_outage *outages; /* of the daemon */
	struct soak_kill *kills;     /* of workers */
	size_t outage_count, kill_count;
	int64_t daemon_since_msec;     /* the one that runs */
	struct soak_memory early, end; /* of it; after a quarter of its life */
};

int64_t soak_usec(void);

/* How many messages are sent or unknown though nothing that the cell did explains that; tell: which. */
size_t soak_open(struct soak *soak, bool tell);

/* Prints the figures; fails the world with every message that breaks the promise. */
void soak_join(struct soak *soak);
