/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the owner of a handle may ask of it, and the orders that follow.
 */
#include "modem/handle_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/base/utf8.h"

void modem_measure_send(struct modem *modem)
{
	if (modem->send_open && modem->deadlines.send == DEADLINE_NEVER)
		modem->deadlines.send = clock_monotonic_usec();
}

const char *modem_name(const struct modem *modem)
{
	return modem->name;
}

enum modem_state modem_state(const struct modem *modem)
{
	return modem->send_open && modem->state == MODEM_STATE_READY ? MODEM_STATE_SENDING
								     : modem->state;
}

const char *modem_reason(const struct modem *modem)
{
	return modem->reason;
}

const char *modem_device(const struct modem *modem)
{
	return modem->start.device;
}

const struct modem_word_identity *modem_identity(const struct modem *modem)
{
	return &modem->identity;
}

const struct modem_word_network *modem_network(const struct modem *modem)
{
	return &modem->network;
}

pid_t modem_worker_pid(const struct modem *modem)
{
	return modem->pid;
}

bool modem_is_free(const struct modem *modem)
{
	return modem->pid > 0 && !modem->killed && !modem->stopping && !modem->leaving &&
	       !modem->send_open && !modem->ussd_open && modem->state == MODEM_STATE_READY;
}

int modem_send(struct modem *modem, const struct modem_order_send *send)
{
	struct modem_order order = { .type = MODEM_ORDER_SEND, .send = *send };
	int r;

	if (!modem_is_free(modem))
		return -EBUSY;
	r = modem_order_send(modem->socket, &order);
	if (r < 0) {
		if (r != -EMSGSIZE)
			modem_kill_worker(modem, "it takes no orders");
		modem_arm_deadline(modem);
		return r;
	}
	modem->send_open = true;
	modem->handed_over = false;
	modem->attempt = send->attempt;
	if (modem->deadlines.busy == DEADLINE_NEVER)
		modem_measure_send(modem);
	modem_arm_deadline(modem);
	return 0;
}

int modem_enter_pin(struct modem *modem, const char *pin, const char *reason)
{
	struct modem_order order = { .type = MODEM_ORDER_PIN };
	int r;

	if (modem->pid == 0 || modem->killed || modem->stopping || !modem->pin_wanted)
		return -ESTALE;
	modem->pin_wanted = false;
	snprintf(order.pin.pin, sizeof(order.pin.pin), "%s", pin);
	snprintf(order.pin.reason, sizeof(order.pin.reason), "%s", reason);
	r = modem_order_send(modem->socket, &order);
	explicit_bzero(&order, sizeof(order));
	/* With a PIN it is the modem's turn again. */
	if (r == 0 && pin[0] != '\0')
		modem->deadlines.start = clock_monotonic_usec();
	modem_arm_deadline(modem);
	return r;
}

int modem_delete(struct modem *modem, int64_t reading)
{
	struct modem_order order = {
		.type = MODEM_ORDER_DELETE,
		.delete.reading = reading & UINT32_MAX,
	};

	if (modem->pid == 0 || modem->killed || reading >> READING_BITS != modem->generation)
		return -ESTALE;
	return modem_order_send(modem->socket, &order);
}

int modem_ussd(struct modem *modem, const char *code, int64_t *ret_id)
{
	struct modem_order order = { .type = MODEM_ORDER_USSD, .ussd.id = modem->ussd_id + 1 };
	size_t size = strlen(code);
	int r;

	if (size >= sizeof(order.ussd.code) || !utf8_valid(code, size))
		return -EINVAL;
	if (modem->ussd_open)
		return -EBUSY;
	if (modem->pid == 0 || modem->killed || modem->stopping || modem->leaving ||
	    modem->state != MODEM_STATE_READY)
		return -ENOTCONN;
	memcpy(order.ussd.code, code, size + 1);
	r = modem_order_send(modem->socket, &order);
	if (r < 0) {
		modem_kill_worker(modem, "it takes no orders");
		modem_arm_deadline(modem);
		return -ENOTCONN;
	}
	modem->ussd_open = true;
	modem->deadlines.ussd = clock_monotonic_usec();
	modem_arm_deadline(modem);
	*ret_id = modem->ussd_id = order.ussd.id;
	return 0;
}
