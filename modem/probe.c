/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Line halves driven by hand, one for each port.  Most sticks answer at one of several, and silence
 * takes its time: so that a port does not wait for the silence of those before it, each of them has a
 * head start only, and is listened to on.
 */
#include "modem/probe.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "bridge/base/clock.h"
#include "modem/line.h"
#include "modem/reply.h"
#include "modem/say.h"
#include "modem/tty.h"

#define ROUNDS 2      /* a stick that has just come may not listen yet */
#define FIRST_ROUND 5 /* times shorter: most answer at once */
#define HEAD_START 30 /* times shorter than the wait */
#define KNOCKS 3      /* in the time that one port has */
#define SETTLE_USEC (200 * USEC_PER_MSEC)
#define POLL_USEC (50 * USEC_PER_MSEC)
#define IMEI_DIGITS_MIN 14

enum sight {
	SIGHT_SHUT,     /* the port can't be opened: the reason says why */
	SIGHT_SILENT,   /* no answer to AT, up to now */
	SIGHT_NAMELESS, /* an answer, but no IMEI */
};

struct port {
	struct probe *probe;
	const char *device;
	enum sight sight;
	char reason[TTY_REASON_SIZE];

	int fd;
	struct line *line;     /* NULL: not open */
	int64_t knock_at_usec; /* monotonic: the next */
	bool awake, hung_up;
};

struct probe {
	int daemon;
	struct agenda *agenda;
	unsigned speed;
	int64_t wait_usec;
	int64_t wake_usec; /* for the first sign of life, in this round */
	int64_t tick_at_usec;
	bool orphaned; /* the daemon is gone */
	const struct port *asked;
	char answer[256];           /* the beginning of what it says to that, echo and all */
	unsigned port_count, tried; /* tried: in this round */
	struct port ports[MODEM_PORTS_MAX]; /* best first */
};

/* ---------------------------------------------------------------- the line half's listener */

static void to_modem(const char *bytes, size_t size, void *userdata)
{
	struct port *port = userdata;

	/* Some twenty bytes: a port that does not take them has no modem that listens. */
	if (write(port->fd, bytes, size) < 0)
		port->hung_up = true;
}

static void to_gammu(const char *bytes, size_t size, void *userdata)
{
	const struct port *port = userdata;
	char *answer = port->probe->answer;
	size_t at = strlen(answer);

	if (port == port->probe->asked)
		snprintf(answer + at, sizeof(port->probe->answer) - at, "%.*s", (int)size, bytes);
}

static void on_event(const struct line_event *event, void *userdata)
{
	struct port *port = userdata;

	if (event->type == LINE_AWAKE)
		port->awake = true;
	if (event->type == LINE_IDENTITY)
		agenda_set_identity(port->probe->agenda, event->command, event->text);
}

static bool handing_over(void *userdata)
{
	(void)userdata;
	return false;
}

/* ---------------------------------------------------------------- one port */

static void port_open(struct port *port)
{
	static const struct line_listener LISTENER = { to_modem, to_gammu, on_event, handing_over };
	int fd = tty_open(port->device, port->probe->speed, port->reason);

	port->sight = SIGHT_SHUT;
	port->knock_at_usec = 0;
	port->awake = port->hung_up = false;
	if (fd < 0)
		return;
	port->line = line_new(&LISTENER, port);
	if (!port->line) {
		snprintf(port->reason, sizeof(port->reason), "no memory to look at %.128s",
			 port->device);
		tty_close(fd);
		return;
	}
	port->fd = fd;
	port->sight = SIGHT_SILENT;
	line_start(port->line);
}

static void port_close(struct port *port)
{
	if (!port->line)
		return;
	port->line = line_free(port->line);
	if (port->awake)
		tty_close(port->fd);
	else
		tty_drop(port->fd);
}

static bool port_is_open(const struct port *port)
{
	return port->line && !port->hung_up;
}

static void port_knock(struct port *port, int64_t now_usec)
{
	const struct probe *probe = port->probe;

	if (port->awake || now_usec < port->knock_at_usec)
		return;
	port->knock_at_usec = now_usec + MIN(probe->wait_usec, probe->wake_usec) / KNOCKS;
	line_knock(port->line);
}

