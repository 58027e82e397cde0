/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A modem with bad ways that never stops talking to itself: every line that nobody knows and every
 * boot word, again and again, among messages both ways.  An hour of it at a line a second goes by in
 * less than a minute.  None is lost, none doubled, and the worker lives on.
 *
 * FOOTBRIDGE_CHATTER_SECONDS (40) lengthens it: 3600 is a real hour.
 */
#include "tests/scenario/scenario.h"

#include "tests/unasked_lines.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECONDS_DEFAULT 40
#define ROUND_MSEC 10     /* a line each: an hour's 3600 lines in 36 s */
#define MESSAGE_ROUNDS 20 /* and a message each way */
#define UNDER_WAY_MOST 8
#define SETTLE_MSEC 60000

struct message {
	char number[16], id[65], text[32];
};

struct talk {
	struct world *world;
	struct message *out, *in;
	size_t sent, typed, capacity;
	size_t lines;
	size_t mark, bridge_mark; /* of the events read so far */
	unsigned *shown, *received;
	size_t arrived, delivered, came;
	pid_t worker;
};

static void say_next(struct talk *talk)
{
	size_t index = talk->lines++ % (COUNT(UNKNOWN_LINES) + COUNT(BOOT_LINES));
	char line[160];

	snprintf(line, sizeof(line), "\r\n%s\r\n",
		 index < COUNT(UNKNOWN_LINES) ? UNKNOWN_LINES[index]
					      : BOOT_LINES[index - COUNT(UNKNOWN_LINES)]);
	world_cell_do(talk->world, "{s:s,s:s,s:s}", "op", "raw", "modem", WORLD_MODEM, "data",
		      line);
}

/* What was heard of the message whose text is "KIND N". */
static void tally(const json_t *event, const char *kind, struct message *messages, size_t count,
		  unsigned *tallied)
{
	const char *text = world_text(event, "text");
	size_t size = strlen(kind), index;

	if (strncmp(text, kind, size) != 0)
		return;
	index = strtoul(text + size, NULL, 10);
	assert_true(index < count);
	assert_string_equal(text, messages[index].text);
	tallied[index]++;
}

/* On how many phones each text is, and how often each came in: by the cell's and the bridge's events,
 * read once from where the last reading ended. */
static void tally_all(struct talk *talk)
{
	for (; talk->mark < world_cell_mark(talk->world); talk->mark++) {
		const json_t *event = world_cell_event(talk->world, talk->mark);

		if (strcmp(world_text(event, "event"), "screen") == 0) {
			tally(event, "out ", talk->out, talk->sent, talk->shown);
			talk->arrived++;
		}
	}
	for (; talk->bridge_mark < world_bridge_mark(talk->world); talk->bridge_mark++) {
		const json_t *event = world_bridge_event(talk->world, talk->bridge_mark);
		const char *type = world_text(event, "type");

		if (strcmp(type, "message.received") == 0) {
			tally(event, "in ", talk->in, talk->typed, talk->received);
			talk->came++;
		} else if (strcmp(type, "message.state") == 0 &&
			   strcmp(world_text(event, "state"), "delivered") == 0) {
			talk->delivered++;
		}
	}
}

static void say_messages(struct talk *talk)
{
	struct message *message;

	/* Never more on their way to phones than the modem can carry. */
	if (talk->sent < talk->capacity && talk->sent - talk->arrived < UNDER_WAY_MOST) {
		message = &talk->out[talk->sent];
		world_number(talk->world, message->number);
		snprintf(message->text, sizeof(message->text), "out %zu", talk->sent);
		world_send(talk->world, message->number, message->text, strlen(message->text),
			   message->id);
		talk->sent++;
	}
	if (talk->typed < talk->capacity) {
		message = &talk->in[talk->typed];
		world_number(talk->world, message->number);
		snprintf(message->text, sizeof(message->text), "in %zu", talk->typed);
		world_type(talk->world, message->number, message->text, strlen(message->text));
		talk->typed++;
	}
}

