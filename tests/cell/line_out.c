/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The modem's line as it is written: echo, answers with noise and chatter between their lines,
 * final results, the prompt, and indications that wait while the line is in use.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cell/events.h"
#include "tests/cell/modem_state.h"

#define ANSWER_SIZE 2048

void line_log(struct modem *m, const char *direction, const char *text, size_t size)
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

void line_echo(struct modem *m, const char *byte)
{
	bool wanted = m->session.echo || m->quirks.echo == QUIRK_ECHO_ALWAYS;

	if (wanted && m->settings.echo && m->quirks.echo != QUIRK_ECHO_NEVER)
		put(m, byte, 1);
}

static void put_blank_lines(struct modem *m)
{
	for (unsigned i = 0; i < m->quirks.blank_lines; i++)
		put_string(m, "\r\n");
}

static void put_line(struct modem *m, const char *text)
{
	put_blank_lines(m);
	put_string(m, "\r\n");
	put_string(m, text);
	put_string(m, "\r\n");
}

/* What comes before any line of an answer. */
static void put_between(struct modem *m)
{
	if (m->settings.noise[0])
		put_line(m, m->settings.noise);
	unasked_between(m);
	put_blank_lines(m);
}

void line_info(struct modem *m, const char *format, ...)
{
	char text[ANSWER_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);

	put_between(m);
	if (!m->answered && m->session.verbose)
		put_string(m, "\r\n");
	m->answered = true;
	put_string(m, text);
	put_string(m, "\r\n");
	line_log(m, "out", text, strlen(text));
}

bool line_free(const struct modem *m)
{
	return m->tty && !m->frozen && !m->waiting && m->state == LINE_COMMAND && m->line_size == 0;
}

static void nothing(struct modem *m)
{
	(void)m;
}

/* AT+CNMI=0 keeps what is about messages until another mode is set, 27.005 3.4.1. */
static bool ready(const struct modem *m, const struct indication *indication)
{
	return !indication->of_message || m->session.indications[0] != 0;
}

static struct indication take_indication(struct modem *m, size_t index)
{
	struct indication taken = m->indication[index];

	m->indication_count--;
	memmove(m->indication + index, m->indication + index + 1,
		(m->indication_count - index) * sizeof(taken));
	return taken;
}

static void indicated(struct modem *m, const struct indication *indication)
{
	line_log(m, "out", indication->text, strlen(indication->text));
	free(indication->text);
	if (indication->of_message)
		line_hold(m, HOLD_CMTI, nothing);
}

/* The quirk "glue": no end of line after OK, and right behind it what waited. */
static bool put_glued(struct modem *m)
{
	struct indication next;

	if (!m->quirks.glue || !m->indication_count || !ready(m, m->indication))
		return false;
	next = take_indication(m, 0);
	put_string(m, next.text);
	put_string(m, "\r\n");
	indicated(m, &next);
	return true;
}

static const char *digit(const char *text)
{
	if (strcmp(text, "OK") == 0)
		return "0";
	return strcmp(text, "ERROR") == 0 ? "4" : NULL;
}

void line_end(struct modem *m, const char *text)
{
	const char *simple = digit(text);

	if (m->session.quiet && simple)
		return;
	line_log(m, "out", text, strlen(text));
	put_between(m);
	if (m->session.verbose) {
		put_string(m, "\r\n");
		put_string(m, text);
		if (strcmp(text, "OK") != 0 || !put_glued(m))
			put_string(m, "\r\n");
	} else {
		put_string(m, simple ? simple : text);
		put_string(m, simple ? "\r" : "\r\n");
	}
}

void line_final(struct modem *m, int result)
{
	char text[RESULT_SIZE];

	if (result == AT_SILENCE)
		return;
	result_write(m, result, text);
	line_end(m, text);
}

void line_prompt(struct modem *m)
{
	put_between(m);
	put_string(m, m->quirks.prompt[0] ? m->quirks.prompt : "\r\n> ");
	line_log(m, "out", "> ", 2);
	m->state = LINE_PROMPT;
	m->pdu_size = 0;
	m->pdu_overflow = false;
	line_hold(m, HOLD_PROMPT, nothing);
}

/* ---- unasked ---- */

void line_unasked(struct modem *m, const char *text)
{
	put_line(m, text);
	line_log(m, "out", text, strlen(text));
}

void line_write_indications(struct modem *m)
{
	size_t at = 0;

	while (at < m->indication_count && line_free(m)) {
		struct indication next;

		if (!ready(m, &m->indication[at])) {
			at++;
			continue;
		}
		next = take_indication(m, at);
		put_line(m, next.text);
		indicated(m, &next);
	}
}

static void indicate(struct modem *m, bool of_message, const char *format, va_list arguments)
{
	char *text;

	if (m->settings.silent || !m->tty || vasprintf(&text, format, arguments) < 0)
		return;
	if (m->indication_count == INDICATIONS_MAX)
		free(take_indication(m, 0).text);
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
