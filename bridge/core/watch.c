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

enum alarm_word {
	ALARM_NOTHING, /* not said yet: a run before this one may have left an open item */
	ALARM_FINE,
	ALARM_WRONG,
};

struct alarm {
	enum alarm_word said;
	char reason[MODEM_REASON_SIZE];
};

struct watch {
	struct bridge *bridge;
	const char *name;
	sd_event_source *timer;
	bool works, timing;
	struct alarm alarms[ATTENTION_KIND_COUNT]; /* those of modems */
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

static void alarm_say(const struct watch *watch, enum attention_kind kind)
{
	const struct alarm *alarm = &watch->alarms[kind];

	if (alarm->said != ALARM_NOTHING)
		(void)store_attention_modem(watch->bridge->store, watch->name, kind,
					    alarm->said == ALARM_WRONG, alarm->reason,
					    clock_realtime_usec());
}

void watch_say(struct watch *watch)
{
	for (unsigned kind = 0; kind < ATTENTION_KIND_COUNT; kind++)
		alarm_say(watch, (enum attention_kind)kind);
}

void watch_alarm(struct watch *watch, enum attention_kind kind, bool wrong, const char *reason)
{
	struct alarm *alarm = &watch->alarms[kind];
	enum alarm_word word = wrong ? ALARM_WRONG : ALARM_FINE;

	if (alarm->said == word)
		return;
	alarm->said = word;
	snprintf(alarm->reason, sizeof(alarm->reason), "%s", reason);
	alarm_say(watch, kind);
}

static int down_too_long(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct watch *watch = userdata;

	(void)source;
	(void)at_usec;
	watch->timing = false;
	if (watch->works || watch->bridge->stopping)
		return 0;
	watch_alarm(watch, ATTENTION_MODEM_DOWN, true, watch->reason);
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
		watch_alarm(watch, ATTENTION_MODEM_DOWN, false, reason);
	} else if (!watch->timing && watch->alarms[ATTENTION_MODEM_DOWN].said != ALARM_WRONG) {
		watch->timing = bridge_arm(watch->bridge, &watch->timer,
					   bridge_scale(watch->bridge, WATCH_DOWN_USEC),
					   PRIORITY_CLOCK, down_too_long, watch) == 0;
	}
}
