/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /v1/messages/ID: what can be ordered of a message that is stored, and the story of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/api/json.h"
#include "bridge/api/request.h"
#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/core/pool.h"
#include "bridge/core/radio.h"
#include "bridge/core/tick.h"
#include "bridge/core/used_up.h"
#include "bridge/core/why.h"

#define MODEMS_MAX POOL_MAX

/* ------------------------------------------------------------------ cancel, retry, settle */

static const char *state_words(const struct store_message *message)
{
	switch (message ? message->state : DELIVERY_STATE_COUNT) {
	case DELIVERY_PENDING:
		return "it still waits for its turn";
	case DELIVERY_SENDING:
		return "it is on the air";
	case DELIVERY_UNKNOWN:
		return "nobody knows whether it went out; decide with \"settle\"";
	case DELIVERY_SENT:
		return "the network has it";
	case DELIVERY_DELIVERED:
	case DELIVERY_READ:
		return "it was delivered";
	case DELIVERY_FAILED:
		return "it has failed";
	case DELIVERY_EXPIRED:
		return "it has expired";
	case DELIVERY_CANCELLED:
		return "it is cancelled already";
	case DELIVERY_STATE_COUNT:
		break;
	}
	return "it is on the air or over";
}

static void answer_order(struct request *request, int error, const struct store_message *message,
			 const char *conflict)
{
	struct bridge *bridge = request->bridge;
	struct refusal refusal;

	if (error == -EBUSY) {
		refuse(&refusal, 409, "Conflict", "%s: %s.", conflict, state_words(message));
		request_refuse(request, &refusal);
		return;
	}
	if (error < 0) {
		request_fail(request, error, "message");
		return;
	}
	bridge_store_worked(bridge);
	tick_by(bridge, message->valid_until_usec);
	request_answer(request, 200, json_of_message(message));
	bridge_wake_radios(bridge);
}

static void message_cancelled(int error, const struct store_message *message, void *userdata)
{
	answer_order(userdata, error, message,
		     "Only what is still pending can be cancelled; of this message");
}

static void message_retried(int error, const struct store_message *message, void *userdata)
{
	answer_order(userdata, error, message,
		     "Only what failed, expired or was cancelled can be sent again");
}

static void message_settled(int error, const struct store_message *message, void *userdata)
{
	answer_order(userdata, error, message, "Only what is unknown can be settled");
}

void handle_message_cancel(struct request *request)
{
	int r = store_message_cancel(request->bridge->store, request->segment,
				     clock_realtime_usec(), message_cancelled, request);

	if (r < 0)
		request_fail(request, r, "message");
}

void handle_message_retry(struct request *request)
{
	int r = store_message_retry(request->bridge->store, request->segment, clock_realtime_usec(),
				    message_retried, request);

	if (r < 0)
		request_fail(request, r, "message");
}

/* {"as":"delivered"} and nothing else. */
static int read_settlement(const struct request *request, enum store_settlement *ret)
{
	json_t *object = json_loadb(request->body ? request->body : "", request->body_size,
				    JSON_REJECT_DUPLICATES, NULL);
	const char *as = json_string_value(json_object_get(object, "as"));
	int r = json_object_size(object) == 1 && as ? 0 : -EINVAL;

	if (r == 0 && strcmp(as, "delivered") == 0)
		*ret = STORE_SETTLE_DELIVERED;
	else if (r == 0 && strcmp(as, "failed") == 0)
		*ret = STORE_SETTLE_FAILED;
	else if (r == 0 && strcmp(as, "resend") == 0)
		*ret = STORE_SETTLE_RESEND;
	else
		r = -EINVAL;
	json_decref(object);
	return r;
}

