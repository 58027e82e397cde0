/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The pool: how busy it keeps 16 modems that need 3 s a part, what that costs, and what gammu-smsd
 * makes of the same modems; what a modem that hangs for ever does to the others; and what one
 * modem costs at rest, in memory and wake-ups.  BENCH_SECONDS (60) says how long; four times that
 * in all.  On a machine with other work, the times are those of the machine.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/scenario/world.h"
#include "tests/scenario/world_http.h"

#define POOL_MODEMS 16
#define GAMMU_MODEMS 4
#define PART_SECONDS 3
#define SUBMITS_MAX 4096 /* of a modem */
#define PATIENCE_SECONDS 30
#define PROCESSES_MAX (POOL_MODEMS + 1)

static struct world *world;
static int http = -1;
static unsigned seconds = 60;

static void __attribute__((noreturn)) bench_failed(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	if (world)
		world_close(world);
	exit(1);
}

static void world_make(const struct world_options *options)
{
	world = world_open(options);
	http = world_http_connect(world_socket(world));
	if (http < 0)
		bench_failed("no connection to the daemon");
}

static void world_end(void)
{
	close(http);
	http = -1;
	world = world_close(world);
}

/* Sleeps, and takes what the cell has written meanwhile. */
static void sleep_until(double until)
{
	double left;

	while ((left = until - bench_now()) > 0)
		world_sleep(world, -1, (int)(left * 1000) + 1);
}

/* A message to a number that nobody has ever talked with: any modem may take it. */
static void message_submit(char number[static 16])
{
	struct world_http_answer answer = { 0 };
	char body[256];

	world_number(world, number);
	snprintf(body, sizeof(body), "{\"to\":[\"%s\"],\"text\":\"" BENCH_TEXT "\"}", number);
	if (world_http_exchange(http, "POST", "/v1/messages", body, strlen(body), &answer) < 0 ||
	    answer.status != 202)
		bench_failed("the API refused a message");
	free(answer.body);
}

static const char *verdict(bool met)
{
	return met ? "" : "   NO";
}

/* ---------------------------------------------------------------- what the processes cost */

static size_t processes_find(pid_t pids[static PROCESSES_MAX])
{
	pids[0] = world_daemon_pid(world);
	return 1 + world_worker_pids(world, pids + 1, PROCESSES_MAX - 1);
}

/* User and system time of all its threads. */
static double process_cpu_seconds(pid_t pid)
{
	unsigned long user = 0, system = 0;
	char path[64], line[1024] = "";
	const char *rest;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	rest = strrchr(line, ')');
	if (!rest || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			    &system) != 2)
		bench_failed("a process has ended");
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double processes_cpu_seconds(const pid_t *pids, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += process_cpu_seconds(pids[i]);
	return sum;
}

/* The number behind a word of /proc/PID/NAME. */
static unsigned long process_number(pid_t pid, const char *name, const char *word)
{
	unsigned long number = 0;
	char path[320], line[256];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file)) {
		found = strncmp(line, word, strlen(word)) == 0;
		if (found)
			number = strtoul(line + strlen(word), NULL, 10);
	}
	if (file)
		fclose(file);
	if (!found)
		bench_failed(path);
	return number;
}

/* How often its threads have gone to sleep: each time something has woken them. */
static unsigned long process_sleeps(pid_t pid)
{
	char path[64], name[300];
	const struct dirent *entry;
	unsigned long sum = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		bench_failed("a process has ended");
	while ((entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "task/%s/status", entry->d_name);
		sum += process_number(pid, name, "voluntary_ctxt_switches:");
	}
	closedir(tasks);
	return sum;
}

/* ---------------------------------------------------------------- parts on the air */

/*
 * What the cell says of one modem.  The event "submit" is the moment of its +CMGS: the part has been
 * on the air for the PART_SECONDS before.
 */
struct air {
	char name[16];
	double submits[SUBMITS_MAX];
	size_t count;
};

static struct air pool[POOL_MODEMS], gammus[GAMMU_MODEMS];
static size_t events_seen;

static void airs_note(struct air *airs, size_t count, const json_t *event)
{
	const char *modem = world_text(event, "modem");

	for (size_t i = 0; i < count; i++)
		if (strcmp(airs[i].name, modem) == 0 && airs[i].count < SUBMITS_MAX)
			airs[i].submits[airs[i].count++] = bench_moment(event);
}

static void events_take(void)
{
	const json_t *event;

	while ((event = world_cell_event(world, events_seen))) {
		events_seen++;
		if (strcmp(world_text(event, "event"), "submit") != 0)
			continue;
		airs_note(pool, POOL_MODEMS, event);
		airs_note(gammus, GAMMU_MODEMS, event);
	}
}

