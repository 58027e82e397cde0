/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where data and socket are when footbridge.conf does not say: the service's folders, the user's, the
 * system's.
 */
#include <errno.h>

#include "tests/unit/config_fixture.h"

static void set_or_unset(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void without_privileges_the_users_own_folders_are_the_default(void **state)
{
	static const struct {
		const char *home, *state_home, *runtime_dir, *state_directory, *socket;
	} cases[] = {
		{ "/home/li", NULL, "/run/user/7", "/home/li/.local/state/footbridge",
		  "/run/user/7/footbridge/api.sock" },
		{ "/home/li", "/data", "/run/user/7", "/data/footbridge",
		  "/run/user/7/footbridge/api.sock" },
		{ NULL, "/data", NULL, "/data/footbridge", "/data/footbridge/api.sock" },
		{ "/home/li", "data", "run", "/home/li/.local/state/footbridge",
		  "/home/li/.local/state/footbridge/api.sock" },
		{ "/home/li", "", "", "/home/li/.local/state/footbridge",
		  "/home/li/.local/state/footbridge/api.sock" },
	};
	uid_t user = geteuid();

	(void)state;
	write_file("a.conf", 0644, "");
	assert_int_equal(chmod(folder, 0755), 0);
	if (user == 0)
		assert_int_equal(seteuid(65534), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cleanup_config) struct config *config = NULL;
		CLEANUP_FREE char *errors = NULL;

		set_or_unset("HOME", cases[i].home);
		set_or_unset("XDG_STATE_HOME", cases[i].state_home);
		set_or_unset("XDG_RUNTIME_DIR", cases[i].runtime_dir);
		/* A file that says nothing of folders leaves the same defaults as none. */
		assert_int_equal(load_path(path_of("a.conf"), &config, &errors), 0);
		assert_string_equal(config->state_directory, cases[i].state_directory);
		assert_string_equal(config->api.socket, cases[i].socket);
	}
	if (user == 0)
		assert_int_equal(seteuid(0), 0);
}

static void a_service_has_the_folders_that_systemd_made_for_it(void **state)
{
	CLEANUP(cleanup_config) struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL;
	int r;

	(void)state;
	setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two", 1);
	setenv("RUNTIME_DIRECTORY", "/run/one", 1);
	r = load_text("", &config, &errors);
	unsetenv("STATE_DIRECTORY");
	unsetenv("RUNTIME_DIRECTORY");
	assert_int_equal(r, 0);
	assert_string_equal(config->state_directory, "/var/lib/one");
	assert_string_equal(config->api.socket, "/run/one/api.sock");
}

static void without_any_folder_of_ones_own_the_error_says_what_to_set(void **state)
{
	struct config *config = NULL;
	CLEANUP_FREE char *no_home = NULL, *too_long = NULL;
	char home[120];
	uid_t user = geteuid();

	(void)state;
	write_file("a.conf", 0644, "");
	assert_int_equal(chmod(folder, 0755), 0);
	if (user == 0)
		assert_int_equal(seteuid(65534), 0);
	unsetenv("HOME");
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	assert_int_equal(load_path(path_of("a.conf"), &config, &no_home), -EINVAL);
	assert_string_equal(no_home, "F/a.conf: neither HOME nor XDG_STATE_HOME says where to keep "
				     "the data: set state_directory.\n");
	memset(home, 'h', sizeof(home));
	home[0] = '/';
	home[sizeof(home) - 1] = '\0';
	setenv("HOME", home, 1);
	assert_int_equal(load_path(path_of("a.conf"), &config, &too_long), -EINVAL);
	assert_non_null(strstr(too_long, "would be longer than 107 bytes: set api: { socket = "));
	if (user == 0)
		assert_int_equal(seteuid(0), 0);
}

static void for_root_the_systems_folders_are_the_default(void **state)
{
	CLEANUP(cleanup_config) struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL;

	(void)state;
	if (geteuid() != 0) {
		print_message("Needs root.\n");
		skip();
	}
	setenv("XDG_STATE_HOME", "/data", 1);
	assert_int_equal(load_text("", &config, &errors), 0);
	assert_string_equal(config->state_directory, "/var/lib/footbridge");
	assert_string_equal(config->api.socket, "/run/footbridge/api.sock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_privileges_the_users_own_folders_are_the_default),
		cmocka_unit_test(a_service_has_the_folders_that_systemd_made_for_it),
		cmocka_unit_test(without_any_folder_of_ones_own_the_error_says_what_to_set),
		cmocka_unit_test(for_root_the_systems_folders_are_the_default),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
