/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a modem and its SIM do over the hours: each turn to the worse or the better is told once in
 * the journal, and what is wrong now is in words for whoever looks.  It asks the store only after
 * something was sent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/core/bridge.h"
#include "modem/wire.h"

#define HEALTH_TROUBLE_SIZE 512

/* ------------------------------------------------------------------ pure */

enum health_reports {
	HEALTH_REPORTS_UNKNOWN,
	HEALTH_REPORTS_COMING,
	HEALTH_REPORTS_MISSING, /* 20 parts, and a day since the first of them, without one */
};
enum health_reports health_reports(const struct store_sim_health *sim, int64_t now_usec);
const char *health_reports_name(enum health_reports reports); /* NULL, "coming", "missing" */

/* At least half of the last 8 or more attempts failed; it is over when fewer than a quarter did. */
bool health_fails(const struct store_sim_health *sim, bool failed_before);

/* "home", "roaming", "searching", "denied", "off" or "unknown". */
const char *health_registration(const struct modem_word_network *network);

/* What counts as wrong with this modem. */
struct health_limits {
	double balance_low;       /* warned of below it; 0 never */
	const char *test_trouble; /* what the self-test found; NULL or "" nothing */
};

/* The balance is known, and below that. */
bool health_is_low(const struct store_sim_health *sim, double balance_low);

/*
 * What is wrong, in a sentence or several; "" when nothing is.  sim may be NULL: not known yet.
 * Returns buffer, of HEALTH_TROUBLE_SIZE.
 */
const char *health_explain(const struct store_sim_health *sim,
			   const struct modem_word_network *network,
			   const struct health_limits *limits, int64_t now_usec,
			   char buffer[static HEALTH_TROUBLE_SIZE]);

/* ------------------------------------------------------------------ one modem's */

struct health;

/* name outlives it.  Returns 0, -ENOMEM. */
int health_new(struct bridge *bridge, const char *name, struct health **ret_health);
/* Told of every answer of the store about the SIM. */
typedef void (*health_listener)(const struct store_sim_health *sim, void *userdata);
void health_listen(struct health *health, health_listener listener, void *userdata);
/* After store_close. */
struct health *health_free(struct health *health);

/* Which SIM is in the modem; that of another begins anew. */
void health_note_sim(struct health *health, const char *iccid);
/* What the modem says of its network. */
void health_note_network(struct health *health, const struct modem_word_network *network);

/* Something was sent, or not: asks the store, soon. */
void health_look(struct health *health);

/* What the store said last; NULL: nothing yet. */
const struct store_sim_health *health_of_sim(const struct health *health);
