/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See radio.h.  At any moment a radio is asking the store for work, or has one attempt on its modem,
 * or waits: for a submission, for a moment, for the modem.  What an attempt came to is kept until it
 * is committed; while one is not, nothing new is begun.
 */
#include "bridge/core/radio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/errors.h"
#include "bridge/core/inbox.h"
#include "bridge/core/pin.h"
#include "bridge/core/sim.h"
#include "bridge/core/tick.h"
#include "bridge/core/watch.h"

#define SWEEP_SECONDS 60
#define STORE_AGAIN_USEC (5 * USEC_PER_SEC)
#define LOOK_AGAIN_USEC_MIN (20 * USEC_PER_MSEC)
#define PACE_USEC (4 * USEC_PER_SEC) /* of a real radio, until it is learned */
#define OTHERS_SUCCEED_USEC (30 * USEC_PER_MINUTE)
#define VALIDITY_MINUTES_MIN INT64_C(5)
#define LATE_ENDS_MAX 4

/* An attempt's end on its way into the store. */
struct ended {
	struct radio *radio;
	struct ended *next;
	struct store_attempt_end end;
	struct send_verdict verdict; /* holds the strings of end */
	bool late;                   /* heard by the worker after the one that sent it */
	bool posted, retried;
};

struct radio {
	struct bridge *bridge;
	const struct config_modem *config;
	struct modem *modem;
	struct inbox *inbox;
	struct watch *watch;
	struct pin *pin;
	enum modem_state told; /* the last state that was news, and why */
	char told_reason[MODEM_REASON_SIZE];
	struct sim_name sim;
	pid_t worker; /* the last one seen */

	bool asking, ask_again;
	int64_t attempt; /* on the modem; 0 none */
	unsigned tries, refusals;
	int64_t begun_usec; /* monotonic */
	struct ended *ends;

	sd_event_source *timer;
	int64_t timer_usec; /* monotonic moment it is armed for; 0 not armed */

	int64_t rest_until_usec; /* monotonic; 0: the SIM is fine */
	unsigned rests;
	char rest_reason[SEND_REASON_SIZE];

	int64_t last_sent_usec; /* monotonic; 0 never */
	int64_t pace_usec;
};

const struct modem *radio_modem(const struct radio *radio)
{
	return radio->modem;
}

const struct config_modem *radio_config(const struct radio *radio)
{
	return radio->config;
}

int64_t radio_pace_usec(const struct radio *radio)
{
	return radio->pace_usec;
}

struct store_sim radio_sim(const struct radio *radio)
{
	return (struct store_sim){ .modem = radio->config->name, .iccid = radio->sim.name };
}

const char *radio_reason(const struct radio *radio)
{
	return radio->rest_until_usec != 0 ? radio->rest_reason : modem_reason(radio->modem);
}

/* ------------------------------------------------------------------ looking for work */

static void post_ends(struct radio *radio);

static int timer_due(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct radio *radio = userdata;

	(void)source;
	(void)at_usec;
	radio->timer_usec = 0;
	post_ends(radio);
	radio_wake(radio);
	return 0;
}

/* The earliest of what was asked for counts. */
static void look_again(struct radio *radio, int64_t after_usec)
{
	int64_t at_usec;

	after_usec = MAX(after_usec, LOOK_AGAIN_USEC_MIN);
	at_usec = clock_monotonic_usec() + after_usec;
	if (radio->timer_usec != 0 && radio->timer_usec <= at_usec)
		return;
	if (bridge_arm(radio->bridge, &radio->timer, after_usec, PRIORITY_RADIO, timer_due,
		       radio) == 0)
		radio->timer_usec = at_usec;
}

static void ask_store_later(struct radio *radio)
{
	look_again(radio, bridge_scale(radio->bridge, STORE_AGAIN_USEC));
}

static bool ends_wait(const struct radio *radio)
{
	for (const struct ended *ended = radio->ends; ended; ended = ended->next)
		if (!ended->posted)
			return true;
	return false;
}

static bool sim_rests(struct radio *radio)
{
	int64_t left_usec = radio->rest_until_usec - clock_monotonic_usec();

	if (radio->rest_until_usec == 0)
		return false;
	if (left_usec > 0) {
		look_again(radio, left_usec);
		return true;
	}
	radio->rest_until_usec = 0;
	return false;
}

static void job_begun(int error, const struct store_job *job, int64_t next_usec, void *userdata);

