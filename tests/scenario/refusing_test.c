/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A SIM that refuses what another one would take: it is not tried for ever, however cheap it is and
 * whatever it says; and what counts as sent twice.  Waits are a fiftieth of what they are for people.
 */
#include "tests/scenario/scenario.h"

#include <time.h>
#include <unistd.h>

#define SOUTH_NUMBER "+8613800000002"
#define MESSAGES 6
#define TIME_PERCENT 2
#define RECIPIENTS 60
#define PACE_SECONDS 4
#define PATIENT_PERCENT 10 /* a conversation is waited for longer than one rest lasts */

static struct world *a_pair(const char *modems, unsigned time_percent)
{
	static const char *const cell[] = { "--modem",     "north,number=" WORLD_MODEM_NUMBER,
					    "--modem",     "south,number=" SOUTH_NUMBER,
					    "--log-lines", NULL };
	struct world *world = world_open(&(struct world_options){
		.failed = scenario_failed,
		.cell_arguments = cell,
		.modems = modems,
		.time_percent = time_percent,
	});

	world_modem_wait(world, "north", "ready");
	world_modem_wait(world, "south", "ready");
	return world;
}

static struct world *a_cheap_north_at(unsigned time_percent)
{
	return a_pair("{ name = \"north\"; device = \"@/north\"; price = 1; },"
		      "{ name = \"south\"; device = \"@/south\"; price = 2; }",
		      time_percent);
}

static struct world *a_cheap_north(void)
{
	return a_cheap_north_at(TIME_PERCENT);
}

static void north_fails(struct world *world, const char *error, int count)
{
	world_cell_do(world, "{s:s,s:s,s:s,s:i}", "op", "fail", "modem", "north", "error", error,
		      "count", count);
}

static void close_clean(struct world *world)
{
	assert_true(world_is_clean(world));
	world_close(world);
}

static void one_sends(struct world *world, char id[static 65])
{
	char phone[16];

	world_number(world, phone);
	world_send(world, phone, "By whom?", 8, id);
}

/* Every message arrives, and north was not asked more than a few times for all of them. */
static void the_other_sends(const char *error, size_t refused_max)
{
	struct world *world = a_cheap_north();
	char ids[MESSAGES][65];
	size_t mark = world_cell_mark(world);

	north_fails(world, error, 1000);
	for (size_t i = 0; i < MESSAGES; i++)
		one_sends(world, ids[i]);
	for (size_t i = 0; i < MESSAGES; i++) {
		WORLD_JSON *message = world_message_wait(world, ids[i], "delivered");
		assert_string_equal(world_text(message, "recipients.0.modem"), "south");
	}
	assert_in_range(world_cell_count(world, mark, "refused", NULL), 1, refused_max);
	close_clean(world);
}

static void a_cheap_sim_without_credit_does_not_keep_its_messages(void **state)
{
	(void)state;
	the_other_sends("CMS:21", 2);
}

static void nor_does_one_whose_network_is_out_of_order(void **state)
{
	(void)state;
	the_other_sends("CMS:38", 3);
}

static void one_that_gives_no_cause_keeps_a_message_for_two_tries(void **state)
{
	(void)state;
	/* Two of them were begun before the second refusal. */
	the_other_sends("CMS:500", 4);
}

/* In the time of people: within three minutes, so that ten are enough. */
static void the_third_try_is_another_s(const char *error, bool twice)
{
	struct world *world = a_cheap_north();
	char id[65];

	north_fails(world, error, 1000);
	one_sends(world, id);
	WORLD_JSON *message = world_message_wait(world, id, "delivered");
	assert_string_equal(world_text(message, "recipients.0.modem"), "south");
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 3);
	assert_int_equal(json_is_true(world_at(message, "recipients.0.mayBeDuplicate")), twice);
	close_clean(world);
}

static void a_single_message_is_another_s_from_the_third_try_on(void **state)
{
	(void)state;
	the_third_try_is_another_s("CMS:38", false);
	the_third_try_is_another_s("CMS:500", true);
	the_third_try_is_another_s("ERROR", true);
}

/* It is better to have tried: nobody else would. */
static void the_last_sim_is_given_it_again(void **state)
{
	struct world *world = a_cheap_north();
	char id[65];

	(void)state;
	world_cell_do(world, "{s:s,s:s}", "op", "unplug", "modem", "south");
	world_modem_wait(world, "south", "absent");
	north_fails(world, "CMS:38", 3);
	one_sends(world, id);
	WORLD_JSON *message = world_message_wait(world, id, "delivered");
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 4);
	one_sends(world, id);
	WORLD_JSON *next = world_message_wait(world, id, "delivered");
	assert_int_equal(json_array_size(world_at(next, "recipients.0.attempts")), 1);
	close_clean(world);
}

