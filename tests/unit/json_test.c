/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The API's objects (bridge/api/json.h), compared with what docs/api.md promises.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/api/json.h"
#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"

#define AT_USEC INT64_C(1796112000000000) /* 2026-12-01T08:00:00Z */

static void cleanup_json(json_t **object)
{
	json_decref(*object);
}

#define CLEANUP_JSON CLEANUP(cleanup_json)

static void assert_json(const json_t *object, const char *expected)
{
	CLEANUP_JSON json_t *wanted = json_loads(expected, JSON_ALLOW_NUL, NULL);

	assert_non_null(object);
	assert_non_null(wanted);
	if (!json_equal(object, wanted)) {
		CLEANUP_FREE char *text = json_dumps(object, JSON_COMPACT);

		fail_msg("it is %s\nand should be %s", text, expected);
	}
}

static void a_message_is_as_documented(void **state)
{
	struct store_attempt attempt = { .modem = "north",
					 .part = 1,
					 .state = DELIVERY_SENT,
					 .reason = "The network took it.",
					 .at_usec = AT_USEC,
					 .ended_at_usec = AT_USEC + 1000,
					 .reference = 17 };
	struct store_delivery delivery = { .id = "d1",
					   .to = "13800000001",
					   .number = "+8613800000001",
					   .state = DELIVERY_SENT,
					   .reason = "The network took it.",
					   .modem = "north",
					   .parts = 1,
					   .parts_sent = 1,
					   .attempts = &attempt,
					   .attempt_count = 1 };
	const struct store_message message = { .id = "m1",
					       .state = DELIVERY_SENT,
					       .counts = { [DELIVERY_SENT] = 1 },
					       .text = "a\0b",
					       .text_size = 3,
					       .created_at_usec = AT_USEC,
					       .valid_until_usec = AT_USEC,
					       .priority = -5,
					       .deliveries = &delivery,
					       .delivery_count = 1 };
	CLEANUP_JSON json_t *object = json_of_message(&message);

	(void)state;
	assert_json(
		object,
		"{\"id\":\"m1\",\"direction\":\"out\",\"state\":\"sent\",\"counts\":{\"sent\":1},"
		"\"text\":\"a\\u0000b\",\"smsText\":null,\"channel\":\"auto\","
		"\"createdAt\":\"2026-12-01T08:00:00.000Z\",\"scheduleAt\":null,"
		"\"validUntil\":\"2026-12-01T08:00:00.000Z\",\"priority\":-5,"
		"\"onUnknown\":\"resend\",\"confidential\":false,\"recipients\":["
		"{\"id\":\"d1\",\"to\":\"13800000001\",\"number\":\"+8613800000001\","
		"\"user\":null,\"state\":\"sent\",\"final\":false,\"channel\":\"sms\","
		"\"modem\":\"north\",\"parts\":1,\"partsSent\":1,\"partsDelivered\":0,"
		"\"mayBeDuplicate\":false,\"reason\":\"The network took it.\","
		"\"nextAttemptAt\":null,\"attempts\":[{\"channel\":\"sms\","
		"\"modem\":\"north\",\"part\":1,\"state\":\"sent\","
		"\"at\":\"2026-12-01T08:00:00.000Z\",\"endedAt\":\"2026-12-01T08:00:00.001Z\","
		"\"reason\":\"The network took it.\",\"error\":null,\"reference\":17,"
		"\"mayBeDuplicate\":false}]}]}");
}

static struct store_inbound inbound_make(void)
{
	return (struct store_inbound){ .id = "i1",
				       .state = INBOUND_RECEIVED,
				       .from = "+8613900000001",
				       .modem = "north",
				       .port = -1,
				       .text = "好",
				       .text_size = 3,
				       .sent_at_usec = AT_USEC,
				       .received_at_usec = AT_USEC };
}

