/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One dialogue at a time:
 *
 *	IDLE --command--> ANSWER --final result--> IDLE
 *	IDLE --AT+CMGS--> PROMPT --"> "--> BODY --Ctrl-Z--> SUBMIT --final result--> IDLE
 *
 * The answer is gathered and given to libgammu whole, with the echo that it needs, once the final
 * result is there.  What does not belong to the pending command is unasked, and never reaches it.
 */
#include "modem/line_inside.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CTRL_Z 0x1a
#define ESCAPE 0x1b

void line_to_modem(struct line *line, const char *text)
{
	line->listener.to_modem(text, strlen(text), line->userdata);
}

void line_to_gammu(struct line *line, const char *text)
{
	line->listener.to_gammu(text, strlen(text), line->userdata);
}

void line_tell(struct line *line, const struct line_event *event)
{
	line->listener.event(event, line->userdata);
}

struct line *line_new(const struct line_listener *listener, void *userdata)
{
	struct line *line = calloc(1, sizeof(*line));

	if (!line)
		return NULL;
	line->listener = *listener;
	line->userdata = userdata;
	return line;
}

struct line *line_free(struct line *line)
{
	free(line);
	return NULL;
}

void line_start(struct line *line)
{
	line_to_modem(line, "\x1b\r");
}

void line_knock(struct line *line)
{
	line->prompt_left = false;
	line_to_modem(line, "AT\r");
}

bool line_is_waiting(const struct line *line)
{
	return line->state == LINE_STATE_ANSWER || line->state == LINE_STATE_PROMPT;
}

bool line_echoes(const struct line *line)
{
	return line->echoes;
}

bool line_is_submitting(const struct line *line)
{
	return line->state == LINE_STATE_SUBMIT;
}

void line_set_deleting(struct line *line, bool deleting)
{
	line->deleting = deleting;
}

void line_set_reading(struct line *line, bool reading)
{
	line->reading = reading;
}

const char *line_memory(const struct line *line)
{
	return line->memory;
}

bool line_selects_memory(const char *command, char memory[static 8])
{
	const char *at = "AT+CPMS=\"";
	size_t size;

	if (strncmp(command, at, strlen(at)) != 0)
		return false;
	command += strlen(at);
	size = strcspn(command, "\"");
	if (size == 0 || size >= 8)
		return false;
	memcpy(memory, command, size);
	memory[size] = '\0';
	return true;
}

void line_answer_forget(struct line *line)
{
	line->stored.open = false;
	line->held.ticks = 0;
	line->closing = 0;
	line->identity[0] = '\0';
	line->other_domain[0] = '\0';
	line->answer_size = 0;
}

void line_dialogue_end(struct line *line)
{
	line->state = LINE_STATE_IDLE;
	line->forgotten = line->prompted = 0;
	line_answer_forget(line);
}

/* ---------------------------------------------------------------- libgammu's side */

/* Answers that need no modem.  Returns true when one was given. */
static bool answer_here(struct line *line)
{
	char memory[8];

	if ((line->deleting || line->reading) && line_selects_memory(line->command, memory) &&
	    strcmp(memory, line->memory) == 0) {
		line_answer_add(line, "+CPMS: 0,0,0,0");
		line_answer_deliver(line, "OK");
		line_dialogue_end(line);
		return true;
	}
	if (line->deleting && strncmp(line->command, "AT+CMGR=", 8) == 0) {
		line_answer_add(line, "+CMGR: 1,,16");
		line_answer_add(line, LINE_STAND_IN);
		line_answer_deliver(line, "OK");
		line_dialogue_end(line);
		return true;
	}
	return false;
}

static void command_begin(struct line *line)
{
	bool given_up = line->state != LINE_STATE_IDLE;

	line_read_give_up(line);
	line_dialogue_end(line);
	line->prompt_left = false;
	line->given_up = given_up;
	line->echo_at = 0;
	line->echo_whole = false;
	memcpy(line->command, line->from_gammu, line->from_gammu_size + 1);
	answer_form(line->command, &line->form);

	if (strncmp(line->command, "AT+CMGS=", 8) == 0) {
		line_send_begin(line);
		return;
	}
	if (answer_here(line))
		return;
	memcpy(line->written, line->command, sizeof(line->written));
	line_to_modem(line, line->written);
	line_to_modem(line, "\r");
	line->state = LINE_STATE_ANSWER;
}

static void byte_from_gammu(struct line *line, char byte)
{
	if (line->state == LINE_STATE_BODY) {
		if (byte == CTRL_Z)
			line_send_submit(line);
		else
			line_send_body(line);
		return;
	}
	if (byte == ESCAPE) {
		if (line->state == LINE_STATE_PROMPT)
			line_send_give_up(line);
		line->escaped = true;
		return;
	}
	if (byte == '\r') {
		bool is_command = !line->escaped && line->from_gammu_size > 0;

		line->escaped = false;
		line->from_gammu[line->from_gammu_size] = '\0';
		if (is_command)
			command_begin(line);
		line->from_gammu_size = 0;
		return;
	}
	/* The end of a text that nobody waits for: it must not reach a modem that may be at a prompt. */
	if (byte == CTRL_Z)
		line->from_gammu_size = 0;
	if (!iscntrl((unsigned char)byte) && line->from_gammu_size < sizeof(line->from_gammu) - 1)
		line->from_gammu[line->from_gammu_size++] = byte;
}

void line_from_gammu(struct line *line, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		byte_from_gammu(line, bytes[i]);
}

/* ---------------------------------------------------------------- what ends by itself */

/* How long a send has taken, should the modem restart. */
static bool is_measured(const struct line *line)
{
	return line->state == LINE_STATE_SUBMIT && line->submitted < LINE_LOST_TICKS - 1;
}

bool line_wants_tick(const struct line *line)
{
	return line->ussd.open || line->held.ticks > 0 || line->closing > 0 ||
	       line->forgotten > 0 || line->prompted > 0 || is_measured(line);
}

/* True when that was the last one. */
static bool count_down(unsigned *ticks)
{
	return *ticks > 0 && --*ticks == 0;
}

void line_tick(struct line *line)
{
	line->submitted += is_measured(line);
	if (line->ussd.open && (count_down(&line->ussd.most) || count_down(&line->ussd.ticks)))
		line_ussd_end(line);
	if (count_down(&line->held.ticks)) {
		/* No echo came: it does not echo any more, and this was the answer. */
		line->echoes = false;
		line_ended(line, line->held.final, line->held.code);
	}
	if (count_down(&line->closing))
		line_ended(line, ANSWER_OK, 0);
	if (count_down(&line->prompted))
		line_prompted(line);
	/* At the prompt an OK says that nothing was sent, after Ctrl-Z that nobody knows. */
	if (count_down(&line->forgotten))
		line_ended(line, line->state == LINE_STATE_ANSWER ? ANSWER_ERROR : ANSWER_OK, 0);
}
