/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What happened, told after its commit: to the journal, and to the one who listens (the API's
 * streams).  It keeps nothing but the id of the newest event; whoever missed some reads the store.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bridge/store/store.h"

struct feed;

typedef void (*feed_listener)(const struct store_event *events, size_t count, void *userdata);

/* Takes the store's event listener.  Returns 0, -ENOMEM. */
int feed_new(struct store *store, struct feed **ret_feed);
struct feed *feed_free(struct feed *feed);

/* One listener; NULL for none. */
void feed_listen(struct feed *feed, feed_listener listener, void *userdata);

/* The id of the newest committed event; never goes back. */
int64_t feed_newest(const struct feed *feed);
void feed_set_newest(struct feed *feed, int64_t id);
