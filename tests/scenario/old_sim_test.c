/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A SIM out of somebody's drawer, with texts on it: they come in as old and stay on the SIM until the
 * operator has adopted it.  What comes from then on is ordinary.
 */
#include "tests/scenario/scenario.h"

#include <unistd.h>

#define LONG_TEXT                                                                                    \
	"A long one of two parts that somebody got years ago and never deleted from the SIM, since " \
	"nobody ever deletes anything from a SIM, and there was room for it and for a few more."

static size_t slots(struct world *world)
{
	WORLD_JSON *store = world_cell(world, "{s:s,s:s}", "op", "store", "modem", WORLD_MODEM);

	return json_array_size(world_at(store, "slots"));
}

static void slots_wait(struct world *world, size_t count)
{
	int64_t patience = 300;

	while (slots(world) != count) {
		if (patience-- == 0)
			fail_msg("the SIM has %zu texts, not %zu", slots(world), count);
		world_sleep(world, -1, 100);
	}
}

static void came_once(struct world *world, const char *phone, const char *text, const char *state)
{
	WORLD_JSON *items = world_inbox_wait(world, phone, 1);

	assert_int_equal(json_array_size(items), 1);
	assert_string_equal(world_text(items, "0.text"), text);
	assert_string_equal(world_text(items, "0.state"), state);
}

static void comes_in_as_usual(struct world *world, const char *text)
{
	char phone[16];
	size_t mark = world_cell_mark(world);

	world_number(world, phone);
	world_type(world, phone, text, strlen(text));
	came_once(world, phone, text, "received");
	world_cell_wait(world, mark, "deleted", NULL);
}

static void adopt(struct world *world)
{
	WORLD_RESULT *result = world_cli(world, "modem", "adopt", WORLD_MODEM, NULL);

	assert_int_equal(result->status, 0);
}

/* Every restart lists the SIM anew, a kill comes at a bad moment. */
static void restart(struct world *world, bool killed)
{
	if (killed)
		world_daemon_kill(world);
	else
		world_daemon_stop(world);
	world_workers_gone(world);
	world_daemon_start(world);
	world_modem_wait(world, WORLD_MODEM, "ready");
}

static void what_was_on_the_sim_is_old_and_stays_until_it_is_adopted(void **state)
{
	struct world *world = *state;
	char one[16], two[16];

	world_number(world, one);
	world_number(world, two);
	world_type(world, one, "From years ago.", 15);
	world_type(world, two, LONG_TEXT, strlen(LONG_TEXT));
	slots_wait(world, 3);
	world_daemon_start(world);
	world_modem_wait(world, WORLD_MODEM, "ready");
	came_once(world, one, "From years ago.", "old");
	came_once(world, two, LONG_TEXT, "old");

	comes_in_as_usual(world, "New on a strange SIM.");
	restart(world, true);
	restart(world, false);
	came_once(world, one, "From years ago.", "old");
	came_once(world, two, LONG_TEXT, "old");
	comes_in_as_usual(world, "New after a restart.");
	slots_wait(world, 3);

	adopt(world);
	slots_wait(world, 0);
	came_once(world, one, "From years ago.", "old");
	came_once(world, two, LONG_TEXT, "old");
	restart(world, true);
	came_once(world, one, "From years ago.", "old");
	comes_in_as_usual(world, "New on our own SIM.");
}

/* While nobody runs, another SIM is put in, with a text on it. */
static void sim_changed(struct world *world, const char *iccid, const char *phone, const char *text)
{
	world_daemon_stop(world);
	world_workers_gone(world);
	world_modem_set(world, "iccid", iccid);
	world_type(world, phone, text, strlen(text));
	slots_wait(world, 1);
}

/* Known and adopted is the SIM, not the modem. */
static void another_sim_in_the_same_modem_is_strange_again(void **state)
{
	struct world *world = *state;
	char phone[16];

	world_number(world, phone);
	sim_changed(world, "8986009999999999999", phone, "On another SIM.");
	world_daemon_start(world);
	world_modem_wait(world, WORLD_MODEM, "ready");
	came_once(world, phone, "On another SIM.", "old");
	comes_in_as_usual(world, "New on another SIM.");
	slots_wait(world, 1);
	adopt(world);
	slots_wait(world, 0);
}

