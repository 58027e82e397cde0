/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See radio.h.  At any moment a radio is asking the store for work, or has one attempt on its modem,
 * or waits: for a submission, for a moment, for the modem.  What an attempt came to is kept until it
 * is committed; while one is not, nothing new is begun.
 */
#include "bridge/core/radio_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/plug.h"
#include "bridge/core/pool.h"
#include "bridge/core/selftest.h"
#include "bridge/core/tick.h"

#define SWEEP_SECONDS 60
#define STORE_AGAIN_USEC (5 * USEC_PER_SEC)
#define LOOK_AGAIN_USEC_MIN (20 * USEC_PER_MSEC)
#define PACE_USEC (4 * USEC_PER_SEC) /* of a real radio, until it is learned */
#define VALIDITY_MINUTES_MIN INT64_C(5)

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
	if (radio_state(radio) == MODEM_STATE_HELD)
		return radio->held_reason;
	return radio_is_resting(radio) ? radio->rest_reason : modem_reason(radio->modem);
}

bool radio_is_resting(const struct radio *radio)
{
	return radio->rest_until_usec > clock_monotonic_usec();
}

const struct store_sim_health *radio_health(const struct radio *radio)
{
	return health_of_sim(radio->health);
}

void radio_look_at_health(struct radio *radio)
{
	health_look(radio->health);
}

int radio_ussd(struct radio *radio, const char *code, ussd_done done, void *userdata)
{
	int r = ussd_ask(radio->ussd, radio->modem, code, done, userdata);

	radio_watch_work(radio);
	return r;
}

const char *radio_trouble(const struct radio *radio, const struct store_sim_health *health,
			  char buffer[static HEALTH_TROUBLE_SIZE])
{
	const struct health_limits limits = { .balance_low = radio->config->balance.low,
					      .test_trouble = radio->test_trouble };

	return health_explain(health ? health : radio_health(radio), modem_network(radio->modem),
			      &limits, clock_realtime_usec(), buffer);
}

void radio_set_test_trouble(struct radio *radio, const char *trouble)
{
	snprintf(radio->test_trouble, sizeof(radio->test_trouble), "%s", trouble ? trouble : "");
}

void radio_alarm(struct radio *radio, enum attention_kind kind, bool wrong, const char *reason)
{
	watch_alarm(radio->watch, kind, wrong, reason);
}

/* ------------------------------------------------------------------ looking for work */

static int timer_due(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct radio *radio = userdata;

	(void)source;
	(void)at_usec;
	radio->timer_usec = 0;
	radio_watch_work(radio);
	radio_tell_pool(radio);
	radio_post_ends(radio);
	radio_wake(radio);
	return 0;
}

/* The earliest of what was asked for counts. */
void radio_look_again(struct radio *radio, int64_t after_usec)
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

void radio_ask_store_later(struct radio *radio)
{
	radio_look_again(radio, bridge_scale(radio->bridge, STORE_AGAIN_USEC));
}

static void job_begun(int error, const struct store_job *job, const struct store_wait *wait,
		      void *userdata);

/* Asks the store what this radio may do now. */
static int job_ask(struct radio *radio)
{
	struct bridge *bridge = radio->bridge;
	struct store_sim sim = radio_sim(radio);
	struct store_now now = bridge_now(bridge);
	struct choice choice;

	pool_route(bridge, radio, &choice);
	const struct store_route route = {
		.prefixes = choice.prefixes,
		.prefix_count = choice.prefix_count,
		.talk_prefixes = choice.talk_prefixes,
		.talk_prefix_count = choice.talk_prefix_count,
		.talkers = choice.talkers,
		.talker_count = choice.talker_count,
		.patience_usec = bridge_scale(bridge, POOL_PATIENCE_USEC),
		.quota = pool_quota(radio->config),
	};
	return store_attempt_begin(bridge->store, &sim, &route, &now, job_begun, radio);
}

void radio_wake(struct radio *radio)
{
	/* The end of a rest wakes all radios, this one as well: it comes first. */
	bool rests = radio_sim_rests(radio);

	if (radio->asking) {
		radio->ask_again = true;
		return;
	}
	if (radio->bridge->stopping || radio->attempt != 0 || !modem_is_free(radio->modem) ||
	    balance_takes_turn(radio->balance))
		return;
	if (radio->bridge->held || radio->held || radio_ends_wait(radio) || rests)
		return;
	if (job_ask(radio) < 0) {
		radio_ask_store_later(radio);
		return;
	}
	radio->asking = true;
	radio->ask_again = false;
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

	if (radio->bridge->stopping || radio->held || !modem_is_free(radio->modem))
		return -EBUSY;
	snprintf(order.number, sizeof(order.number), "%s", job->number);
	memcpy(order.text, job->text, job->text_size);
	return modem_send(radio->modem, &order);
}

