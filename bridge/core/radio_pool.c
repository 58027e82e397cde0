/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A radio as one of the pool: what it can do now, and what the others hear of that.
 */
#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/pool.h"
#include "bridge/core/radio_inside.h"
#include "bridge/core/used_up.h"

#define HANGS_USEC (20 * USEC_PER_SEC)

bool radio_works(const struct radio *radio)
{
	return radio_state_is_work(modem_state(radio->modem));
}

bool radio_sends(const struct radio *radio)
{
	return radio_works(radio) && !radio->held && !radio_is_resting(radio);
}

bool radio_is_doubted(const struct radio *radio)
{
	return radio->doubt_until_usec > clock_monotonic_usec();
}

bool radio_keeps_talking(const struct radio *radio)
{
	return radio_works(radio) && !radio->held && radio->keeps_talking;
}

bool radio_is_awaited(const struct radio *radio)
{
	return !radio->has_worked && !radio->held && pool_is_young(radio->bridge);
}

/* Since when it has been busy with a part, or with a question to the network; 0: it is not. */
static int64_t busy_since_usec(const struct radio *radio)
{
	return radio->attempt != 0 ? radio->begun_usec : ussd_since_usec(radio->ussd);
}

/* Until that has taken too long; 0 or less: it has.  What parts take says nothing of a question. */
static int64_t patience_left_usec(const struct radio *radio)
{
	int64_t span_usec = bridge_scale(radio->bridge, HANGS_USEC);

	if (radio->attempt != 0)
		span_usec = choice_patience_usec(span_usec, radio->pace_usec);
	return busy_since_usec(radio) + span_usec - clock_monotonic_usec();
}

bool radio_hangs(const struct radio *radio)
{
	return busy_since_usec(radio) != 0 && patience_left_usec(radio) <= 0;
}

void radio_watch_work(struct radio *radio)
{
	if (busy_since_usec(radio) != 0 && !radio_hangs(radio))
		radio_look_again(radio, patience_left_usec(radio));
}

enum store_limit radio_limit(const struct radio *radio, int64_t *ret_until_usec)
{
	if (ret_until_usec)
		*ret_until_usec = radio->limit_until_usec;
	return radio->limit;
}

bool radio_has_some_left(const struct radio *radio)
{
	return radio->limit_some_left;
}

void radio_tell_pool(struct radio *radio)
{
	bool sends = radio_sends(radio), hangs = radio_hangs(radio);
	bool doubted = radio_is_doubted(radio);

	radio->has_worked |= radio_works(radio);
	if (sends == radio->known_sends && hangs == radio->known_hangs &&
	    doubted == radio->known_doubted && radio->limit == radio->known_limit &&
	    radio->limit_until_usec == radio->known_until_usec &&
	    radio->limit_some_left == radio->known_some_left)
		return;
	radio->known_sends = sends;
	radio->known_hangs = hangs;
	radio->known_doubted = doubted;
	radio->known_limit = radio->limit;
	radio->known_until_usec = radio->limit_until_usec;
	radio->known_some_left = radio->limit_some_left;
	pool_changed(radio->bridge);
}

/* A minute is nothing to write about: that is how a quota works.  Nor is what another may take. */
static void limit_log(const struct radio *radio)
{
	const char *name = radio->config->name;
	char words[QUOTA_WORDS_SIZE], until[CLOCK_TEXT_SIZE] = "an unknown moment";
	enum log_event event = radio->limit == STORE_LIMIT_MINUTE || radio->limit_some_left
				       ? LOG_DETAIL
				       : LOG_MODEM_QUOTA;

	if (radio->limit_until_usec != 0)
		clock_format(radio->limit_until_usec, until);
	log_record(event, &(struct log_fields){ .modem = name },
		   "Modem %s has used up %s; it is given %s until %s.", name,
		   quota_words(radio, words),
		   radio->limit_some_left ? "only what is shorter" : "no more of them", until);
}

void radio_limit_heard(struct radio *radio, const struct store_wait *wait)
{
	radio->limit = wait ? wait->limit : STORE_LIMIT_NONE;
	radio->limit_until_usec = wait ? wait->limit_until_usec : 0;
	radio->limit_some_left = wait && wait->some_left;
	if (radio->limit != STORE_LIMIT_NONE && radio->limit != radio->limit_logged)
		limit_log(radio);
	radio->limit_logged = radio->limit_some_left ? STORE_LIMIT_NONE : radio->limit;
	radio_tell_pool(radio);
}

enum modem_state radio_state(const struct radio *radio)
{
	enum modem_state state = modem_state(radio->modem);

	return radio->held && state == MODEM_STATE_READY ? MODEM_STATE_HELD : state;
}

bool radio_is_held(const struct radio *radio)
{
	return radio->held;
}

bool radio_is_plugged(const struct radio *radio)
{
	return radio->plugged;
}

int radio_plug(struct radio *radio, const char *device)
{
	radio->plugged = device != NULL;
	radio->resigned = false;
	return modem_plug(radio->modem, device);
}

void radio_resign(struct radio *radio)
{
	(void)radio_plug(radio, NULL);
	radio->resigned = true;
}

void radio_retry(struct radio *radio)
{
	modem_retry(radio->modem);
}

int radio_reset(struct radio *radio)
{
	return modem_reset(radio->modem);
}
