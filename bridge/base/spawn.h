/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Children are exec'ed with one SOCK_SEQPACKET socket as descriptor 3, never just forked; signals
 * unblocked, nothing else inherited but stdin from /dev/null, stdout and stderr.
 */
#pragma once

#include <sys/types.h>

#define SPAWN_SOCKET_FD 3
#define SPAWN_PASSED_FD 4

/*
 * Starts program (a path) with argv.  *ret_socket is non-blocking, close-on-exec and the caller's;
 * the child's own end blocks.  Nothing kills the child when the caller ends: it sees the end
 * of file on its socket.  passed: a descriptor that it gets as number 4, still the caller's; -1
 * none.  Returns 0 or negative errno (-ENOENT: no such program).
 */
int spawn_child(const char *program, char *const argv[], int passed, pid_t *ret_pid,
		int *ret_socket);

/*
 * Kills a child and waits for its end: milliseconds, or half a second when the kernel holds it;
 * then init gets it.
 */
void spawn_bury(pid_t pid);

/*
 * The path of a program of ours: beside the running executable, otherwise in
 * FOOTBRIDGE_LIBEXECDIR.  *ret_path is the caller's to free.  Returns 0, -ENOENT, -ENOMEM.
 */
int spawn_find(const char *name, char **ret_path);
