/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cell's log and the API, joined by number and part: what must hold however the faults and the
 * kills fell.  Every message has a number of its own, as recipient and as sender.
 */
#pragma once

#include "tests/scenario/world_traffic.h"

struct join {
	struct world *world;
	json_t *by_number;          /* the cell's events about each number */
	size_t read;                /* how many of them */
	unsigned broken;            /* promises */
	unsigned parts, submits;    /* of all messages; on the air */
	unsigned marked, twice;     /* parts that may be duplicates; and really went twice */
	unsigned again_shown;       /* messages shown with the visible prefix */
	unsigned shown_twice;       /* messages that are on a screen more than once, as marked */
	unsigned delivered, failed; /* messages; as the cell wanted */
	unsigned moved; /* messages that another SIM went on with: their own was gone, or refused */
	/*
	 * Whether a message may have ended so though its own fault, or that it has none, does not
	 * say so; NULL: none may.
	 */
	bool (*excused)(struct join *join, const struct traffic_message *message,
			const json_t *shown, void *userdata);
	/*
	 * Whether the modem of an attempt of which something may be out was gone for two minutes when
	 * a later one began through another; NULL: none ever is.
	 */
	bool (*gone)(const char *modem, const json_t *later, void *userdata);
	void *userdata;
};

/* Reads all events that the cell has written by now, or since it did so before. */
void join_read(struct join *join);
void join_free(struct join *join);

/* The cell's events about a number: an array, or NULL. */
const json_t *join_events(const struct join *join, const char *number);

void join_sent(struct join *join, const struct traffic_message *message);
/* All messages that came in, and that there are no others. */
void join_received(struct join *join, const struct traffic_message *messages, unsigned count);

/* What is on the screens and on the air, in one line. */
void join_print(const struct join *join);
