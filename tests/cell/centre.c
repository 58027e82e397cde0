/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The service centre.  A letter goes: accepted -> (a job) -> its recipient's queue -> taken, or its
 * validity ends -> it becomes its own status report -> (a job) -> the queue of the modem that sent
 * it -> taken.  A recipient that can't take its first letter is left alone until centre_wake().
 */
#include "tests/cell/centre.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cell/events.h"

#define VALIDITY_DEFAULT (INT64_C(72) * 3600 * USEC)
#define STATUS_DELIVERED 0x00
#define STATUS_INCOMPATIBLE 0x41
#define STATUS_EXPIRED 0x46
#define CMS_CONGESTION 42

struct centre {
	struct timeline *timeline;
	struct events *events;
	struct phonebook *phones;
	struct centre_settings settings;
	struct letter_list letters; /* all of them */
	size_t count;
};

static void report_send(struct letter *letter, int status);

static int64_t span_pick(const struct span *span)
{
	int64_t width = span->most_usec - span->least_usec;

	return span->least_usec + (width > 0 ? (int64_t)random() % (width + 1) : 0);
}

int64_t centre_air_usec(const struct centre *centre)
{
	return span_pick(&centre->settings.part);
}

int64_t centre_now(const struct centre *centre)
{
	return timeline_now(centre->timeline);
}

void centre_advance(struct centre *centre, int64_t usec)
{
	timeline_advance(centre->timeline, usec);
}

int centre_quarters(const struct centre *centre)
{
	return centre->settings.quarters;
}

struct phonebook *centre_phones(struct centre *centre)
{
	return centre->phones;
}

static struct letter *letter_new(struct centre *centre)
{
	struct letter *letter;

	if (centre->count >= CENTRE_LETTERS_MAX)
		return NULL;
	letter = calloc(1, sizeof(*letter));
	if (!letter)
		return NULL;
	letter->centre = centre;
	letter->job.owner = letter;
	letter->accepted_usec = centre_now(centre);
	letter->expires_usec = letter->accepted_usec + VALIDITY_DEFAULT;
	TAILQ_INSERT_TAIL(&centre->letters, letter, all);
	centre->count++;
	return letter;
}

static void letter_list_leave(struct letter *letter)
{
	if (letter->in)
		TAILQ_REMOVE(letter->in, letter, next);
	letter->in = NULL;
}

static void letter_list_enter(struct letter *letter, struct letter_list *list)
{
	letter_list_leave(letter);
	TAILQ_INSERT_TAIL(list, letter, next);
	letter->in = list;
}

static void letter_free(struct letter *letter)
{
	struct centre *centre = letter->centre;

	letter_list_leave(letter);
	timeline_remove(centre->timeline, &letter->job);
	TAILQ_REMOVE(&centre->letters, letter, all);
	centre->count--;
	free(letter);
}

int letter_tpdu(const struct letter *letter, int quarters, uint8_t octets[static TPDU_OCTETS_MAX])
{
	if (letter->size == 0)
		return deliver_write(letter->from, &letter->data, letter->accepted_usec, quarters,
				     octets);
	memcpy(octets, letter->tpdu, letter->size);
	return letter->size;
}

/* What can't be timed for want of memory is done at once: nothing is ever forgotten. */
static void later(struct letter *letter, void (*run)(void *), int64_t at_usec)
{
	letter->job.run = run;
	if (timeline_add(letter->centre->timeline, &letter->job, at_usec) < 0)
		run(letter);
}

static void letter_expire(void *owner)
{
	struct letter *letter = owner;

	letter_list_leave(letter);
	report_send(letter, STATUS_EXPIRED);
}

/* 3GPP TS 23.040 9.2.3.15: the centre is still trying. */
static bool is_temporary(int status)
{
	return status >= 0x20 && status < 0x40;
}

