/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `message why` tells the story of a message so that it can be read out on the telephone, and the
 * story names the cause.
 */
#include "tests/scenario/scenario.h"

#include <ctype.h>

/* The story in one text, of sentences: each begins with a capital or a digit and ends. */
static void story_of(struct world *world, const char *id, char *text, size_t size)
{
	WORLD_RESULT *why = world_cli(world, "--json", "message", "why", id, NULL);
	const json_t *sentence;
	size_t i, at = 0;

	if (why->status != 0)
		fail_msg("why %s: %s", id, why->err);
	text[0] = '\0';
	assert_true(json_array_size(world_at(why->json, "story")) > 0);
	json_array_foreach(world_at(why->json, "story"), i, sentence) {
		const char *words = json_string_value(sentence);
		size_t length = words ? strlen(words) : 0;

		assert_true(length > 10);
		assert_false(islower((unsigned char)words[0]));
		assert_non_null(strchr(".?!:", words[length - 1]));
		at += (size_t)snprintf(text + at, size - at, "%s\n", words);
		assert_true(at < size);
	}
	print_message("%s", text);
}

static void tells(struct world *world, const char *id, const char *const *words)
{
	char text[8192];

	story_of(world, id, text, sizeof(text));
	for (; *words; words++)
		if (!strcasestr(text, *words))
			fail_msg("the story does not say \"%s\":\n%s", *words, text);
}
#define assert_tells(world, id, ...) tells(world, id, (const char *const[]){ __VA_ARGS__, NULL })

static void of_a_message_that_arrived(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	world_send(*state, phone, "All is well.", 12, id);
	json_decref(world_message_wait(*state, id, "delivered"));
	assert_tells(*state, id, WORLD_MODEM, "phone confirmed");
	WORLD_RESULT *why = world_cli(*state, "--json", "message", "why", id, NULL);
	WORLD_RESULT *people = world_cli(*state, "message", "why", id, NULL);
	for (size_t i = 0; i < json_array_size(world_at(why->json, "story")); i++)
		assert_non_null(strstr(people->out, json_string_value(json_array_get(
							    world_at(why->json, "story"), i))));
}

/* Whoever calls knows their number, not an id: the newest message to it. */
static void by_the_number_of_whoever_calls(void **state)
{
	char phone[16], first[65], second[65], none[16];
	int status;

	world_number(*state, phone);
	world_send(*state, phone, "The older one.", 14, first);
	json_decref(world_message_wait(*state, first, "delivered"));
	world_send(*state, phone, "The newer one.", 14, second);
	json_decref(world_message_wait(*state, second, "delivered"));
	WORLD_RESULT *why = world_cli(*state, "--json", "message", "why", phone, NULL);
	assert_string_equal(world_text(why->json, "id"), second);

	world_number(*state, none);
	WORLD_RESULT *nothing = world_cli(*state, "message", "why", none, NULL);
	WORLD_RESULT *nobody = world_cli(*state, "message", "why", "nobody-knows", NULL);
	assert_int_equal(nothing->status, 1);
	assert_int_equal(nobody->status, 1);
	json_decref(world_http(*state, "GET", "/v1/messages/nobody-knows/why", NULL, &status));
	assert_int_equal(status, 404);
}

static void of_a_number_that_is_nobodys(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error", "CMS:1",
		      "count", 1);
	world_send(*state, phone, "Anybody?", 8, id);
	json_decref(world_message_wait(*state, id, "failed"));
	assert_tells(*state, id, "not assigned to anybody");
}

static void of_a_network_that_refuses_for_now(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error", "CMS:42",
		      "count", 1);
	world_send(*state, phone, "At the second try.", 18, id);
	json_decref(world_message_wait(*state, id, "delivered"));
	assert_tells(*state, id, "congested", "phone confirmed");
}

static void of_a_phone_that_was_never_on(void **state)
{
	char phone[16], id[65];

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "report", "number", phone, "mode", "fail",
		      "status", 0x41);
	world_send(*state, phone, "Switched off.", 13, id);
	json_decref(world_message_wait(*state, id, "failed"));
	assert_tells(*state, id, "could not deliver");
}

