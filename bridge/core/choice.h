/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which SIM may take what, from the configuration and the state of all of them: prefixes, prices,
 * who can send now.  Pure.  Conversations and quotas are the store's to judge (store_sim.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bridge/store/store.h"
#include "config/config.h"

#define POOL_MAX CONFIG_MODEMS_MAX /* radios of one daemon */
#define CHOICE_PREFIXES_MAX CONFIG_PREFIXES_MAX
#define CHOICE_CLASSES_MAX (CHOICE_PREFIXES_MAX + POOL_MAX)
#define CHOICE_TALKERS_MAX (2 * POOL_MAX)

struct choice_sim {
	const char *sim;             /* ICCID, or what stands for it */
	const char *const *prefixes; /* ended by NULL; NULL: numbers of no class are its own */
	unsigned price;
	bool sends;   /* ready or sending, not held, not resting */
	bool hangs;   /* has been busy with one part for longer than others wait for its price */
	bool doubted; /* it refuses: what any other may take goes there, at whatever price */
	bool keeps_talking; /* though it rests or is doubted, its conversations wait for it */
	bool has_left;      /* of its quota */
	bool may_talk; /* with numbers that it knows, though its month has no place for new ones */
	bool awaited;  /* it has yet to work for the first time, and may do so soon */
};

/* The number of one of our SIMs is a class of its own while it may be tested. */
struct choice_own {
	const char *number;
	const char *only; /* SIM: only this one sends there now; NULL: as to any other number */
};

struct choice_pool {
	const struct choice_sim *sims; /* at most POOL_MAX */
	size_t count;
	const struct choice_own *owns; /* at most POOL_MAX */
	size_t own_count;
	const char *const *awaited; /* SIMs whose modems have yet to be found; at most POOL_MAX */
	size_t awaited_count;
};

/* What a store_route is made of; it points into the pool's strings. */
struct choice {
	const char *prefixes[CHOICE_CLASSES_MAX], *talk_prefixes[CHOICE_CLASSES_MAX];
	const char *talkers[CHOICE_TALKERS_MAX];
	size_t prefix_count, talk_prefix_count, talker_count;
};

/* What is said of a number of a class that no SIM serves. */
#define CHOICE_NOBODY                                                                              \
	"No modem may send to this number: see prefixes. Add its first digits to those of a "      \
	"modem, or a modem without any."

/*
 * How long dearer SIMs leave a class to a cheaper one that is busy with one part: span_usec, or as
 * long as three of its parts take.
 */
int64_t choice_patience_usec(int64_t span_usec, int64_t pace_usec);

/* What the SIM at that index may take now. */
void choice_make(const struct choice_pool *pool, size_t self, struct choice *ret);

/* It sends to numbers of this class, "" for those of none. */
bool choice_serves(const struct choice_sim *sim, const char *prefix);

/* It is in doubt, and some other one that is not sends there, at whatever price. */
bool choice_relieved(const struct choice_pool *pool, const struct choice_sim *self,
		     const char *prefix);

/* The class of a number: the longest prefix of any SIM that it begins with, otherwise "". */
const char *choice_class(const struct choice_pool *pool, const char *number);
