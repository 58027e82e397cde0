/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SIMs that may not send for ever: the next one takes over, what has none left waits and says why,
 * and what can't be in time is refused before it is taken.
 */
#include "tests/scenario/scenario.h"

#include <time.h>

#define MONTH "2592000" /* seconds: later than the quotas' month ends */

/* The months of the quotas end in two weeks, whenever this runs. */
static int day_in_two_weeks(void)
{
	time_t now = time(NULL);
	struct tm local;

	localtime_r(&now, &local);
	return (local.tm_mday + 14) % 28 + 1;
}

static void send_by(struct world *world, const char *modem)
{
	char number[16], id[65];

	world_number(world, number);
	world_send(world, number, "By whom?", 8, id);
	WORLD_JSON *message = world_message_wait(world, id, "delivered");
	assert_string_equal(world_text(message, "recipients.0.modem"), modem);
}

static void the_next_modem_takes_over(void **state)
{
	send_by(*state, "north");
	send_by(*state, "north");
	send_by(*state, "south");
}

static json_t *post(struct world *world, const char *id, const char *more, int *ret_status)
{
	char number[16], text[256];

	world_number(world, number);
	snprintf(text, sizeof(text), "{\"id\":\"%s\",\"to\":[\"%s\"],\"text\":\"Late.\"%s}", id,
		 number, more);
	WORLD_JSON *body = json_loads(text, 0, NULL);
	return world_http(world, "POST", "/v1/messages", body, ret_status);
}

