/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every form of dialogue of libgammu's and ours, as a table: what each side writes, and what comes out.
 */
#pragma once

#include "tests/unit/line_fixture.h"

enum arming {
	PLAIN,
	ARMED,
	DELETING,
	IN_SM, /* AT+CPMS="SM" has been said */
	MUTE,  /* a modem that has never echoed */
};

/* Steps begin with "G" (libgammu writes) or "M" (the modem writes one line). */
struct dialogue {
	enum arming arming;
	const char *steps[20];
	const char *modem, *gammu, *events;
};

#define SIMPLE(command, final)                                                                     \
	{                                                                                          \
		.steps = { "G" command "\r", "M" command "\r", "M\r\n" final "\r\n" },             \
		.modem = command "\r", .gammu = command "\r\r\n" final "\r\n", .events = ""        \
	}
#define NAMED(command, answer)                                                                     \
	{                                                                                          \
		.steps = { "G" command "\r", "M" command "\r", "M\r\n" answer "\r\n",              \
			   "M\r\nOK\r\n" },                                                        \
		.modem = command "\r", .gammu = command "\r\r\n" answer "\r\n\r\nOK\r\n",          \
		.events = ""                                                                       \
	}
#define STAND_IN_LINES(header) header "\r\n" LINE_STAND_IN "\r\n"

