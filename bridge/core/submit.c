/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks come in the order in which a person would fix them: id, text, options, moments, recipients.
 * The first that fails is answered; nothing is half done.
 */
#include "bridge/core/submit.h"

#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/base/number.h"
#include "bridge/base/utf8.h"

#define TTL_SECONDS_MAX INT64_C(31536000) /* a year */
#define PARTS_COUNTED_MAX 255             /* the most a concatenation element can number */

int refuse(struct refusal *refusal, unsigned status, const char *error, const char *format, ...)
{
	va_list arguments;

	refusal->status = status;
	refusal->error = error;
	va_start(arguments, format);
	vsnprintf(refusal->message, sizeof(refusal->message), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

bool submit_id_valid(const char *id)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._:-";
	size_t size = strlen(id);

	return size > 0 && size < STORE_ID_SIZE && strspn(id, allowed) == size;
}

/* ------------------------------------------------------------------ the text */

static int check_text(const char *field, const char *text, size_t size, struct refusal *refusal)
{
	if (size == 0)
		return refuse(refusal, 400, "EmptyText", "The %s is empty; write something.",
			      field);
	if (!utf8_valid(text, size))
		return refuse(refusal, 400, "InvalidText",
			      "The %s is not UTF-8; convert it, for example with iconv.", field);
	return 0;
}

static int cut_text(const struct config *config, struct submission *submission, const char *text,
		    size_t size, struct refusal *refusal)
{
	struct store_part_new *parts;
	int r;

	r = text_split(text, size, PARTS_COUNTED_MAX, &submission->split);
	if (r == -EMSGSIZE)
		return refuse(refusal, 400, "TooLong",
			      "The text needs more than %d SMS parts; the limit is %u. Shorten it.",
			      PARTS_COUNTED_MAX, config->delivery.max_parts);
	if (r < 0)
		return r;
	if (submission->split->count > config->delivery.max_parts)
		return refuse(refusal, 400, "TooLong",
			      "The text needs %zu SMS parts; the limit is %u. Shorten it, or raise "
			      "delivery.max_parts in the configuration.",
			      submission->split->count, config->delivery.max_parts);

	parts = calloc(submission->split->count, sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	submission->parts = parts;
	for (size_t i = 0; i < submission->split->count; i++) {
		parts[i].text = submission->split->text + submission->split->parts[i].offset;
		parts[i].text_size = submission->split->parts[i].size;
	}
	submission->message.parts = parts;
	submission->message.part_count = submission->split->count;
	submission->message.alphabet = submission->split->alphabet;
	return 0;
}

static int take_text(const struct config *config, const struct submit_request *request,
		     struct submission *submission, struct refusal *refusal)
{
	struct store_message_new *message = &submission->message;
	int r;

	if (!request->text)
		return refuse(refusal, 400, "MissingField", "\"text\" is missing: what to send.");
	r = check_text("text", request->text, request->text_size, refusal);
	if (r == 0 && request->sms_text)
		r = check_text("smsText", request->sms_text, request->sms_text_size, refusal);
	if (r < 0)
		return r;

	message->text = request->text;
	message->text_size = request->text_size;
	message->sms_text = request->sms_text;
	message->sms_text_size = request->sms_text_size;
	if (request->sms_text)
		return cut_text(config, submission, request->sms_text, request->sms_text_size,
				refusal);
	return cut_text(config, submission, request->text, request->text_size, refusal);
}

/* ------------------------------------------------------------------ options and moments */

static int take_options(const struct config *config, const struct submit_request *request,
			struct submission *submission, struct refusal *refusal)
{
	const char *on_unknown = request->on_unknown;

	if (request->id && !submit_id_valid(request->id))
		return refuse(refusal, 400, "InvalidId",
			      "\"id\" is 1 to 64 letters, digits and . _ : - (without spaces).");
	if (request->id && strncmp(request->id, STORE_ID_OWN, strlen(STORE_ID_OWN)) == 0)
		return refuse(refusal, 400, "InvalidId",
			      "An \"id\" that begins with \"" STORE_ID_OWN
			      "\" is the daemon's own; choose another.");
	if (request->from)
		return refuse(
			refusal, 400, "UnknownUser",
			"\"from\" names a user, and this version knows no users; leave it out.");
	if (request->channel && strcmp(request->channel, "ip") == 0)
		return refuse(refusal, 400, "NoChannel",
			      "No device is known that could be reached by IP; use the channel "
			      "\"auto\" or \"sms\".");
	if (request->channel && strcmp(request->channel, "auto") != 0 &&
	    strcmp(request->channel, "sms") != 0)
		return refuse(refusal, 400, "InvalidChannel",
			      "\"channel\" is \"auto\" or \"sms\".");
	if (request->confidential)
		return refuse(
			refusal, 400, "NoChannel",
			"A confidential text never goes by SMS, and there is no other channel; "
			"leave out \"confidential\", or send a discreet text.");
	if (request->priority < -128 || request->priority > 127)
		return refuse(refusal, 400, "InvalidPriority", "\"priority\" is -128 to 127.");
	if (on_unknown && strcmp(on_unknown, "resend") != 0 && strcmp(on_unknown, "hold") != 0)
		return refuse(refusal, 400, "InvalidField",
			      "\"onUnknown\" is \"resend\" or \"hold\".");

	submission->message.id = request->id;
	submission->message.priority = (int)request->priority;
	submission->message.hold_on_unknown =
		on_unknown ? strcmp(on_unknown, "hold") == 0
			   : config->delivery.on_unknown == CONFIG_ON_UNKNOWN_HOLD;
	return 0;
}

static int take_moment(const char *field, const char *text, int64_t now_usec, int64_t *ret_usec,
		       struct refusal *refusal)
{
	int64_t at_usec;

	if (clock_parse(text, &at_usec) < 0 || at_usec <= 0)
		return refuse(refusal, 400, "InvalidTime",
			      "\"%s\" is no moment; write it like 2026-12-01T09:00:00+08:00.",
			      field);
	if (at_usec > now_usec + TTL_SECONDS_MAX * USEC_PER_SEC)
		return refuse(refusal, 400, "InvalidTime", "\"%s\" is more than a year ahead.",
			      field);
	*ret_usec = at_usec;
	return 0;
}

static int take_moments(const struct config *config, const struct submit_request *request,
			int64_t now_usec, struct submission *submission, struct refusal *refusal)
{
	struct store_message_new *message = &submission->message;
	int64_t begin_usec = now_usec, ttl_seconds = request->ttl_seconds;
	int r;

	message->created_at_usec = now_usec;
	if (ttl_seconds != 0 && request->valid_until)
		return refuse(refusal, 400, "InvalidTime",
			      "\"ttl\" and \"validUntil\" say the same thing; give one of them.");
	if (ttl_seconds < 0 || ttl_seconds > TTL_SECONDS_MAX)
		return refuse(refusal, 400, "InvalidTime",
			      "\"ttl\" is a number of seconds, from 1 to a year.");

	if (request->schedule_at) {
		r = take_moment("scheduleAt", request->schedule_at, now_usec,
				&message->scheduled_at_usec, refusal);
		if (r < 0)
			return r;
		if (message->scheduled_at_usec > now_usec)
			begin_usec = message->scheduled_at_usec;
	}
	if (request->valid_until) {
		r = take_moment("validUntil", request->valid_until, begin_usec,
				&message->valid_until_usec, refusal);
		if (r < 0)
			return r;
		submission->too_late = message->valid_until_usec <= begin_usec;
		return 0;
	}
	if (ttl_seconds == 0)
		ttl_seconds = (int64_t)config->delivery.ttl_hours * 3600;
	message->valid_until_usec = begin_usec + ttl_seconds * USEC_PER_SEC;
	return 0;
}

/* ------------------------------------------------------------------ recipients */

/* A name begins with a letter of any script; a number never does. */
static bool looks_like_name(const char *typed)
{
	while (*typed == ' ')
		typed++;
	return (*typed >= 'A' && *typed <= 'Z') || (*typed >= 'a' && *typed <= 'z') ||
	       (unsigned char)*typed >= 0x80;
}

int submit_number(const struct config *config, const char *typed, char number[static NUMBER_SIZE],
		  struct refusal *refusal)
{
	const struct number_plan plan = { .country_code = config->country_code,
					  .trunk_prefix = config->trunk_prefix };
	enum number_error error;
	char sentence[256];

	if (looks_like_name(typed))
		return refuse(refusal, 400, "UnknownUser",
			      "\"%.60s\" is not a phone number, and this version knows no names; "
			      "write the number, like +8613800000001.",
			      typed);
	if (strlen(typed) >= STORE_NAME_SIZE)
		error = NUMBER_TOO_LONG;
	else
		error = number_normalize(&plan, typed, number);
	if (error == NUMBER_OK)
		return 0;
	return refuse(refusal, 400, "InvalidNumber", "%s",
		      number_explain(error, typed, sentence, sizeof(sentence)));
}

static bool number_is_among(const struct submission *submission, const char *number)
{
	for (size_t i = 0; i < submission->message.recipient_count; i++) {
		if (strcmp(submission->numbers[i], number) == 0)
			return true;
	}
	return false;
}

static int take_recipients(const struct config *config, const struct submit_request *request,
			   struct submission *submission, struct refusal *refusal)
{
	struct store_message_new *message = &submission->message;

	if (request->to_count == 0)
		return refuse(refusal, 400, "MissingField",
			      "\"to\" is missing: a list of phone numbers.");
	if (request->to_count > SUBMIT_RECIPIENTS_MAX)
		return refuse(refusal, 400, "TooManyRecipients",
			      "A message goes to at most %d recipients; this one has %zu. Send "
			      "several.",
			      SUBMIT_RECIPIENTS_MAX, request->to_count);

	submission->recipients = calloc(request->to_count, sizeof(*submission->recipients));
	submission->numbers = calloc(request->to_count, sizeof(*submission->numbers));
	if (!submission->recipients || !submission->numbers)
		return -ENOMEM;
	message->recipients = submission->recipients;
	for (size_t i = 0; i < request->to_count; i++) {
		size_t at = message->recipient_count;
		int r = submit_number(config, request->to[i], submission->numbers[at], refusal);

		if (r < 0)
			return r;
		if (number_is_among(submission, submission->numbers[at]))
			continue;
		submission->recipients[at].to = request->to[i];
		submission->recipients[at].number = submission->numbers[at];
		message->recipient_count++;
	}
	return 0;
}

/* ------------------------------------------------------------------ the digest */

static void digest_text(crypto_generichash_state *state, const char *text, size_t size)
{
	uint64_t length = text ? size : UINT64_MAX; /* not given is not the same as empty */

	crypto_generichash_update(state, (const unsigned char *)&length, sizeof(length));
	if (text)
		crypto_generichash_update(state, (const unsigned char *)text, size);
}

static void digest_string(crypto_generichash_state *state, const char *string)
{
	digest_text(state, string, string ? strlen(string) : 0);
}

/* Over what the caller wrote, each field with its length; defaults and the clock stay outside. */
static void submission_digest(const struct submit_request *request, struct submission *submission)
{
	crypto_generichash_state state;
	uint64_t count = submission->message.recipient_count;

	crypto_generichash_init(&state, NULL, 0, SUBMIT_DIGEST_SIZE);
	digest_text(&state, request->text, request->text_size);
	digest_text(&state, request->sms_text, request->sms_text_size);
	digest_string(&state, request->schedule_at);
	digest_string(&state, request->valid_until);
	digest_string(&state, request->on_unknown);
	crypto_generichash_update(&state, (const unsigned char *)&request->ttl_seconds,
				  sizeof(request->ttl_seconds));
	crypto_generichash_update(&state, (const unsigned char *)&request->priority,
				  sizeof(request->priority));
	crypto_generichash_update(&state, (const unsigned char *)&count, sizeof(count));
	for (size_t i = 0; i < count; i++)
		digest_string(&state, submission->recipients[i].number);
	crypto_generichash_final(&state, submission->digest, SUBMIT_DIGEST_SIZE);
	submission->message.digest = submission->digest;
}

/* ------------------------------------------------------------------ */

static void cleanup_submission(struct submission **submission)
{
	submission_free(*submission);
}

int submission_new(const struct config *config, const struct submit_request *request,
		   int64_t now_usec, struct submission **ret_submission,
		   struct refusal *ret_refusal)
{
	CLEANUP(cleanup_submission) struct submission *submission = NULL;
	int r;

	submission = calloc(1, sizeof(*submission));
	if (!submission)
		return -ENOMEM;
	r = take_options(config, request, submission, ret_refusal);
	if (r == 0)
		r = take_text(config, request, submission, ret_refusal);
	if (r == 0)
		r = take_moments(config, request, now_usec, submission, ret_refusal);
	if (r == 0)
		r = take_recipients(config, request, submission, ret_refusal);
	if (r < 0)
		return r;
	submission_digest(request, submission);
	*ret_submission = TAKE_PTR(submission);
	return 0;
}

struct submission *submission_free(struct submission *submission)
{
	if (!submission)
		return NULL;
	text_split_free(submission->split);
	free(submission->parts);
	free(submission->recipients);
	free(submission->numbers);
	free(submission);
	return NULL;
}
