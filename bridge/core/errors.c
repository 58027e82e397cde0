/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of errors and what follows from each.  Codes that are not listed are temporary ones, or
 * a vendor's catch-alls: refusing for good on a code that nobody knows would lose messages.
 */
#include "bridge/core/errors.h"

#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"

struct error_row {
	int code;
	enum send_error_class class;
	const char *words;
};

static const struct error_row cms_rows[] = {
	{ 1, SEND_ERROR_MESSAGE, "this number is not assigned to anybody" },
	{ 8, SEND_ERROR_SIM, "the operator bars this SIM from sending" },
	{ 10, SEND_ERROR_SUBSCRIBER, "sending is barred for this SIM" },
	{ 17, SEND_ERROR_TEMPORARY, "the network failed" },
	{ 21, SEND_ERROR_SUBSCRIBER,
	  "the network rejected the message: no credit, or the number is barred" },
	{ 22, SEND_ERROR_RECIPIENT, "the recipient's memory is full" },
	{ 27, SEND_ERROR_RECIPIENT, "the recipient's phone is out of service" },
	{ 28, SEND_ERROR_SIM, "the network does not know this SIM" },
	{ 29, SEND_ERROR_SIM, "the network refused this SIM the service" },
	{ 30, SEND_ERROR_SUBSCRIBER, "the network does not know this subscriber" },
	{ 38, SEND_ERROR_TEMPORARY, "the network is out of order" },
	{ 41, SEND_ERROR_TEMPORARY, "a temporary failure of the network" },
	{ 42, SEND_ERROR_TEMPORARY, "the network is congested" },
	{ 47, SEND_ERROR_TEMPORARY, "the network has no resources left" },
	{ 50, SEND_ERROR_SIM, "this SIM is not subscribed to text messages" },
	{ 69, SEND_ERROR_SIM, "the network does not offer text messages to this SIM" },
	{ 96, SEND_ERROR_MESSAGE, "the network found the message invalid" },
	{ 97, SEND_ERROR_MESSAGE, "the network does not know this type of message" },
	{ 98, SEND_ERROR_MESSAGE, "the message does not fit the protocol" },
	{ 99, SEND_ERROR_MESSAGE, "the network does not know an element of the message" },
	{ 111, SEND_ERROR_TEMPORARY, "a protocol error" },
	{ 192, SEND_ERROR_TEMPORARY, "the service centre is busy" },
	{ 193, SEND_ERROR_SIM, "this SIM has no subscription at the service centre" },
	{ 194, SEND_ERROR_TEMPORARY, "the service centre failed" },
	{ 195, SEND_ERROR_MESSAGE, "the service centre finds the number invalid" },
	{ 196, SEND_ERROR_MESSAGE, "the recipient is barred from receiving messages" },
	{ 197, SEND_ERROR_DUPLICATE, "the service centre has this message already" },
	{ 304, SEND_ERROR_MESSAGE, "the modem finds the message invalid" },
	{ 310, SEND_ERROR_SIM, "there is no SIM in the modem" },
	{ 311, SEND_ERROR_SIM, "the SIM wants its PIN" },
	{ 312, SEND_ERROR_SIM, "the modem is locked to another SIM" },
	{ 313, SEND_ERROR_SIM, "the SIM does not work" },
	{ 314, SEND_ERROR_TEMPORARY, "the SIM is busy" },
	{ 315, SEND_ERROR_SIM, "it is the wrong SIM" },
	{ 316, SEND_ERROR_SIM, "the SIM wants its PUK" },
	{ 317, SEND_ERROR_SIM, "the SIM wants its PIN2" },
	{ 318, SEND_ERROR_SIM, "the SIM wants its PUK2" },
	{ 322, SEND_ERROR_MEMORY_FULL, "the memory of the SIM is full" },
	{ 330, SEND_ERROR_SIM, "the SIM has no service centre number" },
	{ 331, SEND_ERROR_NO_NETWORK, "there is no network" },
	{ 332, SEND_ERROR_NO_ANSWER, "the network did not answer in time" },
	{ 500, SEND_ERROR_VENDOR, "the modem gives no cause" },
	{ 535, SEND_ERROR_TEMPORARY, "the network is busy" },
};

