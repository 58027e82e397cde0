/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Moments as people type and read them.  "Local" is the zone of the environment (TZ, or
 * /etc/localtime); now is passed in.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* "2026-12-01 09:00:05 +0800" and the NUL, with room for clamped years. */
#define TIMES_TEXT_SIZE 40

/*
 * Reads RFC 3339, "2026-12-01 09:00[:05]" (or with "T") in the local zone, or "+10m", "-2h" from
 * now (clock_parse_span).  Returns 0, -EINVAL, or -ERANGE: a moment that the local zone skips, as
 * clocks are put forward.  *ret_usec is untouched on failure.
 */
int times_parse(const char *typed, int64_t now_usec, int64_t *ret_usec);

/* Local time: "09:00:05" on the day of now, otherwise "2026-12-01 09:00". */
const char *times_show(int64_t at_usec, int64_t now_usec, char buffer[static TIMES_TEXT_SIZE]);

/* Local time in full: "2026-12-01 09:00:05 +0800". */
const char *times_show_full(int64_t at_usec, char buffer[static TIMES_TEXT_SIZE]);
