/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the service centre and those that it delivers to have in common: a letter (one TPDU under
 * way) and a recipient (a phone or a modem with its queue in the centre).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "tests/cell/deliver.h"
#include "tests/cell/fields.h"
#include "tests/cell/timeline.h"
#include "tests/cell/user_data.h"

struct centre;
struct phone;
struct recipient;

struct letter {
	TAILQ_ENTRY(letter) next; /* in a recipient's queue, or withheld */
	TAILQ_ENTRY(letter) all;
	struct centre *centre;
	struct letter_list *in;      /* the list that next belongs to, NULL: none */
	struct recipient *recipient; /* whose queue it is in */
	struct job job;              /* the next step, or the end of the validity */
	struct phone *phone;         /* the number it is for; NULL: straight to a modem */
	struct recipient *origin;    /* whom to report to, NULL: nobody */
	char from[ADDRESS_SIZE];
	struct user_data data; /* of a text */
	int64_t accepted_usec, expires_usec;
	uint8_t reference;
	bool report_wanted, tried;
	bool is_report;
	uint8_t status;                /* of a report */
	uint8_t tpdu[TPDU_OCTETS_MAX]; /* of a report or raw; size 0: to be made of data */
	uint8_t size;
};
TAILQ_HEAD(letter_list, letter);

enum receipt {
	RECEIPT_TAKEN,
	RECEIPT_LATER, /* out of reach, or no room: centre_wake() says when to try again */
};

struct recipient {
	struct letter_list queue;
	struct job serve;
	bool on_air; /* a letter takes its time to get there */
	enum receipt (*receive)(struct recipient *recipient, const struct letter *letter);
};

/* The TPDU of a letter for a modem; returns its octets or -1. */
int letter_tpdu(const struct letter *letter, int quarters, uint8_t octets[static TPDU_OCTETS_MAX]);
