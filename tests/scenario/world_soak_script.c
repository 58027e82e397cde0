/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See world_soak_script.h.  Nothing here looks at a clock or at a world.
 */
#include "tests/scenario/world_soak_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 5 000 messages both ways in ten minutes. */
#define MESSAGES_PER_MINUTE 250
/* Everything is ordered by then; what came in last brings the network's time. */
#define ORDERED_BY_PERCENT 95
/* The daemon that lives longest is the one whose memory is looked at. */
#define DAEMON_KILLS_UNTIL_PERCENT 35

const char *soak_action_name(enum soak_action action)
{
	static const char *const names[SOAK_ACTION_COUNT] = {
		[SOAK_SUBMIT] = "submit",
		[SOAK_TYPE] = "type",
		[SOAK_DISORDER] = "disorder",
		[SOAK_REACHABLE] = "reachable",
		[SOAK_SET] = "set",
		[SOAK_FAIL] = "fail",
		[SOAK_HOLD] = "hold",
		[SOAK_RESUME] = "resume",
		[SOAK_UNPLUG] = "unplug",
		[SOAK_PLUG] = "plug",
		[SOAK_RESTART] = "restart",
		[SOAK_KILL_WORKER] = "kill-worker",
		[SOAK_KILL_DAEMON] = "kill-daemon",
	};

	return action < SOAK_ACTION_COUNT ? names[action] : "";
}

void soak_modem_name(unsigned modem, char name[static 16])
{
	snprintf(name, 16, "soak-%u", modem);
}

void soak_modem_number(unsigned modem, char number[static 16])
{
	snprintf(number, 16, "+86138000001%02u", modem);
}

struct span {
	unsigned from_msec, until_msec;
};

struct making {
	struct soak_script *script;
	unsigned long long random;
	struct span (*away)[SOAK_MODEMS]; /* in each block; without length: none */
	bool failed;                      /* no memory */
};

static unsigned draw(struct making *making, unsigned least, unsigned most)
{
	return least + traffic_random(&making->random, most - least + 1);
}

static struct soak_step *step(struct making *making, unsigned at_msec, enum soak_action action,
			      unsigned which)
{
	struct soak_script *script = making->script;
	static struct soak_step none;

	/* In the end all is mended at once. */
	if (at_msec > script->seconds * 1000)
		return &none;
	if (script->step_count == script->step_capacity) {
		size_t capacity = script->step_capacity ? 2 * script->step_capacity : 1024;
		struct soak_step *bigger = realloc(script->steps, capacity * sizeof(*bigger));

		if (!bigger) {
			making->failed = true;
			return &none;
		}
		script->steps = bigger;
		script->step_capacity = capacity;
	}
	script->steps[script->step_count] = (struct soak_step){
		.at_msec = at_msec,
		.order = (unsigned)script->step_count,
		.action = action,
		.which = which,
		.key = "",
	};
	return &script->steps[script->step_count++];
}

static void set(struct making *making, unsigned at_msec, unsigned modem, const char *key,
		const char *value)
{
	struct soak_step *made = step(making, at_msec, SOAK_SET, modem);

	made->key = key;
	snprintf(made->value, sizeof(made->value), "%s", value);
}

static void set_number(struct making *making, unsigned at_msec, unsigned modem, const char *key,
		       unsigned value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	set(making, at_msec, modem, key, text);
}

/* ---------------------------------------------------------------- the messages */

static const char *recipient_prefix(const struct making *making, unsigned index,
				    enum traffic_fault fault)
{
	bool reportless = fault == TRAFFIC_FAULT_WITHHELD || fault == TRAFFIC_FAULT_REFUSED;

	if (reportless && soak_has_once(making->script))
		return SOAK_ONCE_PREFIX;
	if (index % 10 == 0)
		return SOAK_PREFIX;
	/* To some of those who write: a person keeps hearing from the same number. */
	return index % 4 == 1 ? "+86136" : "+86137";
}

