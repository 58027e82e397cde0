/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The line half driven by hand, one port after the other.
 */
#include "modem/probe.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "modem/line.h"
#include "modem/say.h"
#include "modem/tty.h"

#define ROUNDS 2      /* a stick that has just come may not listen yet */
#define FIRST_ROUND 5 /* times shorter: most answer at once, on one of several ports */
#define KNOCKS 3
#define SETTLE_USEC (200 * USEC_PER_MSEC)
#define IMEI_DIGITS_MIN 14

enum sight {
	SIGHT_MODEM,
	SIGHT_SHUT,     /* the port can't be opened: the reason says why */
	SIGHT_SILENT,   /* no answer to AT */
	SIGHT_NAMELESS, /* an answer, but no IMEI */
	SIGHT_ORPHANED, /* the daemon is gone */
};

struct probe {
	int daemon, fd;
	struct line *line;
	struct agenda *agenda;
	int64_t wait_usec;
	int64_t wake_usec; /* for the first sign of life, in this round */
	bool awake, hung_up, orphaned;
	bool nobody; /* in this round every port could be opened, and was silent */
};

/* ---------------------------------------------------------------- the line half's listener */

static void to_modem(const char *bytes, size_t size, void *userdata)
{
	struct probe *probe = userdata;

	/* Some twenty bytes: a port that does not take them has no modem that listens. */
	if (write(probe->fd, bytes, size) < 0)
		probe->hung_up = true;
}

static void to_gammu(const char *bytes, size_t size, void *userdata)
{
	(void)bytes;
	(void)size;
	(void)userdata;
}

static void on_event(const struct line_event *event, void *userdata)
{
	struct probe *probe = userdata;

	if (event->type == LINE_AWAKE)
		probe->awake = true;
	if (event->type == LINE_IDENTITY)
		agenda_set_identity(probe->agenda, event->command, event->text);
}

static bool handing_over(void *userdata)
{
	(void)userdata;
	return false;
}

/* ---------------------------------------------------------------- one port */

/* Hears what comes within usec, until it is enough. */
static void hear(struct probe *probe, int64_t usec, bool (*enough)(const struct probe *probe))
{
	int64_t until = clock_monotonic_usec() + usec, tick = 0, now;

	while ((now = clock_monotonic_usec()) < until && !probe->hung_up && !probe->orphaned &&
	       !enough(probe)) {
		struct pollfd polled[2] = { { .fd = probe->fd, .events = POLLIN },
					    { .fd = probe->daemon } };
		char bytes[1024];
		ssize_t size;

		if (now >= tick) {
			line_tick(probe->line);
			tick = now + LINE_TICK_MSEC * USEC_PER_MSEC;
		}
		if (poll(polled, 2, LINE_TICK_MSEC / 5) <= 0)
			continue;
		probe->orphaned = polled[1].revents != 0;
		if (polled[0].revents == 0)
			continue;
		size = read(probe->fd, bytes, sizeof(bytes));
		if (size > 0)
			line_from_modem(probe->line, bytes, (size_t)size);
		else
			probe->hung_up = true;
	}
}

static bool is_awake(const struct probe *probe)
{
	return probe->awake;
}

static bool has_answered(const struct probe *probe)
{
	return !line_is_waiting(probe->line);
}

static bool never(const struct probe *probe)
{
	(void)probe;
	return false;
}

static void ask(struct probe *probe, const char *command)
{
	line_from_gammu(probe->line, command, strlen(command));
	line_from_gammu(probe->line, "\r", 1);
	hear(probe, probe->wait_usec, has_answered);
}

static enum sight talk(struct probe *probe)
{
	struct modem_word_identity identity;

