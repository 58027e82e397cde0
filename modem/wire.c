/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Orders and words as lists of fields.  A reader takes them in the order of the writer, each within
 * its range, and one check at the end decides: a struct is handed out whole or not at all.
 */
#include "modem/wire.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/frame.h"

static const char *const STATE_NAMES[] = {
	[MODEM_STATE_ABSENT] = "absent", [MODEM_STATE_STARTING] = "starting",
	[MODEM_STATE_PIN] = "pin",       [MODEM_STATE_SEARCHING] = "searching",
	[MODEM_STATE_READY] = "ready",   [MODEM_STATE_SENDING] = "sending",
	[MODEM_STATE_HELD] = "held",     [MODEM_STATE_FAILED] = "failed",
};
_Static_assert(ARRAY_SIZE(STATE_NAMES) == MODEM_STATE_COUNT, "every state has its name");

const char *modem_state_name(enum modem_state state)
{
	return STATE_NAMES[state];
}

/* ---------------------------------------------------------------- shared structs */

/* The other side checks the same: a text that is not whole is a bug here, hostility there. */
static bool number_fits(const char *number)
{
	size_t digits;

	if (*number == '+')
		number++;
	digits = strspn(number, "0123456789");
	return digits >= 1 && digits <= 20 && number[digits] == '\0';
}

#define CONCAT_ITEMS 5

static void put_concat(struct frame_writer *w, const struct tpdu_concat *concat)
{
	frame_put_bool(w, concat->present);
	frame_put_bool(w, concat->wide);
	frame_put_int(w, concat->reference);
	frame_put_int(w, concat->total);
	frame_put_int(w, concat->sequence);
}

static void get_concat(struct frame_reader *r, struct tpdu_concat *ret)
{
	ret->present = frame_get_bool(r);
	ret->wide = frame_get_bool(r);
	ret->reference = (uint16_t)frame_get_int(r, 0, UINT16_MAX);
	ret->total = (uint8_t)frame_get_int(r, 0, UINT8_MAX);
	ret->sequence = (uint8_t)frame_get_int(r, 0, UINT8_MAX);
	if (ret->present && (ret->sequence == 0 || ret->sequence > ret->total))
		r->failed = true;
}

#define TPDU_ITEMS (12 + CONCAT_ITEMS)

static void put_tpdu(struct frame_writer *w, const struct tpdu *tpdu)
{
	frame_put_int(w, tpdu->kind);
	frame_put_string(w, tpdu->address);
	frame_put_bool(w, tpdu->address_is_name);
	frame_put_int(w, tpdu->centre_time_usec);
	frame_put_int(w, tpdu->alphabet);
	frame_put_int(w, tpdu->message_class);
	frame_put_int(w, tpdu->protocol);
	put_concat(w, &tpdu->concat);
	frame_put_int(w, tpdu->port);
	frame_put_text(w, tpdu->text, tpdu->text_size);
	frame_put_int(w, tpdu->reference);
	frame_put_int(w, tpdu->discharge_time_usec);
	frame_put_int(w, tpdu->status);
}

static void get_tpdu(struct frame_reader *r, struct tpdu *ret)
{
	ret->kind = (enum tpdu_kind)frame_get_int(r, TPDU_DELIVER, TPDU_STATUS_REPORT);
	frame_get_string(r, ret->address, sizeof(ret->address));
	ret->address_is_name = frame_get_bool(r);
	ret->centre_time_usec = frame_get_int(r, INT64_MIN, INT64_MAX);
	ret->alphabet = (enum sms_alphabet)frame_get_int(r, SMS_ALPHABET_GSM7, SMS_ALPHABET_8BIT);
	ret->message_class = (int)frame_get_int(r, -1, 3);
	ret->protocol = (uint8_t)frame_get_int(r, 0, UINT8_MAX);
	get_concat(r, &ret->concat);
	ret->port = (int)frame_get_int(r, -1, UINT16_MAX);
	frame_get_text(r, ret->text, sizeof(ret->text), &ret->text_size, NULL);
	ret->reference = (uint8_t)frame_get_int(r, 0, UINT8_MAX);
	ret->discharge_time_usec = frame_get_int(r, INT64_MIN, INT64_MAX);
	ret->status = (uint8_t)frame_get_int(r, 0, UINT8_MAX);
}

/* ---------------------------------------------------------------- orders */

/* Digits of a PIN, 3GPP TS 31.101 9.5.1; "" for none. */
static bool pin_fits(const char *pin)
{
	size_t digits = strspn(pin, "0123456789");

	return pin[digits] == '\0' && (digits == 0 || (digits >= 4 && digits <= 8));
}