static const char *in_an_hour(void)
{
	static char text[32];
	const time_t then = time(NULL) + 3600;
	struct tm utc;

	gmtime_r(&then, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return text;
}

static void what_can_not_be_in_time_is_refused(void **state)
{
	int status;
	WORLD_JSON *answer = post(*state, "late-1", ",\"ttl\":3600", &status);

	assert_int_equal(status, 409);
	assert_string_equal(world_text(answer, "error"), "WouldExpire");
	assert_string_not_equal(world_text(answer, "estimatedDoneAt"), "");
	WORLD_JSON *none = world_http(*state, "GET", "/v1/messages/late-1", NULL, &status);
	assert_int_equal(status, 404);
}

/* Whatever waits says so in the message, in its story and in the overview. */
static void what_has_to_wait_says_until_when(void **state)
{
	int status;
	WORLD_JSON *answer = post(*state, "wait-1", ",\"ttl\":" MONTH, &status);

	assert_int_equal(status, 202);
	while (!strstr(world_text(answer, "recipients.0.reason"), "quota")) {
		json_decref(answer);
		assert_true(world_sleep(*state, -1, 100) || true);
		answer = world_message(*state, "wait-1");
	}
	assert_non_null(
		strstr(world_text(answer, "recipients.0.reason"), "north its 2 parts a month"));
	assert_non_null(
		strstr(world_text(answer, "recipients.0.reason"), "south its 1 parts a month"));
	assert_string_not_equal(world_text(answer, "recipients.0.nextAttemptAt"), "");

	WORLD_RESULT *why = world_cli(*state, "message", "why", "wait-1", NULL);
	assert_non_null(strstr(why->out, "used up its quota"));
	WORLD_RESULT *overview = world_cli(*state, "--json", "status", NULL);
	assert_int_equal(world_integer(overview->json, "partsWaiting"), 1);
	assert_string_not_equal(world_text(overview->json, "estimatedDoneAt"), "");
}

static void a_repeat_is_no_new_message(void **state)
{
	int status;
	WORLD_JSON *stored = world_message(*state, "wait-1");
	WORLD_JSON *body = json_pack("{s:s,s:[s],s:s,s:i}", "id", "wait-1", "to",
				     world_text(stored, "recipients.0.to"), "text", "Late.", "ttl",
				     atoi(MONTH));
	WORLD_JSON *again = world_http(*state, "POST", "/v1/messages", body, &status);

	assert_int_equal(status, 200);
	assert_string_equal(world_text(again, "id"), "wait-1");
}

static void a_part_may_be_allowed_to_expire(void **state)
{
	char number[16];

	world_number(*state, number);
	WORLD_RESULT *refused = world_cli(*state, "send", number, "Late.", "--ttl", "1h", NULL);
	WORLD_RESULT *allowed =
		world_cli(*state, "send", number, "Late.", "--ttl", "1h", "--allow-partial", NULL);

	assert_int_equal(refused->status, 1);
	assert_non_null(strstr(refused->err, "quotas"));
	assert_int_equal(allowed->status, 0);
}

static void a_dry_run_tells_the_moment(void **state)
{
	char number[16];

	world_number(*state, number);
	WORLD_RESULT *plan =
		world_cli(*state, "--json", "send", number, "When?", "--dry-run", NULL);
	assert_int_equal(plan->status, 0);
	assert_true(json_is_null(world_at(plan->json, "modem")));
	assert_string_not_equal(world_text(plan->json, "expectedAt"), "");
	assert_non_null(strstr(world_text(plan->json, "reason"), "quota"));
}

static void a_modem_shows_what_it_used(void **state)
{
	WORLD_RESULT *json = world_cli(*state, "--json", "modem", "show", "north", NULL);
	WORLD_RESULT *shown = world_cli(*state, "modem", "show", "north", NULL);

	assert_int_equal(world_integer(json->json, "quota.partsPerMonth.used"), 2);
	assert_int_equal(world_integer(json->json, "quota.partsPerMonth.limit"), 2);
	assert_string_not_equal(world_text(json->json, "quota.partsPerMonth.until"), "");
	assert_true(json_is_null(world_at(json->json, "quota.partsPerDay.limit")));
	assert_non_null(strstr(shown->out, "2 of 2, until"));
}

static void a_restart_gives_nothing_back(void **state)
{
	assert_int_equal(world_daemon_stop(*state), 0);
	world_daemon_start(*state);
	world_modem_wait(*state, "north", "ready");
	world_modem_wait(*state, "south", "ready");
	what_can_not_be_in_time_is_refused(state);
	WORLD_JSON *waiting = world_message(*state, "wait-1");
	assert_string_equal(world_text(waiting, "state"), "pending");
}

/* Only what surely goes before a message can make it come too late. */
static void what_goes_before_all_that_waits_is_in_time(void **state)
{
	static const char *const cell[] = { "--modem", "north", NULL };
	char modems[256];
	int status;

	(void)state;
	snprintf(modems, sizeof(modems),
		 "{ name = \"north\"; device = \"@/north\"; "
		 "quota: { parts_per_month = 4; reset_day = %d; }; }",
		 day_in_two_weeks());
	struct world *world = world_open(&(struct world_options){
		.failed = scenario_failed, .cell_arguments = cell, .modems = modems });
	WORLD_RESULT *held = world_cli(world, "hold", NULL);
	assert_int_equal(held->status, 0);
	for (unsigned i = 0; i < 4; i++) {
		char id[16];

		snprintf(id, sizeof(id), "bulk-%u", i);
		json_decref(post(world, id, ",\"priority\":-100,\"ttl\":" MONTH, &status));
		assert_int_equal(status, 202);
	}
	json_decref(post(world, "behind", ",\"priority\":-100,\"ttl\":7200", &status));
	assert_int_equal(status, 409);
	json_decref(post(world, "before", ",\"ttl\":7200", &status));
	assert_int_equal(status, 202);
	assert_true(world_is_clean(world));
	world_close(world);
}

/* An answer of "now" to "it would come too late" is none. */
static void without_a_modem_that_sends_the_quotas_tell_the_moment(void **state)
{
	static const char *const cell[] = { "--modem", "north", NULL };
	int status;

	(void)state;
	struct world *world = world_open(&(struct world_options){
		.failed = scenario_failed,
		.cell_arguments = cell,
		.modems = "{ name = \"north\"; device = \"@/north\"; "
			  "quota: { parts_per_day = 1; }; }",
	});
	world_cell_do(world, "{s:s,s:s}", "op", "unplug", "modem", "north");
	world_modem_wait(world, "north", "absent");
	WORLD_JSON *body = json_loads("{\"to\":[\"+8613900000001\",\"+8613900000002\","
				      "\"+8613900000003\"],\"text\":\"Late.\",\"ttl\":3600}",
				      0, NULL);
	WORLD_JSON *answer = world_http(world, "POST", "/v1/messages", body, &status);
	assert_int_equal(status, 409);
	/* It is later than the message's own end. */
	assert_true(strcmp(world_text(answer, "estimatedDoneAt"), in_an_hour()) > 0);
	assert_true(world_is_clean(world));
	world_close(world);
}

/* Nothing goes until somebody says so: nobody knows when. */
static void while_all_is_held_there_is_no_moment(void **state)
{
	char number[16];

	world_number(*state, number);
	WORLD_RESULT *held = world_cli(*state, "hold", NULL);
	WORLD_RESULT *plan =
		world_cli(*state, "--json", "send", number, "When?", "--dry-run", NULL);
	WORLD_RESULT *overview = world_cli(*state, "--json", "status", NULL);
	WORLD_RESULT *released = world_cli(*state, "release", NULL);
	assert_int_equal(held->status, 0);
	assert_int_equal(plan->status, 0);
	assert_true(json_is_null(world_at(plan->json, "modem")));
	assert_true(json_is_null(world_at(plan->json, "expectedAt")));
	assert_non_null(strstr(world_text(plan->json, "reason"), "footbridge release"));
	assert_true(world_integer(overview->json, "partsWaiting") > 0);
	assert_true(json_is_null(world_at(overview->json, "estimatedDoneAt")));
	assert_int_equal(released->status, 0);
}

static int open_world(void **state)
{
	static const char *const cell[] = { "--modem", "north", "--modem", "south", NULL };
	static char modems[512];
	int day = day_in_two_weeks();

	snprintf(modems, sizeof(modems),
		 "{ name = \"north\"; device = \"@/north\"; "
		 "quota: { parts_per_month = 2; reset_day = %d; }; },"
		 "{ name = \"south\"; device = \"@/south\"; price = 1; "
		 "quota: { parts_per_month = 1; reset_day = %d; }; }",
		 day, day);
	*state = world_open(&(struct world_options){
		.failed = scenario_failed, .cell_arguments = cell, .modems = modems });
	world_modem_wait(*state, "north", "ready");
	world_modem_wait(*state, "south", "ready");
	return 0;
}

/* What lets the message out in time may be a modem that is just not there. */
static void a_modem_that_is_away_still_counts(void **state)
{
	static const char *const cell[] = { "--modem", "north", "--modem", "south", NULL };
	static const char text[] = "{\"to\":[\"+8613900000001\",\"+8613900000002\"],"
				   "\"text\":\"In time?\",\"ttl\":3600}";
	int status;

	(void)state;
	struct world *world = world_open(&(struct world_options){
		.failed = scenario_failed,
		.cell_arguments = cell,
		.modems = "{ name = \"north\"; device = \"@/north\"; "
			  "quota: { parts_per_month = 1; }; },"
			  "{ name = \"south\"; device = \"@/south\"; }",
	});
	world_modem_wait(world, "north", "ready");
	world_cell_do(world, "{s:s,s:s}", "op", "unplug", "modem", "south");
	world_modem_wait(world, "south", "absent");
	WORLD_JSON *body = json_loads(text, 0, NULL);
	WORLD_JSON *taken = world_http(world, "POST", "/v1/messages", body, &status);
	assert_int_equal(status, 202);
	world_cell_do(world, "{s:s,s:s}", "op", "plug", "modem", "south");
	json_decref(world_message_wait(world, world_text(taken, "id"), "delivered"));
	/* Held, it is no help. */
	json_decref(world_http(world, "POST", "/v1/modems/south/hold", NULL, &status));
	assert_int_equal(status, 200);
	WORLD_JSON *refused = world_http(world, "POST", "/v1/messages", body, &status);
	assert_int_equal(status, 409);
	assert_string_equal(world_text(refused, "error"), "WouldExpire");
	assert_true(world_is_clean(world));
	world_close(world);
}

/* What is left of a month is not kept for a message that it has no room for. */
static void what_is_shorter_passes_what_there_is_no_room_for(void **state)
{
	static const char *const cell[] = { "--modem", "north", NULL };
	char number[16], modems[256], text[401];
	int status;

	(void)state;
	snprintf(modems, sizeof(modems),
		 "{ name = \"north\"; device = \"@/north\"; "
		 "quota: { parts_per_month = 4; reset_day = %d; }; }",
		 day_in_two_weeks());
	struct world *world = world_open(&(struct world_options){
		.failed = scenario_failed, .cell_arguments = cell, .modems = modems });
	world_modem_wait(world, "north", "ready");
	send_by(world, "north");
	send_by(world, "north");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	world_number(world, number);
	WORLD_JSON *body = json_pack("{s:s,s:[s],s:s,s:i}", "id", "longer", "to", number, "text",
				     text, "ttl", atoi(MONTH));
	json_t *longer = world_http(world, "POST", "/v1/messages", body, &status);
	assert_int_equal(status, 202);
	while (!strstr(world_text(longer, "recipients.0.reason"), "quota")) {
		json_decref(longer);
		assert_true(world_sleep(world, -1, 100) || true);
		longer = world_message(world, "longer");
	}
	assert_non_null(strstr(world_text(longer, "recipients.0.reason"),
			       "north its 4 parts a month but for too few for what waits"));
	assert_string_not_equal(world_text(longer, "recipients.0.nextAttemptAt"), "");
	json_decref(longer);
	send_by(world, "north");
	WORLD_JSON *waits = world_message(world, "longer");
	assert_string_equal(world_text(waits, "state"), "pending");
	assert_true(world_is_clean(world));
	world_close(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_modem_takes_over),
		cmocka_unit_test(what_can_not_be_in_time_is_refused),
		cmocka_unit_test(what_has_to_wait_says_until_when),
		cmocka_unit_test(a_repeat_is_no_new_message),
		cmocka_unit_test(a_part_may_be_allowed_to_expire),
		cmocka_unit_test(a_dry_run_tells_the_moment),
		cmocka_unit_test(a_modem_shows_what_it_used),
		cmocka_unit_test(a_restart_gives_nothing_back),
		cmocka_unit_test(while_all_is_held_there_is_no_moment),
		cmocka_unit_test(a_modem_that_is_away_still_counts),
		cmocka_unit_test(what_is_shorter_passes_what_there_is_no_room_for),
		cmocka_unit_test(what_goes_before_all_that_waits_is_in_time),
		cmocka_unit_test(without_a_modem_that_sends_the_quotas_tell_the_moment),
	};

	return cmocka_run_group_tests_name("quota", tests, open_world, scenario_close);
}
