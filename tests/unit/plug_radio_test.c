/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sticks that come and go, with a whole bridge inside the test: no udev runs where tests do, so that
 * the test tells of sticks in its place.  Store, workers, libgammu and the cell are the real ones,
 * from FOOTBRIDGE_BIN, otherwise from build/bin.
 */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/core/plug.h"
#include "bridge/core/pool.h"
#include "bridge/core/radio.h"
#include "modem/discover.h"

#define PATIENCE_USEC (60 * USEC_PER_SEC)
#define BACK_USEC (5 * USEC_PER_SEC)
#define IMEI "356938030001234"
#define NORTH_ICCID "89860000000000001234"
#define NORTH_IMSI "460000000001234"
#define ICCID "89860000000000007777"

/* A worker that the kernel holds: SIGKILL has no effect yet. */
static bool kills_are_lost;

int kill(pid_t pid, int sig)
{
	return kills_are_lost && sig == SIGKILL ? 0 : (int)syscall(SYS_kill, pid, sig);
}

static struct discover_listener listener;
static void *listener_userdata;

int discover_new(sd_event *loop, const struct discover_listener *new_listener, void *userdata,
		 struct discover **ret_discover)
{
	(void)loop;
	listener = *new_listener;
	listener_userdata = userdata;
	*ret_discover = NULL;
	return 0;
}

struct discover *discover_free(struct discover *discover)
{
	return discover;
}

/* ------------------------------------------------------------------ a cell, and a bridge */

struct box {
	char directory[64], program[512];
	pid_t cell;
	int cell_stdin;
	struct bridge bridge;
	struct config *config;
	bool ready, stopped;
};

static void program_path(const char *name, char *path, size_t size)
{
	const char *folder = getenv("FOOTBRIDGE_BIN");

	snprintf(path, size, "%s/%s", folder ? folder : "build/bin", name);
}

static void cell_start(struct box *box)
{
	char program[512], directory[128], ready[16];
	int in[2], out[2];

	program_path("footbridge-cell", program, sizeof(program));
	snprintf(directory, sizeof(directory), "%s/cell", box->directory);
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	box->cell = fork();
	assert_true(box->cell >= 0);
	if (box->cell == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execl(program, program, "--until-stdin-ends", "--modem",
		      "north,imei=" IMEI ",iccid=" NORTH_ICCID ",imsi=" NORTH_IMSI, "--modem",
		      "south,imei=" IMEI, "--modem", "east,imei=356938030005678", "--modem",
		      "west,imei=356938030009999", "--modem", "mute,silent=1", "--modem",
		      "slow,imei=356938030007777,iccid=" ICCID, directory, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	assert_true(read(out[0], ready, sizeof(ready)) > 0);
	close(out[0]);
	box->cell_stdin = in[1];
}

/* Has a program ever spoken to that modem? */
static bool was_opened(const struct box *box, const char *modem)
{
	char path[128], line[8192], wanted[64];
	CLEANUP_FCLOSE FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/cell/events.jsonl", box->directory);
	snprintf(wanted, sizeof(wanted), "\"modem\":\"%s\"", modem);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (strstr(line, "\"event\":\"opened\"") && strstr(line, wanted))
			return true;
	return false;
}

static void box_ready(struct bridge *bridge, void *userdata)
{
	(void)bridge;
	((struct box *)userdata)->ready = true;
}

static void box_stopped(struct bridge *bridge, void *userdata)
{
	(void)bridge;
	((struct box *)userdata)->stopped = true;
}

static void box_turn(struct box *box)
{
	assert_true(sd_event_run(box->bridge.loop, 100 * USEC_PER_MSEC) >= 0);
}

static void config_read(struct box *box)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/footbridge.conf", box->directory);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file,
		"state_directory = \"%s/state\"; api: { socket = \"%s/api.sock\"; };\n"
		"modems: ( { name = \"kept\"; imei = \"356938030005678\"; },\n"
		"\t{ name = \"by-sim\"; iccid = \"" ICCID "\"; } );\n",
		box->directory, box->directory);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(config_load(path, stderr, &box->config), 0);
}

/* As the run before this one knew it. */
static const struct store_modem NORTH = { .key = "imei:" IMEI,
					  .sim = NORTH_ICCID,
					  .imsi = NORTH_IMSI };

