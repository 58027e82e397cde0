/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See server.h.  libmicrohttpd calls answer_to() several times for one request: for its head, for
 * each piece of its body, for its end, and again after each resume.
 */
#include "bridge/api/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/api/door.h"
#include "bridge/api/events.h"
#include "bridge/api/json.h"
#include "bridge/api/request.h"
#include "bridge/api/route.h"
#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/tick.h"

#define CONNECTIONS_MAX 256
#define TIMEOUT_SECONDS 30
#define MEMORY_PER_CONNECTION (64 * 1024)

struct server {
	struct bridge *bridge;
	struct MHD_Daemon *daemon;
	struct door *door;
	struct streams *streams;
	struct request *requests;
	sd_event_source *io, *timer, *kick;
};

/* ------------------------------------------------------------------ answers */

void request_respond(struct request *request, unsigned status, struct MHD_Response *response)
{
	request->status = status;
	request->response = response;
	request->unanswerable = !response;
	if (request->suspended) {
		request->suspended = false;
		MHD_resume_connection(request->connection);
		server_kick(request->server);
	}
}

static struct MHD_Response *response_of_json(json_t *object)
{
	struct MHD_Response *response = NULL;
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	if (!text)
		return NULL;
	response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return NULL;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	return response;
}

void request_answer(struct request *request, unsigned status, json_t *object)
{
	struct MHD_Response *response = response_of_json(object);

	if (!response) {
		status = 503;
		response = response_of_json(json_of_error("OutOfMemory", "Out of memory."));
	}
	request_respond(request, status, response);
}

void request_refuse(struct request *request, const struct refusal *refusal)
{
	request_answer(request, refusal->status, json_of_error(refusal->error, refusal->message));
}

void request_fail(struct request *request, int error, const char *what)
{
	struct refusal refusal;
	char words[sizeof(refusal.message)];

	if (error == -ENOENT)
		refuse(&refusal, 404, "NotFound", "There is no such %s.", what);
	else if (error == -EBUSY)
		refuse(&refusal, 503, "Busy", "Too much is waiting; try again in a few seconds.");
	else if (error == -ENOMEM)
		refuse(&refusal, 503, "OutOfMemory", "Out of memory; nothing was done. Try again.");
	else
		refuse(&refusal, 503, outage_name(error), "%s",
		       outage_explain(error, request->bridge->config->state_directory, words,
				      sizeof(words)));
	bridge_store_failed(request->bridge, error);
	request_refuse(request, &refusal);
}

struct streams *request_streams(const struct request *request)
{
	return request->server->streams;
}

/* ------------------------------------------------------------------ from HTTP to the handlers */

static struct request *request_new(struct server *server, struct MHD_Connection *connection)
{
	struct request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->server = server;
	request->bridge = server->bridge;
	request->connection = connection;
	request->next = server->requests;
	if (request->next)
		request->next->previous = request;
	server->requests = request;
	return request;
}

static void request_free(struct request *request)
{
	if (request->previous)
		request->previous->next = request->next;
	else
		request->server->requests = request->next;
	if (request->next)
		request->next->previous = request->previous;
	if (request->response)
		MHD_destroy_response(request->response);
	json_decref(request->items);
	free(request->body);
	free(request);
}

/* False: out of memory. */
static bool request_take(struct request *request, const char *bytes, size_t size)
{
	size_t capacity = request->body_capacity ? request->body_capacity : 1024;
	char *body;

	if (size > REQUEST_BODY_MAX - request->body_size) {
		request->body_too_large = true; /* the rest is read and dropped */
		return true;
	}
	while (capacity < request->body_size + size)
		capacity *= 2;
	if (capacity != request->body_capacity) {
		body = realloc(request->body, capacity);
		if (!body)
			return false;
		request->body = body;
		request->body_capacity = capacity;
	}
	memcpy(request->body + request->body_size, bytes, size);
	request->body_size += size;
	return true;
}

static void refuse_too_large(struct request *request)
{
	struct refusal refusal;

	refuse(&refusal, 413, "TooLarge", "A request has at most %d KiB.", REQUEST_BODY_MAX / 1024);
	request_refuse(request, &refusal);
}

static void request_dispatch(struct request *request, const char *method, const char *path)
{
	const struct route *route = NULL;
	struct refusal refusal;
	char allowed[64];

	if (request->body_too_large) {
		refuse_too_large(request);
		return;
	}
	switch (route_find(route_table, method, path, &route, request->segment,
			   sizeof(request->segment), allowed, sizeof(allowed))) {
	case ROUTE_FOUND:
		route->handle(request);
		return;
	case ROUTE_OTHER_METHOD:
		refuse(&refusal, 405, "MethodNotAllowed", "%.100s takes %s, not %.20s.", path,
		       allowed, method);
		request_refuse(request, &refusal);
		if (request->response)
			MHD_add_response_header(request->response, MHD_HTTP_HEADER_ALLOW, allowed);
		return;
	case ROUTE_NOT_FOUND:
	case ROUTE_RESULT_COUNT:
		break;
	}
	refuse(&refusal, 404, "NotFound",
	       "There is nothing at %.100s; the API is at /v1/messages, /v1/inbox, /v1/attention, "
	       "/v1/modems, /v1/events, /v1/status, /v1/hold and /v1/release.",
	       path);
	request_refuse(request, &refusal);
}

static enum MHD_Result request_reply(struct request *request)
{
	if (request->response)
		return MHD_queue_response(request->connection, request->status, request->response);
	if (request->unanswerable)
		return MHD_NO;
	request->suspended = true;
	MHD_suspend_connection(request->connection);
	return MHD_YES;
}

