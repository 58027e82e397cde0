/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What follows from each answer to a send (bridge/core/errors.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/core/errors.h"

static struct send_verdict judge_in(enum modem_outcome outcome, enum modem_error_kind kind,
				    int code, const struct send_situation *situation)
{
	const struct modem_word_outcome word = { .attempt = 1,
						 .outcome = outcome,
						 .reference = -1,
						 .error_kind = kind,
						 .error_code = code };
	struct send_verdict verdict;

	send_judge(&word, situation, &verdict);
	return verdict;
}

/* With a network. */
static struct send_verdict judge(enum modem_outcome outcome, enum modem_error_kind kind, int code,
				 unsigned tries, bool others_succeed)
{
	return judge_in(outcome, kind, code,
			&(struct send_situation){ .tries = tries,
						  .refusals = tries,
						  .others_succeed = others_succeed,
						  .registered = true,
						  .handed_over = true });
}

static struct send_verdict judge_cms(int code, unsigned tries, bool others_succeed)
{
	return judge(MODEM_OUTCOME_REFUSED, MODEM_ERROR_CMS, code, tries, others_succeed);
}

static struct send_verdict judge_without_network(enum modem_error_kind kind, int code)
{
	return judge_in(
		MODEM_OUTCOME_REFUSED, kind, code,
		&(struct send_situation){
			.tries = 2, .refusals = 2, .others_succeed = true, .handed_over = true });
}

/* modem.md's table of errors, whole. */
static const struct {
	enum send_error_class class;
	int codes[16];
} DESIGN[] = {
	{ SEND_ERROR_MESSAGE, { 1, 195, 196, 304, 96, 97, 98, 99 } },
	{ SEND_ERROR_SIM, { 8, 28, 29, 50, 69, 193, 310, 311, 312, 313, 315, 316, 317, 318, 330 } },
	{ SEND_ERROR_SUBSCRIBER, { 10, 21, 30 } },
	{ SEND_ERROR_DUPLICATE, { 197 } },
	{ SEND_ERROR_NO_ANSWER, { 332 } },
	{ SEND_ERROR_VENDOR, { 500, 512, 513, 65535 } },
	{ SEND_ERROR_MEMORY_FULL, { 322 } },
	{ SEND_ERROR_NO_NETWORK, { 331 } },
	{ SEND_ERROR_RECIPIENT, { 22, 27 } },
	{ SEND_ERROR_TEMPORARY, { 38, 41, 42, 47, 111, 314, 535, 255, 301 } },
};

static void every_code_of_the_design_is_in_its_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(DESIGN); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(DESIGN[i].codes) && DESIGN[i].codes[j]; j++) {
			print_message("# CMS %d\n", DESIGN[i].codes[j]);
			assert_int_equal(send_error_class(MODEM_ERROR_CMS, DESIGN[i].codes[j]),
					 DESIGN[i].class);
		}
	}
}

/* What happens by class: the event, who waits, whether it may come twice, whether it counts. */
struct fate {
	enum part_event event;
	bool backs_off, sim_rests, may_be_duplicate, excused;
};

static void assert_fate(const struct send_verdict *verdict, const struct fate *fate, int64_t wait)
{
	assert_int_equal(verdict->event, fate->event);
	assert_int_equal(verdict->retry_after_usec, fate->backs_off ? wait : 0);
	assert_int_equal(verdict->sim_rests, fate->sim_rests);
	assert_int_equal(verdict->may_be_duplicate, fate->may_be_duplicate);
	assert_int_equal(verdict->excused, fate->excused);
}

