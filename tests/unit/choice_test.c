/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who may send what: prefixes, prices, and SIMs that can't (bridge/core/choice.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/core/choice.h"

static const char *const CHINA[] = { "+86", NULL };
static const char *const BOTH[] = { "+86", "+49", NULL };

enum can { SENDS, HELD, USED_UP, MONTH_FULL, HANGS, DOUBTED, REFUSED_ONCE, AWAITED };

static struct choice_sim a_sim(const char *sim, const char *const *prefixes, unsigned price,
			       enum can can)
{
	return (struct choice_sim){
		.sim = sim,
		.prefixes = prefixes,
		.price = price,
		.sends = can != HELD && can != REFUSED_ONCE && can != AWAITED,
		.hangs = can == HANGS,
		.doubted = can == DOUBTED || can == REFUSED_ONCE,
		.keeps_talking = can == REFUSED_ONCE,
		.has_left = can == SENDS || can == HELD || can == HANGS || can == DOUBTED ||
			    can == REFUSED_ONCE,
		.may_talk = can == MONTH_FULL,
		.awaited = can == AWAITED,
	};
}

/* "a,b": the strings, in their order. */
static const char *join(const char *const *strings, size_t count, char buffer[static 256])
{
	buffer[0] = '\0';
	for (size_t i = 0; i < count; i++)
		snprintf(buffer + strlen(buffer), 256 - strlen(buffer), "%s%s", i > 0 ? "," : "",
			 strings[i][0] ? strings[i] : "none");
	return buffer;
}

static void check(const struct choice_pool *pool, size_t self, const char *takes, const char *talks,
		  const char *talkers)
{
	char buffer[256];
	struct choice choice;

	choice_make(pool, self, &choice);
	assert_string_equal(join(choice.prefixes, choice.prefix_count, buffer), takes);
	assert_string_equal(join(choice.talk_prefixes, choice.talk_prefix_count, buffer), talks);
	assert_string_equal(join(choice.talkers, choice.talker_count, buffer), talkers);
}

