/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Wrong input of every kind: a clear error that says what to do, and nothing half done.
 */
#include "tests/scenario/scenario.h"

#include <endian.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PHONE "+8613911111111"

/* Lines for people: without a journal, records of the log go to stderr as well. */
static size_t lines_count(const char *text)
{
	size_t count = 0;

	while (*text) {
		count += strncmp(text, "TIME=", 5) != 0;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return count;
}

/* One line on stderr that has the word, nothing on stdout. */
static void assert_error(const struct world_result *result, int status, const char *word)
{
	if (result->status != status || !strcasestr(result->err, word) ||
	    lines_count(result->err) != 1 || result->out_size != 0)
		fail_msg("status %d (not %d), stdout \"%s\", stderr without \"%s\" or not one "
			 "line: \"%s\"",
			 result->status, status, result->out, word, result->err);
}

static size_t messages_count(struct world *world)
{
	int status;
	WORLD_JSON *list = world_http(world, "GET", "/v1/messages?limit=1000", NULL, &status);

	assert_int_equal(status, 200);
	return json_array_size(json_object_get(list, "items"));
}

/* ---------------------------------------------------------------- what a user sends */

static void a_number_that_is_none_is_refused(void **state)
{
	static const char *const numbers[] = {
		"+86abc", "hello", "+", "+861", "+8613900000000000000000", "112", "+86 139!",
	};
	size_t before = messages_count(*state);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		WORLD_RESULT *result = world_cli(*state, "send", numbers[i], "text", NULL);

		assert_error(result, 1, "number");
	}
	assert_int_equal(messages_count(*state), before);
}

/* One wrong recipient: nobody gets the message. */
static void a_message_with_one_bad_number_goes_to_nobody(void **state)
{
	size_t before = messages_count(*state), mark = world_cell_mark(*state);
	WORLD_RESULT *result = world_cli(*state, "send", PHONE ",+86abc", "text", NULL);

	assert_error(result, 1, "+86abc");
	assert_int_equal(messages_count(*state), before);
	assert_int_equal(world_cell_count(*state, mark, "submit", NULL), 0);
}

static void a_text_that_is_not_utf8_is_refused(void **state)
{
	static const char *const texts[] = { "caf\xe9", "\xff\xfe", "\xc0\x80", "\xed\xa0\x80" };
	size_t before = messages_count(*state);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		WORLD_RESULT *result = world_cli_input(*state, texts[i], strlen(texts[i]), "send",
						       PHONE, "-", NULL);

		assert_error(result, 1, "UTF-8");
	}
	assert_int_equal(messages_count(*state), before);
}

static void an_empty_text_is_refused(void **state)
{
	size_t before = messages_count(*state);
	WORLD_RESULT *piped = world_cli_input(*state, "", 0, "send", PHONE, "-", NULL);
	WORLD_RESULT *given = world_cli(*state, "send", PHONE, "", NULL);

	assert_error(piped, 1, "empty");
	assert_error(given, 1, "empty");
	assert_int_equal(messages_count(*state), before);
}

static void a_text_of_too_many_parts_is_refused(void **state)
{
	size_t before = messages_count(*state);
	char text[1532];

	memset(text, 'x', sizeof(text));
	WORLD_RESULT *fits =
		world_cli_input(*state, text, 1530, "send", PHONE, "-", "--dry-run", NULL);
	WORLD_RESULT *longer = world_cli_input(*state, text, 1531, "send", PHONE, "-", NULL);

	assert_int_equal(fits->status, 0);
	assert_error(longer, 1, "parts");
	assert_int_equal(messages_count(*state), before);
}

static void json_that_is_none_is_refused_by_the_api(void **state)
{
	static const char *const bodies[] = {
		"[]",
		"{}",
		"{\"to\":\"" PHONE "\"}",
		"{\"to\":[],\"text\":\"x\"}",
		"{\"to\":[1],\"text\":\"x\"}",
		"{\"to\":[\"" PHONE "\"],\"text\":7}",
		"{\"to\":[\"" PHONE "\"],\"text\":\"x\",\"ttl\":60,"
		"\"validUntil\":\"2099-01-01T00:00:00Z\"}",
		"{\"to\":[\"" PHONE "\"],\"text\":\"x\",\"priority\":128}",
		"{\"to\":[\"" PHONE "\"],\"text\":\"x\",\"id\":\"no good id\"}",
	};
	size_t before = messages_count(*state);

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		WORLD_JSON *body = json_loads(bodies[i], 0, NULL);
		int status;
		WORLD_JSON *answer = world_http(*state, "POST", "/v1/messages", body, &status);

		if (status != 400 || !*world_text(answer, "error") ||
		    !*world_text(answer, "message"))
			fail_msg("%s was answered %d", bodies[i], status);
	}
	assert_int_equal(messages_count(*state), before);
}