static void put_start(struct frame_writer *w, const struct modem_order_start *start)
{
	frame_begin(w, MODEM_ORDER_START, 5);
	frame_put_string(w, start->device);
	frame_put_int(w, start->speed);
	frame_put_int(w, start->sweep_seconds);
	frame_put_int(w, start->pace_percent);
	frame_put_int(w, start->remedy);
}

static void get_start(struct frame_reader *r, struct modem_order_start *ret)
{
	frame_get_string(r, ret->device, sizeof(ret->device));
	ret->speed = (unsigned)frame_get_int(r, 0, 4000000);
	ret->sweep_seconds = (unsigned)frame_get_int(r, 1, 3600);
	ret->pace_percent = (unsigned)frame_get_int(r, 0, 100);
	ret->remedy = (enum modem_remedy)frame_get_int(r, 0, MODEM_REMEDY_COUNT - 1);
	if (ret->device[0] == '\0')
		r->failed = true;
}

static void put_probe(struct frame_writer *w, const struct modem_order_probe *probe)
{
	size_t count = probe->count < MODEM_PORTS_MAX ? probe->count : MODEM_PORTS_MAX;

	frame_begin(w, MODEM_ORDER_PROBE, 3 + count);
	frame_put_int(w, probe->speed);
	frame_put_int(w, probe->wait_msec);
	frame_put_int(w, (int64_t)count);
	for (size_t i = 0; i < count; i++)
		frame_put_string(w, probe->devices[i]);
}

static void get_probe(struct frame_reader *r, struct modem_order_probe *ret)
{
	ret->speed = (unsigned)frame_get_int(r, 0, 4000000);
	ret->wait_msec = (unsigned)frame_get_int(r, 1, 60000);
	ret->count = (unsigned)frame_get_int(r, 1, MODEM_PORTS_MAX);
	for (unsigned i = 0; i < ret->count; i++) {
		frame_get_string(r, ret->devices[i], sizeof(ret->devices[i]));
		if (ret->devices[i][0] == '\0')
			r->failed = true;
	}
}

static void get_pin(struct frame_reader *r, struct modem_order_pin *ret)
{
	frame_get_string(r, ret->pin, sizeof(ret->pin));
	frame_get_string(r, ret->reason, sizeof(ret->reason));
	if (!pin_fits(ret->pin))
		r->failed = true;
}

static void put_ussd_order(struct frame_writer *w, const struct modem_order_ussd *ussd)
{
	frame_begin(w, MODEM_ORDER_USSD, 2);
	frame_put_int(w, ussd->id);
	frame_put_string(w, ussd->code);
}

static void get_ussd_order(struct frame_reader *r, struct modem_order_ussd *ret)
{
	ret->id = frame_get_int(r, 1, INT64_MAX);
	frame_get_string(r, ret->code, sizeof(ret->code));
}

static void put_send(struct frame_writer *w, const struct modem_order_send *send)
{
	frame_begin(w, MODEM_ORDER_SEND, 6 + CONCAT_ITEMS);
	frame_put_int(w, send->attempt);
	frame_put_string(w, send->number);
	frame_put_int(w, send->alphabet);
	frame_put_text(w, send->text, send->text_size);
	put_concat(w, &send->concat);
	frame_put_int(w, send->validity_minutes);
	frame_put_bool(w, send->report);
}

static void get_send(struct frame_reader *r, struct modem_order_send *ret)
{
	ret->attempt = frame_get_int(r, 0, INT64_MAX);
	frame_get_string(r, ret->number, sizeof(ret->number));
	ret->alphabet = (enum sms_alphabet)frame_get_int(r, SMS_ALPHABET_GSM7, SMS_ALPHABET_UCS2);
	frame_get_text(r, ret->text, sizeof(ret->text), &ret->text_size, NULL);
	get_concat(r, &ret->concat);
	ret->validity_minutes = (unsigned)frame_get_int(r, 0, UINT_MAX);
	ret->report = frame_get_bool(r);
	if (!number_fits(ret->number))
		r->failed = true;
}

