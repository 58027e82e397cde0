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
#include "tests/cell/memory.h"

#define MODEM_NAME_MAX 32
#define MODEM_WHY_SIZE 160
#define USSD_SIZE 512
#define USSD_PATH_SIZE 128
#define USSD_ANSWERS_MAX 64

struct events;
struct modem;

struct modem_world {
	sd_event *event;
	struct events *events;
	struct centre *centre;
	const char *directory, *profiles;
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

/* Its stores, NULL behind the last; MT has no slots.  And how it counts the first slot. */
const struct memory *modem_memory_at(const struct modem *modem, size_t index);
const struct memory *modem_incoming(struct modem *modem);
unsigned modem_first_index(const struct modem *modem);

struct recipient *modem_recipient(struct modem *modem);
struct failure *modem_failure(struct modem *modem);
bool modem_plugged(const struct modem *modem);
bool modem_held(const struct modem *modem);

/* Keys and values as in README.md.  Returns 0, or -1 and a sentence in why. */
int modem_set(struct modem *modem, const char *key, const char *value,
	      char why[static MODEM_WHY_SIZE]);

/* Makes it one of a family, before anything else is set.  Returns 0, or -1 and why. */
int modem_profile(struct modem *modem, const char *name, char why[static MODEM_WHY_SIZE]);

/* Any bytes on the line. */
void modem_raw(struct modem *modem, const char *bytes, size_t size);

/* Returns 0, or -1 for a point that there is not. */
int modem_hold(struct modem *modem, const char *point);

/* Goes on, or forgets a hold that has not been reached; false when there is neither. */
bool modem_resume(struct modem *modem);

/* Returns 0, -EALREADY, or what made a new tty impossible. */
int modem_plug(struct modem *modem);
int modem_unplug(struct modem *modem);

/* As after a brown-out: powers up again by itself, the line stays. */
void modem_restart(struct modem *modem);

/*
 * What the network answers to a code, or within a dialogue to "*101#>1"; text NULL: never.
 * Returns 0, or -1 and why.
 */
int modem_ussd(struct modem *modem, const char *path, const char *text, bool menu,
	       char why[static MODEM_WHY_SIZE]);

/* What it says by itself; status as in 27.007 7.15, text may be NULL. */
void modem_ussd_say(struct modem *modem, int status, const char *text);
