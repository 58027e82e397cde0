/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A store on a real directory, and its operations made to look synchronous: each posts, turns the
 * loop until the callback came, and keeps a copy of what it said.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/base/clock.h"
#include "bridge/store/store.h"

#define T0 (INT64_C(1796000000) * USEC_PER_SEC) /* a day in 2026 */
#define VALID (T0 + 3 * USEC_PER_DAY)
#define ALICE "+8613800000001"
#define BOB "+8613800000002"

static const struct store_sim north = { "north", "8986000000000000001" };
static const struct store_sim south = { "south", "8986000000000000002" };

struct fixture {
	char directory[128];
	sd_event *loop;
	struct store *store;
	char error[512];
	int64_t worker; /* that reads */
	/* The events that the listener was told, the newest 64. */
	struct store_event events[64];
	char event_text[64][256];
	enum inbound_kind event_kind[64];
	unsigned event_count;
	bool callback_came;
};

static inline void keep_events(const struct store_event *events, size_t count, void *userdata)
{
	struct fixture *f = userdata;

	for (size_t i = 0; i < count; i++, f->event_count++) {
		f->events[f->event_count % 64] = events[i];
		if (!events[i].inbound)
			continue;
		f->event_kind[f->event_count % 64] = events[i].inbound->kind;
		snprintf(f->event_text[f->event_count % 64], 256, "%.*s",
			 (int)events[i].inbound->text_size, events[i].inbound->text);
	}
}

static inline int fixture_open(struct fixture *f)
{
	int r = store_open(f->directory, f->loop, f->error, sizeof(f->error), &f->store);

	if (r >= 0)
		store_on_events(f->store, keep_events, f);
	return r;
}

static inline void fixture_reopen(struct fixture *f)
{
	f->store = store_close(f->store);
	assert_int_equal(fixture_open(f), 0);
}

static inline int setup_closed(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *top = getenv("TMPDIR");

	assert_non_null(f);
	snprintf(f->directory, sizeof(f->directory), "%s/store-XXXXXX", top ? top : "/tmp");
	assert_non_null(mkdtemp(f->directory));
	assert_true(sd_event_new(&f->loop) >= 0);
	*state = f;
	return 0;
}

static inline int setup_open(void **state)
{
	setup_closed(state);
	assert_int_equal(fixture_open(*state), 0);
	return 0;
}

/* With SIMs that were met before: what is read of them is new. */
static inline int setup(void **state)
{
	struct fixture *f;

	setup_open(state);
	f = *state;
	assert_int_equal(store_sim_swept(f->store, &north, T0 - USEC_PER_DAY), 0);
	assert_int_equal(store_sim_swept(f->store, &south, T0 - USEC_PER_DAY), 0);
	return 0;
}

