/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /v1/status: everything at a glance.
 */
#include "bridge/api/json.h"
#include "bridge/api/request.h"
#include "bridge/base/clock.h"
#include "bridge/core/forecast.h"
#include "bridge/core/health.h"
#include "bridge/core/radio.h"
#include "bridge/core/tick.h"

static json_t *json_of_radios(const struct bridge *bridge)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < bridge->radio_count; i++) {
		const struct radio *radio = bridge->radios[i];
		const struct modem *modem = radio_modem(radio);
		const struct modem_word_network *network = modem_network(modem);
		char trouble[HEALTH_TROUBLE_SIZE];

		radio_trouble(radio, NULL, trouble);
		json_array_append_new(
			list,
			json_members((struct json_member[]){
				{ "name", json_string(modem_name(modem)) },
				{ "state", json_string(modem_state_name(radio_state(radio))) },
				{ "reason", json_optional(radio_reason(radio)) },
				{ "trouble", json_optional(trouble) },
				{ "operator", json_optional(network->network_operator) },
				{ "roaming", json_boolean(network->roaming) },
				{ "signalPercent", json_known(network->signal_percent) },
				{ NULL, NULL },
			}));
	}
	return list;
}

static json_t *json_of_queue(const struct store_overview *overview)
{
	json_t *queue = json_object();

	for (int state = 0; queue && state < DELIVERY_STATE_COUNT; state++)
		json_object_set_new(queue, delivery_state_name((enum delivery_state)state),
				    json_integer((json_int_t)overview->deliveries[state]));
	return queue;
}

static json_t *json_of_clock(struct bridge *bridge)
{
	bool trusted = bridge_now(bridge).trusted;

	return json_pack("{s:o, s:b, s:b, s:s}", "now", json_moment(clock_realtime_usec()),
			 "trusted", trusted, "synchronised", clock_synchronised(), "reason",
			 clock_explain(bridge->clock));
}

/* What to do next; null when all is well. */
static const char *status_hint(const struct bridge *bridge, const struct store_overview *overview)
{
	if (bridge->stopping)
		return "The daemon is stopping.";
	if (!bridge->ready)
		return "The daemon is starting.";
	if (overview->held)
		return "Everything outgoing is held; let it go with: footbridge release.";
	if (bridge->clock_distrusted)
		return clock_explain(bridge->clock);
	if (bridge->radio_count == 0 && bridge->config->modem_discovery)
		return "No modem is there. Plug one in; one that is not found by itself is named in "
		       "the configuration: modems: ( { device = \"/dev/serial/by-id/…\"; } );";
	if (bridge->radio_count == 0)
		return "No modem is configured. Add one to the configuration, modems: ( { device = "
		       "\"/dev/serial/by-id/…\"; } ); and start the daemon again.";
	if (overview->attention_open > 0)
		return "Something needs a human; see: footbridge attention.";
	return NULL;
}

static json_t *json_of_status(const struct request *request, const struct store_overview *overview)
{
	struct bridge *bridge = request->bridge;
	const json_int_t unhandled = (json_int_t)overview->inbox_unhandled;

	return json_members((struct json_member[]){
		{ "version", json_string(FOOTBRIDGE_VERSION) },
		{ "hint", json_optional(status_hint(bridge, overview)) },
		{ "startedAt", json_moment(bridge->started_at_usec) },
		{ "modems", json_of_radios(bridge) },
		{ "queue", json_of_queue(overview) },
		{ "oldestPendingAt", json_moment(overview->oldest_pending_usec) },
		{ "partsWaiting", json_integer((json_int_t)request->parts_waiting) },
		{ "estimatedDoneAt", json_moment(request->done_at_usec) },
		{ "inbox", json_pack("{s:I}", "unhandled", unhandled) },
		{ "attention", json_integer((json_int_t)overview->attention_open) },
		{ "held", json_boolean(overview->held) },
		{ "clock", json_of_clock(bridge) },
		{ "lastEvent", json_integer(overview->last_event) },
		{ NULL, NULL },
	});
}

static void status_overviewed(int error, const struct store_overview *overview, void *userdata)
{
	struct request *request = userdata;

	if (error < 0) {
		request_fail(request, error, "status");
		return;
	}
	request_answer(request, 200, json_of_status(request, overview));
}

static void status_forecast(int error, const struct forecast *forecast, void *userdata)
{
	struct request *request = userdata;

	request->parts_waiting = forecast->parts;
	request->done_at_usec = forecast_all_done(forecast);
	if (error == 0)
		error = store_overview(request->bridge->store, status_overviewed, request);
	if (error < 0)
		request_fail(request, error, "status");
}

void handle_status(struct request *request)
{
	int r = forecast_ask(request->bridge, status_forecast, request);

	if (r < 0)
		request_fail(request, r, "status");
}
