/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Amounts as networks write them.  The last point or comma is the decimal one when it stands alone of
 * its kind and not before exactly three digits, or when the other kind stands before it: "1,234" are
 * thousands, "1,23" and "1.234,5" are not.  Nor are "0.500"; what "4.350" is, only the configuration
 * can tell.
 */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "bridge/core/balance.h"

/* Thousands have something before them. */
static bool is_nought(const char *text, size_t size)
{
	size_t sign = size > 0 && text[0] == '-';

	return size == sign + 1 && text[sign] == '0';
}

/* Where the decimals begin, or the end. */
static size_t find_decimal(const char *text, size_t size, unsigned decimals)
{
	size_t last = size, points = 0, commas = 0, behind;

	for (size_t i = 0; i < size; i++) {
		points += text[i] == '.';
		commas += text[i] == ',';
		if (text[i] == '.' || text[i] == ',')
			last = i;
	}
	if (last == size)
		return size;
	behind = size - last - 1;
	if (points > 0 && commas > 0)
		return last;
	if (points + commas > 1)
		return size;
	return behind != 3 || decimals == 3 || is_nought(text, last) ? last : size;
}

static int amount_write(const char *text, size_t size, unsigned decimals,
			char amount[static STORE_BALANCE_SIZE])
{
	size_t decimal = find_decimal(text, size, decimals), at = 0, digits = 0;

	for (size_t i = 0; i < size; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';
		bool sign = text[i] == '-' && digits == 0 && at == 0;

		if (at + 2 > STORE_BALANCE_SIZE)
			return -EINVAL;
		if (i == decimal)
			amount[at++] = '.';
		else if (digit || sign)
			amount[at++] = text[i];
		else if (!strchr("., '", text[i]) || text[i] == '\0')
			return -EINVAL;
		digits += digit;
	}
	amount[at] = '\0';
	return digits > 0 ? 0 : -EINVAL;
}

int balance_read(const char *pattern, unsigned decimals, const char *text,
		 char amount[static STORE_BALANCE_SIZE])
{
	regmatch_t groups[2];
	regex_t compiled;
	int r;

	if (regcomp(&compiled, pattern, REG_EXTENDED) != 0)
		return -ENOENT;
	r = regexec(&compiled, text, 2, groups, 0);
	regfree(&compiled);
	if (r != 0 || groups[1].rm_so < 0)
		return -ENOENT;
	return amount_write(text + groups[1].rm_so, (size_t)(groups[1].rm_eo - groups[1].rm_so),
			    decimals, amount);
}