int modem_order_send(int fd, const struct modem_order *order)
{
	struct frame_writer w;
	int r;

	switch (order->type) {
	case MODEM_ORDER_START:
		put_start(&w, &order->start);
		return frame_send(&w, fd);
	case MODEM_ORDER_SEND:
		put_send(&w, &order->send);
		return frame_send(&w, fd);
	case MODEM_ORDER_DELETE:
		frame_begin(&w, MODEM_ORDER_DELETE, 1);
		frame_put_int(&w, order->delete.reading);
		return frame_send(&w, fd);
	case MODEM_ORDER_STOP:
		frame_begin(&w, MODEM_ORDER_STOP, 0);
		return frame_send(&w, fd);
	case MODEM_ORDER_PIN:
		frame_begin(&w, MODEM_ORDER_PIN, 2);
		frame_put_string(&w, order->pin.pin);
		frame_put_string(&w, order->pin.reason);
		r = frame_send(&w, fd);
		explicit_bzero(&w, sizeof(w));
		return r;
	case MODEM_ORDER_USSD:
		put_ussd_order(&w, &order->ussd);
		return frame_send(&w, fd);
	case MODEM_ORDER_PROBE:
		put_probe(&w, &order->probe);
		return frame_send(&w, fd);
	case MODEM_ORDER_END:
		break;
	}
	return -EINVAL;
}

static int read_order(struct frame_reader *r, struct modem_order *ret)
{
	if (r->type == 0 || r->type >= MODEM_ORDER_END)
		return -EBADMSG;
	ret->type = (enum modem_order_type)r->type;
	switch (ret->type) {
	case MODEM_ORDER_START:
		get_start(r, &ret->start);
		break;
	case MODEM_ORDER_SEND:
		get_send(r, &ret->send);
		break;
	case MODEM_ORDER_DELETE:
		ret->delete.reading = frame_get_int(r, 1, INT64_MAX);
		break;
	case MODEM_ORDER_PIN:
		get_pin(r, &ret->pin);
		break;
	case MODEM_ORDER_USSD:
		get_ussd_order(r, &ret->ussd);
		break;
	case MODEM_ORDER_PROBE:
		get_probe(r, &ret->probe);
		break;
	case MODEM_ORDER_STOP:
	case MODEM_ORDER_END:
		break;
	}
	return frame_end(r) ? 1 : -EBADMSG;
}

int modem_order_recv(int fd, struct modem_order *ret)
{
	struct frame_reader r;
	int n = frame_recv(&r, fd);

	return n <= 0 ? n : read_order(&r, ret);
}

/* ---------------------------------------------------------------- words */

static void put_identity(struct frame_writer *w, const struct modem_word_identity *identity)
{
	frame_begin(w, MODEM_WORD_IDENTITY, 8);
	frame_put_string(w, identity->imei);
	frame_put_string(w, identity->iccid);
	frame_put_string(w, identity->imsi);
	frame_put_string(w, identity->manufacturer);
	frame_put_string(w, identity->model);
	frame_put_string(w, identity->firmware);
	frame_put_string(w, identity->service_centre);
	frame_put_string(w, identity->device);
}

static void get_identity(struct frame_reader *r, struct modem_word_identity *ret)
{
	frame_get_string(r, ret->imei, sizeof(ret->imei));
	frame_get_string(r, ret->iccid, sizeof(ret->iccid));
	frame_get_string(r, ret->imsi, sizeof(ret->imsi));
	frame_get_string(r, ret->manufacturer, sizeof(ret->manufacturer));
	frame_get_string(r, ret->model, sizeof(ret->model));
	frame_get_string(r, ret->firmware, sizeof(ret->firmware));
	frame_get_string(r, ret->service_centre, sizeof(ret->service_centre));
	frame_get_string(r, ret->device, sizeof(ret->device));
}

static void put_pin_wanted(struct frame_writer *w, const struct modem_word_pin_wanted *wanted)
{
	frame_begin(w, MODEM_WORD_PIN_WANTED, 3);
	frame_put_string(w, wanted->imei);
	frame_put_string(w, wanted->iccid);
	frame_put_int(w, wanted->tries);
}

static void get_pin_wanted(struct frame_reader *r, struct modem_word_pin_wanted *ret)
{
	frame_get_string(r, ret->imei, sizeof(ret->imei));
	frame_get_string(r, ret->iccid, sizeof(ret->iccid));
	ret->tries = (int)frame_get_int(r, -1, 99);
}

/* The year 9999: later ones are no clock's, and sums with them must not overflow. */
#define TIME_MOST_USEC INT64_C(253402300799999999)

