/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a disk holds when the power fails: of every file the bytes of its last good sync, and any
 * subset of what was done since, sector by sector.  What a failed sync should have written is never
 * written by a later one: the kernel took it for clean (the worst that systems are known to do).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Forgets everything and remembers from now on. */
void power_watch(uint64_t seed);
/* Files become what they would be after a power failure now.  Ends the watch. */
void power_lose(void);

/* What the file system tells.  Each does nothing unless there is a watch. */
void power_opened(const char *path, bool made);
void power_written(const char *path, int64_t offset, const void *bytes, size_t size);
void power_truncated(const char *path, int64_t size);
void power_synced(const char *path, bool good);
void power_deleted(const char *path, bool directory_synced);
