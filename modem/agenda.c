/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tables of a worker as the line half fills them, and what both threads may ask.
 */
#include "modem/agenda_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/base/clock.h"
#include "modem/say.h"

#define SWEEP_REST_USEC USEC_PER_SEC

struct agenda *agenda_new(void)
{
	struct agenda *agenda = calloc(1, sizeof(*agenda));
	pthread_condattr_t attributes;

	if (!agenda)
		return NULL;
	pthread_mutex_init(&agenda->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&agenda->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	agenda->minute_usec = agenda->sweep_usec = USEC_PER_MINUTE;
	for (int i = 0; i < ANSWER_DOMAIN_COUNT; i++)
		agenda->registration[i] = -1;
	return agenda;
}

struct agenda *agenda_free(struct agenda *agenda)
{
	if (!agenda)
		return NULL;
	pthread_cond_destroy(&agenda->changed);
	pthread_mutex_destroy(&agenda->lock);
	free(agenda);
	return NULL;
}

/* ---------------------------------------------------------------- filled by the line half */

void agenda_wake(struct agenda *agenda)
{
	LOCKED(agenda);
	agenda->awake = true;
	pthread_cond_broadcast(&agenda->changed);
}

void agenda_stop(struct agenda *agenda)
{
	LOCKED(agenda);
	agenda->stop = true;
	pthread_cond_broadcast(&agenda->changed);
}

bool agenda_add_send(struct agenda *agenda, const struct modem_order_send *order)
{
	LOCKED(agenda);
	if (agenda->send_waits)
		return false;
	agenda->send = *order;
	agenda->send_waits = true;
	pthread_cond_broadcast(&agenda->changed);
	return true;
}

static bool slot_is(const struct slot *slot, const char *memory, int location)
{
	return slot->location == location && strcmp(slot->memory, memory) == 0;
}

void agenda_add_slot(struct agenda *agenda, const char *memory, int location)
{
	struct slot *slot;

	LOCKED(agenda);
	/* Whatever was there has been replaced: to delete it now would lose the new one. */
	for (size_t i = 0; i < READINGS_MAX; i++)
		if (slot_is(&agenda->readings[i].slot, memory, location))
			agenda->readings[i].id = 0;
	for (size_t i = 0; i < agenda->slot_count; i++)
		if (slot_is(&agenda->slots[(agenda->slot_first + i) % SLOTS_MAX], memory, location))
			return;
	if (agenda->slot_count == SLOTS_MAX) {
		agenda_sweep_soon(agenda);
		return;
	}
	slot = &agenda->slots[(agenda->slot_first + agenda->slot_count++) % SLOTS_MAX];
	strncpy(slot->memory, memory, sizeof(slot->memory) - 1);
	slot->memory[sizeof(slot->memory) - 1] = '\0';
	slot->location = location;
	pthread_cond_broadcast(&agenda->changed);
}

void agenda_sweep_soon(struct agenda *agenda)
{
	int64_t at = agenda->swept_usec + SWEEP_REST_USEC;

	if (at < agenda->sweep_due)
		agenda->sweep_due = at;
	pthread_cond_broadcast(&agenda->changed);
}

void agenda_add_sweep(struct agenda *agenda)
{
	LOCKED(agenda);
	agenda_sweep_soon(agenda);
}

void agenda_add_restart(struct agenda *agenda)
{
	LOCKED(agenda);
	agenda->restarted.heard = true;
	pthread_cond_broadcast(&agenda->changed);
}

void agenda_add_sim_change(struct agenda *agenda)
{
	LOCKED(agenda);
	agenda->sim_changed.heard = true;
	pthread_cond_broadcast(&agenda->changed);
}

bool agenda_ussd_is_late(const struct agenda *agenda)
{
	return agenda->ussd_waits &&
	       clock_monotonic_usec() - agenda->ussd_since >= agenda->minute_usec;
}

bool agenda_add_ussd(struct agenda *agenda, const struct modem_order_ussd *order)
{
	LOCKED(agenda);
	if (agenda->ussd_waits && !agenda_ussd_is_late(agenda))
		return false;
	if (agenda->ussd_open && clock_monotonic_usec() < agenda->ussd_due)
		return false;
	agenda->ussd = *order;
	agenda->ussd_waits = true;
	agenda->ussd_since = clock_monotonic_usec();
	pthread_cond_broadcast(&agenda->changed);
	return true;
}

struct reading *agenda_find_reading(struct agenda *agenda, int64_t id)
{
	for (size_t i = 0; i < READINGS_MAX; i++)
		if (agenda->readings[i].id == id)
			return &agenda->readings[i];
	return NULL;
}

int agenda_add_delete(struct agenda *agenda, int64_t reading_id)
{
	struct reading *reading;

	LOCKED(agenda);
	if (reading_id <= 0 || reading_id > agenda->last_reading)
		return -ENOENT;
	reading = agenda_find_reading(agenda, reading_id);
	if (!reading)
		return 0;
	if (reading->deleting)
		return 1;
	if (agenda->delete_count == READINGS_MAX)
		return -EBUSY;
	reading->deleting = true;
	agenda->deletes[(agenda->delete_first + agenda->delete_count++) % READINGS_MAX] =
		reading_id;
	pthread_cond_broadcast(&agenda->changed);
	return 1;
}

/* The slot's reading with other octets is forgotten; *ret_free: where there is room. */
static struct reading *known_reading(struct agenda *agenda, const struct slot *slot,
				     const struct agenda_octets *read, struct reading **ret_free)
{
	*ret_free = NULL;
	for (size_t i = 0; i < READINGS_MAX; i++) {
		struct reading *at = &agenda->readings[i];

		if (at->id != 0 && slot_is(&at->slot, slot->memory, slot->location)) {
			if (at->size == read->size &&
			    memcmp(at->octets, read->octets, read->size) == 0)
				return at;
			at->id = 0;
		}
		if (at->id == 0 && !*ret_free)
			*ret_free = at;
	}
	return NULL;
}

int64_t agenda_reading(struct agenda *agenda, const char *memory, int location,
		       const struct agenda_octets *read)
{
	struct slot slot = { .location = location };
	struct reading *reading, *room;

	LOCKED(agenda);
	if (memory[0] == '\0')
		return ++agenda->last_reading;
	strncpy(slot.memory, memory, sizeof(slot.memory) - 1);
	reading = known_reading(agenda, &slot, read, &room);
	if (reading) {
		/* Twice the same: nothing was lost, and it is the header that is wrong. */
		if (reading->doubtful && read->decoded)
			agenda->lengths_lie = true;
		reading->doubtful = false;
		return reading->id;
	}
	if (!room || read->size > sizeof(room->octets))
		return 0;
	*room = (struct reading){ .id = ++agenda->last_reading, .slot = slot, .size = read->size };
	room->doubtful = !read->decoded || (!read->fits && !agenda->lengths_lie);
	memcpy(room->octets, read->octets, read->size);
	return room->doubtful ? -EAGAIN : room->id;
}

void agenda_set_registration(struct agenda *agenda, enum answer_domain domain, int status)
{
	LOCKED(agenda);
	if (agenda->registration[domain] == status)
		return;
	agenda->registration[domain] = status;
	agenda->registration_changed = true;
	pthread_cond_broadcast(&agenda->changed);
}

struct store *agenda_find_store(struct agenda *agenda, const char *memory)
{
	for (size_t i = 0; i < STORES_MAX; i++)
		if (strcmp(agenda->stores[i].memory, memory) == 0)
			return &agenda->stores[i];
	return NULL;
}

static bool is_tight(const struct store *store)
{
	return store->size > 0 && store->used * 100 / store->size >= AGENDA_TIGHT_PERCENT;
}

void agenda_set_store(struct agenda *agenda, const char *memory, int used, int size)
{
	struct store *store;
	bool was_tight;

	LOCKED(agenda);
	store = agenda_find_store(agenda, memory);
	if (!store)
		store = agenda_find_store(agenda, "");
	if (!store)
		return;
	was_tight = is_tight(store);
	strncpy(store->memory, memory, sizeof(store->memory) - 1);
	store->used = used;
	store->size = size;
	if (is_tight(store) && !was_tight)
		agenda_sweep_soon(agenda);
}

/* "+CCID: "8986…"": what stands behind the name. */
static const char *behind_name(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon && (text[0] == '+' || text[0] == '^' || strncmp(text, "ICCID", 5) == 0)
		       ? colon + 1
		       : text;
}

static void set_iccid(struct modem_word_identity *identity, const char *text)
{
	size_t size;

	say_field(identity->iccid, sizeof(identity->iccid), text);
	size = strlen(identity->iccid);
	while (size > 0 && (identity->iccid[size - 1] == 'F' || identity->iccid[size - 1] == 'f'))
		identity->iccid[--size] = '\0';
}

void agenda_set_identity(struct agenda *agenda, const char *command, const char *text)
{
	struct modem_word_identity *identity = &agenda->identity;

	LOCKED(agenda);
	text = behind_name(text);
	if (strcmp(command, "AT+CGMI") == 0)
		say_field(identity->manufacturer, sizeof(identity->manufacturer), text);
	else if (strcmp(command, "AT+CGMM") == 0)
		say_field(identity->model, sizeof(identity->model), text);
	else if (strcmp(command, "AT+CGMR") == 0)
		say_field(identity->firmware, sizeof(identity->firmware), text);
	else if (strcmp(command, "AT+CGSN") == 0)
		say_field(identity->imei, sizeof(identity->imei), text);
	else if (strcmp(command, "AT+CIMI") == 0)
		say_field(identity->imsi, sizeof(identity->imsi), text);
	else if (strcmp(command, "AT+CCID") == 0 || strcmp(command, "AT+ICCID") == 0)
		set_iccid(identity, text);
	else if (strcmp(command, "AT+CSCA?") == 0)
		say_field(identity->service_centre, sizeof(identity->service_centre), text);
	else if (strcmp(command, "AT+CPMS=?") == 0)
		snprintf(agenda->memories, sizeof(agenda->memories), "%s", text);
}

/* ---------------------------------------------------------------- the open send */

bool agenda_close_send(struct agenda *agenda, int64_t *ret_attempt)
{
	LOCKED(agenda);
	if (!agenda->send_open)
		return false;
	agenda->send_open = false;
	agenda->last_send_usec = clock_monotonic_usec();
	*ret_attempt = agenda->attempt;
	return true;
}

bool agenda_has_send(struct agenda *agenda, int64_t *ret_attempt)
{
	LOCKED(agenda);
	*ret_attempt = agenda->attempt;
	return agenda->send_open;
}

bool agenda_drop_send(struct agenda *agenda, int64_t *ret_attempt)
{
	LOCKED(agenda);
	if (!agenda->send_waits)
		return false;
	agenda->send_waits = false;
	*ret_attempt = agenda->send.attempt;
	return true;
}

bool agenda_close_ussd(struct agenda *agenda, int64_t *ret_id)
{
	LOCKED(agenda);
	if (!agenda->ussd_open)
		return false;
	agenda->ussd_open = false;
	*ret_id = agenda->ussd_id;
	return true;
}

bool agenda_ussd_is_open(struct agenda *agenda)
{
	LOCKED(agenda);
	return agenda->ussd_open;
}

bool agenda_drop_late_ussd(struct agenda *agenda, int64_t *ret_id)
{
	LOCKED(agenda);
	if (!agenda_ussd_is_late(agenda))
		return false;
	agenda->ussd_waits = false;
	*ret_id = agenda->ussd.id;
	return true;
}

bool agenda_drop_ussd(struct agenda *agenda, int64_t *ret_id)
{
	LOCKED(agenda);
	if (!agenda->ussd_waits)
		return false;
	agenda->ussd_waits = false;
	*ret_id = agenda->ussd.id;
	return true;
}

/* ---------------------------------------------------------------- asked */

void agenda_deleted(struct agenda *agenda, int64_t reading_id)
{
	struct reading *reading;

	LOCKED(agenda);
	reading = agenda_find_reading(agenda, reading_id);
	if (reading)
		*reading = (struct reading){ .id = 0 };
}

int agenda_registration(struct agenda *agenda)
{
	/* Home, roaming, and the same for SMS only; then searching, denied, unknown, not. */
	static const int ORDER[] = { 1, 6, 5, 7, 2, 3, 8, 4, 0 };

	LOCKED(agenda);
	for (size_t i = 0; i < ARRAY_SIZE(ORDER); i++)
		for (int domain = 0; domain < ANSWER_DOMAIN_COUNT; domain++)
			if (agenda->registration[domain] == ORDER[i])
				return ORDER[i];
	return -1;
}

void agenda_identity(struct agenda *agenda, struct modem_word_identity *ret)
{
	LOCKED(agenda);
	*ret = agenda->identity;
}

void agenda_memories(struct agenda *agenda, char *line, size_t size)
{
	LOCKED(agenda);
	snprintf(line, size, "%s", agenda->memories);
}

void agenda_store(struct agenda *agenda, int *ret_used, int *ret_size)
{
	LOCKED(agenda);
	*ret_used = -1;
	*ret_size = -1;
	/* The fullest one is what matters. */
	for (size_t i = 0; i < STORES_MAX; i++) {
		const struct store *store = &agenda->stores[i];

		if (store->memory[0] == '\0')
			continue;
		if (*ret_size < 0 ||
		    (int64_t)store->used * *ret_size > (int64_t)*ret_used * store->size) {
			*ret_used = store->used;
			*ret_size = store->size;
		}
	}
}

bool agenda_store_is_tight(struct agenda *agenda, const char *memory, int location)
{
	const struct store *store;

	LOCKED(agenda);
	store = agenda_find_store(agenda, memory);
	return store && store->size > 0 &&
	       (int64_t)location * 100 >= (int64_t)store->size * AGENDA_TIGHT_PERCENT;
}

void agenda_store_of(struct agenda *agenda, const char *memory, int *ret_used, int *ret_size)
{
	const struct store *store;

	LOCKED(agenda);
	store = agenda_find_store(agenda, memory);
	*ret_used = store ? store->used : -1;
	*ret_size = store ? store->size : -1;
}
