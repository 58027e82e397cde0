/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `footbridge modem list|show|adopt`.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/cli/cli.h"
#include "bridge/cli/modem.h"

#define FOLDER "/v1/modems"

static enum cli_exit run_list(struct cli *cli, struct args *args)
{
	json_t *page, *modems;
	enum cli_exit done = cli_call(cli, "GET", FOLDER, NULL, &page);

	(void)args;
	if (done != CLI_DONE)
		return done;
	modems = json_object_get(page, "items");
	if (!json_is_array(modems))
		modems = page;
	if (cli->json)
		cli_print_json(modems);
	else if (json_array_size(modems))
		modem_print_table(modems, stdout);
	else
		puts("No modems; name them in modems: ( … ) of /etc/footbridge/footbridge.conf.");
	json_decref(page);
	return CLI_DONE;
}

static enum cli_exit run_show(struct cli *cli, struct args *args)
{
	json_t *modem;
	enum cli_exit done = cli_call_named(cli, "GET", FOLDER, args->words[0], NULL, NULL, &modem);

	if (done != CLI_DONE)
		return done;
	if (cli->json)
		cli_print_json(modem);
	else
		modem_print_full(modem, stdout);
	json_decref(modem);
	return CLI_DONE;
}

static enum cli_exit run_adopt(struct cli *cli, struct args *args)
{
	json_t *modem;
	enum cli_exit done =
		cli_call_named(cli, "POST", FOLDER, args->words[0], "adopt", NULL, &modem);

	if (done != CLI_DONE)
		return done;
	if (cli->json)
		cli_print_json(modem);
	else
		printf("%s is adopted: what was on its SIM is in the inbox and leaves the SIM.\n",
		       args->words[0]);
	json_decref(modem);
	return CLI_DONE;
}

const struct command command_modem_list = {
	.name = "modem",
	.subname = "list",
	.arguments = "",
	.help = "Lists the modems with state, signal, operator and how many parts they sent today.\n",
	.run = run_list,
};

const struct command command_modem_show = {
	.name = "modem",
	.subname = "show",
	.arguments = "NAME",
	.help = "Shows all that is known about a modem.\n",
	.least = 1,
	.most = 1,
	.run = run_show,
};

const struct command command_modem_adopt = {
	.name = "modem",
	.subname = "adopt",
	.arguments = "NAME",
	.help = "Takes over the SIM of a modem.  Texts that were on a SIM when the bridge first saw it "
		"are in the\ninbox as 'old' and stay on the SIM as well, in case it is somebody's own; "
		"from now on\nthe bridge may delete them.\n",
	.least = 1,
	.most = 1,
	.run = run_adopt,
};
