/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The radios as one: those that are configured, and those that were plugged in.  A radio stays for
 * as long as the daemon runs: a modem that comes back finds it, and with it its queue.
 */
#pragma once

#include <stdbool.h>

#include "bridge/base/clock.h"
#include "bridge/core/bridge.h"
#include "bridge/core/choice.h"
#include "modem/wire.h"

#define POOL_PATIENCE_USEC (60 * USEC_PER_SEC) /* with the SIM that has the conversation */

struct pool;
struct radio;

/*
 * Tells the store the prefixes and starts the radios of the configuration; modems: what was kept of
 * them, copied.  Returns 0 or negative errno.
 */
int pool_start(struct bridge *bridge, const struct store_modem *modems, size_t count);
/* After store_close. */
void pool_free(struct bridge *bridge);

/*
 * The radio of a modem that was found at usb_path: the one that is configured by what it is, or
 * that it had before; otherwise, if the configuration lets that be, a new one.  Returns 0, -ENOENT:
 * it is not to be used; -EBUSY: there are as many as there may be; or radio_new()'s errors.
 */
int pool_find(struct bridge *bridge, const struct modem_word_identity *identity,
	      const char *usb_path, struct radio **ret_radio);

/*
 * After the commit: nothing is given to it, also when it comes back.  Clones that say the same IMEI
 * are held together: which of them it was can't be known after a restart.
 */
void pool_hold(struct bridge *bridge, struct radio *radio, bool held);

/* Some radio is configured by what its modem is, and nobody knows where that is. */
bool pool_misses_one(const struct bridge *bridge);

/* This may be one of those, but its SIM has not told what they are known by. */
bool pool_may_miss(const struct bridge *bridge, const struct modem_word_identity *identity);

/*
 * Of a radio that nobody has configured: the one that is configured by the SIM that its modem has,
 * and that is missed; NULL: there is none.
 */
struct radio *pool_heir(const struct bridge *bridge, const struct radio *radio);

/*
 * Opens an item of attention for each modem that nobody has configured, that was there in the last
 * days, and that has not come back within a quarter of an hour; before that it does nothing.  Again
 * is fine: what the store did not hear is said once more.
 */
void pool_tell_missed(struct bridge *bridge);

/* Who may take what, now. */
void pool_route(const struct bridge *bridge, const struct radio *radio, struct choice *ret);

/* All radios, in their order, as the choice sees them; the array has room for POOL_MAX. */
size_t pool_sims(const struct bridge *bridge, struct choice_sim *sims);

/* Some modem, whether it can now or not, may send to this number. */
bool pool_serves(const struct bridge *bridge, const char *number);

/*
 * It has just begun: of a radio that has not worked yet, and a modem that was there before, nobody
 * can say that they are gone.
 */
bool pool_is_young(const struct bridge *bridge);

/* What a radio can do is not what it was: the others may have more to do, or less. */
void pool_changed(struct bridge *bridge);

/* The limits of a modem, as the store takes them. */
struct store_quota pool_quota(const struct config_modem *config);

/* ------------------------------------------------------------------ pure */

/*
 * What a modem's hold and its SIM are stored by: the name of a modem that is configured.  That of one that was plugged
 * in depends on what was there before it: its IMEI ("imei:…") does not, nor the place of one that
 * has none ("usb:1-2.3").
 */
void pool_key(const struct config_modem *config, char key[static STORE_NAME_SIZE]);

/*
 * "modem-1234" by the last digits of the IMEI, more of them while the name is taken; twice: true
 * when another modem says the same IMEI.  Without an IMEI, or with one that is there twice, the
 * place where it is plugged in makes the name.
 */
typedef bool (*pool_name_taken)(const char *name, const void *userdata);
void pool_name(const char *imei, const char *usb_path, bool twice, pool_name_taken taken,
	       const void *userdata, char name[static MODEM_NAME_SIZE]);
