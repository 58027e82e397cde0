/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The API's objects, as docs/api.md describes them.  Each function returns a new object, NULL when
 * memory is short.  Pure.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/core/submit.h"
#include "bridge/store/store.h"
#include "modem/wire.h"

struct json_member {
	const char *name; /* NULL ends the list */
	json_t *value;    /* taken; NULL: it could not be made */
};
json_t *json_members(const struct json_member *members);

json_t *json_of_error(const char *error, const char *message);
json_t *json_of_message(const struct store_message *message);
json_t *json_of_inbound(const struct store_inbound *inbound);
json_t *json_of_attention(const struct store_attention *item);
json_t *json_of_event(const struct store_event *event);

/* What is known of a modem, wherever it was learned. */
struct modem_view {
	const char *name, *device, *reason;
	const char *trouble; /* NULL or "": none */
	const char *number;  /* configured; NULL */
	enum modem_state state;
	bool held;
	struct store_quota quota;
	const struct modem_word_identity *identity;
	const struct modem_word_network *network;
	const struct store_sim_health *health;
	int64_t now_usec;
};
json_t *json_of_modem(const struct modem_view *view);

/* A list's page: items are taken; cursor 0: it was the last. */
json_t *json_of_page(json_t *items, int64_t next_cursor);

/* RFC 3339, null for 0. */
json_t *json_moment(int64_t at_usec);
/* null for NULL and "". */
json_t *json_optional(const char *string);
/* null for a negative number. */
json_t *json_known(int number);
/* Text that may hold NULs; null when it is not UTF-8. */
json_t *json_text(const char *text, size_t size);
const char *json_alphabet_name(enum sms_alphabet alphabet);

/*
 * Reads the body of POST /v1/messages: types are strict, unknown fields are errors, null is the same
 * as not given.  *ret_object holds the strings of *ret_request, whose list "to" is the caller's to
 * free; both also on failure.  Returns 0, -EINVAL with *refusal, -ENOMEM.
 */
int json_read_submit(const char *body, size_t size, json_t **ret_object,
		     struct submit_request *ret_request, struct refusal *refusal);
