/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Messages that go out and come in while everything is killed and pulled: how they are made, what
 * the cell does to each, how they are ordered; and the kills.  What is checked in the end is in
 * world_join.h.
 */
#pragma once

#include "tests/scenario/world_private.h"

#define TRAFFIC_TEXT_SIZE 700

/* What the cell does to a message. */
enum traffic_fault {
	TRAFFIC_FAULT_NONE,
	TRAFFIC_FAULT_REPORT,    /* each report says 0x41 */
	TRAFFIC_FAULT_REFUSED,   /* each send is refused for good: CMS 1 */
	TRAFFIC_FAULT_TEMPORARY, /* one send is refused for now: CMS 38 */
	TRAFFIC_FAULT_WITHHELD,  /* its reports never come */
	TRAFFIC_FAULT_AWAY,      /* its phone is out of reach for a while */
	TRAFFIC_FAULT_GONE,      /* its phone is out of reach for good */
	TRAFFIC_FAULT_COUNT,
};
const char *traffic_fault_name(enum traffic_fault fault);

struct traffic_message {
	char id[16], number[16];
	char text[TRAFFIC_TEXT_SIZE];
	enum traffic_fault fault;
	unsigned ttl_seconds; /* 0: the configured one */
};

/* xorshift64*: the same state, never 0, the same sequence. */
unsigned traffic_random(unsigned long long *state, unsigned below);

/* 1 to 3 parts, in either alphabet. */
void traffic_text(unsigned long long *state, const char *kind, unsigned index,
		  char text[static TRAFFIC_TEXT_SIZE]);

/* Tells the cell of the message's fault. */
void traffic_fault_set(struct world *world, const struct traffic_message *message);

/*
 * Orders it once: whether it is accepted now.  Without an answer, it is to be ordered again, as by
 * any caller; *ret_again is then increased when it was accepted already.
 */
bool traffic_submit(struct world *world, const struct traffic_message *message,
		    unsigned *ret_again);

/* Orders it and doesn't wait for the answer: the kill comes just then.  A connection, or -1. */
int traffic_throw(struct world *world, const struct traffic_message *message, unsigned wait_msec);

/* Somebody types it on a phone. */
void traffic_type(struct world *world, const struct traffic_message *message, const char *to);

/* Kills any worker; modem: whose it was. */
void traffic_worker_kill(struct world *world, unsigned draw, char modem[static 64]);
/* Kills the daemon, perhaps with all its workers, as when the power fails, and starts it again. */
void traffic_daemon_kill(struct world *world, bool workers_too);

/* How many deliveries are in one of these states, ended by NULL. */
json_int_t traffic_count(struct world *world, const char *const states[]);
/* How many messages have come in. */
json_int_t traffic_received(struct world *world);
bool traffic_sim_is_empty(struct world *world, const char *modem);