static void port_read(struct port *port)
{
	char bytes[1024];
	ssize_t size = read(port->fd, bytes, sizeof(bytes));

	if (size > 0)
		line_from_modem(port->line, bytes, (size_t)size);
	else
		port->hung_up = true;
}

/* ---------------------------------------------------------------- those that are open */

static void tick(struct probe *probe)
{
	int64_t now = clock_monotonic_usec();
	bool ticks = now >= probe->tick_at_usec;

	if (ticks)
		probe->tick_at_usec = now + LINE_TICK_MSEC * USEC_PER_MSEC;
	for (unsigned i = 0; i < probe->tried; i++) {
		struct port *port = &probe->ports[i];

		if (port_is_open(port))
			port_knock(port, now);
		if (port_is_open(port) && ticks)
			line_tick(port->line);
	}
}

/* False: nothing is open. */
static bool hear_once(struct probe *probe, int64_t usec)
{
	struct pollfd polled[MODEM_PORTS_MAX + 1] = { { .fd = probe->daemon } };
	unsigned open = 0;

	for (unsigned i = 0; i < probe->tried; i++) {
		bool is_open = port_is_open(&probe->ports[i]);

		open += is_open;
		polled[i + 1].fd = is_open ? probe->ports[i].fd : -1;
		polled[i + 1].events = POLLIN;
	}
	if (open > 0 && poll(polled, probe->tried + 1, (int)(usec / USEC_PER_MSEC) + 1) > 0) {
		probe->orphaned = polled[0].revents != 0;
		for (unsigned i = 0; i < probe->tried; i++)
			if (polled[i + 1].revents != 0)
				port_read(&probe->ports[i]);
	}
	return open > 0;
}

/* Hears what comes within usec, until it is enough. */
static void hear(struct probe *probe, int64_t usec, bool (*enough)(const struct probe *probe))
{
	int64_t until = clock_monotonic_usec() + usec, now;

	while ((now = clock_monotonic_usec()) < until && !probe->orphaned && !enough(probe)) {
		tick(probe);
		if (!hear_once(probe, MIN(until - now, POLL_USEC)))
			break;
	}
}

static bool never(const struct probe *probe)
{
	(void)probe;
	return false;
}

/* The best that answers and was not asked yet; port_count: none. */
static unsigned best_awake(const struct probe *probe)
{
	for (unsigned i = 0; i < probe->tried; i++) {
		const struct port *port = &probe->ports[i];

		if (port_is_open(port) && port->awake && port->sight == SIGHT_SILENT)
			return i;
	}
	return probe->port_count;
}

static bool one_is_awake(const struct probe *probe)
{
	return best_awake(probe) < probe->port_count;
}

/* Later answers to earlier knocks are not answers to questions; and a better one may wake yet. */
static struct port *settle(struct probe *probe)
{
	for (unsigned at; (at = best_awake(probe)) < probe->port_count;) {
		hear(probe, SETTLE_USEC, never);
		if (best_awake(probe) == at)
			return &probe->ports[at];
	}
	return NULL;
}

/* Until one answers: port by port, each with its head start, and then all have their time. */
static struct port *wake(struct probe *probe)
{
	while (probe->tried < probe->port_count && !one_is_awake(probe) && !probe->orphaned) {
		port_open(&probe->ports[probe->tried++]);
		hear(probe, probe->wait_usec / HEAD_START, one_is_awake);
	}
	hear(probe, probe->wake_usec, one_is_awake);
	return probe->orphaned ? NULL : settle(probe);
}

/* ---------------------------------------------------------------- questions */

static bool has_answered(const struct probe *probe)
{
	return !port_is_open(probe->asked) || !line_is_waiting(probe->asked->line);
}

static void ask(struct probe *probe, struct port *port, const char *command)
{
	if (!port_is_open(port) || probe->orphaned)
		return;
	probe->asked = port;
	probe->answer[0] = '\0';
	line_from_gammu(port->line, command, strlen(command));
	line_from_gammu(port->line, "\r", 1);
	hear(probe, probe->wait_usec, has_answered);
}

