/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the world share among themselves.
 */
#pragma once

#include "tests/scenario/world.h"

#include <stdarg.h>
#include <stdint.h>

#define WORLD_PATIENCE_MSEC 30000

struct world_child {
	pid_t pid; /* 0: none */
	int in;    /* its standard input, -1 */
	int out;   /* its standard output, -1 */
};

/* JSON Lines that grow: a file that is followed, or a pipe. */
struct world_lines {
	int fd; /* -1: closed */
	char *buffer;
	size_t size, capacity;
	json_t *items;
};

struct world {
	struct world_options options;
	bool opened; /* until then nobody but the world itself can close it */
	char directory[128];
	char cell_directory[160], config_path[160], socket_path[160];
	const char *programs;
	struct world_child cell, daemon, tail;
	pid_t others[4]; /* leaders of process groups */
	int control;
	int watch; /* inotify on the cell's events */
	struct world_lines cell_events, bridge_events;
	unsigned numbers;
};

int64_t world_now_msec(void);

/* world.c */
#define WORLD_FOUND_SIZE 640
/* Whether it has exactly that file open, be it deleted by now: "/proc/7/fd/3 is PATH". */
bool world_process_opened(pid_t pid, const char *path, char found[static WORLD_FOUND_SIZE]);

/* world_process.c */
#define WORLD_CHILD_IN 1U
#define WORLD_CHILD_OUT 2U
#define WORLD_CHILD_GROUP 4U /* a process group of its own; its output goes where its errors go */
void world_child_start(struct world *world, struct world_child *child, char *const argv[],
		       unsigned pipes, const char *error_file);
/* The exit status, 128 + signal, or -1 when it still runs after that time. */
int world_child_wait(struct world_child *child, int timeout_msec);
void world_child_end(struct world_child *child, int signal_number);
void world_others_end(struct world *world, int signal_number);
void world_program(const struct world *world, const char *name, char path[static 512]);

/* world_lines.c */
void world_lines_open(struct world_lines *lines, int fd);
void world_lines_close(struct world_lines *lines);
/* Takes what is there without waiting; true when something new came. */
bool world_lines_pull(struct world_lines *lines);
/* How many items there are by now; the one with that index, NULL when it has not come yet. */
size_t world_lines_count(struct world_lines *lines);
const json_t *world_lines_item(struct world_lines *lines, size_t index);
/* The first since the mark, and how many, whose kind and fields ("key=value", NULL) are these. */
const json_t *world_lines_wait(struct world *world, struct world_lines *lines, const char *kind_key,
			       size_t mark, const char *kind, va_list fields);
size_t world_lines_matching(struct world_lines *lines, const char *kind_key, size_t mark,
			    const char *kind, va_list fields);

/* world_cell.c */
void world_cell_open(struct world *world);
void world_cell_close(struct world *world);
/* Waits for new events of cell or bridge, at most so long. */
static inline void world_wait_any(struct world *world, int timeout_msec)
{
	world_sleep(world, -1, timeout_msec);
}

/* world_bridge.c */
/* The status of the API: 0 when nobody answers. */
int world_api_probe(struct world *world);
