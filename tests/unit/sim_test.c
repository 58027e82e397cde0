/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a SIM is called when it does not say everything each time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bridge/core/sim.h"

#define ICCID "89860000000000000011"
#define IMSI "460000000000011"

static struct sim_name sim;

static const char *learn(const char *iccid, const char *imsi)
{
	struct modem_word_identity identity = { 0 };

	snprintf(identity.iccid, sizeof(identity.iccid), "%s", iccid);
	snprintf(identity.imsi, sizeof(identity.imsi), "%s", imsi);
	sim_learn(&sim, &identity, "north");
	return sim.name;
}

static void iccid_imsi_modem_in_that_order(void **state)
{
	(void)state;
	sim = (struct sim_name){ 0 };
	assert_string_equal(learn("", ""), "north");
	assert_string_equal(learn("", IMSI), IMSI);
	assert_string_equal(learn(ICCID, IMSI), ICCID);
}

static void a_sim_that_keeps_its_iccid_to_itself_is_still_the_same(void **state)
{
	(void)state;
	learn(ICCID, IMSI);
	assert_string_equal(learn("", IMSI), ICCID);
	assert_string_equal(learn("", IMSI), ICCID);
}

static void what_has_not_spoken_yet_is_the_last_that_did(void **state)
{
	(void)state;
	sim = (struct sim_name){ .name = ICCID, .imsi = IMSI };
	assert_string_equal(learn("", ""), ICCID);
	assert_string_equal(learn("", IMSI), ICCID);
	assert_string_equal(learn("89860000000000000022", ""), "89860000000000000022");
	assert_string_equal(learn("", ""), "89860000000000000022");
}

static void another_imsi_is_another_sim(void **state)
{
	(void)state;
	learn(ICCID, IMSI);
	assert_string_equal(learn("", "460000000000022"), "460000000000022");
	assert_string_equal(learn("", IMSI), IMSI);
	learn(ICCID, "");
	assert_string_equal(learn("", IMSI), IMSI);
}

static bool changed(struct sim_seen_last *seen, const char *iccid, const char *imsi)
{
	struct modem_word_identity identity = { 0 };

	snprintf(identity.iccid, sizeof(identity.iccid), "%s", iccid);
	snprintf(identity.imsi, sizeof(identity.imsi), "%s", imsi);
	return sim_changed(seen, &identity);
}

static void a_sim_is_another_only_when_that_is_certain(void **state)
{
	static const char other[] = "89860000000000000022", other_imsi[] = "460000000000022";
	struct sim_seen_last seen = { 0 };

	(void)state;
	assert_false(changed(&seen, "", ""));
	assert_false(changed(&seen, "", IMSI));
	assert_false(changed(&seen, ICCID, IMSI));
	assert_false(changed(&seen, "", ""));
	assert_false(changed(&seen, "", IMSI));
	assert_false(changed(&seen, ICCID, ""));
	assert_true(changed(&seen, other, ""));
	/* What was known of the one before is not held against this one. */
	assert_false(changed(&seen, other, other_imsi));
	assert_true(changed(&seen, "", IMSI));
	assert_false(changed(&seen, ICCID, IMSI));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iccid_imsi_modem_in_that_order),
		cmocka_unit_test(a_sim_that_keeps_its_iccid_to_itself_is_still_the_same),
		cmocka_unit_test(what_has_not_spoken_yet_is_the_last_that_did),
		cmocka_unit_test(another_imsi_is_another_sim),
		cmocka_unit_test(a_sim_is_another_only_when_that_is_certain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
