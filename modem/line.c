/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One dialogue at a time:
 *
 *	IDLE --command--> ANSWER --final result--> IDLE
 *	IDLE --AT+CMGS--> PROMPT --"> "--> BODY --Ctrl-Z--> SUBMIT --final result--> IDLE
 *
 * The answer is gathered and given to libgammu whole, with the echo that it needs, once the final
 * result is there.  What does not belong to the pending command is unasked, and handled here.
 */
#include "modem/line_inside.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"

#define TEXT_MAX 40 /* libgammu copies an IMEI into 50 bytes */

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

/* ---------------------------------------------------------------- answers for libgammu */

void line_answer_add(struct line *line, const char *text)
{
	size_t size = strlen(text);

	/* Whole lines or none: a list that is too long ends early, its entries are events anyway. */
	if (size + 2 > sizeof(line->answer) - line->answer_size)
		return;
	memcpy(line->answer + line->answer_size, text, size);
	memcpy(line->answer + line->answer_size + size, "\r\n", 2);
	line->answer_size += size + 2;
}

/* libgammu's splitter loses count at a quote that is not closed; it reads plain ASCII. */
static void answer_add_harmless(struct line *line, const char *text)
{
	char copy[LINE_TEXT_SIZE];
	size_t quotes = 0, size = 0;

	for (const char *at = text; *at && size < sizeof(copy) - 2; at++) {
		quotes += *at == '"';
		copy[size++] = *at;
		if ((unsigned char)*at >= 0x80)
			copy[size - 1] = '?';
	}
	if (quotes % 2)
		copy[size++] = '"';
	copy[size] = '\0';
	line_answer_add(line, copy);
}

void line_answer_deliver(struct line *line, const char *final)
{
	line_to_gammu(line, line->command);
	line_to_gammu(line, "\r\r\n");
	if (line->answer_size > 0) {
		line->listener.to_gammu(line->answer, line->answer_size, line->userdata);
		line_to_gammu(line, "\r\n");
	}
	line_to_gammu(line, final);
	line_to_gammu(line, "\r\n");
}

void line_dialogue_end(struct line *line)
{
	line->state = LINE_STATE_IDLE;
	line->stored.open = false;
	line->need_echo = false;
	line->answer_size = 0;
}

const char *line_final_text(enum answer_final final, int code, char *buffer, size_t size)
{
	switch (final) {
	case ANSWER_OK:
		return "OK";
	case ANSWER_CME:
	case ANSWER_CMS:
		snprintf(buffer, size, "+CM%c ERROR: %d", final == ANSWER_CME ? 'E' : 'S', code);
		return buffer;
	case ANSWER_NOT_FINAL:
	case ANSWER_ERROR:
		break;
	}
	return "ERROR";
}

