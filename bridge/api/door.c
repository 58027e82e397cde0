/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See door.h.  libmicrohttpd would accept by itself, but it spins when there is no descriptor for its
 * first connection, and never accepts again while one stays open after that.
 */
#include "bridge/api/door.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"

#define ENTER_MAX 32 /* in one turn of the loop */
#define PAUSE_USEC (200 * USEC_PER_MSEC)

struct door {
	struct bridge *bridge;
	int fd;
	door_enter enter;
	door_has_room has_room;
	void *userdata;
	sd_event_source *io, *again;
	bool limited; /* and said so */
};

static int door_open(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct door *door = userdata;

	(void)source;
	(void)at_usec;
	return sd_event_source_set_enabled(door->io, SD_EVENT_ON);
}

/* Whoever calls meanwhile waits: a level-triggered socket would keep the loop busy. */
static void door_pause(struct door *door, const char *why)
{
	if (bridge_arm(door->bridge, &door->again, PAUSE_USEC, PRIORITY_API, door_open, door) < 0)
		return;
	(void)sd_event_source_set_enabled(door->io, SD_EVENT_OFF);
	if (!door->limited)
		log_record(LOG_API_LIMITED, &(struct log_fields){ .reason = why },
			   "Callers of the API have to wait: %s.", why);
	door->limited = true;
}

/* Returns false when nobody else can enter now. */
static bool enter_one(struct door *door)
{
	int fd;

	if (!door->has_room(door->userdata)) {
		door_pause(door, "there are too many connections");
		return false;
	}
	fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		door->limited = false;
		door->enter(fd, door->userdata);
		return true;
	}
	if (errno == EINTR || errno == ECONNABORTED)
		return true;
	if (errno != EAGAIN)
		door_pause(door, strerror(errno));
	return false;
}

static int somebody_calls(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct door *door = userdata;

	(void)source;
	(void)fd;
	(void)events;
	for (int i = 0; i < ENTER_MAX && enter_one(door); i++)
		;
	return 0;
}

int door_new(struct bridge *bridge, int listen_fd, door_enter enter, door_has_room has_room,
	     void *userdata, struct door **ret_door)
{
	struct door *door = calloc(1, sizeof(*door));
	int r;

	if (!door) {
		close(listen_fd);
		return -ENOMEM;
	}
	*door = (struct door){ .bridge = bridge,
			       .fd = listen_fd,
			       .enter = enter,
			       .has_room = has_room,
			       .userdata = userdata };
	r = sd_event_add_io(bridge->loop, &door->io, listen_fd, EPOLLIN, somebody_calls, door);
	if (r >= 0)
		r = sd_event_source_set_priority(door->io, PRIORITY_API);
	/* Now: a first timer needs a descriptor. */
	if (r >= 0)
		r = bridge_arm(bridge, &door->again, 0, PRIORITY_API, door_open, door);
	if (r < 0) {
		door_free(door);
		return r;
	}
	*ret_door = door;
	return 0;
}

struct door *door_free(struct door *door)
{
	if (!door)
		return NULL;
	sd_event_source_disable_unref(door->io);
	sd_event_source_disable_unref(door->again);
	close(door->fd);
	free(door);
	return NULL;
}
