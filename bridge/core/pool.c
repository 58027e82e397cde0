/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See pool.h.  What a radio can do is asked of it anew whenever the store is asked for work: nothing
 * of that is kept here, so that nothing of it can be out of date.
 */
#include "bridge/core/pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/log.h"
#include "bridge/core/radio.h"
#include "bridge/core/selftest.h"
#include "bridge/core/used_up.h"
#include "bridge/core/watch.h"

#define MISSED_USEC (7 * USEC_PER_DAY) /* later nobody waits for it */
#define FOUND "imei:"                  /* how the keys of those begin that nobody has configured */

/* What was kept of a modem, or is to be held; also of such as nobody has any more. */
struct known {
	char key[STORE_NAME_SIZE]; /* pool_key() */
	bool held;
	bool met;            /* there is a radio for it */
	struct sim_name sim; /* when the daemon began */
	int64_t seen_usec;   /* the same, realtime */
};

struct pool {
	struct config_modem *found[POOL_MAX]; /* of modems that nobody has configured */
	size_t found_count;
	struct known *known; /* STORE_MODEMS_MAX */
	size_t known_count;
	int64_t began_usec; /* monotonic */
	sd_event_source *missed_timer;
	bool misses; /* the time is over in which all are expected back */
};

/* ------------------------------------------------------------------ what is known of modems */

static struct known *known_find(const struct pool *pool, const char *key)
{
	for (size_t i = 0; i < pool->known_count; i++)
		if (strcmp(pool->known[i].key, key) == 0)
			return &pool->known[i];
	return NULL;
}

/* NULL when there are too many. */
static struct known *known_get(struct pool *pool, const char *key)
{
	struct known *known = known_find(pool, key);

	if (known || pool->known_count == STORE_MODEMS_MAX)
		return known;
	known = &pool->known[pool->known_count++];
	snprintf(known->key, sizeof(known->key), "%s", key);
	return known;
}

static void known_set(struct pool *pool, const struct store_modem *modem)
{
	struct known *known = known_get(pool, modem->key);

	if (!known)
		return;
	known->held = modem->held;
	known->seen_usec = modem->seen_usec;
	snprintf(known->sim.name, sizeof(known->sim.name), "%s", modem->sim);
	snprintf(known->sim.imsi, sizeof(known->sim.imsi), "%s", modem->imsi);
}

void pool_hold(struct bridge *bridge, struct radio *radio, bool held)
{
	char key[STORE_NAME_SIZE], other[STORE_NAME_SIZE];
	struct known *known;

	pool_key(radio_config(radio), key);
	known = known_get(bridge->pool, key);
	if (known)
		known->held = held;
	for (size_t i = 0; i < bridge->radio_count; i++) {
		pool_key(radio_config(bridge->radios[i]), other);
		if (strcmp(other, key) == 0)
			radio_set_held(bridge->radios[i], held);
	}
}

/* ------------------------------------------------------------------ radios */

static int radio_add(struct bridge *bridge, const struct config_modem *config)
{
	struct known *known;
	char key[STORE_NAME_SIZE];
	int r;

	pool_key(config, key);
	known = known_find(bridge->pool, key);
	r = radio_new(bridge, config, known && known->held, known ? &known->sim : NULL,
		      &bridge->radios[bridge->radio_count]);
	if (r < 0)
		return r;
	bridge->radio_count++;
	if (known)
		known->met = true;
	return 0;
}

static int missed_due(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct bridge *bridge = userdata;

	(void)source;
	(void)at_usec;
	bridge->pool->misses = true;
	pool_tell_missed(bridge);
	return 0;
}