/* A few of a hundred each. */
static enum traffic_fault fault_draw(struct making *making)
{
	static const struct {
		enum traffic_fault fault;
		unsigned percent;
	} shares[] = {
		{ TRAFFIC_FAULT_REPORT, 3 },    { TRAFFIC_FAULT_REFUSED, 2 },
		{ TRAFFIC_FAULT_TEMPORARY, 4 }, { TRAFFIC_FAULT_WITHHELD, 3 },
		{ TRAFFIC_FAULT_AWAY, 5 },      { TRAFFIC_FAULT_GONE, 1 },
	};
	unsigned drawn = draw(making, 0, 99);

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		if (drawn < shares[i].percent)
			return shares[i].fault;
		drawn -= shares[i].percent;
	}
	return TRAFFIC_FAULT_NONE;
}

static void message_out_make(struct making *making, unsigned index, unsigned at_msec)
{
	struct soak_script *script = making->script;
	struct traffic_message *message = &script->out[index];
	const char *prefix;

	message->fault = fault_draw(making);
	prefix = recipient_prefix(making, index, message->fault);
	snprintf(message->id, sizeof(message->id), "soak-%04u", index);
	snprintf(message->number, sizeof(message->number), "%s%08u", prefix, index % 100000000);
	traffic_text(&making->random, "out", index, message->text);
	if (strcmp(prefix, SOAK_PREFIX) == 0 && message->fault == TRAFFIC_FAULT_NONE &&
	    draw(making, 0, 2) == 0)
		message->ttl_seconds = SOAK_TTL_SECONDS;
	step(making, at_msec, SOAK_SUBMIT, index);
	if (message->fault == TRAFFIC_FAULT_AWAY)
		step(making, at_msec + draw(making, 500, 20000), SOAK_REACHABLE, index);
}

/* Any that can tell what it got. */
static unsigned receiver_draw(struct making *making)
{
	unsigned modem;

	do
		modem = draw(making, 0, SOAK_MODEMS - 1);
	while (making->script->families[modem]->sends_only);
	return modem;
}

static void message_in_make(struct making *making, unsigned index, unsigned at_msec)
{
	struct traffic_message *message = &making->script->in[index];
	enum soak_action action = draw(making, 0, 3) == 0 ? SOAK_DISORDER : SOAK_TYPE;

	snprintf(message->id, sizeof(message->id), "in-%04u", index);
	snprintf(message->number, sizeof(message->number), "+86136%08u", index % 100000000);
	traffic_text(&making->random, "in", index, message->text);
	step(making, at_msec, action, index)->amount = receiver_draw(making);
}

static void messages_make(struct making *making)
{
	struct soak_script *script = making->script;
	unsigned long long span_msec = script->seconds * 10ULL * ORDERED_BY_PERCENT;

	for (unsigned i = 0; i < script->count; i++) {
		unsigned at_msec = (unsigned)(span_msec * i / script->count);

		message_out_make(making, i, at_msec + draw(making, 0, 400));
		message_in_make(making, i, at_msec + draw(making, 0, 400));
	}
}

/* ---------------------------------------------------------------- what goes wrong */

static void fails_make(struct making *making, unsigned at_msec, unsigned modem)
{
	static const char *const errors[] = {
		"CMS:8",   "CMS:38",  "CMS:41",  "CMS:42", "CMS:47", "CMS:314", "CMS:331",
		"CMS:332", "CMS:500", "CMS:512", "CME:14", "ERROR",  "SILENT",  "DROP",
	};
	struct soak_step *made = step(making, at_msec, SOAK_FAIL, modem);

	made->key = errors[draw(making, 0, sizeof(errors) / sizeof(errors[0]) - 1)];
	made->amount = draw(making, 1, 2);
}

static unsigned hold_make(struct making *making, unsigned at_msec, unsigned modem)
{
	static const char *const points[] = { "cmgs", "prompt", "pdu",  "submit", "answer",
					      "cmti", "cmgl",   "cmgr", "cmgd" };
	unsigned until_msec = at_msec + draw(making, 300, 4000);

	step(making, at_msec, SOAK_HOLD, modem)->key =
		points[draw(making, 0, sizeof(points) / sizeof(points[0]) - 1)];
	if (draw(making, 0, 1)) {
		step(making, until_msec, SOAK_UNPLUG, modem);
		step(making, until_msec, SOAK_RESUME, modem);
		until_msec += draw(making, 100, 3000);
		step(making, until_msec, SOAK_PLUG, modem);
	} else {
		step(making, until_msec, SOAK_RESUME, modem);
	}
	return until_msec;
}

