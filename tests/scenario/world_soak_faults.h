/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When each modem of a soak could be used, as the cell's events, the kills and the daemon's outages
 * say: what no end of a message may contradict.
 */
#pragma once

#include "tests/scenario/world_soak_private.h"

struct soak_faults;

/* NULL: no memory. */
struct soak_faults *soak_faults_new(struct soak *soak);
struct soak_faults *soak_faults_free(struct soak_faults *faults);

/*
 * The longest span within these moments in which one of the modems (a bit each) was usable at any
 * time; *ret_worst: what stood in the way at last, "" nothing.
 */
int64_t soak_usable_usec(const struct soak_faults *faults, unsigned modems, int64_t from_usec,
			 int64_t until_usec, const char **ret_fault);

/* Prints how many of each kind there were. */
void soak_faults_print(const struct soak_faults *faults);

/* RFC 3339 in UTC; 0: it is none. */
int64_t soak_moment(const char *text);
