/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether the machine's clock can be believed (architecture.md, Clock).  A box without a battery
 * clock wakes up in the past: on its word nothing may expire, fire or be forgotten.  Pure but for
 * clock_synchronised().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum clock_verdict {
	CLOCK_SYNCHRONISED, /* a time service keeps it right, says the kernel */
	CLOCK_VOUCHED,      /* the mobile network's time agrees with it */
	CLOCK_AGREED,       /* it is behind what is stored, but both of them say that it is right */
	CLOCK_ALONE,        /* nobody says that it is right */
	CLOCK_BEHIND,       /* of what is stored: it was set back, or is wrong */
	CLOCK_VERDICT_COUNT,
};

/* The network's latest agreement; all zero: none yet. */
struct clock_vouch {
	int64_t at_usec;         /* monotonic */
	int64_t difference_usec; /* of the wall clock to the monotonic one then */
};

struct clock_facts {
	int64_t realtime_usec, monotonic_usec;
	bool synchronised;
	int64_t newest_stored_usec; /* 0: nothing is stored */
	struct clock_vouch vouch;
};

enum clock_verdict clock_judge(const struct clock_facts *facts);
bool clock_is_trusted(enum clock_verdict verdict);

/* A sentence for people: why, and what to do. */
const char *clock_explain(enum clock_verdict verdict);

/*
 * A stamp that the network made just now; one that was long under way vouches for nothing.  Returns
 * true when it agrees with the clock, *vouch is then renewed.
 */
bool clock_hear_network(struct clock_vouch *vouch, int64_t network_usec, int64_t realtime_usec,
			int64_t monotonic_usec);

/* What the kernel says. */
bool clock_synchronised(void);
