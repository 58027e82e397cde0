/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines told apart by their beginnings: forms, ends, and words that say all.  Nothing here remembers
 * anything: what is pending is known to line.c.
 */
#include "modem/answer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/hex.h"
#include "modem/answer_inside.h"

#define CMS_UNKNOWN 500
#define CME_UNKNOWN 100
#define DIGITS_MIN 10 /* an ICCID has 18 to 20, an IMEI 15, an IMSI 10 to 15 */
#define DIGITS_MAX 22

/* ---------------------------------------------------------------- forms */

static const struct {
	const char *command;
	enum answer_kind kind;
} KINDS[] = {
	{ "AT+CGMI", ANSWER_TEXT },   { "AT+CGMM", ANSWER_TEXT },    { "AT+CGMR", ANSWER_TEXT },
	{ "ATI", ANSWER_TEXT },       { "AT+CGSN", ANSWER_DIGITS },  { "AT+CIMI", ANSWER_DIGITS },
	{ "AT+CCID", ANSWER_DIGITS }, { "AT+ICCID", ANSWER_DIGITS },
};

/* Settings have nothing to say but OK, and what bears their name then is unasked. */
static bool is_silent_setting(const char *command)
{
	static const char *const SPEAKING[] = { "AT+CPMS=", "AT+CMGL=",  "AT+CMGR=", "AT+CMGS=",
						"AT+CRSM=", "AT+CPINR=", "AT+CUSD=" };
	const char *equals = strchr(command, '=');

	if (!equals || equals[1] == '?')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(SPEAKING); i++)
		if (begins(command, SPEAKING[i]))
			return false;
	return true;
}

void answer_form(const char *command, struct answer_form *ret)
{
	size_t size = 0;

	*ret = (struct answer_form){ .kind = ANSWER_BARE };
	if (!begins(command, "AT"))
		return;
	/* A basic command (ATE1) has no name; an extended one begins with a sign. */
	if (command[2] != '\0' && !isalnum((unsigned char)command[2])) {
		ret->prefix[size++] = command[2];
		while (size < sizeof(ret->prefix) - 2 && is_name_sign(command[2 + size])) {
			ret->prefix[size] = command[2 + size];
			size++;
		}
		ret->prefix[size++] = ':';
		ret->prefix[size] = '\0';
		ret->kind = ANSWER_NAMED;
	}
	if (is_silent_setting(command))
		ret->kind = ANSWER_BARE;
	for (size_t i = 0; i < ARRAY_SIZE(KINDS); i++) {
		size_t length = strlen(KINDS[i].command);

		if (begins(command, KINDS[i].command) && !is_name_sign(command[length]) &&
		    command[length] != '=')
			ret->kind = KINDS[i].kind;
	}
	if (begins(command, "ATI"))
		ret->kind = ANSWER_TEXT;
}

/* Words that modems say unasked without any sign before them. */
static const char *const UNASKED[] = {
	"RING",         "RDY",          "Call Ready",   "SMS Ready", "SMS DONE", "PB DONE",
	"NO CARRIER",   "NO ANSWER",    "NO DIALTONE",  "BUSY",      "CONNECT",  "UNDER-VOLTAGE",
	"OVER-VOLTAGE", "NORMAL POWER", "POWERED DOWN", "SIM READY", "START",    "MODEM:STARTUP",
};

static bool begins_unasked(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(UNASKED); i++)
		if (begins(line, UNASKED[i]))
			return true;
	return *line != '\0' && strchr("+^*#$%_&", *line);
}

/* "+XYZ", "^XYZ:", "*XYZ: 1", "XYZ: 1": the shapes of what is said unasked. */
static bool looks_unasked(const char *line)
{
	const char *at = line;

	if (begins_unasked(line) || *at == '>')
		return true;
	while (is_name_sign(*at) || *at == '-' || *at == '_' || *at == ' ')
		at++;
	return at > line && *at == ':';
}

static bool holds_long_number(const char *line)
{
	for (const char *at = line; *at; at++) {
		size_t digits = strspn(at, HEX_DIGITS);

		if (digits >= DIGITS_MIN && digits <= DIGITS_MAX)
			return true;
		at += digits;
		if (*at == '\0')
			break;
	}
	return false;
}

/* "+CCID: 8986…", "ICCID:8986…", "^ICCID: …", "+CGSN: "…"" or the number alone. */
static bool is_number_line(const struct answer_form *form, const char *line)
{
	bool named = begins(line, form->prefix) || begins(line, "ICCID:") ||
		     begins(line, "+ICCID:") || begins(line, "^ICCID:") || begins(line, "+CCID:");

	return holds_long_number(line) &&
	       (named || isdigit((unsigned char)line[0]) || line[0] == '"');
}

