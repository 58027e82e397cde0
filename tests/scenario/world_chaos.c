/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The messages, the faults of the network, the kills: made and checked as world_traffic.h and
 * world_join.h say.
 */
#include "tests/scenario/world_chaos.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/scenario/world_join.h"

#define MESSAGES 200U
#define SOUTH "south"
#define SOUTH_NUMBER "+8613800000002"

#define KILLS_DEFAULT 50
#define UPTIME_MOST_MSEC 900 /* a worker is ready after a quarter of a second */
#define SETTLE_MSEC 60000

struct chaos {
	struct world *world;
	enum chaos_victim victim;
	unsigned kills;
	unsigned long long seed, random;
	struct traffic_message out[MESSAGES], in[MESSAGES];
	unsigned submitted, typed; /* how many */
	unsigned repeated;         /* submissions whose first answer was lost */
};

/* ---------------------------------------------------------------- the messages */

static enum traffic_fault fault_of(unsigned index)
{
	if (index % 20 == 7)
		return TRAFFIC_FAULT_REPORT;
	if (index % 40 == 13)
		return TRAFFIC_FAULT_REFUSED;
	return index % 20 == 3 ? TRAFFIC_FAULT_TEMPORARY : TRAFFIC_FAULT_NONE;
}

static void messages_make(struct chaos *chaos)
{
	for (unsigned i = 0; i < MESSAGES; i++) {
		struct traffic_message *out = &chaos->out[i], *in = &chaos->in[i];

		snprintf(out->id, sizeof(out->id), "chaos-%03u", i);
		snprintf(out->number, sizeof(out->number), "+86137%08u", i);
		snprintf(in->number, sizeof(in->number), "+86136%08u", i);
		traffic_text(&chaos->random, "out", i, out->text);
		traffic_text(&chaos->random, "in", i, in->text);
		out->fault = fault_of(i);
		traffic_fault_set(chaos->world, out);
	}
}

static bool submit_next(struct chaos *chaos)
{
	bool accepted =
		traffic_submit(chaos->world, &chaos->out[chaos->submitted], &chaos->repeated);

	chaos->submitted += accepted;
	return accepted;
}

static void type_next(struct chaos *chaos)
{
	traffic_type(chaos->world, &chaos->in[chaos->typed],
		     chaos->typed % 2 ? SOUTH_NUMBER : WORLD_MODEM_NUMBER);
	chaos->typed++;
}

/* ---------------------------------------------------------------- the kills */

/*
 * Traffic until the moment comes; by three quarters of the kills, all of it has been ordered, but for
 * what comes in last: it brings the network's time, by which the last daemon can trust its clock.
 */
static void traffic(struct chaos *chaos, unsigned round, int64_t until_msec)
{
	unsigned due = MESSAGES * 4 * (round + 1) / (3 * chaos->kills);

	if (due > MESSAGES)
		due = MESSAGES;
	while (world_now_msec() < until_msec) {
		bool some = false;

		if (chaos->submitted < due)
			some = submit_next(chaos);
		if (chaos->typed < due && chaos->typed < MESSAGES - 4) {
			type_next(chaos);
			some = true;
		}
		if (!some)
			poll(NULL, 0, 1);
	}
}

static void kill_someone(struct chaos *chaos)
{
	char modem[64];

	switch (chaos->victim) {
	case CHAOS_DAEMON:
		traffic_daemon_kill(chaos->world, false);
		break;
	case CHAOS_WORKER:
		traffic_worker_kill(chaos->world, traffic_random(&chaos->random, 1000), modem);
		break;
	case CHAOS_ANY:
		switch (traffic_random(&chaos->random, 3)) {
		case 0:
			traffic_daemon_kill(chaos->world, false);
			break;
		case 1:
			traffic_worker_kill(chaos->world, traffic_random(&chaos->random, 1000),
					    modem);
			break;
		case 2:
			traffic_daemon_kill(chaos->world, true);
			break;
		}
		break;
	}
}

/* ---------------------------------------------------------------- the end */

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

static void chaos_join(struct chaos *chaos)
{
	struct join join = { .world = chaos->world };

	join_read(&join);
	for (unsigned i = 0; i < MESSAGES; i++)
		join_sent(&join, &chaos->out[i]);
	join_received(&join, chaos->in, MESSAGES);
	printf("# %u kills: %u messages out (%u delivered, %u failed as the cell wanted), %u in; "
	       "%u submitted again\n",
	       chaos->kills, MESSAGES, join.delivered, join.failed, MESSAGES, chaos->repeated);
	join_print(&join);
	settled_print(chaos);
	fflush(stdout);
	join_free(&join);
	if (join.marked > chaos->kills)
		world_fail(chaos->world, "%u parts are marked as perhaps twice, after %u kills",
			   join.marked, chaos->kills);
	if (join.broken > 0)
		world_fail(chaos->world, "%u promises are broken; repeat with FOOTBRIDGE_SEED=%llu",
			   join.broken, chaos->seed);
}

