/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A worker for one question.  What it has said counts when it has ended, for only then its port is
 * free for the one that comes after it.
 */
#include "modem/handle_probe.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/base/spawn.h"

#define PORT_USEC (20 * USEC_PER_SEC)
#define REAP_USEC (5 * USEC_PER_SEC)
#define WAIT_MSEC 3000
#define PERCENT_MIN 10 /* a modem needs its time to answer, in tests as well */

struct probe {
	struct modem_order_probe order;
	probe_done done;
	void *userdata;
	char name[MODEM_NAME_SIZE];

	pid_t pid;
	int socket;
	bool killed, found, silent, stuck, over;
	struct modem_word_identity identity;
	char reason[MODEM_REASON_SIZE];
	sd_event_source *io, *child, *deadline;
};

/* The last that is done with it: it may be freed in there. */
static void conclude(struct probe *probe)
{
	if (probe->over)
		return;
	probe->over = true;
	sd_event_source_set_enabled(probe->deadline, SD_EVENT_OFF);
	probe->done(probe, probe->found ? &probe->identity : NULL, probe->reason, probe->userdata);
}

static void end_worker(struct probe *probe, const char *reason)
{
	const struct log_fields fields = { .reason = reason };

	if (probe->killed)
		return;
	probe->killed = true;
	probe->found = probe->silent = false;
	snprintf(probe->reason, sizeof(probe->reason), "%s", reason);
	kill(probe->pid, SIGKILL);
	log_record(LOG_MODEM_NOTE, &fields, "The look at %s was given up: %s.", probe->name,
		   reason);
	sd_event_source_set_time_relative(probe->deadline, REAP_USEC);
	sd_event_source_set_enabled(probe->deadline, SD_EVENT_ONESHOT);
}

static bool was_asked_for(const struct probe *probe, const char *device)
{
	for (unsigned i = 0; i < probe->order.count; i++)
		if (strcmp(probe->order.devices[i], device) == 0)
			return true;
	return false;
}

static void take_word(struct probe *probe, const struct modem_word *word)
{
	if (word->type == MODEM_WORD_IDENTITY && was_asked_for(probe, word->identity.device)) {
		probe->found = true;
		probe->identity = word->identity;
	} else if (word->type == MODEM_WORD_STATE && (word->state.state == MODEM_STATE_FAILED ||
						      word->state.state == MODEM_STATE_ABSENT)) {
		probe->silent = word->state.state == MODEM_STATE_ABSENT;
		snprintf(probe->reason, sizeof(probe->reason), "%s", word->state.reason);
	} else {
		end_worker(probe, "its worker said what nobody asked for");
	}
}

/* False: nothing more for now, or ever. */
static bool read_word(struct probe *probe)
{
	static struct modem_word word;
	int r = probe->killed ? 0 : modem_word_recv(probe->socket, &word);

	if (r == 1)
		take_word(probe, &word);
	else if (r == -EBADMSG)
		end_worker(probe, "its worker said something that is no word of the protocol");
	else if (r != -EAGAIN)
		sd_event_source_set_enabled(probe->io, SD_EVENT_OFF);
	return r == 1;
}

static int on_words(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	(void)source;
	(void)fd;
	(void)events;
	/* One at a time: there are two at most. */
	read_word(userdata);
	return 0;
}

static int on_end(sd_event_source *source, const siginfo_t *info, void *userdata)
{
	struct probe *probe = userdata;

	if (!probe->done) {
		/* Freed long ago; with its source goes what is left of it. */
		sd_event_source_disable_unref(source);
		return 0;
	}
	while (read_word(probe))
		;
	probe->pid = 0;
	if (!probe->found && probe->reason[0] == '\0')
		snprintf(probe->reason, sizeof(probe->reason),
			 "its worker ended without a word (%s %d)",
			 info->si_code == CLD_EXITED ? "exit status" : "signal", info->si_status);
	conclude(probe);
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct probe *probe = userdata;

	(void)source;
	(void)usec;
	if (!probe->killed) {
		end_worker(probe, "its ports took too long");
		return 0;
	}
	probe->stuck = true;
	snprintf(probe->reason, sizeof(probe->reason),
		 "its worker is stuck in the kernel: pull the modem out and plug it in");
	conclude(probe);
	return 0;
}

