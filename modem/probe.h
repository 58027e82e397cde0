/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A look at ports that nobody knows, without libgammu: on which of them does a modem answer, and who
 * is it?  Nothing is sent but ESC, AT and questions for identities.
 */
#pragma once

#include "modem/agenda.h"
#include "modem/wire.h"

/*
 * Blocks until one of the ports has told an IMEI, all were tried twice, or the daemon is gone.  Says
 * the identity, or the state "failed" with what was seen on each port ("absent": all were silent).
 * Of several that answer at about the same time, the first in the order is taken; one that answers
 * at once is the last that is opened.
 */
void probe_ports(int daemon, struct agenda *agenda, const struct modem_order_probe *order);
