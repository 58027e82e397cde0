/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The store's side of the pool: which SIM may take what, how much each may send, and how each does.
 * Included by store.h, whose rules for operations and callbacks hold here as well.
 *
 * A delivery belongs to the class of the longest configured prefix that its number begins with, ""
 * when it begins with none.  A conversation belongs to the SIM that last talked with the number, in
 * either direction; numbers are compared by their last eight digits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/base/number.h"

#define STORE_NAME_SIZE 64
#define STORE_REASON_SIZE 256
#define STORE_PREFIXES_MAX 2112 /* 32 and a number of each of 64 modems; shorter than NUMBER_SIZE */
#define STORE_BALANCE_SIZE 32

struct store;

typedef void (*store_done)(int error, void *userdata);

/* A moment, and whether it can be believed: an untrusted clock expires and fires nothing. */
struct store_now {
	int64_t usec;
	bool trusted;
};

struct store_sim {
	const char *modem; /* its name */
	/* What references, parts, quotas and fingerprints belong to; the IMSI when unknown. */
	const char *iccid;
};

/* ------------------------------------------------------------------ who takes what */

/* What is limited.  The numbers are in databases. */
enum store_limit {
	STORE_LIMIT_NONE,
	STORE_LIMIT_MINUTE,
	STORE_LIMIT_HOUR,
	STORE_LIMIT_DAY,
	STORE_LIMIT_MONTH,
	STORE_LIMIT_RECIPIENTS, /* distinct numbers a month */
	STORE_LIMIT_COUNT,
};
const char *store_limit_name(enum store_limit limit); /* "partsPerMinute"; "" of NONE */

struct store_quota {
	unsigned limits[STORE_LIMIT_COUNT]; /* 0: none; NONE's is not looked at */
	unsigned reset_day;                 /* 1..28, of the month; 0 is 1 */
};

/* What a SIM may take now.  What is bound to it already it takes in any case, quota permitting. */
struct store_route {
	const char *const *prefixes; /* the classes that it serves */
	size_t prefix_count;
	/* Classes of which it takes only its own conversations: a cheaper SIM takes the rest. */
	const char *const *talk_prefixes;
	size_t talk_prefix_count;
	/* Other SIMs (ICCIDs) that go on with their conversations; those of any other are free. */
	const char *const *talkers;
	size_t talker_count;
	/* How long past its due moment, and the daemon's first, a conversation waits for its SIM. */
	int64_t patience_usec;
	struct store_quota quota;
};

/* Why there is nothing for a SIM to do. */
struct store_wait {
	int64_t next_usec; /* when it is worth asking again; 0: when something changes */
	/*
	 * The quota that is used up, of several the one that lasts longest; NONE: nothing is due.
	 * It is told whether anything waits or not.  With RECIPIENTS, numbers that the SIM talked
	 * with this month are still served, whatever waits before them; each of them costs a look.
	 */
	enum store_limit limit;
	int64_t limit_until_usec; /* 0: unknown, the clock was never trusted */
	/* Not all of it is used up, but what is left is not enough for a message of several parts
	 * that waits.  What is shorter is given all the same, if it is not too far behind. */
	bool some_left;
};

/*
 * The prefixes of all modems, in any order.  Told at every start, before anything is asked for: what
 * store_prefix_waits() said is forgotten.  When they differ from those of the last time, everything
 * that is not over is sorted anew: a thousand deliveries at once, the rest by store_tick() (also
 * after a restart).  What is not yet sorted is never given to a SIM of another class.  -EINVAL: too
 * many, or one that is empty or too long.
 */
int store_set_prefixes(struct store *store, const char *const *prefixes, size_t count,
		       store_done done, void *userdata);

/*
 * Every SIM of a class ("" of none) has used up its quota: while that is so, what waits there shows
 * this reason, and until_usec (0: unknown) as its next attempt, unless it is due only later.
 * reason NULL: some SIM may send again.  done may be NULL.
 */
int store_prefix_waits(struct store *store, const char *prefix, const char *reason,
		       int64_t until_usec, store_done done, void *userdata);

/* Parts that may go and wait to: of a class, a priority, and a time. */
struct store_backlog {
	char prefix[NUMBER_SIZE];
	int priority;
	int64_t until_usec; /* at the earliest their validity ends, an hour later at most; 0: never */
	/* Others may go before: a modem was given it before, so that it may be bound or wait for its
	 * next try; or it is of several parts, and a quota may have no room for all of them. */
	bool passable;
	uint64_t parts; /* > 0 */
};
typedef void (*store_backlog_done)(int error, const struct store_backlog *backlog, size_t count,
				   uint64_t total, void *userdata);
/*
 * By prefix.  Counts are kept: cost grows with how many different prefixes, priorities and hours
 * there are, not with what waits.  What is scheduled for later is not in.
 */
int store_backlog(struct store *store, store_backlog_done done, void *userdata);

/* ------------------------------------------------------------------ what is kept of modems */

#define STORE_MODEMS_MAX 1024

struct store_modem {
	const char *key; /* pool_key() */
	bool held;
	const char *sim, *imsi; /* of the SIM that it had last; "" */
	int64_t seen_usec;      /* when it was held, released, or its SIM was told last */
};

/* The core gives a held modem nothing; kept over restarts.  Again is fine.  done may be NULL. */
int store_modem_hold(struct store *store, const char *key, bool held, int64_t now_usec,
		     store_done done, void *userdata);

/*
 * The SIM that is in the modem: so that what it hears before its SIM has said who it is, after the
 * next start, is not taken for another SIM's.  done may be NULL.
 */
int store_modem_sim(struct store *store, const struct store_modem *modem, int64_t now_usec,
		    store_done done, void *userdata);

typedef void (*store_modems_done)(int error, const struct store_modem *modems, size_t count,
				  void *userdata);
/* Also such as are not there any more; the held first, then the latest, up to STORE_MODEMS_MAX. */
int store_modems(struct store *store, store_modems_done done, void *userdata);

/* ------------------------------------------------------------------ how a SIM does */

/* What a SIM has used of a limit's period. */
struct store_use {
	unsigned used;
	int64_t until_usec; /* the end of the period; 0: nothing was counted in this one */
};

/* Moments 0: never. */
struct store_sim_health {
	unsigned parts_today;  /* given to the network since local midnight */
	unsigned failed_today; /* refused, or without an answer, since then; excused ones are not */
	unsigned recent, recent_failed; /* of the last 32 attempts that ended, at most */
	int64_t last_sent_usec, last_failed_usec;
	char last_error[16]; /* of last_failed: "CMS/38"; "" none */
	/* Parts sent with a report asked for since the last report that fitted one came, and when
	 * the first of them was. */
	unsigned unreported;
	int64_t unreported_since_usec, last_report_usec;
	struct store_use uses[STORE_LIMIT_COUNT]; /* by limit, whether one is set or not */
	char balance[STORE_BALANCE_SIZE];         /* "12.50"; "" unknown */
	int64_t balance_at_usec;
};
/* health is never NULL; all nought after an error. */
typedef void (*store_sim_done)(int error, const struct store_sim_health *health, void *userdata);
/* Cost does not grow with history. */
int store_sim_health(struct store *store, const struct store_sim *sim, int64_t now_usec,
		     store_sim_done done, void *userdata);

/* What the network said of its credit; "": nothing that can be read any more.  Cut to its size. */
int store_sim_balance(struct store *store, const struct store_sim *sim, const char *balance,
		      int64_t now_usec);
