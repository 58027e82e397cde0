/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A worker supervised: one timer for all its deadlines, one way into each state, and exactly one
 * outcome for each send.  What a worker says is checked against what it was told.
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

#define WORDS_PER_TURN 64

/* ---------------------------------------------------------------- small things */

static void enter_state(struct modem *modem, enum modem_state state, const char *reason)
{
	enum modem_state from = modem->state;

	if (from == state && strcmp(modem->reason, reason) == 0)
		return;
	modem->state = state;
	snprintf(modem->reason, sizeof(modem->reason), "%s", reason);
	modem->listener.changed(modem, from, modem->userdata);
}

static void close_send(struct modem *modem, const struct modem_word_outcome *outcome)
{
	modem->send_open = false;
	modem->handed_over = false;
	modem->deadlines.send = DEADLINE_NEVER;
	modem->listener.outcome(modem, outcome, modem->userdata);
}

/* The worker is dead: what became of the send that it did not finish. */
static void conclude_send(struct modem *modem)
{
	bool unknown = modem->handed_over || modem->broken;
	struct modem_word_outcome outcome = {
		.attempt = modem->attempt,
		.outcome = unknown ? MODEM_OUTCOME_UNKNOWN : MODEM_OUTCOME_NOT_SENT,
		.reference = -1,
	};

	if (modem->send_open)
		close_send(modem, &outcome);
}

void modem_kill_worker(struct modem *modem, const char *reason)
{
	struct log_fields fields = { .modem = modem->name, .reason = reason };

	if (modem->pid == 0 || modem->killed)
		return;
	modem->killed = true;
	modem->deadlines.killed = clock_monotonic_usec();
	snprintf(modem->kill_reason, sizeof(modem->kill_reason), "%s", reason);
	kill(modem->pid, SIGKILL);
	log_record(LOG_MODEM_KILLED, &fields, "Worker of modem %s is killed: %s.", modem->name,
		   reason);
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
		deadlines_clear(&modem->deadlines);
		enter_state(modem, MODEM_STATE_FAILED,
			    "its worker is stuck in the kernel: pull the modem out and plug it in");
		return 0;
	}
	/* A modem that says nothing after a PDU may have lost bytes of it. */
	if (modem->send_open && modem->handed_over)
		modem->start.pace_percent = 100;
	snprintf(reason, sizeof(reason), "%s%s%.64s", deadlines_explain(&modem->deadlines, now),
		 modem->command[0] ? ", at: " : "", modem->command);
	modem_kill_worker(modem, reason);
	modem_arm_deadline(modem);
	return 0;
}

/* ---------------------------------------------------------------- words */

static void broke_protocol(struct modem *modem, const char *what)
{
	modem->broken = true;
	sd_event_source_set_enabled(modem->io, SD_EVENT_OFF);
	modem_kill_worker(modem, what);
}

static void take_state(struct modem *modem, const struct modem_word_state *word)
{
	modem->said_end = false;
	switch (word->state) {
	case MODEM_STATE_SEARCHING:
	case MODEM_STATE_READY:
		patience_healthy(&modem->patience, clock_monotonic_usec());
		modem->deadlines.start = DEADLINE_NEVER;
		break;
	case MODEM_STATE_PIN:
		modem->deadlines.start = DEADLINE_NEVER;
		break;
	case MODEM_STATE_ABSENT:
	case MODEM_STATE_FAILED:
		modem->said_end = true;
		break;
	case MODEM_STATE_STARTING:
	case MODEM_STATE_SENDING:
	case MODEM_STATE_HELD:
	case MODEM_STATE_COUNT:
		break;
	}
	if (!modem->stopping)
		enter_state(modem, word->state, word->reason);
}

static void take_outcome(struct modem *modem, const struct modem_word_outcome *outcome)
{
	if (!modem->send_open || outcome->attempt != modem->attempt) {
		broke_protocol(modem, "it told the outcome of a send that nobody asked for");
		return;
	}
	if (modem->handed_over && outcome->outcome == MODEM_OUTCOME_NOT_SENT) {
		broke_protocol(modem, "it took back what it had handed over");
		return;
	}
	/* What is left of the command is measured from here. */
	if (modem->deadlines.busy != DEADLINE_NEVER)
		modem->deadlines.busy = modem->deadlines.progress = clock_monotonic_usec();
	close_send(modem, outcome);
}

static void take_received(struct modem *modem, struct modem_word_received *received)
{
	received->reading |= modem->generation << READING_BITS;
	modem->listener.received(modem, received, modem->userdata);
}

static void take_busy(struct modem *modem, const struct modem_word_note *note)
{
	modem->deadlines.busy = modem->deadlines.progress = clock_monotonic_usec();
	modem->deadlines.busy_sending = strcmp(note->text, MODEM_BUSY_SEND) == 0;
	snprintf(modem->command, sizeof(modem->command), "%s", note->text);
	/* A send that waits for another command is not late: that one has its own deadline. */
	if (modem->deadlines.busy_sending)
		modem_measure_send(modem);
	else if (!modem->handed_over)
		modem->deadlines.send = DEADLINE_NEVER;
}

static void take_pin_wanted(struct modem *modem, const struct modem_word_pin_wanted *wanted)
{
	/* It waits for us now, not for the modem. */
	modem->deadlines.start = DEADLINE_NEVER;
	modem->pin_wanted = true;
	modem->listener.pin_wanted(modem, wanted, modem->userdata);
}