static int box_open(void **state)
{
	struct box *box = calloc(1, sizeof(*box));
	int64_t long_ago = clock_realtime_usec() - 8 * USEC_PER_DAY;
	char error[512];
	sigset_t set;

	assert_non_null(box);
	assert_true(sodium_init() >= 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	strcpy(box->directory, "/tmp/plug-test-XXXXXX");
	assert_non_null(mkdtemp(box->directory));
	program_path("footbridge-modem", box->program, sizeof(box->program));
	cell_start(box);
	config_read(box);
	box->bridge = (struct bridge){ .config = box->config,
				       .modem_program = box->program,
				       .time_percent = 20,
				       .clock_option = CLOCK_OPTION_SYNCHRONISED,
				       .on_ready = box_ready,
				       .on_stopped = box_stopped,
				       .userdata = box };
	assert_true(sd_event_new(&box->bridge.loop) >= 0);
	assert_int_equal(store_open(box->config->state_directory, box->bridge.loop, error,
				    sizeof(error), &box->bridge.store),
			 0);
	assert_int_equal(store_modem_sim(box->bridge.store, &NORTH, long_ago, NULL, NULL), 0);
	assert_int_equal(bridge_start(&box->bridge, error, sizeof(error)), 0);
	while (!box->ready)
		box_turn(box);
	*state = box;
	return 0;
}

static int entry_remove(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	(void)status;
	(void)kind;
	(void)at;
	return remove(path);
}

static int box_close(void **state)
{
	struct box *box = *state;

	bridge_stop(&box->bridge);
	while (!box->stopped)
		box_turn(box);
	store_close(box->bridge.store);
	bridge_finish(&box->bridge);
	sd_event_unref(box->bridge.loop);
	config_free(box->config);
	close(box->cell_stdin);
	waitpid(box->cell, NULL, 0);
	nftw(box->directory, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(box);
	return 0;
}

/* ------------------------------------------------------------------ sticks */

/* The modems that are its ports, one after the other; by another name each time. */
static void plug_in(struct box *box, const char *usb_path, enum port_voucher voucher,
		    const char *first, const char *second)
{
	static unsigned links;
	const char *const names[] = { first, second };
	struct stick stick = { .vendor = 0x1234, .product = 0x5678, .maker = "Maker" };

	snprintf(stick.usb_path, sizeof(stick.usb_path), "%s", usb_path);
	for (size_t i = 0; i < 2 && names[i]; i++) {
		struct port *port = &stick.ports[stick.port_count++];
		char target[256];

		snprintf(target, sizeof(target), "%s/cell/%s", box->directory, names[i]);
		snprintf(port->device, sizeof(port->device), "%s/tty%u", box->directory, links++);
		assert_int_equal(symlink(target, port->device), 0);
		port->interface = (int)i;
		port->voucher = voucher;
	}
	listener.appeared(&stick, listener_userdata);
}

static const struct radio *radio_wait(struct box *box, const char *name, enum modem_state state)
{
	int64_t until_usec = clock_monotonic_usec() + PATIENCE_USEC;
	const struct radio *radio;

	do {
		if (clock_monotonic_usec() > until_usec)
			fail_msg("there is no modem %s that is %s", name, modem_state_name(state));
		box_turn(box);
		radio = bridge_find_radio(&box->bridge, name);
	} while (!radio || radio_state(radio) != state);
	return radio;
}

static void a_modem_that_nobody_knows_gets_a_name(void **state)
{
	struct box *box = *state;

	plug_in(box, "1-1", PORT_DRIVER, "north", NULL);
	radio_wait(box, "modem-1234", MODEM_STATE_READY);
}

static void keep_seen(int error, const struct store_modem *modems, size_t count, void *userdata)
{
	assert_int_equal(error, 0);
	for (size_t i = 0; i < count; i++)
		if (strcmp(modems[i].key, NORTH.key) == 0)
			*(int64_t *)userdata = modems[i].seen_usec;
}

static void when_it_was_seen_last_is_kept(void **state)
{
	struct box *box = *state;
	int64_t seen_usec = 0;

	assert_int_equal(store_modems(box->bridge.store, keep_seen, &seen_usec), 0);
	while (seen_usec == 0)
		box_turn(box);
	assert_true(clock_realtime_usec() - seen_usec < USEC_PER_HOUR);
}

static void the_same_modem_elsewhere_carries_on_within_five_seconds(void **state)
{
	struct box *box = *state;
	const struct radio *radio = bridge_find_radio(&box->bridge, "modem-1234");
	size_t count = box->bridge.radio_count;
	int64_t at_usec;

	listener.gone("1-1", listener_userdata);
	radio_wait(box, "modem-1234", MODEM_STATE_ABSENT);
	at_usec = clock_monotonic_usec();
	plug_in(box, "2-4.1", PORT_DRIVER, "north", NULL);
	assert_ptr_equal(radio_wait(box, "modem-1234", MODEM_STATE_READY), radio);
	assert_in_range(clock_monotonic_usec() - at_usec, 0, BACK_USEC);
	assert_int_equal(box->bridge.radio_count, count);
}

static void a_clone_of_its_imei_is_another_modem(void **state)
{
	struct box *box = *state;

	plug_in(box, "1-2", PORT_ACM, "south", NULL);
	radio_wait(box, "modem-1234-1-2", MODEM_STATE_READY);
	assert_int_equal(radio_state(bridge_find_radio(&box->bridge, "modem-1234")),
			 MODEM_STATE_READY);
}

static void the_port_that_answers_is_found(void **state)
{
	struct box *box = *state;

	plug_in(box, "1-3", PORT_DRIVER, "mute", "east");
	radio_wait(box, "kept", MODEM_STATE_READY);
}

/* West answers as well as the others; but nobody says that it is a modem. */
static void what_nobody_vouches_for_gets_no_byte(void **state)
{
	struct box *box = *state;

	plug_in(box, "1-4", PORT_NOBODY, "west", NULL);
	listener.gone("1-3", listener_userdata);
	radio_wait(box, "kept", MODEM_STATE_ABSENT);
	plug_in(box, "1-3", PORT_DRIVER, "east", NULL);
	radio_wait(box, "kept", MODEM_STATE_READY);
	assert_true(was_opened(box, "east"));
	assert_false(was_opened(box, "west"));
	assert_null(bridge_find_radio(&box->bridge, "modem-9999"));
}

static void a_stick_that_is_pulled_while_it_is_looked_at_leaves_nothing(void **state)
{
	struct box *box = *state;
	size_t count = box->bridge.radio_count;

	plug_in(box, "1-5", PORT_DRIVER, "mute", "west");
	box_turn(box);
	listener.gone("1-5", listener_userdata);
	plug_in(box, "1-6", PORT_DRIVER, "west", NULL);
	radio_wait(box, "modem-9999", MODEM_STATE_READY);
	assert_int_equal(box->bridge.radio_count, count + 1);
}

static void sim_is_busy(const struct box *box, unsigned times)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[256];

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/cell/control", box->directory);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_true(dprintf(fd,
			    "{\"op\":\"set\",\"modem\":\"slow\",\"key\":\"sim_busy\","
			    "\"value\":%u}\n",
			    times) > 0);
	assert_true(read(fd, answer, sizeof(answer)) > 0);
	close(fd);
}