static void an_inbound_message_is_as_documented(void **state)
{
	const struct store_inbound inbound = inbound_make();
	CLEANUP_JSON json_t *object = json_of_inbound(&inbound);

	(void)state;
	assert_json(object,
		    "{\"id\":\"i1\",\"direction\":\"in\",\"state\":\"received\","
		    "\"kind\":\"text\",\"port\":null,"
		    "\"from\":\"+8613900000001\",\"fromUser\":null,\"modem\":\"north\",\"to\":null,"
		    "\"text\":\"好\",\"sentAt\":\"2026-12-01T08:00:00.000Z\","
		    "\"receivedAt\":\"2026-12-01T08:00:00.000Z\","
		    "\"conversation\":\"+8613900000001\",\"handledAt\":null}");
}

static void data_for_a_port_says_so(void **state)
{
	struct store_inbound inbound = inbound_make();
	CLEANUP_JSON json_t *object = NULL;

	(void)state;
	inbound.kind = INBOUND_DATA;
	inbound.port = 2948;
	object = json_of_inbound(&inbound);
	assert_string_equal(json_string_value(json_object_get(object, "kind")), "data");
	assert_int_equal(json_integer_value(json_object_get(object, "port")), 2948);
}

static void a_received_event_holds_the_message_and_both_ids(void **state)
{
	const struct store_inbound inbound = inbound_make();
	const struct store_event event = { .id = 7,
					   .type = STORE_EVENT_MESSAGE_RECEIVED,
					   .at_usec = AT_USEC,
					   .inbound = &inbound };
	CLEANUP_JSON json_t *object = json_of_event(&event);

	(void)state;
	assert_non_null(object);
	assert_int_equal(json_integer_value(json_object_get(object, "id")), 7);
	assert_string_equal(json_string_value(json_object_get(object, "type")), "message.received");
	assert_string_equal(json_string_value(json_object_get(object, "message")), "i1");
	assert_string_equal(json_string_value(json_object_get(object, "text")), "好");
	assert_string_equal(json_string_value(json_object_get(object, "from")), "+8613900000001");
}

static void a_state_event_says_from_what_to_what(void **state)
{
	const struct store_event event = { .id = 8,
					   .type = STORE_EVENT_MESSAGE_STATE,
					   .at_usec = AT_USEC,
					   .message = "m1",
					   .delivery = "d1",
					   .to = "13800000001",
					   .number = "+8613800000001",
					   .from_state = DELIVERY_SENDING,
					   .to_state = DELIVERY_FAILED,
					   .modem = "north",
					   .reason = "No.",
					   .error = "CMS/1" };
	CLEANUP_JSON json_t *object = json_of_event(&event);

	(void)state;
	assert_json(
		object,
		"{\"id\":8,\"type\":\"message.state\",\"at\":\"2026-12-01T08:00:00.000Z\","
		"\"message\":\"m1\",\"delivery\":\"d1\",\"to\":\"13800000001\","
		"\"number\":\"+8613800000001\",\"stateFrom\":\"sending\",\"state\":\"failed\",\"final\":true,"
		"\"modem\":\"north\",\"reason\":\"No.\",\"error\":\"CMS/1\"}");
}

static const struct store_attention ITEM = {
	.id = "a1",
	.kind = ATTENTION_FAILED,
	.at_usec = AT_USEC,
	.message = "m1",
	.delivery = "d1",
	.number = "+8613800000001",
	.modem = "north",
	.reason = "Refused.",
};

static void an_item_of_attention_is_as_documented(void **state)
{
	CLEANUP_JSON json_t *object = json_of_attention(&ITEM);

	(void)state;
	assert_json(object,
		    "{\"id\":\"a1\",\"kind\":\"delivery.failed\","
		    "\"at\":\"2026-12-01T08:00:00.000Z\",\"doneAt\":null,\"message\":\"m1\","
		    "\"recipient\":\"+8613800000001\",\"inbound\":null,\"modem\":\"north\","
		    "\"reason\":\"Refused.\"}");
}

