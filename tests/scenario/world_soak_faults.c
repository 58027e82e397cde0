/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See world_soak_faults.h.  Only what really takes a modem away counts: noise, chatter and a full
 * SIM are no reason not to send.
 */
#include "tests/scenario/world_soak_faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEP_USEC 20000
#define GONE_USEC 120000000
/* A worker needs no longer to be at work again. */
#define START_USEC 5000000

enum fault_kind {
	FAULT_UNPLUGGED,
	FAULT_SILENT,
	FAULT_SLOW,
	FAULT_UNREGISTERED,
	FAULT_HELD,
	FAULT_RESTARTED,
	FAULT_SENDS, /* fail, as the op says */
	FAULT_KILLED,
	FAULT_DAEMON,
	FAULT_KIND_COUNT,
};

static const char *const kind_names[FAULT_KIND_COUNT] = {
	[FAULT_UNPLUGGED] = "unplugged",
	[FAULT_SILENT] = "silent",
	[FAULT_SLOW] = "slow to answer",
	[FAULT_UNREGISTERED] = "not registered",
	[FAULT_HELD] = "frozen",
	[FAULT_RESTARTED] = "restarted by itself",
	[FAULT_SENDS] = "failing sends",
	[FAULT_KILLED] = "its worker killed",
	[FAULT_DAEMON] = "the daemon killed",
};

struct fault {
	enum fault_kind kind;
	unsigned modem;
	int64_t from_usec, until_usec;
};

struct soak_faults {
	struct fault *items;
	size_t count, capacity;
	bool failed; /* no memory */
	/* Of the failures that were ordered for a modem: how many are to come, and which. */
	unsigned left[SOAK_MODEMS];
	bool left_silent[SOAK_MODEMS];
};

int64_t soak_moment(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t usec = 0, unit = 100000;

	if (!rest)
		return 0;
	if (*rest == '.')
		for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
			usec += (*rest - '0') * unit;
	return (int64_t)timegm(&tm) * 1000000 + usec;
}

static int modem_of(const char *name)
{
	char own[16];

	for (unsigned i = 0; i < SOAK_MODEMS; i++) {
		soak_modem_name(i, own);
		if (strcmp(own, name) == 0)
			return (int)i;
	}
	return -1;
}

static void fault_add(struct soak_faults *faults, enum fault_kind kind, unsigned modem,
		      int64_t from_usec, int64_t until_usec)
{
	if (faults->count == faults->capacity) {
		size_t capacity = faults->capacity ? 2 * faults->capacity : 256;
		struct fault *bigger = realloc(faults->items, capacity * sizeof(*bigger));

		if (!bigger) {
			faults->failed = true;
			return;
		}
		faults->items = bigger;
		faults->capacity = capacity;
	}
	faults->items[faults->count++] = (struct fault){ kind, modem, from_usec, until_usec };
}

/* Ends the one of that kind that lasts. */
static void fault_end(struct soak_faults *faults, enum fault_kind kind, unsigned modem,
		      int64_t at_usec)
{
	for (size_t i = faults->count; i-- > 0;) {
		struct fault *fault = &faults->items[i];

		if (fault->kind != kind || fault->modem != modem)
			continue;
		if (fault->until_usec == INT64_MAX)
			fault->until_usec = at_usec;
		return;
	}
}

static void fault_turn(struct soak_faults *faults, enum fault_kind kind, unsigned modem, bool wrong,
		       int64_t at_usec)
{
	fault_end(faults, kind, modem, at_usec);
	if (wrong)
		fault_add(faults, kind, modem, at_usec, INT64_MAX);
}

static void op_read(struct soak_faults *faults, const json_t *event, unsigned modem,
		    int64_t at_usec)
{
	const char *key = world_text(event, "key"), *value = world_text(event, "value");

	if (strcmp(world_text(event, "op"), "fail") == 0) {
		faults->left[modem] = (unsigned)world_integer(event, "count");
		faults->left_silent[modem] = strcmp(world_text(event, "error"), "SILENT") == 0;
		fault_turn(faults, FAULT_SENDS, modem, faults->left[modem] > 0, at_usec);
	} else if (strcmp(key, "silent") == 0) {
		fault_turn(faults, FAULT_SILENT, modem, value[0] != '0', at_usec);
	} else if (strcmp(key, "answer_ms") == 0) {
		fault_turn(faults, FAULT_SLOW, modem, value[0] != '0', at_usec);
	} else if (strcmp(key, "registration") == 0) {
		fault_turn(faults, FAULT_UNREGISTERED, modem, value[0] != '1', at_usec);
	}
}

/* One of the failures that were ordered has come to pass. */
static void failure_used(struct soak_faults *faults, unsigned modem, bool silent, int64_t at_usec)
{
	if (faults->left[modem] == 0 || faults->left_silent[modem] != silent)
		return;
	if (--faults->left[modem] == 0)
		fault_end(faults, FAULT_SENDS, modem, at_usec);
}

