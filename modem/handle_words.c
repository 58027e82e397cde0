/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a worker says, checked against what it was told: the daemon does not believe it.
 */
#include "modem/handle_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"

#define SLOW_SENDS_MAX 50

void modem_close_send(struct modem *modem, const struct modem_word_outcome *outcome)
{
	modem->send_open = false;
	modem->handed_over = false;
	modem->deadlines.send = DEADLINE_NEVER;
	modem->listener.outcome(modem, outcome, modem->userdata);
}

void modem_close_ussd(struct modem *modem, const struct modem_word_ussd *ussd)
{
	modem->ussd_open = false;
	modem->deadlines.ussd = DEADLINE_NEVER;
	modem->listener.ussd(modem, ussd, modem->userdata);
	/* It is free again for what waited; a worker's end is told as such. */
	if (modem->pid > 0)
		modem->listener.changed(modem, modem->state, modem->userdata);
}

static void broke_protocol(struct modem *modem, const char *what)
{
	modem->broken = true;
	sd_event_source_set_enabled(modem->io, SD_EVENT_OFF);
	modem_kill_worker(modem, what);
}

static void take_state(struct modem *modem, const struct modem_word_state *word)
{
	modem->said_end = false;
	if (!modem->killed)
		modem->faulty = word->faulty && word->state == MODEM_STATE_FAILED;
	switch (word->state) {
	case MODEM_STATE_SEARCHING:
	case MODEM_STATE_READY:
		patience_healthy(&modem->patience, clock_monotonic_usec());
		modem_proved(modem);
		modem->deadlines.start = DEADLINE_NEVER;
		modem->start.remedy = MODEM_REMEDY_NONE;
		break;
	case MODEM_STATE_PIN:
		modem->deadlines.start = DEADLINE_NEVER;
		modem->start.remedy = MODEM_REMEDY_NONE;
		break;
	case MODEM_STATE_ABSENT:
		/* A remedy may make it vanish. */
		modem->start.remedy = MODEM_REMEDY_NONE;
		modem->said_end = true;
		modem->deadlines.start = DEADLINE_NEVER;
		break;
	case MODEM_STATE_FAILED:
		/* It ends now, or it lives on and waits for a SIM: nothing is late. */
		modem->said_end = true;
		modem->deadlines.start = DEADLINE_NEVER;
		break;
	case MODEM_STATE_STARTING:
		if (modem->state == MODEM_STATE_ABSENT)
			modem_appeared(modem);
		if (modem->deadlines.start == DEADLINE_NEVER)
			modem->deadlines.start = clock_monotonic_usec();
		break;
	case MODEM_STATE_SENDING:
	case MODEM_STATE_HELD:
	case MODEM_STATE_COUNT:
		break;
	}
	if (!modem->stopping && !modem->leaving)
		modem_enter_state(modem, word->state, word->reason);
}

/* What was waited for has come: what is left of the command is measured from here. */
static void measure_rest(struct modem *modem)
{
	if (modem->deadlines.busy != DEADLINE_NEVER)
		modem->deadlines.busy = modem->deadlines.progress = clock_monotonic_usec();
}

/* One silence does not make it slow for ever: the next worker tries without libgammu's waits again. */
static void count_slow_send(struct modem *modem)
{
	if (modem->start.pace_percent == 0 || ++modem->slow_sends < SLOW_SENDS_MAX)
		return;
	modem->start.pace_percent = 0;
	modem->slow_sends = 0;
}

static void take_outcome(struct modem *modem, const struct modem_word_outcome *outcome)
{
	if (!modem->send_open || outcome->attempt != modem->attempt) {
		broke_protocol(modem, "it told the outcome of a send that nobody asked for");
		return;
	}
	if (modem->handed_over && outcome->outcome == MODEM_OUTCOME_NOT_SENT) {
		broke_protocol(modem, "it took back what it had handed over");
		return;
	}
	if (outcome->outcome == MODEM_OUTCOME_SENT || outcome->outcome == MODEM_OUTCOME_REFUSED)
		modem_proved(modem);
	if (outcome->outcome == MODEM_OUTCOME_SENT)
		count_slow_send(modem);
	measure_rest(modem);
	modem_close_send(modem, outcome);
}

static void take_received(struct modem *modem, struct modem_word_received *received)
{
	received->reading |= modem->generation << READING_BITS;
	modem->listener.received(modem, received, modem->userdata);
}

