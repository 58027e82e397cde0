/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The messages, the faults of the network, the kills.  What is checked in the end is in
 * world_join.c.  A message counts as accepted when the API has answered it; a caller that gets no
 * answer asks again under the same id, as a caller should.
 */
#include "tests/scenario/world_chaos.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/scenario/world_chaos_private.h"
#include "tests/scenario/world_http.h"

#define KILLS_DEFAULT 50
#define UPTIME_MOST_MSEC 900 /* a worker is ready after a quarter of a second */
#define SETTLE_MSEC 60000

/* xorshift64*: the same seed, the same moments and texts. */
static unsigned chaos_random(struct chaos *chaos, unsigned below)
{
	chaos->random ^= chaos->random >> 12;
	chaos->random ^= chaos->random << 25;
	chaos->random ^= chaos->random >> 27;
	return (unsigned)((chaos->random * 0x2545F4914F6CDD1DULL) >> 33) % below;
}

/* ---------------------------------------------------------------- the messages */

static void text_make(struct chaos *chaos, const char *kind, unsigned index, char *text)
{
	static const unsigned gsm7_units[] = { 60, 250, 420 }, ucs2_units[] = { 40, 110, 180 };
	bool wide = chaos_random(chaos, 4) == 0;
	unsigned units = (wide ? ucs2_units : gsm7_units)[chaos_random(chaos, 3)];
	size_t at = (size_t)snprintf(text, CHAOS_TEXT_SIZE, "%s %03u ", kind, index);

	for (unsigned i = (unsigned)at; i < units; i++) {
		if (wide) {
			memcpy(text + at, "\xe6\xb5\x8b", 3);
			at += 3;
		} else {
			text[at++] = (char)('a' + chaos_random(chaos, 26));
		}
	}
	text[at] = '\0';
}

static void faults_set(struct chaos *chaos, struct chaos_message *message, unsigned index)
{
	message->fault = CHAOS_FAULT_NONE;
	if (index % 20 == 7)
		message->fault = CHAOS_FAULT_REPORT;
	else if (index % 40 == 13)
		message->fault = CHAOS_FAULT_REFUSED;
	else if (index % 20 == 3)
		message->fault = CHAOS_FAULT_TEMPORARY;
	switch (message->fault) {
	case CHAOS_FAULT_NONE:
		break;
	case CHAOS_FAULT_REPORT:
		world_cell_do(chaos->world, "{s:s,s:s,s:s,s:i}", "op", "report", "number",
			      message->number, "mode", "fail", "status", 0x41);
		break;
	case CHAOS_FAULT_REFUSED:
		world_cell_do(chaos->world, "{s:s,s:s,s:s,s:i}", "op", "fail", "number",
			      message->number, "error", "CMS:1", "count", 1000);
		break;
	case CHAOS_FAULT_TEMPORARY:
		world_cell_do(chaos->world, "{s:s,s:s,s:s,s:i}", "op", "fail", "number",
			      message->number, "error", "CMS:38", "count", 1);
		break;
	}
}

static void messages_make(struct chaos *chaos)
{
	for (unsigned i = 0; i < CHAOS_MESSAGES; i++) {
		struct chaos_message *out = &chaos->out[i], *in = &chaos->in[i];

		snprintf(out->id, sizeof(out->id), "chaos-%03u", i);
		snprintf(out->number, sizeof(out->number), "+86137%08u", i);
		snprintf(in->number, sizeof(in->number), "+86136%08u", i);
		text_make(chaos, "out", i, out->text);
		text_make(chaos, "in", i, in->text);
		faults_set(chaos, out, i);
	}
}

static char *message_body(const struct chaos_message *message)
{
	WORLD_JSON *body = json_pack("{s:s,s:[s],s:s}", "id", message->id, "to", message->number,
				     "text", message->text);

	return json_dumps(body, JSON_COMPACT);
}

/* The next one that is not accepted yet, once; whether it is now. */
static bool message_submit(struct chaos *chaos)
{
	struct chaos_message *message = &chaos->out[chaos->submitted];
	struct world_http_answer answer = { 0 };
	char *text = message_body(message);
	int fd = world_http_connect(world_socket(chaos->world)), r = fd;

	if (fd >= 0)
		r = world_http_exchange(fd, "POST", "/v1/messages", text, strlen(text), &answer);
	if (fd >= 0)
		close(fd);
	free(text);
	free(answer.body);
	if (r == 0 && answer.status != 202 && answer.status != 200 && answer.status != 503)
		world_fail(chaos->world, "the message %s was answered %d", message->id,
			   answer.status);
	if (r < 0 || answer.status == 503)
		return false;
	chaos->repeated += answer.status == 200;
	chaos->submitted++;
	return true;
}

/*
 * The next one is ordered, and its answer not waited for: the kill comes just then.  A connection, or
 * -1.
 */
static int message_throw(struct chaos *chaos)
{
	int fd = chaos->submitted < CHAOS_MESSAGES ? world_http_connect(world_socket(chaos->world))
						   : -1;
	char *text;

	if (fd < 0)
		return -1;
	text = message_body(&chaos->out[chaos->submitted]);
	dprintf(fd,
		"POST /v1/messages HTTP/1.1\r\nHost: footbridge\r\nContent-Length: %zu\r\n\r\n%s",
		strlen(text), text);
	free(text);
	poll(NULL, 0, (int)chaos_random(chaos, 4));
	return fd;
}