static void an_event_of_attention_holds_the_item(void **state)
{
	const struct store_event event = {
		.id = 7,
		.type = STORE_EVENT_ATTENTION,
		.at_usec = AT_USEC,
		.attention = &ITEM,
	};
	CLEANUP_JSON json_t *object = json_of_event(&event);
	CLEANUP_JSON json_t *item = json_of_attention(&ITEM);

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(object, "id")), 7);
	assert_string_equal(json_string_value(json_object_get(object, "type")), "attention");
	assert_true(json_equal(json_object_get(object, "attention"), item));
}

static void what_a_modem_does_not_know_is_null(void **state)
{
	const struct modem_word_identity identity = { .imei = "356938030000013" };
	const struct modem_word_network network = MODEM_NETWORK_UNKNOWN;
	const struct store_sim_health health = { 0 };
	const struct modem_view view = { .name = "north",
					 .device = "/dev/ttyUSB0",
					 .reason = "no device",
					 .state = MODEM_STATE_ABSENT,
					 .identity = &identity,
					 .network = &network,
					 .health = &health,
					 .now_usec = AT_USEC };
	CLEANUP_JSON json_t *object = json_of_modem(&view);

	(void)state;
	assert_json(object,
		    "{\"name\":\"north\",\"state\":\"absent\",\"reason\":\"no device\","
		    "\"trouble\":null,\"held\":false,"
		    "\"device\":\"/dev/ttyUSB0\",\"imei\":\"356938030000013\",\"iccid\":null,"
		    "\"imsi\":null,\"number\":null,\"manufacturer\":null,\"model\":null,"
		    "\"firmware\":null,\"serviceCentre\":null,\"registered\":false,"
		    "\"roaming\":false,\"registration\":\"unknown\",\"operator\":null,"
		    "\"signalPercent\":null,\"storeUsed\":null,\"storeSize\":null,"
		    "\"partsToday\":0,\"failedToday\":0,\"recentParts\":0,\"recentFailed\":0,"
		    "\"lastSentAt\":null,\"lastFailedAt\":null,\"lastError\":null,"
		    "\"unreported\":0,\"lastReportAt\":null,\"statusReports\":null,"
		    "\"quota\":{\"partsPerMinute\":{\"used\":0,\"limit\":null,\"until\":null},"
		    "\"partsPerHour\":{\"used\":0,\"limit\":null,\"until\":null},"
		    "\"partsPerDay\":{\"used\":0,\"limit\":null,\"until\":null},"
		    "\"partsPerMonth\":{\"used\":0,\"limit\":null,\"until\":null},"
		    "\"recipientsPerMonth\":{\"used\":0,\"limit\":null,\"until\":null}},"
		    "\"balance\":null,\"balanceAt\":null}");
}

