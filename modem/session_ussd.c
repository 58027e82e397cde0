/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * USSD, 3GPP TS 27.007 7.15.  The code goes out in the form that the modem takes; the answer comes
 * much later, unasked, and other work goes on meanwhile.  Each order gets exactly one word: from
 * here, or from the thread that hears the answer.
 */
#include "modem/session_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/utf8.h"
#include "modem/ask.h"
#include "modem/say.h"
#include "modem/text/ussd.h"

/* Some modems answer only when the network has. */
#define ANSWER_SECONDS 60
#define REFUSAL_SECONDS 2
#define PROBE_SECONDS 3
#define FORM_SIZE (4 * sizeof(((struct modem_order_ussd *)0)->code))

/* 27.007 9.2: errors that no other form of the same code helps against. */
static const char *failure_of_code(int code)
{
	switch (code) {
	case 10:
		return "there is no SIM in the modem";
	case 30:
		return "the modem has no network: try again when it is registered";
	case 31:
		return "the network did not answer in time: try again";
	case 32:
		return "the network allows emergency calls only";
	default:
		return NULL;
	}
}

static void fail(struct session *session, int64_t id, const char *reason)
{
	struct modem_word word = {
		.type = MODEM_WORD_USSD,
		.ussd = { .id = id, .end = MODEM_USSD_FAILED },
	};

	snprintf(word.ussd.reason, sizeof(word.ussd.reason), "%s", reason);
	say(session->worker->daemon, &word);
}

/* ---------------------------------------------------------------- forms */

static bool is_plain(const char *code)
{
	for (const char *at = code; *at; at++)
		if (*at < ' ' || *at > '~' || *at == '"')
			return false;
	return true;
}

/* UCS2 in hex, two octets for each character; false: there is one beyond U+FFFF, or no room. */
static bool put_ucs2(const char *code, char *hex, size_t size)
{
	size_t left = strlen(code), at = 0;

	while (left > 0) {
		uint32_t character;
		int used = utf8_next(code, left, &character);

		if (used <= 0 || character > 0xffff || at + 5 > size)
			return false;
		at += (size_t)snprintf(hex + at, size - at, "%04X", (unsigned)character);
		code += used;
		left -= (size_t)used;
	}
	return true;
}

/* What strings are in: the answer as well. */
static bool ask_ucs2(struct session *session)
{
	char answer[64];
	bool ucs2 = session_ask(session, "AT+CSCS?", answer, sizeof(answer), NULL) == 0 &&
		    strstr(answer, "UCS2");

	atomic_store(&session->worker->ucs2, ucs2);
	return ucs2;
}

/* 0, or -EREMOTEIO with *ret_code, -ETIMEDOUT, -EIO. */
static int ask_network(struct session *session, const char *form, const char *tail,
		       int64_t until_usec, int *ret_code)
{
	char command[FORM_SIZE + 32];

	snprintf(command, sizeof(command), "AT+CUSD=1,\"%s\"%s", form, tail);
	return ask(session->worker->slave, command, until_usec - clock_monotonic_usec(), NULL, 0,
		   ret_code);
}

/*
 * What was refused in one form is tried in the next, unless the network may have had it: it could count
 * as another try of a voucher.  A modem that refuses a form says so at once.
 */
static bool is_mere_form(struct session *session, int r, int code, int64_t asked_usec)
{
	return r == -EREMOTEIO && !failure_of_code(code) &&
	       clock_monotonic_usec() - asked_usec < session_usec(session, REFUSAL_SECONDS) &&
	       agenda_ussd_is_open(session->worker->agenda);
}

/* In the modem's characters, then as packed septets, which Huawei's want, then without the scheme. */
static int try_forms(struct session *session, const char *code, int64_t until_usec, int *ret_code)
{
	char hex[FORM_SIZE], packed[USSD_HEX_SIZE];
	bool ucs2 = ask_ucs2(session), is_packed = ussd_encode_packed(code, packed) == 0;
	const char *plain = NULL;
	int r = -EINVAL;

	if (ucs2 && put_ucs2(code, hex, sizeof(hex)))
		plain = hex;
	else if (!ucs2 && is_plain(code))
		plain = code;

	const struct {
		const char *text, *tail;
	} forms[] = { { plain, ",15" }, { is_packed ? packed : NULL, ",15" }, { plain, "" } };

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		int64_t asked = clock_monotonic_usec();

		if (!forms[i].text)
			continue;
		r = ask_network(session, forms[i].text, forms[i].tail, until_usec, ret_code);
		if (!is_mere_form(session, r, *ret_code, asked))
			break;
	}
	return r;
}