int pool_start(struct bridge *bridge, const struct store_modem *modems, size_t count)
{
	const struct config *config = bridge->config;
	struct pool *pool = calloc(1, sizeof(*pool));
	int r;

	bridge->radios = calloc(POOL_MAX, sizeof(struct radio *));
	bridge->pool = pool;
	if (!pool || !bridge->radios)
		return -ENOMEM;
	pool->began_usec = clock_monotonic_usec();
	pool->known = calloc(STORE_MODEMS_MAX, sizeof(*pool->known));
	if (!pool->known)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		known_set(pool, &modems[i]);
	if (config->modem_count > POOL_MAX)
		return -E2BIG;
	r = used_up_new(bridge);
	for (size_t i = 0; i < config->modem_count && r == 0; i++)
		r = radio_add(bridge, &config->modems[i]);
	if (r == 0)
		r = bridge_arm(bridge, &pool->missed_timer, bridge_scale(bridge, WATCH_DOWN_USEC),
			       PRIORITY_CLOCK, missed_due, bridge);
	if (r == 0)
		used_up_look(bridge);
	return r;
}

static void config_free_found(struct config_modem *config)
{
	if (!config)
		return;
	free(config->name);
	free(config->imei);
	free(config->usb_path);
	free(config);
}

void pool_free(struct bridge *bridge)
{
	struct pool *pool = bridge->pool;

	for (size_t i = 0; i < bridge->radio_count; i++)
		radio_free(bridge->radios[i]);
	free(bridge->radios);
	bridge->radios = NULL;
	bridge->radio_count = 0;
	bridge->used_up = used_up_free(bridge->used_up);
	bridge->pool = NULL;
	if (!pool)
		return;
	for (size_t i = 0; i < pool->found_count; i++)
		config_free_found(pool->found[i]);
	sd_event_source_disable_unref(pool->missed_timer);
	free(pool->known);
	free(pool);
}

/* ------------------------------------------------------------------ modems that are plugged in */

static bool same(const char *wanted, const char *is)
{
	return wanted && wanted[0] && strcmp(wanted, is) == 0;
}

static bool is_configured_by_sim(const struct config_modem *config,
				 const struct modem_word_identity *identity)
{
	return same(config->imsi, identity->imsi) || same(config->iccid, identity->iccid);
}

static bool is_configured_as(const struct config_modem *config,
			     const struct modem_word_identity *identity)
{
	return same(config->imei, identity->imei) || is_configured_by_sim(config, identity);
}

static bool has_identity(const struct config_modem *config)
{
	return !config->device && (config->imei || config->imsi || config->iccid);
}

bool pool_misses_one(const struct bridge *bridge)
{
	for (size_t i = 0; i < bridge->config->modem_count && i < bridge->radio_count; i++)
		if (has_identity(radio_config(bridge->radios[i])) &&
		    !radio_is_plugged(bridge->radios[i]))
			return true;
	return false;
}

/* How sure it is that this radio had that modem: 0 it had not. */
static int likeness(const struct radio *radio, const struct modem_word_identity *identity,
		    const char *usb_path)
{
	const struct config_modem *config = radio_config(radio);
	bool here = same(config->usb_path, usb_path);

	if (strcmp(config->imei ? config->imei : "", identity->imei) != 0 ||
	    (!identity->imei[0] && !here))
		return 0;
	if (same(identity->iccid, radio_sim(radio).iccid))
		return 3;
	return here ? 2 : 1;
}

static struct radio *find_had(const struct bridge *bridge,
			      const struct modem_word_identity *identity, const char *usb_path)
{
	struct radio *best = NULL;
	int most = 0;

	for (size_t i = bridge->config->modem_count; i < bridge->radio_count; i++) {
		int like = likeness(bridge->radios[i], identity, usb_path);

		if (like > most && !radio_is_plugged(bridge->radios[i])) {
			best = bridge->radios[i];
			most = like;
		}
	}
	return best;
}

static struct radio *find_configured(const struct bridge *bridge,
				     const struct modem_word_identity *identity,
				     bool (*is)(const struct config_modem *config,
						const struct modem_word_identity *identity))
{
	for (size_t i = 0; i < bridge->config->modem_count && i < bridge->radio_count; i++) {
		struct radio *radio = bridge->radios[i];

		if (has_identity(radio_config(radio)) && !radio_is_plugged(radio) &&
		    is(radio_config(radio), identity))
			return radio;
	}
	return NULL;
}

static bool might_be(const struct config_modem *config, const struct modem_word_identity *identity)
{
	return (config->imsi && !identity->imsi[0]) || (config->iccid && !identity->iccid[0]);
}