static void a_command_that_is_none_is_a_usage_error(void **state)
{
	WORLD_RESULT *command = world_cli(*state, "sned", PHONE, "text", NULL);
	WORLD_RESULT *option = world_cli(*state, "send", PHONE, "text", "--tomorrow", NULL);
	WORLD_RESULT *missing = world_cli(*state, "send", NULL);

	assert_error(command, 2, "sned");
	assert_error(option, 2, "--tomorrow");
	assert_error(missing, 2, "TO");
}

/* ---------------------------------------------------------------- what an operator configures */

static struct world_result *daemon_run(struct world *world, const char *config, bool check)
{
	const char *programs = getenv("FOOTBRIDGE_BIN");
	char program[512], path[512];
	char option[] = "--config", check_option[] = "--check";
	char *argv[] = { program, option, path, check ? check_option : NULL, NULL };

	snprintf(program, sizeof(program), "%s/footbridged", programs ? programs : "build/bin");
	snprintf(path, sizeof(path), "%s", config);
	return world_run(world, argv, NULL, 0);
}

/* Another configuration in this world: its path, in a folder of its own. */
static void config_make(struct world *world, const char *name, const char *socket,
			const char *state_directory, const char *more, char path[static 256])
{
	FILE *file;

	snprintf(path, 256, "%s/%s.conf", world_directory(world), name);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file,
		"state_directory = \"%s/%s\"; modem_discovery = false;\napi: { socket = \"%s/%s\"; };\n%s\n",
		world_directory(world), state_directory, world_directory(world), socket, more);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static void assert_not_made(struct world *world, const char *name)
{
	char path[256];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s", world_directory(world), name);
	assert_int_equal(stat(path, &status), -1);
}

static void an_unknown_key_is_named_with_its_line_and_the_nearest_one(void **state)
{
	char path[256];

	config_make(*state, "typo", "typo.sock", "typo-state", "\ndelivery: { ttl_huors = 4; };",
		    path);
	WORLD_RESULT *check = daemon_run(*state, path, true);
	WORLD_RESULT *start = daemon_run(*state, path, false);

	assert_error(check, 1, "typo.conf:4:");
	assert_non_null(strstr(check->err, "ttl_huors"));
	assert_non_null(strstr(check->err, "ttl_hours"));
	assert_error(start, 1, "ttl_hours");
	assert_not_made(*state, "typo-state");
	assert_not_made(*state, "typo.sock");
}

static void every_error_of_a_configuration_is_reported_at_once(void **state)
{
	char path[256];

	config_make(*state, "many", "many.sock", "many-state",
		    "country_kode = \"86\";\ndelivery: { ttl_hours = \"long\"; };\n"
		    "modems: ( { nam = \"a\"; } );",
		    path);
	WORLD_RESULT *check = daemon_run(*state, path, true);

	assert_int_equal(check->status, 1);
	assert_non_null(strstr(check->err, "many.conf:3:"));
	assert_non_null(strstr(check->err, "many.conf:4:"));
	assert_non_null(strstr(check->err, "many.conf:5:"));
}

static void a_configuration_that_others_may_write_is_refused(void **state)
{
	char path[256];

	config_make(*state, "open", "open.sock", "open-state", "", path);
	WORLD_RESULT *good = daemon_run(*state, path, true);
	assert_int_equal(good->status, 0);
	assert_int_equal(chmod(path, 0660), 0);
	WORLD_RESULT *check = daemon_run(*state, path, true);
	WORLD_RESULT *start = daemon_run(*state, path, false);

	assert_error(check, 1, "chmod");
	assert_error(start, 1, "chmod");
	assert_not_made(*state, "open-state");
}

static void a_configuration_that_is_missing_is_named(void **state)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/missing.conf", world_directory(*state));
	WORLD_RESULT *check = daemon_run(*state, path, true);
	assert_error(check, 1, "missing.conf");
}

static void a_second_daemon_on_the_same_state_leaves_the_first_alone(void **state)
{
	char path[256];

	config_make(*state, "second", "second.sock", "state", "", path);
	WORLD_RESULT *start = daemon_run(*state, path, false);

	assert_error(start, 1, "another");
	assert_not_made(*state, "second.sock");
	assert_true(messages_count(*state) < 1000);
}

