/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What all commands of `footbridge` share: the exit statuses, the global options, a call to the
 * daemon with its errors told, and JSON for scripts.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bridge/cli/args.h"
#include "bridge/cli/client.h"
#include "bridge/cli/table.h"

/* interfaces.md, Programs */
enum cli_exit {
	CLI_DONE = 0,
	CLI_REFUSED = 1,
	CLI_USAGE = 2,
	CLI_UNREACHABLE = 3,
	CLI_UNDELIVERED = 4,
	CLI_UNDER_WAY = 5,
};

struct cli {
	const char *socket; /* --socket; NULL */
	bool json;
	struct client *client; /* opened by the first call */
};

/* One row of the table of commands. */
struct command {
	const char *name;      /* "message" */
	const char *subname;   /* "list"; NULL */
	const char *arguments; /* for the usage line */
	const char *help;      /* what it does and its options; ends in a newline */
	const struct args_option *options;
	size_t option_count;
	size_t least, most; /* words besides options */
	enum cli_exit (*run)(struct cli *cli, struct args *args);
};

extern const struct command command_status;
extern const struct command command_send;
extern const struct command command_message_list, command_message_show, command_message_cancel;
extern const struct command command_message_retry, command_message_settle, command_message_why;
extern const struct command command_inbox, command_inbox_done;
extern const struct command command_attention, command_attention_done;
extern const struct command command_tail;
extern const struct command command_hold, command_release;
extern const struct command command_modem_list, command_modem_show, command_modem_adopt;
extern const struct command command_modem_ussd, command_modem_hold, command_modem_release;
extern const struct command command_modem_reset;

/* One line on stderr, "footbridge: …", with control characters escaped. */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "footbridge: " what, detail, and how to get help; answers CLI_USAGE. */
enum cli_exit cli_usage(const struct command *command, const char *what, const char *detail);

/*
 * One call to the daemon.  CLI_DONE with the body of a 2xx answer in *ret_body (never NULL, owned by
 * the caller); anything else has been told on stderr.
 */
enum cli_exit cli_call(struct cli *cli, const char *method, const char *path, const json_t *body,
		       json_t **ret_body);

/* Opens the client if that was not done; tells a failure. */
enum cli_exit cli_connect(struct cli *cli);

/*
 * Up to limit items of a list, page by page, in one array.  query: "" or "state=pending&to=…".
 */
enum cli_exit cli_list(struct cli *cli, const char *path, const char *query, uint64_t limit,
		       json_t **ret_array);

/*
 * A call to folder/NAME, or folder/NAME/verb when verb is not NULL; NAME is percent-encoded.  body
 * may be NULL.
 */
enum cli_exit cli_call_named(struct cli *cli, const char *method, const char *folder,
			     const char *name, const char *verb, const json_t *body,
			     json_t **ret_body);

/* JSON on stdout, safe for a terminal: indented for reading, or one line of JSON Lines. */
void cli_print_json(const json_t *value);
void cli_print_json_line(const json_t *value);

/* An option's whole number within least..most; false has been told on stderr. */
bool cli_number(const char *option, const char *typed, int64_t least, int64_t most,
		int64_t *ret_number);

/* ---- reading objects of the API; what is missing or of another type is NULL, 0, false */

const char *cli_text(const json_t *object, const char *key);
int64_t cli_integer(const json_t *object, const char *key);
/* The moment, or 0. */
int64_t cli_moment(const json_t *object, const char *key);
/* Its short local form, or "". */
const char *cli_when(const json_t *object, const char *key, char *buffer);

/* Colour of a message's or a modem's state. */
enum table_style cli_state_style(const char *state);

/* A text of several lines, each escaped and indented; no newline forges a line of ours. */
void cli_print_text(FILE *stream, const char *indent, const char *text, size_t size);
