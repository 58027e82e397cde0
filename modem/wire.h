/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What daemon and worker say to each other: orders go down, words come up, each one frame
 * (bridge/base/frame.h).  This file and wire.c are the whole protocol; everything is checked here.
 * The daemon does not believe a worker: it parses bytes of strangers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "modem/text/tpdu.h"

#define MODEM_NAME_SIZE 64
#define MODEM_PATH_SIZE 256
#define MODEM_FIELD_SIZE 64 /* identities, operator, service centre */
#define MODEM_REASON_SIZE 256
#define MODEM_USSD_SIZE                                                                            \
	1024 /* 182 characters as UTF-8, or 160 octets in hex, and more from the rough */

/* interfaces.md: the states of a modem; held is the daemon's own. */
enum modem_state {
	MODEM_STATE_ABSENT,
	MODEM_STATE_STARTING,
	MODEM_STATE_PIN,
	MODEM_STATE_SEARCHING,
	MODEM_STATE_READY,
	MODEM_STATE_SENDING,
	MODEM_STATE_HELD,
	MODEM_STATE_FAILED,
	MODEM_STATE_COUNT,
};
const char *modem_state_name(enum modem_state state);

/* ---------------------------------------------------------------- orders: daemon -> worker */

/* What is done to a modem that misbehaves, before anything else. */
enum modem_remedy {
	MODEM_REMEDY_NONE,
	MODEM_REMEDY_RADIO,   /* AT+CFUN=4, then AT+CFUN=1 */
	MODEM_REMEDY_RESTART, /* AT+CFUN=1,1 */
	MODEM_REMEDY_USB,     /* its USB port is reset, before it is opened */
	MODEM_REMEDY_COUNT,
};

#define MODEM_PORTS_MAX 8

/* Who is there, on which of these ports?  Begun with in this order; the worker then exits. */
struct modem_order_probe {
	char devices[MODEM_PORTS_MAX][MODEM_PATH_SIZE];
	unsigned count, speed;
	unsigned wait_msec; /* for an answer; probe_new() says it */
};

struct modem_order_start {
	char device[MODEM_PATH_SIZE];
	unsigned speed;         /* baud; 0 leaves the line as it is */
	unsigned sweep_seconds; /* 1..3600: how often the SIM is swept */
	unsigned pace_percent;  /* of libgammu's own waits: 0, or 100 for a slow modem */
	enum modem_remedy remedy;
};

struct modem_order_send {
	int64_t attempt; /* the daemon's id, comes back in the words */
	char number[TPDU_ADDRESS_SIZE];
	enum sms_alphabet alphabet;
	char text[TPDU_TEXT_SIZE];
	size_t text_size;
	struct tpdu_concat concat;
	unsigned validity_minutes;
	bool report;
};

struct modem_order_delete {
	int64_t reading; /* of the word that brought the message */
};

/* The answer to the word that asks for the PIN. */
struct modem_order_pin {
	char pin[9];                    /* 4..8 digits, to be entered once; "": none, and why: */
	char reason[MODEM_REASON_SIZE]; /* of the state "pin" */
};

/* USSD, 3GPP TS 22.090 and 27.007 7.15: one dialogue at a time, never while a send waits. */
struct modem_order_ussd {
	int64_t id;     /* the daemon's, comes back in the word */
	char code[184]; /* "*100#", or the answer to a menu; UTF-8.  "": the dialogue is ended */
};

enum modem_order_type {
	MODEM_ORDER_START = 1,
	MODEM_ORDER_SEND,
	MODEM_ORDER_DELETE,
	MODEM_ORDER_STOP, /* finish what runs and exit */
	MODEM_ORDER_PIN,
	MODEM_ORDER_USSD,
	MODEM_ORDER_PROBE,
	MODEM_ORDER_END,
};

struct modem_order {
	enum modem_order_type type;
	union {
		struct modem_order_start start;
		struct modem_order_send send;
		struct modem_order_delete delete;
		struct modem_order_pin pin;
		struct modem_order_ussd ussd;
		struct modem_order_probe probe;
	};
};

/* ---------------------------------------------------------------- words: worker -> daemon */

/* The commands that the handle knows by name: their orders have deadlines of their own. */
#define MODEM_BUSY_SEND "send"
#define MODEM_BUSY_USSD "ussd"

struct modem_word_state {
	enum modem_state state; /* absent, starting, pin, searching, ready, failed */
	char reason[MODEM_REASON_SIZE];
	bool faulty; /* failed: it is the modem that misbehaves, not its SIM and not its port */
};

struct modem_word_identity {
	char imei[MODEM_FIELD_SIZE], iccid[MODEM_FIELD_SIZE], imsi[MODEM_FIELD_SIZE];
	char manufacturer[MODEM_FIELD_SIZE], model[MODEM_FIELD_SIZE], firmware[MODEM_FIELD_SIZE];
	char service_centre[MODEM_FIELD_SIZE];
	char device[MODEM_PATH_SIZE]; /* where it answered */
};

/* The SIM is locked; said again every few seconds until the order comes. */
struct modem_word_pin_wanted {
	char imei[MODEM_FIELD_SIZE], iccid[MODEM_FIELD_SIZE]; /* "" unknown */
	int tries;                                            /* left; -1 unknown */
};

