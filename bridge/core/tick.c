/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See tick.h.  A turn asks the store for its newest moment first: a clock that is behind that is not
 * believed.
 */
#include "bridge/core/tick.h"

#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/pool.h"
#include "bridge/core/radio.h"
#include "bridge/core/used_up.h"

#define TICK_USEC_MAX (60 * USEC_PER_SEC)
#define TICK_USEC_MIN (1 * USEC_PER_SEC)
#define SIM_GONE_USEC (2 * USEC_PER_MINUTE)
#define PROBE_USEC (5 * USEC_PER_SEC)
#define SCALED_USEC_MIN (50 * USEC_PER_MSEC)

/* ------------------------------------------------------------------ the clock */

static bool is_synchronised(const struct bridge *bridge)
{
	switch (bridge->clock_option) {
	case CLOCK_OPTION_SYNCHRONISED:
		return true;
	case CLOCK_OPTION_UNSYNCHRONISED:
		return false;
	case CLOCK_OPTION_KERNEL:
		break;
	}
	return clock_synchronised();
}

static void trust_changed(struct bridge *bridge, bool trusted)
{
	const char *words = clock_explain(bridge->clock);

	bridge->clock_distrusted = !trusted;
	log_record(trusted ? LOG_CLOCK_TRUSTED : LOG_CLOCK_UNTRUSTED,
		   &(struct log_fields){ .reason = words }, "%s", words);
	/* What waited for it may be due. */
	if (trusted && bridge->ready) {
		bridge->wake_after_tick = true;
		tick_by(bridge, 0);
	}
}

struct store_now bridge_now(struct bridge *bridge)
{
	const struct clock_facts facts = {
		.realtime_usec = clock_realtime_usec(),
		.monotonic_usec = clock_monotonic_usec(),
		.synchronised = is_synchronised(bridge),
		.newest_stored_usec = bridge->newest_stored_usec,
		.vouch = bridge->vouch,
	};
	bool trusted;

	bridge->clock = clock_judge(&facts);
	trusted = clock_is_trusted(bridge->clock);
	if (trusted == bridge->clock_distrusted)
		trust_changed(bridge, trusted);
	return (struct store_now){ .usec = facts.realtime_usec, .trusted = trusted };
}

void bridge_hear_network(struct bridge *bridge, int64_t network_usec)
{
	if (clock_hear_network(&bridge->vouch, network_usec, clock_realtime_usec(),
			       clock_monotonic_usec()))
		(void)bridge_now(bridge);
}

/* ------------------------------------------------------------------ turns */

static int tick(sd_event_source *source, uint64_t at_usec, void *userdata);

static int64_t scaled(const struct bridge *bridge, int64_t span_usec)
{
	int64_t usec = bridge_scale(bridge, span_usec);

	return usec < SCALED_USEC_MIN ? SCALED_USEC_MIN : usec;
}

static void tick_arm(struct bridge *bridge, int64_t after_usec)
{
	int64_t least = scaled(bridge, TICK_USEC_MIN), most = scaled(bridge, TICK_USEC_MAX);

	if (after_usec > most)
		after_usec = most;
	if (after_usec < least)
		after_usec = least;
	bridge->tick_at_usec = clock_monotonic_usec() + after_usec;
	(void)bridge_arm(bridge, &bridge->tick_timer, after_usec, PRIORITY_CLOCK, tick, bridge);
}

void tick_by(struct bridge *bridge, int64_t at_usec)
{
	int64_t after_usec = at_usec - clock_realtime_usec();
	int64_t by_usec = clock_monotonic_usec() + (after_usec > 0 ? after_usec : 0);

	if (!bridge->ready || bridge->stopping)
		return;
	if (bridge->tick_at_usec == 0) {
		if (bridge->tick_by_usec == 0 || by_usec < bridge->tick_by_usec)
			bridge->tick_by_usec = by_usec;
	} else if (by_usec < bridge->tick_at_usec) {
		tick_arm(bridge, after_usec);
	}
}

static void turn_over(struct bridge *bridge, int64_t after_usec)
{
	int64_t asked_usec = bridge->tick_by_usec - clock_monotonic_usec();

	if (bridge->stopping)
		return;
	if (bridge->tick_by_usec != 0 && asked_usec < after_usec)
		after_usec = asked_usec;
	bridge->tick_by_usec = 0;
	tick_arm(bridge, after_usec);
}

/* More is to be sorted: what has been may be somebody's now, and so may be the last of it. */
static void sort_on(struct bridge *bridge)
{
	bridge_wake_radios(bridge);
	bridge->wake_after_tick = true;
	if (!bridge->stopping)
		(void)tick(NULL, 0, bridge);
}

