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
void agenda_add_sweep(struct agenda *agenda);
/* Returns 1 when queued, 0 when there is nothing to delete any more, -EBUSY when too many wait,
 * -ENOENT for a reading that never was. */
int agenda_add_delete(struct agenda *agenda, int64_t reading_id);

/* A new id for what was read; the same id for the same octets in the same slot, until it is
 * deleted or the slot was announced anew.  memory "" has no slot.  0: too many are kept. */
int64_t agenda_reading(struct agenda *agenda, const char *memory, int location,
		       const uint8_t *octets, size_t size);

void agenda_set_registration(struct agenda *agenda, enum answer_domain domain, int status);
void agenda_set_store(struct agenda *agenda, const char *memory, int used, int size);
void agenda_set_identity(struct agenda *agenda, const char *command, const char *text);

/* ---- both: which send is open, so that it gets exactly one outcome */

/* Returns true, once, when this closes the open send; *ret_attempt is its attempt. */
bool agenda_close_send(struct agenda *agenda, int64_t *ret_attempt);
/* True while one is open: *ret_attempt is its attempt. */
bool agenda_has_send(struct agenda *agenda, int64_t *ret_attempt);

/* ---- the talking thread's side */

enum agenda_task_type {
	AGENDA_STOP,
	AGENDA_SEND,
	AGENDA_READ,
	AGENDA_DELETE,
	AGENDA_SWEEP,
	AGENDA_NETWORK,      /* ask for everything about it */
	AGENDA_REGISTRATION, /* the modem has said something new about it */
};

struct agenda_task {
	enum agenda_task_type type;
	struct modem_order_send send;
	char memory[8];
	int location;
	int64_t reading;
};

/* Blocks until the modem is awake.  False: stop. */
bool agenda_wait_awake(struct agenda *agenda);
/* Blocks usec at most.  False: stop. */
bool agenda_pause(struct agenda *agenda, int64_t usec);

/* Blocks usec at most, or until the order has come: *ret_come, once.  False: stop. */
bool agenda_wait_pin(struct agenda *agenda, int64_t usec, struct modem_order_pin *ret,
		     bool *ret_come);

/* Blocks until there is something to do, at the latest when a sweep or a query is due.
 * *idle: called without the lock when it has to wait. */
void agenda_next(struct agenda *agenda, struct agenda_task *ret, void (*idle)(void *userdata),
		 void *userdata);

/* How often; the first is the caller's. */
void agenda_set_sweep_usec(struct agenda *agenda, int64_t usec);
/* The slot is empty: its reading is forgotten. */
void agenda_deleted(struct agenda *agenda, int64_t reading_id);

/* 1 registered at home, 5 roaming, otherwise the most hopeful status; -1 nothing was heard yet. */
int agenda_registration(struct agenda *agenda);
void agenda_identity(struct agenda *agenda, struct modem_word_identity *ret);
void agenda_store(struct agenda *agenda, int *ret_used, int *ret_size);
