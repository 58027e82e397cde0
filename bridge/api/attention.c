/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /v1/attention: what needs a human, and that somebody has looked.
 */
#include <string.h>

#include "bridge/api/json.h"
#include "bridge/api/request.h"
#include "bridge/base/clock.h"
#include "bridge/core/tick.h"

static void attention_listed(int error, const struct store_attention *items, size_t count,
			     int64_t next_cursor, void *userdata)
{
	struct request *request = userdata;
	json_t *list;

	if (error < 0) {
		request_fail(request, error, "attention item");
		return;
	}
	list = json_array();
	for (size_t i = 0; list && i < count; i++)
		json_array_append_new(list, json_of_attention(&items[i]));
	request_answer(request, 200, json_of_page(list, next_cursor));
}

static int take_all(const struct request *request, bool *ret_all, struct refusal *refusal)
{
	const char *all = request_query(request, "all");

	*ret_all = all && strcmp(all, "1") == 0;
	if (!all || *ret_all || strcmp(all, "0") == 0)
		return 0;
	return refuse(refusal, 400, "InvalidField",
		      "\"all\" is 1, for items that have ended as well.");
}

void handle_attention_list(struct request *request)
{
	static const char *const names[] = { "limit", "cursor", "all", NULL };
	struct store_attention_filter filter = { 0 };
	struct refusal refusal;
	int r;

	if (request_query_check(request, names, &refusal) < 0 ||
	    request_query_page(request, &filter.limit, &filter.before_cursor, &refusal) < 0 ||
	    take_all(request, &filter.ended_too, &refusal) < 0) {
		request_refuse(request, &refusal);
		return;
	}
	r = store_attention_list(request->bridge->store, &filter, attention_listed, request);
	if (r < 0)
		request_fail(request, r, "attention item");
}

static void attention_ended(int error, const struct store_attention *items, size_t count,
			    int64_t next_cursor, void *userdata)
{
	struct request *request = userdata;

	(void)next_cursor;
	if (error < 0 || count == 0)
		request_fail(request, error, "attention item");
	else
		request_answer(request, 200, json_of_attention(&items[0]));
}

void handle_attention_done(struct request *request)
{
	int r = store_attention_end(request->bridge->store, request->segment, clock_realtime_usec(),
				    attention_ended, request);

	if (r < 0)
		request_fail(request, r, "attention item");
}

/* ------------------------------------------------------------------ hold, release */

static void hold_committed(struct request *request, int error, bool held)
{
	struct bridge *bridge = request->bridge;

	bridge->holds_waiting--;
	if (error < 0) {
		request_fail(request, error, "hold");
		return;
	}
	bridge_set_held(bridge, held);
	request_answer(request, 200, json_pack("{s:b}", "held", held));
}

static void held(int error, void *userdata)
{
	hold_committed(userdata, error, true);
}

static void released(int error, void *userdata)
{
	hold_committed(userdata, error, false);
}

static void hold(struct request *request, bool wanted)
{
	int r = store_hold(request->bridge->store, wanted, clock_realtime_usec(),
			   wanted ? held : released, request);

	if (r < 0)
		request_fail(request, r, "hold");
	else
		request->bridge->holds_waiting++;
}

void handle_hold(struct request *request)
{
	hold(request, true);
}

void handle_release(struct request *request)
{
	hold(request, false);
}
