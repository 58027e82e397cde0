/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands about short messages (3GPP TS 27.005), in PDU mode, on a store "SM".
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

static int at_centre(struct modem *m, struct at_call *call)
{
	char text[4 * ADDRESS_SIZE], number[ADDRESS_SIZE];
	uint8_t octets[ADDRESS_OCTETS_MAX];
	int type;

	if (call->kind == AT_TEST)
		return AT_OK;
	if (call->kind == AT_READ) {
		if (!at_text_out(m, m->settings.service_centre, text, sizeof(text)))
			return AT_ERROR;
		line_info(m, "+CSCA: \"%s\",%d", text,
			  m->settings.service_centre[0] == '+' ? 145 : 129);
		return AT_OK;
	}
	if (call->kind != AT_SET || !at_text_in(m, call->value[0], text, sizeof(text)))
		return AT_CMS(CMS_INVALID_PDU);
	type = at_number(call, 1, 0, 255, text[0] == '+' ? 145 : 129);
	snprintf(number, sizeof(number), "%s%.30s", type == 145 && text[0] != '+' ? "+" : "", text);
	if (type < 0 || centre_address_write(number, octets) < 2)
		return AT_CMS(CMS_INVALID_PDU);
	text_copy(m->settings.service_centre, sizeof(m->settings.service_centre), number);
	return AT_OK;
}

static int at_storage(struct modem *m, struct at_call *call)
{
	size_t used = sim_used(&m->sim), size = m->sim.size;

	switch (call->kind) {
	case AT_TEST:
		line_info(m, "+CPMS: (\"SM\"),(\"SM\"),(\"SM\")");
		return AT_OK;
	case AT_READ:
		line_info(m, "+CPMS: \"SM\",%zu,%zu,\"SM\",%zu,%zu,\"SM\",%zu,%zu", used, size,
			  used, size, used, size);
		return AT_OK;
	case AT_SET:
		for (size_t i = 0; i < call->count; i++)
			if (i >= 3 || strcmp(call->value[i], "SM") != 0)
				return AT_CMS(CMS_NOT_ALLOWED);
		line_info(m, "+CPMS: %zu,%zu,%zu,%zu,%zu,%zu", used, size, used, size, used, size);
		return AT_OK;
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

/* One slot: its heading, and service centre and TPDU in hex. */
static void show_slot(struct modem *m, const char *heading, struct slot *slot)
{
	uint8_t centre[ADDRESS_OCTETS_MAX];
	char hex[2 * (ADDRESS_OCTETS_MAX + TPDU_OCTETS_MAX) + 1];
	size_t used = (size_t)centre_address_write(m->settings.service_centre, centre);

	hex_write(centre, used, hex);
	hex_write(slot->octets, slot->size, hex + 2 * used);
	line_info(m, "%s%d,,%u", heading, slot->status, slot->size);
	line_info(m, "%s", hex);
}

static void log_read(struct modem *m, size_t location)
{
	events_log(m->world->events, "read", "{s:s,s:i}", "modem", m->name, "location",
		   (int)location);
}

static int at_list(struct modem *m, struct at_call *call)
{
	int wanted = at_number(call, 0, 0, LIST_ALL, 0);

	if (call->kind == AT_TEST) {
		line_info(m, "+CMGL: (0-4)");
		return AT_OK;
	}
	if (call->kind == AT_READ || wanted < 0)
		return AT_CMS(CMS_NOT_ALLOWED);
	for (size_t location = 1; location <= m->sim.size; location++) {
		struct slot *slot = sim_slot(&m->sim, location);
		char heading[24];

		if (!slot->size || (wanted != LIST_ALL && (int)slot->status != wanted))
			continue;
		snprintf(heading, sizeof(heading), "+CMGL: %zu,", location);
		show_slot(m, heading, slot);
		if (slot->status == SLOT_UNREAD) {
			slot->status = SLOT_READ;
			log_read(m, location);
		}
	}
	return AT_OK;
}

static int at_read(struct modem *m, struct at_call *call)
{
	int location = at_number(call, 0, 1, SIM_SIZE_MAX, -1);
	struct slot *slot = location > 0 ? sim_slot(&m->sim, (size_t)location) : NULL;

	if (call->kind == AT_TEST)
		return AT_OK;
	if (call->kind != AT_SET || !slot || !slot->size)
		return AT_CMS(CMS_INVALID_INDEX);
	show_slot(m, "+CMGR: ", slot);
	if (slot->status == SLOT_UNREAD)
		slot->status = SLOT_READ;
	log_read(m, (size_t)location);
	return AT_OK;
}

static void delete_slot(struct modem *m, size_t location)
{
	struct slot *slot = sim_slot(&m->sim, location);

	if (!slot->size)
		return;
	slot->size = 0;
	events_log(m->world->events, "deleted", "{s:s,s:i}", "modem", m->name, "location",
		   (int)location);
}

/* 27.005 3.5.4: flag 1 read, 2 and sent, 3 and unsent, 4 all. */
static int at_delete(struct modem *m, struct at_call *call)
{
	int flag = at_number(call, 1, 0, 4, 0);
	int location = at_number(call, 0, flag ? 0 : 1, (int)m->sim.size, -1);

	if (call->kind == AT_TEST) {
		line_info(m, "+CMGD: (1-%zu),(0-4)", m->sim.size);
		return AT_OK;
	}
	if (call->kind != AT_SET || flag < 0 || location < 0)
		return AT_CMS(CMS_INVALID_INDEX);
	if (flag == 0)
		delete_slot(m, (size_t)location);
	for (size_t i = 1; flag && i <= m->sim.size; i++) {
		enum slot_status status = sim_slot(&m->sim, i)->status;

		if (flag == 4 || status == SLOT_READ || (flag >= 2 && status == SLOT_SENT) ||
		    (flag >= 3 && status == SLOT_UNSENT))
			delete_slot(m, i);
	}
	centre_wake(m->world->centre, &m->recipient);
	return AT_OK;
}

/* What each of the five may be; a modem that never stores says so. */
static const char *indication_values(const struct modem *m, size_t index)
{
	static const char *const storing[] = { "012", "012", "02", "012", "01" };
	static const char *const direct[] = { "012", "02", "0", "01", "01" };

	return m->settings.direct ? direct[index] : storing[index];
}

static int indications_set(struct modem *m, const struct at_call *call)
{
	int *now = m->session.indications, wanted[5];

	if (call->count > 5)
		return AT_CMS(CMS_NOT_SUPPORTED);
	for (size_t i = 0; i < 5; i++) {
		wanted[i] = at_number(call, i, 0, 9, i < 4 ? now[i] : 0);
		if (wanted[i] < 0 || !strchr(indication_values(m, i), '0' + wanted[i]))
			return AT_CMS(CMS_NOT_SUPPORTED);
	}
	memcpy(now, wanted, sizeof(wanted));
	if (wanted[4] == 1)
		line_forget_indications(m);
	centre_wake(m->world->centre, &m->recipient);
	return AT_OK;
}

static int at_indications(struct modem *m, struct at_call *call)
{
	const int *now = m->session.indications;

	switch (call->kind) {
	case AT_TEST:
		line_info(m, m->settings.direct ? "+CNMI: (0-2),(0,2),(0),(0,1),(0,1)"
						: "+CNMI: (0-2),(0-2),(0,2),(0-2),(0,1)");
		return AT_OK;
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
