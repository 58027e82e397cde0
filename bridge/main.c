/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * footbridged: options, signals, and the order in which things begin and end.  Every way to fail
 * before the loop runs is one sentence that says what to do, and exit status 1.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "bridge/api/listen.h"
#include "bridge/api/server.h"
#include "bridge/base/cleanup.h"
#include "bridge/base/log.h"
#include "bridge/base/spawn.h"
#include "bridge/core/bridge.h"
#include "bridge/store/store.h"
#include "config/config.h"

#define SENTENCE_SIZE 512

struct options {
	const char *config;
	bool check;
	unsigned time_percent;
	enum clock_option clock;
};

struct daemon {
	struct bridge bridge;
	struct config *config;
	struct server *server;
	char *modem_program;
};

static void cleanup_config(struct config **config)
{
	config_free(*config);
}

/* A person at a terminal reads stderr, the operator of a service the journal: each hears it once. */
static void say_failure(const char *sentence)
{
	bool journal = access("/run/systemd/journal/socket", W_OK) == 0;

	if (!journal || !getenv("JOURNAL_STREAM"))
		fprintf(stderr, "footbridged: %s\n", sentence);
	if (journal)
		log_record(LOG_DAEMON_FAILED, NULL, "%s", sentence);
}

/* ------------------------------------------------------------------ options */

static void print_help(void)
{
	printf("Usage: footbridged [--config FILE] [--check]\n"
	       "Carries messages between programs and phones, through GSM modems.\n"
	       "\n"
	       "  --config FILE  instead of /etc/footbridge/footbridge.conf\n"
	       "  --check        read the configuration, report every error, and exit\n"
	       "  --help         this text\n"
	       "  --version      the version\n"
	       "\n"
	       "It runs in the foreground; the command `footbridge status` shows what it does.\n");
}

/* Returns 1 to go on, 0 when all is done, -EINVAL for wrong usage (said on stderr). */
static int parse_options(int argc, char **argv, struct options *options)
{
	enum {
		OPTION_CONFIG = 256,
		OPTION_CHECK,
		OPTION_HELP,
		OPTION_VERSION,
		OPTION_PERCENT,
		OPTION_SYNCHRONISED
	};
	static const struct option long_options[] = {
		{ "config", required_argument, NULL, OPTION_CONFIG },
		{ "check", no_argument, NULL, OPTION_CHECK },
		{ "help", no_argument, NULL, OPTION_HELP },
		{ "version", no_argument, NULL, OPTION_VERSION },
		/* For tests: deadlines and delays in percent of their length. */
		{ "time-percent", required_argument, NULL, OPTION_PERCENT },
		/* For tests: what the kernel says of the clock, yes or no. */
		{ "clock-synchronised", required_argument, NULL, OPTION_SYNCHRONISED },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long percent;
	char *end;
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (option) {
		case OPTION_CONFIG:
			options->config = optarg;
			break;
		case OPTION_CHECK:
			options->check = true;
			break;
		case OPTION_HELP:
			print_help();
			return 0;
		case OPTION_VERSION:
			printf("footbridged %s\n", FOOTBRIDGE_VERSION);
			return 0;
		case OPTION_PERCENT:
			percent = strtoul(optarg, &end, 10);
			if (*end != '\0' || percent < 1 || percent > 1000) {
				fprintf(stderr, "footbridged: --time-percent is 1 to 1000.\n");
				return -EINVAL;
			}
			options->time_percent = (unsigned)percent;
			break;
		case OPTION_SYNCHRONISED:
			options->clock = strcmp(optarg, "yes") == 0 ? CLOCK_OPTION_SYNCHRONISED
								    : CLOCK_OPTION_UNSYNCHRONISED;
			break;
		default: /* getopt has said why */
			fprintf(stderr, "See footbridged --help.\n");
			return -EINVAL;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "footbridged: unexpected \"%s\". See footbridged --help.\n",
			argv[optind]);
		return -EINVAL;
	}
	return 1;
}

static void print_modem(const struct config_modem *modem)
{
	const char *where = modem->device     ? modem->device
			    : modem->usb_path ? modem->usb_path
			    : modem->imei     ? modem->imei
			    : modem->iccid    ? modem->iccid
					      : modem->imsi;
	const char *what = modem->device     ? "at"
			   : modem->usb_path ? "at USB"
			   : modem->imei     ? "with the IMEI"
			   : modem->iccid    ? "with the SIM"
					     : "with the IMSI";

	printf("  modem            %s %s %s\n", modem->name, what, where ? where : "");
}

static void print_check(const struct config *config)
{
	printf("%s is fine.\n", config->path ? config->path : "The default configuration");
	printf("  state_directory  %s\n", config->state_directory);
	printf("  api.socket       %s\n", config->api.socket);
	printf("  country_code     %s\n",
	       config->country_code ? config->country_code
				    : "none: numbers are written with + and country code");
	if (config->modem_discovery)
		printf("  modems           whatever is plugged in, and:\n");
	else if (config->modem_count == 0)
		printf("  modems           none: nothing can be sent or received\n");
	for (size_t i = 0; i < config->modem_count; i++)
		print_modem(&config->modems[i]);
}

/* ------------------------------------------------------------------ signals */

/* Before any thread starts: each inherits the mask, so that only the loop hears them. */
static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGPIPE); /* never taken: writing to who has gone is an error, no death */
	return sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? -errno : 0;
}

