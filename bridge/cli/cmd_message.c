/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `footbridge message list|show|why|cancel|retry|settle`.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/cli/cli.h"
#include "bridge/cli/message.h"
#include "bridge/cli/times.h"

#define FOLDER "/v1/messages"
#define LIST_DEFAULT 20
#define LIST_MAX 100000
#define QUERY_SIZE 512

enum list_option { LIST_STATE, LIST_TO, LIST_SINCE, LIST_LIMIT, LIST_OPTION_COUNT };

static const struct args_option list_options[LIST_OPTION_COUNT] = {
	[LIST_STATE] = { "state", ARGS_VALUE },
	[LIST_TO] = { "to", ARGS_VALUE },
	[LIST_SINCE] = { "since", ARGS_VALUE },
	[LIST_LIMIT] = { "limit", ARGS_VALUE },
};

static bool add_query(char *query, const char *key, const char *value)
{
	CLEANUP_FREE char *escaped = client_escape(value);
	size_t at = strlen(query);

	if (escaped && (size_t)snprintf(query + at, QUERY_SIZE - at, "%s%s=%s", at ? "&" : "", key,
					escaped) < QUERY_SIZE - at)
		return true;
	cli_error("--%s is too long", key);
	return false;
}

static bool make_query(const struct args *args, char *query)
{
	const char *const *value = args->value;
	char moment[CLOCK_TEXT_SIZE];
	int64_t since;

	query[0] = '\0';
	if (value[LIST_STATE] && !add_query(query, "state", value[LIST_STATE]))
		return false;
	if (value[LIST_TO] && !add_query(query, "to", value[LIST_TO]))
		return false;
	if (!value[LIST_SINCE])
		return true;
	if (times_parse(value[LIST_SINCE], clock_realtime_usec(), &since) < 0) {
		cli_error("--since '%s' is no moment; write '2026-12-01 09:00', "
			  "2026-12-01T09:00:00+08:00 or -2h",
			  value[LIST_SINCE]);
		return false;
	}
	return add_query(query, "since", clock_format(since, moment));
}

static enum cli_exit run_list(struct cli *cli, struct args *args)
{
	int64_t limit = LIST_DEFAULT;
	char query[QUERY_SIZE];
	enum cli_exit done;
	json_t *messages;

	if (args->value[LIST_LIMIT] &&
	    !cli_number("limit", args->value[LIST_LIMIT], 1, LIST_MAX, &limit))
		return CLI_REFUSED;
	if (!make_query(args, query))
		return CLI_REFUSED;
	done = cli_list(cli, FOLDER, query, (uint64_t)limit, &messages);
	if (done != CLI_DONE)
		return done;
	if (cli->json)
		cli_print_json(messages);
	else if (json_array_size(messages))
		message_print_table(messages, stdout);
	else
		puts("No messages.");
	json_decref(messages);
	return CLI_DONE;
}

static enum cli_exit run_show(struct cli *cli, struct args *args)
{
	json_t *message;
	enum cli_exit done =
		cli_call_named(cli, "GET", FOLDER, args->words[0], NULL, NULL, &message);

	if (done != CLI_DONE)
		return done;
	if (cli->json)
		cli_print_json(message);
	else
		message_print_full(message, stdout);
	json_decref(message);
	return CLI_DONE;
}

/* What changes a message and answers it as it is then. */
static enum cli_exit change(struct cli *cli, const char *method, const char *id, const char *verb,
			    const json_t *body)
{
	json_t *message;
	enum cli_exit done = cli_call_named(cli, method, FOLDER, id, verb, body, &message);

	if (done != CLI_DONE)
		return done;
	if (cli->json)
		cli_print_json(message);
	else if (cli_text(message, "id"))
		message_print_brief(message, stdout);
	json_decref(message);
	return CLI_DONE;
}

static enum cli_exit run_cancel(struct cli *cli, struct args *args)
{
	return change(cli, "DELETE", args->words[0], NULL, NULL);
}

