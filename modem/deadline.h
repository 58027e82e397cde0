/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How long a worker may take for what, and how long its successor waits.  Pure: moments are
 * monotonic microseconds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bridge/base/clock.h"

#define DEADLINE_NEVER INT64_MAX

#define DEADLINE_START_USEC (45 * USEC_PER_SEC)
#define DEADLINE_SEND_USEC (90 * USEC_PER_SEC)
#define DEADLINE_SILENCE_USEC (30 * USEC_PER_SEC)
#define DEADLINE_COMMAND_USEC (10 * USEC_PER_MINUTE)
#define DEADLINE_USSD_USEC (75 * USEC_PER_SEC) /* the worker gives up after 60 */
#define DEADLINE_STOP_USEC DEADLINE_SEND_USEC
#define DEADLINE_LEAVE_USEC (2 * USEC_PER_SEC) /* it has no device any more */
#define DEADLINE_REAP_USEC (5 * USEC_PER_SEC)  /* a killed process is gone by then, or never */

/* Since when each runs; DEADLINE_NEVER: it doesn't. */
struct deadlines {
	int64_t start, stop, leave, killed;
	int64_t send;           /* from the order to the outcome */
	int64_t ussd;           /* from the order to the answer; late, it is concluded */
	int64_t busy, progress; /* the command that runs, and the last sign of it */
	/* That command is the send, or the USSD code: its own deadline counts. */
	bool busy_sending, busy_ussd;
	unsigned percent; /* 100; of all spans */
};

static inline void deadlines_clear(struct deadlines *deadlines)
{
	deadlines->start = deadlines->stop = deadlines->leave = deadlines->killed = DEADLINE_NEVER;
	deadlines->send = deadlines->ussd = deadlines->busy = deadlines->progress = DEADLINE_NEVER;
	deadlines->busy_sending = deadlines->busy_ussd = false;
}

static inline int64_t deadline_after(const struct deadlines *deadlines, int64_t since, int64_t usec)
{
	return since == DEADLINE_NEVER ? since : since + usec / 100 * deadlines->percent;
}

static inline int64_t deadline_earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The next moment at which something is late. */
static inline int64_t deadlines_next(const struct deadlines *d)
{
	int64_t at;

	if (d->killed != DEADLINE_NEVER)
		return deadline_after(d, d->killed, DEADLINE_REAP_USEC);
	at = deadline_after(d, d->start, DEADLINE_START_USEC);
	at = deadline_earlier(at, deadline_after(d, d->stop, DEADLINE_STOP_USEC));
	at = deadline_earlier(at, deadline_after(d, d->leave, DEADLINE_LEAVE_USEC));
	at = deadline_earlier(at, deadline_after(d, d->send, DEADLINE_SEND_USEC));
	at = deadline_earlier(at, deadline_after(d, d->ussd, DEADLINE_USSD_USEC));
	if ((d->busy_sending && d->send != DEADLINE_NEVER) ||
	    (d->busy_ussd && d->ussd != DEADLINE_NEVER))
		return at;
	at = deadline_earlier(at, deadline_after(d, d->progress, DEADLINE_SILENCE_USEC));
	return deadline_earlier(at, deadline_after(d, d->busy, DEADLINE_COMMAND_USEC));
}

/* A USSD code is late only because the modem has not come to it: nobody need be killed. */
static inline bool deadlines_ussd_waits(const struct deadlines *d, int64_t now)
{
	return deadline_after(d, d->ussd, DEADLINE_USSD_USEC) <= now && d->busy != DEADLINE_NEVER &&
	       !d->busy_ussd;
}

/* A sign of life: what waits for one starts again. */
static inline void deadlines_progress(struct deadlines *deadlines, int64_t now)
{
	if (deadlines->progress != DEADLINE_NEVER)
		deadlines->progress = now;
	if (deadlines->start != DEADLINE_NEVER)
		deadlines->start = now;
}

/* What is late at this moment, for people; command: the one that runs. */
static inline const char *deadlines_explain(const struct deadlines *d, int64_t now)
{
	if (deadline_after(d, d->start, DEADLINE_START_USEC) <= now)
		return "the modem did not wake up; check cable and power";
	if (deadline_after(d, d->send, DEADLINE_SEND_USEC) <= now)
		return "a send got no answer from the modem in time";
	if (deadline_after(d, d->leave, DEADLINE_LEAVE_USEC) <= now)
		return "it did not leave its device";
	if (deadline_after(d, d->stop, DEADLINE_STOP_USEC) <= now)
		return "it did not end when asked to";
	if (deadline_after(d, d->ussd, DEADLINE_USSD_USEC) <= now)
		return "it told no answer to a USSD code, not even that there is none";
	return "the modem took too long over a command";
}

#define PATIENCE_FIRST_USEC (200 * USEC_PER_MSEC)
#define PATIENCE_MOST_USEC (60 * USEC_PER_SEC)
#define PATIENCE_ABSENT_USEC (5 * USEC_PER_SEC) /* to look for a device costs little */
#define PATIENCE_HEALTHY_USEC (60 * USEC_PER_SEC)

/*
 * The delay before a new worker where the modem is not to blame, who has the ladder: it doubles, until
 * one has been healthy for a minute.
 */
struct patience {
	int64_t delay, healthy_since;
};

static inline void patience_healthy(struct patience *patience, int64_t now)
{
	if (patience->healthy_since == DEADLINE_NEVER)
		patience->healthy_since = now;
}

static inline int64_t patience_next(struct patience *patience, int64_t now, unsigned percent,
				    bool harmless)
{
	int64_t delay;

	if (patience->healthy_since != DEADLINE_NEVER &&
	    now - patience->healthy_since >= PATIENCE_HEALTHY_USEC / 100 * percent)
		patience->delay = PATIENCE_FIRST_USEC;
	delay = patience->delay;
	patience->delay = deadline_earlier(2 * delay, PATIENCE_MOST_USEC);
	if (harmless)
		delay = deadline_earlier(delay, PATIENCE_ABSENT_USEC);
	return delay / 100 * percent;
}

/*
 * Why a worker is no more, for people; killed_for NULL: nobody killed it.  With the delay in it each
 * death is told once as long as delays grow, and no more after that.
 */
static inline void end_explain(const char *killed_for, bool exited, int status, int64_t delay_usec,
			       char *reason, size_t size)
{
	char why[160];

	if (killed_for)
		snprintf(why, sizeof(why), "was killed: %.140s", killed_for);
	else if (exited)
		snprintf(why, sizeof(why), "ended by itself (exit status %d)", status);
	else
		snprintf(why, sizeof(why), "was ended by signal %d", status);
	snprintf(reason, size, "the worker %s; the next one begins after %lld.%lld seconds", why,
		 (long long)(delay_usec / USEC_PER_SEC),
		 (long long)(delay_usec % USEC_PER_SEC * 10 / USEC_PER_SEC));
}