static const struct error_row cme_rows[] = {
	{ 10, SEND_ERROR_SIM, "there is no SIM in the modem" },
	{ 11, SEND_ERROR_SIM, "the SIM wants its PIN" },
	{ 12, SEND_ERROR_SIM, "the SIM wants its PUK" },
	{ 13, SEND_ERROR_SIM, "the SIM does not work" },
	{ 14, SEND_ERROR_TEMPORARY, "the SIM is busy" },
	{ 15, SEND_ERROR_SIM, "it is the wrong SIM" },
	{ 17, SEND_ERROR_SIM, "the SIM wants its PIN2" },
	{ 18, SEND_ERROR_SIM, "the SIM wants its PUK2" },
	{ 20, SEND_ERROR_MEMORY_FULL, "the memory of the SIM is full" },
	{ 30, SEND_ERROR_NO_NETWORK, "there is no network" },
	{ 31, SEND_ERROR_NO_ANSWER, "the network did not answer in time" },
	{ 32, SEND_ERROR_SIM, "the network allows this SIM emergency calls only" },
	{ 100, SEND_ERROR_VENDOR, "the modem gives no cause" },
};

static const struct error_row bare_row = { 0, SEND_ERROR_VENDOR, "the modem gives no cause" };
static const struct error_row vendor_row = { 0, SEND_ERROR_VENDOR,
					     "an error that only the modem's maker knows" };
static const struct error_row other_row = { 0, SEND_ERROR_TEMPORARY,
					    "the network or the modem refused for now" };

static const struct error_row *row_find(const struct error_row *rows, size_t count, int code)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].code == code)
			return &rows[i];
	}
	return NULL;
}

static const struct error_row *error_row(enum modem_error_kind kind, int code)
{
	const struct error_row *row = NULL;

	switch (kind) {
	case MODEM_ERROR_CMS:
		row = row_find(cms_rows, ARRAY_SIZE(cms_rows), code);
		if (!row && code >= 512) /* 27.005 3.2.5: 512... manufacturer specific */
			row = &vendor_row;
		break;
	case MODEM_ERROR_CME:
		row = row_find(cme_rows, ARRAY_SIZE(cme_rows), code);
		break;
	case MODEM_ERROR_NONE:
	case MODEM_ERROR_BARE:
	case MODEM_ERROR_KIND_COUNT:
		row = &bare_row;
		break;
	}
	return row ? row : &other_row;
}

enum send_error_class send_error_class(enum modem_error_kind kind, int code)
{
	return error_row(kind, code)->class;
}

int64_t send_retry_usec(unsigned tries)
{
	static const int64_t delays_usec[] = { 30 * USEC_PER_SEC, 2 * USEC_PER_MINUTE,
					       10 * USEC_PER_MINUTE, 30 * USEC_PER_MINUTE };

	return delays_usec[tries < ARRAY_SIZE(delays_usec) ? tries : ARRAY_SIZE(delays_usec) - 1];
}

int64_t send_rest_usec(const struct send_verdict *verdict, unsigned rests)
{
	int64_t rest_usec = send_retry_usec(rests);

	/* One bad number is not to hold up all others for long. */
	return verdict->perhaps_recipient ? MIN(rest_usec, 2 * USEC_PER_MINUTE) : rest_usec;
}

/* What never reached the air costs nobody anything: the first try follows at once. */
static int64_t not_sent_retry_usec(unsigned tries)
{
	return tries == 0 ? 2 * USEC_PER_SEC : send_retry_usec(tries - 1);
}

static void error_text(enum modem_error_kind kind, int code, char text[static SEND_ERROR_SIZE])
{
	switch (kind) {
	case MODEM_ERROR_CMS:
		snprintf(text, SEND_ERROR_SIZE, "CMS/%d", code);
		break;
	case MODEM_ERROR_CME:
		snprintf(text, SEND_ERROR_SIZE, "CME/%d", code);
		break;
	case MODEM_ERROR_BARE:
		snprintf(text, SEND_ERROR_SIZE, "ERROR");
		break;
	case MODEM_ERROR_NONE:
	case MODEM_ERROR_KIND_COUNT:
		text[0] = '\0';
		break;
	}
}

static void verdict_say(struct send_verdict *verdict, const char *before, const char *words,
			const char *after)
{
	const char *sep = before[0] != '\0' ? ": " : "";

	snprintf(verdict->reason, sizeof(verdict->reason), "%s%s%s.%s", before, sep, words, after);
	if (before[0] == '\0' && words[0] >= 'a' && words[0] <= 'z')
		verdict->reason[0] = (char)(words[0] - 'a' + 'A');
}

/* Without a network a modem refuses with whatever code it likes. */
static bool is_for_want_of_network(enum send_error_class class, bool registered)
{
	switch (class) {
	case SEND_ERROR_NO_NETWORK:
		return true;
	case SEND_ERROR_MESSAGE:
	case SEND_ERROR_DUPLICATE:
	case SEND_ERROR_NO_ANSWER:
		return false; /* said of the message itself, or by the network */
	case SEND_ERROR_SIM:
	case SEND_ERROR_SUBSCRIBER:
	case SEND_ERROR_VENDOR:
	case SEND_ERROR_MEMORY_FULL:
	case SEND_ERROR_RECIPIENT:
	case SEND_ERROR_TEMPORARY:
	case SEND_ERROR_CLASS_COUNT:
		break;
	}
	return !registered;
}

