/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The modem's side: bytes become lines, and each line goes where it belongs: to the pending answer,
 * to its end, or to what is said unasked.
 */
#include "modem/line_inside.h"

#include <ctype.h>
#include <string.h>

static void heard_before_awake(struct line *line, const char *text)
{
	struct line_event event = { .type = LINE_LATE_RESULT };
	int code;
	enum answer_final final = answer_final(text, &code);

	if (strcmp(text, "AT") == 0) {
		line->echoes = true;
	} else if (final == ANSWER_OK) {
		line->awake = true;
		event.type = LINE_AWAKE;
		line_tell(line, &event);
	} else if (final == ANSWER_CMS) {
		event.result =
			(struct line_result){ MODEM_OUTCOME_REFUSED, -1, MODEM_ERROR_CMS, code };
		line_tell(line, &event);
	} else if (line_send_is_reference(text, &event.result.reference)) {
		event.result.outcome =
			event.result.reference < 0 ? MODEM_OUTCOME_UNKNOWN : MODEM_OUTCOME_SENT;
		line_tell(line, &event);
	} else {
		line_unasked(line, text);
	}
}

void line_ended(struct line *line, enum answer_final final, int code)
{
	switch (line->state) {
	case LINE_STATE_IDLE:
		return;
	case LINE_STATE_ANSWER:
		line_answer_finish(line, final, code);
		return;
	case LINE_STATE_PROMPT:
	case LINE_STATE_BODY:
	case LINE_STATE_SUBMIT:
		if (!line->early_end)
			line_send_finish(line, final, code);
		return;
	}
}

/*
 * The echo of the pending command, which may come in pieces.  What was heard before it answers
 * something older: a command that was given up, or one of the program before.
 */
static bool take_echo(struct line *line, const char *text)
{
	size_t size = strlen(text);

	if (!line_is_waiting(line))
		return false;
	if (line->echo_whole)
		return strcmp(text, line->written) == 0;
	if (strncmp(line->written + line->echo_at, text, size) == 0)
		line->echo_at += size;
	else if (strncmp(line->written, text, size) == 0) /* that of an older "AT" came first */
		line->echo_at = size;
	else
		return false;
	if (line->written[line->echo_at] != '\0')
		return true;
	line->echo_whole = true;
	line->echoes = true;
	line->given_up = false;
	line->forgotten = 0;
	line_answer_forget(line);
	return true;
}

static void take_end(struct line *line, enum answer_final final, int code)
{
	bool early = line_is_waiting(line) && line->echoes && !line->echo_whole;

	line->prompt_left = false;
	if (!early) {
		line_ended(line, final, code);
		return;
	}
	if (line->held.ticks == 0)
		line->held.ticks = line->given_up ? LINE_HOLD_LONG_TICKS : LINE_HOLD_TICKS;
	line->held.final = final;
	line->held.code = code;
}

static void heard(struct line *line, const char *text)
{
	enum answer_final final;
	int code;

	/* Before the echo is looked for: the PDU of a status report may begin as ours does. */
	if (strcmp(text, line->pdu) != 0 && line_read_pdu(line, text))
		return;
	if (!line->awake) {
		heard_before_awake(line, text);
		return;
	}
	if (*text == '\0' || (line->state != LINE_STATE_IDLE && strcmp(text, ">") == 0) ||
	    take_echo(line, text))
		return;
	final = answer_final(text, &code);
	if (final != ANSWER_NOT_FINAL)
		take_end(line, final, code);
	else if (line->state == LINE_STATE_SUBMIT && line_send_is_reference(text, &code))
		line_send_reference(line, code);
	else if (line->state == LINE_STATE_ANSWER && answer_belongs(&line->form, text))
		line_answer_line(line, text);
	else
		line_unasked(line, text);
}

/* A line, or several in one. */
static void line_received(struct line *line)
{
	char *text = line->from_modem;

	if (line_ussd_gather(line, text))
		return;
	/* Some say their prompt again before the result. */
	if (line->state == LINE_STATE_SUBMIT)
		text += strspn(text, "> ");
	for (size_t size; (size = answer_glued(text)) > 0;) {
		char next = text[size];

		text[size] = '\0';
		heard(line, text);
		text += size;
		*text = next;
	}
	heard(line, text);
}

static void line_complete(struct line *line)
{
	while (!line->ussd.open && line->from_modem_size > 0 &&
	       line->from_modem[line->from_modem_size - 1] == ' ')
		line->from_modem_size--;
	line->from_modem[line->from_modem_size] = '\0';
	if (line->from_modem_size > 0)
		line_received(line);
	line->from_modem_size = 0;
}

/*
 * Nobody has asked for it: it came too late for a send that was given up, or of itself.  The modem takes
 * for text what comes next.  Only once until it answers or hears something new: what never leaves its
 * prompt is no modem.
 */
static void leave_prompt(struct line *line)
{
	if (!line->prompt_left)
		line_to_modem(line, "\x1b");
	line->prompt_left = true;
}

/* A line begins with ">"; in a menu many do. */
static void prompt_begins(struct line *line)
{
	if (line->ussd.open && line->state != LINE_STATE_PROMPT)
		return;
	switch (line->state) {
	case LINE_STATE_IDLE:
		line->from_modem_size = 0;
		leave_prompt(line);
		return;
	case LINE_STATE_ANSWER:
		line->prompted = LINE_PROMPT_TICKS;
		return;
	case LINE_STATE_PROMPT:
		line->from_modem_size = 0;
		line_send_prompt(line);
		return;
	case LINE_STATE_BODY:
	case LINE_STATE_SUBMIT:
		return;
	}
}

void line_prompted(struct line *line)
{
	line->from_modem_size = 0;
	leave_prompt(line);
	line_ended(line, ANSWER_ERROR, 0);
}

static void byte_from_modem(struct line *line, char byte)
{
	if (byte == '\r' || byte == '\n') {
		line_complete(line);
		if (byte == '\n')
			line_ussd_feed(line);
		return;
	}
	if (iscntrl((unsigned char)byte) ||
	    (byte == ' ' && line->from_modem_size == 0 && !line->ussd.open))
		return;
	/* A line beyond all measure is cut: it is nothing that anyone asked for. */
	if (line->from_modem_size < sizeof(line->from_modem) - 1)
		line->from_modem[line->from_modem_size++] = byte;
	if (byte != ' ')
		line->prompted = 0;
	if (byte == '>' && line->from_modem_size == 1)
		prompt_begins(line);
}

void line_from_modem(struct line *line, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		byte_from_modem(line, bytes[i]);
}
