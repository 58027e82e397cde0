/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * events.jsonl: what happened, one JSON object a line, written at once.
 */
#pragma once

struct events;

/* path NULL: events go nowhere (for tests of other parts).  Returns 0 or negative errno. */
int events_open(const char *path, struct events **ret);
struct events *events_free(struct events *events);

/* format and what follows: an object for json_pack() of jansson; "at" and "event" are put before. */
void events_log(struct events *events, const char *event, const char *format, ...);

/* For texts from a line: bytes that are not printable ASCII become "\xNN".  Returns buffer. */
const char *events_printable(const char *bytes, unsigned long size, char *buffer,
			     unsigned long room);
