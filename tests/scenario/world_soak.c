/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A script played: each step at its moment or as soon after as can be; then everything is mended,
 * and whatever is under way comes to its end.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/scenario/world_soak_private.h"

#define SECONDS_DEFAULT 60
/* The longest delay before a next try, half an hour, and some more. */
#define SETTLE_MSEC (1800 * 1000 * SOAK_TIME_PERCENT / 100 + 20000)
#define GIVE_UP_MSEC 20000
#define VALIDITY_MSEC (INT64_C(80) * 3600 * 1000) /* longer than any message is worth sending */

int64_t soak_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---------------------------------------------------------------- memory */

static long resident_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

/*
 * Pages of the database, which its cache follows: nPage of the index of its WAL (SQLite, "WAL-mode
 * File Format", 2.1).
 */
static unsigned database_pages(struct soak *soak)
{
	char path[256];
	uint32_t pages = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/state/footbridge.db-shm", world_directory(soak->world));
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fseek(file, 20, SEEK_SET) != 0 || fread(&pages, sizeof(pages), 1, file) != 1)
		pages = 0;
	fclose(file);
	return pages;
}

static struct soak_memory memory_of(struct soak *soak)
{
	return (struct soak_memory){ resident_kib(world_daemon_pid(soak->world)),
				     database_pages(soak) };
}

/* Looked at until a quarter of what this daemon will live is over, if nobody kills it. */
static void memory_look(struct soak *soak, int64_t begun_msec, int64_t now_msec)
{
	int64_t end_msec = begun_msec + (int64_t)soak->script->seconds * 1000;
	int64_t since_msec = soak->daemon_since_msec;

	if (now_msec - since_msec < (end_msec - since_msec) / 4 || soak->early.resident_kib == 0)
		soak->early = memory_of(soak);
}

/* ---------------------------------------------------------------- steps */

static bool modem_op(struct soak *soak, const char *op, unsigned modem)
{
	char name[16];

	soak_modem_name(modem, name);
	return world_cell_try(soak->world, "{s:s,s:s}", "op", op, "modem", name);
}

static bool modem_set(struct soak *soak, unsigned modem, const char *key, const char *value)
{
	char name[16];

	soak_modem_name(modem, name);
	return world_cell_try(soak->world, "{s:s,s:s,s:s,s:s}", "op", "set", "modem", name, "key",
			      key, "value", value);
}

static bool modem_fail(struct soak *soak, unsigned modem, const char *error, unsigned count)
{
	char name[16];

	soak_modem_name(modem, name);
	return world_cell_try(soak->world, "{s:s,s:s,s:s,s:i}", "op", "fail", "modem", name,
			      "error", error, "count", (int)count);
}

static void phone_reach(struct soak *soak, unsigned message)
{
	world_cell_do(soak->world, "{s:s,s:s,s:b}", "op", "phone", "number",
		      soak->script->out[message].number, "reachable", 1);
}

static void submit(struct soak *soak, unsigned index)
{
	int64_t until_msec = world_now_msec() + WORLD_PATIENCE_MSEC;
	const struct traffic_message *message = &soak->script->out[index];

	traffic_fault_set(soak->world, message);
	while (!traffic_submit(soak->world, message, &soak->repeated)) {
		if (world_now_msec() > until_msec)
			world_fail(soak->world, "the message %s is not accepted", message->id);
		poll(NULL, 0, 5);
	}
}

static void type(struct soak *soak, const struct soak_step *step)
{
	char number[16];

	soak_modem_number(step->amount, number);
	traffic_type(soak->world, &soak->script->in[step->which], number);
}

/* The last part first; how many there are nobody knows before the cell has made them. */
static void type_in_disorder(struct soak *soak, const struct soak_step *step)
{
	static const int orders[][3] = { { 3, 1, 2 }, { 2, 1, 0 } };
	const struct traffic_message *message = &soak->script->in[step->which];
	char name[16];

	soak_modem_name(step->amount, name);
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		WORLD_JSON *order = json_array();

		for (size_t j = 0; j < 3 && orders[i][j]; j++)
			json_array_append_new(order, json_integer(orders[i][j]));
		if (world_cell_try(soak->world, "{s:s,s:s,s:s,s:s,s:O}", "op", "incoming", "modem",
				   name, "from", message->number, "text", message->text, "order",
				   order))
			return;
	}
	type(soak, step);
}

