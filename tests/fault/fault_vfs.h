/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A bad disk for SQLite: a file system that stands between it and the real one, as its default, and
 * is slow, fails or loses power where it is told to.  Linked into a test, or preloaded into a whole
 * daemon as fault_vfs.so (preload.c).
 */
#pragma once

#include <stdbool.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_IO,    /* any call: EIO */
	FAULT_FULL,  /* whatever needs room: ENOSPC */
	FAULT_SHORT, /* half of a read; half of a write, then ENOSPC */
	FAULT_SYNC,  /* a sync: EIO, and what it should have written may be lost for good */
	FAULT_POWER, /* any call, and all after it; see power.h */
};

struct fault_plan {
	enum fault_kind kind;
	unsigned long at;   /* the call that fails, of those that this kind can hit: from 1 on */
	bool lasting;       /* and all after it */
	unsigned sync_msec; /* so long does a sync take, at least */
	bool without_syncs; /* nothing is really synced: for tests that end no machine */
};

/* Makes it SQLite's default.  Once, before the first database is opened. */
void fault_vfs_register(void);

/* Counts from now on.  From any thread. */
void fault_set(const struct fault_plan *plan);
/* The calls since, of those that the plan's kind can hit. */
unsigned long fault_calls(void);
