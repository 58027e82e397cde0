/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `footbridge`, the operator's command: global options, then one row of a const table.  It talks to
 * the daemon only by its HTTP interface; what it can do, a script can do.
 */
#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/base/cleanup.h"
#include "bridge/cli/cli.h"
#include "bridge/cli/display.h"

#define ERROR_SIZE 512

static const struct command *const commands[] = {
	&command_status,        &command_send,           &command_message_list,
	&command_message_show,  &command_message_why,    &command_message_cancel,
	&command_message_retry, &command_message_settle, &command_inbox_done,
	&command_inbox,         &command_attention_done, &command_attention,
	&command_tail,          &command_hold,           &command_release,
	&command_modem_list,    &command_modem_show,     &command_modem_ussd,
	&command_modem_hold,    &command_modem_release,  &command_modem_reset,
	&command_modem_adopt,
};

/* Understood before the command and anywhere after it. */
enum global { GLOBAL_SOCKET, GLOBAL_JSON, GLOBAL_HELP, GLOBAL_VERSION, GLOBAL_COUNT };
static const struct args_option global_options[GLOBAL_COUNT] = {
	[GLOBAL_SOCKET] = { "socket", ARGS_VALUE },
	[GLOBAL_JSON] = { "json", ARGS_FLAG },
	[GLOBAL_HELP] = { "help", ARGS_FLAG },
	[GLOBAL_VERSION] = { "version", ARGS_FLAG },
};

static void print_version(void)
{
	puts("footbridge " FOOTBRIDGE_VERSION);
}

static void print_usage(FILE *stream, const struct command *command)
{
	fprintf(stream, "footbridge %s%s%s%s%s\n", command->name, command->subname ? " " : "",
		command->subname ? command->subname : "", *command->arguments ? " " : "",
		command->arguments);
}

static void print_help(void)
{
	puts("footbridge [--socket PATH] [--json] COMMAND …: the operator's command of Footbridge\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		fputs("  ", stdout);
		print_usage(stdout, commands[i]);
	}
	puts("\n  --socket PATH  the daemon's socket (or FOOTBRIDGE_SOCKET in the environment)\n"
	     "  --json         JSON for scripts\n"
	     "  --help         this, or help about a command: footbridge send --help\n"
	     "  --version      the version\n\n"
	     "Exit status: 0 done, 1 refused, 2 usage, 3 daemon not reachable;\n"
	     "send --wait: 4 ended undelivered, 5 still under way.  See footbridge(1).");
}

static void print_command_help(const struct command *command)
{
	print_usage(stdout, command);
	printf("\n%s", command->help);
}

static const struct command *find_command(const char *name, const char *subname)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i]->name, name) &&
		    (!commands[i]->subname || (subname && !strcmp(commands[i]->subname, subname))))
			return commands[i];
	return NULL;
}

/* The name is known and its second word is not: tells which there are. */
static enum cli_exit refuse_command(const char *name, const char *subname)
{
	char known[128] = "";

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i]->name, name) && commands[i]->subname)
			snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
				 *known ? "|" : "", commands[i]->subname);
	if (!*known)
		cli_error("unknown command '%s'; see `footbridge --help`", name);
	else if (subname)
		cli_error("'%s' is no command of 'footbridge %s %s'; see `footbridge --help`",
			  subname, name, known);
	else
		cli_error("say which: footbridge %s %s; see `footbridge --help`", name, known);
	return CLI_USAGE;
}

static void take_globals(struct cli *cli, const struct args *args, size_t first)
{
	if (args->given[first + GLOBAL_SOCKET])
		cli->socket = args->value[first + GLOBAL_SOCKET];
	if (args->given[first + GLOBAL_JSON])
		cli->json = true;
}

static enum cli_exit run_command(struct cli *cli, const struct command *command, int argc,
				 const char *const *argv)
{
	struct args_option options[ARGS_OPTION_MAX];
	size_t own = command->option_count;
	char error[ERROR_SIZE];
	struct args args;

	assert(own + GLOBAL_COUNT <= ARGS_OPTION_MAX);
	for (size_t i = 0; i < own; i++)
		options[i] = command->options[i];
	memcpy(options + own, global_options, sizeof(global_options));
	if (args_parse(argc, argv, options, own + GLOBAL_COUNT, command->most, &args, error,
		       sizeof(error)) < 0)
		return cli_usage(command, error, "");
	if (args.given[own + GLOBAL_HELP]) {
		print_command_help(command);
		return CLI_DONE;
	}
	if (args.given[own + GLOBAL_VERSION]) {
		print_version();
		return CLI_DONE;
	}
	take_globals(cli, &args, own);
	if (args.word_count < command->least)
		return cli_usage(command, "missing: ", command->arguments);
	return command->run(cli, &args);
}

/* How many of the first words are global options, with their values. */
static int count_globals(int argc, const char *const *argv)
{
	int i = 0;

	while (i < argc && !strncmp(argv[i], "--", 2) && argv[i][2])
		i += !strcmp(argv[i], "--socket") && i + 1 < argc ? 2 : 1;
	return i;
}

static enum cli_exit run(struct cli *cli, int argc, const char *const *argv)
{
	int globals = count_globals(argc, argv);
	const struct command *command;
	const char *name, *subname;
	char error[ERROR_SIZE];
	struct args args;

	if (args_parse(globals, argv, global_options, GLOBAL_COUNT, 0, &args, error,
		       sizeof(error)) < 0) {
		cli_error("%s; see `footbridge --help`", error);
		return CLI_USAGE;
	}
	take_globals(cli, &args, 0);
	if (args.given[GLOBAL_VERSION]) {
		print_version();
		return CLI_DONE;
	}
	if (globals == argc && args.given[GLOBAL_HELP]) {
		print_help();
		return CLI_DONE;
	}
	if (globals == argc) {
		cli_error("say what to do, such as `footbridge status`; see `footbridge --help`");
		return CLI_USAGE;
	}
	name = argv[globals];
	subname = globals + 1 < argc ? argv[globals + 1] : NULL;
	command = find_command(name, subname);
	if (!command && subname && !strcmp(subname, "--help")) {
		print_help();
		return CLI_DONE;
	}
	if (!command)
		return refuse_command(name, subname);
	globals += command->subname ? 2 : 1;
	if (args.given[GLOBAL_HELP]) {
		print_command_help(command);
		return CLI_DONE;
	}
	return run_command(cli, command, argc - globals, argv + globals);
}

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	enum cli_exit done;

	tzset();
	display_start();
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		cli_error("libcurl does not start");
		return CLI_REFUSED;
	}
	done = run(&cli, argc - 1, (const char *const *)argv + 1);
	client_close(cli.client);
	curl_global_cleanup();
	if ((fflush(stdout) != 0 || ferror(stdout)) && done == CLI_DONE) {
		cli_error("what was printed could not be written: %m");
		done = CLI_REFUSED;
	}
	return (int)done;
}
