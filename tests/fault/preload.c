/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bad disk for a whole footbridged, which knows nothing of it: LD_PRELOAD=fault_vfs.so, and in
 * FOOTBRIDGE_FAULT either the words themselves, or the absolute path of a file with them, looked at
 * ten times a second (put it in place by renaming).  Words, by comma: sync_ms=N (how long a sync
 * takes), and one of io, full, short, sync with at=N (default 1: the next call), once unless lasting.
 * And ahead_s=N: the wall clock is so many seconds ahead, so that hours cost a test nothing.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/fault/fault_vfs.h"

static atomic_long ahead_seconds;

/* In place of libc's; deadlines are measured by the other clocks, which go on as they do. */
int clock_gettime(clockid_t clock_id, struct timespec *tp)
{
	long r = syscall(SYS_clock_gettime, clock_id, tp);

	if (r == 0 && clock_id == CLOCK_REALTIME)
		tp->tv_sec += atomic_load(&ahead_seconds);
	return (int)r;
}

static void __attribute__((noreturn)) words_wrong(const char *word)
{
	fprintf(stderr, "fault_vfs: what is \"%s\" in FOOTBRIDGE_FAULT?\n", word);
	abort();
}

static void words_obey(char *words)
{
	static const char *const kinds[] = { [FAULT_IO] = "io",
					     [FAULT_FULL] = "full",
					     [FAULT_SHORT] = "short",
					     [FAULT_SYNC] = "sync" };
	struct fault_plan plan = { .at = 1 };
	long ahead = 0;
	char *rest = NULL;

	for (char *word = strtok_r(words, ", \n", &rest); word;
	     word = strtok_r(NULL, ", \n", &rest)) {
		bool known = true;

		if (strncmp(word, "sync_ms=", 8) == 0)
			plan.sync_msec = (unsigned)strtoul(word + 8, NULL, 10);
		else if (strncmp(word, "at=", 3) == 0)
			plan.at = strtoul(word + 3, NULL, 10);
		else if (strncmp(word, "ahead_s=", 8) == 0)
			ahead = strtol(word + 8, NULL, 10);
		else if (strcmp(word, "lasting") == 0)
			plan.lasting = true;
		else
			known = false;
		for (int kind = FAULT_IO; kind <= FAULT_SYNC; kind++) {
			if (strcmp(word, kinds[kind]) == 0) {
				plan.kind = (enum fault_kind)kind;
				known = true;
			}
		}
		if (!known)
			words_wrong(word);
	}
	atomic_store(&ahead_seconds, ahead);
	fault_set(&plan);
}

/* A missing file is an empty one: no fault. */
static void file_look(const char *path)
{
	static char seen[256];
	char words[256] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd >= 0 ? read(fd, words, sizeof(words) - 1) : 0;

	if (fd >= 0)
		close(fd);
	if (size < 0 || strcmp(words, seen) == 0)
		return;
	memcpy(seen, words, sizeof(seen));
	words_obey(words);
}

static void *file_follow(void *userdata)
{
	for (;;) {
		usleep(100000);
		file_look(userdata);
	}
	return NULL;
}

/* Signals are the daemon's to take. */
static void file_follow_start(char *path)
{
	pthread_t thread;
	sigset_t all, before;

	file_look(path);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, file_follow, path) != 0)
		abort();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void __attribute__((constructor)) preload(void)
{
	static char words[256];
	const char *fault = getenv("FOOTBRIDGE_FAULT");

	if (!fault)
		return;
	snprintf(words, sizeof(words), "%s", fault);
	/* The daemon's own children open no database. */
	unsetenv("LD_PRELOAD");
	fault_vfs_register();
	if (words[0] == '/')
		file_follow_start(words);
	else
		words_obey(words);
}
