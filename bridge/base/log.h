/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The journal.  Every kind of event is listed here once, with its name, MESSAGE_ID and priority;
 * contrib/footbridge.catalog explains each to the operator.  Without journald the same goes to
 * stderr as key=value lines.  Libraries return errors, the top logs each once; texts, PDUs, PINs
 * and keys never come here, phone numbers only through log_number().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum log_event {
	LOG_DAEMON_STARTED,  /* daemon.started */
	LOG_DAEMON_STOPPED,  /* daemon.stopped */
	LOG_DAEMON_FAILED,   /* daemon.failed: it can't start or go on; says what to do */
	LOG_STORE_FAILED,    /* store.failed: once for each outage */
	LOG_STORE_RECOVERED, /* store.recovered */
	LOG_STORE_MISFIT,  /* store.misfit: something fits nothing stored, or was lost before it */
	LOG_CLOCK_TRUSTED, /* clock.trusted */
	LOG_CLOCK_UNTRUSTED,   /* clock.untrusted: nothing scheduled is sent, nothing expires */
	LOG_ATTENTION,         /* attention: somebody must look */
	LOG_ATTENTION_DONE,    /* attention.done */
	LOG_OUTGOING_HELD,     /* outgoing.held */
	LOG_OUTGOING_RELEASED, /* outgoing.released */
	LOG_API_LIMITED,       /* api.limited: no more callers can be taken for now */
	LOG_MESSAGE_ACCEPTED,  /* message.accepted */
	LOG_MESSAGE_RECEIVED,  /* message.received */
	LOG_DELIVERY_STATE,    /* delivery.state */
	LOG_REPORT_UNMATCHED,  /* report.unmatched: a status report that fits no part */
	LOG_MODEM_STATE,       /* modem.state */
	LOG_MODEM_KILLED,      /* modem.killed: a deadline passed; reason says of which command */
	LOG_MODEM_DIED,        /* modem.died: its worker ended unasked; reason says how */
	LOG_MODEM_NOTE,        /* modem.note: what a worker wants known */
	LOG_MODEM_LADDER,      /* modem.ladder: it misbehaved; what is tried next, and when */
	LOG_MODEM_HEALTH,      /* modem.health: it fails often, or no reports come: once a turn */
	LOG_MODEM_RECOVERED,   /* modem.recovered: that is over */
	LOG_MODEM_NETWORK,     /* modem.network: another operator, roaming or not */
	LOG_MODEM_USSD,        /* modem.ussd: an answer of the network; never its text */
	LOG_MODEM_QUOTA,       /* modem.quota: its SIM may send no more for a while */
	LOG_MODEM_BALANCE,     /* modem.balance: its SIM's credit is low: once a turn */
	LOG_MODEM_SELFTEST,    /* modem.selftest: one of two SIMs of ours may be barred */
	LOG_MODEM_STICK,       /* modem.stick: something is plugged in that can't be used */
	LOG_SIM_CHANGED,       /* sim.changed: another one is in the modem */
	LOG_DETAIL,            /* debug: shown with log.level = "debug" only */
	LOG_EVENT_COUNT,
};

struct log_event_kind {
	const char *name;       /* FOOTBRIDGE_EVENT= */
	const char *message_id; /* 32 hex digits */
	int priority;           /* LOG_ERR ... LOG_DEBUG of syslog.h */
};

/* The table's row: always one. */
const struct log_event_kind *log_event_kind(enum log_event event);

/* What a record carries besides its sentence; NULL fields are left out. */
struct log_fields {
	const char *message;    /* FOOTBRIDGE_MESSAGE= */
	const char *delivery;   /* FOOTBRIDGE_DELIVERY= */
	const char *modem;      /* FOOTBRIDGE_MODEM= */
	const char *state_from; /* FOOTBRIDGE_STATE_FROM= */
	const char *state_to;   /* FOOTBRIDGE_STATE_TO= */
	const char *reason;     /* FOOTBRIDGE_REASON= */
	const char *error;      /* FOOTBRIDGE_ERROR=, "CMS/38" */
	/* FOOTBRIDGE_CONVERSATION=: a worker's last lines with its modem, masked; up to 2 KB */
	const char *conversation;
};

/*
 * Where records go is found once, at the first call: the journal when it answers at
 * /run/systemd/journal/socket, otherwise stderr.
 * level: the least urgent syslog priority that is let through; show_numbers: phone numbers whole.
 */
void log_configure(int level, bool show_numbers);

/* fields may be NULL.  The sentence is full, with a period, and holds no text of any message. */
void log_record(enum log_event event, const struct log_fields *fields, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The number masked, or whole with show_numbers. */
const char *log_number(const char *number, char *buffer, size_t size);
