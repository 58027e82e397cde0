/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One line of a modem, and what it is: part of the answer to a command, its end, or something said
 * unasked (3GPP TS 27.007, 27.005, ITU-T V.250).  Pure; every line is hostile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_PREFIX_SIZE 24

/* What the lines of an answer look like. */
enum answer_kind {
	ANSWER_BARE,   /* none but the final result: "AT", "ATE1" */
	ANSWER_TEXT,   /* one line of free text: AT+CGMI and its like */
	ANSWER_DIGITS, /* one line with a long number: AT+CGSN, AT+CIMI, AT+CCID */
	ANSWER_NAMED,  /* lines that begin with the command's name: "+CSQ:" */
};

struct answer_form {
	enum answer_kind kind;
	char prefix[ANSWER_PREFIX_SIZE]; /* "+CSQ:"; "" when the command has no name */
};

/* The command as it is written, without its carriage return. */
void answer_form(const char *command, struct answer_form *ret);

/* True when the line may be part of that answer; free text is recognised by what it is not. */
bool answer_belongs(const struct answer_form *form, const char *line);

enum answer_final {
	ANSWER_NOT_FINAL,
	ANSWER_OK,
	ANSWER_ERROR, /* bare, or a vendor's word for it */
	ANSWER_CME,   /* +CME ERROR, 3GPP TS 27.007 9.2 */
	ANSWER_CMS,   /* +CMS ERROR, 3GPP TS 27.005 3.2.5 */
};

/*
 * The final result that the line is.  *ret_code: of CME and CMS; an error in words has the code of
 * these words, 500 (CMS) or 100 (CME), "unknown", when nobody knows them.
 */
enum answer_final answer_final(const char *line, int *ret_code);

/* The code of an error in words, -1 for unknown ones.  final: ANSWER_CME or ANSWER_CMS. */
int answer_words(enum answer_final final, const char *words);

/* Where the next line begins in two that a modem has glued together; 0: it is one. */
size_t answer_glued(const char *line);

/* "+CMTI: "SM",3" and "+CDSI: …": where a message was stored (27.005 3.4.1). */
bool answer_indication(const char *line, char memory[static 8], int *ret_location);

/*
 * The numbers of "+CMGL: 3,1,,25" and the like, in any of the forms that are about: first and last
 * whole field, -1 when there is none; *ret_second of the second.
 */
struct answer_numbers {
	int first, second, last;
};
bool answer_numbers(const char *line, const char *prefix, struct answer_numbers *ret);

/* +CREG, +CGREG, +CEREG, asked for or not (27.007 7.2, 10.1.20, 10.1.22). */
enum answer_domain {
	ANSWER_DOMAIN_CIRCUIT,
	ANSWER_DOMAIN_PACKET,
	ANSWER_DOMAIN_LTE,
	ANSWER_DOMAIN_COUNT,
};
bool answer_registration(const char *line, enum answer_domain *ret_domain, int *ret_status);

/* "+CMT:" and "+CDS:": a PDU follows, of *ret_length octets without the service centre.  False
 * also in text mode, where no PDU follows (27.005 3.4.1). */
bool answer_direct(const char *line, int *ret_length);

/* "+CMGL: 1,"REC READ",…": a header in text mode, whose lines are no PDU. */
bool answer_is_text_mode(const char *line);

/* Of the memory that was selected: "+CPMS: 2,30,…" or "+CPMS: "SM",2,30,…". */
bool answer_store(const char *line, int *ret_used, int *ret_size);

/*
 * What AT+CPMS=? says, in whatever form, as libgammu can read it: lists of those memories that it knows
 * for reading and for writing.  The result is a whole line.
 */
void answer_memories(const char *line, char *text, size_t size);

/* "+CUSD: <m>[,<text>[,<dcs>]]", 27.007 7.15. */
struct answer_ussd {
	int status; /* <m> */
	int dcs;    /* -1 not said */
	const char *text;
	size_t size;
	bool open; /* the closing quote has not come: text goes on in the next line */
};
bool answer_ussd(const char *line, struct answer_ussd *ret);
/* Where the text ends in a line that goes on with it, -1: not in this one.  before: the lines before. */
int answer_ussd_end(const char *before, const char *line, int *ret_dcs);

/* The modem has just come up: said by nobody else than a modem that begins. */
bool answer_is_boot(const char *line);
/* The SIM has gone, or was found to be none. */
bool answer_is_sim_gone(const char *line);

/*
 * A line of hex digits as octets.  Returns how many, 0 when it is no such line; a ",0" that some
 * phones put behind, and an odd last digit, are left out.
 */
size_t answer_hex(const char *line, uint8_t *octets, size_t capacity);

/* A TPDU within a PDU of AT commands, which begins with the service centre (27.005 3.1, <pdu>).
 * length: what the line before said, -1 unknown.  Returns false when there is none. */
bool answer_tpdu(const uint8_t *octets, size_t size, int length, size_t *ret_at, size_t *ret_size);
