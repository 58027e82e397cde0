/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The journal records of a message are read back from a real journald.  It runs in a user and mount
 * namespace of this test's own, with its own /run: the machine's journal is not touched.
 */
#include "tests/scenario/scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT "A text that no journal may show"

static const char *why_not; /* set: no namespace here */
static pid_t journald;

static bool file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* Root of a namespace of our own, with an empty /run. */
static const char *namespace_enter(void)
{
	char users[64], groups[64];

	snprintf(users, sizeof(users), "0 %u 1", (unsigned)getuid());
	snprintf(groups, sizeof(groups), "0 %u 1", (unsigned)getgid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return "unshare of user and mount namespaces is forbidden here";
	if (!file_write("/proc/self/setgroups", "deny") ||
	    !file_write("/proc/self/uid_map", users) || !file_write("/proc/self/gid_map", groups))
		return "a user namespace may not be mapped here";
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, "mode=0755") < 0)
		return "a tmpfs may not be mounted on /run here";
	if (mkdir("/run/systemd", 0755) < 0 || mkdir("/run/systemd/journal", 0755) < 0 ||
	    mkdir("/run/log", 0755) < 0 || mkdir("/run/log/journal", 0755) < 0)
		return "the folders of journald cannot be made";
	return NULL;
}

static bool journald_answers(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
				       .sun_path = "/run/systemd/journal/socket" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool answers = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return answers;
}

static const char *journald_start(void)
{
	static const char program[] = "/lib/systemd/systemd-journald";

	if (access(program, X_OK) < 0)
		return "systemd-journald is not installed";
	journald = fork();
	if (journald == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!freopen("/dev/null", "w", stderr))
			_exit(127);
		execl(program, program, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000 && waitpid(journald, NULL, WNOHANG) == 0; i++) {
		if (journald_answers())
			return NULL;
		poll(NULL, 0, 10);
	}
	return "systemd-journald does not run here";
}

/* Every record of the daemon with these journalctl matches, as an array. */
static json_t *records_read(struct world *world, const char *first, const char *second)
{
	char journalctl[] = "/usr/bin/journalctl", directory[] = "--directory=/run/log/journal";
	char output[] = "--output=json", quiet[] = "--quiet", all[] = "--all";
	char matches[2][128];
	char *argv[] = {
		journalctl, directory, output, quiet, all, matches[0], second ? matches[1] : NULL,
		NULL
	};
	json_t *records = json_array();

	snprintf(matches[0], sizeof(matches[0]), "%s", first);
	if (second)
		snprintf(matches[1], sizeof(matches[1]), "%s", second);
	WORLD_RESULT *result = world_run(world, argv, NULL, 0);
	for (char *line = strtok(result->out, "\n"); line; line = strtok(NULL, "\n"))
		json_array_append_new(records, json_loads(line, 0, NULL));
	return records;
}

/* Records reach the files a moment after they were sent. */
static json_t *records_wait(struct world *world, const char *first, const char *second)
{
	for (int i = 0; i < 200; i++) {
		json_t *records = records_read(world, first, second);

		if (json_array_size(records) > 0)
			return records;
		json_decref(records);
		poll(NULL, 0, 25);
	}
	world_fail(world, "the journal has no record with %s %s", first, second ? second : "");
}

static void namespace_needed(void)
{
	if (!why_not)
		return;
	print_message("# %s\n", why_not);
	skip();
}

