/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What people type made into E.164.  Spaces, dashes, dots, brackets and slashes carry no meaning,
 * except that "(0)" in an international number is a prefix that is not dialled (E.123 advises
 * against it, letterheads have it all the same).
 */
#include "bridge/base/number.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/utf8.h"

#define DIGITS_MOST 15 /* ITU-T E.164 6 */
#define DIGITS_LEAST 7 /* of an international number */
#define SHORT_CODE_MOST 6

/*
 * 3GPP TS 22.101 10.1.1 first, then what else people dial in great need.  Numbers that in many
 * countries are an operator's service desk (100, 101, 102, 103) are left out.
 */
static const char *const emergency_numbers[] = {
	"112",   "911",   "000", "08",  "110",
	"118",   "119",   "999", "120", "122", /* China: ambulance, road accidents */
	"111",                                 /* New Zealand */
	"113",   "114",   "115", "117", /* Italy, Norway, Vietnam, Korea, Indonesia, Switzerland */
	"133",   "144",                 /* Austria, Switzerland */
	"15",    "17",    "18",         /* France */
	"061",   "062",                 /* Spain */
	"108",                          /* India */
	"190",   "191",   "192", "193", /* Brazil, Thailand, Ghana, Colombia */
	"995",   "997",   "998",        /* Singapore, Saudi Arabia, Poland */
	"10111", "10177",               /* South Africa */
	"1122",                         /* Pakistan */
};

struct typed_digits {
	char digits[DIGITS_MOST + 3]; /* with room for "00", and NUL */
	size_t count;
	bool plus;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_separator(char c)
{
	return c != '\0' && strchr(" \t-.()/", c);
}

/* Full length of "(0)" at text when it stands behind an international prefix, otherwise 0. */
static size_t undialled_zero(const struct typed_digits *number, const char *text)
{
	bool zeros = strncmp(number->digits, "00", 2) == 0 && number->count > 2;
	bool international = zeros || (number->plus && number->count > 0);

	return international && strncmp(text, "(0)", 3) == 0 ? 3 : 0;
}

static enum number_error read_digits(const char *typed, struct typed_digits *ret)
{
	struct typed_digits number = { 0 };
	bool too_long = false;