/* The first look at a letter: what was asked for its number comes before its delivery. */
static bool ends_at_first_try(struct letter *letter)
{
	struct phone *phone = letter->phone;

	if (letter->tried || !phone || letter->is_report)
		return false;
	letter->tried = true;
	if (phone->report_mode == REPORT_FAIL)
		return true;
	if (is_temporary(phone->report_status) && letter->report_wanted) {
		struct letter *still_trying = letter_new(letter->centre);

		if (still_trying) {
			still_trying->origin = letter->origin;
			still_trying->phone = phone;
			still_trying->accepted_usec = letter->accepted_usec;
			still_trying->reference = letter->reference;
			still_trying->report_wanted = true;
			report_send(still_trying, phone->report_status);
		}
	}
	return false;
}

static int failure_status(const struct letter *letter)
{
	return letter->phone->report_status >= 0 ? letter->phone->report_status
						 : STATUS_INCOMPATIBLE;
}

static void serve(struct centre *centre, struct recipient *recipient)
{
	struct letter *letter;

	while ((letter = TAILQ_FIRST(&recipient->queue))) {
		if (ends_at_first_try(letter)) {
			letter_list_leave(letter);
			report_send(letter, failure_status(letter));
			continue;
		}
		if ((letter->phone && !letter->is_report && !letter->phone->reachable) ||
		    recipient->receive(recipient, letter) == RECEIPT_LATER) {
			return;
		}
		letter_list_leave(letter);
		report_send(letter, STATUS_DELIVERED);
		if (recipient->on_air && centre->settings.part.most_usec > 0) {
			centre_wake(centre, recipient);
			return;
		}
	}
}

static void serve_job(void *owner)
{
	struct recipient *recipient = owner;
	struct letter *first = TAILQ_FIRST(&recipient->queue);

	if (first)
		serve(first->centre, recipient);
}

void centre_wake(struct centre *centre, struct recipient *recipient)
{
	if (TAILQ_EMPTY(&recipient->queue) || recipient->serve.place)
		return;
	recipient->serve.run = serve_job;
	recipient->serve.owner = recipient;
	if (timeline_add(centre->timeline, &recipient->serve,
			 centre_now(centre) + (recipient->on_air ? centre_air_usec(centre) : 0)) <
	    0)
		serve(centre, recipient);
}

static void letter_queue(struct letter *letter, struct recipient *recipient)
{
	bool first = TAILQ_EMPTY(&recipient->queue);

	letter->recipient = recipient;
	letter_list_enter(letter, &recipient->queue);
	later(letter, letter_expire, letter->expires_usec);
	if (first)
		centre_wake(letter->centre, recipient);
}

static void letter_route(void *owner)
{
	struct letter *letter = owner;

	letter_queue(letter, letter->phone->line);
}

static void report_due(void *owner)
{
	struct letter *letter = owner;

	if (letter->phone->report_mode == REPORT_WITHHOLD)
		letter_list_enter(letter, &letter->phone->withheld);
	else
		letter_queue(letter, letter->origin);
}

/* The letter's end: it turns into its report, or is gone. */
static void report_send(struct letter *letter, int status)
{
	struct centre *centre = letter->centre;
	struct report report;
	int64_t wait;

	if (letter->is_report || !letter->report_wanted) {
		letter_free(letter);
		return;
	}
	if (status == STATUS_DELIVERED && letter->phone->report_status >= 0 &&
	    !is_temporary(letter->phone->report_status))
		status = letter->phone->report_status;

	report = (struct report){ .reference = letter->reference,
				  .accepted_usec = letter->accepted_usec,
				  .ended_usec = centre_now(centre),
				  .status = (uint8_t)status };
	text_copy(report.to, sizeof(report.to), letter->phone->number);
	letter->size = (uint8_t)report_write(&report, centre->settings.quarters, letter->tpdu);
	letter->is_report = true;
	letter->status = (uint8_t)status;
	letter->expires_usec = report.ended_usec + VALIDITY_DEFAULT;
	wait = span_pick(&centre->settings.report) + letter->phone->report_delay_usec;
	later(letter, report_due, report.ended_usec + wait);
}