static bool has_iccid(const struct probe *probe)
{
	struct modem_word_identity identity;

	agenda_identity(probe->agenda, &identity);
	return identity.iccid[0] != '\0';
}

static void ask_iccid_file(struct probe *probe, struct port *port)
{
	char digits[MODEM_FIELD_SIZE], *line;

	ask(probe, port, REPLY_ICCID_COMMAND);
	line = strstr(probe->answer, "+CRSM:");
	if (!line)
		return;
	line[strcspn(line, "\r\n")] = '\0';
	if (reply_iccid(line, digits, sizeof(digits)))
		agenda_set_identity(probe->agenda, "AT+CCID", digits);
}

static void ask_iccid(struct probe *probe, struct port *port)
{
	ask(probe, port, "AT+CCID");
	if (!has_iccid(probe))
		ask(probe, port, "AT+ICCID");
	if (!has_iccid(probe))
		ask_iccid_file(probe, port);
}

/* True: it is a modem. */
static bool talk(struct probe *probe, struct port *port)
{
	struct modem_word_identity identity;

	port->sight = SIGHT_NAMELESS;
	ask(probe, port, "AT+CGSN");
	agenda_identity(probe->agenda, &identity);
	if (strspn(identity.imei, "0123456789") < IMEI_DIGITS_MIN)
		return false;
	ask(probe, port, "AT+CIMI");
	ask_iccid(probe, port);
	return true;
}

/* ---------------------------------------------------------------- all of them */

static void tell_modem(const struct probe *probe, const struct port *port)
{
	struct modem_word word = { .type = MODEM_WORD_IDENTITY };

	agenda_identity(probe->agenda, &word.identity);
	snprintf(word.identity.device, sizeof(word.identity.device), "%s", port->device);
	say(probe->daemon, &word);
}

static void add(char reasons[static MODEM_REASON_SIZE], const char *text)
{
	size_t at = strlen(reasons), size = strnlen(text, MODEM_REASON_SIZE - 1 - at);

	memcpy(reasons + at, text, size);
	reasons[at + size] = '\0';
}

static void tell_reasons(const struct probe *probe)
{
	enum modem_state state = MODEM_STATE_ABSENT;
	char reasons[MODEM_REASON_SIZE] = "";

	for (unsigned i = 0; i < probe->port_count; i++) {
		const struct port *port = &probe->ports[i];
		char text[TTY_REASON_SIZE];

		snprintf(text, sizeof(text), "%.128s %s", port->device,
			 port->sight == SIGHT_SILENT ? "is silent"
						     : "answers, but tells no IMEI (AT+CGSN)");
		add(reasons, i > 0 ? "; " : "");
		add(reasons, port->sight == SIGHT_SHUT ? port->reason : text);
		if (port->sight != SIGHT_SILENT)
			state = MODEM_STATE_FAILED;
	}
	say_state(probe->daemon, state, reasons);
}

/* True: there is nothing more to look for. */
static bool look_at_all(struct probe *probe)
{
	struct port *port;

	probe->tried = 0;
	do
		port = wake(probe);
	while (port && !talk(probe, port) && !probe->orphaned);
	for (unsigned i = 0; i < probe->tried; i++)
		port_close(&probe->ports[i]);
	if (port && !probe->orphaned)
		tell_modem(probe, port);
	return port || probe->orphaned;
}

void probe_ports(int daemon, struct agenda *agenda, const struct modem_order_probe *order)
{
	struct probe probe = {
		.daemon = daemon,
		.agenda = agenda,
		.speed = order->speed,
		.wait_usec = (int64_t)order->wait_msec * USEC_PER_MSEC,
		.port_count = order->count,
	};

	for (unsigned i = 0; i < probe.port_count; i++)
		probe.ports[i] = (struct port){ .probe = &probe, .device = order->devices[i] };
	for (int round = 0; round < ROUNDS; round++) {
		/* The more ports, the longer a stick takes to start. */
		probe.wake_usec = round == 0 ? probe.wait_usec / FIRST_ROUND
					     : probe.wait_usec * probe.port_count;
		if (look_at_all(&probe))
			return;
	}
	tell_reasons(&probe);
}
