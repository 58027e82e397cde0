/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bridge: what the parts of the daemon have in common, and its beginning and end.  Plain data,
 * handed to whoever needs it; there are no globals.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "bridge/core/clock_trust.h"
#include "bridge/core/feed.h"
#include "bridge/core/outage.h"
#include "bridge/store/store.h"
#include "config/config.h"

/*
 * The order in which the loop serves what is ready.  Modems and the store come first (sd-event's
 * 0, which they use): a modem must never wait for somebody's listing.
 */
enum bridge_priority {
	PRIORITY_RADIO = 0,
	PRIORITY_API = 10,
	PRIORITY_CLOCK = 20,
	PRIORITY_STOP = -10, /* a signal is heard even when all else is busy */
};

/* What the kernel would say of the clock, or what a test says instead. */
enum clock_option {
	CLOCK_OPTION_KERNEL,
	CLOCK_OPTION_SYNCHRONISED,
	CLOCK_OPTION_UNSYNCHRONISED,
};

struct radio;
struct pool;
struct used_up;
struct plug;
struct selftest;
struct asking;

struct bridge {
	sd_event *loop;
	const struct config *config;
	struct store *store;
	struct feed *feed;
	struct radio **radios; /* pool.h: those of the configuration first */
	size_t radio_count;
	struct pool *pool;
	struct used_up *used_up;
	struct plug *plug;
	struct selftest *selftest;
	struct asking *forecasts;
	const char *modem_program;
	unsigned time_percent;
	int64_t started_at_usec;
	bool ready;    /* what the last daemon left is settled */
	bool stopping; /* no new orders */

	bool held;              /* everything outgoing waits (store_hold) */
	unsigned holds_waiting; /* asked of the store and not answered */

	/* tick.h */
	enum clock_option clock_option;
	struct clock_vouch vouch;
	enum clock_verdict clock;
	bool clock_distrusted; /* and said so */
	int64_t newest_stored_usec;
	struct outage outage;
	int64_t tick_at_usec; /* monotonic moment the timer is armed for; 0: a turn runs */
	int64_t tick_by_usec; /* the same, asked for meanwhile; 0: not */
	bool wake_after_tick;

	void (*on_ready)(struct bridge *bridge, void *userdata);
	void (*on_stopped)(struct bridge *bridge, void *userdata);
	void *userdata;

	sd_event_source *tick_timer, *stop_timer, *probe_timer;
};

/*
 * Starts everything but the API: settles what a dead daemon left, then the modems; on_ready is
 * called from the loop.  The struct's loop, config, store, modem_program, time_percent, clock_option
 * and callbacks are set by the caller and stay his.  Returns 0 or negative errno with a sentence in error.
 */
int bridge_start(struct bridge *bridge, char *error, size_t error_size);

/* No new orders; on_stopped is called when the modems have ended and all is committed. */
void bridge_stop(struct bridge *bridge);

/* After store_close: kills the workers that still live, frees what bridge_start made. */
void bridge_finish(struct bridge *bridge);

/* Something new may be waiting: every modem that is free looks for work. */
void bridge_wake_radios(struct bridge *bridge);

/* A modem's worker has ended, while stopping. */
void bridge_radio_stopped(struct bridge *bridge);

struct radio *bridge_find_radio(const struct bridge *bridge, const char *name);

/* A deadline or delay, made shorter for tests. */
int64_t bridge_scale(const struct bridge *bridge, int64_t span_usec);

/* (Re)arms a one-shot timer on the loop, made when *timer is NULL.  Returns 0 or negative errno. */
int bridge_arm(struct bridge *bridge, sd_event_source **timer, int64_t after_usec, int priority,
	       sd_event_time_handler_t handler, void *userdata);
