/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether the store works: each outage is one thing, however many operations it fails.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outage {
	int error;          /* 0: the store works */
	int64_t since_usec; /* monotonic */
};

enum outage_news {
	OUTAGE_NO_NEWS,
	OUTAGE_BEGAN, /* also: it goes on for another reason */
	OUTAGE_ENDED,
};

/* error: of an operation; those that are no fault of the disk mean nothing here. */
enum outage_news outage_failed(struct outage *outage, int error, int64_t monotonic_usec);
/* Something was written. */
enum outage_news outage_worked(struct outage *outage);

/* The API's name of an error of the store: "StoreFull", "StoreDamaged", "StoreFailed". */
const char *outage_name(int error);

/* A sentence or two for people: what happened, and what to do. */
const char *outage_explain(int error, const char *state_directory, char *buffer, size_t size);
