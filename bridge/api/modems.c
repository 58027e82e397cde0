/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /v1/modems: each is asked of its handle, and how its SIM does of the store.
 */
#include <errno.h>
#include <string.h>

#include "bridge/api/json.h"
#include "bridge/api/request.h"
#include "bridge/base/clock.h"
#include "bridge/core/pool.h"
#include "bridge/core/radio.h"

static json_t *json_of_radio(const struct radio *radio, const struct store_sim_health *health)
{
	const struct modem *modem = radio_modem(radio);
	char trouble[HEALTH_TROUBLE_SIZE];
	const struct modem_view view = {
		.name = modem_name(modem),
		.device = modem_device(modem),
		.reason = radio_reason(radio),
		.number = radio_config(radio)->number,
		.trouble = radio_trouble(radio, health, trouble),
		.held = radio_is_held(radio),
		.quota = pool_quota(radio_config(radio)),
		.state = radio_state(radio),
		.identity = modem_identity(modem),
		.network = modem_network(modem),
		.health = health,
		.now_usec = clock_realtime_usec(),
	};

	return json_of_modem(&view);
}

/* Answers come in the order of asking, one for each modem. */
static void list_health_read(int error, const struct store_sim_health *health, void *userdata)
{
	struct request *request = userdata;
	const struct bridge *bridge = request->bridge;
	size_t at = json_array_size(request->items);
	json_t *items;

	if (error < 0)
		request->failed = true;
	json_array_append_new(request->items, json_of_radio(bridge->radios[at], health));
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

		if (store_sim_health(bridge->store, &sim, clock_realtime_usec(), list_health_read,
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

static void one_health_read(int error, const struct store_sim_health *health, void *userdata)
{
	struct request *request = userdata;
	const struct radio *radio = bridge_find_radio(request->bridge, request->segment);

	if (error < 0 || !radio)
		request_fail(request, error < 0 ? error : -ENOENT, "modem");
	else
		request_answer(request, 200, json_of_radio(radio, health));
}

static void answer_one(struct request *request, const struct radio *radio)
{
	struct store_sim sim = radio_sim(radio);
	int r;

	r = store_sim_health(request->bridge->store, &sim, clock_realtime_usec(), one_health_read,
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

/* ------------------------------------------------------------------ hold, release, reset */

static void hold_committed(struct request *request, int error, bool held)
{
	struct radio *radio = bridge_find_radio(request->bridge, request->segment);

	if (error < 0 || !radio) {
		request_fail(request, error < 0 ? error : -ENOENT, "modem");
		return;
	}
	pool_hold(request->bridge, radio, held);
	answer_one(request, radio);
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
	const struct radio *radio = bridge_find_radio(request->bridge, request->segment);
	char key[STORE_NAME_SIZE];
	int r = -ENOENT;

	if (radio) {
		pool_key(radio_config(radio), key);
		r = store_modem_hold(request->bridge->store, key, wanted, clock_realtime_usec(),
				     wanted ? held : released, request);
	}
	if (r < 0)
		request_fail(request, r, "modem");
}

void handle_modem_hold(struct request *request)
{
	hold(request, true);
}

void handle_modem_release(struct request *request)
{
	hold(request, false);
}

void handle_modem_reset(struct request *request)
{
	struct radio *radio = bridge_find_radio(request->bridge, request->segment);
	struct refusal refusal;
	int r;

	if (!radio) {
		request_fail(request, -ENOENT, "modem");
		return;
	}
	r = radio_reset(radio);
	if (r == 0) {
		answer_one(request, radio);
		return;
	}
	if (r == -EBUSY)
		refuse(&refusal, 409, "Busy",
		       "Modem %s is sending; try again when that is over, in a minute or so.",
		       radio_config(radio)->name);
	else
		refuse(&refusal, 503, "NotReady", "Modem %s is %s; there is nothing to reset.",
		       radio_config(radio)->name, modem_state_name(radio_state(radio)));
	request_refuse(request, &refusal);
}

/* ------------------------------------------------------------------ USSD */

/* {"code":"*100#"} and nothing else; the caller frees *ret_object, which holds the code. */
static int read_code(const struct request *request, json_t **ret_object, const char **ret_code)
{
	json_t *object = json_loadb(request->body ? request->body : "", request->body_size,
				    JSON_REJECT_DUPLICATES, NULL);
	const char *code = json_string_value(json_object_get(object, "code"));

	*ret_object = object;
	if (!code || json_object_size(object) != 1)
		return -EINVAL;
	for (const char *at = code; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == '"' || *at == 0x7f)
			return -EINVAL;
	}
	*ret_code = code;
	return 0;
}

static void ussd_answered(const struct modem_word_ussd *word, void *userdata)
{
	struct request *request = userdata;
	struct refusal refusal;

	if (word->end == MODEM_USSD_FAILED) {
		refuse(&refusal, 409, "UssdFailed", "The code came to nothing: %s.",
		       word->reason[0] ? word->reason : "the modem does not say why");
		request_refuse(request, &refusal);
		return;
	}
	request_answer(request, 200,
		       json_members((struct json_member[]){
			       { "text", json_text(word->text, strlen(word->text)) },
			       { "raw", json_text(word->raw, strlen(word->raw)) },
			       { "menu", json_boolean(word->end == MODEM_USSD_MENU) },
			       { NULL, NULL },
		       }));
}

static void refuse_ussd(struct request *request, const struct radio *radio, int error)
{
	const struct modem *modem = radio_modem(radio);
	struct refusal refusal;

	if (error == -EINVAL)
		refuse(&refusal, 400, "InvalidUssd",
		       "The body is {\"code\":\"*100#\"}; a code has at most 183 bytes, and "
		       "neither quotes nor control characters.");
	else if (error == -EBUSY)
		refuse(&refusal, 409, "Busy",
		       "Modem %s still waits for the answer to another code; try again in a "
		       "minute.",
		       modem_name(modem));
	else
		refuse(&refusal, 503, "NotReady", "Modem %s is %s%s%s; try again when it is ready.",
		       modem_name(modem), modem_state_name(modem_state(modem)),
		       modem_reason(modem)[0] ? ": " : "", modem_reason(modem));
	request_refuse(request, &refusal);
}

void handle_modem_ussd(struct request *request)
{
	struct radio *radio = bridge_find_radio(request->bridge, request->segment);
	const char *code = "";
	json_t *object;
	int r;

	if (!radio) {
		request_fail(request, -ENOENT, "modem");
		return;
	}
	r = read_code(request, &object, &code);
	if (r == 0)
		r = radio_ussd(radio, code, ussd_answered, request);
	json_decref(object);
	if (r < 0)
		refuse_ussd(request, radio, r);
}
