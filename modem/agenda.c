/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One mutex over small bounded tables.  Sends go before queries; after each send one message is
 * read or deleted if any waits, so that neither side starves.
 */
#include "modem/agenda.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "modem/say.h"

#define SLOTS_MAX 256
#define READINGS_MAX 512
#define STORES_MAX 4

#define NETWORK_USEC (60 * USEC_PER_SEC)
/* While messages go out one after the other, the network is asked this much later. */
#define NETWORK_LULL_USEC (2 * USEC_PER_SEC)
#define NETWORK_PATIENCE_USEC (10 * USEC_PER_MINUTE)

struct slot {
	char memory[8];
	int location;
};

struct reading {
	int64_t id; /* 0: free */
	struct slot slot;
	bool deleting;
	size_t size;
	uint8_t octets[TPDU_SIZE_MAX];
};

struct store {
	char memory[8];
	int used, size;
};

struct agenda {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool awake, stop;

	bool send_waits, send_open, sent_last;
	int64_t attempt;
	struct modem_order_send send;
	int64_t last_send_usec;

	bool pin_waits;
	struct modem_order_pin pin;

	struct slot slots[SLOTS_MAX]; /* ring */
	size_t slot_first, slot_count;
	int64_t deletes[READINGS_MAX]; /* ring */
	size_t delete_first, delete_count;
	struct reading readings[READINGS_MAX];
	int64_t last_reading;

	int64_t sweep_usec, sweep_due, network_due;
	bool registration_changed;
	int registration[ANSWER_DOMAIN_COUNT];
	struct store stores[STORES_MAX];
	struct modem_word_identity identity;
};

static void agenda_unlock(struct agenda **agenda)
{
	pthread_mutex_unlock(&(*agenda)->lock);
}

/* Holds the lock to the end of the function. */
#define LOCKED(agenda)                                                                             \
	CLEANUP(agenda_unlock)                                                                     \
	__attribute__((unused)) struct agenda *locked =                                            \
		(pthread_mutex_lock(&(agenda)->lock), (agenda))

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
	agenda->sweep_usec = USEC_PER_MINUTE;
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
		agenda->sweep_due = 0;
		return;
	}
	slot = &agenda->slots[(agenda->slot_first + agenda->slot_count++) % SLOTS_MAX];
	strncpy(slot->memory, memory, sizeof(slot->memory) - 1);
	slot->memory[sizeof(slot->memory) - 1] = '\0';
	slot->location = location;
	pthread_cond_broadcast(&agenda->changed);
}

void agenda_add_sweep(struct agenda *agenda)
{
	LOCKED(agenda);
	agenda->sweep_due = 0;
	pthread_cond_broadcast(&agenda->changed);
}

static struct reading *find_reading(struct agenda *agenda, int64_t id)
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
	reading = find_reading(agenda, reading_id);
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

