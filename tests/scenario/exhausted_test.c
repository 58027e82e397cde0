/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Out of descriptors, a worker program that dies at once again and again, a worker out of memory:
 * the daemon stays, answers, costs next to nothing meanwhile, and goes on when it can.
 */
#include "tests/scenario/scenario.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---------------------------------------------------------------- descriptors */

#define CROWD 200

static rlim_t open_files(pid_t pid)
{
	char path[64];
	DIR *directory;
	rlim_t count = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	directory = opendir(path);
	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* Milliseconds of processor time that the process has used. */
static long used_msec(pid_t pid)
{
	char path[64];
	unsigned long user = 0, kernel = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file,
				"%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				&user, &kernel),
			 2);
	fclose(file);
	return (long)(user + kernel) * 1000 / sysconf(_SC_CLK_TCK);
}

/* Does not wait in the queue of the daemon's socket: -1 when that is full. */
static int crowd_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0 && strlen(path) < sizeof(address.sun_path));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void a_crowd_takes_every_descriptor_and_goes_again(void **state)
{
	pid_t daemon = world_daemon_pid(*state);
	struct rlimit before, few;
	char phone[16], id[65];
	int crowd[CROWD];
	long used;

	few.rlim_cur = open_files(daemon) + 8;
	assert_int_equal(prlimit(daemon, RLIMIT_NOFILE, NULL, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(prlimit(daemon, RLIMIT_NOFILE, &few, NULL), 0);
	for (size_t i = 0; i < CROWD; i++)
		crowd[i] = crowd_connect(world_socket(*state));
	/* A new worker needs descriptors as well: it has to wait for them. */
	world_worker_kill(*state);
	used = used_msec(daemon);
	poll(NULL, 0, 1500);
	used = used_msec(daemon) - used;
	for (size_t i = 0; i < CROWD; i++)
		if (crowd[i] >= 0)
			close(crowd[i]);
	print_message("# %ld ms of processor time in 1500 ms without descriptors\n", used);
	assert_in_range(used, 0, 500);

	world_modem_wait(*state, WORLD_MODEM, "ready");
	assert_int_equal(world_daemon_pid(*state), daemon);
	world_number(*state, phone);
	world_send(*state, phone, "Room again.", 11, id);
	json_decref(world_message_wait(*state, id, "delivered"));
	assert_int_equal(prlimit(daemon, RLIMIT_NOFILE, &before, NULL), 0);
}

/* ---------------------------------------------------------------- a worker that is no good */

/* A folder of programs like the real one, but for the worker. */
struct programs {
	char folder[128], worker[160], runs[160];
	char *real; /* absolute */
};

static void program_copy(const struct programs *programs, const char *name)
{
	char from[512], to[256], bytes[65536];
	int in, out;
	ssize_t got;

	snprintf(from, sizeof(from), "%s/%s", programs->real, name);
	snprintf(to, sizeof(to), "%s/%s", programs->folder, name);
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	assert_true(in >= 0 && out >= 0);
	while ((got = read(in, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(out, bytes, (size_t)got), got);
	close(in);
	close(out);
}

/* A shell's command, and the real worker after it; replaced in one step: it may be starting now. */
static void worker_write(const struct programs *programs, const char *command)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s.new", programs->worker);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\ndate +%%s%%N >>'%s'\n", programs->runs);
	fprintf(file, "%s\nexec '%s/footbridge-modem' \"$@\"\n", command, programs->real);
	fclose(file);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(rename(path, programs->worker), 0);
}

static void programs_make(struct programs *programs)
{
	const char *base = getenv("TMPDIR"), *real = getenv("FOOTBRIDGE_BIN");

	snprintf(programs->folder, sizeof(programs->folder), "%.60s/footbridge-programs-XXXXXX",
		 base ? base : "/tmp");
	assert_non_null(mkdtemp(programs->folder));
	programs->real = realpath(real ? real : "build/bin", NULL);
	assert_non_null(programs->real);
	snprintf(programs->worker, sizeof(programs->worker), "%s/footbridge-modem",
		 programs->folder);
	snprintf(programs->runs, sizeof(programs->runs), "%s/runs", programs->folder);
	/* It looks for its worker beside itself: a link would lead it back. */
	program_copy(programs, "footbridged");
	program_copy(programs, "footbridge");
	program_copy(programs, "footbridge-cell");
}

static void programs_remove(struct programs *programs)
{
	static const char *const names[] = { "footbridged", "footbridge", "footbridge-cell",
					     "footbridge-modem", "runs" };
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", programs->folder, names[i]);
		unlink(path);
	}
	rmdir(programs->folder);
	free(programs->real);
}

/* The moments at which the worker was started, in ms; how many. */
static size_t runs_read(const struct programs *programs, int64_t *moments, size_t capacity)
{
	FILE *file = fopen(programs->runs, "re");
	long long nsec;
	size_t count = 0;

	while (file && count < capacity && fscanf(file, "%lld", &nsec) == 1)
		moments[count++] = nsec / 1000000;
	if (file)
		fclose(file);
	return count;
}

#define RUNS 8

/* At 20 %: 40 ms after the first death, and twice as long after each. */
static void deaths_are_waited_out_longer_and_longer(struct world *world,
						    const struct programs *programs)
{
	int64_t moments[64], until = now_msec() + 30000;
	size_t count;
	long used = used_msec(world_daemon_pid(world));
	int status;

	while ((count = runs_read(programs, moments, 64)) < RUNS) {
		if (now_msec() > until)
			fail_msg("only %zu workers were started", count);
		json_decref(world_http(world, "GET", "/v1/status", NULL, &status));
		assert_int_equal(status, 200);
		poll(NULL, 0, 20);
	}
	used = used_msec(world_daemon_pid(world)) - used;
	assert_true(moments[RUNS - 1] - moments[RUNS - 2] >= 1000);
	/* A busy machine makes any of them longer; a tenth is for two clocks. */
	for (size_t i = 1; i < RUNS; i++)
		assert_true(moments[i] - moments[i - 1] >= INT64_C(36) << (i - 1));
	assert_true(moments[RUNS - 1] - moments[RUNS - 2] > moments[RUNS - 4] - moments[0]);
	assert_in_range(count, RUNS, RUNS + 1);
	print_message("# %d workers died within %lld ms, the daemon used %ld ms\n", RUNS,
		      (long long)(moments[RUNS - 1] - moments[0]), used);
}

static void a_worker_that_dies_at_once_is_started_ever_more_rarely(void **state)
{
	struct programs programs;
	char phone[16], id[65];
	struct world *world;
	int status;

	(void)state;
	programs_make(&programs);
	worker_write(&programs, "exit 1");
	setenv("FOOTBRIDGE_BIN", programs.folder, 1);
	world = world_open(&(struct world_options){
		.failed = scenario_failed, .time_percent = 20, .without_daemon = true });
	world_daemon_start(world);
	world_number(world, phone);
	world_send(world, phone, "In the end.", 11, id);
	deaths_are_waited_out_longer_and_longer(world, &programs);
	WORLD_JSON *modem = world_http(world, "GET", "/v1/modems/" WORLD_MODEM, NULL, &status);
	assert_string_not_equal(world_text(modem, "reason"), "");
	assert_string_not_equal(world_text(modem, "state"), "ready");
	print_message("# %s: %s\n", world_text(modem, "state"), world_text(modem, "reason"));

	worker_write(&programs, ":");
	json_decref(world_message_wait(world, id, "delivered"));
	setenv("FOOTBRIDGE_BIN", programs.real, 1);
	assert_true(world_is_clean(world));
	world_close(world);
	programs_remove(&programs);
}

/* The runs that have been, when there is one more than before. */
static size_t runs_wait(struct world *world, const struct programs *programs, size_t before)
{
	int64_t moments[256], until = now_msec() + 30000;
	size_t count;

	while ((count = runs_read(programs, moments, 256)) <= before) {
		if (now_msec() > until)
			fail_msg("no worker is started any more");
		world_sleep(world, -1, 20);
	}
	return count;
}

/*
 * From too little for the libraries to just enough to begin: wherever memory ends, in the loader, in
 * a thread, in a buffer.  The operator then gives it what it needs.
 */
static void a_worker_may_run_out_of_memory_anywhere(void **state)
{
	struct programs programs;
	char phone[16], id[65], command[64];
	struct world *world;
	size_t runs = 0;
	int status;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	print_message("The sanitizer's shadow needs terabytes of address space.\n");
	skip();
#endif
	programs_make(&programs);
	worker_write(&programs, "ulimit -v 3000");
	setenv("FOOTBRIDGE_BIN", programs.folder, 1);
	world = world_open(&(struct world_options){
		.failed = scenario_failed, .time_percent = 2, .without_daemon = true });
	world_daemon_start(world);
	world_number(world, phone);
	world_send(world, phone, "Breathe.", 8, id);
	for (unsigned kib = 6000; kib < 100000; kib += kib / 4) {
		runs = runs_wait(world, &programs, runs);
		snprintf(command, sizeof(command), "ulimit -v %u", kib);
		worker_write(&programs, command);
		if (world_worker_pid(world) > 0)
			world_worker_kill(
				world); /* this much is enough to live: on with the next */
		json_decref(world_http(world, "GET", "/v1/status", NULL, &status));
		assert_int_equal(status, 200);
	}
	worker_write(&programs, ":");
	json_decref(world_message_wait(world, id, "delivered"));
	setenv("FOOTBRIDGE_BIN", programs.real, 1);
	assert_true(world_is_clean(world));
	world_close(world);
	programs_remove(&programs);
}

/* Whoever follows the events reads that once, not with every try. */
static void a_modem_that_never_answers_is_news_once(void **state)
{
	struct world *world =
		world_open(&(struct world_options){ .failed = scenario_failed, .time_percent = 2 });
	pid_t worker = 0, last = 0;
	unsigned workers = 0;
	size_t mark;

	(void)state;
	world_modem_set(world, "silent", "1");
	mark = world_bridge_mark(world);
	world_worker_kill(world);
	world_bridge_wait(world, mark, "modem.state", "state=failed", NULL);
	for (int64_t until = now_msec() + 60000; workers < 6 && now_msec() < until;) {
		worker = world_worker_pid(world);
		workers += worker > 0 && worker != last;
		last = worker > 0 ? worker : last;
		world_sleep(world, -1, 20);
	}
	assert_int_equal(workers, 6);
	assert_int_equal(world_bridge_count(world, mark, "modem.state", "state=starting", NULL), 0);
	world_modem_set(world, "silent", "0");
	world_bridge_wait(world, mark, "modem.state", "state=ready", NULL);
	assert_true(world_is_clean(world));
	world_close(world);
}

static int open_world(void **state)
{
	*state = world_open(&(struct world_options){ .failed = scenario_failed });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(a_crowd_takes_every_descriptor_and_goes_again),
		cmocka_unit_test(a_modem_that_never_answers_is_news_once),
		cmocka_unit_test(a_worker_that_dies_at_once_is_started_ever_more_rarely),
		cmocka_unit_test(a_worker_may_run_out_of_memory_anywhere),
	};

	return cmocka_run_group_tests_name("exhausted", tests, open_world, scenario_close);
}
