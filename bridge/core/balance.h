/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The credit of one modem's SIM: asked of the network by USSD on a schedule, between two messages and
 * never while one is being sent, read from the answer by the configured pattern, stored, and warned of
 * once, with an item of attention, when it is low.  Answers themselves are neither stored nor logged.
 */
#pragma once

#include <stdbool.h>

#include "bridge/core/bridge.h"
#include "config/config.h"

struct balance;
struct radio;

/* radio and config outlive it.  Returns 0, -ENOMEM. */
int balance_new(struct bridge *bridge, struct radio *radio, const struct config_balance *config,
		struct balance **ret_balance);
struct balance *balance_free(struct balance *balance);

/* The store said how a SIM does; with that, when it was asked for last. */
void balance_note(struct balance *balance, const struct store_sim_health *sim);

/* Another SIM is in the modem. */
void balance_forget(struct balance *balance);

/* The modem is free: true when a code has just been given to it. */
bool balance_takes_turn(struct balance *balance);

/* ------------------------------------------------------------------ pure */

/*
 * When to ask again after so many answers in a row (at least one) that were none: in an hour, and then
 * each time after twice as long, at most after period_usec.
 */
int64_t balance_again_usec(unsigned failures, int64_t period_usec);

/*
 * The amount in a network's answer, group 1 of the pattern: "1.234,50" becomes "1234.50".  decimals:
 * 3 where amounts have three, so that "4.350" are not thousands; otherwise 2.  Returns 0, -ENOENT:
 * the pattern does not fit, -EINVAL: what it found is no amount.
 */
int balance_read(const char *pattern, unsigned decimals, const char *text,
		 char amount[static STORE_BALANCE_SIZE]);
