/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Cleanup attributes: what a function takes, it gives back on every way out.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

/* Moves a pointer out of a cleanup variable: the variable becomes NULL. */
#define TAKE_PTR(pointer)                                                                          \
	({                                                                                         \
		__typeof__(pointer) *_taken_from = &(pointer);                                     \
		__typeof__(pointer) _taken = *_taken_from;                                         \
		*_taken_from = NULL;                                                               \
		_taken;                                                                            \
	})

/* Moves a descriptor out of a cleanup variable: the variable becomes -1. */
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int *_taken_from = &(fd);                                                          \
		int _taken = *_taken_from;                                                         \
		*_taken_from = -1;                                                                 \
		_taken;                                                                            \
	})

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static inline void cleanup_free(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define CLEANUP_FREE CLEANUP(cleanup_free)
#define CLEANUP_CLOSE CLEANUP(cleanup_close)
#define CLEANUP_FCLOSE CLEANUP(cleanup_fclose)
