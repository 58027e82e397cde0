/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See inbox.h.  A reading lives from the worker's word until the modem has deleted it; how many
 * there are is bounded, and what does not fit comes again with the next sweep.
 */
#include "bridge/core/inbox.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/selftest.h"
#include "bridge/core/tick.h"

#define READINGS_MAX 512
#define DIRECT_MAX 128 /* of them, on no SIM: kept whole */
#define UNDELETED_TOLD 2
#define STORE_AGAIN_USEC (5 * USEC_PER_SEC)

struct reading {
	struct inbox *inbox;
	struct modem *modem;
	struct reading *next;
	int64_t id, at_usec;
	char sim[STORE_NAME_SIZE];
	char memory[8];
	int location;
	uint8_t digest[crypto_hash_sha256_BYTES];
	struct modem_word_received *whole; /* of what came directly, NULL otherwise */
	bool posted;
	bool committed;
	bool stale; /* its worker is gone */
};

struct inbox {
	struct bridge *bridge;
	const char *own_number;
	int64_t worker; /* when it came: no other has that number */
	struct reading *readings;
	size_t reading_count, direct_count, uncommitted;
	sd_event_source *timer;

	bool missed;      /* something of the sweep that runs did not reach the store */
	bool sweep_waits; /* a whole one is over, and the store has not all of it yet */
	char swept_sim[STORE_NAME_SIZE];
	const char *modem; /* its name */

	unsigned undeleted; /* so often in a row the modem refused to delete */
};

int inbox_new(struct bridge *bridge, const char *own_number, struct inbox **ret_inbox)
{
	struct inbox *inbox = calloc(1, sizeof(*inbox));

	if (!inbox)
		return -ENOMEM;
	inbox->bridge = bridge;
	inbox->own_number = own_number;
	*ret_inbox = inbox;
	return 0;
}

struct inbox *inbox_free(struct inbox *inbox)
{
	if (!inbox)
		return NULL;
	if (inbox->direct_count > 0)
		log_record(LOG_STORE_MISFIT, NULL,
			   "%zu messages that came directly could not be stored before the end, "
			   "and are lost.",
			   inbox->direct_count);
	while (inbox->readings) {
		struct reading *next = inbox->readings->next;

		free(inbox->readings->whole);
		free(inbox->readings);
		inbox->readings = next;
	}
	sd_event_source_disable_unref(inbox->timer);
	free(inbox);
	return NULL;
}

static void reading_free(struct reading *reading)
{
	struct inbox *inbox = reading->inbox;

	for (struct reading **at = &inbox->readings; *at; at = &(*at)->next) {
		if (*at == reading) {
			*at = reading->next;
			inbox->reading_count--;
			break;
		}
	}
	if (reading->whole)
		inbox->direct_count--;
	free(reading->whole);
	free(reading);
}

/* ------------------------------------------------------------------ into the store */

static void sweep_say(struct inbox *inbox)
{
	const struct store_sim sim = { .modem = inbox->modem, .iccid = inbox->swept_sim };

	if (!inbox->sweep_waits || inbox->uncommitted > 0)
		return;
	inbox->sweep_waits = false;
	(void)store_sim_swept(inbox->bridge->store, &sim, clock_realtime_usec());
}

/* The sweep that runs, or has just run, is not whole: the next one will say so. */
static void sweep_spoil(struct inbox *inbox)
{
	inbox->missed = !inbox->sweep_waits;
	inbox->sweep_waits = false;
}

static int direct_again(sd_event_source *source, uint64_t at_usec, void *userdata);

static void direct_later(struct inbox *inbox)
{
	(void)bridge_arm(inbox->bridge, &inbox->timer,
			 bridge_scale(inbox->bridge, STORE_AGAIN_USEC), PRIORITY_RADIO,
			 direct_again, inbox);
}

