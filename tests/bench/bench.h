/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What benchmarks on a simulated cell share: moments, percentiles, and gammu-smsd as a peer, one
 * process a modem, with the service "files" and its own defaults.
 */
#pragma once

#include <stdio.h>

#include "tests/scenario/world.h"

#define BENCH_TEXT "Your appointment is on Thursday at nine."
#define BENCH_GAMMU "/usr/bin/gammu-smsd"

/* Seconds since 1970, as the cell's time stamps. */
double bench_now(void);
double bench_moment(const json_t *event);

/* Sorts the values; 0 when there is none. */
double bench_percentile(double *values, size_t count, unsigned percent);

/* In the world's directory. */
void bench_path(struct world *world, char path[static 256], const char *name);
void bench_folder_make(struct world *world, const char *name);
FILE *bench_file_make(struct world *world, const char *name, mode_t mode);

/* Its folders, MODEM-out and so on; then so many messages into its outbox; then the program. */
void bench_gammu_prepare(struct world *world, const char *modem);
void bench_gammu_fill(struct world *world, const char *modem, unsigned count);
/* hook: a program that is run for each message that came; NULL: none. */
pid_t bench_gammu_start(struct world *world, const char *modem, const char *hook);
