/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One HTTP request, from its handler's side.  A handler either answers at once or posts to the
 * store and answers from the callback; a request stays valid until it is answered.
 */
#pragma once

#include <jansson.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/core/bridge.h"
#include "bridge/core/submit.h"

#define REQUEST_BODY_MAX (256 * 1024)
#define REQUEST_SEGMENT_SIZE 65
#define LIST_LIMIT 100
#define LIST_LIMIT_MAX 1000

struct server;
struct streams;
struct route;

struct request {
	struct server *server;
	struct bridge *bridge;
	struct MHD_Connection *connection;
	struct request *previous, *next;
	char segment[REQUEST_SEGMENT_SIZE]; /* of the path, where the route has a "*" */
	char *body;
	size_t body_size, body_capacity;
	bool body_too_large, begun, suspended;
	bool unanswerable; /* no memory even for an error: the connection is closed */
	struct MHD_Response *response;
	unsigned status;

	/* The handler's, while it waits. */
	json_t *items;
	size_t waiting;
	int64_t done_at_usec; /* forecast.h */
	uint64_t parts_waiting;
	bool would_expire, is_repeat;
	bool failed;
};

/* Takes object (NULL: out of memory, 503).  The request may be gone when it returns. */
void request_answer(struct request *request, unsigned status, json_t *object);

void request_refuse(struct request *request, const struct refusal *refusal);

/* What the store said: -ENOENT 404, everything else 503.  what: "message", for the 404.  A disk that
 * fails is logged, once. */
void request_fail(struct request *request, int error, const char *what);

/* An answer that is made elsewhere; takes the response. */
void request_respond(struct request *request, unsigned status, struct MHD_Response *response);

struct streams *request_streams(const struct request *request);

/* The query's value, or NULL when it is missing or empty. */
const char *request_query(const struct request *request, const char *name);

/* Every name in the query must be in the NULL-ended list.  Returns 0 or -EINVAL with *refusal. */
int request_query_check(const struct request *request, const char *const *names,
			struct refusal *refusal);

/* limit= and cursor=, with their defaults.  Returns 0 or -EINVAL with *refusal. */
int request_query_page(const struct request *request, unsigned *ret_limit, int64_t *ret_cursor,
		       struct refusal *refusal);

/* ---- handlers, by file */
void handle_message_post(struct request *request);
void handle_message_list(struct request *request);
void handle_message_get(struct request *request);
void handle_message_cancel(struct request *request);
void handle_message_why(struct request *request);
void handle_message_retry(struct request *request);
void handle_message_settle(struct request *request);
void handle_inbox_list(struct request *request);
void handle_inbox_get(struct request *request);
void handle_inbox_done(struct request *request);
void handle_modem_list(struct request *request);
void handle_modem_get(struct request *request);
void handle_modem_adopt(struct request *request);
void handle_modem_hold(struct request *request);
void handle_modem_release(struct request *request);
void handle_modem_reset(struct request *request);
void handle_modem_ussd(struct request *request);
void handle_attention_list(struct request *request);
void handle_attention_done(struct request *request);
void handle_hold(struct request *request);
void handle_release(struct request *request);
void handle_events(struct request *request);
void handle_status(struct request *request);
