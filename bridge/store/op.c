/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One operation on its way to the store's thread and back.  Its arguments, its results and the
 * events it wrote live in one arena, and go with it.
 */
#include <string.h>

#include "bridge/store/internal.h"

#define CHUNK_SIZE 4000

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

void *op_new(size_t size, int (*run)(struct database *db, struct op *op),
	     void (*report)(const struct op *op), void *userdata)
{
	struct op *op = calloc(1, size);

	if (!op)
		return NULL;
	op->run = run;
	op->report = report;
	op->userdata = userdata;
	op->bytes = size;
	return op;
}

struct op *op_free(struct op *op)
{
	if (!op)
		return NULL;
	while (op->chunks) {
		struct chunk *next = op->chunks->next;

		free(op->chunks);
		op->chunks = next;
	}
	free(op);
	return NULL;
}

void *op_alloc(struct op *op, size_t size)
{
	struct chunk *chunk = op->chunks;
	void *memory;

	size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	if (!chunk || chunk->size - chunk->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		chunk = calloc(1, sizeof(*chunk) + room);
		if (!chunk) {
			op->no_memory = true;
			return NULL;
		}
		chunk->size = room;
		chunk->next = op->chunks;
		op->chunks = chunk;
		op->bytes += sizeof(*chunk) + room;
	}
	memory = chunk->bytes + chunk->used;
	chunk->used += size;
	return memory;
}

char *op_copy(struct op *op, const void *bytes, size_t size)
{
	char *copy;

	if (!bytes)
		return NULL;
	copy = op_alloc(op, size + 1);
	if (copy)
		memcpy(copy, bytes, size);
	return copy;
}

char *op_string(struct op *op, const char *string)
{
	return string ? op_copy(op, string, strlen(string)) : NULL;
}

void *op_grow(struct op *op, void *items, size_t count, size_t *capacity, size_t item_size)
{
	size_t more = *capacity ? 2 * *capacity : 4;
	void *grown;

	if (count < *capacity)
		return items;
	grown = op_alloc(op, more * item_size);
	if (!grown)
		return NULL;
	if (count > 0)
		memcpy(grown, items, count * item_size);
	*capacity = more;
	return grown;
}
