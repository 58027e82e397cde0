/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * USSD through one modem: who asked, until the network has answered; and a record in the journal
 * of each answer.  Neither codes nor texts are logged: a voucher's number may be among them.
 */
#pragma once

#include "modem/handle.h"

struct ussd;

/* The word lives until the function returns. */
typedef void (*ussd_done)(const struct modem_word_ussd *word, void *userdata);

/* name outlives it.  Returns 0, -ENOMEM. */
int ussd_new(const char *name, struct ussd **ret_ussd);
struct ussd *ussd_free(struct ussd *ussd);

/* Returns 0, and done comes exactly once, not from here; or modem_ussd()'s errors. */
int ussd_ask(struct ussd *ussd, struct modem *modem, const char *code, ussd_done done,
	     void *userdata);

/* Since when an answer is waited for, monotonic; 0: none is. */
int64_t ussd_since_usec(const struct ussd *ussd);

/* The modem's word: an answer, or what the network says by itself. */
void ussd_heard(struct ussd *ussd, const struct modem_word_ussd *word);
