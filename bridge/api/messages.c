/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /v1/messages: submitted, listed, looked at.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/api/json.h"
#include "bridge/api/request.h"
#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/forecast.h"
#include "bridge/core/pool.h"
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

/* Which modem would have it, as things are; NULL: none. */
static const struct radio *likely_radio(const struct bridge *bridge,
					const struct store_message_new *message)
{
	struct choice_sim sims[POOL_MAX];
	struct choice_pool pool = { .sims = sims, .count = pool_sims(bridge, sims) };
	const char *class = choice_class(&pool, message->recipients[0].number);
	const struct radio *best = NULL;
	unsigned least = 0;

	for (size_t i = 0; i < pool.count && !bridge->held; i++) {
		const struct radio *radio = bridge->radios[i];
		unsigned cost = sims[i].price * 2 + (radio_state(radio) != MODEM_STATE_READY);

		if (!sims[i].sends || !sims[i].has_left || !choice_serves(&sims[i], class) ||
		    choice_relieved(&pool, &sims[i], class))
			continue;
		if (!best || cost < least) {
			best = radio;
			least = cost;
		}
	}
	return best;
}

static const char *plan_reason(const struct bridge *bridge, const struct radio *radio,
			       bool is_known, const struct store_message_new *message)
{
	if (bridge->radio_count == 0)
		return "No modem is configured: it would wait. Add one under modems in the "
		       "configuration.";
	for (size_t i = 0; i < message->recipient_count; i++)
		if (!pool_serves(bridge, message->recipients[i].number))
			return CHOICE_NOBODY;
	if (bridge->held)
		return "Everything outgoing is held: it would wait until somebody says "
		       "footbridge release.";
	if (!is_known)
		return "No modem is ready: it would wait until one is.";
	if (message->scheduled_at_usec > clock_realtime_usec())
		return "It would wait for its moment.";
	if (!radio)
		return "It would wait: every modem that may send there has used up its quota.";
	return "It would go at once, after what waits already.";
}

static void answer_plan(struct request *request, const struct submission *submission,
			const struct forecast *forecast)
{
	const struct store_message_new *message = &submission->message;
	const struct radio *radio = likely_radio(request->bridge, message);
	const struct forecast_message ask = { .message = message };
	json_t *plan = json_of_plan(submission);
	int64_t done_usec = 0;
	bool is_known = forecast_message(forecast, &ask, &done_usec);
	const char *modem = radio ? radio_config(radio)->name : NULL;

	if (plan) {
		json_object_set_new(plan, "modem", json_optional(modem));
		json_object_set_new(plan, "expectedAt", json_moment(is_known ? done_usec : 0));
		json_object_set_new(
			plan, "reason",
			json_string(plan_reason(request->bridge, radio, is_known, message)));
	}
	request_answer(request, plan ? 200 : 503, plan);
}

static void refuse_too_late(struct request *request)
{
	struct refusal refusal;

	refuse(&refusal, 400, "InvalidTime",
	       "\"validUntil\" is over before the message could be sent; give a later moment.");
	request_refuse(request, &refusal);
}

static void refuse_too_many(struct request *request)
{
	char words[320], done[CLOCK_TEXT_SIZE];

	snprintf(words, sizeof(words),
		 "The quotas of the modems don't let all of this out before it is no longer worth "
		 "sending, but at the earliest %s%s. Give it more time (ttl), or allow that a part "
		 "of it expires (allowPartial).",
		 request->done_at_usec != 0 ? "by " : "in a year",
		 request->done_at_usec != 0 ? clock_format(request->done_at_usec, done) : "");
	request_answer(request, 409,
		       json_members((struct json_member[]){
			       { "error", json_string("WouldExpire") },
			       { "message", json_string(words) },
			       { "estimatedDoneAt", json_moment(request->done_at_usec) },
			       { NULL, NULL },
		       }));
}

/* forecast NULL: not asked for yet.  Nothing else is kept while the store is asked. */
static void submit(struct request *request, const struct forecast *forecast);

/* A repeat may come after its validity is over, or too late for quotas; a new message may not. */
static void repeat_looked_up(int error, const struct store_message *message, void *userdata)
{
	struct request *request = userdata;

	(void)message;
	if (error == -ENOENT && request->would_expire)
		refuse_too_many(request);
	else if (error == -ENOENT)
		refuse_too_late(request);
	else if (error < 0)
		request_fail(request, error, "message");
	else {
		request->is_repeat = true;
		submit(request, NULL);
	}
}

static void forecast_came(int error, const struct forecast *forecast, void *userdata)
{
	struct request *request = userdata;

	if (error < 0)
		request_fail(request, error, "message");
	else
		submit(request, forecast);
}

/* Quotas alone make it plain that it can't all be in time. */
static bool would_expire(struct request *request, const struct submission *submission,
			 const struct forecast *forecast)
{
	const struct store_message_new *message = &submission->message;
	const struct forecast_message alone = { .message = message, .quotas_alone = true };
	const struct forecast_message whole = { .message = message };
	int64_t done_usec;

	if (!forecast_message(forecast, &alone, &done_usec) ||
	    (done_usec != 0 && done_usec <= message->valid_until_usec))
		return false;
	request->would_expire = true;
	/* While no modem sends, the quotas are all that can be known. */
	if (!forecast_message(forecast, &whole, &request->done_at_usec))
		request->done_at_usec = done_usec;
	return true;
}

static bool needs_forecast(const struct request *request, const struct submit_request *asked)
{
	return asked->dry_run ||
	       (!asked->allow_partial && !request->is_repeat && forecast_matters(request->bridge));
}

/* Only what is stored already may come too late.  Returns 0 or the store's error. */
static int look_up_repeat(struct request *request, const struct submission *submission)
{
	if (submission->message.id)
		return store_message_get(request->bridge->store, submission->message.id,
					 repeat_looked_up, request);
	if (request->would_expire)
		refuse_too_many(request);
	else
		refuse_too_late(request);
	return 0;
}

static void submit_checked(struct request *request, const struct submission *submission,
			   const struct submit_request *asked, const struct forecast *forecast)
{
	struct store *store = request->bridge->store;
	bool late = submission->too_late && !request->is_repeat;
	int r = 0;

	if (!late && !forecast && needs_forecast(request, asked))
		r = forecast_ask(request->bridge, forecast_came, request);
	else if (!late && asked->dry_run)
		answer_plan(request, submission, forecast);
	else if (late || (forecast && would_expire(request, submission, forecast)))
		r = look_up_repeat(request, submission);
	else
		r = store_submit(store, &submission->message, message_submitted, request);
	if (r < 0)
		request_fail(request, r, "message");
}

static void submit(struct request *request, const struct forecast *forecast)
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
		submit_checked(request, submission, &submit_request, forecast);
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
	submit(request, NULL);
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
