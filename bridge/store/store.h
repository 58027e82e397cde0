/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The store: everything that must survive.  It speaks of messages and people, not of SQL, and leaks
 * no type of SQLite.
 *
 * A thread of its own owns the database.  Every operation is posted from the loop's thread, runs
 * whole (reads, decides by state.h, writes) in a savepoint; what has queued up is one transaction;
 * the callback runs on the loop, AFTER commit, in the order of posting.  Arguments are copied when
 * posted.  Results belong to the store and live until the callback returns.
 *
 * Every callback has an error first: 0, or negative errno: -ENOENT, -EEXIST, -EINVAL as each
 * operation says; -EIO, -ENOSPC for a disk that fails (nothing was done; API answers 503);
 * -EUCLEAN when a page turns out to be damaged, and for every operation after it; -EBUSY
 * comes from the posting call itself when too much is queued.  Posting returns 0, -EBUSY, -ENOMEM;
 * the callback runs if and only if posting returned 0.
 *
 * Moments are microseconds since 1970 UTC; 0 means none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "bridge/base/number.h"
#include "bridge/store/state.h"
#include "bridge/store/store_sim.h"
#include "modem/text/tpdu.h"

#define STORE_ID_SIZE 65 /* ids: 1..64 of [A-Za-z0-9._:-] */

/*
 * Opens (creates, migrates) state_directory/footbridge.db and starts the thread.  Takes a lock on
 * the directory for as long as it is open.  On failure a sentence for people is in error (what
 * happened, what to do).  Returns 0, -EWOULDBLOCK (another daemon has it), -ENOTUNIQ (a newer
 * schema), -EUCLEAN (not our database, or damaged), -EACCES, -EMFILE, -ENOSPC, -EIO, -ENOMEM.
 */
int store_open(const char *state_directory, sd_event *loop, char *error, size_t error_size,
	       struct store **ret_store);

/* Runs what is queued, drops the callbacks' results, closes.  NULL is fine. */
struct store *store_close(struct store *store);

/* ------------------------------------------------------------------ messages going out */

struct store_part_new {
	const char *text; /* UTF-8 of this part */
	size_t text_size;
};

struct store_recipient_new {
	const char *to;     /* as the caller wrote it */
	const char *number; /* E.164 or short code */
};

struct store_message_new {
	const char *id; /* the caller's idempotency key; NULL: made here */
	const char *text;
	size_t text_size;
	const char *sms_text; /* what goes by SMS instead; NULL */
	size_t sms_text_size;
	int64_t created_at_usec, scheduled_at_usec, valid_until_usec;
	int priority; /* -128..127 */
	bool hold_on_unknown;
	enum sms_alphabet alphabet;
	const struct store_part_new *parts; /* the same for every recipient */
	size_t part_count;                  /* 1..255 */
	const struct store_recipient_new *recipients;
	size_t recipient_count;
	const uint8_t *digest; /* 32 bytes over the request, for idempotency */
};

struct store_attempt {
	char modem[STORE_NAME_SIZE];
	unsigned part; /* 1-based */
	enum delivery_state state;
	char reason[STORE_REASON_SIZE];
	char error[16]; /* "CMS/38", "" */
	int64_t at_usec, ended_at_usec;
	int reference; /* -1 none */
	bool may_be_duplicate;
};

struct store_delivery {
	char id[STORE_ID_SIZE];
	char to[STORE_NAME_SIZE], number[NUMBER_SIZE];
	enum delivery_state state;
	bool final; /* also sent without a report that can still come */
	char reason[STORE_REASON_SIZE];
	char modem[STORE_NAME_SIZE]; /* "" none yet */
	char sim[STORE_NAME_SIZE]; /* only this one may go on with it now; "" any, or nothing waits */
	unsigned parts, parts_sent, parts_delivered;
	bool may_be_duplicate;
	int64_t next_attempt_usec;
	struct store_attempt *attempts; /* NULL in lists */
	size_t attempt_count;
};