static inline int remove_entry(const char *path, const struct stat *status, int type,
			       struct FTW *at)
{
	(void)status;
	(void)type;
	(void)at;
	return remove(path);
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	sd_event_unref(f->loop);
	nftw(f->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

/* Turns the loop until the callback came; ten seconds are a failure, not a measure. */
static inline void await(struct fixture *f, const bool *came)
{
	while (!*came)
		assert_true(sd_event_run(f->loop, 10 * USEC_PER_SEC) > 0);
}

/* ------------------------------------------------------------------ messages out */

struct shown {
	bool came;
	int error;
	struct store_message message;
	struct store_delivery deliveries[8];
	struct store_attempt attempts[8][16];
	char text[1024];
};

static inline void keep_message(int error, const struct store_message *message, void *userdata)
{
	struct shown *shown = userdata;

	shown->came = true;
	shown->error = error;
	if (!message)
		return;
	shown->message = *message;
	snprintf(shown->text, sizeof(shown->text), "%.*s", (int)message->text_size, message->text);
	for (size_t i = 0; i < message->delivery_count && i < 8; i++) {
		shown->deliveries[i] = message->deliveries[i];
		for (size_t a = 0; a < message->deliveries[i].attempt_count && a < 16; a++)
			shown->attempts[i][a] = message->deliveries[i].attempts[a];
	}
}

struct draft {
	const char *id, *to, *to_too; /* to_too: a second recipient */
	unsigned parts;               /* 0: one */
	int priority;
	int64_t created, scheduled, valid; /* 0: T0, now, VALID */
	uint8_t digest;
	bool hold;
	const char *text; /* of its one part */
	enum sms_alphabet alphabet;
};

static inline struct shown submit(struct fixture *f, struct draft draft)
{
	const struct store_part_new parts[] = { { draft.text ? draft.text : "one ",
						  draft.text ? strlen(draft.text) : 4 },
						{ "two ", 4 },
						{ "three ", 6 },
						{ "four", 4 } };
	const struct store_recipient_new recipients[] = { { draft.to ? draft.to : ALICE,
							    draft.to ? draft.to : ALICE },
							  { draft.to_too, draft.to_too } };
	uint8_t digest[32] = { draft.digest };
	struct store_message_new message = {
		.id = draft.id,
		.text = "one two three",
		.text_size = 13,
		.created_at_usec = draft.created ? draft.created : T0,
		.scheduled_at_usec = draft.scheduled,
		.valid_until_usec = draft.valid ? draft.valid : VALID,
		.priority = draft.priority,
		.hold_on_unknown = draft.hold,
		.alphabet = draft.alphabet,
		.parts = parts,
		.part_count = draft.parts ? draft.parts : 1,
		.recipients = recipients,
		.recipient_count = draft.to_too ? 2 : 1,
		.digest = digest,
	};
	struct shown shown = { 0 };

	assert_true(message.part_count <= sizeof(parts) / sizeof(parts[0]));
	assert_int_equal(store_submit(f->store, &message, keep_message, &shown), 0);
	await(f, &shown.came);
	return shown;
}

static inline struct shown show(struct fixture *f, const char *id)
{
	struct shown shown = { 0 };

	assert_int_equal(store_message_get(f->store, id, keep_message, &shown), 0);
	await(f, &shown.came);
	return shown;
}

static inline enum delivery_state state_of(struct fixture *f, const char *id)
{
	struct shown shown = show(f, id);

	assert_int_equal(shown.error, 0);
	return shown.deliveries[0].state;
}

static inline struct shown cancel(struct fixture *f, const char *id)
{
	struct shown shown = { 0 };

	assert_int_equal(store_message_cancel(f->store, id, T0 + 1, keep_message, &shown), 0);
	await(f, &shown.came);
	return shown;
}

struct page {
	bool came;
	int error;
	size_t count;
	char ids[32][STORE_ID_SIZE];
	int64_t next;
};

static inline void keep_page(int error, const struct store_message *messages, size_t count,
			     int64_t next, void *userdata)
{
	struct page *page = userdata;

	page->came = true;
	page->error = error;
	page->count = count;
	page->next = next;
	for (size_t i = 0; i < count && i < 32; i++)
		memcpy(page->ids[i], messages[i].id, STORE_ID_SIZE);
}

static inline struct page list(struct fixture *f, struct store_message_filter filter)
{
	struct page page = { 0 };

	assert_int_equal(store_message_list(f->store, &filter, keep_page, &page), 0);
	await(f, &page.came);
	assert_int_equal(page.error, 0);
	return page;
}

/* ------------------------------------------------------------------ attempts */

struct turn {
	bool came, found;
	int error;
	struct store_job job;
	int64_t next;
	struct store_wait wait;
};

static inline void keep_job(int error, const struct store_job *job, const struct store_wait *wait,
			    void *userdata)
{
	struct turn *turn = userdata;

	turn->came = true;
	turn->error = error;
	turn->found = job != NULL;
	if (job)
		turn->job = *job;
	if (wait) {
		turn->next = wait->next_usec;
		turn->wait = *wait;
	}
}

/* Takes every number that no modem is configured for, and leaves nothing to conversations. */
static const char *const no_prefix[] = { "" };
static const struct store_route any_route = { .prefixes = no_prefix, .prefix_count = 1 };

static inline struct turn begin_by(struct fixture *f, const struct store_sim *sim,
				   const struct store_route *route, struct store_now now)
{
	struct turn turn = { 0 };

	assert_int_equal(store_attempt_begin(f->store, sim, route, &now, keep_job, &turn), 0);
	await(f, &turn.came);
	return turn;
}

static inline struct turn begin(struct fixture *f, const struct store_sim *sim, int64_t now)
{
	return begin_by(f, sim, &any_route, (struct store_now){ now, true });
}

struct outcome {
	bool came;
	int error;
};

static inline void keep_outcome(int error, void *userdata)
{
	struct outcome *outcome = userdata;

	outcome->came = true;
	outcome->error = error;
}

static inline int end_at(struct fixture *f, int64_t attempt, enum part_event event, int reference,
			 int64_t at)
{
	const struct store_attempt_end end = {
		.attempt = attempt,
		.event = event,
		.reference = reference,
		.reason = "Because.",
		.error = event == PART_REFUSED || event == PART_REFUSED_FOR_GOOD ? "CMS/38" : NULL,
		.at_usec = at,
		.retry_at_usec = at + USEC_PER_MINUTE,
	};
	struct outcome outcome = { 0 };

	assert_int_equal(store_attempt_end(f->store, &end, keep_outcome, &outcome), 0);
	await(f, &outcome.came);
	return outcome.error;
}

static inline int end(struct fixture *f, int64_t attempt, enum part_event event, int reference)
{
	return end_at(f, attempt, event, reference, T0 + 2);
}

/* One part goes out and is accepted. */
static inline void send_part(struct fixture *f, const struct store_sim *sim, int reference,
			     int64_t now)
{
	struct turn turn = begin(f, sim, now);

	assert_true(turn.found);
	assert_int_equal(end_at(f, turn.job.attempt, PART_ACCEPTED, reference, now + 1), 0);
}

static inline int late(struct fixture *f, const struct store_sim *sim, enum part_event event,
		       int reference)
{
	const struct store_attempt_end answer = {
		.attempt = -1,
		.event = event,
		.reference = reference,
		.reason = "Heard late.",
		.at_usec = T0 + 5,
		.retry_at_usec = T0 + 6,
	};
	struct outcome outcome = { 0 };

	assert_int_equal(store_attempt_late(f->store, sim, &answer, keep_outcome, &outcome), 0);
	await(f, &outcome.came);
	return outcome.error;
}

static inline int recover(struct fixture *f, int64_t now)
{
	struct outcome outcome = { 0 };

	assert_int_equal(store_recover(f->store, now, keep_outcome, &outcome), 0);
	await(f, &outcome.came);
	return outcome.error;
}

struct ticked {
	bool came;
	int error;
	struct store_tick tick;
};

static inline void keep_tick(int error, const struct store_tick *tick, void *userdata)
{
	struct ticked *ticked = userdata;

	ticked->came = true;
	ticked->error = error;
	if (tick)
		ticked->tick = *tick;
}

static const struct store_tick_policy policy = {
	.unknown_usec = 30 * USEC_PER_MINUTE,
	.keep_text_usec = 90 * USEC_PER_DAY,
	.keep_record_usec = 400 * USEC_PER_DAY,
};

static inline struct store_tick tick(struct fixture *f, int64_t now)
{
	struct ticked ticked = { 0 };

	assert_int_equal(
		store_tick(f->store, &(struct store_now){ now, true }, &policy, keep_tick, &ticked),
		0);
	await(f, &ticked.came);
	assert_int_equal(ticked.error, 0);
	return ticked.tick;
}

/* ------------------------------------------------------------------ what comes in */

struct read {
	bool came;
	int error;
	enum store_reading reading;
};

static inline void keep_reading(int error, enum store_reading reading, void *userdata)
{
	struct read *read = userdata;

	read->came = true;
	read->error = error;
	read->reading = reading;
}

static inline enum store_reading receive_from(struct fixture *f, const struct store_sim *sim,
					      const uint8_t *octets, size_t size,
					      const char *memory, int location,
					      const struct tpdu *tpdu, int64_t at)
{
	const struct store_received received = {
		.worker = f->worker,
		.to = "+8613900000000",
		.at_usec = at,
		.memory = memory,
		.location = location,
		.octets = octets,
		.size = size,
		.tpdu = tpdu,
	};
	struct read read = { 0 };

	assert_int_equal(store_receive(f->store, sim, &received, keep_reading, &read), 0);
	await(f, &read.came);
	assert_int_equal(read.error, 0);
	return read.reading;
}

static inline enum store_reading receive_octets(struct fixture *f, const struct store_sim *sim,
						const uint8_t *octets, size_t size, int location,
						const struct tpdu *tpdu, int64_t at)
{
	return receive_from(f, sim, octets, size, location < 0 ? "" : "SM", location, tpdu, at);
}

/* The octets stand for a TPDU: what is different differs in them. */
static inline enum store_reading receive(struct fixture *f, const struct store_sim *sim,
					 const char *octets, int location, const struct tpdu *tpdu,
					 int64_t at)
{
	return receive_octets(f, sim, (const uint8_t *)octets, strlen(octets), location, tpdu, at);
}

/* A status report for ALICE unless told; octets make it different from others. */
static inline enum store_reading report(struct fixture *f, const struct store_sim *sim,
					const char *from, uint8_t reference, uint8_t status,
					int64_t at)
{
	static unsigned number;
	char octets[24];
	struct tpdu tpdu = { .kind = TPDU_STATUS_REPORT, .reference = reference, .status = status };

	snprintf(tpdu.address, sizeof(tpdu.address), "%s", from);
	snprintf(octets, sizeof(octets), "report %u", number++);
	return receive(f, sim, octets, -1, &tpdu, at);
}

struct inbox {
	bool came;
	int error;
	size_t count;
	struct store_inbound items[16];
	char text[16][512];
	int64_t next;
};

static inline void keep_inbox(int error, const struct store_inbound *items, size_t count,
			      int64_t next, void *userdata)
{
	struct inbox *inbox = userdata;

	inbox->came = true;
	inbox->error = error;
	inbox->count = count;
	inbox->next = next;
	for (size_t i = 0; i < count && i < 16; i++) {
		inbox->items[i] = items[i];
		snprintf(inbox->text[i], sizeof(inbox->text[i]), "%.*s", (int)items[i].text_size,
			 items[i].text);
	}
}

static inline struct inbox inbox_page(struct fixture *f, struct store_inbox_filter filter)
{
	struct inbox inbox = { 0 };

	assert_int_equal(store_inbox_list(f->store, &filter, keep_inbox, &inbox), 0);
	await(f, &inbox.came);
	assert_int_equal(inbox.error, 0);
	return inbox;
}

static inline struct inbox inbox(struct fixture *f)
{
	return inbox_page(f, (struct store_inbox_filter){ .limit = 100 });
}

struct overview {
	bool came;
	int error;
	struct store_overview overview;
};

static inline void keep_overview(int error, const struct store_overview *overview, void *userdata)
{
	struct overview *kept = userdata;

	kept->came = true;
	kept->error = error;
	if (overview)
		kept->overview = *overview;
}

static inline struct store_overview overview(struct fixture *f)
{
	struct overview kept = { 0 };

	assert_int_equal(store_overview(f->store, keep_overview, &kept), 0);
	await(f, &kept.came);
	assert_int_equal(kept.error, 0);
	return kept.overview;
}
