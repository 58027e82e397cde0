/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Command lines (ITU-T V.250 5): cut into commands, each answered by the profile, or looked up in
 * the tables and run; the first that fails ends the line.  A command at which a test holds the
 * modem is run again on resume.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cell/alphabet.h"
#include "tests/cell/modem_state.h"

#define NAME_SIZE 16

static const struct at_command *find(const char *name)
{
	const struct at_command *const tables[] = { at_message_commands, at_network_commands,
						    at_general_commands };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct at_command *c = tables[i]; c->name; c++)
			if (strcmp(c->name, name) == 0)
				return c;
	return NULL;
}

static const char *command_end(const char *at)
{
	bool quoted = false;

	for (; *at && (quoted || *at != ';'); at++)
		if (*at == '"')
			quoted = !quoted;
	return at;
}

/* In place: a list of values with or without quotes.  False when there are too many. */
static bool split_values(struct at_call *call)
{
	char *at = call->text;

	for (call->count = 0; call->count < AT_VALUES_MAX;) {
		char *end;

		while (*at == ' ')
			at++;
		if (*at == '"') {
			end = strchr(++at, '"');
			if (!end)
				return false;
			*end++ = '\0';
			call->value[call->count++] = at;
			end += strspn(end, " ");
		} else {
			end = at + strcspn(at, ",");
			call->value[call->count++] = at;
		}
		at = end + 1;
		if (*end == '\0')
			return true;
		if (*end != ',')
			return false;
		*end = '\0';
	}
	return false;
}

static bool parse_extended(const char **at, char name[static NAME_SIZE], struct at_call *call)
{
	const char *end = command_end(*at), *p = *at + 1;
	size_t length;

	while (isalnum((unsigned char)*p))
		p++;
	length = (size_t)(p - *at);
	if (length >= NAME_SIZE)
		return false;
	for (size_t i = 0; i < length; i++)
		name[i] = (char)toupper((unsigned char)(*at)[i]);
	name[length] = '\0';
	*at = end;
	if (p == end) {
		call->kind = AT_EXECUTE;
		return true;
	}
	if (*p == '?' && p + 1 == end) {
		call->kind = AT_READ;
		return true;
	}
	if (*p != '=')
		return false;
	if (p[1] == '?' && p + 2 == end) {
		call->kind = AT_TEST;
		return true;
	}
	call->kind = AT_SET;
	memcpy(call->text, p + 1, (size_t)(end - p - 1));
	call->text[end - p - 1] = '\0';
	return split_values(call);
}

/* A letter, or "&" and a letter, and a number. */
static bool parse_basic(const char **at, char name[static NAME_SIZE], struct at_call *call)
{
	size_t length = **at == '&' ? 2 : 1, digits;

	if (!isalpha((unsigned char)(*at)[length - 1]))
		return false;
	for (size_t i = 0; i < length; i++)
		name[i] = (char)toupper((unsigned char)(*at)[i]);
	name[length] = '\0';
	digits = strspn(*at + length, "0123456789");
	memcpy(call->text, *at + length, digits);
	call->text[digits] = '\0';
	call->value[0] = call->text;
	call->count = 1;
	call->kind = AT_EXECUTE;
	*at += length + digits;
	return true;
}

static int sim_fault(const struct modem *m, enum at_needs needs)
{
	static const int cme[] = {
		[PIN_SIM_PIN] = 11, [PIN_SIM_PUK] = 12, [PIN_NOT_INSERTED] = 10
	};
	static const int cms[] = {
		[PIN_SIM_PIN] = 311, [PIN_SIM_PUK] = 316, [PIN_NOT_INSERTED] = 310
	};

	if (needs == AT_ANYTIME || m->pin_state == PIN_READY)
		return AT_OK;
	return needs == AT_NEEDS_SIM ? AT_CME(cme[m->pin_state]) : AT_CMS(cms[m->pin_state]);
}

static bool parse(struct modem *m, char name[static NAME_SIZE], struct at_call *call)
{
	const char *begin = m->cursor;

	memset(call, 0, offsetof(struct at_call, text));
	if (strchr("+^*$#%", *begin) ? parse_extended(&m->cursor, name, call)
				     : parse_basic(&m->cursor, name, call))
		return true;
	m->cursor = command_end(begin);
	return false;
}

