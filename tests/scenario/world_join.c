/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cell's log and the API, joined by number and part: what must hold however the kills fell.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/world_chaos_private.h"

#define PARTS_MOST 8
#define AGAIN "(again) "

struct join {
	struct chaos *chaos;
	unsigned broken;            /* promises */
	unsigned parts, submits;    /* of all messages; on the air */
	unsigned marked, twice;     /* parts that may be duplicates; and really went twice */
	unsigned again_shown;       /* messages shown with the visible prefix */
	unsigned delivered, failed; /* messages */
};

static void broken(struct join *join, const struct chaos_message *message, const char *what)
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

/* What the API says was tried.  A committed answer is the last word on its part. */
static void attempts_tally(struct join *join, const struct chaos_message *message,
			   const json_t *recipient, struct tally *tally)
{
	bool answered[PARTS_MOST] = { false };
	const json_t *attempt;
	size_t i;

	json_array_foreach(world_at(recipient, "attempts"), i, attempt) {
		unsigned part = part_index(world_integer(attempt, "part"));

		tally->attempts[part]++;
		if (json_is_true(world_at(attempt, "mayBeDuplicate")))
			tally->marked[part] = true;
		if (answered[part])
			broken(join, message, "was sent again after +CMGS had been committed");
		answered[part] = json_is_integer(world_at(attempt, "reference")) &&
				 strcmp(world_text(attempt, "state"), "unknown") != 0;
	}
}

static void submits_tally(struct join *join, const struct chaos_message *message,
			  struct tally *tally)
{
	size_t count = world_cell_mark(join->chaos->world);

	for (size_t i = 0; i < count; i++) {
		const json_t *event = world_cell_event(join->chaos->world, i);

		if (strcmp(world_text(event, "event"), "submit") != 0 ||
		    strcmp(world_text(event, "to"), message->number) != 0)
			continue;
		tally->submits[part_index(json_is_object(world_at(event, "concat"))
						  ? world_integer(event, "concat.sequence")
						  : 1)]++;
	}
}

static void parts_check(struct join *join, const struct chaos_message *message,
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

/* The phone shows the text, or the text with the prefix; twice only if each part was in doubt. */
static void screen_check(struct join *join, const struct chaos_message *message,
			 const struct tally *tally, bool wanted)
{
	WORLD_JSON *shown = world_screen_wait(join->chaos->world, message->number, 0);
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
	if (plain + again == 0 && wanted)
		broken(join, message, "never reached its phone whole");
	if (plain + again > 0 && !wanted)
		broken(join, message, "reached its phone against the fault");
	if (plain + again > 1 && !all_marked)
		broken(join, message, "is on the screen twice without any doubt");
}

static void end_check(struct join *join, const struct chaos_message *message,
		      const json_t *recipient)
{
	static const char *const errors[] = {
		[CHAOS_FAULT_NONE] = NULL,
		[CHAOS_FAULT_REPORT] = "ST/65",
		[CHAOS_FAULT_REFUSED] = "CMS/1",
		[CHAOS_FAULT_TEMPORARY] = NULL,
	};
	const char *state = world_text(recipient, "state"), *error = errors[message->fault];
	const json_t *attempts = world_at(recipient, "attempts"), *attempt;
	char what[512];
	bool said = false;
	size_t i;

	if (strcmp(state, error ? "failed" : "delivered") != 0) {
		snprintf(what, sizeof(what), "is %s: %.400s", state,
			 world_text(recipient, "reason"));
		broken(join, message, what);
		return;
	}
	join->delivered += !error;
	join->failed += error != NULL;
	json_array_foreach(attempts, i, attempt) {
		said = said || (error && strcmp(world_text(attempt, "error"), error) == 0);
	}
	if (error && (!said || !world_text(recipient, "reason")[0]))
		broken(join, message, "failed, and the cell's fault is not its reason");
}

/* What both sides know of a message that broke a promise. */
static void story_print(struct join *join, const struct chaos_message *message,
			const json_t *recipient)
{
	static const char *const keys[] = { "to", "number", "phone" };
	size_t count = world_cell_mark(join->chaos->world);

	json_dumpf(recipient, stderr, JSON_COMPACT);
	fputc('\n', stderr);
	for (size_t i = 0; i < count; i++) {
		const json_t *event = world_cell_event(join->chaos->world, i);
		bool about = false;

		for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]); j++)
			about = about || strcmp(world_text(event, keys[j]), message->number) == 0;
		if (!about)
			continue;
		json_dumpf(event, stderr, JSON_COMPACT);
		fputc('\n', stderr);
	}
}

