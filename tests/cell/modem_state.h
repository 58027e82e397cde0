/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the modem's own files share: settings (what a test says), session (what AT commands said
 * since power-up), and the line, which is a small state machine that can freeze anywhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "tests/cell/centre.h"
#include "tests/cell/memory.h"
#include "tests/cell/modem.h"
#include "tests/cell/quirks.h"
#include "tests/cell/tty.h"

#define LINE_MAX_BYTES 1024
#define PDU_DIGITS_MAX 400
#define INDICATIONS_MAX 64
#define NOISE_SIZE 256
#define SIMS_MAX 8 /* that were in a modem and may come back */
#define OPERATOR_SIZE 64
#define PIN_TRIES 3

enum pin_state {
	PIN_READY,
	PIN_SIM_PIN,
	PIN_SIM_PUK,
	PIN_NOT_INSERTED,
};

enum hold_point {
	HOLD_NONE,
	HOLD_START,
	HOLD_CMGS,
	HOLD_PROMPT,
	HOLD_PDU,
	HOLD_SUBMIT,
	HOLD_ANSWER,
	HOLD_CMTI,
	HOLD_CMGL,
	HOLD_CMGR,
	HOLD_CMGD,
};

enum line_state {
	LINE_COMMAND,
	LINE_PROMPT, /* after "> " */
};

struct place {
	struct slot *slot;
	const char *memory;
	size_t location; /* as the modem counts them */
};

enum charset {
	CHARSET_GSM,
	CHARSET_IRA,
	CHARSET_UCS2,
};

struct settings {
	bool silent, echo, direct;
	int registration, signal;
	enum pin_state pin_state; /* after power-up */
	char pin[9];
	char operator[OPERATOR_SIZE];
	char imei[16], imsi[16], iccid[21];
	char number[ADDRESS_SIZE], service_centre[ADDRESS_SIZE];
	int answer_ms, send_ms; /* send_ms -1: what the network takes */
	int sim_busy;           /* so many questions for IMSI or ICCID come too early */
	int ussd_ms;            /* from OK to +CUSD */
	int chatter_ms;         /* between two lines of the profile's chatter; 0 none */
	char noise[NOISE_SIZE];
	char ussd[USSD_SIZE];
};

/* Volatile: gone after power-up, ATZ and AT&F (the last two leave cfun, pin_state). */
struct session {
	bool echo, verbose, quiet;
	int error_format; /* CMEE */
	int registration_format[3];
	int operator_format;
	enum charset charset;
	int indications[5]; /* CNMI */
	int ussd, more_messages, show_header;
	struct memory *memory[3]; /* CPMS */
};

/* Lines that come by the clock: what it says after power-up, and chatter. */
struct unasked {
	sd_event_source *boot_timer, *chatter_timer;
	uint64_t powered_usec;
	size_t boot_said, chatter_said, chatter_skipped;
	bool chatter_due;
};

struct ussd_answer {
	char path[USSD_PATH_SIZE];
	bool silent, menu; /* silent: the network never answers */
	char text[USSD_SIZE];
};

struct ussd {
	struct ussd_answer answers[USSD_ANSWERS_MAX];
	size_t count;
	char path[USSD_PATH_SIZE]; /* how the dialogue came where it is */
	bool dialogue, asked;      /* the network waits for an answer; the modem for the network */
	bool allowed;              /* what the profile wants before was said */
	sd_event_source *timer;
};

struct modem {
	const struct modem_world *world;
	char name[MODEM_NAME_MAX + 1];
	struct settings settings;
	struct session session;
	struct quirks quirks;
	/* Of quirks.replies, since power-up: how often, and whether `after` and `until` were given. */
	struct reply_state {
		unsigned used;
		bool begun, over;       /* its "after" or "until" was given */
	} reply_state[QUIRK_LINES_MAX]; /* of quirks.replies, since power-up */
	bool reply_delayed;
	struct memory memories[QUIRK_STORES_MAX];
	size_t memory_count;
	struct drawer {
		char iccid[21];
		struct memory memory;
	} * drawers[SIMS_MAX]; /* SIMs that are out */
	struct unasked unasked;
	struct ussd ussd;
	struct recipient recipient; /* first look: the centre's queue for this modem */
	struct failure failure;
	uint8_t reference;
	int cfun;
	bool joined; /* the network knows the number */
	enum pin_state pin_state;
	int pin_tries;

	struct tty *tty; /* NULL: unplugged */
	sd_event_source *timer;
	uint64_t last_heard_usec;
	enum line_state state;
	enum hold_point hold;
	bool frozen, waiting, pumping;
	void (*next)(struct modem *); /* after the freeze or the wait */

	char line[LINE_MAX_BYTES];
	size_t line_size;
	bool line_overflow;
	const char *cursor; /* the next command in line */
	bool answered;      /* a line of the answer has been written */

	size_t announced; /* AT+CMGS=<length> */
	char pdu[PDU_DIGITS_MAX];
	size_t pdu_size;
	bool pdu_overflow, stuck; /* stuck: at the prompt in spite of an error */
	struct submit submit;
	int submit_result;

	struct indication {
		char *text;
		bool of_message;       /* AT+CNMI has a say */
	} indication[INDICATIONS_MAX]; /* kept while the line is in use */
	size_t indication_count;
};

