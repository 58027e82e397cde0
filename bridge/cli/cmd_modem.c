/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `footbridge modem list|show|ussd|hold|release|reset|adopt`.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "bridge/cli/cli.h"
#include "bridge/cli/modem.h"

#define FOLDER "/v1/modems"
#define CODE_SIZE 256

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
		puts("No modems; plug one in, or name it in modems: ( … ) of "
		     "/etc/footbridge/footbridge.conf.");
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

/* One order about one modem; said: what a person is told of it, behind its name. */
static enum cli_exit run_order(struct cli *cli, const struct args *args, const char *verb,
			       const char *said)
{
	json_t *modem;
	enum cli_exit done =
		cli_call_named(cli, "POST", FOLDER, args->words[0], verb, NULL, &modem);

	if (done != CLI_DONE)
		return done;
	if (cli->json)
		cli_print_json(modem);
	else
		printf("%s %s.\n", args->words[0], said);
	json_decref(modem);
	return CLI_DONE;
}

static enum cli_exit run_adopt(struct cli *cli, struct args *args)
{
	return run_order(cli, args, "adopt",
			 "is adopted: what was on its SIM is in the inbox and leaves the SIM");
}

static enum cli_exit run_hold(struct cli *cli, struct args *args)
{
	return run_order(cli, args, "hold", "is held: it receives, but is given nothing to send");
}

static enum cli_exit run_release(struct cli *cli, struct args *args)
{
	return run_order(cli, args, "release", "is released");
}

static enum cli_exit run_reset(struct cli *cli, struct args *args)
{
	return run_order(cli, args, "reset", "is restarted; footbridge modem list shows it");
}

/* ------------------------------------------------------------------ USSD */

/* The code, or the first line of standard input for "-"; NULL has been told. */
static const char *take_code(const char *word, char line[static CODE_SIZE])
{
	if (strcmp(word, "-") != 0)
		return word;
	if (!fgets(line, CODE_SIZE, stdin))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (line[0])
		return line;
	cli_error("no code on standard input");
	return NULL;
}

static enum cli_exit ussd_call(struct cli *cli, const char *modem, const char *code,
			       json_t **ret_answer)
{
	json_t *body = json_pack("{s:s}", "code", code);
	enum cli_exit done;

	if (!body) {
		cli_error("the code is not UTF-8");
		return CLI_REFUSED;
	}
	done = cli_call_named(cli, "POST", FOLDER, modem, "ussd", body, ret_answer);
	json_decref(body);
	return done;
}

/* What somebody answers to a menu; "" ends it. */
static const char *ask_answer(char line[static CODE_SIZE])
{
	fputs("answer (empty to end): ", stdout);
	fflush(stdout);
	if (!fgets(line, CODE_SIZE, stdin)) {
		fputc('\n', stdout);
		line[0] = '\0';
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static enum cli_exit run_ussd(struct cli *cli, struct args *args)
{
	const char *modem = args->words[0];
	bool talks = !cli->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	char line[CODE_SIZE];
	const char *code = take_code(args->words[1], line);
	bool menu = true;

	if (!code)
		return CLI_REFUSED;
	while (menu) {
		const char *text;
		json_t *answer;
		enum cli_exit done = ussd_call(cli, modem, code, &answer);

		if (done != CLI_DONE)
			return done;
		text = cli_text(answer, "text");
		menu = json_is_true(json_object_get(answer, "menu"));
		if (cli->json)
			cli_print_json(answer);
		else if (text && *text)
			cli_print_text(stdout, "", text, strlen(text));
		json_decref(answer);
		if (menu && !talks)
			break;
		if (menu)
			code = ask_answer(line);
	}
	if (menu && !cli->json) {
		fflush(stdout);
		fprintf(stderr,
			"The network waits for an answer: footbridge modem ussd %s ANSWER; with \"\" "
			"it is ended.\n",
			modem);
	}
	return CLI_DONE;
}

const struct command command_modem_list = {
	.name = "modem",
	.subname = "list",
	.arguments = "",
	.help = "Lists the modems with state, signal, operator, what they sent today, and what is wrong.\n",
	.run = run_list,
};

const struct command command_modem_show = {
	.name = "modem",
	.subname = "show",
	.arguments = "NAME",
	.help = "Shows all that is known about a modem: who it is, its network, the SIM's store, and how\n"
		"sending and status reports go.\n",
	.least = 1,
	.most = 1,
	.run = run_show,
};

const struct command command_modem_ussd = {
	.name = "modem",
	.subname = "ussd",
	.arguments = "NAME CODE|-",
	.help = "Sends a USSD code, such as *100# for the credit, and prints what the network answers.  "
		"When it\nanswers with a menu, the choice is asked for on a terminal; otherwise it is "
		"the CODE of the\nnext call, and \"\" ends the dialogue.  \"-\" reads the code from "
		"standard input.\n",
	.least = 2,
	.most = 2,
	.run = run_ussd,
};

const struct command command_modem_hold = {
	.name = "modem",
	.subname = "hold",
	.arguments = "NAME",
	.help = "Gives a modem nothing more to send, over restarts too, until `footbridge modem "
		"release`.  It still\nreceives; other modems send what it was to, after two minutes "
		"also what it had begun.\n",
	.least = 1,
	.most = 1,
	.run = run_hold,
};

const struct command command_modem_release = {
	.name = "modem",
	.subname = "release",
	.arguments = "NAME",
	.help = "Ends `footbridge modem hold`.\n",
	.least = 1,
	.most = 1,
	.run = run_release,
};

const struct command command_modem_reset = {
	.name = "modem",
	.subname = "reset",
	.arguments = "NAME",
	.help = "Restarts a modem (AT+CFUN=1,1) and its worker.  Not while it sends.\n",
	.least = 1,
	.most = 1,
	.run = run_reset,
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
