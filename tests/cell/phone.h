/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What belongs to a number: whether it is in reach, what becomes of its reports and of what is sent
 * to it, and the phone's screen, where parts become messages.  A number is made at its first use.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "tests/cell/fields.h"
#include "tests/cell/recipient.h"
#include "tests/cell/user_data.h"

#define PHONES_MAX 100000
#define SCREEN_MAX 10000
#define SCREEN_INCOMPLETE_MAX 200

struct events;

enum report_mode {
	REPORT_NORMAL,
	REPORT_WITHHOLD,
	REPORT_FAIL, /* the network gives up at once: nothing is shown, the status says so */
};

/* How the next sends end; count 0: as usual. */
struct failure {
	unsigned count;
	char error[16]; /* "CMS:38", "CME:10", "ERROR", "SILENT", "DROP" */
};

struct message {
	TAILQ_ENTRY(message) next;
	char from[ADDRESS_SIZE];
	int message_class;
	int64_t at_usec; /* of the centre's clock, when the last part came */
	struct concat concat;
	size_t parts; /* that are there */
	struct message_part {
		bool here;
		size_t size;
		char *text;
	} * part; /* total of them */
	size_t total;
};
TAILQ_HEAD(message_list, message);

struct phone {
	char number[ADDRESS_SIZE];
	struct events *events;
	bool reachable;
	enum report_mode report_mode;
	int report_status; /* -1: as it is */
	int64_t report_delay_usec;
	struct failure failure;
	struct letter_list withheld; /* reports */

	struct recipient inbox; /* the phone's own */
	struct recipient *line; /* that, or the modem's that has this number */

	struct message_list screen, incomplete;
	size_t screen_count, incomplete_count;
	uint16_t last_reference; /* of what is typed here */
};

/* The parts of a message, one after the other; the caller's to free. */
char *message_text(const struct message *message, size_t *ret_size);

/* A part has come; a whole message goes to the screen.  Returns 0 or -ENOMEM. */
int phone_show(struct phone *phone, const char *from, const struct user_data *data,
	       int64_t at_usec);

struct phonebook;

struct phonebook *phonebook_new(struct events *events);
struct phonebook *phonebook_free(struct phonebook *book);

/* Finds or makes; NULL when there is no room. */
struct phone *phonebook_get(struct phonebook *book, const char *number);
void phonebook_each(const struct phonebook *book, void (*visit)(struct phone *, void *),
		    void *userdata);
