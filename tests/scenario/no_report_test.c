/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A network that never reports: the wait ends all the same, an hour after the message can have arrived
 * for the last time.  The hours pass by the shim, in all programs at once.
 */
#include "tests/scenario/shim.h"

#define TRIES 600 /* of 100 ms, at most */
#define HOURS_AHEAD "ahead_s=7200"

/* `footbridge send --wait` beside the test; its exit status will be in the file. */
static pid_t send_aside(struct world *world, const char *phone, char file[static 300])
{
	char shell[] = "/bin/sh", option[] = "-c", line[1600];
	char *argv[] = { shell, option, line, NULL };
	const char *bin = getenv("FOOTBRIDGE_BIN");

	snprintf(file, 300, "%s/status", world_directory(world));
	snprintf(line, sizeof(line),
		 "%s/footbridge --socket %s send --ttl 60 --wait 600 %s 'Anybody?'; "
		 "echo $? >%s.new; mv %s.new %s",
		 bin ? bin : "build/bin", world_socket(world), phone, file, file, file);
	return world_program_start(world, argv, "aside");
}

/* The file when it is there, a line of text. */
static void file_wait(struct world *world, const char *path, char *text, size_t size)
{
	FILE *file = NULL;

	for (int i = 0; i < TRIES && !(file = fopen(path, "re")); i++)
		world_sleep(world, -1, 100);
	assert_non_null(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void send_with_wait_ends_with_4_when_no_report_ever_came(void **state)
{
	char phone[16], to[32], path[300], status[16], said[1024];
	size_t mark;
	pid_t sender;

	shim_or_skip();
	mark = world_bridge_mark(*state);
	world_number(*state, phone);
	snprintf(to, sizeof(to), "to=%s", phone);
	world_cell_do(*state, "{s:s,s:s,s:s}", "op", "report", "number", phone, "mode", "withhold");
	sender = send_aside(*state, phone, path);
	json_decref(world_screen_wait(*state, phone, 1));
	world_bridge_wait(*state, mark, "message.state", to, "state=sent", "final=false", NULL);

	shim_set(HOURS_AHEAD);
	/* By the network's word too: nobody keeps the clock, and it would not be believed. */
	for (int i = 0; i < TRIES; i++) {
		if (world_bridge_count(*state, mark, "message.state", to, "final=true", NULL) > 0)
			break;
		scenario_turn(*state);
		world_sleep(*state, -1, 100);
	}
	const json_t *end =
		world_bridge_wait(*state, mark, "message.state", to, "final=true", NULL);
	assert_string_equal(world_text(end, "state"), "sent");
	assert_non_null(strstr(world_text(end, "reason"), "NoReport"));
	file_wait(*state, path, status, sizeof(status));
	assert_string_equal(status, "4\n");
	snprintf(path, sizeof(path), "%s/aside.err", world_directory(*state));
	file_wait(*state, path, said, sizeof(said));
	assert_non_null(strstr(said, "never reported"));
	assert_int_equal(world_screen_count(*state, phone), 1);
	world_program_end(*state, sender);
}

static int open_world(void **state)
{
#ifdef __SANITIZE_ADDRESS__
	return 0;
#endif
	shim_preload();
	shim_set("");
	/* Once a minute the daemon looks at its clock: at 2 % each 1.2 s. */
	*state = world_open(&(struct world_options){
		.failed = scenario_failed, .time_percent = 2, .clock_unkept = true });
	return *state ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scenario_test(send_with_wait_ends_with_4_when_no_report_ever_came),
	};

	return cmocka_run_group_tests_name("no report", tests, open_world, scenario_close);
}
