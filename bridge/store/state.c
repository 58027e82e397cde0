/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The states of a part and of a delivery.  Everything is a table; nothing here knows of time, SQL
 * or modems.
 */
#include "bridge/store/state.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const char *const names[DELIVERY_STATE_COUNT] = {
	[DELIVERY_PENDING] = "pending",     [DELIVERY_SENDING] = "sending",
	[DELIVERY_UNKNOWN] = "unknown",     [DELIVERY_SENT] = "sent",
	[DELIVERY_DELIVERED] = "delivered", [DELIVERY_READ] = "read",
	[DELIVERY_FAILED] = "failed",       [DELIVERY_EXPIRED] = "expired",
	[DELIVERY_CANCELLED] = "cancelled",
};

/* A cell holds the next state plus one: what is not listed is nought, and means nothing. */
#define TO(state) ((state) + 1)

static const unsigned char transitions[DELIVERY_STATE_COUNT][PART_EVENT_COUNT] = {
	[DELIVERY_PENDING] = {
		[PART_BEGUN] = TO(DELIVERY_SENDING),
		[PART_TIME_OUT] = TO(DELIVERY_EXPIRED),
		[PART_CANCEL] = TO(DELIVERY_CANCELLED),
	},
	[DELIVERY_SENDING] = {
		[PART_ACCEPTED] = TO(DELIVERY_SENT),
		[PART_NOT_SENT] = TO(DELIVERY_PENDING),
		[PART_REFUSED] = TO(DELIVERY_PENDING),
		[PART_REFUSED_FOR_GOOD] = TO(DELIVERY_FAILED),
		[PART_LOST_SIGHT] = TO(DELIVERY_UNKNOWN),
	},
	/* What settles an unknown part: an answer heard late, or a report. */
	[DELIVERY_UNKNOWN] = {
		[PART_ACCEPTED] = TO(DELIVERY_SENT),
		[PART_NOT_SENT] = TO(DELIVERY_PENDING),
		[PART_REFUSED] = TO(DELIVERY_PENDING),
		[PART_REFUSED_FOR_GOOD] = TO(DELIVERY_FAILED),
		[PART_REPORTED_DELIVERED] = TO(DELIVERY_DELIVERED),
		[PART_REPORTED_TRYING] = TO(DELIVERY_SENT),
		[PART_REPORTED_FAILED] = TO(DELIVERY_FAILED),
		[PART_REPORTED_EXPIRED] = TO(DELIVERY_EXPIRED),
		[PART_TIME_OUT] = TO(DELIVERY_EXPIRED),
		[PART_RESEND] = TO(DELIVERY_PENDING),
	},
	[DELIVERY_SENT] = {
		[PART_REPORTED_DELIVERED] = TO(DELIVERY_DELIVERED),
		[PART_REPORTED_TRYING] = TO(DELIVERY_SENT),
		[PART_REPORTED_FAILED] = TO(DELIVERY_FAILED),
		[PART_REPORTED_EXPIRED] = TO(DELIVERY_EXPIRED),
		[PART_TIME_OUT] = TO(DELIVERY_EXPIRED),
		[PART_RESEND] = TO(DELIVERY_PENDING),
	},
	/* A phone joins only parts of one reference: on another SIM it needs them all again. */
	[DELIVERY_DELIVERED] = { [PART_RESEND] = TO(DELIVERY_PENDING) },
	[DELIVERY_FAILED] = { [PART_RETRY] = TO(DELIVERY_PENDING) },
	[DELIVERY_EXPIRED] = { [PART_RETRY] = TO(DELIVERY_PENDING) },
	[DELIVERY_CANCELLED] = { [PART_RETRY] = TO(DELIVERY_PENDING) },
};

const char *delivery_state_name(enum delivery_state state)
{
	assert(state < DELIVERY_STATE_COUNT);
	return names[state];
}

int delivery_state_parse(const char *name, enum delivery_state *ret_state)
{
	for (unsigned i = 0; i < DELIVERY_STATE_COUNT; i++) {
		if (strcmp(name, names[i]) == 0) {
			*ret_state = (enum delivery_state)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool delivery_state_final(enum delivery_state state)
{
	switch (state) {
	case DELIVERY_DELIVERED:
	case DELIVERY_READ:
	case DELIVERY_FAILED:
	case DELIVERY_EXPIRED:
	case DELIVERY_CANCELLED:
		return true;
	case DELIVERY_PENDING:
	case DELIVERY_SENDING:
	case DELIVERY_UNKNOWN:
	case DELIVERY_SENT:
	case DELIVERY_STATE_COUNT:
		return false;
	}
	return false;
}

bool part_next(enum delivery_state state, enum part_event event, enum delivery_state *ret_state)
{
	unsigned char next;

	assert(state < DELIVERY_STATE_COUNT);
	assert(event < PART_EVENT_COUNT);

	next = transitions[state][event];
	if (next == 0)
		return false;
	*ret_state = (enum delivery_state)(next - 1);
	return true;
}

static enum delivery_state first_present(const enum delivery_state *order, size_t count,
					 const unsigned counts[DELIVERY_STATE_COUNT])
{
	for (size_t i = 0; i + 1 < count; i++)
		if (counts[order[i]] > 0)
			return order[i];
	return order[count - 1];
}

enum delivery_state delivery_state_of_parts(const enum delivery_state *parts, size_t count)
{
	/* A part that failed decides at once; one that expired only when no other is under way,
	 * since expired is said when no copy can still arrive. */
	static const enum delivery_state order[] = {
		DELIVERY_FAILED,    DELIVERY_SENDING,   DELIVERY_PENDING,
		DELIVERY_UNKNOWN,   DELIVERY_SENT,      DELIVERY_EXPIRED,
		DELIVERY_CANCELLED, DELIVERY_DELIVERED, DELIVERY_READ,
	};
	unsigned counts[DELIVERY_STATE_COUNT] = { 0 };
	enum delivery_state least;
	bool some_out;

	assert(count > 0);
	for (size_t i = 0; i < count; i++)
		counts[parts[i]]++;

	least = first_present(order, sizeof(order) / sizeof(order[0]), counts);
	some_out = counts[DELIVERY_UNKNOWN] + counts[DELIVERY_SENT] + counts[DELIVERY_DELIVERED] +
			   counts[DELIVERY_READ] >
		   0;
	/* Some parts out, others waiting: it is on its way (docs/decisions/0002). */
	return least == DELIVERY_PENDING && some_out ? DELIVERY_SENDING : least;
}

enum delivery_state message_state_of_deliveries(const unsigned counts[DELIVERY_STATE_COUNT])
{
	static const enum delivery_state order[] = {
		DELIVERY_UNKNOWN,   DELIVERY_SENDING,   DELIVERY_PENDING,
		DELIVERY_SENT,      DELIVERY_FAILED,    DELIVERY_EXPIRED,
		DELIVERY_CANCELLED, DELIVERY_DELIVERED, DELIVERY_READ,
	};

	return first_present(order, sizeof(order) / sizeof(order[0]), counts);
}
