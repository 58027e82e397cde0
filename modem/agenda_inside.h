/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What agenda.c (filled by the line half, asked by both) and agenda_work.c (worked off) share: one
 * mutex over small bounded tables.
 */
#pragma once

#include <pthread.h>

#include "bridge/base/cleanup.h"
#include "modem/agenda.h"

#define SLOTS_MAX 256
#define READINGS_MAX 1024 /* three full memories of a SIM that is not adopted keep theirs */
#define STORES_MAX 6

struct slot {
	char memory[8];
	int location;
};

struct reading {
	int64_t id; /* 0: free */
	struct slot slot;
	bool deleting;
	bool doubtful; /* not said yet: octets may have been lost on the way */
	size_t size;
	uint8_t octets[TPDU_SIZE_MAX];
};

struct store {
	char memory[8];
	int used, size;
};

/* Something that the modem says again and again, and that is looked at now and then. */
struct hint {
	bool heard;
	int64_t taken_usec, seen_usec; /* when a look began, and ended */
	int64_t rest_usec;             /* from then on */
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

	bool ussd_waits, ussd_open;
	int64_t ussd_id;              /* of the open one */
	int64_t ussd_due;             /* until then the network may answer it */
	struct modem_order_ussd ussd; /* the one that waits */
	int64_t ussd_since;           /* it waits since then */

	struct slot slots[SLOTS_MAX]; /* ring */
	size_t slot_first, slot_count;
	int64_t deletes[READINGS_MAX]; /* ring */
	size_t delete_first, delete_count;
	struct reading readings[READINGS_MAX];
	int64_t last_reading;
	bool lengths_lie; /* a header's length is not that of its PDU, again and again */

	int64_t minute_usec;
	int64_t sweep_usec, swept_usec, sweep_due, network_due;
	unsigned doubted_sweeps; /* in a row */
	struct hint restarted, sim_changed;
	bool registration_changed;
	int registration[ANSWER_DOMAIN_COUNT];
	struct store stores[STORES_MAX];
	struct modem_word_identity identity;
	char memories[256]; /* as the modem lists them */
};

static inline void agenda_unlock(struct agenda **agenda)
{
	pthread_mutex_unlock(&(*agenda)->lock);
}

/* Holds the lock to the end of the function. */
#define LOCKED(agenda)                                                                             \
	CLEANUP(agenda_unlock)                                                                     \
	__attribute__((unused)) struct agenda *locked =                                            \
		(pthread_mutex_lock(&(agenda)->lock), (agenda))

struct reading *agenda_find_reading(struct agenda *agenda, int64_t id);
/* One waits, and the daemon has concluded, or is about to, that it failed. */
bool agenda_ussd_is_late(const struct agenda *agenda);
/* What a store holds; NULL: nothing is known. */
struct store *agenda_find_store(struct agenda *agenda, const char *memory);
/* As soon as may be: the last one was not a moment ago. */
void agenda_sweep_soon(struct agenda *agenda);