static void a_delivery_is_told_by_its_states(void **state)
{
	char phone[16], id[65], match[128];

	namespace_needed();
	world_number(*state, phone);
	world_send(*state, phone, TEXT, strlen(TEXT), id);
	json_decref(world_message_wait(*state, id, "delivered"));
	snprintf(match, sizeof(match), "FOOTBRIDGE_MESSAGE=%s", id);
	json_decref(records_wait(*state, match, "FOOTBRIDGE_STATE_TO=delivered"));
	WORLD_JSON *sending = records_wait(*state, match, "FOOTBRIDGE_STATE_TO=sending");
	WORLD_JSON *sent = records_wait(*state, match, "FOOTBRIDGE_STATE_TO=sent");
	WORLD_JSON *accepted = records_wait(*state, match, "FOOTBRIDGE_EVENT=message.accepted");

	assert_string_equal(world_text(sent, "0.FOOTBRIDGE_EVENT"), "delivery.state");
	assert_string_equal(world_text(sent, "0.FOOTBRIDGE_STATE_FROM"), "sending");
	assert_string_equal(world_text(sending, "0.FOOTBRIDGE_STATE_FROM"), "pending");
	assert_string_equal(world_text(sent, "0.FOOTBRIDGE_MODEM"), WORLD_MODEM);
	assert_string_not_equal(world_text(sent, "0.FOOTBRIDGE_DELIVERY"), "");
	assert_int_equal(strlen(world_text(sent, "0.MESSAGE_ID")), 32);
	assert_string_equal(world_text(sent, "0.MESSAGE_ID"), world_text(sending, "0.MESSAGE_ID"));
	assert_string_not_equal(world_text(sent, "0.MESSAGE_ID"),
				world_text(accepted, "0.MESSAGE_ID"));
	assert_string_equal(world_text(sent, "0.PRIORITY"), "6");
}

static void a_failure_carries_its_error_and_reason(void **state)
{
	char phone[16], id[65], match[128];

	namespace_needed();
	world_number(*state, phone);
	world_cell_do(*state, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error", "CMS:1",
		      "count", 1);
	world_send(*state, phone, "x", 1, id);
	json_decref(world_message_wait(*state, id, "failed"));
	snprintf(match, sizeof(match), "FOOTBRIDGE_MESSAGE=%s", id);
	WORLD_JSON *records = records_wait(*state, match, "FOOTBRIDGE_STATE_TO=failed");

	assert_string_equal(world_text(records, "0.FOOTBRIDGE_ERROR"), "CMS/1");
	assert_string_not_equal(world_text(records, "0.FOOTBRIDGE_REASON"), "");
}

static void what_came_in_and_the_modem_are_told(void **state)
{
	char phone[16];

	namespace_needed();
	world_number(*state, phone);
	world_type(*state, phone, TEXT, strlen(TEXT));
	json_decref(world_inbox_wait(*state, phone, 1));
	WORLD_JSON *received = records_wait(*state, "FOOTBRIDGE_EVENT=message.received", NULL);
	WORLD_JSON *ready =
		records_wait(*state, "FOOTBRIDGE_EVENT=modem.state", "FOOTBRIDGE_STATE_TO=ready");

	assert_string_equal(world_text(received, "0.FOOTBRIDGE_MODEM"), WORLD_MODEM);
	assert_string_equal(world_text(ready, "0.FOOTBRIDGE_MODEM"), WORLD_MODEM);
}

/* Last of all: whatever was logged holds no text and no whole number. */
static void no_record_holds_a_text_or_a_whole_number(void **state)
{
	size_t masked = 0, i;
	json_t *record;

	namespace_needed();
	WORLD_JSON *records = records_read(*state, "SYSLOG_IDENTIFIER=footbridged", NULL);
	assert_true(json_array_size(records) > 5);
	json_array_foreach(records, i, record) {
		char *text = json_dumps(record, 0);

		assert_null(strstr(text, TEXT));
		assert_null(strstr(text, "+861390000"));
		masked += strstr(text, "****") != NULL;
		free(text);
	}
	assert_true(masked > 0);
}

static int open_world(void **state)
{
	why_not = namespace_enter();
	if (!why_not)
		why_not = journald_start();
	if (!why_not)
		*state = world_open(&(struct world_options){ .failed = scenario_failed });
	return 0;
}

static int close_world(void **state)
{
	int r = scenario_close(state);

	if (journald > 0) {
		kill(journald, SIGTERM);
		waitpid(journald, NULL, 0);
	}
	return r;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delivery_is_told_by_its_states),
		cmocka_unit_test(a_failure_carries_its_error_and_reason),
		cmocka_unit_test(what_came_in_and_the_modem_are_told),
		cmocka_unit_test(no_record_holds_a_text_or_a_whole_number),
	};

	return cmocka_run_group_tests_name("journal", tests, open_world, close_world);
}
