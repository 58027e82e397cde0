/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The SIM: whether there is one, whether it is open, and whose it is.  A SIM that is missing, locked
 * or being read is waited for; only another SIM ends the worker, for nothing that is said of the one
 * may be believed of the other.
 */
#include "modem/session_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "modem/ask.h"
#include "modem/say.h"

#define SIM_POLL_SECONDS 10
#define SIM_ASK_SECONDS 6
#define NOT_YET_MAX 20
#define MISSING_MAX 5
#define ANOTHER_SIM "another SIM may be in the modem: starting anew"

/* 3GPP TS 27.007 9.2, 27.005 3.2.5 */
enum {
	CME_NO_SIM = 10,
	CME_SIM_PIN = 11,
	CME_SIM_PUK = 12,
	CME_SIM_FAILURE = 13,
	CME_SIM_BUSY = 14,
	CME_SIM_WRONG = 15,
	CMS_SIM_BUSY = 314,
	CME_PHONE_SIM_PIN = 5, /* 5 to 7, and 40 to 47: the modem's own locks */
	CME_PHONE_FIRST_SIM_PUK = 7,
	CME_NETWORK_PIN = 40,
	CME_CORPORATE_PUK = 47,
	CME_WAIT = 515, /* Wavecom: not ready yet */
};

bool session_code_is_busy(int code)
{
	return code == CME_SIM_BUSY || code == CMS_SIM_BUSY || code == CME_WAIT;
}

/* What waits for a modem that has no SIM to send with, and the code that it took with it. */
static void refuse_orders(struct session *session)
{
	struct worker *worker = session->worker;
	struct modem_word word = {
		.type = MODEM_WORD_OUTCOME,
		.outcome = { .outcome = MODEM_OUTCOME_NOT_SENT, .reference = -1 },
	};
	struct modem_word failed = {
		.type = MODEM_WORD_USSD,
		.ussd = { .end = MODEM_USSD_FAILED },
	};

	if (agenda_drop_send(worker->agenda, &word.outcome.attempt))
		say(worker->daemon, &word);
	snprintf(failed.ussd.reason, sizeof(failed.ussd.reason), "%s", session->reason);
	if (agenda_close_ussd(worker->agenda, &failed.ussd.id))
		say(worker->daemon, &failed);
	if (agenda_drop_ussd(worker->agenda, &failed.ussd.id))
		say(worker->daemon, &failed);
}

/* A person has to come by; the SIM is looked at again after a while.  False: stop. */
static bool wait_for_person(struct session *session)
{
	struct worker *worker = session->worker;

	refuse_orders(session);
	say_simple(worker->daemon, MODEM_WORD_PROGRESS);
	say_simple(worker->daemon, MODEM_WORD_IDLE);
	return agenda_wait_sim(worker->agenda, session_usec(session, SIM_POLL_SECONDS));
}

/* ---------------------------------------------------------------- open or not */

enum sim {
	SIM_READY,
	SIM_BUSY,
	SIM_WANTS_PIN,
	SIM_LOCKED,  /* PUK, or something that only a person can enter */
	SIM_FOREIGN, /* to this modem, which takes another's only */
	SIM_MISSING,
	SIM_BROKEN,
	SIM_SILENT,
	SIM_UNKNOWN, /* the modem doesn't know the question */
};

static enum sim sim_of_error(int code)
{
	if (session_code_is_busy(code))
		return SIM_BUSY;
	if ((code >= CME_PHONE_SIM_PIN && code <= CME_PHONE_FIRST_SIM_PUK) ||
	    (code >= CME_NETWORK_PIN && code <= CME_CORPORATE_PUK))
		return SIM_FOREIGN;
	switch (code) {
	case CME_NO_SIM:
		return SIM_MISSING;
	case CME_SIM_PIN:
		return SIM_WANTS_PIN;
	case CME_SIM_PUK:
		return SIM_LOCKED;
	case CME_SIM_FAILURE:
	case CME_SIM_WRONG:
		return SIM_BROKEN;
	default:
		return SIM_UNKNOWN;
	}
}

/* A SIM that does is open. */
static bool tells_imsi(struct session *session)
{
	return session_ask(session, "AT+CIMI", NULL, 0, NULL) == 0;
}

