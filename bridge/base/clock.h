/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Moments and spans.  A moment is an int64_t count of microseconds since 1970-01-01 UTC; a span is
 * the same unit.  Pure but for the two functions that read the clock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USEC_PER_MSEC INT64_C(1000)
#define USEC_PER_SEC INT64_C(1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY (24 * USEC_PER_HOUR)

/* "2026-12-01T08:00:00.000Z" and the terminating NUL. */
#define CLOCK_TEXT_SIZE 25

/* The wall clock: what is stored and shown. */
int64_t clock_realtime_usec(void);

/* Never jumps: what deadlines are measured with. */
int64_t clock_monotonic_usec(void);

/* Writes RFC 3339 in UTC with milliseconds; a moment outside the years 0001..9999 is clamped. */
const char *clock_format(int64_t at_usec, char buffer[static CLOCK_TEXT_SIZE]);

/*
 * Reads RFC 3339 5.6 ("2026-12-01T09:00:00+08:00", fraction optional, "T" may be a space).
 * Returns 0, or -EINVAL: *ret_usec is then untouched.
 */
int clock_parse(const char *text, int64_t *ret_usec);

/*
 * Reads a span as people write it: "90", "90s", "10m", "2h", "3d"; a bare number is seconds.
 * Returns 0, -EINVAL, or -ERANGE above 100 years; *ret_usec is untouched on failure.
 */
int clock_parse_span(const char *text, int64_t *ret_usec);