/* The others' SIMs are known: they do not wait for it. */
static void a_sim_that_is_busy_at_first_is_asked_before_its_modem_counts_as_unknown(void **state)
{
	struct box *box = *state;

	for (int discovery = 0; discovery < 2; discovery++) {
		box->config->modem_discovery = discovery != 0;
		sim_is_busy(box, 4);
		plug_in(box, "7-1", PORT_DRIVER, "slow", NULL);
		radio_wait(box, "by-sim", MODEM_STATE_READY);
		assert_null(bridge_find_radio(&box->bridge, "modem-7777"));
		listener.gone("7-1", listener_userdata);
		radio_wait(box, "by-sim", MODEM_STATE_ABSENT);
	}
}

/* Without discovery for as long as it is there. */
static void a_sim_that_stays_busy_is_looked_at_again(void **state)
{
	struct box *box = *state;
	int64_t until_usec = clock_monotonic_usec() + 10 * USEC_PER_SEC;

	box->config->modem_discovery = false;
	sim_is_busy(box, 1000);
	plug_in(box, "7-1", PORT_DRIVER, "slow", NULL);
	while (clock_monotonic_usec() < until_usec)
		box_turn(box);
	assert_int_equal(radio_state(bridge_find_radio(&box->bridge, "by-sim")),
			 MODEM_STATE_ABSENT);
	sim_is_busy(box, 0);
	radio_wait(box, "by-sim", MODEM_STATE_READY);
	listener.gone("7-1", listener_userdata);
	radio_wait(box, "by-sim", MODEM_STATE_ABSENT);
	box->config->modem_discovery = true;
}

static void a_modem_goes_to_whom_its_sim_turns_out_to_belong(void **state)
{
	struct box *box = *state;

	sim_is_busy(box, 1000);
	plug_in(box, "7-1", PORT_DRIVER, "slow", NULL);
	radio_wait(box, "modem-7777", MODEM_STATE_STARTING);
	sim_is_busy(box, 0);
	radio_wait(box, "by-sim", MODEM_STATE_READY);
	assert_int_equal(radio_state(bridge_find_radio(&box->bridge, "modem-7777")),
			 MODEM_STATE_ABSENT);
	listener.gone("7-1", listener_userdata);
	radio_wait(box, "by-sim", MODEM_STATE_ABSENT);
}

