/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Still more of the store made to look synchronous: classes, conversations, quotas.
 */
#pragma once

#include "tests/unit/store_words.h"

static inline int set_prefixes(struct fixture *f, const char *const *prefixes, size_t count)
{
	struct outcome outcome = { 0 };

	assert_int_equal(store_set_prefixes(f->store, prefixes, count, keep_outcome, &outcome), 0);
	await(f, &outcome.came);
	return outcome.error;
}

struct backlog {
	bool came;
	int error;
	size_t count; /* of classes */
	char prefix[8][NUMBER_SIZE];
	uint64_t parts[8], total;
	size_t group_count;
	struct store_backlog groups[8];
};

static inline void keep_backlog(int error, const struct store_backlog *items, size_t count,
				uint64_t total, void *userdata)
{
	struct backlog *backlog = userdata;

	backlog->came = true;
	backlog->error = error;
	backlog->total = total;
	backlog->group_count = count;
	for (size_t i = 0; i < count && i < 8; i++) {
		size_t at = backlog->count > 0 ? backlog->count - 1 : 0;

		backlog->groups[i] = items[i];
		if (backlog->count == 0 || strcmp(backlog->prefix[at], items[i].prefix) != 0)
			at = backlog->count++;
		snprintf(backlog->prefix[at], NUMBER_SIZE, "%s", items[i].prefix);
		backlog->parts[at] += items[i].parts;
	}
}

static inline struct backlog backlog(struct fixture *f)
{
	struct backlog backlog = { 0 };

	assert_int_equal(store_backlog(f->store, keep_backlog, &backlog), 0);
	await(f, &backlog.came);
	assert_int_equal(backlog.error, 0);
	return backlog;
}

struct health_seen {
	bool came;
	int error;
	struct store_sim_health health;
};

static inline void keep_sim_health(int error, const struct store_sim_health *health, void *userdata)
{
	struct health_seen *seen = userdata;

	seen->came = true;
	seen->error = error;
	seen->health = *health;
}

static inline struct store_sim_health health_of(struct fixture *f, const struct store_sim *sim,
						int64_t now)
{
	struct health_seen seen = { 0 };

	assert_int_equal(store_sim_health(f->store, sim, now, keep_sim_health, &seen), 0);
	await(f, &seen.came);
	assert_int_equal(seen.error, 0);
	return seen.health;
}

struct modems_seen {
	bool came;
	int error;
	size_t count;
	bool held[4];
	int64_t at[4];
	char key[4][STORE_NAME_SIZE], sim[4][STORE_NAME_SIZE], imsi[4][STORE_NAME_SIZE];
};

static inline void keep_modems(int error, const struct store_modem *modems, size_t count,
			       void *userdata)
{
	struct modems_seen *seen = userdata;

	seen->came = true;
	seen->error = error;
	seen->count = count;
	for (size_t i = 0; i < count && i < 4; i++) {
		seen->held[i] = modems[i].held;
		seen->at[i] = modems[i].seen_usec;
		snprintf(seen->key[i], STORE_NAME_SIZE, "%s", modems[i].key);
		snprintf(seen->sim[i], STORE_NAME_SIZE, "%s", modems[i].sim);
		snprintf(seen->imsi[i], STORE_NAME_SIZE, "%s", modems[i].imsi);
	}
}

static inline struct modems_seen kept_modems(struct fixture *f)
{
	struct modems_seen seen = { 0 };

	assert_int_equal(store_modems(f->store, keep_modems, &seen), 0);
	await(f, &seen.came);
	assert_int_equal(seen.error, 0);
	return seen;
}

static inline void hold_modem(struct fixture *f, const char *key, bool held, int64_t now)
{
	struct outcome outcome = { 0 };

	assert_int_equal(store_modem_hold(f->store, key, held, now, keep_outcome, &outcome), 0);
	await(f, &outcome.came);
	assert_int_equal(outcome.error, 0);
}

static inline void modem_has_sim(struct fixture *f, const char *key, const char *sim,
				 const char *imsi, int64_t now)
{
	const struct store_modem modem = { .key = key, .sim = sim, .imsi = imsi };
	struct outcome outcome = { 0 };

	assert_int_equal(store_modem_sim(f->store, &modem, now, keep_outcome, &outcome), 0);
	await(f, &outcome.came);
	assert_int_equal(outcome.error, 0);
}

static inline void prefix_waits(struct fixture *f, const char *prefix, const char *reason,
				int64_t until)
{
	struct outcome outcome = { 0 };

	assert_int_equal(
		store_prefix_waits(f->store, prefix, reason, until, keep_outcome, &outcome), 0);
	await(f, &outcome.came);
	assert_int_equal(outcome.error, 0);
}
