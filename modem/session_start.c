/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The way to work: libgammu, the SIM and its PIN, who this modem is, and how it shall announce what
 * it receives.
 */
#include "modem/session_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "modem/ask.h"
#include "modem/say.h"

#define SIM_POLL_USEC (10 * USEC_PER_SEC)
#define BUSY_POLL_USEC USEC_PER_SEC
#define NOT_YET_MAX 20

/* 3GPP TS 27.007 9.2 */
enum {
	CME_NO_SIM = 10,
	CME_SIM_PIN = 11,
	CME_SIM_PUK = 12,
	CME_SIM_FAILURE = 13,
	CME_SIM_BUSY = 14,
	CME_SIM_WRONG = 15,
	CME_WAIT = 515, /* Wavecom: not ready yet */
};

/* A modem that is busy with its SIM is not late. */
static bool wait_busy(struct session *session)
{
	say_simple(session->worker->daemon, MODEM_WORD_PROGRESS);
	return agenda_pause(session->worker->agenda, BUSY_POLL_USEC);
}

static void tell_failed(struct session *session, const char *reason)
{
	session_tell_state(session, MODEM_STATE_FAILED, reason);
}

/* ---------------------------------------------------------------- SIM and PIN */

enum sim {
	SIM_READY,
	SIM_BUSY,
	SIM_WANTS_PIN,
	SIM_LOCKED, /* PUK, or something that only a person can enter */
	SIM_MISSING,
	SIM_BROKEN,
	SIM_SILENT,
	SIM_UNKNOWN, /* the modem doesn't know the question */
};

static enum sim sim_of_error(int code)
{
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
	case CME_SIM_BUSY:
	case CME_WAIT:
		return SIM_BUSY;
	default:
		return SIM_UNKNOWN;
	}
}

static enum sim ask_sim(struct session *session)
{
	char answer[128];
	int code = 0, r = session_ask(session, "AT+CPIN?", answer, sizeof(answer), &code);

