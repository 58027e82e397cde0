/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Workers and daemons die by kill -9 in every phase of a send and of a receive.  Nothing is lost and
 * nothing is doubled, on the phones' screens and in the inbox; and a message is unknown exactly
 * when Ctrl-Z had passed.
 */
#include "tests/scenario/scenario.h"

#include <signal.h>

static void hold_at(struct world *world, const char *point)
{
	world_cell_do(world, "{s:s,s:s,s:s}", "op", "hold", "modem", WORLD_MODEM, "at", point);
}

static void modem_resume(struct world *world)
{
	world_cell_do(world, "{s:s,s:s}", "op", "resume", "modem", WORLD_MODEM);
}

static void reports_of(struct world *world, const char *phone, const char *mode)
{
	world_cell_do(world, "{s:s,s:s,s:s}", "op", "report", "number", phone, "mode", mode);
}

/* The worker is gone before the modem goes on: it dies in exactly that phase. */
static void kill_worker(struct world *world)
{
	world_worker_kill(world);
	modem_resume(world);
	world_modem_wait(world, WORLD_MODEM, "ready");
}

/* As when the power fails: daemon and worker at once. */
static void kill_both(struct world *world)
{
	pid_t worker = world_worker_pid(world);

	world_daemon_kill(world);
	if (worker > 0)
		kill(worker, SIGKILL);
	world_workers_gone(world);
	modem_resume(world);
	world_daemon_start(world);
	world_modem_wait(world, WORLD_MODEM, "ready");
}

/* The daemon alone: its worker finishes the send that runs, and leaves. */
static void kill_daemon(struct world *world)
{
	world_daemon_kill(world);
	modem_resume(world);
	world_workers_gone(world);
	world_daemon_start(world);
	world_modem_wait(world, WORLD_MODEM, "ready");
}

typedef void (*killer)(struct world *world);

static void send_is_held(struct world *world, const char *point, const char *text, char phone[16],
			 char id[65])
{
	size_t cell = world_cell_mark(world);

	print_message("# killed at %s\n", point);
	world_number(world, phone);
	reports_of(world, phone, "withhold");
	hold_at(world, point);
	world_send(world, phone, text, strlen(text), id);
	world_cell_wait(world, cell, "held", NULL);
}

static void reports_released(struct world *world, const char *phone)
{
	reports_of(world, phone, "normal");
	world_cell_do(world, "{s:s,s:s}", "op", "release", "number", phone);
}

/*
 * At "cmgs" the prompt has not been seen: Ctrl-Z has certainly not passed.  At "submit" and "answer"
 * it has.  At "prompt" and "pdu" it may be on its way, or the daemon may just have been told of it.
 */
static const char *const around_ctrl_z[] = { "prompt", "pdu" };
static const char *const after_ctrl_z[] = { "submit", "answer" };

static void a_worker_that_dies_before_ctrl_z_leaves_no_doubt(void **state)
{
	char phone[16], id[65], of[80];
	size_t mark = world_bridge_mark(*state);

	send_is_held(*state, "cmgs", "Once and only once.", phone, id);
	kill_worker(*state);
	WORLD_JSON *screen = world_screen_wait(*state, phone, 1);
	reports_released(*state, phone);
	WORLD_JSON *message = world_message_wait(*state, id, "delivered");

	snprintf(of, sizeof(of), "message=%s", id);
	assert_int_equal(world_screen_count(*state, phone), 1);
	assert_int_equal(
		world_bridge_count(*state, mark, "message.state", of, "state=unknown", NULL), 0);
	assert_false(json_is_true(world_at(message, "recipients.0.mayBeDuplicate")));
}

/* Nobody knows: it is said, the message is not sent again, and the report settles it. */
static void send_is_unknown(struct world *world, killer kill_it, const char *point)
{
	char phone[16], id[65], of[80];
	size_t mark = world_bridge_mark(world);

	send_is_held(world, point, "Did it go out?", phone, id);
	kill_it(world);
	snprintf(of, sizeof(of), "message=%s", id);
	world_bridge_wait(world, mark, "message.state", of, "state=unknown", NULL);
	WORLD_JSON *screen = world_screen_wait(world, phone, 1);
	reports_released(world, phone);
	WORLD_JSON *message = world_message_wait(world, id, "delivered");

	assert_int_equal(world_screen_count(world, phone), 1);
	assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 1);
	assert_int_equal(
		world_bridge_count(world, mark, "message.state", of, "state=pending", NULL), 0);
}

