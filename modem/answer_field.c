/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The fields of a line: numbers, memories, PDUs, in all the forms that are about.
 */
#include "modem/answer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/hex.h"
#include "modem/answer_inside.h"

#define STATUS_MAX 11 /* 27.007 7.2 */

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
		/* "1,12": an area without its quotes is no status. */
		if (status > STATUS_MAX)
			status = numbers.first;
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
	const char *quote = strrchr(line, '"'), *comma = strchr(quote ? quote : line, ',');

	if (!answer_numbers(line, "+CMT:", &numbers) && !answer_numbers(line, "+CDS:", &numbers))
		return false;
	/* A name, which may hold commas, and the length: that is all in PDU mode. */
	if (numbers.last <= 0 || (comma && strchr(comma + 1, ',')))
		return false;
	*ret_length = numbers.last;
	return true;
}

bool answer_is_text_mode(const char *line)
{
	return strstr(line, "\"REC ") || strstr(line, "\"STO ");
}

bool answer_store(const char *line, int *ret_used, int *ret_size)
{
	const char *at = line + strlen("+CPMS:");
	char copy[64];
	struct answer_numbers numbers;

	if (!begins(line, "+CPMS:"))
		return false;
	at += strspn(at, " ");
	if (*at == '"' && (at = strchr(at, ',')))
		at++;
	if (!at)
		return false;
	snprintf(copy, sizeof(copy), "+CPMS:%.50s", at);
	if (!answer_numbers(copy, "+CPMS:", &numbers) || numbers.first < 0 || numbers.second < 0)
		return false;
	*ret_used = numbers.first;
	*ret_size = numbers.second;
	return true;
}

/* A name in quotes of either kind, in what comes before stop. */
static bool names_memory(const char *from, const char *stop, const char *name)
{
	for (const char *at = from; (at = strstr(at, name)) && at < stop; at++)
		if ((at[-1] == '"' || at[-1] == '\'') && (at[2] == '"' || at[2] == '\''))
			return true;
	return false;
}

/* "SM","ME": those of the names that stand there. */
static void list_memories(const char *from, const char *stop, bool reports, char list[static 32])
{
	static const char *const NAMES[] = { "SM", "ME", "SR" };
	size_t at = 0;

	list[0] = '\0';
	for (size_t i = 0; i < (reports ? 3 : 2); i++)
		if (names_memory(from, stop, NAMES[i]))
			at += (size_t)snprintf(list + at, 32 - at, "%s\"%s\"", at ? "," : "",
					       NAMES[i]);
	/* "MT" is both memories in one: the SIM is the one that every modem has. */
	if (at == 0 && names_memory(from, stop, "MT"))
		snprintf(list, 32, "\"SM\"");
}

void answer_memories(const char *line, char *text, size_t size)
{
	const char *from = line + strlen("+CPMS:"), *stop = strchr(from, ')'), *second;
	char reading[32], writing[32];

	/* Without parentheses one list is for all. */
	if (!stop)
		stop = from + strlen(from);
	list_memories(from, stop, true, reading);
	second = *stop ? strchr(stop + 1, ')') : NULL;
	if (second)
		list_memories(stop, second, false, writing);
	else
		list_memories(from, stop, false, writing);
	snprintf(text, size, "+CPMS: (%s),(%s),(%s)", reading, writing, writing);
}

/* ---------------------------------------------------------------- USSD */

/* What may follow the closing quote: nothing, or a comma and the coding. */
static bool is_ussd_tail(const char *at, int *ret_dcs)
{
	*ret_dcs = -1;
	at = skip_spaces(at);
	if (*at == '\0')
		return true;
	if (*at != ',')
		return false;
	at = skip_spaces(at + 1);
	if (*at == '\0')
		return true;
	if (whole_field(at) < 0 || whole_field(at) > 255 || strchr(at, ','))
		return false;
	*ret_dcs = whole_field(at);
	return true;
}

static size_t count_quotes(const char *text)
{
	size_t quotes = 0;

	while (*text)
		quotes += *text++ == '"';
	return quotes;
}

int answer_ussd_end(const char *before, const char *line, int *ret_dcs)
{
	const char *quote = strrchr(line, '"');

	if (!quote || !is_ussd_tail(quote + 1, ret_dcs))
		return -1;
	/* The first one opens the text, and those within come in pairs: this one may only end a line. */
	if (quote[1] == '\0' && (1 + count_quotes(before) + count_quotes(line)) % 2)
		return -1;
	return (int)(quote - line);
}

bool answer_ussd(const char *line, struct answer_ussd *ret)
{
	const char *at = line + strlen("+CUSD:"), *comma;
	int end;

	if (!begins(line, "+CUSD:"))
		return false;
	*ret = (struct answer_ussd){ .status = whole_field(at), .dcs = -1, .text = "" };
	if (ret->status < 0 || ret->status > 5)
		return false;
	at = strchr(at, ',');
	if (!at)
		return true;
	at = skip_spaces(at + 1);
	if (*at == '"') {
		ret->text = at + 1;
		end = answer_ussd_end("", at + 1, &ret->dcs);
		ret->open = end < 0;
		ret->size = end < 0 ? strlen(at + 1) : (size_t)end;
		return true;
	}
	/* Without quotes: up to the coding, when there is one. */
	comma = strrchr(at, ',');
	ret->text = at;
	ret->size = strlen(at);
	if (comma && is_ussd_tail(comma, &ret->dcs))
		ret->size = (size_t)(comma - at);
	return true;
}

/* ---------------------------------------------------------------- PDUs */

size_t answer_hex(const char *line, uint8_t *octets, size_t capacity)
{
	size_t digits = strspn(line, HEX_DIGITS), size = MIN(digits / 2, capacity);

	if (digits < 2 || (line[digits] != '\0' && strcmp(line + digits, ",0") != 0))
		return 0;
	(void)hex_read(line, 2 * size, octets);
	return size;
}

bool answer_tpdu(const uint8_t *octets, size_t size, int length, size_t *ret_at, size_t *ret_size)
{
	size_t at = 1, rest;

	if (size < 2 || (size_t)octets[0] + 1 >= size)
		return false;
	at += octets[0];
	rest = size - at;
	/* Some fill the slot up with 0xff; others count wrongly, and then the PDU knows better. */
	while (length > 0 && (size_t)length < rest && octets[at + rest - 1] == 0xff)
		rest--;
	*ret_at = at;
	*ret_size = rest;
	return true;
}