	if (r == -EREMOTEIO)
		return sim_of_error(code);
	if (r < 0)
		return SIM_SILENT;
	if (strstr(answer, "READY"))
		return SIM_READY;
	if (strstr(answer, "NOT INSERTED"))
		return SIM_MISSING;
	if (strstr(answer, "NOT READY"))
		return SIM_BUSY;
	/* "SIM PIN2" is for the phone book of fixed numbers: not ours. */
	if (strstr(answer, "SIM PIN2") || strstr(answer, "SIM PUK2"))
		return SIM_READY;
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

/* Once, whatever comes of it: the daemon has noted that it is tried. */
static void enter_pin(struct session *session, struct modem_order_pin *order)
{
	int r;

	session->pin_answered = true;
	if (order->pin[0] == '\0') {
		session_tell_state(session, MODEM_STATE_PIN, order->reason);
		return;
	}
	say_busy(session->worker->daemon, "pin");
	r = gammu_enter_pin(session->gammu, order->pin);
	explicit_bzero(order, sizeof(*order));
	say_simple(session->worker->daemon, MODEM_WORD_IDLE);
	if (r < 0)
		session_tell_state(session, MODEM_STATE_PIN,
				   "the SIM refused the PIN in pin_file: correct it, then restart; "
				   "the same PIN is not tried again");
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

	if (!session->pin_answered && !ask_for_pin(session))
		return false;
	say_simple(session->worker->daemon, MODEM_WORD_IDLE);
	if (!agenda_wait_pin(session->worker->agenda, SIM_POLL_USEC, &order, &come))
		return false;
	if (come && !session->pin_answered)
		enter_pin(session, &order);
	return true;
}

/* Until the SIM is open; a person may have to come by first. */
static bool open_sim(struct session *session)
{
	for (int unknown = 0;;) {
		switch (ask_sim(session)) {
		case SIM_READY:
			return true;
		case SIM_UNKNOWN:
			/* After a PIN "open" must be said, for it proves the PIN. */
			if (++unknown == 3 && !session->pin_answered)
				return true;
			if (unknown == NOT_YET_MAX) {
				tell_failed(session, "the modem doesn't say whether its SIM is "
						     "open (AT+CPIN?)");
				return false;
			}
			if (!wait_busy(session))
				return false;
			break;
		case SIM_BUSY:
			if (!wait_busy(session))
				return false;
			break;
		case SIM_WANTS_PIN:
			if (!wait_for_pin(session))
				return false;
			break;
		case SIM_LOCKED:
			session_tell_state(
				session, MODEM_STATE_PIN,
				"the SIM is locked and wants its PUK: unlock it in a phone");
			say_simple(session->worker->daemon, MODEM_WORD_IDLE);
			if (!agenda_pause(session->worker->agenda, SIM_POLL_USEC))
				return false;
			break;
		case SIM_MISSING:
			tell_failed(session, "there is no SIM in the modem");
			return false;
		case SIM_BROKEN:
			tell_failed(session, "the SIM can't be read: clean or replace it");
			return false;
		case SIM_SILENT:
			tell_failed(session, "the modem stopped answering; starting it anew");
			return false;
		}
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
	    sim_of_error(code) == SIM_BUSY)
		*busy = true;
	agenda_identity(session->worker->agenda, &identity);
	return identity.iccid[0] != '\0';
}

/* EF-ICCID read as a file, 3GPP TS 31.102 and 51.011 10.1.1: digits in swapped pairs. */
static bool read_iccid_file(struct session *session, bool *busy)
{
	char answer[128] = "", digits[32];
	size_t size;

	iccid_known(session, "AT+CRSM=176,12258,0,0,10", answer, sizeof(answer), busy);
	ask_quoted(answer, digits, sizeof(digits));
	for (size_t i = 0; i + 1 < strlen(digits); i += 2) {
		char first = digits[i];

		digits[i] = digits[i + 1];
		digits[i + 1] = first;
	}
	size = strspn(digits, "0123456789");
	digits[size] = '\0';
	if (size < 18)
		return false;
	agenda_set_identity(session->worker->agenda, "AT+CCID", digits);
	return true;
}

/* The SIM is its ICCID: one that is busy is asked again, for some seconds.  False: stop. */
static bool ask_iccid(struct session *session)
{
	for (int tries = 0; tries < NOT_YET_MAX; tries++) {
		bool busy = false;

		if (iccid_known(session, "AT+CCID", NULL, 0, &busy) ||
		    iccid_known(session, "AT+ICCID", NULL, 0, &busy) ||
		    read_iccid_file(session, &busy) || !busy)
			return true;
		if (!wait_busy(session))
			return false;
		/* The IMSI is on the same SIM; the line half hears it. */
		session_ask(session, "AT+CIMI", NULL, 0, NULL);
	}
	return true;
}

static void ask_centre(struct session *session)
{
	char answer[256], number[64];
	size_t digits;

	if (session_ask(session, "AT+CSCA?", answer, sizeof(answer), NULL) < 0)
		return;
	ask_quoted(answer, number, sizeof(number));
	digits = strspn(number + (number[0] == '+'), "0123456789");
	if (digits < 3 || digits > 20 || number[digits + (number[0] == '+')] != '\0')
		return;
	snprintf(session->centre, sizeof(session->centre), "%.21s", number);
	agenda_set_identity(session->worker->agenda, "AT+CSCA?", session->centre);
}

static bool identify(struct session *session)
{
	struct modem_word word = { .type = MODEM_WORD_IDENTITY };

	gammu_identify(session->gammu);
	if (!ask_iccid(session))
		return false;
	ask_centre(session);
	agenda_identity(session->worker->agenda, &word.identity);
	say(session->worker->daemon, &word);
	return true;
}

/* ---------------------------------------------------------------- how it announces */

/* SIMCom refuses AT+CMGF until it has read the SIM. */
static bool set_pdu_mode(struct session *session)
{
	for (int tries = 0; tries < NOT_YET_MAX; tries++) {
		int r = session_ask(session, "AT+CMGF=0", NULL, 0, NULL);

		if (r != -EREMOTEIO)
			return r == 0;
		if (!wait_busy(session))
			return false;
	}
	tell_failed(session, "the modem refuses PDU mode for short messages (AT+CMGF=0)");
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

	for (size_t i = 0; i < ARRAY_SIZE(WAYS); i++) {
		if (session_ask(session, WAYS[i], NULL, 0, NULL) < 0)
			continue;
		session->indications = WAYS[i];
		return;
	}
	say_note(session->worker->daemon,
		 "the modem announces no messages (AT+CNMI): they are found by sweeps only");
}

static bool set_up(struct session *session)
{
	session_ask(session, "AT+CSMS=0", NULL, 0, NULL);
	if (!set_pdu_mode(session))
		return false;
	set_indications(session);
	session_ask(session, "AT+CREG=1", NULL, 0, NULL);
	session_ask(session, "AT+CGREG=1", NULL, 0, NULL);
	session_ask(session, "AT+CEREG=1", NULL, 0, NULL);
	return true;
}

bool session_start(struct session *session)
{
	struct worker *worker = session->worker;
	char reason[MODEM_REASON_SIZE];
	int r = gammu_open(worker->path, &session->gammu);

	if (r < 0) {
		snprintf(reason, sizeof(reason), "libgammu can't start on this modem: %s",
			 strerror(-r));
		tell_failed(session, reason);
		return false;
	}
	atomic_store(&worker->started, true);
	if (!open_sim(session))
		return false;
	return identify(session) && set_up(session);
}
