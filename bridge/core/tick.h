/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What time brings, whether its word is believed, and whether the store can keep it.
 */
#pragma once

#include "bridge/core/bridge.h"

/* From now on, turns of time; the first comes soon. */
void tick_start(struct bridge *bridge);

/* Something is due at that moment (wall clock): a turn is worth while then. */
void tick_by(struct bridge *bridge, int64_t at_usec);

/* How long an unknown part waits to be settled. */
int64_t tick_unknown_usec(const struct bridge *bridge);

/* This moment, and whether the clock is trusted; a change of trust is logged, once. */
struct store_now bridge_now(struct bridge *bridge);

/* A stamp that the network made, whenever that was. */
void bridge_hear_network(struct bridge *bridge, int64_t network_usec);

/*
 * What operations of the store came to.  An outage is logged once, and its end; until then the
 * store is tried again by itself.
 */
void bridge_store_failed(struct bridge *bridge, int error);
void bridge_store_worked(struct bridge *bridge);

/* Everything outgoing waits, or goes on: to be called after the commit. */
void bridge_set_held(struct bridge *bridge, bool held);