void radio_wake(struct radio *radio)
{
	struct store_sim sim = radio_sim(radio);
	struct store_now now;

	if (radio->asking) {
		radio->ask_again = true;
		return;
	}
	if (radio->bridge->stopping || radio->bridge->held || radio->attempt != 0 ||
	    !modem_is_free(radio->modem) || ends_wait(radio) || sim_rests(radio))
		return;
	now = bridge_now(radio->bridge);
	if (store_attempt_begin(radio->bridge->store, &sim, &now, job_begun, radio) < 0) {
		ask_store_later(radio);
		return;
	}
	radio->asking = true;
	radio->ask_again = false;
}

/* ------------------------------------------------------------------ an attempt's end */

static void ended_free(struct ended *ended)
{
	struct ended **at = &ended->radio->ends;

	while (*at != ended)
		at = &(*at)->next;
	*at = ended->next;
	free(ended);
}

static void end_committed(int error, void *userdata)
{
	struct ended *ended = userdata;
	struct radio *radio = ended->radio;
	bool retried = ended->retried, others;
	const struct log_fields fields = { .modem = radio->config->name,
					   .error = ended->end.error,
					   .reason = ended->end.reason };

	if (error < 0 && error != -ENOENT && error != -EALREADY) {
		bridge_store_failed(radio->bridge, error);
		ended->posted = false;
		ended->retried = true;
		ask_store_later(radio);
		return;
	}
	if (ended->late)
		log_record(LOG_MODEM_NOTE, &fields,
			   error == 0 ? "A late answer settled the message that was unknown."
				      : "A late answer fits no unknown message; ignoring it.");
	else if (error < 0)
		log_record(LOG_STORE_MISFIT, &fields,
			   "The end of attempt %lld fits nothing stored; ignoring it.",
			   (long long)ended->end.attempt);
	else
		bridge_store_worked(radio->bridge);
	if (ended->end.event == PART_LOST_SIGHT)
		tick_by(radio->bridge, ended->end.at_usec + tick_unknown_usec(radio->bridge));
	/* What comes back to the queue may be another SIM's. */
	others = ended->end.event == PART_NOT_SENT || ended->end.event == PART_REFUSED;
	ended_free(ended);
	/* While it waited, nothing new was begun. */
	if (others)
		bridge_wake_radios(radio->bridge);
	else if (retried)
		radio_wake(radio);
}

static void post_ends(struct radio *radio)
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
			ask_store_later(radio);
		}
	}
}

/* Takes the word into an end that lives until it is committed. */
static struct ended *ended_new(struct radio *radio, const struct modem_word_outcome *outcome)
{
	struct ended *ended = calloc(1, sizeof(*ended));
	int64_t now_usec = clock_realtime_usec();
	bool others_succeed = radio->last_sent_usec != 0 &&
			      clock_monotonic_usec() - radio->last_sent_usec < OTHERS_SUCCEED_USEC;

	if (!ended)
		return NULL;
	send_judge(outcome, radio->tries, radio->refusals, others_succeed, &ended->verdict);
	ended->radio = radio;
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
	};
	return ended;
}

/* Keeps the SIM from burning its credit, and its standing, on what can't work now. */
static void sim_judged(struct radio *radio, const struct send_verdict *verdict)
{
	int64_t now_usec = clock_monotonic_usec();

	if (verdict->sim_rests) {
		radio->rest_until_usec =
			now_usec + bridge_scale(radio->bridge, send_retry_usec(radio->rests));
		radio->rests++;
		snprintf(radio->rest_reason, sizeof(radio->rest_reason), "%s", verdict->reason);
		log_record(LOG_MODEM_NOTE,
			   &(struct log_fields){ .modem = radio->config->name,
						 .reason = verdict->reason,
						 .error = verdict->error },
			   "The SIM rests before the next try.");
	} else if (verdict->event == PART_ACCEPTED) {
		radio->rests = 0;
		radio->last_sent_usec = now_usec;
		radio->pace_usec = (radio->pace_usec * 7 + (now_usec - radio->begun_usec)) / 8;
	}
}

static void attempt_over(struct radio *radio, const struct modem_word_outcome *outcome)
{
	struct ended *ended = ended_new(radio, outcome);

	radio->attempt = 0;
	if (!ended) {
		/* Unsaid, it stays "sending" until the next start settles it as unknown. */
		log_record(LOG_STORE_MISFIT, NULL, "Out of memory: an attempt's end is lost.");
		return;
	}
	sim_judged(radio, &ended->verdict);
	ended->next = radio->ends;
	radio->ends = ended;
	post_ends(radio);
	radio_wake(radio);
}

/* ------------------------------------------------------------------ an attempt's beginning */

