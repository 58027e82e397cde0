/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the pool has to do and may still do, asked of the store at one moment, and what follows for
 * what waits and for a message that is about to be taken.
 */
#pragma once

#include <stdbool.h>

#include "bridge/core/bridge.h"
#include "bridge/core/choice.h"
#include "bridge/core/estimate.h"

struct forecast {
	struct bridge *bridge;
	int64_t now_usec;
	uint64_t parts;               /* that wait, of all classes */
	struct store_backlog *groups; /* by prefix */
	size_t group_count;
	struct store_use uses[POOL_MAX][STORE_LIMIT_COUNT]; /* by radio */
	size_t radio_count;
};

/* forecast lives until the function returns. */
typedef void (*forecast_done)(int error, const struct forecast *forecast, void *userdata);
/* Returns 0, and done comes once, not from here; or -ENOMEM, or the store's error. */
int forecast_ask(struct bridge *bridge, forecast_done done, void *userdata);

/* After store_close: those that were not answered. */
void forecast_forget(struct bridge *bridge);

/* Some modem has a limit: it is worth asking. */
bool forecast_matters(const struct bridge *bridge);

/* When all that waits will be out; 0: nobody can say, or everything is held. */
int64_t forecast_all_done(const struct forecast *forecast);

struct forecast_message {
	const struct store_message_new *message;
	bool quotas_alone; /* as if sending took no time, and nothing but quotas were in the way */
};
/*
 * When the message's last part would be out.  Returns false when nobody can say: everything is held,
 * or no modem that may send to some recipient can send at all (quotas_alone: each of them is held).
 * *ret_usec 0: not within 400 days.
 */
bool forecast_message(const struct forecast *forecast, const struct forecast_message *ask,
		      int64_t *ret_usec);
