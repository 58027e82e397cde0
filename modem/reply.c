/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Quoted names, a moment and numbers taken out of single lines.
 */
#include "modem/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <time.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "modem/ask.h"

#define YEAR_FIRST 24 /* earlier is what a clock shows that was never set */
#define YEAR_LAST 69  /* 80 is 1980 (27.007 8.15 has two digits) */
#define CENTRE_DIGITS_MIN 3
#define CENTRE_DIGITS_MAX 20
#define ICCID_DIGITS_MIN 18
#define TYPE_INTERNATIONAL 145 /* 24.008 10.5.4.7 */

/* ---------------------------------------------------------------- memories */

/* In quotes of either kind. */
static bool names(const char *list, size_t size, const char *memory)
{
	static const char QUOTES[] = { '"', '\'' };

	for (size_t i = 0; i < sizeof(QUOTES); i++) {
		char quoted[REPLY_MEMORY_SIZE + 2];
		const char *at;

		snprintf(quoted, sizeof(quoted), "%c%s%c", QUOTES[i], memory, QUOTES[i]);
		at = strstr(list, quoted);
		if (at && (size_t)(at - list) < size)
			return true;
	}
	return false;
}

size_t reply_memories(const char *line, char memories[REPLY_MEMORIES_MAX][REPLY_MEMORY_SIZE])
{
	static const char *const WANTED[] = { "SM", "ME", "SR", "MT" };
	const char *list = strchr(line, '(');
	size_t count = 0, size;

	/* The first list is for reading; without brackets there is one list for all. */
	list = list ? list + strspn(list, "( ") : line;
	size = strcspn(list, ")");
	for (size_t i = 0; i < ARRAY_SIZE(WANTED); i++) {
		bool both_known = i == 3 && (names(list, size, "SM") || names(list, size, "ME"));

		if (names(list, size, WANTED[i]) && !both_known)
			snprintf(memories[count++], REPLY_MEMORY_SIZE, "%s", WANTED[i]);
	}
	return count;
}

/* ---------------------------------------------------------------- the clock */

int64_t reply_clock(const char *line)
{
	const char *quote = strchr(line, '"');
	int year, month, day, hour, minute, second, quarters;
	struct tm tm = { 0 };
	char sign;

	if (!quote || sscanf(quote, "\"%d/%2d/%2d,%2d:%2d:%2d%c%2d", &year, &month, &day, &hour,
			     &minute, &second, &sign, &quarters) != 8)
		return 0;
	if (year >= 2000)
		year -= 2000;
	if (year < YEAR_FIRST || year > YEAR_LAST || month < 1 || month > 12 || day < 1 ||
	    day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
	    second > 60 || (sign != '+' && sign != '-') || quarters < 0 || quarters > 56)
		return 0;
	tm = (struct tm){ .tm_year = year + 100,
			  .tm_mon = month - 1,
			  .tm_mday = day,
			  .tm_hour = hour,
			  .tm_min = minute,
			  .tm_sec = second };
	/* The zone is in quarters of an hour, and the time is local. */
	return ((int64_t)timegm(&tm) - (sign == '-' ? -quarters : quarters) * 900LL) * USEC_PER_SEC;
}

/* ---------------------------------------------------------------- the service centre */

static bool is_number(const char *text)
{
	size_t plus = text[0] == '+', digits = strspn(text + plus, "0123456789");

	return digits >= CENTRE_DIGITS_MIN && digits <= CENTRE_DIGITS_MAX &&
	       text[plus + digits] == '\0';
}

static bool read_number(const char *line, char *number, size_t size)
{
	const char *start = strchr(line, '"'), *end = start ? strchr(start + 1, '"') : NULL;
	size_t length = end ? (size_t)(end - start) - 1 : 0;

	ask_quoted(line, number, size);
	if (is_number(number))
		return true;
	/* Twelve plain digits may look like three characters of UCS2. */
	if (length >= size)
		return false;
	memcpy(number, end ? start + 1 : "", length);
	number[length] = '\0';
	return is_number(number);
}

bool reply_centre(const char *line, char *number, size_t size)
{
	const char *quote, *comma;
	size_t length;

	if (!read_number(line, number, size))
		return false;
	quote = strrchr(line, '"');
	comma = quote ? strchr(quote, ',') : NULL;
	length = strlen(number);
	/* Some leave the plus out, for the type says it. */
	if (number[0] == '+' || !comma || atoi(comma + 1) != TYPE_INTERNATIONAL ||
	    length + 1 >= size)
		return true;
	memmove(number + 1, number, length + 1);
	number[0] = '+';
	return true;
}

/* ---------------------------------------------------------------- the SIM's file */

bool reply_iccid(const char *line, char *iccid, size_t size)
{
	const char *pairs = strrchr(line, ',');
	size_t length;

	if (!pairs)
		return false;
	pairs += 1 + strspn(pairs + 1, " \"");
	length = MIN(strspn(pairs, "0123456789ABCDEFabcdef"), size - 1) & ~(size_t)1;
	for (size_t i = 0; i < length; i++)
		iccid[i] = pairs[i ^ 1];
	/* Behind the digits stands a filler. */
	iccid[length] = '\0';
	length = strspn(iccid, "0123456789");
	iccid[length] = '\0';
	return length >= ICCID_DIGITS_MIN;
}
