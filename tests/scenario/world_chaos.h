/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Kill -9 at random moments, while messages of 1 to 3 parts go out through two modems and come in
 * through both; and in the end the cell's log and the API are joined, mechanically.
 *
 * FOOTBRIDGE_KILLS (50) says how many kills, FOOTBRIDGE_SEED repeats a run.
 */
#pragma once

enum chaos_victim {
	CHAOS_DAEMON, /* its workers finish their sends and leave */
	CHAOS_WORKER, /* one of the two */
	CHAOS_ANY,    /* the daemon, a worker, or all at once, as when the power fails */
};

/* Runs it all in a world of its own.  failed: as in struct world_options. */
void world_chaos(enum chaos_victim victim, void (*failed)(const char *what));
