/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The world as a whole: its directory, its configuration, the daemon's life, the last words when
 * something goes wrong.
 */
#include "tests/scenario/world_private.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int64_t world_now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *world_directory(const struct world *world)
{
	return world->directory;
}

const char *world_socket(const struct world *world)
{
	return world->socket_path;
}

const char *world_config_path(const struct world *world)
{
	return world->config_path;
}

void world_number(struct world *world, char number[static 16])
{
	snprintf(number, 16, "+86139%08u", ++world->numbers % 100000000U);
}

/* ---------------------------------------------------------------- last words */

static void tail_print(const struct world *world, const char *directory, const char *name)
{
	char path[512], text[4001];
	FILE *file;
	size_t got;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fseek(file, -4000, SEEK_END) != 0)
		rewind(file);
	got = fread(text, 1, sizeof(text) - 1, file);
	text[got] = '\0';
	fclose(file);
	fprintf(stderr, "# ---- the end of %s\n%s\n", path + strlen(world->directory) + 1, text);
}

static bool file_has(const struct world *world, const char *name, const char *word)
{
	char path[256], line[2048];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", world->directory, name);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, word) != NULL;
	if (file)
		fclose(file);
	return found;
}

bool world_is_clean(struct world *world)
{
	static const char *const files[] = { "daemon.err", "cell.err", "tail.err" };
	int status = world_daemon_stop(world);
	bool clean = status == 0;

	if (!clean)
		fprintf(stderr, "# the daemon ended with status %d\n", status);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		bool bad = file_has(world, files[i], "Sanitizer") ||
			   file_has(world, files[i], "runtime error:");

		if (bad || (status != 0 && i == 0))
			tail_print(world, world->directory, files[i]);
		clean = clean && !bad;
	}
	return clean;
}

void world_fail(struct world *world, const char *format, ...)
{
	void (*failed)(const char *what) = world->options.failed;
	char what[1024];
	va_list ap;
	size_t count;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	fprintf(stderr, "# %s\n", what);
	tail_print(world, world->directory, "daemon.err");
	tail_print(world, world->directory, "cell.err");
	tail_print(world, world->directory, "tail.err");
	tail_print(world, world->cell_directory, "events.jsonl");
	count = json_array_size(world->bridge_events.items);
	fprintf(stderr, "# ---- the bridge's last events\n");
	for (size_t i = count > 12 ? count - 12 : 0; i < count; i++) {
		json_dumpf(json_array_get(world->bridge_events.items, i), stderr, JSON_COMPACT);
		fputc('\n', stderr);
	}
	if (!world->opened)
		world_close(world);
	failed(what);
	abort(); /* it has not returned */
}

/* ---------------------------------------------------------------- the daemon */

void world_daemon_start(struct world *world)
{
	static char config[] = "--config", percent_option[] = "--time-percent";
	static char clock_option[] = "--clock-synchronised=no";
	int64_t until = world_now_msec() + WORLD_PATIENCE_MSEC;
	char program[512], percent[16];
	char *argv[] = {
		program, config, world->config_path, percent_option, percent, NULL, NULL,
	};

	if (world->options.clock_unkept)
		argv[5] = clock_option;
	world_program(world, "footbridged", program);
	snprintf(percent, sizeof(percent), "%u",
		 world->options.time_percent ? world->options.time_percent : 20);
	world_child_start(world, &world->daemon, argv, 0, "daemon.err");
	/* The wait is for its death; its life is asked for in between. */
	while (world_api_probe(world) == 0) {
		int status = world_child_wait(&world->daemon, 10);

		if (status >= 0)
			world_fail(world, "the daemon ended at once with status %d", status);
		if (world_now_msec() > until)
			world_fail(world, "the daemon does not answer");
	}
	if (!world->options.without_tail)
		world_tail_start(world);
}

int world_daemon_stop(struct world *world)
{
	int status;

	world_tail_stop(world);
	if (world->daemon.pid <= 0)
		return 0;
	kill(world->daemon.pid, SIGTERM);
	status = world_child_wait(&world->daemon, WORLD_PATIENCE_MSEC);
	if (status < 0)
		world_fail(world, "the daemon does not end on SIGTERM");
	return status;
}

void world_daemon_kill(struct world *world)
{
	world_tail_stop(world);
	world_child_end(&world->daemon, SIGKILL);
}

pid_t world_daemon_pid(const struct world *world)
{
	return world->daemon.pid;
}

/* ---------------------------------------------------------------- workers */

