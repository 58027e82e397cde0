/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands about short messages (3GPP TS 27.005), in PDU mode, on the stores that there are.
 */
#include <stdio.h>
#include <string.h>

#include "tests/cell/events.h"
#include "tests/cell/modem_state.h"

#define CMS_NOT_ALLOWED 302
#define CMS_NOT_SUPPORTED 303
#define CMS_INVALID_PDU 304
#define CMS_INVALID_INDEX 321
#define TPDU_LENGTH_MAX 164
#define LIST_ALL 4

static int at_format(struct modem *m, struct at_call *call)
{
	if (call->kind == AT_READ)
		line_info(m, "+CMGF: 0");
	else if (call->kind == AT_TEST)
		line_info(m, "+CMGF: (0)");
	else if (at_number(call, 0, 0, 0, 0) < 0)
		return AT_CMS(CMS_NOT_SUPPORTED);
	return AT_OK;
}

static int at_service(struct modem *m, struct at_call *call)
{
	if (call->kind == AT_READ)
		line_info(m, "+CSMS: 0,1,1,1");
	else if (call->kind == AT_TEST)
		line_info(m, "+CSMS: (0)");
	else if (at_number(call, 0, 0, 0, -1) < 0)
		return AT_CMS(CMS_NOT_SUPPORTED);
	else
		line_info(m, "+CSMS: 1,1,1");
	return AT_OK;
}

static int centre_read(struct modem *m)
{
	const char *form = m->quirks.centre_form, *number = m->settings.service_centre;
	char text[4 * ADDRESS_SIZE + 1];

	if (strcmp(form, "empty") == 0)
		text[0] = '\0';
	else if (!(strcmp(form, "ucs2") == 0 ? at_text_ucs2(number, text, sizeof(text))
					     : at_text_out(m, number, text, sizeof(text))))
		return AT_ERROR;
	line_info(m, "+CSCA: \"%s\",%d", text, number[0] == '+' && text[0] ? 145 : 129);
	return AT_OK;
}

static int at_centre(struct modem *m, struct at_call *call)
{
	char text[4 * ADDRESS_SIZE], number[ADDRESS_SIZE];
	uint8_t octets[ADDRESS_OCTETS_MAX];
	int type;

	if (call->kind == AT_TEST)
		return AT_OK;
	if (call->kind == AT_READ)
		return centre_read(m);
	if (call->kind != AT_SET || !at_text_in(m, call->value[0], text, sizeof(text)))
		return AT_CMS(CMS_INVALID_PDU);
	type = at_number(call, 1, 0, 255, text[0] == '+' ? 145 : 129);
	snprintf(number, sizeof(number), "%s%.30s", type == 145 && text[0] != '+' ? "+" : "", text);
	if (type < 0 || centre_address_write(number, octets) < 2)
		return AT_CMS(CMS_INVALID_PDU);
	text_copy(m->settings.service_centre, sizeof(m->settings.service_centre), number);
	return AT_OK;
}

static int storage_test(struct modem *m)
{
	char names[8 * (8 + 3)] = "";

	for (size_t i = 0; i < m->memory_count; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s\"%s\"",
			 i ? "," : "", m->memories[i].name);
	line_info(m, "+CPMS: (%s),(%s),(%s)", names, names, names);
	return AT_OK;
}

/* How full the selected stores are, with or without their names. */
static int storage_read(struct modem *m, bool named)
{
	char text[3 * 32] = "";

	for (size_t i = 0; i < 3; i++) {
		struct memory *memory = m->session.memory[i];
		size_t at = strlen(text), used = stores_used(m, memory);

		if (i)
			text[at++] = ',';
		if (named)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "\"%s\",",
					       memory->name);
		snprintf(text + at, sizeof(text) - at, "%zu,%zu", used, stores_size(m, memory));
	}
	line_info(m, "+CPMS: %s", text);
	return AT_OK;
}

static int at_storage(struct modem *m, struct at_call *call)
{
	int which[3];

	switch (call->kind) {
	case AT_TEST:
		return storage_test(m);
	case AT_READ:
		return storage_read(m, true);
	case AT_SET:
		if (call->count > 3)
			return AT_CMS(CMS_NOT_ALLOWED);
		for (size_t i = 0; i < call->count; i++) {
			which[i] = stores_find(m, call->value[i]);
			if (which[i] < 0)
				return AT_CMS(CMS_NOT_ALLOWED);
		}
		for (size_t i = 0; i < call->count; i++)
			m->session.memory[i] = &m->memories[which[i]];
		return storage_read(m, false);
	case AT_EXECUTE:
		break;
	}
	return AT_ERROR;
}

static int at_send(struct modem *m, struct at_call *call)
{
	int length = at_number(call, 0, 1, TPDU_LENGTH_MAX, -1);

	if (call->kind == AT_TEST)
		return AT_OK;
	if (call->kind != AT_SET || call->count != 1 || length < 0)
		return AT_CMS(CMS_INVALID_PDU);
	m->announced = (size_t)length;
	return AT_PROMPT;
}

