/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A shim between the real programs and their machine: fault_vfs.so (tests/fault/preload.c, which says
 * what words it knows) is preloaded into all of them, and a file tells it what disk and clock do now.
 */
#pragma once

#include <unistd.h>

#include "tests/scenario/scenario.h"

/* A sanitizer wants to be loaded before anything else; store_fault_test runs under it. */
static inline void shim_or_skip(void)
{
#ifdef __SANITIZE_ADDRESS__
	print_message("The shim can't be preloaded before a sanitizer.\n");
	skip();
#endif
}

/* The shim lies beside the folder of the tests: build/VARIANT/fault_vfs.so. */
static inline void shim_preload(void)
{
	char self[4096] = "", preload[4200], words[4200];
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(size > 0);
	snprintf(words, sizeof(words), "%s.faults", self);
	for (int i = 0; i < 3; i++)
		*strrchr(self, '/') = '\0';
	snprintf(preload, sizeof(preload), "%s/fault_vfs.so", self);
	assert_int_equal(access(preload, R_OK), 0);
	setenv("LD_PRELOAD", preload, 1);
	setenv("FOOTBRIDGE_FAULT", words, 1);
}

/* Put in place whole: the shim may look at any moment. */
static inline void shim_set(const char *words)
{
	const char *path = getenv("FOOTBRIDGE_FAULT");
	char next[4300];
	FILE *file;

	snprintf(next, sizeof(next), "%s.next", path);
	file = fopen(next, "we");
	assert_non_null(file);
	fputs(words, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(next, path), 0);
}