static void a_worker_that_dies_after_ctrl_z_leaves_it_unknown(void **state)
{
	for (size_t i = 0; i < 2; i++)
		send_is_unknown(*state, kill_worker, after_ctrl_z[i]);
}

static void both_die_after_ctrl_z(void **state)
{
	for (size_t i = 0; i < 2; i++)
		send_is_unknown(*state, kill_both, after_ctrl_z[i]);
}

static void the_daemon_alone_dies_after_ctrl_z(void **state)
{
	for (size_t i = 0; i < 2; i++)
		send_is_unknown(*state, kill_daemon, after_ctrl_z[i]);
}

/*
 * A new daemon can't tell whether the old one had heard of Ctrl-Z after its last commit: unknown is
 * the honest word.  And a worker hands nothing over when nobody can know of it any more.
 */
static void a_daemon_that_dies_before_ctrl_z_leaves_it_unknown(void **state)
{
	static const killer killers[] = { kill_both, kill_daemon };

	for (size_t i = 0; i < 2; i++) {
		char phone[16], id[65];

		send_is_held(*state, "cmgs", "Nobody knows.", phone, id);
		killers[i](*state);
		json_decref(world_message_wait(*state, id, "unknown"));
		assert_int_equal(world_screen_count(*state, phone), 0);
	}
}

static size_t submits(struct world *world, size_t mark, const char *phone)
{
	char to[32];

	snprintf(to, sizeof(to), "to=%s", phone);
	return world_cell_count(world, mark, "submit", to, NULL);
}

static bool is_said_unknown(struct world *world, size_t mark, const char *id)
{
	char of[80];

	snprintf(of, sizeof(of), "message=%s", id);
	return world_bridge_count(world, mark, "message.state", of, "state=unknown", NULL) > 0;
}

/*
 * Unknown: it went out once or not at all, and is not sent again.  Otherwise the next worker sent
 * it.  Never twice.
 */
static void send_ends_one_way(struct world *world, killer kill_it, const char *point)
{
	char phone[16], id[65];
	size_t bridge = world_bridge_mark(world), cell = world_cell_mark(world);

	send_is_held(world, point, "One way or the other.", phone, id);
	kill_it(world);
	while (submits(world, cell, phone) == 0 && !is_said_unknown(world, bridge, id))
		world_sleep(world, -1, 100);
	reports_released(world, phone);
	if (submits(world, cell, phone) > 0)
		json_decref(world_message_wait(world, id, "delivered"));
	WORLD_JSON *message = world_message(world, id);

	if (is_said_unknown(world, bridge, id))
		assert_int_equal(json_array_size(world_at(message, "recipients.0.attempts")), 1);
	else
		assert_string_equal(world_text(message, "state"), "delivered");
	assert_in_range(submits(world, cell, phone), 0, 1);
	assert_int_equal(world_screen_count(world, phone), submits(world, cell, phone));
}

static void whoever_dies_around_ctrl_z_it_is_never_sent_twice(void **state)
{
	static const killer killers[] = { kill_worker, kill_both, kill_daemon };

	for (size_t i = 0; i < 3; i++) {
		send_ends_one_way(*state, killers[i], around_ctrl_z[0]);
		send_ends_one_way(*state, killers[i], around_ctrl_z[1]);
	}
}

/* The worker dies as it starts; the message that waits is sent by the next. */
static void worker_dies_at_the_start(void **state)
{
	char phone[16], id[65];
	size_t cell;

	world_number(*state, phone);
	cell = world_cell_mark(*state);
	hold_at(*state, "start");
	world_worker_kill(*state);
	world_cell_wait(*state, cell, "held", NULL);
	world_send(*state, phone, "As soon as you can.", 19, id);
	kill_worker(*state);

	json_decref(world_message_wait(*state, id, "delivered"));
	assert_int_equal(world_screen_count(*state, phone), 1);
}

static void receive_survives(struct world *world, killer kill_it, const char *point)
{
	char phone[16], text[64];
	size_t cell = world_cell_mark(world);

	print_message("# killed at %s\n", point);
	world_number(world, phone);
	snprintf(text, sizeof(text), "Do you hear me at %s?", point);
	hold_at(world, point);
	world_type(world, phone, text, strlen(text));
	world_cell_wait(world, cell, "held", NULL);
	kill_it(world);

	WORLD_JSON *items = world_inbox_wait(world, phone, 1);
	assert_string_equal(world_text(items, "0.text"), text);
	/* When the slot is free again, no other copy can come. */
	world_cell_wait(world, cell, "deleted", NULL);
	WORLD_JSON *again = world_inbox(world, phone);
	assert_int_equal(json_array_size(again), 1);
}