	line_start(probe->line);
	for (int i = 0; i < KNOCKS && !probe->awake; i++) {
		line_knock(probe->line);
		hear(probe, probe->wake_usec / KNOCKS, is_awake);
	}
	if (probe->orphaned)
		return SIGHT_ORPHANED;
	if (!probe->awake)
		return SIGHT_SILENT;
	/* Later answers to earlier knocks are not answers to questions. */
	hear(probe, SETTLE_USEC, never);
	ask(probe, "AT+CGSN");
	agenda_identity(probe->agenda, &identity);
	if (strspn(identity.imei, "0123456789") < IMEI_DIGITS_MIN)
		return SIGHT_NAMELESS;
	ask(probe, "AT+CIMI");
	ask(probe, "AT+CCID");
	agenda_identity(probe->agenda, &identity);
	if (identity.iccid[0] == '\0')
		ask(probe, "AT+ICCID");
	return probe->orphaned ? SIGHT_ORPHANED : SIGHT_MODEM;
}

static enum sight look(struct probe *probe, const struct modem_order_probe *order,
		       const char *device, char reason[static TTY_REASON_SIZE])
{
	static const struct line_listener LISTENER = { to_modem, to_gammu, on_event, handing_over };
	int fd = tty_open(device, order->speed, reason);
	enum sight sight = SIGHT_SHUT;

	if (fd < 0)
		return sight;
	probe->fd = fd;
	probe->awake = probe->hung_up = false;
	probe->line = line_new(&LISTENER, probe);
	snprintf(reason, TTY_REASON_SIZE, "no memory to look at %.128s", device);
	if (probe->line)
		sight = talk(probe);
	probe->line = line_free(probe->line);
	tty_close(fd);
	return sight;
}

/* ---------------------------------------------------------------- all of them */

static void tell_modem(const struct probe *probe, const char *device)
{
	struct modem_word word = { .type = MODEM_WORD_IDENTITY };

	agenda_identity(probe->agenda, &word.identity);
	snprintf(word.identity.device, sizeof(word.identity.device), "%s", device);
	say(probe->daemon, &word);
}

static void add(char reasons[static MODEM_REASON_SIZE], const char *text)
{
	size_t at = strlen(reasons), size = strnlen(text, MODEM_REASON_SIZE - 1 - at);

	memcpy(reasons + at, text, size);
	reasons[at + size] = '\0';
}

/* True: there is nothing more to look for. */
static bool look_at_all(struct probe *probe, const struct modem_order_probe *order,
			char reasons[static MODEM_REASON_SIZE])
{
	reasons[0] = '\0';
	probe->nobody = true;
	for (unsigned i = 0; i < order->count; i++) {
		char why[TTY_REASON_SIZE];
		enum sight sight = look(probe, order, order->devices[i], why);

		if (sight == SIGHT_MODEM)
			tell_modem(probe, order->devices[i]);
		if (sight == SIGHT_MODEM || sight == SIGHT_ORPHANED)
			return true;
		if (sight != SIGHT_SILENT)
			probe->nobody = false;
		if (sight != SIGHT_SHUT)
			snprintf(why, sizeof(why), "%.128s %s", order->devices[i],
				 sight == SIGHT_SILENT ? "is silent"
						       : "answers, but tells no IMEI (AT+CGSN)");
		add(reasons, i > 0 ? "; " : "");
		add(reasons, why);
	}
	return false;
}

void probe_ports(int daemon, struct agenda *agenda, const struct modem_order_probe *order)
{
	struct probe probe = {
		.daemon = daemon,
		.agenda = agenda,
		.wait_usec = (int64_t)order->wait_msec * USEC_PER_MSEC,
	};
	char reasons[MODEM_REASON_SIZE];

	for (int round = 0; round < ROUNDS; round++) {
		probe.wake_usec = round == 0 ? probe.wait_usec / FIRST_ROUND : probe.wait_usec;
		if (look_at_all(&probe, order, reasons))
			return;
	}
	say_state(daemon, probe.nobody ? MODEM_STATE_ABSENT : MODEM_STATE_FAILED, reasons);
}
