/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * footbridge-cell: reads its options, puts the cell into a directory and runs it until a signal, or
 * the end of standard input.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/cell/cell.h"
#include "tests/cell/control.h"

#define ZONE_DEFAULT (8 * 4)
#define PROFILES_DEFAULT "tests/cell/profiles"

struct options {
	struct cell_settings cell;
	const char *modems[CELL_MODEMS_MAX];
	size_t modem_count;
	bool until_stdin_ends;
};

static void usage(FILE *out)
{
	fputs("footbridge-cell [OPTION…] DIRECTORY: a GSM network on one table (README.md)\n"
	      "  --modem NAME[,KEY=VALUE…]   a modem (repeatable)\n"
	      "  --profiles DIRECTORY        of --modem NAME,profile=… (default " PROFILES_DEFAULT
	      ")\n"
	      "  --part-seconds MIN[-MAX]    what a part takes on the air (default 0)\n"
	      "  --report-seconds MIN[-MAX]  from the phone's receipt to the report (default 0)\n"
	      "  --zone HH[:MM]              the centre's time zone (default +08)\n"
	      "  --until-stdin-ends          exit when standard input is closed\n"
	      "  --log-lines                 log every AT line as well\n",
	      out);
}

static int parse_span(const char *text, struct span *ret)
{
	char *end;
	double least = strtod(text, &end), most = least;

	if (end == text)
		return -1;
	if (*end == '-') {
		text = end + 1;
		most = strtod(text, &end);
	}
	if (end == text || *end || !(least >= 0) || !(most >= least) || most > 86400)
		return -1;
	ret->least_usec = (int64_t)(least * 1e6);
	ret->most_usec = (int64_t)(most * 1e6);
	return 0;
}

static int parse_zone(const char *text, int *ret_quarters)
{
	int hours, minutes = 0, used = 0, quarters;
	bool west = *text == '-';

	text += *text == '+' || *text == '-';
	if (sscanf(text, "%2d%n:%2d%n", &hours, &used, &minutes, &used) < 1 || text[used] ||
	    *text == '-' || hours > 14 || minutes < 0 || minutes > 45 || minutes % 15)
		return -1;
	quarters = hours * 4 + minutes / 15;
	*ret_quarters = west ? -quarters : quarters;
	return 0;
}

static int wrong(const char *option, const char *value)
{
	fprintf(stderr, "footbridge-cell: %s can't be \"%s\"; try --help.\n", option, value);
	return -1;
}

static int take_option(struct options *options, int option)
{
	switch (option) {
	case 'm':
		if (options->modem_count == CELL_MODEMS_MAX)
			return wrong("the 65th --modem", optarg);
		options->modems[options->modem_count++] = optarg;
		return 0;
	case 'f':
		options->cell.profiles = optarg;
		return 0;
	case 'p':
		return parse_span(optarg, &options->cell.centre.part) < 0
			       ? wrong("--part-seconds", optarg)
			       : 0;
	case 'r':
		return parse_span(optarg, &options->cell.centre.report) < 0
			       ? wrong("--report-seconds", optarg)
			       : 0;
	case 'z':
		return parse_zone(optarg, &options->cell.centre.quarters) < 0
			       ? wrong("--zone", optarg)
			       : 0;
	case 'u':
		options->until_stdin_ends = true;
		return 0;
	case 'l':
		options->cell.log_lines = true;
		return 0;
	case 'h':
		usage(stdout);
		exit(0);
	default:
		usage(stderr);
		return -1;
	}
}

static int parse_options(int argc, char *argv[], struct options *options)
{
	static const struct option names[] = {
		{ "modem", required_argument, NULL, 'm' },
		{ "profiles", required_argument, NULL, 'f' },
		{ "part-seconds", required_argument, NULL, 'p' },
		{ "report-seconds", required_argument, NULL, 'r' },
		{ "zone", required_argument, NULL, 'z' },
		{ "until-stdin-ends", no_argument, NULL, 'u' },
		{ "log-lines", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	options->cell.centre.quarters = ZONE_DEFAULT;
	options->cell.profiles = getenv("FOOTBRIDGE_PROFILES");
	if (!options->cell.profiles)
		options->cell.profiles = PROFILES_DEFAULT;
	while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1)
		if (take_option(options, option) < 0)
			return -1;
	if (optind != argc - 1) {
		usage(stderr);
		return -1;
	}
	options->cell.directory = argv[optind];
	return 0;
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	(void)info;
	(void)userdata;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int on_stdin(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	char ignored[256];
	ssize_t n = read(fd, ignored, sizeof(ignored));

	(void)events;
	(void)userdata;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return sd_event_exit(sd_event_source_get_event(source), 0);
	return 0;
}

static int watch_end(sd_event *event, bool until_stdin_ends)
{
	sigset_t mask;
	int r;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	r = sd_event_add_signal(event, NULL, SIGTERM, on_signal, NULL);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGINT, on_signal, NULL);
	if (r >= 0 && until_stdin_ends)
		r = sd_event_add_io(event, NULL, STDIN_FILENO, EPOLLIN, on_stdin, NULL);
	return r == -EPERM ? 0 : r; /* a file or /dev/null as standard input never ends the cell */
}

static int fail(const char *what, const char *which, int r)
{
	fprintf(stderr, "footbridge-cell: %s %s: %s.\n", what, which, strerror(-r));
	return 1;
}

static int run(sd_event *event, struct control *control, struct cell *cell,
	       const struct options *options)
{
	char why[MODEM_WHY_SIZE];
	int r;

	for (size_t i = 0; i < options->modem_count; i++)
		if (cell_add_modem(cell, options->modems[i], why) < 0) {
			fprintf(stderr, "footbridge-cell: %s.\n", why);
			return 1;
		}
	r = control_serve(control, event, cell);
	if (r >= 0)
		r = watch_end(event, options->until_stdin_ends);
	if (r < 0)
		return fail("the loop can't", "begin", r);
	puts("ready");
	fflush(stdout);
	r = sd_event_loop(event);
	return r < 0 ? fail("the loop", "broke", r) : 0;
}

int main(int argc, char *argv[])
{
	__attribute__((cleanup(sd_event_unrefp))) sd_event *event = NULL;
	__attribute__((cleanup(cell_freep))) struct cell *cell = NULL;
	__attribute__((cleanup(control_closep))) struct control *control = NULL;
	struct options options = { 0 };
	char path[PATH_MAX];
	int r;

	if (parse_options(argc, argv, &options) < 0)
		return 2;
	srandom((unsigned)time(NULL) ^ (unsigned)getpid());
	if (mkdir(options.cell.directory, 0777) < 0 && errno != EEXIST)
		return fail("can't make", options.cell.directory, -errno);
	snprintf(path, sizeof(path), "%s/control", options.cell.directory);
	r = control_open(path, &control);
	if (r < 0)
		return fail("no control socket can be made at", path, r);
	r = sd_event_new(&event);
	if (r >= 0)
		r = cell_new(event, &options.cell, &cell);
	if (r < 0)
		return fail("no cell can be made in", options.cell.directory, r);
	return run(event, control, cell, &options);
}