static void worker_kill(struct soak *soak, unsigned drawn)
{
	struct soak_kill *kill = &soak->kills[soak->kill_count++];

	traffic_worker_kill(soak->world, drawn, kill->modem);
	kill->at_usec = soak_usec();
}

/* Somebody orders just then, gets no answer, and orders again when the script comes to it. */
static void daemon_kill(struct soak *soak, const struct soak_step *step)
{
	struct soak_outage *outage = &soak->outages[soak->outage_count++];
	unsigned next = soak->done[SOAK_SUBMIT];
	int thrown = -1;

	if (next < soak->script->count && soak->script->out[next].fault == TRAFFIC_FAULT_NONE)
		thrown = traffic_throw(soak->world, &soak->script->out[next], 1);
	outage->from_usec = soak_usec();
	traffic_daemon_kill(soak->world, step->amount != 0);
	outage->until_usec = soak_usec();
	if (thrown >= 0)
		close(thrown);
	soak->daemon_since_msec = world_now_msec();
	soak->early.resident_kib = 0;
}

/* Whether it was done; what another step has made impossible is not. */
static bool step_do(struct soak *soak, const struct soak_step *step)
{
	char name[16];

	switch (step->action) {
	case SOAK_SUBMIT:
		submit(soak, step->which);
		return true;
	case SOAK_TYPE:
		type(soak, step);
		return true;
	case SOAK_DISORDER:
		type_in_disorder(soak, step);
		return true;
	case SOAK_REACHABLE:
		phone_reach(soak, step->which);
		return true;
	case SOAK_SET:
		return modem_set(soak, step->which, step->key, step->value);
	case SOAK_FAIL:
		return modem_fail(soak, step->which, step->key, step->amount);
	case SOAK_HOLD:
		soak_modem_name(step->which, name);
		return world_cell_try(soak->world, "{s:s,s:s,s:s}", "op", "hold", "modem", name,
				      "at", step->key);
	case SOAK_RESUME:
		return modem_op(soak, "resume", step->which);
	case SOAK_UNPLUG:
		return modem_op(soak, "unplug", step->which);
	case SOAK_PLUG:
		return modem_op(soak, "plug", step->which);
	case SOAK_RESTART:
		return modem_op(soak, "restart", step->which);
	case SOAK_KILL_WORKER:
		worker_kill(soak, step->which);
		return true;
	case SOAK_KILL_DAEMON:
		daemon_kill(soak, step);
		return true;
	case SOAK_ACTION_COUNT:
		break;
	}
	return false;
}

static void play(struct soak *soak)
{
	const struct soak_script *script = soak->script;
	int64_t begun_msec = world_now_msec();

	soak->daemon_since_msec = begun_msec;
	for (size_t i = 0; i < script->step_count; i++) {
		const struct soak_step *step = &script->steps[i];
		int64_t now_msec;

		while ((now_msec = world_now_msec()) < begun_msec + step->at_msec)
			poll(NULL, 0, (int)(begun_msec + step->at_msec - now_msec));
		memory_look(soak, begun_msec, now_msec);
		soak->done[step->action] += step_do(soak, step);
	}
	printf("# played in %.1f s of %u\n", (double)(world_now_msec() - begun_msec) / 1000,
	       script->seconds);
}

/* ---------------------------------------------------------------- quiet */

