/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See selftest.h.  A round is a ring over the modems that can send now.  A message's id has the time
 * slot in it, so that a daemon that starts again and again pays for one round a slot.  While a test
 * waits to be sent, only its modem serves the class of that number.
 */
#include "bridge/core/selftest.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/radio.h"
#include "bridge/core/tick.h"

#define FIRST_USEC USEC_PER_MINUTE
#define AGAIN_USEC (10 * USEC_PER_MINUTE) /* there were no two modems */
#define ARRIVAL_USEC (15 * USEC_PER_MINUTE)
#define TOKEN_SIZE 17
#define ON_AIR_USEC (5 * USEC_PER_MINUTE) /* what may still come is no sign */
#define PRIORITY 100                      /* a test that waits behind others says nothing */

enum test_state {
	TEST_OPEN,
	TEST_ARRIVED,
	TEST_FAILED,
	TEST_VOID, /* it says nothing about anybody */
};

struct test {
	struct selftest *selftest;
	struct radio *from, *to;
	enum test_state state;
	bool asking; /* the store, what became of it */
	bool deaf;   /* its receiver has not worked all the time */
	char sim[STORE_NAME_SIZE];
	char id[STORE_ID_SIZE], token[TOKEN_SIZE];
};

struct selftest {
	struct bridge *bridge;
	sd_event_source *round_timer, *end_timer;
	struct test tests[POOL_MAX];
	size_t count;
};

/* ------------------------------------------------------------------ numbers */

size_t selftest_numbers(const struct config *config, const char *numbers[static POOL_MAX])
{
	size_t count = 0;

	for (size_t i = 0; config->self_test_hours > 0 && i < config->modem_count; i++) {
		const char *number = config->modems[i].number;
		bool known = !number || number[0] != '+' || count == POOL_MAX;

		for (size_t k = 0; k < count && !known; k++)
			known = strcmp(numbers[k], number) == 0;
		if (!known)
			numbers[count++] = number;
	}
	return count;
}

size_t selftest_owns(const struct bridge *bridge, struct choice_own owns[static POOL_MAX])
{
	const struct selftest *selftest = bridge->selftest;
	const char *numbers[POOL_MAX];
	size_t count = selftest_numbers(bridge->config, numbers);

	for (size_t i = 0; i < count; i++) {
		owns[i] = (struct choice_own){ .number = numbers[i] };
		for (size_t k = 0; selftest && k < selftest->count; k++) {
			const struct test *test = &selftest->tests[k];

			if (test->state == TEST_OPEN &&
			    strcmp(radio_config(test->to)->number, numbers[i]) == 0)
				owns[i].only = test->sim;
		}
	}
	return count;
}

/* ------------------------------------------------------------------ the end of a round */

static bool is_part_of(const struct test *test, const struct radio *radio)
{
	return test->from == radio || test->to == radio;
}

static void radio_judge(const struct selftest *selftest, struct radio *radio)
{
	const struct test *failed = NULL;
	char words[MODEM_REASON_SIZE] = "";
	bool proved = false;

	for (size_t i = 0; i < selftest->count; i++) {
		const struct test *test = &selftest->tests[i];

		if (!is_part_of(test, radio))
			continue;
		proved |= test->state == TEST_ARRIVED;
		if (test->state == TEST_FAILED)
			failed = test;
	}
	if (!failed && !proved)
		return;
	if (failed)
		snprintf(
			words, sizeof(words),
			"The self-test from %.63s to %.63s did not arrive: one of their SIMs may be "
			"barred.",
			radio_config(failed->from)->name, radio_config(failed->to)->name);
	radio_set_test_trouble(radio, words);
	radio_alarm(radio, ATTENTION_MODEM_BARRED, failed != NULL, words);
}

static void round_judge(struct selftest *selftest)
{
	for (size_t i = 0; i < selftest->count; i++)
		if (selftest->tests[i].state == TEST_OPEN || selftest->tests[i].asking)
			return;
	for (size_t i = 0; i < selftest->bridge->radio_count; i++)
		radio_judge(selftest, selftest->bridge->radios[i]);
}