/* What a command ends with: its final result. */
#define AT_OK 0
#define AT_ERROR (-1)
#define AT_PROMPT (-2)  /* no result yet: the PDU comes first */
#define AT_SILENCE (-3) /* none, ever; or it was said */
#define AT_OWN (-4)
#define AT_AGAIN (-5) /* when the wait is over */
#define AT_CME(code) (1000 + (code))
#define AT_CMS(code) (2000 + (code))

enum at_kind {
	AT_EXECUTE,
	AT_READ, /* ? */
	AT_TEST, /* =? */
	AT_SET,  /* = */
};

#define AT_VALUES_MAX 8

struct at_call {
	enum at_kind kind;
	size_t count;
	char *value[AT_VALUES_MAX]; /* "" when left out */
	char text[LINE_MAX_BYTES];
};

enum at_needs {
	AT_ANYTIME,
	AT_NEEDS_SIM,     /* else +CME ERROR */
	AT_NEEDS_STORAGE, /* else +CMS ERROR */
};

struct at_command {
	const char *name;
	int (*handle)(struct modem *modem, struct at_call *call);
	enum at_needs needs;
	enum hold_point hold;
};

/* Tables end with a NULL name. */
extern const struct at_command at_general_commands[];
extern const struct at_command at_network_commands[];
extern const struct at_command at_message_commands[];

/* ---- at.c: command lines ---- */
void at_run(struct modem *modem);

/* A number of the call, -1 when it is none or outside least..most; left out: otherwise. */
int at_number(const struct at_call *call, size_t index, int least, int most, int otherwise);

/* A string to or from the character set of AT+CSCS; false when it does not fit. */
bool at_text_out(const struct modem *modem, const char *text, char *buffer, size_t size);
bool at_text_in(const struct modem *modem, const char *value, char *buffer, size_t size);
bool at_text_ucs2(const char *text, char *buffer, size_t size);

/* ---- result.c: a final result in digits or words ---- */
#define RESULT_SIZE 64
void result_write(const struct modem *modem, int result, char text[static RESULT_SIZE]);

/* ---- reply.c: commands that a profile answers in place of the modem ---- */

/* command: the text of one.  Returns a final result, AT_AGAIN, or AT_OWN: answer it yourself. */
int reply_run(struct modem *modem, const char *command);
void reply_done(struct modem *modem, const char *command); /* it was answered, by whomever */

/* ---- line.c: bytes, as they are heard ---- */
void line_heard(void *userdata);
void line_pump(struct modem *modem);
void line_reset(struct modem *modem);

/* Freezes at a point that a test chose, to go on with next; false when it is another one. */
bool line_hold(struct modem *modem, enum hold_point point, void (*next)(struct modem *));
void line_wait(struct modem *modem, int64_t usec, void (*next)(struct modem *));

/* ---- line_out.c: bytes, as they are written ---- */
void line_info(struct modem *modem, const char *format, ...) __attribute__((format(printf, 2, 3)));
void line_final(struct modem *modem, int result);
void line_end(struct modem *modem, const char *text); /* any final result */
void line_prompt(struct modem *modem);

/* An unsolicited line: at once, or when the line is free. */
void line_indicate(struct modem *modem, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void line_indicate_message(struct modem *modem, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void line_write_indications(struct modem *modem);
void line_forget_indications(struct modem *modem);

/* Between two lines of an answer, or of nothing at all. */
void line_unasked(struct modem *modem, const char *text);
bool line_free(const struct modem *modem);
void line_log(struct modem *modem, const char *direction, const char *text, size_t size);
void line_echo(struct modem *modem, const char *byte);

/* ---- unasked.c: boot lines and chatter ---- */
void unasked_power_up(struct modem *modem);
void unasked_reset(struct modem *modem);
void unasked_chatter(struct modem *modem); /* chatter_ms may have changed */
void unasked_between(struct modem *modem); /* two lines of an answer */
bool unasked_boot_said(const struct modem *modem, const char *text);

/* ---- ussd.c ---- */
int at_ussd(struct modem *modem, struct at_call *call);
void ussd_reset(struct modem *modem);
bool ussd_allowed_by(struct modem *modem, const char *command); /* the profile's ussd_before */

/* ---- stores.c ---- */
void stores_make(struct modem *modem); /* as the profile says, and empty */
void stores_free(struct modem *modem);
int stores_find(const struct modem *modem, const char *name); /* -1: there is none */
void stores_select_default(struct modem *modem);
void stores_change_sim(struct modem *modem, const char *iccid_before);
struct memory *stores_incoming(struct modem *modem);
struct memory *stores_reports(struct modem *modem);
size_t stores_size(struct modem *modem, struct memory *shown);
size_t stores_used(struct modem *modem, struct memory *shown);

/* What is at a location of a store, or of those that MT shows; false: there is no such one. */
bool stores_place(struct modem *modem, struct memory *shown, size_t location, struct place *ret);

/* ---- message.c: the radio ---- */
void message_submit(struct modem *modem);
enum receipt message_receive(struct recipient *recipient, const struct letter *letter);

/* ---- modem.c ---- */
bool modem_registered(const struct modem *modem);
int modem_registration(const struct modem *modem);
void modem_power_up(struct modem *modem);
void session_reset(struct modem *modem);

/* A domain of registration_format, what stands behind its status: "" or cell and area. */
const char *modem_domain(const struct modem *modem, size_t domain);
const char *modem_tail(const struct modem *modem, size_t domain);
int modem_domain_registration(const struct modem *modem, size_t domain);

/* Registration or SIM state may have changed: tell the program that asked, and the centre. */
void modem_network_changed(struct modem *modem);
