/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A binary heap of jobs on one timer; what is due at once needs no timer but runs from a deferred
 * source, after the event that put it in.
 */
#include "tests/cell/timeline.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define RUN_AT_ONCE 256 /* jobs between two looks at the sockets and ttys */

struct timeline {
	sd_event_source *timer, *defer;
	int64_t ahead_usec;
	uint64_t order;
	struct job **heap; /* from 1 */
	size_t count, room;
};

static int64_t clock_usec(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t timeline_now(const struct timeline *t)
{
	return clock_usec(CLOCK_REALTIME) + t->ahead_usec;
}

static bool before(const struct job *a, const struct job *b)
{
	return a->at_usec != b->at_usec ? a->at_usec < b->at_usec : a->order < b->order;
}

static void settle(struct timeline *t, size_t place, struct job *job)
{
	t->heap[place] = job;
	job->place = place;
}

static void sift_up(struct timeline *t, size_t place, struct job *job)
{
	for (; place > 1 && before(job, t->heap[place / 2]); place /= 2)
		settle(t, place, t->heap[place / 2]);
	settle(t, place, job);
}

static void sift_down(struct timeline *t, size_t place, struct job *job)
{
	for (size_t child = 2 * place; child <= t->count; child = 2 * place) {
		if (child < t->count && before(t->heap[child + 1], t->heap[child]))
			child++;
		if (!before(t->heap[child], job))
			break;
		settle(t, place, t->heap[child]);
		place = child;
	}
	settle(t, place, job);
}

static void rearm(struct timeline *t)
{
	int64_t wait;

	if (t->count == 0) {
		sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
		return;
	}
	wait = t->heap[1]->at_usec - timeline_now(t);
	if (wait <= 0) {
		sd_event_source_set_enabled(t->defer, SD_EVENT_ONESHOT);
		return;
	}
	sd_event_source_set_time(t->timer, (uint64_t)(clock_usec(CLOCK_MONOTONIC) + wait));
	sd_event_source_set_enabled(t->timer, SD_EVENT_ONESHOT);
}

static void heap_remove(struct timeline *t, struct job *job)
{
	size_t place = job->place;
	struct job *last = t->heap[t->count--];

	job->place = 0;
	if (last == job)
		return;
	if (place > 1 && before(last, t->heap[place / 2]))
		sift_up(t, place, last);
	else
		sift_down(t, place, last);
}

int timeline_add(struct timeline *t, struct job *job, int64_t at_usec)
{
	if (job->place)
		heap_remove(t, job);
	if (t->count + 1 >= t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		struct job **heap = reallocarray(t->heap, room, sizeof(struct job *));

		if (!heap)
			return -ENOMEM;
		t->heap = heap;
		t->room = room;
	}
	job->at_usec = at_usec;
	job->order = t->order++;
	sift_up(t, ++t->count, job);
	if (job->place == 1)
		rearm(t);
	return 0;
}

void timeline_remove(struct timeline *t, struct job *job)
{
	if (!job->place)
		return;
	heap_remove(t, job);
	rearm(t);
}

static void run_first(struct timeline *t)
{
	struct job *job = t->heap[1];

	heap_remove(t, job);
	job->run(job->owner);
}

static void run_due(struct timeline *t)
{
	for (size_t i = 0; i < RUN_AT_ONCE && t->count; i++) {
		if (t->heap[1]->at_usec > timeline_now(t))
			break;
		run_first(t);
	}
	rearm(t);
}

/* From job to job, so that each, and what it puts in, happens at its own moment. */
void timeline_advance(struct timeline *t, int64_t usec)
{
	int64_t until = timeline_now(t) + usec, now = until - usec;

	while (t->count && t->heap[1]->at_usec <= (until > now ? until : now)) {
		if (t->heap[1]->at_usec > now)
			t->ahead_usec += t->heap[1]->at_usec - now;
		run_first(t);
		now = timeline_now(t);
	}
	if (until > now)
		t->ahead_usec += until - now;
	rearm(t);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	run_due(userdata);
	return 0;
}

static int on_defer(sd_event_source *source, void *userdata)
{
	(void)source;
	run_due(userdata);
	return 0;
}

int timeline_new(sd_event *event, struct timeline **ret)
{
	struct timeline *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	r = sd_event_add_time(event, &t->timer, CLOCK_MONOTONIC, 0, 1, on_timer, t);
	if (r >= 0)
		r = sd_event_add_defer(event, &t->defer, on_defer, t);
	if (r < 0) {
		timeline_free(t);
		return r;
	}
	sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
	sd_event_source_set_enabled(t->defer, SD_EVENT_OFF);
	*ret = t;
	return 0;
}

struct timeline *timeline_free(struct timeline *t)
{
	if (!t)
		return NULL;
	sd_event_source_disable_unref(t->timer);
	sd_event_source_disable_unref(t->defer);
	free(t->heap);
	free(t);
	return NULL;
}