static unsigned unplug_make(struct making *making, unsigned at_msec, unsigned modem)
{
	/* Most are back soon, as when a plug is loose. */
	unsigned until_msec = at_msec + draw(making, 100, draw(making, 0, 3) ? 2000 : 15000);

	step(making, at_msec, SOAK_UNPLUG, modem);
	step(making, until_msec, SOAK_PLUG, modem);
	return until_msec;
}

/* A value for a while, and the one before. */
static unsigned while_make(struct making *making, unsigned at_msec, unsigned modem, const char *key,
			   unsigned value, const char *after)
{
	unsigned until_msec = at_msec + draw(making, 300, 5000);

	set_number(making, at_msec, modem, key, value);
	set(making, until_msec, modem, key, after);
	return until_msec;
}

#define TROUBLE_MOST_MSEC 16000

/* One thing goes wrong; returns when it is mended. */
static unsigned trouble_make(struct making *making, unsigned at_msec, unsigned modem)
{
	switch (draw(making, 0, 11)) {
	case 0:
	case 1:
		return unplug_make(making, at_msec, modem);
	case 2:
		return while_make(making, at_msec, modem, "silent", 1, "0");
	case 3:
		return while_make(making, at_msec, modem, "answer_ms", draw(making, 50, 800), "0");
	case 4:
		return while_make(making, at_msec, modem, "chatter_ms", draw(making, 5, 50), "0");
	case 5:
		return while_make(making, at_msec, modem, "registration", draw(making, 2, 3), "1");
	case 6:
		return while_make(making, at_msec, modem, "store_size", 2, "20");
	case 7:
		step(making, at_msec, SOAK_RESTART, modem);
		return at_msec + 200;
	case 8:
		set_number(making, at_msec, modem, "sim_busy", draw(making, 1, 4));
		step(making, at_msec, SOAK_RESTART, modem);
		return at_msec + 500;
	case 9:
		set(making, at_msec, modem, "noise", "^NOISE:17,4");
		set(making, at_msec + 3000, modem, "noise", "");
		return at_msec + 3000;
	case 10:
		return hold_make(making, at_msec, modem);
	default:
		fails_make(making, at_msec, modem);
		return at_msec + 1000;
	}
}

/* ---------------------------------------------------------------- away for long */

/*
 * In each five minutes three modems are gone for longer than what is bound to their SIMs waits for
 * them: two of the others, and one of the prefix, which also stays away through the blackout of its
 * like.  In the first five, after the daemon was killed for the last time if there are no more.
 */
#define AWAY_BLOCK_MSEC 300000
#define AWAY_LEAST_MSEC 130000
#define AWAY_MOST_MSEC 200000
#define AWAY_UNTIL_MSEC 295000 /* of the block */
/* Of the two groups; those of the prefix begin after a blackout. */
#define AWAY_FROM_MSEC 110000
#define AWAY_PREFIX_FROM_MSEC 147000
#define AWAY_FROM_WITHIN_MSEC 15000
/* What goes wrong before doesn't run into it, so that it is known when the modem went. */
#define AWAY_CALM_MSEC 10000
#define AWAY_BACK_MSEC 1000

static void away_make(struct making *making, unsigned block, unsigned modem, unsigned from_msec)
{
	static const char *const points[] = { "submit", "answer" };
	struct span *span = &making->away[block][modem];
	unsigned begin_msec = block * AWAY_BLOCK_MSEC;

	from_msec += draw(making, 0, AWAY_FROM_WITHIN_MSEC);
	span->from_msec = begin_msec + from_msec;
	span->until_msec = begin_msec + draw(making, from_msec + AWAY_LEAST_MSEC,
					     from_msec + AWAY_MOST_MSEC < AWAY_UNTIL_MSEC
						     ? from_msec + AWAY_MOST_MSEC
						     : AWAY_UNTIL_MSEC);
	/* While it sends: something of a message may be out. */
	step(making, span->from_msec - draw(making, 5000, 9000), SOAK_HOLD, modem)->key =
		points[draw(making, 0, 1)];
	step(making, span->from_msec, SOAK_UNPLUG, modem);
	step(making, span->from_msec, SOAK_RESUME, modem);
	step(making, span->until_msec, SOAK_PLUG, modem);
	making->script->away_count++;
}

