/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The two terminals of a worker: the modem's, taken for itself alone, and the pseudo-terminal on
 * whose other side libgammu believes to be at a modem.
 */
#pragma once

#include <stddef.h>

#define TTY_REASON_SIZE 256

/*
 * Opens the modem's port: raw, non-blocking, CLOCAL, DTR and RTS up.  speed 0 leaves it as it is.
 * Returns the descriptor, or -ENOENT (not there), -EBUSY (somebody has it), -EACCES, -EINVAL (no
 * terminal, or a speed that is none), or another negative errno; *reason then says it to people.
 */
int tty_open(const char *device, unsigned speed, char reason[static TTY_REASON_SIZE]);

/*
 * Closes the modem's port within a second.  The kernel waits up to 30 s for one that does not take
 * what was written, and a process that just exits waits as well, beyond SIGKILL; a signal ends it.
 */
void tty_close(int fd);
/* The same, in less: nothing that was written has to arrive. */
void tty_drop(int fd);

/*
 * A pseudo-terminal, raw before anyone opens it.  Returns 0 with the master (non-blocking), a
 * descriptor of the slave that keeps it open, and the slave's path; or negative errno.
 */
int tty_open_pair(int *ret_master, int *ret_slave, char *path, size_t size);