/* ---------------------------------------------------------------- orders */

static void end_dialogue(struct session *session, int64_t id)
{
	struct modem_word word = {
		.type = MODEM_WORD_USSD,
		.ussd = { .id = id, .end = MODEM_USSD_DONE },
	};

	if (session_ask(session, "AT+CUSD=2", NULL, 0, NULL) == 0)
		say(session->worker->daemon, &word);
	else
		fail(session, id, "the modem ended no dialogue: there may have been none");
}

static bool is_alive(struct session *session)
{
	int r = session_ask_for(session, PROBE_SECONDS, "AT", NULL, 0, NULL);

	return r == 0 || r == -EREMOTEIO;
}

/* What it says from now on is not to be taken for the answer to the next code. */
static void tell_silence(struct session *session, int64_t id)
{
	fail(session, id, "the network did not answer in time: try again");
	say_busy(session->worker->daemon, MODEM_BUSY_USSD);
	session_ask(session, "AT+CUSD=2", NULL, 0, NULL);
}

void session_ussd(struct session *session, const struct modem_order_ussd *order)
{
	struct agenda *agenda = session->worker->agenda;
	char reason[MODEM_REASON_SIZE];
	int64_t id, until = clock_monotonic_usec() + session_usec(session, ANSWER_SECONDS);
	int code = 0, r;

	say_busy(session->worker->daemon, MODEM_BUSY_USSD);
	if (order->code[0] == '\0') {
		/* What the modem says of it is no answer to anything. */
		if (agenda_close_ussd(agenda, &id))
			end_dialogue(session, id);
		return;
	}
	if (!session->ussd_text_asked)
		session_ask(session, "AT^USSDMODE=0", NULL, 0, NULL);
	session->ussd_text_asked = true;
	r = try_forms(session, order->code, until, &code);
	if (r == 0) {
		agenda_await_ussd(agenda, until - clock_monotonic_usec());
		return;
	}
	if (!agenda_close_ussd(agenda, &id))
		return;
	snprintf(reason, sizeof(reason), "the modem refused the code (error %d)", code);
	if (r == -EINVAL)
		fail(session, id, "the code has characters that no modem can send");
	else if (r == -ETIMEDOUT && is_alive(session))
		tell_silence(session, id);
	else if (r != -EREMOTEIO)
		fail(session, id, "the modem did not answer");
	else
		fail(session, id, failure_of_code(code) ? failure_of_code(code) : reason);
}

void session_ussd_late(struct session *session)
{
	struct agenda *agenda = session->worker->agenda;
	int64_t id;

	if (agenda_drop_late_ussd(agenda, &id))
		fail(session, id, "the modem had other work for too long: try again");
	if (!agenda_close_ussd(agenda, &id))
		return;
	tell_silence(session, id);
}

/* ---------------------------------------------------------------- the network's word */

static const char *failure_of_status(int status)
{
	switch (status) {
	case 2:
		return "the network ended the dialogue";
	case 3:
		return "another program uses the modem for USSD";
	case 4:
		return "the network does not support this code";
	case 5:
		return "the network did not answer in time: try again";
	default:
		return "the modem gave an answer that says nothing";
	}
}

void worker_tell_ussd(struct worker *worker, const struct line_event *event)
{
	struct modem_word word = { .type = MODEM_WORD_USSD };
	struct modem_word_ussd *ussd = &word.ussd;
	size_t at = 0;

	ussd_decode(event->text, strlen(event->text), event->dcs, atomic_load(&worker->ucs2),
		    ussd->text);
	for (const char *c = event->text; *c && at < sizeof(ussd->raw) - 1; c++) {
		ussd->raw[at] = '?';
		if (*c == '\n')
			ussd->raw[at] = ' ';
		else if (*c >= ' ' && *c <= '~')
			ussd->raw[at] = *c;
		at++;
	}
	/* Many networks end the dialogue with their answer. */
	if (event->status == 1)
		ussd->end = MODEM_USSD_MENU;
	else if (event->status == 0 || (event->status == 2 && ussd->text[0] != '\0'))
		ussd->end = MODEM_USSD_DONE;
	else
		ussd->end = MODEM_USSD_FAILED;
	if (ussd->end == MODEM_USSD_FAILED)
		snprintf(ussd->reason, sizeof(ussd->reason), "%s",
			 failure_of_status(event->status));
	/* By itself, without a word: that concerns nobody. */
	if (agenda_close_ussd(worker->agenda, &ussd->id) || ussd->text[0] != '\0')
		say(worker->daemon, &word);
}
