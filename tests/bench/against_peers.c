/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How fast Footbridge is beside gammu-smsd and SMSTools3, in one run on the same simulated cell,
 * which answers at once: messages a second through one modem, and the delay from an SMS reaching
 * the modem until somebody is told.  Each has a modem of its own with equal settings; they run one
 * after the other.  All in under four minutes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/scenario/world.h"
#include "tests/scenario/world_http.h"

#define OUR_MESSAGES 3000
#define OUR_CLIENTS 4
#define OUR_RECEIVED 400
#define GAMMU_MESSAGES 12
#define GAMMU_RECEIVED 6
/* It looks for messages every 15 s: they come at any time in between. */
#define GAMMU_SPREAD_MSEC 2500
#define TOOLS_MESSAGES 24
#define PATIENCE_SECONDS 60

static struct world *world;

static void __attribute__((noreturn)) bench_failed(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	if (world)
		world_close(world);
	exit(1);
}

/* ---------------------------------------------------------------- messages a second */

struct rate {
	size_t count;
	double first, last; /* moments of the first and the last submission */
};

/* Waits until the modem has submitted so many, or time is up. */
static struct rate submissions_wait(size_t mark, const char *modem, size_t count)
{
	struct rate rate = { 0 };
	double until = bench_now() + PATIENCE_SECONDS;

	while (rate.count < count && bench_now() < until) {
		const json_t *event = world_cell_event(world, mark);

		if (!event) {
			world_sleep(world, -1, 1000);
			continue;
		}
		mark++;
		if (strcmp(world_text(event, "event"), "submit") != 0 ||
		    strcmp(world_text(event, "modem"), modem) != 0)
			continue;
		if (rate.count++ == 0)
			rate.first = bench_moment(event);
		rate.last = bench_moment(event);
	}
	return rate;
}

static void *client_run(void *userdata)
{
	int fd = world_http_connect(world_socket(world));
	intptr_t refused = 0;

	(void)userdata;

	for (int i = 0; i < OUR_MESSAGES / OUR_CLIENTS && fd >= 0; i++) {
		struct world_http_answer answer = { 0 };
		char body[256];

		snprintf(body, sizeof(body),
			 "{\"to\":[\"+86139000%05d\"],\"text\":\"" BENCH_TEXT "\"}", i % 100);
		if (world_http_exchange(fd, "POST", "/v1/messages", body, strlen(body), &answer) <
			    0 ||
		    answer.status != 202)
			refused++;
		free(answer.body);
	}
	if (fd >= 0)
		close(fd);
	return (void *)(fd < 0 ? 1 : refused);
}

static double our_rate(size_t *ret_count)
{
	pthread_t clients[OUR_CLIENTS];
	size_t mark = world_cell_mark(world);
	double begun = bench_now();
	struct rate rate;
	void *refused;

	for (size_t i = 0; i < OUR_CLIENTS; i++) {
		if (pthread_create(&clients[i], NULL, client_run, NULL) != 0)
			bench_failed("no thread can be started");
	}
	rate = submissions_wait(mark, WORLD_MODEM, OUR_MESSAGES);
	for (size_t i = 0; i < OUR_CLIENTS; i++) {
		pthread_join(clients[i], &refused);
		if (refused)
			bench_failed("the API refused a message");
	}
	*ret_count = rate.count;
	return (double)rate.count / (rate.last - begun);
}

static double gammu_rate(size_t *ret_count)
{
	size_t mark = world_cell_mark(world);
	struct rate rate;
	pid_t pid;

	bench_gammu_fill(world, "gammu", GAMMU_MESSAGES);
	pid = bench_gammu_start(world, "gammu", NULL);
	rate = submissions_wait(mark, "gammu", GAMMU_MESSAGES);
	world_program_end(world, pid);
	*ret_count = rate.count;
	return rate.count > 1 ? (double)(rate.count - 1) / (rate.last - rate.first) : 0;
}