static unsigned blocks(unsigned seconds)
{
	return seconds * 1000 / AWAY_BLOCK_MSEC;
}

static void aways_make(struct making *making)
{
	for (unsigned block = 0; block < blocks(making->script->seconds); block++) {
		for (unsigned i = SOAK_MODEM_BAD; i < SOAK_MODEM_PREFIX; i++)
			away_make(making, block, i, AWAY_FROM_MSEC);
		away_make(making, block, draw(making, SOAK_MODEM_PREFIX, SOAK_MODEMS - 1),
			  AWAY_PREFIX_FROM_MSEC);
	}
}

/* That moment, or when the modem is back if it is gone for long then or in so long. */
static unsigned away_skip(const struct making *making, unsigned modem, unsigned at_msec,
			  unsigned within_msec)
{
	const struct span *span = &making->away[at_msec / AWAY_BLOCK_MSEC][modem];

	if (at_msec + within_msec < span->from_msec || at_msec >= span->until_msec)
		return at_msec;
	return span->until_msec + AWAY_BACK_MSEC;
}

/*
 * Once in a hundred seconds both modems of the prefix are away for longer than a message in a hurry
 * waits.
 */
#define BLACKOUT_FIRST_MSEC 5000
#define BLACKOUT_EVERY_MSEC 100000
#define BLACKOUT_MSEC ((SOAK_TTL_SECONDS + 5) * 1000)

static void blackouts_make(struct making *making)
{
	unsigned until_msec = making->script->seconds * 1000, from_msec = BLACKOUT_FIRST_MSEC;

	for (; from_msec + BLACKOUT_MSEC < until_msec; from_msec += BLACKOUT_EVERY_MSEC) {
		for (unsigned i = SOAK_MODEM_PREFIX; i < SOAK_MODEMS; i++) {
			if (away_skip(making, i, from_msec, BLACKOUT_MSEC) != from_msec)
				continue;
			step(making, from_msec, SOAK_UNPLUG, i);
			step(making, from_msec + BLACKOUT_MSEC, SOAK_PLUG, i);
		}
	}
}

/* That moment, or the end of the blackout that trouble begun then would run into. */
static unsigned blackout_skip(unsigned at_msec)
{
	unsigned into_msec =
		(at_msec + BLACKOUT_EVERY_MSEC - BLACKOUT_FIRST_MSEC + TROUBLE_MOST_MSEC) %
		BLACKOUT_EVERY_MSEC;

	if (into_msec >= TROUBLE_MOST_MSEC + BLACKOUT_MSEC)
		return at_msec;
	return at_msec + TROUBLE_MOST_MSEC + BLACKOUT_MSEC - into_msec;
}

/* The first moment from that on at which nothing else is to come that trouble would run into. */
static unsigned others_skip(const struct making *making, unsigned modem, unsigned at_msec)
{
	unsigned until_msec = making->script->seconds * 1000, before_msec;

	do {
		before_msec = at_msec;
		if (modem >= SOAK_MODEM_PREFIX)
			at_msec = blackout_skip(at_msec);
		if (at_msec < until_msec)
			at_msec = away_skip(making, modem, at_msec,
					    TROUBLE_MOST_MSEC + AWAY_CALM_MSEC);
	} while (at_msec != before_msec && at_msec < until_msec);
	return at_msec;
}

static void troubles_make(struct making *making, unsigned modem)
{
	unsigned until_msec = making->script->seconds * 1000;
	unsigned at_msec = draw(making, 500, 4000);

	for (;;) {
		at_msec = others_skip(making, modem, at_msec);
		if (at_msec >= until_msec)
			return;
		at_msec = trouble_make(making, at_msec, modem) + draw(making, 100, 3000);
	}
}

