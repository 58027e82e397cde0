/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See forecast.h.  Each class is looked at by itself, as if its SIMs had nothing else to do: what is
 * said is the earliest that can be.
 */
#include "bridge/core/forecast.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/core/pool.h"
#include "bridge/core/radio.h"

struct asking {
	struct asking *next;
	struct forecast forecast;
	size_t answered;
	int error;
	forecast_done done;
	void *userdata;
};

static void asking_free(struct asking *asking)
{
	struct asking **at = &asking->forecast.bridge->forecasts;

	while (*at != asking)
		at = &(*at)->next;
	*at = asking->next;
	free(asking->forecast.groups);
	free(asking);
}

void forecast_forget(struct bridge *bridge)
{
	while (bridge->forecasts)
		asking_free(bridge->forecasts);
}

static void use_read(int error, const struct store_sim_health *health, void *userdata)
{
	struct asking *asking = userdata;

	/* Answers come in the order of asking. */
	memcpy(asking->forecast.uses[asking->answered++], health->uses, sizeof(health->uses));
	if (error < 0)
		asking->error = error;
}

static void backlog_read(int error, const struct store_backlog *backlog, size_t count,
			 uint64_t total, void *userdata)
{
	struct asking *asking = userdata;
	struct forecast *forecast = &asking->forecast;

	forecast->parts = total;
	forecast->groups = calloc(count + 1, sizeof(*forecast->groups));
	if (!forecast->groups && error == 0)
		error = -ENOMEM;
	for (size_t i = 0; error == 0 && i < count; i++)
		forecast->groups[forecast->group_count++] = backlog[i];
	asking->done(error < 0 ? error : asking->error, forecast, asking->userdata);
	asking_free(asking);
}

int forecast_ask(struct bridge *bridge, forecast_done done, void *userdata)
{
	struct asking *asking = calloc(1, sizeof(*asking));
	int r = 0;

	if (!asking)
		return -ENOMEM;
	asking->forecast.bridge = bridge;
	asking->forecast.now_usec = clock_realtime_usec();
	asking->done = done;
	asking->userdata = userdata;
	asking->next = bridge->forecasts;
	bridge->forecasts = asking;
	for (size_t i = 0; i < bridge->radio_count && r == 0; i++) {
		struct store_sim sim = radio_sim(bridge->radios[i]);

		r = store_sim_health(bridge->store, &sim, asking->forecast.now_usec, use_read,
				     asking);
		if (r == 0)
			asking->forecast.radio_count++;
	}
	/* Whatever was posted is answered before this; it goes even if not all could be. */
	asking->error = r;
	/* What is posted and not answered to anybody is freed at the end of the daemon. */
	return store_backlog(bridge->store, backlog_read, asking);
}

bool forecast_matters(const struct bridge *bridge)
{
	for (size_t i = 0; i < bridge->radio_count; i++) {
		const struct store_quota quota = pool_quota(radio_config(bridge->radios[i]));

		for (int limit = STORE_LIMIT_MINUTE; limit < STORE_LIMIT_COUNT; limit++)
			if (quota.limits[limit] > 0)
				return true;
	}
	return false;
}

/* ------------------------------------------------------------------ one class */

/* The SIM was in this one before, and works in another now: it has one quota. */
static bool sim_is_elsewhere(const struct bridge *bridge, const struct choice_sim *all, size_t self)
{
	if (radio_works(bridge->radios[self]))
		return false;
	for (size_t i = 0; i < bridge->radio_count; i++)
		if (radio_works(bridge->radios[i]) && strcmp(all[i].sim, all[self].sim) == 0)
			return true;
	return false;
}

/* One that can't send now may any moment: it lets no more out than its quota, but no less either. */
static bool counts(const struct forecast *forecast, size_t radio, const struct choice_sim *sim,
		   bool quotas_alone)
{
	return quotas_alone ? !radio_is_held(forecast->bridge->radios[radio]) : sim->sends;
}

/* The SIMs that send there; with quotas_alone also such as can't now, and sending takes no time. */
static size_t class_sims(const struct forecast *forecast, const char *prefix, bool quotas_alone,
			 struct estimate_sim sims[static POOL_MAX])
{
	const struct bridge *bridge = forecast->bridge;
	struct choice_sim all[POOL_MAX];
	struct choice_pool pool = { .sims = all, .count = pool_sims(bridge, all) };
	const char *class = choice_class(&pool, prefix);
	size_t count = 0;

	for (size_t i = 0; i < forecast->radio_count && i < pool.count; i++) {
		struct estimate_sim *sim = &sims[count];

		if (!counts(forecast, i, &all[i], quotas_alone) || !choice_serves(&all[i], class) ||
		    (!quotas_alone && choice_relieved(&pool, &all[i], class)) ||
		    sim_is_elsewhere(bridge, all, i))
			continue;
		sim->quota = pool_quota(radio_config(bridge->radios[i]));
		memcpy(sim->uses, forecast->uses[i], sizeof(sim->uses));
		sim->pace_usec = quotas_alone ? 0 : radio_pace_usec(bridge->radios[i]);
		count++;
	}
	return count;
}

