/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The message store of a SIM.
 */
#include "tests/cell/sim.h"

#include <string.h>

struct slot *sim_slot(struct sim *sim, size_t location)
{
	return location >= 1 && location <= sim->size ? &sim->slots[location - 1] : NULL;
}

size_t sim_store(struct sim *sim, const uint8_t *octets, size_t size)
{
	for (size_t location = 1; location <= sim->size; location++) {
		struct slot *slot = &sim->slots[location - 1];

		if (slot->size)
			continue;
		memcpy(slot->octets, octets, size);
		slot->size = (uint8_t)size;
		slot->status = SLOT_UNREAD;
		return location;
	}
	return 0;
}

size_t sim_used(const struct sim *sim)
{
	size_t used = 0;

	for (size_t i = 0; i < sim->size; i++)
		used += sim->slots[i].size > 0;
	return used;
}

int sim_resize(struct sim *sim, size_t size)
{
	if (size < 1 || size > SIM_SIZE_MAX)
		return -1;
	for (size_t i = size; i < sim->size; i++)
		if (sim->slots[i].size)
			return -1;
	sim->size = size;
	return 0;
}
