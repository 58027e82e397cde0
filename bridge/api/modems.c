/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /v1/modems: each is asked of its handle, and what its SIM did today of the store.
 */
#include <errno.h>

#include "bridge/api/json.h"
#include "bridge/api/request.h"
#include "bridge/base/clock.h"
#include "bridge/core/radio.h"

static json_t *json_of_radio(const struct radio *radio, unsigned parts_today,
			     int64_t last_sent_usec)
{
	const struct modem *modem = radio_modem(radio);
	const struct modem_view view = {
		.name = modem_name(modem),
		.device = modem_device(modem),
		.reason = radio_reason(radio),
		.number = radio_config(radio)->number,
		.state = modem_state(modem),
		.identity = modem_identity(modem),
		.network = modem_network(modem),
		.parts_today = parts_today,
		.last_sent_usec = last_sent_usec,
	};

	return json_of_modem(&view);
}

/* Answers come in the order of asking, one for each modem. */
static void list_use_read(int error, unsigned parts_today, int64_t last_sent_usec, void *userdata)
{
	struct request *request = userdata;
	const struct bridge *bridge = request->bridge;
	size_t at = json_array_size(request->items);
	json_t *items;

	if (error < 0)
		request->failed = true;
	json_array_append_new(request->items,
			      json_of_radio(bridge->radios[at], parts_today, last_sent_usec));
	if (--request->waiting > 0)
		return;
	items = request->items;
	request->items = NULL;
	if (!request->failed) {
		request_answer(request, 200, json_of_page(items, 0));
		return;
	}
	json_decref(items);
	request_fail(request, error < 0 ? error : -EBUSY, "modem");
}

void handle_modem_list(struct request *request)
{
	struct bridge *bridge = request->bridge;

	request->items = json_array();
	if (!request->items) {
		request_answer(request, 503, NULL);
		return;
	}
	for (size_t i = 0; i < bridge->radio_count; i++) {
		struct store_sim sim = radio_sim(bridge->radios[i]);

		if (store_sim_use(bridge->store, &sim, clock_realtime_usec(), list_use_read,
				  request) < 0)
			break;
		request->waiting++;
	}
	/* When not all could be asked, the last of those that were answers so. */
	request->failed = request->waiting < bridge->radio_count;
	if (request->waiting > 0)
		return;
	if (request->failed) {
		request_fail(request, -EBUSY, "modem");
	} else {
		request_answer(request, 200, json_of_page(request->items, 0));
		request->items = NULL;
	}
}

static void one_use_read(int error, unsigned parts_today, int64_t last_sent_usec, void *userdata)
{
	struct request *request = userdata;
	const struct radio *radio = bridge_find_radio(request->bridge, request->segment);

	if (error < 0 || !radio)
		request_fail(request, error < 0 ? error : -ENOENT, "modem");
	else
		request_answer(request, 200, json_of_radio(radio, parts_today, last_sent_usec));
}

static void answer_one(struct request *request, const struct radio *radio)
{
	struct store_sim sim = radio_sim(radio);
	int r;

	r = store_sim_use(request->bridge->store, &sim, clock_realtime_usec(), one_use_read,
			  request);
	if (r < 0)
		request_fail(request, r, "modem");
}

void handle_modem_get(struct request *request)
{
	const struct radio *radio = bridge_find_radio(request->bridge, request->segment);

	if (radio)
		answer_one(request, radio);
	else
		request_fail(request, -ENOENT, "modem");
}

/* ------------------------------------------------------------------ adopt */

static void adopted(int error, void *userdata)
{
	struct request *request = userdata;
	const struct radio *radio = bridge_find_radio(request->bridge, request->segment);
	struct refusal refusal;

	if (error == -ENOENT) {
		refuse(&refusal, 409, "Conflict",
		       "The SIM of modem %s has not been read yet; try again when the modem is "
		       "ready.",
		       request->segment);
		request_refuse(request, &refusal);
	} else if (error < 0 || !radio) {
		request_fail(request, error < 0 ? error : -ENOENT, "modem");
	} else {
		answer_one(request, radio);
	}
}

void handle_modem_adopt(struct request *request)
{
	const struct radio *radio = bridge_find_radio(request->bridge, request->segment);
	struct store_sim sim;
	int r;

	if (!radio) {
		request_fail(request, -ENOENT, "modem");
		return;
	}
	sim = radio_sim(radio);
	r = store_sim_adopt(request->bridge->store, &sim, clock_realtime_usec(), adopted, request);
	if (r < 0)
		request_fail(request, r, "modem");
}
