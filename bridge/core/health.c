/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See health.h.
 */
#include "bridge/core/health.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/base/log.h"

#define LOOK_USEC (10 * USEC_PER_SEC)
#define FAILS_LEAST 8
#define UNREPORTED_LEAST 20
#define SIGNAL_WEAK_PERCENT 10

/* ------------------------------------------------------------------ pure */

static bool reports_overdue(const struct store_sim_health *sim, int64_t now_usec)
{
	return sim->unreported_since_usec != 0 &&
	       now_usec - sim->unreported_since_usec > USEC_PER_DAY;
}

enum health_reports health_reports(const struct store_sim_health *sim, int64_t now_usec)
{
	if (sim->unreported >= UNREPORTED_LEAST && reports_overdue(sim, now_usec))
		return HEALTH_REPORTS_MISSING;
	return sim->last_report_usec != 0 ? HEALTH_REPORTS_COMING : HEALTH_REPORTS_UNKNOWN;
}

const char *health_reports_name(enum health_reports reports)
{
	switch (reports) {
	case HEALTH_REPORTS_COMING:
		return "coming";
	case HEALTH_REPORTS_MISSING:
		return "missing";
	case HEALTH_REPORTS_UNKNOWN:
		break;
	}
	return NULL;
}

bool health_fails(const struct store_sim_health *sim, bool failed_before)
{
	if (sim->recent < FAILS_LEAST)
		return false;
	return failed_before ? sim->recent_failed * 4 >= sim->recent
			     : sim->recent_failed * 2 >= sim->recent;
}

/* <stat> of 27.007 7.2; "denied" is also what allows emergency calls only. */
const char *health_registration(const struct modem_word_network *network)
{
	static const char *const names[] = { "off",     "home",    "searching", "denied",
					     "unknown", "roaming", "home",      "roaming",
					     "denied",  "home",    "roaming" };
	int stat = network->registration;

	if (stat >= 0 && stat < (int)(sizeof(names) / sizeof(names[0])))
		return names[stat];
	if (!network->registered)
		return "unknown";
	return network->roaming ? "roaming" : "home";
}

bool health_is_low(const struct store_sim_health *sim, double balance_low)
{
	return sim->balance[0] && balance_low > 0 && strtod(sim->balance, NULL) < balance_low;
}

__attribute__((format(printf, 2, 3))) static void add(char buffer[static HEALTH_TROUBLE_SIZE],
						      const char *format, ...)
{
	size_t used = strlen(buffer);
	va_list arguments;

	if (used > 0)
		used += (size_t)snprintf(buffer + used, HEALTH_TROUBLE_SIZE - used, " ");
	va_start(arguments, format);
	vsnprintf(buffer + used, HEALTH_TROUBLE_SIZE - used, format, arguments);
	va_end(arguments);
}

const char *health_explain(const struct store_sim_health *sim,
			   const struct modem_word_network *network,
			   const struct health_limits *limits, int64_t now_usec,
			   char buffer[static HEALTH_TROUBLE_SIZE])
{
	buffer[0] = '\0';
	if (limits->test_trouble && limits->test_trouble[0])
		add(buffer, "%s", limits->test_trouble);
	if (sim && health_is_low(sim, limits->balance_low))
		add(buffer, "Its credit is low: %s.", sim->balance);
	if (sim && health_fails(sim, false))
		add(buffer, "%u of the last %u sends failed%s%s.", sim->recent_failed, sim->recent,
		    sim->last_error[0] ? ", the last with " : "", sim->last_error);
	if (sim && health_reports(sim, now_usec) == HEALTH_REPORTS_MISSING)
		add(buffer, "No status report has come for %u parts.", sim->unreported);
	if (network->store_used >= 0 && network->store_size > 0 &&
	    (int64_t)network->store_used * 5 >= (int64_t)network->store_size * 4)
		add(buffer, "%d of the SIM's %d places for messages are taken.",
		    network->store_used, network->store_size);
	if (network->registered && network->signal_percent >= 0 &&
	    network->signal_percent < SIGNAL_WEAK_PERCENT)
		add(buffer, "The signal is weak (%d %%).", network->signal_percent);
	return buffer;
}

/* ------------------------------------------------------------------ one modem's */

struct health {
	struct bridge *bridge;
	const char *name;
	char iccid[STORE_NAME_SIZE];
	sd_event_source *timer;
	bool due;           /* the timer is armed, and soon */
	bool asking, again; /* the store; and there is more to ask */
	unsigned sims;      /* counts SIMs: an answer about the one before is none */
	unsigned asked_sim;
	bool known;
	struct store_sim_health sim;

	health_listener listener; /* NULL none */
	void *userdata;
	bool fails, unreported, roams;
	char network_operator[MODEM_FIELD_SIZE];
};

