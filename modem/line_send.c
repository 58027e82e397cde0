/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The dialogue of AT+CMGS: libgammu writes a message of its own making, the modem gets the TPDU
 * that was armed.  Ctrl-Z is written only after the daemon has been told.
 */
#include "modem/line_inside.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* 3GPP TS 27.005 3.2.5 */
#define CMS_NETWORK_OUT_OF_ORDER 38
#define CMS_UNKNOWN 500

void line_arm_send(struct line *line, const uint8_t *tpdu, size_t size, const char *centre)
{
	static const char HEX[] = "0123456789ABCDEF";
	size_t at = 0, digits = strlen(centre), plus = centre[0] == '+';

	assert(size <= TPDU_SIZE_MAX && digits <= 21);
	digits -= plus;
	/* TS-Service Centre Address, 24.011 8.2.5.2: octets of type and digits, then both. */
	if (digits == 0) {
		at += (size_t)snprintf(line->pdu, sizeof(line->pdu), "00");
	} else {
		at += (size_t)snprintf(line->pdu, sizeof(line->pdu), "%02X%s",
				       (unsigned)(1 + (digits + 1) / 2), plus ? "91" : "81");
		for (size_t i = 0; i < digits; i += 2) {
			line->pdu[at] = 'F';
			if (i + 1 < digits)
				line->pdu[at] = centre[plus + i + 1];
			line->pdu[at + 1] = centre[plus + i];
			at += 2;
		}
	}
	for (size_t i = 0; i < size; i++) {
		line->pdu[at++] = HEX[tpdu[i] >> 4];
		line->pdu[at++] = HEX[tpdu[i] & 15];
	}
	line->pdu[at] = '\0';
	line->tpdu_size = size;
	line->asked_again = false;
	line->armed = true;
}

void line_disarm(struct line *line)
{
	line->armed = false;
}

static void tell_result(struct line *line, enum modem_outcome outcome, int reference,
			enum modem_error_kind kind, int code)
{
	struct line_event event = { .type = LINE_RESULT };

	if (!line->armed)
		return;
	line->armed = false;
	event.result = (struct line_result){ outcome, reference, kind, code };
	line_tell(line, &event);
}

static enum modem_error_kind error_kind(enum answer_final final)
{
	switch (final) {
	case ANSWER_CME:
		return MODEM_ERROR_CME;
	case ANSWER_CMS:
		return MODEM_ERROR_CMS;
	case ANSWER_ERROR:
		return MODEM_ERROR_BARE;
	case ANSWER_NOT_FINAL:
	case ANSWER_OK:
		break;
	}
	return MODEM_ERROR_NONE;
}

static void prompt_ask(struct line *line)
{
	line->echo_at = 0;
	line->echo_whole = false;
	line_to_modem(line, line->written);
	line_to_modem(line, "\r");
	line->state = LINE_STATE_PROMPT;
}

/*
 * Huaweis refuse the first one after they started and take the next (gammu #216, #64).  Nothing was
 * given to the modem yet, so that asking once more risks nothing.
 */
static bool prompt_ask_again(struct line *line, enum answer_final final, int code)
{
	bool may_pass =
		final == ANSWER_ERROR ||
		(final == ANSWER_CMS && (code == CMS_NETWORK_OUT_OF_ORDER || code == CMS_UNKNOWN));

	if (line->state != LINE_STATE_PROMPT || line->asked_again || !may_pass)
		return false;
	line->asked_again = true;
	line_answer_forget(line);
	line_to_modem(line, "\x1b");
	prompt_ask(line);
	return true;
}

void line_send_begin(struct line *line)
{
	line->pdu_written = false;
	line->early_end = false;
	if (!line->armed) {
		line_answer_deliver(line, "+CMS ERROR: 304");
		line_dialogue_end(line);
		return;
	}
	snprintf(line->written, sizeof(line->written), "AT+CMGS=%zu", line->tpdu_size);
	prompt_ask(line);
}

