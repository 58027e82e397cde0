/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See listen.h.
 */
#include "bridge/api/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "bridge/base/cleanup.h"
#include "bridge/core/folder.h"

#define LISTEN_BACKLOG 1024 /* who waits for room waits here */

static int say(char *error, size_t error_size, int r, const char *path, const char *what)
{
	snprintf(error, error_size, "The socket %s %s", path, what);
	return r;
}

static int say_errno(char *error, size_t error_size, int r, const char *path)
{
	snprintf(error, error_size,
		 "The socket %s can't be made (%s); check the folder's owner, or set api.socket to "
		 "another path.",
		 path, strerror(-r));
	return r;
}

/* 0: path is free now. */
static int clear_path(const struct sockaddr_un *address, char *error, size_t error_size)
{
	CLEANUP_CLOSE int fd = -1;
	struct stat status;

	if (lstat(address->sun_path, &status) < 0)
		return errno == ENOENT ? 0
				       : say_errno(error, error_size, -errno, address->sun_path);
	if (!S_ISSOCK(status.st_mode))
		return say(
			error, error_size, -ENOTSOCK, address->sun_path,
			"is in the way: a file that is no socket has its name; remove it, or set "
			"api.socket to another path.");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return say_errno(error, error_size, -errno, address->sun_path);
	/* A live daemon with a full backlog answers EAGAIN: only a refusal says that nobody is there. */
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	    errno != ECONNREFUSED)
		return say(
			error, error_size, -EADDRINUSE, address->sun_path,
			"is in use: another footbridged answers there; stop it, or set api.socket "
			"to another path.");
	if (unlink(address->sun_path) < 0 && errno != ENOENT)
		return say_errno(error, error_size, -errno, address->sun_path);
	return 0;
}

int listen_open(const char *path, char *error, size_t error_size, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return say(
			error, error_size, -ENAMETOOLONG, path,
			"has too long a path (107 bytes at most); set api.socket to a shorter one.");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	r = folder_make_for(path);
	if (r < 0)
		return say_errno(error, error_size, r, path);
	r = clear_path(&address, error, error_size);
	if (r < 0)
		return r;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return say_errno(error, error_size, -errno, path);
	/* Nobody can connect before listen(): the mode is right from the first moment on. */
	if (chmod(path, 0660) < 0 || listen(fd, LISTEN_BACKLOG) < 0) {
		r = -errno;
		(void)unlink(path);
		return say_errno(error, error_size, r, path);
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

void listen_remove(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char ignored[256];

	if (strlen(path) >= sizeof(address.sun_path))
		return;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	(void)clear_path(&address, ignored, sizeof(ignored));
}
