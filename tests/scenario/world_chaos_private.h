/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What ordering, killing and joining share.
 */
#pragma once

#include "tests/scenario/world_chaos.h"
#include "tests/scenario/world_private.h"

#define CHAOS_MESSAGES 200U
#define CHAOS_TEXT_SIZE 700
#define CHAOS_SOUTH "south"
#define CHAOS_SOUTH_NUMBER "+8613800000002"

/* What the cell does to a message. */
enum chaos_fault {
	CHAOS_FAULT_NONE,
	CHAOS_FAULT_REPORT,    /* each report says 0x41 */
	CHAOS_FAULT_REFUSED,   /* each send is refused for good: CMS 1 */
	CHAOS_FAULT_TEMPORARY, /* one send is refused for now: CMS 38 */
};

struct chaos_message {
	char id[16], number[16];
	char text[CHAOS_TEXT_SIZE];
	enum chaos_fault fault;
};

struct chaos {
	struct world *world;
	enum chaos_victim victim;
	unsigned kills;
	unsigned long long seed, random;
	struct chaos_message out[CHAOS_MESSAGES], in[CHAOS_MESSAGES];
	unsigned submitted, typed; /* how many */
	unsigned repeated;         /* submissions whose first answer was lost */
};

/* How many messages the inbox has. */
size_t chaos_inbox_size(struct chaos *chaos);

/* Prints the figures; fails the world with every message that breaks the promise. */
void chaos_join(struct chaos *chaos);
