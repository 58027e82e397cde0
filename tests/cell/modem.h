/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A modem: its tty, its SIM, what the network thinks of it.  This is what the rest of the cell
 * sees; what the modem's own files share is in modem_state.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#include "tests/cell/centre.h"
#include "tests/cell/sim.h"

#define MODEM_NAME_MAX 32
#define MODEM_WHY_SIZE 160

struct events;
struct modem;

struct modem_world {
	sd_event *event;
	struct events *events;
	struct centre *centre;
	const char *directory;
	bool log_lines;
};

/* index makes its identity and number differ from the others'.  world outlives the modem. */
int modem_new(const struct modem_world *world, const char *name, unsigned index,
	      struct modem **ret);

/* After centre_free(): the centre still knows the modem's queue. */
struct modem *modem_free(struct modem *modem);

/* Letters, digits, "-" and "_". */
bool modem_name_valid(const char *name);

const char *modem_name(const struct modem *modem);
const char *modem_number(const struct modem *modem);
struct sim *modem_sim(struct modem *modem);
struct recipient *modem_recipient(struct modem *modem);
struct failure *modem_failure(struct modem *modem);
bool modem_plugged(const struct modem *modem);
bool modem_held(const struct modem *modem);

/* Keys and values as in README.md.  Returns 0, or -1 and a sentence in why. */
int modem_set(struct modem *modem, const char *key, const char *value,
	      char why[static MODEM_WHY_SIZE]);

/* Any bytes on the line. */
void modem_raw(struct modem *modem, const char *bytes, size_t size);

/* Returns 0, or -1 for a point that there is not. */
int modem_hold(struct modem *modem, const char *point);

/* Goes on, or forgets a hold that has not been reached; false when there is neither. */
bool modem_resume(struct modem *modem);

/* Returns 0, -EALREADY, or what made a new tty impossible. */
int modem_plug(struct modem *modem);
int modem_unplug(struct modem *modem);
