/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an answer to a send means: which event it is for the part, when to try again, and the words
 * for people (3GPP TS 27.005 3.2.5, 27.007 9.2, 24.011 annex E).  Pure: a table and arithmetic.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bridge/store/state.h"
#include "modem/wire.h"

#define SEND_ERROR_SIZE 16
#define SEND_REASON_SIZE 256

enum send_error_class {
	SEND_ERROR_MESSAGE,    /* the message itself: failed for good */
	SEND_ERROR_SIM,        /* the SIM or its subscription: this SIM rests, the message waits */
	SEND_ERROR_SUBSCRIBER, /* SIM or recipient: failed after a second try while others succeed */
	SEND_ERROR_DUPLICATE,  /* the centre has it already: counts as sent */
	SEND_ERROR_NO_ANSWER,  /* the network did not answer: nobody knows */
	SEND_ERROR_VENDOR,     /* a catch-all: perhaps it went out after all */
	SEND_ERROR_MEMORY_FULL, /* of the SIM */
	SEND_ERROR_NO_NETWORK,  /* no try at all: this SIM rests until there is a network */
	SEND_ERROR_RECIPIENT,   /* its phone, for now: it says nothing of the SIM */
	SEND_ERROR_TEMPORARY,   /* anything else */
	SEND_ERROR_CLASS_COUNT,
};

struct send_verdict {
	enum part_event event;
	int64_t retry_after_usec;      /* for NOT_SENT and REFUSED, unscaled */
	bool sim_rests;                /* nothing more for this SIM for a while: send_rest_usec() */
	bool perhaps_recipient;        /* it may be to blame as well: the SIM rests shortly */
	bool sim_blameless;            /* it was the recipient's phone */
	bool may_be_duplicate;         /* the next attempt */
	bool excused;                  /* for want of a network: it is not counted as a try */
	char error[SEND_ERROR_SIZE];   /* "CMS/38", "" none */
	char reason[SEND_REASON_SIZE]; /* a sentence for people */
};

enum send_error_class send_error_class(enum modem_error_kind kind, int code);

/* 30 s, 2 min, 10 min, then 30 min, by the number of earlier attempts. */
int64_t send_retry_usec(unsigned tries);

/* How long a SIM rests, by the number of its rests before. */
int64_t send_rest_usec(const struct send_verdict *verdict, unsigned rests);

struct send_situation {
	unsigned tries;      /* earlier attempts of this part */
	unsigned refusals;   /* those of them that ended in SEND_ERROR_SUBSCRIBER */
	bool others_succeed; /* the SIM sent something to somebody a short while ago */
	bool registered;     /* the modem, as far as is known */
	bool handed_over;    /* Ctrl-Z passed: before that nothing can have gone out */
};

/* Fills all of *ret. */
void send_judge(const struct modem_word_outcome *outcome, const struct send_situation *situation,
		struct send_verdict *ret);