static bool announces_too_much(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_CONTENT_LENGTH);

	return length && strtoull(length, NULL, 10) > REQUEST_BODY_MAX;
}

static enum MHD_Result answer_to(void *userdata, struct MHD_Connection *connection,
				 const char *path, const char *method, const char *version,
				 const char *upload_data, size_t *upload_data_size,
				 void **ret_request)
{
	struct server *server = userdata;
	struct request *request = *ret_request;

	(void)version;
	if (!request) {
		request = request_new(server, connection);
		*ret_request = request;
		if (!request)
			return MHD_NO;
		if (announces_too_much(connection)) {
			refuse_too_large(request);
			return request_reply(request);
		}
		return MHD_YES;
	}
	if (*upload_data_size > 0) {
		size_t size = *upload_data_size;

		*upload_data_size = 0;
		return request_take(request, upload_data, size) ? MHD_YES : MHD_NO;
	}
	if (!request->begun) {
		request->begun = true;
		request_dispatch(request, method, path);
	}
	return request_reply(request);
}

static void request_over(void *userdata, struct MHD_Connection *connection, void **ret_request,
			 enum MHD_RequestTerminationCode code)
{
	(void)userdata;
	(void)connection;
	(void)code;
	if (*ret_request)
		request_free(*ret_request);
	*ret_request = NULL;
}

/* ------------------------------------------------------------------ on the loop */

static int server_run(struct server *server);

static int server_timer_due(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	(void)source;
	(void)at_usec;
	return server_run(userdata);
}

static int server_ready(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	(void)source;
	(void)fd;
	(void)events;
	return server_run(userdata);
}

static int server_kicked(sd_event_source *source, void *userdata)
{
	(void)source;
	return server_run(userdata);
}

void server_kick(struct server *server)
{
	if (server->kick)
		(void)sd_event_source_set_enabled(server->kick, SD_EVENT_ONESHOT);
}

static int server_run(struct server *server)
{
	MHD_UNSIGNED_LONG_LONG timeout_msec;

	(void)MHD_run(server->daemon);
	if (MHD_get_timeout(server->daemon, &timeout_msec) != MHD_YES)
		return server->timer ? sd_event_source_set_enabled(server->timer, SD_EVENT_OFF) : 0;
	if (timeout_msec > TIMEOUT_SECONDS * 1000)
		timeout_msec = TIMEOUT_SECONDS * 1000;
	return bridge_arm(server->bridge, &server->timer, (int64_t)timeout_msec * USEC_PER_MSEC,
			  PRIORITY_API, server_timer_due, server);
}

static bool has_room(void *userdata)
{
	struct server *server = userdata;
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info && info->num_connections < CONNECTIONS_MAX;
}

static void caller_entered(int fd, void *userdata)
{
	static const struct sockaddr nobody = { .sa_family = AF_UNIX };
	struct server *server = userdata;

	/* On failure it has closed the descriptor. */
	(void)MHD_add_connection(server->daemon, fd, &nobody, sizeof(nobody));
	server_kick(server);
}

static void log_library(void *userdata, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

static void log_library(void *userdata, const char *format, va_list arguments)
{
	char line[256];

	(void)userdata;
	vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = '\0';
	log_record(LOG_DETAIL, NULL, "HTTP: %s", line);
}

static int server_watch(struct server *server)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int r;

	if (!info)
		return -ENOTSUP;
	r = sd_event_add_io(server->bridge->loop, &server->io, info->epoll_fd, EPOLLIN,
			    server_ready, server);
	if (r >= 0)
		r = sd_event_source_set_priority(server->io, PRIORITY_API);
	if (r >= 0)
		r = sd_event_add_defer(server->bridge->loop, &server->kick, server_kicked, server);
	if (r >= 0)
		r = sd_event_source_set_priority(server->kick, PRIORITY_API);
	if (r >= 0)
		r = sd_event_source_set_enabled(server->kick, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

int server_new(struct bridge *bridge, int listen_fd, struct server **ret_server)
{
	CLEANUP_CLOSE int fd = listen_fd;
	struct server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return -ENOMEM;
	server->bridge = bridge;
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
			MHD_USE_ERROR_LOG,
		0, NULL, NULL, answer_to, server, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		TIMEOUT_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_PER_CONNECTION,
		MHD_OPTION_NOTIFY_COMPLETED, request_over, NULL, MHD_OPTION_SIGPIPE_HANDLED_BY_APP,
		1, MHD_OPTION_END);
	if (!server->daemon) {
		free(server);
		return -ENOMEM;
	}
	r = streams_new(bridge, server, &server->streams);
	if (r == 0)
		r = server_watch(server);
	if (r == 0)
		r = door_new(bridge, TAKE_FD(fd), caller_entered, has_room, server, &server->door);
	if (r < 0) {
		server_free(server);
		return r;
	}
	*ret_server = server;
	return 0;
}

struct server *server_free(struct server *server)
{
	if (!server)
		return NULL;
	server->door = door_free(server->door);
	sd_event_source_disable_unref(server->io);
	sd_event_source_disable_unref(server->timer);
	server->kick = sd_event_source_disable_unref(server->kick);
	/* libmicrohttpd can't be stopped while a connection is suspended. */
	streams_end(server->streams);
	for (struct request *request = server->requests; request; request = request->next) {
		if (request->suspended)
			request_respond(request, 503, NULL);
	}
	MHD_stop_daemon(server->daemon);
	streams_free(server->streams);
	free(server);
	return NULL;
}
