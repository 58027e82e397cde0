/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands that a profile answers in place of the modem: always, so many times after power-up, or
 * until some line was said or some other command given.
 */
#include <string.h>

#include "tests/cell/modem_state.h"

static bool matches(const char *pattern, const char *command)
{
	size_t length = strlen(pattern);

	if (length && pattern[length - 1] == '*')
		return strncasecmp(pattern, command, length - 1) == 0;
	return strcasecmp(pattern, command) == 0;
}

static bool in_force(const struct modem *m, size_t index, const char *command)
{
	const struct quirk_reply *reply = &m->quirks.replies[index];
	const struct reply_state *state = &m->reply_state[index];

	return matches(reply->command, command) && !state->over &&
	       (state->begun || !reply->after[0]) &&
	       (state->used < reply->times || !reply->times) &&
	       !(reply->until[0] && unasked_boot_said(m, reply->until));
}

static const struct quirk_reply *find(struct modem *m, const char *command)
{
	for (size_t i = 0; i < m->quirks.reply_count; i++)
		if (in_force(m, i, command))
			return &m->quirks.replies[i];
	return NULL;
}

/* The command that ends a reply is itself answered as if it had ended. */
static void note_until(struct modem *m, const char *command)
{
	for (size_t i = 0; i < m->quirks.reply_count; i++)
		if (matches(m->quirks.replies[i].until, command))
			m->reply_state[i].over = true;
}

void reply_done(struct modem *m, const char *command)
{
	for (size_t i = 0; i < m->quirks.reply_count; i++)
		if (matches(m->quirks.replies[i].after, command))
			m->reply_state[i] = (struct reply_state){ .begun = true };
}

static void say_lines(struct modem *m, const char *lines)
{
	while (*lines) {
		size_t length = strcspn(lines, "\r\n");

		line_info(m, "%.*s", (int)length, lines);
		lines += length;
		lines += strncmp(lines, "\r\n", 2) == 0 ? 2 : *lines != '\0';
	}
}

int reply_run(struct modem *m, const char *command)
{
	const struct quirk_reply *reply;

	note_until(m, command);
	reply = find(m, command);
	if (!reply)
		return AT_OWN;
	if (reply->delay_ms && !m->reply_delayed) {
		m->reply_delayed = true;
		line_wait(m, reply->delay_ms * INT64_C(1000), at_run);
		return AT_AGAIN;
	}
	m->reply_delayed = false;
	m->reply_state[reply - m->quirks.replies].used++;
	say_lines(m, reply->lines);
	if (!reply->final[0])
		return AT_OWN;
	if (strcmp(reply->final, "OK") == 0)
		return AT_OK;
	if (strcmp(reply->final, "-") != 0)
		line_end(m, reply->final);
	return AT_SILENCE;
}