/* How much of a class waits, of this priority and higher ones. */
static uint64_t class_parts(const struct forecast *forecast, const char *prefix, int priority)
{
	uint64_t parts = 0;

	for (size_t i = 0; i < forecast->group_count; i++)
		if (forecast->groups[i].priority >= priority &&
		    strcmp(forecast->groups[i].prefix, prefix) == 0)
			parts += forecast->groups[i].parts;
	return parts;
}

int64_t forecast_all_done(const struct forecast *forecast)
{
	struct estimate_sim sims[POOL_MAX];
	int64_t done_usec = forecast->parts > 0 ? forecast->now_usec : 0;

	if (forecast->bridge->held)
		return 0;
	for (size_t i = 0; i < forecast->group_count && done_usec != 0;) {
		const char *prefix = forecast->groups[i].prefix;
		struct estimate_load load = { .now_usec = forecast->now_usec };
		size_t count;
		int64_t usec;

		for (; i < forecast->group_count && strcmp(forecast->groups[i].prefix, prefix) == 0;
		     i++)
			load.parts += forecast->groups[i].parts;
		count = class_sims(forecast, prefix, false, sims);
		usec = estimate_done(sims, count, &load);
		done_usec = usec == 0 ? 0 : MAX(done_usec, usec);
	}
	return done_usec;
}

/* ------------------------------------------------------------------ one message */

/*
 * What goes before it for certain, by quotas alone: not what was begun, for that may be bound to a SIM
 * or wait for its next try; not what is of several parts, for it passes that where a quota has no room
 * for all of them; and nothing where a SIM's month may be full for whom it goes to.
 */
static uint64_t certainly_ahead(const struct forecast *forecast, const char *class, int priority,
				const struct estimate_sim *sims, size_t count)
{
	CLEANUP_FREE struct estimate_group *groups =
		calloc(forecast->group_count + 1, sizeof(*groups));
	size_t group_count = 0;

	for (size_t i = 0; i < count; i++)
		if (sims[i].quota.limits[STORE_LIMIT_RECIPIENTS] > 0)
			return 0;
	for (size_t i = 0; i < forecast->group_count && groups; i++) {
		const struct store_backlog *group = &forecast->groups[i];

		if (!group->passable && group->priority >= priority &&
		    strcmp(group->prefix, class) == 0)
			groups[group_count++] =
				(struct estimate_group){ group->until_usec, group->parts };
	}
	if (group_count == 0)
		return 0;
	return estimate_ahead(sims, count, forecast->now_usec, groups, group_count);
}

/* The class of each recipient; the caller's to free. */
static const char **classes_of(const struct choice_pool *pool,
			       const struct store_message_new *message)
{
	const char **classes = calloc(message->recipient_count + 1, sizeof(*classes));

	for (size_t i = 0; i < message->recipient_count && classes; i++)
		classes[i] = choice_class(pool, message->recipients[i].number);
	return classes;
}

static size_t count_class(const char *const *classes, size_t count, const char *class)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += strcmp(classes[i], class) == 0;
	return found;
}

/* One class; false: nobody can say. */
static bool class_done(const struct forecast *forecast, const struct forecast_message *ask,
		       const char *class, uint64_t recipients, int64_t *ret_usec)
{
	struct estimate_sim sims[POOL_MAX];
	size_t count = class_sims(forecast, class, ask->quotas_alone, sims);
	int priority = ask->message->priority;
	const struct estimate_load load = {
		.now_usec = forecast->now_usec,
		.begin_usec = ask->message->scheduled_at_usec,
		.ahead = ask->quotas_alone ? certainly_ahead(forecast, class, priority, sims, count)
					   : class_parts(forecast, class, priority),
		.parts = recipients * ask->message->part_count,
		.recipients = recipients,
	};

	*ret_usec = estimate_done(sims, count, &load);
	return count > 0;
}

bool forecast_message(const struct forecast *forecast, const struct forecast_message *ask,
		      int64_t *ret_usec)
{
	struct choice_sim all[POOL_MAX];
	struct choice_pool pool = { .sims = all, .count = pool_sims(forecast->bridge, all) };
	CLEANUP_FREE const char **classes = classes_of(&pool, ask->message);
	size_t count = ask->message->recipient_count;

	if (!classes || (forecast->bridge->held && !ask->quotas_alone))
		return false;
	*ret_usec = forecast->now_usec;
	for (size_t i = 0; i < count && *ret_usec != 0; i++) {
		int64_t usec;

		if (count_class(classes, i, classes[i]) > 0)
			continue;
		if (!class_done(forecast, ask, classes[i], count_class(classes, count, classes[i]),
				&usec))
			return false;
		*ret_usec = usec == 0 ? 0 : MAX(*ret_usec, usec);
	}
	return true;
}
