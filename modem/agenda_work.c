/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is to be done, in its order.  Sends go before queries; after each send one message is read or
 * deleted if any waits, so that neither side starves.
 */
#include "modem/agenda_inside.h"

#include <string.h>
#include <time.h>

#include "bridge/base/clock.h"

/* While messages go out one after the other, the network is asked this much later. */
#define NETWORK_LULL_USEC (2 * USEC_PER_SEC)
#define NETWORK_PATIENCE_USEC (10 * USEC_PER_MINUTE)
#define HINT_REST_USEC USEC_PER_SEC
#define HINT_LONG_REST_USEC (10 * USEC_PER_SEC)

static void wait_until(struct agenda *agenda, int64_t usec)
{
	struct timespec until = {
		.tv_sec = usec / USEC_PER_SEC,
		.tv_nsec = (usec % USEC_PER_SEC) * 1000,
	};

	pthread_cond_timedwait(&agenda->changed, &agenda->lock, &until);
}

bool agenda_wait_awake(struct agenda *agenda)
{
	LOCKED(agenda);
	while (!agenda->awake && !agenda->stop)
		pthread_cond_wait(&agenda->changed, &agenda->lock);
	return !agenda->stop;
}

bool agenda_pause(struct agenda *agenda, int64_t usec)
{
	int64_t until = clock_monotonic_usec() + usec;

	LOCKED(agenda);
	while (!agenda->stop && clock_monotonic_usec() < until)
		wait_until(agenda, until);
	return !agenda->stop;
}

bool agenda_wait_sim(struct agenda *agenda, int64_t usec)
{
	int64_t now = clock_monotonic_usec(), until = now + usec, soonest = now + HINT_REST_USEC;

	LOCKED(agenda);
	while (!agenda->stop && now < until && !(agenda->sim_changed.heard && now >= soonest)) {
		wait_until(agenda, agenda->sim_changed.heard && soonest < until ? soonest : until);
		now = clock_monotonic_usec();
	}
	agenda->sim_changed.heard = false;
	return !agenda->stop;
}

void agenda_add_pin(struct agenda *agenda, const struct modem_order_pin *order)
{
	LOCKED(agenda);
	agenda->pin = *order;
	agenda->pin_waits = true;
	pthread_cond_broadcast(&agenda->changed);
}

bool agenda_wait_pin(struct agenda *agenda, int64_t usec, struct modem_order_pin *ret,
		     bool *ret_come)
{
	int64_t until = clock_monotonic_usec() + usec;

	LOCKED(agenda);
	while (!agenda->stop && !agenda->pin_waits && clock_monotonic_usec() < until)
		wait_until(agenda, until);
	*ret_come = agenda->pin_waits;
	*ret = agenda->pin;
	agenda->pin_waits = false;
	explicit_bzero(&agenda->pin, sizeof(agenda->pin));
	return !agenda->stop;
}

static bool take_slot(struct agenda *agenda, struct agenda_task *ret)
{
	const struct slot *slot = &agenda->slots[agenda->slot_first];

	if (agenda->slot_count == 0)
		return false;
	ret->type = AGENDA_READ;
	memcpy(ret->memory, slot->memory, sizeof(ret->memory));
	ret->location = slot->location;
	agenda->slot_first = (agenda->slot_first + 1) % SLOTS_MAX;
	agenda->slot_count--;
	return true;
}

static bool take_delete(struct agenda *agenda, struct agenda_task *ret)
{
	while (agenda->delete_count > 0) {
		int64_t id = agenda->deletes[agenda->delete_first];
		const struct reading *reading = agenda_find_reading(agenda, id);

		agenda->delete_first = (agenda->delete_first + 1) % READINGS_MAX;
		agenda->delete_count--;
		ret->type = AGENDA_DELETE;
		ret->reading = id;
		ret->location = reading ? reading->slot.location : -1;
		memset(ret->memory, 0, sizeof(ret->memory));
		if (reading)
			memcpy(ret->memory, reading->slot.memory, sizeof(ret->memory));
		return true;
	}
	return false;
}

static bool take_send(struct agenda *agenda, struct agenda_task *ret)
{
	if (!agenda->send_waits || agenda->send_open)
		return false;
	ret->type = AGENDA_SEND;
	ret->send = agenda->send;
	ret->doubtful = agenda->restarted.heard;
	agenda->attempt = agenda->send.attempt;
	agenda->send_waits = false;
	agenda->send_open = true;
	return true;
}

static bool take_ussd(struct agenda *agenda, struct agenda_task *ret)
{
	if (!agenda->ussd_waits || agenda->ussd_open || agenda->send_open)
		return false;
	if (agenda_ussd_is_late(agenda)) {
		ret->type = AGENDA_USSD_LATE;
		return true;
	}
	ret->type = AGENDA_USSD;
	ret->ussd = agenda->ussd;
	agenda->ussd_id = agenda->ussd.id;
	agenda->ussd_waits = false;
	agenda->ussd_open = true;
	agenda->ussd_due = INT64_MAX;
	return true;
}

