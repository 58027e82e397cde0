/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The PIN of one modem's SIM: whether it may be tried now.  A SIM that is given a wrong one three
 * times is lost until somebody finds its PUK, so the store knows of a try before the modem does.
 */
#pragma once

#include "bridge/core/bridge.h"
#include "modem/handle.h"

struct pin;

/* config outlives it.  Returns 0, -ENOMEM. */
int pin_new(struct bridge *bridge, const struct config_modem *config, struct pin **ret_pin);
struct pin *pin_free(struct pin *pin);

/* The modem's worker asks for it. */
void pin_wanted(struct pin *pin, struct modem *modem, const struct modem_word_pin_wanted *wanted);

/* To be called at every change: an open SIM proves the PIN. */
void pin_note(struct pin *pin, const struct modem *modem);
