/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 3339 and spans are the clock's business; here are the local zone and the signs.
 */
#include "bridge/cli/times.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bridge/base/clock.h"

/* strptime() takes signs and spaces inside numbers; the shape is checked here instead. */
static int match_shape(const char *typed)
{
	static const char shape[] = "dddd-dd-ddsdd:dd:dd";
	size_t i, length = strlen(typed);

	if (length != sizeof(shape) - 1 && length != sizeof("dddd-dd-ddsdd:dd") - 1)
		return -EINVAL;
	for (i = 0; i < length; i++) {
		if (shape[i] == 'd'   ? typed[i] < '0' || typed[i] > '9'
		    : shape[i] == 's' ? typed[i] != ' ' && typed[i] != 'T'
				      : typed[i] != shape[i])
			return -EINVAL;
	}
	return 0;
}

static int parse_local(const char *typed, int64_t *ret_usec)
{
	struct tm asked = { .tm_isdst = -1 }, got;
	time_t seconds;

	if (match_shape(typed) < 0 ||
	    sscanf(typed, "%4d-%2d-%2d%*c%2d:%2d:%2d", &asked.tm_year, &asked.tm_mon,
		   &asked.tm_mday, &asked.tm_hour, &asked.tm_min, &asked.tm_sec) < 5)
		return -EINVAL;
	if (asked.tm_mon < 1 || asked.tm_mon > 12 || asked.tm_mday < 1 || asked.tm_hour > 23 ||
	    asked.tm_min > 59 || asked.tm_sec > 59 || asked.tm_year < 1970)
		return -EINVAL;
	asked.tm_year -= 1900;
	asked.tm_mon -= 1;
	got = asked;
	seconds = mktime(&got);
	/* mktime() moves what doesn't exist: the 31st of June, or an hour that the zone skips. */
	if (got.tm_mday != asked.tm_mday && asked.tm_mday > 28)
		return -EINVAL;
	if (got.tm_hour != asked.tm_hour || got.tm_min != asked.tm_min)
		return -ERANGE;
	*ret_usec = (int64_t)seconds * USEC_PER_SEC;
	return 0;
}

int times_parse(const char *typed, int64_t now_usec, int64_t *ret_usec)
{
	int64_t span;

	if (*typed == '+' || *typed == '-') {
		if (clock_parse_span(typed + 1, &span) < 0)
			return -EINVAL;
		*ret_usec = *typed == '+' ? now_usec + span : now_usec - span;
		return 0;
	}
	if (clock_parse(typed, ret_usec) == 0)
		return 0;
	return parse_local(typed, ret_usec);
}

static struct tm local_of(int64_t at_usec)
{
	time_t seconds = (time_t)(at_usec / USEC_PER_SEC);
	struct tm local = { 0 };

	localtime_r(&seconds, &local);
	return local;
}

const char *times_show(int64_t at_usec, int64_t now_usec, char buffer[static TIMES_TEXT_SIZE])
{
	struct tm at = local_of(at_usec), now = local_of(now_usec);

	if (at.tm_yday == now.tm_yday && at.tm_year == now.tm_year)
		strftime(buffer, TIMES_TEXT_SIZE, "%H:%M:%S", &at);
	else
		strftime(buffer, TIMES_TEXT_SIZE, "%Y-%m-%d %H:%M", &at);
	return buffer;
}

const char *times_show_full(int64_t at_usec, char buffer[static TIMES_TEXT_SIZE])
{
	struct tm at = local_of(at_usec);

	strftime(buffer, TIMES_TEXT_SIZE, "%Y-%m-%d %H:%M:%S %z", &at);
	return buffer;
}
