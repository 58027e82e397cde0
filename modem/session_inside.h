/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the session share: session.c (the loop, states, sending), session_start.c (the
 * way to work, and back to it), session_sim.c (the SIM, its PIN, who it is), session_store.c (what
 * is stored), session_network.c and session_ussd.c.
 */
#pragma once

#include "bridge/base/clock.h"
#include "modem/gammu.h"
#include "modem/reply.h"
#include "modem/session.h"

struct session {
	struct worker *worker;
	struct gammu *gammu;
	enum modem_state state; /* last told */
	char reason[MODEM_REASON_SIZE];

	struct modem_word_identity identity; /* as told */
	char centre[24];                     /* the service centre's number, "" the modem's own */
	bool pin_answered;                   /* there is one answer to the question for the PIN */

	const char *indications; /* the AT+CNMI that the modem took; NULL none */
	bool told_silent;        /* that it took none */
	bool operator_name_asked;
	char memories[REPLY_MEMORIES_MAX][REPLY_MEMORY_SIZE];
	size_t memory_count;
	bool storeless;     /* the modem says that it has none of them */
	bool told_tight;    /* that a store is nearly full */
	bool told_unlisted; /* that one can't be listed */
	bool told_full;     /* that more is stored than there are readings */

	unsigned bad_sends;   /* in a row */
	bool ussd_text_asked; /* Huawei's text mode for USSD */
};

/* A span of so many seconds, in proportion to the worker's minute, which tests make shorter. */
int64_t session_usec(const struct session *session, unsigned seconds);

/*
 * As ask().  A modem that leaves this command alone without any answer, and answers others, has
 * refused it: -EREMOTEIO, code 0.
 */
int session_ask(struct session *session, const char *command, char *answer, size_t size,
		int *ret_code);
int session_ask_for(struct session *session, unsigned seconds, const char *command, char *answer,
		    size_t size, int *ret_code);
void session_tell_state(struct session *session, enum modem_state state, const char *reason);
/* It is the modem that can't go on: the daemon does something about it. */
void session_tell_fault(struct session *session, const char *reason);
/* A modem that is busy is not late: a second goes by.  False: stop. */
bool session_wait_busy(struct session *session);

/* What the daemon wants done to a modem that misbehaved; session_remedy.c.  False: stop. */
bool session_remedy(struct session *session);
/* From the first OK to the first job.  False: stopped, or it can't be done and was told. */
bool session_start(struct session *session);
/* Sees to the SIM, and says again what a modem forgets when it restarts by itself, which some do in
 * silence.  False as above. */
bool session_refresh(struct session *session);

/* 27.007 9.2 and 27.005 3.2.5: the SIM is not read yet. */
bool session_code_is_busy(int code);
/* Until the SIM is open; a person may have to come by first.  False: stop. */
bool session_open_sim(struct session *session);
/* Asks who the SIM and the modem are, and tells it.  False: stop. */
bool session_identify(struct session *session);
/* The SIM is open and the one that was told.  False: stop; told, when it is another. */
bool session_check_sim(struct session *session);

void session_find_memories(struct session *session);
/* 0, or -ETIMEDOUT or -EIO when the modem is past talking to. */
int session_sweep(struct session *session);
int session_read(struct session *session, const struct agenda_task *task);
int session_delete(struct session *session, const struct agenda_task *task);

void session_ask_registration(struct session *session);
void session_tell_registration(struct session *session);
int session_network(struct session *session);

void session_ussd(struct session *session, const struct modem_order_ussd *order);
/* The network has not answered. */
void session_ussd_late(struct session *session);
