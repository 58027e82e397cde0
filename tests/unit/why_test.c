/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The story of a message: what is told in each state, and what never is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "bridge/base/clock.h"
#include "bridge/core/why.h"

#define CAME (INT64_C(1795262400) * USEC_PER_SEC) /* 2026-11-21 12:00:00 UTC */
#define MINUTE USEC_PER_MINUTE

static struct store_attempt attempts[40];
static struct store_delivery deliveries[30];
static const struct why_modem north = { "north", MODEM_STATE_READY, "registered", false, NULL };

static struct store_message a_message(enum delivery_state state)
{
	memset(attempts, 0, sizeof(attempts));
	memset(deliveries, 0, sizeof(deliveries));
	deliveries[0] = (struct store_delivery){
		.id = "d1",
		.to = "138",
		.number = "+8613800000001",
		.state = state,
		.modem = "north",
		.parts = 1,
		.attempts = attempts,
	};
	return (struct store_message){
		.id = "m1",
		.state = state,
		.text = "the secret text",
		.text_size = strlen("the secret text"),
		.created_at_usec = CAME,
		.valid_until_usec = CAME + 60 * MINUTE,
		.deliveries = deliveries,
		.delivery_count = 1,
	};
}

static struct store_attempt *an_attempt(size_t at, enum delivery_state state, const char *reason)
{
	struct store_attempt *attempt = &attempts[at];

	*attempt = (struct store_attempt){
		.modem = "north",
		.part = 1,
		.state = state,
		.at_usec = CAME + (int64_t)at * MINUTE,
		.ended_at_usec = CAME + (int64_t)at * MINUTE + 2500 * USEC_PER_MSEC,
		.reference = -1,
	};
	snprintf(attempt->reason, sizeof(attempt->reason), "%s", reason);
	deliveries[0].attempt_count = at + 1;
	return attempt;
}

static struct why_situation a_situation(void)
{
	return (struct why_situation){
		.now_usec = CAME + 5 * MINUTE,
		.clock_trusted = true,
		.clock_words = "The clock is fine.",
		.unknown_usec = 30 * MINUTE,
		.modems = &north,
		.modem_count = 1,
	};
}

static struct why_story *told;

static int forget_story(void **state)
{
	(void)state;
	free(told);
	told = NULL;
	return 0;
}

static const struct why_story *tell_of(const struct store_message *message,
				       const struct why_situation *situation)
{
	free(told);
	told = why_tell(message, situation);
	assert_non_null(told);
	return told;
}

static bool has(const char *words)
{
	for (size_t i = 0; i < told->count; i++)
		if (strstr(told->sentences[i], words))
			return true;
	return false;
}

static void it_tells_when_it_came_how_it_was_cut_and_how_long_it_lives(void **state)
{
	struct store_message message = a_message(DELIVERY_PENDING);
	struct why_situation situation = a_situation();

	(void)state;
	tell_of(&message, &situation);
	assert_true(has("came on 21 November 2026 at 12:00:00, for 1 recipient."));
	assert_true(has("It fits one SMS"));
	assert_true(has("worth sending until 21 November 2026 at 13:00:00"));
	assert_true(has("To +8613800000001:"));
	assert_true(has("No modem has been given it yet."));
}

static void it_tells_why_a_text_became_several_parts(void **state)
{
	struct store_message message = a_message(DELIVERY_PENDING);
	struct why_situation situation = a_situation();
	char text[201];

	(void)state;
	memset(text, 'x', 200);
	message.text = text;
	message.text_size = 200;
	tell_of(&message, &situation);
	assert_true(has("cut into 2 SMS parts, because one SMS holds 160"));
	text[0] = '\xe4';
	text[1] = '\xbd';
	text[2] = '\xa0';
	tell_of(&message, &situation);
	assert_true(has("cut into 3 SMS parts, because it has characters beyond"));
	message.text = NULL;
	tell_of(&message, &situation);
	assert_true(has("forgotten"));
}

static void the_text_and_the_numbers_of_others_are_never_told(void **state)
{
	struct store_message message = a_message(DELIVERY_DELIVERED);
	struct why_situation situation = a_situation();

	(void)state;
	deliveries[1] = deliveries[0];
	snprintf(deliveries[1].number, NUMBER_SIZE, "+8613800000002");
	message.delivery_count = 2;
	situation.number = "+8613800000002";
	tell_of(&message, &situation);
	assert_true(has("+8613800000002"));
	assert_false(has("+8613800000001"));
	assert_false(has("secret"));
	assert_true(has("for 2 recipients"));
}