	for (const char *at = typed; *at != '\0';) {
		size_t skip = undialled_zero(&number, at);
		if (skip > 0) {
			at += skip;
			continue;
		}
		if (*at == '+' && !number.plus && number.count == 0)
			number.plus = true;
		else if (is_digit(*at) && number.count < sizeof(number.digits) - 1)
			number.digits[number.count++] = *at;
		else if (is_digit(*at))
			too_long = true;
		else if (!is_separator(*at))
			return NUMBER_NOT_DIGITS;
		at++;
	}
	if (too_long)
		return NUMBER_TOO_LONG;
	if (number.count == 0)
		return number.plus ? NUMBER_TOO_SHORT : NUMBER_EMPTY;
	*ret = number;
	return NUMBER_OK;
}

static bool is_emergency(const char *digits)
{
	for (size_t i = 0; i < ARRAY_SIZE(emergency_numbers); i++)
		if (strcmp(digits, emergency_numbers[i]) == 0)
			return true;
	return false;
}

static enum number_error make_international(const char *country_code, const char *digits,
					    char ret[static NUMBER_SIZE])
{
	size_t code_size = strlen(country_code), count = code_size + strlen(digits);

	if (count < DIGITS_LEAST)
		return NUMBER_TOO_SHORT;
	if (count > DIGITS_MOST)
		return NUMBER_TOO_LONG;
	if (country_code[0] == '\0' && digits[0] == '0') /* no country code begins with 0 */
		return NUMBER_NO_COUNTRY_CODE;
	ret[0] = '+';
	memcpy(mempcpy(ret + 1, country_code, code_size), digits, count - code_size + 1);
	return NUMBER_OK;
}

enum number_error number_normalize(const struct number_plan *plan, const char *typed,
				   char ret[static NUMBER_SIZE])
{
	struct typed_digits number;
	const char *digits;
	size_t trunk_size;
	enum number_error error;

	if (!typed)
		return NUMBER_EMPTY;
	error = read_digits(typed, &number);
	if (error != NUMBER_OK)
		return error;
	digits = number.digits;
	if (number.plus)
		return make_international("", digits, ret);
	if (is_emergency(digits))
		return NUMBER_EMERGENCY;
	if (digits[0] == '0' && digits[1] == '0')
		return make_international("", digits + 2, ret);
	if (number.count <= SHORT_CODE_MOST) {
		memcpy(ret, digits, number.count + 1);
		return NUMBER_OK;
	}
	if (!plan->country_code || plan->country_code[0] == '\0')
		return NUMBER_NO_COUNTRY_CODE;

	trunk_size = plan->trunk_prefix ? strlen(plan->trunk_prefix) : 0;
	if (trunk_size > 0 && strncmp(digits, plan->trunk_prefix, trunk_size) == 0)
		digits += trunk_size;
	return make_international(plan->country_code, digits, ret);
}

/* What was typed as it can be shown: whole characters, no control characters, not endless. */
static void show_typed(const char *typed, char *buffer, size_t size)
{
	size_t left = strlen(typed), used = 0;

	while (left > 0) {
		uint32_t scalar;
		int length = utf8_next(typed, left, &scalar);
		size_t step = length < 0 ? 1 : (size_t)length;

		if (used + step + sizeof("…") > size) {
			memcpy(buffer + used, "…", sizeof("…") - 1);
			used += sizeof("…") - 1;
			break;
		}
		if (length < 0 || scalar < 0x20 || (scalar >= 0x7f && scalar < 0xa0))
			buffer[used++] = '?';
		else {
			memcpy(buffer + used, typed, step);
			used += step;
		}
		typed += step;
		left -= step;
	}
	buffer[used] = '\0';
}

const char *number_explain(enum number_error error, const char *typed, char *buffer, size_t size)
{
	char shown[48];
	const char *what = "";

	show_typed(typed && typed[0] ? typed : "This", shown, sizeof(shown));
	switch (error) {
	case NUMBER_OK:
		what = "is a valid number.";
		break;
	case NUMBER_EMPTY:
		what = "holds no phone number: give one like +8613800000001.";
		break;
	case NUMBER_NOT_DIGITS:
		what = "is no phone number: write digits, with + and the country code in front.";
		break;
	case NUMBER_TOO_SHORT:
		what = "is too short for an international number: check for missing digits.";
		break;
	case NUMBER_TOO_LONG:
		what = "has more than 15 digits: check for a digit too many, or two numbers in "
		       "one.";
		break;
	case NUMBER_NO_COUNTRY_CODE:
		what = "has no country code: write it as +COUNTRY…, or set country_code in "
		       "footbridge.conf.";
		break;
	case NUMBER_EMERGENCY:
		what = "is an emergency number, which this bridge never writes to: call it from a "
		       "phone.";
		break;
	}
	snprintf(buffer, size, "%s %s", shown, what);
	return buffer;
}

bool number_is_short(const char *number)
{
	const char *digits = number[0] == '+' ? number + 1 : number;
	size_t count = strspn(digits, "0123456789");

	return digits[count] != '\0' || (digits == number ? count <= SHORT_CODE_MOST : count == 0);
}

const char *number_mask(const char *number, char *buffer, size_t size)
{
	size_t length = strlen(number), head, tail;

	snprintf(buffer, size, "%s", number);
	if (number_is_short(number))
		return buffer;
	/* At least four digits go, however short the number is. */
	tail = length >= 12 ? 4 : 2;
	head = length - 4 - tail;
	if (head > 6)
		head = 6;
	for (size_t i = head; i < length - tail && i + 1 < size; i++)
		buffer[i] = '*';
	return buffer;
}

void number_tail(const char *number, char tail[static NUMBER_TAIL_SIZE])
{
	const char *at = number + strlen(number);
	size_t count = 0;

	memset(tail, 0, NUMBER_TAIL_SIZE);
	while (at > number && count < NUMBER_TAIL_SIZE - 1 && at[-1] >= '0' && at[-1] <= '9') {
		at--;
		count++;
	}
	memcpy(tail, at, count);
}

bool number_is_same(const char *one, const char *other)
{
	char one_tail[NUMBER_TAIL_SIZE], other_tail[NUMBER_TAIL_SIZE];

	number_tail(one, one_tail);
	number_tail(other, other_tail);
	if (strlen(one_tail) < NUMBER_TAIL_SIZE - 1 || strlen(other_tail) < NUMBER_TAIL_SIZE - 1)
		return strcmp(one, other) == 0;
	return strcmp(one_tail, other_tail) == 0;
}
