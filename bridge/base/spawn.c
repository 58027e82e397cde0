/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Children started with posix_spawn: no code of ours runs between fork and exec.  Who watches them,
 * and what is said on the socket, is the caller's business.
 */
#include "bridge/base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"

/* Some dozens of frames may wait on a busy loop; the kernel cuts it to net.core.wmem_max. */
#define SOCKET_BUFFER_SIZE (1 << 20)

/* Returns 0 or an errno above 0, as posix_spawn and its helpers do. */
static int prepare_files(posix_spawn_file_actions_t *files, int child_end, int passed)
{
	int r;

	r = posix_spawn_file_actions_adddup2(files, child_end, SPAWN_SOCKET_FD);
	if (r == 0 && passed >= 0)
		r = posix_spawn_file_actions_adddup2(files, passed, SPAWN_PASSED_FD);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(
			files, passed < 0 ? SPAWN_PASSED_FD : SPAWN_PASSED_FD + 1);
	return r;
}

static int prepare_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawnattr_setsigmask(attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attributes, &all);
	if (r == 0)
		r = posix_spawnattr_setflags(attributes,
					     POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return r;
}

static int start(const char *program, char *const argv[], int child_end, int passed, pid_t *ret_pid)
{
	CLEANUP(posix_spawn_file_actions_destroy) posix_spawn_file_actions_t files;
	CLEANUP(posix_spawnattr_destroy) posix_spawnattr_t attributes;
	int r;

	posix_spawn_file_actions_init(&files); /* these two can't fail in glibc */
	posix_spawnattr_init(&attributes);
	r = prepare_files(&files, child_end, passed);
	if (r == 0)
		r = prepare_signals(&attributes);
	if (r == 0)
		r = posix_spawn(ret_pid, program, &files, &attributes, argv, environ);
	return -r;
}

int spawn_child(const char *program, char *const argv[], int passed, pid_t *ret_pid,
		int *ret_socket)
{
	CLEANUP_CLOSE int ours = -1, theirs = -1, copy = -1;
	int sockets[2], size = SOCKET_BUFFER_SIZE, r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	ours = sockets[0];
	theirs = sockets[1];
	if (fcntl(ours, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	/* Less than asked for is no reason not to start. */
	(void)setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)setsockopt(theirs, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));

	/* Above the numbers that are given away: none may overwrite another. */
	if (passed >= 0) {
		copy = fcntl(passed, F_DUPFD_CLOEXEC, SPAWN_PASSED_FD + 1);
		if (copy < 0)
			return -errno;
	}

	r = start(program, argv, theirs, copy, ret_pid);
	if (r < 0)
		return r;
	*ret_socket = TAKE_FD(ours);
	return 0;
}

/* Returns 0 with the path when the folder has such a program, otherwise -ENOENT or -ENOMEM. */
static int find_in(const char *folder, const char *name, char **ret_path)
{
	CLEANUP_FREE char *path = NULL;

	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (access(path, X_OK) < 0)
		return -ENOENT;
	*ret_path = TAKE_PTR(path);
	return 0;
}

int spawn_find(const char *name, char **ret_path)
{
	char self[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (size > 0) {
		char *slash;
		self[size] = '\0';
		slash = strrchr(self, '/');
		if (slash) {
			int r;
			*slash = '\0';
			r = find_in(self, name, ret_path);
			if (r != -ENOENT)
				return r;
		}
	}
	return find_in(FOOTBRIDGE_LIBEXECDIR, name, ret_path);
}

void spawn_bury(pid_t pid)
{
	CLEANUP_CLOSE int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd gone = { .fd = fd, .events = POLLIN };

	kill(pid, SIGKILL);
	if (fd >= 0 && poll(&gone, 1, 500) > 0)
		waitpid(pid, NULL, WNOHANG);
}
