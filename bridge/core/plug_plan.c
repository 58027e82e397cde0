/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is done with a stick, by what is known of it.
 */
#include "bridge/core/plug.h"

enum plug_plan plug_decide(const struct plug_facts *facts)
{
	if (facts->port_configured)
		return PLUG_LEAVE;
	if (facts->path_configured && facts->ports > 0)
		return facts->ports == 1 ? PLUG_TAKE : PLUG_PROBE;
	if (!facts->path_configured && !facts->wanted)
		return PLUG_LEAVE;
	if (facts->candidates > 0)
		return PLUG_PROBE;
	return facts->ports > 0 || facts->guise != STICK_MODEM ? PLUG_ADVISE : PLUG_LEAVE;
}

#define ACM_ROUNDS_MAX 3

bool plug_try_again(const struct stick *stick, unsigned silent_rounds)
{
	const struct port *ports[STICK_PORTS_MAX];
	size_t count = stick_candidates(stick, ports);

	if (count == 0)
		return true;
	for (size_t i = 0; i < count; i++)
		if (ports[i]->voucher != PORT_ACM)
			return true;
	return silent_rounds < ACM_ROUNDS_MAX;
}