/* Chatter must not keep the modem from its work: after two looks there is a while of rest. */
static int64_t hint_at(const struct hint *hint)
{
	return hint->heard ? hint->seen_usec + hint->rest_usec : INT64_MAX;
}

static bool take_hint(struct hint *hint, int64_t now, enum agenda_task_type type,
		      struct agenda_task *ret)
{
	if (now < hint_at(hint))
		return false;
	hint->rest_usec =
		now - hint->taken_usec < USEC_PER_MINUTE ? HINT_LONG_REST_USEC : HINT_REST_USEC;
	hint->taken_usec = hint->seen_usec = now;
	hint->heard = false;
	ret->type = type;
	return true;
}

static int64_t network_at(const struct agenda *agenda)
{
	int64_t lull = agenda->last_send_usec + NETWORK_LULL_USEC;
	int64_t latest = agenda->network_due + NETWORK_PATIENCE_USEC;

	if (lull <= agenda->network_due)
		return agenda->network_due;
	return lull < latest ? lull : latest;
}

static bool take(struct agenda *agenda, int64_t now, struct agenda_task *ret)
{
	bool others_turn = agenda->sent_last;

	agenda->sent_last = false;
	if (agenda->stop) {
		ret->type = AGENDA_STOP;
		return true;
	}
	/* Before all else: a modem that forgot PDU mode would take a part for a number. */
	if (take_hint(&agenda->restarted, now, AGENDA_RESTARTED, ret) ||
	    take_hint(&agenda->sim_changed, now, AGENDA_SIM, ret))
		return true;
	if (others_turn && (take_slot(agenda, ret) || take_delete(agenda, ret)))
		return true;
	if (take_send(agenda, ret)) {
		agenda->sent_last = true;
		return true;
	}
	if (agenda->ussd_open && now >= agenda->ussd_due) {
		agenda->ussd_due = INT64_MAX;
		ret->type = AGENDA_USSD_LATE;
		return true;
	}
	if (take_ussd(agenda, ret) || take_slot(agenda, ret) || take_delete(agenda, ret))
		return true;
	if (agenda->registration_changed) {
		agenda->registration_changed = false;
		ret->type = AGENDA_REGISTRATION;
		return true;
	}
	if (now >= agenda->sweep_due) {
		agenda->sweep_due = now + agenda->sweep_usec;
		ret->type = AGENDA_SWEEP;
		return true;
	}
	if (now >= network_at(agenda)) {
		agenda->network_due = now + agenda->minute_usec;
		ret->type = AGENDA_NETWORK;
		return true;
	}
	return false;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_due(const struct agenda *agenda)
{
	int64_t due = earlier(agenda->sweep_due, network_at(agenda));

	due = earlier(due, earlier(hint_at(&agenda->restarted), hint_at(&agenda->sim_changed)));
	return agenda->ussd_open ? earlier(due, agenda->ussd_due) : due;
}

void agenda_next(struct agenda *agenda, struct agenda_task *ret, void (*idle)(void *userdata),
		 void *userdata)
{
	bool told = false;

	for (;;) {
		LOCKED(agenda);
		int64_t now = clock_monotonic_usec();

		if (take(agenda, now, ret))
			return;
		if (told) {
			wait_until(agenda, next_due(agenda));
			continue;
		}
		told = true;
		pthread_mutex_unlock(&agenda->lock);
		idle(userdata);
		pthread_mutex_lock(&agenda->lock);
	}
}

void agenda_set_minute_usec(struct agenda *agenda, int64_t usec)
{
	LOCKED(agenda);
	agenda->minute_usec = agenda->sweep_usec = usec;
	agenda->sweep_due = clock_monotonic_usec() + usec;
}

void agenda_set_sweep_usec(struct agenda *agenda, int64_t usec)
{
	int64_t due = clock_monotonic_usec() + usec;

	LOCKED(agenda);
	agenda->sweep_usec = usec;
	agenda->sweep_due = earlier(agenda->sweep_due, due);
}

void agenda_set_network_usec(struct agenda *agenda, int64_t usec)
{
	LOCKED(agenda);
	agenda->network_due = clock_monotonic_usec() + usec;
}

void agenda_await_ussd(struct agenda *agenda, int64_t usec)
{
	LOCKED(agenda);
	agenda->ussd_due = clock_monotonic_usec() + usec;
}

void agenda_settled(struct agenda *agenda)
{
	LOCKED(agenda);
	agenda->restarted.heard = agenda->sim_changed.heard = false;
	agenda->restarted.seen_usec = agenda->sim_changed.seen_usec = clock_monotonic_usec();
}

bool agenda_swept(struct agenda *agenda, bool doubted)
{
	LOCKED(agenda);
	agenda->swept_usec = clock_monotonic_usec();
	agenda->sweep_due = agenda->swept_usec + agenda->sweep_usec;
	if (!doubted)
		agenda->doubted_sweeps = 0;
	if (!doubted || agenda->doubted_sweeps == AGENDA_DOUBTED_SWEEPS)
		return true;
	agenda->doubted_sweeps++;
	agenda_sweep_soon(agenda);
	return false;
}