/* The message is free to go another way at once; this SIM waits. */
static void judge_no_network(const struct error_row *row, const struct send_situation *situation,
			     struct send_verdict *verdict)
{
	static const char waits[] = " The message waits until the modem is registered again; "
				    "this counts as no try.";

	verdict->event = PART_REFUSED;
	verdict->excused = true;
	verdict->sim_rests = true;
	verdict->may_be_duplicate = row->class == SEND_ERROR_VENDOR && situation->handed_over;
	verdict_say(verdict,
		    row->class == SEND_ERROR_NO_NETWORK ? "" : "Refused while there was no network",
		    row->words, waits);
}

static void judge_refused(const struct error_row *row, const struct send_situation *situation,
			  struct send_verdict *verdict)
{
	verdict->event = PART_REFUSED;
	verdict->retry_after_usec = send_retry_usec(situation->tries);
	switch (row->class) {
	case SEND_ERROR_MESSAGE:
		verdict->event = PART_REFUSED_FOR_GOOD;
		verdict->retry_after_usec = 0;
		verdict_say(verdict, "Refused for good", row->words, "");
		break;
	case SEND_ERROR_SIM:
		verdict->sim_rests = true;
		verdict_say(verdict, "", row->words,
			    " The message waits; ask the SIM's operator, or put in another SIM.");
		break;
	case SEND_ERROR_SUBSCRIBER:
		if (situation->refusals >= 1 && situation->others_succeed) {
			verdict->event = PART_REFUSED_FOR_GOOD;
			verdict->retry_after_usec = 0;
			verdict_say(verdict, "Refused twice, while messages to others went out",
				    row->words, "");
		} else {
			verdict->sim_rests = !situation->others_succeed;
			verdict->perhaps_recipient = true;
			verdict_say(verdict, "", row->words, " It will be tried again.");
		}
		break;
	case SEND_ERROR_DUPLICATE:
		verdict->event = PART_ACCEPTED;
		verdict->retry_after_usec = 0;
		verdict_say(verdict, "", row->words, "");
		break;
	case SEND_ERROR_NO_ANSWER:
		verdict->event = PART_LOST_SIGHT;
		verdict->retry_after_usec = 0;
		verdict_say(verdict, "", row->words, " It may have gone out all the same.");
		break;
	case SEND_ERROR_VENDOR:
		verdict->may_be_duplicate = situation->handed_over;
		verdict_say(verdict, "", row->words,
			    situation->handed_over
				    ? " It will be tried again, and may then arrive twice."
				    : " It had not taken the message yet; it will be tried again.");
		break;
	case SEND_ERROR_RECIPIENT:
		verdict->sim_blameless = true;
		verdict_say(verdict, "", row->words, " It will be tried again.");
		break;
	case SEND_ERROR_MEMORY_FULL:
	case SEND_ERROR_NO_NETWORK:
	case SEND_ERROR_TEMPORARY:
	case SEND_ERROR_CLASS_COUNT:
		verdict_say(verdict, "", row->words, " It will be tried again.");
		break;
	}
}

void send_judge(const struct modem_word_outcome *outcome, const struct send_situation *situation,
		struct send_verdict *ret)
{
	const struct error_row *row = error_row(outcome->error_kind, outcome->error_code);

	*ret = (struct send_verdict){ .event = PART_LOST_SIGHT };
	error_text(outcome->error_kind, outcome->error_code, ret->error);

	switch (outcome->outcome) {
	case MODEM_OUTCOME_SENT:
		ret->event = PART_ACCEPTED;
		verdict_say(ret, "", "the network took it", "");
		break;
	case MODEM_OUTCOME_REFUSED:
		if (is_for_want_of_network(row->class, situation->registered))
			judge_no_network(row, situation, ret);
		else
			judge_refused(row, situation, ret);
		break;
	case MODEM_OUTCOME_NOT_SENT:
		ret->event = PART_NOT_SENT;
		ret->retry_after_usec = not_sent_retry_usec(situation->tries);
		verdict_say(ret, "", "the modem stopped before the message was on the air",
			    " It will be tried again.");
		break;
	case MODEM_OUTCOME_UNKNOWN:
	case MODEM_OUTCOME_COUNT:
		verdict_say(ret, "", "the modem was given the message, and no answer was heard",
			    " It may have gone out, so it is not simply sent again.");
		break;
	}
}
