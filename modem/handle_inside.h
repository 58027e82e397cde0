/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What handle.c (the worker's life), handle_words.c (what it says), handle_calls.c (what the owner
 * asks for), handle_climb.c (the recovery ladder) and handle_plug.c (devices that come and go) share.
 */
#pragma once

#include "modem/deadline.h"
#include "modem/handle.h"
#include "modem/handle_ladder.h"

#define READING_BITS 32
#define MODEM_NOT_PLUGGED "the modem is not plugged in"

struct modem {
	sd_event *loop;
	struct modem_listener listener;
	void *userdata;
	char name[MODEM_NAME_SIZE];
	char *program;
	struct modem_order_start start;

	enum modem_state state;
	char reason[MODEM_REASON_SIZE];
	struct modem_word_identity identity;
	struct modem_word_network network;

	/* the worker */
	pid_t pid; /* 0: none */
	int socket;
	int64_t generation;
	sd_event_source *io, *child, *deadline, *restart;
	bool killed, broken, stopping;
	bool leaving;  /* it has to end, for the device is another one now, or none */
	bool faulty;   /* it ends because the modem misbehaves */
	int memoir;    /* its conversation with the modem; -1: none is kept */
	bool said_end; /* its own word on why it ends: absent or failed */
	char kill_reason[MODEM_REASON_SIZE];
	struct patience patience;
	struct ladder ladder;
	int64_t heard_usec; /* the last proof that the modem works */
	bool pin_wanted;

	struct deadlines deadlines;
	char command[MODEM_REASON_SIZE];

	/* the open send */
	bool send_open, handed_over;
	int64_t attempt;
	unsigned slow_sends; /* that went out since libgammu's own waits were ordered */

	bool ussd_open;
	int64_t ussd_id; /* the last that was given out; 0: none yet */
};

void modem_enter_state(struct modem *modem, enum modem_state state, const char *reason);
/* What was asked for has its answer. */
void modem_close_send(struct modem *modem, const struct modem_word_outcome *outcome);
void modem_close_ussd(struct modem *modem, const struct modem_word_ussd *ussd);
/* Takes one word.  False: there is nothing more to read, now or ever. */
bool modem_read_word(struct modem *modem);

void modem_kill_worker(struct modem *modem, const char *reason);
/* After every change of the deadlines. */
void modem_arm_deadline(struct modem *modem);
/* The open send's deadline runs from now on, unless it does already. */
void modem_measure_send(struct modem *modem);
/* The next worker begins after so long; from the loop. */
void modem_start_after(struct modem *modem, int64_t usec);

/* handle_climb.c: it works. */
void modem_proved(struct modem *modem);
/* Its worker has ended, and the modem is to blame: why.  Takes the next step. */
void modem_climb(struct modem *modem, const char *why);
/* Into the journal: "why; next: a new worker, after 0.2 seconds", which is the reason as well. */
void modem_tell_step(const struct modem *modem, enum ladder_step step, int64_t delay,
		     const char *why, char reason[static MODEM_REASON_SIZE]);

/* handle_plug.c: what had to leave has left. */
void modem_left(struct modem *modem);
/* It was absent, and is not any more. */
void modem_appeared(struct modem *modem);
