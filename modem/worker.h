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
};

/* Closes the open send, if one is, with this outcome, and tells the daemon. */
void worker_tell_outcome(struct worker *worker, const struct line_result *result);
