/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What accepting a message durably costs: a real footbridged without modems, asked over its unix
 * socket by 64 callers at once, on this disk and on one that takes 20 ms for every sync; and how
 * soon it is ready with a million messages in its store.  Refuses a file system in memory, where
 * nothing is durable.  About a minute; TMPDIR says on which disk (/var/tmp).
 */
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bridge/base/spawn.h"
#include "bridge/store/vfs.h"
#include "tests/bench/bench.h"
#include "tests/scenario/world_http.h"

#define CALLERS 64
#define SECONDS 8
#define MILLION 1000000
#define PATIENCE_SECONDS 30

static char directory[128], socket_path[160], config_path[160], database_path[192];
static pid_t daemon_pid;
static unsigned serial; /* of messages */

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
	(void)status;
	(void)type;
	(void)at;
	return remove(path);
}

static void daemon_end(int signal_number)
{
	if (daemon_pid <= 0)
		return;
	kill(daemon_pid, signal_number);
	waitpid(daemon_pid, NULL, 0);
	daemon_pid = 0;
}

static void finish(void)
{
	daemon_end(SIGKILL);
	if (directory[0])
		nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void __attribute__((noreturn)) bench_failed(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1); /* finish() cleans up */
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---------------------------------------------------------------- the disk, the daemon */

static void directory_make(void)
{
	const char *top = getenv("TMPDIR");
	struct statfs system;
	FILE *file;

	snprintf(directory, sizeof(directory), "%s/store-bench-XXXXXX", top ? top : "/var/tmp");
	if (!mkdtemp(directory)) {
		directory[0] = '\0';
		bench_failed("no directory can be made; set TMPDIR");
	}
	if (statfs(directory, &system) < 0 || system.f_type == TMPFS_MAGIC ||
	    system.f_type == RAMFS_MAGIC)
		bench_failed("TMPDIR is in memory, where nothing is durable; set it to a disk's");
	snprintf(socket_path, sizeof(socket_path), "%s/api.sock", directory);
	snprintf(config_path, sizeof(config_path), "%s/footbridge.conf", directory);
	snprintf(database_path, sizeof(database_path), "%s/state/footbridge.db", directory);
	file = fopen(config_path, "we");
	if (!file)
		bench_failed(config_path);
	fprintf(file,
		"state_directory = \"%s/state\";\napi: { socket = \"%s\"; };\nmodem_discovery = false;\n",
		directory, socket_path);
	fchmod(fileno(file), 0600);
	fclose(file);
}

static double sync_seconds(void)
{
	static char page[4096];
	double times[41];
	char path[192];
	int fd;

	snprintf(path, sizeof(path), "%s/sync", directory);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (size_t i = 0; i < 41 && fd >= 0; i++) {
		double begun = now_seconds();

		if (pwrite(fd, page, sizeof(page), (off_t)(i * sizeof(page))) < 0 ||
		    fdatasync(fd) < 0)
			bench_failed("the disk does not sync");
		times[i] = now_seconds() - begun;
	}
	if (fd < 0)
		bench_failed(path);
	close(fd);
	return bench_percentile(times, 41, 50);
}

/* footbridged with that fault (NULL: none); returns at once. */
static void daemon_start(const char *fault)
{
	static char self[256];
	const char *bin = getenv("FOOTBRIDGE_BIN");
	char program[256], preload[300], log[192];
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);

	snprintf(program, sizeof(program), "%s/footbridged", bin ? bin : "build/bin");
	self[size > 0 ? size : 0] = '\0';
	/* OUT/tests/bench/store_bench, OUT/fault_vfs.so */
	for (int i = 0; i < 3 && strrchr(self, '/'); i++)
		*strrchr(self, '/') = '\0';
	snprintf(preload, sizeof(preload), "%s/fault_vfs.so", self);
	snprintf(log, sizeof(log), "%s/daemon.log", directory);
	if (fault && access(preload, R_OK) < 0)
		bench_failed("fault_vfs.so is not built");
	unlink(socket_path);
	daemon_pid = fork();
	if (daemon_pid < 0)
		bench_failed("no process can be started");
	if (daemon_pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

		dup2(fd, STDERR_FILENO);
		dup2(fd, STDOUT_FILENO);
		if (fault) {
			setenv("LD_PRELOAD", preload, 1);
			setenv("FOOTBRIDGE_FAULT", fault, 1);
		}
		execl(program, program, "--config", config_path, (char *)NULL);
		_exit(127);
	}
}

/* One request; returns the status, and the number behind a word of the answer. */
static int ask(int fd, const char *path, const char *word, long *ret_number)
{
	struct world_http_answer answer = { 0 };
	const char *found;

	if (world_http_exchange(fd, "GET", path, NULL, 0, &answer) < 0)
		return -1;
	found = word && answer.body ? strstr(answer.body, word) : NULL;
	if (found)
		*ret_number = strtol(found + strlen(word), NULL, 10);
	free(answer.body);
	return answer.status;
}