static int socket_listen(struct world *world, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/%.20s", world_directory(world),
		 name);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void a_socket_in_use_is_not_taken_away(void **state)
{
	int other = socket_listen(*state, "used.sock");
	char path[256], socket_path[256];
	struct stat before, after;

	snprintf(socket_path, sizeof(socket_path), "%s/used.sock", world_directory(*state));
	assert_int_equal(stat(socket_path, &before), 0);
	config_make(*state, "used", "used.sock", "used-state", "", path);
	WORLD_RESULT *start = daemon_run(*state, path, false);

	assert_error(start, 1, "used.sock");
	assert_int_equal(stat(socket_path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	close(other);
}

/* The user version, big-endian, in the header of an SQLite file. */
#define SCHEMA_AT 60

static int schema_open(struct world *world)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/state/footbridge.db", world_directory(world));
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* Byte by byte, and back again: SQLite would write the page without our checksum. */
static void schema_set(struct world *world, uint32_t version)
{
	int fd = schema_open(world);

	version = htobe32(version);
	assert_int_equal(pwrite(fd, &version, sizeof(version), SCHEMA_AT), sizeof(version));
	close(fd);
}

static uint32_t schema_get(struct world *world)
{
	int fd = schema_open(world);
	uint32_t version;

	assert_int_equal(pread(fd, &version, sizeof(version), SCHEMA_AT), sizeof(version));
	close(fd);
	return be32toh(version);
}

static void a_database_of_a_newer_schema_is_left_untouched(void **state)
{
	uint32_t ours;

	assert_int_equal(world_daemon_stop(*state), 0);
	ours = schema_get(*state);
	assert_true(ours > 0);
	schema_set(*state, 9999);
	WORLD_RESULT *start = daemon_run(*state, world_config_path(*state), false);

	assert_error(start, 1, "newer");
	assert_int_equal(schema_get(*state), 9999);
	schema_set(*state, ours);
	world_daemon_start(*state);
	world_modem_wait(*state, WORLD_MODEM, "ready");
}

static void a_file_that_is_no_database_is_left_untouched(void **state)
{
	char path[256], folder[256], config[256], back[16] = "";
	FILE *file;

	snprintf(folder, sizeof(folder), "%s/odd-state", world_directory(*state));
	assert_int_equal(mkdir(folder, 0700), 0);
	snprintf(path, sizeof(path), "%.230s/footbridge.db", folder);
	file = fopen(path, "we");
	assert_non_null(file);
	for (int i = 0; i < 200; i++)
		fputs("my diary, day after day; ", file);
	fclose(file);
	config_make(*state, "odd", "odd.sock", "odd-state", "", config);
	WORLD_RESULT *start = daemon_run(*state, config, false);

	assert_error(start, 1, "database");
	file = fopen(path, "re");
	assert_non_null(fgets(back, 9, file));
	fclose(file);
	assert_string_equal(back, "my diary");
}

static void no_daemon_is_said_with_its_socket(void **state)
{
	assert_int_equal(world_daemon_stop(*state), 0);
	WORLD_RESULT *result = world_cli(*state, "status", NULL);

	assert_error(result, 3, "api.sock");
	world_daemon_start(*state);
}

static int open_world(void **state)
{
	*state = world_open(&(struct world_options){ .failed = scenario_failed });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_that_is_none_is_refused),
		cmocka_unit_test(a_message_with_one_bad_number_goes_to_nobody),
		cmocka_unit_test(a_text_that_is_not_utf8_is_refused),
		cmocka_unit_test(an_empty_text_is_refused),
		cmocka_unit_test(a_text_of_too_many_parts_is_refused),
		cmocka_unit_test(json_that_is_none_is_refused_by_the_api),
		cmocka_unit_test(a_command_that_is_none_is_a_usage_error),
		cmocka_unit_test(an_unknown_key_is_named_with_its_line_and_the_nearest_one),
		cmocka_unit_test(every_error_of_a_configuration_is_reported_at_once),
		cmocka_unit_test(a_configuration_that_others_may_write_is_refused),
		cmocka_unit_test(a_configuration_that_is_missing_is_named),
		cmocka_unit_test(a_second_daemon_on_the_same_state_leaves_the_first_alone),
		cmocka_unit_test(a_socket_in_use_is_not_taken_away),
		cmocka_unit_test(a_database_of_a_newer_schema_is_left_untouched),
		cmocka_unit_test(a_file_that_is_no_database_is_left_untouched),
		cmocka_unit_test(no_daemon_is_said_with_its_socket),
	};

	return cmocka_run_group_tests_name("bad input", tests, open_world, scenario_close);
}
