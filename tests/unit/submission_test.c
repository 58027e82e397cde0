/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Requests to send, from their JSON to what the store takes (bridge/api/json.h, bridge/core/submit.h).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/api/json.h"
#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/core/submit.h"

#define NOW_USEC INT64_C(1796112000000000) /* 2026-12-01T08:00:00Z */

static char country_code[] = "86", trunk_prefix[] = "0";

struct outcome {
	int r;
	struct refusal refusal;
	json_t *object;
	struct submit_request request;
	struct submission *submission;
};

static struct outcome submit_bytes(const char *body, size_t size)
{
	const struct config config = {
		.country_code = country_code,
		.trunk_prefix = trunk_prefix,
		.delivery = { .ttl_hours = 72, .max_parts = 10 },
	};
	struct outcome outcome = { 0 };

	outcome.r =
		json_read_submit(body, size, &outcome.object, &outcome.request, &outcome.refusal);
	if (outcome.r == 0)
		outcome.r = submission_new(&config, &outcome.request, NOW_USEC, &outcome.submission,
					   &outcome.refusal);
	return outcome;
}

static struct outcome submit(const char *body)
{
	return submit_bytes(body, strlen(body));
}

static void outcome_clear(struct outcome *outcome)
{
	submission_free(outcome->submission);
	free(outcome->request.to);
	json_decref(outcome->object);
}

#define CLEANUP_OUTCOME CLEANUP(outcome_clear)

