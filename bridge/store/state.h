/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The states of a part and of a delivery, and what moves them, as const tables (architecture.md,
 * States).  Pure: no SQL, no clock.  A delivery shows the least advanced of its parts, and sending
 * while some are out and others wait (docs/decisions/0002).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum delivery_state {
	DELIVERY_PENDING,
	DELIVERY_SENDING,
	DELIVERY_UNKNOWN, /* handed over, no answer heard */
	DELIVERY_SENT,
	DELIVERY_DELIVERED,
	DELIVERY_READ,
	DELIVERY_FAILED,
	DELIVERY_EXPIRED,
	DELIVERY_CANCELLED,
	DELIVERY_STATE_COUNT,
};

/* What can happen to one part on a channel. */
enum part_event {
	PART_BEGUN,            /* an attempt was committed, before the radio */
	PART_ACCEPTED,         /* the network took it: +CMGS with a reference */
	PART_NOT_SENT,         /* the attempt ended before Ctrl-Z */
	PART_REFUSED,          /* an error for a while: back to the queue */
	PART_REFUSED_FOR_GOOD, /* an error of the message itself */
	PART_LOST_SIGHT,       /* handed over, no answer */
	PART_REPORTED_DELIVERED,
	PART_REPORTED_TRYING,
	PART_REPORTED_FAILED,
	PART_REPORTED_EXPIRED,
	PART_TIME_OUT, /* its validity is over, and no copy can still arrive */
	PART_CANCEL,
	PART_RESEND, /* again, though a copy may be out: policy, operator, or another SIM */
	PART_RETRY,  /* the operator wants what had ended */
	PART_EVENT_COUNT,
};

/* "pending", as interfaces.md promises them. */
const char *delivery_state_name(enum delivery_state state);
/* Returns 0 and the state, or -EINVAL. */
int delivery_state_parse(const char *name, enum delivery_state *ret_state);

/* True for delivered, read, failed, expired, cancelled. */
bool delivery_state_final(enum delivery_state state);

/*
 * The table: the state after an event.  Returns false when the event means nothing in that state
 * (it is then ignored; *ret_state is untouched).
 */
bool part_next(enum delivery_state state, enum part_event event, enum delivery_state *ret_state);

/* The state of a whole from those of its count (> 0) pieces: of a delivery from its parts. */
enum delivery_state delivery_state_of_parts(const enum delivery_state *parts, size_t count);

/*
 * What a message of several recipients shows: the first present of unknown, sending, pending, sent,
 * failed, expired, cancelled, delivered, read (interfaces.md).
 */
enum delivery_state message_state_of_deliveries(const unsigned counts[DELIVERY_STATE_COUNT]);
