/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /v1/inbox: what people wrote.
 */
#include "bridge/api/json.h"
#include "bridge/api/request.h"
#include "bridge/base/clock.h"

static void inbox_listed(int error, const struct store_inbound *items, size_t count,
			 int64_t next_cursor, void *userdata)
{
	struct request *request = userdata;
	json_t *list;

	if (error < 0) {
		request_fail(request, error, "message");
		return;
	}
	list = json_array();
	for (size_t i = 0; list && i < count; i++)
		json_array_append_new(list, json_of_inbound(&items[i]));
	request_answer(request, 200, json_of_page(list, next_cursor));
}

static void inbox_item_read(int error, const struct store_inbound *items, size_t count,
			    int64_t next_cursor, void *userdata)
{
	struct request *request = userdata;

	(void)count;
	(void)next_cursor;
	if (error < 0)
		request_fail(request, error, "message in the inbox");
	else
		request_answer(request, 200, json_of_inbound(&items[0]));
}

void handle_inbox_list(struct request *request)
{
	static const char *const names[] = { "limit", "cursor", NULL };
	struct store_inbox_filter filter = { 0 };
	struct refusal refusal;
	int r;

	if (request_query_check(request, names, &refusal) < 0 ||
	    request_query_page(request, &filter.limit, &filter.before_cursor, &refusal) < 0) {
		request_refuse(request, &refusal);
		return;
	}
	r = store_inbox_list(request->bridge->store, &filter, inbox_listed, request);
	if (r < 0)
		request_fail(request, r, "message");
}

void handle_inbox_get(struct request *request)
{
	int r = store_inbox_get(request->bridge->store, request->segment, inbox_item_read, request);

	if (r < 0)
		request_fail(request, r, "message");
}

void handle_inbox_done(struct request *request)
{
	int r = store_inbox_handled(request->bridge->store, request->segment, clock_realtime_usec(),
				    inbox_item_read, request);

	if (r < 0)
		request_fail(request, r, "message");
}