static void what_is_wrong_is_refused_by_name(void **state)
{
	static const struct {
		const char *body, *error, *word;
	} rows[] = {
		{ "", "InvalidJson", "JSON" },
		{ "[]", "InvalidJson", "object" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\"", "InvalidJson", "line 1" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"text\":\"y\"}", "InvalidJson",
		  "twice" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"\xff\"}", "InvalidText", "UTF-8" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"\"}", "EmptyText", "empty" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"smsText\":\"\"}", "EmptyText",
		  "smsText" },
		{ "{\"to\":[\"+8613800000001\"]}", "MissingField", "text" },
		{ "{\"text\":\"x\"}", "MissingField", "to" },
		{ "{\"to\":[],\"text\":\"x\"}", "MissingField", "to" },
		{ "{\"to\":\"+8613800000001\",\"text\":\"x\"}", "InvalidField", "list" },
		{ "{\"to\":[1],\"text\":\"x\"}", "InvalidField", "list" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":7}", "InvalidField", "text" },
		{ "{\"to\":[\"+86138\\u0000\"],\"text\":\"x\"}", "InvalidField", "to" },
		{ "{\"to\":[\"alice\"],\"text\":\"x\"}", "UnknownUser", "alice" },
		{ "{\"to\":[\"李\"],\"text\":\"x\"}", "UnknownUser", "number" },
		{ "{\"to\":[\"138x\"],\"text\":\"x\"}", "InvalidNumber", "138x" },
		{ "{\"to\":[\"112\"],\"text\":\"x\"}", "InvalidNumber", "emergency" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"colour\":1}", "UnknownField",
		  "colour" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"id\":\"a b\"}", "InvalidId",
		  "letters" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"id\":\"selftest-1\"}", "InvalidId",
		  "another" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"from\":\"bob\"}", "UnknownUser",
		  "from" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"channel\":\"ip\"}", "NoChannel",
		  "device" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"channel\":\"fax\"}",
		  "InvalidChannel", "sms" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"confidential\":true}", "NoChannel",
		  "SMS" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"priority\":128}",
		  "InvalidPriority", "127" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"onUnknown\":\"pray\"}",
		  "InvalidField", "hold" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"ttl\":0}", "InvalidField",
		  "above 0" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"ttl\":31536001}", "InvalidTime",
		  "year" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"ttl\":1,"
		  "\"validUntil\":\"2026-12-02T00:00:00Z\"}",
		  "InvalidTime", "one of them" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\",\"scheduleAt\":\"tomorrow\"}",
		  "InvalidTime", "scheduleAt" },
		{ "{\"to\":[\"+8613800000001\"],\"text\":\"x\","
		  "\"scheduleAt\":\"2029-01-01T00:00:00Z\"}",
		  "InvalidTime", "year" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_OUTCOME struct outcome outcome = submit(rows[i].body);

		print_message("# %s\n", rows[i].body);
		assert_int_equal(outcome.r, -EINVAL);
		assert_int_equal(outcome.refusal.status, 400);
		assert_string_equal(outcome.refusal.error, rows[i].error);
		assert_non_null(strstr(outcome.refusal.message, rows[i].word));
	}
}

static void numbers_become_international_and_each_is_sent_once(void **state)
{
	CLEANUP_OUTCOME struct outcome outcome = submit(
		"{\"to\":[\"13800000001\",\"+86 138-0000-0001\",\"10086\",\"008613800000002\"],"
		"\"text\":\"x\"}");
	const struct store_message_new *message;

	(void)state;
	assert_int_equal(outcome.r, 0);
	message = &outcome.submission->message;
	assert_int_equal(message->recipient_count, 3);
	assert_string_equal(message->recipients[0].to, "13800000001");
	assert_string_equal(message->recipients[0].number, "+8613800000001");
	assert_string_equal(message->recipients[1].number, "10086");
	assert_string_equal(message->recipients[2].number, "+8613800000002");
}

static struct outcome submit_characters(size_t count)
{
	CLEANUP_FREE char *body = malloc(count + 64);
	int head = sprintf(body, "{\"to\":[\"10086\"],\"text\":\"");
	struct outcome outcome;

	memset(body + head, 'x', count);
	memcpy(body + (size_t)head + count, "\"}", 3);
	outcome = submit(body);
	return outcome;
}

static void a_text_of_ten_parts_passes_and_one_more_character_does_not(void **state)
{
	CLEANUP_OUTCOME struct outcome fits = submit_characters(1530);
	CLEANUP_OUTCOME struct outcome more = submit_characters(1531);
	CLEANUP_OUTCOME struct outcome huge = submit_characters(100000);

	(void)state;
	assert_int_equal(fits.r, 0);
	assert_int_equal(fits.submission->message.part_count, 10);
	assert_int_equal(more.r, -EINVAL);
	assert_string_equal(more.refusal.error, "TooLong");
	assert_non_null(strstr(more.refusal.message, "needs 11 SMS parts; the limit is 10"));
	assert_int_equal(huge.r, -EINVAL);
	assert_non_null(strstr(huge.refusal.message, "more than 255"));
}

static void a_nul_is_a_character_like_any_other(void **state)
{
	CLEANUP_OUTCOME struct outcome outcome =
		submit("{\"to\":[\"10086\"],\"text\":\"a\\u0000b\"}");

	(void)state;
	assert_int_equal(outcome.r, 0);
	assert_int_equal(outcome.submission->message.text_size, 3);
	assert_memory_equal(outcome.submission->message.text, "a\0b", 3);
}

static void the_sms_text_is_what_is_cut(void **state)
{
	CLEANUP_OUTCOME struct outcome outcome = submit(
		"{\"to\":[\"10086\"],\"text\":\"结果已出\",\"smsText\":\"Please call us.\"}");

	(void)state;
	assert_int_equal(outcome.r, 0);
	assert_int_equal(outcome.submission->message.alphabet, SMS_ALPHABET_GSM7);
	assert_int_equal(outcome.submission->message.parts[0].text_size, 15);
}

static void validity_counts_from_the_scheduled_moment(void **state)
{
	CLEANUP_OUTCOME struct outcome plain = submit("{\"to\":[\"10086\"],\"text\":\"x\"}");
	CLEANUP_OUTCOME struct outcome later =
		submit("{\"to\":[\"10086\"],\"text\":\"x\",\"ttl\":60,"
		       "\"scheduleAt\":\"2026-12-01T17:00:00+08:00\"}");

	(void)state;
	assert_int_equal(plain.r, 0);
	assert_int_equal(plain.submission->message.scheduled_at_usec, 0);
	assert_int_equal(plain.submission->message.valid_until_usec, NOW_USEC + 3 * USEC_PER_DAY);
	assert_int_equal(later.r, 0);
	assert_int_equal(later.submission->message.scheduled_at_usec, NOW_USEC + USEC_PER_HOUR);
	assert_int_equal(later.submission->message.valid_until_usec,
			 NOW_USEC + USEC_PER_HOUR + USEC_PER_MINUTE);
}

static void a_validity_that_is_over_is_noticed(void **state)
{
	CLEANUP_OUTCOME struct outcome outcome =
		submit("{\"to\":[\"10086\"],\"text\":\"x\",\"id\":\"k\","
		       "\"validUntil\":\"2026-12-01T08:00:00Z\"}");

	(void)state;
	assert_int_equal(outcome.r, 0);
	assert_true(outcome.submission->too_late);
}

static void the_digest_tells_contents_apart_and_nothing_else(void **state)
{
	static const char *const others[] = {
		"{\"to\":[\"13800000001\"],\"text\":\"y\"}",
		"{\"to\":[\"13800000002\"],\"text\":\"x\"}",
		"{\"to\":[\"13800000001\",\"10086\"],\"text\":\"x\"}",
		"{\"to\":[\"13800000001\"],\"text\":\"x\",\"smsText\":\"x\"}",
		"{\"to\":[\"13800000001\"],\"text\":\"x\",\"ttl\":60}",
		"{\"to\":[\"13800000001\"],\"text\":\"x\",\"priority\":1}",
		"{\"to\":[\"13800000001\"],\"text\":\"x\",\"onUnknown\":\"hold\"}",
		"{\"to\":[\"13800000001\"],\"text\":\"x\",\"scheduleAt\":\"2026-12-01T09:00:00Z\"}",
		"{\"to\":[\"13800000001\"],\"text\":\"x\",\"validUntil\":\"2026-12-01T09:00:00Z\"}",
	};
	CLEANUP_OUTCOME struct outcome first = submit("{\"to\":[\"13800000001\"],\"text\":\"x\"}");
	CLEANUP_OUTCOME struct outcome again =
		submit("{\"text\":\"x\",\"id\":null,\"to\":[\"+86 138 0000 0001\"]}");

	(void)state;
	assert_int_equal(first.r, 0);
	assert_int_equal(again.r, 0);
	assert_memory_equal(first.submission->digest, again.submission->digest, SUBMIT_DIGEST_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		CLEANUP_OUTCOME struct outcome other = submit(others[i]);

		print_message("# %s\n", others[i]);
		assert_int_equal(other.r, 0);
		assert_memory_not_equal(first.submission->digest, other.submission->digest,
					SUBMIT_DIGEST_SIZE);
	}
}

static void a_thousand_recipients_pass_and_one_more_does_not(void **state)
{
	CLEANUP_FREE char *body = malloc(32 * 1100);

	(void)state;
	for (size_t count = SUBMIT_RECIPIENTS_MAX; count <= SUBMIT_RECIPIENTS_MAX + 1; count++) {
		int at = sprintf(body, "{\"text\":\"x\",\"to\":[");

		for (size_t i = 0; i < count; i++)
			at += sprintf(body + at, "%s\"+86138%08zu\"", i ? "," : "", i);
		memcpy(body + at, "]}", 3);
		CLEANUP_OUTCOME struct outcome outcome = submit(body);

		if (count <= SUBMIT_RECIPIENTS_MAX) {
			assert_int_equal(outcome.r, 0);
			assert_int_equal(outcome.submission->message.recipient_count, count);
		} else {
			assert_int_equal(outcome.r, -EINVAL);
			assert_string_equal(outcome.refusal.error, "TooManyRecipients");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_refused_by_name),
		cmocka_unit_test(numbers_become_international_and_each_is_sent_once),
		cmocka_unit_test(a_text_of_ten_parts_passes_and_one_more_character_does_not),
		cmocka_unit_test(a_nul_is_a_character_like_any_other),
		cmocka_unit_test(the_sms_text_is_what_is_cut),
		cmocka_unit_test(validity_counts_from_the_scheduled_moment),
		cmocka_unit_test(a_validity_that_is_over_is_noticed),
		cmocka_unit_test(the_digest_tells_contents_apart_and_nothing_else),
		cmocka_unit_test(a_thousand_recipients_pass_and_one_more_does_not),
	};

	return cmocka_run_group_tests_name("submission", tests, NULL, NULL);
}
