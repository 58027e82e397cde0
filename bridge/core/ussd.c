/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ussd.h.  The handle holds at most one code at a time.
 */
#include "bridge/core/ussd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"

struct ussd {
	const char *name;
	int64_t id; /* of the code whose answer is waited for; 0 none */
	int64_t since_usec;
	ussd_done done;
	void *userdata;
};

int ussd_new(const char *name, struct ussd **ret_ussd)
{
	struct ussd *ussd = calloc(1, sizeof(*ussd));

	if (!ussd)
		return -ENOMEM;
	ussd->name = name;
	*ret_ussd = ussd;
	return 0;
}

struct ussd *ussd_free(struct ussd *ussd)
{
	free(ussd);
	return NULL;
}

int ussd_ask(struct ussd *ussd, struct modem *modem, const char *code, ussd_done done,
	     void *userdata)
{
	int r;

	if (ussd->id != 0)
		return -EBUSY;
	r = modem_ussd(modem, code, &ussd->id);
	if (r < 0)
		return r;
	ussd->since_usec = clock_monotonic_usec();
	ussd->done = done;
	ussd->userdata = userdata;
	return 0;
}

int64_t ussd_since_usec(const struct ussd *ussd)
{
	return ussd->id != 0 ? ussd->since_usec : 0;
}

static void ussd_log(const struct ussd *ussd, const struct modem_word_ussd *word)
{
	const struct log_fields fields = { .modem = ussd->name,
					   .reason = word->reason[0] ? word->reason : NULL };
	size_t size = strlen(word->text);

	if (word->id == 0)
		log_record(LOG_MODEM_USSD, &fields,
			   "The network said something by itself to modem %s (USSD, %zu bytes).",
			   ussd->name, size);
	else if (word->end == MODEM_USSD_FAILED)
		log_record(LOG_MODEM_USSD, &fields, "A USSD code failed on modem %s.", ussd->name);
	else
		log_record(LOG_MODEM_USSD, &fields,
			   "The network answered a USSD code on modem %s with %zu bytes%s.",
			   ussd->name, size,
			   word->end == MODEM_USSD_MENU ? ", and waits for an answer" : "");
}

void ussd_heard(struct ussd *ussd, const struct modem_word_ussd *word)
{
	if (word->id != 0 && word->id != ussd->id) {
		log_record(LOG_MODEM_NOTE, &(struct log_fields){ .modem = ussd->name },
			   "The worker answered a USSD code that was not asked for; ignoring it.");
		return;
	}
	ussd_log(ussd, word);
	if (word->id == 0)
		return;
	ussd->id = 0; /* before done(): it may ask again */
	ussd->done(word, ussd->userdata);
}
