/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What radio.c (a modem's life, and its work), radio_end.c (what attempts came to, and how the SIM
 * rests) and radio_pool.c (what the other modems know of it) share.
 */
#pragma once

#include "bridge/core/balance.h"
#include "bridge/core/errors.h"
#include "bridge/core/health.h"
#include "bridge/core/inbox.h"
#include "bridge/core/pin.h"
#include "bridge/core/radio.h"
#include "bridge/core/sim.h"
#include "bridge/core/ussd.h"
#include "bridge/core/watch.h"

struct ended;

struct radio {
	struct bridge *bridge;
	const struct config_modem *config;
	struct modem *modem;
	struct inbox *inbox;
	struct watch *watch;
	struct pin *pin;
	struct health *health;
	struct ussd *ussd;
	struct balance *balance;
	enum modem_state told; /* the last state that was news, and why */
	char told_reason[MODEM_REASON_SIZE];
	struct sim_name sim, sim_kept; /* as the store has it */
	int64_t sim_kept_usec;
	struct sim_seen_last seen;
	pid_t worker;            /* the last one seen */
	int64_t clock_told_usec; /* the network's time that was heard last */

	bool held;
	char held_reason[MODEM_REASON_SIZE];
	bool plugged;
	bool resigned;   /* its modem is another radio's now: nobody misses it here */
	bool has_worked; /* since the daemon began */
	char test_trouble[MODEM_REASON_SIZE];

	/* What the store said last of the SIM's quota, and what the others know of this radio. */
	enum store_limit limit;
	int64_t limit_until_usec;
	bool limit_some_left; /* but too little for what waits */
	bool known_sends, known_hangs, known_doubted;
	enum store_limit known_limit;
	int64_t known_until_usec;
	bool known_some_left;
	enum store_limit limit_logged;

	bool asking, ask_again;
	int64_t attempt; /* on the modem; 0 none */
	unsigned tries, refusals;
	int64_t begun_usec; /* monotonic */
	bool handed_over;
	struct ended *ends;

	sd_event_source *timer;
	int64_t timer_usec; /* monotonic moment it is armed for; 0 not armed */

	int64_t rest_until_usec; /* monotonic; 0: the SIM is fine */
	bool rest_for_network;   /* it ends as soon as there is one */
	unsigned rests;
	char rest_reason[SEND_REASON_SIZE];
	unsigned refused_in_row;  /* since the network last took something */
	bool keeps_talking;       /* it refused once, and perhaps one number is why */
	int64_t doubt_until_usec; /* monotonic; 0: there is none */

	int64_t last_sent_usec; /* monotonic; 0 never */
	int64_t pace_usec;
};

/* Looks for work, and says to the store what waits, after that span or sooner. */
void radio_look_again(struct radio *radio, int64_t after_usec);
void radio_ask_store_later(struct radio *radio);

static inline bool radio_state_is_work(enum modem_state state)
{
	return state == MODEM_STATE_READY || state == MODEM_STATE_SENDING;
}

/* What the store said of the SIM's quota; NULL: that it may send. */
void radio_limit_heard(struct radio *radio, const struct store_wait *wait);

/* To be called when anything changed on which the others depend: they look for work then. */
void radio_tell_pool(struct radio *radio);

/* Looks again when what the modem does has taken so long that the others are to hear of it. */
void radio_watch_work(struct radio *radio);

/*
 * The attempt on the modem has come to this.  given: the modem was given it; when not, that is not
 * the message's fault.
 */
void radio_attempt_over(struct radio *radio, const struct modem_word_outcome *outcome, bool given);
/* What a worker heard that belongs to the one before it. */
void radio_attempt_late(struct radio *radio, const struct modem_word_outcome *outcome);
/* Says to the store what it could not be told yet. */
void radio_post_ends(struct radio *radio);
/* Something could not be said: nothing new is begun. */
bool radio_ends_wait(const struct radio *radio);
void radio_free_ends(struct radio *radio);

/* True while the SIM rests; the radio then looks again when that, or a doubt, is over. */
bool radio_sim_rests(struct radio *radio);
/* The modem works again: a rest that was for want of a network is over. */
void radio_network_back(struct radio *radio);
/* Another SIM has not earned the rest of the one before, nor its doubt. */
void radio_rest_forget(struct radio *radio);