static void every_code_of_the_design_has_its_fate_and_its_back_off(void **state)
{
	static const struct fate fates[SEND_ERROR_CLASS_COUNT] = {
		[SEND_ERROR_MESSAGE] = { PART_REFUSED_FOR_GOOD, false, false, false, false },
		[SEND_ERROR_SIM] = { PART_REFUSED, true, true, false, false },
		[SEND_ERROR_SUBSCRIBER] = { PART_REFUSED, true, true, false, false },
		[SEND_ERROR_DUPLICATE] = { PART_ACCEPTED, false, false, false, false },
		[SEND_ERROR_NO_ANSWER] = { PART_LOST_SIGHT, false, false, false, false },
		[SEND_ERROR_VENDOR] = { PART_REFUSED, true, false, true, false },
		[SEND_ERROR_MEMORY_FULL] = { PART_REFUSED, true, false, false, false },
		[SEND_ERROR_NO_NETWORK] = { PART_REFUSED, false, true, false, true },
		[SEND_ERROR_RECIPIENT] = { PART_REFUSED, true, false, false, false },
		[SEND_ERROR_TEMPORARY] = { PART_REFUSED, true, false, false, false },
	};
	static const int64_t seconds[] = { 30, 120, 600, 1800, 1800, 1800, 1800 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(DESIGN); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(DESIGN[i].codes) && DESIGN[i].codes[j]; j++) {
			print_message("# CMS %d\n", DESIGN[i].codes[j]);
			for (unsigned tries = 0; tries < ARRAY_SIZE(seconds); tries++) {
				const struct send_verdict verdict =
					judge_cms(DESIGN[i].codes[j], tries, false);

				assert_fate(&verdict, &fates[DESIGN[i].class],
					    seconds[tries] * USEC_PER_SEC);
			}
		}
	}
}

static void want_of_a_network_is_no_try(void **state)
{
	const struct send_verdict verdicts[] = {
		judge_cms(331, 3, true),
		judge(MODEM_OUTCOME_REFUSED, MODEM_ERROR_CME, 30, 3, true),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		assert_int_equal(verdicts[i].event, PART_REFUSED);
		assert_true(verdicts[i].excused);
		assert_true(verdicts[i].sim_rests);
		assert_int_equal(verdicts[i].retry_after_usec, 0);
		assert_string_equal(verdicts[i].reason,
				    "There is no network. The message waits until the modem is "
				    "registered again; this counts as no try.");
	}
}

static void whatever_is_refused_without_a_network_is_no_try(void **state)
{
	static const int codes[] = { 8, 21, 38, 69, 310, 322, 500, 535 };
	const struct send_verdict bare = judge_without_network(MODEM_ERROR_BARE, 0);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		const struct send_verdict verdict =
			judge_without_network(MODEM_ERROR_CMS, codes[i]);

		print_message("# CMS %d\n", codes[i]);
		assert_int_equal(verdict.event, PART_REFUSED);
		assert_true(verdict.excused);
		assert_true(verdict.sim_rests);
		assert_int_equal(verdict.retry_after_usec, 0);
		assert_non_null(strstr(verdict.reason, "Refused while there was no network: "));
	}
	assert_true(bare.excused);
	assert_true(bare.may_be_duplicate);
}

static void what_is_said_of_the_message_holds_without_a_network_too(void **state)
{
	(void)state;
	assert_int_equal(judge_without_network(MODEM_ERROR_CMS, 304).event, PART_REFUSED_FOR_GOOD);
	assert_int_equal(judge_without_network(MODEM_ERROR_CMS, 197).event, PART_ACCEPTED);
	assert_int_equal(judge_without_network(MODEM_ERROR_CMS, 332).event, PART_LOST_SIGHT);
	assert_false(judge_without_network(MODEM_ERROR_CMS, 304).excused);
}

/* Or a part that kills its worker each time would be tried for ever, without a pause. */
static void what_never_reached_the_air_counts_without_a_network_too(void **state)
{
	const struct send_verdict verdict = judge_in(MODEM_OUTCOME_NOT_SENT, MODEM_ERROR_NONE, 0,
						     &(struct send_situation){ .tries = 1 });

	(void)state;
	assert_int_equal(verdict.event, PART_NOT_SENT);
	assert_false(verdict.excused);
	assert_false(verdict.sim_rests);
	assert_int_equal(verdict.retry_after_usec, 30 * USEC_PER_SEC);
}

static void a_code_means_something_else_from_the_equipment(void **state)
{
	(void)state;
	assert_int_equal(send_error_class(MODEM_ERROR_CME, 10), SEND_ERROR_SIM);
	assert_int_equal(send_error_class(MODEM_ERROR_CME, 1), SEND_ERROR_TEMPORARY);
	assert_int_equal(send_error_class(MODEM_ERROR_CME, 31), SEND_ERROR_NO_ANSWER);
	assert_int_equal(send_error_class(MODEM_ERROR_BARE, 0), SEND_ERROR_VENDOR);
}

