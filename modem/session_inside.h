/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What session.c (work) and session_start.c (the way to work) share.
 */
#pragma once

#include "bridge/base/clock.h"
#include "modem/gammu.h"
#include "modem/session.h"

#define SESSION_ASK_USEC (20 * USEC_PER_SEC)

struct session {
	struct worker *worker;
	struct gammu *gammu;
	char centre[24];         /* the service centre's number, "" the modem's own */
	const char *indications; /* the AT+CNMI that the modem took; NULL none */
	unsigned bad_sends;      /* in a row */
	bool pin_answered;       /* there is one answer to the question for the PIN */
	enum modem_state state;  /* last told */
	char reason[MODEM_REASON_SIZE];
};

int session_ask(struct session *session, const char *command, char *answer, size_t size,
		int *ret_code);
void session_tell_state(struct session *session, enum modem_state state, const char *reason);

/* From the first OK to the first job.  False: stopped, or it can't be done and was told. */
bool session_start(struct session *session);
