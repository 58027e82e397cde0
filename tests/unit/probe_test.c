/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ports that nobody knows, looked at by a real worker: the simulated modem's, and pseudo-terminals of
 * this test with nobody, or a slow modem, behind them.  As a worker it misbehaves.
 */
#include "tests/unit/handle_fixture.h"

#include <poll.h>
#include <pty.h>
#include <sys/syscall.h>
#include <termios.h>

#include "bridge/base/spawn.h"
#include "modem/handle_probe.h"

#define PERCENT 20

#define HARMLESS_USEC (200 * USEC_PER_MSEC)

/* A worker that the kernel holds: SIGKILL has no effect yet. */
static pid_t killed;
static bool kills_are_lost;

int kill(pid_t pid, int sig)
{
	killed = pid;
	return kills_are_lost && sig == SIGKILL ? 0 : (int)syscall(SYS_kill, pid, sig);
}

struct seen {
	unsigned count;
	bool found, free_inside;
	struct modem_word_identity identity;
	char reason[MODEM_REASON_SIZE];
};

static void on_done(struct probe *probe, const struct modem_word_identity *identity,
		    const char *reason, void *userdata)
{
	struct seen *seen = userdata;

	seen->count++;
	seen->found = identity != NULL;
	if (identity)
		seen->identity = *identity;
	snprintf(seen->reason, sizeof(seen->reason), "%s", reason);
	if (seen->free_inside)
		probe_free(probe);
}

/* A port with nobody behind it. */
static int port_open(char *path, size_t size)
{
	int master, slave;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	assert_int_equal(ptsname_r(master, path, size), 0);
	assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	/* Kept open: what is written outlives the one who wrote. */
	assert_int_equal(fcntl(slave, F_SETFD, FD_CLOEXEC), 0);
	assert_int_equal(fcntl(master, F_SETFD, FD_CLOEXEC), 0);
	return master;
}

static struct probe *probe_begin(sd_event *loop, const char *program, const char *const *devices,
				 struct seen *seen)
{
	struct probe_settings settings = {
		.name = program ? program : "usb 1-2",
		.program = program ? "/proc/self/exe" : NULL,
		.order = { .speed = 115200 },
		.time_percent = program ? 1 : PERCENT,
	};
	struct probe *probe;
	char path[256];

	if (!program) {
		program_path("footbridge-modem", path, sizeof(path));
		settings.program = path;
	}
	for (; *devices; devices++)
		snprintf(settings.order.devices[settings.order.count++], MODEM_PATH_SIZE, "%s",
			 *devices);
	assert_int_equal(probe_new(loop, &settings, on_done, seen, &probe), 0);
	return probe;
}

static void run_until_done(struct world *world, const struct seen *seen)
{
	int64_t until = clock_monotonic_usec() + DEADLINE_USEC;

	while (seen->count == 0) {
		assert_true(clock_monotonic_usec() < until);
		assert_true(sd_event_run(world->loop, 100000) >= 0);
	}
	/* What comes once does not come again. */
	while (sd_event_run(world->loop, 0) > 0)
		;
	assert_int_equal(seen->count, 1);
}

static void a_modem_is_found_behind_ports_that_are_silent(void **state)
{
	struct world *world = *state;
	char first[64], second[64], heard[256];
	int silent = port_open(first, sizeof(first)), other = port_open(second, sizeof(second));
	const char *devices[] = { first, second, world->device, NULL };
	struct seen seen = { 0 };
	struct probe *probe = probe_begin(world->loop, NULL, devices, &seen);
	ssize_t size;

	run_until_done(world, &seen);
	assert_true(seen.found);
	assert_string_equal(seen.identity.device, world->device);
	assert_int_equal(strlen(seen.identity.imei), 15);
	assert_true(strlen(seen.identity.iccid) >= 18);
	assert_true(strlen(seen.identity.imsi) >= 10);
	/* A scale would have heard this, and no Ctrl-Z. */
	size = read(silent, heard, sizeof(heard));
	assert_true(size > 0);
	assert_memory_equal(heard, "\x1b\rAT\r", 5);
	assert_null(memchr(heard, 0x1a, (size_t)size));
	probe_free(probe);
	close(silent);
	close(other);
}

