/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The message store of a SIM: numbered slots (from 1), each a TPDU and its status (27.005 3.1).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tests/cell/deliver.h"

#define SIM_SIZE_MAX 255

enum slot_status {
	SLOT_UNREAD,
	SLOT_READ,
	SLOT_UNSENT,
	SLOT_SENT,
};

struct slot {
	uint8_t size; /* of the TPDU; 0: empty */
	enum slot_status status;
	uint8_t octets[TPDU_OCTETS_MAX];
};

struct sim {
	size_t size;
	struct slot slots[SIM_SIZE_MAX];
};

/* Stores as unread in the first free slot; returns its location, or 0 when all are taken. */
size_t sim_store(struct sim *sim, const uint8_t *octets, size_t size);

/* NULL when there is no such location; an empty slot has size 0. */
struct slot *sim_slot(struct sim *sim, size_t location);
size_t sim_used(const struct sim *sim);

/* Returns 0, or -1: a slot beyond the new size is taken, or the size can't be. */
int sim_resize(struct sim *sim, size_t size);