/* Not every receive lists or reads by slot: the points that this worker passes. */
static const char *const receive_points[] = { "cmti", "cmgr", "cmgd" };

static void worker_dies_while_receiving(void **state)
{
	for (size_t i = 0; i < 3; i++) {
		receive_survives(*state, kill_worker, receive_points[i]);
	}
}

static void both_die_while_receiving(void **state)
{
	for (size_t i = 0; i < 3; i++) {
		receive_survives(*state, kill_both, receive_points[i]);
	}
}

/* The sweep at the start lists the store: a worker that dies in it is followed by one that does. */
static void worker_dies_while_listing_the_store(void **state)
{
	char phone[16];
	size_t cell;

	world_number(*state, phone);
	cell = world_cell_mark(*state);
	hold_at(*state, "cmgl");
	world_worker_kill(*state);
	world_cell_wait(*state, cell, "held", NULL);
	world_type(*state, phone, "Found by the sweep.", 19);
	kill_worker(*state);

	WORLD_JSON *items = world_inbox_wait(*state, phone, 1);
	assert_string_equal(world_text(items, "0.text"), "Found by the sweep.");
	world_cell_wait(*state, cell, "deleted", NULL);
	WORLD_JSON *again = world_inbox(*state, phone);
	assert_int_equal(json_array_size(again), 1);
}

/* What came while no daemon ran is in the inbox of the next, the parts before and after as one. */
static void what_comes_while_nobody_runs_is_read_later(void **state)
{
	static const char text[] =
		"A long message of which the first part comes while a daemon runs, and the second "
		"when it has been killed: the part is kept in the store, and the message is whole "
		"in the end.";
	char phone[16];
	size_t mark = world_cell_mark(*state);

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s,s:s,s:[i],s:i}", "op", "incoming", "modem", WORLD_MODEM,
		      "from", phone, "text", text, "omit", 2, "reference", 99);
	world_cell_wait(*state, mark, "deleted", NULL);
	world_daemon_kill(*state);
	world_workers_gone(*state);
	world_cell_do(*state, "{s:s,s:s,s:s,s:s,s:[i],s:i}", "op", "incoming", "modem", WORLD_MODEM,
		      "from", phone, "text", text, "omit", 1, "reference", 99);
	world_daemon_start(*state);

	WORLD_JSON *items = world_inbox_wait(*state, phone, 1);
	assert_shown(text, sizeof(text) - 1, items, "0.text");
}

/* Seen at once; what is sent meanwhile waits; the stick comes back as another tty. */
static void a_stick_that_was_pulled_carries_on_when_it_is_back(void **state)
{
	char phone[16], id[65];
	size_t mark = world_bridge_mark(*state);

	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s}", "op", "unplug", "modem", WORLD_MODEM);
	world_bridge_wait(*state, mark, "modem.state", "stateFrom=ready", NULL);
	world_send(*state, phone, "When you are back.", 18, id);
	world_cell_do(*state, "{s:s,s:s}", "op", "plug", "modem", WORLD_MODEM);

	json_decref(world_message_wait(*state, id, "delivered"));
	assert_int_equal(world_screen_count(*state, phone), 1);
}

/* A new daemon: how often workers died is forgotten, and with it the growing delay. */
static int start_afresh(void **state)
{
	if (!*state)
		return 0;
	scenario_resume(state);
	world_daemon_stop(*state);
	world_daemon_start(*state);
	world_modem_wait(*state, WORLD_MODEM, "ready");
	return 0;
}
#define kills_test(f) cmocka_unit_test_teardown(f, start_afresh)

static int open_world(void **state)
{
	*state = world_open(
		&(struct world_options){ .failed = scenario_failed, .time_percent = 10 });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kills_test(worker_dies_at_the_start),
		kills_test(a_worker_that_dies_before_ctrl_z_leaves_no_doubt),
		kills_test(a_worker_that_dies_after_ctrl_z_leaves_it_unknown),
		kills_test(whoever_dies_around_ctrl_z_it_is_never_sent_twice),
		kills_test(worker_dies_while_receiving),
		kills_test(worker_dies_while_listing_the_store),
		kills_test(both_die_after_ctrl_z),
		kills_test(both_die_while_receiving),
		kills_test(the_daemon_alone_dies_after_ctrl_z),
		kills_test(a_daemon_that_dies_before_ctrl_z_leaves_it_unknown),
		kills_test(a_stick_that_was_pulled_carries_on_when_it_is_back),
		kills_test(what_comes_while_nobody_runs_is_read_later),
	};

	return cmocka_run_group_tests_name("kills", tests, open_world, scenario_close);
}
