/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What stands between SQLite and the disk (docs/decisions/0003).  Every page of the database ends
 * with a checksum, made when it is written and tested whenever it is read; and a write-ahead log
 * can be made to forget what was written to it and never synced.
 */
#pragma once

#include <sqlite3.h>

#define VFS_NAME "footbridge"
/* The end of every page, which SQLite leaves alone when it is told so. */
#define VFS_RESERVED 8

/*
 * Stands upon what is SQLite's default at the first call.  Returns a code of SQLite.
 * A page that fails its checksum is SQLITE_IOERR_DATA for whoever reads it.
 */
int vfs_register(void);

/*
 * Cuts the log of this connection where it was last known to be on the disk.  The connection must be
 * closed next.  Returns a code of SQLite; SQLITE_OK too when there is nothing to forget.
 */
int vfs_log_forget(sqlite3 *handle);
