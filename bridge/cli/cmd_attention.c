/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `footbridge attention`, `attention done`: what needs a human.
 */
#include <string.h>

#include "bridge/cli/attention.h"
#include "bridge/cli/cli.h"

#define FOLDER "/v1/attention"
#define LIST_MAX TABLE_ROW_MAX

enum attention_option { ATTENTION_ALL, ATTENTION_OPTION_COUNT };

static const struct args_option options[ATTENTION_OPTION_COUNT] = {
	[ATTENTION_ALL] = { "all", ARGS_FLAG },
};

static enum cli_exit run(struct cli *cli, struct args *args)
{
	bool all = args->given[ATTENTION_ALL];
	enum cli_exit done;
	json_t *items;

	if (args->word_count && strcmp(args->words[0], "list") != 0)
		return cli_usage(&command_attention, "unexpected: ", args->words[0]);
	done = cli_list(cli, FOLDER, all ? "all=1" : "", LIST_MAX, &items);
	if (done != CLI_DONE)
		return done;
	if (cli->json)
		cli_print_json(items);
	else if (json_array_size(items))
		attention_print_table(items, stdout);
	else
		puts("Nothing needs attention.");
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

const struct command command_attention = {
	.name = "attention",
	.arguments = "[list] [--all]",
	.help = "Lists what needs a human, newest first: messages that failed, expired or are held, "
		"texts that\ncould not be read, modems that are down.  What settles itself (a late "
		"report, a retry, a\nmodem that is back) leaves the list by itself.\n\n"
		"  --all  also what is done\n",
	.options = options,
	.option_count = ATTENTION_OPTION_COUNT,
	.most = 1,
	.run = run,
};

const struct command command_attention_done = {
	.name = "attention",
	.subname = "done",
	.arguments = "ID",
	.help = "Somebody has dealt with it: takes it off the list.  The message itself stays as it "
		"is;\nsee `footbridge message retry` and `footbridge message settle`.\n",
	.least = 1,
	.most = 1,
	.run = run_done,
};
