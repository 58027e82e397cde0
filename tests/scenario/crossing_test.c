/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Texts of every class and length cross the bridge both ways and arrive character by character.
 */
#include "tests/scenario/scenario.h"

/* A text is described: head, a filling repeated, a tail. */
struct crossing {
	const char *what;
	const char *head;
	const char *filling;
	size_t repeated;
	const char *tail;
	unsigned parts;
	const char *alphabet; /* as the cell names it */
};

#define GSM7 "gsm7"
#define UCS2 "ucs2"

/* Parts: 160 septets or 153 each of several; 70 UTF-16 units or 67 each (3GPP TS 23.040). */
static const struct crossing crossings[] = {
	{ "1 character", "a", "", 0, "", 1, GSM7 },
	{ "69 characters", "", "b", 69, "", 1, GSM7 },
	{ "70 characters", "", "c", 70, "", 1, GSM7 },
	{ "71 characters", "", "d", 71, "", 1, GSM7 },
	{ "159 characters", "", "e", 158, "é", 1, GSM7 },
	{ "160 characters", "", "f", 159, "à", 1, GSM7 },
	{ "161 characters", "", "g", 160, "ü", 2, GSM7 },
	{ "306 characters", "", "h", 305, "Ω", 2, GSM7 },
	{ "307 characters", "", "i", 306, "§", 3, GSM7 },
	{ "an extension character that just fits", "", "j", 158, "€", 1, GSM7 },
	{ "an extension character one too far", "", "k", 159, "€", 2, GSM7 },
	{ "an extension character across the parts", "", "l", 152, "{and more after it}", 2, GSM7 },
	{ "an extension character across the second", "", "m", 305, "[end]", 3, GSM7 },
	{ "80 extension characters", "", "^", 80, "", 1, GSM7 },
	{ "81 extension characters", "", "|", 81, "", 2, GSM7 },
	{ "at, underscore, backslash, tilde", "@_\\~ a~b @ ", "~", 3, "_@", 1, GSM7 },
	{ "one UCS2 character", "中", "", 0, "", 1, UCS2 },
	{ "69 UCS2 characters", "", "文", 69, "", 1, UCS2 },
	{ "70 UCS2 characters", "", "字", 70, "", 1, UCS2 },
	{ "71 UCS2 characters", "", "符", 71, "", 2, UCS2 },
	{ "134 UCS2 characters", "", "短", 134, "", 2, UCS2 },
	{ "135 UCS2 characters", "", "信", 135, "", 3, UCS2 },
	{ "an emoji that just fits", "", "一", 68, "😀", 1, UCS2 },
	{ "an emoji one too far", "", "二", 69, "😀", 2, UCS2 },
	{ "an emoji across the parts", "", "三", 66, "😀四五六七八", 2, UCS2 },
	{ "an emoji across the second", "", "四", 132, "🎉五", 3, UCS2 },
	{ "a combining mark across the parts", "", "五", 66, "e\xcc\x81 and six", 2, UCS2 },
	{ "tilde and superscript one among UCS2", "~¹@_中~~", "~", 10, "¹", 1, UCS2 },
	{ "a tilde at every place of two parts", "中", "~", 80, "文", 2, UCS2 },
	{ "superscript one alone", "m¹ and m²", "", 0, "", 1, UCS2 },
	{ "long Chinese with emoji", "", "今天下午三点在村口集合🚜，带上雨衣☔。", 18,
	  "👨‍👩‍👧", 6, UCS2 },
	{ "lines", "first line\nsecond line\r\n\nfourth", "", 0, "", 1, GSM7 },
	{ "spaces at both ends", "  two before", " ", 3, "", 1, GSM7 },
};

static char *crossing_text(const struct crossing *crossing, size_t *ret_size)
{
	size_t head = strlen(crossing->head), filling = strlen(crossing->filling);
	size_t tail = strlen(crossing->tail), size = head + filling * crossing->repeated + tail;
	char *text = malloc(size + 1), *at = text;

	assert_non_null(text);
	at = mempcpy(at, crossing->head, head);
	for (size_t i = 0; i < crossing->repeated; i++)
		at = mempcpy(at, crossing->filling, filling);
	memcpy(at, crossing->tail, tail + 1);
	*ret_size = size;
	return text;
}

static void text_crosses_out(struct world *world, const char *text, size_t size, unsigned parts,
			     const char *alphabet)
{
	char phone[16], id[65], field[32], from[48];
	size_t mark = world_cell_mark(world);

	world_number(world, phone);
	snprintf(field, sizeof(field), "to=%s", phone);
	snprintf(from, sizeof(from), "alphabet=%s", alphabet);

	world_send(world, phone, text, size, id);
	WORLD_JSON *messages = world_screen_wait(world, phone, 1);
	WORLD_JSON *message = world_message_wait(world, id, "delivered");

	assert_shown(text, size, messages, "0.text");
	assert_string_equal(world_text(messages, "0.from"), WORLD_MODEM_NUMBER);
	assert_int_equal(json_array_size(messages), 1);
	assert_int_equal(world_cell_count(world, mark, "submit", field, from, NULL), parts);
	assert_int_equal(world_integer(message, "recipients.0.parts"), parts);
	assert_int_equal(world_integer(message, "recipients.0.partsDelivered"), parts);
	assert_shown(text, size, message, "text");
}

