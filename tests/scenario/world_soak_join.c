/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What must hold after a soak.  A message that ended otherwise than its own fault says is excused
 * only by what the cell says that it did: a report that a modem lost, or no usable modem for ten
 * minutes before its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/world_soak_faults.h"

#define MEMORY_MARGIN_KIB 2048
/* The database's cache grows with it, until it has the size that the store gives it. */
#define CACHE_KIB 4096
#define PAGE_KIB 4
/* A report takes no longer. */
#define REPORT_USEC 10000000

struct excuses {
	struct soak *soak;
	struct soak_faults *faults;
	unsigned lost_reports, no_modem;
	unsigned by_fault[TRAFFIC_FAULT_COUNT]; /* ends that a message's own fault names */
};

/* ---------------------------------------------------------------- reports that got lost */

/* What the cell says of a report: 1 lost, 0 it was kept for the bridge, -1 there was none. */
static int report_fate(const struct join *join, const char *number, const json_t *attempt)
{
	const json_t *event;
	int fate = -1;
	size_t i;

	json_array_foreach(join_events(join, number), i, event) {
		if (strcmp(world_text(event, "event"), "report") == 0 &&
		    strcmp(world_text(event, "modem"), world_text(attempt, "modem")) == 0 &&
		    world_integer(event, "reference") == world_integer(attempt, "reference"))
			fate = json_is_true(world_at(event, "lost"));
	}
	return fate;
}

/* Of each part that the network took last, the report came, and of one of them it got lost. */
static bool report_is_lost(const struct join *join, const char *number, const json_t *recipient)
{
	const json_t *attempts = world_at(recipient, "attempts");
	bool lost = false;

	for (json_int_t part = 1; part <= world_integer(recipient, "parts"); part++) {
		const json_t *last = NULL, *attempt;
		int fate;
		size_t i;

		json_array_foreach(attempts, i, attempt) {
			if (world_integer(attempt, "part") == part &&
			    json_is_integer(world_at(attempt, "reference")))
				last = attempt;
		}
		fate = last ? report_fate(join, number, last) : -1;
		if (fate < 0)
			return false;
		lost = lost || fate == 1;
	}
	return lost;
}

static unsigned screens(const struct join *join, const char *number)
{
	unsigned count = 0;
	const json_t *event;
	size_t i;

	json_array_foreach(join_events(join, number), i, event) {
		count += strcmp(world_text(event, "event"), "screen") == 0 &&
			 strcmp(world_text(event, "phone"), number) == 0;
	}
	return count;
}

/* ---------------------------------------------------------------- modems that could not be used */

static bool serves(const struct soak *soak, unsigned modem, const char *number)
{
	return strcmp(soak_modem_prefix(soak->script, modem), soak_number_prefix(number)) == 0;
}

/* Those that may send to the number; the one that it is bound to, once something of it may be out. */
static unsigned modems_of(const struct soak *soak, const char *number, const json_t *recipient)
{
	unsigned modems = 0;
	const json_t *attempt;
	size_t i;

	for (unsigned modem = 0; modem < SOAK_MODEMS; modem++)
		modems |= serves(soak, modem, number) ? 1U << modem : 0;

	json_array_foreach(world_at(recipient, "attempts"), i, attempt) {
		const char *state = world_text(attempt, "state");

		if (strcmp(state, "failed") == 0)
			continue;
		for (unsigned modem = 0; modem < SOAK_MODEMS; modem++) {
			char name[16];

			soak_modem_name(modem, name);
			if (strcmp(name, world_text(attempt, "modem")) == 0)
				modems = 1U << modem;
		}
	}
	return modems;
}

static bool had_no_modem(const struct excuses *excuses, const struct traffic_message *message,
			 const json_t *stored)
{
	const json_t *recipient = world_at(stored, "recipients.0");
	int64_t from_usec = soak_moment(world_text(stored, "createdAt"));
	int64_t until_usec = soak_moment(world_text(stored, "validUntil"));
	const char *fault;
	int64_t usable_usec;

	if (message->ttl_seconds == 0 || from_usec == 0 || until_usec > soak_usec())
		return false;
	usable_usec = soak_usable_usec(excuses->faults,
				       modems_of(excuses->soak, message->number, recipient),
				       from_usec, until_usec, &fault);
	if (usable_usec >= SOAK_TEN_MINUTES_MSEC * INT64_C(1000)) {
		fprintf(stderr, "# %s had a usable modem for %.3f s\n", message->id,
			(double)usable_usec / 1e6);
		return false;
	}
	return fault[0] != '\0';
}

