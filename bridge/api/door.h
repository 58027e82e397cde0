/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The listening socket: takes callers in, as many as there is room for.  Out of descriptors, or with
 * too many connections, callers wait in the socket's queue and the loop is not kept busy by them.
 */
#pragma once

#include "bridge/core/bridge.h"

struct door;

/* Takes a caller: the descriptor is the taker's, also on failure. */
typedef void (*door_enter)(int fd, void *userdata);
/* False: no room for one more now. */
typedef bool (*door_has_room)(void *userdata);

/* The socket is the door's from now on (also on failure).  Returns 0 or negative errno. */
int door_new(struct bridge *bridge, int listen_fd, door_enter enter, door_has_room has_room,
	     void *userdata, struct door **ret_door);
struct door *door_free(struct door *door);