static void reading_stored(struct reading *reading, enum store_reading kind)
{
	reading->committed = true;
	switch (kind) {
	case STORE_READING_STRAY:
		log_record(LOG_REPORT_UNMATCHED,
			   &(struct log_fields){ .modem = modem_name(reading->modem) },
			   "A status report fits no message that was sent; ignoring it.");
		break;
	case STORE_READING_OLD:
		reading_free(reading); /* it stays on the SIM until somebody adopts that */
		return;
	case STORE_READING_MESSAGE:
	case STORE_READING_PART:
	case STORE_READING_COPY:
	case STORE_READING_REPORT:
	case STORE_READING_KEPT:
		break;
	}
	/* Directly delivered: nothing is on the SIM.  Stale: the next sweep brings it again. */
	if (reading->location < 0 || reading->stale ||
	    modem_delete(reading->modem, reading->id) < 0)
		reading_free(reading);
}

static void reading_committed(int error, enum store_reading kind, void *userdata)
{
	struct reading *reading = userdata;
	struct inbox *inbox = reading->inbox;

	reading->posted = false;
	if (!reading->whole)
		inbox->uncommitted--;
	if (error == 0) {
		/* Of the others nothing is written. */
		if (kind != STORE_READING_COPY && kind != STORE_READING_OLD)
			bridge_store_worked(inbox->bridge);
		reading_stored(reading, kind);
		sweep_say(inbox);
		return;
	}
	bridge_store_failed(inbox->bridge, error);
	if (reading->whole) {
		direct_later(inbox);
		return;
	}
	/* It stays on the SIM and is read again. */
	sweep_spoil(inbox);
	reading_free(reading);
}

static int reading_post(struct reading *reading, const struct modem_word_received *received)
{
	struct inbox *inbox = reading->inbox;
	const struct store_sim sim = { .modem = modem_name(reading->modem), .iccid = reading->sim };
	const struct store_received item = {
		.worker = inbox->worker,
		.to = inbox->own_number,
		.at_usec = reading->at_usec,
		.memory = received->memory,
		.location = received->location,
		.octets = received->octets,
		.size = received->size,
		.tpdu = received->decoded ? &received->tpdu : NULL,
	};
	int r = store_receive(inbox->bridge->store, &sim, &item, reading_committed, reading);

	reading->posted = r == 0;
	if (r == 0 && !reading->whole)
		inbox->uncommitted++;
	return r;
}

static int direct_again(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct inbox *inbox = userdata;

	(void)source;
	(void)at_usec;
	for (struct reading *reading = inbox->readings; reading; reading = reading->next) {
		if (reading->whole && !reading->posted && reading_post(reading, reading->whole) < 0)
			direct_later(inbox);
	}
	return 0;
}

void inbox_store_works(struct inbox *inbox)
{
	(void)direct_again(NULL, 0, inbox);
}

/* ------------------------------------------------------------------ from the modem */

static struct reading *reading_new(struct inbox *inbox, struct modem *modem,
				   const struct store_sim *sim,
				   const struct modem_word_received *received)
{
	bool direct = received->location < 0;
	struct reading *reading;

	if (inbox->reading_count >= READINGS_MAX || (direct && inbox->direct_count >= DIRECT_MAX))
		return NULL;
	reading = calloc(1, sizeof(*reading));
	if (!reading)
		return NULL;
	if (direct) {
		reading->whole = malloc(sizeof(*reading->whole));
		if (!reading->whole) {
			free(reading);
			return NULL;
		}
		*reading->whole = *received;
		inbox->direct_count++;
	}
	reading->inbox = inbox;
	reading->modem = modem;
	reading->id = received->reading;
	reading->at_usec = clock_realtime_usec();
	reading->location = received->location;
	snprintf(reading->sim, sizeof(reading->sim), "%s", sim->iccid);
	snprintf(reading->memory, sizeof(reading->memory), "%s", received->memory);
	crypto_hash_sha256(reading->digest, received->octets, received->size);
	reading->next = inbox->readings;
	inbox->readings = reading;
	inbox->reading_count++;
	return reading;
}

