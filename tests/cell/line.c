/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The modem's line, byte by byte: echo, command lines, the prompt, answers with noise between their
 * lines, and indications that wait while the line is in use.  Nothing is consumed while the modem
 * is frozen or waits: what is written then is heard afterwards.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/cell/events.h"
#include "tests/cell/modem_state.h"

#define CTRL_Z 0x1a
#define ESCAPE 0x1b
#define SILENCE_USEC 1000000
#define ANSWER_SIZE 2048

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

static void log_line(struct modem *m, const char *direction, const char *text, size_t size)
{
	char printable[4 * LINE_MAX_BYTES];

	if (m->world->log_lines)
		events_log(m->world->events, "line", "{s:s,s:s,s:s}", "modem", m->name, "direction",
			   direction, "text",
			   events_printable(text, size, printable, sizeof(printable)));
}

static void put(struct modem *m, const char *bytes, size_t size)
{
	if (m->tty && !m->settings.silent)
		tty_write(m->tty, bytes, size);
}

static void put_string(struct modem *m, const char *string)
{
	put(m, string, strlen(string));
}

static void put_noise(struct modem *m)
{
	if (!m->settings.noise[0])
		return;
	put_string(m, "\r\n");
	put_string(m, m->settings.noise);
	put_string(m, "\r\n");
}

void line_info(struct modem *m, const char *format, ...)
{
	char text[ANSWER_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);

	put_noise(m);
	if (!m->answered && m->session.verbose)
		put_string(m, "\r\n");
	m->answered = true;
	put_string(m, text);
	put_string(m, "\r\n");
	log_line(m, "out", text, strlen(text));
}

static const char *cme_text(int code)
{
	switch (code) {
	case 3:
		return "operation not allowed";
	case 4:
		return "operation not supported";
	case 10:
		return "SIM not inserted";
	case 11:
		return "SIM PIN required";
	case 12:
		return "SIM PUK required";
	case 16:
		return "incorrect password";
	case 30:
		return "no network service";
	default:
		return NULL;
	}
}

void line_final(struct modem *m, int result)
{
	char text[64] = "ERROR";
	int code = result - AT_CME(0), format = m->session.error_format;
	bool simple = true;

	if (result == AT_SILENCE || (m->session.quiet && result <= 0))
		return;
	if (result == AT_OK) {
		strcpy(text, "OK");
	} else if (result >= AT_CMS(0)) {
		snprintf(text, sizeof(text), "+CMS ERROR: %d", result - AT_CMS(0));
		simple = false;
	} else if (result >= AT_CME(0) && format) {
		if (format == 2 && cme_text(code))
			snprintf(text, sizeof(text), "+CME ERROR: %s", cme_text(code));
		else
			snprintf(text, sizeof(text), "+CME ERROR: %d", code);
		simple = false;
	}
	log_line(m, "out", text, strlen(text));
	put_noise(m);
	if (m->session.verbose) {
		put_string(m, "\r\n");
		put_string(m, text);
		put_string(m, "\r\n");
	} else {
		put_string(m, simple ? result == AT_OK ? "0" : "4" : text);
		put_string(m, simple ? "\r" : "\r\n");
	}
}

static void nothing(struct modem *m)
{
	(void)m;
}

void line_prompt(struct modem *m)
{
	put_noise(m);
	put_string(m, "\r\n> ");
	log_line(m, "out", "> ", 2);
	m->state = LINE_PROMPT;
	m->pdu_size = 0;
	m->pdu_overflow = false;
	line_hold(m, HOLD_PROMPT, nothing);
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

static void echo(struct modem *m, const char *byte)
{
	if (m->session.echo && m->settings.echo)
		put(m, byte, 1);
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
		log_line(m, "in", at, strlen(at));
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
	echo(m, byte);
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
		line_final(m, AT_OK);
	} else if (*byte == CTRL_Z) {
		m->state = LINE_COMMAND;
		log_line(m, "in", m->pdu, m->pdu_size);
		if (!line_hold(m, HOLD_SUBMIT, message_submit))
			message_submit(m);
	} else {
		echo(m, byte);
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

static bool line_free(const struct modem *m)
{
	return m->tty && !m->frozen && !m->waiting && m->state == LINE_COMMAND && m->line_size == 0;
}

/* AT+CNMI=0 keeps what is about messages until another mode is set, 27.005 3.4.1. */
static void write_indications(struct modem *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->indication_count; i++) {
		struct indication ready = m->indication[i];

		if (!line_free(m) || (ready.of_message && m->session.indications[0] == 0)) {
			m->indication[kept++] = ready;
			continue;
		}
		put_string(m, "\r\n");
		put_string(m, ready.text);
		put_string(m, "\r\n");
		log_line(m, "out", ready.text, strlen(ready.text));
		free(ready.text);
		if (ready.of_message)
			line_hold(m, HOLD_CMTI, nothing);
	}
	m->indication_count = kept;
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
	write_indications(m);
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

static void indicate(struct modem *m, bool of_message, const char *format, va_list arguments)
{
	char *text;

	if (m->settings.silent || !m->tty || vasprintf(&text, format, arguments) < 0)
		return;
	if (m->indication_count == INDICATIONS_MAX) {
		free(m->indication[0].text);
		memmove(m->indication, m->indication + 1,
			(INDICATIONS_MAX - 1) * sizeof(m->indication[0]));
		m->indication_count--;
	}
	m->indication[m->indication_count++] = (struct indication){ text, of_message };
	line_pump(m);
}

void line_indicate(struct modem *m, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	indicate(m, false, format, arguments);
	va_end(arguments);
}

void line_indicate_message(struct modem *m, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	indicate(m, true, format, arguments);
	va_end(arguments);
}

void line_forget_indications(struct modem *m)
{
	for (size_t i = 0; i < m->indication_count; i++)
		free(m->indication[i].text);
	m->indication_count = 0;
}

void line_reset(struct modem *m)
{
	if (m->timer)
		sd_event_source_set_enabled(m->timer, SD_EVENT_OFF);
	line_forget_indications(m);
	m->frozen = m->waiting = m->line_overflow = false;
	m->hold = HOLD_NONE;
	m->next = NULL;
	m->state = LINE_COMMAND;
	m->line_size = 0;
	m->last_heard_usec = 0;
}