static void text_crosses_in(struct world *world, const char *text, size_t size)
{
	char phone[16];

	world_number(world, phone);
	world_type(world, phone, text, size);
	WORLD_JSON *items = world_inbox_wait(world, phone, 1);

	assert_int_equal(json_array_size(items), 1);
	assert_shown(text, size, items, "0.text");
	assert_string_equal(world_text(items, "0.state"), "received");
	assert_string_equal(world_text(items, "0.modem"), WORLD_MODEM);
}

static void every_text_arrives_whole_on_the_phone(void **state)
{
	for (size_t i = 0; i < sizeof(crossings) / sizeof(crossings[0]); i++) {
		size_t size;
		char *text = crossing_text(&crossings[i], &size);

		print_message("# out: %s\n", crossings[i].what);
		text_crosses_out(*state, text, size, crossings[i].parts, crossings[i].alphabet);
		free(text);
	}
}

static void every_text_arrives_whole_in_the_inbox(void **state)
{
	for (size_t i = 0; i < sizeof(crossings) / sizeof(crossings[0]); i++) {
		size_t size;
		char *text = crossing_text(&crossings[i], &size);

		print_message("# in: %s\n", crossings[i].what);
		text_crosses_in(*state, text, size);
		free(text);
	}
}

static void a_zero_character_crosses_both_ways(void **state)
{
	static const char text[] = "before\0after";

	text_crosses_out(*state, text, sizeof(text) - 1, 1, UCS2);
	text_crosses_in(*state, text, sizeof(text) - 1);
}

static void an_empty_text_comes_in_and_is_refused_outward(void **state)
{
	WORLD_JSON *body = json_pack("{s:[s],s:s}", "to", "+8613900999999", "text", "");
	int status;

	text_crosses_in(*state, "", 0);
	WORLD_JSON *answer = world_http(*state, "POST", "/v1/messages", body, &status);
	assert_int_equal(status, 400);
	assert_string_not_equal(world_text(answer, "message"), "");
	assert_int_equal(world_screen_count(*state, "+8613900999999"), 0);
}

/* Parts in any order, with 8- and with 16-bit references, and the same reference twice. */
static void parts_in_any_order_are_one_message(void **state)
{
	static const char text[] =
		"一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十"
		"一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十"
		"一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十"
		"一二三四五六七八九十一二三四五六七八九十🚑";

	for (int wide = 0; wide <= 1; wide++) {
		char phone[16];

		world_number(*state, phone);
		world_cell_do(*state, "{s:s,s:s,s:s,s:s,s:[i,i,i],s:b,s:i}", "op", "incoming",
			      "modem", WORLD_MODEM, "from", phone, "text", text, "order", 3, 1, 2,
			      "wide", wide, "reference", 7);
		WORLD_JSON *items = world_inbox_wait(*state, phone, 1);
		assert_shown(text, sizeof(text) - 1, items, "0.text");
	}
}

static void a_name_may_be_the_sender(void **state)
{
	world_cell_do(*state, "{s:s,s:s,s:s,s:s}", "op", "incoming", "modem", WORLD_MODEM, "from",
		      "Clinic", "text", "Your result is ready.");
	WORLD_JSON *items = world_inbox_wait(*state, "Clinic", 1);
	assert_string_equal(world_text(items, "0.text"), "Your result is ready.");
}

/* Waits until what was put into a slot has been deleted there: nothing else gets it before. */
static void slot_is_emptied(struct world *world, size_t mark, const json_t *arrival)
{
	char slot[48], memory[32];

	snprintf(slot, sizeof(slot), "location=%" JSON_INTEGER_FORMAT,
		 world_integer(arrival, "location"));
	snprintf(memory, sizeof(memory), "memory=%s", world_text(arrival, "memory"));
	world_cell_wait(world, mark, "deleted", slot, memory, NULL);
}

/* The SIM is emptied: what was committed is deleted, so that it never fills up. */
static void nothing_is_left_on_the_sim(void **state)
{
	struct world *world = *state;
	char phone[16];
	size_t stored = 0, end;

	world_number(world, phone);
	world_type(world, phone, "the last one", 12);
	json_decref(world_inbox_wait(world, phone, 1));
	/* Of the tests before as well: what they waited for is the inbox, not the SIM. */
	end = world_cell_mark(world);
	for (size_t i = 0; i < end; i++) {
		const json_t *event = world_cell_event(world, i);
		const char *kind = world_text(event, "event");

		if ((strcmp(kind, "deliver") != 0 && strcmp(kind, "report") != 0) ||
		    !json_is_integer(world_at(event, "location")))
			continue;
		slot_is_emptied(world, i + 1, event);
		stored++;
	}
	assert_true(stored > sizeof(crossings) / sizeof(crossings[0]));
	WORLD_JSON *store = world_cell(world, "{s:s,s:s}", "op", "store", "modem", WORLD_MODEM);
	assert_int_equal(json_array_size(json_object_get(store, "slots")), 0);
}

static int open_world(void **state)
{
	*state = world_open(&(struct world_options){ .failed = scenario_failed });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(every_text_arrives_whole_on_the_phone),
		scenario_test(every_text_arrives_whole_in_the_inbox),
		scenario_test(a_zero_character_crosses_both_ways),
		scenario_test(an_empty_text_comes_in_and_is_refused_outward),
		scenario_test(parts_in_any_order_are_one_message),
		scenario_test(a_name_may_be_the_sender),
		scenario_test(nothing_is_left_on_the_sim),
	};

	return cmocka_run_group_tests_name("crossing", tests, open_world, scenario_close);
}
