/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the line half hears, put on the agenda or said to the daemon.
 */
#include "modem/worker.h"

#include <errno.h>
#include <string.h>

#include "modem/say.h"

void worker_tell_result(struct worker *worker, enum modem_word_type type, int64_t attempt,
			const struct line_result *result)
{
	struct modem_word word = {
		.type = type,
		.outcome = {
			.attempt = attempt,
			.outcome = result->outcome,
			.reference = result->reference,
			.error_kind = result->error_kind,
			.error_code = result->error_code,
		},
	};

	say(worker->daemon, &word);
}

void worker_tell_outcome(struct worker *worker, const struct line_result *result)
{
	int64_t attempt;

	if (!agenda_close_send(worker->agenda, &attempt))
		return;
	worker->last_result = *result;
	worker_tell_result(worker, MODEM_WORD_OUTCOME, attempt, result);
}

static void tell_received(struct worker *worker, const struct line_event *event)
{
	struct modem_word word = { .type = MODEM_WORD_RECEIVED };
	struct modem_word_received *received = &word.received;
	struct agenda_octets read = { .octets = event->octets,
				      .size = event->size,
				      .fits = event->fits };

	memcpy(received->memory, event->memory, sizeof(received->memory));
	received->location = event->memory[0] != '\0' ? event->location : -1;
	memcpy(received->octets, event->octets, event->size);
	received->size = event->size;
	received->decoded = tpdu_decode(event->octets, event->size, &received->tpdu) == 0;
	read.decoded = received->decoded;
	received->reading = agenda_reading(worker->agenda, event->memory, event->location, &read);
	if (received->reading > 0) {
		say(worker->daemon, &word);
	} else if (received->reading == -EAGAIN) {
		say_simple(worker->daemon, MODEM_WORD_PROGRESS);
		atomic_store(&worker->doubted, true);
		agenda_add_sweep(worker->agenda);
	} else {
		atomic_store(&worker->missed, true);
	}
}

void worker_hear(struct worker *worker, const struct line_event *event)
{
	switch (event->type) {
	case LINE_AWAKE:
		break;
	case LINE_LATE_RESULT:
		worker_tell_result(worker, MODEM_WORD_LATE_OUTCOME, -1, &event->result);
		break;
	case LINE_INDICATED:
		agenda_add_slot(worker->agenda, event->memory, event->location);
		break;
	case LINE_LISTED:
		tell_received(worker, event);
		atomic_fetch_add(&worker->entries, 1);
		break;
	case LINE_DIRECT:
		tell_received(worker, event);
		break;
	case LINE_SKIPPED:
		say_simple(worker->daemon, MODEM_WORD_PROGRESS);
		atomic_fetch_add(&worker->entries, 1);
		/* It has left PDU mode: it came up anew in silence. */
		if (event->text)
			agenda_add_restart(worker->agenda);
		break;
	case LINE_RESULT:
		worker_tell_outcome(worker, &event->result);
		break;
	case LINE_REGISTRATION:
		agenda_set_registration(worker->agenda, event->domain, event->status);
		break;
	case LINE_STORE:
		agenda_set_store(worker->agenda, event->memory, event->used, event->capacity);
		break;
	case LINE_IDENTITY:
		agenda_set_identity(worker->agenda, event->command, event->text);
		break;
	case LINE_USSD:
		worker_tell_ussd(worker, event);
		break;
	case LINE_RESTARTED:
		agenda_add_restart(worker->agenda);
		break;
	case LINE_SIM_CHANGED:
		agenda_add_sim_change(worker->agenda);
		break;
	}
}