static void test_end(struct test *test, enum test_state state, const char *became)
{
	const char *from = radio_config(test->from)->name, *to = radio_config(test->to)->name;
	const struct log_fields fields = { .modem = from, .message = test->id, .reason = became };

	test->state = state;
	switch (state) {
	case TEST_ARRIVED:
		log_record(LOG_DETAIL, &fields, "The self-test from %s to %s has arrived.", from,
			   to);
		break;
	case TEST_FAILED:
		log_record(LOG_MODEM_SELFTEST, &fields,
			   "The self-test from %s to %s did not arrive: one of their SIMs may be "
			   "barred.",
			   from, to);
		break;
	case TEST_VOID:
		log_record(LOG_MODEM_NOTE, &fields,
			   "The self-test from %s to %s was not sent in time, or its receiver did "
			   "not work; it says nothing.",
			   from, to);
		break;
	case TEST_OPEN:
		break;
	}
	round_judge(test->selftest);
	/* Whoever waited for its number may have it now. */
	bridge_wake_radios(test->selftest->bridge);
}

bool selftest_is_lost(const struct store_delivery *delivery, int64_t before_usec)
{
	for (size_t i = 0; delivery->attempts && i < delivery->attempt_count; i++) {
		const struct store_attempt *attempt = &delivery->attempts[i];

		if (attempt->reference >= 0 && attempt->ended_at_usec > 0 &&
		    attempt->ended_at_usec <= before_usec)
			return true;
	}
	return false;
}

static enum test_state verdict_of(const struct test *test, const struct store_message *message)
{
	int64_t before_usec =
		clock_realtime_usec() - bridge_scale(test->selftest->bridge, ON_AIR_USEC);

	return !test->deaf && message->delivery_count > 0 &&
			       selftest_is_lost(&message->deliveries[0], before_usec)
		       ? TEST_FAILED
		       : TEST_VOID;
}

void selftest_note(struct bridge *bridge, const struct radio *radio)
{
	struct selftest *selftest = bridge->selftest;
	enum modem_state state = modem_state(radio_modem(radio));

	if (state == MODEM_STATE_READY || state == MODEM_STATE_SENDING)
		return;
	for (size_t i = 0; selftest && i < selftest->count; i++)
		if (selftest->tests[i].to == radio)
			selftest->tests[i].deaf = true;
}

static void became_read(int error, const struct store_message *message, void *userdata)
{
	struct test *test = userdata;

	test->asking = false;
	if (test->state != TEST_OPEN)
		round_judge(test->selftest);
	else if (error < 0)
		test_end(test, TEST_VOID, NULL);
	else
		test_end(test, verdict_of(test, message), delivery_state_name(message->state));
}

static int round_over(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct selftest *selftest = userdata;

	(void)source;
	(void)at_usec;
	for (size_t i = 0; i < selftest->count; i++) {
		struct test *test = &selftest->tests[i];

		if (test->state != TEST_OPEN || test->asking)
			continue;
		test->asking = store_message_get(selftest->bridge->store, test->id, became_read,
						 test) == 0;
		if (!test->asking)
			test_end(test, TEST_VOID, NULL);
	}
	return 0;
}

/* ------------------------------------------------------------------ a round */

static int round_begin(sd_event_source *source, uint64_t at_usec, void *userdata);

static void round_after(struct selftest *selftest, int64_t after_usec)
{
	(void)bridge_arm(selftest->bridge, &selftest->round_timer, after_usec, PRIORITY_CLOCK,
			 round_begin, selftest);
}

static int64_t period_usec(const struct selftest *selftest)
{
	return bridge_scale(selftest->bridge,
			    (int64_t)selftest->bridge->config->self_test_hours * USEC_PER_HOUR);
}

static void test_submitted(int error, const struct store_message *message, void *userdata)
{
	struct test *test = userdata;

	(void)message;
	if (error == 0) {
		bridge_wake_radios(test->selftest->bridge);
		return;
	}
	if (error != -EALREADY)
		bridge_store_failed(test->selftest->bridge, error);
	test->state = TEST_VOID;
}

static void test_submit(struct test *test, int64_t slot)
{
	struct bridge *bridge = test->selftest->bridge;
	static const uint8_t digest[32] = "self-test";
	int64_t now_usec = clock_realtime_usec();
	uint8_t random[(TOKEN_SIZE - 1) / 2];
	char text[sizeof(SELFTEST_MARK) + TOKEN_SIZE];
	const struct store_part_new part = { .text = text,
					     .text_size =
						     sizeof(SELFTEST_MARK) - 1 + TOKEN_SIZE - 1 };
	const char *number = radio_config(test->to)->number;
	const struct store_recipient_new recipient = { .to = number, .number = number };
	const struct store_message_new message = {
		.id = test->id,
		.text = text,
		.text_size = part.text_size,
		.created_at_usec = now_usec,
		.valid_until_usec = now_usec + bridge_scale(bridge, ARRIVAL_USEC),
		.priority = PRIORITY,
		.alphabet = SMS_ALPHABET_GSM7,
		.parts = &part,
		.part_count = 1,
		.recipients = &recipient,
		.recipient_count = 1,
		.digest = digest,
	};

	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(test->token, sizeof(test->token), random, sizeof(random));
	snprintf(text, sizeof(text), SELFTEST_MARK "%s", test->token);
	snprintf(test->id, sizeof(test->id), STORE_ID_OWN "%lld-%s", (long long)slot, number + 1);
	if (store_submit(bridge->store, &message, test_submitted, test) < 0)
		test->state = TEST_VOID;
}

