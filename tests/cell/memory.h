/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A store of messages (SM of the SIM, ME of the modem, SR for reports): slots, counted from 0
 * here, each a TPDU and its status (27.005 3.1).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tests/cell/deliver.h"

#define MEMORY_SIZE_MAX 255

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

struct memory {
	char name[8];
	size_t size; /* 0: it only shows others (MT) */
	struct slot slots[MEMORY_SIZE_MAX];
};

/* Stores as unread in the first free slot; returns which, or -1 when all are taken. */
int memory_put(struct memory *memory, const uint8_t *octets, size_t size);
size_t memory_used(const struct memory *memory);

/* Returns 0, or -1: a slot beyond the new size is taken, or the size can't be. */
int memory_resize(struct memory *memory, size_t size);