/* The centre stamps what it delivers and reports: a moment of the network's. */
static void hear_stamps(struct inbox *inbox, const struct modem_word_received *received)
{
	if (!received->decoded)
		return;
	bridge_hear_network(inbox->bridge, received->tpdu.centre_time_usec);
	if (received->tpdu.kind == TPDU_STATUS_REPORT)
		bridge_hear_network(inbox->bridge, received->tpdu.discharge_time_usec);
}

/* The modem announced it while it was being listed. */
static bool is_told_already(const struct inbox *inbox, const struct modem_word_received *received)
{
	for (const struct reading *reading = inbox->readings; reading; reading = reading->next) {
		if (reading->id == received->reading && !reading->stale && received->location >= 0)
			return true;
	}
	return false;
}

void inbox_received(struct inbox *inbox, struct modem *modem, const struct store_sim *sim,
		    const struct modem_word_received *received)
{
	struct reading *reading;

	if (selftest_heard(inbox->bridge, modem_name(modem), received)) {
		hear_stamps(inbox, received);
		if (received->location >= 0)
			(void)modem_delete(modem, received->reading);
		return;
	}
	if (is_told_already(inbox, received))
		return;
	reading = reading_new(inbox, modem, sim, received);
	hear_stamps(inbox, received);
	if (!reading && received->location < 0) {
		log_record(LOG_STORE_MISFIT, &(struct log_fields){ .modem = modem_name(modem) },
			   "A message that came directly is lost: %zu wait already for the store.",
			   inbox->direct_count);
	} else if (!reading) {
		if (!inbox->missed)
			log_record(LOG_MODEM_NOTE,
				   &(struct log_fields){ .modem = modem_name(modem) },
				   "%zu messages wait to be stored and deleted; what does not fit "
				   "stays on the SIM and is read again.",
				   inbox->reading_count);
		sweep_spoil(inbox);
	} else if (reading_post(reading, received) < 0) {
		if (reading->whole) {
			direct_later(inbox);
			return;
		}
		sweep_spoil(inbox);
		reading_free(reading);
	}
}

void inbox_swept(struct inbox *inbox, const struct store_sim *sim)
{
	bool whole = !inbox->missed;

	inbox->missed = false;
	inbox->sweep_waits = whole;
	inbox->modem = sim->modem;
	snprintf(inbox->swept_sim, sizeof(inbox->swept_sim), "%s", sim->iccid);
	sweep_say(inbox);
}

/* One refusal may be of a SIM that is just being pulled out; the second one is told, once. */
static void deletion_tell(struct inbox *inbox, const char *modem, bool done)
{
	bool told = inbox->undeleted >= UNDELETED_TOLD;
	const struct log_fields fields = {
		.modem = modem,
		.reason =
			done ? NULL
			     : "The modem refuses to delete a message that is stored here.  It will "
			       "not be taken for a new one; but a SIM that fills up receives nothing.",
	};

	if (done)
		inbox->undeleted = 0;
	else if (!told)
		inbox->undeleted++;
	if (told == (inbox->undeleted >= UNDELETED_TOLD))
		return;
	log_record(done ? LOG_MODEM_RECOVERED : LOG_MODEM_HEALTH, &fields,
		   done ? "Modem %s deletes messages again." : "Modem %s deletes no messages.",
		   modem);
}

void inbox_deleted(struct inbox *inbox, const struct store_sim *sim, int64_t id, bool done)
{
	deletion_tell(inbox, sim->modem, done);
	for (struct reading *reading = inbox->readings; reading; reading = reading->next) {
		if (reading->id != id || reading->stale || !reading->committed)
			continue;
		if (done)
			(void)store_slot_deleted(inbox->bridge->store, sim, reading->memory,
						 reading->location, reading->digest);
		reading_free(reading);
		return;
	}
}

void inbox_forget_worker(struct inbox *inbox)
{
	struct reading *next;

	inbox->missed = inbox->sweep_waits = false;
	inbox->worker = clock_realtime_usec();
	for (struct reading *reading = inbox->readings; reading; reading = next) {
		next = reading->next;
		reading->stale = true; /* what came directly waits on */
		if (reading->committed)
			reading_free(reading);
	}
}
