/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The grammar of AT as far as secrets go: what stands in quotes, runs of digits, runs of hex, bodies
 * of messages, what follows a PIN command.
 */
#include "modem/memoir_mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/cleanup.h"

#define DIGITS_SHOWN 3 /* indexes and error codes; a PIN has four */
#define HEX_LEAST 8
#define IDENTITY_LEAST 14 /* IMEI and IMSI 15, ICCID 19 or 20: the last four digits may be shown */
#define IDENTITY_MOST 20

struct line {
	const char *at, *end;
	char *out;
	size_t size;
};

/* ---------------------------------------------------------------- writing */

static void put(struct line *line, const char *text)
{
	size_t size = strlen(text);

	if (size > MASK_SIZE - 1 - line->size)
		size = MASK_SIZE - 1 - line->size;
	memcpy(line->out + line->size, text, size);
	line->size += size;
	line->out[line->size] = '\0';
}

static void put_char(struct line *line, char c)
{
	char control[] = { '^', (char)(c + '@'), '\0' }, plain[] = { c, '\0' };

	if (c >= ' ' && c <= '~')
		put(line, plain);
	else
		put(line, c >= 0 && c < ' ' ? control : "?");
}

/* So many of the next characters are only counted. */
static void leave_out(struct line *line, size_t size)
{
	char count[24];

	snprintf(count, sizeof(count), "[%zu]", size);
	if (size > 0)
		put(line, count);
	line->at += size;
}

static size_t left(const struct line *line)
{
	return (size_t)(line->end - line->at);
}

/* All of the line but the control characters at its end, such as Ctrl-Z. */
static void leave_out_rest(struct line *line)
{
	size_t size = left(line);

	while (size > 0 && (unsigned char)line->at[size - 1] < ' ')
		size--;
	leave_out(line, size);
	while (line->at < line->end)
		put_char(line, *line->at++);
}

/* ---------------------------------------------------------------- reading */

static bool begins(const struct line *line, const char *word)
{
	size_t size = strlen(word);

	return left(line) >= size && strncasecmp(line->at, word, size) == 0;
}

static size_t span(const struct line *line, int (*is_part)(int))
{
	size_t size = 0;

	while (size < left(line) && is_part((unsigned char)line->at[size]))
		size++;
	return size;
}

static bool has_other_bytes(const struct line *line)
{
	for (size_t i = 0; i < left(line); i++)
		if ((unsigned char)line->at[i] >= 0x7f)
			return true;
	return false;
}

static bool is_hex_only(const struct line *line)
{
	return left(line) >= HEX_LEAST && span(line, isxdigit) == left(line);
}

/* ---------------------------------------------------------------- runs and quotes */

static void put_digits(struct line *line, size_t size)
{
	if (size <= DIGITS_SHOWN) {
		while (size-- > 0)
			put_char(line, *line->at++);
		return;
	}
	if (size < IDENTITY_LEAST || size > IDENTITY_MOST) {
		leave_out(line, size);
		return;
	}
	leave_out(line, size - 4);
	for (int i = 0; i < 4; i++)
		put_char(line, *line->at++);
}

/* Letters and digits as they stand, unless they may be a number or octets. */
static void put_run(struct line *line)
{
	size_t size = span(line, isalnum), digits = span(line, isdigit);
	bool identity = digits >= IDENTITY_LEAST && size - digits <= 1; /* an ICCID may end in F */

	if (digits < size && !identity && size >= HEX_LEAST && span(line, isxdigit) >= size) {
		leave_out(line, size);
		return;
	}
	for (const char *end = line->at + size; line->at < end;) {
		digits = span(line, isdigit);
		if (digits > 0)
			put_digits(line, digits);
		else
			put_char(line, *line->at++);
	}
}

/* Names of memories and alphabets may be seen, and the end of an ICCID. */
static void put_quoted(struct line *line)
{
	const char *close, *begin = ++line->at;
	size_t size;

	put(line, "\"");
	close = memchr(begin, '"', left(line));
	if (!close) {
		leave_out_rest(line);
		return;
	}
	size = (size_t)(close - begin);
	if (size <= 3 && span(line, isupper) == size)
		for (; line->at < close; line->at++)
			put_char(line, *line->at);
	else if (span(line, isdigit) >= IDENTITY_LEAST && size - span(line, isdigit) <= 1)
		put_digits(line, span(line, isdigit));
	leave_out(line, (size_t)(close - line->at));
	put_char(line, *line->at++);
}