static enum sim ask_sim(struct session *session)
{
	char answer[128];
	int code = 0;
	int r = session_ask_for(session, SIM_ASK_SECONDS, "AT+CPIN?", answer, sizeof(answer),
				&code);

	if (r == -EREMOTEIO && sim_of_error(code) != SIM_UNKNOWN)
		return sim_of_error(code);
	/* Wavecom says "+CPIN: READY" and nothing after it. */
	if (r == -EREMOTEIO)
		return tells_imsi(session) ? SIM_READY : SIM_UNKNOWN;
	if (r < 0)
		return SIM_SILENT;
	if (strstr(answer, "READY") && !strstr(answer, "NOT READY"))
		return SIM_READY;
	if (strstr(answer, "NOT INSERTED"))
		return SIM_MISSING;
	/* It may have been said unasked, just then. */
	if (strstr(answer, "NOT READY"))
		return tells_imsi(session) ? SIM_READY : SIM_BUSY;
	/* "SIM PIN2" is for the phone book of fixed numbers: not ours. */
	if (strstr(answer, "SIM PIN2") || strstr(answer, "SIM PUK2"))
		return SIM_READY;
	if (answer[0] == '\0')
		return SIM_UNKNOWN;
	/* "PH-NET PIN", "PH-SIM PIN": it is not the SIM that is locked. */
	if (strstr(answer, "PH-"))
		return SIM_FOREIGN;
	return strstr(answer, ": SIM PIN") ? SIM_WANTS_PIN : SIM_LOCKED;
}

/* Tries left for the PIN, where the modem tells; -1 unknown. */
static int ask_pin_tries(struct session *session)
{
	char answer[128];
	const char *comma;

	/* 27.007 8.65: +CPINR: SIM PIN,<left>,<of>.  Huawei: ^CPIN: SIM PIN,<left>,<puk>,<pin>,… */
	if (session_ask(session, "AT+CPINR=\"SIM PIN\"", answer, sizeof(answer), NULL) == 0 &&
	    (comma = strchr(answer, ',')))
		return atoi(comma + 1);
	if (session_ask(session, "AT^CPIN?", answer, sizeof(answer), NULL) == 0) {
		for (int fields = 0; (comma = strchr(answer, ',')) && fields < 2; fields++)
			memmove(answer, comma + 1, strlen(comma + 1) + 1);
		if (comma && answer[0] >= '0' && answer[0] <= '9' && strchr(answer, ','))
			return atoi(strchr(answer, ',') + 1);
	}
	return -1;
}

/*
 * Once, whatever comes of it: the daemon has noted that it is tried.  By plain AT: libgammu asks for the
 * state first, and writes nothing when a modem tells it by an error.
 */
static void enter_pin(struct session *session, struct modem_order_pin *order)
{
	char command[32];
	int r, code = 0;

	session->pin_answered = true;
	if (order->pin[0] == '\0') {
		session_tell_state(session, MODEM_STATE_PIN, order->reason);
		return;
	}
	say_busy(session->worker->daemon, "pin");
	snprintf(command, sizeof(command), "AT+CPIN=\"%s\"", order->pin);
	explicit_bzero(order, sizeof(*order));
	r = session_ask(session, command, NULL, 0, &code);
	explicit_bzero(command, sizeof(command));
	say_simple(session->worker->daemon, MODEM_WORD_IDLE);
	if (r == -EREMOTEIO && !session_code_is_busy(code))
		session_tell_state(session, MODEM_STATE_PIN,
				   "the SIM refused the PIN in pin_file: correct it, then restart; "
				   "the same PIN is not tried again");
	else if (r < 0)
		session_tell_state(session, MODEM_STATE_PIN,
				   "the modem did not take the PIN in pin_file, right or wrong: "
				   "unlock the SIM in a phone; the same PIN is not tried again");
}

static bool ask_iccid(struct session *session);

static bool ask_for_pin(struct session *session)
{
	struct modem_word word = { .type = MODEM_WORD_PIN_WANTED };
	struct modem_word_identity identity;

	word.pin_wanted.tries = ask_pin_tries(session);
	gammu_identify(session->gammu);
	if (!ask_iccid(session))
		return false;
	agenda_identity(session->worker->agenda, &identity);
	snprintf(word.pin_wanted.imei, sizeof(word.pin_wanted.imei), "%s", identity.imei);
	snprintf(word.pin_wanted.iccid, sizeof(word.pin_wanted.iccid), "%s", identity.iccid);
	say(session->worker->daemon, &word);
	return true;
}

