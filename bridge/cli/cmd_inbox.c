/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `footbridge inbox`, `inbox --follow`, `inbox done`.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/cli/cli.h"
#include "bridge/cli/follow.h"
#include "bridge/cli/times.h"

#define FOLDER "/v1/inbox"
#define LIST_DEFAULT 20
#define LIST_MAX 100000

enum inbox_option { INBOX_LIMIT, INBOX_FOLLOW, INBOX_OPTION_COUNT };

static const struct args_option options[INBOX_OPTION_COUNT] = {
	[INBOX_LIMIT] = { "limit", ARGS_VALUE },
	[INBOX_FOLLOW] = { "follow", ARGS_FLAG },
};

/* What the list has shown; an event about the same message comes once more. */
struct shown {
	const struct cli *cli;
	json_t *ids;
};

static void cleanup_table(struct table **table)
{
	table_free(*table);
}

static void print_table(const json_t *items)
{
	static const struct table_column columns[] = {
		{ "ID", false, false },   { "RECEIVED", false, false }, { "FROM", false, true },
		{ "MODEM", false, true }, { "STATE", false, false },    { "DONE", false, false },
		{ "TEXT", false, true },
	};
	CLEANUP(cleanup_table) struct table *table = table_new(columns, ARRAY_SIZE(columns));
	char when[TIMES_TEXT_SIZE], kind[FOLLOW_KIND_SIZE];
	json_t *item;
	size_t i;

	if (!table)
		return;
	json_array_foreach(items, i, item) {
		const char *state = cli_text(item, "state"), *user = cli_text(item, "fromUser");

		table_add(table, TABLE_PLAIN, cli_text(item, "id"));
		table_add(table, TABLE_FAINT, cli_when(item, "receivedAt", when));
		table_add(table, TABLE_PLAIN, user ? user : cli_text(item, "from"));
		table_add(table, TABLE_PLAIN, cli_text(item, "modem"));
		table_add(table, cli_state_style(state),
			  state && strcmp(state, "received") != 0 ? state : NULL);
		table_add(table, TABLE_FAINT, cli_moment(item, "handledAt") ? "done" : NULL);
		table_addf(table, TABLE_PLAIN, "%s%s", follow_inbound_kind(item, kind),
			   cli_text(item, "text") ? cli_text(item, "text") : "");
	}
	table_print(table, stdout, table_look_of(stdout));
}

static int show_item(const struct cli *cli, const json_t *item)
{
	if (cli->json)
		cli_print_json_line(item);
	else
		follow_print_inbound(item, stdout);
	return fflush(stdout) == 0 ? 0 : -EIO;
}

static int on_event(const json_t *event, void *userdata)
{
	struct shown *shown = userdata;
	json_t *item = follow_inbound(event);
	const char *id = cli_text(item, "id");
	int r = 0;

	/* json_object_del() fails for what the list has not shown. */
	if (id && json_object_del(shown->ids, id) < 0)
		r = show_item(shown->cli, item);
	json_decref(item);
	return r;
}

/* Oldest first, as what follows. */
static int show_backlog(const json_t *items, struct shown *shown)
{
	int r = 0;

	for (size_t i = json_array_size(items); i > 0 && r == 0; i--) {
		const json_t *item = json_array_get(items, i - 1);
		const char *id = cli_text(item, "id");

		if (id)
			json_object_set_new(shown->ids, id, json_true());
		r = show_item(shown->cli, item);
	}
	return r;
}

static enum cli_exit follow_inbox(struct cli *cli, uint64_t limit)
{
	struct shown shown = { .cli = cli, .ids = json_object() };
	char newest[FOLLOW_ID_SIZE];
	struct follow follow = {
		.cli = cli, .after = newest, .done = on_event, .userdata = &shown
	};
	enum cli_exit done = follow_newest(cli, newest);
	json_t *items = NULL;

	if (done == CLI_DONE)
		done = cli_list(cli, FOLDER, "", limit, &items);
	if (done == CLI_DONE && show_backlog(items, &shown) == 0)
		follow_run(&follow);
	json_decref(items);
	json_decref(shown.ids);
	return done == CLI_DONE ? CLI_REFUSED : done;
}

static enum cli_exit run(struct cli *cli, struct args *args)
{
	bool follow = args->given[INBOX_FOLLOW];
	int64_t limit = LIST_DEFAULT;
	enum cli_exit done;
	json_t *items;

	if (args->value[INBOX_LIMIT] &&
	    !cli_number("limit", args->value[INBOX_LIMIT], follow ? 0 : 1, LIST_MAX, &limit))
		return CLI_REFUSED;
	if (follow)
		return follow_inbox(cli, (uint64_t)limit);
	done = cli_list(cli, FOLDER, "", (uint64_t)limit, &items);
	if (done != CLI_DONE)
		return done;
	if (cli->json)
		cli_print_json(items);
	else if (json_array_size(items))
		print_table(items);
	else
		puts("The inbox is empty.");
	json_decref(items);
	return CLI_DONE;
}

static enum cli_exit run_done(struct cli *cli, struct args *args)
{
	json_t *item;
	enum cli_exit done =
		cli_call_named(cli, "POST", FOLDER, args->words[0], "done", NULL, &item);

	if (done != CLI_DONE)
		return done;
	if (cli->json)
		cli_print_json(item);
	else
		printf("%s is done.\n", args->words[0]);
	json_decref(item);
	return CLI_DONE;
}

const struct command command_inbox = {
	.name = "inbox",
	.arguments = "[--limit N] [--follow]",
	.help = "Lists what came in, newest first.\n\n"
		"  --limit N  at most so many (20)\n"
		"  --follow   oldest first, and then each message as it comes; with --json as JSON "
		"Lines\n",
	.options = options,
	.option_count = INBOX_OPTION_COUNT,
	.run = run,
};

const struct command command_inbox_done = {
	.name = "inbox",
	.subname = "done",
	.arguments = "ID",
	.help = "Marks a message that came in as dealt with.\n",
	.least = 1,
	.most = 1,
	.run = run_done,
};