struct modem_word_network {
	bool registered, roaming;
	char network_operator[MODEM_FIELD_SIZE];
	int signal_percent;         /* 0..100, -1 unknown (CSQ 99) */
	int store_used, store_size; /* messages on the SIM; -1 unknown */
	int registration;           /* <stat> of 27.007 7.2; -1 unknown */
	int64_t time_usec;          /* the network's clock by AT+CCLK, UTC; 0 unknown */
};

#define MODEM_NETWORK_UNKNOWN                                                                      \
	((struct modem_word_network){                                                              \
		.signal_percent = -1, .store_used = -1, .store_size = -1, .registration = -1 })

enum modem_outcome {
	MODEM_OUTCOME_SENT,     /* +CMGS with a reference */
	MODEM_OUTCOME_REFUSED,  /* an error code, nothing is on the air */
	MODEM_OUTCOME_NOT_SENT, /* it ended before Ctrl-Z: nothing is on the air */
	MODEM_OUTCOME_UNKNOWN,  /* after Ctrl-Z, without an answer */
	MODEM_OUTCOME_COUNT,
};

enum modem_error_kind {
	MODEM_ERROR_NONE,
	MODEM_ERROR_CMS,  /* 3GPP TS 27.005 3.2.5 */
	MODEM_ERROR_CME,  /* 3GPP TS 27.007 9.2 */
	MODEM_ERROR_BARE, /* "ERROR" */
	MODEM_ERROR_KIND_COUNT,
};

struct modem_word_outcome {
	int64_t attempt; /* in a late word: -1, it belongs to the worker before */
	enum modem_outcome outcome;
	int reference; /* TP-MR 0..255, -1 none */
	enum modem_error_kind error_kind;
	int error_code;
};

struct modem_word_handed_over {
	int64_t attempt; /* said before Ctrl-Z is written */
};

struct modem_word_received {
	int64_t reading;               /* this worker's id for it: 1..UINT32_MAX; the handle
					 * makes it unique across workers */
	char memory[8];                /* "SM", "ME", "SR"; "" came directly, nothing to delete */
	int location;                  /* slot; -1 came directly */
	uint8_t octets[TPDU_SIZE_MAX]; /* the TPDU as it was */
	size_t size;                   /* 0: unreadable hex */
	bool decoded;                  /* tpdu_decode understood it: tpdu is set */
	struct tpdu tpdu;
};

struct modem_word_deleted {
	int64_t reading;
	bool done; /* false: the modem refused */
};

enum modem_ussd_end {
	MODEM_USSD_DONE,   /* the network has answered, and that was all */
	MODEM_USSD_MENU,   /* it has answered, and waits for an answer */
	MODEM_USSD_FAILED, /* reason says why */
	MODEM_USSD_END_COUNT,
};

/* The answer to an order, exactly one for each; or, with id 0, what the network says by itself. */
struct modem_word_ussd {
	int64_t id;
	enum modem_ussd_end end;
	char text[MODEM_USSD_SIZE]; /* UTF-8, decoded as well as can be */
	char raw[MODEM_USSD_SIZE];  /* as the modem gave it, printable ASCII */
	char reason[MODEM_REASON_SIZE];
};

struct modem_word_note {
	char text[MODEM_REASON_SIZE]; /* for the journal: no texts, no numbers */
};

enum modem_word_type {
	MODEM_WORD_STATE = 1,
	MODEM_WORD_IDENTITY,
	MODEM_WORD_NETWORK,
	MODEM_WORD_HANDED_OVER,
	MODEM_WORD_OUTCOME,
	MODEM_WORD_LATE_OUTCOME, /* an answer heard before the first OK of this worker */
	MODEM_WORD_RECEIVED,
	MODEM_WORD_DELETED,
	MODEM_WORD_PROGRESS, /* a long command moves on: the deadline starts again */
	MODEM_WORD_BUSY,     /* a command has begun (note: its name): a deadline runs */
	MODEM_WORD_IDLE,     /* nothing runs: no deadline */
	MODEM_WORD_NOTE,
	MODEM_WORD_SWEPT, /* the whole store was listed, all of it said before */
	MODEM_WORD_PIN_WANTED,
	MODEM_WORD_USSD,
	MODEM_WORD_END,
};

struct modem_word {
	enum modem_word_type type;
	union {
		struct modem_word_state state;
		struct modem_word_identity identity;
		struct modem_word_network network;
		struct modem_word_pin_wanted pin_wanted;
		struct modem_word_handed_over handed_over;
		struct modem_word_outcome outcome; /* OUTCOME and LATE_OUTCOME */
		struct modem_word_received received;
		struct modem_word_deleted deleted;
		struct modem_word_ussd ussd;
		struct modem_word_note note; /* NOTE and BUSY */
	};
};

/*
 * Send: 0 or frame_send()'s errors.  Receive: 1 with *ret filled, 0 at the end of the file,
 * -EAGAIN, -EBADMSG for a frame that breaks the protocol.
 */
int modem_order_send(int fd, const struct modem_order *order);
int modem_order_recv(int fd, struct modem_order *ret);
int modem_word_send(int fd, const struct modem_word *word);
int modem_word_recv(int fd, struct modem_word *ret);
