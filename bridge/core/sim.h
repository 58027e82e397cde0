/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a SIM is called, so that its references, parts and messages are held apart from those of
 * others.
 */
#pragma once

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
 * this time is still the one it was while its IMSI is the same.
 */
static inline void sim_learn(struct sim_name *sim, const struct modem_word_identity *identity,
			     const char *modem)
{
	if (identity->iccid[0] == '\0' && identity->imsi[0] != '\0' &&
	    strcmp(identity->imsi, sim->imsi) == 0)
		return;
	snprintf(sim->imsi, sizeof(sim->imsi), "%s", identity->iccid[0] ? identity->imsi : "");
	snprintf(sim->name, sizeof(sim->name), "%.*s", (int)sizeof(sim->name) - 1,
		 identity->iccid[0]  ? identity->iccid
		 : identity->imsi[0] ? identity->imsi
				     : modem);
}