bool pool_may_miss(const struct bridge *bridge, const struct modem_word_identity *identity)
{
	return !find_configured(bridge, identity, is_configured_as) &&
	       find_configured(bridge, identity, might_be);
}

struct radio *pool_heir(const struct bridge *bridge, const struct radio *radio)
{
	for (size_t i = 0; i < bridge->config->modem_count && i < bridge->radio_count; i++)
		if (bridge->radios[i] == radio)
			return NULL;
	return find_configured(bridge, modem_identity(radio_modem(radio)), is_configured_by_sim);
}

/* Clones share IMEIs. */
static bool is_there_twice(const struct bridge *bridge, const char *imei)
{
	for (size_t i = 0; i < bridge->radio_count; i++) {
		const struct radio *radio = bridge->radios[i];

		if (radio_is_plugged(radio) &&
		    (same(modem_identity(radio_modem(radio))->imei, imei) ||
		     same(radio_config(radio)->imei, imei)))
			return true;
	}
	return false;
}

static bool name_taken(const char *name, const void *userdata)
{
	return bridge_find_radio(userdata, name) != NULL;
}

static int add_found(struct bridge *bridge, const struct modem_word_identity *identity,
		     const char *usb_path, struct radio **ret_radio)
{
	struct pool *pool = bridge->pool;
	struct config_modem *config;
	char name[MODEM_NAME_SIZE];
	int r;

	if (bridge->radio_count == POOL_MAX)
		return -EBUSY;
	pool_name(identity->imei, usb_path, is_there_twice(bridge, identity->imei), name_taken,
		  bridge, name);
	config = calloc(1, sizeof(*config));
	if (!config)
		return -ENOMEM;
	config->name = strdup(name);
	config->imei = strdup(identity->imei);
	config->usb_path = strdup(usb_path);
	config->speed = CONFIG_SPEED;
	r = -ENOMEM;
	if (config->name && config->imei && config->usb_path)
		r = radio_add(bridge, config);
	if (r < 0) {
		config_free_found(config);
		return r;
	}
	pool->found[pool->found_count++] = config;
	*ret_radio = bridge->radios[bridge->radio_count - 1];
	/* It may be the first of its class. */
	used_up_look(bridge);
	return 0;
}

int pool_find(struct bridge *bridge, const struct modem_word_identity *identity,
	      const char *usb_path, struct radio **ret_radio)
{
	struct radio *radio = find_configured(bridge, identity, is_configured_as);

	if (!radio && bridge->config->modem_discovery)
		radio = find_had(bridge, identity, usb_path);
	if (radio) {
		*ret_radio = radio;
		return 0;
	}
	if (!bridge->config->modem_discovery)
		return -ENOENT;
	return add_found(bridge, identity, usb_path, ret_radio);
}

/* ------------------------------------------------------------------ who takes what */

struct store_quota pool_quota(const struct config_modem *config)
{
	const struct config_quota *quota = &config->quota;

	return (struct store_quota){
		.limits = { [STORE_LIMIT_MINUTE] = quota->parts_per_minute,
			    [STORE_LIMIT_HOUR] = quota->parts_per_hour,
			    [STORE_LIMIT_DAY] = quota->parts_per_day,
			    [STORE_LIMIT_MONTH] = quota->parts_per_month,
			    [STORE_LIMIT_RECIPIENTS] = quota->recipients_per_month },
		.reset_day = quota->reset_day,
	};
}

size_t pool_sims(const struct bridge *bridge, struct choice_sim *sims)
{
	for (size_t i = 0; i < bridge->radio_count; i++) {
		const struct radio *radio = bridge->radios[i];
		const struct config_modem *config = radio_config(radio);
		enum store_limit limit = radio_limit(radio, NULL);

		sims[i] = (struct choice_sim){
			.sim = radio_sim(radio).iccid,
			.prefixes = (const char *const *)config->prefixes,
			.price = config->price,
			.sends = radio_sends(radio),
			.hangs = radio_hangs(radio),
			.doubted = radio_is_doubted(radio),
			.keeps_talking = radio_keeps_talking(radio),
			.has_left = limit == STORE_LIMIT_NONE,
			.may_talk = limit == STORE_LIMIT_RECIPIENTS || radio_has_some_left(radio),
			.awaited = radio_is_awaited(radio),
		};
	}
	return bridge->radio_count;
}

