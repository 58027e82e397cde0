/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The way to work: libgammu, the SIM, who this modem is, and how it shall announce what it receives.
 * What was set is set again whenever the modem may have forgotten it.
 */
#include "modem/session_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "modem/say.h"

#define NOT_YET_MAX 20
#define SWEEP_ALONE_SECONDS 10 /* where nothing is announced */

/* SIMCom refuses AT+CMGF until it has read the SIM. */
static bool set_pdu_mode(struct session *session)
{
	for (int tries = 0; tries < NOT_YET_MAX; tries++) {
		int r = session_ask(session, "AT+CMGF=0", NULL, 0, NULL);

		if (r != -EREMOTEIO)
			return r == 0;
		if (!session_wait_busy(session))
			return false;
	}
	session_tell_fault(session, "the modem refuses PDU mode for short messages (AT+CMGF=0)");
	return false;
}

/* Stored where it can be, announced at once; the last ones for modems that know no better. */
static void set_indications(struct session *session)
{
	static const char *const WAYS[] = {
		"AT+CNMI=2,1,0,2,0", "AT+CNMI=2,1,0,2,1", "AT+CNMI=1,1,0,2,0", "AT+CNMI=1,1,0,2,1",
		"AT+CNMI=3,1,0,2,0", "AT+CNMI=2,1,0,1,0", "AT+CNMI=2,1,0,1,1", "AT+CNMI=1,1,0,1,0",
		"AT+CNMI=1,1,0,1,1", "AT+CNMI=3,1,0,1,0", "AT+CNMI=2,1,0,0,0", "AT+CNMI=1,1,0,0,0",
	};

	if (session->indications && session_ask(session, session->indications, NULL, 0, NULL) == 0)
		return;
	session->indications = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(WAYS) && !session->indications; i++)
		if (session_ask(session, WAYS[i], NULL, 0, NULL) == 0)
			session->indications = WAYS[i];
	agenda_set_sweep_usec(
		session->worker->agenda,
		session_usec(session, session->indications ? 60 : SWEEP_ALONE_SECONDS));
	if (!session->indications && !session->told_silent) {
		session->told_silent = true;
		say_note(
			session->worker->daemon,
			"the modem announces no messages (AT+CNMI): they are found by sweeps only");
	}
}

static bool set_up(struct session *session)
{
	static const char *const WISHES[] = { "AT+CREG=1", "AT+CGREG=1", "AT+CEREG=1" };

	if (!set_pdu_mode(session))
		return false;
	session_ask(session, "AT+CSMS=0", NULL, 0, NULL);
	set_indications(session);
	for (size_t i = 0; i < ARRAY_SIZE(WISHES); i++)
		session_ask(session, WISHES[i], NULL, 0, NULL);
	agenda_settled(session->worker->agenda);
	return true;
}

bool session_refresh(struct session *session)
{
	session_ask(session, "ATE1", NULL, 0, NULL);
	/* Errors with their numbers: they tell what is the matter with the SIM. */
	session_ask(session, "AT+CMEE=1", NULL, 0, NULL);
	return session_check_sim(session) && set_up(session);
}

bool session_start(struct session *session)
{
	struct worker *worker = session->worker;
	char reason[MODEM_REASON_SIZE];
	int r = gammu_open(worker->path, &session->gammu);

	if (r < 0) {
		snprintf(reason, sizeof(reason), "libgammu can't start on this modem: %s",
			 strerror(-r));
		session_tell_fault(session, reason);
		return false;
	}
	atomic_store(&worker->started, true);
	if (!session_open_sim(session))
		return false;
	/* Qualcomm's refuse it before; without numbers a busy SIM can't be told from none. */
	session_ask(session, "AT+CMEE=1", NULL, 0, NULL);
	if (!session_identify(session) || !set_up(session))
		return false;
	/* Its clock shall follow the network (27.007 8.40).  Not every minute: some write it to flash. */
	session_ask(session, "AT+CTZU=1", NULL, 0, NULL);
	session_find_memories(session);
	/* The worker before may have died within a dialogue. */
	session_ask(session, "AT+CUSD=2", NULL, 0, NULL);
	return true;
}