/* A moment at most, then the SIM is looked at again.  False: stop. */
static bool wait_for_pin(struct session *session)
{
	struct modem_order_pin order;
	bool come;

	if (!session->pin_answered) {
		/* It may have been ready before: that proves nothing of the PIN that is tried now. */
		session_tell_state(session, MODEM_STATE_STARTING, "the SIM wants its PIN");
		if (!ask_for_pin(session))
			return false;
	}
	refuse_orders(session);
	say_simple(session->worker->daemon, MODEM_WORD_IDLE);
	if (!agenda_wait_pin(session->worker->agenda, session_usec(session, SIM_POLL_SECONDS),
			     &order, &come))
		return false;
	if (come && !session->pin_answered)
		enter_pin(session, &order);
	return true;
}

/* What is told while a person is waited for. */
static void tell_sim(struct session *session, enum sim sim)
{
	switch (sim) {
	case SIM_LOCKED:
		session_tell_state(session, MODEM_STATE_PIN,
				   "the SIM is locked and wants its PUK: unlock it in a phone");
		break;
	case SIM_FOREIGN:
		session_tell_state(session, MODEM_STATE_FAILED,
				   "the modem is locked to an operator or to another SIM: have it "
				   "unlocked, or put in the SIM that it takes");
		break;
	case SIM_MISSING:
		session_tell_state(session, MODEM_STATE_FAILED,
				   "there is no SIM in the modem: put one in");
		break;
	case SIM_BROKEN:
		session_tell_state(session, MODEM_STATE_FAILED,
				   "the SIM can't be read: clean it, or put another one in");
		break;
	case SIM_BUSY:
		session_tell_state(
			session, MODEM_STATE_FAILED,
			"the SIM is busy: if it stays so, take it out and put it in again");
		break;
	case SIM_UNKNOWN:
		session_tell_state(session, MODEM_STATE_FAILED,
				   "the modem doesn't say whether its SIM is open (AT+CPIN?)");
		break;
	case SIM_READY:
	case SIM_WANTS_PIN:
	case SIM_SILENT:
		break;
	}
}

/* A moment; then a person has to come by.  False: stop. */
static bool wait_for_sim(struct session *session, enum sim sim, bool long_enough)
{
	if (long_enough) {
		tell_sim(session, sim);
		return wait_for_person(session);
	}
	say_simple(session->worker->daemon, MODEM_WORD_PROGRESS);
	return agenda_pause(session->worker->agenda, session_usec(session, 1));
}

/* waited: for a person, or for the PIN, during which nothing is late. */
static bool sim_opened(struct session *session, bool waited)
{
	/* Should the modem restart by itself, it may ask again. */
	session->pin_answered = false;
	if (waited)
		session_tell_state(session, MODEM_STATE_STARTING, "reading the SIM");
	return true;
}

bool session_open_sim(struct session *session)
{
	bool waited = false;

	for (int unknown = 0, busy = 0, missing = 0;;) {
		enum sim sim = ask_sim(session);
		bool long_enough = true;

		switch (sim) {
		case SIM_READY:
			return sim_opened(session, waited);
		case SIM_SILENT:
			session_tell_fault(session, "the modem stopped answering");
			return false;
		case SIM_WANTS_PIN:
			waited = true;
			if (!wait_for_pin(session))
				return false;
			continue;
		case SIM_UNKNOWN:
			/* After a PIN "open" must be said, for it proves the PIN. */
			if (++unknown == 3 && !session->pin_answered)
				return sim_opened(session, waited);
			long_enough = unknown >= NOT_YET_MAX;
			break;
		case SIM_BUSY:
			long_enough = ++busy >= NOT_YET_MAX;
			break;
		case SIM_MISSING:
			/* Air780E finds it some seconds after its power-up. */
			long_enough = ++missing >= MISSING_MAX;
			break;
		case SIM_LOCKED:
		case SIM_FOREIGN:
		case SIM_BROKEN:
			break;
		}
		waited = waited || long_enough;
		if (!wait_for_sim(session, sim, long_enough))
			return false;
	}
}