/* What a worker that dies had not told yet is old all the same. */
static void a_worker_that_dies_in_the_first_listing_makes_nothing_new(void **state)
{
	struct world *world = *state;
	char phone[16];
	size_t mark;

	world_number(world, phone);
	sim_changed(world, "8986008888888888888", phone, "Old in any case.");
	mark = world_cell_mark(world);
	world_cell_do(world, "{s:s,s:s,s:s}", "op", "hold", "modem", WORLD_MODEM, "at", "cmgl");
	world_daemon_start(world);
	world_cell_wait(world, mark, "held", NULL);
	world_worker_kill(world);
	world_cell_do(world, "{s:s,s:s}", "op", "resume", "modem", WORLD_MODEM);
	world_modem_wait(world, WORLD_MODEM, "ready");

	came_once(world, phone, "Old in any case.", "old");
	slots_wait(world, 1);
	adopt(world);
	slots_wait(world, 0);
}

static void a_modem_that_is_not_there_cannot_be_adopted(void **state)
{
	WORLD_RESULT *none = world_cli(*state, "modem", "adopt", "nobody-knows", NULL);

	assert_int_equal(none->status, 1);
	assert_string_not_equal(none->err, "");
}

/* A world of its own, whose modem's first two lists have lost octets of the only entry. */
static struct world *open_cut(void)
{
	static const char PROFILE[] =
		"family = \"Rough\"; manufacturer = \"Nobody\"; model = \"R1\";\n"
		"stores = ( { name = \"SM\"; size = 50; } ); replies = (\n"
		"\t{ command = \"AT+CMGL=4\"; final = \"OK\"; times = 1;\n"
		"\t  lines = [ \"+CMGL: 1,1,,28\", \"07911326040000F0040B91134661008\" ]; },\n"
		"\t{ command = \"AT+CMGL=4\"; final = \"OK\"; times = 1;\n"
		"\t  lines = [ \"+CMGL: 1,1,,28\", \"07911326040000F0040B9113466\" ]; } );\n";
	char directory[] = "/tmp/old-sim-test-XXXXXX", path[64];
	const char *arguments[] = { "--profiles", directory, "--modem",
				    WORLD_MODEM ",profile=rough,number=" WORLD_MODEM_NUMBER, NULL };
	struct world *world;
	FILE *file;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/rough.conf", directory);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(PROFILE, file);
	fclose(file);
	world = world_open(&(struct world_options){ .failed = scenario_failed,
						    .cell_arguments = arguments,
						    .time_percent = 100,
						    .without_daemon = true });
	unlink(path);
	rmdir(directory);
	return world;
}

/* Until it came twice the same it is not known to be there, and would count as new afterwards. */
static void one_that_is_cut_again_and_again_is_old_all_the_same(void **state)
{
	struct world *world = open_cut();
	char phone[16];

	(void)state;
	world_number(world, phone);
	world_type(world, phone, "From years ago.", 15);
	slots_wait(world, 1);
	world_daemon_start(world);
	world_modem_wait(world, WORLD_MODEM, "ready");
	came_once(world, phone, "From years ago.", "old");
	comes_in_as_usual(world, "New on a strange SIM.");
	slots_wait(world, 1);
	world_close(world);
}

static int open_world(void **state)
{
	*state = world_open(&(struct world_options){
		.failed = scenario_failed, .time_percent = 4, .without_daemon = true });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(what_was_on_the_sim_is_old_and_stays_until_it_is_adopted),
		scenario_test(another_sim_in_the_same_modem_is_strange_again),
		scenario_test(a_worker_that_dies_in_the_first_listing_makes_nothing_new),
		scenario_test(one_that_is_cut_again_and_again_is_old_all_the_same),
		scenario_test(a_modem_that_is_not_there_cannot_be_adopted),
	};

	return cmocka_run_group_tests_name("old SIM", tests, open_world, scenario_close);
}
