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

/*
 * Whether the modem's SIM was gone for two minutes at that moment, as the daemon may see it: pulled,
 * or at the most just back and not yet at work; and not at work already before by what else was
 * wrong with it when it was pulled.
 */
bool soak_is_gone(const struct soak_faults *faults, const char *modem, int64_t at_usec);

/* How often the modem was pulled for so long in the midst of a send, while the daemon lived on. */
unsigned soak_pulled_sending(const struct soak_faults *faults, unsigned modem);

/* Prints how many of each kind there were. */
void soak_faults_print(const struct soak_faults *faults);

/* RFC 3339 in UTC; 0: it is none. */
int64_t soak_moment(const char *text);
