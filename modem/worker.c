/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * footbridge-modem: one modem, and nothing that can't be lost.  The main thread carries bytes
 * between the modem's terminal, the line half and the pseudo-terminal of libgammu, and takes the
 * daemon's orders; the session's thread blocks in libgammu.  It may be killed at any moment.
 */
#include "modem/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/base/spawn.h"
#include "modem/memoir.h"
#include "modem/probe.h"
#include "modem/say.h"
#include "modem/session.h"
#include "modem/tty.h"
#include "modem/usb_reset.h"

#define CTRL_Z 0x1a
#define QUEUE_SIZE 131072
#define FIRST_KNOCK_USEC (50 * USEC_PER_MSEC)
#define KNOCK_USEC USEC_PER_SEC
#define SETTLE_USEC (200 * USEC_PER_MSEC)
#define SOOTHE_USEC (2 * USEC_PER_SEC)
#define LAST_SEND_USEC (90 * USEC_PER_SEC)

/* A line of the conversation, as far as it has come. */
struct remark {
	enum memoir_side side;
	size_t size;
	char text[1024];
};

/* Bytes that wait for a terminal to take them. */
struct queue {
	int fd;
	sd_event_source *source;
	size_t size;
	char bytes[QUEUE_SIZE];
};

struct plant {
	struct worker worker;
	sd_event *loop;
	struct queue modem, gammu;
	struct memoir *memoir;
	struct remark said, heard;
	sd_event_source *knock, *soothe, *tick;
	unsigned knocks;
	pthread_t session;
	bool session_runs, awake, orphaned;
	int ended; /* eventfd: the session is over */
};

/* ---------------------------------------------------------------- bytes out */

static void queue_add(struct queue *queue, const char *bytes, size_t size)
{
	/* Nobody reads there any more: the deadline of what runs will find it out. */
	if (size > sizeof(queue->bytes) - queue->size)
		return;
	memcpy(queue->bytes + queue->size, bytes, size);
	queue->size += size;
}