static double tools_rate(size_t *ret_count)
{
	char program[] = "/usr/sbin/smsd", config[258], terminal[] = "-t";
	char *argv[] = { program, config, terminal, NULL };
	const char *directory = world_directory(world);
	size_t mark = world_cell_mark(world);
	FILE *file = bench_file_make(world, "tools.conf", 0600);
	struct rate rate;
	pid_t pid;

	snprintf(config, sizeof(config), "-c%s/tools.conf", directory);
	/* delaytime 10 is its default: 1 lets it look for new files more often. */
	fprintf(file,
		"devices = GSM1\ndelaytime = 1\nlogfile = %s/tools.log\ninfofile = %s/tools.run\n"
		"pidfile = %s/tools.pid\noutgoing = %s/t-out\nchecked = %s/t-checked\n"
		"incoming = %s/t-in\nfailed = %s/t-failed\nsent = %s/t-sent\n"
		"[GSM1]\ndevice = %s/cell/tools\nbaudrate = 115200\nincoming = no\n",
		directory, directory, directory, directory, directory, directory, directory,
		directory, directory);
	fclose(file);
	for (int i = 0; i < TOOLS_MESSAGES; i++) {
		char name[64];

		snprintf(name, sizeof(name), "t-out/message%03d", i);
		file = bench_file_make(world, name, 0600);
		fprintf(file, "To: 8613900000%03d\n\n" BENCH_TEXT "\n", i);
		fclose(file);
	}
	pid = world_program_start(world, argv, "smstools");
	rate = submissions_wait(mark, "tools", TOOLS_MESSAGES);
	world_program_end(world, pid);
	*ret_count = rate.count;
	return rate.count > 1 ? (double)(rate.count - 1) / (rate.last - rate.first) : 0;
}

/* ---------------------------------------------------------------- delay of what comes in */

/* The moment at which the modem announced it. */
static double message_incoming(const char *modem, const char *from)
{
	size_t mark = world_cell_mark(world);
	char field[64], of[64];

	snprintf(field, sizeof(field), "modem=%s", modem);
	snprintf(of, sizeof(of), "from=%s", from);
	world_cell_do(world, "{s:s,s:s,s:s,s:s}", "op", "incoming", "modem", modem, "from", from,
		      "text", BENCH_TEXT);
	return bench_moment(world_cell_wait(world, mark, "deliver", field, of, NULL));
}

static size_t our_delays(double *delays)
{
	for (size_t i = 0; i < OUR_RECEIVED; i++) {
		size_t mark = world_bridge_mark(world);
		char from[16], field[32];
		double came;

		world_number(world, from);
		snprintf(field, sizeof(field), "from=%s", from);
		came = message_incoming(WORLD_MODEM, from);
		world_bridge_wait(world, mark, "message.received", field, NULL);
		delays[i] = bench_now() - came;
	}
	return OUR_RECEIVED;
}

static size_t gammu_delays(double *delays)
{
	double until = bench_now() + PATIENCE_SECONDS + 45;
	char fifo[256], hook[256], byte;
	size_t count = 0;
	FILE *file;
	pid_t pid;
	int fd;

	bench_path(world, fifo, "hook.fifo");
	bench_path(world, hook, "hook");
	if (mkfifo(fifo, 0600) < 0 || (fd = open(fifo, O_RDWR | O_CLOEXEC)) < 0)
		bench_failed(fifo);
	file = bench_file_make(world, "hook", 0700);
	fprintf(file, "#!/bin/sh\nprintf x >%s\n", fifo);
	fclose(file);
	pid = bench_gammu_start(world, "gammu", hook);
	while (count < GAMMU_RECEIVED && bench_now() < until) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		char from[16];
		double came;

		world_number(world, from);
		poll(NULL, 0, (int)count * GAMMU_SPREAD_MSEC);
		came = message_incoming("gammu", from);
		if (poll(&wait, 1, (int)((until - bench_now()) * 1000)) <= 0)
			break;
		if (read(fd, &byte, 1) != 1)
			break;
		delays[count++] = bench_now() - came;
	}
	world_program_end(world, pid);
	close(fd);
	return count;
}

