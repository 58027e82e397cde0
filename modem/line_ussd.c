/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The text of +CUSD, gathered up to its closing quote: menus have many lines.  A text that is never
 * closed ends by itself, however much is said meanwhile.  It hides nothing that the modem says and that
 * is acted on: what has the form of it is no line of a text.
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
	line->ussd.most = LINE_USSD_MOST_TICKS;
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
	struct gathered *ussd = &line->ussd;
	size_t size = ussd->size;

	/* Nothing came behind a quote that might have been one of a pair: it was the last. */
	while (size > 0 && ussd->text[size - 1] == '\n')
		size--;
	if (size > 0 && ussd->text[size - 1] == '"')
		ussd->text[size - 1] = '\0';
	ussd->open = false;
	tell(line, ussd->status, -1, ussd->text);
}

/* "+CMTI: …", "^RSSI:…": all that a modem says with a name before it.  Codes in a menu have digits. */
static bool is_named(const char *text)
{
	size_t signs = strspn(text, "+^*#");
	size_t letters = strspn(text + signs, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return signs == 1 && letters > 0 && text[signs + letters] == ':';
}

/* What is not a text's, whatever text it is. */
static bool is_other(const struct line *line, const char *text)
{
	int number;

	if (is_named(text) || answer_is_boot(text))
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
	end = answer_ussd_end(line->ussd.text, text, &dcs);
	add(line, text, end < 0 ? strlen(text) : (size_t)end);
	if (end >= 0) {
		line->ussd.open = false;
		tell(line, line->ussd.status, dcs, line->ussd.text);
	} else if (line->ussd.size == sizeof(line->ussd.text) - 1) {
		line_ussd_end(line);
	}
	return true;
}
