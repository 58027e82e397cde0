/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which ports of a stick are spoken to, in which order, and what is said of sticks that show none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "modem/ports.h"

struct row {
	const char *stick;
	struct port ports[5]; /* ended by an empty device */
	const char *order;    /* devices, with a space behind each */
};

static const struct row ROWS[] = {
	{ "nothing", { { "", -1, PORT_NOBODY } }, "" },
	{ "an FTDI adapter", { { "a", 0, PORT_NOBODY } }, "" },
	{ "three ports of option",
	  { { "c", 2, PORT_DRIVER }, { "a", 0, PORT_DRIVER }, { "b", 1, PORT_DRIVER } },
	  "a b c " },
	{ "udev knows the best",
	  { { "a", 0, PORT_DRIVER }, { "b", 1, PORT_UDEV }, { "c", 2, PORT_UDEV_BEST } },
	  "c a b " },
	{ "never the GPS, nor the diagnostics",
	  { { "a", 0, PORT_UDEV_NOT }, { "b", 3, PORT_DRIVER }, { "c", 2, PORT_UDEV_NOT } },
	  "b " },
	{ "a CDC-ACM modem beside a meter",
	  { { "m", 0, PORT_NOBODY }, { "a", 2, PORT_ACM } },
	  "a " },
	{ "interfaces that nobody numbered",
	  { { "a", -1, PORT_DRIVER }, { "b", -1, PORT_DRIVER } },
	  "a b " },
};

static void only_vouched_ports_are_tried_the_best_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ROWS); i++) {
		const struct port *candidates[STICK_PORTS_MAX];
		struct stick stick = { .usb_path = "1-1" };
		char order[64] = "";
		size_t count, used = 0;

		while (ROWS[i].ports[stick.port_count].device[0]) {
			stick.ports[stick.port_count] = ROWS[i].ports[stick.port_count];
			stick.port_count++;
		}
		count = stick_candidates(&stick, candidates);
		for (size_t at = 0; at < count; at++)
			used += (size_t)snprintf(order + used, sizeof(order) - used, "%.5s ",
						 candidates[at]->device);
		if (strcmp(order, ROWS[i].order) != 0)
			fail_msg("%s: %s", ROWS[i].stick, order);
	}
}

static void a_full_stick_is_sorted_whole(void **state)
{
	const struct port *candidates[STICK_PORTS_MAX];
	struct stick stick = { .port_count = STICK_PORTS_MAX };

	(void)state;
	for (int i = 0; i < STICK_PORTS_MAX; i++)
		stick.ports[i] = (struct port){ "x", STICK_PORTS_MAX - i, PORT_DRIVER };
	assert_int_equal(stick_candidates(&stick, candidates), STICK_PORTS_MAX);
	for (int i = 0; i < STICK_PORTS_MAX; i++)
		assert_int_equal(candidates[i]->interface, i + 1);
}

static void a_stick_in_disguise_is_told_with_what_to_do(void **state)
{
	struct stick disk = { "1-2", 0x12d1, 0x1f01, .maker = "HUAWEI_MOBILE" };
	struct stick card = { "1-3", 0x12d1, 0x14dc, .maker = "HUAWEI_MOBILE" };
	struct stick other = { "1-4", 0x0403, 0x6001, .maker = "FTDI" };
	char text[MODEM_REASON_SIZE];

	(void)state;
	assert_int_equal(stick_guise(disk.vendor, disk.product), STICK_STORAGE);
	assert_int_equal(stick_guise(card.vendor, card.product), STICK_NETWORK);
	assert_int_equal(stick_guise(other.vendor, other.product), STICK_MODEM);
	stick_advise(&disk, text);
	assert_non_null(strstr(text, "USB 1-2 (12d1:1f01, HUAWEI_MOBILE)"));
	assert_non_null(strstr(text, "usb-modeswitch"));
	stick_advise(&card, text);
	assert_non_null(strstr(text, "HiLink"));
	assert_non_null(strstr(text, "usb_modeswitch"));
	stick_advise(&other, text);
	assert_non_null(strstr(text, "footbridge.conf"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_vouched_ports_are_tried_the_best_first),
		cmocka_unit_test(a_full_stick_is_sorted_whole),
		cmocka_unit_test(a_stick_in_disguise_is_told_with_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
