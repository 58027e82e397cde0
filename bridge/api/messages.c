/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /v1/messages: submitted, listed, looked at.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/api/json.h"
#include "bridge/api/request.h"
#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/radio.h"
#include "bridge/core/tick.h"

static void cleanup_json(json_t **object)
{
	json_decref(*object);
}

static void cleanup_submission(struct submission **submission)
{
	submission_free(*submission);
}

/* ------------------------------------------------------------------ POST */

static void message_submitted(int error, const struct store_message *message, void *userdata)
{
	struct request *request = userdata;
	struct bridge *bridge = request->bridge;
	struct refusal refusal;

	if (error == -EEXIST) {
		refuse(&refusal, 409, "Conflict",
		       "There is a message with this \"id\" and other content; use another id.");
		request_refuse(request, &refusal);
	} else if (error == -EALREADY) {
		request_answer(request, 200, json_of_message(message));
	} else if (error < 0) {
		request_fail(request, error, "message");
	} else {
		bridge_store_worked(bridge);
		tick_by(bridge, message->valid_until_usec);
		log_record(LOG_MESSAGE_ACCEPTED, &(struct log_fields){ .message = message->id },
			   "A message of %zu bytes for %zu recipients was accepted.",
			   message->text_size, message->delivery_count);
		request_answer(request, 202, json_of_message(message));
		bridge_wake_radios(bridge);
	}
}

static json_t *json_of_plan(const struct submission *submission)
{
	const struct store_message_new *message = &submission->message;
	json_t *units = json_array(), *recipients = json_array();

	for (size_t i = 0; i < submission->split->count; i++)
		json_array_append_new(units, json_integer(submission->split->parts[i].units));
	for (size_t i = 0; i < message->recipient_count; i++)
		json_array_append_new(
			recipients,
			json_members((struct json_member[]){
				{ "to", json_string(message->recipients[i].to) },
				{ "number", json_string(message->recipients[i].number) },
				{ NULL, NULL },
			}));
	return json_members((struct json_member[]){
		{ "dryRun", json_true() },
		{ "parts", json_integer((json_int_t)message->part_count) },
		{ "alphabet", json_string(json_alphabet_name(message->alphabet)) },
		{ "units", units },
		{ "channel", json_string("sms") },
		{ "recipients", recipients },
		{ "scheduleAt", json_moment(message->scheduled_at_usec) },
		{ "validUntil", json_moment(message->valid_until_usec) },
		{ NULL, NULL },
	});
}

/* What waits already goes first; each part takes what parts took lately. */
static int64_t expected_at(const struct radio *radio, const struct store_overview *overview,
			   int64_t schedule_at_usec)
{
	uint64_t ahead =
		overview->deliveries[DELIVERY_PENDING] + overview->deliveries[DELIVERY_SENDING];
	int64_t at_usec = clock_realtime_usec() + (int64_t)ahead * radio_pace_usec(radio);

	return at_usec > schedule_at_usec ? at_usec : schedule_at_usec;
}

static void plan_overviewed(int error, const struct store_overview *overview, void *userdata)
{
	struct request *request = userdata;
	const struct radio *radio = bridge_free_radio(request->bridge);
	json_t *plan = request->items;
	const char *reason = "It would go at once, after what waits already.";
	int64_t schedule_at_usec = request->schedule_at_usec;

	request->items = NULL;
	if (error < 0) {
		json_decref(plan);
		request_fail(request, error, "message");
		return;
	}
	if (request->bridge->config->modem_count == 0)
		reason = "No modem is configured: it would wait. Add one under modems in the "
			 "configuration.";
	else if (!radio)
		reason = "No modem is ready: it would wait until one is.";
	else if (schedule_at_usec > clock_realtime_usec())
		reason = "It would wait for its moment.";
	json_object_set_new(plan, "modem",
			    radio ? json_string(modem_name(radio_modem(radio))) : json_null());
	json_object_set_new(plan, "expectedAt",
			    radio ? json_moment(expected_at(radio, overview, schedule_at_usec))
				  : json_null());
	json_object_set_new(plan, "reason", json_string(reason));
	request_answer(request, 200, plan);
}

static void answer_plan(struct request *request, const struct submission *submission)
{
	int r;

	request->items = json_of_plan(submission);
	if (!request->items) {
		request_answer(request, 503, NULL);
		return;
	}
	request->schedule_at_usec = submission->message.scheduled_at_usec;
	r = store_overview(request->bridge->store, plan_overviewed, request);
	if (r < 0)
		request_fail(request, r, "message");
}

static void refuse_too_late(struct request *request)
{
	struct refusal refusal;

	refuse(&refusal, 400, "InvalidTime",
	       "\"validUntil\" is over before the message could be sent; give a later moment.");
	request_refuse(request, &refusal);
}

