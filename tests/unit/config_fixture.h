/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the tests of footbridge.conf share: a folder below $TMPDIR, files in it, and how they are
 * loaded.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "config/config.h"

static char folder[256];

static inline void cleanup_config(struct config **config)
{
	config_free(*config);
}

static inline const char *path_of(const char *name)
{
	static char paths[4][512];
	static unsigned turn;
	char *path = paths[turn++ % ARRAY_SIZE(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static inline void write_file(const char *name, mode_t mode, const char *text)
{
	FILE *file = fopen(path_of(name), "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path_of(name), mode), 0);
}

/* The errors with "F/" for the folder; the caller's. */
static inline int load_path(const char *path, struct config **ret_config, char **ret_errors)
{
	CLEANUP_FREE char *written = NULL;
	size_t size, folder_size = strlen(folder);
	FILE *errors = open_memstream(&written, &size);
	char *out;
	int r;

	assert_non_null(errors);
	r = config_load(path, errors, ret_config);
	assert_int_equal(fclose(errors), 0);
	*ret_errors = out = calloc(1, size + 1);
	assert_non_null(out);
	for (const char *at = written; *at != '\0';) {
		if (strncmp(at, folder, folder_size) == 0) {
			*out++ = 'F';
			at += folder_size;
		} else {
			*out++ = *at++;
		}
	}
	return r;
}

static inline int load_text(const char *text, struct config **ret_config, char **ret_errors)
{
	write_file("a.conf", 0600, text);
	return load_path(path_of("a.conf"), ret_config, ret_errors);
}

static inline int make_folder(void **state)
{
	const char *parent = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/footbridge-config-XXXXXX", parent ? parent : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
	static const char *const names[] = { "a.conf",      "more.conf",  "pin",
					     "inner.conf",  "outer.conf", "other.conf",
					     "default.conf" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlink(path_of(names[i]));
	return rmdir(folder);
}