/* Waits until each modem has submitted something after that moment; says when all had. */
static double airs_wait(const struct air *airs, size_t count, double after)
{
	double until = bench_now() + PATIENCE_SECONDS;
	size_t done = 0;

	for (;;) {
		events_take();
		while (done < count && airs[done].count > 0 &&
		       airs[done].submits[airs[done].count - 1] > after)
			done++;
		if (done == count || bench_now() > until)
			break;
		world_sleep(world, -1, 1000);
	}
	if (done < count)
		fprintf(stderr, "bench: %s sends nothing more\n", airs[done].name);
	return bench_now();
}

static double clip(double value, double from, double to)
{
	return value < from ? from : value > to ? to : value;
}

/* The share of a time in which it had a part on the air. */
static double air_busy(const struct air *air, double from, double to)
{
	double sum = 0;

	for (size_t i = 0; i < air->count; i++)
		sum += clip(air->submits[i], from, to) -
		       clip(air->submits[i] - PART_SECONDS, from, to);
	return sum / (to - from);
}

/* Parts an hour of one modem, from its first submission to its last. */
static double airs_rate(const struct air *airs, size_t count)
{
	double parts = 0, time = 0;

	for (size_t i = 0; i < count; i++) {
		if (airs[i].count < 2)
			continue;
		parts += (double)(airs[i].count - 1);
		time += airs[i].submits[airs[i].count - 1] - airs[i].submits[0];
	}
	return time > 0 ? parts / time * 3600 : 0;
}

/* From each +CMGS to the next Ctrl-Z, over all modems. */
static void gaps_print(double from, double to)
{
	static double gaps[POOL_MODEMS * SUBMITS_MAX];
	size_t count = 0;

	for (size_t m = 0; m < POOL_MODEMS; m++)
		for (size_t i = 1; i < pool[m].count; i++)
			if (pool[m].submits[i - 1] > from && pool[m].submits[i] < to)
				gaps[count++] =
					pool[m].submits[i] - pool[m].submits[i - 1] - PART_SECONDS;
	printf("  between two parts of a modem: p50 %.1f ms, p99 %.1f ms, worst %.1f ms\n",
	       1000 * bench_percentile(gaps, count, 50), 1000 * bench_percentile(gaps, count, 99),
	       1000 * bench_percentile(gaps, count, 100));
}

/* ---------------------------------------------------------------- 16 modems */

static void pool_open(void)
{
	static char config[POOL_MODEMS * 48];
	static const char *cell[(POOL_MODEMS + GAMMU_MODEMS) * 2 + 3];
	size_t at = 0, count = 0;

	for (size_t i = 0; i < POOL_MODEMS; i++) {
		snprintf(pool[i].name, sizeof(pool[i].name), "modem%zu", i + 1);
		at += (size_t)snprintf(config + at, sizeof(config) - at,
				       "%s{ name = \"%s\"; device = \"@/%s\"; }", i ? ", " : "",
				       pool[i].name, pool[i].name);
		cell[count++] = "--modem";
		cell[count++] = pool[i].name;
	}
	for (size_t i = 0; i < GAMMU_MODEMS; i++) {
		snprintf(gammus[i].name, sizeof(gammus[i].name), "gammu%zu", i + 1);
		cell[count++] = "--modem";
		cell[count++] = gammus[i].name;
	}
	cell[count++] = "--part-seconds";
	cell[count++] = "3";
	world_make(&(struct world_options){ .cell_arguments = cell,
					    .modems = config,
					    .time_percent = 100,
					    .without_tail = true,
					    .failed = bench_failed });
	for (size_t i = 0; i < POOL_MODEMS; i++)
		world_modem_wait(world, pool[i].name, "ready");
}

static void pool_print(double from, double to, double cpu)
{
	double busy[POOL_MODEMS], sum = 0, core = cpu / (to - from);

	for (size_t i = 0; i < POOL_MODEMS; i++)
		sum += busy[i] = air_busy(&pool[i], from, to);
	printf("\n%d modems, %d s a part, work always waiting, for %.0f s.  Busy is the time from\n"
	       "Ctrl-Z to +CMGS, %d s by the cell's clock and no more, of all time.\n\n",
	       POOL_MODEMS, PART_SECONDS, to - from, PART_SECONDS);
	printf("  busy: %.2f %% (mean), %.2f %% (the least busy modem)   aim: 99 %%%s\n",
	       100 * sum / POOL_MODEMS, 100 * bench_percentile(busy, POOL_MODEMS, 0),
	       verdict(bench_percentile(busy, POOL_MODEMS, 0) >= 0.99));
	gaps_print(from, to);
	printf("  daemon and workers: %.2f %% of one core   aim: under 10 %%%s\n", 100 * core,
	       verdict(core < 0.10));
}

