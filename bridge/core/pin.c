/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See pin.h.  While the store can't say, nothing is answered: the worker asks again.
 */
#include "bridge/core/pin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bridge/base/clock.h"
#include "bridge/core/tick.h"

#define TRIES_LEAST 2
#define TRIES_ALL 3 /* 3GPP TS 51.011 8.9 */

struct pin {
	struct bridge *bridge;
	const struct config_modem *config;
	struct modem *modem; /* that asked */
	char key[MODEM_FIELD_SIZE], iccid[MODEM_FIELD_SIZE];
	bool asking;
	pid_t proved_by; /* the worker under which it was said to the store */
};

int pin_new(struct bridge *bridge, const struct config_modem *config, struct pin **ret_pin)
{
	struct pin *pin = calloc(1, sizeof(*pin));

	if (!pin)
		return -ENOMEM;
	pin->bridge = bridge;
	pin->config = config;
	*ret_pin = pin;
	return 0;
}

struct pin *pin_free(struct pin *pin)
{
	free(pin);
	return NULL;
}

static void try_committed(int error, bool allowed, void *userdata)
{
	struct pin *pin = userdata;

	pin->asking = false;
	if (error < 0) {
		bridge_store_failed(pin->bridge, error);
		return;
	}
	bridge_store_worked(pin->bridge);
	if (!allowed)
		(void)modem_enter_pin(pin->modem, "",
				      "the PIN in pin_file was tried before and did not open the "
				      "SIM, or two tries did not; it is not tried again: correct "
				      "pin_file and restart, or, if that does not help, switch the "
				      "PIN off in a phone");
	else if (modem_enter_pin(pin->modem, pin->config->pin, "") < 0)
		/* Its worker is gone, or is ending, without having seen it. */
		(void)store_pin_untried(pin->bridge->store,
					&(struct store_pin_key){ pin->key, pin->iccid });
}

void pin_wanted(struct pin *pin, struct modem *modem, const struct modem_word_pin_wanted *wanted)
{
	if (pin->asking || pin->bridge->stopping)
		return;
	if (!pin->config->pin) {
		(void)modem_enter_pin(modem, "",
				      "the SIM wants its PIN: configure pin_file, or switch the "
				      "PIN off in a phone");
		return;
	}
	if (wanted->tries >= 0 && wanted->tries < TRIES_LEAST) {
		(void)modem_enter_pin(modem, "",
				      "fewer than two tries are left for the PIN: enter the right "
				      "one in a phone, which gives all three back");
		return;
	}
	pin->modem = modem;
	pin->proved_by = 0; /* a modem that restarts by itself asks under the same worker again */
	snprintf(pin->key, sizeof(pin->key), "%.*s", (int)sizeof(pin->key) - 1,
		 wanted->imei[0] ? wanted->imei : pin->config->name);
	snprintf(pin->iccid, sizeof(pin->iccid), "%s", wanted->iccid);
	pin->asking =
		store_pin_try(pin->bridge->store, &(struct store_pin_key){ pin->key, pin->iccid },
			      pin->config->pin, wanted->tries >= TRIES_ALL, clock_realtime_usec(),
			      try_committed, pin) == 0;
}

void pin_note(struct pin *pin, const struct modem *modem)
{
	enum modem_state state = modem_state(modem);
	const struct modem_word_identity *identity = modem_identity(modem);
	struct store *store = pin->bridge->store;

	if ((state != MODEM_STATE_READY && state != MODEM_STATE_SEARCHING) || !pin->config->pin ||
	    pin->proved_by == modem_worker_pid(modem) || pin->asking)
		return;
	/* A locked modem may have kept its IMEI to itself. */
	(void)store_pin_proved(store,
			       &(struct store_pin_key){ pin->config->name, identity->iccid });
	(void)store_pin_proved(store, &(struct store_pin_key){ identity->imei, identity->iccid });
	pin->proved_by = modem_worker_pid(modem);
}