static void kills_make(struct making *making)
{
	unsigned until_msec = making->script->seconds * 1000;
	unsigned daemon_until_msec = until_msec / 100 * DAEMON_KILLS_UNTIL_PERCENT;
	unsigned at_msec = draw(making, 1000, 4000);

	for (; at_msec < until_msec; at_msec += draw(making, 300, 3500))
		step(making, at_msec, SOAK_KILL_WORKER, draw(making, 0, 999));
	at_msec = draw(making, 3000, 9000);
	for (; at_msec < daemon_until_msec; at_msec += draw(making, 3000, 15000))
		step(making, at_msec, SOAK_KILL_DAEMON, 0)->amount = draw(making, 0, 1);
}

/* ---------------------------------------------------------------- the whole */

static int step_compare(const void *a, const void *b)
{
	const struct soak_step *one = a, *other = b;

	if (one->at_msec != other->at_msec)
		return one->at_msec < other->at_msec ? -1 : 1;
	return one->order < other->order ? -1 : 1;
}

static void families_make(struct making *making)
{
	bool taken[SOAK_FAMILIES] = { false };

	for (unsigned i = 0; i < SOAK_MODEMS; i++) {
		unsigned drawn;

		do
			drawn = draw(making, 0, SOAK_FAMILIES - 1);
		while (taken[drawn] || !soak_family_fits(&soak_families[drawn], i));
		taken[drawn] = true;
		making->script->families[i] = &soak_families[drawn];
	}
}

/* FNV-1a, of words with their ends. */
static void hash_text(unsigned long long *hash, const char *text)
{
	do {
		*hash ^= (unsigned char)*text;
		*hash *= 0x100000001b3ULL;
	} while (*text++);
}

static unsigned long long script_hash(const struct soak_script *script)
{
	unsigned long long hash = 0xcbf29ce484222325ULL;
	char line[128];

	for (unsigned i = 0; i < SOAK_MODEMS; i++)
		hash_text(&hash, script->families[i]->profile);
	for (unsigned i = 0; i < script->count; i++) {
		const struct traffic_message *out = &script->out[i];

		snprintf(line, sizeof(line), "%s %s %d %u", out->id, out->number, (int)out->fault,
			 out->ttl_seconds);
		hash_text(&hash, line);
		hash_text(&hash, out->text);
		hash_text(&hash, script->in[i].text);
	}
	for (size_t i = 0; i < script->step_count; i++) {
		const struct soak_step *s = &script->steps[i];

		snprintf(line, sizeof(line), "%u %s %u %u %s %s", s->at_msec,
			 soak_action_name(s->action), s->which, s->amount, s->key, s->value);
		hash_text(&hash, line);
	}
	return hash;
}

struct soak_script *soak_script_new(unsigned long long seed, unsigned seconds)
{
	struct soak_script *script = calloc(1, sizeof(*script));
	struct making making = { .script = script, .random = seed * 2 + 1 };

	if (!script)
		return NULL;
	script->seed = seed;
	script->seconds = seconds;
	script->count = MESSAGES_PER_MINUTE * seconds / 60;
	script->out = calloc(script->count, sizeof(*script->out));
	script->in = calloc(script->count, sizeof(*script->in));
	making.away = calloc(blocks(seconds) + 1, sizeof(*making.away));
	if (!script->out || !script->in || !making.away) {
		free(making.away);
		return soak_script_free(script);
	}
	/* Seeds that are near each other begin alike. */
	for (unsigned i = 0; i < 16; i++)
		draw(&making, 0, 1);
	families_make(&making);
	messages_make(&making);
	aways_make(&making);
	blackouts_make(&making);
	for (unsigned i = SOAK_MODEM_BAD; i < SOAK_MODEMS; i++)
		troubles_make(&making, i);
	kills_make(&making);
	free(making.away);
	if (making.failed)
		return soak_script_free(script);
	qsort(script->steps, script->step_count, sizeof(*script->steps), step_compare);
	script->hash = script_hash(script);
	return script;
}

struct soak_script *soak_script_free(struct soak_script *script)
{
	if (!script)
		return NULL;
	free(script->out);
	free(script->in);
	free(script->steps);
	free(script);
	return NULL;
}