static void put_network(struct frame_writer *w, const struct modem_word_network *network)
{
	frame_begin(w, MODEM_WORD_NETWORK, 8);
	frame_put_bool(w, network->registered);
	frame_put_bool(w, network->roaming);
	frame_put_string(w, network->network_operator);
	frame_put_int(w, network->signal_percent);
	frame_put_int(w, network->store_used);
	frame_put_int(w, network->store_size);
	frame_put_int(w, network->registration);
	frame_put_int(w, network->time_usec);
}

static void get_network(struct frame_reader *r, struct modem_word_network *ret)
{
	ret->registered = frame_get_bool(r);
	ret->roaming = frame_get_bool(r);
	frame_get_string(r, ret->network_operator, sizeof(ret->network_operator));
	ret->signal_percent = (int)frame_get_int(r, -1, 100);
	ret->store_used = (int)frame_get_int(r, -1, INT_MAX);
	ret->store_size = (int)frame_get_int(r, -1, INT_MAX);
	ret->registration = (int)frame_get_int(r, -1, INT_MAX);
	ret->time_usec = frame_get_int(r, 0, TIME_MOST_USEC);
}

static void put_outcome(struct frame_writer *w, enum modem_word_type type,
			const struct modem_word_outcome *outcome)
{
	frame_begin(w, type, 5);
	frame_put_int(w, outcome->attempt);
	frame_put_int(w, outcome->outcome);
	frame_put_int(w, outcome->reference);
	frame_put_int(w, outcome->error_kind);
	frame_put_int(w, outcome->error_code);
}

static void get_outcome(struct frame_reader *r, enum modem_word_type type,
			struct modem_word_outcome *ret)
{
	bool late = type == MODEM_WORD_LATE_OUTCOME;

	ret->attempt = frame_get_int(r, late ? -1 : 0, late ? -1 : INT64_MAX);
	ret->outcome = (enum modem_outcome)frame_get_int(r, 0, MODEM_OUTCOME_COUNT - 1);
	ret->reference = (int)frame_get_int(r, -1, 255);
	ret->error_kind = (enum modem_error_kind)frame_get_int(r, 0, MODEM_ERROR_KIND_COUNT - 1);
	ret->error_code = (int)frame_get_int(r, 0, INT_MAX);
	if ((ret->outcome == MODEM_OUTCOME_SENT) != (ret->reference >= 0))
		r->failed = true;
}

static void put_received(struct frame_writer *w, const struct modem_word_received *received)
{
	frame_begin(w, MODEM_WORD_RECEIVED, received->decoded ? 5 + TPDU_ITEMS : 5);
	frame_put_int(w, received->reading);
	frame_put_string(w, received->memory);
	frame_put_int(w, received->location);
	frame_put_bytes(w, received->octets, received->size);
	frame_put_bool(w, received->decoded);
	if (received->decoded)
		put_tpdu(w, &received->tpdu);
}

static void get_received(struct frame_reader *r, struct modem_word_received *ret)
{
	ret->reading = frame_get_int(r, 1, UINT32_MAX);
	frame_get_string(r, ret->memory, sizeof(ret->memory));
	ret->location = (int)frame_get_int(r, -1, INT_MAX);
	frame_get_bytes(r, ret->octets, sizeof(ret->octets), &ret->size);
	ret->decoded = frame_get_bool(r);
	if (ret->decoded)
		get_tpdu(r, &ret->tpdu);
	/* What came directly has no slot, and the other way round. */
	if ((ret->memory[0] == '\0') != (ret->location < 0))
		r->failed = true;
}

static void put_ussd(struct frame_writer *w, const struct modem_word_ussd *ussd)
{
	frame_begin(w, MODEM_WORD_USSD, 5);
	frame_put_int(w, ussd->id);
	frame_put_int(w, ussd->end);
	frame_put_string(w, ussd->text);
	frame_put_string(w, ussd->raw);
	frame_put_string(w, ussd->reason);
}

static void get_ussd(struct frame_reader *r, struct modem_word_ussd *ret)
{
	ret->id = frame_get_int(r, 0, INT64_MAX);
	ret->end = (enum modem_ussd_end)frame_get_int(r, 0, MODEM_USSD_END_COUNT - 1);
	frame_get_string(r, ret->text, sizeof(ret->text));
	frame_get_string(r, ret->raw, sizeof(ret->raw));
	frame_get_string(r, ret->reason, sizeof(ret->reason));
}

