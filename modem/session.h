/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The thread that talks: it starts libgammu on the pseudo-terminal, brings SIM and modem into the
 * state that we need, and then works off the agenda, one thing at a time.
 */
#pragma once

#include "modem/worker.h"

/* Returns when it is stopped, or when this worker can't go on: the daemon has been told why. */
void session_run(struct worker *worker);
