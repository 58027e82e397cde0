/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HTTP over the daemon's unix socket: libmicrohttpd on the loop, in external epoll mode.  It never
 * blocks: a request that needs the store is suspended until the store answers.
 */
#pragma once

#include <stddef.h>

#include "bridge/core/bridge.h"

struct server;

/*
 * Serves on a listening socket, which is the server's from now on (also on failure).  Returns 0 or
 * negative errno.
 */
int server_new(struct bridge *bridge, int listen_fd, struct server **ret_server);

/* After store_close: requests that still wait end without an answer. */
struct server *server_free(struct server *server);

/* A connection was resumed: in external mode libmicrohttpd has to be run to notice. */
void server_kick(struct server *server);
