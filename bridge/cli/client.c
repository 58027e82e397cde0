/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libcurl's easy interface with CURLOPT_UNIX_SOCKET_PATH.  Which socket answers is tried with a
 * plain connect() first, so that a failure can name every path and its reason.
 */
#include "bridge/cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "bridge/base/cleanup.h"

#define ANSWER_MAX ((size_t)64 * 1024 * 1024)
#define REFUSAL_MAX ((size_t)64 * 1024)
#define CONNECT_TIMEOUT_MSEC 5000L
/* The longest is USSD: a minute in the network, after a send that runs (90 s). */
#define CALL_TIMEOUT_MSEC 180000L
#define SYSTEM_SOCKET "/run/footbridge/api.sock"
#define USER_SOCKET "footbridge/api.sock"
#define URL_SIZE 2048
#define PATH_SIZE 512
#define SOCKETS_MAX 2

struct client {
	CURL *curl;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/* An answer as it grows. */
struct answer {
	char *bytes;
	size_t size, room, most;
	bool overflow;
	/* a stream hands on what comes with status 200 instead of keeping it */
	CURL *curl;
	client_bytes handler;
	void *userdata;
	int result;
};

static void cleanup_answer(struct answer *answer)
{
	free(answer->bytes);
}

static void cleanup_slist(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

/* 0, or negative errno of socket(), connect(). */
static int probe_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP_CLOSE int fd = -1;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	memcpy(address.sun_path, path, strlen(path) + 1);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static const char *explain_probe(int error)
{
	switch (-error) {
	case ENOENT:
		return "no such socket";
	case ECONNREFUSED:
		return "nobody listens on it";
	case ENAMETOOLONG:
		return "path too long for a socket (107 bytes at most)";
	default:
		return strerror(-error);
	}
}

/* The group that owns the socket, or the folder that hides it; "" unknown. */
static void find_group(const char *path, char *buffer, size_t size)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *slash = strrchr(path, '/');
	struct group *group = NULL;
	struct stat status;

	buffer[0] = '\0';
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1,
		 slash ? path : ".");
	if (stat(path, &status) == 0 || stat(folder, &status) == 0)
		group = getgrgid(status.st_gid);
	if (group)
		snprintf(buffer, size, "%s", group->gr_name);
}

static void explain_denied(const char *path, char *error, size_t error_size)
{
	char group[64];

	find_group(path, group, sizeof(group));
	if (!group[0] || !strcmp(group, "root"))
		snprintf(error, error_size,
			 "permission denied on %s; run this as the user of footbridged, or as root",
			 path);
	else
		snprintf(error, error_size,
			 "permission denied on %s; members of the group '%s' may use it: "
			 "usermod -aG %s USER as root, then log in again",
			 path, group, group);
}

static void explain_unreachable(const char *const *paths, const int *reasons, size_t count,
				char *error, size_t error_size)
{
	char tried[512] = "";
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		if (reasons[i] == -EACCES || reasons[i] == -EPERM) {
			explain_denied(paths[i], error, error_size);
			return;
		}
		if (at < sizeof(tried))
			at += (size_t)snprintf(tried + at, sizeof(tried) - at, "%s%s: %s",
					       i ? "; " : "", paths[i], explain_probe(reasons[i]));
	}
	snprintf(error, error_size,
		 "the daemon cannot be reached (%s); start it with `footbridged --config FILE`, or "
		 "name its socket with --socket",
		 tried);
}

/*
 * Fills paths with what is to be tried; returns how many.  The last one is where a daemon without
 * XDG_RUNTIME_DIR puts its socket.
 */
static size_t list_sockets(const char *socket, char buffer[static PATH_SIZE],
			   const char *paths[static SOCKETS_MAX])
{
	const char *named = socket ? socket : getenv("FOOTBRIDGE_SOCKET");
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (named && *named) {
		paths[0] = named;
		return 1;
	}
	paths[0] = SYSTEM_SOCKET;
	if (runtime && *runtime == '/')
		snprintf(buffer, PATH_SIZE, "%s/" USER_SOCKET, runtime);
	else if (state && *state == '/')
		snprintf(buffer, PATH_SIZE, "%s/" USER_SOCKET, state);
	else if (home && *home == '/')
		snprintf(buffer, PATH_SIZE, "%s/.local/state/" USER_SOCKET, home);
	else
		return 1;
	paths[1] = buffer;
	return 2;
}