static bool is_testable(const struct radio *radio)
{
	return radio_config(radio)->number && radio_config(radio)->number[0] == '+' &&
	       radio_sends(radio) && radio_limit(radio, NULL) == STORE_LIMIT_NONE;
}

static bool is_over(const struct selftest *selftest)
{
	for (size_t i = 0; i < selftest->count; i++)
		if (selftest->tests[i].asking || selftest->tests[i].state == TEST_OPEN)
			return false;
	return true;
}

static int round_begin(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct selftest *selftest = userdata;
	struct bridge *bridge = selftest->bridge;
	struct radio *ring[POOL_MAX];
	size_t count = 0;
	struct store_now now = bridge_now(bridge);

	(void)source;
	(void)at_usec;
	for (size_t i = 0; i < bridge->radio_count; i++)
		if (is_testable(bridge->radios[i]))
			ring[count++] = bridge->radios[i];
	if (bridge->stopping || !is_over(selftest) || count < 2 || !now.trusted || bridge->held) {
		round_after(selftest, MIN(bridge_scale(bridge, AGAIN_USEC), period_usec(selftest)));
		return 0;
	}
	selftest->count = count;
	for (size_t i = 0; i < count; i++) {
		struct test *test = &selftest->tests[i];

		*test = (struct test){ .selftest = selftest,
				       .from = ring[i],
				       .to = ring[(i + 1) % count] };
		snprintf(test->sim, sizeof(test->sim), "%s", radio_sim(ring[i]).iccid);
		test_submit(test, now.usec / period_usec(selftest));
	}
	(void)bridge_arm(bridge, &selftest->end_timer, bridge_scale(bridge, ARRIVAL_USEC),
			 PRIORITY_CLOCK, round_over, selftest);
	round_after(selftest, period_usec(selftest));
	return 0;
}

/* ------------------------------------------------------------------ */

static bool is_from_us(const struct bridge *bridge, const char *number)
{
	for (size_t i = 0; i < bridge->config->modem_count; i++)
		if (bridge->config->modems[i].number &&
		    number_is_same(bridge->config->modems[i].number, number))
			return true;
	return false;
}

/* Nobody else knows the token, whatever the network made of the sender's number. */
static struct test *find_test(struct selftest *selftest, const char *modem, const char *text)
{
	for (size_t i = 0; selftest && i < selftest->count; i++) {
		struct test *test = &selftest->tests[i];

		if (strstr(text, test->token) && strcmp(radio_config(test->to)->name, modem) == 0)
			return test;
	}
	return NULL;
}

bool selftest_heard(struct bridge *bridge, const char *modem,
		    const struct modem_word_received *received)
{
	const struct tpdu *tpdu = &received->tpdu;
	struct test *test;

	if (!received->decoded || tpdu->kind != TPDU_DELIVER || !strstr(tpdu->text, SELFTEST_MARK))
		return false;
	test = find_test(bridge->selftest, modem, tpdu->text);
	if (test && test->state == TEST_OPEN)
		test_end(test, TEST_ARRIVED, NULL);
	/* The tests of a round before, or of the daemon before, are known by who sent them. */
	return test || (!tpdu->address_is_name && is_from_us(bridge, tpdu->address));
}

int selftest_new(struct bridge *bridge)
{
	struct selftest *selftest;

	if (bridge->config->self_test_hours == 0)
		return 0;
	selftest = calloc(1, sizeof(*selftest));
	if (!selftest)
		return -ENOMEM;
	selftest->bridge = bridge;
	bridge->selftest = selftest;
	round_after(selftest, bridge_scale(bridge, FIRST_USEC));
	return 0;
}

struct selftest *selftest_free(struct selftest *selftest)
{
	if (!selftest)
		return NULL;
	sd_event_source_disable_unref(selftest->round_timer);
	sd_event_source_disable_unref(selftest->end_timer);
	free(selftest);
	return NULL;
}