struct store_message {
	char id[STORE_ID_SIZE];
	enum delivery_state state;
	unsigned counts[DELIVERY_STATE_COUNT];
	const char *text, *sms_text; /* sms_text NULL when none */
	size_t text_size, sms_text_size;
	int64_t created_at_usec, scheduled_at_usec, valid_until_usec;
	int priority;
	bool hold_on_unknown;
	struct store_delivery *deliveries;
	size_t delivery_count;
};

typedef void (*store_message_done)(int error, const struct store_message *message, void *userdata);

/*
 * Writes message, deliveries and parts.  Error 0: new; -EALREADY with the stored message: same id,
 * same digest; -EEXIST: same id, other digest.
 */
int store_submit(struct store *store, const struct store_message_new *message,
		 store_message_done done, void *userdata);

/* -ENOENT: no such message.  With all attempts. */
int store_message_get(struct store *store, const char *id, store_message_done done, void *userdata);

/* Every delivery that is pending becomes cancelled.  -EBUSY in the callback: none was pending. */
int store_message_cancel(struct store *store, const char *id, int64_t now_usec,
			 store_message_done done, void *userdata);

enum store_settlement {
	STORE_SETTLE_DELIVERED,
	STORE_SETTLE_FAILED,
	STORE_SETTLE_RESEND, /* with the visible prefix */
};

/*
 * The operator's word on what is unknown (held or not): every unknown delivery of the message.
 * -ENOENT; with the message -EBUSY: none is unknown, -ENODATA: its text is not kept any more.
 */
int store_message_settle(struct store *store, const char *id, enum store_settlement settlement,
			 int64_t now_usec, store_message_done done, void *userdata);

/*
 * Every delivery that ended failed, expired or cancelled is pending again, for as long as the
 * message was first meant to be valid; parts that were confirmed are not sent again.  -ENOENT;
 * with the message -EBUSY: nothing of it has ended so, -ENODATA: its text is not kept any more.
 */
int store_message_retry(struct store *store, const char *id, int64_t now_usec,
			store_message_done done, void *userdata);

struct store_message_filter {
	int state;          /* enum delivery_state of at least one delivery, -1 any */
	const char *number; /* NULL any */
	int64_t since_usec;
	int64_t before_cursor; /* the next of the page before; 0 from the newest */
	unsigned limit;        /* 1..1000 */
};
typedef void (*store_messages_done)(int error, const struct store_message *messages, size_t count,
				    int64_t next_cursor, void *userdata);
/* Newest first. */
int store_message_list(struct store *store, const struct store_message_filter *filter,
		       store_messages_done done, void *userdata);

/* ------------------------------------------------------------------ the radio's side */

/* What goes to a modem now. */
struct store_job {
	int64_t attempt; /* > 0 */
	char message[STORE_ID_SIZE];
	char number[NUMBER_SIZE];
	enum sms_alphabet alphabet;
	char text[TPDU_TEXT_SIZE];
	size_t text_size;
	struct tpdu_concat concat;
	int64_t valid_until_usec;
	bool may_be_duplicate;
	unsigned tries;    /* earlier attempts of this part that were not excused */
	unsigned refusals; /* those of them that ended in CMS/10, CMS/21 or CMS/30 */
};

/* job NULL: nothing to do for this SIM now, and wait says why; otherwise wait is NULL. */
typedef void (*store_job_done)(int error, const struct store_job *job,
			       const struct store_wait *wait, void *userdata);

/*
 * Picks the next part for this SIM (priority, then due moment, then age; the parts of one delivery
 * stay on one SIM, in order, once something of it may be out) of what its route lets it take, counts
 * it against its quota and commits its attempt: the part is sending when the callback runs.
 */
int store_attempt_begin(struct store *store, const struct store_sim *sim,
			const struct store_route *route, const struct store_now *now,
			store_job_done done, void *userdata);

struct store_attempt_end {
	int64_t attempt;
	enum part_event event; /* ACCEPTED, NOT_SENT, REFUSED, REFUSED_FOR_GOOD, LOST_SIGHT */
	int reference;         /* -1 none */
	const char *error;     /* "CMS/38"; NULL */
	const char *reason;    /* a sentence for people */
	int64_t at_usec;
	int64_t retry_at_usec; /* for NOT_SENT and REFUSED */
	bool may_be_duplicate; /* the next attempt of this part is to be marked so */
	bool excused; /* not the message's fault (the network was gone): it does not count as a try */
};

