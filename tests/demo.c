/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `make demo`: the main job, played on a simulated cell with one modem and two feature phones.  The
 * daemon, its worker, libgammu, the database and the footbridge command are the real ones.
 * With --hold it stays up, and the user types commands and plays the phones.  It cleans up behind
 * itself on every way out.
 */
#include <errno.h>
#include <libgen.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/scenario/world.h"
#include "tests/scenario/world_draw.h"

#define LI "+8613900000101"
#define AMINA "+8613900000202"

struct phone {
	const char *name, *number, *prompt;
};

static const struct phone phones[] = {
	{ "Li Wei", LI, "li" },
	{ "Amina", AMINA, "amina" },
};
#define PHONES (sizeof(phones) / sizeof(phones[0]))

static const char long_text[] =
	"李伟您好！村卫生室提醒您：本周四上午九点，流动医疗车🚑到村口小学，"
	"为老人和孩子免费量血压、测血糖、接种流感疫苗。请带上身份证和医保卡，早上不要吃早饭。"
	"如果下雨，改到村委会二楼。走不动的老人，我们可以上门，请直接回复这条短信，"
	"写上姓名和人数。祝您全家健康！😊";

/* What the thread of signals needs, and what lets failures clean up. */
static struct {
	struct world *world;
	struct timespec begun;
	int colour;
	atomic_bool interrupted;
	size_t cell_seen, bridge_seen;
	bool prompted; /* the cursor stands behind a prompt */
} demo;

/* ---------------------------------------------------------------- telling */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - demo.begun.tv_sec) +
	       (double)(now.tv_nsec - demo.begun.tv_nsec) / 1e9;
}

static const char *style(const char *sequence)
{
	return demo.colour ? sequence : "";
}
#define BOLD style("\033[1m")
#define DIM style("\033[2m")
#define GREEN style("\033[32m")
#define PLAIN style("\033[0m")