static void queue_flush(struct queue *queue)
{
	while (queue->size > 0) {
		ssize_t written = write(queue->fd, queue->bytes, queue->size);

		if (written <= 0)
			break;
		queue->size -= (size_t)written;
		memmove(queue->bytes, queue->bytes + written, queue->size);
	}
	sd_event_source_set_io_events(queue->source,
				      queue->size > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* Once, unless it is armed already. */
static void arm(sd_event_source *timer, uint64_t usec)
{
	int enabled = SD_EVENT_ON;

	sd_event_source_get_enabled(timer, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	sd_event_source_set_time_relative(timer, usec);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* At rest no timer runs. */
static void flush(struct plant *plant)
{
	queue_flush(&plant->modem);
	queue_flush(&plant->gammu);
	if (line_wants_tick(plant->worker.line))
		arm(plant->tick, LINE_TICK_MSEC * USEC_PER_MSEC);
	if (line_is_waiting(plant->worker.line) && !plant->orphaned)
		arm(plant->soothe, SOOTHE_USEC);
}

/* Line by line: what is secret in it is known by its whole. */
static void remember(struct plant *plant, struct remark *remark, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		bool ends = bytes[i] == '\r' || bytes[i] == '\n' || bytes[i] == CTRL_Z;

		if (!ends)
			remark->text[remark->size++] = bytes[i];
		if (remark->size > 0 && (ends || remark->size == sizeof(remark->text))) {
			memoir_note(plant->memoir, remark->side, remark->text, remark->size);
			remark->size = 0;
		}
	}
}

static void to_modem(const char *bytes, size_t size, void *userdata)
{
	struct plant *plant = userdata;

	remember(plant, &plant->said, bytes, size);
	queue_add(&plant->modem, bytes, size);
}

static void to_gammu(const char *bytes, size_t size, void *userdata)
{
	struct plant *plant = userdata;

	queue_add(&plant->gammu, bytes, size);
}

/* ---------------------------------------------------------------- words */

/* False when the daemon can't know any more: then nothing may be handed over. */
static bool handing_over(void *userdata)
{
	struct plant *plant = userdata;
	struct modem_word word = { .type = MODEM_WORD_HANDED_OVER };

	return agenda_has_send(plant->worker.agenda, &word.handed_over.attempt) &&
	       !plant->orphaned && say(plant->worker.daemon, &word) == 0;
}

static void awoke(struct plant *plant)
{
	/* Later answers to earlier knocks must not be taken for answers to commands. */
	sd_event_source_set_time_relative(plant->knock, SETTLE_USEC);
	plant->awake = true;
	if (plant->knocks == 1 && line_echoes(plant->worker.line)) {
		sd_event_source_set_enabled(plant->knock, SD_EVENT_OFF);
		agenda_wake(plant->worker.agenda);
	}
}

static void on_line_event(const struct line_event *event, void *userdata)
{
	struct plant *plant = userdata;

	if (event->type == LINE_AWAKE)
		awoke(plant);
	else
		worker_hear(&plant->worker, event);
}

/* ---------------------------------------------------------------- events */

static int modem_gone(struct plant *plant)
{
	char reason[MODEM_REASON_SIZE];

	snprintf(reason, sizeof(reason), "%.128s went away: was the modem pulled out?",
		 plant->worker.start.device);
	say_state(plant->worker.daemon, MODEM_STATE_ABSENT, reason);
	return sd_event_exit(plant->loop, 0);
}

static int on_modem(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct plant *plant = userdata;
	char bytes[4096];
	ssize_t size;

	(void)source;
	if (events & EPOLLIN) {
		size = read(fd, bytes, sizeof(bytes));
		if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
			return modem_gone(plant);
		if (size > 0) {
			remember(plant, &plant->heard, bytes, (size_t)size);
			pthread_mutex_lock(&plant->worker.line_lock);
			line_from_modem(plant->worker.line, bytes, (size_t)size);
			pthread_mutex_unlock(&plant->worker.line_lock);
		}
	} else if (events & (EPOLLHUP | EPOLLERR)) {
		return modem_gone(plant);
	}
	flush(plant);
	return 0;
}

static int on_gammu(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct plant *plant = userdata;
	char bytes[4096];
	ssize_t size;

	(void)source;
	if (events & EPOLLIN) {
		size = read(fd, bytes, sizeof(bytes));
		if (size > 0) {
			pthread_mutex_lock(&plant->worker.line_lock);
			line_from_gammu(plant->worker.line, bytes, (size_t)size);
			pthread_mutex_unlock(&plant->worker.line_lock);
		}
	}
	flush(plant);
	return 0;
}

static int on_knock(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct plant *plant = userdata;

	(void)usec;
	if (plant->awake) {
		agenda_wake(plant->worker.agenda);
		return 0;
	}
	plant->knocks++;
	line_knock(plant->worker.line);
	flush(plant);
	sd_event_source_set_time_relative(source, KNOCK_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* A line feed before an answer is nothing to libgammu, but it starts its time-out again: how long
 * a command may take is for the daemon to say. */
static int on_soothe(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct plant *plant = userdata;

	(void)source;
	(void)usec;
	pthread_mutex_lock(&plant->worker.line_lock);
	if (atomic_load(&plant->worker.started) && line_is_waiting(plant->worker.line))
		queue_add(&plant->gammu, "\n", 1);
	pthread_mutex_unlock(&plant->worker.line_lock);
	flush(plant);
	return 0;
}

/* What a modem leaves unfinished ends by itself. */
static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct plant *plant = userdata;

	(void)source;
	(void)usec;
	pthread_mutex_lock(&plant->worker.line_lock);
	line_tick(plant->worker.line);
	pthread_mutex_unlock(&plant->worker.line_lock);
	flush(plant);
	return 0;
}

static int on_ended(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct plant *plant = userdata;

	(void)source;
	(void)fd;
	(void)events;
	return sd_event_exit(plant->loop, 0);
}

static void *session_main(void *userdata)
{
	struct plant *plant = userdata;
	uint64_t one = 1;

	session_run(&plant->worker);
	return write(plant->ended, &one, sizeof(one)) < 0 ? NULL : plant;
}

/* ---------------------------------------------------------------- starting */

/* Drivers let go of it and take it again: the port may be gone for a moment. */
static void reset_usb(struct worker *worker)
{
	char why[MODEM_REASON_SIZE];

	if (usb_reset(worker->start.device, why) < 0)
		say_note(worker->daemon, "its USB port is not reset: %s", why);
}

static int open_terminals(struct plant *plant)
{
	struct worker *worker = &plant->worker;
	char reason[TTY_REASON_SIZE];
	int r;

	if (worker->start.remedy == MODEM_REMEDY_USB)
		reset_usb(worker);
	r = tty_open(worker->start.device, worker->start.speed, reason);
	if (r < 0) {
		say_state(worker->daemon, r == -ENOENT ? MODEM_STATE_ABSENT : MODEM_STATE_FAILED,
			  reason);
		return r;
	}
	plant->modem.fd = r;
	r = tty_open_pair(&plant->gammu.fd, &worker->slave, worker->path, sizeof(worker->path));
	if (r < 0) {
		snprintf(reason, sizeof(reason), "no pseudo-terminal for libgammu: %s",
			 strerror(-r));
		say_state(worker->daemon, MODEM_STATE_FAILED, reason);
	}
	return r;
}

static int watch(struct plant *plant)
{
	int r;

	plant->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (plant->ended < 0)
		return -errno;
	r = sd_event_add_io(plant->loop, &plant->modem.source, plant->modem.fd, EPOLLIN, on_modem,
			    plant);
	if (r >= 0)
		r = sd_event_add_io(plant->loop, &plant->gammu.source, plant->gammu.fd, EPOLLIN,
				    on_gammu, plant);
	if (r >= 0)
		r = sd_event_add_io(plant->loop, NULL, plant->ended, EPOLLIN, on_ended, plant);
	if (r >= 0)
		r = sd_event_add_time_relative(plant->loop, &plant->knock, CLOCK_MONOTONIC,
					       FIRST_KNOCK_USEC, 1, on_knock, plant);
	if (r >= 0)
		r = sd_event_add_time_relative(plant->loop, &plant->soothe, CLOCK_MONOTONIC, 0, 0,
					       on_soothe, plant);
	if (r >= 0)
		r = sd_event_add_time_relative(plant->loop, &plant->tick, CLOCK_MONOTONIC, 0, 0,
					       on_tick, plant);
	if (r >= 0)
		r = sd_event_source_set_enabled(plant->tick, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_source_set_enabled(plant->soothe, SD_EVENT_OFF);
	return r;
}

static int start(struct plant *plant, const struct modem_order_start *order)
{
	static const struct line_listener LISTENER = { to_modem, to_gammu, on_line_event,
						       handing_over };
	struct worker *worker = &plant->worker;
	int r;

	if (plant->session_runs)
		return -EALREADY;
	worker->start = *order;
	r = open_terminals(plant);
	if (r < 0)
		return r;
	say_state(worker->daemon, MODEM_STATE_STARTING, "waking the modem");
	worker->line = line_new(&LISTENER, plant);
	if (!worker->line)
		return -ENOMEM;
	r = watch(plant);
	if (r < 0)
		return r;
	line_start(worker->line);
	flush(plant);
	r = -pthread_create(&plant->session, NULL, session_main, plant);
	plant->session_runs = r == 0;
	return r;
}

/* ---------------------------------------------------------------- orders */

/* The daemon is gone.  What was handed over is finished, for nobody; the rest is left. */
static int orphan(struct plant *plant)
{
	bool submitting;

	plant->orphaned = true;
	sd_event_source_set_enabled(plant->soothe, SD_EVENT_OFF);
	if (!plant->session_runs)
		return sd_event_exit(plant->loop, 0);
	pthread_mutex_lock(&plant->worker.line_lock);
	submitting = line_is_submitting(plant->worker.line);
	pthread_mutex_unlock(&plant->worker.line_lock);
	if (!submitting)
		return sd_event_exit(plant->loop, 0);
	agenda_stop(plant->worker.agenda);
	return sd_event_add_time_relative(plant->loop, NULL, CLOCK_MONOTONIC, LAST_SEND_USEC, 0,
					  NULL, NULL);
}

static int take_delete(struct plant *plant, int64_t reading)
{
	struct modem_word word = {
		.type = MODEM_WORD_DELETED,
		.deleted.reading = reading,
	};
	int r = agenda_add_delete(plant->worker.agenda, reading);

	if (r == 1)
		return 0;
	word.deleted.done = r == 0;
	return say(plant->worker.daemon, &word);
}

static int take_send(struct plant *plant, const struct modem_order_send *order)
{
	static const struct line_result NOT_SENT = { MODEM_OUTCOME_NOT_SENT, -1, MODEM_ERROR_NONE,
						     0 };

	if (!agenda_add_send(plant->worker.agenda, order))
		worker_tell_result(&plant->worker, MODEM_WORD_OUTCOME, order->attempt, &NOT_SENT);
	return 0;
}

static int take_ussd(struct plant *plant, const struct modem_order_ussd *order)
{
	struct modem_word word = {
		.type = MODEM_WORD_USSD,
		.ussd = { .id = order->id,
			  .end = MODEM_USSD_FAILED,
			  .reason = "another USSD code is under way" },
	};

	if (!agenda_add_ussd(plant->worker.agenda, order))
		say(plant->worker.daemon, &word);
	return 0;
}

static int take_start(struct plant *plant, struct modem_order_start *order)
{
	char reason[MODEM_REASON_SIZE];
	int r = start(plant, order);

	if (r >= 0)
		return 0;
	/* The terminal has said its own reason. */
	if (plant->gammu.fd > 0) {
		snprintf(reason, sizeof(reason), "its worker can't begin: %s", strerror(-r));
		say_state(plant->worker.daemon, MODEM_STATE_FAILED, reason);
	}
	return sd_event_exit(plant->loop, 0);
}

static int take_probe(struct plant *plant, const struct modem_order_probe *order)
{
	if (!plant->session_runs)
		probe_ports(plant->worker.daemon, plant->worker.agenda, order);
	return sd_event_exit(plant->loop, 0);
}

static int on_daemon(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct plant *plant = userdata;
	static struct modem_order order;
	int r = modem_order_recv(fd, &order);

	(void)events;
	if (r == -EAGAIN)
		return 0;
	if (r <= 0) {
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
		return orphan(plant);
	}
	switch (order.type) {
	case MODEM_ORDER_START:
		return take_start(plant, &order.start);
	case MODEM_ORDER_SEND:
		return take_send(plant, &order.send);
	case MODEM_ORDER_DELETE:
		take_delete(plant, order.delete.reading);
		return 0;
	case MODEM_ORDER_PIN:
		agenda_add_pin(plant->worker.agenda, &order.pin);
		explicit_bzero(&order, sizeof(order));
		return 0;
	case MODEM_ORDER_USSD:
		return take_ussd(plant, &order.ussd);
	case MODEM_ORDER_PROBE:
		return take_probe(plant, &order.probe);
	case MODEM_ORDER_STOP:
		agenda_stop(plant->worker.agenda);
		return plant->session_runs ? 0 : sd_event_exit(plant->loop, 0);
	case MODEM_ORDER_END:
		break;
	}
	return 0;
}

int main(void)
{
	struct plant *plant = calloc(1, sizeof(*plant));
	int r;

	if (!plant || fcntl(SPAWN_SOCKET_FD, F_SETFL, O_NONBLOCK) < 0) {
		fprintf(stderr, "footbridge-modem is started by footbridged, with its socket.\n");
		return EXIT_FAILURE;
	}
	plant->worker.daemon = SPAWN_SOCKET_FD;
	/* Before anything else is opened: it may not have been passed. */
	plant->memoir = memoir_open(SPAWN_PASSED_FD);
	plant->said.side = MEMOIR_TO_MODEM;
	plant->heard.side = MEMOIR_FROM_MODEM;
	pthread_mutex_init(&plant->worker.line_lock, NULL);
	plant->worker.agenda = agenda_new();
	r = plant->worker.agenda ? sd_event_new(&plant->loop) : -ENOMEM;
	if (r >= 0)
		r = sd_event_add_io(plant->loop, NULL, SPAWN_SOCKET_FD, EPOLLIN, on_daemon, plant);
	if (r >= 0)
		r = sd_event_loop(plant->loop);
	if (r < 0)
		fprintf(stderr, "footbridge-modem: %s\n", strerror(-r));
	if (plant->modem.fd > 0)
		tty_close(plant->modem.fd);
	/* The other thread may still be inside libgammu: nothing is torn down under it. */
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