static enum cli_exit run_retry(struct cli *cli, struct args *args)
{
	return change(cli, "POST", args->words[0], "retry", NULL);
}

static enum cli_exit run_settle(struct cli *cli, struct args *args)
{
	static const char *const ways[] = { "delivered", "failed", "resend" };
	const char *way = args->words[1];
	enum cli_exit done;
	json_t *body;
	size_t i = 0;

	while (i < ARRAY_SIZE(ways) && strcmp(way, ways[i]) != 0)
		i++;
	if (i == ARRAY_SIZE(ways))
		return cli_usage(&command_message_settle, "not delivered, failed or resend: ", way);
	body = json_pack("{s:s}", "as", way);
	if (!body) {
		cli_error("out of memory");
		return CLI_REFUSED;
	}
	done = change(cli, "POST", args->words[0], "settle", body);
	json_decref(body);
	return done;
}

static enum cli_exit run_why(struct cli *cli, struct args *args)
{
	json_t *why, *sentence;
	enum cli_exit done = cli_call_named(cli, "GET", FOLDER, args->words[0], "why", NULL, &why);
	size_t i;

	if (done != CLI_DONE)
		return done;
	if (cli->json)
		cli_print_json(why);
	else
		json_array_foreach(json_object_get(why, "story"), i, sentence) {
			cli_print_text(stdout, "", json_string_value(sentence),
				       json_string_length(sentence));
		}
	json_decref(why);
	return CLI_DONE;
}

const struct command command_message_list = {
	.name = "message",
	.subname = "list",
	.arguments = "[--state S] [--to TO] [--since T] [--limit N]",
	.help = "Lists messages, newest first.\n\n"
		"  --state STATE  pending, sending, sent, delivered, read, failed, expired, cancelled,"
		" unknown\n"
		"  --to TO        to this number\n"
		"  --since TIME   created since: '2026-12-01 09:00', -2h\n"
		"  --limit N      at most so many (20)\n",
	.options = list_options,
	.option_count = LIST_OPTION_COUNT,
	.run = run_list,
};

const struct command command_message_show = {
	.name = "message",
	.subname = "show",
	.arguments = "ID",
	.help = "Shows a message: its text, what became of it for each recipient, every attempt.\n",
	.least = 1,
	.most = 1,
	.run = run_show,
};

const struct command command_message_cancel = {
	.name = "message",
	.subname = "cancel",
	.arguments = "ID",
	.help = "Cancels what is still pending of a message, for every recipient whose turn has "
		"not come.\nRefused when nothing of it is pending.\n",
	.least = 1,
	.most = 1,
	.run = run_cancel,
};

const struct command command_message_why = {
	.name = "message",
	.subname = "why",
	.arguments = "ID|NUMBER",
	.help = "Tells the whole story of a message, or of the newest one to a number, in sentences "
		"that can be\nread out on the telephone: when it came, which way it went, what the "
		"network said, what\nhappens next and when.\n",
	.least = 1,
	.most = 1,
	.run = run_why,
};

const struct command command_message_retry = {
	.name = "message",
	.subname = "retry",
	.arguments = "ID",
	.help = "Sends again what failed, expired or was cancelled, for as long as the message was "
		"first meant\nto be valid.  Parts that were confirmed are not sent again.\n",
	.least = 1,
	.most = 1,
	.run = run_retry,
};

const struct command command_message_settle = {
	.name = "message",
	.subname = "settle",
	.arguments = "ID delivered|failed|resend",
	.help = "The operator's word on what is unknown: a modem was given it and never answered.  "
		"Ask the\nrecipient, and say so:\n\n"
		"  delivered  it has arrived\n"
		"  failed     it has not, and is not wanted any more\n"
		"  resend     send it again, with a mark that the reader sees\n",
	.least = 2,
	.most = 2,
	.run = run_settle,
};
