/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `footbridge status`: the whole box at a glance.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/cli/cli.h"
#include "bridge/cli/display.h"
#include "bridge/cli/modem.h"
#include "bridge/cli/times.h"

static const char *const under_way[] = { "pending", "sending", "unknown", "sent", NULL };
static const char *const ended[] = { "delivered", "read", "failed", "expired", "cancelled", NULL };

/* "queue     3 pending, 1 sending"; empty says what to print when all counts are 0. */
static void print_counts(const char *label, const json_t *queue, const char *const *states,
			 const char *empty, bool colour)
{
	const char *separator = "";

	printf("%-10s", label);
	for (; *states; states++) {
		int64_t count = cli_integer(queue, *states);
		enum table_style style = cli_state_style(*states);

		if (!count)
			continue;
		printf("%s%" PRId64 " %s%s%s", separator, count, table_style_on(style, colour),
		       *states, table_style_off(style, colour));
		separator = ", ";
	}
	if (!*separator)
		fputs(empty, stdout);
}

static void print_modems(const json_t *modems)
{
	if (json_array_size(modems))
		modem_print_table(modems, stdout);
	else
		puts("No modems.");
	fputc('\n', stdout);
}

/* "clock     trusted: the kernel says …"; without trust, what rests and what to do. */
static void print_clock(const json_t *clock, bool colour)
{
	bool trusted = json_is_true(json_object_get(clock, "trusted"));
	const char *reason = cli_text(clock, "reason");
	CLEANUP_FREE char *safe = reason ? display_escape(reason, strlen(reason)) : NULL;
	enum table_style style = trusted ? TABLE_PLAIN : TABLE_BAD;

	printf("clock     %s%s%s%s%s\n", table_style_on(style, colour),
	       trusted ? "trusted" : "not trusted", table_style_off(style, colour),
	       safe && *safe ? ": " : "", safe ? safe : "");
	if (!trusted)
		puts("          nothing expires and nothing scheduled goes out until it is; see "
		     "timedatectl");
}

static void print_attention(const json_t *status, bool colour)
{
	int64_t open = cli_integer(status, "attention");
	enum table_style style = open ? TABLE_BAD : TABLE_PLAIN;

	printf("attention %s%" PRId64 " open%s%s\n", table_style_on(style, colour), open,
	       table_style_off(style, colour), open ? "; see `footbridge attention`" : "");
}

static void print_status(const json_t *status)
{
	const char *version = cli_text(status, "version"), *hint = cli_text(status, "hint");
	const json_t *queue = json_object_get(status, "queue");
	int64_t started = cli_moment(status, "startedAt");
	bool colour = table_look_of(stdout).colour;
	char text[TIMES_TEXT_SIZE];

	printf("footbridged %s, running since %s\n", version ? version : "?",
	       started ? times_show_full(started, text) : "?");
	if (hint) {
		fputs(table_style_on(TABLE_BUSY, colour), stdout);
		cli_print_text(stdout, "", hint, strlen(hint));
		fputs(table_style_off(TABLE_BUSY, colour), stdout);
	}
	if (json_is_true(json_object_get(status, "held")))
		printf("%sEverything outgoing is held; `footbridge release` lets it go.%s\n",
		       table_style_on(TABLE_BUSY, colour), table_style_off(TABLE_BUSY, colour));
	fputc('\n', stdout);
	print_modems(json_object_get(status, "modems"));
	print_counts("queue", queue, under_way, "empty", colour);
	if (cli_moment(status, "oldestPendingAt"))
		printf("; the oldest waits since %s", cli_when(status, "oldestPendingAt", text));
	if (cli_moment(status, "estimatedDoneAt"))
		printf("; all is out by %s at the earliest",
		       cli_when(status, "estimatedDoneAt", text));
	fputc('\n', stdout);
	print_counts("ended", queue, ended, "none", colour);
	printf("\ninbox     %" PRId64 " not done\n",
	       cli_integer(json_object_get(status, "inbox"), "unhandled"));
	print_attention(status, colour);
	print_clock(json_object_get(status, "clock"), colour);
}

static enum cli_exit run(struct cli *cli, struct args *args)
{
	json_t *status;
	enum cli_exit done = cli_call(cli, "GET", "/v1/status", NULL, &status);

	(void)args;
	if (done != CLI_DONE)
		return done;
	if (cli->json)
		cli_print_json(status);
	else
		print_status(status);
	json_decref(status);
	return CLI_DONE;
}

const struct command command_status = {
	.name = "status",
	.arguments = "",
	.help = "Shows modems, queue, inbox, what needs attention, and the clock at a glance.\n",
	.run = run,
};