static void each_try_is_told_with_its_moment_modem_and_answer(void **state)
{
	struct store_message message = a_message(DELIVERY_SENT);
	struct why_situation situation = a_situation();

	(void)state;
	deliveries[0].parts = 2;
	snprintf(an_attempt(0, DELIVERY_PENDING, "The network is out of order.")->error, 16,
		 "CMS/38");
	an_attempt(1, DELIVERY_SENT, "The network took it.")->reference = 17;
	attempts[1].part = 2;
	tell_of(&message, &situation);
	assert_true(has("Try 1: on 21 November 2026 at 12:00:00 modem north was given part 1 of 2 "
			"of it. After 2.5 seconds (CMS/38): The network is out of order."));
	assert_true(
		has("Try 2: on 21 November 2026 at 12:01:00 modem north was given part 2 of 2"));
	assert_true(has("After 2.5 seconds the network took it, with reference 17. No report"));
	an_attempt(1, DELIVERY_DELIVERED, "The phone confirmed it.")->reference = 17;
	an_attempt(2, DELIVERY_SENDING, "")->ended_at_usec = 0;
	tell_of(&message, &situation);
	assert_true(has("the network took it, with reference 17. The phone confirmed it."));
	assert_true(has("It has not answered yet."));
}

static void many_tries_are_told_in_a_few_sentences(void **state)
{
	struct store_message message = a_message(DELIVERY_PENDING);
	struct why_situation situation = a_situation();

	(void)state;
	for (size_t i = 0; i < 40; i++)
		an_attempt(i, DELIVERY_PENDING, "Refused.");
	tell_of(&message, &situation);
	assert_true(has("Then there were 25 more tries."));
	assert_true(has("Try 3:"));
	assert_false(has("Try 4:"));
	assert_false(has("Try 28:"));
	assert_true(has("Try 29:"));
	assert_true(has("Try 40:"));
}

static void what_waits_says_for_what(void **state)
{
	struct store_message message = a_message(DELIVERY_PENDING);
	struct why_situation situation = a_situation();
	struct why_modem broken = { "north", MODEM_STATE_FAILED, "no SIM", false, NULL };
	struct why_modem resting = { "north", MODEM_STATE_READY, "There is no network.", true,
				     NULL };

	(void)state;
	tell_of(&message, &situation);
	assert_true(has("waits for its turn"));
	situation.modems = &broken;
	tell_of(&message, &situation);
	assert_true(has("none is ready"));
	assert_true(has("Modem north is failed: no SIM."));
	situation.modems = &resting;
	tell_of(&message, &situation);
	assert_true(has("none is ready"));
	assert_true(has("Modem north rests before its next try. There is no network."));
	situation.modem_count = 0;
	tell_of(&message, &situation);
	assert_true(has("none is configured"));
	deliveries[0].next_attempt_usec = CAME + 10 * MINUTE;
	tell_of(&message, &situation);
	assert_true(has("waits for the next try, on 21 November 2026 at 12:10:00"));
	message.scheduled_at_usec = CAME + 20 * MINUTE;
	tell_of(&message, &situation);
	assert_true(has("waits for its moment, 21 November 2026 at 12:20:00"));
	situation.held = true;
	tell_of(&message, &situation);
	assert_true(has("footbridge release"));
	assert_true(has("expires, and somebody is alerted"));
}

static void a_moment_that_has_come_on_a_clock_that_is_not_trusted_is_waited_for(void **state)
{
	struct store_message message = a_message(DELIVERY_PENDING);
	struct why_situation situation = a_situation();

	(void)state;
	message.scheduled_at_usec = CAME + MINUTE;
	situation.clock_trusted = false;
	situation.clock_words = "Nobody confirms the clock.";
	tell_of(&message, &situation);
	assert_true(has("waits for its moment, 21 November 2026 at 12:01:00. Nobody confirms"));
}

static void the_unknown_says_until_when_and_what_then(void **state)
{
	struct store_message message = a_message(DELIVERY_UNKNOWN);
	struct why_situation situation = a_situation();

	(void)state;
	an_attempt(0, DELIVERY_UNKNOWN, "No answer was heard.");
	tell_of(&message, &situation);
	assert_true(has("nobody knows whether it went out"));
	assert_true(has("until 21 November 2026 at 12:30:02, it is sent again, with \"(again)\""));
	deliveries[0].parts = 3;
	tell_of(&message, &situation);
	assert_true(has("the part that is missing is sent again"));
	message.hold_on_unknown = true;
	tell_of(&message, &situation);
	assert_true(has("somebody is asked to decide"));
	situation.now_usec = CAME + 31 * MINUTE;
	tell_of(&message, &situation);
	assert_true(has("footbridge message settle m1"));
}