static void of_what_nobody_answered(void **state)
{
	char phone[16], id[65];
	size_t cell = world_cell_mark(*state);

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error", "DROP",
		      "count", 1);
	world_cell_do(*state, "{s:s,s:s,s:s}", "op", "hold", "modem", WORLD_MODEM, "at", "submit");
	world_send(*state, phone, "Hello?", 6, id);
	world_cell_wait(*state, cell, "held", NULL);
	world_worker_kill(*state);
	world_cell_do(*state, "{s:s,s:s}", "op", "resume", "modem", WORLD_MODEM);
	json_decref(world_message_wait(*state, id, "unknown"));
	assert_tells(*state, id, "no answer was heard");
	json_decref(world_message_wait(*state, id, "delivered"));
	assert_tells(*state, id, "no answer was heard", "again", "phone confirmed");
}

static void of_what_waits(void **state)
{
	char phone[16], id[65];
	int status;

	world_number(*state, phone);
	WORLD_RESULT *later =
		world_cli(*state, "--json", "send", "--at", "+1h", phone, "Later", NULL);
	assert_tells(*state, world_text(later->json, "id"), "not to go before",
		     "waits for its moment");

	json_decref(world_http(*state, "POST", "/v1/hold", NULL, &status));
	world_send(*state, phone, "Held.", 5, id);
	assert_tells(*state, id, "held", "release");
	json_decref(world_http(*state, "POST", "/v1/release", NULL, &status));
	json_decref(world_message_wait(*state, id, "delivered"));

	world_cell_do(*state, "{s:s,s:s}", "op", "unplug", "modem", WORLD_MODEM);
	world_modem_wait(*state, WORLD_MODEM, "absent");
	world_send(*state, phone, "No modem.", 9, id);
	assert_tells(*state, id, "modem", "absent");
	world_cell_do(*state, "{s:s,s:s}", "op", "plug", "modem", WORLD_MODEM);
	json_decref(world_message_wait(*state, id, "delivered"));
}

static void of_what_was_cancelled(void **state)
{
	char phone[16];

	world_number(*state, phone);
	WORLD_RESULT *later =
		world_cli(*state, "--json", "send", "--at", "+1h", phone, "Never mind", NULL);
	WORLD_RESULT *cancel =
		world_cli(*state, "message", "cancel", world_text(later->json, "id"), NULL);
	assert_int_equal(cancel->status, 0);
	assert_tells(*state, world_text(later->json, "id"), "cancelled");
}

/* Several parts, several recipients: still a story, and each recipient is in it. */
static void of_a_message_to_several(void **state)
{
	char one[16], two[16];
	int status;

	world_number(*state, one);
	world_number(*state, two);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", two, "error", "CMS:1",
		      "count", 1);
	WORLD_JSON *body = json_pack("{s:[s,s],s:s}", "to", one, two, "text", "To both of you.");
	WORLD_JSON *stored = world_http(*state, "POST", "/v1/messages", body, &status);
	assert_int_equal(status, 202);
	json_decref(world_message_wait(*state, world_text(stored, "id"), "failed"));
	assert_tells(*state, world_text(stored, "id"), one, two, "not assigned to anybody",
		     "phone confirmed");
}

static int open_world(void **state)
{
	*state =
		world_open(&(struct world_options){ .failed = scenario_failed,
						    .config = "delivery: { unknown_minutes = 1; };",
						    .time_percent = 5 });
	scenario_turn(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(of_a_message_that_arrived),
		scenario_test(by_the_number_of_whoever_calls),
		scenario_test(of_a_number_that_is_nobodys),
		scenario_test(of_a_network_that_refuses_for_now),
		scenario_test(of_a_phone_that_was_never_on),
		scenario_test(of_what_nobody_answered),
		scenario_test(of_what_waits),
		scenario_test(of_what_was_cancelled),
		scenario_test(of_a_message_to_several),
	};

	return cmocka_run_group_tests_name("why", tests, open_world, scenario_close);
}