void probe_end(struct probe *probe, const char *reason)
{
	if (probe->pid > 0)
		end_worker(probe, reason);
}

bool probe_is_stuck(const struct probe *probe)
{
	return probe->stuck;
}

bool probe_was_silent(const struct probe *probe)
{
	return probe->silent;
}

static int start(struct probe *probe, sd_event *loop, const struct probe_settings *settings)
{
	char *program = strdup(settings->program);
	char *argv[] = { program, probe->name, NULL };
	int r = program ? spawn_child(program, argv, -1, &probe->pid, &probe->socket) : -ENOMEM;

	free(program);
	if (r < 0) {
		probe->pid = 0;
		probe->socket = -1;
		return r;
	}
	r = sd_event_add_child(loop, &probe->child, probe->pid, WEXITED, on_end, probe);
	/* Its words come before its end. */
	if (r >= 0)
		r = sd_event_source_set_priority(probe->child, SD_EVENT_PRIORITY_NORMAL + 1);
	if (r >= 0)
		r = sd_event_add_io(loop, &probe->io, probe->socket, EPOLLIN, on_words, probe);
	return r;
}

int probe_new(sd_event *loop, const struct probe_settings *settings, probe_done done,
	      void *userdata, struct probe **ret_probe)
{
	struct modem_order order = { .type = MODEM_ORDER_PROBE, .probe = settings->order };
	unsigned percent = settings->time_percent ? settings->time_percent : 100;
	struct probe *probe = calloc(1, sizeof(*probe));
	int r;

	if (!probe)
		return -ENOMEM;
	if (percent < PERCENT_MIN)
		percent = PERCENT_MIN;
	order.probe.wait_msec = WAIT_MSEC * percent / 100;
	probe->order = order.probe;
	probe->done = done;
	probe->userdata = userdata;
	probe->socket = -1;
	snprintf(probe->name, sizeof(probe->name), "%s", settings->name);
	r = start(probe, loop, settings);
	if (r >= 0)
		r = sd_event_add_time_relative(loop, &probe->deadline, CLOCK_MONOTONIC,
					       (uint64_t)PORT_USEC / 100 * percent *
						       order.probe.count,
					       1, on_deadline, probe);
	if (r >= 0)
		r = modem_order_send(probe->socket, &order);
	if (r == -EPIPE) /* dead before it could be spoken to: on_end() says how */
		r = 0;
	if (r < 0) {
		probe_free(probe);
		return r;
	}
	*ret_probe = probe;
	return 0;
}

/* The loop reaps the worker whenever it ends, and frees what remains: nobody waits for it. */
static int leave_to_loop(struct probe *probe)
{
	int r = probe->child ? sd_event_source_set_destroy_callback(probe->child, free) : -ENOENT;

	if (r >= 0)
		r = sd_event_source_set_floating(probe->child, 1);
	return r;
}

struct probe *probe_free(struct probe *probe)
{
	if (!probe)
		return NULL;
	sd_event_source_disable_unref(probe->io);
	sd_event_source_disable_unref(probe->deadline);
	if (probe->socket >= 0)
		close(probe->socket);
	probe->done = NULL;
	if (probe->pid > 0 && leave_to_loop(probe) >= 0) {
		kill(probe->pid, SIGKILL);
		sd_event_source_unref(probe->child);
		return NULL;
	}
	sd_event_source_disable_unref(probe->child);
	if (probe->pid > 0)
		spawn_bury(probe->pid);
	free(probe);
	return NULL;
}
