/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether our own SIMs still send and receive: operators bar some in silence.  Every so often each
 * modem whose number is known sends a short text to the next one; what arrives proves both, and goes
 * neither to the inbox nor to hooks.  Such a text is an ordinary message to everything else, paid
 * for and counted, but goes before others, and its end needs nobody's attention.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bridge/core/bridge.h"
#include "bridge/core/choice.h"
#include "modem/wire.h"

#define SELFTEST_MARK "Footbridge self-test "

struct radio;
struct selftest;

/* Does nothing when it is configured off.  Returns 0, -ENOMEM, or sd-event's error. */
int selftest_new(struct bridge *bridge);
/* After store_close. */
struct selftest *selftest_free(struct selftest *selftest);

/* The numbers that are classes of their own, since who sends there is chosen; 0 when it is off. */
size_t selftest_numbers(const struct config *config, const char *numbers[static POOL_MAX]);
/* The same, with who must send there now.  They live until the next turn of the loop. */
size_t selftest_owns(const struct bridge *bridge, struct choice_own owns[static POOL_MAX]);

/* Its modem has changed: a receiver that does not work makes a test void. */
void selftest_note(struct bridge *bridge, const struct radio *radio);

/* True when it is one of ours: it is to be deleted, and nothing else. */
bool selftest_heard(struct bridge *bridge, const char *modem,
		    const struct modem_word_received *received);

/* ------------------------------------------------------------------ pure */

/* The network has taken it, no later than before_usec: what has not arrived will not. */
bool selftest_is_lost(const struct store_delivery *delivery, int64_t before_usec);