/* ---------------------------------------------------------------- the join */

static bool is_excused(struct join *join, const struct traffic_message *message,
		       const json_t *stored, void *userdata)
{
	struct excuses *excuses = userdata;
	const json_t *recipient = world_at(stored, "recipients.0");
	const char *state = world_text(recipient, "state");
	bool shows = message->fault != TRAFFIC_FAULT_REPORT && message->fault != TRAFFIC_FAULT_GONE;

	if (strcmp(state, "sent") == 0 && report_is_lost(join, message->number, recipient) &&
	    (screens(join, message->number) > 0) == shows) {
		excuses->lost_reports++;
		return true;
	}
	if (strcmp(state, "delivered") != 0 && strcmp(state, "failed") != 0 &&
	    had_no_modem(excuses, message, stored)) {
		excuses->no_modem++;
		return true;
	}
	return false;
}

static bool is_gone(const char *modem, const json_t *later, void *userdata)
{
	const struct excuses *excuses = userdata;

	return soak_is_gone(excuses->faults, modem, soak_moment(world_text(later, "at")));
}

/* Whether one that is sent or unknown will stay so, as far as anybody but time is concerned. */
static bool is_settled(struct soak *soak, const struct traffic_message *message)
{
	WORLD_JSON *stored = world_message(soak->world, message->id);
	const json_t *recipient = world_at(stored, "recipients.0");
	int64_t over_usec = soak_moment(world_text(stored, "validUntil")) + REPORT_USEC;

	/* Too late to be sent again: the join looks for the reason. */
	if (message->ttl_seconds > 0 && over_usec < soak_usec())
		return true;
	return strcmp(world_text(recipient, "state"), "sent") == 0 &&
	       report_is_lost(&soak->join, message->number, recipient);
}

static const struct traffic_message *message_find(const struct soak *soak, const char *id)
{
	unsigned index = (unsigned)strtoul(id + strcspn(id, "0123456789"), NULL, 10);

	return index < soak->script->count && strcmp(soak->script->out[index].id, id) == 0
		       ? &soak->script->out[index]
		       : NULL;
}

size_t soak_open(struct soak *soak, bool tell)
{
	static const char *const paths[] = { "/v1/messages?limit=1000&state=sent",
					     "/v1/messages?limit=1000&state=unknown" };
	size_t open = 0, i;

	join_read(&soak->join);
	for (size_t j = 0; j < sizeof(paths) / sizeof(paths[0]); j++) {
		int status;
		WORLD_JSON *list = world_http(soak->world, "GET", paths[j], NULL, &status);
		const json_t *item;

		json_array_foreach(world_at(list, "items"), i, item) {
			const struct traffic_message *message =
				message_find(soak, world_text(item, "id"));

			if (!message || (j == 0 && message->fault == TRAFFIC_FAULT_WITHHELD) ||
			    (j == 0 && message->fault == TRAFFIC_FAULT_GONE && !soak->given_up))
				continue;
			if (is_settled(soak, message))
				continue;
			open++;
			if (tell)
				fprintf(stderr, "# %s is still %s\n", message->id,
					world_text(item, "state"));
		}
	}
	return open;
}

/* Those that have a prefix send to its numbers, and nobody else, and to nothing else. */
static void routes_check(struct soak *soak)
{
	size_t count = world_cell_mark(soak->world);

	for (size_t i = 0; i < count; i++) {
		const json_t *event = world_cell_event(soak->world, i);
		const char *to = world_text(event, "to"), *modem = world_text(event, "modem");
		bool own = false;
		char name[16];

		if (strcmp(world_text(event, "event"), "submit") != 0)
			continue;
		for (unsigned j = 0; j < SOAK_MODEMS; j++) {
			soak_modem_name(j, name);
			own = own || (strcmp(name, modem) == 0 && serves(soak, j, to));
		}
		if (own)
			continue;
		fprintf(stderr, "# %s sent to %s\n", modem, to);
		soak->join.broken++;
	}
}

/*
 * What a SIM had in hand when it went for long has gone through another.  Of those with a prefix
 * there may be no other, or what they had was in a hurry.
 */
