/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A whole world in a temporary directory: a simulated cell with modems and phones, a real
 * footbridged with its real workers, the footbridge command.  Everything is waited for by events
 * and within a bound; what does not come in time ends the test with the last words of all sides.
 * It knows the programs from outside only.
 *
 * Programs are taken from FOOTBRIDGE_BIN (build/bin).  Children never outlive the program that
 * opened the world.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define WORLD_MODEM "north"
#define WORLD_MODEM_NUMBER "+8613800000001"

struct world;

struct world_options {
	const char *const *cell_arguments; /* ended by NULL; NULL: one modem WORLD_MODEM */
	const char *config;                /* more lines of footbridge.conf; NULL */
	/* The list "modems" of footbridge.conf, "@" for the cell's directory; NULL: WORLD_MODEM. */
	const char *modems;
	unsigned time_percent; /* of the daemon's deadlines; 0: 20 */
	bool clock_unkept;     /* the daemon hears that no time service keeps the clock */
	bool without_daemon;   /* start it later with world_daemon_start */
	bool without_tail;     /* start it later with world_tail_start */
	/* Called once with what went wrong, after the diagnostics; must not return. */
	void (*failed)(const char *what);
};

/* Starts cell and daemon, and returns when the modems are ready.  Never NULL. */
struct world *world_open(const struct world_options *options);

/* Ends every process by its pid and removes the directory.  NULL is fine. */
struct world *world_close(struct world *world);

/*
 * Stops the daemon and says whether all went well behind the scenes too: its exit status is 0, and
 * no sanitizer has complained in any process; otherwise the last words are printed.
 */
bool world_is_clean(struct world *world);

/*
 * Ends every process and removes the directory, but frees nothing: for a thread that must end the
 * program while another still uses the world.
 */
void world_abandon(struct world *world);

/* Sleeps until the cell or the bridge has written something, or a descriptor (-1: none) is readable. */
bool world_sleep(struct world *world, int fd, int timeout_msec);

/* Prints what all sides said last and calls failed(). */
void world_fail(struct world *world, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* Paths below the world's directory; they live as long as the world. */
const char *world_directory(const struct world *world);
const char *world_socket(const struct world *world);
const char *world_config_path(const struct world *world);

/* A phone number that nobody used in this world. */
void world_number(struct world *world, char number[static 16]);

/* ---------------------------------------------------------------- processes */

/* Returns when the API answers. */
void world_daemon_start(struct world *world);
/* SIGTERM; returns its exit status. */
int world_daemon_stop(struct world *world);
/* SIGKILL, and gone when it returns. */
void world_daemon_kill(struct world *world);
/* 0: none runs. */
pid_t world_daemon_pid(const struct world *world);
/* Waits until no child of the last daemon is left (it is found by its command line). */
void world_workers_gone(struct world *world);
/* The pid of the modem's worker; 0 when there is none now. */
pid_t world_worker_pid(struct world *world);
/* Those of all its workers, up to capacity; how many there are. */
size_t world_worker_pids(struct world *world, pid_t *pids, size_t capacity);
/* Kills the worker with SIGKILL as soon as there is one; returns when the daemon has noticed. */
void world_worker_kill(struct world *world);
/* Waits until there is a worker that has the modem's tty open. */
void world_worker_opened(struct world *world);
/* Waits until the modem has that state. */
void world_modem_wait(struct world *world, const char *modem, const char *state);

/* Another program, in a process group of its own; its output goes to NAME.err.  Ended as a group. */
pid_t world_program_start(struct world *world, char *const argv[], const char *name);
void world_program_end(struct world *world, pid_t pid);

struct world_result {
	int status; /* exit status; 128 + signal */
	char *out, *err;
	size_t out_size;
	json_t *json; /* out, when it is one JSON value */
};

/* Runs any program with text on standard input (NULL: none) until it ends, 60 s at most. */
struct world_result *world_run(struct world *world, char *const argv[], const char *input,
			       size_t input_size);
struct world_result *world_result_free(struct world_result *result);

/* footbridge --socket … and these arguments, ended by NULL. */
struct world_result *world_cli(struct world *world, ...) __attribute__((sentinel));
struct world_result *world_cli_input(struct world *world, const char *input, size_t size, ...)
	__attribute__((sentinel));

/* ---------------------------------------------------------------- the cell */

/* One op, in the words of json_pack(); returns the answer (the caller's) which says ok. */
json_t *world_cell(struct world *world, const char *format, ...);
/* The same when the answer itself does not matter. */
void world_cell_do(struct world *world, const char *format, ...);
/* The same, and whether the cell agreed. */
bool world_cell_try(struct world *world, const char *format, ...);
/* Op "set" on WORLD_MODEM. */
void world_modem_set(struct world *world, const char *key, const char *value);

/* How many events the cell has written: where to look from. */
size_t world_cell_mark(struct world *world);
/* The event with that index, NULL when it has not come yet. */
const json_t *world_cell_event(struct world *world, size_t index);
/* The first event since the mark with these "key=value", ended by NULL; keys may be "a.b". */
const json_t *world_cell_wait(struct world *world, size_t mark, const char *event, ...)
	__attribute__((sentinel));
/* How many there are. */
size_t world_cell_count(struct world *world, size_t mark, const char *event, ...)
	__attribute__((sentinel));

/* Somebody types on a phone to WORLD_MODEM. */
void world_type(struct world *world, const char *phone, const char *text, size_t size);
/* The whole messages on a phone's screen, when there are count of them; the caller's. */
json_t *world_screen_wait(struct world *world, const char *phone, size_t count);
size_t world_screen_count(struct world *world, const char *phone);

/* ---------------------------------------------------------------- the bridge */

/* One request of the API; returns its JSON (the caller's; NULL: empty) and the HTTP status. */
json_t *world_http(struct world *world, const char *method, const char *path, const json_t *body,
		   int *ret_status);

/* Submits a text by the API and keeps its id. */
void world_send(struct world *world, const char *to, const char *text, size_t size,
		char id[static 65]);
/* The message (the caller's), when it has that state. */
json_t *world_message_wait(struct world *world, const char *id, const char *state);
json_t *world_message(struct world *world, const char *id);
/* What came from a number, oldest first, when there are count of them; the caller's. */
json_t *world_inbox_wait(struct world *world, const char *from, size_t count);
/* All that came by now; from NULL: whoever wrote it. */
json_t *world_inbox(struct world *world, const char *from);

/* Events of `footbridge --json tail`, which runs from the daemon's start on. */
void world_tail_start(struct world *world);
void world_tail_stop(struct world *world);
size_t world_bridge_mark(struct world *world);
const json_t *world_bridge_event(struct world *world, size_t index);
const json_t *world_bridge_wait(struct world *world, size_t mark, const char *type, ...)
	__attribute__((sentinel));
size_t world_bridge_count(struct world *world, size_t mark, const char *type, ...)
	__attribute__((sentinel));

/* ---------------------------------------------------------------- small things */

/* The text at a path "a.b.0.c", "" when there is none. */
const char *world_text(const json_t *json, const char *path);
json_int_t world_integer(const json_t *json, const char *path);
const json_t *world_at(const json_t *json, const char *path);

static inline void world_json_free(json_t **json)
{
	json_decref(*json);
}
static inline void world_result_cleanup(struct world_result **result)
{
	world_result_free(*result);
}
#define WORLD_JSON __attribute__((cleanup(world_json_free))) json_t
#define WORLD_RESULT __attribute__((cleanup(world_result_cleanup))) struct world_result
