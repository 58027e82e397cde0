/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See world_traffic.h.  A message counts as accepted when the API has answered it; a caller that
 * gets no answer asks again under the same id, as a caller should.
 */
#include "tests/scenario/world_traffic.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/scenario/world_http.h"

#define WORKERS_MAX 16

const char *traffic_fault_name(enum traffic_fault fault)
{
	switch (fault) {
	case TRAFFIC_FAULT_NONE:
		return "no fault";
	case TRAFFIC_FAULT_REPORT:
		return "the report says 0x41";
	case TRAFFIC_FAULT_REFUSED:
		return "refused for good";
	case TRAFFIC_FAULT_TEMPORARY:
		return "refused once";
	case TRAFFIC_FAULT_WITHHELD:
		return "no report";
	case TRAFFIC_FAULT_AWAY:
		return "a phone out of reach for a while";
	case TRAFFIC_FAULT_GONE:
		return "a phone out of reach for good";
	case TRAFFIC_FAULT_COUNT:
		break;
	}
	return "";
}

unsigned traffic_random(unsigned long long *state, unsigned below)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (unsigned)((*state * 0x2545F4914F6CDD1DULL) >> 33) % below;
}

/* ---------------------------------------------------------------- the messages */

void traffic_text(unsigned long long *state, const char *kind, unsigned index,
		  char text[static TRAFFIC_TEXT_SIZE])
{
	static const unsigned gsm7_units[] = { 60, 250, 420 }, ucs2_units[] = { 40, 110, 180 };
	bool wide = traffic_random(state, 4) == 0;
	unsigned units = (wide ? ucs2_units : gsm7_units)[traffic_random(state, 3)];
	size_t at = (size_t)snprintf(text, TRAFFIC_TEXT_SIZE, "%s %03u ", kind, index);

	for (unsigned i = (unsigned)at; i < units; i++) {
		if (wide) {
			memcpy(text + at, "\xe6\xb5\x8b", 3);
			at += 3;
		} else {
			text[at++] = (char)('a' + traffic_random(state, 26));
		}
	}
	text[at] = '\0';
}

void traffic_fault_set(struct world *world, const struct traffic_message *message)
{
	const char *number = message->number;

	switch (message->fault) {
	case TRAFFIC_FAULT_NONE:
	case TRAFFIC_FAULT_COUNT:
		break;
	case TRAFFIC_FAULT_REPORT:
		world_cell_do(world, "{s:s,s:s,s:s,s:i}", "op", "report", "number", number, "mode",
			      "fail", "status", 0x41);
		break;
	case TRAFFIC_FAULT_REFUSED:
		world_cell_do(world, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", number, "error",
			      "CMS:1", "count", 1000);
		break;
	case TRAFFIC_FAULT_TEMPORARY:
		world_cell_do(world, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", number, "error",
			      "CMS:38", "count", 1);
		break;
	case TRAFFIC_FAULT_WITHHELD:
		world_cell_do(world, "{s:s,s:s,s:s}", "op", "report", "number", number, "mode",
			      "withhold");
		break;
	case TRAFFIC_FAULT_AWAY:
	case TRAFFIC_FAULT_GONE:
		world_cell_do(world, "{s:s,s:s,s:b}", "op", "phone", "number", number, "reachable",
			      0);
		break;
	}
}

static char *message_body(const struct traffic_message *message)
{
	WORLD_JSON *body = json_pack("{s:s,s:[s],s:s}", "id", message->id, "to", message->number,
				     "text", message->text);

	if (message->ttl_seconds > 0)
		json_object_set_new(body, "ttl", json_integer(message->ttl_seconds));
	return json_dumps(body, JSON_COMPACT);
}

bool traffic_submit(struct world *world, const struct traffic_message *message, unsigned *ret_again)
{
	struct world_http_answer answer = { 0 };
	char *text = message_body(message);
	int fd = world_http_connect(world_socket(world)), r = fd;

	if (fd >= 0)
		r = world_http_exchange(fd, "POST", "/v1/messages", text, strlen(text), &answer);
	if (fd >= 0)
		close(fd);
	free(text);
	if (r == 0 && answer.status != 202 && answer.status != 200 && answer.status != 503)
		world_fail(world, "the message %s was answered %d: %.200s", message->id,
			   answer.status, answer.body);
	free(answer.body);
	if (r < 0 || answer.status == 503)
		return false;
	*ret_again += answer.status == 200;
	return true;
}

int traffic_throw(struct world *world, const struct traffic_message *message, unsigned wait_msec)
{
	int fd = world_http_connect(world_socket(world));
	char *text;

	if (fd < 0)
		return -1;
	text = message_body(message);
	dprintf(fd,
		"POST /v1/messages HTTP/1.1\r\nHost: footbridge\r\nContent-Length: %zu\r\n\r\n%s",
		strlen(text), text);
	free(text);
	poll(NULL, 0, (int)wait_msec);
	return fd;
}

void traffic_type(struct world *world, const struct traffic_message *message, const char *to)
{
	world_cell_do(world, "{s:s,s:s,s:s,s:s}", "op", "type", "phone", message->number, "to", to,
		      "text", message->text);
}

/* ---------------------------------------------------------------- the kills */

/* A worker's only argument is its modem's name. */
static void worker_modem(pid_t pid, char modem[static 64])
{
	char path[64], line[512] = "";
	FILE *file;
	size_t got;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	got = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	if (strlen(line) + 1 < got)
		snprintf(modem, 64, "%.63s", line + strlen(line) + 1);
}

void traffic_worker_kill(struct world *world, unsigned draw, char modem[static 64])
{
	int64_t until_msec = world_now_msec() + WORLD_PATIENCE_MSEC;
	pid_t pids[WORKERS_MAX];
	size_t count;

	while ((count = world_worker_pids(world, pids, WORKERS_MAX)) == 0) {
		if (world_now_msec() > until_msec)
			world_fail(world, "there is no worker to kill");
		poll(NULL, 0, 1);
	}
	modem[0] = '\0';
	worker_modem(pids[draw % count], modem);
	kill(pids[draw % count], SIGKILL);
}

void traffic_daemon_kill(struct world *world, bool workers_too)
{
	pid_t pids[WORKERS_MAX];
	size_t count = workers_too ? world_worker_pids(world, pids, WORKERS_MAX) : 0;

	world_daemon_kill(world);
	for (size_t i = 0; i < count; i++)
		kill(pids[i], SIGKILL);
	world_daemon_start(world);
}

/* ---------------------------------------------------------------- how far it is */

json_int_t traffic_count(struct world *world, const char *const states[])
{
	json_int_t count = 0;
	char path[32];
	int status;
	WORLD_JSON *shown = world_http(world, "GET", "/v1/status", NULL, &status);

	for (size_t i = 0; states[i]; i++) {
		snprintf(path, sizeof(path), "queue.%s", states[i]);
		count += world_integer(shown, path);
	}
	return count;
}

json_int_t traffic_received(struct world *world)
{
	int status;
	WORLD_JSON *shown = world_http(world, "GET", "/v1/status", NULL, &status);

	return world_integer(shown, "inbox.unhandled");
}

bool traffic_sim_is_empty(struct world *world, const char *modem)
{
	WORLD_JSON *store = world_cell(world, "{s:s,s:s}", "op", "store", "modem", modem);

	return json_array_size(world_at(store, "slots")) == 0;
}
