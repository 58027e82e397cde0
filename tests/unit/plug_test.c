/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sticks: what is done with them, and what their modems are called (bridge/core/plug.h, pool.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/core/plug.h"
#include "bridge/core/pool.h"

static void a_stick_is_spoken_to_only_with_a_reason(void **state)
{
	static const struct {
		const char *what;
		struct plug_facts facts;
		enum plug_plan plan;
	} rows[] = {
		{ "three sure ports", { .ports = 3, .candidates = 3, .wanted = true }, PLUG_PROBE },
		{ "nobody wants any", { .ports = 3, .candidates = 3 }, PLUG_LEAVE },
		{ "its port is some radio's",
		  { .ports = 3, .candidates = 3, .wanted = true, .port_configured = true },
		  PLUG_LEAVE },
		{ "a scale, perhaps", { .ports = 1, .wanted = true }, PLUG_ADVISE },
		{ "a scale, and nobody wants any", { .ports = 1 }, PLUG_LEAVE },
		{ "configured by its place", { .ports = 1, .path_configured = true }, PLUG_TAKE },
		{ "the same with several ports",
		  { .ports = 2, .path_configured = true },
		  PLUG_PROBE },
		{ "the same without any yet",
		  { .path_configured = true, .guise = STICK_STORAGE },
		  PLUG_ADVISE },
		{ "an installation disk", { .wanted = true, .guise = STICK_STORAGE }, PLUG_ADVISE },
		{ "a network card", { .wanted = true, .guise = STICK_NETWORK }, PLUG_ADVISE },
		{ "no ports, nothing known", { .wanted = true }, PLUG_LEAVE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("# %s\n", rows[i].what);
		assert_int_equal(plug_decide(&rows[i].facts), rows[i].plan);
	}
}

/* The names that are taken: a list ended by NULL. */
static bool is_listed(const char *name, const void *userdata)
{
	for (const char *const *taken = userdata; *taken; taken++)
		if (strcmp(*taken, name) == 0)
			return true;
	return false;
}

static void a_modem_is_called_by_its_last_digits(void **state)
{
	static const struct {
		const char *imei;
		bool twice;
		const char *taken[3];
		const char *name;
	} rows[] = {
		{ "356938030001234", false, { NULL }, "modem-1234" },
		{ "356938030001234", false, { "modem-1234", NULL }, "modem-01234" },
		{ "356938030001234", false, { "modem-1234", "modem-01234", NULL }, "modem-001234" },
		{ "356938030001234", true, { "modem-1234", NULL }, "modem-1234-1-2.3" },
		{ "", false, { NULL }, "modem-1-2.3" },
		{ "12", false, { NULL }, "modem-1-2.3" },
		{ "", false, { "modem-1-2.3", NULL }, "modem-1-2.3-2" },
		{ "1234", false, { "modem-1234", NULL }, "modem-1234-1-2.3" },
	};
	char name[MODEM_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		pool_name(rows[i].imei, "1-2.3", rows[i].twice, is_listed, rows[i].taken, name);
		assert_string_equal(name, rows[i].name);
	}
}

/* The order in which modems are found decides on their names, and is another one each time. */
static void a_hold_is_kept_by_what_does_not_change(void **state)
{
	static struct {
		char name[16], imei[16], usb_path[8];
		unsigned line;
		const char *key;
	} rows[] = {
		{ "north", "356938030001234", "", 3, "north" },
		{ "modem-1234", "356938030001234", "1-2", 0, "imei:356938030001234" },
		{ "modem-01234", "356938030001234", "3-1.4", 0, "imei:356938030001234" },
		{ "modem-1-2", "", "1-2", 0, "usb:1-2" },
	};
	char key[STORE_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct config_modem config = { .name = rows[i].name,
						     .imei = rows[i].imei,
						     .usb_path = rows[i].usb_path,
						     .line = rows[i].line };

		pool_key(&config, key);
		assert_string_equal(key, rows[i].key);
	}
}

static void a_board_that_is_only_a_cdc_acm_device_is_left_alone_after_three_rounds(void **state)
{
	struct stick board = { .port_count = 2,
			       .ports = { { "a", 0, PORT_ACM }, { "b", 2, PORT_NOBODY } } };
	struct stick modem = { .port_count = 2,
			       .ports = { { "a", 0, PORT_ACM }, { "b", 2, PORT_UDEV } } };
	struct stick named = { .port_count = 1, .ports = { { "a", 0, PORT_NOBODY } } };

	(void)state;
	assert_true(plug_try_again(&board, 0));
	assert_true(plug_try_again(&board, 2));
	assert_false(plug_try_again(&board, 3));
	assert_true(plug_try_again(&modem, 100));
	/* Spoken to only because it is configured by its place. */
	assert_true(plug_try_again(&named, 100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stick_is_spoken_to_only_with_a_reason),
		cmocka_unit_test(a_modem_is_called_by_its_last_digits),
		cmocka_unit_test(a_hold_is_kept_by_what_does_not_change),
		cmocka_unit_test(
			a_board_that_is_only_a_cdc_acm_device_is_left_alone_after_three_rounds),
	};

	return cmocka_run_group_tests_name("plug", tests, NULL, NULL);
}
