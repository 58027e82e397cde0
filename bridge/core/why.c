/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See why.h.  A story is bounded: of many recipients the first are told, of many tries the first
 * and the last.
 */
#include "bridge/core/why.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "modem/text/split.h"

#define RECIPIENTS_TOLD 20
#define FIRST_TRIES_TOLD 3
#define LAST_TRIES_TOLD 12
#define MOMENT_SIZE 64
#define PARTS_MAX 255

__attribute__((format(printf, 2, 3))) static void tell(struct why_story *story, const char *format,
						       ...)
{
	va_list arguments;

	if (story->count == WHY_SENTENCES_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(story->sentences[story->count++], WHY_SENTENCE_SIZE, format, arguments);
	va_end(arguments);
}

/* "21 November 2026 at 11:54:03", by the clock on the wall. */
static const char *moment(int64_t at_usec, char buffer[static MOMENT_SIZE])
{
	static const char *const months[] = { "January",   "February", "March",    "April",
					      "May",       "June",     "July",     "August",
					      "September", "October",  "November", "December" };
	time_t seconds = (time_t)(at_usec / USEC_PER_SEC);
	struct tm local;

	if (!localtime_r(&seconds, &local))
		snprintf(buffer, MOMENT_SIZE, "an unknown moment");
	else
		snprintf(buffer, MOMENT_SIZE, "%d %s %d at %02d:%02d:%02d", local.tm_mday,
			 months[local.tm_mon], local.tm_year + 1900, local.tm_hour, local.tm_min,
			 local.tm_sec);
	return buffer;
}

/* ------------------------------------------------------------------ the message */

static void cleanup_split(struct text_split **split)
{
	text_split_free(*split);
}

static void tell_cut(struct why_story *story, const struct store_message *message)
{
	CLEANUP(cleanup_split) struct text_split *split = NULL;
	const char *text = message->sms_text ? message->sms_text : message->text;
	size_t size = message->sms_text ? message->sms_text_size : message->text_size;
	bool latin;

	if (!text || size == 0) {
		tell(story, "Its text has been forgotten, since it is that old.");
		return;
	}
	if (message->sms_text)
		tell(story, "By SMS another wording goes out than its text (smsText).");
	if (text_split(text, size, PARTS_MAX, &split) < 0)
		return;
	latin = split->alphabet == SMS_ALPHABET_GSM7;
	if (split->count == 1)
		tell(story, "It fits one SMS (%s).",
		     latin ? "up to 160 characters" : "up to 70 characters in its alphabet");
	else if (latin)
		tell(story,
		     "It is cut into %zu SMS parts, because one SMS holds 160 characters, and each "
		     "of several 153.",
		     split->count);
	else
		tell(story,
		     "It is cut into %zu SMS parts, because it has characters beyond the basic "
		     "alphabet of SMS: then one SMS holds 70 characters, and each of several 67.",
		     split->count);
}

static void tell_message(struct why_story *story, const struct store_message *message)
{
	char came[MOMENT_SIZE], other[MOMENT_SIZE];

	tell(story, "The message came on %s, for %zu recipient%s.",
	     moment(message->created_at_usec, came), message->delivery_count,
	     message->delivery_count == 1 ? "" : "s");
	tell_cut(story, message);
	if (message->scheduled_at_usec > message->created_at_usec)
		tell(story, "It was not to go before %s.",
		     moment(message->scheduled_at_usec, other));
	if (message->priority != 0)
		tell(story, "Its priority is %d: %s.", message->priority,
		     message->priority > 0 ? "it goes before ordinary ones"
					   : "ordinary ones go before it");
	tell(story, "It is worth sending until %s.", moment(message->valid_until_usec, other));
}

/* ------------------------------------------------------------------ tries */

/* What was heard of it later, when that is not just that the network took it. */
static const char *after_taking(const struct store_attempt *attempt)
{
	return attempt->state == DELIVERY_SENT ? "No report has come yet." : attempt->reason;
}

static void tell_attempt(struct why_story *story, const struct store_delivery *delivery,
			 const struct store_attempt *attempt, size_t number)
{
	char at[MOMENT_SIZE], part[48] = "", answer[WHY_SENTENCE_SIZE - 192], error[32] = "";
	int64_t lasted_msec = (attempt->ended_at_usec - attempt->at_usec) / USEC_PER_MSEC;

	if (delivery->parts > 1)
		snprintf(part, sizeof(part), "part %u of %u of ", attempt->part, delivery->parts);
	if (attempt->error[0])
		snprintf(error, sizeof(error), " (%s)", attempt->error);
	if (attempt->ended_at_usec == 0)
		snprintf(answer, sizeof(answer), "It has not answered yet.");
	else if (attempt->reference >= 0)
		snprintf(answer, sizeof(answer),
			 "After %lld.%lld seconds the network took it, with reference %d. %s",
			 (long long)(lasted_msec / 1000),
			 (long long)(llabs(lasted_msec) % 1000 / 100), attempt->reference,
			 after_taking(attempt));
	else
		snprintf(answer, sizeof(answer), "After %lld.%lld seconds%s: %s",
			 (long long)(lasted_msec / 1000),
			 (long long)(llabs(lasted_msec) % 1000 / 100), error,
			 attempt->reason[0] ? attempt->reason
					    : delivery_state_name(attempt->state));
	tell(story, "Try %zu: on %s modem %s was given %sit%s. %s", number,
	     moment(attempt->at_usec, at), attempt->modem, part,
	     attempt->may_be_duplicate ? ", perhaps for the second time" : "", answer);
}

static void tell_attempts(struct why_story *story, const struct store_delivery *delivery)
{
	size_t count = delivery->attempts ? delivery->attempt_count : 0;

	if (count == 0)
		tell(story, "No modem has been given it yet.");
	for (size_t i = 0; i < count; i++) {
		if (i == FIRST_TRIES_TOLD && count > FIRST_TRIES_TOLD + LAST_TRIES_TOLD) {
			size_t skipped = count - FIRST_TRIES_TOLD - LAST_TRIES_TOLD;

			tell(story, "Then there were %zu more tries.", skipped);
			i += skipped;
		}
		tell_attempt(story, delivery, &delivery->attempts[i], i + 1);
	}
}

/* ------------------------------------------------------------------ now, and next */

static bool modem_works(const struct why_modem *modem)
{
	return !modem->rests && !modem->limit &&
	       (modem->state == MODEM_STATE_READY || modem->state == MODEM_STATE_SENDING);
}

/* It may send to that number. */
static bool modem_serves(const struct why_situation *now, size_t modem, const char *number)
{
	const struct choice_pool pool = { .sims = now->sims, .count = now->modem_count };

	return !now->sims || choice_serves(&now->sims[modem], choice_class(&pool, number));
}

static void tell_modem(struct why_story *story, const struct why_modem *modem)
{
	if (modem->rests)
		tell(story, "Modem %s rests before its next try. %s", modem->name, modem->reason);
	else if (modem->limit &&
		 (modem->state == MODEM_STATE_READY || modem->state == MODEM_STATE_SENDING))
		tell(story, "Modem %s has used up %s.", modem->name, modem->limit);
	else
		tell(story, "Modem %s is %s%s%s.", modem->name, modem_state_name(modem->state),
		     modem->reason[0] ? ": " : "", modem->reason);
}

/* It has said which SIM is in it now; of any other the last one is known. */
static bool modem_has_sim(const struct why_modem *modem)
{
	return modem->state == MODEM_STATE_SEARCHING || modem->state == MODEM_STATE_READY ||
	       modem->state == MODEM_STATE_SENDING || modem->state == MODEM_STATE_HELD;
}

/* Which of the modems has the SIM that it waits for; if none can say so, the first that had it. */
static const struct why_modem *modem_of(const struct why_situation *now,
					const struct store_delivery *delivery)
{
	const struct why_modem *had = NULL;

	for (size_t i = 0; i < now->modem_count; i++) {
		const struct why_modem *modem = &now->modems[i];

		if (now->sims ? strcmp(now->sims[i].sim, delivery->sim) != 0
			      : strcmp(modem->name, delivery->modem) != 0)
			continue;
		if (modem_has_sim(modem))
			return modem;
		if (!had)
			had = modem;
	}
	return had;
}

/* The others may be as ready as they like. */
static void tell_bound(struct why_story *story, const struct why_situation *now,
		       const struct store_delivery *delivery)
{
	const struct why_modem *modem = modem_of(now, delivery);

	if (!modem) {
		tell(story,
		     "Now it waits for the SIM that it was given to, by modem %s: no modem has "
		     "that now. When it is gone for two minutes, another one may send all of it.",
		     delivery->modem);
	} else if (modem_works(modem)) {
		tell(story,
		     "Now it waits for its turn at modem %s, whose SIM was given it before: what came "
		     "before it, or has a higher priority, goes first.",
		     modem->name);
	} else {
		tell(story,
		     "Now it waits for modem %s, whose SIM was given it before. When its SIM is gone "
		     "for two minutes, another one may send all of it.",
		     modem->name);
		tell_modem(story, modem);
	}
}

static void tell_modems(struct why_story *story, const struct why_situation *now,
			const char *number)
{
	size_t serve = 0, work = 0;

	if (now->modem_count == 0) {
		tell(story, "Now it waits for a modem: none is configured.");
		return;
	}
	for (size_t i = 0; i < now->modem_count; i++) {
		serve += modem_serves(now, i, number);
		work += modem_serves(now, i, number) && modem_works(&now->modems[i]);
	}
	if (serve == 0) {
		tell(story, "Now it waits for a modem. " CHOICE_NOBODY);
		return;
	}
	if (work > 0) {
		tell(story, "Now it waits for its turn: a modem is ready, and what came before it, "
			    "or has a higher priority, goes first.");
		return;
	}
	tell(story, "Now it waits for a modem: none %sis ready.",
	     serve < now->modem_count ? "that may send to this number " : "");
	for (size_t i = 0; i < now->modem_count; i++)
		if (modem_serves(now, i, number))
			tell_modem(story, &now->modems[i]);
}

/* Why it waits, when no try has told that: for a quota. */
static const char *new_reason(const struct store_delivery *delivery)
{
	size_t count = delivery->attempts ? delivery->attempt_count : 0;

	if (count > 0 && strcmp(delivery->attempts[count - 1].reason, delivery->reason) == 0)
		return "";
	return delivery->reason;
}

static void tell_pending(struct why_story *story, const struct store_message *message,
			 const struct store_delivery *delivery, const struct why_situation *now)
{
	const char *reason = new_reason(delivery);
	char at[MOMENT_SIZE];

	if (now->held)
		tell(story, "Now everything outgoing is held: it waits until somebody says "
			    "footbridge release.");
	else if (message->scheduled_at_usec != 0 && delivery->attempt_count == 0 &&
		 (message->scheduled_at_usec > now->now_usec || !now->clock_trusted))
		tell(story, "Now it waits for its moment, %s.%s%s",
		     moment(message->scheduled_at_usec, at), now->clock_trusted ? "" : " ",
		     now->clock_trusted ? "" : now->clock_words);
	else if (delivery->next_attempt_usec > now->now_usec)
		tell(story, "Now it waits for the next try, on %s.%s%s",
		     moment(delivery->next_attempt_usec, at), reason[0] ? " " : "", reason);
	else if (delivery->sim[0])
		tell_bound(story, now, delivery);
	else
		tell_modems(story, now, delivery->number);
	tell(story, "If it can't be sent until %s, it expires, and somebody is alerted.",
	     moment(message->valid_until_usec, at));
}

static void tell_unknown(struct why_story *story, const struct store_message *message,
			 const struct store_delivery *delivery, const struct why_situation *now)
{
	int64_t last_usec = 0;
	char at[MOMENT_SIZE];

	for (size_t i = 0; delivery->attempts && i < delivery->attempt_count; i++) {
		const struct store_attempt *attempt = &delivery->attempts[i];

		if (attempt->state == DELIVERY_UNKNOWN && attempt->ended_at_usec > last_usec)
			last_usec = attempt->ended_at_usec;
	}
	tell(story, "Now nobody knows whether it went out: the modem was given it, and no answer "
		    "was heard. A status report of the network may still tell.");
	moment(last_usec + now->unknown_usec, at);
	if (!now->clock_trusted)
		tell(story, "How long that is waited for can't be said. %s", now->clock_words);
	else if (!message->hold_on_unknown && delivery->parts > 1)
		tell(story, "If none comes until %s, the part that is missing is sent again.", at);
	else if (!message->hold_on_unknown)
		tell(story,
		     "If none comes until %s, it is sent again, with \"(again)\" before its text.",
		     at);
	else if (last_usec + now->unknown_usec > now->now_usec)
		tell(story, "If none comes until %s, somebody is asked to decide.", at);
	else
		tell(story,
		     "It waits for a decision: footbridge message settle %s delivered, failed or "
		     "resend.",
		     message->id);
}

static void tell_sent(struct why_story *story, const struct store_message *message,
		      const struct store_delivery *delivery)
{
	char at[MOMENT_SIZE];

	if (delivery->final) {
		tell(story, "The network has it, and never reported what became of it; nothing "
			    "more is expected.");
		return;
	}
	tell(story,
	     "Now the network has it, and tries to bring it to the phone: %u of %u parts "
	     "are confirmed.",
	     delivery->parts_delivered, delivery->parts);
	tell(story, "A report is waited for until an hour after %s; without one it counts as sent.",
	     moment(message->valid_until_usec, at));
}

static void tell_now(struct why_story *story, const struct store_message *message,
		     const struct store_delivery *delivery, const struct why_situation *now)
{
	switch (delivery->state) {
	case DELIVERY_PENDING:
		tell_pending(story, message, delivery, now);
		break;
	case DELIVERY_SENDING:
		if (delivery->next_attempt_usec != 0) {
			tell(story, "%u of its %u parts are out.", delivery->parts_sent,
			     delivery->parts);
			tell_pending(story, message, delivery, now);
			break;
		}
		tell(story,
		     "Now it is being sent by modem %s: %u of %u parts are out. A modem that gives "
		     "no answer for 90 seconds is started anew.",
		     delivery->modem, delivery->parts_sent, delivery->parts);
		break;
	case DELIVERY_UNKNOWN:
		tell_unknown(story, message, delivery, now);
		break;
	case DELIVERY_SENT:
		tell_sent(story, message, delivery);
		break;
	case DELIVERY_DELIVERED:
	case DELIVERY_READ:
		tell(story, "It was delivered: the phone has it. Nothing more will happen.");
		break;
	case DELIVERY_FAILED:
	case DELIVERY_EXPIRED:
	case DELIVERY_CANCELLED:
		tell(story, "It %s: %s",
		     delivery->state == DELIVERY_FAILED    ? "failed"
		     : delivery->state == DELIVERY_EXPIRED ? "expired"
							   : "was cancelled",
		     delivery->reason[0] ? delivery->reason : "no reason is stored.");
		tell(story,
		     "Nothing more will happen, unless somebody says footbridge message "
		     "retry %s.",
		     message->id);
		break;
	case DELIVERY_STATE_COUNT:
		break;
	}
	if (delivery->may_be_duplicate)
		tell(story, "The phone may show it twice: it was sent again while nobody knew "
			    "whether it had gone out.");
}

struct why_story *why_tell(const struct store_message *message,
			   const struct why_situation *situation)
{
	struct why_story *story = calloc(1, sizeof(*story));
	size_t told = 0;

	if (!story)
		return NULL;
	tell_message(story, message);
	for (size_t i = 0; i < message->delivery_count; i++) {
		const struct store_delivery *delivery = &message->deliveries[i];

		if (situation->number && strcmp(situation->number, delivery->number) != 0)
			continue;
		if (told++ == RECIPIENTS_TOLD) {
			tell(story, "There are more recipients; ask for one by its number.");
			break;
		}
		tell(story, "To %s:", delivery->number);
		tell_attempts(story, delivery);
		tell_now(story, message, delivery, situation);
	}
	return story;
}
