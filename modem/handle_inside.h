/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What handle.c (the worker's life), handle_words.c (what it says) and handle_calls.c (what the owner
 * asks for) share.
 */
#pragma once

#include "modem/deadline.h"
#include "modem/handle.h"

#define READING_BITS 32

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
	int memoir;    /* its conversation with the modem; -1: none is kept */
	bool said_end; /* its own word on why it ends: absent or failed */
	char kill_reason[MODEM_REASON_SIZE];
	struct patience patience;
	bool pin_wanted;

	struct deadlines deadlines;
	char command[MODEM_REASON_SIZE];

	/* the open send */
	bool send_open, handed_over;
	int64_t attempt;

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
