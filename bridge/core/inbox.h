/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Messages coming in from one modem: committed first, deleted from the SIM afterwards.  A crash
 * anywhere loses nothing: what is not deleted is read again, and known again.  What came directly is
 * on no SIM: it is kept here until the store has it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bridge/core/bridge.h"
#include "modem/handle.h"

struct inbox;

/* own_number: of the SIM, NULL when not configured.  The modem outlives the inbox's calls. */
int inbox_new(struct bridge *bridge, const char *own_number, struct inbox **ret_inbox);
/* After store_close: no answer can come any more. */
struct inbox *inbox_free(struct inbox *inbox);

void inbox_received(struct inbox *inbox, struct modem *modem, const struct store_sim *sim,
		    const struct modem_word_received *received);
void inbox_deleted(struct inbox *inbox, const struct store_sim *sim, int64_t id, bool done);

/* All that was on the SIM has been received; the store hears it when it has all of that. */
void inbox_swept(struct inbox *inbox, const struct store_sim *sim);

/* The store works again. */
void inbox_store_works(struct inbox *inbox);

/* A new worker counts its readings anew: those of the one before mean nothing any more. */
void inbox_forget_worker(struct inbox *inbox);
