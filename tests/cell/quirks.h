/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How one family of real modems departs from the standard: plain data, read from a file of
 * profiles/ (profile.c), obeyed by the modem.  All zero is the strict modem.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define QUIRK_NAME_SIZE 64
#define QUIRK_TEXT_SIZE 256
#define QUIRK_LINES_MAX 64
#define QUIRK_STORES_MAX 4

enum quirk_echo {
	QUIRK_ECHO_OBEYS, /* ATE */
	QUIRK_ECHO_NEVER,
	QUIRK_ECHO_ALWAYS,
};

/* A line said unasked: so long after power-up, or (chatter) at some moment. */
struct quirk_line {
	unsigned after_ms;
	char text[QUIRK_TEXT_SIZE];
};

/* A command answered otherwise than the modem would. */
struct quirk_reply {
	char command[QUIRK_NAME_SIZE];   /* "AT+CPMS=?"; with a "*" at the end: all that begin so */
	char lines[2 * QUIRK_TEXT_SIZE]; /* joined by CR LF; "" none */
	char final[QUIRK_NAME_SIZE]; /* "OK", "+CME ERROR: 14"; "-": none, ever; "": the modem's own
					answer comes, after these lines */
	unsigned times;              /* only the first so many since power-up; 0 always */
	char until[QUIRK_NAME_SIZE]; /* only before this boot line was said, or this command
					given; "" always */
	char after[QUIRK_NAME_SIZE]; /* only once this command was given, which begins the count of
					times anew; "" at once */
	unsigned delay_ms;
};

struct quirk_store {
	char name[8]; /* SM, ME, SR, MT (MT: SM and ME together) */
	unsigned size;
};

enum quirk_header {
	QUIRK_HEADER_STANDARD, /* +CMGR: 0,,23 */
	QUIRK_HEADER_SHORT,    /* +CMGR: 0,23 */
	QUIRK_HEADER_QUOTED,   /* +CMGR: 0,"",23 */
};

enum quirk_ussd {
	QUIRK_USSD_TEXT,   /* as AT+CSCS says */
	QUIRK_USSD_UCS2,   /* UCS2 in hex, dcs 72, whatever AT+CSCS says */
	QUIRK_USSD_PACKED, /* packed septets in hex, dcs 15; the request too, else an error */
	QUIRK_USSD_HEX,    /* octets of the text in hex, dcs 15 */
};

struct quirks {
	char family[QUIRK_NAME_SIZE];
	char manufacturer[QUIRK_NAME_SIZE], model[QUIRK_NAME_SIZE], firmware[QUIRK_NAME_SIZE];

	enum quirk_echo echo;
	unsigned blank_lines; /* more CR LF before every line */
	char prompt[8];       /* "": CR LF > space */
	char unknown
		[QUIRK_NAME_SIZE]; /* final result of a command that it does not know; "": ERROR */
	bool errors_in_words;      /* in spite of AT+CMEE=1 */
	bool glue;                 /* an indication that waited stands right behind OK */

	struct quirk_line boot[QUIRK_LINES_MAX], chatter[QUIRK_LINES_MAX];
	size_t boot_count, chatter_count;
	struct quirk_reply replies[QUIRK_LINES_MAX];
	size_t reply_count;

	/* None: SM alone.  The first one is selected after power-up. */
	struct quirk_store stores[QUIRK_STORES_MAX];
	size_t store_count;
	char incoming[8]; /* where texts are stored whatever AT+CPMS says; "": its third memory */
	char reports[8];  /* where reports are stored; "": where texts are */
	unsigned first_index;  /* of slots: 0 or 1 (given as such; 1 in the strict modem) */
	char report_memory[8]; /* what +CDSI says in place of the truth; "" the truth */
	int report_index;      /* the same; -1 the truth */
	enum quirk_header read_header, list_header;
	unsigned length_excess; /* the length in a header is greater than the body by so many */
	bool empty_ok;          /* AT+CMGR of an empty slot: OK and nothing, not 321 */
	char centre_form[8];    /* AT+CSCA?: "" plain, "ucs2", "empty" */

	char indications[5][8]; /* values that AT+CNMI takes, each "012"; "" the modem's own */
	int indications_error;  /* CMS of a refusal; 0: 303 */
	bool direct_reports;    /* ds 2 is refused: reports come by +CDS */
	bool shown_twice;       /* a text that is stored comes by +CMT as well */

	bool silent_domain[3];   /* AT+CREG, +CGREG, +CEREG: answers 0 whatever is true */
	char domain_name[3][16]; /* under which name the answer stands, "+CGREG"; "" its own */
	char domain_tail[QUIRK_NAME_SIZE]; /* behind the status: ",2AF5,0B88E350,2" */

	enum quirk_ussd ussd;
	char ussd_before
		[QUIRK_NAME_SIZE]; /* AT+CUSD is an error until this was said: "AT^USSDMODE=0" */

	int send_ms;       /* from Ctrl-Z to +CMGS; -1 what the network takes */
	bool stuck_prompt; /* after the CMS error of a send it still takes a PDU, until ESC or Ctrl-Z */
};

#define QUIRKS_NONE ((struct quirks){ .first_index = 1, .report_index = -1, .send_ms = -1 })

#define PROFILE_WHY_SIZE 160

/*
 * Reads DIRECTORY/NAME.conf (libconfig).  Returns 0, or -1 and a sentence in why; an unknown key is
 * an error.
 */
int profile_load(const char *directory, const char *name, struct quirks *ret,
		 char why[static PROFILE_WHY_SIZE]);
