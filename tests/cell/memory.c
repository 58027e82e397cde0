/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A store of messages.
 */
#include "tests/cell/memory.h"

#include <string.h>

int memory_put(struct memory *memory, const uint8_t *octets, size_t size)
{
	for (size_t i = 0; i < memory->size; i++) {
		struct slot *slot = &memory->slots[i];

		if (slot->size)
			continue;
		memcpy(slot->octets, octets, size);
		slot->size = (uint8_t)size;
		slot->status = SLOT_UNREAD;
		return (int)i;
	}
	return -1;
}

size_t memory_used(const struct memory *memory)
{
	size_t used = 0;

	for (size_t i = 0; i < memory->size; i++)
		used += memory->slots[i].size > 0;
	return used;
}

int memory_resize(struct memory *memory, size_t size)
{
	if (size < 1 || size > MEMORY_SIZE_MAX)
		return -1;
	for (size_t i = size; i < memory->size; i++)
		if (memory->slots[i].size)
			return -1;
	memory->size = size;
	return 0;
}
