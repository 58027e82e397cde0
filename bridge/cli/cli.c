/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Errors are told here, once, in one line; commands only pass exit statuses on.
 */
#include "bridge/cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/cli/display.h"
#include "bridge/cli/times.h"

#define PAGE_MAX 1000
#define ERROR_SIZE 2048
#define PATH_SIZE 1024

static void print_error(const char *format, va_list arguments)
	__attribute__((format(printf, 1, 0)));

static void print_error(const char *format, va_list arguments)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE char *escaped = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	if (text)
		escaped = display_escape(text, strlen(text));
	fflush(stdout);
	fprintf(stderr, "footbridge: %s\n", escaped ? escaped : "out of memory");
}

void cli_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_error(format, arguments);
	va_end(arguments);
}

enum cli_exit cli_usage(const struct command *command, const char *what, const char *detail)
{
	cli_error("%s%s; see `footbridge %s%s%s --help`", what, detail, command->name,
		  command->subname ? " " : "", command->subname ? command->subname : "");
	return CLI_USAGE;
}

enum cli_exit cli_connect(struct cli *cli)
{
	char error[ERROR_SIZE];
	int r;

	if (cli->client)
		return CLI_DONE;
	r = client_open(cli->socket, error, sizeof(error), &cli->client);
	if (r == 0)
		return CLI_DONE;
	cli_error("%s", error);
	return r == -ENOTCONN ? CLI_UNREACHABLE : CLI_REFUSED;
}

static enum cli_exit tell_refusal(int status, const json_t *body)
{
	const char *code = cli_text(body, "error"), *message = cli_text(body, "message");

	if (message && code)
		cli_error("%s (%s)", message, code);
	else
		cli_error("the daemon refused it (HTTP %d)", status);
	return CLI_REFUSED;
}

enum cli_exit cli_call(struct cli *cli, const char *method, const char *path, const json_t *body,
		       json_t **ret_body)
{
	enum cli_exit done = cli_connect(cli);
	char error[ERROR_SIZE];
	json_t *answer = NULL;
	int status;

	if (done != CLI_DONE)
		return done;
	status = client_call(cli->client, method, path, body, &answer, error, sizeof(error));
	if (status < 0) {
		cli_error("%s", error);
		return status == -ENOTCONN ? CLI_UNREACHABLE : CLI_REFUSED;
	}
	if (status < 200 || status > 299) {
		done = tell_refusal(status, answer);
		json_decref(answer);
		return done;
	}
	if (!answer)
		answer = json_object();
	if (!answer) {
		cli_error("out of memory");
		return CLI_REFUSED;
	}
	*ret_body = answer;
	return CLI_DONE;
}

enum cli_exit cli_call_named(struct cli *cli, const char *method, const char *folder,
			     const char *name, const char *verb, const json_t *body,
			     json_t **ret_body)
{
	CLEANUP_FREE char *escaped = client_escape(name);
	char path[PATH_SIZE];

	if (!*name || !escaped ||
	    (size_t)snprintf(path, sizeof(path), "%s/%s%s%s", folder, escaped, verb ? "/" : "",
			     verb ? verb : "") >= sizeof(path)) {
		cli_error("'%.80s' is no name or id; see the lists (`message list`, `inbox`, "
			  "`attention`, `modem list`)",
			  name);
		return CLI_REFUSED;
	}
	return cli_call(cli, method, path, body, ret_body);
}

/* One page; *ret_next is "" after the last one. */
static enum cli_exit fetch_page(struct cli *cli, const char *path, const char *query,
				uint64_t limit, char *next, size_t next_size, json_t *array)
{
	CLEANUP_FREE char *cursor = client_escape(next);
	char whole[PATH_SIZE];
	json_t *page = NULL, *items, *following;
	enum cli_exit done;

	snprintf(whole, sizeof(whole), "%s?limit=%" PRIu64 "%s%s%s%s", path,
		 limit < PAGE_MAX ? limit : PAGE_MAX, *query ? "&" : "", query,
		 *next ? "&cursor=" : "", *next && cursor ? cursor : "");
	next[0] = '\0';
	done = cli_call(cli, "GET", whole, NULL, &page);
	if (done != CLI_DONE)
		return done;
	items = json_is_array(page) ? page : json_object_get(page, "items");
	following = json_object_get(page, "next");
	if (json_is_string(following))
		snprintf(next, next_size, "%s", json_string_value(following));
	else if (json_is_integer(following))
		snprintf(next, next_size, "%" PRId64, (int64_t)json_integer_value(following));
	if (!json_array_size(items))
		next[0] = '\0';
	else if (json_array_extend(array, items) < 0) {
		cli_error("out of memory");
		done = CLI_REFUSED;
	}
	json_decref(page);
	return done;
}

