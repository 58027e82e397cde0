/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is tried with a modem that misbehaves, one step after the other, and how long is waited
 * before each.  Pure: moments are monotonic microseconds.  A worker that somebody killed, or that
 * crashed, is not the modem's fault and no step up.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum ladder_step {
	LADDER_WORKER,    /* a new worker, which begins with ESC CR and AT */
	LADDER_RADIO,     /* AT+CFUN=4, then 1 */
	LADDER_RESTART,   /* AT+CFUN=1,1 */
	LADDER_USB_RESET, /* by the kernel, where permitted */
	LADDER_WAIT,      /* nothing helped: a new worker, later each time */
	LADDER_STEP_COUNT,
};
const char *ladder_step_name(enum ladder_step step); /* for people: "a new worker", … */

struct ladder {
	unsigned failures;     /* in a row */
	int64_t appeared_usec; /* when the device came: one that has just come is not reset */
	int64_t healthy_since; /* INT64_MAX: it is not */
};

#define LADDER_NEW ((struct ladder){ .appeared_usec = INT64_MIN, .healthy_since = INT64_MAX })

/* It misbehaved: the step to take now, and *ret_delay before it.  percent: of all spans, for tests. */
enum ladder_step ladder_climb(struct ladder *ladder, int64_t now, unsigned percent,
			      int64_t *ret_delay);

/* It works; a minute of that, and the next failure begins at the foot. */
void ladder_healthy(struct ladder *ladder, int64_t now);

/* It works no more since then, whoever is to blame. */
void ladder_rest(struct ladder *ladder, int64_t since, unsigned percent);

void ladder_appeared(struct ladder *ladder, int64_t now);