/* Strings are joined on purpose.  NOLINTBEGIN(bugprone-suspicious-missing-comma) */
static const struct dialogue DIALOGUES[] = {
	SIMPLE("AT", "OK"),
	SIMPLE("ATE1", "OK"),
	SIMPLE("AT+MODE=2", "ERROR"),
	SIMPLE("AT+CMEE=1", "OK"),
	SIMPLE("AT+CREG=1", "OK"),
	SIMPLE("AT+CPIN=\"1234\"", "+CME ERROR: 16"),
	SIMPLE("AT+CUSD=1,\"*100#\",15", "OK"),
	SIMPLE("AT+CFUN=1", "OK"),
	SIMPLE("AT+CMGF=0", "OK"),
	SIMPLE("AT+CNMI=2,1,0,2,0", "+CMS ERROR: 303"),
	SIMPLE("AT+CMGD=3", "OK"),
	SIMPLE("AT$TSSPCSW=?", "ERROR"),
	NAMED("AT+CSCS?", "+CSCS: \"GSM\""),
	NAMED("AT+CSCS=?", "+CSCS: (\"GSM\",\"UCS2\")"),
	NAMED("AT+CSQ", "+CSQ: 17,99"),
	NAMED("AT+CPIN?", "+CPIN: READY"),
	NAMED("AT+COPS?", "+COPS: 0,0,\"Cell\",7"),
	NAMED("AT+CSCA?", "+CSCA: \"+8613800100500\",145"),
	NAMED("AT^SQWE?", "^SQWE: 0"),
	NAMED("AT+CGATT?", "+CGATT: 1"),
	NAMED("AT+CCLK?", "+CCLK: \"26/03/01,12:00:00+32\""),
	NAMED("AT+CRSM=176,12258,0,0,10", "+CRSM: 144,0,\"98680000000000000010\""),
	{
		.steps = { "GAT+CGMM\r", "MAT+CGMM\r", "M\r\nSIMCOM_SIM7600E\r\n", "M\r\nOK\r\n" },
		.modem = "AT+CGMM\r",
		.gammu = "AT+CGMM\r\r\nunknown\r\n\r\nOK\r\n",
		.events = "identity AT+CGMM SIMCOM_SIM7600E;",
	},
	{
		.steps = { "GAT+CGSN\r", "MAT+CGSN\r", "M\r\n356938030000013\r\n", "M\r\nOK\r\n" },
		.modem = "AT+CGSN\r",
		.gammu = "AT+CGSN\r\r\n356938030000013\r\n\r\nOK\r\n",
		.events = "identity AT+CGSN 356938030000013;",
	},
	{
		.steps = { "GAT+CCID\r", "MAT+CCID\r", "M\r\n+CCID: \"89860000000000000001\"\r\n",
			   "M\r\nOK\r\n" },
		.modem = "AT+CCID\r",
		.gammu = "AT+CCID\r\r\n+CCID: \"89860000000000000001\"\r\n\r\nOK\r\n",
		.events = "identity AT+CCID +CCID: \"89860000000000000001\";",
	},
	{
		.steps = { "GAT+CPMS=\"SM\",\"SM\"\r", "MAT+CPMS=\"SM\",\"SM\"\r",
			   "M\r\n+CPMS: 2,30,2,30,2,30\r\n", "M\r\nOK\r\n" },
		.modem = "AT+CPMS=\"SM\",\"SM\"\r",
		.gammu = "AT+CPMS=\"SM\",\"SM\"\r\r\n+CPMS: 2,30,2,30\r\n\r\nOK\r\n",
		.events = "store SM 2 30;",
	},
	/* A selection answered by a bare OK fails reading in libgammu. */
	{
		.steps = { "GAT+CPMS=\"ME\"\r", "MAT+CPMS=\"ME\"\r", "M\r\nOK\r\n" },
		.modem = "AT+CPMS=\"ME\"\r",
		.gammu = "AT+CPMS=\"ME\"\r\r\n+CPMS: 0,0,0,0\r\n\r\nOK\r\n",
		.events = "",
	},
	/* What fails libgammu's start although nothing is wrong. */
	{
		.steps = { "GAT+CFUN=1\r", "MAT+CFUN=1\r", "M\r\nERROR\r\n" },
		.modem = "AT+CFUN=1\r",
		.gammu = "AT+CFUN=1\r\r\nOK\r\n",
		.events = "",
	},
	{
		.steps = { "GAT+CGMM\r", "MAT+CGMM\r", "M\r\n+CME ERROR: 100\r\n" },
		.modem = "AT+CGMM\r",
		.gammu = "AT+CGMM\r\r\nunknown\r\n\r\nOK\r\n",
		.events = "",
	},
	{
		.arming = IN_SM,
		.steps = { "GAT+CMGL=4\r", "MAT+CMGL=4\r", "M\r\n+CMGL: 0,1,,28\r\n",
			   "M" DELIVER "\r\n", "M+CMGL: 7,3,,25\r\n", "M" REPORT "\r\n",
			   "M+CMGL: 9,0,,25\r\n", "M" REPORT "\r\n", "M\r\nOK\r\n" },
		.modem = "AT+CMGL=4\r",
		.gammu = "AT+CMGL=4\r\r\n" STAND_IN_LINES("+CMGL: 0,1,,16") STAND_IN_LINES(
			"+CMGL: 7,1,,16") STAND_IN_LINES("+CMGL: 9,1,,16") "\r\nOK\r\n",
		.events = "listed SM 0 " DELIVER_TPDU ";skipped;listed SM 9 " REPORT_TPDU ";",
	},
	{
		.arming = IN_SM,
		.steps = { "GAT+CMGR=7\r", "MAT+CMGR=7\r", "M\r\n+CMGR: 0,28\r\n",
			   "M" DELIVER "\r\n", "M\r\nOK\r\n" },
		.modem = "AT+CMGR=7\r",
		.gammu = "AT+CMGR=7\r\r\n" STAND_IN_LINES("+CMGR: 1,,16") "\r\nOK\r\n",
		.events = "listed SM 7 " DELIVER_TPDU ";",
	},
	{
		.steps = { "GAT+CMGR=7\r", "MAT+CMGR=7\r", "M\r\nOK\r\n" },
		.modem = "AT+CMGR=7\r",
		.gammu = "AT+CMGR=7\r\r\n+CMS ERROR: 321\r\n",
		.events = "",
	},
	{
		.arming = DELETING,
		.steps = { "GAT+CPMS=\"SM\",\"SM\"\r", "GAT+CMGR=4\r", "GAT+CMGD=4\r",
			   "MAT+CMGD=4\r", "M\r\nOK\r\n" },
		.modem = "AT+CMGD=4\r",
		.gammu = "AT+CPMS=\"SM\",\"SM\"\r\r\n+CPMS: 0,0,0,0\r\n\r\nOK\r\n"
			 "AT+CMGR=4\r\r\n" STAND_IN_LINES("+CMGR: 1,,16") "\r\nOK\r\n"
									  "AT+CMGD=4\r\r\nOK\r\n",
		.events = "",
	},
	{
		.arming = ARMED,
		.steps = { "GAT+CMGS=14\r", "MAT+CMGS=10\r", "M\r\n> ", "G00AABB", "GCCDD",
			   "M" SUBMIT_HEX, "G\x1a", "M\x1a\r\n", "M\r\n+CMGS: 17\r\n",
			   "M\r\nOK\r\n" },
		.modem = "AT+CMGS=10\r" SUBMIT_HEX "\x1a",
		.gammu = "AT+CMGS=14\r\r\n> \r\n+CMGS: 0\r\n\r\nOK\r\n",
		.events = "handing over;result 0 ref 17 kind 0 code 0;",
	},
	/* The bare prompt of a SIM7670G. */
	{
		.arming = ARMED,
		.steps = { "GAT+CMGS=14\r", "MAT+CMGS=10\r", "M\r\n>\r\n", "G00AABBCCDD\x1a",
			   "M" SUBMIT_HEX "\r\n", "M\r\n+CMGS: 255\r\n", "M\r\nOK\r\n" },
		.modem = "AT+CMGS=10\r" SUBMIT_HEX "\x1a",
		.gammu = "AT+CMGS=14\r\r\n> \r\n+CMGS: 0\r\n\r\nOK\r\n",
		.events = "handing over;result 0 ref 255 kind 0 code 0;",
	},
	{
		.arming = ARMED,
		.steps = { "GAT+CMGS=14\r", "MAT+CMGS=10\r", "M\r\n+CMS ERROR: 310\r\n",
			   "G\x1b\r" },
		.modem = "AT+CMGS=10\r\x1b",
		.gammu = "AT+CMGS=14\r\r\n+CMS ERROR: 310\r\n",
		.events = "result 1 ref -1 kind 1 code 310;",
	},
	{
		.arming = ARMED,
		.steps = { "GAT+CMGS=14\r", "MAT+CMGS=10\r", "M\r\n> ", "G00AA\x1a",
			   "M" SUBMIT_HEX "\r\n", "M\r\n+CME ERROR: 38\r\n" },
		.modem = "AT+CMGS=10\r" SUBMIT_HEX "\x1a\x1b",
		.gammu = "AT+CMGS=14\r\r\n> \r\n+CME ERROR: 38\r\n",
		.events = "handing over;result 1 ref -1 kind 2 code 38;",
	},
	/* It ends before libgammu has written its Ctrl-Z: the modem does not get one. */
	{
		.arming = ARMED,
		.steps = { "GAT+CMGS=14\r", "MAT+CMGS=10\r", "M\r\n> ", "G00AA",
			   "M" SUBMIT_HEX "\r\n", "M\r\nERROR\r\n", "GBB", "G\x1a" },
		.modem = "AT+CMGS=10\r" SUBMIT_HEX "\x1b",
		.gammu = "AT+CMGS=14\r\r\n> \r\n+CMS ERROR: 500\r\n",
		.events = "result 1 ref -1 kind 3 code 0;",
	},
	/* An OK without a reference says nothing. */
	{
		.arming = ARMED,
		.steps = { "GAT+CMGS=14\r", "MAT+CMGS=10\r", "M\r\n> ", "G00AA\x1a",
			   "M" SUBMIT_HEX "\r\n", "M\r\nOK\r\n" },
		.modem = "AT+CMGS=10\r" SUBMIT_HEX "\x1a",
		.gammu = "AT+CMGS=14\r\r\n> \r\n+CMGS: 0\r\n\r\nOK\r\n",
		.events = "handing over;result 3 ref -1 kind 0 code 0;",
	},
	/* A modem that does not echo. */
	{
		.arming = MUTE,
		.steps = { "GAT+CSQ\r", "M\r\n+CSQ: 5,99\r\n", "M\r\nOK\r\n" },
		.modem = "AT+CSQ\r",
		.gammu = "AT+CSQ\r\r\n+CSQ: 5,99\r\n\r\nOK\r\n",
		.events = "",
	},
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

static inline void arm(struct line *line, struct log *log, enum arming arming)
{
	switch (arming) {
	case PLAIN:
	case MUTE:
		return;
	case ARMED:
		line_arm_send(line, SUBMIT, sizeof(SUBMIT), CENTRE);
		return;
	case IN_SM:
	case DELETING:
		from_gammu(line, "AT+CPMS=\"SM\"\r");
		from_modem(line, "AT+CPMS=\"SM\"\r\r\n+CPMS: 1,20\r\n\r\nOK\r\n");
		memset(log, 0, sizeof(*log));
		line_set_deleting(line, arming == DELETING);
		return;
	}
}

static inline struct line *dialogue_begin(const struct dialogue *dialogue, struct log *log)
{
	struct line *line = dialogue->arming == MUTE ? line_mute(log) : line_awake(log);

	arm(line, log, dialogue->arming);
	return line;
}

static inline void dialogue_check(const struct dialogue *dialogue, const struct log *log)
{
	assert_string_equal(log->modem, dialogue->modem);
	assert_string_equal(log->gammu, dialogue->gammu);
	assert_string_equal(log->events, dialogue->events);
}
