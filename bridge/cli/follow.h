/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Events as they happen, without a gap: when the daemon restarts, the stream is taken up again after
 * the last event that was seen.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "bridge/cli/cli.h"

#define FOLLOW_ID_SIZE 32

/* Not 0 ends the following: positive for "seen enough", negative errno. */
typedef int (*follow_event_done)(const json_t *event, void *userdata);

struct follow {
	struct cli *cli;
	const char *after;     /* the id of an event (follow_newest) */
	int64_t deadline_usec; /* by clock_monotonic_usec(); 0: none */
	follow_event_done done;
	void *userdata;
};

/* The id of the newest event there is. */
enum cli_exit follow_newest(struct cli *cli, char ret_id[static FOLLOW_ID_SIZE]);

/*
 * Returns what done returned; -ETIMEDOUT at the deadline; or, told on stderr, -EPROTO (the daemon
 * refuses), -ENOMEM.  A daemon that goes away is waited for, with growing delay (half a second to
 * half a minute), for as long as the deadline allows.
 */
int follow_run(const struct follow *follow);

/*
 * The inbound message that an event of type message.received carries, as the inbox lists it (owned
 * by the caller); NULL for other events.
 */
json_t *follow_inbound(const json_t *event);

#define FOLLOW_KIND_SIZE 32
/* What stands before what is no ordinary text: "[data for port 2948] ", "[picture message] ", "". */
const char *follow_inbound_kind(const json_t *inbound, char kind[static FOLLOW_KIND_SIZE]);

/* An inbound message in one line for people, beginning with its moment. */
void follow_print_inbound(const json_t *inbound, FILE *stream);

/* One event in one line for people. */
void follow_print(const json_t *event, FILE *stream);