/* The name of one of these, and nothing of what follows but the <n> or <m> of +CUSD. */
static bool put_secret(struct line *line)
{
	static const char *const NAMES[] = { "CPIN=", "CPIN2=", "CLCK=", "CPWD=",
					     "ATD",   "CUSD=",  "CUSD:" };

	for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
		if (!begins(line, NAMES[i]))
			continue;
		for (size_t j = strlen(NAMES[i]); j > 0; j--)
			put_char(line, *line->at++);
		if (NAMES[i][1] == 'U') {
			while (left(line) > 0 && *line->at == ' ')
				put_char(line, *line->at++);
			if (left(line) > 0 && isdigit((unsigned char)*line->at))
				put_char(line, *line->at++);
		}
		leave_out_rest(line);
		return true;
	}
	return false;
}

static void put_structured(struct line *line)
{
	/* What is not ASCII is text, wherever it stands. */
	if (has_other_bytes(line)) {
		leave_out_rest(line);
		return;
	}
	while (left(line) > 0) {
		if (put_secret(line))
			return;
		if (*line->at == '"')
			put_quoted(line);
		else if (isalnum((unsigned char)*line->at))
			put_run(line);
		else
			put_char(line, *line->at++);
	}
}

/* ---------------------------------------------------------------- lines */

static bool holds(const struct line *line, const char *word)
{
	return memmem(line->at, left(line), word, strlen(word)) != NULL;
}

static bool is_final(const struct line *line)
{
	return (begins(line, "OK") && left(line) == 2) ||
	       (begins(line, "ERROR") && left(line) == 5) || begins(line, "+CME ERROR") ||
	       begins(line, "+CMS ERROR") || begins(line, "COMMAND NOT SUPPORT");
}

static bool is_header(const struct line *line)
{
	return holds(line, "+CMT:") || holds(line, "+CMGL:") || holds(line, "+CMGR:") ||
	       holds(line, "+CDS:") || holds(line, "+CBM:");
}

static bool has_open_quote(const struct line *line)
{
	bool open = false;

	for (const char *c = line->at; c < line->end; c++)
		open ^= *c == '"';
	return open;
}

/* A PIN may come back in pieces, as echo. */
static bool is_secret_command(const struct line *line)
{
	return begins(line, "AT") && (holds(line, "CPIN=") || holds(line, "CPIN2=") ||
				      holds(line, "CLCK=") || holds(line, "CPWD="));
}

static void put_to_modem(struct mask *mask, struct line *line)
{
	if (!begins(line, "AT")) {
		leave_out_rest(line);
		return;
	}
	mask->hides = is_secret_command(line) ? MASK_ALL : MASK_NOTHING;
	put_structured(line);
}

static void put_from_modem(struct mask *mask, struct line *line)
{
	bool open = has_open_quote(line);

	if (is_secret_command(line)) {
		mask->hides = MASK_ALL;
	} else if (is_final(line)) {
		mask->hides = MASK_NOTHING;
	} else if (mask->hides == MASK_QUOTE) {
		if (open)
			mask->hides = MASK_NOTHING;
		leave_out_rest(line);
		return;
	} else if (is_header(line)) {
		mask->hides = MASK_BODY;
	} else if (mask->hides != MASK_NOTHING) {
		if (mask->hides == MASK_BODY && is_hex_only(line))
			mask->hides = MASK_NOTHING;
		leave_out_rest(line);
		return;
	} else if (open) {
		mask->hides = MASK_QUOTE;
	}
	put_structured(line);
}

size_t mask_line(struct mask *mask, enum memoir_side side, const char *line, size_t size,
		 char masked[static MASK_SIZE])
{
	struct line l = { line, line + size, masked, 0 };

	masked[0] = '\0';
	while (left(&l) > 0 && (l.end[-1] == '\r' || l.end[-1] == '\n'))
		l.end--;
	while (left(&l) > 0 && (unsigned char)*l.at < ' ') {
		if (*l.at != '\r' && *l.at != '\n')
			put_char(&l, *l.at);
		l.at++;
	}
	if (left(&l) == 0)
		return l.size;
	if (side == MEMOIR_TO_MODEM)
		put_to_modem(mask, &l);
	else
		put_from_modem(mask, &l);
	return l.size;
}