static int stop_heard(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct daemon *daemon = userdata;

	(void)info;
	if (daemon->bridge.stopping) /* asked twice: now */
		return sd_event_exit(sd_event_source_get_event(source), 0);
	(void)sd_notify(0, "STOPPING=1\nSTATUS=Letting the modems finish.");
	bridge_stop(&daemon->bridge);
	return 0;
}

static int watch_signals(struct daemon *daemon)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	sd_event_source *source;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(signals) && r >= 0; i++) {
		r = sd_event_add_signal(daemon->bridge.loop, &source, signals[i], stop_heard,
					daemon);
		if (r < 0)
			break;
		r = sd_event_source_set_priority(source, PRIORITY_STOP);
		(void)sd_event_source_set_floating(source, 1);
		sd_event_source_unref(source);
	}
	return r < 0 ? r : 0;
}

/* ------------------------------------------------------------------ beginning and end */

static void daemon_ready(struct bridge *bridge, void *userdata)
{
	(void)userdata;
	log_record(LOG_DAEMON_STARTED, NULL,
		   "Footbridge %s runs with %zu modems, and listens at %s.", FOOTBRIDGE_VERSION,
		   bridge->radio_count, bridge->config->api.socket);
	if (bridge->radio_count == 0 && !bridge->config->modem_discovery)
		log_record(LOG_MODEM_NOTE, NULL,
			   "No modem is configured: nothing can be sent or received. Add one under "
			   "modems in the configuration.");
	(void)sd_notifyf(0, "READY=1\nSTATUS=%zu modems.", bridge->radio_count);
}

static void daemon_stopped(struct bridge *bridge, void *userdata)
{
	(void)userdata;
	(void)sd_event_exit(bridge->loop, 0);
}

static int find_modem_program(struct daemon *daemon, char *sentence, size_t size)
{
	int r;

	if (daemon->config->modem_count == 0 && !daemon->config->modem_discovery)
		return 0;
	r = spawn_find("footbridge-modem", &daemon->modem_program);
	if (r == -ENOENT)
		snprintf(sentence, size,
			 "The program footbridge-modem is neither beside footbridged nor in %s; "
			 "build it (make) or install the package again.",
			 FOOTBRIDGE_LIBEXECDIR);
	else if (r < 0)
		snprintf(sentence, size, "The daemon can't start: %s.", strerror(-r));
	return r;
}

static int daemon_open_loop(struct daemon *daemon)
{
	int r;

	r = sd_event_new(&daemon->bridge.loop);
	if (r < 0)
		return r;
	(void)sd_event_set_watchdog(daemon->bridge.loop, 1);
	return watch_signals(daemon);
}

static int daemon_start(struct daemon *daemon, char *sentence, size_t size)
{
	struct bridge *bridge = &daemon->bridge;
	CLEANUP_CLOSE int listen_fd = -1;
	int r;

	r = find_modem_program(daemon, sentence, size);
	if (r < 0)
		return r;
	bridge->modem_program = daemon->modem_program;
	r = daemon_open_loop(daemon);
	if (r < 0) {
		snprintf(sentence, size, "The event loop can't be made: %s.", strerror(-r));
		return r;
	}
	r = store_open(daemon->config->state_directory, bridge->loop, sentence, size,
		       &bridge->store);
	if (r < 0)
		return r;
	r = bridge_start(bridge, sentence, size);
	if (r < 0)
		return r;
	r = listen_open(daemon->config->api.socket, sentence, size, &listen_fd);
	if (r < 0)
		return r;
	r = server_new(bridge, TAKE_FD(listen_fd), &daemon->server);
	if (r < 0)
		snprintf(sentence, size, "The HTTP server can't start: %s.", strerror(-r));
	return r;
}

/* The store first: after it, no answer comes any more that somebody freed could get. */
static void daemon_finish(struct daemon *daemon)
{
	struct bridge *bridge = &daemon->bridge;
	bool served = daemon->server != NULL;

	store_close(bridge->store);
	server_free(daemon->server);
	if (served)
		listen_remove(daemon->config->api.socket);
	bridge_finish(bridge);
	sd_event_unref(bridge->loop);
	free(daemon->modem_program);
}

static int daemon_run(struct config *config, const struct options *options)
{
	struct daemon daemon = {
		.config = config,
		.bridge = { .config = config,
			    .time_percent = options->time_percent,
			    .clock_option = options->clock,
			    .on_ready = daemon_ready,
			    .on_stopped = daemon_stopped },
	};
	char sentence[SENTENCE_SIZE] = "";
	int r;

	r = daemon_start(&daemon, sentence, sizeof(sentence));
	if (r < 0) {
		say_failure(sentence);
	} else {
		r = sd_event_loop(daemon.bridge.loop);
		if (r < 0)
			log_record(LOG_DAEMON_FAILED, NULL, "The event loop failed: %s.",
				   strerror(-r));
	}
	daemon_finish(&daemon);
	if (r == 0)
		log_record(LOG_DAEMON_STOPPED, NULL, "Footbridge has stopped.");
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	CLEANUP(cleanup_config) struct config *config = NULL;
	struct options options = { .time_percent = 100 };
	int r;

	r = parse_options(argc, argv, &options);
	if (r <= 0)
		return r == 0 ? EXIT_SUCCESS : 2;
	umask(0027);
	r = config_load(options.config, stderr, &config);
	if (r < 0)
		return EXIT_FAILURE;
	if (options.check) {
		print_check(config);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	log_configure(config->log.level, config->log.show_numbers);
	if (sodium_init() < 0 || block_signals() < 0) {
		say_failure("The daemon can't start: no random numbers, or no signals.");
		return EXIT_FAILURE;
	}
	return daemon_run(config, &options);
}