/* Somebody who wrote to north hears from it again, though it was refused what went to others. */
static void a_conversation_stays_over(const char *error, int count)
{
	struct world *world = a_cheap_north_at(PATIENT_PERCENT);
	char phone[16], refused[65], id[65];

	world_number(world, phone);
	world_type(world, phone, "Hello?", 6);
	json_decref(world_inbox_wait(world, phone, 1));
	north_fails(world, error, count);
	for (int i = 0; i < count; i++) {
		size_t mark = world_cell_mark(world);

		one_sends(world, refused);
		world_cell_wait(world, mark, "refused", "modem=north", NULL);
	}
	world_send(world, phone, "Here.", 5, id);
	WORLD_JSON *message = world_message_wait(world, id, "delivered");
	assert_string_equal(world_text(message, "recipients.0.modem"), "north");
	json_decref(world_message_wait(world, refused, "delivered"));
	close_clean(world);
}

static void one_bad_number_moves_nobody_s_conversation(void **state)
{
	(void)state;
	a_conversation_stays_over("CMS:21", 1);
}

static void nor_do_phones_that_are_full_or_off(void **state)
{
	(void)state;
	a_conversation_stays_over("CMS:22", 2);
	a_conversation_stays_over("CMS:27", 2);
}

static void after(char text[static 32], time_t seconds)
{
	const time_t then = time(NULL) + seconds;
	struct tm utc;

	gmtime_r(&then, &utc);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* A part takes four seconds until one was sent: south alone sends for as long as it will take. */
static void a_dry_run_counts_on_nobody_who_is_doubted(void **state)
{
	struct world *world = a_cheap_north_at(PATIENT_PERCENT);
	json_t *to = json_array();
	WORLD_JSON *body = json_pack("{s:o,s:s,s:b}", "to", to, "text", "By whom?", "dryRun", 1);
	char ids[2][65], earliest[32];
	size_t mark = world_cell_mark(world);
	int status;

	(void)state;
	for (int i = 0; i < RECIPIENTS; i++) {
		char phone[16];

		world_number(world, phone);
		json_array_append_new(to, json_string(phone));
	}
	/* What it refuses can't be sent by south either, whose pace stays what it is. */
	world_cell_do(world, "{s:s,s:s,s:s}", "op", "hold", "modem", "south", "at", "answer");
	north_fails(world, "CMS:38", 2);
	for (size_t i = 0; i < 2; i++)
		one_sends(world, ids[i]);
	for (int i = 0; world_cell_count(world, mark, "refused", NULL) < 2; i++) {
		assert_in_range(i, 0, 600);
		world_sleep(world, -1, 50);
	}
	after(earliest, RECIPIENTS * PACE_SECONDS * 3 / 4);
	WORLD_JSON *plan = world_http(world, "POST", "/v1/messages", body, &status);
	assert_int_equal(status, 200);
	assert_string_equal(world_text(plan, "modem"), "south");
	assert_true(strcmp(world_text(plan, "expectedAt"), earliest) > 0);
	world_cell_do(world, "{s:s,s:s}", "op", "resume", "modem", "south");
	for (size_t i = 0; i < 2; i++)
		json_decref(world_message_wait(world, ids[i], "delivered"));
	close_clean(world);
}

/* The modem refuses before it is given the text; each time it is asked once more. */
static void what_was_never_handed_over_is_not_said_to_come_twice(void **state)
{
	static const char profile[] =
		"family = \"Rough\"; manufacturer = \"Nobody\"; model = \"R1\";\n"
		"replies = ( { command = \"AT+CMGS*\"; final = \"ERROR\"; times = 4; } );\n";
	static const char *const cell[] = {
		"--profiles",  NULL,
		"--modem",     WORLD_MODEM ",profile=rough,number=" WORLD_MODEM_NUMBER,
		"--log-lines", NULL
	};
	char directory[] = "/tmp/refusing-test-XXXXXX", path[64], id[65];
	const char *arguments[sizeof(cell) / sizeof(cell[0])];
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/rough.conf", directory);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(profile, file);
	fclose(file);
	memcpy(arguments, cell, sizeof(cell));
	arguments[1] = directory;

	struct world *world = world_open(&(struct world_options){ .failed = scenario_failed,
								  .cell_arguments = arguments,
								  .time_percent = TIME_PERCENT });

	unlink(path);
	rmdir(directory);
	one_sends(world, id);
	WORLD_JSON *message = world_message_wait(world, id, "delivered");
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 3);
	assert_string_equal(world_text(message, "recipients.0.attempts.1.error"), "ERROR");
	assert_true(json_is_false(world_at(message, "recipients.0.mayBeDuplicate")));
	assert_null(strstr(world_text(message, "recipients.0.attempts.1.reason"), "twice"));
	close_clean(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cheap_sim_without_credit_does_not_keep_its_messages),
		cmocka_unit_test(nor_does_one_whose_network_is_out_of_order),
		cmocka_unit_test(one_that_gives_no_cause_keeps_a_message_for_two_tries),
		cmocka_unit_test(a_single_message_is_another_s_from_the_third_try_on),
		cmocka_unit_test(the_last_sim_is_given_it_again),
		cmocka_unit_test(one_bad_number_moves_nobody_s_conversation),
		cmocka_unit_test(nor_do_phones_that_are_full_or_off),
		cmocka_unit_test(a_dry_run_counts_on_nobody_who_is_doubted),
		cmocka_unit_test(what_was_never_handed_over_is_not_said_to_come_twice),
	};

	return cmocka_run_group_tests_name("refusing", tests, NULL, NULL);
}