/* Nothing to do: until when? */
static void job_none(struct radio *radio, const struct store_wait *wait)
{
	int64_t next_usec = wait->next_usec, until_usec = wait->limit_until_usec;

	if (until_usec != 0 && (next_usec == 0 || until_usec < next_usec))
		next_usec = until_usec;
	/* A moment that has passed on a clock that is not trusted is still to come. */
	if (next_usec > 0 && radio->bridge->clock_distrusted)
		radio_ask_store_later(radio);
	else if (next_usec > 0)
		radio_look_again(radio, next_usec - clock_realtime_usec());
	radio_limit_heard(radio, wait);
	if (radio->ask_again)
		radio_wake(radio);
}

static void job_begun(int error, const struct store_job *job, const struct store_wait *wait,
		      void *userdata)
{
	struct radio *radio = userdata;

	radio->asking = false;
	if (error < 0) {
		bridge_store_failed(radio->bridge, error);
		radio_ask_store_later(radio);
		return;
	}
	if (!job) {
		job_none(radio, wait);
		return;
	}
	radio->attempt = job->attempt;
	radio->begun_usec = clock_monotonic_usec(); /* before the others hear of it */
	/* In a month that has no place for new numbers it may still be given a known one. */
	if (radio->limit != STORE_LIMIT_RECIPIENTS ||
	    clock_realtime_usec() >= radio->limit_until_usec)
		radio_limit_heard(radio, NULL);
	bridge_store_worked(radio->bridge);
	radio->tries = job->tries;
	radio->refusals = job->refusals;
	radio->handed_over = false;
	radio_watch_work(radio);
	if (job_send(radio, job) < 0)
		radio_attempt_over(radio,
				   &(struct modem_word_outcome){ .attempt = job->attempt,
								 .outcome = MODEM_OUTCOME_NOT_SENT,
								 .reference = -1 },
				   false);
}

/* ------------------------------------------------------------------ what the modem tells */

/*
 * Every part would be two events: that a ready modem sends is no news.  Nor is one more try to start
 * a modem that failed, unless it comes to something else.
 */
static bool state_is_news(const struct radio *radio, bool tried, enum modem_state to)
{
	if (radio->told == MODEM_STATE_FAILED && to == MODEM_STATE_STARTING)
		return false;
	if (radio->told == MODEM_STATE_FAILED && to == MODEM_STATE_FAILED)
		return tried && strcmp(modem_reason(radio->modem), radio->told_reason) != 0;
	return radio->told != to && !(radio_state_is_work(radio->told) && radio_state_is_work(to));
}

/* From what was told last: what a hold came to may show only when a part is over.  tried: again. */
static void state_changed(struct radio *radio, bool tried)
{
	enum modem_state to = radio_state(radio);
	const struct log_fields fields = {
		.modem = radio->config->name,
		.state_from = modem_state_name(radio->told),
		.state_to = modem_state_name(to),
		.reason = radio_reason(radio)[0] ? radio_reason(radio) : NULL,
	};

	if (!state_is_news(radio, tried, to))
		return;
	radio->told = to;
	snprintf(radio->told_reason, sizeof(radio->told_reason), "%s", modem_reason(radio->modem));
	log_record(LOG_MODEM_STATE, &fields, "The modem %s is %s.", fields.modem, fields.state_to);
	(void)store_modem_changed(radio->bridge->store, fields.modem, fields.state_from,
				  fields.state_to, fields.reason ? fields.reason : "",
				  clock_realtime_usec());
}

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
	radio_attempt_over(radio, outcome, true);
	/* One that was held meanwhile stops being one that sends. */
	state_changed(radio, false);
}

static void modem_handed_over(struct modem *modem, int64_t attempt, void *userdata)
{
	struct radio *radio = userdata;

	(void)modem;
	if (attempt != radio->attempt || attempt == 0)
		return;
	radio->handed_over = true;
	(void)store_attempt_handed_over(radio->bridge->store, attempt);
}

static void modem_late_outcome(struct modem *modem, const struct modem_word_outcome *outcome,
			       void *userdata)
{
	(void)modem;
	radio_attempt_late(userdata, outcome);
}

