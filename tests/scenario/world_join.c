/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See world_join.h.
 */
#include "tests/scenario/world_join.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MOST 8
#define AGAIN "(again) "

static const struct {
	const char *state, *error;
	bool shown; /* on the phone */
} ends[TRAFFIC_FAULT_COUNT] = {
	[TRAFFIC_FAULT_NONE] = { "delivered", NULL, true },
	[TRAFFIC_FAULT_REPORT] = { "failed", "ST/65", false },
	[TRAFFIC_FAULT_REFUSED] = { "failed", "CMS/1", false },
	[TRAFFIC_FAULT_TEMPORARY] = { "delivered", NULL, true },
	[TRAFFIC_FAULT_WITHHELD] = { "sent", NULL, true },
	[TRAFFIC_FAULT_AWAY] = { "delivered", NULL, true },
	[TRAFFIC_FAULT_GONE] = { "expired", "ST/70", false },
};

/* ---------------------------------------------------------------- the cell's events */

static void event_file(struct join *join, const json_t *event)
{
	static const char *const keys[] = { "to", "number", "phone", "from" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *number = world_text(event, keys[i]);
		json_t *list = json_object_get(join->by_number, number);

		if (!number[0])
			continue;
		if (!list) {
			list = json_array();
			json_object_set_new(join->by_number, number, list);
		}
		json_array_append_new(list, json_incref((json_t *)(uintptr_t)event));
		return; /* the first of them is who it is about */
	}
}

void join_read(struct join *join)
{
	size_t count = world_cell_mark(join->world);

	if (!join->by_number)
		join->by_number = json_object();
	while (join->read < count)
		event_file(join, world_cell_event(join->world, join->read++));
}

void join_free(struct join *join)
{
	json_decref(join->by_number);
	join->by_number = NULL;
}

const json_t *join_events(const struct join *join, const char *number)
{
	return json_object_get(join->by_number, number);
}

static void broken(struct join *join, const struct traffic_message *message, const char *what)
{
	join->broken++;
	fprintf(stderr, "# %s %s: %s\n", message->id, message->number, what);
}

/* ---------------------------------------------------------------- going out */

struct tally {
	unsigned attempts[PARTS_MOST], submits[PARTS_MOST];
	bool marked[PARTS_MOST];
};

static unsigned part_index(json_int_t part)
{
	return part < 1 || part > PARTS_MOST ? 0 : (unsigned)part - 1;
}

/* Of a message, so far. */
struct trail {
	const char *bound;               /* the modem through which something may be out; NULL */
	unsigned refused, refused_since; /* since then */
	bool answered[PARTS_MOST], any_answered;
	bool moved;
};

/* Refused twice, and of nothing it is known that it is out: any modem may have it. */
static bool is_free(const struct trail *trail)
{
	return trail->refused >= 2 && trail->refused_since > 0 && !trail->any_answered;
}

/*
 * Another modem than the one through which something may have gone out: only when that refused it,
 * or was gone, and with the mark.
 */
static void move_check(struct join *join, const struct traffic_message *message,
		       struct trail *trail, const json_t *attempt)
{
	if (!trail->bound || strcmp(trail->bound, world_text(attempt, "modem")) == 0)
		return;
	if (!is_free(trail) && (!join->gone || !join->gone(trail->bound, attempt, join->userdata)))
		broken(join, message, "changed its modem, which was not gone for two minutes");
	else if (!json_is_true(world_at(attempt, "mayBeDuplicate")))
		broken(join, message, "went on through another modem, and nothing says so");
	/* It all starts again. */
	*trail = (struct trail){ .refused = trail->refused, .moved = true };
}

/*
 * What the API says was tried.  A committed answer is the last word on its part, unless its modem
 * is gone.
 */
