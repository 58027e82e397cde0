/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a worker has to do, and what it knows: filled by the thread of the line half, worked off by
 * the thread that talks through libgammu.  Thread-safe.  It also remembers which slot each reading
 * came from, until it is deleted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "modem/answer.h"
#include "modem/wire.h"

#define AGENDA_TIGHT_PERCENT 80 /* of a store: from there on it is swept at once */

struct agenda;

struct agenda *agenda_new(void);
struct agenda *agenda_free(struct agenda *agenda);

/* ---- the line half's side */

void agenda_wake(struct agenda *agenda); /* the modem answers: work may begin */
void agenda_stop(struct agenda *agenda); /* what runs is finished, nothing more is begun */

/* False: one waits already. */
bool agenda_add_send(struct agenda *agenda, const struct modem_order_send *order);
void agenda_add_pin(struct agenda *agenda, const struct modem_order_pin *order);
/* A slot to be read; when too many wait, a sweep takes their place. */
void agenda_add_slot(struct agenda *agenda, const char *memory, int location);
/* At once, but not twice in a second. */
void agenda_add_sweep(struct agenda *agenda);
/* The modem came up anew; its SIM went or came.  Said often, they are looked at now and then. */
void agenda_add_restart(struct agenda *agenda);
void agenda_add_sim_change(struct agenda *agenda);
/* False: one waits, or is open.  One that is late, here or there, stands in no other's way: it is
 * dropped without a word, or closed before the new one is sent. */
bool agenda_add_ussd(struct agenda *agenda, const struct modem_order_ussd *order);
/* Returns 1 when queued, 0 when there is nothing to delete any more, -EBUSY when too many wait,
 * -ENOENT for a reading that never was. */
int agenda_add_delete(struct agenda *agenda, int64_t reading_id);

/* What was read.  fits: it is as long as its header says; decoded: it is a TPDU. */
struct agenda_octets {
	const uint8_t *octets;
	size_t size;
	bool fits, decoded;
};
/* A new id for it; the same id for the same octets in the same slot, until it is deleted or the slot
 * was announced anew.  memory "" has no slot.  0: too many are kept.  -EAGAIN: it may have been cut
 * on the line, and counts once it is read a second time. */
int64_t agenda_reading(struct agenda *agenda, const char *memory, int location,
		       const struct agenda_octets *read);

void agenda_set_registration(struct agenda *agenda, enum answer_domain domain, int status);
/* One that becomes tight is swept at once. */
void agenda_set_store(struct agenda *agenda, const char *memory, int used, int size);
/* An ICCID loses its filler "F": some modems say it, others don't. */
void agenda_set_identity(struct agenda *agenda, const char *command, const char *text);

/* ---- both: which send is open, so that it gets exactly one outcome */

/* Returns true, once, when this closes the open send; *ret_attempt is its attempt. */
bool agenda_close_send(struct agenda *agenda, int64_t *ret_attempt);
/* True while one is open: *ret_attempt is its attempt. */
bool agenda_has_send(struct agenda *agenda, int64_t *ret_attempt);
/* The same for the question to the network: true, once, for the open one. */
bool agenda_close_ussd(struct agenda *agenda, int64_t *ret_id);
bool agenda_ussd_is_open(struct agenda *agenda);

/* ---- the talking thread's side */

enum agenda_task_type {
	AGENDA_STOP,
	AGENDA_SEND,
	AGENDA_READ,
	AGENDA_DELETE,
	AGENDA_SWEEP,
	AGENDA_NETWORK,      /* ask for everything about it */
	AGENDA_REGISTRATION, /* the modem has said something new about it */
	AGENDA_RESTARTED,    /* what was set has to be set again */
	AGENDA_SIM,          /* look whether it is still the same */
	AGENDA_USSD,         /* never while a send waits or is open */
	AGENDA_USSD_LATE, /* no answer, or no turn, within a minute: it is to be closed or dropped */
};

struct agenda_task {
	enum agenda_task_type type;
	struct modem_order_send send;
	bool doubtful; /* the send: the modem may have forgotten PDU mode since it was looked at */
	struct modem_order_ussd ussd;
	char memory[8];
	int location;
	int64_t reading;
};

/* Blocks until the modem is awake.  False: stop. */
bool agenda_wait_awake(struct agenda *agenda);
/* Blocks usec at most.  False: stop. */
bool agenda_pause(struct agenda *agenda, int64_t usec);

/* The same, but a word of the modem about its SIM ends it early. */
bool agenda_wait_sim(struct agenda *agenda, int64_t usec);
/* What waits and can't be done: true, once, for each. */
bool agenda_drop_send(struct agenda *agenda, int64_t *ret_attempt);
bool agenda_drop_ussd(struct agenda *agenda, int64_t *ret_id);
/* The same, but only for what has waited for a minute: whoever asked was told that it failed. */
bool agenda_drop_late_ussd(struct agenda *agenda, int64_t *ret_id);

/* Blocks usec at most, or until the order has come: *ret_come, once.  False: stop. */
bool agenda_wait_pin(struct agenda *agenda, int64_t usec, struct modem_order_pin *ret,
		     bool *ret_come);

/* Blocks until there is something to do, at the latest when a sweep or a query is due.
 * *idle: called without the lock when it has to wait. */
void agenda_next(struct agenda *agenda, struct agenda_task *ret, void (*idle)(void *userdata),
		 void *userdata);

/* How often sweeps and questions come; the first sweep is the caller's. */
void agenda_set_minute_usec(struct agenda *agenda, int64_t usec);
void agenda_set_sweep_usec(struct agenda *agenda, int64_t usec);
/* The next question about the network. */
void agenda_set_network_usec(struct agenda *agenda, int64_t usec);
/* The network has this long to answer the open USSD. */
void agenda_await_ussd(struct agenda *agenda, int64_t usec);
/* Settings and SIM have been seen to; what the modem said of them meanwhile is known. */
void agenda_settled(struct agenda *agenda);
/* A sweep is over.  doubted: an entry of it may have been cut on the line to the last.  False: what was
 * seen does not count as all there is, and the next sweep comes soon; so many times in a row. */
#define AGENDA_DOUBTED_SWEEPS 5
bool agenda_swept(struct agenda *agenda, bool doubted);
/* The slot is empty: its reading is forgotten. */
void agenda_deleted(struct agenda *agenda, int64_t reading_id);

/* 1 registered at home, 5 roaming, otherwise the most hopeful status; -1 nothing was heard yet. */
int agenda_registration(struct agenda *agenda);
void agenda_identity(struct agenda *agenda, struct modem_word_identity *ret);
/* What AT+CPMS=? told, without its name, cut to size; "": nothing. */
void agenda_memories(struct agenda *agenda, char *line, size_t size);
/* Of the fullest memory; -1 unknown. */
void agenda_store(struct agenda *agenda, int *ret_used, int *ret_size);
void agenda_store_of(struct agenda *agenda, const char *memory, int *ret_used, int *ret_size);
/* True when a slot with that number shows that the memory may be nearly full. */
bool agenda_store_is_tight(struct agenda *agenda, const char *memory, int location);