static void message_check(struct join *join, const struct chaos_message *message)
{
	unsigned before = join->broken;
	WORLD_JSON *shown = world_message(join->chaos->world, message->id);
	const json_t *recipient = world_at(shown, "recipients.0");
	struct tally tally = { 0 };

	attempts_tally(join, message, recipient, &tally);
	submits_tally(join, message, &tally);
	parts_check(join, message, &tally);
	end_check(join, message, recipient);
	screen_check(join, message, &tally,
		     message->fault == CHAOS_FAULT_NONE || message->fault == CHAOS_FAULT_TEMPORARY);
	if (join->broken > before)
		story_print(join, message, recipient);
}

/* ---------------------------------------------------------------- coming in */

static json_t *inbox_load(struct chaos *chaos)
{
	int status;
	json_t *list = world_http(chaos->world, "GET", "/v1/inbox?limit=1000", NULL, &status);

	if (status != 200)
		world_fail(chaos->world, "GET /v1/inbox was answered %d", status);
	return list;
}

size_t chaos_inbox_size(struct chaos *chaos)
{
	WORLD_JSON *list = inbox_load(chaos);

	return json_array_size(world_at(list, "items"));
}

static void inbox_check(struct join *join)
{
	WORLD_JSON *list = inbox_load(join->chaos);
	const json_t *items = world_at(list, "items"), *item;
	size_t i;

	for (unsigned j = 0; j < CHAOS_MESSAGES; j++) {
		const struct chaos_message *message = &join->chaos->in[j];
		unsigned count = 0;

		json_array_foreach(items, i, item) {
			if (strcmp(world_text(item, "from"), message->number) != 0)
				continue;
			count++;
			if (strcmp(world_text(item, "text"), message->text) != 0 ||
			    strcmp(world_text(item, "state"), "received") != 0)
				broken(join, message, "did not come in as it was typed");
		}
		if (count != 1)
			broken(join, message, count ? "came in twice" : "never came in");
	}
	if (json_array_size(items) != CHAOS_MESSAGES)
		world_fail(join->chaos->world, "the inbox has %zu messages, not %u",
			   json_array_size(items), CHAOS_MESSAGES);
}

/* ---------------------------------------------------------------- figures */

/* How unknown deliveries went on, by the words of the events. */
static void settled_print(struct chaos *chaos)
{
	WORLD_JSON *counts = json_object();
	const json_t *event, *count;
	const char *key;
	int status;
	WORLD_JSON *shown = world_http(chaos->world, "GET", "/v1/status", NULL, &status);
	char id[32];

	world_tail_start(chaos->world);
	snprintf(id, sizeof(id), "id=%" JSON_INTEGER_FORMAT, world_integer(shown, "lastEvent"));
	for (size_t i = 0;; i++) {
		int64_t until_msec = world_now_msec() + WORLD_PATIENCE_MSEC;
		char words[200];

		while (!(event = world_bridge_event(chaos->world, i)) &&
		       world_now_msec() < until_msec)
			world_sleep(chaos->world, -1, 100);
		if (!event)
			break;
		if (strcmp(world_text(event, "stateFrom"), "unknown") == 0) {
			snprintf(words, sizeof(words), "%s: %.150s", world_text(event, "state"),
				 world_text(event, "reason"));
			json_object_set_new(
				counts, words,
				json_integer(json_integer_value(json_object_get(counts, words)) +
					     1));
		}
		if (world_integer(event, "id") == world_integer(shown, "lastEvent"))
			break;
	}
	json_object_foreach(counts, key, count) {
		printf("#   unknown %" JSON_INTEGER_FORMAT " times → %s\n",
		       json_integer_value(count), key);
	}
}

void chaos_join(struct chaos *chaos)
{
	struct join join = { .chaos = chaos };

	for (unsigned i = 0; i < CHAOS_MESSAGES; i++)
		message_check(&join, &chaos->out[i]);
	inbox_check(&join);
	printf("# %u kills: %u messages out (%u delivered, %u failed as the cell wanted), %u in; "
	       "%u submitted again\n",
	       chaos->kills, CHAOS_MESSAGES, join.delivered, join.failed, CHAOS_MESSAGES,
	       chaos->repeated);
	printf("# %u parts, %u on the air: %u marked as perhaps twice, %u really were, "
	       "%u messages shown with \"" AGAIN "\"\n",
	       join.parts, join.submits, join.marked, join.twice, join.again_shown);
	settled_print(chaos);
	fflush(stdout);
	if (join.marked > chaos->kills)
		world_fail(chaos->world, "%u parts are marked as perhaps twice, after %u kills",
			   join.marked, chaos->kills);
	if (join.broken > 0)
		world_fail(chaos->world, "%u promises are broken; repeat with FOOTBRIDGE_SEED=%llu",
			   join.broken, chaos->seed);
}
