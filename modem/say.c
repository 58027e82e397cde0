/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words sent one packet each; a full socket is waited for.
 */
#include "modem/say.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int say(int fd, const struct modem_word *word)
{
	for (;;) {
		struct pollfd writable = { .fd = fd, .events = POLLOUT };
		int r = modem_word_send(fd, word);

		if (r != -EAGAIN)
			return r;
		if (poll(&writable, 1, -1) < 0 && errno != EINTR)
			return -errno;
	}
}

int say_state(int fd, enum modem_state state, const char *reason)
{
	struct modem_word word = { .type = MODEM_WORD_STATE, .state.state = state };

	snprintf(word.state.reason, sizeof(word.state.reason), "%s", reason);
	return say(fd, &word);
}

int say_fault(int fd, const char *reason)
{
	struct modem_word word = { .type = MODEM_WORD_STATE,
				   .state = { .state = MODEM_STATE_FAILED, .faulty = true } };

	snprintf(word.state.reason, sizeof(word.state.reason), "%s", reason);
	return say(fd, &word);
}

int say_busy(int fd, const char *command)
{
	struct modem_word word = { .type = MODEM_WORD_BUSY };

	snprintf(word.note.text, sizeof(word.note.text), "%s", command);
	return say(fd, &word);
}

int say_simple(int fd, enum modem_word_type type)
{
	struct modem_word word = { .type = type };

	return say(fd, &word);
}

int say_note(int fd, const char *format, ...)
{
	struct modem_word word = { .type = MODEM_WORD_NOTE };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(word.note.text, sizeof(word.note.text), format, arguments);
	va_end(arguments);
	return say(fd, &word);
}

void say_field(char *field, size_t size, const char *text)
{
	size_t at = 0;

	while (*text == ' ' || *text == '"')
		text++;
	for (; *text && at < size - 1; text++)
		if (*text >= ' ' && *text <= '~' && *text != '"')
			field[at++] = *text;
	while (at > 0 && field[at - 1] == ' ')
		at--;
	field[at] = '\0';
}