static void nothing_but_at_and_questions_for_identities_is_sent(void **state)
{
	static const char *const ALLOWED[] = { "AT", "AT+CGSN", "AT+CIMI", "AT+CCID", "AT+ICCID" };
	struct world *world = *state;
	const char *devices[] = { world->device, NULL };
	struct seen seen = { .free_inside = true };
	char path[128], line[8192];
	CLEANUP_FCLOSE FILE *log = NULL;
	unsigned lines = 0;

	probe_begin(world->loop, NULL, devices, &seen);
	run_until_done(world, &seen);
	assert_true(seen.found);
	snprintf(path, sizeof(path), "%s/events.jsonl", world->directory);
	log = fopen(path, "re");
	assert_non_null(log);
	while (fgets(line, sizeof(line), log)) {
		const char *at = strstr(line, "\"text\":\"");
		bool allowed = false;

		if (!strstr(line, "\"direction\":\"in\"") || !at)
			continue;
		at += strlen("\"text\":\"");
		for (unsigned i = 0; i < ARRAY_SIZE(ALLOWED); i++)
			allowed = allowed || (strncmp(at, ALLOWED[i], strlen(ALLOWED[i])) == 0 &&
					      at[strlen(ALLOWED[i])] == '"');
		if (!allowed)
			fail_msg("sent: %s", line);
		lines++;
	}
	assert_true(lines >= 4);
}

static void a_modem_whose_sim_is_locked_says_who_it_is(void **state)
{
	struct world *world = *state;
	const char *devices[] = { world->device, NULL };
	struct seen seen = { .free_inside = true };

	cell_do(world,
		"{\"op\":\"set\",\"modem\":\"north\",\"key\":\"cpin\",\"value\":\"SIM PIN\"}");
	probe_begin(world->loop, NULL, devices, &seen);
	run_until_done(world, &seen);
	assert_true(seen.found);
	assert_int_equal(strlen(seen.identity.imei), 15);
	assert_string_equal(seen.identity.imsi, "");
}

static void the_port_is_free_when_the_answer_comes(void **state)
{
	struct world *world = *state;
	const char *devices[] = { world->device, NULL };
	struct seen seen = { .free_inside = true };

	probe_begin(world->loop, NULL, devices, &seen);
	run_until_done(world, &seen);
	modem_begin(world, "", 100);
	RUN_UNTIL(world, STATE_IS(world, READY));
	for (unsigned i = 0; i < world->seen_count; i++)
		assert_int_not_equal(world->seen[i], MODEM_STATE_FAILED);
	assert_string_equal(modem_identity(world->modem)->imei, seen.identity.imei);
	assert_string_equal(modem_identity(world->modem)->device, world->device);
}