/* -ENOENT: no such attempt; -EALREADY: it has ended before. done may be NULL. */
int store_attempt_end(struct store *store, const struct store_attempt_end *end, store_done done,
		      void *userdata);

/*
 * Everything outgoing waits (store_attempt_begin gives no job) until it is released; kept over
 * restarts.
 */
int store_hold(struct store *store, bool held, int64_t now_usec, store_done done, void *userdata);

/* Remembers that Ctrl-Z was about to pass.  Nobody waits for it; it rides on the next commit. */
int store_attempt_handed_over(struct store *store, int64_t attempt);

/*
 * An answer that a new worker heard before its first OK: it settles the newest unknown attempt of
 * this SIM, if that is the only one and the last.  -ENOENT: none.
 */
int store_attempt_late(struct store *store, const struct store_sim *sim,
		       const struct store_attempt_end *end, store_done done, void *userdata);

/* After a start, before anything else: attempts that a dead daemon left are settled (unknown). */
int store_recover(struct store *store, int64_t now_usec, store_done done, void *userdata);

/* What a turn of time may do. */
struct store_tick_policy {
	int64_t unknown_usec; /* how long an unknown part waits to be settled */
	int64_t gone_usec;    /* after which a SIM that is not at work is gone; 0: 2 minutes */
	/* After the last change of a final message; 0 for ever. */
	int64_t keep_text_usec, keep_record_usec;
};

struct store_tick {
	int64_t next_usec; /* when the next tick is worth while; 0: when something changes */
	unsigned released, expired, final_without_report, incomplete, resent, held, forgotten;
	bool sorting; /* by other prefixes: turn again at once, whatever the clock */
};
typedef void (*store_tick_done)(int error, const struct store_tick *tick, void *userdata);

/*
 * What time brings: scheduled messages become due; pending past their validity expire; sent without
 * report an hour past it become final (reason NoReport, with an event); unknown parts are sent again
 * with a visible prefix, or held for the operator (attention), as their message says; incomplete
 * inbound messages are given up on; events older than 7 days go; texts and records past retention
 * go.  With a clock that is not trusted it only does what needs no clock (architecture.md, Clock).
 */
int store_tick(struct store *store, const struct store_now *now,
	       const struct store_tick_policy *policy, store_tick_done done, void *userdata);

/* ------------------------------------------------------------------ messages coming in */

enum inbound_state {
	INBOUND_RECEIVED,
	INBOUND_INCOMPLETE, /* parts are missing and no longer waited for */
	INBOUND_UNREADABLE, /* kept raw */
	INBOUND_OLD,
	INBOUND_STATE_COUNT,
};
const char *inbound_state_name(enum inbound_state state);

enum inbound_kind {
	INBOUND_TEXT,
	INBOUND_DATA, /* 8-bit, or to a port: text is upper-case hex, and "[…]" where parts are missing */
	INBOUND_MMS, /* the notification of a picture message: text says so in words */
	INBOUND_KIND_COUNT,
};
const char *inbound_kind_name(enum inbound_kind kind); /* "text", "data", "mms" */
/* Of INBOUND_DATA: how many octets came. */
size_t inbound_data_size(const char *text, size_t text_size);

struct store_inbound {
	char id[STORE_ID_SIZE];
	enum inbound_state state;
	enum inbound_kind kind;
	int port; /* it was sent to; -1 none */
	char from[TPDU_ADDRESS_SIZE];
	char modem[STORE_NAME_SIZE];
	char to[NUMBER_SIZE]; /* the SIM's own number, "" unknown */
	const char *text;
	size_t text_size;
	int64_t sent_at_usec, received_at_usec, handled_at_usec;
};

enum store_reading {
	STORE_READING_MESSAGE, /* a whole message arrived */
	STORE_READING_PART,    /* a part, others are missing */
	STORE_READING_COPY,    /* was read before: delete it again */
	STORE_READING_REPORT,  /* a status report, matched */
	STORE_READING_STRAY,   /* a status report that fits no part */
	STORE_READING_KEPT,    /* not understood, kept as unreadable */
	STORE_READING_OLD,     /* was on a SIM never seen before: not to be deleted until adopted */
};

