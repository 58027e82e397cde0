/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The interposed usleep().  Long waits are politeness to the modem and are scaled; short ones are
 * polling, and last no longer than it takes the answer to come.
 */
#include "modem/pace.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <time.h>

#define LONG_WAIT_USEC 100000

/* Of the thread that libgammu runs in; other threads sleep as ever. */
static _Thread_local struct {
	bool ours;
	int fd;
	unsigned percent;
	unsigned long count;
} pace;

void pace_begin(int fd, unsigned percent)
{
	pace.ours = true;
	pace.fd = fd;
	pace.percent = percent;
}

void pace_set(unsigned percent)
{
	pace.percent = percent;
}

unsigned pace_percent(void)
{
	return pace.percent;
}

unsigned long pace_count(void)
{
	return pace.count;
}

static struct timespec span(useconds_t usec)
{
	return (struct timespec){
		.tv_sec = usec / 1000000,
		.tv_nsec = (long)(usec % 1000000) * 1000,
	};
}

int usleep(useconds_t usec) /* NOLINT(readability-inconsistent-declaration-parameter-name) */
{
	struct timespec wait = span(usec);

	if (pace.ours && usec < LONG_WAIT_USEC) {
		struct pollfd readable = { .fd = pace.fd, .events = POLLIN };

		return ppoll(&readable, 1, &wait, NULL) < 0 ? -1 : 0;
	}
	if (pace.ours) {
		pace.count++;
		wait = span((useconds_t)((unsigned long)usec * pace.percent / 100));
	}
	return nanosleep(&wait, NULL);
}
