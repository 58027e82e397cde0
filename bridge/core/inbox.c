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

#define READINGS_MAX 512

struct reading {
	struct inbox *inbox;
	struct modem *modem;
	struct reading *next;
	int64_t id;
	char memory[8];
	int location;
	uint8_t digest[crypto_hash_sha256_BYTES];
	bool committed;
	bool stale; /* its worker is gone */
};

struct inbox {
	struct store *store;
	const char *own_number;
	struct reading *readings;
	size_t reading_count;
};

int inbox_new(struct store *store, const char *own_number, struct inbox **ret_inbox)
{
	struct inbox *inbox = calloc(1, sizeof(*inbox));

	if (!inbox)
		return -ENOMEM;
	inbox->store = store;
	inbox->own_number = own_number;
	*ret_inbox = inbox;
	return 0;
}

struct inbox *inbox_free(struct inbox *inbox)
{
	if (!inbox)
		return NULL;
	while (inbox->readings) {
		struct reading *next = inbox->readings->next;

		free(inbox->readings);
		inbox->readings = next;
	}
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
	free(reading);
}

static void reading_committed(int error, enum store_reading kind, void *userdata)
{
	struct reading *reading = userdata;
	const char *name = modem_name(reading->modem);

	if (error < 0) {
		log_record(LOG_STORE_FAILED, &(struct log_fields){ .modem = name },
			   "A received message can't be stored (%s); %s.", strerror(-error),
			   reading->location >= 0 ? "it stays on the SIM and is read again"
						  : "it came directly and is lost");
		reading_free(reading);
		return;
	}
	if (kind == STORE_READING_STRAY)
		log_record(LOG_REPORT_UNMATCHED, &(struct log_fields){ .modem = name },
			   "A status report fits no message that was sent; ignoring it.");
	reading->committed = true;
	/* Directly delivered: nothing is on the SIM.  Stale: the next sweep brings it again. */
	if (reading->location < 0 || reading->stale ||
	    modem_delete(reading->modem, reading->id) < 0)
		reading_free(reading);
}

void inbox_received(struct inbox *inbox, struct modem *modem, const struct store_sim *sim,
		    const struct modem_word_received *received)
{
	const struct store_received item = {
		.to = inbox->own_number,
		.at_usec = clock_realtime_usec(),
		.memory = received->memory,
		.location = received->location,
		.octets = received->octets,
		.size = received->size,
		.tpdu = received->decoded ? &received->tpdu : NULL,
	};
	struct reading *reading;

	if (inbox->reading_count >= READINGS_MAX)
		return;
	reading = calloc(1, sizeof(*reading));
	if (!reading)
		return;
	reading->inbox = inbox;
	reading->modem = modem;
	reading->id = received->reading;
	reading->location = received->location;
	snprintf(reading->memory, sizeof(reading->memory), "%s", received->memory);
	crypto_hash_sha256(reading->digest, received->octets, received->size);
	if (store_receive(inbox->store, sim, &item, reading_committed, reading) < 0) {
		free(reading);
		return;
	}
	reading->next = inbox->readings;
	inbox->readings = reading;
	inbox->reading_count++;
}

void inbox_deleted(struct inbox *inbox, const struct store_sim *sim, int64_t id, bool done)
{
	for (struct reading *reading = inbox->readings; reading; reading = reading->next) {
		if (reading->id != id || reading->stale || !reading->committed)
			continue;
		if (done)
			(void)store_slot_deleted(inbox->store, sim, reading->memory,
						 reading->location, reading->digest);
		reading_free(reading);
		return;
	}
}

void inbox_forget_worker(struct inbox *inbox)
{
	struct reading *next;

	for (struct reading *reading = inbox->readings; reading; reading = next) {
		next = reading->next;
		reading->stale = true;
		if (reading->committed)
			reading_free(reading);
	}
}
