/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Modems as people see them (bridge/cli/modem.h), and what came in besides texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/cli/display.h"
#include "bridge/cli/follow.h"
#include "bridge/cli/modem.h"

static void cleanup_json(json_t **object)
{
	json_decref(*object);
}
#define CLEANUP_JSON CLEANUP(cleanup_json)

/* Freed by the caller. */
static char *print(void (*printer)(json_t *json, FILE *stream), const char *json)
{
	CLEANUP_JSON json_t *object = json_loads(json, 0, NULL);
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(object);
	assert_non_null(stream);
	printer(object, stream);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static void print_table(json_t *modems, FILE *stream)
{
	modem_print_table(modems, stream);
}

static void a_modem_is_shown_in_groups(void **state)
{
	CLEANUP_FREE char *text =
		print(modem_print_full,
		      "{\"name\":\"north\",\"state\":\"ready\",\"reason\":\"registered\","
		      "\"trouble\":\"4 of the last 8 sends failed.\","
		      "\"device\":\"/dev/ttyUSB0\",\"imei\":\"356938030000013\",\"iccid\":null,"
		      "\"registered\":true,\"roaming\":false,\"registration\":\"home\","
		      "\"operator\":\"Cell One\",\"signalPercent\":60,"
		      "\"storeUsed\":3,\"storeSize\":50,\"partsToday\":12,\"failedToday\":4,"
		      "\"recentParts\":8,\"recentFailed\":4,\"lastError\":\"CMS/38\","
		      "\"unreported\":2,\"statusReports\":\"coming\",\"newThing\":7}");

	(void)state;
	assert_string_equal(text, "north is ready: registered\n"
				  "4 of the last 8 sends failed.\n"
				  "\nwho\n"
				  "  device          /dev/ttyUSB0\n"
				  "  IMEI            356938030000013\n"
				  "\nnetwork\n"
				  "  operator        Cell One\n"
				  "  registered      yes\n"
				  "  registration    home\n"
				  "  roaming         no\n"
				  "  signal          60 %\n"
				  "\nstore\n"
				  "  messages on SIM 3 of 50\n"
				  "\nsending\n"
				  "  parts today     12\n"
				  "  failed today    4\n"
				  "  failed lately   4 of 8\n"
				  "  last error      CMS/38\n"
				  "\nreports\n"
				  "  status reports  coming\n"
				  "  sent since then 2 parts\n"
				  "\nmore\n"
				  "  new thing       7\n");
}

static void what_is_not_known_is_left_out_with_its_group(void **state)
{
	CLEANUP_FREE char *text =
		print(modem_print_full, "{\"name\":\"north\",\"state\":\"absent\",\"reason\":\"\","
					"\"trouble\":null,\"storeUsed\":null,\"storeSize\":null}");

	(void)state;
	assert_string_equal(text, "north is absent\n");
}

static void a_strangers_operator_name_obeys_nobody(void **state)
{
	CLEANUP_FREE char *text = print(modem_print_full, "{\"name\":\"north\",\"state\":\"ready\","
							  "\"operator\":\"\\u001b[2J\"}");

	(void)state;
	assert_null(strchr(text, 0x1b));
}

static void a_list_shows_roaming_and_trouble_only_where_it_is(void **state)
{
	CLEANUP_FREE char *text =
		print(print_table, "[{\"name\":\"north\",\"state\":\"ready\",\"operator\":\"One\","
				   "\"roaming\":true,\"partsToday\":3,\"failedToday\":2,"
				   "\"trouble\":\"Weak.\"},"
				   "{\"name\":\"south\",\"state\":\"ready\",\"operator\":\"Two\","
				   "\"roaming\":false,\"partsToday\":1,\"failedToday\":0,"
				   "\"trouble\":null}]");

	(void)state;
	assert_string_equal(text, "MODEM  STATE  OPERATOR       TODAY  FAILED  TROUBLE\n"
				  "north  ready  One (roaming)      3       2  Weak.\n"
				  "south  ready  Two                1\n");
}

static void what_is_no_text_is_named_before_it(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"kind\":\"text\",\"port\":null}", "" },
		{ "{\"kind\":\"data\",\"port\":null}", "[data] " },
		{ "{\"kind\":\"data\",\"port\":65535}", "[data for port 65535] " },
		{ "{\"kind\":\"mms\",\"port\":2948}", "[picture message] " },
		{ "{}", "" },
	};
	char kind[FOLLOW_KIND_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_JSON json_t *inbound = json_loads(rows[i][0], 0, NULL);

		assert_string_equal(follow_inbound_kind(inbound, kind), rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_modem_is_shown_in_groups),
		cmocka_unit_test(what_is_not_known_is_left_out_with_its_group),
		cmocka_unit_test(a_strangers_operator_name_obeys_nobody),
		cmocka_unit_test(a_list_shows_roaming_and_trouble_only_where_it_is),
		cmocka_unit_test(what_is_no_text_is_named_before_it),
	};

	display_start();
	return cmocka_run_group_tests_name("cli_modem", tests, NULL, NULL);
}