static void pool_measure(void)
{
	pid_t pids[PROCESSES_MAX];
	double from, to, cpu;
	char number[16];
	size_t count;

	fprintf(stderr, "%d modems send for %u s ...\n", POOL_MODEMS, seconds);
	pool_open();
	for (unsigned i = 0; i < POOL_MODEMS * (seconds / PART_SECONDS + 10); i++)
		message_submit(number);
	from = airs_wait(pool, POOL_MODEMS, 0);
	count = processes_find(pids);
	if (count != POOL_MODEMS + 1)
		bench_failed("there is not one worker for each modem");
	cpu = processes_cpu_seconds(pids, count);
	sleep_until(from + seconds);
	cpu = processes_cpu_seconds(pids, count) - cpu;
	to = bench_now();
	airs_wait(pool, POOL_MODEMS, to);
	world_daemon_stop(world);
	pool_print(from, to, cpu);
}

static void gammu_measure(void)
{
	double until = bench_now() + seconds / 2.0 + 5, ours, theirs;
	pid_t pids[GAMMU_MODEMS];

	if (access(BENCH_GAMMU, X_OK) != 0) {
		printf("  not installed: gammu-smsd\n");
		return;
	}
	fprintf(stderr, "gammu-smsd sends with %d modems for %u s ...\n", GAMMU_MODEMS,
		seconds / 2 + 5);
	for (size_t i = 0; i < GAMMU_MODEMS; i++) {
		bench_gammu_prepare(world, gammus[i].name);
		bench_gammu_fill(world, gammus[i].name, seconds / PART_SECONDS + 10);
		pids[i] = bench_gammu_start(world, gammus[i].name, NULL);
	}
	sleep_until(until);
	events_take();
	for (size_t i = 0; i < GAMMU_MODEMS; i++)
		world_program_end(world, pids[i]);
	ours = airs_rate(pool, POOL_MODEMS);
	theirs = airs_rate(gammus, GAMMU_MODEMS);
	printf("  parts of a modem an hour: %.0f", ours);
	if (theirs > 0)
		printf("; gammu-smsd (files), one process a modem, %d modems: %.0f; Footbridge: "
		       "%.2f times\n",
		       GAMMU_MODEMS, theirs, ours / theirs);
	else
		printf("; gammu-smsd has sent nothing\n");
}

/* ---------------------------------------------------------------- one that hangs */

#define LATENCIES_MAX 20000

struct latencies {
	double values[LATENCIES_MAX];
	size_t count;
};

/* One message after the other, at odd moments; from the request to the cell's "submit". */
static void latencies_measure(struct latencies *latencies, double duration)
{
	double until = bench_now() + duration;

	while (bench_now() < until && latencies->count < LATENCIES_MAX) {
		size_t mark = world_cell_mark(world);
		double begun = bench_now();
		char number[16], to[32];
		const json_t *event;

		message_submit(number);
		snprintf(to, sizeof(to), "to=%s", number);
		event = world_cell_wait(world, mark, "submit", to, NULL);
		latencies->values[latencies->count++] = bench_moment(event) - begun;
		sleep_until(bench_now() + 0.005 + (double)(latencies->count * 7 % 40) / 1000);
	}
}

#define DELAY_MOST 0.050

/* How many came so much later than usual. */
static size_t latencies_late(const struct latencies *latencies, double usual)
{
	size_t late = 0;

	for (size_t i = 0; i < latencies->count; i++)
		late += latencies->values[i] > usual + DELAY_MOST;
	return late;
}

static void latencies_print(const char *name, struct latencies *latencies, double usual)
{
	printf("  %-24s %8.1f %8.1f %8.1f   %4zu of %zu\n", name,
	       1000 * bench_percentile(latencies->values, latencies->count, 50),
	       1000 * bench_percentile(latencies->values, latencies->count, 99),
	       1000 * bench_percentile(latencies->values, latencies->count, 100),
	       latencies_late(latencies, usual), latencies->count);
}

/* The modem freezes between Ctrl-Z and its answer, and nothing it is sent moves it again. */
static void modem_hang(const char *modem)
{
	double until = bench_now() + PATIENCE_SECONDS;
	size_t mark = world_cell_mark(world);
	char number[16];

	world_cell_do(world, "{s:s,s:s,s:s}", "op", "hold", "modem", modem, "at", "submit");
	while (world_cell_count(world, mark, "held", NULL) == 0) {
		if (bench_now() > until)
			bench_failed("the modem that is to hang is given no message");
		message_submit(number);
		sleep_until(bench_now() + 0.02);
	}
}

