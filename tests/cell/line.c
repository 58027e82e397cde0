/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The modem's line, byte by byte, as it is heard: command lines, the prompt, and where a test
 * freezes it.  Nothing is consumed while the modem is frozen or waits: what is written then is
 * heard afterwards.
 */
#include <string.h>
#include <time.h>

#include "tests/cell/events.h"
#include "tests/cell/modem_state.h"

#define CTRL_Z 0x1a
#define ESCAPE 0x1b
#define SILENCE_USEC 1000000

static const char *const point_names[] = {
	[HOLD_NONE] = "",         [HOLD_START] = "start", [HOLD_CMGS] = "cmgs",
	[HOLD_PROMPT] = "prompt", [HOLD_PDU] = "pdu",     [HOLD_SUBMIT] = "submit",
	[HOLD_ANSWER] = "answer", [HOLD_CMTI] = "cmti",   [HOLD_CMGL] = "cmgl",
	[HOLD_CMGR] = "cmgr",     [HOLD_CMGD] = "cmgd",
};

int modem_hold(struct modem *m, const char *point)
{
	for (int p = HOLD_START; p <= HOLD_CMGD; p++)
		if (strcmp(point, point_names[p]) == 0) {
			m->hold = (enum hold_point)p;
			return 0;
		}
	return -1;
}

bool line_hold(struct modem *m, enum hold_point point, void (*next)(struct modem *))
{
	if (m->hold != point)
		return false;
	m->hold = HOLD_NONE;
	m->frozen = true;
	m->next = next;
	if (m->tty)
		tty_flush(m->tty);
	events_log(m->world->events, "held", "{s:s,s:s}", "modem", m->name, "point",
		   point_names[point]);
	return true;
}

bool modem_held(const struct modem *m)
{
	return m->frozen;
}

static void go_on(struct modem *m)
{
	void (*next)(struct modem *) = m->next;

	m->next = NULL;
	if (next)
		next(m);
	line_pump(m);
}

bool modem_resume(struct modem *m)
{
	bool armed = m->hold != HOLD_NONE;

	m->hold = HOLD_NONE;
	if (!m->frozen)
		return armed;
	m->frozen = false;
	events_log(m->world->events, "resumed", "{s:s}", "modem", m->name);
	go_on(m);
	centre_wake(m->world->centre, &m->recipient);
	return true;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct modem *m = userdata;

	(void)source;
	(void)usec;
	m->waiting = false;
	go_on(m);
	return 0;
}

void line_wait(struct modem *m, int64_t usec, void (*next)(struct modem *))
{
	uint64_t now;

	if (usec <= 0) {
		next(m);
		return;
	}
	if (!m->timer &&
	    sd_event_add_time(m->world->event, &m->timer, CLOCK_MONOTONIC, 0, 1, on_timer, m) < 0) {
		next(m);
		return;
	}
	sd_event_now(m->world->event, CLOCK_MONOTONIC, &now);
	sd_event_source_set_time(m->timer, now + (uint64_t)usec);
	sd_event_source_set_enabled(m->timer, SD_EVENT_ONESHOT);
	m->waiting = true;
	m->next = next;
}

/* ---- what is heard ---- */

static void nothing(struct modem *m)
{
	(void)m;
}

static void command_begin(struct modem *m)
{
	m->answered = false;
	m->cursor = m->line;
	at_run(m);
}

/* V.250 5.2: a line that does not begin with AT is ignored, and so is what stands before it. */
static void line_ended(struct modem *m)
{
	char *at;

	m->line[m->line_size] = '\0';
	at = strcasestr(m->line, "at");
	if (at) {
		line_log(m, "in", at, strlen(at));
		memmove(m->line, at + 2, strlen(at + 2) + 1);
	}
	m->line_size = 0;
	if (m->line_overflow) {
		m->line_overflow = false;
		m->answered = false;
		line_final(m, AT_ERROR);
	} else if (at) {
		line_wait(m, m->settings.answer_ms * INT64_C(1000), command_begin);
	}
}

static void command_byte(struct modem *m, const char *byte)
{
	if (*byte == ESCAPE || *byte == CTRL_Z)
		return;
	line_echo(m, byte);
	if (*byte == '\r') {
		line_ended(m);
	} else if (*byte == '\b') {
		m->line_size -= m->line_size > 0;
	} else if ((unsigned char)*byte >= ' ') {
		if (m->line_size + 1 < sizeof(m->line))
			m->line[m->line_size++] = *byte;
		else
			m->line_overflow = true;
	}
}

static void prompt_byte(struct modem *m, const char *byte)
{
	if (*byte == ESCAPE) {
		m->state = LINE_COMMAND;
		m->stuck = false;
		line_final(m, AT_OK);
	} else if (*byte == CTRL_Z) {
		m->state = LINE_COMMAND;
		line_log(m, "in", m->pdu, m->pdu_size);
		if (!line_hold(m, HOLD_SUBMIT, message_submit))
			message_submit(m);
	} else {
		line_echo(m, byte);
		if (*byte == '\r' || *byte == '\n' || *byte == ' ')
			return;
		if (m->pdu_size < sizeof(m->pdu))
			m->pdu[m->pdu_size++] = *byte;
		else
			m->pdu_overflow = true;
	}
}

/* One byte, unless a hold stands before it. */
static bool take_byte(struct modem *m, const char *byte)
{
	if (m->state == LINE_COMMAND) {
		command_byte(m, byte);
		return true;
	}
	if (*byte == CTRL_Z && line_hold(m, HOLD_PDU, nothing))
		return false;
	prompt_byte(m, byte);
	return true;
}

void line_pump(struct modem *m)
{
	size_t size, used = 0;
	const char *bytes;

	if (!m->tty || m->pumping)
		return;
	m->pumping = true;
	bytes = tty_peek(m->tty, &size);
	while (used < size && !m->frozen && !m->waiting && take_byte(m, bytes + used))
		used++;
	tty_consume(m->tty, used);
	if (m->state == LINE_PROMPT && m->pdu_size && !m->frozen)
		line_hold(m, HOLD_PDU, nothing);
	m->pumping = false;
	line_write_indications(m);
	tty_pause(m->tty, m->frozen || m->waiting);
	tty_flush(m->tty);
}

void line_heard(void *userdata)
{
	struct modem *m = userdata;
	struct timespec now;
	uint64_t usec;
	size_t size;

	clock_gettime(CLOCK_MONOTONIC, &now);
	usec = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	if (m->last_heard_usec == 0 || usec - m->last_heard_usec > SILENCE_USEC)
		events_log(m->world->events, "opened", "{s:s}", "modem", m->name);
	m->last_heard_usec = usec;

	if (m->settings.silent) {
		tty_peek(m->tty, &size);
		tty_consume(m->tty, size);
		return;
	}
	line_hold(m, HOLD_START, nothing);
	line_pump(m);
}

void line_reset(struct modem *m)
{
	if (m->timer)
		sd_event_source_set_enabled(m->timer, SD_EVENT_OFF);
	line_forget_indications(m);
	unasked_reset(m);
	ussd_reset(m);
	m->stuck = m->reply_delayed = false;
	m->frozen = m->waiting = m->line_overflow = false;
	m->hold = HOLD_NONE;
	m->next = NULL;
	m->state = LINE_COMMAND;
	m->line_size = 0;
	m->last_heard_usec = 0;
}
