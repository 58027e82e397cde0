/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See feed.h.  Modem states are logged where they are noticed (radio.c), because they are to be in
 * the journal also when the store fails.
 */
#include "bridge/core/feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bridge/base/log.h"

struct feed {
	feed_listener listener;
	void *userdata;
	int64_t newest;
};

static void log_delivery(const struct store_event *event)
{
	const struct log_fields fields = {
		.message = event->message,
		.delivery = event->delivery,
		.modem = event->modem[0] ? event->modem : NULL,
		.state_from = delivery_state_name(event->from_state),
		.state_to = delivery_state_name(event->to_state),
		.reason = event->reason[0] ? event->reason : NULL,
		.error = event->error[0] ? event->error : NULL,
	};
	char number[NUMBER_SIZE];

	log_record(LOG_DELIVERY_STATE, &fields, "The message to %s is %s.",
		   log_number(event->number, number, sizeof(number)), fields.state_to);
}

static const char *inbound_words(const struct store_inbound *inbound, char *buffer, size_t size)
{
	size_t octets = inbound_data_size(inbound->text, inbound->text_size);

	switch (inbound->kind) {
	case INBOUND_DATA:
		if (inbound->port >= 0)
			snprintf(buffer, size, "Data of %zu bytes for port %d", octets,
				 inbound->port);
		else
			snprintf(buffer, size, "Data of %zu bytes", octets);
		break;
	case INBOUND_MMS:
		snprintf(buffer, size, "Word of a picture message");
		break;
	case INBOUND_TEXT:
	case INBOUND_KIND_COUNT:
		snprintf(buffer, size, "A message of %zu bytes", inbound->text_size);
		break;
	}
	return buffer;
}

static void log_inbound(const struct store_inbound *inbound)
{
	const struct log_fields fields = {
		.message = inbound->id,
		.modem = inbound->modem,
		.state_to = inbound_state_name(inbound->state),
	};
	char from[TPDU_ADDRESS_SIZE], what[64];

	log_record(LOG_MESSAGE_RECEIVED, &fields, "%s came from %s.",
		   inbound_words(inbound, what, sizeof(what)),
		   inbound->from[0] ? log_number(inbound->from, from, sizeof(from))
				    : "nobody known");
}

static const char *attention_words(enum attention_kind kind)
{
	switch (kind) {
	case ATTENTION_FAILED:
		return "a message failed";
	case ATTENTION_EXPIRED:
		return "a message expired";
	case ATTENTION_HELD:
		return "nobody knows whether a message went out, and it waits for a decision";
	case ATTENTION_UNREADABLE:
		return "an SMS that came in can't be read";
	case ATTENTION_MODEM_DOWN:
		return "a modem has been down for a quarter of an hour";
	case ATTENTION_MODEM_BALANCE:
		return "the credit of a modem is low";
	case ATTENTION_MODEM_BARRED:
		return "a self-test of modems failed";
	case ATTENTION_KIND_COUNT:
		break;
	}
	return "something needs a human";
}

static void log_attention(const struct store_attention *item)
{
	const struct log_fields fields = {
		.message = item->message[0]   ? item->message
			   : item->inbound[0] ? item->inbound
					      : NULL,
		.delivery = item->delivery[0] ? item->delivery : NULL,
		.modem = item->modem[0] ? item->modem : NULL,
		.reason = item->reason[0] ? item->reason : NULL,
	};

	if (item->done_at_usec != 0)
		log_record(LOG_ATTENTION_DONE, &fields, "Attention item %s has ended.", item->id);
	else
		log_record(LOG_ATTENTION, &fields, "Somebody must look: %s (item %s).",
			   attention_words(item->kind), item->id);
}

static void events_committed(const struct store_event *events, size_t count, void *userdata)
{
	struct feed *feed = userdata;

	for (size_t i = 0; i < count; i++) {
		switch (events[i].type) {
		case STORE_EVENT_MESSAGE_STATE:
			log_delivery(&events[i]);
			break;
		case STORE_EVENT_MESSAGE_RECEIVED:
			if (events[i].inbound)
				log_inbound(events[i].inbound);
			break;
		case STORE_EVENT_ATTENTION:
			if (events[i].attention)
				log_attention(events[i].attention);
			break;
		case STORE_EVENT_MODEM_STATE:
		case STORE_EVENT_TYPE_COUNT:
			break;
		}
		feed_set_newest(feed, events[i].id);
	}
	if (feed->listener)
		feed->listener(events, count, feed->userdata);
}

int feed_new(struct store *store, struct feed **ret_feed)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (!feed)
		return -ENOMEM;
	store_on_events(store, events_committed, feed);
	*ret_feed = feed;
	return 0;
}

struct feed *feed_free(struct feed *feed)
{
	free(feed);
	return NULL;
}

void feed_listen(struct feed *feed, feed_listener listener, void *userdata)
{
	feed->listener = listener;
	feed->userdata = userdata;
}

int64_t feed_newest(const struct feed *feed)
{
	return feed->newest;
}

void feed_set_newest(struct feed *feed, int64_t id)
{
	if (id > feed->newest)
		feed->newest = id;
}