static void a_modem_tells_how_it_does(void **state)
{
	const struct modem_word_identity identity = { .iccid = "8986000000000000001" };
	const struct modem_word_network network = { .registered = true,
						    .roaming = true,
						    .registration = 5,
						    .network_operator = "Cell One",
						    .signal_percent = 60,
						    .store_used = 45,
						    .store_size = 50 };
	const struct store_sim_health health = { .parts_today = 30,
						 .failed_today = 10,
						 .recent = 16,
						 .recent_failed = 8,
						 .last_sent_usec = AT_USEC,
						 .last_failed_usec = AT_USEC,
						 .last_error = "CMS/38",
						 .unreported = 25,
						 .unreported_since_usec = AT_USEC,
						 .uses[STORE_LIMIT_DAY] = { 30, AT_USEC },
						 .balance = "12.50",
						 .balance_at_usec = AT_USEC };
	const struct modem_view view = { .name = "north",
					 .trouble = "8 of the last 16 sends failed.",
					 .held = true,
					 .quota.limits[STORE_LIMIT_DAY] = 200,
					 .device = "/dev/ttyUSB0",
					 .reason = "",
					 .state = MODEM_STATE_READY,
					 .identity = &identity,
					 .network = &network,
					 .health = &health,
					 .now_usec = AT_USEC + 25 * USEC_PER_HOUR };
	CLEANUP_JSON json_t *object = json_of_modem(&view);

	(void)state;
	assert_json(object,
		    "{\"name\":\"north\",\"state\":\"ready\",\"reason\":\"\",\"trouble\":"
		    "\"8 of the last 16 sends failed.\",\"held\":true,"
		    "\"device\":\"/dev/ttyUSB0\",\"imei\":null,"
		    "\"iccid\":\"8986000000000000001\",\"imsi\":null,\"number\":null,"
		    "\"manufacturer\":null,\"model\":null,\"firmware\":null,"
		    "\"serviceCentre\":null,\"registered\":true,\"roaming\":true,"
		    "\"registration\":\"roaming\",\"operator\":\"Cell One\","
		    "\"signalPercent\":60,\"storeUsed\":45,\"storeSize\":50,"
		    "\"partsToday\":30,\"failedToday\":10,\"recentParts\":16,"
		    "\"recentFailed\":8,\"lastSentAt\":\"2026-12-01T08:00:00.000Z\","
		    "\"lastFailedAt\":\"2026-12-01T08:00:00.000Z\",\"lastError\":\"CMS/38\","
		    "\"unreported\":25,\"lastReportAt\":null,\"statusReports\":\"missing\","
		    "\"quota\":{\"partsPerMinute\":{\"used\":0,\"limit\":null,\"until\":null},"
		    "\"partsPerHour\":{\"used\":0,\"limit\":null,\"until\":null},"
		    "\"partsPerDay\":{\"used\":30,\"limit\":200,"
		    "\"until\":\"2026-12-01T08:00:00.000Z\"},"
		    "\"partsPerMonth\":{\"used\":0,\"limit\":null,\"until\":null},"
		    "\"recipientsPerMonth\":{\"used\":0,\"limit\":null,\"until\":null}},"
		    "\"balance\":\"12.50\",\"balanceAt\":\"2026-12-01T08:00:00.000Z\"}");
}

static void a_sentence_cut_inside_a_character_is_no_failure(void **state)
{
	const struct store_event event = { .type = STORE_EVENT_MODEM_STATE,
					   .modem = "north",
					   .modem_from = "ready",
					   .modem_to = "failed",
					   .reason = "cut \xe4\xb8" };
	CLEANUP_JSON json_t *object = json_of_event(&event);
	CLEANUP_JSON json_t *error = json_of_error("InvalidNumber", "cut \xe4\xb8");

	(void)state;
	assert_non_null(object);
	assert_non_null(error);
}

static void the_last_page_has_no_next(void **state)
{
	CLEANUP_JSON json_t *more = json_of_page(json_array(), INT64_C(9007199254740993));
	CLEANUP_JSON json_t *last = json_of_page(json_array(), 0);

	(void)state;
	assert_json(more, "{\"items\":[],\"next\":\"9007199254740993\"}");
	assert_json(last, "{\"items\":[],\"next\":null}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_as_documented),
		cmocka_unit_test(an_inbound_message_is_as_documented),
		cmocka_unit_test(data_for_a_port_says_so),
		cmocka_unit_test(a_received_event_holds_the_message_and_both_ids),
		cmocka_unit_test(a_state_event_says_from_what_to_what),
		cmocka_unit_test(an_item_of_attention_is_as_documented),
		cmocka_unit_test(an_event_of_attention_holds_the_item),
		cmocka_unit_test(what_a_modem_does_not_know_is_null),
		cmocka_unit_test(a_modem_tells_how_it_does),
		cmocka_unit_test(a_sentence_cut_inside_a_character_is_no_failure),
		cmocka_unit_test(the_last_page_has_no_next),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