/* Whether /proc/PID/cmdline is that of a worker, and whose child it is. */
static bool process_is_worker(pid_t pid, pid_t *ret_parent)
{
	char path[64], line[512];
	FILE *file;
	size_t got;
	int parent = 0;
	char state = 'Z';

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	got = fread(line, 1, sizeof(line) - 1, file);
	line[got] = '\0';
	fclose(file);
	if (!strstr(line, "footbridge-modem"))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c %d", &state, &parent) != 2)
		state = 'Z';
	fclose(file);
	*ret_parent = parent;
	return state != 'Z';
}

/* The pids of footbridge-modem that the daemon started, up to capacity. */
static size_t workers_find(pid_t daemon, pid_t *pids, size_t capacity)
{
	DIR *directory = opendir("/proc");
	const struct dirent *entry;
	size_t count = 0;

	while (directory && (entry = readdir(directory)) && count < capacity) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10), parent;

		if (pid > 0 && process_is_worker(pid, &parent) && parent == daemon)
			pids[count++] = pid;
	}
	if (directory)
		closedir(directory);
	return count;
}

size_t world_worker_pids(struct world *world, pid_t *pids, size_t capacity)
{
	return workers_find(world->daemon.pid, pids, capacity);
}

pid_t world_worker_pid(struct world *world)
{
	pid_t pid;

	return workers_find(world->daemon.pid, &pid, 1) == 1 ? pid : 0;
}

void world_worker_kill(struct world *world)
{
	int64_t until = world_now_msec() + WORLD_PATIENCE_MSEC;
	pid_t pid;

	while ((pid = world_worker_pid(world)) == 0) {
		if (world_now_msec() > until)
			world_fail(world, "there is no worker to kill");
		world_wait_any(world, 5);
	}
	kill(pid, SIGKILL);
	/* It is the daemon's child: gone when the daemon has reaped it. */
	while (kill(pid, 0) == 0) {
		if (world_now_msec() > until)
			world_fail(world, "the daemon does not reap its worker");
		poll(NULL, 0, 1);
	}
}

/* The kernel marks what is deleted by now. */
static bool target_is(const char *target, const char *path)
{
	size_t size = strlen(path);

	return strncmp(target, path, size) == 0 &&
	       (target[size] == '\0' || strcmp(target + size, " (deleted)") == 0);
}

bool world_process_opened(pid_t pid, const char *path, char found[static WORLD_FOUND_SIZE])
{
	char folder[64], link[96], target[512];
	DIR *directory;
	const struct dirent *entry;

	found[0] = '\0';
	snprintf(folder, sizeof(folder), "/proc/%d/fd", pid);
	directory = opendir(folder);
	while (directory && !found[0] && (entry = readdir(directory))) {
		ssize_t size;

		snprintf(link, sizeof(link), "%s/%.20s", folder, entry->d_name);
		size = readlink(link, target, sizeof(target) - 1);
		if (size <= 0)
			continue;
		target[size] = '\0';
		if (target_is(target, path))
			snprintf(found, WORLD_FOUND_SIZE, "%s is %s", link, target);
	}
	if (directory)
		closedir(directory);
	return found[0] != '\0';
}

/* The modem's tty behind its symlink. */
static void tty_name(struct world *world, char tty[static 256])
{
	char link[256];
	ssize_t size;

	snprintf(link, sizeof(link), "%s/" WORLD_MODEM, world->cell_directory);
	size = readlink(link, tty, 255);
	if (size <= 0)
		world_fail(world, "%s is no link", link);
	tty[size] = '\0';
}

void world_worker_opened(struct world *world)
{
	int64_t until = world_now_msec() + WORLD_PATIENCE_MSEC;
	char tty[256], descriptor[WORLD_FOUND_SIZE];
	pid_t pid;

	tty_name(world, tty);
	while ((pid = world_worker_pid(world)) == 0 ||
	       !world_process_opened(pid, tty, descriptor)) {
		if (world_now_msec() > until)
			world_fail(world, "no worker opens %s", tty);
		poll(NULL, 0, 1);
	}
}