static int job_send(struct radio *radio, const struct store_job *job)
{
	int64_t minutes = (job->valid_until_usec - clock_realtime_usec()) / USEC_PER_MINUTE;
	struct modem_order_send order = {
		.attempt = job->attempt,
		.alphabet = job->alphabet,
		.text_size = job->text_size,
		.concat = job->concat,
		.validity_minutes = (unsigned)MAX(minutes, VALIDITY_MINUTES_MIN),
		.report = true,
	};

	if (radio->bridge->stopping || !modem_is_free(radio->modem))
		return -EBUSY;
	snprintf(order.number, sizeof(order.number), "%s", job->number);
	memcpy(order.text, job->text, job->text_size);
	return modem_send(radio->modem, &order);
}

static void job_begun(int error, const struct store_job *job, int64_t next_usec, void *userdata)
{
	struct radio *radio = userdata;

	radio->asking = false;
	if (error < 0) {
		bridge_store_failed(radio->bridge, error);
		ask_store_later(radio);
		return;
	}
	if (!job) {
		/* A moment that has passed on a clock that is not trusted is still to come. */
		if (next_usec > 0 && radio->bridge->clock_distrusted)
			ask_store_later(radio);
		else if (next_usec > 0)
			look_again(radio, next_usec - clock_realtime_usec());
		if (radio->ask_again)
			radio_wake(radio);
		return;
	}
	radio->attempt = job->attempt;
	bridge_store_worked(radio->bridge);
	radio->tries = job->tries;
	radio->refusals = job->refusals;
	radio->begun_usec = clock_monotonic_usec();
	if (job_send(radio, job) < 0)
		attempt_over(radio, &(struct modem_word_outcome){ .attempt = job->attempt,
								  .outcome = MODEM_OUTCOME_NOT_SENT,
								  .reference = -1 });
}

/* ------------------------------------------------------------------ what the modem tells */

static void modem_outcome_heard(struct modem *modem, const struct modem_word_outcome *outcome,
				void *userdata)
{
	struct radio *radio = userdata;

	(void)modem;
	if (outcome->attempt != radio->attempt || radio->attempt == 0) {
		log_record(LOG_MODEM_NOTE, &(struct log_fields){ .modem = radio->config->name },
			   "The worker answered a send that was not asked for; ignoring it.");
		return;
	}
	attempt_over(radio, outcome);
}

static void modem_handed_over(struct modem *modem, int64_t attempt, void *userdata)
{
	struct radio *radio = userdata;

	(void)modem;
	if (attempt == radio->attempt && attempt != 0)
		(void)store_attempt_handed_over(radio->bridge->store, attempt);
}

static unsigned ends_late(const struct radio *radio)
{
	unsigned count = 0;

	for (const struct ended *ended = radio->ends; ended; ended = ended->next)
		count += ended->late;
	return count;
}

static void modem_late_outcome(struct modem *modem, const struct modem_word_outcome *outcome,
			       void *userdata)
{
	struct radio *radio = userdata;
	struct ended *ended;

	(void)modem;
	/* One for each worker that began: more than a few wait only while the disk fails. */
	ended = ends_late(radio) < LATE_ENDS_MAX ? ended_new(radio, outcome) : NULL;
	if (!ended)
		return;
	ended->late = true;
	ended->next = radio->ends;
	radio->ends = ended;
	post_ends(radio);
}

static void modem_received(struct modem *modem, const struct modem_word_received *received,
			   void *userdata)
{
	struct radio *radio = userdata;
	struct store_sim sim = radio_sim(radio);

	inbox_received(radio->inbox, modem, &sim, received);
}

static void modem_deleted(struct modem *modem, int64_t reading, bool done, void *userdata)
{
	struct radio *radio = userdata;
	struct store_sim sim = radio_sim(radio);

	(void)modem;
	inbox_deleted(radio->inbox, &sim, reading, done);
}

static void modem_swept(struct modem *modem, void *userdata)
{
	struct radio *radio = userdata;
	struct store_sim sim = radio_sim(radio);

	(void)modem;
	inbox_swept(radio->inbox, &sim);
}

static void modem_pin_wanted(struct modem *modem, const struct modem_word_pin_wanted *wanted,
			     void *userdata)
{
	struct radio *radio = userdata;

	pin_wanted(radio->pin, modem, wanted);
}

static bool state_is_work(enum modem_state state)
{
	return state == MODEM_STATE_READY || state == MODEM_STATE_SENDING;
}

/*
 * Every part would be two events: that a ready modem sends is no news.  Nor is one more try to start
 * a modem that failed, unless it comes to something else.
 */
static bool state_is_news(const struct radio *radio, enum modem_state from, enum modem_state to)
{
	bool failed = radio->told == MODEM_STATE_FAILED;

	if (failed && to == MODEM_STATE_STARTING)
		return false;
	if (failed && to == MODEM_STATE_FAILED &&
	    strcmp(modem_reason(radio->modem), radio->told_reason) == 0)
		return false;
	return from != to && !(state_is_work(from) && state_is_work(to));
}

