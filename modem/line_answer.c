/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers for libgammu: whole, with the echo that it needs, and put right where a modem's own would
 * fail it although nothing is wrong.
 */
#include "modem/line_inside.h"

#include <stdio.h>
#include <string.h>

#include "bridge/base/cleanup.h"

#define TEXT_MAX 40 /* libgammu copies an IMEI into 50 bytes */
#define CMS_INVALID_INDEX 321

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

/* ---------------------------------------------------------------- lines */

static void add_store(struct line *line, const char *text)
{
	struct line_event event = { .type = LINE_STORE };
	char canonical[64];

	if (!line_selects_memory(line->command, event.memory) ||
	    !answer_store(text, &event.used, &event.capacity))
		return;
	snprintf(canonical, sizeof(canonical), "+CPMS: %d,%d,%d,%d", event.used, event.capacity,
		 event.used, event.capacity);
	line->answer_size = 0;
	line_answer_add(line, canonical);
	if (event.capacity > 0)
		line_tell(line, &event);
}

static bool is_question(const char *command)
{
	size_t size = strlen(command);

	return size > 2 && command[size - 1] == '?' && command[size - 2] != '=';
}

static void add_named(struct line *line, const char *text)
{
	char memories[64];

	if (line_read_header(line, text) || line_ussd_begin(line, text))
		return;
	if (strcmp(line->command, "AT+CPMS=?") == 0) {
		answer_memories(text, memories, sizeof(memories));
		line->answer_size = 0;
		line_answer_add(line, memories);
		/* The session reads by the modem's own list. */
		snprintf(line->identity, sizeof(line->identity), "%.255s", text);
	} else if (strncmp(line->command, "AT+CPMS=", 8) == 0) {
		add_store(line, text);
	} else {
		/* A question has one line for an answer: what came before it was unasked. */
		if (is_question(line->command))
			line->answer_size = 0;
		answer_add_harmless(line, text);
		line_unasked_registration(line, text);
	}
	/* Wavecom says no OK behind it. */
	if (strcmp(line->command, "AT+CPIN?") == 0)
		line->closing = LINE_CLOSE_TICKS;
}

void line_answer_line(struct line *line, const char *text)
{
	line->forgotten = 0;
	switch (line->form.kind) {
	case ANSWER_TEXT:
	case ANSWER_DIGITS:
		/* The first is it. */
		if (line->identity[0] != '\0')
			return;
		snprintf(line->identity, sizeof(line->identity), "%.255s", text);
		if (line->form.kind == ANSWER_DIGITS && strlen(text) <= TEXT_MAX)
			answer_add_harmless(line, text);
		return;
	case ANSWER_NAMED:
		add_named(line, text);
		return;
	case ANSWER_BARE:
		return;
	}
}

/* ---------------------------------------------------------------- ends */

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

/* Questions that libgammu can't do without: what it hears when a modem refuses them, or says OK and
 * nothing else. */
static const char *answer_instead(const char *command)
{
	static const struct {
		const char *command, *answer;
	} ANSWERS[] = {
		{ "AT+CGATT?", "+CGATT: 0" },
		{ "AT+CSCS?", "+CSCS: \"GSM\"" },
		{ "AT+CSCS=?", "+CSCS: (\"GSM\")" },
		{ "AT+CPMS=?", "+CPMS: (\"SM\"),(\"SM\"),(\"SM\")" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ANSWERS); i++)
		if (strcmp(command, ANSWERS[i].command) == 0)
			return ANSWERS[i].answer;
	return NULL;
}

static void finish_selection(struct line *line, enum answer_final final)
{
	char memory[8];

	if (!line_selects_memory(line->command, memory))
		return;
	if (final != ANSWER_OK)
		memory[0] = '\0';
	memcpy(line->memory, memory, sizeof(line->memory));
	if (final == ANSWER_OK && line->answer_size == 0)
		line_answer_add(line, "+CPMS: 0,0,0,0");
}

static void finish_identity(struct line *line, enum answer_final final)
{
	struct line_event event = { .type = LINE_IDENTITY,
				    .command = line->command,
				    .text = line->identity };

	if (final == ANSWER_OK && line->identity[0] != '\0')
		line_tell(line, &event);
	/* The model decides in libgammu which quirks it adds to those that the modem has: none. */
	if (line->form.kind == ANSWER_TEXT) {
		line->answer_size = 0;
		line_answer_add(line, "unknown");
	}
}

/* Air780E answers AT+CEREG? under another name. */
static void finish_domain(struct line *line, enum answer_final final)
{
	char text[64];

	if (line->other_domain[0] == '\0')
		return;
	snprintf(text, sizeof(text), "%s", line->other_domain);
	if (final == ANSWER_OK && line->answer_size == 0) {
		text[2] = 'E'; /* of +CGREG: */
		answer_add_harmless(line, text);
	}
	line_unasked_registration(line, text);
}

void line_answer_finish(struct line *line, enum answer_final final, int code)
{
	const char *instead = answer_instead(line->command);
	char buffer[32];

	line_read_give_up(line);
	finish_identity(line, final);
	finish_domain(line, final);
	if (final != ANSWER_OK && is_dispensable(line))
		final = ANSWER_OK;
	if (instead && (final != ANSWER_OK || line->answer_size == 0)) {
		final = ANSWER_OK;
		line->answer_size = 0;
		line_answer_add(line, instead);
	}
	/* An OK and nothing else: the slot is empty. */
	if (final == ANSWER_OK && line->answer_size == 0 &&
	    strcmp(line->form.prefix, "+CMGR:") == 0) {
		final = ANSWER_CMS;
		code = CMS_INVALID_INDEX;
	}
	finish_selection(line, final);
	line->restart_told = false;
	line_answer_deliver(line, line_final_text(final, code, buffer, sizeof(buffer)));
	line_dialogue_end(line);
}