static void mend(struct soak *soak)
{
	static const char *const keys[][2] = {
		{ "silent", "0" }, { "answer_ms", "0" }, { "chatter_ms", "0" },
		{ "noise", "" },   { "sim_busy", "0" },  { "registration", "1" },
	};

	for (unsigned i = SOAK_MODEM_BAD; i < SOAK_MODEMS; i++) {
		(void)modem_op(soak, "resume", i);
		(void)modem_op(soak, "plug", i);
		(void)modem_fail(soak, i, "ERROR", 0);
		for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]); j++)
			if (!modem_set(soak, i, keys[j][0], keys[j][1]))
				world_fail(soak->world, "the cell can't mend %s", keys[j][0]);
	}
	for (unsigned i = 0; i < soak->script->count; i++)
		if (soak->script->out[i].fault == TRAFFIC_FAULT_AWAY)
			phone_reach(soak, i);
}

static unsigned sims_filled(struct soak *soak)
{
	unsigned filled = 0;

	for (unsigned i = 0; i < SOAK_MODEMS; i++) {
		char name[16];

		soak_modem_name(i, name);
		filled += !traffic_sim_is_empty(soak->world, name);
	}
	return filled;
}

/* Says what is still under way when nothing should be any more. */
static bool is_quiet(struct soak *soak, bool last)
{
	static const char *const states[] = { "pending", "sending", NULL };
	json_int_t moving = traffic_count(soak->world, states);
	json_int_t missing = (json_int_t)soak->script->count - traffic_received(soak->world);
	size_t open = soak_open(soak, last);
	unsigned filled = sims_filled(soak);
	bool quiet = moving == 0 && missing <= 0 && filled == 0 && open == 0;

	if (!quiet && last) {
		soak->join.broken++;
		fprintf(stderr,
			"# it does not become quiet: %" JSON_INTEGER_FORMAT
			" pending or sending, %" JSON_INTEGER_FORMAT
			" have not come in, %u SIMs are not empty, %zu sent or unknown\n",
			moving, missing, filled, open);
	}
	return quiet;
}

static void quiet_wait(struct soak *soak, int64_t most_msec)
{
	int64_t until_msec = world_now_msec() + most_msec;

	for (;;) {
		bool last = world_now_msec() > until_msec;

		if (is_quiet(soak, last) || last)
			return;
		world_sleep(soak->world, -1, 500);
	}
}

static void settle(struct soak *soak)
{
	int64_t begun_msec = world_now_msec();

	mend(soak);
	quiet_wait(soak, SETTLE_MSEC);
	soak->end = memory_of(soak);
	/* The centre gives up what is for phones that never come back. */
	soak->given_up = true;
	world_cell_do(soak->world, "{s:s,s:I}", "op", "advance", "ms", (json_int_t)VALIDITY_MSEC);
	quiet_wait(soak, GIVE_UP_MSEC);
	printf("# settled in %.1f s\n", (double)(world_now_msec() - begun_msec) / 1000);
}

/* ---------------------------------------------------------------- the whole */

/* The one that runs; whoever fails knows but the world. */
static struct soak running;
static void (*soak_failed)(const char *what);

/* What is wanted to find out why: how to repeat it, and what all sides have written. */
static void keep_and_fail(const char *what)
{
	static char cp[] = "/bin/cp", all[] = "-aT";
	char kept[128], from[160];
	char *argv[] = { cp, all, from, kept, NULL };
	WORLD_RESULT *copied = NULL;

	running.world->options.failed = soak_failed;
	snprintf(kept, sizeof(kept), "build/soak-%llu", running.script->seed);
	snprintf(from, sizeof(from), "%s", world_directory(running.world));
	world_daemon_kill(running.world);
	copied = world_run(running.world, argv, NULL, 0);
	fprintf(stderr, "# repeat it with SOAK_SEED=%llu SOAK_SECONDS=%u, script %016llx; %s %s\n",
		running.script->seed, running.script->seconds, running.script->hash,
		copied->status == 0 ? "all that was written is in" : "this can't be written:",
		kept);
	world_abandon(running.world);
	soak_failed(what);
}

#define CELL_ARGUMENTS (4 + 2 * SOAK_MODEMS)