void line_send_prompt(struct line *line)
{
	line->forgotten = line->submitted = 0;
	line_to_gammu(line, line->command);
	line_to_gammu(line, "\r\r\n> ");
	line->state = LINE_STATE_BODY;
}

void line_send_submit(struct line *line)
{
	char buffer[32];

	if (line->early_end) {
		line_to_gammu(line, "\r\n");
		line_to_gammu(line, line_final_text(
					    line->early.error_kind == MODEM_ERROR_CME ? ANSWER_CME
										      : ANSWER_CMS,
					    line->early.error_code, buffer, sizeof(buffer)));
		line_to_gammu(line, "\r\n");
		line_dialogue_end(line);
		return;
	}
	if (!line->listener.handing_over(line->userdata)) {
		line_to_modem(line, "\x1b");
		tell_result(line, MODEM_OUTCOME_NOT_SENT, -1, MODEM_ERROR_NONE, 0);
		line_to_gammu(line, "\r\n+CMS ERROR: 500\r\n");
		line_dialogue_end(line);
		return;
	}
	line_to_modem(line, "\x1a");
	line->state = LINE_STATE_SUBMIT;
}

void line_send_body(struct line *line)
{
	if (line->pdu_written || line->early_end)
		return;
	line->pdu_written = true;
	line_to_modem(line, line->pdu);
}

void line_send_give_up(struct line *line)
{
	line_to_modem(line, "\x1b");
	tell_result(line, MODEM_OUTCOME_NOT_SENT, -1, MODEM_ERROR_NONE, 0);
	line_dialogue_end(line);
}

bool line_send_is_reference(const char *text, int *ret_reference)
{
	struct answer_numbers numbers;

	if (!answer_numbers(text, "+CMGS:", &numbers))
		return false;
	*ret_reference = numbers.first >= 0 && numbers.first <= 255 ? numbers.first : -1;
	return true;
}

void line_send_reference(struct line *line, int reference)
{
	/* All is said: the OK may be missing. */
	line->closing = LINE_CLOSE_TICKS;
	tell_result(line, reference < 0 ? MODEM_OUTCOME_UNKNOWN : MODEM_OUTCOME_SENT, reference,
		    MODEM_ERROR_NONE, 0);
}

/* The final result of a send, in whatever state it comes. */
void line_send_finish(struct line *line, enum answer_final final, int code)
{
	char buffer[32];
	bool handed_over = line->state == LINE_STATE_SUBMIT;

	if (prompt_ask_again(line, final, code))
		return;
	if (final == ANSWER_OK)
		/* After Ctrl-Z an OK without a reference says nothing; before, there was none. */
		tell_result(line, handed_over ? MODEM_OUTCOME_UNKNOWN : MODEM_OUTCOME_NOT_SENT, -1,
			    MODEM_ERROR_NONE, 0);
	else
		tell_result(line, MODEM_OUTCOME_REFUSED, -1, error_kind(final), code);

	/* Some modems stay at the prompt after a refusal, and would take commands for text; so would one
	 * whose prompt was not waited for. */
	if (final != ANSWER_OK || !handed_over)
		line_to_modem(line, "\x1b");
	line->restart_told = false;
	if (line->state == LINE_STATE_BODY) {
		/* libgammu is still writing: it hears of it after its Ctrl-Z. */
		line->early_end = true;
		line->early.error_kind = error_kind(final);
		line->early.error_code = code ? code : CMS_UNKNOWN;
		return;
	}
	if (!handed_over) {
		line_answer_deliver(line, final == ANSWER_OK ? "+CMS ERROR: 500"
							     : line_final_text(final, code, buffer,
									       sizeof(buffer)));
	} else {
		line_to_gammu(line, "\r\n");
		line_to_gammu(line, final == ANSWER_OK
					    ? "+CMGS: 0\r\n\r\nOK"
					    : line_final_text(final, code, buffer, sizeof(buffer)));
		line_to_gammu(line, "\r\n");
	}
	line_dialogue_end(line);
}
