/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See json.h.  Members are listed one a line; a value that could not be made makes the whole NULL.
 */
#include "bridge/api/json.h"

#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/core/health.h"

json_t *json_moment(int64_t at_usec)
{
	char text[CLOCK_TEXT_SIZE];

	return at_usec == 0 ? json_null() : json_string(clock_format(at_usec, text));
}

/* A sentence that was cut may end in half a character: no reason to answer nothing. */
json_t *json_optional(const char *string)
{
	json_t *value = string && string[0] ? json_string(string) : NULL;

	return value ? value : json_null();
}

json_t *json_known(int number)
{
	return number >= 0 ? json_integer(number) : json_null();
}

static json_t *json_words(const char *string)
{
	json_t *value = json_string(string);

	return value ? value : json_string("");
}

json_t *json_text(const char *text, size_t size)
{
	json_t *value = text ? json_stringn(text, size) : NULL;

	return value ? value : json_null();
}

const char *json_alphabet_name(enum sms_alphabet alphabet)
{
	switch (alphabet) {
	case SMS_ALPHABET_GSM7:
		return "gsm7";
	case SMS_ALPHABET_UCS2:
		return "ucs2";
	case SMS_ALPHABET_8BIT:
		return "8bit";
	}
	return "unknown";
}

json_t *json_members(const struct json_member *members)
{
	json_t *object = json_object();
	bool failed = !object;

	for (; members->name; members++) {
		if (failed)
			json_decref(members->value);
		else if (json_object_set_new(object, members->name, members->value) < 0)
			failed = true;
	}
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

json_t *json_of_error(const char *error, const char *message)
{
	/* What a caller sent may be quoted in it, cut anywhere. */
	json_t *text = json_string(message);

	return json_members((struct json_member[]){
		{ "error", json_string(error) },
		{ "message", text ? text : json_string("The request can't be understood.") },
		{ NULL, NULL },
	});
}

json_t *json_of_page(json_t *items, int64_t next_cursor)
{
	return json_members((struct json_member[]){
		{ "items", items },
		{ "next",
		  next_cursor > 0 ? json_sprintf("%lld", (long long)next_cursor) : json_null() },
		{ NULL, NULL },
	});
}

/* ------------------------------------------------------------------ messages going out */

static json_t *json_state(enum delivery_state state)
{
	return json_string(delivery_state_name(state));
}

static json_t *json_of_attempt(const struct store_attempt *attempt)
{
	return json_members((struct json_member[]){
		{ "channel", json_string("sms") },
		{ "modem", json_optional(attempt->modem) },
		{ "part", json_integer(attempt->part) },
		{ "state", json_state(attempt->state) },
		{ "at", json_moment(attempt->at_usec) },
		{ "endedAt", json_moment(attempt->ended_at_usec) },
		{ "reason", json_words(attempt->reason) },
		{ "error", json_optional(attempt->error) },
		{ "reference", json_known(attempt->reference) },
		{ "mayBeDuplicate", json_boolean(attempt->may_be_duplicate) },
		{ NULL, NULL },
	});
}

static json_t *json_of_delivery(const struct store_delivery *delivery)
{
	json_t *attempts = json_array();
	/* Which channel: known when something was tried on it. */
	const char *channel = delivery->modem[0] ? "sms" : NULL;

	for (size_t i = 0; attempts && delivery->attempts && i < delivery->attempt_count; i++)
		json_array_append_new(attempts, json_of_attempt(&delivery->attempts[i]));
	return json_members((struct json_member[]){
		{ "id", json_string(delivery->id) },
		{ "to", json_words(delivery->to) },
		{ "number", json_string(delivery->number) },
		{ "user", json_null() },
		{ "state", json_state(delivery->state) },
		{ "final", json_boolean(delivery->final) },
		{ "channel", json_optional(channel) },
		{ "modem", json_optional(delivery->modem) },
		{ "parts", json_integer(delivery->parts) },
		{ "partsSent", json_integer(delivery->parts_sent) },
		{ "partsDelivered", json_integer(delivery->parts_delivered) },
		{ "mayBeDuplicate", json_boolean(delivery->may_be_duplicate) },
		{ "reason", json_words(delivery->reason) },
		{ "nextAttemptAt", json_moment(delivery->next_attempt_usec) },
		{ "attempts", attempts },
		{ NULL, NULL },
	});
}

static json_t *json_of_counts(const unsigned counts[DELIVERY_STATE_COUNT])
{
	json_t *object = json_object();

	for (int state = 0; object && state < DELIVERY_STATE_COUNT; state++) {
		if (counts[state] > 0)
			json_object_set_new(object, delivery_state_name((enum delivery_state)state),
					    json_integer(counts[state]));
	}
	return object;
}

json_t *json_of_message(const struct store_message *message)
{
	json_t *recipients = json_array();

	for (size_t i = 0; recipients && i < message->delivery_count; i++)
		json_array_append_new(recipients, json_of_delivery(&message->deliveries[i]));
	return json_members((struct json_member[]){
		{ "id", json_string(message->id) },
		{ "direction", json_string("out") },
		{ "state", json_state(message->state) },
		{ "counts", json_of_counts(message->counts) },
		{ "text", json_text(message->text, message->text_size) },
		{ "smsText", json_text(message->sms_text, message->sms_text_size) },
		{ "channel", json_string("auto") },
		{ "createdAt", json_moment(message->created_at_usec) },
		{ "scheduleAt", json_moment(message->scheduled_at_usec) },
		{ "validUntil", json_moment(message->valid_until_usec) },
		{ "priority", json_integer(message->priority) },
		{ "onUnknown", json_string(message->hold_on_unknown ? "hold" : "resend") },
		{ "confidential", json_false() },
		{ "recipients", recipients },
		{ NULL, NULL },
	});
}

/* ------------------------------------------------------------------ messages coming in */

json_t *json_of_inbound(const struct store_inbound *inbound)
{
	return json_members((struct json_member[]){
		{ "id", json_string(inbound->id) },
		{ "direction", json_string("in") },
		{ "state", json_string(inbound_state_name(inbound->state)) },
		{ "kind", json_string(inbound_kind_name(inbound->kind)) },
		{ "port", json_known(inbound->port) },
		{ "from", json_optional(inbound->from) },
		{ "fromUser", json_null() },
		{ "modem", json_optional(inbound->modem) },
		{ "to", json_optional(inbound->to) },
		{ "text", json_text(inbound->text, inbound->text_size) },
		{ "sentAt", json_moment(inbound->sent_at_usec) },
		{ "receivedAt", json_moment(inbound->received_at_usec) },
		{ "conversation", json_optional(inbound->from) },
		{ "handledAt", json_moment(inbound->handled_at_usec) },
		{ NULL, NULL },
	});
}

json_t *json_of_attention(const struct store_attention *item)
{
	return json_members((struct json_member[]){
		{ "id", json_string(item->id) },
		{ "kind", json_string(attention_kind_name(item->kind)) },
		{ "at", json_moment(item->at_usec) },
		{ "doneAt", json_moment(item->done_at_usec) },
		{ "message", json_optional(item->message) },
		{ "recipient", json_optional(item->number) },
		{ "inbound", json_optional(item->inbound) },
		{ "modem", json_optional(item->modem) },
		{ "reason", json_words(item->reason) },
		{ NULL, NULL },
	});
}

/* ------------------------------------------------------------------ modems */

static json_t *json_of_quota(const struct store_quota *quota, const struct store_use *uses)
{
	json_t *object = json_object();

	for (int i = STORE_LIMIT_NONE + 1; object && i < STORE_LIMIT_COUNT; i++) {
		int limit = quota->limits[i] > 0 ? (int)quota->limits[i] : -1;

		json_object_set_new(object, store_limit_name((enum store_limit)i),
				    json_members((struct json_member[]){
					    { "used", json_integer(uses[i].used) },
					    { "limit", json_known(limit) },
					    { "until", json_moment(uses[i].until_usec) },
					    { NULL, NULL },
				    }));
	}
	return object;
}

json_t *json_of_modem(const struct modem_view *view)
{
	const struct modem_word_identity *identity = view->identity;
	const struct modem_word_network *network = view->network;
	const struct store_sim_health *health = view->health;
	const enum health_reports reports = health_reports(health, view->now_usec);

	return json_members((struct json_member[]){
		{ "name", json_string(view->name) },
		{ "state", json_string(modem_state_name(view->state)) },
		{ "reason", json_words(view->reason) },
		{ "trouble", json_optional(view->trouble) },
		{ "held", json_boolean(view->held) },
		{ "device", json_words(view->device) },
		{ "imei", json_optional(identity->imei) },
		{ "iccid", json_optional(identity->iccid) },
		{ "imsi", json_optional(identity->imsi) },
		{ "number", json_optional(view->number) },
		{ "manufacturer", json_optional(identity->manufacturer) },
		{ "model", json_optional(identity->model) },
		{ "firmware", json_optional(identity->firmware) },
		{ "serviceCentre", json_optional(identity->service_centre) },
		{ "registered", json_boolean(network->registered) },
		{ "roaming", json_boolean(network->roaming) },
		{ "registration", json_string(health_registration(network)) },
		{ "operator", json_optional(network->network_operator) },
		{ "signalPercent", json_known(network->signal_percent) },
		{ "storeUsed", json_known(network->store_used) },
		{ "storeSize", json_known(network->store_size) },
		{ "partsToday", json_integer(health->parts_today) },
		{ "failedToday", json_integer(health->failed_today) },
		{ "recentParts", json_integer(health->recent) },
		{ "recentFailed", json_integer(health->recent_failed) },
		{ "lastSentAt", json_moment(health->last_sent_usec) },
		{ "lastFailedAt", json_moment(health->last_failed_usec) },
		{ "lastError", json_optional(health->last_error) },
		{ "unreported", json_integer(health->unreported) },
		{ "lastReportAt", json_moment(health->last_report_usec) },
		{ "statusReports", json_optional(health_reports_name(reports)) },
		{ "quota", json_of_quota(&view->quota, health->uses) },
		{ "balance", json_optional(health->balance) },
		{ "balanceAt", json_moment(health->balance_at_usec) },
		{ NULL, NULL },
	});
}

/* ------------------------------------------------------------------ events */

static json_t *json_of_change(const struct store_event *event)
{
	return json_members((struct json_member[]){
		{ "message", json_string(event->message) },
		{ "delivery", json_string(event->delivery) },
		{ "to", json_words(event->to) },
		{ "number", json_string(event->number) },
		{ "stateFrom", json_state(event->from_state) },
		{ "state", json_state(event->to_state) },
		{ "final", json_boolean(event->final || delivery_state_final(event->to_state)) },
		{ "modem", json_optional(event->modem) },
		{ "reason", json_words(event->reason) },
		{ "error", json_optional(event->error) },
		{ NULL, NULL },
	});
}

static json_t *json_of_modem_change(const struct store_event *event)
{
	return json_members((struct json_member[]){
		{ "modem", json_words(event->modem) },
		{ "stateFrom", json_string(event->modem_from) },
		{ "state", json_string(event->modem_to) },
		{ "reason", json_words(event->reason) },
		{ NULL, NULL },
	});
}

/* The event has an id of its own: the message's is called "message", as in message.state. */
static json_t *json_of_arrival(const struct store_event *event)
{
	json_t *object = event->inbound ? json_of_inbound(event->inbound) : json_object();

	if (object && event->inbound) {
		json_object_set(object, "message", json_object_get(object, "id"));
		json_object_del(object, "id");
	}
	return object;
}

static json_t *json_of_alert(const struct store_event *event)
{
	return json_members((struct json_member[]){
		{ "attention",
		  event->attention ? json_of_attention(event->attention) : json_null() },
		{ NULL, NULL },
	});
}

static json_t *event_details(const struct store_event *event)
{
	switch (event->type) {
	case STORE_EVENT_MESSAGE_RECEIVED:
		return json_of_arrival(event);
	case STORE_EVENT_MESSAGE_STATE:
		return json_of_change(event);
	case STORE_EVENT_MODEM_STATE:
		return json_of_modem_change(event);
	case STORE_EVENT_ATTENTION:
		return json_of_alert(event);
	case STORE_EVENT_TYPE_COUNT:
		break;
	}
	return json_object();
}

json_t *json_of_event(const struct store_event *event)
{
	json_t *details = event_details(event);
	json_t *object = json_members((struct json_member[]){
		{ "id", json_integer(event->id) },
		{ "type", json_string(store_event_type_name(event->type)) },
		{ "at", json_moment(event->at_usec) },
		{ NULL, NULL },
	});

	if (!object || !details || json_object_update_missing(object, details) < 0) {
		json_decref(object);
		object = NULL;
	}
	json_decref(details);
	return object;
}
