/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a SIM is called, so that its references, parts and messages are held apart from those of
 * others.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bridge/store/store.h"
#include "modem/wire.h"

struct sim_name {
	char name[STORE_NAME_SIZE];
	char imsi[MODEM_FIELD_SIZE]; /* of the SIM whose ICCID is the name; "" */
};

/*
 * ICCID, otherwise IMSI, otherwise the modem's own name.  A SIM that was too busy to say its ICCID
 * this time is still the one it was while its IMSI is the same; and what is heard before the SIM has
 * said anything (a message, a late answer) belongs to the one that was there last.
 */
static inline void sim_learn(struct sim_name *sim, const struct modem_word_identity *identity,
			     const char *modem)
{
	if (sim->name[0] && identity->iccid[0] == '\0' &&
	    (identity->imsi[0] == '\0' || strcmp(identity->imsi, sim->imsi) == 0))
		return;
	snprintf(sim->imsi, sizeof(sim->imsi), "%s", identity->iccid[0] ? identity->imsi : "");
	snprintf(sim->name, sizeof(sim->name), "%.*s", (int)sizeof(sim->name) - 1,
		 identity->iccid[0]  ? identity->iccid
		 : identity->imsi[0] ? identity->imsi
				     : modem);
}

/* What was last heard of the SIM itself. */
struct sim_seen_last {
	char iccid[MODEM_FIELD_SIZE], imsi[MODEM_FIELD_SIZE];
};

/* True when it is certain that another SIM is in the modem than the one seen last. */
static inline bool sim_changed(struct sim_seen_last *seen,
			       const struct modem_word_identity *identity)
{
	bool both = seen->iccid[0] && identity->iccid[0];
	bool other = both ? strcmp(seen->iccid, identity->iccid) != 0
			  : seen->imsi[0] && identity->imsi[0] &&
				     strcmp(seen->imsi, identity->imsi) != 0;

	if (other || identity->iccid[0])
		snprintf(seen->iccid, sizeof(seen->iccid), "%s", identity->iccid);
	if (other || identity->imsi[0])
		snprintf(seen->imsi, sizeof(seen->imsi), "%s", identity->imsi);
	return other;
}
