/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The store is told the prefixes of the configuration: as many as it takes.
 */
#include "bridge/core/bridge.h"
#include "bridge/core/used_up.h"
#include "tests/unit/store_pool.h"

#define PREFIX_SIZE 48

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_configuration_that_can_be_read_can_be_told,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
