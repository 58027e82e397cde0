/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One modem at work: takes the next part from the store when the modem is free, sends it, commits
 * what became of it.  An attempt is committed before the radio; its end and the beginning of the
 * next share a commit, so that the modem does not idle while work waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bridge/core/bridge.h"
#include "bridge/core/health.h"
#include "bridge/core/sim.h"
#include "bridge/core/ussd.h"
#include "config/config.h"
#include "modem/handle.h"

/*
 * Starts the modem's worker.  sim: the one that it had last, copied; NULL: nothing is known of it.
 * config outlives the radio.  Returns 0 or modem_new()'s errors.
 */
int radio_new(struct bridge *bridge, const struct config_modem *config, bool held,
	      const struct sim_name *sim, struct radio **ret_radio);
/* Kills a worker that still lives.  After store_close. */
struct radio *radio_free(struct radio *radio);

/* Looks for work if the modem is free. */
void radio_wake(struct radio *radio);

/* Takes nothing more; lets the worker finish. bridge_radio_stopped() is called when it has ended. */
void radio_stop(struct radio *radio);
bool radio_is_stopped(const struct radio *radio);

const struct modem *radio_modem(const struct radio *radio);
const struct config_modem *radio_config(const struct radio *radio);
struct store_sim radio_sim(const struct radio *radio);

/* The store works again: what could not be said to it is said now. */
void radio_store_works(struct radio *radio);

/* The modem's state, or held: then it receives, but is given nothing. */
enum modem_state radio_state(const struct radio *radio);
bool radio_is_held(const struct radio *radio);
void radio_set_held(struct radio *radio, bool held);

/* It could send now, if its quota lets it. */
bool radio_sends(const struct radio *radio);
/* Its modem works, held or not. */
bool radio_works(const struct radio *radio);
/* It has not worked since the daemon began, but that is not long ago. */
bool radio_is_awaited(const struct radio *radio);
/* It has been busy with one thing for so long that dearer modems no longer leave theirs to it. */
bool radio_hangs(const struct radio *radio);
/* The quota of its SIM that is used up; *ret_until_usec (may be NULL): until when, 0 unknown. */
enum store_limit radio_limit(const struct radio *radio, int64_t *ret_until_usec);
/* Of that limit, but too little for what waits: what is shorter it sends. */
bool radio_has_some_left(const struct radio *radio);

/* Where its modem is from now on; NULL: it was pulled out. */
int radio_plug(struct radio *radio, const char *device);
/* Its modem is to be another radio's: that it is not here is no alarm. */
void radio_resign(struct radio *radio);
bool radio_is_plugged(const struct radio *radio);
/* A device node came that may be its own. */
void radio_retry(struct radio *radio);
/* See modem_reset(). */
int radio_reset(struct radio *radio);

/* What its last self-test came to; NULL or "": nothing is wrong. */
void radio_set_test_trouble(struct radio *radio, const char *trouble);

/* Something is wrong with it, of which a human is to know, or is not any more. */
void radio_alarm(struct radio *radio, enum attention_kind kind, bool wrong, const char *reason);

/* What is wrong though it works, in sentences; health NULL: as it was looked at last. */
const char *radio_trouble(const struct radio *radio, const struct store_sim_health *health,
			  char buffer[static HEALTH_TROUBLE_SIZE]);

/* Why the modem is in its state, or why its SIM rests; never NULL, "" for nothing to say. */
const char *radio_reason(const struct radio *radio);
/* The modem may be ready, but its SIM is given nothing for a while. */
bool radio_is_resting(const struct radio *radio);
/* It refused what another SIM might take: it is given only what no other can send. */
bool radio_is_doubted(const struct radio *radio);
/* It refused only once, and perhaps one number is why: its conversations wait while it rests. */
bool radio_keeps_talking(const struct radio *radio);

/* How its SIM did when that was looked at last; NULL: not yet. */
const struct store_sim_health *radio_health(const struct radio *radio);

/* Something may have changed there: it is looked at soon. */
void radio_look_at_health(struct radio *radio);

/* See ussd_ask(). */
int radio_ussd(struct radio *radio, const char *code, ussd_done done, void *userdata);

/* What a part takes from order to answer, learned from those before. */
int64_t radio_pace_usec(const struct radio *radio);
