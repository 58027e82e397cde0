/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The daemon's unix socket: found free, stale or in use, and made.
 */
#pragma once

#include <stddef.h>

/*
 * Listens at path (mode 0660, folder made when missing).  A socket file that nobody answers is
 * replaced.  *ret_fd is non-blocking, close-on-exec and the caller's.  Returns 0, or with a
 * sentence in error that says what to do: -EADDRINUSE (a live daemon answers), -ENOTSOCK
 * (something else is there), -ENAMETOOLONG, or the system's negative errno.
 */
int listen_open(const char *path, char *error, size_t error_size, int *ret_fd);

/* Removes a socket file that nobody answers: ours, after it was closed. */
void listen_remove(const char *path);
