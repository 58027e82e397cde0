/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stores of one modem: which there are, what AT+CPMS has selected, where texts and reports go,
 * and SM, which belongs to the SIM and leaves with it.  MT is SM and ME seen as one.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/cell/modem_state.h"

#define STORE_SIZE_DEFAULT 50

int stores_find(const struct modem *m, const char *name)
{
	for (size_t i = 0; i < m->memory_count; i++)
		if (strcmp(m->memories[i].name, name) == 0)
			return (int)i;
	return -1;
}

void stores_make(struct modem *m)
{
	const struct quirks *quirks = &m->quirks;

	m->memory_count = quirks->store_count ? quirks->store_count : 1;
	memset(m->memories, 0, sizeof(m->memories));
	strcpy(m->memories[0].name, "SM");
	m->memories[0].size = STORE_SIZE_DEFAULT;
	for (size_t i = 0; i < quirks->store_count; i++) {
		struct memory *memory = &m->memories[i];

		text_copy(memory->name, sizeof(memory->name), quirks->stores[i].name);
		memory->size = quirks->stores[i].size;
	}
	if (stores_find(m, "MT") >= 0 && (stores_find(m, "SM") >= 0 || stores_find(m, "ME") >= 0))
		m->memories[stores_find(m, "MT")].size = 0;
}

/* What a selected store consists of: itself, or SM and ME.  NULL after the last. */
static struct memory *member(struct modem *m, struct memory *shown, size_t index)
{
	static const char *const names[] = { "SM", "ME" };
	size_t found = 0;

	if (shown->size)
		return index == 0 ? shown : NULL;
	for (size_t i = 0; i < 2; i++) {
		int which = stores_find(m, names[i]);

		if (which >= 0 && found++ == index)
			return &m->memories[which];
	}
	return NULL;
}

size_t stores_size(struct modem *m, struct memory *shown)
{
	struct memory *memory;
	size_t size = 0;

	for (size_t i = 0; (memory = member(m, shown, i)); i++)
		size += memory->size;
	return size;
}

size_t stores_used(struct modem *m, struct memory *shown)
{
	struct memory *memory;
	size_t used = 0;

	for (size_t i = 0; (memory = member(m, shown, i)); i++)
		used += memory_used(memory);
	return used;
}

bool stores_place(struct modem *m, struct memory *shown, size_t location, struct place *ret)
{
	struct memory *memory;

	if (location < m->quirks.first_index)
		return false;
	location -= m->quirks.first_index;
	for (size_t i = 0; (memory = member(m, shown, i)); i++) {
		if (location < memory->size) {
			*ret = (struct place){ &memory->slots[location], memory->name,
					       location + m->quirks.first_index };
			return true;
		}
		location -= memory->size;
	}
	return false;
}

static struct memory *named_or(struct modem *m, const char *name, struct memory *otherwise)
{
	int which = name[0] ? stores_find(m, name) : -1;

	return which >= 0 ? &m->memories[which] : otherwise;
}

struct memory *stores_incoming(struct modem *m)
{
	return member(m, named_or(m, m->quirks.incoming, m->session.memory[2]), 0);
}

struct memory *stores_reports(struct modem *m)
{
	return member(m, named_or(m, m->quirks.reports, stores_incoming(m)), 0);
}

void stores_select_default(struct modem *m)
{
	m->session.memory[0] = m->session.memory[1] = m->memories;
	m->session.memory[2] = named_or(m, m->quirks.incoming, m->memories);
}

/* The SIM that leaves keeps what it holds, and one that was here before brings it back. */
void stores_change_sim(struct modem *m, const char *iccid_before)
{
	int which = stores_find(m, "SM");
	struct memory *now = &m->memories[which], before;
	struct drawer *drawer = NULL;

	if (which < 0 || strcmp(iccid_before, m->settings.iccid) == 0)
		return;
	before = *now;
	memset(now->slots, 0, sizeof(now->slots));
	for (size_t i = 0; i < SIMS_MAX && !drawer; i++)
		if (m->drawers[i] && strcmp(m->drawers[i]->iccid, m->settings.iccid) == 0) {
			drawer = m->drawers[i];
			*now = drawer->memory;
		}
	for (size_t i = 0; i < SIMS_MAX && !drawer; i++)
		if (!m->drawers[i])
			drawer = m->drawers[i] = calloc(1, sizeof(*drawer));
	if (!drawer)
		return;
	text_copy(drawer->iccid, sizeof(drawer->iccid), iccid_before);
	drawer->memory = before;
}

void stores_free(struct modem *m)
{
	for (size_t i = 0; i < SIMS_MAX; i++)
		free(m->drawers[i]);
}
