/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A small HTTP client for tests: see world_http.h.
 */
#include "tests/scenario/world_http.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_SIZE_MAX (32U << 20)

int world_http_connect(const char *socket_path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path) >=
	    (int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

static int bytes_send(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

		if (sent < 0)
			return -errno;
		bytes += sent;
		size -= (size_t)sent;
	}
	return 0;
}

static int bytes_receive(int fd, char *bytes, size_t size)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t got;

	if (poll(&wait, 1, 30000) <= 0)
		return -ETIMEDOUT;
	got = recv(fd, bytes, size, 0);
	if (got < 0)
		return -errno;
	return got == 0 ? -EPIPE : (int)got;
}

/* Head and whatever of the body came with it. */
static int head_receive(int fd, char *head, size_t capacity, size_t *ret_size, char **ret_body)
{
	size_t size = 0;

	for (;;) {
		char *end;
		int r = size + 1 < capacity ? bytes_receive(fd, head + size, capacity - size - 1)
					    : -EBADMSG;

		if (r < 0)
			return r;
		size += (size_t)r;
		head[size] = '\0';
		end = strstr(head, "\r\n\r\n");
		if (!end)
			continue;
		*end = '\0';
		*ret_body = end + 4;
		*ret_size = size;
		return 0;
	}
}

static long content_length(const char *head)
{
	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, "Content-Length:", 15) == 0)
			return strtol(line + 17, NULL, 10);
	return -1;
}

int world_http_exchange(int fd, const char *method, const char *path, const char *body, size_t size,
			struct world_http_answer *ret)
{
	char head[16384], *rest = head;
	size_t have = 0;
	long length;
	int r, status;

	snprintf(head, sizeof(head),
		 "%s %s HTTP/1.1\r\nHost: footbridge\r\nContent-Type: application/json\r\n"
		 "Content-Length: %zu\r\n\r\n",
		 method, path, size);
	r = bytes_send(fd, head, strlen(head));
	if (r == 0 && size > 0)
		r = bytes_send(fd, body, size);
	if (r == 0)
		r = head_receive(fd, head, sizeof(head), &have, &rest);
	if (r < 0)
		return r;
	length = content_length(head);
	if (sscanf(head, "HTTP/1.1 %d", &status) != 1 || length < 0 || length > ANSWER_SIZE_MAX)
		return -EBADMSG;
	have -= (size_t)(rest - head);
	if (have > (size_t)length)
		return -EBADMSG;
	ret->body = calloc(1, (size_t)length + 1);
	if (!ret->body)
		return -ENOMEM;
	memcpy(ret->body, rest, have);
	while (have < (size_t)length) {
		r = bytes_receive(fd, ret->body + have, (size_t)length - have);
		if (r < 0)
			return r;
		have += (size_t)r;
	}
	ret->size = (size_t)length;
	ret->status = status;
	return 0;
}
