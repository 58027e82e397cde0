/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Moments read, written and measured.  Calendar work is left to libc's UTC functions; local zones
 * are nobody's business here.
 */
#include "bridge/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECONDS_YEAR_1 INT64_C(-62135596800)    /* 0001-01-01T00:00:00Z */
#define SECONDS_YEAR_9999 INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define SPAN_MOST (36525 * USEC_PER_DAY)

static int64_t clock_read(clockid_t id)
{
	struct timespec now;

	int r = clock_gettime(id, &now);
	assert(r == 0);
	(void)r;
	return now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

int64_t clock_realtime_usec(void)
{
	return clock_read(CLOCK_REALTIME);
}

int64_t clock_monotonic_usec(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

const char *clock_format(int64_t at_usec, char buffer[static CLOCK_TEXT_SIZE])
{
	int64_t seconds = at_usec / USEC_PER_SEC;
	int64_t rest = at_usec % USEC_PER_SEC;
	struct tm tm;

	if (rest < 0) {
		rest += USEC_PER_SEC;
		seconds--;
	}
	if (seconds < SECONDS_YEAR_1) {
		seconds = SECONDS_YEAR_1;
		rest = 0;
	} else if (seconds > SECONDS_YEAR_9999) {
		seconds = SECONDS_YEAR_9999;
		rest = USEC_PER_SEC - 1;
	}
	gmtime_r(&(time_t){ seconds }, &tm);

	/* The modulo operations change nothing: they tell the compiler how wide each field is. */
	snprintf(buffer, CLOCK_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
		 (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
		 (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
		 (unsigned)tm.tm_sec % 100, (unsigned)(rest / USEC_PER_MSEC) % 1000);
	return buffer;
}

/* Reads exactly count digits, within least..most; moves *at past them. */
static bool take_number(const char **at, int count, int least, int most, int *ret)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		char c = (*at)[i];
		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	if (value < least || value > most)
		return false;
	*at += count;
	*ret = value;
	return true;
}

static bool take_sign(const char **at, const char *accepted)
{
	if (**at == '\0' || !strchr(accepted, **at))
		return false;
	(*at)++;
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_date_and_time(const char **at, struct tm *ret)
{
	struct tm tm = { 0 };
	int year, month;

	if (!take_number(at, 4, 1, 9999, &year) || !take_sign(at, "-") ||
	    !take_number(at, 2, 1, 12, &month) || !take_sign(at, "-") ||
	    !take_number(at, 2, 1, days_in_month(year, month), &tm.tm_mday) ||
	    !take_sign(at, "Tt ") || !take_number(at, 2, 0, 23, &tm.tm_hour) ||
	    !take_sign(at, ":") || !take_number(at, 2, 0, 59, &tm.tm_min) || !take_sign(at, ":") ||
	    !take_number(at, 2, 0, 60, &tm.tm_sec)) /* 60: a leap second, RFC 3339 5.7 */
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	*ret = tm;
	return true;
}

/* Any number of digits after the point; what is below a microsecond is dropped. */
static bool take_fraction(const char **at, int64_t *ret_usec)
{
	int64_t unit = USEC_PER_SEC / 10, usec = 0;
	const char *first;

	if (!take_sign(at, ".")) {
		*ret_usec = 0;
		return true;
	}
	first = *at;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		usec += (**at - '0') * unit;
		unit /= 10;
	}
	*ret_usec = usec;
	return *at != first;
}

static bool take_zone(const char **at, int *ret_offset_seconds)
{
	int hours, minutes, direction;

	if (take_sign(at, "Zz")) {
		*ret_offset_seconds = 0;
		return true;
	}
	direction = **at == '-' ? -1 : 1;
	if (!take_sign(at, "+-") || !take_number(at, 2, 0, 23, &hours) || !take_sign(at, ":") ||
	    !take_number(at, 2, 0, 59, &minutes))
		return false;
	*ret_offset_seconds = direction * (hours * 3600 + minutes * 60);
	return true;
}

int clock_parse(const char *text, int64_t *ret_usec)
{
	const char *at = text;
	struct tm tm;
	int64_t fraction;
	int offset;

	if (!text || !take_date_and_time(&at, &tm) || !take_fraction(&at, &fraction) ||
	    !take_zone(&at, &offset) || *at != '\0')
		return -EINVAL;
	*ret_usec = ((int64_t)timegm(&tm) - offset) * USEC_PER_SEC + fraction;
	return 0;
}

int clock_parse_span(const char *text, int64_t *ret_usec)
{
	int64_t value = 0, unit = USEC_PER_SEC;
	const char *at = text;
	bool too_long = false;

	if (!text || *at < '0' || *at > '9')
		return -EINVAL;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (value > INT_MAX)
			too_long = true;
		else
			value = value * 10 + (*at - '0');
	}
	if (*at != '\0') {
		switch (*at++) {
		case 's':
			break;
		case 'm':
			unit = USEC_PER_MINUTE;
			break;
		case 'h':
			unit = USEC_PER_HOUR;
			break;
		case 'd':
			unit = USEC_PER_DAY;
			break;
		default:
			return -EINVAL;
		}
		if (*at != '\0')
			return -EINVAL;
	}
	if (too_long || value > SPAN_MOST / unit)
		return -ERANGE;
	*ret_usec = value * unit;
	return 0;
}