static void every_end_says_that_it_is_one(void **state)
{
	struct why_situation situation = a_situation();
	struct store_message message = a_message(DELIVERY_FAILED);

	(void)state;
	snprintf(deliveries[0].reason, STORE_REASON_SIZE,
		 "This number is not assigned to anybody.");
	tell_of(&message, &situation);
	assert_true(has("It failed: This number is not assigned"));
	assert_true(has("footbridge message retry m1"));
	deliveries[0].state = DELIVERY_EXPIRED;
	tell_of(&message, &situation);
	assert_true(has("It expired:"));
	deliveries[0].state = DELIVERY_CANCELLED;
	tell_of(&message, &situation);
	assert_true(has("It was cancelled:"));
	deliveries[0].state = DELIVERY_DELIVERED;
	deliveries[0].may_be_duplicate = true;
	tell_of(&message, &situation);
	assert_true(has("It was delivered"));
	assert_true(has("may show it twice"));
	deliveries[0].state = DELIVERY_SENT;
	deliveries[0].final = true;
	tell_of(&message, &situation);
	assert_true(has("never reported"));
}

static void a_story_of_very_many_recipients_ends(void **state)
{
	struct store_message message = a_message(DELIVERY_PENDING);
	struct why_situation situation = a_situation();

	(void)state;
	for (size_t i = 1; i < 30; i++)
		deliveries[i] = deliveries[0];
	message.delivery_count = 30;
	tell_of(&message, &situation);
	assert_true(has("There are more recipients"));
	assert_true(told->count < WHY_SENTENCES_MAX);
}

static void a_quota_that_is_used_up_is_told(void **state)
{
	struct store_message message = a_message(DELIVERY_PENDING);
	struct why_situation situation = a_situation();
	const struct why_modem used_up = { "north", MODEM_STATE_READY, "registered", false,
					   "its 200 parts a day" };

	(void)state;
	situation.modems = &used_up;
	tell_of(&message, &situation);
	assert_true(has("Now it waits for a modem: none is ready."));
	assert_true(has("Modem north has used up its 200 parts a day."));

	deliveries[0].next_attempt_usec = CAME + 30 * MINUTE;
	snprintf(deliveries[0].reason, sizeof(deliveries[0].reason),
		 "Every modem that may send there has used up its quota.");
	tell_of(&message, &situation);
	assert_true(
		has("Now it waits for the next try, on 21 November 2026 at 12:30:00. Every modem "
		    "that may send there has used up its quota."));
}

static void only_modems_that_may_send_there_are_waited_for(void **state)
{
	static const char *const china[] = { "+86", NULL }, *const germany[] = { "+49", NULL };
	struct store_message message = a_message(DELIVERY_PENDING);
	struct why_situation situation = a_situation();
	const struct why_modem modems[] = {
		{ "north", MODEM_STATE_READY, "registered", false, NULL },
		{ "south", MODEM_STATE_FAILED, "no SIM", false, NULL },
	};
	const struct choice_sim nobody[] = { { .prefixes = germany }, { .prefixes = germany } };
	const struct choice_sim other[] = { { .prefixes = germany }, { .prefixes = china } };

	(void)state;
	situation.modems = modems;
	situation.modem_count = 2;
	situation.sims = nobody;
	tell_of(&message, &situation);
	assert_true(has("No modem may send to this number: see prefixes."));
	assert_false(has("waits for its turn"));
	situation.sims = other;
	tell_of(&message, &situation);
	assert_true(has("none that may send to this number is ready"));
	assert_true(has("Modem south is failed: no SIM."));
	assert_false(has("Modem north is"));
}

