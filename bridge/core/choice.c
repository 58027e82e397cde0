/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See choice.h.  Of the SIMs of a class that can send now the cheapest do; a dearer one takes only
 * its own conversations, for as long as a cheaper one gets on.  A SIM that can't send leaves its
 * conversations to the others at once; one that has only begun to start does not.
 */
#include "bridge/core/choice.h"

#include <string.h>
#include <sys/param.h>

static bool begins_with(const char *number, const char *prefix)
{
	return strncmp(number, prefix, strlen(prefix)) == 0;
}

bool choice_serves(const struct choice_sim *sim, const char *prefix)
{
	if (!sim->prefixes || !sim->prefixes[0])
		return prefix[0] == '\0';
	for (const char *const *own = sim->prefixes; *own; own++)
		if (strcmp(*own, prefix) == 0)
			return true;
	return false;
}

const char *choice_class(const struct choice_pool *pool, const char *number)
{
	const char *longest = "";

	for (size_t i = 0; i < pool->count; i++) {
		const char *const *prefix = pool->sims[i].prefixes;

		for (; prefix && *prefix; prefix++)
			if (strlen(*prefix) > strlen(longest) && begins_with(number, *prefix))
				longest = *prefix;
	}
	return longest;
}

int64_t choice_patience_usec(int64_t span_usec, int64_t pace_usec)
{
	return MAX(span_usec, 3 * pace_usec);
}

static bool is_usable(const struct choice_sim *sim)
{
	return sim->sends && sim->has_left && !sim->hangs;
}

/* Some other one sends there for less. */
static bool is_undersold(const struct choice_pool *pool, const struct choice_sim *self,
			 const char *prefix)
{
	for (size_t i = 0; i < pool->count; i++) {
		const struct choice_sim *other = &pool->sims[i];

		if (other->price < self->price && (self->doubted || !other->doubted) &&
		    is_usable(other) && choice_serves(other, prefix))
			return true;
	}
	return false;
}

bool choice_relieved(const struct choice_pool *pool, const struct choice_sim *self,
		     const char *prefix)
{
	for (size_t i = 0; self->doubted && i < pool->count; i++) {
		const struct choice_sim *other = &pool->sims[i];

		if (!other->doubted && is_usable(other) && choice_serves(other, prefix))
			return true;
	}
	return false;
}

/* served_as: the class whose SIMs send to this one. */
static void add_class(const struct choice_pool *pool, size_t self, const char *prefix,
		      const char *served_as, struct choice *choice)
{
	/* Then it doesn't hold on to its conversations either. */
	if (choice_relieved(pool, &pool->sims[self], served_as))
		return;
	if (is_undersold(pool, &pool->sims[self], served_as))
		choice->talk_prefixes[choice->talk_prefix_count++] = prefix;
	else
		choice->prefixes[choice->prefix_count++] = prefix;
}

static void add_own(const struct choice_pool *pool, size_t self, const struct choice_own *own,
		    struct choice *choice)
{
	const char *served_as = choice_class(pool, own->number);

	if (own->only && strcmp(own->only, pool->sims[self].sim) == 0)
		choice->prefixes[choice->prefix_count++] = own->number;
	else if (!own->only && choice_serves(&pool->sims[self], served_as))
		add_class(pool, self, own->number, served_as, choice);
}

/* They have no class in common. */
static bool is_elsewhere(const struct choice_sim *self, const struct choice_sim *other)
{
	static const char *const none[] = { "", NULL };
	const char *const *prefix = self->prefixes && self->prefixes[0] ? self->prefixes : none;

	for (; *prefix; prefix++)
		if (choice_serves(other, *prefix))
			return false;
	return true;
}

/* It will go on with its conversations, as far as this one is concerned. */
static bool can_talk(const struct choice_sim *sim, const struct choice_sim *self)
{
	bool relieved = sim->doubted && !self->doubted;
	bool goes_on = sim->keeps_talking || (sim->sends && !relieved);

	return sim->awaited || (goes_on && (sim->has_left || sim->may_talk));
}

static void add_talkers(const struct choice_pool *pool, size_t self, struct choice *choice)
{
	for (size_t i = 0; i < pool->count && i < POOL_MAX; i++) {
		const struct choice_sim *other = &pool->sims[i];

		if (i != self && can_talk(other, &pool->sims[self]) &&
		    !is_elsewhere(&pool->sims[self], other))
			choice->talkers[choice->talker_count++] = other->sim;
	}
	for (size_t i = 0; i < pool->awaited_count && i < POOL_MAX; i++)
		choice->talkers[choice->talker_count++] = pool->awaited[i];
}

void choice_make(const struct choice_pool *pool, size_t self, struct choice *ret)
{
	static const char *const none[] = { "", NULL };
	const struct choice_sim *sim = &pool->sims[self];
	const char *const *prefix = sim->prefixes && sim->prefixes[0] ? sim->prefixes : none;

	*ret = (struct choice){ 0 };
	for (; *prefix && ret->prefix_count + ret->talk_prefix_count < CHOICE_PREFIXES_MAX;
	     prefix++)
		add_class(pool, self, *prefix, *prefix, ret);
	for (size_t i = 0; i < pool->own_count && i < POOL_MAX; i++)
		add_own(pool, self, &pool->owns[i], ret);
	add_talkers(pool, self, ret);
}
