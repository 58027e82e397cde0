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

static struct probe *probe_begin_within(sd_event *loop, const char *program,
					const char *const *devices, unsigned percent,
					struct seen *seen)
{
	struct probe_settings settings = {
		.name = program ? program : "usb 1-2",
		.program = program ? "/proc/self/exe" : NULL,
		.order = { .speed = 115200 },
		.time_percent = percent,
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

static struct probe *probe_begin(sd_event *loop, const char *program, const char *const *devices,
				 struct seen *seen)
{
	return probe_begin_within(loop, program, devices, program ? 1 : PERCENT, seen);
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

	probe_begin_within(world->loop, NULL, devices, 100, &seen);
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
	probe_begin_within(world->loop, NULL, devices, 100, &seen);
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

	probe_begin_within(world->loop, NULL, devices, 100, &seen);
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

/* A modem of this test's own. */
struct own {
	const char *imei;    /* NULL: it tells none */
	struct own *wakes;   /* which listens as soon as this one is spoken to */
	unsigned deaf_until; /* this escape: there is one each time that it is opened */
	unsigned deaf_ats;   /* from then on, so many AT it does not answer either */
	bool deaf;           /* until it is woken */
	bool reads_files;    /* of its SIM, and tells its ICCID by no other command */

	unsigned escapes, ats; /* since the last escape */
	int fd;
	sd_event_source *source;
	size_t size;
	char path[64], command[64];
};

static void own_say(const struct own *own, const char *text)
{
	assert_int_equal(write(own->fd, text, strlen(text)), strlen(text));
}

static void own_hear(struct own *own)
{
	if (own->wakes) {
		own->wakes->deaf = false;
		own_say(own->wakes, "\r\nOK\r\n");
		own->wakes = NULL;
	}
	own->ats += strcmp(own->command, "AT") == 0;
	if (own->deaf || own->escapes < own->deaf_until || own->ats <= own->deaf_ats ||
	    !own->command[0])
		return;
	if (strcmp(own->command, "AT+CGSN") == 0 && own->imei) {
		own_say(own, "\r\n");
		own_say(own, own->imei);
		own_say(own, "\r\n");
	}
	if (strcmp(own->command, "AT+CRSM=176,12258,0,0,10") == 0 && own->reads_files)
		own_say(own, "\r\n+CRSM: 144,0,\"98680000000000000010\"\r\n\r\nOK\r\n");
	else
		own_say(own, strcmp(own->command, "AT") == 0 || strcmp(own->command, "AT+CGSN") == 0
				     ? "\r\nOK\r\n"
				     : "\r\nERROR\r\n");
}

static int on_own(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct own *own = userdata;
	char byte;

	(void)source;
	(void)events;
	while (read(fd, &byte, 1) == 1) {
		own->escapes += byte == 0x1b;
		if (byte == 0x1b)
			own->ats = 0;
		if (byte == '\r') {
			own->command[own->size] = '\0';
			own->size = 0;
			own_hear(own);
		} else if (own->size < sizeof(own->command) - 1 && byte != 0x1b) {
			own->command[own->size++] = byte;
		}
	}
	return 0;
}

static void own_open(struct world *world, struct own *own)
{
	own->fd = port_open(own->path, sizeof(own->path));
	assert_true(sd_event_add_io(world->loop, &own->source, own->fd, EPOLLIN, on_own, own) >= 0);
}

static void own_close(struct own *own)
{
	sd_event_source_unref(own->source);
	close(own->fd);
}

#define IMEI "867530900000017"

static void one_that_has_just_come_is_asked_again(void **state)
{
	struct world *world = *state;
	struct own own = { .imei = IMEI, .deaf_until = 2 };
	const char *devices[] = { own.path, NULL };
	struct seen seen = { .free_inside = true };

	own_open(world, &own);
	probe_begin(world->loop, NULL, devices, &seen);
	run_until_done(world, &seen);
	assert_true(seen.found);
	assert_int_equal(own.escapes, 2);
	assert_string_equal(seen.identity.imei, IMEI);
	assert_string_equal(seen.identity.iccid, "");
	own_close(&own);
}

static void an_iccid_that_no_command_tells_is_read_from_its_file(void **state)
{
	struct world *world = *state;
	struct own own = { .imei = IMEI, .reads_files = true };
	const char *devices[] = { own.path, NULL };
	struct seen seen = { .free_inside = true };

	own_open(world, &own);
	probe_begin(world->loop, NULL, devices, &seen);
	run_until_done(world, &seen);
	assert_true(seen.found);
	assert_string_equal(seen.identity.iccid, "89860000000000000001");
	own_close(&own);
}

/* Whether that one is silent or answers as well: it was only begun with because the first is slow. */
static void the_best_port_is_heard_while_the_next_is_asked(void **state)
{
	struct world *world = *state;

	for (int answers = 0; answers < 2; answers++) {
		struct own best = { .imei = IMEI, .deaf = true };
		struct own next = { .imei = "867530900000025", .deaf = !answers, .wakes = &best };
		const char *devices[] = { best.path, next.path, NULL };
		struct seen seen = { .free_inside = true };

		own_open(world, &best);
		own_open(world, &next);
		probe_begin_within(world->loop, NULL, devices, 100, &seen);
		run_until_done(world, &seen);
		assert_true(seen.found);
		assert_string_equal(seen.identity.imei, IMEI);
		assert_string_equal(seen.identity.device, best.path);
		assert_int_equal(best.escapes, 1);
		own_close(&best);
		own_close(&next);
	}
}

static void one_that_answers_at_once_is_the_only_one_that_is_opened(void **state)
{
	struct world *world = *state;
	struct own best = { .imei = IMEI }, next = { .deaf = true };
	const char *devices[] = { best.path, next.path, NULL };
	struct seen seen = { .free_inside = true };

	own_open(world, &best);
	own_open(world, &next);
	probe_begin_within(world->loop, NULL, devices, 1000, &seen);
	run_until_done(world, &seen);
	assert_string_equal(seen.identity.device, best.path);
	assert_int_equal(next.escapes, 0);
	own_close(&best);
	own_close(&next);
}

static void one_that_tells_no_imei_does_not_end_the_search(void **state)
{
	struct world *world = *state;
	struct own nameless = { 0 }, silent = { .deaf = true };
	const char *devices[] = { nameless.path, silent.path, world->device, NULL };
	struct seen seen = { .free_inside = true };

	own_open(world, &nameless);
	own_open(world, &silent);
	probe_begin(world->loop, NULL, devices, &seen);
	run_until_done(world, &seen);
	assert_true(seen.found);
	assert_string_equal(seen.identity.device, world->device);
	assert_int_equal(nameless.escapes, 1);
	own_close(&nameless);
	own_close(&silent);
}

/* At these settings one port alone has 600 ms from the second time on, and is asked three times. */
static void a_stick_with_many_ports_has_more_time_to_start(void **state)
{
	struct world *world = *state;
	struct own own = { .imei = IMEI, .deaf_until = 2, .deaf_ats = 6 }, silent[3] = { 0 };
	const char *devices[] = { silent[0].path, own.path, silent[1].path, silent[2].path, NULL };
	struct seen seen = { .free_inside = true };
	int64_t before;

	for (unsigned i = 0; i < ARRAY_SIZE(silent); i++) {
		silent[i].deaf = true;
		own_open(world, &silent[i]);
	}
	own_open(world, &own);
	probe_begin(world->loop, NULL, devices, &seen);
	while (own.escapes < 2)
		assert_true(sd_event_run(world->loop, 100000) >= 0);
	before = clock_monotonic_usec();
	run_until_done(world, &seen);
	assert_true(clock_monotonic_usec() - before >= 900 * USEC_PER_MSEC);
	assert_true(seen.found);
	assert_int_equal(own.escapes, 2);
	for (unsigned i = 0; i < ARRAY_SIZE(silent); i++)
		own_close(&silent[i]);
	own_close(&own);
}

/* One after the other, in 600 ms each, they take 4.2 s. */
static void silent_ports_do_not_wait_for_each_other(void **state)
{
	struct world *world = *state;
	struct own silent[MODEM_PORTS_MAX - 1] = { 0 };
	const char *devices[MODEM_PORTS_MAX + 1] = { 0 };
	struct seen seen = { .free_inside = true };
	int64_t before;

	for (unsigned i = 0; i < ARRAY_SIZE(silent); i++) {
		silent[i].deaf = true;
		own_open(world, &silent[i]);
		devices[i] = silent[i].path;
	}
	devices[ARRAY_SIZE(silent)] = world->device;
	before = clock_monotonic_usec();
	probe_begin_within(world->loop, NULL, devices, 100, &seen);
	run_until_done(world, &seen);
	assert_true(seen.found);
	assert_string_equal(seen.identity.device, world->device);
	assert_in_range(clock_monotonic_usec() - before, 0, 3 * USEC_PER_SEC);
	for (unsigned i = 0; i < ARRAY_SIZE(silent); i++)
		own_close(&silent[i]);
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

		/* Unhurried: it has to come up before it can. */
		probe_begin_within(world->loop, i == 0 ? "dies" : "lies", devices, 100, &seen);
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
	if (strcmp(how, "lies") == 0 && modem_word_send(SPAWN_SOCKET_FD, &word) < 0)
		return 1;
	/* It does not end by itself: a leak sanitizer that is killed at its work is not reaped for long. */
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
		TEST(an_iccid_that_no_command_tells_is_read_from_its_file),
		TEST(the_best_port_is_heard_while_the_next_is_asked),
		TEST(one_that_answers_at_once_is_the_only_one_that_is_opened),
		TEST(one_that_tells_no_imei_does_not_end_the_search),
		TEST(a_stick_with_many_ports_has_more_time_to_start),
		TEST(silent_ports_do_not_wait_for_each_other),
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
