/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/events: server-sent events (HTML Living Standard 9.2), from the store and then live.
 */
#pragma once

#include "bridge/core/bridge.h"

struct server;
struct streams;

/* Listens to the bridge's feed. */
int streams_new(struct bridge *bridge, struct server *server, struct streams **ret_streams);
/* Resumes all, and lets each come to its end. */
void streams_end(struct streams *streams);
struct streams *streams_free(struct streams *streams);