static void take_busy(struct modem *modem, const struct modem_word_note *note)
{
	modem->deadlines.busy = modem->deadlines.progress = clock_monotonic_usec();
	modem->deadlines.busy_sending = strcmp(note->text, MODEM_BUSY_SEND) == 0;
	modem->deadlines.busy_ussd = strcmp(note->text, MODEM_BUSY_USSD) == 0;
	snprintf(modem->command, sizeof(modem->command), "%s", note->text);
	/* A send that waits for another command is not late: that one has its own deadline. */
	if (modem->deadlines.busy_sending)
		modem_measure_send(modem);
	else if (!modem->handed_over)
		modem->deadlines.send = DEADLINE_NEVER;
	/* A code that has waited has all of its minute with the network. */
	if (modem->deadlines.busy_ussd && modem->ussd_open)
		modem->deadlines.ussd = modem->deadlines.busy;
}

static void take_pin_wanted(struct modem *modem, const struct modem_word_pin_wanted *wanted)
{
	/* It waits for us now, not for the modem. */
	modem->deadlines.start = DEADLINE_NEVER;
	modem->pin_wanted = true;
	modem->listener.pin_wanted(modem, wanted, modem->userdata);
}

static void take_ussd(struct modem *modem, const struct modem_word_ussd *ussd)
{
	if (ussd->id == 0) {
		modem->listener.ussd(modem, ussd, modem->userdata);
	} else if (modem->ussd_open && ussd->id == modem->ussd_id) {
		measure_rest(modem);
		modem_close_ussd(modem, ussd);
	} else if (ussd->id > modem->ussd_id) {
		broke_protocol(modem, "it told the answer to a USSD code that nobody sent");
	}
	/* Otherwise the answer came after its time was over, and that was said. */
}

static void take_word(struct modem *modem, struct modem_word *word)
{
	struct log_fields fields = { .modem = modem->name };

	switch (word->type) {
	case MODEM_WORD_STATE:
		take_state(modem, &word->state);
		break;
	case MODEM_WORD_IDENTITY:
		modem->identity = word->identity;
		modem->listener.changed(modem, modem->state, modem->userdata);
		break;
	case MODEM_WORD_NETWORK:
		modem->network = word->network;
		modem->listener.changed(modem, modem->state, modem->userdata);
		break;
	case MODEM_WORD_HANDED_OVER:
		if (!modem->send_open || word->handed_over.attempt != modem->attempt) {
			broke_protocol(modem, "it handed over what nobody asked for");
			break;
		}
		modem->handed_over = true;
		modem_measure_send(modem);
		modem->listener.handed_over(modem, modem->attempt, modem->userdata);
		break;
	case MODEM_WORD_OUTCOME:
		take_outcome(modem, &word->outcome);
		break;
	case MODEM_WORD_LATE_OUTCOME:
		modem->listener.late_outcome(modem, &word->outcome, modem->userdata);
		break;
	case MODEM_WORD_RECEIVED:
		deadlines_progress(&modem->deadlines, clock_monotonic_usec());
		take_received(modem, &word->received);
		break;
	case MODEM_WORD_DELETED:
		modem->listener.deleted(modem,
					word->deleted.reading | modem->generation << READING_BITS,
					word->deleted.done, modem->userdata);
		break;
	case MODEM_WORD_SWEPT:
		modem->listener.swept(modem, modem->userdata);
		break;
	case MODEM_WORD_PROGRESS:
		deadlines_progress(&modem->deadlines, clock_monotonic_usec());
		break;
	case MODEM_WORD_BUSY:
		take_busy(modem, &word->note);
		break;
	case MODEM_WORD_IDLE:
		modem_proved(modem);
		modem->deadlines.busy = modem->deadlines.progress = DEADLINE_NEVER;
		modem->command[0] = '\0';
		modem_measure_send(modem);
		break;
	case MODEM_WORD_USSD:
		take_ussd(modem, &word->ussd);
		break;
	case MODEM_WORD_PIN_WANTED:
		take_pin_wanted(modem, &word->pin_wanted);
		break;
	case MODEM_WORD_NOTE:
		log_record(LOG_MODEM_NOTE, &fields, "Modem %s: %s.", modem->name, word->note.text);
		break;
	case MODEM_WORD_END:
		break;
	}
}

bool modem_read_word(struct modem *modem)
{
	static struct modem_word word;
	int r = modem_word_recv(modem->socket, &word);

	if (r == 1) {
		take_word(modem, &word);
		return !modem->broken;
	}
	if (r == -EBADMSG)
		broke_protocol(modem, "it said something that is no word of the protocol");
	else if (r == 0 || r == -ECONNRESET)
		/* It is ending; the end itself is told by its process. */
		sd_event_source_set_enabled(modem->io, SD_EVENT_OFF);
	else if (r != -EAGAIN)
		/* Out of memory, most likely: what was said is lost. */
		broke_protocol(modem, "its words could not be heard");
	return false;
}
