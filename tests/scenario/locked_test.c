/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SIMs and modems that are locked, in the forms that modems have for it: each test writes a profile of
 * the cell, and has a world of its own.
 */
#include "tests/scenario/scenario.h"

#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/locked-test-XXXXXX";
static char profile_path[64], pin_path[64];

static void file_write(const char *path, const char *content)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(content, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

/* A world whose only modem answers so, and has a SIM with the PIN 4321, which the daemon knows. */
static struct world *begin(const char *replies, const char *cpin)
{
	static char modem[160], modems[256], profile[512];
	const char *arguments[] = {
		"--log-lines", "--profiles", directory, "--modem", modem, NULL
	};
	struct world *world;

	snprintf(profile, sizeof(profile),
		 "family = \"Locked\"; manufacturer = \"Nobody\"; model = \"L1\";\n"
		 "replies = ( %s );\n",
		 replies);
	file_write(profile_path, profile);
	file_write(pin_path, "4321");
	snprintf(modem, sizeof(modem), "%s,number=%s,profile=locked,pin=4321,cpin=%s", WORLD_MODEM,
		 WORLD_MODEM_NUMBER, cpin);
	snprintf(modems, sizeof(modems),
		 "{ name = \"%s\"; device = \"@/%s\"; number = \"%s\"; pin_file = \"%s\"; }",
		 WORLD_MODEM, WORLD_MODEM, WORLD_MODEM_NUMBER, pin_path);
	world = world_open(&(struct world_options){ .failed = scenario_failed,
						    .cell_arguments = arguments,
						    .modems = modems,
						    .time_percent = 20,
						    .without_daemon = true });
	world_daemon_start(world);
	return world;
}

static void is(struct world *world, const char *state, const char *why)
{
	int status;

	world_modem_wait(world, WORLD_MODEM, state);
	WORLD_JSON *modem = world_http(world, "GET", "/v1/modems/" WORLD_MODEM, NULL, &status);
	if (!strstr(world_text(modem, "reason"), why))
		fail_msg("it says: %s", world_text(modem, "reason"));
}

static size_t pins_entered(struct world *world)
{
	return world_cell_count(world, 0, "line", "direction=in", "text=AT+CPIN=\"4321\"", NULL);
}

/* Some have no word for it, only an error. */
static void a_pin_that_is_asked_for_by_an_error_is_entered(void **state)
{
	struct world *world = begin("{ command = \"AT+CPIN?\"; final = \"+CME ERROR: 11\";\n"
				    "\tuntil = \"AT+CPIN=\\\"4321\\\"\"; }",
				    "SIM PIN");

	(void)state;
	is(world, "ready", "");
	assert_int_equal(pins_entered(world), 1);
	world_close(world);
}

static void a_pin_that_the_modem_did_not_try_is_not_called_wrong(void **state)
{
	struct world *world =
		begin("{ command = \"AT+CPIN=*\"; final = \"+CME ERROR: 14\"; }", "SIM PIN");

	(void)state;
	is(world, "pin", "did not take the PIN");
	assert_int_equal(pins_entered(world), 1);
	world_close(world);
}

/* From an operator's shop: no PUK helps. */
static void a_modem_that_is_locked_to_an_operator_is_told(void **state)
{
	static const char *const REPLIES[] = {
		"{ command = \"AT+CPIN?\"; lines = [ \"+CPIN: PH-NET PIN\" ]; final = \"OK\"; }",
		"{ command = \"AT+CPIN?\"; lines = [ \"+CPIN: PH-SIM PIN\" ]; final = \"OK\"; }",
		"{ command = \"AT+CPIN?\"; final = \"+CME ERROR: 40\"; }",
		"{ command = \"AT+CPIN?\"; final = \"+CME ERROR: 5\"; }",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(REPLIES) / sizeof(REPLIES[0]); i++) {
		struct world *world = begin(REPLIES[i], "READY");

		is(world, "failed", "the modem is locked to an operator or to another SIM");
		assert_int_equal(pins_entered(world), 0);
		world_close(world);
	}
}

static int open_directory(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(profile_path, sizeof(profile_path), "%s/locked.conf", directory);
	snprintf(pin_path, sizeof(pin_path), "%s/pin", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink(profile_path);
	unlink(pin_path);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_that_is_asked_for_by_an_error_is_entered),
		cmocka_unit_test(a_pin_that_the_modem_did_not_try_is_not_called_wrong),
		cmocka_unit_test(a_modem_that_is_locked_to_an_operator_is_told),
	};

	return cmocka_run_group_tests(tests, open_directory, remove_directory);
}