static void what_was_seen_on_each_port_is_said(void **state)
{
	struct world *world = *state;
	char silent_path[64], busy_path[64], pid[128];
	int silent = port_open(silent_path, sizeof(silent_path));
	int busy = port_open(busy_path, sizeof(busy_path));
	int holder = open(busy_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	const char *devices[] = { silent_path, busy_path, "/dev/tty-of-nobody", NULL };
	struct seen seen = { .free_inside = true };

	snprintf(pid, sizeof(pid), "(process %d) uses %s: stop it", (int)getpid(), busy_path);
	assert_int_equal(flock(holder, LOCK_EX | LOCK_NB), 0);
	probe_begin(world->loop, NULL, devices, &seen);
	run_until_done(world, &seen);
	assert_false(seen.found);
	assert_non_null(strstr(seen.reason, "is silent"));
	assert_non_null(strstr(seen.reason, silent_path));
	assert_non_null(strstr(seen.reason, pid));
	assert_non_null(strstr(seen.reason, "/dev/tty-of-nobody is not there"));
	close(holder);
	close(silent);
	close(busy);
}

/* A modem of this test's own, that begins to listen when it is asked for the second time. */
static int on_slow_modem(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	static const char ANSWER[] = "\r\n867530900000017\r\n\r\nOK\r\n", OK[] = "\r\nOK\r\n";
	static char command[64];
	static size_t size;
	unsigned *escapes = userdata;
	char byte;

	(void)source;
	(void)events;
	while (read(fd, &byte, 1) == 1) {
		if (byte == 0x1b)
			++*escapes;
		if (byte != '\r') {
			if (size < sizeof(command) - 1 && byte != 0x1b)
				command[size++] = byte;
			continue;
		}
		command[size] = '\0';
		size = 0;
		if (*escapes < 2)
			continue;
		if (strcmp(command, "AT") == 0)
			assert_true(write(fd, OK, strlen(OK)) > 0);
		else if (strcmp(command, "AT+CGSN") == 0)
			assert_true(write(fd, ANSWER, strlen(ANSWER)) > 0);
		else if (command[0])
			assert_true(write(fd, "\r\nERROR\r\n", 9) == 9);
	}
	return 0;
}

static void one_that_has_just_come_is_asked_again(void **state)
{
	struct world *world = *state;
	char path[64];
	int master = port_open(path, sizeof(path));
	const char *devices[] = { path, NULL };
	struct seen seen = { .free_inside = true };
	sd_event_source *source;
	unsigned escapes = 0;

	assert_true(sd_event_add_io(world->loop, &source, master, EPOLLIN, on_slow_modem,
				    &escapes) >= 0);
	probe_begin(world->loop, NULL, devices, &seen);
	run_until_done(world, &seen);
	assert_true(seen.found);
	assert_int_equal(escapes, 2);
	assert_string_equal(seen.identity.imei, "867530900000017");
	assert_string_equal(seen.identity.iccid, "");
	sd_event_source_unref(source);
	close(master);
}

static void a_worker_that_hangs_is_killed_and_answered_for(void **state)
{
	struct world *world = *state;
	const char *devices[] = { "/dev/ttyNONE", NULL };
	struct seen seen = { .free_inside = true };

	probe_begin(world->loop, "hangs", devices, &seen);
	run_until_done(world, &seen);
	assert_false(seen.found);
	assert_non_null(strstr(seen.reason, "too long"));
}

static void a_worker_that_dies_or_lies_is_not_believed(void **state)
{
	struct world *world = *state;
	const char *devices[] = { "/dev/ttyNONE", NULL };

	for (int i = 0; i < 2; i++) {
		struct seen seen = { .free_inside = true };

		probe_begin(world->loop, i == 0 ? "dies" : "lies", devices, &seen);
		run_until_done(world, &seen);
		assert_false(seen.found);
		assert_non_null(strstr(seen.reason, i == 0 ? "exit status 7" : "nobody asked for"));
	}
}

/* The loop goes on meanwhile, and reaps it when it comes loose. */
static void nobody_waits_for_a_worker_that_is_stuck_in_the_kernel(void **state)
{
	struct world *world = *state;
	const char *devices[] = { "/dev/ttyNONE", NULL };
	struct seen seen = { 0 };
	struct probe *probe;
	int64_t before;

	kills_are_lost = true;
	probe = probe_begin(world->loop, "hangs", devices, &seen);
	run_until_done(world, &seen);
	assert_false(seen.found);
	assert_non_null(strstr(seen.reason, "stuck in the kernel"));
	assert_true(probe_is_stuck(probe));
	before = clock_monotonic_usec();
	probe_free(probe);
	assert_in_range(clock_monotonic_usec() - before, 0, HARMLESS_USEC);
	kills_are_lost = false;
	assert_int_equal(kill(killed, SIGKILL), 0);
	before = clock_monotonic_usec();
	while (kill(killed, 0) == 0) {
		assert_true(clock_monotonic_usec() - before < DEADLINE_USEC);
		assert_true(sd_event_run(world->loop, 10000) >= 0);
	}
	assert_int_equal(seen.count, 1);
}

static void only_ports_that_were_opened_count_as_silent(void **state)
{
	struct world *world = *state;
	char path[64];
	int silent = port_open(path, sizeof(path));
	const char *devices[] = { path, NULL, NULL };

	for (int i = 0; i < 2; i++) {
		struct seen seen = { 0 };
		struct probe *probe;

		devices[1] = i == 0 ? NULL : "/dev/tty-of-nobody";
		probe = probe_begin(world->loop, NULL, devices, &seen);
		run_until_done(world, &seen);
		assert_false(seen.found);
		assert_int_equal(probe_was_silent(probe), i == 0);
		probe_free(probe);
	}
	close(silent);
}

static void a_probe_that_is_freed_says_nothing(void **state)
{
	struct world *world = *state;
	const char *devices[] = { world->device, NULL };
	struct seen seen = { 0 };

	probe_free(probe_begin(world->loop, NULL, devices, &seen));
	assert_true(sd_event_run(world->loop, 100000) >= 0);
	assert_int_equal(seen.count, 0);
}

/* ---------------------------------------------------------------- as a worker */

static int misbehave(const char *how)
{
	static struct modem_order order;
	struct modem_word word = { .type = MODEM_WORD_IDENTITY,
				   .identity = { .imei = "867530900000017",
						 .device = "/dev/ttyOTHER" } };

	while (modem_order_recv(SPAWN_SOCKET_FD, &order) != 1)
		;
	if (strcmp(how, "dies") == 0)
		return 7;
	if (strcmp(how, "lies") == 0)
		return modem_word_send(SPAWN_SOCKET_FD, &word) < 0;
	poll(NULL, 0, -1);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_modem_is_found_behind_ports_that_are_silent),
		TEST(nothing_but_at_and_questions_for_identities_is_sent),
		TEST(a_modem_whose_sim_is_locked_says_who_it_is),
		TEST(the_port_is_free_when_the_answer_comes),
		TEST(what_was_seen_on_each_port_is_said),
		TEST(one_that_has_just_come_is_asked_again),
		TEST(a_worker_that_hangs_is_killed_and_answered_for),
		TEST(a_worker_that_dies_or_lies_is_not_believed),
		TEST(nobody_waits_for_a_worker_that_is_stuck_in_the_kernel),
		TEST(only_ports_that_were_opened_count_as_silent),
		TEST(a_probe_that_is_freed_says_nothing),
	};

	if (argc > 1)
		return misbehave(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
