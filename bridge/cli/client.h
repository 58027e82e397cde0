/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HTTP to the daemon over its unix socket.  One request at a time, blocking: this is a command, not
 * a server.  Answers are bounded and are JSON or an error.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct client;

/*
 * Finds the daemon.  socket (--socket) or else FOOTBRIDGE_SOCKET says where, and then only there;
 * otherwise /run/footbridge/api.sock, then $XDG_RUNTIME_DIR/footbridge/api.sock (without that
 * variable, footbridge/api.sock in the user's state folder, where the daemon puts it then).
 * Returns 0 and a client (client_close), or -ENOTCONN, -ENAMETOOLONG, -ENOMEM with a sentence in
 * error that says what was tried and what to do.
 */
int client_open(const char *socket, char *error, size_t error_size, struct client **ret_client);
struct client *client_close(struct client *client);

/*
 * One call; body may be NULL.  Returns the HTTP status (100..599) with *ret_body (owned by the
 * caller, NULL when the answer was empty), or with a sentence in error -ENOTCONN (not reachable),
 * -EPROTO (an answer that is no JSON, or too long), -ENOMEM.
 */
int client_call(struct client *client, const char *method, const char *path, const json_t *body,
		json_t **ret_body, char *error, size_t error_size);

/* Not 0 ends the stream; client_stream() then returns it. */
typedef int (*client_bytes)(const char *bytes, size_t size, void *userdata);

/*
 * Reads GET path as it comes.  last_id: Last-Event-ID, "" for none.  timeout_msec: for the whole,
 * 0 for ever.  Returns what bytes returned, or
 *   0 the daemon closed it; -ECONNRESET it broke off; -ENOTCONN not reachable, or it says 503;
 *   -ETIMEDOUT; -EPROTO refused, with the daemon's sentence in error; -ENOMEM.
 */
int client_stream(struct client *client, const char *path, const char *last_id, long timeout_msec,
		  client_bytes bytes, void *userdata, char *error, size_t error_size);

/* One segment or query value of a path, percent-encoded.  Freed by the caller; NULL: memory. */
char *client_escape(const char *text);
