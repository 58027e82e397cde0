/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `footbridge status`: the whole box at a glance.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/cli/cli.h"
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

static void print_clock(const json_t *clock)
{
	if (json_is_true(json_object_get(clock, "behind")))
		puts("clock     behind what is stored; nothing expires until it is set");
	else if (json_is_true(json_object_get(clock, "synchronised")))
		puts("clock     synchronised");
	else
		puts("clock     not synchronised; see timedatectl");
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
	fputc('\n', stdout);
	print_modems(json_object_get(status, "modems"));
	print_counts("queue", queue, under_way, "empty", colour);
	if (cli_moment(status, "oldestPendingAt"))
		printf("; the oldest waits since %s", cli_when(status, "oldestPendingAt", text));
	fputc('\n', stdout);
	print_counts("ended", queue, ended, "none", colour);
	printf("\ninbox     %" PRId64 " not done\n",
	       cli_integer(json_object_get(status, "inbox"), "unhandled"));
	print_clock(json_object_get(status, "clock"));
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
	.help = "Shows modems, queue, inbox and clock at a glance.\n",
	.run = run,
};
