/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What attempts came to, on its way into the store, and what follows for the SIM: it rests when what
 * was refused can't work now, so that it burns neither its credit nor its standing.
 */
#include "bridge/core/radio_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/param.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/tick.h"

#define OTHERS_SUCCEED_USEC (30 * USEC_PER_MINUTE)
#define LATE_ENDS_MAX 4
/*
 * One in a row may be the message's own.  The fourth try of a message would come after more than ten
 * minutes: by the third another SIM is to have it.
 */
#define DOUBTED_FROM 2
/* The doubt outlasts the wait of what was refused, so that another SIM has it first. */
#define DOUBT_MORE_USEC (5 * USEC_PER_SEC)

/* An attempt's end on its way into the store. */
struct ended {
	struct radio *radio;
	struct ended *next;
	struct store_attempt_end end;
	struct send_verdict verdict; /* holds the strings of end */
	bool late;                   /* heard by the worker after the one that sent it */
	bool posted, retried;
};

static void ended_free(struct ended *ended)
{
	struct ended **at = &ended->radio->ends;

	while (*at != ended)
		at = &(*at)->next;
	*at = ended->next;
	free(ended);
}

void radio_free_ends(struct radio *radio)
{
	while (radio->ends)
		ended_free(radio->ends);
}

bool radio_ends_wait(const struct radio *radio)
{
	for (const struct ended *ended = radio->ends; ended; ended = ended->next)
		if (!ended->posted)
			return true;
	return false;
}

static void end_told(const struct ended *ended, int error)
{
	struct bridge *bridge = ended->radio->bridge;
	const struct log_fields fields = { .modem = ended->radio->config->name,
					   .error = ended->end.error,
					   .reason = ended->end.reason };

	if (ended->late)
		log_record(LOG_MODEM_NOTE, &fields,
			   error == 0 ? "A late answer settled the message that was unknown."
				      : "A late answer fits no unknown message; ignoring it.");
	else if (error < 0)
		log_record(LOG_STORE_MISFIT, &fields,
			   "The end of attempt %lld fits nothing stored; ignoring it.",
			   (long long)ended->end.attempt);
	else
		bridge_store_worked(bridge);
	if (ended->end.event == PART_LOST_SIGHT)
		tick_by(bridge, ended->end.at_usec + tick_unknown_usec(bridge));
}

static void end_committed(int error, void *userdata)
{
	struct ended *ended = userdata;
	struct radio *radio = ended->radio;
	bool retried = ended->retried, others;

	if (error < 0 && error != -ENOENT && error != -EALREADY) {
		bridge_store_failed(radio->bridge, error);
		ended->posted = false;
		ended->retried = true;
		radio_ask_store_later(radio);
		return;
	}
	end_told(ended, error);
	/* What comes back to the queue may be another SIM's; what was refused gives quota back. */
	others = ended->end.event == PART_NOT_SENT || ended->end.event == PART_REFUSED ||
		 ended->end.event == PART_REFUSED_FOR_GOOD;
	ended_free(ended);
	health_look(radio->health);
	/* While it waited, nothing new was begun. */
	if (others)
		bridge_wake_radios(radio->bridge);
	else if (retried)
		radio_wake(radio);
}

void radio_post_ends(struct radio *radio)
{
	struct store *store = radio->bridge->store;
	struct store_sim sim = radio_sim(radio);

	for (struct ended *ended = radio->ends; ended; ended = ended->next) {
		if (ended->posted)
			continue;
		ended->posted = (ended->late ? store_attempt_late(store, &sim, &ended->end,
								  end_committed, ended)
					     : store_attempt_end(store, &ended->end, end_committed,
								 ended)) == 0;
		if (!ended->posted) {
			ended->retried = true;
			radio_ask_store_later(radio);
		}
	}
}

/* What is not known counts as registered: there are modems that never say. */
static bool is_registered(const struct radio *radio)
{
	const struct modem_word_network *network = modem_network(radio->modem);

	return modem_state(radio->modem) != MODEM_STATE_SEARCHING &&
	       (network->registered || network->registration < 0);
}

/* Nor was anything refused since but, perhaps, this very message. */
static bool others_succeed(const struct radio *radio)
{
	return radio->last_sent_usec != 0 && radio->refused_in_row <= radio->refusals &&
	       clock_monotonic_usec() - radio->last_sent_usec < OTHERS_SUCCEED_USEC;
}

/* Takes the word into an end that lives until it is committed. */
static struct ended *ended_new(struct radio *radio, const struct modem_word_outcome *outcome,
			       bool late)
{
	struct ended *ended = calloc(1, sizeof(*ended));
	int64_t now_usec = clock_realtime_usec();
	const struct send_situation situation = {
		.tries = radio->tries,
		.refusals = radio->refusals,
		.others_succeed = others_succeed(radio),
		.registered = is_registered(radio),
		/* What is heard late was an answer to Ctrl-Z. */
		.handed_over = late || radio->handed_over,
	};

	if (!ended)
		return NULL;
	send_judge(outcome, &situation, &ended->verdict);
	ended->radio = radio;
	ended->late = late;
	ended->end = (struct store_attempt_end){
		.attempt = outcome->attempt,
		.event = ended->verdict.event,
		.reference = outcome->reference,
		.error = ended->verdict.error[0] ? ended->verdict.error : NULL,
		.reason = ended->verdict.reason,
		.at_usec = now_usec,
		.retry_at_usec =
			now_usec + bridge_scale(radio->bridge, ended->verdict.retry_after_usec),
		.may_be_duplicate = ended->verdict.may_be_duplicate,
		.excused = ended->verdict.excused,
	};
	return ended;
}

