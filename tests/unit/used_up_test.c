/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The store is told the prefixes of the configuration: as many as it takes, and again after a disk
 * that failed.  The function below stands before the C library's.
 */
#include <dlfcn.h>
#include <stdatomic.h>

#include "bridge/core/bridge.h"
#include "bridge/core/used_up.h"
#include "tests/unit/store_pool.h"

#define PREFIX_SIZE 48

static atomic_bool sync_fails;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the others are reserved */
int fdatasync(int fd)
{
	if (atomic_load(&sync_fails)) {
		errno = EIO;
		return -1;
	}
	return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}

/* A class of its own for each of them. */
static struct config_modem *modems_new(size_t count, size_t prefixes)
{
	struct config_modem *modems = calloc(count, sizeof(*modems));

	assert_non_null(modems);
	for (size_t i = 0; i < count; i++) {
		modems[i].prefixes = calloc(prefixes + 1, sizeof(char *));
		assert_non_null(modems[i].prefixes);
		for (size_t k = 0; k < prefixes; k++) {
			modems[i].prefixes[k] = calloc(1, PREFIX_SIZE);
			assert_non_null(modems[i].prefixes[k]);
			snprintf(modems[i].prefixes[k], PREFIX_SIZE, "+%zu%02zu", 10 + i, k);
		}
	}
	return modems;
}

static void modems_free(struct config_modem *modems, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (char **prefix = modems[i].prefixes; *prefix; prefix++)
			free(*prefix);
		free(modems[i].prefixes);
	}
	free(modems);
}

/* --check has accepted it. */
static void every_configuration_that_can_be_read_can_be_told(void **state)
{
	struct fixture *f = *state;
	struct config config = { .modems = modems_new(CONFIG_MODEMS_MAX, CONFIG_PREFIXES_MAX),
				 .modem_count = CONFIG_MODEMS_MAX };
	struct bridge bridge = { .loop = f->loop, .config = &config, .store = f->store };
	struct backlog seen;

	assert_int_equal(used_up_new(&bridge), 0);
	submit(f, (struct draft){ .to = "+733100000" });
	seen = backlog(f);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.prefix[0], "+7331");
	used_up_free(bridge.used_up);
	modems_free(config.modems, config.modem_count);
}

static void what_a_disk_did_not_take_is_told_again(void **state)
{
	struct fixture *f = *state;
	struct config config = { .state_directory = f->directory,
				 .modems = modems_new(1, 1),
				 .modem_count = 1 };
	struct bridge bridge = { .loop = f->loop, .config = &config, .store = f->store };
	struct backlog seen;

	atomic_store(&sync_fails, true);
	assert_int_equal(used_up_new(&bridge), 0);
	(void)show(f, "nothing");
	assert_int_equal(bridge.outage.error, -EIO);
	atomic_store(&sync_fails, false);
	used_up_say_again(&bridge);
	submit(f, (struct draft){ .to = "+100000000" });
	seen = backlog(f);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.prefix[0], "+1000");
	used_up_free(bridge.used_up);
	modems_free(config.modems, config.modem_count);
}

static int teardown_well(void **state)
{
	atomic_store(&sync_fails, false);
	return teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_configuration_that_can_be_read_can_be_told,
						setup, teardown_well),
		cmocka_unit_test_setup_teardown(what_a_disk_did_not_take_is_told_again, setup,
						teardown_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
