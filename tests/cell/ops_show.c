/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ops of the control socket that only look: screens, stores, who is there.
 */
#include <stdlib.h>

#include "tests/cell/cell.h"
#include "tests/cell/ops.h"

static void add_messages(json_t *items, const struct message_list *list)
{
	char moment[MOMENT_SIZE];

	for (const struct message *message = TAILQ_FIRST(list); message;
	     message = TAILQ_NEXT(message, next)) {
		size_t size = 0;
		char *text = message_text(message, &size);
		json_t *class =
			message->message_class >= 0 ? json_integer(message->message_class) : NULL;

		if (text)
			json_array_append_new(
				items,
				json_pack("{s:s,s:s%,s:i,s:b,s:s,s:o?}", "from", message->from,
					  "text", text, size, "parts", (int)message->parts,
					  "complete", message->parts == message->total, "at",
					  moment_write(message->at_usec, moment), "class", class));
		else
			json_decref(class);
		free(text);
	}
}

json_t *op_screen(struct op *op)
{
	struct phone *phone = op_need_number(op, "phone");
	json_t *items;

	if (!phone)
		return NULL;
	items = json_array();
	add_messages(items, &phone->screen);
	add_messages(items, &phone->incomplete);
	return json_pack("{s:o}", "messages", items);
}

static void add_slots(json_t *slots, const struct memory *memory, unsigned first)
{
	static const char *const words[] = { "unread", "read", "unsent", "sent" };

	for (size_t i = 0; i < memory->size; i++) {
		const struct slot *slot = &memory->slots[i];
		char hex[2 * TPDU_OCTETS_MAX + 1];

		if (!slot->size)
			continue;
		hex_write(slot->octets, slot->size, hex);
		json_array_append_new(slots,
				      json_pack("{s:i,s:s,s:s,s:s}", "location", (int)(i + first),
						"status", words[slot->status], "hex", hex, "memory",
						memory->name));
	}
}

json_t *op_store(struct op *op)
{
	struct modem *modem = op_need_modem(op);
	const struct memory *memory;
	json_t *slots;

	if (!modem)
		return NULL;
	slots = json_array();
	for (size_t i = 0; (memory = modem_memory_at(modem, i)); i++)
		add_slots(slots, memory, modem_first_index(modem));
	return json_pack("{s:o,s:i}", "slots", slots, "size", (int)modem_incoming(modem)->size);
}

json_t *op_modems(struct op *op)
{
	json_t *items = json_array();
	struct modem *modem;

	for (size_t i = 0; (modem = cell_modem_at(op->cell, i)); i++)
		json_array_append_new(items,
				      json_pack("{s:s,s:s,s:b,s:b}", "name", modem_name(modem),
						"number", modem_number(modem), "plugged",
						modem_plugged(modem), "held", modem_held(modem)));
	return json_pack("{s:o}", "modems", items);
}

static void add_phone(struct phone *phone, void *items)
{
	if (phone->line == &phone->inbox)
		json_array_append_new(items, json_pack("{s:s,s:b,s:I}", "number", phone->number,
						       "reachable", phone->reachable, "messages",
						       (json_int_t)phone->screen_count));
}

json_t *op_phones(struct op *op)
{
	json_t *items = json_array();

	phonebook_each(centre_phones(cell_centre(op->cell)), add_phone, items);
	return json_pack("{s:o}", "phones", items);
}
