/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines told apart by their beginnings.  Nothing here remembers anything: what is pending is known
 * to line.c.
 */
#include "modem/answer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"

#define CMS_UNKNOWN 500
#define CME_UNKNOWN 100
#define DIGITS_MIN 10 /* an ICCID has 18 to 20, an IMEI 15, an IMSI 10 to 15 */
#define DIGITS_MAX 22
#define STATUS_MAX 11 /* 27.007 7.2 */

static bool begins(const char *line, const char *prefix)
{
	return strncmp(line, prefix, strlen(prefix)) == 0;
}

/* ---------------------------------------------------------------- forms */

static const struct {
	const char *command;
	enum answer_kind kind;
} KINDS[] = {
	{ "AT+CGMI", ANSWER_TEXT },   { "AT+CGMM", ANSWER_TEXT },    { "AT+CGMR", ANSWER_TEXT },
	{ "ATI", ANSWER_TEXT },       { "AT+CGSN", ANSWER_DIGITS },  { "AT+CIMI", ANSWER_DIGITS },
	{ "AT+CCID", ANSWER_DIGITS }, { "AT+ICCID", ANSWER_DIGITS },
};

static bool is_name_sign(char c)
{
	return isupper((unsigned char)c) || isdigit((unsigned char)c);
}

void answer_form(const char *command, struct answer_form *ret)
{
	size_t size = 0;

	*ret = (struct answer_form){ .kind = ANSWER_BARE };
	if (!begins(command, "AT"))
		return;
	/* A basic command (ATE1) has no name; an extended one begins with a sign. */
	if (command[2] != '\0' && !isalnum((unsigned char)command[2])) {
		ret->prefix[size++] = command[2];
		while (size < sizeof(ret->prefix) - 2 && is_name_sign(command[2 + size])) {
			ret->prefix[size] = command[2 + size];
			size++;
		}
		ret->prefix[size++] = ':';
		ret->prefix[size] = '\0';
		ret->kind = ANSWER_NAMED;
	}
	for (size_t i = 0; i < ARRAY_SIZE(KINDS); i++) {
		size_t length = strlen(KINDS[i].command);

		if (begins(command, KINDS[i].command) && !is_name_sign(command[length]) &&
		    command[length] != '=')
			ret->kind = KINDS[i].kind;
	}
	if (begins(command, "ATI"))
		ret->kind = ANSWER_TEXT;
}

/* Words that modems say unasked without any sign before them. */
static const char *const UNASKED[] = {
	"RING",         "RDY",          "Call Ready",   "SMS Ready", "SMS DONE",
	"PB DONE",      "NO CARRIER",   "NO ANSWER",    "BUSY",      "UNDER-VOLTAGE",
	"OVER-VOLTAGE", "NORMAL POWER", "POWERED DOWN",
};

/* "+XYZ", "^XYZ:", "*XYZ: 1", "XYZ: 1": the shapes of what is said unasked. */
static bool looks_unasked(const char *line)
{
	const char *at = line;

	for (size_t i = 0; i < ARRAY_SIZE(UNASKED); i++)
		if (begins(line, UNASKED[i]))
			return true;
	if (strchr("+^*#$%_&>", *at) && *at != '\0')
		return true;
	while (is_name_sign(*at) || *at == '-' || *at == '_' || *at == ' ')
		at++;
	return at > line && *at == ':';
}

static bool holds_long_number(const char *line)
{
	for (const char *at = line; *at; at++) {
		size_t digits = strspn(at, "0123456789ABCDEFabcdef");

		if (digits >= DIGITS_MIN && digits <= DIGITS_MAX)
			return true;
		at += digits;
		if (*at == '\0')
			break;
	}
	return false;
}

/* "+CCID: 8986…", "ICCID:8986…", "^ICCID: …", "+CGSN: "…"" or the number alone. */
static bool is_number_line(const struct answer_form *form, const char *line)
{
	bool named = begins(line, form->prefix) || begins(line, "ICCID:") ||
		     begins(line, "+ICCID:") || begins(line, "^ICCID:") || begins(line, "+CCID:");

	return holds_long_number(line) &&
	       (named || isdigit((unsigned char)line[0]) || line[0] == '"');
}

bool answer_belongs(const struct answer_form *form, const char *line)
{
	switch (form->kind) {
	case ANSWER_BARE:
		return false;
	case ANSWER_TEXT:
		if (form->prefix[0] && begins(line, form->prefix))
			return true;
		return !looks_unasked(line);
	case ANSWER_DIGITS:
		return is_number_line(form, line);
	case ANSWER_NAMED:
		return begins(line, form->prefix);
	}
	return false;
}

/* ---------------------------------------------------------------- ends */

static int error_code(const char *text, int unknown)
{
	char *end;
	long code;

	while (*text == ' ')
		text++;
	if (!isdigit((unsigned char)*text))
		return unknown;
	code = strtol(text, &end, 10);
	return code >= 0 && code <= 65535 ? (int)code : unknown;
}

