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
#define PIN "4321"
/* A modem that refuses one deletion after a code. */
#define STUBBORN                                                                                   \
	"family = \"Test\"; manufacturer = \"Test\"; model = \"Stubborn\";\n"                      \
	"replies = ( { command = \"AT+CMGD=*\"; final = \"+CMS ERROR: 500\"; times = 2; "          \
	"after = \"AT+CUSD=1,\\\"*199#*\"; } );\n"

static const char *why_not; /* set: no namespace here */
static pid_t journald;

static bool file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
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
	char matches[2][256];
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

/* Records reach the files a moment after they were sent, and some are sent a moment late. */
static json_t *records_wait_many(struct world *world, const char *first, const char *second,
				 size_t count)
{
	for (int i = 0; i < 800; i++) {
		json_t *records = records_read(world, first, second);

		if (json_array_size(records) >= count)
			return records;
		json_decref(records);
		poll(NULL, 0, 25);
	}
	world_fail(world, "the journal has no %zu records with %s %s", count, first,
		   second ? second : "");
}

static json_t *records_wait(struct world *world, const char *first, const char *second)
{
	return records_wait_many(world, first, second, 1);
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

static const char *conversation_find(const json_t *record, const char *wanted)
{
	const char *text = world_text(record, "FOOTBRIDGE_CONVERSATION");

	assert_true(strlen(text) < 2048);
	return strstr(text, wanted);
}

static void a_worker_that_dies_leaves_its_conversation(void **state)
{
	char phone[16], id[65];

	namespace_needed();
	world_number(*state, phone);
	world_type(*state, phone, TEXT, strlen(TEXT));
	json_decref(world_inbox_wait(*state, phone, 1));
	world_cell_do(*state, "{s:s,s:s,s:s}", "op", "hold", "modem", WORLD_MODEM, "at", "answer");
	size_t mark = world_cell_mark(*state);
	world_send(*state, phone, TEXT, strlen(TEXT), id);
	world_cell_wait(*state, mark, "held", "point=answer", NULL);
	world_worker_kill(*state);
	WORLD_JSON *records = records_wait(*state, "FOOTBRIDGE_EVENT=modem.died", NULL);
	const json_t *record = json_array_get(records, 0);

	assert_non_null(conversation_find(record, "> AT+CMGS="));
	assert_string_equal(world_text(records, "0.FOOTBRIDGE_MODEM"), WORLD_MODEM);
	world_cell_do(*state, "{s:s,s:s}", "op", "resume", "modem", WORLD_MODEM);
	world_modem_wait(*state, WORLD_MODEM, "ready");
}

/* Killed as it starts: the PIN is among its last words. */
static void a_conversation_shows_no_pin(void **state)
{
	namespace_needed();
	world_modem_set(*state, "pin", PIN);
	world_modem_set(*state, "cpin", "SIM PIN");
	size_t mark = world_cell_mark(*state);
	world_worker_kill(*state);
	world_cell_wait(*state, mark, "line", "text=AT+CPIN=\"" PIN "\"", NULL);
	world_worker_kill(*state);
	world_modem_wait(*state, WORLD_MODEM, "ready");
	json_decref(records_wait_many(*state, "FOOTBRIDGE_EVENT=modem.died", NULL, 3));
}

static void a_ussd_answer_is_told_without_its_text(void **state)
{
	int status;

	namespace_needed();
	world_cell_do(*state, "{s:s,s:s,s:s,s:s}", "op", "ussd", "modem", WORLD_MODEM, "code",
		      "*100#", "text", TEXT);
	WORLD_JSON *body = json_pack("{s:s}", "code", "*100#");
	json_decref(world_http(*state, "POST", "/v1/modems/" WORLD_MODEM "/ussd", body, &status));
	assert_int_equal(status, 200);
	WORLD_JSON *records = records_wait(*state, "FOOTBRIDGE_EVENT=modem.ussd", NULL);

	assert_string_equal(world_text(records, "0.FOOTBRIDGE_MODEM"), WORLD_MODEM);
	assert_null(strstr(world_text(records, "0.MESSAGE"), "*100#"));
	world_cell_do(*state, "{s:s,s:s,s:s}", "op", "ussd_say", "modem", WORLD_MODEM, "text",
		      TEXT);
	WORLD_JSON *both = records_wait_many(*state, "FOOTBRIDGE_EVENT=modem.ussd", NULL, 2);
	assert_non_null(strstr(world_text(both, "1.MESSAGE"), "by itself"));
}

static void roaming_is_told_when_it_begins_and_when_it_ends(void **state)
{
	namespace_needed();
	world_modem_set(*state, "registration", "5");
	WORLD_JSON *begun = records_wait(*state, "FOOTBRIDGE_EVENT=modem.network", NULL);
	assert_non_null(strstr(world_text(begun, "0.MESSAGE"), " roams"));
	world_modem_set(*state, "registration", "1");
	WORLD_JSON *both = records_wait_many(*state, "FOOTBRIDGE_EVENT=modem.network", NULL, 2);
	assert_int_equal(json_array_size(both), 2);
	assert_non_null(strstr(world_text(both, "1.MESSAGE"), "no longer roams"));
}

static void send_one(struct world *world, const char *error, const char *end)
{
	char phone[16], id[65];

	world_number(world, phone);
	if (error)
		world_cell_do(world, "{s:s,s:s,s:s,s:i}", "op", "fail", "number", phone, "error",
			      error, "count", 1);
	world_send(world, phone, TEXT, strlen(TEXT), id);
	json_decref(world_message_wait(world, id, end));
}

/* Of the last 32; those that went out before count too. */
static void sends_that_fail_are_told_once_and_that_it_is_over(void **state)
{
	namespace_needed();
	for (int i = 0; i < 10; i++)
		send_one(*state, "CMS:1", "failed");
	json_decref(records_wait(*state, "FOOTBRIDGE_EVENT=modem.health", NULL));
	for (int i = 0; i < 4; i++)
		send_one(*state, "CMS:1", "failed");
	for (int i = 0; i < 28; i++)
		send_one(*state, NULL, "delivered");
	WORLD_JSON *over = records_wait(*state, "FOOTBRIDGE_EVENT=modem.recovered", NULL);
	WORLD_JSON *bad = records_read(*state, "FOOTBRIDGE_EVENT=modem.health", NULL);

	assert_int_equal(json_array_size(over), 1);
	assert_int_equal(json_array_size(bad), 1);
	assert_string_equal(world_text(bad, "0.FOOTBRIDGE_ERROR"), "CMS/1");
	assert_string_equal(world_text(bad, "0.PRIORITY"), "4");
}

static void another_sim_is_told(void **state)
{
	namespace_needed();
	world_cell_do(*state, "{s:s,s:s}", "op", "unplug", "modem", WORLD_MODEM);
	world_modem_wait(*state, WORLD_MODEM, "absent");
	world_modem_set(*state, "iccid", "89860000000000000099");
	world_modem_set(*state, "imsi", "460000000000099");
	world_cell_do(*state, "{s:s,s:s}", "op", "plug", "modem", WORLD_MODEM);
	world_modem_wait(*state, WORLD_MODEM, "ready");
	WORLD_JSON *records = records_wait(*state, "FOOTBRIDGE_EVENT=sim.changed", NULL);

	assert_int_equal(json_array_size(records), 1);
	assert_string_equal(world_text(records, "0.FOOTBRIDGE_MODEM"), WORLD_MODEM);
}

static void a_message_that_cannot_be_deleted_is_told_and_comes_once(void **state)
{
	char phone[16];
	int status;

	namespace_needed();
	WORLD_JSON *body = json_pack("{s:s}", "code", "*199#");
	json_decref(world_http(*state, "POST", "/v1/modems/" WORLD_MODEM "/ussd", body, &status));
	world_number(*state, phone);
	world_type(*state, phone, TEXT, strlen(TEXT));
	/* Once may be by chance: the next sweep finds it there again. */
	json_decref(records_wait(*state, "FOOTBRIDGE_EVENT=modem.health",
				 "MESSAGE=Modem " WORLD_MODEM " deletes no messages."));
	/* And the next one deletes it. */
	world_worker_kill(*state);
	json_decref(records_wait(*state, "FOOTBRIDGE_EVENT=modem.recovered",
				 "MESSAGE=Modem " WORLD_MODEM " deletes messages again."));
	json_decref(world_inbox_wait(*state, phone, 1));
}

/* What lies on a SIM that was never seen stays there. */
static void a_sim_that_fills_up_is_told_before_it_is_full(void **state)
{
	char phone[16];

	namespace_needed();
	assert_int_equal(world_daemon_stop(*state), 0);
	world_modem_set(*state, "iccid", "89860000000000000098");
	world_modem_set(*state, "store_size", "5");
	world_number(*state, phone);
	for (int i = 0; i < 4; i++)
		world_type(*state, phone, TEXT, strlen(TEXT));
	world_daemon_start(*state);
	json_decref(records_wait(*state, "FOOTBRIDGE_EVENT=modem.note",
				 "MESSAGE=Modem " WORLD_MODEM ": the message store is nearly full: "
				 "4 of 5; when it is full, nothing more is received."));
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
		assert_null(conversation_find(record, TEXT));
		assert_null(conversation_find(record, "1390000"));
		assert_null(conversation_find(record, PIN));
		masked += strstr(text, "****") != NULL;
		free(text);
	}
	assert_true(masked > 0);
}