struct store_received {
	int64_t worker; /* its own number, over restarts too: slots of another may be empty by now */
	const char *to; /* the SIM's own number; NULL */
	int64_t at_usec;
	const char *memory; /* "" direct */
	int location;       /* -1 direct */
	const uint8_t *octets;
	size_t size;
	const struct tpdu *tpdu; /* NULL: not decoded */
};

typedef void (*store_received_done)(int error, enum store_reading reading, void *userdata);

/*
 * Commits what a modem read: after the callback it may be deleted from the SIM.  A copy is known by
 * SIM and SHA-256 of the TPDU; the same TPDU in another slot that the same worker read, and that is
 * not yet deleted, is another message.  Parts wait, keyed by SIM, sender, reference, width and total, until complete, or for
 * three days since the last; at most 1000 messages of a SIM do, then the oldest is given up.
 */
int store_receive(struct store *store, const struct store_sim *sim,
		  const struct store_received *received, store_received_done done, void *userdata);

/*
 * A worker has listed everything that was on the SIM: what comes from now on is new.  Until this is
 * said for the first time of a SIM, what store_receive() gets of it is old (and READING_OLD).
 */
int store_sim_swept(struct store *store, const struct store_sim *sim, int64_t now_usec);

/* The operator takes a SIM over: what is old on it may be deleted from now on.  -ENOENT. */
int store_sim_adopt(struct store *store, const struct store_sim *sim, int64_t now_usec,
		    store_done done, void *userdata);

/* Whose PIN: the modem's IMEI, otherwise its name; and the ICCID, "" unknown. */
struct store_pin_key {
	const char *modem, *iccid;
};
typedef void (*store_pin_done)(int error, bool allowed, void *userdata);
/*
 * Commits that this PIN is tried, before it says that it may be; not allowed: it was tried before
 * and not proved, or two tries of that SIM were not.  all_left: the SIM says that it has all its tries.  A PIN that was tried there once,
 * and no other, is then allowed once more: the power may have failed around the try.
 */
int store_pin_try(struct store *store, const struct store_pin_key *key, const char *pin,
		  bool all_left, int64_t now_usec, store_pin_done done, void *userdata);
/* The SIM is open: nothing is held against any PIN of it any more. */
int store_pin_proved(struct store *store, const struct store_pin_key *key);
/* The one that was allowed last was not entered after all. */
int store_pin_untried(struct store *store, const struct store_pin_key *key);

/* The slot is free again. */
int store_slot_deleted(struct store *store, const struct store_sim *sim, const char *memory,
		       int location, const uint8_t digest_of_tpdu[32]);

struct store_inbox_filter {
	int64_t before_cursor;
	unsigned limit;
	bool unhandled_only;
};
typedef void (*store_inbox_done)(int error, const struct store_inbound *items, size_t count,
				 int64_t next_cursor, void *userdata);
int store_inbox_list(struct store *store, const struct store_inbox_filter *filter,
		     store_inbox_done done, void *userdata);
/* One item; -ENOENT. */
int store_inbox_get(struct store *store, const char *id, store_inbox_done done, void *userdata);
/* Marks it handled and answers it; -ENOENT. */
int store_inbox_handled(struct store *store, const char *id, int64_t now_usec,
			store_inbox_done done, void *userdata);

/* ------------------------------------------------------------------ attention */

/* The end of a message whose id begins so needs nobody: it is the daemon's own. */
#define STORE_ID_OWN "selftest-"

/* What needs a human. */
enum attention_kind {
	ATTENTION_FAILED,        /* a delivery ended failed */
	ATTENTION_EXPIRED,       /* or expired */
	ATTENTION_HELD,          /* is unknown, and its message says: ask */
	ATTENTION_UNREADABLE,    /* an SMS that came in could not be read */
	ATTENTION_MODEM_DOWN,    /* for 15 minutes; ends by itself when the modem is back */
	ATTENTION_MODEM_BALANCE, /* its credit is low; ends when it is not any more */
	ATTENTION_MODEM_BARRED,  /* a self-test of it failed; ends when one succeeds */
	ATTENTION_KIND_COUNT,
};
const char *attention_kind_name(enum attention_kind kind); /* "delivery.failed", "modem.down" … */

