/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Recipients out of a CSV file, as spreadsheets write them (RFC 4180; also with ';' or tabs, and a
 * byte order mark).  Pure.  The numbers themselves are judged by the daemon.
 */
#pragma once

#include <stddef.h>

#define CSV_RECIPIENT_MAX 100000
#define CSV_RECIPIENT_SIZE 64

/* Gets each recipient, in order; not 0 ends the reading and is returned. */
typedef int (*csv_recipient_done)(const char *recipient, void *userdata);

/*
 * The column is the one that the first line calls "to", "phone" or "number" (any case); without
 * such a header it is the first column, of every line.  Empty lines are skipped.  Returns 0, the
 * callback's answer, or -EINVAL, -E2BIG, -ENOMEM with a sentence for people in error.
 */
int csv_read_recipients(const char *text, size_t size, csv_recipient_done done, void *userdata,
			char *error, size_t error_size);