static void ticked(int error, const struct store_tick *result, void *userdata)
{
	struct bridge *bridge = userdata;

	if (error < 0) {
		bridge_store_failed(bridge, error);
		turn_over(bridge, TICK_USEC_MAX);
		return;
	}
	if (result->sorting) {
		sort_on(bridge);
		return;
	}
	if (result->resent > 0 || result->released > 0 || bridge->wake_after_tick) {
		bridge->wake_after_tick = false;
		bridge_wake_radios(bridge);
	}
	/* What is due by a clock that is not trusted waits for the trust. */
	if (result->next_usec == 0 || bridge->clock_distrusted)
		turn_over(bridge, TICK_USEC_MAX);
	else
		turn_over(bridge, result->next_usec - clock_realtime_usec());
}

int64_t tick_unknown_usec(const struct bridge *bridge)
{
	return bridge_scale(bridge,
			    (int64_t)bridge->config->delivery.unknown_minutes * USEC_PER_MINUTE);
}

static void overviewed(int error, const struct store_overview *overview, void *userdata)
{
	struct bridge *bridge = userdata;
	const struct config *config = bridge->config;
	const struct store_tick_policy policy = {
		.unknown_usec = tick_unknown_usec(bridge),
		/* Not scaled: a worker that is killed a few times in a row is no SIM that is gone. */
		.gone_usec = SIM_GONE_USEC,
		.keep_text_usec = config->retention.text_days * USEC_PER_DAY,
		.keep_record_usec = config->retention.record_days * USEC_PER_DAY,
	};
	struct store_now now;

	if (error < 0) {
		bridge_store_failed(bridge, error);
		turn_over(bridge, TICK_USEC_MAX);
		return;
	}
	bridge->newest_stored_usec = overview->newest_stored_usec;
	now = bridge_now(bridge);
	if (store_tick(bridge->store, &now, &policy, ticked, bridge) < 0)
		turn_over(bridge, TICK_USEC_MAX);
}

static int tick(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct bridge *bridge = userdata;

	(void)source;
	(void)at_usec;
	bridge->tick_at_usec = 0;
	if (store_overview(bridge->store, overviewed, bridge) < 0)
		turn_over(bridge, TICK_USEC_MAX);
	return 0;
}

void tick_start(struct bridge *bridge)
{
	(void)bridge_now(bridge);
	tick_arm(bridge, 0);
}

/* ------------------------------------------------------------------ the store's health */

static int probe(sd_event_source *source, uint64_t at_usec, void *userdata);

static void probe_later(struct bridge *bridge)
{
	if (!bridge->stopping)
		(void)bridge_arm(bridge, &bridge->probe_timer, scaled(bridge, PROBE_USEC),
				 PRIORITY_CLOCK, probe, bridge);
}

static void probed(int error, void *userdata)
{
	struct bridge *bridge = userdata;

	if (error == 0) {
		bridge_store_worked(bridge);
		return;
	}
	bridge_store_failed(bridge, error);
	probe_later(bridge);
}

/* Reading may work where writing does not: what is held is written once more. */
static int probe(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct bridge *bridge = userdata;

	(void)source;
	(void)at_usec;
	if (bridge->outage.error == 0)
		return 0;
	if (bridge->holds_waiting > 0 ||
	    store_hold(bridge->store, bridge->held, clock_realtime_usec(), probed, bridge) < 0)
		probe_later(bridge);
	return 0;
}

void bridge_store_failed(struct bridge *bridge, int error)
{
	bool had_failed = bridge->outage.error != 0;
	char words[512];

	if (outage_failed(&bridge->outage, error, clock_monotonic_usec()) != OUTAGE_BEGAN)
		return;
	outage_explain(error, bridge->config->state_directory, words, sizeof(words));
	log_record(LOG_STORE_FAILED,
		   &(struct log_fields){ .reason = words, .error = outage_name(error) },
		   "Nothing can be stored, so nothing is accepted or sent. %s", words);
	/* Until the bridge is ready, its recovery is tried again and again. */
	if (bridge->ready && !had_failed)
		probe_later(bridge);
}

void bridge_store_worked(struct bridge *bridge)
{
	int64_t lasted_usec = clock_monotonic_usec() - bridge->outage.since_usec;

	if (outage_worked(&bridge->outage) != OUTAGE_ENDED)
		return;
	log_record(LOG_STORE_RECOVERED, NULL,
		   "The store works again, after %lld seconds; everything goes on.",
		   (long long)(lasted_usec / USEC_PER_SEC));
	/* What could not be said meanwhile, and what waited. */
	if (bridge->ready) {
		used_up_say_again(bridge);
		pool_tell_missed(bridge);
	}
	for (size_t i = 0; i < bridge->radio_count; i++)
		radio_store_works(bridge->radios[i]);
	tick_by(bridge, 0);
}

void bridge_set_held(struct bridge *bridge, bool held)
{
	if (bridge->held == held)
		return;
	bridge->held = held;
	log_record(held ? LOG_OUTGOING_HELD : LOG_OUTGOING_RELEASED, NULL,
		   held ? "Everything outgoing is held until it is released."
			: "Everything outgoing goes on.");
	if (!held)
		bridge_wake_radios(bridge);
}