/* What is configured beyond its name and number. */
static void modem_more(const struct soak_script *script, unsigned modem, char more[static 128])
{
	const char *prefix = soak_modem_prefix(script, modem);
	size_t at = 0;

	if (modem == SOAK_MODEM_QUOTA)
		at = (size_t)snprintf(more, 128, " quota: { parts_per_minute = %d; };",
				      SOAK_QUOTA_PARTS);
	if (prefix[0])
		snprintf(more + at, 128 - at, " prefixes = [ \"%s\" ]; price = %u;", prefix,
			 modem % 2);
}

static void world_begin(struct soak *soak)
{
	static char modems[SOAK_MODEMS][128], config[SOAK_MODEMS * 256];
	static const char *arguments[CELL_ARGUMENTS + 3];
	size_t count = 0, at = 0;
	struct world_options options = {
		.cell_arguments = arguments,
		.modems = config,
		.config = "modem_discovery = false; delivery: { unknown_minutes = 5; };",
		.time_percent = SOAK_TIME_PERCENT,
		.without_tail = true,
		.failed = soak_failed,
	};

	arguments[count++] = "--part-seconds";
	arguments[count++] = "0.02-0.3";
	for (unsigned i = 0; i < SOAK_MODEMS; i++) {
		const struct soak_family *family = soak->script->families[i];
		char name[16], number[16], more[128] = "", slow[32] = "";

		soak_modem_name(i, name);
		soak_modem_number(i, number);
		if (family->send_msec > 0)
			snprintf(slow, sizeof(slow), ",send_ms=%d", family->send_msec);
		snprintf(modems[i], sizeof(modems[i]), "%s,number=%s,profile=%s%s", name, number,
			 family->profile, slow);
		arguments[count++] = "--modem";
		arguments[count++] = modems[i];
		modem_more(soak->script, i, more);
		at += (size_t)snprintf(config + at, sizeof(config) - at,
				       "%s{ name = \"%s\"; device = \"@/%s\"; number = \"%s\";%s }",
				       i ? ", " : "", name, name, number, more);
	}
	arguments[count] = NULL;
	soak->world = world_open(&options);
	soak->world->options.failed = keep_and_fail;
	for (unsigned i = 0; i < SOAK_MODEMS; i++) {
		char name[16];

		soak_modem_name(i, name);
		world_modem_wait(soak->world, name, "ready");
	}
}

static void script_begin(struct soak *soak)
{
	const char *seconds = getenv("SOAK_SECONDS"), *seed = getenv("SOAK_SEED");
	unsigned length = seconds ? (unsigned)strtoul(seconds, NULL, 10) : SECONDS_DEFAULT;
	unsigned long long drawn =
		seed ? strtoull(seed, NULL, 10)
		     : (unsigned long long)time(NULL) * 1000003ULL + (unsigned)getpid();

	if (length < 10 || length > 86400)
		length = SECONDS_DEFAULT;
	printf("# SOAK_SEED=%llu SOAK_SECONDS=%u\n", drawn, length);
	fflush(stdout);
	soak->script = soak_script_new(drawn, length);
	if (!soak->script)
		abort();
	printf("# script %016llx: %zu steps, %u messages each way\n", soak->script->hash,
	       soak->script->step_count, soak->script->count);
	printf("# modems:");
	for (unsigned i = 0; i < SOAK_MODEMS; i++)
		printf(" %s", soak->script->families[i]->profile);
	printf("\n");
	fflush(stdout);
	soak->outages = calloc(soak->script->step_count, sizeof(*soak->outages));
	soak->kills = calloc(soak->script->step_count, sizeof(*soak->kills));
	if (!soak->outages || !soak->kills)
		abort();
}

void world_soak(void (*failed)(const char *what))
{
	running = (struct soak){ 0 };
	soak_failed = failed;
	script_begin(&running);
	world_begin(&running);
	running.join.world = running.world;
	play(&running);
	settle(&running);
	soak_join(&running);
	if (!world_is_clean(running.world))
		failed("the daemon did not end well");
	world_close(running.world);
	join_free(&running.join);
	soak_script_free(running.script);
	free(running.outages);
	free(running.kills);
}