static void talk_for(struct talk *talk, unsigned seconds)
{
	int64_t until_msec = now_msec() + (int64_t)seconds * 1000;

	for (unsigned round = 0; now_msec() < until_msec; round++) {
		int64_t next_msec = now_msec() + ROUND_MSEC;

		say_next(talk);
		if (round % MESSAGE_ROUNDS == 0) {
			tally_all(talk);
			say_messages(talk);
			assert_int_equal(world_worker_pid(talk->world), talk->worker);
		}
		while (now_msec() < next_msec)
			world_sleep(talk->world, -1, (int)(next_msec - now_msec()));
	}
}

static void all_crossed_once(struct talk *talk)
{
	int64_t until_msec = now_msec() + SETTLE_MSEC;

	while (talk->arrived < talk->sent || talk->delivered < talk->sent ||
	       talk->came < talk->typed) {
		if (now_msec() > until_msec)
			world_fail(talk->world,
				   "%zu of %zu went out, %zu confirmed, %zu of %zu came in",
				   talk->arrived, talk->sent, talk->delivered, talk->came,
				   talk->typed);
		world_sleep(talk->world, -1, 100);
		tally_all(talk);
	}
	for (size_t i = 0; i < talk->sent; i++)
		assert_int_equal(talk->shown[i], 1);
	for (size_t i = 0; i < talk->typed; i++)
		assert_int_equal(talk->received[i], 1);
	assert_int_equal(talk->delivered, talk->sent);
}

/* What was told as it came is kept as well, each message once. */
static void all_is_in_the_inbox(struct talk *talk)
{
	WORLD_JSON *items = world_inbox(talk->world, NULL);
	const json_t *item;
	size_t i;

	memset(talk->received, 0, talk->capacity * sizeof(*talk->received));
	json_array_foreach(items, i, item) {
		tally(item, "in ", talk->in, talk->typed, talk->received);
	}
	assert_int_equal(json_array_size(items), talk->typed);
	for (i = 0; i < talk->typed; i++)
		assert_int_equal(talk->received[i], 1);
}

static void constant_chatter_loses_nothing_and_restarts_nobody(void **state)
{
	const char *text = getenv("FOOTBRIDGE_CHATTER_SECONDS");
	unsigned seconds = text ? (unsigned)strtoul(text, NULL, 10) : SECONDS_DEFAULT;
	struct talk talk = { .world = *state };

	if (seconds < 1 || seconds > 86400)
		seconds = SECONDS_DEFAULT;
	talk.capacity = (size_t)seconds * 1000 / (ROUND_MSEC * MESSAGE_ROUNDS) + 1;
	talk.out = calloc(talk.capacity, sizeof(*talk.out));
	talk.in = calloc(talk.capacity, sizeof(*talk.in));
	talk.shown = calloc(talk.capacity, sizeof(*talk.shown));
	talk.received = calloc(talk.capacity, sizeof(*talk.received));
	if (!talk.out || !talk.in || !talk.shown || !talk.received)
		abort();
	talk.worker = world_worker_pid(talk.world);
	talk.mark = world_cell_mark(talk.world);
	talk.bridge_mark = world_bridge_mark(talk.world);
	assert_true(talk.worker > 0);

	talk_for(&talk, seconds);
	print_message("# %zu lines, %zu messages out, %zu in\n", talk.lines, talk.sent, talk.typed);
	all_crossed_once(&talk);
	all_is_in_the_inbox(&talk);
	assert_int_equal(world_worker_pid(talk.world), talk.worker);
	/* What goes out waits for phones, what comes in for nobody: the bridge has kept pace. */
	assert_true(talk.sent > talk.typed / 2);
	free(talk.out);
	free(talk.in);
	free(talk.shown);
	free(talk.received);
}

static int open_world(void **state)
{
	/* Errors in words, registration under another name, bodies shorter than their headers; but not the
	 * 70 s for each send. */
	static const char *const CELL[] = { "--modem",
					    WORLD_MODEM ",number=" WORLD_MODEM_NUMBER
							",profile=luat-air780e,send_ms=20,"
							"chatter_ms=30",
					    NULL };

	*state = world_open(&(struct world_options){
		.cell_arguments = CELL, .time_percent = 10, .failed = scenario_failed });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(constant_chatter_loses_nothing_and_restarts_nobody),
	};

	return cmocka_run_group_tests_name("chatter", tests, open_world, scenario_close);
}