bool pool_serves(const struct bridge *bridge, const char *number)
{
	struct choice_sim sims[POOL_MAX];
	struct choice_pool pool = { .sims = sims, .count = pool_sims(bridge, sims) };
	const char *class = choice_class(&pool, number);

	for (size_t i = 0; i < pool.count; i++)
		if (choice_serves(&sims[i], class))
			return true;
	return false;
}

bool pool_is_young(const struct bridge *bridge)
{
	return clock_monotonic_usec() - bridge->pool->began_usec <
	       bridge_scale(bridge, POOL_PATIENCE_USEC);
}

static bool has_sim(const struct bridge *bridge, const char *sim)
{
	for (size_t i = 0; i < bridge->radio_count; i++)
		if (strcmp(radio_sim(bridge->radios[i]).iccid, sim) == 0)
			return true;
	return false;
}

/* A stick that nobody has configured is a radio only when it has been found again. */
static size_t awaited_sims(const struct bridge *bridge, const char *sims[static POOL_MAX])
{
	const struct pool *pool = bridge->pool;
	size_t count = 0;

	if (!pool_is_young(bridge))
		return 0;
	for (size_t i = 0; i < pool->known_count && count < POOL_MAX; i++) {
		const struct known *known = &pool->known[i];

		if (!known->met && !known->held && known->sim.name[0] &&
		    !has_sim(bridge, known->sim.name))
			sims[count++] = known->sim.name;
	}
	return count;
}

void pool_route(const struct bridge *bridge, const struct radio *radio, struct choice *ret)
{
	struct choice_sim sims[POOL_MAX];
	struct choice_own owns[POOL_MAX];
	const char *awaited[POOL_MAX];
	struct choice_pool pool = { .sims = sims, .owns = owns, .awaited = awaited };
	size_t self = 0;

	pool.count = pool_sims(bridge, sims);
	pool.own_count = selftest_owns(bridge, owns);
	pool.awaited_count = awaited_sims(bridge, awaited);
	while (self + 1 < pool.count && bridge->radios[self] != radio)
		self++;
	choice_make(&pool, self, ret);
}

void pool_changed(struct bridge *bridge)
{
	if (!bridge->ready || bridge->stopping)
		return;
	used_up_look(bridge);
	bridge_wake_radios(bridge);
}

/* ------------------------------------------------------------------ who did not come back */

static bool has_imei(const struct bridge *bridge, const char *imei)
{
	for (size_t i = 0; i < bridge->radio_count; i++) {
		const struct radio *radio = bridge->radios[i];

		if (same(radio_config(radio)->imei, imei) ||
		    same(modem_identity(radio_modem(radio))->imei, imei))
			return true;
	}
	return false;
}

/* The modem, or its SIM, may be in use under another name. */
static bool is_missed(const struct bridge *bridge, const struct known *known, int64_t now_usec)
{
	return strncmp(known->key, FOUND, strlen(FOUND)) == 0 && !known->met &&
	       llabs(now_usec - known->seen_usec) < MISSED_USEC &&
	       !has_imei(bridge, known->key + strlen(FOUND)) && !has_sim(bridge, known->sim.name);
}

void pool_tell_missed(struct bridge *bridge)
{
	const struct pool *pool = bridge->pool;
	int64_t now_usec = clock_realtime_usec();
	char name[MODEM_NAME_SIZE];

	if (!pool->misses || bridge->stopping || !bridge->config->modem_discovery)
		return;
	for (size_t i = 0; i < pool->known_count; i++) {
		const struct known *known = &pool->known[i];

		if (!is_missed(bridge, known, now_usec))
			continue;
		/* The name that it gets when it comes: then its own radio ends this. */
		pool_name(known->key + strlen(FOUND), "", false, name_taken, bridge, name);
		(void)store_attention_modem(bridge->store, name, ATTENTION_MODEM_DOWN, true,
					    "it was in use in the last days, but has not been "
					    "found since the daemon began",
					    now_usec);
	}
}
