/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the daemon holds of one modem: its worker process.  The handle starts it, holds a deadline
 * for each of its commands, kills it (SIGKILL) when it is late or breaks the protocol, and starts
 * it again after a growing delay.  It decides nothing about messages: it tells its owner.
 */
#pragma once

#include <systemd/sd-event.h>

#include "modem/wire.h"

struct modem;

struct modem_settings {
	const char *name;    /* as configured; at most MODEM_NAME_SIZE - 1 bytes */
	const char *program; /* path of footbridge-modem */
	struct modem_order_start start;
	unsigned time_percent; /* 100; less makes every deadline and delay shorter, for tests */
};

/*
 * What the owner is told, on the loop, never from inside a modem_*() call of its own; it must not
 * call modem_free() in there.  SENDING is seen by the getter alone: changed() does not come for it.
 */
struct modem_listener {
	/* States, network, identity or the process changed: read them with the getters. */
	void (*changed)(struct modem *modem, enum modem_state from, void *userdata);
	/* Every order of modem_send is answered by exactly one outcome, also when the worker dies or
	 * cannot be killed: NOT_SENT without the handed-over word, UNKNOWN with it, or when the
	 * worker broke the protocol and nothing it said can be relied on. */
	void (*outcome)(struct modem *modem, const struct modem_word_outcome *outcome,
			void *userdata);
	void (*handed_over)(struct modem *modem, int64_t attempt, void *userdata);
	void (*late_outcome)(struct modem *modem, const struct modem_word_outcome *outcome,
			     void *userdata);
	/* Commit it, then call modem_delete with its reading, which is unique over all workers of
	 * this handle.  The same reading may come again until it is deleted. */
	void (*received)(struct modem *modem, const struct modem_word_received *received,
			 void *userdata);
	void (*deleted)(struct modem *modem, int64_t reading, bool done, void *userdata);
	/* The SIM is locked: answer with modem_enter_pin, now or later; it is asked again. */
	void (*pin_wanted)(struct modem *modem, const struct modem_word_pin_wanted *wanted,
			   void *userdata);
	/* The answer to modem_ussd (its id), also when the worker dies of it; or the network's own
	 * word (id 0). */
	void (*ussd)(struct modem *modem, const struct modem_word_ussd *ussd, void *userdata);
	/* The whole store of the SIM was listed; every received() of it came before. */
	void (*swept)(struct modem *modem, void *userdata);
};

/*
 * The owner has blocked SIGCHLD in all threads (sd_event_add_child).
 * Copies the settings and starts the first worker from the loop.  Returns 0, -ENOMEM, -ENOENT when
 * there is no such program, or sd-event's error.  modem_free kills a worker that still lives;
 * modem_stop lets it finish what runs first.
 */
int modem_new(sd_event *loop, const struct modem_settings *settings,
	      const struct modem_listener *listener, void *userdata, struct modem **ret_modem);
struct modem *modem_free(struct modem *modem);

/* Asks the worker to end; changed() comes with MODEM_STATE_ABSENT when it has. */
void modem_stop(struct modem *modem);

const char *modem_name(const struct modem *modem);
enum modem_state modem_state(const struct modem *modem);
const char *modem_reason(const struct modem *modem); /* of the state; never NULL */
const char *modem_device(const struct modem *modem);
const struct modem_word_identity *modem_identity(const struct modem *modem);
const struct modem_word_network *modem_network(const struct modem *modem);
pid_t modem_worker_pid(const struct modem *modem); /* 0: none runs */

/* True when a part may be given to it now: ready, nothing being sent, no USSD under way. */
bool modem_is_free(const struct modem *modem);

/* Returns 0, -EBUSY when it is not free, or the socket's error (the worker is then replaced). */
int modem_send(struct modem *modem, const struct modem_order_send *send);

/* Enters the PIN, once; "": none is entered, and the reason is that of the state "pin".  -ESTALE:
 * nobody waits for it any more; it was not entered. */
int modem_enter_pin(struct modem *modem, const char *pin, const char *reason);

/* Deletes a message that is committed, on whatever slot the reading came from.  -ESTALE: that
 * worker is gone; the next sweep brings the message again. */
int modem_delete(struct modem *modem, int64_t reading);

/*
 * Sends a USSD code, or the answer to a menu; "" ends the dialogue.  *ret_id: ussd() comes with it,
 * exactly once, within 60 s of the worker coming to it.  -EBUSY: one is under way; -ENOTCONN: the
 * modem is not ready; -EINVAL: too long, or not UTF-8.
 */
int modem_ussd(struct modem *modem, const char *code, int64_t *ret_id);

/*
 * The modem is at this device from now on: its worker begins at once (one at another device is ended
 * first).  NULL: it was pulled out, and no worker is tried.  A modem whose settings name no device
 * ("") begins like that: absent.
 */
int modem_plug(struct modem *modem, const char *device);

/* A device node has come that may be its own: a worker that waits for its next try has it now. */
void modem_retry(struct modem *modem);

/* An operator's wish: a new worker, which restarts the modem first (AT+CFUN=1,1).  -EBUSY while a part
 * is on the air; -ENOTCONN when it is absent. */
int modem_reset(struct modem *modem);
