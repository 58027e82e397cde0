/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Notices when one modem has been of no use for a quarter of an hour: somebody must look then; and says
 * to the store what others found wrong with it.
 */
#pragma once

#include <stdbool.h>

#include "bridge/base/clock.h"
#include "bridge/core/bridge.h"

#define WATCH_DOWN_USEC (15 * USEC_PER_MINUTE)

struct watch;

/* name outlives the watch.  Returns 0, -ENOMEM. */
int watch_new(struct bridge *bridge, const char *name, struct watch **ret_watch);
struct watch *watch_free(struct watch *watch);

/* The modem can send and receive, or why not; to be called at every change. */
void watch_note(struct watch *watch, bool works, const char *reason);

/* kind of a modem: that is wrong with it, and why, or is not; said when it is news. */
void watch_alarm(struct watch *watch, enum attention_kind kind, bool wrong, const char *reason);

/* The store works again: what it did not hear is said once more. */
void watch_say(struct watch *watch);