/* Until /v1/status says 200; the connection stays open. */
static int daemon_wait(void)
{
	double until = now_seconds() + PATIENCE_SECONDS;

	while (now_seconds() < until) {
		int fd = world_http_connect(socket_path);

		if (fd >= 0 && ask(fd, "/v1/status", NULL, NULL) == 200)
			return fd;
		if (fd >= 0)
			close(fd);
		if (waitpid(daemon_pid, NULL, WNOHANG) == daemon_pid) {
			daemon_pid = 0;
			bench_failed("footbridged has ended; is FOOTBRIDGE_BIN right?");
		}
		usleep(500);
	}
	bench_failed("footbridged is not ready");
}

/* ---------------------------------------------------------------- messages a second */

static atomic_bool probing;
#define PROBES_MAX 20000
static double probes[PROBES_MAX];
static size_t probe_count;

/* What needs no store is answered by the loop at once: how long that takes is how late it is. */
static void *probe_run(void *userdata)
{
	int fd = world_http_connect(socket_path);

	(void)userdata;
	for (probe_count = 0; atomic_load(&probing) && probe_count < PROBES_MAX && fd >= 0;) {
		double begun = now_seconds();

		if (ask(fd, "/v1/nothing", NULL, NULL) != 404)
			break;
		probes[probe_count++] = now_seconds() - begun;
		usleep(1000);
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

struct caller {
	int fd;
	size_t got;
	char answer[8192];
};

static void caller_ask(struct caller *caller)
{
	char request[512], body[256];
	int size;

	snprintf(body, sizeof(body), "{\"to\":[\"+86139%08u\"],\"text\":\"" BENCH_TEXT "\"}",
		 ++serial);
	size = snprintf(request, sizeof(request),
			"POST /v1/messages HTTP/1.1\r\nHost: bench\r\n"
			"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			strlen(body), body);
	caller->got = 0;
	if (send(caller->fd, request, (size_t)size, MSG_NOSIGNAL) != size)
		bench_failed("the daemon hangs up");
}

/* True when the answer is whole; it must be 202. */
static bool caller_hear(struct caller *caller)
{
	ssize_t got = recv(caller->fd, caller->answer + caller->got,
			   sizeof(caller->answer) - 1 - caller->got, 0);
	const char *end, *length;

	if (got <= 0)
		bench_failed("the daemon hangs up");
	caller->got += (size_t)got;
	caller->answer[caller->got] = '\0';
	end = strstr(caller->answer, "\r\n\r\n");
	length = strcasestr(caller->answer, "\r\nContent-Length:");
	if (!end || !length ||
	    caller->got < (size_t)(end + 4 - caller->answer) + strtoul(length + 17, NULL, 10))
		return false;
	if (strncmp(caller->answer, "HTTP/1.1 202", 12) != 0)
		bench_failed(caller->answer);
	return true;
}

/* Messages accepted in SECONDS; ret_all: with those that were under way at the end. */
static unsigned callers_run(unsigned *ret_all)
{
	static struct caller callers[CALLERS];
	struct epoll_event events[CALLERS];
	int poll_fd = epoll_create1(EPOLL_CLOEXEC), running = CALLERS;
	double until = now_seconds() + SECONDS;
	unsigned accepted = 0;

	*ret_all = 0;
	for (size_t i = 0; i < CALLERS; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &callers[i] };

		callers[i].fd = world_http_connect(socket_path);
		if (callers[i].fd < 0 ||
		    epoll_ctl(poll_fd, EPOLL_CTL_ADD, callers[i].fd, &event) < 0)
			bench_failed("no connection to the daemon");
		caller_ask(&callers[i]);
	}
	while (running > 0) {
		int count = epoll_wait(poll_fd, events, CALLERS, PATIENCE_SECONDS * 1000);

		if (count <= 0)
			bench_failed("the daemon is silent");
		for (int i = 0; i < count; i++) {
			struct caller *caller = events[i].data.ptr;

			if (!caller_hear(caller))
				continue;
			++*ret_all;
			if (now_seconds() < until) {
				accepted++;
				caller_ask(caller);
			} else {
				close(caller->fd);
				running--;
			}
		}
	}
	close(poll_fd);
	return accepted;
}

static void rate_measure(const char *name, const char *fault, double aim)
{
	unsigned accepted, all;
	pthread_t probe;
	long before = 0, after = 0;
	double rate, worst;
	int fd;

	daemon_start(fault);
	fd = daemon_wait();
	ask(fd, "/v1/status", "\"pending\":", &before);
	atomic_store(&probing, true);
	if (pthread_create(&probe, NULL, probe_run, NULL) != 0)
		bench_failed("no thread can be started");
	accepted = callers_run(&all);
	atomic_store(&probing, false);
	pthread_join(probe, NULL);
	close(fd);

	/* Accepted is accepted, whatever becomes of the daemon. */
	daemon_end(SIGKILL);
	daemon_start(NULL);
	fd = daemon_wait();
	ask(fd, "/v1/status", "\"pending\":", &after);
	close(fd);
	daemon_end(SIGTERM);
	if (after - before != (long)all)
		bench_failed("messages that were accepted are not there after kill -9");

	rate = (double)accepted / SECONDS;
	worst = bench_percentile(probes, probe_count, 100);
	printf("  %-30s %8.0f   %6.0f %s %8.1f %8.1f %8.1f %s\n", name, rate, aim,
	       rate >= aim ? "  " : "NO", 1000 * bench_percentile(probes, probe_count, 50),
	       1000 * bench_percentile(probes, probe_count, 99), 1000 * worst,
	       worst < 0.010 ? "" : "NO");
	fflush(stdout);
}

/* ---------------------------------------------------------------- a million messages */

static void sql(sqlite3 *handle, const char *statement)
{
	char *error = NULL;

	if (sqlite3_exec(handle, statement, NULL, NULL, &error) != SQLITE_OK)
		bench_failed(error);
}

/* The first row of a table again and again, but for the columns that must differ. */
static void rows_repeat(sqlite3 *handle, const char *table, const char *changes[][2])
{
	char query[4096], columns[2048] = "", values[2048] = "", list[128];
	sqlite3_stmt *names;

	snprintf(list, sizeof(list), "SELECT name FROM pragma_table_info('%s')", table);
	if (sqlite3_prepare_v2(handle, list, -1, &names, NULL) != SQLITE_OK)
		bench_failed(sqlite3_errmsg(handle));
	while (sqlite3_step(names) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(names, 0), *value = name;
		size_t at = strlen(columns), value_at = strlen(values);

		for (size_t i = 0; changes[i][0]; i++)
			if (strcmp(changes[i][0], name) == 0)
				value = changes[i][1];
		snprintf(columns + at, sizeof(columns) - at, "%s%s", at ? ", " : "", name);
		snprintf(values + value_at, sizeof(values) - value_at, "%s%s", at ? ", " : "",
			 value);
	}
	sqlite3_finalize(names);
	snprintf(query, sizeof(query),
		 "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		 " INSERT INTO %s (%s) SELECT %s FROM n, (SELECT * FROM %s LIMIT 1)",
		 MILLION - 1, table, columns, values, table);
	sql(handle, query);
}

/* The daemon makes the first message, by its own schema; then there are a million of it. */
static void million_make(void)
{
	static const char *message[][2] = { { "seq", "seq + i" },
					    { "id", "id || '-' || i" },
					    { NULL, NULL } };
	static const char *delivery[][2] = { { "seq", "seq + i" },
					     { "id", "id || '-' || i" },
					     { "message", "message + i" },
					     { NULL, NULL } };
	static const char *message_part[][2] = { { "message", "message + i" }, { NULL, NULL } };
	static const char *part[][2] = { { "delivery", "delivery + i" }, { NULL, NULL } };
	struct caller caller = { 0 };
	sqlite3 *handle;
	int fd;

	nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	directory_make();
	daemon_start(NULL);
	caller.fd = daemon_wait();
	caller_ask(&caller);
	while (!caller_hear(&caller))
		;
	close(caller.fd);
	daemon_end(SIGTERM);

	if (vfs_register() != SQLITE_OK ||
	    sqlite3_open_v2(database_path, &handle, SQLITE_OPEN_READWRITE, VFS_NAME) != SQLITE_OK)
		bench_failed(database_path);
	sql(handle, "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN");
	rows_repeat(handle, "message", message);
	rows_repeat(handle, "message_part", message_part);
	rows_repeat(handle, "delivery", delivery);
	rows_repeat(handle, "part", part);
	sql(handle, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
	sqlite3_close(handle);
	/* As after a start of the machine: not in memory. */
	fd = open(database_path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
		bench_failed(database_path);
	close(fd);
}

static void start_measure(void)
{
	struct stat status;
	double begun, ready;
	long pending = 0;
	int fd;

	million_make();
	begun = now_seconds();
	daemon_start(NULL);
	fd = daemon_wait();
	ready = now_seconds() - begun;
	ask(fd, "/v1/status", "\"pending\":", &pending);
	close(fd);
	daemon_end(SIGTERM);
	if (pending != MILLION)
		bench_failed("they are not a million");
	stat(database_path, &status);
	printf("\n  from exec to ready with %ld messages (%ld MB), nothing of it in memory:"
	       " %.3f s   aim: 1 s %s\n",
	       pending, (long)(status.st_size >> 20), ready, ready < 1 ? "" : "NO");
}

int main(void)
{
	double sync;

	atexit(finish);
	directory_make();
	sync = sync_seconds();
	printf("\nDurable messages, %d callers over the unix socket, one message each; a sync of this\n"
	       "disk takes %.1f ms.  The loop's lag is what an answer takes that needs no store.\n\n"
	       "                                 accepted/s     aim      lag p50 ms   p99    worst\n",
	       CALLERS, 1000 * sync);
	rate_measure("this disk", NULL, 3000);
	rate_measure("20 ms for every sync", "sync_ms=20", 1000);
	start_measure();
	return 0;
}