static void hang_measure(void)
{
	static const char *const cell[] = { "--modem", "one",     "--modem", "two", "--modem",
					    "three",   "--modem", "four",    NULL };
	static const char *const names[] = { "one", "two", "three", "four" };
	static struct latencies without, with;
	double usual, delay;

	fprintf(stderr, "Four modems send for %u s, then one of them hangs ...\n", seconds / 4);
	/* The tenth of all patience: the ladder is climbed while we look. */
	world_make(&(struct world_options){ .cell_arguments = cell,
					    .modems =
						    "{ name = \"one\"; device = \"@/one\"; }, "
						    "{ name = \"two\"; device = \"@/two\"; }, "
						    "{ name = \"three\"; device = \"@/three\"; }, "
						    "{ name = \"four\"; device = \"@/four\"; }",
					    .time_percent = 10,
					    .without_tail = true,
					    .failed = bench_failed });
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		world_modem_wait(world, names[i], "ready");
	latencies_measure(&without, seconds / 4.0);
	modem_hang("one");
	latencies_measure(&with, seconds / 2.0);
	world_end();

	usual = bench_percentile(without.values, without.count, 50);
	delay = bench_percentile(with.values, with.count, 100) - usual;
	printf("\nFour modems that answer at once, one of which then hangs for ever in a send, with "
	       "all\nthat is tried to bring it back.  From the request to the part on the air:\n\n"
	       "                             p50 ms   p99 ms    worst   50 ms later than usual\n");
	latencies_print("all four work", &without, usual);
	latencies_print("one hangs", &with, usual);
	printf("  worst with the one that hangs, beside the p50 without: %+.1f ms   aim: 50 "
	       "ms%s\n",
	       1000 * delay, verdict(delay <= DELAY_MOST));
	if (delay > DELAY_MOST && latencies_late(&without, usual) > 0)
		printf("  (no judgement: this machine makes messages wait so long without it, "
		       "too)\n");
}

/* ---------------------------------------------------------------- one modem, at rest */

#define WARM_UP_MESSAGES 50
#define SETTLE_SECONDS 10

static void memory_print(const pid_t *pids, size_t count)
{
	unsigned long all = 0, all_shared = 0;

	printf("\nOne modem, after %d messages, at rest:\n\n", WARM_UP_MESSAGES);
	for (size_t i = 0; i < count; i++) {
		unsigned long resident = process_number(pids[i], "smaps_rollup", "Rss:");
		unsigned long shared = process_number(pids[i], "smaps_rollup", "Pss:");

		printf("  %-18s %6lu kB resident, %6lu kB with its share of what is shared\n",
		       i == 0 ? "footbridged" : "footbridge-modem", resident, shared);
		all += resident;
		all_shared += shared;
	}
	printf("  %-18s %6lu kB resident, %6lu kB with its share   aim: 15 MB%s\n", "all", all,
	       all_shared, verdict(all <= 15 * 1024));
}

static void rest_measure(void)
{
	unsigned long before[PROCESSES_MAX], sum = 0;
	/* Every minute the worker looks through the SIM: whole minutes. */
	unsigned rest_seconds = (seconds + 59) / 60 * 60;
	pid_t pids[PROCESSES_MAX];
	double begun, time;
	char number[16], to[32];
	size_t count, mark;

	fprintf(stderr, "One modem rests for %u s ...\n", rest_seconds);
	world_make(&(struct world_options){
		.time_percent = 100, .without_tail = true, .failed = bench_failed });
	mark = world_cell_mark(world);
	for (unsigned i = 0; i < WARM_UP_MESSAGES; i++)
		message_submit(number);
	snprintf(to, sizeof(to), "to=%s", number);
	world_cell_wait(world, mark, "submit", to, NULL);
	sleep_until(bench_now() + SETTLE_SECONDS);
	count = processes_find(pids);
	memory_print(pids, count);

	begun = bench_now();
	for (size_t i = 0; i < count; i++)
		before[i] = process_sleeps(pids[i]);
	sleep_until(begun + rest_seconds);
	time = bench_now() - begun;
	for (size_t i = 0; i < count; i++) {
		unsigned long woken = process_sleeps(pids[i]) - before[i];

		printf("  %-18s %6.2f wake-ups a second\n",
		       i == 0 ? "footbridged" : "footbridge-modem", (double)woken / time);
		sum += woken;
	}
	printf("  %-18s %6.2f wake-ups a second, in %.0f s   aim: 2%s\n", "all", (double)sum / time,
	       time, verdict((double)sum / time <= 2));
	world_end();
}

int main(void)
{
	const char *given = getenv("BENCH_SECONDS");

	if (given)
		seconds = (unsigned)strtoul(given, NULL, 10);
	if (seconds < 12 || seconds > 3600) {
		fprintf(stderr, "bench: BENCH_SECONDS is to be 12 to 3600\n");
		return 2;
	}
	pool_measure();
	gammu_measure();
	world_end();
	fflush(stdout);
	hang_measure();
	fflush(stdout);
	rest_measure();
	return 0;
}
