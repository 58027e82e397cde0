/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The control socket.  A client that sends too long a line, or never reads, is dropped.
 */
#include "tests/cell/control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/cell/cell.h"

struct client {
	LIST_ENTRY(client) next;
	struct control *control;
	sd_event_source *source;
	int fd;
	char *out;
	size_t out_size, in_size;
	char in[CONTROL_LINE_MAX];
};

struct control {
	struct cell *cell;
	sd_event_source *source;
	int fd;
	struct sockaddr_un address;
	bool bound;
	LIST_HEAD(client_list, client) clients;
	size_t count;
};

static void client_free(struct client *client)
{
	LIST_REMOVE(client, next);
	client->control->count--;
	sd_event_source_disable_unref(client->source);
	close(client->fd);
	free(client->out);
	free(client);
}

static bool client_write(struct client *client, const char *text, size_t size)
{
	char *grown;

	if (client->out_size + size > CONTROL_OUTPUT_MAX)
		return false;
	grown = realloc(client->out, client->out_size + size);
	if (!grown)
		return false;
	memcpy(grown + client->out_size, text, size);
	client->out = grown;
	client->out_size += size;
	return true;
}

static bool client_flush(struct client *client)
{
	size_t sent = 0;

	while (sent < client->out_size) {
		ssize_t n = send(client->fd, client->out + sent, client->out_size - sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			return false;
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	client->out_size -= sent;
	if (client->out_size)
		memmove(client->out, client->out + sent, client->out_size);
	sd_event_source_set_io_events(client->source, client->out_size ? EPOLLOUT : EPOLLIN);
	return true;
}

static bool run_line(struct client *client, const char *line, size_t size)
{
	json_error_t error;
	json_t *request = json_loadb(line, size, JSON_ALLOW_NUL, &error), *answer;
	char *text;
	bool written;

	answer = ops_run(client->control->cell, request);
	text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	written = text && client_write(client, text, strlen(text)) && client_write(client, "\n", 1);
	free(text);
	json_decref(answer);
	json_decref(request);
	return written;
}

static bool run_lines(struct client *client)
{
	char *at = client->in, *end = client->in + client->in_size, *line;

	while ((line = memchr(at, '\n', (size_t)(end - at)))) {
		if (!run_line(client, at, (size_t)(line - at)))
			return false;
		at = line + 1;
	}
	client->in_size = (size_t)(end - at);
	memmove(client->in, at, client->in_size);
	return client->in_size < sizeof(client->in);
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct client *client = userdata;
	bool alive = true;

	(void)source;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		ssize_t n = recv(fd, client->in + client->in_size,
				 sizeof(client->in) - client->in_size, MSG_DONTWAIT);

		if (n > 0) {
			client->in_size += (size_t)n;
			alive = run_lines(client);
		} else {
			alive = n < 0 && errno == EAGAIN;
		}
	}
	if (!alive || !client_flush(client))
		client_free(client);
	return 0;
}

static int on_connect(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct control *control = userdata;
	int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client;

	(void)events;
	if (accepted < 0)
		return 0;
	client = control->count < CONTROL_CLIENTS_MAX ? calloc(1, sizeof(*client)) : NULL;
	if (!client || sd_event_add_io(sd_event_source_get_event(source), &client->source, accepted,
				       EPOLLIN, on_client, client) < 0) {
		free(client);
		close(accepted);
		return 0;
	}
	client->fd = accepted;
	client->control = control;
	LIST_INSERT_HEAD(&control->clients, client, next);
	control->count++;
	return 0;
}

/* A socket that a killed cell left behind is replaced, one that answers is not. */
static int bind_address(struct control *control)
{
	const struct sockaddr *address = (const struct sockaddr *)&control->address;
	socklen_t size = sizeof(control->address);
	int probe, r;

	if (bind(control->fd, address, size) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return -errno;
	r = connect(probe, address, size) < 0 && errno == ECONNREFUSED ? 0 : -EADDRINUSE;
	close(probe);
	if (r < 0)
		return r;
	unlink(control->address.sun_path);
	return bind(control->fd, address, size) < 0 ? -errno : 0;
}

int control_open(const char *path, struct control **ret)
{
	struct control *control = calloc(1, sizeof(*control));
	int r = -ENAMETOOLONG;

	if (!control)
		return -ENOMEM;
	control->address.sun_family = AF_UNIX;
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (strlen(path) < sizeof(control->address.sun_path)) {
		memcpy(control->address.sun_path, path, strlen(path) + 1);
		r = control->fd < 0 ? -errno : bind_address(control);
		control->bound = r == 0;
	}
	if (r == 0 && listen(control->fd, CONTROL_CLIENTS_MAX) < 0)
		r = -errno;
	if (r < 0) {
		control_close(control);
		return r;
	}
	*ret = control;
	return 0;
}

int control_serve(struct control *control, sd_event *event, struct cell *cell)
{
	control->cell = cell;
	return sd_event_add_io(event, &control->source, control->fd, EPOLLIN, on_connect, control);
}

struct control *control_close(struct control *control)
{
	if (!control)
		return NULL;
	while (!LIST_EMPTY(&control->clients))
		client_free(LIST_FIRST(&control->clients));
	sd_event_source_disable_unref(control->source);
	if (control->fd >= 0)
		close(control->fd);
	if (control->bound)
		unlink(control->address.sun_path);
	free(control);
	return NULL;
}
