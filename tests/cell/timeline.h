/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is to happen when, by a clock that may be told to jump ahead.  Jobs live in what they
 * belong to; those of the same moment run in the order in which they were put in.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct timeline;

struct job {
	int64_t at_usec;
	uint64_t order;
	size_t place; /* in the heap, from 1; 0: not waiting */
	void (*run)(void *owner);
	void *owner;
};

int timeline_new(sd_event *event, struct timeline **ret);
struct timeline *timeline_free(struct timeline *timeline);

/* Wall clock plus all jumps. */
int64_t timeline_now(const struct timeline *timeline);

/* Puts the job in, or moves it when it waits already.  Returns 0 or -ENOMEM. */
int timeline_add(struct timeline *timeline, struct job *job, int64_t at_usec);
void timeline_remove(struct timeline *timeline, struct job *job);

/* Jumps ahead and runs what has come due, in order. */
void timeline_advance(struct timeline *timeline, int64_t usec);