static void event_read(struct soak_faults *faults, const json_t *event)
{
	static const struct {
		const char *event;
		enum fault_kind kind;
		bool wrong;
	} turns[] = {
		{ "unplugged", FAULT_UNPLUGGED, true }, { "plugged", FAULT_UNPLUGGED, false },
		{ "held", FAULT_HELD, true },           { "resumed", FAULT_HELD, false },
		{ "unplugged", FAULT_HELD, false },
	};
	const char *name = world_text(event, "event");
	int modem = modem_of(world_text(event, "modem"));
	int64_t at_usec = soak_moment(world_text(event, "at"));

	if (modem < 0)
		return;
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++)
		if (strcmp(name, turns[i].event) == 0)
			fault_turn(faults, turns[i].kind, (unsigned)modem, turns[i].wrong, at_usec);
	if (strcmp(name, "op") == 0)
		op_read(faults, event, (unsigned)modem, at_usec);
	else if (strcmp(name, "restarted") == 0)
		fault_add(faults, FAULT_RESTARTED, (unsigned)modem, at_usec, at_usec + STEP_USEC);
	else if (strcmp(name, "submit") == 0)
		failure_used(faults, (unsigned)modem, true, at_usec);
	else if (strcmp(name, "refused") == 0 &&
		 strcmp(world_text(event, "why"), "a test asked for it") == 0)
		failure_used(faults, (unsigned)modem, false, at_usec);
}

struct soak_faults *soak_faults_new(struct soak *soak)
{
	struct soak_faults *faults = calloc(1, sizeof(*faults));
	size_t count = world_cell_mark(soak->world);

	if (!faults)
		return NULL;
	for (size_t i = 0; i < count; i++)
		event_read(faults, world_cell_event(soak->world, i));
	for (size_t i = 0; i < soak->kill_count; i++) {
		int modem = modem_of(soak->kills[i].modem);

		if (modem >= 0)
			fault_add(faults, FAULT_KILLED, (unsigned)modem, soak->kills[i].at_usec,
				  soak->kills[i].at_usec + STEP_USEC);
	}
	for (size_t i = 0; i < soak->outage_count; i++)
		for (unsigned modem = 0; modem < SOAK_MODEMS; modem++)
			fault_add(faults, FAULT_DAEMON, modem, soak->outages[i].from_usec,
				  soak->outages[i].until_usec);
	return faults->failed ? soak_faults_free(faults) : faults;
}

struct soak_faults *soak_faults_free(struct soak_faults *faults)
{
	if (faults)
		free(faults->items);
	free(faults);
	return NULL;
}

/* The modems of these that nothing is wrong with at that moment. */
static unsigned usable_at(const struct soak_faults *faults, unsigned modems, int64_t at_usec,
			  const char **ret_fault)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *fault = &faults->items[i];

		if (!(modems & (1U << fault->modem)) || at_usec < fault->from_usec ||
		    at_usec >= fault->until_usec)
			continue;
		wrong |= 1U << fault->modem;
		*ret_fault = kind_names[fault->kind];
	}
	return modems & ~wrong;
}

int64_t soak_usable_usec(const struct soak_faults *faults, unsigned modems, int64_t from_usec,
			 int64_t until_usec, const char **ret_fault)
{
	int64_t longest_usec = 0, since_usec = from_usec;

	*ret_fault = "";
	for (int64_t at = from_usec; at <= until_usec; at += STEP_USEC) {
		if (!usable_at(faults, modems, at, ret_fault))
			since_usec = at + STEP_USEC;
		else if (at - since_usec > longest_usec)
			longest_usec = at - since_usec;
	}
	return longest_usec;
}

/* When the modem that is pulled then came to be out of work. */
static int64_t out_of_work_usec(const struct soak_faults *faults, const struct fault *pulled)
{
	int64_t since_usec = pulled->from_usec;

	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *fault = &faults->items[i];

		if (fault->modem == pulled->modem && fault->from_usec < since_usec &&
		    fault->until_usec >= pulled->from_usec - START_USEC)
			since_usec = fault->from_usec;
	}
	return since_usec;
}

bool soak_is_gone(const struct soak_faults *faults, const char *modem, int64_t at_usec)
{
	int index = modem_of(modem);

	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *fault = &faults->items[i];

		if (fault->kind != FAULT_UNPLUGGED || (int)fault->modem != index ||
		    at_usec < fault->from_usec || at_usec - START_USEC >= fault->until_usec)
			continue;
		if (at_usec - out_of_work_usec(faults, fault) >= GONE_USEC)
			return true;
	}
	return false;
}

/* What was sent then is bound to its SIM when that comes to be gone. */
static bool is_pulled_sending(const struct soak_faults *faults, const struct fault *pulled)
{
	bool sending = false;

	if (pulled->kind != FAULT_UNPLUGGED ||
	    pulled->until_usec - pulled->from_usec < GONE_USEC + START_USEC)
		return false;
	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *fault = &faults->items[i];

		if (fault->modem != pulled->modem)
			continue;
		if (fault->kind == FAULT_HELD && fault->until_usec == pulled->from_usec)
			sending = true;
		if (fault->kind == FAULT_DAEMON && fault->until_usec > pulled->from_usec &&
		    fault->from_usec < pulled->until_usec)
			return false;
	}
	return sending;
}

unsigned soak_pulled_sending(const struct soak_faults *faults, unsigned modem)
{
	unsigned count = 0;

	for (size_t i = 0; i < faults->count; i++)
		count += faults->items[i].modem == modem &&
			 is_pulled_sending(faults, &faults->items[i]);
	return count;
}

void soak_faults_print(const struct soak_faults *faults)
{
	printf("# faults:");
	for (unsigned kind = 0; kind < FAULT_KIND_COUNT; kind++) {
		unsigned count = 0;

		for (size_t i = 0; i < faults->count; i++)
			count += faults->items[i].kind == kind;
		if (kind == FAULT_DAEMON)
			count /= SOAK_MODEMS;
		printf("%s %u %s", kind ? "," : "", count, kind_names[kind]);
	}
	printf("\n");
}