static void submit(struct request *request, bool is_repeat);

/* A repeat may come after its validity is over; a new message may not. */
static void repeat_looked_up(int error, const struct store_message *message, void *userdata)
{
	struct request *request = userdata;

	(void)message;
	if (error == -ENOENT)
		refuse_too_late(request);
	else if (error < 0)
		request_fail(request, error, "message");
	else
		submit(request, true);
}

static void submit_checked(struct request *request, const struct submission *submission,
			   bool dry_run, bool is_repeat)
{
	struct store *store = request->bridge->store;
	int r = 0;

	if (submission->too_late && !is_repeat) {
		if (!submission->message.id) {
			refuse_too_late(request);
			return;
		}
		r = store_message_get(store, submission->message.id, repeat_looked_up, request);
	} else if (dry_run) {
		answer_plan(request, submission);
	} else {
		r = store_submit(store, &submission->message, message_submitted, request);
	}
	if (r < 0)
		request_fail(request, r, "message");
}

static void submit(struct request *request, bool is_repeat)
{
	CLEANUP(cleanup_submission) struct submission *submission = NULL;
	CLEANUP(cleanup_json) json_t *object = NULL;
	struct submit_request submit_request;
	struct refusal refusal;
	int r;

	r = json_read_submit(request->body, request->body_size, &object, &submit_request, &refusal);
	if (r == 0)
		r = submission_new(request->bridge->config, &submit_request, clock_realtime_usec(),
				   &submission, &refusal);
	if (r == -EINVAL)
		request_refuse(request, &refusal);
	else if (!submission)
		request_answer(request, 503, NULL);
	else
		submit_checked(request, submission, submit_request.dry_run, is_repeat);
	free(submit_request.to);
}

void handle_message_post(struct request *request)
{
	struct refusal refusal;

	if (request->bridge->stopping) {
		refuse(&refusal, 503, "Stopping",
		       "The daemon is stopping; send again when it runs.");
		request_refuse(request, &refusal);
		return;
	}
	submit(request, false);
}

/* ------------------------------------------------------------------ one */

static void message_read(int error, const struct store_message *message, void *userdata)
{
	struct request *request = userdata;

	if (error < 0)
		request_fail(request, error, "message");
	else
		request_answer(request, 200, json_of_message(message));
}

void handle_message_get(struct request *request)
{
	int r = store_message_get(request->bridge->store, request->segment, message_read, request);

	if (r < 0)
		request_fail(request, r, "message");
}

/* ------------------------------------------------------------------ the list */

static void messages_listed(int error, const struct store_message *messages, size_t count,
			    int64_t next_cursor, void *userdata)
{
	struct request *request = userdata;
	json_t *items;

	if (error < 0) {
		request_fail(request, error, "message");
		return;
	}
	items = json_array();
	for (size_t i = 0; items && i < count; i++)
		json_array_append_new(items, json_of_message(&messages[i]));
	request_answer(request, 200, json_of_page(items, next_cursor));
}

static int take_filter(const struct request *request, struct store_message_filter *filter,
		       char number[static NUMBER_SIZE], struct refusal *refusal)
{
	static const char *const names[] = { "state", "to", "since", "limit", "cursor", NULL };
	const char *state = request_query(request, "state"), *to = request_query(request, "to");
	const char *since = request_query(request, "since");
	enum delivery_state wanted;
	int r;

	r = request_query_check(request, names, refusal);
	if (r == 0)
		r = request_query_page(request, &filter->limit, &filter->before_cursor, refusal);
	if (r == 0 && to) {
		r = submit_number(request->bridge->config, to, number, refusal);
		filter->number = number;
	}
	if (r < 0)
		return r;
	if (state) {
		if (delivery_state_parse(state, &wanted) < 0)
			return refuse(refusal, 400, "InvalidField",
				      "\"state\" is pending, sending, unknown, sent, delivered, "
				      "read, failed, expired or cancelled.");
		filter->state = (int)wanted;
	}
	if (since && clock_parse(since, &filter->since_usec) < 0)
		return refuse(refusal, 400, "InvalidTime",
			      "\"since\" is no moment; write it like 2026-12-01T09:00:00Z.");
	return 0;
}

void handle_message_list(struct request *request)
{
	struct store_message_filter filter = { .state = -1 };
	char number[NUMBER_SIZE];
	struct refusal refusal;
	int r;

	if (take_filter(request, &filter, number, &refusal) < 0) {
		request_refuse(request, &refusal);
		return;
	}
	r = store_message_list(request->bridge->store, &filter, messages_listed, request);
	if (r < 0)
		request_fail(request, r, "message");
}