int modem_word_send(int fd, const struct modem_word *word)
{
	struct frame_writer w;

	switch (word->type) {
	case MODEM_WORD_STATE:
		frame_begin(&w, word->type, 3);
		frame_put_int(&w, word->state.state);
		frame_put_string(&w, word->state.reason);
		frame_put_bool(&w, word->state.faulty);
		break;
	case MODEM_WORD_IDENTITY:
		put_identity(&w, &word->identity);
		break;
	case MODEM_WORD_NETWORK:
		put_network(&w, &word->network);
		break;
	case MODEM_WORD_PIN_WANTED:
		put_pin_wanted(&w, &word->pin_wanted);
		break;
	case MODEM_WORD_HANDED_OVER:
		frame_begin(&w, word->type, 1);
		frame_put_int(&w, word->handed_over.attempt);
		break;
	case MODEM_WORD_OUTCOME:
	case MODEM_WORD_LATE_OUTCOME:
		put_outcome(&w, word->type, &word->outcome);
		break;
	case MODEM_WORD_RECEIVED:
		put_received(&w, &word->received);
		break;
	case MODEM_WORD_DELETED:
		frame_begin(&w, word->type, 2);
		frame_put_int(&w, word->deleted.reading);
		frame_put_bool(&w, word->deleted.done);
		break;
	case MODEM_WORD_USSD:
		put_ussd(&w, &word->ussd);
		break;
	case MODEM_WORD_PROGRESS:
	case MODEM_WORD_IDLE:
	case MODEM_WORD_SWEPT:
		frame_begin(&w, word->type, 0);
		break;
	case MODEM_WORD_BUSY:
	case MODEM_WORD_NOTE:
		frame_begin(&w, word->type, 1);
		frame_put_string(&w, word->note.text);
		break;
	case MODEM_WORD_END:
		return -EINVAL;
	}
	return frame_send(&w, fd);
}

/* The states that a worker may say; the others are the daemon's to know. */
static bool state_is_said(enum modem_state state)
{
	switch (state) {
	case MODEM_STATE_ABSENT:
	case MODEM_STATE_STARTING:
	case MODEM_STATE_PIN:
	case MODEM_STATE_SEARCHING:
	case MODEM_STATE_READY:
	case MODEM_STATE_FAILED:
		return true;
	case MODEM_STATE_SENDING:
	case MODEM_STATE_HELD:
	case MODEM_STATE_COUNT:
		break;
	}
	return false;
}

static void get_state(struct frame_reader *r, struct modem_word_state *ret)
{
	ret->state = (enum modem_state)frame_get_int(r, 0, MODEM_STATE_COUNT - 1);
	frame_get_string(r, ret->reason, sizeof(ret->reason));
	ret->faulty = frame_get_bool(r);
	if (!state_is_said(ret->state))
		r->failed = true;
}

static int read_word(struct frame_reader *r, struct modem_word *ret)
{
	if (r->type == 0 || r->type >= MODEM_WORD_END)
		return -EBADMSG;
	ret->type = (enum modem_word_type)r->type;
	switch (ret->type) {
	case MODEM_WORD_STATE:
		get_state(r, &ret->state);
		break;
	case MODEM_WORD_IDENTITY:
		get_identity(r, &ret->identity);
		break;
	case MODEM_WORD_NETWORK:
		get_network(r, &ret->network);
		break;
	case MODEM_WORD_PIN_WANTED:
		get_pin_wanted(r, &ret->pin_wanted);
		break;
	case MODEM_WORD_HANDED_OVER:
		ret->handed_over.attempt = frame_get_int(r, 0, INT64_MAX);
		break;
	case MODEM_WORD_OUTCOME:
	case MODEM_WORD_LATE_OUTCOME:
		get_outcome(r, ret->type, &ret->outcome);
		break;
	case MODEM_WORD_RECEIVED:
		get_received(r, &ret->received);
		break;
	case MODEM_WORD_DELETED:
		ret->deleted.reading = frame_get_int(r, 1, UINT32_MAX);
		ret->deleted.done = frame_get_bool(r);
		break;
	case MODEM_WORD_USSD:
		get_ussd(r, &ret->ussd);
		break;
	case MODEM_WORD_BUSY:
	case MODEM_WORD_NOTE:
		frame_get_string(r, ret->note.text, sizeof(ret->note.text));
		break;
	case MODEM_WORD_PROGRESS:
	case MODEM_WORD_IDLE:
	case MODEM_WORD_SWEPT:
	case MODEM_WORD_END:
		break;
	}
	return frame_end(r) ? 1 : -EBADMSG;
}

int modem_word_recv(int fd, struct modem_word *ret)
{
	struct frame_reader r;
	int n = frame_recv(&r, fd);

	return n <= 0 ? n : read_word(&r, ret);
}