/* Status and length, in one of the forms that are met. */
static void show_header(struct modem *m, const char *heading, enum quirk_header form,
			const struct slot *slot)
{
	static const char *const between[] = {
		[QUIRK_HEADER_STANDARD] = ",,",
		[QUIRK_HEADER_SHORT] = ",",
		[QUIRK_HEADER_QUOTED] = ",\"\",",
	};

	line_info(m, "%s%d%s%u", heading, slot->status, between[form],
		  slot->size + m->quirks.length_excess);
}

/* Service centre and TPDU in hex. */
static void show_body(struct modem *m, const struct slot *slot)
{
	uint8_t centre[ADDRESS_OCTETS_MAX];
	char hex[2 * (ADDRESS_OCTETS_MAX + TPDU_OCTETS_MAX) + 1];
	size_t used = (size_t)centre_address_write(m->settings.service_centre, centre);

	hex_write(centre, used, hex);
	hex_write(slot->octets, slot->size, hex + 2 * used);
	line_info(m, "%s", hex);
}

static void log_place(struct modem *m, const char *event, const struct place *place)
{
	events_log(m->world->events, event, "{s:s,s:i,s:s}", "modem", m->name, "location",
		   (int)place->location, "memory", place->memory);
}

/* The selected store from its first slot to its last. */
static bool each_place(struct modem *m, size_t *location, struct place *place)
{
	return stores_place(m, m->session.memory[0], (*location)++, place);
}

static int at_list(struct modem *m, struct at_call *call)
{
	int wanted = at_number(call, 0, 0, LIST_ALL, 0);
	size_t location = m->quirks.first_index;
	struct place place;

	if (call->kind == AT_TEST) {
		line_info(m, "+CMGL: (0-4)");
		return AT_OK;
	}
	if (call->kind == AT_READ || wanted < 0)
		return AT_CMS(CMS_NOT_ALLOWED);
	while (each_place(m, &location, &place)) {
		struct slot *slot = place.slot;
		char heading[32];

		if (!slot->size || (wanted != LIST_ALL && (int)slot->status != wanted))
			continue;
		snprintf(heading, sizeof(heading), "+CMGL: %zu,", location - 1);
		show_header(m, heading, m->quirks.list_header, slot);
		show_body(m, slot);
		if (slot->status == SLOT_UNREAD) {
			slot->status = SLOT_READ;
			log_place(m, "read", &place);
		}
	}
	return AT_OK;
}

static bool place_of(struct modem *m, const struct at_call *call, struct place *ret)
{
	int location = at_number(call, 0, 0, QUIRK_STORES_MAX * MEMORY_SIZE_MAX, -1);

	return location >= 0 && stores_place(m, m->session.memory[0], (size_t)location, ret);
}

static int at_read(struct modem *m, struct at_call *call)
{
	struct place place;

	if (call->kind == AT_TEST)
		return AT_OK;
	if (call->kind != AT_SET || !place_of(m, call, &place))
		return AT_CMS(CMS_INVALID_INDEX);
	if (!place.slot->size)
		return m->quirks.empty_ok ? AT_OK : AT_CMS(CMS_INVALID_INDEX);
	show_header(m, "+CMGR: ", m->quirks.read_header, place.slot);
	show_body(m, place.slot);
	if (place.slot->status == SLOT_UNREAD)
		place.slot->status = SLOT_READ;
	log_place(m, "read", &place);
	return AT_OK;
}

static void delete_place(struct modem *m, const struct place *place)
{
	if (!place->slot->size)
		return;
	place->slot->size = 0;
	log_place(m, "deleted", place);
}

/* 27.005 3.5.4: flag 1 read, 2 and sent, 3 and unsent, 4 all. */
static void delete_many(struct modem *m, int flag)
{
	size_t location = m->quirks.first_index;
	struct place place;

	while (each_place(m, &location, &place)) {
		enum slot_status status = place.slot->status;

		if (flag == 4 || status == SLOT_READ || (flag >= 2 && status == SLOT_SENT) ||
		    (flag >= 3 && status == SLOT_UNSENT))
			delete_place(m, &place);
	}
}

static int at_delete(struct modem *m, struct at_call *call)
{
	size_t first = m->quirks.first_index;
	int flag = at_number(call, 1, 0, 4, 0);
	struct place place;

	if (call->kind == AT_TEST) {
		line_info(m, "+CMGD: (%zu-%zu),(0-4)", first,
			  first + stores_size(m, m->session.memory[0]) - 1);
		return AT_OK;
	}
	if (call->kind != AT_SET || flag < 0)
		return AT_CMS(CMS_INVALID_INDEX);
	if (flag)
		delete_many(m, flag);
	else if (place_of(m, call, &place))
		delete_place(m, &place);
	else
		return AT_CMS(CMS_INVALID_INDEX);
	centre_wake(m->world->centre, &m->recipient);
	return AT_OK;
}

