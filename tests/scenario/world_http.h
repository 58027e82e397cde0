/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * As much of HTTP/1.1 as it takes to ask the bridge over its unix socket, one request after the
 * other on one connection, without a library between the test and the bytes.
 */
#pragma once

#include <stddef.h>

struct world_http_answer {
	int status;
	char *body; /* the caller's to free */
	size_t size;
};

/* A connected socket, or negative errno. */
int world_http_connect(const char *socket_path);

/*
 * Sends a request and reads its answer, 30 s at most.  Returns 0, -EBADMSG for what is no answer
 * with a Content-Length, -ETIMEDOUT, -EPIPE when the other side is gone, -ENOMEM.
 */
int world_http_exchange(int fd, const char *method, const char *path, const char *body, size_t size,
			struct world_http_answer *ret);
