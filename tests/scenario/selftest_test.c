/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Our own SIMs, tested by texts between them.
 */
#include "tests/scenario/scenario.h"

#define NORTH_NUMBER "+8613800000001"
#define SOUTH_NUMBER "+8613800000002"
#define WEST_NUMBER "+8613800000003"
#define PHONE_NUMBER "+8613900000077"
#define TRIES 1200 /* of 100 ms */

#define NORTH "{ name = \"north\"; device = \"@/north\"; number = \"" NORTH_NUMBER "\"; },"

static struct world *open_modems(const char *modems)
{
	static const char *const cell[] = { "--modem", "north,number=" NORTH_NUMBER,
					    "--modem", "south,number=" SOUTH_NUMBER,
					    "--modem", "west,number=" WEST_NUMBER,
					    NULL };

	return world_open(&(struct world_options){
		.failed = scenario_failed,
		.cell_arguments = cell,
		.time_percent = 5,
		.config = "self_test: { every_hours = 24; };",
		.modems = modems,
	});
}

/* By price alone south would never send. */
static struct world *open_pair(void)
{
	return open_modems(NORTH
			   "{ name = \"south\"; device = \"@/south\"; number = \"" SOUTH_NUMBER
			   "\"; price = 9; quota: { parts_per_day = 50; }; }");
}

/* In the configuration south's number is that of a phone: what north sends there never arrives. */
static struct world *open_three(void)
{
	return open_modems(
		NORTH "{ name = \"south\"; device = \"@/south\"; number = \"" PHONE_NUMBER "\"; },"
		      "{ name = \"west\"; device = \"@/west\"; number = \"" WEST_NUMBER "\"; }");
}

static const char *text_of_trouble(struct world *world, const char *modem, char words[static 512])
{
	char path[64];
	int status;

	snprintf(path, sizeof(path), "/v1/modems/%s", modem);
	WORLD_JSON *shown = world_http(world, "GET", path, NULL, &status);
	snprintf(words, 512, "%s", world_text(shown, "trouble"));
	return words;
}

static void each_modem_sends_to_the_next_and_nobody_hears_of_it(void **state)
{
	char words[512];
	int status;

	(void)state;
	struct world *world = open_pair();
	world_cell_wait(world, 0, "submit", "modem=north", "to=" SOUTH_NUMBER, NULL);
	world_cell_wait(world, 0, "submit", "modem=south", "to=" NORTH_NUMBER, NULL);
	world_cell_wait(world, 0, "deleted", "modem=north", NULL);
	world_cell_wait(world, 0, "deleted", "modem=south", NULL);
	/* What came after them is there, they are not. */
	world_type(world, "+8613900000001", "Hello", 5);
	json_decref(world_inbox_wait(world, "+8613900000001", 1));
	WORLD_JSON *inbox = world_http(world, "GET", "/v1/inbox", NULL, &status);
	assert_int_equal(json_array_size(world_at(inbox, "items")), 1);
	assert_string_equal(text_of_trouble(world, "north", words), "");
	assert_string_equal(text_of_trouble(world, "south", words), "");
	WORLD_RESULT *south = world_cli(world, "--json", "modem", "show", "south", NULL);
	assert_int_equal(world_integer(south->json, "quota.partsPerDay.used"), 1);
	assert_true(world_is_clean(world));
	world_close(world);
}

/* How many open items there are of that kind. */
static unsigned count_of(struct world *world, const char *kind)
{
	unsigned count = 0;
	int status;
	WORLD_JSON *list = world_http(world, "GET", "/v1/attention", NULL, &status);
	const json_t *items = world_at(list, "items");

	for (size_t i = 0; i < json_array_size(items); i++)
		count += strcmp(world_text(json_array_get(items, i), "kind"), kind) == 0;
	return count;
}

/* What south sends to west freezes that one: a receiver that does not work says nothing of its SIM. */
static void a_text_that_does_not_arrive_is_trouble_of_both(void **state)
{
	char words[512] = "";

	(void)state;
	struct world *world = open_three();
	world_cell_do(world, "{s:s,s:s,s:s}", "op", "hold", "modem", "west", "at", "cmti");
	world_cell_wait(world, 0, "held", "modem=west", NULL);
	for (unsigned i = 0; i < TRIES && !strstr(words, "from north to south"); i++) {
		world_sleep(world, -1, 100);
		text_of_trouble(world, "north", words);
	}
	assert_non_null(strstr(words, "self-test from north to south did not arrive"));
	assert_non_null(strstr(text_of_trouble(world, "south", words), "from north to south"));
	for (unsigned i = 0; i < TRIES && count_of(world, "modem.barred") < 2; i++)
		world_sleep(world, -1, 100);
	assert_int_equal(count_of(world, "modem.barred"), 2);
	assert_null(strstr(text_of_trouble(world, "west", words), "self-test"));
	/* Nor is anybody called for a message of the test's own. */
	assert_int_equal(count_of(world, "delivery.failed"), 0);
	assert_int_equal(count_of(world, "delivery.expired"), 0);
	world_cell_do(world, "{s:s,s:s}", "op", "resume", "modem", "west");
	world_close(world);
}

/* South's own number is another than the configuration has: its test is known by its token. */
static void a_test_from_an_unknown_number_is_nobodys_message(void **state)
{
	int status;

	(void)state;
	struct world *world = open_modems(
		NORTH "{ name = \"south\"; device = \"@/south\"; number = \"" PHONE_NUMBER "\"; }");
	world_cell_wait(world, 0, "deleted", "modem=north", NULL);
	world_type(world, PHONE_NUMBER, "Hello", 5);
	json_decref(world_inbox_wait(world, PHONE_NUMBER, 1));
	WORLD_JSON *inbox = world_http(world, "GET", "/v1/inbox", NULL, &status);
	assert_int_equal(json_array_size(world_at(inbox, "items")), 1);
	assert_true(world_is_clean(world));
	world_close(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_modem_sends_to_the_next_and_nobody_hears_of_it),
		cmocka_unit_test(a_text_that_does_not_arrive_is_trouble_of_both),
		cmocka_unit_test(a_test_from_an_unknown_number_is_nobodys_message),
	};

	return cmocka_run_group_tests_name("selftest", tests, NULL, NULL);
}