static void attempts_tally(struct join *join, const struct traffic_message *message,
			   const json_t *recipient, struct tally *tally)
{
	struct trail trail = { 0 };
	const json_t *attempt;
	size_t i;

	json_array_foreach(world_at(recipient, "attempts"), i, attempt) {
		unsigned part = part_index(world_integer(attempt, "part"));
		const char *state = world_text(attempt, "state");

		tally->attempts[part]++;
		if (json_is_true(world_at(attempt, "mayBeDuplicate")))
			tally->marked[part] = true;
		move_check(join, message, &trail, attempt);
		if (trail.answered[part])
			broken(join, message, "was sent again after +CMGS had been committed");
		trail.answered[part] = json_is_integer(world_at(attempt, "reference")) &&
				       strcmp(state, "unknown") != 0;
		trail.any_answered |= trail.answered[part];
		if (strcmp(state, "failed") != 0) {
			trail.bound = world_text(attempt, "modem");
			trail.refused_since = 0;
		} else if (json_is_string(world_at(attempt, "error"))) {
			trail.refused++;
			trail.refused_since++;
		}
	}
	join->moved += trail.moved;
}

static void submits_tally(struct join *join, const struct traffic_message *message,
			  struct tally *tally)
{
	const json_t *event;
	size_t i;

	json_array_foreach(join_events(join, message->number), i, event) {
		if (strcmp(world_text(event, "event"), "submit") == 0)
			tally->submits[part_index(json_is_object(world_at(event, "concat"))
							  ? world_integer(event, "concat.sequence")
							  : 1)]++;
	}
}

static void parts_check(struct join *join, const struct traffic_message *message,
			const struct tally *tally)
{
	for (size_t i = 0; i < PARTS_MOST; i++) {
		join->parts += tally->attempts[i] > 0;
		join->submits += tally->submits[i];
		join->marked += tally->marked[i];
		join->twice += tally->submits[i] > 1;
		if (tally->submits[i] > tally->attempts[i])
			broken(join, message, "is on the air more often than it was tried");
		if (tally->submits[i] > 1 && !tally->marked[i])
			broken(join, message, "went out twice, and nothing says so");
	}
}

/*
 * The phone shows the text, or the text with the prefix; twice only if each part was in doubt, and
 * one of a single part then with the prefix.
 */
static unsigned screen_check(struct join *join, const struct traffic_message *message,
			     const struct tally *tally)
{
	WORLD_JSON *shown = world_screen_wait(join->world, message->number, 0);
	bool all_marked = true;
	unsigned plain = 0, again = 0;
	const json_t *item;
	size_t i;

	for (i = 0; i < PARTS_MOST; i++)
		all_marked = all_marked && (tally->attempts[i] == 0 || tally->marked[i]);
	json_array_foreach(shown, i, item) {
		const char *text = world_text(item, "text");

		if (strcmp(text, message->text) == 0)
			plain++;
		else if (strncmp(text, AGAIN, strlen(AGAIN)) == 0 &&
			 strcmp(text + strlen(AGAIN), message->text) == 0)
			again++;
		else
			broken(join, message, "is on the screen with another text");
	}
	join->again_shown += again;
	join->shown_twice += plain + again > 1;
	if (plain + again > 1 && !all_marked)
		broken(join, message, "is on the screen twice without any doubt");
	if (plain > 1 && tally->attempts[1] == 0)
		broken(join, message, "is on the screen twice, and does not say \"" AGAIN "\"");
	return plain + again;
}

static bool error_is_said(const json_t *recipient, const char *error)
{
	const json_t *attempt;
	size_t i;

	json_array_foreach(world_at(recipient, "attempts"), i, attempt) {
		if (strcmp(world_text(attempt, "error"), error) == 0)
			return true;
	}
	return false;
}

/* Its end is what the cell did to it. */
static void end_check(struct join *join, const struct traffic_message *message,
		      const json_t *recipient, unsigned shown)
{
	const char *error = ends[message->fault].error;

	join->delivered += strcmp(ends[message->fault].state, "delivered") == 0;
	join->failed += error != NULL;
	if (error && (!error_is_said(recipient, error) || !world_text(recipient, "reason")[0]))
		broken(join, message, "failed, and the cell's fault is not its reason");
	if (shown == 0 && ends[message->fault].shown)
		broken(join, message, "never reached its phone whole");
	if (shown > 0 && !ends[message->fault].shown)
		broken(join, message, "reached its phone against the fault");
}

