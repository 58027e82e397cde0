/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See used_up.h.  Modems that can't send at all don't count: while one of the others could, it is
 * no quota that is waited for.  Who serves a class is another matter: there, all that are known count.
 */
#include "bridge/core/used_up.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/core/pool.h"
#include "bridge/core/radio.h"
#include "bridge/core/selftest.h"
#include "bridge/core/tick.h"

#define MODEMS_NAMED 3

static_assert(POOL_MAX * CONFIG_PREFIXES_MAX + POOL_MAX <= STORE_PREFIXES_MAX,
	      "what can be configured can be told");

struct class
{
	const char *prefix;
	char reason[STORE_REASON_SIZE]; /* as the store was told; "" only for a modem */
	int64_t until_usec;
};

struct used_up {
	struct class *classes; /* the last is that of no prefix */
	size_t count;
};

const char *quota_words(const struct radio *radio, char words[static QUOTA_WORDS_SIZE])
{
	static const char *const names[STORE_LIMIT_COUNT] = {
		[STORE_LIMIT_NONE] = "",
		[STORE_LIMIT_MINUTE] = "parts a minute",
		[STORE_LIMIT_HOUR] = "parts an hour",
		[STORE_LIMIT_DAY] = "parts a day",
		[STORE_LIMIT_MONTH] = "parts a month",
		[STORE_LIMIT_RECIPIENTS] = "recipients a month",
	};
	const struct store_quota quota = pool_quota(radio_config(radio));
	enum store_limit limit = radio_limit(radio, NULL);

	snprintf(words, QUOTA_WORDS_SIZE, "its %u %s%s", quota.limits[limit], names[limit],
		 radio_has_some_left(radio) ? " but for too few for what waits" : "");
	return words;
}

/* ------------------------------------------------------------------ the classes */

static void class_add(struct used_up *used_up, const char *prefix)
{
	for (size_t i = 0; i < used_up->count; i++)
		if (strcmp(used_up->classes[i].prefix, prefix) == 0)
			return;
	used_up->classes[used_up->count++].prefix = prefix;
}

/* Without them new numbers are put into the classes of before. */
static void prefixes_told(int error, void *userdata)
{
	if (error < 0)
		bridge_store_failed(userdata, error);
}

static int tell_prefixes(struct bridge *bridge)
{
	const struct used_up *used_up = bridge->used_up;
	const char *prefixes[STORE_PREFIXES_MAX];
	size_t count = 0, owns;
	const char *numbers[POOL_MAX];

	for (size_t i = 0; i < used_up->count && used_up->classes[i].prefix[0]; i++)
		prefixes[count++] = used_up->classes[i].prefix;
	owns = selftest_numbers(bridge->config, numbers);
	for (size_t i = 0; i < owns; i++)
		prefixes[count++] = numbers[i];
	return store_set_prefixes(bridge->store, prefixes, count, prefixes_told, bridge);
}

int used_up_new(struct bridge *bridge)
{
	const struct config *config = bridge->config;
	struct used_up *used_up = calloc(1, sizeof(*used_up));
	size_t most = 1;

	bridge->used_up = used_up;
	if (!used_up)
		return -ENOMEM;
	for (size_t i = 0; i < config->modem_count; i++)
		for (char **prefix = config->modems[i].prefixes; prefix && *prefix; prefix++)
			most++;
	used_up->classes = calloc(most, sizeof(*used_up->classes));
	if (!used_up->classes)
		return -ENOMEM;
	for (size_t i = 0; i < config->modem_count; i++)
		for (char **prefix = config->modems[i].prefixes; prefix && *prefix; prefix++)
			class_add(used_up, *prefix);
	class_add(used_up, "");
	return tell_prefixes(bridge);
}

struct used_up *used_up_free(struct used_up *used_up)
{
	if (!used_up)
		return NULL;
	free(used_up->classes);
	free(used_up);
	return NULL;
}

/* ------------------------------------------------------------------ what they wait for */

