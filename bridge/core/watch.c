/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See watch.h.  What the store was told may be lost when the disk fails, so it can be said again.
 */
#include "bridge/core/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bridge/base/clock.h"
#include "modem/wire.h"

#define DOWN_USEC (15 * USEC_PER_MINUTE)

enum watch_word {
	WATCH_NOTHING, /* not said yet: a run before this one may have left an open item */
	WATCH_WORKS,
	WATCH_DOWN,
};

struct watch {
	struct bridge *bridge;
	const char *name;
	sd_event_source *timer;
	bool works, timing;
	enum watch_word said;
	char reason[MODEM_REASON_SIZE];
};

int watch_new(struct bridge *bridge, const char *name, struct watch **ret_watch)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	watch->bridge = bridge;
	watch->name = name;
	*ret_watch = watch;
	return 0;
}

struct watch *watch_free(struct watch *watch)
{
	if (!watch)
		return NULL;
	sd_event_source_disable_unref(watch->timer);
	free(watch);
	return NULL;
}

void watch_say(struct watch *watch)
{
	if (watch->said == WATCH_NOTHING)
		return;
	(void)store_attention_modem(watch->bridge->store, watch->name, watch->said == WATCH_DOWN,
				    watch->reason, clock_realtime_usec());
}

static int down_too_long(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct watch *watch = userdata;

	(void)source;
	(void)at_usec;
	watch->timing = false;
	if (watch->works || watch->bridge->stopping)
		return 0;
	watch->said = WATCH_DOWN;
	watch_say(watch);
	return 0;
}

void watch_note(struct watch *watch, bool works, const char *reason)
{
	watch->works = works;
	snprintf(watch->reason, sizeof(watch->reason), "%s", reason);
	if (works) {
		if (watch->timing)
			(void)sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
		watch->timing = false;
		if (watch->said != WATCH_WORKS) {
			watch->said = WATCH_WORKS;
			watch_say(watch);
		}
	} else if (!watch->timing && watch->said != WATCH_DOWN) {
		watch->timing = bridge_arm(watch->bridge, &watch->timer,
					   bridge_scale(watch->bridge, DOWN_USEC), PRIORITY_CLOCK,
					   down_too_long, watch) == 0;
	}
}
