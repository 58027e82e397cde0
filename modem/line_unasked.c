/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a modem says unasked: indications, registration, restarts, the SIM.  The rest is dropped.
 */
#include "modem/line_inside.h"

#include <stdio.h>
#include <string.h>

void line_unasked_registration(struct line *line, const char *text)
{
	struct line_event event = { .type = LINE_REGISTRATION };

	if (answer_registration(text, &event.domain, &event.status))
		line_tell(line, &event);
}

/* Once, until the modem has answered something again: they come in rows. */
static void restarted(struct line *line)
{
	static const struct line_event EVENT = { .type = LINE_RESTARTED };

	if (line_is_waiting(line) && line->forgotten == 0)
		line->forgotten = LINE_FORGOTTEN_TICKS;
	/* It may be chatter, too, and the result still comes, as late as without it. */
	if ((line->state == LINE_STATE_BODY || line->state == LINE_STATE_SUBMIT) &&
	    line->forgotten == 0)
		line->forgotten = LINE_LOST_TICKS - line->submitted;
	if (line->restart_told)
		return;
	line->restart_told = true;
	line_tell(line, &EVENT);
}

static bool is_asked(const struct line *line, const char *command)
{
	return line->state == LINE_STATE_ANSWER &&
	       strncmp(line->command, command, strlen(command)) == 0;
}

void line_unasked(struct line *line, const char *text)
{
	struct line_event event = { .type = LINE_INDICATED };

	if (answer_indication(text, event.memory, &event.location)) {
		line_tell(line, &event);
		return;
	}
	if (line_read_direct(line, text) || line_ussd_begin(line, text))
		return;
	if (is_asked(line, "AT+CEREG?") && strncmp(text, "+CGREG:", 7) == 0) {
		snprintf(line->other_domain, sizeof(line->other_domain), "%.63s", text);
		return;
	}
	line_unasked_registration(line, text);
	if (!line->awake)
		return;
	if (answer_is_boot(text)) {
		/* Told to, it says that it has come up, too. */
		if (is_asked(line, "AT+CFUN"))
			return;
		restarted(line);
	} else if (answer_is_sim_gone(text)) {
		event.type = LINE_SIM_CHANGED;
		line_tell(line, &event);
	}
}
