/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See clock_trust.h.
 */
#include "bridge/core/clock_trust.h"

#include <stdlib.h>
#include <sys/timex.h>

#include "bridge/base/clock.h"

#define AGREEMENT_USEC (10 * USEC_PER_MINUTE)
#define VOUCH_LASTS_USEC USEC_PER_DAY
/* Small steps back are made by every time service. */
#define BEHIND_USEC USEC_PER_MINUTE

/* A clock that was set since is not the one that was vouched for. */
static bool vouch_holds(const struct clock_facts *facts)
{
	int64_t difference_usec = facts->realtime_usec - facts->monotonic_usec;

	return facts->vouch.at_usec != 0 &&
	       facts->monotonic_usec - facts->vouch.at_usec <= VOUCH_LASTS_USEC &&
	       llabs(difference_usec - facts->vouch.difference_usec) <= AGREEMENT_USEC;
}

enum clock_verdict clock_judge(const struct clock_facts *facts)
{
	bool vouched = vouch_holds(facts);

	if (facts->realtime_usec + BEHIND_USEC < facts->newest_stored_usec)
		return facts->synchronised && vouched ? CLOCK_AGREED : CLOCK_BEHIND;
	if (facts->synchronised)
		return CLOCK_SYNCHRONISED;
	return vouched ? CLOCK_VOUCHED : CLOCK_ALONE;
}

bool clock_is_trusted(enum clock_verdict verdict)
{
	switch (verdict) {
	case CLOCK_SYNCHRONISED:
	case CLOCK_VOUCHED:
	case CLOCK_AGREED:
		return true;
	case CLOCK_ALONE:
	case CLOCK_BEHIND:
	case CLOCK_VERDICT_COUNT:
		break;
	}
	return false;
}

const char *clock_explain(enum clock_verdict verdict)
{
	switch (verdict) {
	case CLOCK_SYNCHRONISED:
		return "A time service keeps the clock of this machine right.";
	case CLOCK_VOUCHED:
		return "The time of the mobile network agrees with the clock of this machine.";
	case CLOCK_AGREED:
		return "A time service and the mobile network agree with the clock of this machine; "
		       "something was stored while it was ahead.";
	case CLOCK_ALONE:
		return "Nothing confirms the clock of this machine: nothing scheduled is sent and "
		       "nothing expires until a time service (timedatectl set-ntp true) or a "
		       "message from the mobile network does.";
	case CLOCK_BEHIND:
		return "The clock of this machine is behind what is stored: nothing scheduled is "
		       "sent and nothing expires until it is set right; see timedatectl.";
	case CLOCK_VERDICT_COUNT:
		break;
	}
	return "";
}

bool clock_hear_network(struct clock_vouch *vouch, int64_t network_usec, int64_t realtime_usec,
			int64_t monotonic_usec)
{
	/* A stranger's number: nothing is subtracted from it that could overflow. */
	if (network_usec < realtime_usec - AGREEMENT_USEC ||
	    network_usec > realtime_usec + AGREEMENT_USEC)
		return false;
	vouch->at_usec = monotonic_usec;
	vouch->difference_usec = realtime_usec - monotonic_usec;
	return true;
}

bool clock_synchronised(void)
{
	struct timex kernel = { 0 };

	/* TIME_ERROR: nothing keeps the clock right. */
	return adjtimex(&kernel) != TIME_ERROR && !(kernel.status & STA_UNSYNC);
}