enum cli_exit cli_list(struct cli *cli, const char *path, const char *query, uint64_t limit,
		       json_t **ret_array)
{
	json_t *array = json_array();
	enum cli_exit done = CLI_DONE;
	char next[256] = "";

	if (!array) {
		cli_error("out of memory");
		return CLI_REFUSED;
	}
	while (limit > json_array_size(array)) {
		done = fetch_page(cli, path, query, limit - json_array_size(array), next,
				  sizeof(next), array);
		if (done != CLI_DONE) {
			json_decref(array);
			return done;
		}
		if (!*next)
			break;
	}
	*ret_array = array;
	return CLI_DONE;
}

static void print_json(const json_t *value, size_t flags)
{
	CLEANUP_FREE char *text = json_dumps(value, flags);
	CLEANUP_FREE char *safe = NULL;

	if (text)
		safe = display_json(text, strlen(text));
	if (safe)
		puts(safe);
	else
		cli_error("out of memory");
}

void cli_print_json(const json_t *value)
{
	print_json(value, JSON_INDENT(2));
}

void cli_print_json_line(const json_t *value)
{
	print_json(value, JSON_COMPACT);
}

bool cli_number(const char *option, const char *typed, int64_t least, int64_t most,
		int64_t *ret_number)
{
	long long number;
	char *end;

	errno = 0;
	number = strtoll(typed, &end, 10);
	if (errno || end == typed || *end || number < least || number > most) {
		cli_error("--%s '%s' must be a whole number from %" PRId64 " to %" PRId64, option,
			  typed, least, most);
		return false;
	}
	*ret_number = number;
	return true;
}

const char *cli_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

int64_t cli_integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

int64_t cli_moment(const json_t *object, const char *key)
{
	const char *text = cli_text(object, key);
	int64_t at = 0;

	return text && clock_parse(text, &at) == 0 ? at : 0;
}

const char *cli_when(const json_t *object, const char *key, char *buffer)
{
	int64_t at = cli_moment(object, key);

	return at ? times_show(at, clock_realtime_usec(), buffer) : "";
}

enum table_style cli_state_style(const char *state)
{
	static const struct {
		const char *state;
		enum table_style style;
	} styles[] = {
		{ "delivered", TABLE_GOOD }, { "read", TABLE_GOOD },
		{ "ready", TABLE_GOOD },     { "received", TABLE_GOOD },
		{ "sent", TABLE_BUSY },      { "sending", TABLE_BUSY },
		{ "pending", TABLE_BUSY },   { "starting", TABLE_BUSY },
		{ "searching", TABLE_BUSY }, { "held", TABLE_BUSY },
		{ "failed", TABLE_BAD },     { "expired", TABLE_BAD },
		{ "unknown", TABLE_BAD },    { "absent", TABLE_BAD },
		{ "pin", TABLE_BAD },        { "incomplete", TABLE_BAD },
		{ "unreadable", TABLE_BAD },
	};

	for (size_t i = 0; state && i < ARRAY_SIZE(styles); i++)
		if (!strcmp(state, styles[i].state))
			return styles[i].style;
	return TABLE_PLAIN;
}

void cli_print_text(FILE *stream, const char *indent, const char *text, size_t size)
{
	for (;;) {
		const char *newline = memchr(text, '\n', size);
		size_t length = newline ? (size_t)(newline - text) : size;
		CLEANUP_FREE char *line = display_escape(text, length);

		fprintf(stream, "%s%s\n", indent, line ? line : "");
		if (!newline)
			return;
		text += length + 1;
		size -= length + 1;
	}
}
