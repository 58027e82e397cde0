/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See balance.h.  When the next question is due follows from the stored moment of the last answer, so
 * that restarts ask nothing twice; modems that have none begin spread over some time.
 */
#include "bridge/core/balance.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/health.h"
#include "bridge/core/radio.h"

#define FIRST_USEC (20 * USEC_PER_SEC)
#define SPREAD_STEPS 10
#define SPREAD_USEC (10 * USEC_PER_SEC)
#define ANY_AMOUNT "([0-9]+([.,][0-9]+)*)" /* the first number there is */
#define AGAIN_USEC USEC_PER_HOUR           /* after the first answer that was none */

struct balance {
	struct bridge *bridge;
	struct radio *radio;
	const struct config_balance *config;
	sd_event_source *timer;
	bool timing, due, asking;
	bool low;
	char asked[STORE_NAME_SIZE]; /* the SIM */
	unsigned failures;           /* answers in a row that were none */
};

int balance_new(struct bridge *bridge, struct radio *radio, const struct config_balance *config,
		struct balance **ret_balance)
{
	struct balance *balance = calloc(1, sizeof(*balance));

	if (!balance)
		return -ENOMEM;
	balance->bridge = bridge;
	balance->radio = radio;
	balance->config = config;
	*ret_balance = balance;
	return 0;
}

struct balance *balance_free(struct balance *balance)
{
	if (!balance)
		return NULL;
	sd_event_source_disable_unref(balance->timer);
	free(balance);
	return NULL;
}

/* ------------------------------------------------------------------ when */

static int due_now(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct balance *balance = userdata;

	(void)source;
	(void)at_usec;
	balance->timing = false;
	balance->due = true;
	radio_wake(balance->radio);
	return 0;
}

static void ask_after(struct balance *balance, int64_t after_usec)
{
	balance->due = false;
	balance->timing = bridge_arm(balance->bridge, &balance->timer, after_usec, PRIORITY_CLOCK,
				     due_now, balance) == 0;
}

/* The same modem always gets the same moment: no two ask at once by habit. */
static int64_t spread_usec(const struct balance *balance)
{
	unsigned hash = 0;

	for (const char *at = radio_config(balance->radio)->name; *at; at++)
		hash = hash * 31 + (unsigned char)*at;
	return bridge_scale(balance->bridge,
			    FIRST_USEC + (int64_t)(hash % SPREAD_STEPS) * SPREAD_USEC);
}

static int64_t period_usec(const struct balance *balance)
{
	return bridge_scale(balance->bridge, (int64_t)balance->config->every_hours * USEC_PER_HOUR);
}

int64_t balance_again_usec(unsigned failures, int64_t period_usec)
{
	int64_t after_usec = AGAIN_USEC;

	for (unsigned i = 1; i < failures && after_usec < period_usec; i++)
		after_usec *= 2;
	return MIN(after_usec, period_usec);
}

static int64_t again_usec(const struct balance *balance)
{
	int64_t whole_usec = (int64_t)balance->config->every_hours * USEC_PER_HOUR;

	return bridge_scale(balance->bridge, balance_again_usec(balance->failures, whole_usec));
}

/* ------------------------------------------------------------------ what it is */

static void tell_low(struct balance *balance, bool low, const char *amount)
{
	const char *name = radio_config(balance->radio)->name;
	const struct log_fields fields = { .modem = name };
	char reason[STORE_BALANCE_SIZE + 32];

	snprintf(reason, sizeof(reason), "Its credit is low: %s.", amount);
	radio_alarm(balance->radio, ATTENTION_MODEM_BALANCE, low, low ? reason : "");
	if (low && !balance->low)
		log_record(LOG_MODEM_BALANCE, &fields,
			   "The credit of modem %s is low: %s, and less than %.2f. Top it up.",
			   name, amount, balance->config->low);
	else if (!low && balance->low)
		log_record(LOG_MODEM_RECOVERED, &fields, "The credit of modem %s is %s again.",
			   name, amount);
	balance->low = low;
}

void balance_note(struct balance *balance, const struct store_sim_health *sim)
{
	int64_t since_usec = clock_realtime_usec() - sim->balance_at_usec, left_usec;

	if (!balance->config->code)
		return;
	if (sim->balance[0])
		tell_low(balance, health_is_low(sim, balance->config->low), sim->balance);
	if (balance->timing || balance->due || balance->asking)
		return;
	left_usec = sim->balance_at_usec == 0 ? 0 : period_usec(balance) - since_usec;
	ask_after(balance, left_usec > 0 && since_usec >= 0 ? left_usec : spread_usec(balance));
}

void balance_forget(struct balance *balance)
{
	if (balance->timer)
		(void)sd_event_source_set_enabled(balance->timer, SD_EVENT_OFF);
	balance->timing = balance->due = balance->low = false;
	balance->failures = 0;
	/* Of the new one nothing is known yet. */
	radio_alarm(balance->radio, ATTENTION_MODEM_BALANCE, false, "");
}

static void misfit(const struct balance *balance, const char *why)
{
	const char *name = radio_config(balance->radio)->name;

	log_record(
		LOG_MODEM_NOTE, &(struct log_fields){ .modem = name, .reason = why },
		"The credit of modem %s could not be read; see balance in the configuration, and "
		"footbridge modem ussd.",
		name);
}

static void nothing_said(const struct modem_word_ussd *word, void *userdata)
{
	(void)word;
	(void)userdata;
}

/* A SIM that came meanwhile is asked when it is its turn. */
static void ask_again(struct balance *balance, bool done)
{
	if (strcmp(balance->asked, radio_sim(balance->radio).iccid) != 0) {
		radio_look_at_health(balance->radio);
		return;
	}
	balance->failures = done ? 0 : balance->failures + 1;
	ask_after(balance, done ? period_usec(balance) : again_usec(balance));
}

static void answered(const struct modem_word_ussd *word, void *userdata)
{
	struct balance *balance = userdata;
	const struct store_sim sim = { .modem = radio_config(balance->radio)->name,
				       .iccid = balance->asked };
	char amount[STORE_BALANCE_SIZE];
	int r = -ENOENT;

	balance->asking = false;
	if (word->end == MODEM_USSD_MENU)
		(void)radio_ussd(balance->radio, "", nothing_said, NULL);
	if (word->end == MODEM_USSD_FAILED)
		misfit(balance, word->reason[0] ? word->reason : "the code failed");
	else
		r = balance_read(balance->config->pattern ? balance->config->pattern : ANY_AMOUNT,
				 balance->config->decimals, word->text, amount);
	if (word->end != MODEM_USSD_FAILED && r < 0)
		misfit(balance, r == -EINVAL ? "what the pattern finds is no amount"
					     : "the pattern does not fit the answer");
	if (r == 0)
		(void)store_sim_balance(balance->bridge->store, &sim, amount,
					clock_realtime_usec());
	ask_again(balance, r == 0);
	if (r == 0)
		radio_look_at_health(balance->radio);
}

bool balance_takes_turn(struct balance *balance)
{
	if (!balance->due || balance->asking)
		return false;
	if (radio_ussd(balance->radio, balance->config->code, answered, balance) < 0) {
		ask_after(balance, spread_usec(balance));
		return false;
	}
	snprintf(balance->asked, sizeof(balance->asked), "%s", radio_sim(balance->radio).iccid);
	balance->due = false;
	balance->asking = true;
	return true;
}
