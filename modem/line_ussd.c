/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The text of +CUSD, gathered up to its closing quote: menus have many lines.  A text that is never
 * closed ends by itself, and hides nothing else that the modem says.
 */
#include "modem/line_inside.h"

#include <string.h>

static void tell(struct line *line, int status, int dcs, const char *text)
{
	struct line_event event = { .type = LINE_USSD, .status = status, .dcs = dcs, .text = text };

	line_tell(line, &event);
}

static void add(struct line *line, const char *text, size_t size)
{
	struct gathered *ussd = &line->ussd;
	size_t room = sizeof(ussd->text) - 1 - ussd->size;

	size = size < room ? size : room;
	memcpy(ussd->text + ussd->size, text, size);
	ussd->size += size;
	ussd->text[ussd->size] = '\0';
}

bool line_ussd_begin(struct line *line, const char *text)
{
	struct answer_ussd answer;

	if (strncmp(text, "+CUSD:", 6) != 0)
		return false;
	/* Asked whether it is on, it says a status too. */
	if ((line->state == LINE_STATE_ANSWER && strcmp(line->command, "AT+CUSD?") == 0) ||
	    !answer_ussd(text, &answer))
		return true;
	if (line->ussd.open)
		line_ussd_end(line);
	line->ussd.size = 0;
	line->ussd.status = answer.status;
	add(line, answer.text, answer.size);
	line->ussd.open = answer.open;
	line->ussd.ticks = LINE_USSD_TICKS;
	if (!answer.open)
		tell(line, answer.status, answer.dcs, line->ussd.text);
	return true;
}

void line_ussd_feed(struct line *line)
{
	if (line->ussd.open)
		add(line, "\n", 1);
}

void line_ussd_end(struct line *line)
{
	line->ussd.open = false;
	tell(line, line->ussd.status, -1, line->ussd.text);
}

/* What is not a text's, whatever text it is. */
static bool is_other(const struct line *line, const char *text)
{
	enum answer_domain domain;
	char memory[8];
	int number;

	if (answer_indication(text, memory, &number) || answer_direct(text, &number) ||
	    answer_registration(text, &domain, &number) || strncmp(text, "+CUSD:", 6) == 0)
		return true;
	if ((line->direct.open || line->stored.open) &&
	    strspn(text, "0123456789ABCDEFabcdef,") == strlen(text))
		return true;
	if (line->state == LINE_STATE_IDLE)
		return false;
	/* While a command is pending its echo, its answer and its end go first. */
	return answer_final(text, &number) != ANSWER_NOT_FINAL ||
	       strcmp(text, line->written) == 0 ||
	       (line->form.kind != ANSWER_TEXT && answer_belongs(&line->form, text)) ||
	       line_send_is_reference(text, &number);
}

bool line_ussd_gather(struct line *line, const char *text)
{
	int end, dcs;

	if (!line->ussd.open || is_other(line, text))
		return false;
	line->ussd.ticks = LINE_USSD_TICKS;
	end = answer_ussd_end(text, &dcs);
	add(line, text, end < 0 ? strlen(text) : (size_t)end);
	if (end >= 0) {
		line->ussd.open = false;
		tell(line, line->ussd.status, dcs, line->ussd.text);
	} else if (line->ussd.size == sizeof(line->ussd.text) - 1) {
		line_ussd_end(line);
	}
	return true;
}