static void what_waits_between_its_parts_is_told_as_waiting(void **state)
{
	const struct why_modem modems[] = {
		{ "north", MODEM_STATE_READY, "registered", false, "its 3 parts a month" },
		{ "south", MODEM_STATE_READY, "registered", false, NULL },
	};
	const struct choice_sim sims[] = { { .sim = "sim-north" }, { .sim = "sim-south" } };
	const struct choice_sim away[] = { { .sim = "sim-other" }, { .sim = "sim-south" } };
	struct store_message message = a_message(DELIVERY_SENDING);
	struct why_situation situation = a_situation();

	(void)state;
	situation.modems = modems;
	situation.modem_count = 2;
	situation.sims = sims;
	deliveries[0].parts = 2;
	deliveries[0].parts_sent = 1;
	tell_of(&message, &situation);
	assert_true(has("being sent by modem north"));

	deliveries[0].next_attempt_usec = CAME + MINUTE;
	snprintf(deliveries[0].sim, sizeof(deliveries[0].sim), "sim-north");
	tell_of(&message, &situation);
	assert_false(has("being sent"));
	assert_true(has("1 of its 2 parts are out."));
	assert_true(has("Now it waits for modem north, whose SIM was given it before."));
	assert_true(has("Modem north has used up its 3 parts a month."));

	situation.sims = away;
	tell_of(&message, &situation);
	assert_true(has("Now it waits for the SIM that it was given to, by modem north"));

	situation.held = true;
	tell_of(&message, &situation);
	assert_true(has("footbridge release"));
}

/* A modem keeps the name of the SIM that was in it. */
static void a_sim_that_moved_is_told_by_the_modem_that_has_it(void **state)
{
	struct why_modem modems[] = {
		{ "north", MODEM_STATE_ABSENT, "It went away.", false, NULL },
		{ "south", MODEM_STATE_READY, "registered", false, NULL },
	};
	const struct choice_sim sims[] = { { .sim = "sim-north" }, { .sim = "sim-north" } };
	struct store_message message = a_message(DELIVERY_PENDING);
	struct why_situation situation = a_situation();

	(void)state;
	situation.modems = modems;
	situation.modem_count = 2;
	situation.sims = sims;
	snprintf(deliveries[0].sim, sizeof(deliveries[0].sim), "sim-north");
	tell_of(&message, &situation);
	assert_true(has("Now it waits for its turn at modem south"));

	modems[1].limit = "its 3 parts a month";
	tell_of(&message, &situation);
	assert_true(has("Modem south has used up its 3 parts a month."));

	modems[1] = (struct why_modem){ "south", MODEM_STATE_HELD, "It is held.", false, NULL };
	tell_of(&message, &situation);
	assert_true(has("Modem south is held: It is held."));

	modems[1].state = MODEM_STATE_FAILED;
	tell_of(&message, &situation);
	assert_true(has("Modem north is absent: It went away."));
}

/* North is its SIM's modem, whatever south could do. */
static void what_waits_for_one_modem_is_told_what_that_does(void **state)
{
	struct why_modem modems[] = {
		{ "north", MODEM_STATE_HELD, "It is held.", false, NULL },
		{ "south", MODEM_STATE_READY, "registered", false, NULL },
	};
	const struct choice_sim sims[] = { { .sim = "sim-north" }, { .sim = "sim-south" } };
	struct store_message message = a_message(DELIVERY_PENDING);
	struct why_situation situation = a_situation();

	(void)state;
	situation.modems = modems;
	situation.modem_count = 2;
	situation.sims = sims;
	snprintf(deliveries[0].sim, sizeof(deliveries[0].sim), "sim-north");
	tell_of(&message, &situation);
	assert_false(has("waits for its turn"));
	assert_true(has("Modem north is held: It is held."));

	modems[0].state = MODEM_STATE_READY;
	tell_of(&message, &situation);
	assert_true(has("Now it waits for its turn at modem north"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_tells_when_it_came_how_it_was_cut_and_how_long_it_lives),
		cmocka_unit_test(it_tells_why_a_text_became_several_parts),
		cmocka_unit_test(the_text_and_the_numbers_of_others_are_never_told),
		cmocka_unit_test(each_try_is_told_with_its_moment_modem_and_answer),
		cmocka_unit_test(many_tries_are_told_in_a_few_sentences),
		cmocka_unit_test(what_waits_says_for_what),
		cmocka_unit_test(what_waits_between_its_parts_is_told_as_waiting),
		cmocka_unit_test(what_waits_for_one_modem_is_told_what_that_does),
		cmocka_unit_test(a_sim_that_moved_is_told_by_the_modem_that_has_it),
		cmocka_unit_test(only_modems_that_may_send_there_are_waited_for),
		cmocka_unit_test(
			a_moment_that_has_come_on_a_clock_that_is_not_trusted_is_waited_for),
		cmocka_unit_test(the_unknown_says_until_when_and_what_then),
		cmocka_unit_test(every_end_says_that_it_is_one),
		cmocka_unit_test(a_story_of_very_many_recipients_ends),
		cmocka_unit_test(a_quota_that_is_used_up_is_told),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, forget_story);
}
