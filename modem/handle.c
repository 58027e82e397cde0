/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A worker supervised: one timer for all its deadlines, one way into each state, and exactly one
 * outcome for each send.
 */
#include "modem/handle_inside.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/base/spawn.h"
#include "modem/memoir.h"

#define WORDS_PER_TURN 64
#define TAIL_SIZE 2048 /* of a conversation: what a journal record takes of it */
#define STUCK "its worker is stuck in the kernel: pull the modem out and plug it in"

/* ---------------------------------------------------------------- small things */

void modem_enter_state(struct modem *modem, enum modem_state state, const char *reason)
{
	enum modem_state from = modem->state;

	if (from == state && strcmp(modem->reason, reason) == 0)
		return;
	modem->state = state;
	snprintf(modem->reason, sizeof(modem->reason), "%s", reason);
	modem->listener.changed(modem, from, modem->userdata);
}

/* The worker is dead, or as good as dead: what became of the send that it did not finish. */
static void conclude_send(struct modem *modem)
{
	bool unknown = modem->handed_over || modem->broken;
	struct modem_word_outcome outcome = {
		.attempt = modem->attempt,
		.outcome = unknown ? MODEM_OUTCOME_UNKNOWN : MODEM_OUTCOME_NOT_SENT,
		.reference = -1,
	};

	if (modem->send_open)
		modem_close_send(modem, &outcome);
}

static void conclude_ussd(struct modem *modem, const char *reason)
{
	struct modem_word_ussd ussd = { .id = modem->ussd_id, .end = MODEM_USSD_FAILED };

	snprintf(ussd.reason, sizeof(ussd.reason), "%s", reason);
	if (modem->ussd_open)
		modem_close_ussd(modem, &ussd);
}

/* What it said before its end is in the socket still. */
static void hear_last_words(struct modem *modem)
{
	while (!modem->broken && modem_read_word(modem))
		;
}

/* The last lines of what the worker and the modem said to each other; NULL nothing. */
static const char *conversation(const struct modem *modem, char text[static MEMOIR_SIZE])
{
	size_t size, skip;

	text[0] = '\0';
	if (modem->memoir >= 0)
		memoir_read(modem->memoir, text);
	size = strlen(text);
	if (size < TAIL_SIZE)
		return size > 0 ? text : NULL;
	text += size - TAIL_SIZE + 1;
	skip = strcspn(text, "\n");
	return text + skip + (text[skip] == '\n');
}

void modem_kill_worker(struct modem *modem, const char *reason)
{
	char text[MEMOIR_SIZE];
	struct log_fields fields = { .modem = modem->name, .reason = reason };

	if (modem->pid == 0 || modem->killed)
		return;
	modem->killed = true;
	modem->deadlines.killed = clock_monotonic_usec();
	snprintf(modem->kill_reason, sizeof(modem->kill_reason), "%s", reason);
	kill(modem->pid, SIGKILL);
	fields.conversation = conversation(modem, text);
	log_record(LOG_MODEM_KILLED, &fields, "Worker of modem %s is killed: %s.", modem->name,
		   reason);
}

/* A death that nobody ordered; reason: how it came.  own_word: the state says so already. */
static void tell_death(const struct modem *modem, const char *reason, bool own_word)
{
	char text[MEMOIR_SIZE];
	const struct log_fields fields = {
		.modem = modem->name,
		.reason = reason,
		.conversation = conversation(modem, text),
	};

	if (fields.conversation || !own_word)
		log_record(LOG_MODEM_DIED, &fields, "Modem %s: %s.", modem->name, reason);
}

/* ---------------------------------------------------------------- deadlines */

