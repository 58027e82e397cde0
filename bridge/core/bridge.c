/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See bridge.h.  Beginning: recover, learn the newest event, start the modems, tick.  End: no new
 * orders, let the modems finish, wait for the last commit.
 */
#include "bridge/core/bridge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/forecast.h"
#include "bridge/core/plug.h"
#include "bridge/core/pool.h"
#include "bridge/core/radio.h"
#include "bridge/core/selftest.h"
#include "bridge/core/tick.h"

#define RECOVER_AGAIN_USEC (5 * USEC_PER_SEC)
/* A send that runs may take 90 s (modem.md); systemd kills after 90 s unless told otherwise. */
#define STOP_USEC (80 * USEC_PER_SEC)

int64_t bridge_scale(const struct bridge *bridge, int64_t span_usec)
{
	return span_usec / 100 * bridge->time_percent;
}

int bridge_arm(struct bridge *bridge, sd_event_source **timer, int64_t after_usec, int priority,
	       sd_event_time_handler_t handler, void *userdata)
{
	int r;

	if (!*timer) {
		r = sd_event_add_time(bridge->loop, timer, CLOCK_MONOTONIC, 0, 1000, handler,
				      userdata);
		if (r < 0)
			return r;
		r = sd_event_source_set_priority(*timer, priority);
		if (r < 0)
			return r;
	}
	r = sd_event_source_set_time_relative(*timer, after_usec > 0 ? (uint64_t)after_usec : 0);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(*timer, SD_EVENT_ONESHOT);
}

void bridge_wake_radios(struct bridge *bridge)
{
	for (size_t i = 0; i < bridge->radio_count; i++)
		radio_wake(bridge->radios[i]);
}

struct radio *bridge_find_radio(const struct bridge *bridge, const char *name)
{
	for (size_t i = 0; i < bridge->radio_count; i++) {
		if (strcmp(modem_name(radio_modem(bridge->radios[i])), name) == 0)
			return bridge->radios[i];
	}
	return NULL;
}

/* ------------------------------------------------------------------ beginning */

static int recover(sd_event_source *source, uint64_t at_usec, void *userdata);

/* Sending before what was left is settled could send it twice: try until it works. */
static void recover_later(struct bridge *bridge, int error)
{
	bridge_store_failed(bridge, error);
	(void)bridge_arm(bridge, &bridge->tick_timer, bridge_scale(bridge, RECOVER_AGAIN_USEC),
			 PRIORITY_CLOCK, recover, bridge);
}

static void modems_read(int error, const struct store_modem *modems, size_t count, void *userdata)
{
	struct bridge *bridge = userdata;
	int r;

	if (bridge->stopping)
		return;
	if (error < 0) {
		recover_later(bridge, error);
		return;
	}
	r = pool_start(bridge, modems, count);
	if (r == 0)
		r = selftest_new(bridge);
	if (r == 0)
		r = plug_start(bridge);
	if (r < 0) {
		log_record(LOG_DAEMON_FAILED, NULL, "The modems can't be started: %s.",
			   strerror(-r));
		(void)sd_event_exit(bridge->loop, 1);
		return;
	}
	bridge->ready = true;
	bridge_store_worked(bridge);
	tick_start(bridge);
	bridge->on_ready(bridge, bridge->userdata);
}

static void overview_read(int error, const struct store_overview *overview, void *userdata)
{
	struct bridge *bridge = userdata;

	if (bridge->stopping)
		return;
	if (error == 0) {
		feed_set_newest(bridge->feed, overview->last_event);
		bridge->held = overview->held;
		bridge->newest_stored_usec = overview->newest_stored_usec;
		error = store_modems(bridge->store, modems_read, bridge);
	}
	if (error < 0)
		recover_later(bridge, error);
}

static void recovered(int error, void *userdata)
{
	struct bridge *bridge = userdata;

	if (bridge->stopping)
		return;
	if (error == 0)
		error = store_overview(bridge->store, overview_read, bridge);
	if (error < 0)
		recover_later(bridge, error);
}

static int recover(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct bridge *bridge = userdata;
	int r;

	(void)source;
	(void)at_usec;
	/* The timer is tick's from now on. */
	bridge->tick_timer = sd_event_source_disable_unref(bridge->tick_timer);
	r = store_recover(bridge->store, clock_realtime_usec(), recovered, bridge);
	if (r < 0)
		recover_later(bridge, r);
	return 0;
}

int bridge_start(struct bridge *bridge, char *error, size_t error_size)
{
	int r;

	bridge->started_at_usec = clock_realtime_usec();
	r = feed_new(bridge->store, &bridge->feed);
	if (r == 0)
		r = store_recover(bridge->store, bridge->started_at_usec, recovered, bridge);
	if (r < 0)
		snprintf(error, error_size, "The daemon can't start: %s.", strerror(-r));
	return r;
}

/* ------------------------------------------------------------------ end */

static void all_committed(int error, const struct store_overview *overview, void *userdata)
{
	struct bridge *bridge = userdata;

	(void)error;
	(void)overview;
	bridge->on_stopped(bridge, bridge->userdata);
}

/* Whatever was posted before this answer is committed when it comes. */
static void wait_for_commit(struct bridge *bridge)
{
	bridge->stop_timer = sd_event_source_disable_unref(bridge->stop_timer);
	if (store_overview(bridge->store, all_committed, bridge) < 0)
		bridge->on_stopped(bridge, bridge->userdata);
}

static int stop_late(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct bridge *bridge = userdata;

	(void)source;
	(void)at_usec;
	log_record(LOG_MODEM_NOTE, NULL, "A modem did not finish in time; it is stopped by force.");
	wait_for_commit(bridge);
	return 0;
}

void bridge_radio_stopped(struct bridge *bridge)
{
	if (!bridge->stopping || !bridge->stop_timer)
		return;
	for (size_t i = 0; i < bridge->radio_count; i++) {
		if (!radio_is_stopped(bridge->radios[i]))
			return;
	}
	wait_for_commit(bridge);
}

void bridge_stop(struct bridge *bridge)
{
	if (bridge->stopping)
		return;
	bridge->stopping = true;
	bridge->tick_timer = sd_event_source_disable_unref(bridge->tick_timer);
	bridge->probe_timer = sd_event_source_disable_unref(bridge->probe_timer);
	if (bridge_arm(bridge, &bridge->stop_timer, bridge_scale(bridge, STOP_USEC), PRIORITY_CLOCK,
		       stop_late, bridge) < 0) {
		wait_for_commit(bridge);
		return;
	}
	plug_stop(bridge);
	for (size_t i = 0; i < bridge->radio_count; i++)
		radio_stop(bridge->radios[i]);
	bridge_radio_stopped(bridge);
}

void bridge_finish(struct bridge *bridge)
{
	plug_stop(bridge);
	pool_free(bridge);
	forecast_forget(bridge);
	bridge->selftest = selftest_free(bridge->selftest);
	bridge->feed = feed_free(bridge->feed);
	bridge->tick_timer = sd_event_source_disable_unref(bridge->tick_timer);
	bridge->probe_timer = sd_event_source_disable_unref(bridge->probe_timer);
	bridge->stop_timer = sd_event_source_disable_unref(bridge->stop_timer);
}