static void tell(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(const char *who, const char *format, ...)
{
	va_list ap;

	if (demo.prompted)
		fputs(demo.colour ? "\r\033[K" : "\n", stdout);
	demo.prompted = false;
	printf("%s%6.2f s%s  %s%-10s%s ", DIM, seconds(), PLAIN, BOLD, who, PLAIN);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static void chapter(const char *title)
{
	printf("\n%s%s%s\n", BOLD, title, PLAIN);
}

static const char *name_of(const char *number)
{
	for (size_t i = 0; i < PHONES; i++)
		if (strcmp(phones[i].number, number) == 0)
			return phones[i].name;
	return number;
}

static void cell_news(const json_t *event)
{
	const char *kind = world_text(event, "event");
	char title[64];

	if (strcmp(kind, "submit") == 0) {
		json_int_t total = world_integer(event, "concat.total");

		if (total > 1)
			tell("network", "took part %d of %d for %s (reference %d)",
			     (int)world_integer(event, "concat.sequence"), (int)total,
			     name_of(world_text(event, "to")),
			     (int)world_integer(event, "reference"));
		else
			tell("network", "took a message for %s (reference %d)",
			     name_of(world_text(event, "to")),
			     (int)world_integer(event, "reference"));
	} else if (strcmp(kind, "screen") == 0) {
		const char *name = name_of(world_text(event, "phone"));

		tell(name, "beep! a message of %d part%s", (int)world_integer(event, "parts"),
		     world_integer(event, "parts") == 1 ? "" : "s");
		snprintf(title, sizeof(title), "%.40s's phone", name);
		world_draw_screen(stdout, title, world_text(event, "from"),
				  world_text(event, "text"), demo.colour);
	}
}

static void bridge_news(const json_t *event)
{
	const char *kind = world_text(event, "type"), *state = world_text(event, "state");

	if (strcmp(kind, "message.received") == 0) {
		tell("footbridge", "%sreceived%s from %s: %s", GREEN, PLAIN,
		     name_of(world_text(event, "from")), world_text(event, "text"));
	} else if (strcmp(kind, "message.state") == 0) {
		bool good = strcmp(state, "delivered") == 0;

		tell("footbridge", "the message to %s is %s%s%s", name_of(world_text(event, "to")),
		     good ? GREEN : "", state, good ? PLAIN : "");
	}
}

/* Tells what is new on both sides. */
static void news(void)
{
	const json_t *event;

	while ((event = world_cell_event(demo.world, demo.cell_seen))) {
		demo.cell_seen++;
		cell_news(event);
	}
	while ((event = world_bridge_event(demo.world, demo.bridge_seen))) {
		demo.bridge_seen++;
		bridge_news(event);
	}
	fflush(stdout);
}

/* ---------------------------------------------------------------- the story */

/* What a command printed, indented, long lines cut. */
static void output_show(const char *text)
{
	while (*text) {
		size_t size = strcspn(text, "\n"), fit = world_draw_fit(text, size, 86);

		printf("            %s%.*s%s%s\n", DIM, (int)fit, text, fit < size ? "…" : "",
		       PLAIN);
		text += size + (text[size] == '\n');
	}
	fflush(stdout);
}

/* What the operator types, and what it prints. */
#define operator_types(shown, ...)                                                                 \
	do {                                                                                       \
		tell("operator", "$ footbridge %s", shown);                                        \
		command_show(world_cli(demo.world, __VA_ARGS__, NULL));                            \
	} while (0)

static void command_show(struct world_result *result)
{
	output_show(result->out);
	output_show(result->err);
	if (result->status != 0)
		world_fail(demo.world, "the command ended with status %d", result->status);
	world_result_free(result);
}

/* Tells everything until so many events of that kind have come. */
static void until(size_t mark, size_t count, const char *type, const char *field)
{
	double deadline = seconds() + 20;

	for (;;) {
		news();
		if (world_bridge_count(demo.world, mark, type, field, NULL) >= count)
			break;
		if (seconds() > deadline)
			world_fail(demo.world, "%s %s did not come", type, field);
		world_sleep(demo.world, -1, 1000);
	}
	news();
}

static void phone_types(const struct phone *phone, const char *text)
{
	tell(phone->name, "types: %s", text);
	world_type(demo.world, phone->number, text, strlen(text));
}

static void story(void)
{
	size_t mark = world_bridge_mark(demo.world);

	chapter("1. The operator writes to two people; the network reports back.");
	operator_types("send " LI "," AMINA " \"Clinic: please come on Thursday at 9:00.\"", "send",
		       LI "," AMINA, "Clinic: please come on Thursday at 9:00.");
	until(mark, 2, "message.state", "state=delivered");

	chapter("2. They answer from their phones; the answers are in the inbox.");
	mark = world_bridge_mark(demo.world);
	phone_types(&phones[0], "Thank you, I will be there.");
	until(mark, 1, "message.received", "from=" LI);
	phone_types(&phones[1], "Asante! Naweza kuja na watoto? 👶👧");
	until(mark, 1, "message.received", "from=" AMINA);
	operator_types("inbox", "inbox");

	chapter("3. A long Chinese text crosses in parts and arrives whole.");
	mark = world_bridge_mark(demo.world);
	tell("operator", "$ footbridge send " LI " - < reminder.txt");
	command_show(
		world_cli_input(demo.world, long_text, strlen(long_text), "send", LI, "-", NULL));
	until(mark, 1, "message.state", "state=delivered");

	chapter("4. The bridge remembers.");
	operator_types("message list", "message", "list");
	operator_types("status", "status");
}

static void real_modem(void)
{
	printf("\n%sThe same with a real modem%s (be in the group dialout, and nothing else on the "
	       "port):\n"
	       "  ls /dev/serial/by-id/\n"
	       "  echo 'modems: ( { name = \"north\"; device = \"/dev/serial/by-id/usb-…\"; } );' "
	       "> my.conf\n"
	       "  build/bin/footbridged --config my.conf &\n"
	       "  build/bin/footbridge status\n"
	       "  build/bin/footbridge send +86… \"Hello from my own bridge\" --wait\n",
	       BOLD, PLAIN);
}

/* ---------------------------------------------------------------- hold */

static void hold_help(void)
{
	printf("\nIt stays up.  In another terminal:  export FOOTBRIDGE_SOCKET=%s\n"
	       "Here you are everybody:\n"
	       "  footbridge send " LI " \"Hello\"    the operator (any footbridge command)\n"
	       "  li: text                                 types on Li Wei's phone  (" LI ")\n"
	       "  amina: text                              types on Amina's phone   (" AMINA ")\n"
	       "  help, quit\n",
	       world_socket(demo.world));
}

/* By the shell, so that quotes, pipes and redirections work; "footbridge" may be left out. */
static void hold_command(const char *line)
{
	static char shell[] = "/bin/sh", option[] = "-c";
	bool whole = strncmp(line, "footbridge ", 11) == 0;
	char *command, *argv[] = { shell, option, NULL, NULL };
	struct world_result *result;

	if (asprintf(&command, "%s%s", whole ? "" : "footbridge ", line) < 0)
		world_fail(demo.world, "no memory");
	argv[2] = command;
	result = world_run(demo.world, argv, NULL, 0);
	free(command);
	fputs(result->out, stdout);
	fputs(result->err, stdout);
	world_result_free(result);
}

/* True: go on. */
static bool hold_line(char *line)
{
	line += strspn(line, " \t");
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "quit") == 0 || strcmp(line, "exit") == 0)
		return false;
	for (size_t i = 0; i < PHONES; i++) {
		size_t size = strlen(phones[i].prompt);

		if (strncasecmp(line, phones[i].prompt, size) == 0 && line[size] == ':') {
			line += size + 1;
			line += strspn(line, " ");
			world_type(demo.world, phones[i].number, line, strlen(line));
			return true;
		}
	}
	if (strcmp(line, "help") == 0)
		hold_help();
	else if (*line)
		hold_command(line);
	return true;
}