static void ended_post(struct radio *radio, struct ended *ended)
{
	ended->next = radio->ends;
	radio->ends = ended;
	radio_post_ends(radio);
}

/* ------------------------------------------------------------------ the SIM's rest */

/* Nobody else would tell the others that it is over. */
static void doubt_look(struct radio *radio)
{
	int64_t left_usec = radio->doubt_until_usec - clock_monotonic_usec();

	if (radio->doubt_until_usec == 0)
		return;
	if (left_usec > 0) {
		radio_look_again(radio, left_usec);
		return;
	}
	radio->doubt_until_usec = 0;
	radio_tell_pool(radio);
}

bool radio_sim_rests(struct radio *radio)
{
	int64_t left_usec = radio->rest_until_usec - clock_monotonic_usec();

	doubt_look(radio);
	if (radio->rest_until_usec == 0)
		return false;
	if (left_usec > 0) {
		radio_look_again(radio, left_usec);
		return true;
	}
	radio->rest_until_usec = 0;
	radio_tell_pool(radio);
	return false;
}

/* The waits grow on: a network that comes and goes is not to cost a try each time it goes. */
void radio_network_back(struct radio *radio)
{
	if (radio->rest_for_network)
		radio->rest_until_usec = 0;
}

void radio_rest_forget(struct radio *radio)
{
	radio->rest_until_usec = 0;
	radio->rests = 0;
	radio->refused_in_row = 0;
	radio->doubt_until_usec = 0;
	radio->keeps_talking = false;
}

static void sim_rest(struct radio *radio, const struct send_verdict *verdict, int64_t now_usec)
{
	radio->rest_until_usec =
		now_usec + bridge_scale(radio->bridge, send_rest_usec(verdict, radio->rests));
	radio->rest_for_network = verdict->excused;
	snprintf(radio->rest_reason, sizeof(radio->rest_reason), "%s", verdict->reason);
	log_record(LOG_MODEM_NOTE,
		   &(struct log_fields){ .modem = radio->config->name,
					 .reason = verdict->reason,
					 .error = verdict->error },
		   "The SIM rests before the next try.");
}

/* However cheap it is: what it refuses is another SIM's to try. */
static void sim_doubt(struct radio *radio, const struct send_verdict *verdict, int64_t now_usec)
{
	int64_t span_usec = MAX(send_rest_usec(verdict, radio->rests), verdict->retry_after_usec);

	radio->doubt_until_usec =
		now_usec + bridge_scale(radio->bridge, span_usec + DOUBT_MORE_USEC);
	if (verdict->sim_rests)
		return;
	log_record(LOG_MODEM_NOTE,
		   &(struct log_fields){ .modem = radio->config->name,
					 .reason = verdict->reason,
					 .error = verdict->error },
		   "The SIM was refused %u times in a row; for a while it is given only what no "
		   "other can send.",
		   radio->refused_in_row);
}

static void sim_refused(struct radio *radio, const struct send_verdict *verdict)
{
	int64_t now_usec = clock_monotonic_usec();
	bool doubted;

	if (verdict->sim_blameless)
		return;
	radio->refused_in_row += !verdict->excused;
	doubted =
		!verdict->excused && (verdict->sim_rests || radio->refused_in_row >= DOUBTED_FROM);
	/* One bad number is to move nobody else's conversation: whoever moves stays there. */
	radio->keeps_talking = verdict->perhaps_recipient && radio->refused_in_row < DOUBTED_FROM;
	if (verdict->sim_rests)
		sim_rest(radio, verdict, now_usec);
	if (doubted)
		sim_doubt(radio, verdict, now_usec);
	radio->rests += verdict->sim_rests || doubted;
	if (radio->doubt_until_usec != 0)
		doubt_look(radio);
}

static void sim_judged(struct radio *radio, const struct send_verdict *verdict)
{
	int64_t now_usec = clock_monotonic_usec();

	if (verdict->event == PART_REFUSED) {
		sim_refused(radio, verdict);
	} else if (verdict->event == PART_ACCEPTED) {
		radio->rests = 0;
		radio->refused_in_row = 0;
		radio->doubt_until_usec = 0;
		radio->last_sent_usec = now_usec;
		radio->pace_usec = (radio->pace_usec * 7 + (now_usec - radio->begun_usec)) / 8;
	}
}

/* ------------------------------------------------------------------ an attempt's end */

void radio_attempt_over(struct radio *radio, const struct modem_word_outcome *outcome, bool given)
{
	struct ended *ended = ended_new(radio, outcome, false);

	radio->attempt = 0;
	if (!ended) {
		/* Unsaid, it stays "sending" until the next start settles it as unknown. */
		log_record(LOG_STORE_MISFIT, NULL, "Out of memory: an attempt's end is lost.");
		return;
	}
	if (!given)
		ended->end.excused = true;
	sim_judged(radio, &ended->verdict);
	ended_post(radio, ended);
	radio_tell_pool(radio);
	radio_wake(radio);
}

static unsigned ends_late(const struct radio *radio)
{
	unsigned count = 0;

	for (const struct ended *ended = radio->ends; ended; ended = ended->next)
		count += ended->late;
	return count;
}

void radio_attempt_late(struct radio *radio, const struct modem_word_outcome *outcome)
{
	struct ended *ended;

	/* One for each worker that began: more than a few wait only while the disk fails. */
	ended = ends_late(radio) < LATE_ENDS_MAX ? ended_new(radio, outcome, true) : NULL;
	if (!ended)
		return;
	ended_post(radio, ended);
}
