/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The recovery ladder, climbed: each step is told, and made good by the next worker.
 */
#include "modem/handle_inside.h"

#include <stdio.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"

static enum modem_remedy remedy_of(enum ladder_step step)
{
	switch (step) {
	case LADDER_RADIO:
		return MODEM_REMEDY_RADIO;
	case LADDER_RESTART:
		return MODEM_REMEDY_RESTART;
	case LADDER_USB_RESET:
		return MODEM_REMEDY_USB;
	case LADDER_WORKER:
	case LADDER_WAIT:
	case LADDER_STEP_COUNT:
		break;
	}
	return MODEM_REMEDY_NONE;
}

void modem_proved(struct modem *modem)
{
	modem->heard_usec = clock_monotonic_usec();
	ladder_healthy(&modem->ladder, modem->heard_usec);
}

void modem_tell_step(const struct modem *modem, enum ladder_step step, int64_t delay,
		     const char *why, char reason[static MODEM_REASON_SIZE])
{
	const struct log_fields fields = { .modem = modem->name, .reason = why };
	const char *name = ladder_step_name(step);
	long long seconds = delay / USEC_PER_SEC, tenths = delay % USEC_PER_SEC * 10 / USEC_PER_SEC;

	snprintf(reason, MODEM_REASON_SIZE, "%.140s; next: %.60s, after %lld.%lld seconds", why,
		 name, seconds, tenths);
	log_record(LOG_MODEM_LADDER, &fields, "Modem %s: %s.", modem->name, reason);
}

void modem_climb(struct modem *modem, const char *why)
{
	enum ladder_step step;
	int64_t delay;
	char reason[MODEM_REASON_SIZE];

	/* While it was waited for in vain it was not healthy. */
	ladder_rest(&modem->ladder, modem->heard_usec, modem->deadlines.percent);
	step = ladder_climb(&modem->ladder, clock_monotonic_usec(), modem->deadlines.percent,
			    &delay);
	modem->start.remedy = remedy_of(step);
	modem_start_after(modem, delay);
	modem_tell_step(modem, step, delay, why, reason);
	modem_enter_state(modem, MODEM_STATE_FAILED, reason);
}
