/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Methods and paths (bridge/api/route.h), on the API's own table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/api/request.h"
#include "bridge/api/route.h"
#include "bridge/base/cleanup.h"

struct found {
	enum route_result result;
	const struct route *route;
	char segment[16], allowed[64];
};

static struct found find(const char *method, const char *path)
{
	struct found found = { 0 };

	found.result = route_find(route_table, method, path, &found.route, found.segment,
				  sizeof(found.segment), found.allowed, sizeof(found.allowed));
	return found;
}

static void every_path_of_the_api_has_its_handler(void **state)
{
	static const struct {
		const char *method, *path;
		void (*handle)(struct request *request);
		const char *segment;
	} rows[] = {
		{ "POST", "/v1/messages", handle_message_post, "" },
		{ "GET", "/v1/messages", handle_message_list, "" },
		{ "GET", "/v1/messages/a.b:c-1", handle_message_get, "a.b:c-1" },
		{ "DELETE", "/v1/messages/x", handle_message_cancel, "x" },
		{ "GET", "/v1/messages/x/why", handle_message_why, "x" },
		{ "GET", "/v1/messages/+8613800000001/why", handle_message_why, "+8613800000001" },
		{ "POST", "/v1/messages/x/retry", handle_message_retry, "x" },
		{ "POST", "/v1/messages/x/settle", handle_message_settle, "x" },
		{ "GET", "/v1/inbox", handle_inbox_list, "" },
		{ "POST", "/v1/inbox/7/done", handle_inbox_done, "7" },
		{ "GET", "/v1/modems", handle_modem_list, "" },
		{ "GET", "/v1/modems/north", handle_modem_get, "north" },
		{ "POST", "/v1/modems/north/adopt", handle_modem_adopt, "north" },
		{ "POST", "/v1/modems/north/ussd", handle_modem_ussd, "north" },
		{ "GET", "/v1/attention", handle_attention_list, "" },
		{ "POST", "/v1/attention/a1/done", handle_attention_done, "a1" },
		{ "POST", "/v1/hold", handle_hold, "" },
		{ "POST", "/v1/release", handle_release, "" },
		{ "GET", "/v1/events", handle_events, "" },
		{ "GET", "/v1/status", handle_status, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct found found = find(rows[i].method, rows[i].path);

		print_message("# %s %s\n", rows[i].method, rows[i].path);
		assert_int_equal(found.result, ROUTE_FOUND);
		assert_ptr_equal(found.route->handle, rows[i].handle);
		assert_string_equal(found.segment, rows[i].segment);
	}
}

static void what_is_not_there_is_not_found(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		"/v1",
		"/v1/",
		"/v1/messages/",
		"/v1/message",
		"/v1/messages/a/b",
		"/v1/messagesx",
		"/v1/inbox//done",
		"/v1/inbox/a/undone",
		"/v2/messages",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		print_message("# %s\n", paths[i]);
		assert_int_equal(find("GET", paths[i]).result, ROUTE_NOT_FOUND);
	}
}

static void another_method_is_told_those_that_there_are(void **state)
{
	const struct found found = find("PUT", "/v1/messages/x");

	(void)state;
	assert_int_equal(found.result, ROUTE_OTHER_METHOD);
	assert_string_equal(found.allowed, "GET, DELETE");
}

static void a_segment_that_does_not_fit_is_not_found(void **state)
{
	(void)state;
	assert_int_equal(find("GET", "/v1/messages/123456789012345").result, ROUTE_FOUND);
	assert_int_equal(find("GET", "/v1/messages/1234567890123456").result, ROUTE_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_of_the_api_has_its_handler),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(another_method_is_told_those_that_there_are),
		cmocka_unit_test(a_segment_that_does_not_fit_is_not_found),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
