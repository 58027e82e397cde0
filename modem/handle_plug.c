/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Devices that come and go, and an operator who wants the modem restarted.  The listener is told on
 * the loop: by the end of the worker, or where none runs by the timer of the next one.
 */
#include "modem/handle_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bridge/base/clock.h"

#define WISHED "somebody asked for a restart"

/* A modem that was pulled out ends its worker by itself; others are asked. */
static void leave(struct modem *modem)
{
	static const struct modem_order STOP = { .type = MODEM_ORDER_STOP };

	if (modem->pid == 0) {
		modem_start_after(modem, 0);
		return;
	}
	modem->leaving = true;
	if (modem->killed)
		return;
	modem->deadlines.leave = clock_monotonic_usec();
	modem_order_send(modem->socket, &STOP);
	modem_arm_deadline(modem);
}

void modem_left(struct modem *modem)
{
	ladder_rest(&modem->ladder, modem->heard_usec, modem->deadlines.percent);
	modem->leaving = false;
	if (modem->start.device[0] == '\0') {
		modem_enter_state(modem, MODEM_STATE_ABSENT, MODEM_NOT_PLUGGED);
		return;
	}
	modem_enter_state(modem, MODEM_STATE_STARTING, "a new worker begins");
	modem_start_after(modem, 0);
}

void modem_appeared(struct modem *modem)
{
	ladder_appeared(&modem->ladder, clock_monotonic_usec());
	modem->patience.delay = PATIENCE_FIRST_USEC;
	/* What the ladder chose was for the one that was pulled out. */
	modem->start.remedy = MODEM_REMEDY_NONE;
}

int modem_plug(struct modem *modem, const char *device)
{
	size_t size = device ? strlen(device) : 0;
	bool same;

	if (size >= sizeof(modem->start.device))
		return -EINVAL;
	if (modem->stopping)
		return 0;
	same = device && strcmp(device, modem->start.device) == 0;
	memmove(modem->start.device, device ? device : "", size + 1);
	if (device)
		modem_appeared(modem);
	/* One that has noticed nothing, or that has noticed and begins again at once. */
	if (same && modem->pid > 0 && !modem->killed && !modem->leaving)
		return 0;
	leave(modem);
	return 0;
}

void modem_retry(struct modem *modem)
{
	if (modem->pid > 0 || modem->stopping || modem->start.device[0] == '\0')
		return;
	modem_appeared(modem);
	modem_start_after(modem, 0);
}

int modem_reset(struct modem *modem)
{
	char reason[MODEM_REASON_SIZE];

	if (modem->start.device[0] == '\0' || modem->state == MODEM_STATE_ABSENT)
		return -ENOTCONN;
	if (modem->send_open)
		return -EBUSY;
	modem->ladder.failures = 0;
	modem->start.remedy = MODEM_REMEDY_RESTART;
	modem_tell_step(modem, LADDER_RESTART, 0, WISHED, reason);
	leave(modem);
	return 0;
}