/* Why it counts, and what each of its threads waits for, as far as the kernel tells. */
static void process_explain(pid_t pid, const char *descriptor)
{
	char path[64], name[384], text[256];
	struct dirent *entry;
	DIR *threads;

	fprintf(stderr, "worker %d: %s\n", pid, descriptor);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	while (threads && (entry = readdir(threads))) {
		FILE *file;

		snprintf(name, sizeof(name), "%s/%s/syscall", path, entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(name, "re");
		if (!file)
			continue;
		fprintf(stderr, "worker %d, thread %s: %s\n", pid, entry->d_name,
			fgets(text, sizeof(text), file) ? text : "");
		fclose(file);
	}
	if (threads)
		closedir(threads);
}

/* An orphan is known by the world's tty among its open files. */
void world_workers_gone(struct world *world)
{
	int64_t until = world_now_msec() + WORLD_PATIENCE_MSEC;
	char tty[256], descriptor[WORLD_FOUND_SIZE];

	tty_name(world, tty);
	for (;;) {
		DIR *directory = opendir("/proc");
		const struct dirent *entry;
		bool found = false;
		pid_t pid = 0, parent;

		while (directory && !found && (entry = readdir(directory))) {
			pid = (pid_t)strtol(entry->d_name, NULL, 10);
			found = pid > 0 && process_is_worker(pid, &parent) &&
				world_process_opened(pid, tty, descriptor);
		}
		if (directory)
			closedir(directory);
		if (!found)
			return;
		if (world_now_msec() > until) {
			process_explain(pid, descriptor);
			world_fail(world, "a worker outlives its daemon");
		}
		poll(NULL, 0, 5);
	}
}

/* ---------------------------------------------------------------- open, close */

static void config_write(struct world *world)
{
	FILE *file = fopen(world->config_path, "we");
	const struct world_options *options = &world->options;

	if (!file)
		world_fail(world, "%s: %s", world->config_path, strerror(errno));
	fprintf(file, "state_directory = \"%s/state\";\n", world->directory);
	fprintf(file, "country_code = \"86\"; trunk_prefix = \"0\";\n");
	/* The machine's own modems are not this test's. */
	if (!options->config || !strstr(options->config, "modem_discovery"))
		fprintf(file, "modem_discovery = false;\n");
	fprintf(file, "api: { socket = \"%s\"; };\n", world->socket_path);
	fprintf(file, "modems: ( ");
	for (const char *at = options->modems; at && *at; at++) {
		if (*at == '@')
			fputs(world->cell_directory, file);
		else
			fputc(*at, file);
	}
	if (!options->modems)
		fprintf(file,
			"{ name = \"" WORLD_MODEM "\"; device = \"%s/" WORLD_MODEM "\"; "
			"number = \"" WORLD_MODEM_NUMBER "\"; }",
			world->cell_directory);
	fprintf(file, " );\n%s\n", options->config ? options->config : "");
	fclose(file);
	chmod(world->config_path, 0600);
}

struct world *world_open(const struct world_options *options)
{
	const char *base = getenv("TMPDIR"), *programs = getenv("FOOTBRIDGE_BIN");
	struct world *world = calloc(1, sizeof(*world));

	if (!world) {
		options->failed("no memory for a world");
		abort();
	}
	world->options = *options;
	world->programs = programs ? programs : "build/bin";
	world->control = world->watch = -1;
	world->cell_events.fd = world->bridge_events.fd = -1;
	world->cell.in = world->cell.out = world->daemon.in = world->daemon.out = -1;
	world->tail.in = world->tail.out = -1;
	signal(SIGPIPE, SIG_IGN);
	snprintf(world->directory, sizeof(world->directory), "%.64s/footbridge-XXXXXX",
		 base ? base : "/tmp");
	if (!mkdtemp(world->directory))
		options->failed("no temporary directory can be made");
	snprintf(world->cell_directory, sizeof(world->cell_directory), "%s/cell", world->directory);
	snprintf(world->config_path, sizeof(world->config_path), "%s/footbridge.conf",
		 world->directory);
	snprintf(world->socket_path, sizeof(world->socket_path), "%s/api.sock", world->directory);
	if (mkdir(world->cell_directory, 0700) < 0)
		world_fail(world, "%s: %s", world->cell_directory, strerror(errno));
	world->bridge_events.items = json_array();
	world_cell_open(world);
	config_write(world);
	if (!options->without_daemon) {
		world_daemon_start(world);
		if (!options->modems)
			world_modem_wait(world, WORLD_MODEM, "ready");
	}
	world->opened = true;
	return world;
}

static int entry_remove(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	(void)status;
	(void)kind;
	(void)at;
	return remove(path);
}

void world_abandon(struct world *world)
{
	pid_t children[] = { world->tail.pid, world->daemon.pid, world->cell.pid };

	for (size_t i = 0; i < sizeof(children) / sizeof(children[0]); i++)
		if (children[i] > 0)
			kill(children[i], SIGKILL);
	world_others_end(world, SIGKILL);
	nftw(world->directory, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

struct world *world_close(struct world *world)
{
	if (!world)
		return NULL;
	world_others_end(world, SIGKILL);
	world_tail_stop(world);
	world_child_end(&world->daemon, SIGTERM);
	world_cell_close(world);
	world_lines_close(&world->bridge_events);
	nftw(world->directory, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(world);
	return NULL;
}