static void a_pair_shares_by_prefix_price_and_state(void **state)
{
	static const struct {
		const char *what;
		const char *const *prefixes[2];
		unsigned price[2];
		enum can can[2];
		const char *takes, *talks, *talkers; /* of the first */
	} rows[] = {
		{ "alone in its class",
		  { CHINA, NULL },
		  { 1, 0 },
		  { SENDS, SENDS },
		  "+86",
		  "",
		  "" },
		{ "no prefix is a class",
		  { NULL, CHINA },
		  { 1, 0 },
		  { SENDS, SENDS },
		  "none",
		  "",
		  "" },
		{ "the same price", { NULL, NULL }, { 1, 1 }, { SENDS, SENDS }, "none", "", "b" },
		{ "the cheaper one", { NULL, NULL }, { 1, 2 }, { SENDS, SENDS }, "none", "", "b" },
		{ "the dearer one", { NULL, NULL }, { 2, 1 }, { SENDS, SENDS }, "", "none", "b" },
		{ "the cheaper is held",
		  { NULL, NULL },
		  { 2, 1 },
		  { SENDS, HELD },
		  "none",
		  "",
		  "" },
		{ "it is used up", { NULL, NULL }, { 2, 1 }, { SENDS, USED_UP }, "none", "", "" },
		{ "it hangs", { NULL, NULL }, { 2, 1 }, { SENDS, HANGS }, "none", "", "b" },
		{ "the dearer one hangs",
		  { NULL, NULL },
		  { 1, 2 },
		  { SENDS, HANGS },
		  "none",
		  "",
		  "b" },
		{ "it hangs itself", { NULL, NULL }, { 2, 1 }, { HANGS, SENDS }, "", "none", "b" },
		{ "the cheaper is doubted",
		  { NULL, NULL },
		  { 2, 1 },
		  { SENDS, DOUBTED },
		  "none",
		  "",
		  "" },
		{ "the cheaper was refused once, perhaps for the number",
		  { NULL, NULL },
		  { 2, 1 },
		  { SENDS, REFUSED_ONCE },
		  "none",
		  "",
		  "b" },
		{ "it is doubted itself",
		  { NULL, NULL },
		  { 1, 2 },
		  { DOUBTED, SENDS },
		  "",
		  "",
		  "b" },
		{ "of the same price too",
		  { NULL, NULL },
		  { 1, 1 },
		  { DOUBTED, SENDS },
		  "",
		  "",
		  "b" },
		{ "nobody else can",
		  { NULL, NULL },
		  { 1, 2 },
		  { DOUBTED, USED_UP },
		  "none",
		  "",
		  "" },
		{ "both are doubted",
		  { NULL, NULL },
		  { 2, 1 },
		  { DOUBTED, DOUBTED },
		  "",
		  "none",
		  "b" },
		{ "doubted in one class only",
		  { BOTH, CHINA },
		  { 1, 1 },
		  { DOUBTED, SENDS },
		  "+49",
		  "",
		  "b" },
		{ "its month is full",
		  { NULL, NULL },
		  { 2, 1 },
		  { SENDS, MONTH_FULL },
		  "none",
		  "",
		  "b" },
		{ "dearer in one class only",
		  { BOTH, CHINA },
		  { 2, 1 },
		  { SENDS, SENDS },
		  "+49",
		  "+86",
		  "b" },
		{ "the cheaper has yet to start",
		  { NULL, NULL },
		  { 2, 1 },
		  { SENDS, AWAITED },
		  "none",
		  "",
		  "b" },
		{ "one of another class",
		  { CHINA, NULL },
		  { 1, 1 },
		  { SENDS, AWAITED },
		  "+86",
		  "",
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct choice_sim sims[] = {
			a_sim("a", rows[i].prefixes[0], rows[i].price[0], rows[i].can[0]),
			a_sim("b", rows[i].prefixes[1], rows[i].price[1], rows[i].can[1]),
		};
		const struct choice_pool pool = { .sims = sims, .count = 2 };

		print_message("# %s\n", rows[i].what);
		check(&pool, 0, rows[i].takes, rows[i].talks, rows[i].talkers);
	}
}

static void the_longest_prefix_decides_the_class(void **state)
{
	static const char *const shorter[] = { "+8", NULL }, *const longer[] = { "+861", NULL };
	const struct choice_sim sims[] = { a_sim("a", shorter, 0, SENDS),
					   a_sim("b", longer, 0, SENDS) };
	const struct choice_pool pool = { .sims = sims, .count = 2 };

	(void)state;
	assert_string_equal(choice_class(&pool, "+8613800000001"), "+861");
	assert_string_equal(choice_class(&pool, "+8213800000001"), "+8");
	assert_string_equal(choice_class(&pool, "+4915100000001"), "");
	assert_string_equal(choice_class(&pool, "10086"), "");
}

static void an_own_number_is_served_as_any_other_until_it_is_tested(void **state)
{
	const struct choice_sim sims[] = { a_sim("a", CHINA, 1, SENDS), a_sim("b", CHINA, 2, SENDS),
					   a_sim("c", NULL, 0, SENDS) };
	struct choice_own own = { .number = "+8613800000001" };
	const struct choice_pool pool = { .sims = sims, .count = 3, .owns = &own, .own_count = 1 };

	(void)state;
	check(&pool, 0, "+86,+8613800000001", "", "b");
	check(&pool, 1, "", "+86,+8613800000001", "a");
	check(&pool, 2, "none", "", "");
	own.only = "b";
	check(&pool, 0, "+86", "", "b");
	check(&pool, 1, "+8613800000001", "+86", "a");
}

/* One that no radio holds yet, and one that was in a dead modem and is in a new one. */
static void a_sim_is_left_its_conversations_wherever_it_is(void **state)
{
	static const char *const awaited[] = { "d" };
	const struct choice_sim sims[] = { a_sim("a", NULL, 0, SENDS), a_sim("b", NULL, 0, HELD),
					   a_sim("b", NULL, 0, SENDS), a_sim("c", NULL, 0, HELD) };
	const struct choice_pool pool = {
		.sims = sims, .count = 4, .awaited = awaited, .awaited_count = 1
	};

	(void)state;
	check(&pool, 0, "none", "", "b,d");
}

static void patience_grows_with_the_pace(void **state)
{
	static const struct {
		int64_t span_usec, pace_usec, patience_usec;
	} rows[] = {
		{ 20000000, 0, 20000000 },
		{ 20000000, 4000000, 20000000 },
		{ 20000000, 10000000, 30000000 },
		{ 1000000, 4000000, 12000000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(choice_patience_usec(rows[i].span_usec, rows[i].pace_usec),
				 rows[i].patience_usec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_shares_by_prefix_price_and_state),
		cmocka_unit_test(the_longest_prefix_decides_the_class),
		cmocka_unit_test(an_own_number_is_served_as_any_other_until_it_is_tested),
		cmocka_unit_test(a_sim_is_left_its_conversations_wherever_it_is),
		cmocka_unit_test(patience_grows_with_the_pace),
	};

	return cmocka_run_group_tests_name("choice", tests, NULL, NULL);
}
