/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A request to send, checked whole and made into what the store takes: recipients normalized, the
 * text cut into parts, moments computed, the digest that makes a repeat recognisable.  Pure but for
 * memory: the clock and the configuration are passed in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/store/store.h"
#include "config/config.h"
#include "modem/text/split.h"

#define SUBMIT_RECIPIENTS_MAX 1000
#define SUBMIT_DIGEST_SIZE 32

/* What the caller asked for, as it was written.  NULL: not given. */
struct submit_request {
	const char *id;
	const char *text, *sms_text;
	size_t text_size, sms_text_size;
	const char **to;
	size_t to_count;
	const char *from;
	const char *channel;                   /* "auto", "sms"; "ip" can't be served */
	const char *schedule_at, *valid_until; /* RFC 3339 */
	int64_t ttl_seconds;                   /* 0 not given */
	int64_t priority;
	bool confidential;
	const char *on_unknown; /* "resend", "hold" */
	bool dry_run;
	bool allow_partial; /* also if not all of it can be in time */
};

/* Why a request is refused: an HTTP status, the API's code, a sentence with what to do. */
struct refusal {
	unsigned status;
	const char *error;
	char message[512];
};

struct submission {
	struct store_message_new message; /* points into the request and into the fields below */
	struct text_split *split;
	struct store_part_new *parts;
	struct store_recipient_new *recipients;
	char (*numbers)[NUMBER_SIZE];
	uint8_t digest[SUBMIT_DIGEST_SIZE];
	bool too_late; /* its validity is over: only a repeat of what is stored may have that */
};

/*
 * Returns 0 and *ret_submission (submission_free; valid as long as the request is), -EINVAL with
 * *ret_refusal filled, -ENOMEM.
 */
int submission_new(const struct config *config, const struct submit_request *request,
		   int64_t now_usec, struct submission **ret_submission,
		   struct refusal *ret_refusal);
struct submission *submission_free(struct submission *submission);

/* True for 1..64 of [A-Za-z0-9._:-]. */
bool submit_id_valid(const char *id);

/* What a person typed as a recipient, in its stored form.  Returns 0, -EINVAL with *refusal. */
int submit_number(const struct config *config, const char *typed, char number[static NUMBER_SIZE],
		  struct refusal *refusal);

/* Fills *refusal and returns -EINVAL. */
__attribute__((format(printf, 4, 5))) int refuse(struct refusal *refusal, unsigned status,
						 const char *error, const char *format, ...);