/* ---------------------------------------------------------------- the table */

static void rate_print(const char *name, double rate, double ours, size_t count)
{
	if (rate <= 0) {
		printf("  %-22s          -   sent %zu only\n", name, count);
		return;
	}
	printf("  %-22s %10.1f   %6zu messages", name, rate, count);
	if (rate != ours)
		printf("   Footbridge: %.0f times", ours / rate);
	putchar('\n');
}

static void delay_print(const char *name, double *delays, size_t count)
{
	if (count == 0) {
		printf("  %-38s         -          -   none came\n", name);
		return;
	}
	printf("  %-38s %8.1f   %8.1f   %6zu messages\n", name,
	       1000 * bench_percentile(delays, count, 50),
	       1000 * bench_percentile(delays, count, 99), count);
}

int main(void)
{
	static const char *const cell[] = { "--modem", WORLD_MODEM ",number=" WORLD_MODEM_NUMBER,
					    "--modem", "gammu,number=+8613800000002",
					    "--modem", "tools,number=+8613800000003",
					    NULL };
	static const char *const folders[] = { "t-out", "t-in", "t-checked", "t-failed", "t-sent" };
	static double our_delay[OUR_RECEIVED], gammu_delay[GAMMU_RECEIVED];
	bool gammu = access(BENCH_GAMMU, X_OK) == 0;
	bool tools = access("/usr/sbin/smsd", X_OK) == 0;
	size_t our_count, gammu_count = 0, tools_count = 0, our_received, gammu_received = 0;
	double ours, gammus = 0, toolss = 0;

	world = world_open(&(struct world_options){ .cell_arguments = cell,
						    .time_percent = 100,
						    .without_tail = true,
						    .failed = bench_failed });
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		bench_folder_make(world, folders[i]);

	bench_gammu_prepare(world, "gammu");

	fprintf(stderr, "Footbridge sends %d messages ...\n", OUR_MESSAGES);
	ours = our_rate(&our_count);
	fprintf(stderr, "Footbridge receives %d messages ...\n", OUR_RECEIVED);
	world_tail_start(world);
	our_received = our_delays(our_delay);
	world_daemon_stop(world);
	if (tools) {
		fprintf(stderr, "SMSTools3 sends %d messages ...\n", TOOLS_MESSAGES);
		toolss = tools_rate(&tools_count);
	}
	if (gammu) {
		fprintf(stderr, "gammu-smsd sends %d messages ...\n", GAMMU_MESSAGES);
		gammus = gammu_rate(&gammu_count);
		fprintf(stderr, "gammu-smsd receives %d messages ...\n", GAMMU_RECEIVED);
		gammu_received = gammu_delays(gammu_delay);
	}
	world = world_close(world);

	printf("\nOne modem, a simulated cell that answers at once, this machine, this run.\n"
	       "Footbridge is measured from the first request to its API to the last message at the\n"
	       "cell, each with its status report; the others from their first message to their "
	       "last.\n\n  sending                messages/s\n");
	rate_print("Footbridge", ours, ours, our_count);
	if (tools)
		rate_print("SMSTools3", toolss, ours, tools_count);
	if (gammu)
		rate_print("gammu-smsd (files)", gammus, ours, gammu_count);
	printf("\n  from +CMTI to ...                        p50 ms     p99 ms\n");
	delay_print("Footbridge: the event on `tail`", our_delay, our_received);
	if (gammu)
		delay_print("gammu-smsd: its RunOnReceive hook", gammu_delay, gammu_received);
	if (!tools || !gammu)
		printf("\nNot installed: %s%s\n", tools ? "" : "smstools ",
		       gammu ? "" : "gammu-smsd");
	return our_count == OUR_MESSAGES ? 0 : 1;
}
