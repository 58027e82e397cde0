/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The service centre: takes what modems and phones send, keeps it until it can be delivered or its
 * validity ends, and reports.  It has a clock of its own, which may be told to jump ahead.
 */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "tests/cell/phone.h"
#include "tests/cell/recipient.h"
#include "tests/cell/submit.h"

#define CENTRE_LETTERS_MAX 100000

struct centre;
struct events;

struct span {
	int64_t least_usec, most_usec;
};

struct centre_settings {
	struct span part;   /* on the air */
	struct span report; /* from the phone's receipt to the report */
	int quarters;       /* the zone of its time stamps */
};

int centre_new(sd_event *event, struct events *events, const struct centre_settings *settings,
	       struct centre **ret);
struct centre *centre_free(struct centre *centre);

struct phonebook *centre_phones(struct centre *centre);
int centre_quarters(const struct centre *centre);
int64_t centre_now(const struct centre *centre);
void centre_advance(struct centre *centre, int64_t usec);

/* What a part takes on the air now: anything within the span. */
int64_t centre_air_usec(const struct centre *centre);

/* Makes a modem answer to a number, or (NULL) the phone that the number is otherwise. */
int centre_attach(struct centre *centre, const char *number, struct recipient *recipient);

/*
 * Takes a checked submit from a modem.  Returns 0 or a CMS error: 42 (congestion) when there is no
 * room.
 */
int centre_submit(struct centre *centre, struct recipient *origin, const char *from,
		  const struct submit *submit, uint8_t reference);

/* One part typed on a phone (to a number), or brought to a modem (recipient).  0 or negative errno. */
int centre_post(struct centre *centre, const char *from, const char *to,
		struct recipient *recipient, const struct user_data *data);

/* A TPDU as it is, to a modem. */
int centre_post_raw(struct centre *centre, struct recipient *recipient, const uint8_t *octets,
		    size_t size);

/* The recipient is in reach again, or has room. */
void centre_wake(struct centre *centre, struct recipient *recipient);

/* Reports withheld for a number go out; returns how many. */
size_t centre_release(struct centre *centre, struct phone *phone);
