/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `footbridge tail`: events as they happen.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/cli/cli.h"
#include "bridge/cli/follow.h"

enum tail_option { TAIL_AFTER, TAIL_OPTION_COUNT };

static const struct args_option options[TAIL_OPTION_COUNT] = {
	[TAIL_AFTER] = { "after", ARGS_VALUE },
};

static int on_event(const json_t *event, void *userdata)
{
	const struct cli *cli = userdata;

	if (cli->json)
		cli_print_json_line(event);
	else
		follow_print(event, stdout);
	return fflush(stdout) == 0 ? 0 : -EIO;
}

static enum cli_exit run(struct cli *cli, struct args *args)
{
	const char *after = args->value[TAIL_AFTER];
	char newest[FOLLOW_ID_SIZE];
	struct follow follow = { .cli = cli, .after = newest, .done = on_event, .userdata = cli };
	enum cli_exit done = CLI_DONE;
	int64_t id;

	if (after && !cli_number("after", after, 0, INT64_MAX, &id))
		return CLI_REFUSED;
	if (after)
		done = cli_connect(cli);
	else
		done = follow_newest(cli, newest);
	if (done != CLI_DONE)
		return done;
	if (after)
		follow.after = after;
	follow_run(&follow);
	return CLI_REFUSED;
}

const struct command command_tail = {
	.name = "tail",
	.arguments = "[--after ID]",
	.help = "Shows events as they happen, until interrupted; with --json as JSON Lines.  When "
		"the daemon\nrestarts, goes on where it was.\n\n"
		"  --after ID  first what happened after the event with this id (0: all of the last 7 "
		"days)\n",
	.options = options,
	.option_count = TAIL_OPTION_COUNT,
	.run = run,
};