static enum receipt phone_receive(struct recipient *recipient, const struct letter *letter)
{
	(void)recipient;
	return phone_show(letter->phone, letter->from, &letter->data, centre_now(letter->centre)) <
			       0
		       ? RECEIPT_LATER
		       : RECEIPT_TAKEN;
}

/* A letter to a number: its recipient is found only when it is under way. */
static int post_to_number(struct centre *centre, const char *to, struct letter *letter)
{
	letter->phone = phonebook_get(centre->phones, to);
	if (!letter->phone) {
		letter_free(letter);
		return -ENOBUFS;
	}
	letter->phone->inbox.receive = phone_receive;
	later(letter, letter_route, centre_now(centre));
	return 0;
}

int centre_submit(struct centre *centre, struct recipient *origin, const char *from,
		  const struct submit *submit, uint8_t reference)
{
	struct letter *letter = letter_new(centre);

	if (!letter)
		return CMS_CONGESTION;
	text_copy(letter->from, sizeof(letter->from), from);
	letter->data = submit->data;
	letter->origin = origin;
	letter->report_wanted = submit->report;
	letter->reference = reference;
	if (submit->validity_given)
		letter->expires_usec = letter->accepted_usec + submit->validity_usec;
	return post_to_number(centre, submit->to, letter) < 0 ? CMS_CONGESTION : 0;
}

int centre_post(struct centre *centre, const char *from, const char *to,
		struct recipient *recipient, const struct user_data *data)
{
	struct letter *letter = letter_new(centre);

	if (!letter)
		return -ENOBUFS;
	text_copy(letter->from, sizeof(letter->from), from);
	letter->data = *data;
	if (!recipient)
		return post_to_number(centre, to, letter);
	letter_queue(letter, recipient);
	return 0;
}

int centre_post_raw(struct centre *centre, struct recipient *recipient, const uint8_t *octets,
		    size_t size)
{
	struct letter *letter;

	if (size == 0 || size > TPDU_OCTETS_MAX)
		return -EMSGSIZE;
	letter = letter_new(centre);
	if (!letter)
		return -ENOBUFS;
	memcpy(letter->tpdu, octets, size);
	letter->size = (uint8_t)size;
	letter_queue(letter, recipient);
	return 0;
}

size_t centre_release(struct centre *centre, struct phone *phone)
{
	struct letter *letter;
	size_t count = 0;

	(void)centre;
	for (; (letter = TAILQ_FIRST(&phone->withheld)); count++)
		letter_queue(letter, letter->origin);
	return count;
}

/* What waits for the number goes to whoever has it now. */
int centre_attach(struct centre *centre, const char *number, struct recipient *recipient)
{
	struct phone *phone = phonebook_get(centre->phones, number);
	struct recipient *before;
	struct letter *letter, *next;

	if (!phone)
		return -ENOBUFS;
	before = phone->line;
	phone->line = recipient ? recipient : &phone->inbox;
	for (letter = TAILQ_FIRST(&before->queue); letter; letter = next) {
		next = TAILQ_NEXT(letter, next);
		if (letter->phone == phone && !letter->is_report)
			letter_queue(letter, phone->line);
	}
	return 0;
}

int centre_new(sd_event *event, struct events *events, const struct centre_settings *settings,
	       struct centre **ret)
{
	struct centre *centre = calloc(1, sizeof(*centre));
	int r = -ENOMEM;

	if (!centre)
		return -ENOMEM;
	TAILQ_INIT(&centre->letters);
	centre->events = events;
	centre->settings = *settings;
	centre->phones = phonebook_new(events);
	if (centre->phones)
		r = timeline_new(event, &centre->timeline);
	if (r < 0) {
		centre_free(centre);
		return r;
	}
	*ret = centre;
	return 0;
}

struct centre *centre_free(struct centre *centre)
{
	if (!centre)
		return NULL;
	while (!TAILQ_EMPTY(&centre->letters))
		letter_free(TAILQ_FIRST(&centre->letters));
	phonebook_free(centre->phones);
	timeline_free(centre->timeline);
	free(centre);
	return NULL;
}