static void daemon_begin(struct world *world)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/cell/pin", world_directory(world));
	assert_true(file_write(path, PIN));
	world_daemon_start(world);
	world_modem_wait(world, WORLD_MODEM, "ready");
}

static int open_world(void **state)
{
	static const char *const cell[] = { "--log-lines",
					    "--profiles",
					    "/run",
					    "--modem",
					    WORLD_MODEM
					    ",profile=stubborn,number=" WORLD_MODEM_NUMBER,
					    NULL };

	why_not = namespace_enter();
	if (!why_not)
		why_not = journald_start();
	if (!why_not)
		assert_true(file_write("/run/stubborn.conf", STUBBORN));
	if (!why_not)
		*state = world_open(&(struct world_options){
			.failed = scenario_failed,
			.cell_arguments = cell,
			.modems =
				"{ name = \"" WORLD_MODEM "\"; device = \"@/" WORLD_MODEM
				"\"; number = \"" WORLD_MODEM_NUMBER "\"; pin_file = \"@/pin\"; }",
			.without_daemon = true,
		});
	if (!why_not)
		daemon_begin(*state);
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
		cmocka_unit_test(a_worker_that_dies_leaves_its_conversation),
		cmocka_unit_test(a_conversation_shows_no_pin),
		cmocka_unit_test(a_ussd_answer_is_told_without_its_text),
		cmocka_unit_test(roaming_is_told_when_it_begins_and_when_it_ends),
		cmocka_unit_test(sends_that_fail_are_told_once_and_that_it_is_over),
		cmocka_unit_test(another_sim_is_told),
		cmocka_unit_test(a_message_that_cannot_be_deleted_is_told_and_comes_once),
		cmocka_unit_test(a_sim_that_fills_up_is_told_before_it_is_full),
		cmocka_unit_test(no_record_holds_a_text_or_a_whole_number),
	};

	return cmocka_run_group_tests_name("journal", tests, open_world, close_world);
}