/* What each of the five may be; a modem that never stores says so. */
static const char *indication_values(const struct modem *m, size_t index)
{
	static const char *const storing[] = { "012", "012", "02", "012", "01" };
	static const char *const direct[] = { "012", "02", "0", "01", "01" };

	if (m->quirks.indications[index][0])
		return m->quirks.indications[index];
	if (index == 3 && m->quirks.direct_reports)
		return direct[index];
	return m->settings.direct ? direct[index] : storing[index];
}

static int indications_set(struct modem *m, const struct at_call *call)
{
	int *now = m->session.indications, wanted[5];
	int refusal = m->quirks.indications_error ? m->quirks.indications_error : CMS_NOT_SUPPORTED;

	if (call->count > 5)
		return AT_CMS(refusal);
	for (size_t i = 0; i < 5; i++) {
		wanted[i] = at_number(call, i, 0, 9, i < 4 ? now[i] : 0);
		if (wanted[i] < 0 || !strchr(indication_values(m, i), '0' + wanted[i]))
			return AT_CMS(refusal);
	}
	memcpy(now, wanted, sizeof(wanted));
	if (wanted[4] == 1)
		line_forget_indications(m);
	centre_wake(m->world->centre, &m->recipient);
	return AT_OK;
}

/* "012" is (0-2), "02" (0,2). */
static void write_range(const char *values, char *text, size_t size)
{
	size_t count = strlen(values), at;

	if (count > 2 && values[count - 1] - values[0] == (int)count - 1) {
		snprintf(text, size, "(%c-%c)", values[0], values[count - 1]);
		return;
	}
	at = (size_t)snprintf(text, size, "(");
	for (size_t i = 0; i < count; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%c", i ? "," : "", values[i]);
	snprintf(text + at, size - at, ")");
}

static int indications_test(struct modem *m)
{
	char ranges[5][20];

	for (size_t i = 0; i < 5; i++)
		write_range(indication_values(m, i), ranges[i], sizeof(ranges[i]));
	line_info(m, "+CNMI: %s,%s,%s,%s,%s", ranges[0], ranges[1], ranges[2], ranges[3],
		  ranges[4]);
	return AT_OK;
}

static int at_indications(struct modem *m, struct at_call *call)
{
	const int *now = m->session.indications;

	switch (call->kind) {
	case AT_TEST:
		return indications_test(m);
	case AT_READ:
		line_info(m, "+CNMI: %d,%d,%d,%d,%d", now[0], now[1], now[2], now[3], now[4]);
		return AT_OK;
	case AT_SET:
		return indications_set(m, call);
	case AT_EXECUTE:
		break;
	}
	return AT_ERROR;
}

static int small_setting(struct modem *m, struct at_call *call, const char *name, int most,
			 int *value)
{
	int wanted;

	if (call->kind == AT_READ) {
		line_info(m, "%s: %d", name, *value);
	} else if (call->kind == AT_TEST) {
		line_info(m, "%s: (0-%d)", name, most);
	} else {
		wanted = at_number(call, 0, 0, most, 0);
		if (wanted < 0)
			return AT_ERROR;
		*value = wanted;
	}
	return AT_OK;
}

static int at_more_messages(struct modem *m, struct at_call *call)
{
	return small_setting(m, call, "+CMMS", 2, &m->session.more_messages);
}

static int at_show_header(struct modem *m, struct at_call *call)
{
	return small_setting(m, call, "+CSDH", 1, &m->session.show_header);
}

const struct at_command at_message_commands[] = {
	{ "+CMGS", at_send, AT_NEEDS_STORAGE, HOLD_CMGS },
	{ "+CMGL", at_list, AT_NEEDS_STORAGE, HOLD_CMGL },
	{ "+CMGR", at_read, AT_NEEDS_STORAGE, HOLD_CMGR },
	{ "+CMGD", at_delete, AT_NEEDS_STORAGE, HOLD_CMGD },
	{ "+CPMS", at_storage, AT_NEEDS_STORAGE, HOLD_NONE },
	{ "+CSCA", at_centre, AT_NEEDS_STORAGE, HOLD_NONE },
	{ "+CNMI", at_indications, AT_ANYTIME, HOLD_NONE },
	{ "+CMGF", at_format, AT_ANYTIME, HOLD_NONE },
	{ "+CSMS", at_service, AT_ANYTIME, HOLD_NONE },
	{ "+CMMS", at_more_messages, AT_ANYTIME, HOLD_NONE },
	{ "+CSDH", at_show_header, AT_ANYTIME, HOLD_NONE },
	{ NULL, NULL, AT_ANYTIME, HOLD_NONE },
};