static void reason_add(char reason[static STORE_REASON_SIZE], const struct radio *radio,
		       unsigned before)
{
	size_t used = strlen(reason);
	char words[QUOTA_WORDS_SIZE];

	if (before == MODEMS_NAMED)
		snprintf(reason + used, STORE_REASON_SIZE - used, ", and others");
	if (before >= MODEMS_NAMED)
		return;
	snprintf(reason + used, STORE_REASON_SIZE - used, "%s %.63s %s", before > 0 ? "," : "",
		 radio_config(radio)->name, quota_words(radio, words));
}

static void quotas_judge(const struct bridge *bridge, const struct choice_sim *sims, size_t count,
			 struct class *ret)
{
	static const char begin[] = "Every modem that may send there has used up its quota:";
	unsigned used_up = 0;

	snprintf(ret->reason, sizeof(ret->reason), "%s", begin);
	for (size_t i = 0; i < count; i++) {
		int64_t until_usec;
		enum store_limit limit = radio_limit(bridge->radios[i], &until_usec);

		if (!sims[i].sends || !choice_serves(&sims[i], ret->prefix))
			continue;
		if (limit == STORE_LIMIT_NONE) {
			used_up = 0;
			break;
		}
		reason_add(ret->reason, bridge->radios[i], used_up);
		if (until_usec != 0 && (ret->until_usec == 0 || until_usec < ret->until_usec))
			ret->until_usec = until_usec;
		used_up++;
	}
	if (used_up == 0)
		ret->reason[0] = '\0';
	else
		snprintf(ret->reason + strlen(ret->reason),
			 sizeof(ret->reason) - strlen(ret->reason), ".");
}

/* What the class waits for now; "" in reason: only for a modem that works. */
static void class_judge(const struct bridge *bridge, const struct choice_sim *sims, size_t count,
			struct class *ret)
{
	bool served = count == 0;

	for (size_t i = 0; i < count && !served; i++)
		served = choice_serves(&sims[i], ret->prefix);
	if (served)
		quotas_judge(bridge, sims, count, ret);
	else
		snprintf(ret->reason, sizeof(ret->reason), "%s", CHOICE_NOBODY);
}

static void class_tell(const struct bridge *bridge, const struct class *class)
{
	const char *reason = class->reason[0] ? class->reason : NULL;
	const char *numbers[POOL_MAX];
	struct choice_sim sims[POOL_MAX];
	struct choice_pool pool = { .sims = sims, .count = pool_sims(bridge, sims) };
	size_t owns = selftest_numbers(bridge->config, numbers);

	(void)store_prefix_waits(bridge->store, class->prefix, reason, class->until_usec, NULL,
				 NULL);
	/* Our own numbers are classes of their own, served as these are. */
	for (size_t i = 0; i < owns; i++)
		if (strcmp(choice_class(&pool, numbers[i]), class->prefix) == 0)
			(void)store_prefix_waits(bridge->store, numbers[i], reason,
						 class->until_usec, NULL, NULL);
}

void used_up_look(struct bridge *bridge)
{
	struct used_up *used_up = bridge->used_up;
	struct choice_sim sims[POOL_MAX];
	size_t count = pool_sims(bridge, sims);

	for (size_t i = 0; i < used_up->count; i++) {
		struct class now = { .prefix = used_up->classes[i].prefix };

		class_judge(bridge, sims, count, &now);
		if (strcmp(now.reason, used_up->classes[i].reason) == 0 &&
		    now.until_usec == used_up->classes[i].until_usec)
			continue;
		used_up->classes[i] = now;
		class_tell(bridge, &now);
	}
}

void used_up_say_again(struct bridge *bridge)
{
	int r = tell_prefixes(bridge);

	if (r < 0)
		prefixes_told(r, bridge);
	for (size_t i = 0; i < bridge->used_up->count; i++)
		class_tell(bridge, &bridge->used_up->classes[i]);
}