/* What both sides know of a message that broke a promise. */
static void story_print(struct join *join, const struct traffic_message *message,
			const json_t *recipient)
{
	WORLD_RESULT *why = world_cli(join->world, "message", "why", message->id, NULL);
	const json_t *event;
	size_t i;

	fprintf(stderr, "%s", why->out);
	json_dumpf(recipient, stderr, JSON_COMPACT);
	fputc('\n', stderr);
	json_array_foreach(join_events(join, message->number), i, event) {
		json_dumpf(event, stderr, JSON_COMPACT);
		fputc('\n', stderr);
	}
}

void join_sent(struct join *join, const struct traffic_message *message)
{
	unsigned before = join->broken, shown;
	WORLD_JSON *stored = world_message(join->world, message->id);
	const json_t *recipient = world_at(stored, "recipients.0");
	const char *state = world_text(recipient, "state");
	struct tally tally = { 0 };
	char what[512];

	attempts_tally(join, message, recipient, &tally);
	submits_tally(join, message, &tally);
	parts_check(join, message, &tally);
	shown = screen_check(join, message, &tally);
	if (strcmp(state, ends[message->fault].state) == 0) {
		end_check(join, message, recipient, shown);
	} else if (!join->excused || !join->excused(join, message, stored, join->userdata)) {
		snprintf(what, sizeof(what), "is %s (%s): %.400s", state,
			 traffic_fault_name(message->fault), world_text(recipient, "reason"));
		broken(join, message, what);
	}
	if (join->broken > before)
		story_print(join, message, recipient);
}

/* ---------------------------------------------------------------- coming in */

/* Every sender's messages: an object of arrays; how many in all. */
static json_t *inbox_load(struct world *world, size_t *ret_count)
{
	json_t *by_sender = json_object(), *item;
	WORLD_JSON *items = world_inbox(world, NULL);
	size_t i;

	json_array_foreach(items, i, item) {
		const char *from = world_text(item, "from");

		if (!json_object_get(by_sender, from))
			json_object_set_new(by_sender, from, json_array());
		json_array_append(json_object_get(by_sender, from), item);
	}
	*ret_count = json_array_size(items);
	return by_sender;
}

static void received_check(struct join *join, const struct traffic_message *message,
			   const json_t *items)
{
	unsigned before = join->broken;
	const json_t *item;
	size_t i;

	json_array_foreach(items, i, item) {
		if (strcmp(world_text(item, "text"), message->text) != 0 ||
		    strcmp(world_text(item, "state"), "received") != 0)
			broken(join, message, "did not come in as it was typed");
	}
	if (json_array_size(items) != 1)
		broken(join, message, json_array_size(items) ? "came in twice" : "never came in");
	if (join->broken == before)
		return;
	json_dumpf(items ? items : json_null(), stderr, JSON_COMPACT | JSON_ENCODE_ANY);
	json_dumpf(join_events(join, message->number), stderr, JSON_COMPACT);
	fputc('\n', stderr);
}

void join_received(struct join *join, const struct traffic_message *messages, unsigned count)
{
	size_t all;
	WORLD_JSON *by_sender = inbox_load(join->world, &all);

	for (unsigned i = 0; i < count; i++)
		received_check(join, &messages[i], json_object_get(by_sender, messages[i].number));
	if (all != count) {
		fprintf(stderr, "# the inbox has %zu messages, not %u\n", all, count);
		join->broken++;
	}
}

/* ---------------------------------------------------------------- figures */

void join_print(const struct join *join)
{
	printf("# %u parts, %u on the air: %u marked as perhaps twice, %u really were, "
	       "%u messages shown with \"" AGAIN "\", %u shown twice, %u changed their modem\n",
	       join->parts, join->submits, join->marked, join->twice, join->again_shown,
	       join->shown_twice, join->moved);
}