static void a_sent_part_is_accepted(void **state)
{
	const struct send_verdict verdict =
		judge(MODEM_OUTCOME_SENT, MODEM_ERROR_NONE, 0, 0, false);

	(void)state;
	assert_int_equal(verdict.event, PART_ACCEPTED);
	assert_string_equal(verdict.error, "");
}

static void an_error_of_the_message_is_for_good(void **state)
{
	const struct send_verdict verdict = judge_cms(1, 0, false);

	(void)state;
	assert_int_equal(verdict.event, PART_REFUSED_FOR_GOOD);
	assert_string_equal(verdict.error, "CMS/1");
	assert_string_equal(verdict.reason,
			    "Refused for good: this number is not assigned to anybody.");
}

static void a_temporary_error_waits_longer_each_time(void **state)
{
	static const int64_t seconds[] = { 30, 120, 600, 1800, 1800, 1800 };

	(void)state;
	for (unsigned tries = 0; tries < ARRAY_SIZE(seconds); tries++) {
		const struct send_verdict verdict = judge_cms(38, tries, true);

		assert_int_equal(verdict.event, PART_REFUSED);
		assert_int_equal(verdict.retry_after_usec, seconds[tries] * USEC_PER_SEC);
		assert_false(verdict.sim_rests);
		assert_false(verdict.may_be_duplicate);
	}
}

static void a_barred_sim_rests_and_the_message_waits(void **state)
{
	const struct send_verdict verdict = judge_cms(8, 5, true);

	(void)state;
	assert_int_equal(verdict.event, PART_REFUSED);
	assert_true(verdict.sim_rests);
}

static void a_rejected_recipient_fails_only_when_others_succeed(void **state)
{
	(void)state;
	assert_int_equal(judge_cms(21, 0, true).event, PART_REFUSED);
	assert_int_equal(judge_cms(21, 1, false).event, PART_REFUSED);
	assert_int_equal(judge_cms(21, 1, true).event, PART_REFUSED_FOR_GOOD);
	assert_false(judge_cms(21, 0, true).sim_rests);
}

static void what_never_reached_the_air_is_no_rejection(void **state)
{
	const struct send_verdict verdict = judge_in(
		MODEM_OUTCOME_REFUSED, MODEM_ERROR_CMS, 21,
		&(struct send_situation){ .tries = 3, .others_succeed = true, .registered = true });

	(void)state;
	assert_int_equal(verdict.event, PART_REFUSED);
}

static void a_rejected_duplicate_counts_as_sent(void **state)
{
	(void)state;
	assert_int_equal(judge_cms(197, 0, false).event, PART_ACCEPTED);
}

static void a_vendor_catch_all_may_arrive_twice(void **state)
{
	const struct send_verdict verdict =
		judge(MODEM_OUTCOME_REFUSED, MODEM_ERROR_BARE, 0, 0, false);

	(void)state;
	assert_int_equal(verdict.event, PART_REFUSED);
	assert_true(verdict.may_be_duplicate);
	assert_string_equal(verdict.error, "ERROR");
	assert_true(judge_cms(500, 0, false).may_be_duplicate);
}

