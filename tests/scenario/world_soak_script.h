/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a soak will do, all of it decided before it begins, from a seed alone: which families of
 * modems there are, every message, and every moment at which something is ordered, broken, mended,
 * pulled or killed.  The same seed and length make the same script.
 */
#pragma once

#include "tests/scenario/world_traffic.h"

#define SOAK_MODEMS 8
/* The others behave: only their workers are killed. */
#define SOAK_MODEM_BAD 4
/* These two send to numbers of SOAK_PREFIX only, and nobody else does. */
#define SOAK_MODEM_PREFIX 6
#define SOAK_PREFIX "+86150"
/* This one has a quota. */
#define SOAK_MODEM_QUOTA 2
#define SOAK_QUOTA_PARTS 40 /* a minute */

/* What never gets a report, so that a modem that says reports only once may send it: no other does. */
#define SOAK_ONCE_PREFIX "+86151"

#define SOAK_TTL_SECONDS 30 /* of messages in a hurry */

/* All spans of the daemon's are that much of what they are. */
#define SOAK_TIME_PERCENT 4
#define SOAK_TEN_MINUTES_MSEC (600 * 1000 * SOAK_TIME_PERCENT / 100)

/* A family of modems, as the soak may use it. */
struct soak_family {
	const char *profile;
	int send_msec;   /* what a part takes; 0: as the network */
	bool says_once;  /* its reports are said on the line, and kept nowhere */
	bool sends_only; /* nothing can be read from it, and it gets no reports */
};
#define SOAK_FAMILIES 25
extern const struct soak_family soak_families[SOAK_FAMILIES];

enum soak_action {
	SOAK_SUBMIT,    /* message `which` goes out */
	SOAK_TYPE,      /* message `which` is typed on a phone, to the modem `amount` */
	SOAK_DISORDER,  /* the same, and its parts come in another order */
	SOAK_REACHABLE, /* the phone of message `which` */
	SOAK_SET,       /* a key of the modem `which` gets a value */
	SOAK_FAIL,      /* the next `amount` sends of the modem fail so */
	SOAK_HOLD,      /* it freezes at a point */
	SOAK_RESUME,
	SOAK_UNPLUG,
	SOAK_PLUG,
	SOAK_RESTART, /* by itself */
	SOAK_KILL_WORKER,
	SOAK_KILL_DAEMON, /* amount 1: and all its workers */
	SOAK_ACTION_COUNT,
};
const char *soak_action_name(enum soak_action action);

struct soak_step {
	unsigned at_msec;
	unsigned order; /* of its making: which of two at the same moment is first */
	enum soak_action action;
	unsigned which, amount;
	const char *key; /* or error, or point; "" */
	char value[16];
};

struct soak_script {
	unsigned long long seed;
	unsigned seconds;
	const struct soak_family *families[SOAK_MODEMS];
	unsigned away_count; /* how often a modem is gone for more than two minutes */
	unsigned count;      /* of messages each way */
	struct traffic_message *out, *in;
	struct soak_step *steps; /* by moment */
	size_t step_count, step_capacity;
	unsigned long long hash; /* of all of it */
};

/* NULL: no memory. */
struct soak_script *soak_script_new(unsigned long long seed, unsigned seconds);
struct soak_script *soak_script_free(struct soak_script *script);

/* Whether it can be that modem. */
bool soak_family_fits(const struct soak_family *family, unsigned modem);
/* Whether one of the modems is of a family that says its reports once. */
bool soak_has_once(const struct soak_script *script);
/* The numbers that a modem serves, and no other does; "": all that are nobody's. */
const char *soak_modem_prefix(const struct soak_script *script, unsigned modem);
/* Such a prefix of the number, or "". */
const char *soak_number_prefix(const char *number);

/* "soak-3", and the number of its SIM. */
void soak_modem_name(unsigned modem, char name[static 16]);
void soak_modem_number(unsigned modem, char number[static 16]);
