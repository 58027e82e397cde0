/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A handle with the real worker, the real libgammu and the simulated cell.  The programs are taken
 * from FOOTBRIDGE_BIN, otherwise from build/bin; KEEP=1 leaves the cell's files behind.
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "modem/handle.h"

#define PHONE "+8613900000001"
#define RECEIVED_MAX 64
#define DEADLINE_USEC (20 * USEC_PER_SEC)

/* ---------------------------------------------------------------- the world */

struct world {
	char directory[64], device[128];
	pid_t cell;
	int cell_stdin, control;
	sd_event *loop;
	struct modem *modem;

	unsigned outcomes, handed_over, late, receptions, deletions, starts;
	unsigned sweeps, received_before_sweep; /* receptions when the last sweep ended */
	struct modem_word_outcome outcome, late_outcome;
	struct modem_word_received received[RECEIVED_MAX];
	bool deleted;
	const char *pin; /* what is entered when one is wanted; NULL: no answer */
	struct modem_word_pin_wanted pin_wanted;
	unsigned pins_wanted;
	struct modem_word_ussd ussd;
	unsigned ussds;
	enum modem_state seen[256];
	unsigned seen_count;
};

static inline void program_path(const char *name, char *path, size_t size)
{
	const char *folder = getenv("FOOTBRIDGE_BIN");

	snprintf(path, size, "%s/%s", folder ? folder : "build/bin", name);
}

static inline void on_changed(struct modem *modem, enum modem_state from, void *userdata)
{
	struct world *world = userdata;

	(void)from;
	if (world->seen_count < ARRAY_SIZE(world->seen))
		world->seen[world->seen_count++] = modem_state(modem);
}

static inline void on_outcome(struct modem *modem, const struct modem_word_outcome *outcome,
			      void *userdata)
{
	struct world *world = userdata;

	(void)modem;
	world->outcomes++;
	world->outcome = *outcome;
}

static inline void on_handed_over(struct modem *modem, int64_t attempt, void *userdata)
{
	struct world *world = userdata;

	(void)modem;
	(void)attempt;
	world->handed_over++;
}

static inline void on_late(struct modem *modem, const struct modem_word_outcome *outcome,
			   void *userdata)
{
	struct world *world = userdata;

	(void)modem;
	world->late++;
	world->late_outcome = *outcome;
}

static inline void on_received(struct modem *modem, const struct modem_word_received *received,
			       void *userdata)
{
	struct world *world = userdata;

	(void)modem;
	/* The same reading may come again until it is deleted: announced, and listed by a sweep. */
	for (unsigned i = 0; i < world->receptions; i++)
		if (world->received[i].reading == received->reading)
			return;
	assert_true(world->receptions < RECEIVED_MAX);
	world->received[world->receptions++] = *received;
}

static inline void on_deleted(struct modem *modem, int64_t reading, bool done, void *userdata)
{
	struct world *world = userdata;

	(void)modem;
	(void)reading;
	world->deletions++;
	world->deleted = done;
}

static inline void on_swept(struct modem *modem, void *userdata)
{
	struct world *world = userdata;

	(void)modem;
	world->sweeps++;
	world->received_before_sweep = world->receptions;
}

static inline void on_pin_wanted(struct modem *modem, const struct modem_word_pin_wanted *wanted,
				 void *userdata)
{
	struct world *world = userdata;

	world->pins_wanted++;
	world->pin_wanted = *wanted;
	if (world->pin)
		assert_int_equal(modem_enter_pin(modem, world->pin, "no PIN here"), 0);
}

static inline void on_ussd(struct modem *modem, const struct modem_word_ussd *ussd, void *userdata)
{
	struct world *world = userdata;

	(void)modem;
	world->ussds++;
	world->ussd = *ussd;
}

static const struct modem_listener LISTENER = {
	.changed = on_changed,
	.outcome = on_outcome,
	.handed_over = on_handed_over,
	.late_outcome = on_late,
	.received = on_received,
	.deleted = on_deleted,
	.swept = on_swept,
	.pin_wanted = on_pin_wanted,
	.ussd = on_ussd,
};