/* What libgammu takes for the end of the world when a modem refuses it, and is not. */
static bool is_dispensable(const struct line *line)
{
	static const char *const COMMANDS[] = { "ATE1",         "AT+CFUN=1",   "AT^CURC=0",
						"AT^PORTSEL=1", "AT+ZCDRUN=8", "AT+ZOPRT=5" };

	for (size_t i = 0; i < ARRAY_SIZE(COMMANDS); i++)
		if (strcmp(line->command, COMMANDS[i]) == 0)
			return true;
	return line->form.kind == ANSWER_TEXT;
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

static void answer_finish(struct line *line, enum answer_final final, int code)
{
	char buffer[32], memory[8];

	if (final != ANSWER_OK && is_dispensable(line)) {
		final = ANSWER_OK;
		line->answer_size = 0;
	}
	/* The model decides in libgammu which quirks it adds to those that the modem has: none. */
	if (final == ANSWER_OK && line->form.kind == ANSWER_TEXT) {
		line->answer_size = 0;
		line_answer_add(line, "unknown");
	}
	if (line_selects_memory(line->command, memory)) {
		if (final != ANSWER_OK)
			memory[0] = '\0';
		memcpy(line->memory, memory, sizeof(line->memory));
		if (final == ANSWER_OK && line->answer_size == 0)
			line_answer_add(line, "+CPMS: 0,0,0,0");
	}
	line_answer_deliver(line, line_final_text(final, code, buffer, sizeof(buffer)));
	line_dialogue_end(line);
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

	/* Its answer may still come; the echo of this one tells them apart, where there is one. */
	line->need_echo = given_up && line->echoes;
	line->state = LINE_STATE_IDLE;
	line->stored.open = false;
	line->answer_size = 0;
	line->has_text = false;
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
	if (byte != '\n' && line->from_gammu_size < sizeof(line->from_gammu) - 1)
		line->from_gammu[line->from_gammu_size++] = byte;
}

void line_from_gammu(struct line *line, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		byte_from_gammu(line, bytes[i]);
}

/* ---------------------------------------------------------------- the modem's side */

/* A line that may be part of the pending answer. */
static void answer_line(struct line *line, const char *text)
{
	struct line_event event = { .type = LINE_IDENTITY, .command = line->command, .text = text };

	switch (line->form.kind) {
	case ANSWER_TEXT:
	case ANSWER_DIGITS:
		if (line->has_text)
			return;
		line->has_text = true;
		line_tell(line, &event);
		if (line->form.kind == ANSWER_DIGITS && strlen(text) <= TEXT_MAX)
			answer_add_harmless(line, text);
		return;
	case ANSWER_NAMED:
		if (line_read_header(line, text))
			return;
		line_read_store(line, text);
		answer_add_harmless(line, text);
		return;
	case ANSWER_BARE:
		return;
	}
}

/* The reference of "+CMGS: 17", -1 when it is none. */
static bool is_reference(const char *text, int *ret_reference)
{
	struct answer_numbers numbers;

	if (!answer_numbers(text, "+CMGS:", &numbers))
		return false;
	*ret_reference = numbers.first >= 0 && numbers.first <= 255 ? numbers.first : -1;
	return true;
}

static void line_before_awake(struct line *line, const char *text)
{
	struct line_event event = { .type = LINE_LATE_RESULT };
	const char *rest;
	int code;
	enum answer_final final = answer_final(text, &code, &rest);

	if (strcmp(text, "AT") == 0) {
		line->echoes = true;
	} else if (final == ANSWER_OK) {
		line->awake = true;
		event.type = LINE_AWAKE;
		line_tell(line, &event);
		if (*rest)
			line_read_unasked(line, rest);
	} else if (final == ANSWER_CMS) {
		event.result =
			(struct line_result){ MODEM_OUTCOME_REFUSED, -1, MODEM_ERROR_CMS, code };
		line_tell(line, &event);
	} else if (is_reference(text, &event.result.reference)) {
		event.result.outcome =
			event.result.reference < 0 ? MODEM_OUTCOME_UNKNOWN : MODEM_OUTCOME_SENT;
		line_tell(line, &event);
	} else {
		line_read_unasked(line, text);
	}
}

static void line_ended(struct line *line, enum answer_final final, int code)
{
	if (line->need_echo)
		return;
	switch (line->state) {
	case LINE_STATE_IDLE:
		return;
	case LINE_STATE_ANSWER:
		answer_finish(line, final, code);
		return;
	case LINE_STATE_PROMPT:
	case LINE_STATE_BODY:
	case LINE_STATE_SUBMIT:
		if (!line->early_end)
			line_send_finish(line, final, code);
		return;
	}
}

static void line_received(struct line *line, const char *text)
{
	enum answer_final final;
	const char *rest;
	int code;

	if (!line->awake) {
		line_before_awake(line, text);
		return;
	}
	/* Before the echo is looked for: the PDU of a status report may begin as ours does. */
	if (strcmp(text, line->pdu) != 0 && line_read_pdu(line, text))
		return;
	text = line_send_skip_echo(line, text);
	if (*text == '\0' || (line->state != LINE_STATE_IDLE && strcmp(text, ">") == 0))
		return;
	if (line_is_waiting(line) && strcmp(text, line->written) == 0) {
		line->echoes = true;
		line->need_echo = false;
		return;
	}
	final = answer_final(text, &code, &rest);
	if (final != ANSWER_NOT_FINAL) {
		line_ended(line, final, code);
		if (*rest)
			line_received(line, rest);
		return;
	}
	line_read_registration(line, text);
	if (line->state == LINE_STATE_SUBMIT && is_reference(text, &code))
		line_send_reference(line, code);
	else if (line->state == LINE_STATE_ANSWER && !line->need_echo &&
		 answer_belongs(&line->form, text))
		answer_line(line, text);
	else
		line_read_unasked(line, text);
}

static void byte_from_modem(struct line *line, char byte)
{
	if (byte == '\r' || byte == '\n') {
		while (line->from_modem_size > 0 &&
		       line->from_modem[line->from_modem_size - 1] == ' ')
			line->from_modem_size--;
		line->from_modem[line->from_modem_size] = '\0';
		if (line->from_modem_size > 0)
			line_received(line, line->from_modem);
		line->from_modem_size = 0;
		return;
	}
	if (iscntrl((unsigned char)byte) || (byte == ' ' && line->from_modem_size == 0))
		return;
	/* A line beyond all measure is cut: it is nothing that anyone asked for. */
	if (line->from_modem_size < sizeof(line->from_modem) - 1)
		line->from_modem[line->from_modem_size++] = byte;
	if (line->state == LINE_STATE_PROMPT && line->from_modem_size == 1 && byte == '>') {
		line->from_modem_size = 0;
		line_send_prompt(line);
	}
}

void line_from_modem(struct line *line, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		byte_from_modem(line, bytes[i]);
}