static void take_word(struct modem *modem, struct modem_word *word)
{
	struct log_fields fields = { .modem = modem->name };

	switch (word->type) {
	case MODEM_WORD_STATE:
		take_state(modem, &word->state);
		break;
	case MODEM_WORD_IDENTITY:
		modem->identity = word->identity;
		modem->listener.changed(modem, modem->state, modem->userdata);
		break;
	case MODEM_WORD_NETWORK:
		modem->network = word->network;
		modem->listener.changed(modem, modem->state, modem->userdata);
		break;
	case MODEM_WORD_HANDED_OVER:
		if (!modem->send_open || word->handed_over.attempt != modem->attempt) {
			broke_protocol(modem, "it handed over what nobody asked for");
			break;
		}
		modem->handed_over = true;
		modem_measure_send(modem);
		modem->listener.handed_over(modem, modem->attempt, modem->userdata);
		break;
	case MODEM_WORD_OUTCOME:
		take_outcome(modem, &word->outcome);
		break;
	case MODEM_WORD_LATE_OUTCOME:
		modem->listener.late_outcome(modem, &word->outcome, modem->userdata);
		break;
	case MODEM_WORD_RECEIVED:
		deadlines_progress(&modem->deadlines, clock_monotonic_usec());
		take_received(modem, &word->received);
		break;
	case MODEM_WORD_DELETED:
		modem->listener.deleted(modem,
					word->deleted.reading | modem->generation << READING_BITS,
					word->deleted.done, modem->userdata);
		break;
	case MODEM_WORD_SWEPT:
		modem->listener.swept(modem, modem->userdata);
		break;
	case MODEM_WORD_PROGRESS:
		deadlines_progress(&modem->deadlines, clock_monotonic_usec());
		break;
	case MODEM_WORD_BUSY:
		take_busy(modem, &word->note);
		break;
	case MODEM_WORD_IDLE:
		modem->deadlines.busy = modem->deadlines.progress = DEADLINE_NEVER;
		modem->command[0] = '\0';
		modem_measure_send(modem);
		break;
	case MODEM_WORD_PIN_WANTED:
		take_pin_wanted(modem, &word->pin_wanted);
		break;
	case MODEM_WORD_NOTE:
		log_record(LOG_MODEM_NOTE, &fields, "Modem %s: %s.", modem->name, word->note.text);
		break;
	case MODEM_WORD_END:
		break;
	}
}

/* Returns false when there is nothing more to read, now or ever. */
static bool read_word(struct modem *modem)
{
	static struct modem_word word;
	int r = modem_word_recv(modem->socket, &word);

	if (r == 1) {
		take_word(modem, &word);
		return !modem->broken;
	}
	if (r == -EBADMSG)
		broke_protocol(modem, "it said something that is no word of the protocol");
	else if (r == 0 || r == -ECONNRESET)
		/* It is ending; the end itself is told by its process. */
		sd_event_source_set_enabled(modem->io, SD_EVENT_OFF);
	else if (r != -EAGAIN)
		/* Out of memory, most likely: what was said is lost. */
		broke_protocol(modem, "its words could not be heard");
	return false;
}

static int on_words(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct modem *modem = userdata;

	(void)source;
	(void)fd;
	(void)events;
	for (int i = 0; i < WORDS_PER_TURN && read_word(modem); i++)
		;
	modem_arm_deadline(modem);
	return 0;
}

/* ---------------------------------------------------------------- the worker's life */

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

/* Returns the delay. */
static int64_t restart_later(struct modem *modem)
{
	int64_t now = clock_monotonic_usec();
	bool absent = modem->said_end && !modem->killed && modem->state == MODEM_STATE_ABSENT;
	int64_t delay = patience_next(&modem->patience, now, modem->deadlines.percent, absent);

	sd_event_source_set_time(modem->restart, (uint64_t)(now + delay));
	sd_event_source_set_enabled(modem->restart, SD_EVENT_ONESHOT);
	return delay;
}

static int on_end(sd_event_source *source, const siginfo_t *info, void *userdata)
{
	struct modem *modem = userdata;
	char reason[MODEM_REASON_SIZE];
	int64_t delay;

	(void)source;
	/* Its last words: they are in the socket still. */
	while (!modem->broken && read_word(modem))
		;
	worker_forget(modem);
	conclude_send(modem);
	if (modem->stopping) {
		enter_state(modem, MODEM_STATE_ABSENT, "stopped");
		return 0;
	}
	delay = restart_later(modem);
	end_explain(modem->killed ? modem->kill_reason : NULL, info->si_code == CLD_EXITED,
		    info->si_status, delay, reason, sizeof(reason));
	if (!modem->said_end || modem->killed)
		enter_state(modem, MODEM_STATE_FAILED, reason);
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

	r = spawn_child(modem->program, argv, &modem->pid, &modem->socket);
	if (r < 0) {
		modem->pid = 0;
		modem->socket = -1;
		return r;
	}
	modem->generation = (modem->generation + 1) & INT32_MAX;
	modem->killed = modem->broken = modem->said_end = modem->pin_wanted = false;
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
	int r = modem->stopping ? 0 : worker_start(modem);

	(void)source;
	(void)usec;
	if (modem->stopping)
		enter_state(modem, MODEM_STATE_ABSENT, "stopped");
	if (r < 0) {
		snprintf(reason, sizeof(reason), "no worker can be started: %s", strerror(-r));
		enter_state(modem, MODEM_STATE_FAILED, reason);
		restart_later(modem);
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
	modem->socket = -1;
	modem->state = MODEM_STATE_STARTING;
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
