/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which families of modems a soak draws from, all that tests/cell/profiles describes, and what it
 * asks of those that can't do everything.
 */
#include <string.h>

#include "tests/scenario/world_soak_script.h"

/*
 * Two whose network takes 14 and 70 s for a part could not keep up with what is ordered, and a
 * message in a hurry would end for no other reason: here they take the longest that others do.
 */
#define SEND_MSEC 300

/*
 * What is said once on the line, a kill may lose just as it is heard, and nothing that the cell
 * knows tells which that were: such a modem gets all that is sent in and sends what ends without a
 * report, so that no loss needs to be excused.  One that only sends ends all with the cell's word
 * that the report was lost, for it has not been told where to put them.
 */
const struct soak_family soak_families[SOAK_FAMILIES] = {
	{ .profile = "cinterion-bgs2" },
	{ .profile = "cinterion-mc75i" },
	{ .profile = "huawei-e160" },
	{ .profile = "huawei-e1752", .send_msec = SEND_MSEC },
	{ .profile = "huawei-e3276" },
	{ .profile = "huawei-e3372" },
	{ .profile = "huawei-e3531" },
	{ .profile = "huawei-k3715" },
	{ .profile = "huawei-mu509" },
	{ .profile = "huawei-mu609" },
	{ .profile = "luat-air780e", .send_msec = SEND_MSEC },
	{ .profile = "nokia-n79", .sends_only = true },
	{ .profile = "qualcomm-m6280" },
	{ .profile = "quectel-ec25" },
	{ .profile = "quectel-m35" },
	{ .profile = "sierra-312u" },
	{ .profile = "simcom-a7670e" },
	{ .profile = "simcom-sim7600" },
	{ .profile = "simcom-sim7670g" },
	{ .profile = "simcom-sim800" },
	{ .profile = "telit-he910" },
	{ .profile = "ublox-lisa" },
	{ .profile = "wavecom", .says_once = true },
	{ .profile = "zte-k3565" },
	{ .profile = "zte-mf710m" },
};

bool soak_family_fits(const struct soak_family *family, unsigned modem)
{
	return !family->says_once || modem < SOAK_MODEM_PREFIX;
}

bool soak_has_once(const struct soak_script *script)
{
	for (unsigned i = 0; i < SOAK_MODEMS; i++)
		if (script->families[i]->says_once)
			return true;
	return false;
}

const char *soak_modem_prefix(const struct soak_script *script, unsigned modem)
{
	if (modem >= SOAK_MODEM_PREFIX)
		return SOAK_PREFIX;
	return script->families[modem]->says_once ? SOAK_ONCE_PREFIX : "";
}

const char *soak_number_prefix(const char *number)
{
	static const char *const prefixes[] = { SOAK_PREFIX, SOAK_ONCE_PREFIX };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(number, prefixes[i], strlen(prefixes[i])) == 0)
			return prefixes[i];
	return "";
}
