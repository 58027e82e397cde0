/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See folder.h.
 */
#include "bridge/core/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "bridge/base/cleanup.h"

static int make_one(const char *path)
{
	struct stat status;

	if (mkdir(path, 0750) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &status) < 0)
		return -errno;
	return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

int folder_make(const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);
	struct stat status;

	if (!copy)
		return -ENOMEM;
	/* The folders above may not be ours to look at: begin with what is wanted. */
	if (stat(path, &status) == 0)
		return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int r;

		*slash = '\0';
		r = make_one(copy);
		if (r < 0)
			return r;
		*slash = '/';
	}
	return make_one(copy);
}

int folder_make_for(const char *file)
{
	CLEANUP_FREE char *copy = strdup(file);
	char *slash;

	if (!copy)
		return -ENOMEM;
	slash = strrchr(copy, '/');
	if (!slash || slash == copy)
		return 0;
	*slash = '\0';
	return folder_make(copy);
}