struct store_attention {
	char id[STORE_ID_SIZE];
	enum attention_kind kind;
	int64_t at_usec, done_at_usec;                        /* 0: open */
	char message[STORE_ID_SIZE], delivery[STORE_ID_SIZE]; /* of a delivery; else "" */
	char number[NUMBER_SIZE];
	char inbound[STORE_ID_SIZE]; /* of an SMS */
	char modem[STORE_NAME_SIZE];
	char reason[STORE_REASON_SIZE];
};

/* Opened by the store in the transaction that makes the state; a delivery that leaves it (retry,
 * settle, a late report) ends its item. */
struct store_attention_filter {
	bool ended_too;
	int64_t before_cursor;
	unsigned limit; /* 1..1000 */
};
typedef void (*store_attention_done_list)(int error, const struct store_attention *items,
					  size_t count, int64_t next_cursor, void *userdata);
int store_attention_list(struct store *store, const struct store_attention_filter *filter,
			 store_attention_done_list done, void *userdata);
/* Ends one and answers it; again is fine.  -ENOENT. */
int store_attention_end(struct store *store, const char *id, int64_t now_usec,
			store_attention_done_list done, void *userdata);
/* One open item for each modem and kind (ATTENTION_MODEM_DOWN and behind it) while it is wrong.
 * reason may be NULL. */
int store_attention_modem(struct store *store, const char *modem, enum attention_kind kind,
			  bool wrong, const char *reason, int64_t now_usec);

/* ------------------------------------------------------------------ events, overview */

enum store_event_type {
	STORE_EVENT_MESSAGE_RECEIVED, /* message.received */
	STORE_EVENT_MESSAGE_STATE,    /* message.state */
	STORE_EVENT_MODEM_STATE,      /* modem.state */
	STORE_EVENT_ATTENTION,        /* attention: an item opened or ended */
	STORE_EVENT_TYPE_COUNT,
};
const char *store_event_type_name(enum store_event_type type);

struct store_event {
	int64_t id; /* durable, growing */
	enum store_event_type type;
	int64_t at_usec;
	/* message.received */
	const struct store_inbound *inbound;
	/* message.state: one delivery's change */
	char message[STORE_ID_SIZE], delivery[STORE_ID_SIZE], to[STORE_NAME_SIZE];
	char number[NUMBER_SIZE];
	enum delivery_state from_state, to_state;
	bool final; /* also sent or unknown, when no report is waited for any more */
	/* message.state, modem.state */
	char modem[STORE_NAME_SIZE];
	char reason[STORE_REASON_SIZE];
	char error[16];
	/* modem.state */
	char modem_from[16], modem_to[16];
	/* attention */
	const struct store_attention *attention;
};

/*
 * Called on the loop after every commit that wrote events, before the callbacks of the operations
 * of that commit.
 */
typedef void (*store_events_listener)(const struct store_event *events, size_t count,
				      void *userdata);
void store_on_events(struct store *store, store_events_listener listener, void *userdata);

typedef void (*store_events_done)(int error, const struct store_event *events, size_t count,
				  void *userdata);
/* Events with an id above after, oldest first, at most limit (1..1000). */
int store_events_after(struct store *store, int64_t after, unsigned limit, store_events_done done,
		       void *userdata);

int store_modem_changed(struct store *store, const char *modem, const char *from, const char *to,
			const char *reason, int64_t now_usec);

struct store_overview {
	uint64_t deliveries[DELIVERY_STATE_COUNT];
	uint64_t inbox_unhandled, attention_open;
	bool held;                   /* store_hold */
	int64_t oldest_pending_usec; /* 0 none */
	int64_t last_event;
	int64_t newest_stored_usec;
};
typedef void (*store_overview_done)(int error, const struct store_overview *overview,
				    void *userdata);
/* Cost does not grow with history: counts are kept, not counted. */
int store_overview(struct store *store, store_overview_done done, void *userdata);