/* ---------------------------------------------------------------- who it is */

/* True: there is one now.  *busy is set when the SIM has to be asked again. */
static bool iccid_known(struct session *session, const char *command, char *answer, size_t size,
			bool *busy)
{
	struct modem_word_identity identity;
	int code = 0;

	if (session_ask(session, command, answer, size, &code) == -EREMOTEIO &&
	    session_code_is_busy(code))
		*busy = true;
	agenda_identity(session->worker->agenda, &identity);
	return identity.iccid[0] != '\0';
}

static bool read_iccid_file(struct session *session, bool *busy)
{
	char answer[128] = "", digits[MODEM_FIELD_SIZE];

	iccid_known(session, REPLY_ICCID_COMMAND, answer, sizeof(answer), busy);
	if (!reply_iccid(answer, digits, sizeof(digits)))
		return false;
	agenda_set_identity(session->worker->agenda, "AT+CCID", digits);
	return true;
}

/* The SIM is its ICCID: one that is busy is asked again, for some seconds.  False: stop. */
static bool ask_iccid(struct session *session)
{
	agenda_set_identity(session->worker->agenda, "AT+CCID", "");
	for (int tries = 0; tries < NOT_YET_MAX; tries++) {
		bool busy = false;

		if (iccid_known(session, "AT+CCID", NULL, 0, &busy) ||
		    iccid_known(session, "AT+ICCID", NULL, 0, &busy) ||
		    read_iccid_file(session, &busy) || !busy)
			return true;
		if (!session_wait_busy(session))
			return false;
		/* The IMSI is on the same SIM; the line half hears it. */
		session_ask(session, "AT+CIMI", NULL, 0, NULL);
	}
	return true;
}

/* Some modems, Qualcomm's M6280 for one, can't tell it while they read the SIM. */
static void ask_centre(struct session *session)
{
	char answer[256];

	if (session_ask(session, "AT+CSCA?", answer, sizeof(answer), NULL) < 0 ||
	    !reply_centre(answer, session->centre, sizeof(session->centre))) {
		session->centre[0] = '\0';
		return;
	}
	agenda_set_identity(session->worker->agenda, "AT+CSCA?", session->centre);
}

static void tell_identity(struct session *session)
{
	struct modem_word word = { .type = MODEM_WORD_IDENTITY };

	agenda_identity(session->worker->agenda, &session->identity);
	snprintf(session->identity.device, sizeof(session->identity.device), "%s",
		 session->worker->start.device);
	word.identity = session->identity;
	say(session->worker->daemon, &word);
}

bool session_identify(struct session *session)
{
	gammu_identify(session->gammu);
	if (!ask_iccid(session))
		return false;
	ask_centre(session);
	tell_identity(session);
	return true;
}

/* False: what was asked for just now says that it is another one.  What can't be asked is believed. */
static bool is_same_sim(struct session *session, bool *stopped)
{
	const struct modem_word_identity *told = &session->identity;
	struct modem_word_identity now;

	session_ask(session, "AT+CIMI", NULL, 0, NULL);
	*stopped = !ask_iccid(session);
	agenda_identity(session->worker->agenda, &now);
	if (now.iccid[0] == '\0' && told->iccid[0] != '\0')
		agenda_set_identity(session->worker->agenda, "AT+CCID", told->iccid);
	return (now.iccid[0] == '\0' || told->iccid[0] == '\0' ||
		strcmp(now.iccid, told->iccid) == 0) &&
	       (now.imsi[0] == '\0' || told->imsi[0] == '\0' || strcmp(now.imsi, told->imsi) == 0);
}

bool session_check_sim(struct session *session)
{
	bool stopped = false, same;

	if (!session_open_sim(session))
		return false;
	same = is_same_sim(session, &stopped);
	/* Twice: a line of chatter with digits in it may have been taken for one of them. */
	if (!same)
		same = is_same_sim(session, &stopped);
	if (!same) {
		session_tell_state(session, MODEM_STATE_FAILED, ANOTHER_SIM);
		return false;
	}
	if (session->centre[0] == '\0' && !stopped) {
		ask_centre(session);
		if (session->centre[0] != '\0')
			tell_identity(session);
	}
	return !stopped;
}
