/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the two threads of a worker share.  The main thread owns the terminals and the line half;
 * the session's thread talks through libgammu.  The line and last_result are under line_lock.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "modem/agenda.h"
#include "modem/line.h"
#include "modem/wire.h"

struct worker {
	int daemon;    /* the socket of wire.h */
	int slave;     /* libgammu's side of the pseudo-terminal, kept open */
	char path[64]; /* its name */
	struct modem_order_start start;

	struct agenda *agenda;
	pthread_mutex_t line_lock;
	struct line *line;
	struct line_result last_result;

	atomic_bool started; /* libgammu is: it need not give up by itself any more */
	atomic_bool missed;  /* since it was cleared, a stored message could not be said */
	atomic_bool doubted; /* since it was cleared, one may have been cut on the line */
	atomic_uint entries; /* of stores, that the line half has seen */
	atomic_bool ucs2;    /* the modem's strings are UCS2 in hex */
};

/* An event of the line half, any but its awakening. */
void worker_hear(struct worker *worker, const struct line_event *event);
/* type: OUTCOME or LATE_OUTCOME. */
void worker_tell_result(struct worker *worker, enum modem_word_type type, int64_t attempt,
			const struct line_result *result);
/* Closes the open send, if one is, with this outcome, and tells the daemon. */
void worker_tell_outcome(struct worker *worker, const struct line_result *result);
/* What the network said by USSD: the answer to what was asked, or its own word. */
void worker_tell_ussd(struct worker *worker, const struct line_event *event);