void handle_message_settle(struct request *request)
{
	enum store_settlement settlement = STORE_SETTLE_DELIVERED;
	struct refusal refusal;
	int r;

	if (read_settlement(request, &settlement) < 0) {
		refuse(&refusal, 400, "InvalidField",
		       "The request is {\"as\":\"delivered\"}, \"failed\" or \"resend\".");
		request_refuse(request, &refusal);
		return;
	}
	r = store_message_settle(request->bridge->store, request->segment, settlement,
				 clock_realtime_usec(), message_settled, request);
	if (r < 0)
		request_fail(request, r, "message");
}

/* ------------------------------------------------------------------ why */

static json_t *json_of_story(const struct store_message *message, struct bridge *bridge,
			     const char *number)
{
	struct why_modem modems[MODEMS_MAX];
	struct choice_sim sims[MODEMS_MAX];
	char limits[MODEMS_MAX][QUOTA_WORDS_SIZE];
	struct store_now now = bridge_now(bridge);
	struct why_situation situation = {
		.now_usec = now.usec,
		.clock_trusted = now.trusted,
		.clock_words = clock_explain(bridge->clock),
		.held = bridge->held,
		.unknown_usec = tick_unknown_usec(bridge),
		.modems = modems,
		.sims = sims,
		.number = number,
	};
	CLEANUP_FREE struct why_story *story = NULL;
	json_t *list;

	for (size_t i = 0; i < bridge->radio_count && i < MODEMS_MAX; i++) {
		const struct radio *radio = bridge->radios[i];
		enum store_limit limit = radio_limit(radio, NULL);

		quota_words(radio, limits[i]);
		modems[situation.modem_count++] = (struct why_modem){
			.name = radio_config(radio)->name,
			.state = radio_state(radio),
			.reason = radio_reason(radio),
			.rests = radio_is_resting(radio),
			.limit = limit == STORE_LIMIT_NONE ? NULL : limits[i],
		};
	}
	(void)pool_sims(bridge, sims);
	story = why_tell(message, &situation);
	list = story ? json_array() : NULL;
	for (size_t i = 0; list && i < story->count; i++)
		json_array_append_new(list, json_optional(story->sentences[i]));
	return json_members((struct json_member[]){
		{ "id", json_string(message->id) },
		{ "story", list },
		{ NULL, NULL },
	});
}

/* Who was asked for: a number, or everybody when it was the message's id. */
static const char *story_number(const struct request *request, const struct store_message *message,
				char number[static NUMBER_SIZE])
{
	struct refusal ignored;

	if (strcmp(message->id, request->segment) == 0 ||
	    submit_number(request->bridge->config, request->segment, number, &ignored) < 0)
		return NULL;
	return number;
}

static void story_read(int error, const struct store_message *message, void *userdata)
{
	struct request *request = userdata;
	char number[NUMBER_SIZE];

	if (error < 0)
		request_fail(request, error, "message");
	else
		request_answer(request, 200,
			       json_of_story(message, request->bridge,
					     story_number(request, message, number)));
}

static void newest_found(int error, const struct store_message *messages, size_t count,
			 int64_t next_cursor, void *userdata)
{
	struct request *request = userdata;
	int r = error;

	(void)next_cursor;
	if (r == 0 && count == 0)
		r = -ENOENT;
	if (r == 0)
		r = store_message_get(request->bridge->store, messages[0].id, story_read, request);
	if (r < 0)
		request_fail(request, r, "message, and none to such a number");
}

static void id_looked_up(int error, const struct store_message *message, void *userdata)
{
	struct request *request = userdata;
	struct store_message_filter filter = { .state = -1, .limit = 1 };
	char number[NUMBER_SIZE];
	struct refusal ignored;
	int r;

	if (error != -ENOENT ||
	    submit_number(request->bridge->config, request->segment, number, &ignored) < 0) {
		story_read(error, message, request);
		return;
	}
	filter.number = number;
	r = store_message_list(request->bridge->store, &filter, newest_found, request);
	if (r < 0)
		request_fail(request, r, "message");
}

void handle_message_why(struct request *request)
{
	int r = store_message_get(request->bridge->store, request->segment, id_looked_up, request);

	if (r < 0)
		request_fail(request, r, "message");
}
