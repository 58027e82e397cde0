/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What may bring a modem to its senses that answers, but misbehaves.  It may vanish from USB
 * meanwhile, and this worker with it.
 */
#include "modem/session_inside.h"

#include "modem/say.h"

#define RADIO_OFF_SECONDS 2
#define GOING_DOWN_SECONDS 5 /* some answer AT until the very end */
#define COMING_UP_TRIES 30

static bool radio_off_and_on(struct session *session)
{
	if (session_ask(session, "AT+CFUN=4", NULL, 0, NULL) < 0)
		say_note(session->worker->daemon, "its radio can't be put off (AT+CFUN=4)");
	say_simple(session->worker->daemon, MODEM_WORD_PROGRESS);
	if (!agenda_pause(session->worker->agenda, session_usec(session, RADIO_OFF_SECONDS)))
		return false;
	session_ask(session, "AT+CFUN=1", NULL, 0, NULL);
	say_simple(session->worker->daemon, MODEM_WORD_PROGRESS);
	return true;
}

static bool restart(struct session *session)
{
	if (session_ask(session, "AT+CFUN=1,1", NULL, 0, NULL) < 0)
		say_note(session->worker->daemon, "it refuses to restart (AT+CFUN=1,1)");
	if (!agenda_pause(session->worker->agenda, session_usec(session, GOING_DOWN_SECONDS)))
		return false;
	for (int i = 0; i < COMING_UP_TRIES; i++) {
		if (session_ask_for(session, 1, "AT", NULL, 0, NULL) == 0)
			return true;
		if (!session_wait_busy(session))
			return false;
	}
	session_tell_fault(session, "the modem did not come back from a restart (AT+CFUN=1,1)");
	return false;
}

bool session_remedy(struct session *session)
{
	switch (session->worker->start.remedy) {
	case MODEM_REMEDY_RADIO:
		return radio_off_and_on(session);
	case MODEM_REMEDY_RESTART:
		return restart(session);
	case MODEM_REMEDY_NONE:
	case MODEM_REMEDY_USB:
	case MODEM_REMEDY_COUNT:
		break;
	}
	return true;
}
