/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The soak: eight modems of mixed families, four of which misbehave, are pulled and plugged in again,
 * while messages go out and come in through all of them and the daemon and its workers are killed;
 * then quiet; and in the end the cell's log and the API are joined, mechanically.
 *
 * SOAK_SECONDS (60) says how long, SOAK_SEED repeats a run.  From 300 on, some modems are away for
 * so long that what is bound to their SIMs goes through others.
 */
#pragma once

/* Runs it all in a world of its own.  failed: as in struct world_options. */
void world_soak(void (*failed)(const char *what));