int64_t agenda_reading(struct agenda *agenda, const char *memory, int location,
		       const uint8_t *octets, size_t size)
{
	struct reading *reading = NULL;

	LOCKED(agenda);
	if (memory[0] == '\0')
		return ++agenda->last_reading;
	for (size_t i = 0; i < READINGS_MAX; i++) {
		struct reading *at = &agenda->readings[i];

		if (at->id != 0 && slot_is(&at->slot, memory, location)) {
			if (at->size == size && memcmp(at->octets, octets, size) == 0)
				return at->id;
			at->id = 0;
		}
		if (at->id == 0 && !reading)
			reading = at;
	}
	if (!reading || size > sizeof(reading->octets))
		return 0;
	*reading = (struct reading){ .id = ++agenda->last_reading, .size = size };
	strncpy(reading->slot.memory, memory, sizeof(reading->slot.memory) - 1);
	reading->slot.location = location;
	memcpy(reading->octets, octets, size);
	return reading->id;
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

void agenda_set_store(struct agenda *agenda, const char *memory, int used, int size)
{
	struct store *free_store = NULL;

	LOCKED(agenda);
	for (size_t i = 0; i < STORES_MAX; i++) {
		struct store *store = &agenda->stores[i];

		if (strcmp(store->memory, memory) == 0) {
			store->used = used;
			store->size = size;
			return;
		}
		if (!free_store && store->memory[0] == '\0')
			free_store = store;
	}
	if (!free_store)
		return;
	strncpy(free_store->memory, memory, sizeof(free_store->memory) - 1);
	free_store->used = used;
	free_store->size = size;
}

/* "+CCID: "8986…"": what stands behind the name. */
static const char *behind_name(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon && (text[0] == '+' || text[0] == '^' || strncmp(text, "ICCID", 5) == 0)
		       ? colon + 1
		       : text;
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
		say_field(identity->iccid, sizeof(identity->iccid), text);
	else if (strcmp(command, "AT+CSCA?") == 0)
		say_field(identity->service_centre, sizeof(identity->service_centre), text);
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

/* ---------------------------------------------------------------- worked off */

static void wait_until(struct agenda *agenda, int64_t usec)
{
	struct timespec until = {
		.tv_sec = usec / USEC_PER_SEC,
		.tv_nsec = (usec % USEC_PER_SEC) * 1000,
	};

	pthread_cond_timedwait(&agenda->changed, &agenda->lock, &until);
}

bool agenda_wait_awake(struct agenda *agenda)
{
	LOCKED(agenda);
	while (!agenda->awake && !agenda->stop)
		pthread_cond_wait(&agenda->changed, &agenda->lock);
	return !agenda->stop;
}

bool agenda_pause(struct agenda *agenda, int64_t usec)
{
	int64_t until = clock_monotonic_usec() + usec;

	LOCKED(agenda);
	while (!agenda->stop && clock_monotonic_usec() < until)
		wait_until(agenda, until);
	return !agenda->stop;
}

void agenda_add_pin(struct agenda *agenda, const struct modem_order_pin *order)
{
	LOCKED(agenda);
	agenda->pin = *order;
	agenda->pin_waits = true;
	pthread_cond_broadcast(&agenda->changed);
}

bool agenda_wait_pin(struct agenda *agenda, int64_t usec, struct modem_order_pin *ret,
		     bool *ret_come)
{
	int64_t until = clock_monotonic_usec() + usec;

	LOCKED(agenda);
	while (!agenda->stop && !agenda->pin_waits && clock_monotonic_usec() < until)
		wait_until(agenda, until);
	*ret_come = agenda->pin_waits;
	*ret = agenda->pin;
	agenda->pin_waits = false;
	explicit_bzero(&agenda->pin, sizeof(agenda->pin));
	return !agenda->stop;
}

static bool take_slot(struct agenda *agenda, struct agenda_task *ret)
{
	const struct slot *slot = &agenda->slots[agenda->slot_first];

	if (agenda->slot_count == 0)
		return false;
	ret->type = AGENDA_READ;
	memcpy(ret->memory, slot->memory, sizeof(ret->memory));
	ret->location = slot->location;
	agenda->slot_first = (agenda->slot_first + 1) % SLOTS_MAX;
	agenda->slot_count--;
	return true;
}

static bool take_delete(struct agenda *agenda, struct agenda_task *ret)
{
	while (agenda->delete_count > 0) {
		int64_t id = agenda->deletes[agenda->delete_first];
		const struct reading *reading = find_reading(agenda, id);

		agenda->delete_first = (agenda->delete_first + 1) % READINGS_MAX;
		agenda->delete_count--;
		ret->type = AGENDA_DELETE;
		ret->reading = id;
		ret->location = reading ? reading->slot.location : -1;
		memset(ret->memory, 0, sizeof(ret->memory));
		if (reading)
			memcpy(ret->memory, reading->slot.memory, sizeof(ret->memory));
		return true;
	}
	return false;
}

static bool take_send(struct agenda *agenda, struct agenda_task *ret)
{
	if (!agenda->send_waits || agenda->send_open)
		return false;
	ret->type = AGENDA_SEND;
	ret->send = agenda->send;
	agenda->attempt = agenda->send.attempt;
	agenda->send_waits = false;
	agenda->send_open = true;
	return true;
}

static int64_t network_at(const struct agenda *agenda)
{
	int64_t lull = agenda->last_send_usec + NETWORK_LULL_USEC;
	int64_t latest = agenda->network_due + NETWORK_PATIENCE_USEC;

	if (lull <= agenda->network_due)
		return agenda->network_due;
	return lull < latest ? lull : latest;
}

static bool take(struct agenda *agenda, int64_t now, struct agenda_task *ret)
{
	bool others_turn = agenda->sent_last;

	agenda->sent_last = false;
	if (agenda->stop) {
		ret->type = AGENDA_STOP;
		return true;
	}
	if (others_turn && (take_slot(agenda, ret) || take_delete(agenda, ret)))
		return true;
	if (take_send(agenda, ret)) {
		agenda->sent_last = true;
		return true;
	}
	if (take_slot(agenda, ret) || take_delete(agenda, ret))
		return true;
	if (agenda->registration_changed) {
		agenda->registration_changed = false;
		ret->type = AGENDA_REGISTRATION;
		return true;
	}
	if (now >= agenda->sweep_due) {
		agenda->sweep_due = now + agenda->sweep_usec;
		ret->type = AGENDA_SWEEP;
		return true;
	}
	if (now >= network_at(agenda)) {
		agenda->network_due = now + NETWORK_USEC;
		ret->type = AGENDA_NETWORK;
		return true;
	}
	return false;
}

void agenda_next(struct agenda *agenda, struct agenda_task *ret, void (*idle)(void *userdata),
		 void *userdata)
{
	bool told = false;

	for (;;) {
		LOCKED(agenda);
		int64_t now = clock_monotonic_usec(), network;

		if (take(agenda, now, ret))
			return;
		if (told) {
			network = network_at(agenda);
			wait_until(agenda,
				   agenda->sweep_due < network ? agenda->sweep_due : network);
			continue;
		}
		told = true;
		pthread_mutex_unlock(&agenda->lock);
		idle(userdata);
		pthread_mutex_lock(&agenda->lock);
	}
}

void agenda_set_sweep_usec(struct agenda *agenda, int64_t usec)
{
	LOCKED(agenda);
	agenda->sweep_usec = usec;
	agenda->sweep_due = clock_monotonic_usec() + usec;
}

void agenda_deleted(struct agenda *agenda, int64_t reading_id)
{
	struct reading *reading;

	LOCKED(agenda);
	reading = find_reading(agenda, reading_id);
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