static void message_type(struct chaos *chaos)
{
	const struct chaos_message *message = &chaos->in[chaos->typed];

	world_cell_do(chaos->world, "{s:s,s:s,s:s,s:s}", "op", "type", "phone", message->number,
		      "to", chaos->typed % 2 ? CHAOS_SOUTH_NUMBER : WORLD_MODEM_NUMBER, "text",
		      message->text);
	chaos->typed++;
}

/* ---------------------------------------------------------------- the kills */

/*
 * Traffic until the moment comes; by three quarters of the kills, all of it has been ordered, but for
 * what comes in last: it brings the network's time, by which the last daemon can trust its clock.
 */
static void traffic(struct chaos *chaos, unsigned round, int64_t until_msec)
{
	unsigned due = CHAOS_MESSAGES * 4 * (round + 1) / (3 * chaos->kills);

	if (due > CHAOS_MESSAGES)
		due = CHAOS_MESSAGES;
	while (world_now_msec() < until_msec) {
		bool some = false;

		if (chaos->submitted < due)
			some = message_submit(chaos);
		if (chaos->typed < due && chaos->typed < CHAOS_MESSAGES - 4) {
			message_type(chaos);
			some = true;
		}
		if (!some)
			poll(NULL, 0, 1);
	}
}

static void worker_kill(struct chaos *chaos)
{
	int64_t until_msec = world_now_msec() + WORLD_PATIENCE_MSEC;
	pid_t pids[2];
	size_t count;

	while ((count = world_worker_pids(chaos->world, pids, 2)) == 0) {
		if (world_now_msec() > until_msec)
			world_fail(chaos->world, "there is no worker to kill");
		poll(NULL, 0, 1);
	}
	kill(pids[chaos_random(chaos, (unsigned)count)], SIGKILL);
}

static void daemon_kill(struct chaos *chaos, bool workers_too)
{
	pid_t pids[2];
	size_t count = workers_too ? world_worker_pids(chaos->world, pids, 2) : 0;

	world_daemon_kill(chaos->world);
	for (size_t i = 0; i < count; i++)
		kill(pids[i], SIGKILL);
	world_daemon_start(chaos->world);
}

static void kill_someone(struct chaos *chaos)
{
	switch (chaos->victim) {
	case CHAOS_DAEMON:
		daemon_kill(chaos, false);
		break;
	case CHAOS_WORKER:
		worker_kill(chaos);
		break;
	case CHAOS_ANY:
		switch (chaos_random(chaos, 3)) {
		case 0:
			daemon_kill(chaos, false);
			break;
		case 1:
			worker_kill(chaos);
			break;
		case 2:
			daemon_kill(chaos, true);
			break;
		}
		break;
	}
}

/* ---------------------------------------------------------------- the end */

static json_int_t still_open(struct chaos *chaos)
{
	static const char *const states[] = { "pending", "sending", "unknown", "sent" };
	json_int_t open = 0;
	char path[32];
	int status;
	WORLD_JSON *shown = world_http(chaos->world, "GET", "/v1/status", NULL, &status);

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		snprintf(path, sizeof(path), "queue.%s", states[i]);
		open += world_integer(shown, path);
	}
	return open;
}

static bool sim_is_empty(struct chaos *chaos, const char *modem)
{
	WORLD_JSON *store = world_cell(chaos->world, "{s:s,s:s}", "op", "store", "modem", modem);

	return json_array_size(world_at(store, "slots")) == 0;
}

/* Everything has been ordered; the modems and time do the rest. */
static void settle(struct chaos *chaos)
{
	int64_t until_msec = world_now_msec() + SETTLE_MSEC;

	while (chaos->submitted < CHAOS_MESSAGES)
		message_submit(chaos);
	while (chaos->typed < CHAOS_MESSAGES)
		message_type(chaos);
	/* What waits for the SIMs to have room is with the centre, not with us. */
	while (still_open(chaos) > 0 || chaos_inbox_size(chaos) < CHAOS_MESSAGES ||
	       !sim_is_empty(chaos, WORLD_MODEM) || !sim_is_empty(chaos, CHAOS_SOUTH)) {
		if (world_now_msec() > until_msec) {
			fprintf(stderr, "# %" JSON_INTEGER_FORMAT " are open, %zu came in\n",
				still_open(chaos), chaos_inbox_size(chaos));
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
			       CHAOS_SOUTH ",number=" CHAOS_SOUTH_NUMBER,
			       NULL };
	const struct world_options options = {
		.cell_arguments = cell,
		.modems = "{ name = \"" WORLD_MODEM "\"; device = \"@/" WORLD_MODEM
			  "\"; number = \"" WORLD_MODEM_NUMBER "\"; }, { name = \"" CHAOS_SOUTH
			  "\"; device = \"@/" CHAOS_SOUTH "\"; number = \"" CHAOS_SOUTH_NUMBER
			  "\"; }",
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
	world_modem_wait(chaos.world, CHAOS_SOUTH, "ready");
	messages_make(&chaos);
	for (unsigned i = 0; i < chaos.kills; i++) {
		unsigned uptime_msec = chaos_random(&chaos, UPTIME_MOST_MSEC);

		int thrown;

		traffic(&chaos, i, world_now_msec() + uptime_msec);
		thrown = chaos_random(&chaos, 2) ? message_throw(&chaos) : -1;
		kill_someone(&chaos);
		if (thrown >= 0)
			close(thrown);
	}
	settle(&chaos);
	if (!world_is_clean(chaos.world))
		failed("the daemon did not end well");
	world_close(chaos.world);
}