static void moves_check(struct soak *soak, const struct soak_faults *faults)
{
	unsigned pulled = 0;

	for (unsigned modem = 0; modem < SOAK_MODEMS; modem++)
		if (!soak_modem_prefix(soak->script, modem)[0])
			pulled += soak_pulled_sending(faults, modem);
	printf("# %u of %u long absences began in the midst of a send, and left it to others\n",
	       pulled, soak->script->away_count);
	if (soak->join.moved >= pulled)
		return;
	fprintf(stderr, "# a SIM was gone for two minutes, and what it had went nowhere else\n");
	soak->join.broken++;
}

/* What a SIM may send in a minute it has not exceeded. */
static void quota_check(struct soak *soak)
{
	size_t count = world_cell_mark(soak->world);
	unsigned in_minute = 0, most = 0;
	int64_t minute = 0;
	char name[16];

	soak_modem_name(SOAK_MODEM_QUOTA, name);
	for (size_t i = 0; i < count; i++) {
		const json_t *event = world_cell_event(soak->world, i);
		int64_t now;

		if (strcmp(world_text(event, "event"), "submit") != 0 ||
		    strcmp(world_text(event, "modem"), name) != 0)
			continue;
		now = soak_moment(world_text(event, "at")) / 60000000;
		in_minute = now == minute ? in_minute + 1 : 1;
		minute = now;
		most = in_minute > most ? in_minute : most;
	}
	printf("# %s sent at most %u parts a minute of %d\n", name, most, SOAK_QUOTA_PARTS);
	/* One may have been begun in the minute before. */
	if (most > SOAK_QUOTA_PARTS + 1) {
		fprintf(stderr, "# %s exceeded its quota\n", name);
		soak->join.broken++;
	}
}

/* A sanitizer keeps what was freed for a while. */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_IS_OURS false
#else
#define MEMORY_IS_OURS true
#endif

static void memory_check(struct soak *soak)
{
	const struct soak_memory *early = &soak->early, *end = &soak->end;
	long more_kib = end->resident_kib - early->resident_kib;
	long pages = end->pages > early->pages ? (long)(end->pages - early->pages) : 0;
	long cached_kib = pages * PAGE_KIB * 5 / 4;

	if (cached_kib > CACHE_KIB)
		cached_kib = CACHE_KIB;
	printf("# the daemon's memory: %ld KiB (%u pages of the database) after a quarter of its "
	       "life, %ld KiB (%u pages) at the end\n",
	       early->resident_kib, early->pages, end->resident_kib, end->pages);
	if (!MEMORY_IS_OURS || more_kib <= MEMORY_MARGIN_KIB + cached_kib)
		return;
	fprintf(stderr, "# the daemon's memory grows\n");
	soak->join.broken++;
}

static void figures_print(const struct soak *soak, const struct excuses *excuses)
{
	const struct soak_script *script = soak->script;

	printf("# %u messages out, %u in;", script->count, script->count);
	for (unsigned fault = TRAFFIC_FAULT_REPORT; fault < TRAFFIC_FAULT_COUNT; fault++) {
		unsigned count = 0;

		for (unsigned i = 0; i < script->count; i++)
			count += script->out[i].fault == fault;
		printf(" %u %s%s", count, traffic_fault_name(fault),
		       fault + 1 < TRAFFIC_FAULT_COUNT ? "," : "\n");
	}
	printf("# %u had no usable modem before their end, of %u the report got lost; %u "
	       "submitted again\n",
	       excuses->no_modem, excuses->lost_reports, soak->repeated);
	join_print(&soak->join);
	printf("# steps:");
	for (unsigned action = 0; action < SOAK_ACTION_COUNT; action++)
		printf(" %u %s", soak->done[action], soak_action_name(action));
	printf("\n");
	soak_faults_print(excuses->faults);
}

void soak_join(struct soak *soak)
{
	struct excuses excuses = { .soak = soak, .faults = soak_faults_new(soak) };
	struct join *join = &soak->join;
	const struct soak_script *script = soak->script;

	if (!excuses.faults)
		abort();
	join_read(join);
	join->excused = is_excused;
	join->gone = is_gone;
	join->userdata = &excuses;
	for (unsigned i = 0; i < script->count; i++)
		join_sent(join, &script->out[i]);
	join_received(join, script->in, script->count);
	figures_print(soak, &excuses);
	moves_check(soak, excuses.faults);
	routes_check(soak);
	quota_check(soak);
	memory_check(soak);
	fflush(stdout);
	soak_faults_free(excuses.faults);
	if (join->broken > 0)
		world_fail(soak->world, "%u promises are broken", join->broken);
}