bool answer_belongs(const struct answer_form *form, const char *line)
{
	switch (form->kind) {
	case ANSWER_BARE:
		return false;
	case ANSWER_TEXT:
		if (form->prefix[0] && begins(line, form->prefix))
			return true;
		return !looks_unasked(line);
	case ANSWER_DIGITS:
		return is_number_line(form, line);
	case ANSWER_NAMED:
		return begins(line, form->prefix);
	}
	return false;
}

/* ---------------------------------------------------------------- ends */

static int error_code(enum answer_final final, const char *text)
{
	char *end;
	long code;

	while (*text == ' ')
		text++;
	if (!isdigit((unsigned char)*text)) {
		int known = answer_words(final, text);

		if (known >= 0)
			return known;
		return final == ANSWER_CMS ? CMS_UNKNOWN : CME_UNKNOWN;
	}
	code = strtol(text, &end, 10);
	if (code < 0 || code > 65535)
		return final == ANSWER_CMS ? CMS_UNKNOWN : CME_UNKNOWN;
	return (int)code;
}

enum answer_final answer_final(const char *line, int *ret_code)
{
	*ret_code = 0;
	if (strcmp(line, "OK") == 0)
		return ANSWER_OK;
	if (strcmp(line, "ERROR") == 0 || begins(line, "COMMAND NOT SUPPORT") ||
	    begins(line, "MODEM ERROR:"))
		return ANSWER_ERROR;
	if (begins(line, "+CME ERROR:")) {
		*ret_code = error_code(ANSWER_CME, line + strlen("+CME ERROR:"));
		return ANSWER_CME;
	}
	if (begins(line, "+CMS ERROR:")) {
		*ret_code = error_code(ANSWER_CMS, line + strlen("+CMS ERROR:"));
		return ANSWER_CMS;
	}
	return ANSWER_NOT_FINAL;
}

/* ---------------------------------------------------------------- two lines in one */

/* Where the reference of a send ends, when anything but its time stamp stands behind it. */
static size_t reference_end(const char *line)
{
	size_t at = strlen("+CMGS:"), digits;

	if (!begins(line, "+CMGS:"))
		return 0;
	at += strspn(line + at, " ");
	digits = strspn(line + at, "0123456789");
	at += digits;
	at += strspn(line + at, " ");
	if (digits == 0 || line[at] == '\0')
		return 0;
	return strchr("+^*#", line[at]) || strcmp(line + at, "OK") == 0 ? at : 0;
}

size_t answer_glued(const char *line)
{
	static const char *const INDICATIONS[] = { "+CMTI: \"", "+CDSI: \"" };
	size_t digits = strspn(line, HEX_DIGITS), quotes = 0;

	if (begins(line, "OK") && begins_unasked(line + 2))
		return 2;
	if (begins(line, "ERROR") && begins_unasked(line + 5))
		return 5;
	/* The end of a PDU, or of a number. */
	if (digits >= DIGITS_MIN && (line[digits] == '+' || strcmp(line + digits, "OK") == 0))
		return digits;
	if (reference_end(line) > 0)
		return reference_end(line);
	for (size_t at = 0; line[at]; at++) {
		quotes += line[at] == '"';
		for (size_t i = 0; at > 0 && quotes % 2 == 0 && i < ARRAY_SIZE(INDICATIONS); i++)
			if (begins(line + at, INDICATIONS[i]))
				return at;
	}
	return 0;
}

/* ---------------------------------------------------------------- what a modem says of itself */

bool answer_is_boot(const char *line)
{
	/* SIMCom and Quectel, Cinterion, SIMCom LTE, Wavecom ("ready to process AT commands"). */
	static const char *const WORDS[] = { "RDY", "+CFUN: 1", "*ATREADY: 1", "+WIND: 3" };

	for (size_t i = 0; i < ARRAY_SIZE(WORDS); i++)
		if (strcmp(line, WORDS[i]) == 0)
			return true;
	return begins(line, "^SYSSTART");
}

bool answer_is_sim_gone(const char *line)
{
	static const struct {
		const char *prefix, *rest; /* between them any spaces */
	} WORDS[] = {
		{ "^SIMST:", "255" },
		{ "^SIMST:", "0" },
		{ "+CPIN:", "NOT READY" },
		{ "+CPIN:", "NOT INSERTED" },
		{ "+CPIN:", "SIM REMOVED" },
		{ "+QSIMSTAT:", "1,0" },
		{ "#QSS:", "0" },
		{ "+SIMCARD:", "NOT AVAILABLE" },
		{ "+SIM:", "REMOVED" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(WORDS); i++) {
		const char *at = line + strlen(WORDS[i].prefix);
		size_t size = strlen(WORDS[i].rest);

		if (!begins(line, WORDS[i].prefix))
			continue;
		at += strspn(at, " ");
		/* "^SIMST: 255,1" has a field more. */
		if (begins(at, WORDS[i].rest) && (at[size] == '\0' || at[size] == ','))
			return true;
	}
	return false;
}