int health_new(struct bridge *bridge, const char *name, struct health **ret_health)
{
	struct health *health = calloc(1, sizeof(*health));

	if (!health)
		return -ENOMEM;
	health->bridge = bridge;
	health->name = name;
	*ret_health = health;
	return 0;
}

void health_listen(struct health *health, health_listener listener, void *userdata)
{
	health->listener = listener;
	health->userdata = userdata;
}

struct health *health_free(struct health *health)
{
	if (!health)
		return NULL;
	sd_event_source_disable_unref(health->timer);
	free(health);
	return NULL;
}

const struct store_sim_health *health_of_sim(const struct health *health)
{
	return health->known ? &health->sim : NULL;
}

static void tell_failing(struct health *health)
{
	const struct store_sim_health *sim = &health->sim;
	bool fails = health_fails(sim, health->fails);
	char reason[STORE_REASON_SIZE];
	const struct log_fields fields = {
		.modem = health->name,
		.reason = reason,
		.error = sim->last_error[0] ? sim->last_error : NULL,
	};

	if (fails == health->fails)
		return;
	health->fails = fails;
	snprintf(reason, sizeof(reason), "%u of its last %u sends failed.", sim->recent_failed,
		 sim->recent);
	log_record(fails ? LOG_MODEM_HEALTH : LOG_MODEM_RECOVERED, &fields,
		   fails ? "Modem %s fails to send, again and again." : "Modem %s sends again.",
		   health->name);
}

static void tell_reports(struct health *health)
{
	const struct store_sim_health *sim = &health->sim;
	bool missing = health_reports(sim, clock_realtime_usec()) == HEALTH_REPORTS_MISSING;
	char reason[STORE_REASON_SIZE];
	const struct log_fields fields = { .modem = health->name, .reason = reason };

	if (missing == health->unreported)
		return;
	health->unreported = missing;
	snprintf(reason, sizeof(reason), "%u parts were sent since the last status report.",
		 sim->unreported);
	log_record(missing ? LOG_MODEM_HEALTH : LOG_MODEM_RECOVERED, &fields,
		   missing ? "The SIM of modem %s returns no status reports."
			   : "The SIM of modem %s returns status reports again.",
		   health->name);
}

static int look_now(sd_event_source *source, uint64_t at_usec, void *userdata);

static void look_after(struct health *health, int64_t after_usec)
{
	(void)bridge_arm(health->bridge, &health->timer, after_usec, PRIORITY_CLOCK, look_now,
			 health);
}

static void sim_read(int error, const struct store_sim_health *sim, void *userdata)
{
	struct health *health = userdata;
	bool again = health->again || health->asked_sim != health->sims;

	health->asking = health->again = false;
	if (error == 0 && health->asked_sim == health->sims) {
		health->known = true;
		health->sim = *sim;
		tell_failing(health);
		tell_reports(health);
		if (health->listener)
			health->listener(sim, health->userdata);
	}
	if (again)
		health_look(health);
	else if (error == 0 && sim->unreported >= UNREPORTED_LEAST && !health->unreported)
		/* A day may pass without another part. */
		look_after(health, sim->unreported_since_usec + USEC_PER_DAY + USEC_PER_SEC -
					   clock_realtime_usec());
}

static int look_now(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	struct health *health = userdata;
	const struct store_sim sim = { .modem = health->name, .iccid = health->iccid };

	(void)source;
	(void)at_usec;
	health->due = false;
	if (health->bridge->stopping || health->asking)
		return 0;
	health->asked_sim = health->sims;
	health->asking = store_sim_health(health->bridge->store, &sim, clock_realtime_usec(),
					  sim_read, health) == 0;
	return 0;
}

void health_look(struct health *health)
{
	if (health->asking) {
		health->again = true;
	} else if (!health->due && health->iccid[0]) {
		health->due = true;
		look_after(health, bridge_scale(health->bridge, LOOK_USEC));
	}
}

void health_note_sim(struct health *health, const char *iccid)
{
	if (strcmp(health->iccid, iccid) == 0)
		return;
	snprintf(health->iccid, sizeof(health->iccid), "%s", iccid);
	health->sims++;
	health->known = health->fails = health->unreported = false;
	health_look(health);
}

void health_note_network(struct health *health, const struct modem_word_network *network)
{
	const struct log_fields fields = { .modem = health->name };
	const char *now = network->network_operator;

	if (!network->registered)
		return;
	if (now[0] && health->network_operator[0] && strcmp(now, health->network_operator) != 0)
		log_record(LOG_MODEM_NETWORK, &fields,
			   "Modem %s is with %s now, no longer with %s.", health->name, now,
			   health->network_operator);
	if (now[0])
		snprintf(health->network_operator, sizeof(health->network_operator), "%s", now);
	if (network->roaming != health->roams)
		log_record(LOG_MODEM_NETWORK, &fields,
			   network->roaming ? "Modem %s roams: it is in another operator's network."
					    : "Modem %s no longer roams.",
			   health->name);
	health->roams = network->roaming;
}