static void state_changed(struct radio *radio, enum modem_state from)
{
	enum modem_state to = modem_state(radio->modem);
	const struct log_fields fields = {
		.modem = radio->config->name,
		.state_from = modem_state_name(from),
		.state_to = modem_state_name(to),
		.reason = modem_reason(radio->modem)[0] ? modem_reason(radio->modem) : NULL,
	};

	if (!state_is_news(radio, from, to))
		return;
	radio->told = to;
	snprintf(radio->told_reason, sizeof(radio->told_reason), "%s", modem_reason(radio->modem));
	log_record(LOG_MODEM_STATE, &fields, "The modem %s is %s.", fields.modem, fields.state_to);
	(void)store_modem_changed(radio->bridge->store, fields.modem, fields.state_from,
				  fields.state_to, fields.reason ? fields.reason : "",
				  clock_realtime_usec());
}

static void modem_has_changed(struct modem *modem, enum modem_state from, void *userdata)
{
	struct radio *radio = userdata;
	pid_t worker = modem_worker_pid(modem);
	bool failed;

	if (worker != radio->worker) {
		radio->worker = worker;
		inbox_forget_worker(radio->inbox);
	}
	sim_learn(&radio->sim, modem_identity(modem), radio->config->name);
	pin_note(radio->pin, modem);
	state_changed(radio, from);
	/* That it is tried again is not why it is down. */
	failed = radio->told == MODEM_STATE_FAILED && modem_state(modem) == MODEM_STATE_STARTING;
	watch_note(radio->watch, state_is_work(modem_state(modem)),
		   failed ? radio->told_reason : modem_reason(modem));
	if (radio->bridge->stopping)
		bridge_radio_stopped(radio->bridge);
	else
		radio_wake(radio);
}

static const struct modem_listener listener = {
	.changed = modem_has_changed,
	.outcome = modem_outcome_heard,
	.handed_over = modem_handed_over,
	.late_outcome = modem_late_outcome,
	.received = modem_received,
	.deleted = modem_deleted,
	.swept = modem_swept,
	.pin_wanted = modem_pin_wanted,
};

static int radio_start_modem(struct radio *radio)
{
	const struct config_modem *config = radio->config;
	struct modem_settings settings = {
		.name = config->name,
		.program = radio->bridge->modem_program,
		.start = { .speed = config->speed },
		.time_percent = radio->bridge->time_percent,
	};
	unsigned sweep = SWEEP_SECONDS * radio->bridge->time_percent / 100;

	if (strlen(config->device) >= sizeof(settings.start.device))
		return -ENAMETOOLONG;
	snprintf(settings.start.device, sizeof(settings.start.device), "%s", config->device);
	settings.start.sweep_seconds = sweep > 0 ? sweep : 1;
	return modem_new(radio->bridge->loop, &settings, &listener, radio, &radio->modem);
}

int radio_new(struct bridge *bridge, const struct config_modem *config, struct radio **ret_radio)
{
	struct radio *radio = calloc(1, sizeof(*radio));
	int r;

	if (!radio)
		return -ENOMEM;
	radio->bridge = bridge;
	radio->config = config;
	radio->pace_usec = PACE_USEC;
	r = inbox_new(bridge, config->number, &radio->inbox);
	if (r == 0)
		r = watch_new(bridge, config->name, &radio->watch);
	if (r == 0)
		r = pin_new(bridge, config, &radio->pin);
	if (r == 0)
		r = radio_start_modem(radio);
	if (r < 0) {
		radio_free(radio);
		return r;
	}
	radio->told = modem_state(radio->modem);
	sim_learn(&radio->sim, modem_identity(radio->modem), config->name);
	watch_note(radio->watch, false, "it has not been ready since the daemon began");
	*ret_radio = radio;
	return 0;
}

struct radio *radio_free(struct radio *radio)
{
	if (!radio)
		return NULL;
	modem_free(radio->modem);
	inbox_free(radio->inbox);
	watch_free(radio->watch);
	pin_free(radio->pin);
	sd_event_source_disable_unref(radio->timer);
	while (radio->ends)
		ended_free(radio->ends);
	free(radio);
	return NULL;
}

void radio_store_works(struct radio *radio)
{
	watch_say(radio->watch);
	inbox_store_works(radio->inbox);
	post_ends(radio);
	radio_wake(radio);
}

void radio_stop(struct radio *radio)
{
	modem_stop(radio->modem);
}

bool radio_is_stopped(const struct radio *radio)
{
	return modem_worker_pid(radio->modem) == 0;
}