static void what_was_not_handed_over_can_not_arrive_twice(void **state)
{
	static const struct {
		enum modem_error_kind kind;
		int code;
	} errors[] = { { MODEM_ERROR_BARE, 0 },
		       { MODEM_ERROR_CMS, 500 },
		       { MODEM_ERROR_CMS, 513 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		const struct send_verdict verdict =
			judge_in(MODEM_OUTCOME_REFUSED, errors[i].kind, errors[i].code,
				 &(struct send_situation){ .registered = true });
		const struct send_verdict without_network =
			judge_in(MODEM_OUTCOME_REFUSED, errors[i].kind, errors[i].code,
				 &(struct send_situation){ .tries = 1 });

		assert_int_equal(verdict.event, PART_REFUSED);
		assert_int_equal(verdict.retry_after_usec, 30 * USEC_PER_SEC);
		assert_false(verdict.may_be_duplicate);
		assert_non_null(strstr(verdict.reason, "had not taken the message yet"));
		assert_false(without_network.may_be_duplicate);
	}
}

/* It may be the recipient's fault: one bad number holds up nobody for long. */
static void a_sim_without_credit_rests_until_others_succeed_but_shortly(void **state)
{
	static const int64_t seconds[] = { 30, 120, 120, 120 }, barred[] = { 30, 120, 600, 1800 };
	const struct send_verdict verdict = judge_cms(21, 0, false), sim = judge_cms(8, 0, false);

	(void)state;
	assert_true(verdict.sim_rests);
	assert_true(sim.sim_rests);
	for (unsigned rests = 0; rests < ARRAY_SIZE(seconds); rests++) {
		assert_int_equal(send_rest_usec(&verdict, rests), seconds[rests] * USEC_PER_SEC);
		assert_int_equal(send_rest_usec(&sim, rests), barred[rests] * USEC_PER_SEC);
	}
}

static void a_phone_that_can_take_nothing_says_nothing_of_the_sim(void **state)
{
	(void)state;
	assert_true(judge_cms(22, 0, false).sim_blameless);
	assert_true(judge_cms(27, 0, false).sim_blameless);
	assert_false(judge_cms(21, 0, false).sim_blameless);
	assert_false(judge_cms(38, 0, false).sim_blameless);
	assert_int_equal(judge_cms(22, 1, true).event, PART_REFUSED);
}

static void no_answer_is_unknown_wherever_it_was_lost(void **state)
{
	(void)state;
	assert_int_equal(judge_cms(332, 0, false).event, PART_LOST_SIGHT);
	assert_int_equal(judge(MODEM_OUTCOME_UNKNOWN, MODEM_ERROR_NONE, 0, 0, false).event,
			 PART_LOST_SIGHT);
}

static void what_never_reached_the_air_is_soon_tried_again(void **state)
{
	const struct send_verdict first =
		judge(MODEM_OUTCOME_NOT_SENT, MODEM_ERROR_NONE, 0, 0, false);
	const struct send_verdict second =
		judge(MODEM_OUTCOME_NOT_SENT, MODEM_ERROR_NONE, 0, 1, false);

	(void)state;
	assert_int_equal(first.event, PART_NOT_SENT);
	assert_int_equal(first.retry_after_usec, 2 * USEC_PER_SEC);
	assert_int_equal(second.retry_after_usec, 30 * USEC_PER_SEC);
}

static void every_code_has_a_whole_sentence(void **state)
{
	(void)state;
	for (int code = 0; code < 600; code++) {
		const struct send_verdict verdict = judge_cms(code, 0, false);
		size_t size = strlen(verdict.reason);

		assert_true(size > 10 && size < sizeof(verdict.reason) - 1);
		assert_int_equal(verdict.reason[size - 1], '.');
		assert_true(verdict.reason[0] >= 'A' && verdict.reason[0] <= 'Z');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_of_the_design_is_in_its_class),
		cmocka_unit_test(every_code_of_the_design_has_its_fate_and_its_back_off),
		cmocka_unit_test(want_of_a_network_is_no_try),
		cmocka_unit_test(whatever_is_refused_without_a_network_is_no_try),
		cmocka_unit_test(what_is_said_of_the_message_holds_without_a_network_too),
		cmocka_unit_test(what_never_reached_the_air_counts_without_a_network_too),
		cmocka_unit_test(a_code_means_something_else_from_the_equipment),
		cmocka_unit_test(a_sent_part_is_accepted),
		cmocka_unit_test(an_error_of_the_message_is_for_good),
		cmocka_unit_test(a_temporary_error_waits_longer_each_time),
		cmocka_unit_test(a_barred_sim_rests_and_the_message_waits),
		cmocka_unit_test(a_rejected_recipient_fails_only_when_others_succeed),
		cmocka_unit_test(what_never_reached_the_air_is_no_rejection),
		cmocka_unit_test(a_rejected_duplicate_counts_as_sent),
		cmocka_unit_test(a_vendor_catch_all_may_arrive_twice),
		cmocka_unit_test(what_was_not_handed_over_can_not_arrive_twice),
		cmocka_unit_test(a_sim_without_credit_rests_until_others_succeed_but_shortly),
		cmocka_unit_test(a_phone_that_can_take_nothing_says_nothing_of_the_sim),
		cmocka_unit_test(no_answer_is_unknown_wherever_it_was_lost),
		cmocka_unit_test(what_never_reached_the_air_is_soon_tried_again),
		cmocka_unit_test(every_code_has_a_whole_sentence),
	};

	return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