static int not_known(struct modem *m)
{
	if (!m->quirks.unknown[0])
		return AT_ERROR;
	line_end(m, m->quirks.unknown);
	return AT_SILENCE;
}

/* text: the command as it was written. */
static int answer(struct modem *m, const char *text, const struct at_command *command,
		  struct at_call *call)
{
	bool allowed = ussd_allowed_by(m, text);
	int result = reply_run(m, text);

	if (result != AT_OWN)
		return result;
	if (allowed)
		return AT_OK;
	if (!command)
		return not_known(m);
	result = call->kind == AT_TEST ? AT_OK : sim_fault(m, command->needs);
	return result ? result : command->handle(m, call);
}

static int run_one(struct modem *m)
{
	const struct at_command *command;
	const char *begin = m->cursor;
	char name[NAME_SIZE], text[2 + LINE_MAX_BYTES];
	struct at_call call;
	int result = AT_AGAIN;

	command = parse(m, name, &call) ? find(name) : NULL;
	snprintf(text, sizeof(text), "AT%.*s", (int)(m->cursor - begin), begin);
	if (!command || command->hold == HOLD_NONE || call.kind == AT_TEST ||
	    !line_hold(m, command->hold, at_run))
		result = answer(m, text, command, &call);
	if (result == AT_AGAIN)
		m->cursor = begin;
	else
		reply_done(m, text);
	return result;
}

void at_run(struct modem *m)
{
	int result = AT_OK;

	while (result == AT_OK) {
		while (*m->cursor == ' ' || *m->cursor == ';')
			m->cursor++;
		if (!*m->cursor)
			break;
		result = run_one(m);
	}
	if (result == AT_PROMPT)
		line_prompt(m);
	else if (result != AT_AGAIN)
		line_final(m, result);
}

int at_number(const struct at_call *call, size_t index, int least, int most, int otherwise)
{
	const char *value = index < call->count ? call->value[index] : "";
	char *end;
	long number;

	if (!*value)
		return otherwise;
	number = strtol(value, &end, 10);
	if (*end || !isdigit((unsigned char)*value) || number < least || number > most)
		return -1;
	return (int)number;
}

bool at_text_ucs2(const char *text, char *buffer, size_t size)
{
	size_t left = strlen(text), at = 0;

	while (left) {
		uint32_t scalar = 0;
		size_t taken = utf8_take(text, left, &scalar);
		int n;

		if (taken == 0 || at + 9 > size)
			return false;
		if (scalar >= 0x10000)
			n = snprintf(buffer + at, size - at, "%04X%04X",
				     0xd800 + ((scalar - 0x10000) >> 10),
				     0xdc00 + (scalar & 0x3ff));
		else
			n = snprintf(buffer + at, size - at, "%04X", scalar);
		at += (size_t)n;
		text += taken;
		left -= taken;
	}
	buffer[at] = '\0';
	return true;
}

bool at_text_out(const struct modem *m, const char *text, char *buffer, size_t size)
{
	if (m->session.charset == CHARSET_UCS2)
		return at_text_ucs2(text, buffer, size);
	for (const char *p = text; *p; p++)
		if ((*p < ' ' && *p != '\n') || *p == 0x7f || *p == '"')
			return false;
	return snprintf(buffer, size, "%s", text) < (int)size;
}

/* What commands take in UCS2 is numbers and codes. */
bool at_text_in(const struct modem *m, const char *value, char *buffer, size_t size)
{
	size_t length = strlen(value), at = 0;
	uint8_t unit[2];

	if (m->session.charset != CHARSET_UCS2)
		return snprintf(buffer, size, "%s", value) < (int)size;
	if (length % 4)
		return false;
	for (size_t i = 0; i < length; i += 4) {
		if (at + 4 > size || hex_read(value + i, 4, unit, sizeof(unit)) < 0)
			return false;
		at += utf8_put((uint32_t)(unit[0] << 8 | unit[1]), buffer + at);
	}
	buffer[at] = '\0';
	return true;
}
