/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `footbridge hold`, `footbridge release`: everything outgoing.
 */
#include "bridge/cli/cli.h"

static enum cli_exit call(struct cli *cli, const char *path)
{
	json_t *answer;
	enum cli_exit done = cli_call(cli, "POST", path, NULL, &answer);

	if (done != CLI_DONE)
		return done;
	if (cli->json)
		cli_print_json(answer);
	else if (json_is_true(json_object_get(answer, "held")))
		puts("Held: nothing goes out until `footbridge release`.");
	else
		puts("Released: what waits goes out.");
	json_decref(answer);
	return CLI_DONE;
}

static enum cli_exit run_hold(struct cli *cli, struct args *args)
{
	(void)args;
	return call(cli, "/v1/hold");
}

static enum cli_exit run_release(struct cli *cli, struct args *args)
{
	(void)args;
	return call(cli, "/v1/release");
}

const struct command command_hold = {
	.name = "hold",
	.arguments = "",
	.help = "Holds everything outgoing, over restarts too, until `footbridge release`.  Messages "
		"are still\naccepted, and what comes in still comes in; what is on the air is "
		"finished, and what waits\nmay expire meanwhile.\n",
	.run = run_hold,
};

const struct command command_release = {
	.name = "release",
	.arguments = "",
	.help = "Ends `footbridge hold`.\n",
	.run = run_release,
};