/* Everything has been ordered; the modems and time do the rest. */
static void settle(struct chaos *chaos)
{
	static const char *const open[] = { "pending", "sending", "unknown", "sent", NULL };
	int64_t until_msec = world_now_msec() + SETTLE_MSEC;

	while (chaos->submitted < MESSAGES)
		submit_next(chaos);
	while (chaos->typed < MESSAGES)
		type_next(chaos);
	/* What waits for the SIMs to have room is with the centre, not with us. */
	while (traffic_count(chaos->world, open) > 0 || traffic_received(chaos->world) < MESSAGES ||
	       !traffic_sim_is_empty(chaos->world, WORLD_MODEM) ||
	       !traffic_sim_is_empty(chaos->world, SOUTH)) {
		if (world_now_msec() > until_msec) {
			fprintf(stderr,
				"# %" JSON_INTEGER_FORMAT " are open, %" JSON_INTEGER_FORMAT
				" came in\n",
				traffic_count(chaos->world, open), traffic_received(chaos->world));
			break; /* the join says which */
		}
		world_sleep(chaos->world, -1, 100);
	}
	chaos_join(chaos);
}

static void chaos_begin(struct chaos *chaos)
{
	const char *kills = getenv("FOOTBRIDGE_KILLS"), *seed = getenv("FOOTBRIDGE_SEED");

	chaos->kills = kills ? (unsigned)strtoul(kills, NULL, 10) : KILLS_DEFAULT;
	chaos->seed = seed ? strtoull(seed, NULL, 10)
			   : (unsigned long long)time(NULL) * 1000003ULL + (unsigned)getpid();
	if (chaos->kills < 1 || chaos->kills > 10000)
		chaos->kills = KILLS_DEFAULT;
	chaos->random = chaos->seed | 1;
	printf("# %u kills, FOOTBRIDGE_SEED=%llu\n", chaos->kills, chaos->seed);
	fflush(stdout);
}

void world_chaos(enum chaos_victim victim, void (*failed)(const char *what))
{
	static struct chaos chaos;
	char part_seconds[16];
	const char *cell[] = { "--part-seconds",
			       part_seconds,
			       "--modem",
			       WORLD_MODEM ",number=" WORLD_MODEM_NUMBER,
			       "--modem",
			       SOUTH ",number=" SOUTH_NUMBER,
			       NULL };
	const struct world_options options = {
		.cell_arguments = cell,
		.modems = "{ name = \"" WORLD_MODEM "\"; device = \"@/" WORLD_MODEM
			  "\"; number = \"" WORLD_MODEM_NUMBER "\"; }, { name = \"" SOUTH
			  "\"; device = \"@/" SOUTH "\"; number = \"" SOUTH_NUMBER "\"; }",
		.config = "delivery: { unknown_minutes = 5; };",
		.time_percent = 2,
		.without_tail = true,
		.failed = failed,
	};

	chaos = (struct chaos){ .victim = victim };
	chaos_begin(&chaos);
	/* The air takes so long that parts are on it at most of the kills, however many. */
	snprintf(part_seconds, sizeof(part_seconds), "%u.%03u", chaos.kills / 1000,
		 chaos.kills % 1000);
	chaos.world = world_open(&options);
	world_modem_wait(chaos.world, WORLD_MODEM, "ready");
	world_modem_wait(chaos.world, SOUTH, "ready");
	messages_make(&chaos);
	for (unsigned i = 0; i < chaos.kills; i++) {
		unsigned uptime_msec = traffic_random(&chaos.random, UPTIME_MOST_MSEC);
		int thrown = -1;

		traffic(&chaos, i, world_now_msec() + uptime_msec);
		if (traffic_random(&chaos.random, 2) && chaos.submitted < MESSAGES)
			thrown = traffic_throw(chaos.world, &chaos.out[chaos.submitted],
					       traffic_random(&chaos.random, 4));
		kill_someone(&chaos);
		if (thrown >= 0)
			close(thrown);
	}
	settle(&chaos);
	if (!world_is_clean(chaos.world))
		failed("the daemon did not end well");
	world_close(chaos.world);
}