/* One request to the cell's control socket; the answer is the caller's to read, not to free. */
static inline const char *cell_do(struct world *world, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static inline const char *cell_do(struct world *world, const char *format, ...)
{
	static char answer[65536];
	char request[4096];
	size_t size = 0;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(request, sizeof(request) - 1, format, arguments);
	va_end(arguments);
	assert_true(length > 0 && (size_t)length < sizeof(request) - 1);
	memcpy(request + length, "\n", 2);
	assert_int_equal(write(world->control, request, strlen(request)), strlen(request));
	while (size < sizeof(answer) - 1 && (size == 0 || answer[size - 1] != '\n')) {
		ssize_t got = read(world->control, answer + size, sizeof(answer) - 1 - size);

		assert_true(got > 0);
		size += (size_t)got;
	}
	answer[size] = '\0';
	assert_non_null(strstr(answer, "\"ok\":true"));
	return answer;
}

static inline void cell_start(struct world *world)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char program[256], ready[16];
	int in[2], out[2];

	program_path("footbridge-cell", program, sizeof(program));
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	world->cell = fork();
	assert_true(world->cell >= 0);
	if (world->cell == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execl(program, program, "--modem", "north,number=+8613800000001", "--log-lines",
		      "--until-stdin-ends", world->directory, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	assert_true(read(out[0], ready, sizeof(ready)) > 0);
	close(out[0]);
	world->cell_stdin = in[1];
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", world->directory);
	world->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(world->control, (struct sockaddr *)&address, sizeof(address)), 0);
}

static inline int world_open(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	strcpy(world->directory, "/tmp/handle-test-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	snprintf(world->device, sizeof(world->device), "%s/north", world->directory);
	cell_start(world);
	assert_true(sd_event_new(&world->loop) >= 0);
	*state = world;
	return 0;
}

/* The cell makes no folders in there. */
static inline void directory_remove(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	assert_non_null(directory);
	while ((entry = readdir(directory)))
		unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
	assert_int_equal(rmdir(path), 0);
}

static inline int world_close(void **state)
{
	struct world *world = *state;

	modem_free(world->modem);
	sd_event_unref(world->loop);
	close(world->control);
	close(world->cell_stdin);
	waitpid(world->cell, NULL, 0);
	if (!getenv("KEEP"))
		directory_remove(world->directory);
	free(world);
	return 0;
}

static inline void modem_begin(struct world *world, const char *pin, unsigned time_percent)
{
	char program[256];
	struct modem_settings settings = {
		.name = "north",
		.program = program,
		.start = { .speed = 115200, .sweep_seconds = 60 },
		.time_percent = time_percent,
	};

	program_path("footbridge-modem", program, sizeof(program));
	snprintf(settings.start.device, sizeof(settings.start.device), "%s", world->device);
	world->pin = pin;
	assert_int_equal(modem_new(world->loop, &settings, &LISTENER, world, &world->modem), 0);
}

/* Runs the loop until the condition holds. */
#define RUN_UNTIL(world, condition)                                                                \
	do {                                                                                       \
		int64_t until_ = clock_monotonic_usec() + DEADLINE_USEC;                           \
		while (!(condition)) {                                                             \
			if (clock_monotonic_usec() > until_)                                       \
				fail_msg("in vain: %s (state %s: %s)", #condition,                 \
					 modem_state_name(modem_state((world)->modem)),            \
					 modem_reason((world)->modem));                            \
			assert_true(sd_event_run((world)->loop, 100000) >= 0);                     \
		}                                                                                  \
	} while (0)

#define STATE_IS(world, wanted) (modem_state((world)->modem) == MODEM_STATE_##wanted)

static inline struct modem_order_send order_to(const char *number, const char *text,
					       int64_t attempt)
{
	struct modem_order_send order = {
		.attempt = attempt,
		.alphabet = SMS_ALPHABET_GSM7,
		.text_size = strlen(text),
		.validity_minutes = 60,
		.report = true,
	};

	snprintf(order.number, sizeof(order.number), "%s", number);
	snprintf(order.text, sizeof(order.text), "%s", text);
	return order;
}

static inline void send_text(struct world *world, const char *text, int64_t attempt)
{
	struct modem_order_send order = order_to(PHONE, text, attempt);

	assert_int_equal(modem_send(world->modem, &order), 0);
}

/* True when the event log has a line with both. */
static inline bool cell_logged(struct world *world, const char *event, const char *detail)
{
	char path[128], line[8192], wanted[64];
	CLEANUP_FCLOSE FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/events.jsonl", world->directory);
	snprintf(wanted, sizeof(wanted), "\"event\":\"%s\"", event);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (strstr(line, wanted) && strstr(line, detail))
			return true;
	return false;
}

static inline unsigned times_on_screen(struct world *world, const char *text)
{
	const char *at = cell_do(world, "{\"op\":\"screen\",\"phone\":\"" PHONE "\"}");
	unsigned times = 0;

	while ((at = strstr(at, text))) {
		times++;
		at += strlen(text);
	}
	return times;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