static void hold(void)
{
	const char *programs = getenv("FOOTBRIDGE_BIN"), *path = getenv("PATH");
	char *line = NULL, *folder = realpath(programs ? programs : "build/bin", NULL), *with;
	size_t capacity = 0;
	bool more = true;

	if (asprintf(&with, "%s:%s", folder ? folder : "", path ? path : "") < 0)
		world_fail(demo.world, "no memory");
	setenv("PATH", with, 1);
	setenv("FOOTBRIDGE_SOCKET", world_socket(demo.world), 1);
	free(with);
	free(folder);
	setvbuf(stdin, NULL, _IONBF, 0); /* what poll sees is what getline gets */
	hold_help();
	while (more) {
		do {
			news();
			if (!demo.prompted)
				printf("%s> %s", BOLD, PLAIN);
			demo.prompted = true;
			fflush(stdout);
		} while (!world_sleep(demo.world, STDIN_FILENO, -1));
		demo.prompted = false;
		more = getline(&line, &capacity, stdin) > 0 && hold_line(line);
	}
	free(line);
}

/* ---------------------------------------------------------------- beginning and end */

static void __attribute__((noreturn)) demo_failed(const char *what)
{
	if (demo.interrupted)
		for (;;)
			pause(); /* the other thread ends us */
	fprintf(stderr, "\nThe demonstration failed: %s.\n", what);
	if (demo.world)
		world_close(demo.world);
	exit(1);
}

static void *signals_wait(void *userdata)
{
	const sigset_t *signals = userdata;
	int got = SIGTERM;

	sigwait(signals, &got);
	demo.interrupted = true;
	putchar('\n');
	if (demo.world)
		world_abandon(demo.world);
	_exit(128 + got);
}

/* The other programs are beside this one, unless FOOTBRIDGE_BIN says where. */
static void find_programs(void)
{
	char path[4096];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (size < 0)
		return;
	path[size] = '\0';
	setenv("FOOTBRIDGE_BIN", dirname(path), 0);
}

int main(int argc, char **argv)
{
	static const char modem[] = WORLD_MODEM ",number=" WORLD_MODEM_NUMBER;
	static const char *const cell[] = {
		"--modem", modem, "--part-seconds", "0.5-0.9", "--report-seconds", "0.2-0.4", NULL
	};
	static sigset_t signals;
	bool stay = argc == 2 && strcmp(argv[1], "--hold") == 0;
	pthread_t thread;

	if (argc > 1 && !stay) {
		fprintf(stderr, "usage: %s [--hold]\n", argv[0]);
		return 2;
	}
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	clock_gettime(CLOCK_MONOTONIC, &demo.begun);
	demo.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (pthread_create(&thread, NULL, signals_wait, &signals) != 0)
		return 1;

	find_programs();
	printf("%sFootbridge%s: a simulated cell with one modem and the phones of Li Wei and Amina;\n"
	       "the daemon, its worker with libgammu, the database and the command are real.\n\n",
	       BOLD, PLAIN);
	demo.world = world_open(&(struct world_options){
		.cell_arguments = cell, .time_percent = 100, .failed = demo_failed });
	tell("footbridge",
	     "the daemon runs, the modem " WORLD_MODEM " (" WORLD_MODEM_NUMBER ") is ready");
	story();
	if (stay)
		hold();
	real_modem();
	demo.world = world_close(demo.world);
	return 0;
}
