/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The credit of SIMs, asked of the network by the daemon itself.
 */
#include "tests/scenario/scenario.h"

#define TRIES 600 /* of 100 ms */

/* The modem, when its balance is known. */
static json_t *balance_wait(struct world *world, const char *modem)
{
	char path[64];

	snprintf(path, sizeof(path), "/v1/modems/%s", modem);
	for (unsigned i = 0; i < TRIES; i++) {
		int status;
		json_t *shown = world_http(world, "GET", path, NULL, &status);

		if (world_text(shown, "balance")[0])
			return shown;
		json_decref(shown);
		world_sleep(world, -1, 100);
	}
	fail_msg("no balance of %s was ever known", modem);
	return NULL;
}

static void the_amount_is_read_from_the_answer(void **state)
{
	WORLD_JSON *shown = balance_wait(*state, "north");

	assert_string_equal(world_text(shown, "balance"), "1234.50");
	assert_string_not_equal(world_text(shown, "balanceAt"), "");
	assert_string_equal(world_text(shown, "trouble"), "");
}

static void little_credit_is_trouble(void **state)
{
	WORLD_JSON *shown = balance_wait(*state, "south");

	assert_string_equal(world_text(shown, "balance"), "3.20");
	assert_non_null(strstr(world_text(shown, "trouble"), "credit is low: 3.20"));
}

/* The only open item of that kind and modem. */
static bool is_open(struct world *world, const char *kind, const char *modem)
{
	bool found = false;
	int status;
	WORLD_JSON *list = world_http(world, "GET", "/v1/attention", NULL, &status);
	const json_t *items = world_at(list, "items");

	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);

		if (strcmp(world_text(item, "kind"), kind) != 0)
			continue;
		assert_false(found);
		assert_string_equal(world_text(item, "modem"), modem);
		found = true;
	}
	return found;
}

static void a_modem_that_has_asked_still_sends(void **state)
{
	char number[16], id[65];

	world_number(*state, number);
	world_send(*state, number, "Still here.", 11, id);
	json_decref(world_message_wait(*state, id, "delivered"));
}

static void it_is_shown_to_people_and_kept(void **state)
{
	WORLD_RESULT *list = world_cli(*state, "modem", "list", NULL);
	WORLD_RESULT *shown = world_cli(*state, "modem", "show", "south", NULL);

	assert_non_null(strstr(list->out, "1234.50"));
	assert_non_null(strstr(shown->out, "3.20"));
	assert_int_equal(world_daemon_stop(*state), 0);
	world_daemon_start(*state);
	world_modem_wait(*state, "north", "ready");
	json_decref(balance_wait(*state, "north"));
}

static void little_credit_needs_attention_until_there_is_more(void **state)
{
	for (unsigned i = 0; i < TRIES && !is_open(*state, "modem.balance", "south"); i++)
		world_sleep(*state, -1, 100);
	assert_true(is_open(*state, "modem.balance", "south"));
	world_cell_do(*state, "{s:s,s:s,s:s,s:s}", "op", "ussd", "modem", "south", "code", "*101#",
		      "text", "30.00");
	world_cell_do(*state, "{s:s,s:s,s:s,s:s}", "op", "set", "modem", "south", "key", "iccid",
		      "value", "89860112345678909999");
	for (unsigned i = 0; i < TRIES && is_open(*state, "modem.balance", "south"); i++)
		world_sleep(*state, -1, 100);
	assert_false(is_open(*state, "modem.balance", "south"));
}

static int open_world(void **state)
{
	static const char *const cell[] = { "--modem", "north", "--modem", "south", NULL };

	*state = world_open(&(struct world_options){
		.failed = scenario_failed,
		.cell_arguments = cell,
		.time_percent = 10,
		.modems = "{ name = \"north\"; device = \"@/north\"; balance: { code = \"*100#\"; "
			  "pattern = \"credit is ([0-9.,]+) EUR\"; every_hours = 1; low = 5; }; },"
			  "{ name = \"south\"; device = \"@/south\"; balance: { code = \"*101#\"; "
			  "every_hours = 1; low = 5; }; }",
		.without_daemon = true,
	});
	world_cell_do(*state, "{s:s,s:s,s:s,s:s}", "op", "ussd", "modem", "north", "code", "*100#",
		      "text", "7 days left, your credit is 1.234,50 EUR.");
	world_cell_do(*state, "{s:s,s:s,s:s,s:s,s:b}", "op", "ussd", "modem", "south", "code",
		      "*101#", "text", "3.20\n1 Top up", "menu", true);
	world_daemon_start(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_amount_is_read_from_the_answer),
		cmocka_unit_test(little_credit_is_trouble),
		cmocka_unit_test(a_modem_that_has_asked_still_sends),
		cmocka_unit_test(it_is_shown_to_people_and_kept),
		cmocka_unit_test(little_credit_needs_attention_until_there_is_more),
	};

	return cmocka_run_group_tests_name("balance", tests, open_world, scenario_close);
}