static void modem_ussd_heard(struct modem *modem, const struct modem_word_ussd *word,
			     void *userdata)
{
	struct radio *radio = userdata;

	(void)modem;
	ussd_heard(radio->ussd, word);
	radio_tell_pool(radio);
	radio_wake(radio); /* while it ran, nothing was sent */
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

void radio_set_held(struct radio *radio, bool held)
{
	if (held == radio->held)
		return;
	radio->held = held;
	state_changed(radio, false);
	radio_tell_pool(radio);
}

/* Told once a day as well, for a modem that is not seen any more is missed for some days only. */
static bool sim_is_kept(const struct radio *radio, int64_t now_usec)
{
	return strcmp(radio->sim_kept.name, radio->sim.name) == 0 &&
	       strcmp(radio->sim_kept.imsi, radio->sim.imsi) == 0 &&
	       llabs(now_usec - radio->sim_kept_usec) < USEC_PER_DAY;
}

static void sim_told(int error, void *userdata)
{
	struct radio *radio = userdata;

	if (error == 0)
		return;
	radio->sim_kept = (struct sim_name){ 0 };
	bridge_store_failed(radio->bridge, error);
}

/* What could not be kept now is with the next word of the modem, or when the store works again. */
static void sim_keep(struct radio *radio)
{
	const struct modem_word_identity *identity = modem_identity(radio->modem);
	char key[STORE_NAME_SIZE];
	const struct store_modem modem = { .key = key,
					   .sim = radio->sim.name,
					   .imsi = radio->sim.imsi };
	int64_t now_usec = clock_realtime_usec();

	if ((!identity->iccid[0] && !identity->imsi[0]) || sim_is_kept(radio, now_usec))
		return;
	pool_key(radio->config, key);
	if (store_modem_sim(radio->bridge->store, &modem, now_usec, sim_told, radio) < 0)
		return;
	radio->sim_kept = radio->sim;
	radio->sim_kept_usec = now_usec;
}

static void sim_looked_at(struct radio *radio, const struct modem_word_identity *identity)
{
	const char *name = radio->config->name;

	if (sim_changed(&radio->seen, identity)) {
		radio_rest_forget(radio);
		radio->limit = STORE_LIMIT_NONE;
		radio->limit_until_usec = 0;
		radio->limit_some_left = false;
		balance_forget(radio->balance);
		log_record(LOG_SIM_CHANGED, &(struct log_fields){ .modem = name },
			   "The modem %s has another SIM now.", name);
	}
	sim_learn(&radio->sim, identity, name);
	if (identity->iccid[0] || identity->imsi[0])
		health_note_sim(radio->health, radio->sim.name);
	sim_keep(radio);
}

/* The same word is looked at again with every change; only the first time it is now. */
static void network_looked_at(struct radio *radio, const struct modem_word_network *network)
{
	health_note_network(radio->health, network);
	if (network->time_usec != 0 && network->time_usec != radio->clock_told_usec)
		bridge_hear_network(radio->bridge, network->time_usec);
	radio->clock_told_usec = network->time_usec;
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
	sim_looked_at(radio, modem_identity(modem));
	network_looked_at(radio, modem_network(modem));
	if (!radio_state_is_work(from) && radio_state_is_work(modem_state(modem)))
		radio_network_back(radio);
	pin_note(radio->pin, modem);
	state_changed(radio, from != modem_state(modem));
	/* That it is tried again is not why it is down. */
	failed = radio->told == MODEM_STATE_FAILED && modem_state(modem) == MODEM_STATE_STARTING;
	watch_note(radio->watch, radio->resigned || radio_state_is_work(modem_state(modem)),
		   failed ? radio->told_reason : modem_reason(modem));
	selftest_note(radio->bridge, radio);
	plug_hand_over(radio->bridge, radio);
	radio_tell_pool(radio);
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
	.ussd = modem_ussd_heard,
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

	if (config->device && strlen(config->device) >= sizeof(settings.start.device))
		return -ENAMETOOLONG;
	snprintf(settings.start.device, sizeof(settings.start.device), "%s",
		 config->device ? config->device : "");
	settings.start.sweep_seconds = sweep > 0 ? sweep : 1;
	return modem_new(radio->bridge->loop, &settings, &listener, radio, &radio->modem);
}

static void health_read(const struct store_sim_health *sim, void *userdata)
{
	struct radio *radio = userdata;

	balance_note(radio->balance, sim);
}

int radio_new(struct bridge *bridge, const struct config_modem *config, bool held,
	      const struct sim_name *sim, struct radio **ret_radio)
{
	struct radio *radio = calloc(1, sizeof(*radio));
	int r;

	if (!radio)
		return -ENOMEM;
	radio->bridge = bridge;
	radio->config = config;
	radio->pace_usec = PACE_USEC;
	radio->held = held;
	if (sim)
		radio->sim = radio->sim_kept = *sim;
	snprintf(radio->held_reason, sizeof(radio->held_reason),
		 "It is held: it receives, but sends nothing until footbridge modem release %s.",
		 config->name);
	radio->plugged = config->device != NULL;
	r = inbox_new(bridge, config->number, &radio->inbox);
	if (r == 0)
		r = watch_new(bridge, config->name, &radio->watch);
	if (r == 0)
		r = pin_new(bridge, config, &radio->pin);
	if (r == 0)
		r = health_new(bridge, config->name, &radio->health);
	if (r == 0)
		r = ussd_new(config->name, &radio->ussd);
	if (r == 0)
		r = balance_new(bridge, radio, &config->balance, &radio->balance);
	if (r == 0) {
		health_listen(radio->health, health_read, radio);
		r = radio_start_modem(radio);
	}
	if (r < 0) {
		radio_free(radio);
		return r;
	}
	radio->told = modem_state(radio->modem);
	sim_looked_at(radio, modem_identity(radio->modem));
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
	health_free(radio->health);
	ussd_free(radio->ussd);
	balance_free(radio->balance);
	sd_event_source_disable_unref(radio->timer);
	radio_free_ends(radio);
	free(radio);
	return NULL;
}

void radio_store_works(struct radio *radio)
{
	sim_keep(radio);
	watch_say(radio->watch);
	inbox_store_works(radio->inbox);
	radio_post_ends(radio);
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
