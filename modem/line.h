/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The line half, pure: bytes of the modem and bytes of libgammu go in, bytes for both and events
 * come out.  libgammu conducts the dialogue; it is given whole answers only, in the form it knows,
 * and never a byte that a stranger wrote: unasked lines are taken out wherever they stand, received
 * PDUs are handed out as events with a harmless one in their place, and the PDU of a send is the
 * one of line_arm_send().  Not thread-safe.
 */
#pragma once

#include "modem/answer.h"
#include "modem/wire.h"

#define LINE_PDU_SIZE (2 * (TPDU_SIZE_MAX + 12) + 1)

enum line_event_type {
	LINE_AWAKE,       /* the first OK: commands may begin */
	LINE_LATE_RESULT, /* result: an answer before that, to somebody else's send */
	LINE_INDICATED,   /* memory, location: a message was stored */
	LINE_LISTED,      /* memory, location, octets, fits: a stored message was read */
	LINE_SKIPPED, /* memory, location: an entry that is no received message, or without its PDU; text
			 "text mode": the modem has left PDU mode, else NULL */
	LINE_DIRECT,       /* octets: a message or status report that is stored nowhere */
	LINE_RESULT,       /* result: how the armed send ended; exactly once for each */
	LINE_REGISTRATION, /* domain, status */
	LINE_STORE,        /* memory, used, size */
	LINE_IDENTITY,     /* command, text: what the modem says of itself */
	LINE_USSD, /* status (<m> of +CUSD), text (as it stood between the quotes, line feeds and all), dcs */
	LINE_RESTARTED,   /* the modem has come up anew by itself: all that was set is forgotten */
	LINE_SIM_CHANGED, /* it says that the SIM went or came (^SIMST, +CPIN: NOT READY …) */
};

struct line_result {
	enum modem_outcome outcome;
	int reference;
	enum modem_error_kind error_kind;
	int error_code;
};

struct line_event {
	enum line_event_type type;
	struct line_result result;
	char memory[8];
	int location;
	const uint8_t *octets; /* the TPDU; or, when it has none, all there is */
	size_t size;
	bool fits; /* the octets are as many as the line before said, if it did */
	enum answer_domain domain;
	int status;
	int used, capacity;
	int dcs; /* <dcs> of +CUSD; -1 not said */
	const char *command, *text;
};

struct line_listener {
	void (*to_modem)(const char *bytes, size_t size, void *userdata);
	void (*to_gammu)(const char *bytes, size_t size, void *userdata);
	void (*event)(const struct line_event *event, void *userdata);
	/* Called before Ctrl-Z is written; false: it must not be, the prompt is left instead. */
	bool (*handing_over)(void *userdata);
};

struct line;

/* Both return NULL without memory, or always.  The listener is copied. */
struct line *line_new(const struct line_listener *listener, void *userdata);
struct line *line_free(struct line *line);

/* Leaves a prompt that somebody else may have left open; never sends what is there. */
void line_start(struct line *line);
/* Asks for a sign of life; to be repeated until LINE_AWAKE. */
void line_knock(struct line *line);

void line_from_modem(struct line *line, const char *bytes, size_t size);
void line_from_gammu(struct line *line, const char *bytes, size_t size);

/*
 * The next AT+CMGS sends this TPDU, whatever libgammu believes it sends.  centre: the service
 * centre's number, "" for the modem's own.  Without it, no AT+CMGS passes.
 */
void line_arm_send(struct line *line, const uint8_t *tpdu, size_t size, const char *centre);

/* Takes it back when libgammu never came to use it; no event. */
void line_disarm(struct line *line);

/*
 * While true, a memory that is selected already is not selected again, and a slot is not read
 * before it is deleted: both are answered here.
 */
void line_set_deleting(struct line *line, bool deleting);
void line_set_reading(struct line *line, bool reading);

/* The memory that is selected for reading, whoever selected it; "" unknown. */
const char *line_memory(const struct line *line);

/* True while the modem owes an answer and libgammu has heard nothing of it yet. */
bool line_is_waiting(const struct line *line);
/* True once the modem has echoed a command. */
bool line_echoes(const struct line *line);
/* True between Ctrl-Z and the result. */
bool line_is_submitting(const struct line *line);

/*
 * What ends by itself when a modem leaves it unfinished: an answer without its OK, a USSD text
 * without its quote, a command that a modem forgot when it restarted.  line_tick() is wanted about
 * LINE_TICK_MSEC after something was given to the line, for as long as line_wants_tick().
 */
#define LINE_TICK_MSEC 250
bool line_wants_tick(const struct line *line);
void line_tick(struct line *line);