int client_open(const char *socket, char *error, size_t error_size, struct client **ret_client)
{
	char buffer[PATH_SIZE];
	const char *paths[SOCKETS_MAX];
	int reasons[SOCKETS_MAX] = { 0 };
	size_t count = list_sockets(socket, buffer, paths);
	struct client *client;
	size_t i;

	for (i = 0; i < count; i++) {
		reasons[i] = probe_socket(paths[i]);
		if (reasons[i] == 0)
			break;
	}
	if (i == count) {
		explain_unreachable(paths, reasons, count, error, error_size);
		return -ENOTCONN;
	}
	client = calloc(1, sizeof(*client));
	if (client)
		client->curl = curl_easy_init();
	if (!client || !client->curl) {
		free(client);
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	snprintf(client->path, sizeof(client->path), "%s", paths[i]);
	*ret_client = client;
	return 0;
}

struct client *client_close(struct client *client)
{
	if (!client)
		return NULL;
	curl_easy_cleanup(client->curl);
	free(client);
	return NULL;
}

char *client_escape(const char *text)
{
	/* curl_easy_escape() hands out curl's memory; a copy can be freed like all else. */
	char *escaped = curl_easy_escape(NULL, text, 0), *copy = escaped ? strdup(escaped) : NULL;

	curl_free(escaped);
	return copy;
}

static int keep_bytes(struct answer *answer, const char *bytes, size_t size)
{
	size_t room = answer->room ? answer->room : 4096;
	char *grown;

	if (size > answer->most - answer->size) {
		answer->overflow = true;
		return -EMSGSIZE;
	}
	while (room < answer->size + size)
		room *= 2;
	if (room != answer->room) {
		grown = realloc(answer->bytes, room);
		if (!grown)
			return -ENOMEM;
		answer->bytes = grown;
		answer->room = room;
	}
	memcpy(answer->bytes + answer->size, bytes, size);
	answer->size += size;
	return 0;
}

static size_t on_bytes(char *bytes, size_t one, size_t count, void *userdata)
{
	struct answer *answer = userdata;
	size_t size = one * count;
	long status = 0;

	if (answer->handler)
		curl_easy_getinfo(answer->curl, CURLINFO_RESPONSE_CODE, &status);
	answer->result = status == 200 ? answer->handler(bytes, size, answer->userdata)
				       : keep_bytes(answer, bytes, size);
	return answer->result == 0 ? size : 0;
}

static CURLcode prepare(struct client *client, const char *method, const char *path, char *url,
			struct answer *answer, long timeout_msec)
{
	CURL *curl = client->curl;
	CURLcode code;

	if ((size_t)snprintf(url, URL_SIZE, "http://localhost%s", path) >= URL_SIZE)
		return CURLE_URL_MALFORMAT;
	answer->curl = curl;
	curl_easy_reset(curl);
	code = curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->path);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_URL, url);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (code != CURLE_OK)
		return code;
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "footbridge/" FOOTBRIDGE_VERSION);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MSEC);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_msec);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	return CURLE_OK;
}

static int explain_curl(const struct client *client, CURLcode code, char *error, size_t error_size)
{
	if (code == CURLE_OUT_OF_MEMORY) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	if (code == CURLE_URL_MALFORMAT) {
		snprintf(error, error_size, "an argument is too long");
		return -EPROTO;
	}
	snprintf(error, error_size, "the daemon at %s did not answer (%s); see what it logged",
		 client->path, curl_easy_strerror(code));
	return -ENOTCONN;
}

static int parse_answer(const struct answer *answer, long status, json_t **ret_body, char *error,
			size_t error_size)
{
	json_error_t fault;

	*ret_body = NULL;
	if (!answer->size)
		return (int)status;
	*ret_body = json_loadb(answer->bytes, answer->size, JSON_ALLOW_NUL, &fault);
	if (*ret_body)
		return (int)status;
	snprintf(error, error_size,
		 "the daemon's answer (HTTP %ld) is not JSON; is that Footbridge's socket?",
		 status);
	return -EPROTO;
}

int client_call(struct client *client, const char *method, const char *path, const json_t *body,
		json_t **ret_body, char *error, size_t error_size)
{
	CLEANUP(cleanup_answer) struct answer answer = { .most = ANSWER_MAX };
	CLEANUP(cleanup_slist) struct curl_slist *headers = NULL;
	CLEANUP_FREE char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	char url[URL_SIZE];
	CURLcode code = prepare(client, method, path, url, &answer, CALL_TIMEOUT_MSEC);
	long status = 0;

	if (body) {
		headers = curl_slist_append(NULL, "Content-Type: application/json");
		if (!text || !headers || !curl_slist_append(headers, "Expect:"))
			return explain_curl(client, CURLE_OUT_OF_MEMORY, error, error_size);
		curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)strlen(text));
		curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, text);
	}
	if (code == CURLE_OK)
		code = curl_easy_perform(client->curl);
	if (answer.overflow) {
		snprintf(error, error_size,
			 "the daemon's answer is too long; ask for less (--limit)");
		return -EPROTO;
	}
	if (code != CURLE_OK)
		return explain_curl(client, code, error, error_size);
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	return parse_answer(&answer, status, ret_body, error, error_size);
}

/* A stream that was refused: the daemon's own words, if it has any. */
static int explain_refusal(const struct answer *answer, long status, char *error, size_t error_size)
{
	json_t *body = json_loadb(answer->bytes ? answer->bytes : "", answer->size, 0, NULL);
	const char *message = json_string_value(json_object_get(body, "message"));

	snprintf(error, error_size, "%s", message ? message : "the daemon refused the stream");
	json_decref(body);
	return status == 503 ? -ENOTCONN : -EPROTO;
}

int client_stream(struct client *client, const char *path, const char *last_id, long timeout_msec,
		  client_bytes bytes, void *userdata, char *error, size_t error_size)
{
	CLEANUP(cleanup_answer)
	struct answer answer = { .most = REFUSAL_MAX, .handler = bytes, .userdata = userdata };
	CLEANUP(cleanup_slist) struct curl_slist *headers = NULL;
	char url[URL_SIZE], header[128];
	CURLcode code = prepare(client, "GET", path, url, &answer, timeout_msec);
	long status = 0;

	if (*last_id) {
		snprintf(header, sizeof(header), "Last-Event-ID: %s", last_id);
		headers = curl_slist_append(NULL, header);
		if (!headers)
			return -ENOMEM;
		curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
	}
	if (code == CURLE_OK)
		code = curl_easy_perform(client->curl);
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	if (answer.result)
		return answer.result;
	if (status && status != 200 && (code == CURLE_OK || answer.size))
		return explain_refusal(&answer, status, error, error_size);
	if (code == CURLE_OK)
		return 0;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return -ETIMEDOUT;
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_OUT_OF_MEMORY ||
	    code == CURLE_URL_MALFORMAT)
		return explain_curl(client, code, error, error_size);
	return -ECONNRESET;
}