void modem_arm_deadline(struct modem *modem)
{
	int64_t at = deadlines_next(&modem->deadlines);

	if (at == DEADLINE_NEVER) {
		sd_event_source_set_enabled(modem->deadline, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(modem->deadline, (uint64_t)at);
	sd_event_source_set_enabled(modem->deadline, SD_EVENT_ONESHOT);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct modem *modem = userdata;
	int64_t now = clock_monotonic_usec();
	char reason[MODEM_REASON_SIZE];

	(void)source;
	(void)usec;
	if (deadlines_next(&modem->deadlines) > now) {
		modem_arm_deadline(modem);
		return 0;
	}
	if (modem->killed) {
		/* No second worker opens its port: there is one still, of a kind. */
		hear_last_words(modem);
		deadlines_clear(&modem->deadlines);
		modem_enter_state(modem, MODEM_STATE_FAILED, STUCK);
		conclude_send(modem);
		conclude_ussd(modem, STUCK);
		return 0;
	}
	if (deadlines_ussd_waits(&modem->deadlines, now)) {
		conclude_ussd(modem, "the modem had other work for too long: try again");
		modem_arm_deadline(modem);
		return 0;
	}
	/* A modem that says nothing after a PDU may have lost bytes of it. */
	if (modem->send_open && modem->handed_over)
		modem->start.pace_percent = 100;
	modem->faulty = !modem->stopping && !modem->leaving;
	snprintf(reason, sizeof(reason), "%s%s%.64s", deadlines_explain(&modem->deadlines, now),
		 modem->command[0] ? ", at: " : "", modem->command);
	modem_kill_worker(modem, reason);
	modem_arm_deadline(modem);
	return 0;
}

/* ---------------------------------------------------------------- the worker's life */

static int on_words(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct modem *modem = userdata;

	(void)source;
	(void)fd;
	(void)events;
	for (int i = 0; i < WORDS_PER_TURN && modem_read_word(modem); i++)
		;
	modem_arm_deadline(modem);
	return 0;
}

static void worker_forget(struct modem *modem)
{
	modem->io = sd_event_source_disable_unref(modem->io);
	modem->child = sd_event_source_disable_unref(modem->child);
	if (modem->socket >= 0)
		close(modem->socket);
	modem->socket = -1;
	modem->pid = 0;
	modem->network = MODEM_NETWORK_UNKNOWN;
	deadlines_clear(&modem->deadlines);
	modem_arm_deadline(modem);
}

void modem_start_after(struct modem *modem, int64_t usec)
{
	sd_event_source_set_time(modem->restart, (uint64_t)(clock_monotonic_usec() + usec));
	sd_event_source_set_enabled(modem->restart, SD_EVENT_ONESHOT);
}

/* own_word: the worker said why it ends.  Returns the delay. */
static int64_t restart_later(struct modem *modem, bool own_word)
{
	int64_t now = clock_monotonic_usec();
	/* A device that is not there, or another SIM in a modem that works: no reason to wait long. */
	bool harmless = own_word && (modem->state == MODEM_STATE_ABSENT ||
				     modem->patience.healthy_since != DEADLINE_NEVER);
	int64_t delay = patience_next(&modem->patience, now, modem->deadlines.percent, harmless);

	ladder_rest(&modem->ladder, modem->heard_usec, modem->deadlines.percent);
	modem_start_after(modem, delay);
	return delay;
}

static int on_end(sd_event_source *source, const siginfo_t *info, void *userdata)
{
	struct modem *modem = userdata;
	char reason[MODEM_REASON_SIZE];
	int64_t delay;
	bool own_word;

	(void)source;
	hear_last_words(modem);
	worker_forget(modem);
	conclude_send(modem);
	conclude_ussd(modem, "the modem's worker ended");
	if (modem->stopping) {
		modem_enter_state(modem, MODEM_STATE_ABSENT, "stopped");
		return 0;
	}
	if (modem->leaving) {
		modem_left(modem);
		return 0;
	}
	own_word = modem->said_end && !modem->killed && info->si_code == CLD_EXITED &&
		   info->si_status == EXIT_SUCCESS;
	if (own_word && modem->state != MODEM_STATE_ABSENT)
		tell_death(modem, modem->reason, true);
	if (modem->faulty) {
		modem_climb(modem, modem->killed ? modem->kill_reason : modem->reason);
		return 0;
	}
	delay = restart_later(modem, own_word);
	if (own_word)
		return 0;
	end_explain(modem->killed ? modem->kill_reason : NULL, info->si_code == CLD_EXITED,
		    info->si_status, delay, reason, sizeof(reason));
	if (!modem->killed)
		tell_death(modem, reason, false);
	modem_enter_state(modem, MODEM_STATE_FAILED, reason);
	return 0;
}

static int worker_watch(struct modem *modem)
{
	int r = sd_event_add_child(modem->loop, &modem->child, modem->pid, WEXITED, on_end, modem);

	if (r >= 0)
		r = sd_event_add_io(modem->loop, &modem->io, modem->socket, EPOLLIN, on_words,
				    modem);
	/* Its words come before its end. */
	if (r >= 0)
		r = sd_event_source_set_priority(modem->child, SD_EVENT_PRIORITY_NORMAL + 1);
	return r;
}

static int worker_start(struct modem *modem)
{
	struct modem_order order = { .type = MODEM_ORDER_START, .start = modem->start };
	char *argv[] = { modem->program, modem->name, NULL };
	int r;

	if (modem->memoir >= 0)
		memoir_clear(modem->memoir);
	r = spawn_child(modem->program, argv, modem->memoir, &modem->pid, &modem->socket);
	if (r < 0) {
		modem->pid = 0;
		modem->socket = -1;
		return r;
	}
	modem->generation = (modem->generation + 1) & INT32_MAX;
	modem->killed = modem->broken = modem->said_end = modem->pin_wanted = false;
	modem->leaving = modem->faulty = false;
	modem->patience.healthy_since = DEADLINE_NEVER;
	modem->deadlines.start = clock_monotonic_usec();
	modem->command[0] = '\0';
	r = worker_watch(modem);
	if (r >= 0)
		r = modem_order_send(modem->socket, &order);
	if (r == -EPIPE) /* dead before it could be spoken to: on_end() says how */
		r = 0;
	if (r < 0) {
		kill(modem->pid, SIGKILL);
		waitpid(modem->pid, NULL, 0);
		worker_forget(modem);
		return r;
	}
	modem_arm_deadline(modem);
	return 0;
}

static int on_restart(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct modem *modem = userdata;
	char reason[MODEM_REASON_SIZE];
	int r;

	(void)source;
	(void)usec;
	if (modem->stopping) {
		modem_enter_state(modem, MODEM_STATE_ABSENT, "stopped");
		return 0;
	}
	if (modem->start.device[0] == '\0') {
		modem_enter_state(modem, MODEM_STATE_ABSENT, MODEM_NOT_PLUGGED);
		return 0;
	}
	/* Where nothing tells that it has come, it is looked for; that needs no process. */
	if (modem->state == MODEM_STATE_ABSENT && access(modem->start.device, F_OK) < 0) {
		restart_later(modem, true);
		return 0;
	}
	r = worker_start(modem);
	if (r < 0) {
		snprintf(reason, sizeof(reason), "no worker can be started: %s", strerror(-r));
		modem_enter_state(modem, MODEM_STATE_FAILED, reason);
		restart_later(modem, false);
	}
	return 0;
}

/* ---------------------------------------------------------------- the owner's calls */

int modem_new(sd_event *loop, const struct modem_settings *settings,
	      const struct modem_listener *listener, void *userdata, struct modem **ret_modem)
{
	struct modem *modem;
	uint64_t now = (uint64_t)clock_monotonic_usec();
	int r;

	if (access(settings->program, X_OK) < 0)
		return -ENOENT;
	modem = calloc(1, sizeof(*modem));
	if (!modem)
		return -ENOMEM;
	modem->loop = sd_event_ref(loop);
	modem->listener = *listener;
	modem->userdata = userdata;
	modem->start = settings->start;
	modem->deadlines.percent = settings->time_percent ? settings->time_percent : 100;
	deadlines_clear(&modem->deadlines);
	modem->patience = (struct patience){ PATIENCE_FIRST_USEC, DEADLINE_NEVER };
	modem->ladder = LADDER_NEW;
	modem->socket = -1;
	/* Without one a death is told with no conversation: no reason not to begin. */
	modem->memoir = memoir_create();
	modem->state = MODEM_STATE_STARTING;
	if (modem->start.device[0] == '\0') {
		modem->state = MODEM_STATE_ABSENT;
		snprintf(modem->reason, sizeof(modem->reason), "%s", MODEM_NOT_PLUGGED);
	}
	modem->network = MODEM_NETWORK_UNKNOWN;
	snprintf(modem->name, sizeof(modem->name), "%s", settings->name);
	modem->program = strdup(settings->program);
	r = modem->program ? 0 : -ENOMEM;
	if (r >= 0)
		r = sd_event_add_time(loop, &modem->deadline, CLOCK_MONOTONIC, now, 1, on_deadline,
				      modem);
	if (r >= 0)
		r = sd_event_source_set_enabled(modem->deadline, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(loop, &modem->restart, CLOCK_MONOTONIC, now, 1, on_restart,
				      modem);
	if (r < 0) {
		modem_free(modem);
		return r;
	}
	*ret_modem = modem;
	return 0;
}

struct modem *modem_free(struct modem *modem)
{
	pid_t pid;

	if (!modem)
		return NULL;
	pid = modem->pid;
	modem->io = sd_event_source_disable_unref(modem->io);
	modem->child = sd_event_source_disable_unref(modem->child);
	modem->deadline = sd_event_source_disable_unref(modem->deadline);
	modem->restart = sd_event_source_disable_unref(modem->restart);
	if (pid > 0)
		spawn_bury(pid);
	if (modem->socket >= 0)
		close(modem->socket);
	if (modem->memoir >= 0)
		close(modem->memoir);
	sd_event_unref(modem->loop);
	free(modem->program);
	free(modem);
	return NULL;
}

void modem_stop(struct modem *modem)
{
	static const struct modem_order STOP = { .type = MODEM_ORDER_STOP };

	if (modem->stopping)
		return;
	modem->stopping = true;
	sd_event_source_set_enabled(modem->restart, SD_EVENT_OFF);
	if (modem->pid == 0) {
		/* On the loop, not from here: the restart's timer brings it. */
		sd_event_source_set_time(modem->restart, 0);
		sd_event_source_set_enabled(modem->restart, SD_EVENT_ONESHOT);
		return;
	}
	modem->deadlines.stop = clock_monotonic_usec();
	if (modem_order_send(modem->socket, &STOP) < 0)
		modem_kill_worker(modem, "it could not be asked to end");
	modem_arm_deadline(modem);
}