enum answer_final answer_final(const char *line, int *ret_code, const char **ret_rest)
{
	*ret_code = 0;
	*ret_rest = "";
	if (strcmp(line, "OK") == 0)
		return ANSWER_OK;
	if (begins(line, "OK") && strchr("+^*#", line[2])) {
		*ret_rest = line + 2;
		return ANSWER_OK;
	}
	if (strcmp(line, "ERROR") == 0 || begins(line, "COMMAND NOT SUPPORT") ||
	    begins(line, "MODEM ERROR:"))
		return ANSWER_ERROR;
	if (begins(line, "+CME ERROR:")) {
		*ret_code = error_code(line + strlen("+CME ERROR:"), CME_UNKNOWN);
		return ANSWER_CME;
	}
	if (begins(line, "+CMS ERROR:")) {
		*ret_code = error_code(line + strlen("+CMS ERROR:"), CMS_UNKNOWN);
		return ANSWER_CMS;
	}
	return ANSWER_NOT_FINAL;
}

/* ---------------------------------------------------------------- fields */

static const char *skip_spaces(const char *at)
{
	while (*at == ' ')
		at++;
	return at;
}

/* A whole number up to the next comma or the end; -1 for anything else. */
static int whole_field(const char *at)
{
	char *end;
	long value;

	at = skip_spaces(at);
	if (!isdigit((unsigned char)*at))
		return -1;
	value = strtol(at, &end, 10);
	if (value < 0 || value > 1000000)
		return -1;
	end += strspn(end, " ");
	return *end == ',' || *end == '\0' ? (int)value : -1;
}

bool answer_indication(const char *line, char memory[static 8], int *ret_location)
{
	const char *at, *end;
	size_t size;
	int location;

	if (!begins(line, "+CMTI:") && !begins(line, "+CDSI:"))
		return false;
	at = skip_spaces(line + 6);
	if (*at == '"')
		at++;
	for (end = at; is_name_sign(*end); end++)
		;
	size = (size_t)(end - at);
	if (size == 0 || size >= 8)
		return false;
	if (*end == '"')
		end++;
	end = skip_spaces(end);
	location = *end == ',' ? whole_field(end + 1) : -1;
	if (location < 0)
		return false;
	memcpy(memory, at, size);
	memory[size] = '\0';
	*ret_location = location;
	return true;
}

bool answer_numbers(const char *line, const char *prefix, struct answer_numbers *ret)
{
	const char *at;

	if (!begins(line, prefix))
		return false;
	*ret = (struct answer_numbers){ -1, -1, -1 };
	at = line + strlen(prefix);
	for (int field = 0;; field++) {
		int value = whole_field(at);
		const char *comma = strchr(at, ',');

		if (field == 0)
			ret->first = value;
		if (field == 1)
			ret->second = value;
		ret->last = value;
		if (!comma)
			return true;
		at = comma + 1;
	}
}

/*
 * Asked for, the line is "<n>,<stat>[,…]"; unasked "<stat>[,<area>,…]".  An area is quoted or has
 * four hex digits, a status is one digit or two.
 */
bool answer_registration(const char *line, enum answer_domain *ret_domain, int *ret_status)
{
	static const char *const PREFIXES[ANSWER_DOMAIN_COUNT] = { "+CREG:", "+CGREG:", "+CEREG:" };
	struct answer_numbers numbers;

	for (int domain = 0; domain < ANSWER_DOMAIN_COUNT; domain++) {
		const char *second;
		int status;

		if (!answer_numbers(line, PREFIXES[domain], &numbers))
			continue;
		second = strchr(line, ',');
		second = second ? skip_spaces(second + 1) : "";
		status = numbers.second >= 0 && strspn(second, "0123456789") <= 2 ? numbers.second
										  : numbers.first;
		if (status < 0 || status > STATUS_MAX)
			return false;
		*ret_domain = (enum answer_domain)domain;
		*ret_status = status;
		return true;
	}
	return false;
}

bool answer_direct(const char *line, int *ret_length)
{
	struct answer_numbers numbers;

	if (!answer_numbers(line, "+CMT:", &numbers) && !answer_numbers(line, "+CDS:", &numbers))
		return false;
	*ret_length = numbers.last;
	return true;
}

/* ---------------------------------------------------------------- PDUs */

/* Of a digit that strspn() has found to be one. */
static unsigned hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A' + 10);
	return (unsigned)(c - 'a' + 10);
}

size_t answer_hex(const char *line, uint8_t *octets, size_t capacity)
{
	size_t digits = strspn(line, "0123456789ABCDEFabcdef"), size = 0;

	if (digits < 2 || (line[digits] != '\0' && strcmp(line + digits, ",0") != 0))
		return 0;
	for (size_t at = 0; at + 1 < digits && size < capacity; at += 2)
		octets[size++] = (uint8_t)(hex_value(line[at]) << 4 | hex_value(line[at + 1]));
	return size;
}

bool answer_tpdu(const uint8_t *octets, size_t size, int length, size_t *ret_at, size_t *ret_size)
{
	size_t at = 1, rest;

	if (size < 2 || (size_t)octets[0] + 1 >= size)
		return false;
	at += octets[0];
	rest = size - at;
	/* Some fill the slot up with 0xff. */
	if (length > 0 && (size_t)length < rest)
		rest = (size_t)length;
	*ret_at = at;
	*ret_size = rest;
	return true;
}