/* The two that say the same IMEI: which it was can't be known after a restart. */
static void clones_are_held_together(void **state)
{
	struct box *box = *state;
	struct radio *radio = bridge_find_radio(&box->bridge, "modem-1234");
	const struct radio *clone = bridge_find_radio(&box->bridge, "modem-1234-1-2");

	pool_hold(&box->bridge, radio, true);
	assert_true(radio_is_held(radio));
	assert_true(radio_is_held(clone));
	assert_false(radio_is_held(bridge_find_radio(&box->bridge, "kept")));
	pool_hold(&box->bridge, radio, false);
	assert_false(radio_is_held(clone));
}

/* A worker that notes in the log that it was started, and becomes what the command says. */
static void script_make(const struct box *box, const char *command, char path[static 128],
			char log[static 128])
{
	FILE *file;

	snprintf(path, 128, "%s/worker", box->directory);
	snprintf(log, 128, "%s/starts", box->directory);
	file = fopen(path, "we");
	assert_non_null(file);
	unlink(log);
	fprintf(file, "#!/bin/sh\necho >>%s\nexec %s \"$@\"\n", log, command);
	fclose(file);
	assert_int_equal(chmod(path, 0700), 0);
}

static unsigned starts_of(const char *log)
{
	struct stat status;

	return stat(log, &status) == 0 ? (unsigned)status.st_size : 0;
}

/* Each time it is opened a board may start anew. */
static void a_board_that_is_silent_is_opened_no_more_after_three_rounds(void **state)
{
	struct box *box = *state;
	int64_t until_usec = clock_monotonic_usec() + PATIENCE_USEC;
	char program[128], log[128];

	script_make(box, box->program, program, log);
	box->bridge.modem_program = program;
	box->bridge.time_percent = 1;
	plug_in(box, "1-7", PORT_ACM, "mute", NULL);
	while (plug_is_busy(box->bridge.plug)) {
		assert_true(clock_monotonic_usec() < until_usec);
		box_turn(box);
	}
	assert_int_equal(starts_of(log), 3);
	listener.gone("1-7", listener_userdata);
	plug_in(box, "1-7", PORT_ACM, "mute", NULL);
	assert_true(plug_is_busy(box->bridge.plug));
	listener.gone("1-7", listener_userdata);
	box->bridge.modem_program = box->program;
	box->bridge.time_percent = 20;
}

static void a_port_whose_worker_is_stuck_is_opened_by_no_other(void **state)
{
	struct box *box = *state;
	int64_t until_usec = clock_monotonic_usec() + PATIENCE_USEC;
	char program[128], log[128];

	script_make(box, "sleep 600 #", program, log);
	kills_are_lost = true;
	box->bridge.modem_program = program;
	box->bridge.time_percent = 10;
	plug_in(box, "1-8", PORT_DRIVER, "mute", NULL);
	while (starts_of(log) == 0)
		box_turn(box);
	/* Other ports: the first worker has to end before, and does not. */
	plug_in(box, "1-8", PORT_DRIVER, "mute", NULL);
	while (plug_is_busy(box->bridge.plug)) {
		assert_true(clock_monotonic_usec() < until_usec);
		box_turn(box);
	}
	plug_in(box, "1-8", PORT_DRIVER, "mute", NULL);
	assert_false(plug_is_busy(box->bridge.plug));
	assert_int_equal(starts_of(log), 1);
	kills_are_lost = false;
	listener.gone("1-8", listener_userdata);
	box->bridge.modem_program = box->program;
	box->bridge.time_percent = 20;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_modem_that_nobody_knows_gets_a_name),
		cmocka_unit_test(when_it_was_seen_last_is_kept),
		cmocka_unit_test(the_same_modem_elsewhere_carries_on_within_five_seconds),
		cmocka_unit_test(a_clone_of_its_imei_is_another_modem),
		cmocka_unit_test(the_port_that_answers_is_found),
		cmocka_unit_test(what_nobody_vouches_for_gets_no_byte),
		cmocka_unit_test(a_stick_that_is_pulled_while_it_is_looked_at_leaves_nothing),
		cmocka_unit_test(
			a_sim_that_is_busy_at_first_is_asked_before_its_modem_counts_as_unknown),
		cmocka_unit_test(a_sim_that_stays_busy_is_looked_at_again),
		cmocka_unit_test(a_modem_goes_to_whom_its_sim_turns_out_to_belong),
		cmocka_unit_test(clones_are_held_together),
		cmocka_unit_test(a_board_that_is_silent_is_opened_no_more_after_three_rounds),
		cmocka_unit_test(a_port_whose_worker_is_stuck_is_opened_by_no_other),
	};

	return cmocka_run_group_tests_name("plug_radio", tests, box_open, box_close);
}
