/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The state directory: made when it is missing, and locked for as long as the daemon runs, so that
 * two daemons never share one database and one modem's memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "bridge/store/internal.h"

static int directory_fail(int error, const char *what, const char *path, char *sentence,
			  size_t size)
{
	snprintf(sentence, size,
		 "%s %s: %s. Create it for this user, or set another state_directory.", what, path,
		 strerror(-error));
	return error == -EPERM || error == -EROFS ? -EACCES : error;
}

static int directory_make(const char *directory, char *error, size_t error_size)
{
	char path[PATH_MAX];
	size_t size = strlen(directory);
	struct stat status;

	if (size == 0 || size >= sizeof(path)) {
		snprintf(error, error_size,
			 "The path in state_directory is %s. Set it to a directory.",
			 size == 0 ? "empty" : "too long");
		return -EACCES;
	}
	memcpy(path, directory, size + 1);
	for (char *slash = path + 1; slash < path + size; slash++) {
		if (*slash != '/')
			continue;
		*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return directory_fail(-errno, "Can't create", path, error, error_size);
		*slash = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return directory_fail(-errno, "Can't create", path, error, error_size);
	if (stat(path, &status) < 0)
		return directory_fail(-errno, "Can't use", path, error, error_size);
	if (!S_ISDIR(status.st_mode))
		return directory_fail(-ENOTDIR, "Can't use", path, error, error_size);
	return 0;
}

/* Who holds the lock, for the sentence only. */
static long lock_owner(int fd)
{
	char text[24] = "";
	ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

	return size > 0 ? strtol(text, NULL, 10) : 0;
}

static void lock_sign(int fd)
{
	char text[24];
	int size = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	/* Only a help for people: the lock holds without it. */
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)size, 0) < 0)
		errno = 0;
}

int directory_lock(const char *directory, char *error, size_t error_size, int *ret_fd)
{
	CLEANUP_FREE char *path = NULL;
	CLEANUP_CLOSE int fd = -1;
	int r;

	r = directory_make(directory, error, error_size);
	if (r < 0)
		return r;
	if (asprintf(&path, "%s/footbridge.lock", directory) < 0) {
		path = NULL;
		snprintf(error, error_size, "There is not enough memory.");
		return -ENOMEM;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return directory_fail(-errno, "Can't write", path, error, error_size);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = -errno;
		if (r != -EWOULDBLOCK)
			return directory_fail(r, "Can't lock", path, error, error_size);
		snprintf(error, error_size,
			 "Another footbridged (process %ld) uses %s. Stop it, or give this one "
			 "another state_directory.",
			 lock_owner(fd), directory);
		return r;
	}
	lock_sign(fd);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
