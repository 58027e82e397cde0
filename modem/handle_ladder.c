/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The ladder as a table.  Modems that are reset again and again never get to work: each step is
 * taken once, and what is left is patience.
 */
#include "modem/handle_ladder.h"

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"

#define HEALTHY_USEC (60 * USEC_PER_SEC)
#define SETTLED_USEC (60 * USEC_PER_SEC)

static const struct {
	enum ladder_step step;
	int64_t delay_usec;
} RUNGS[] = {
	{ LADDER_WORKER, 200 * USEC_PER_MSEC }, { LADDER_WORKER, 2 * USEC_PER_SEC },
	{ LADDER_RADIO, 5 * USEC_PER_SEC },     { LADDER_RESTART, 5 * USEC_PER_SEC },
	{ LADDER_USB_RESET, 5 * USEC_PER_SEC }, { LADDER_WAIT, 30 * USEC_PER_SEC },
	{ LADDER_WAIT, 1 * USEC_PER_MINUTE },   { LADDER_WAIT, 2 * USEC_PER_MINUTE },
	{ LADDER_WAIT, 4 * USEC_PER_MINUTE },   { LADDER_WAIT, 8 * USEC_PER_MINUTE },
	{ LADDER_WAIT, 15 * USEC_PER_MINUTE },
};

const char *ladder_step_name(enum ladder_step step)
{
	switch (step) {
	case LADDER_WORKER:
		return "a new worker";
	case LADDER_RADIO:
		return "its radio off and on again (AT+CFUN=4, AT+CFUN=1)";
	case LADDER_RESTART:
		return "a restart of the modem (AT+CFUN=1,1)";
	case LADDER_USB_RESET:
		return "a reset of its USB port";
	case LADDER_WAIT:
		return "a pause, and a new worker";
	case LADDER_STEP_COUNT:
		break;
	}
	return "nothing";
}

static int64_t scale(int64_t span, unsigned percent)
{
	return span / 100 * percent;
}

void ladder_rest(struct ladder *ladder, int64_t since, unsigned percent)
{
	if (ladder->healthy_since != INT64_MAX &&
	    since - ladder->healthy_since >= scale(HEALTHY_USEC, percent))
		ladder->failures = 0;
	ladder->healthy_since = INT64_MAX;
}

enum ladder_step ladder_climb(struct ladder *ladder, int64_t now, unsigned percent,
			      int64_t *ret_delay)
{
	bool is_new = ladder->appeared_usec != INT64_MIN &&
		      now - ladder->appeared_usec < scale(SETTLED_USEC, percent);
	enum ladder_step step;
	unsigned rung;

	ladder_rest(ladder, now, percent);
	rung = ladder->failures < ARRAY_SIZE(RUNGS) ? ladder->failures : ARRAY_SIZE(RUNGS) - 1;
	step = RUNGS[rung].step;
	*ret_delay = scale(RUNGS[rung].delay_usec, percent);
	/* It is still waking up: it gets its time, and the rung is kept for later. */
	if (is_new && step != LADDER_WORKER && step != LADDER_WAIT)
		return LADDER_WORKER;
	if (ladder->failures < ARRAY_SIZE(RUNGS))
		ladder->failures++;
	return step;
}

void ladder_healthy(struct ladder *ladder, int64_t now)
{
	if (ladder->healthy_since == INT64_MAX)
		ladder->healthy_since = now;
}

void ladder_appeared(struct ladder *ladder, int64_t now)
{
	ladder->appeared_usec = now;
}
