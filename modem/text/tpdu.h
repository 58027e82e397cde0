/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Transport protocol data units of the short message service, 3GPP TS 23.040 9.2: SMS-SUBMIT
 * written, SMS-DELIVER and SMS-STATUS-REPORT read.  Pure; every byte that is read is hostile.
 * A TPDU here never includes the service centre address that AT commands put before it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "modem/text/split.h"

#define TPDU_SIZE_MAX 176 /* 3GPP TS 23.040 9.2.2: 12 + 10 address + 7 + 140, rounded up */
#define TPDU_USER_DATA_MAX 140
#define TPDU_ADDRESS_SIZE 48 /* "+" and 20 digits; 11 GSM characters as UTF-8; NUL */
/* 155 septets of a national language (the header that names it takes 5) are at most 465 bytes of
 * UTF-8, and that is the longest there is; a little more, and NUL. */
#define TPDU_TEXT_SIZE 472

struct tpdu_concat {
	bool present;
	bool wide; /* 16-bit reference, IEI 0x08 */
	uint16_t reference;
	uint8_t total, sequence; /* 1-based; total 0 or sequence outside 1..total: not present */
};

struct tpdu_submit {
	const char *number; /* ^\+?[0-9]{1,20}$ */
	const char *text;   /* one part, UTF-8, NULs allowed */
	size_t text_size;
	enum sms_alphabet alphabet;
	struct tpdu_concat concat;
	unsigned validity_minutes; /* rounded down to what TP-VP can say, at least 5, 9.2.3.12.1 */
	bool report;               /* TP-SRR */
};

/*
 * Writes the TPDU (TP-MR 0: the modem sets it).  Returns its size, -EINVAL for a number,
 * an alphabet or a concat that can't be, -EMSGSIZE when the text does not fit one part.
 */
int tpdu_encode_submit(const struct tpdu_submit *submit, uint8_t octets[static TPDU_SIZE_MAX]);

enum tpdu_kind {
	TPDU_DELIVER,
	TPDU_STATUS_REPORT,
};

struct tpdu {
	enum tpdu_kind kind;
	char address[TPDU_ADDRESS_SIZE]; /* TP-OA or TP-RA: "+86…", digits, or a name */
	bool address_is_name;            /* alphanumeric, 9.1.2.5 */
	int64_t centre_time_usec;        /* TP-SCTS in UTC; 0 when it is no moment */

	/* SMS-DELIVER */
	enum sms_alphabet alphabet;
	int message_class; /* 0..3, -1 none */
	uint8_t protocol;  /* TP-PID */
	struct tpdu_concat concat;
	int port;                  /* destination port of an application port element, -1 none */
	char text[TPDU_TEXT_SIZE]; /* UTF-8; of 8-bit data upper-case hex */
	size_t text_size;

	/* SMS-STATUS-REPORT */
	uint8_t reference;           /* TP-MR */
	int64_t discharge_time_usec; /* TP-DT */
	uint8_t status;              /* TP-ST */
};

/*
 * Reads what the service centre sent.  Returns 0, -EBADMSG for octets that are no such TPDU
 * (truncated, UDL beyond the end, UDH beyond UDL, unknown type): *ret is then undefined.  Octets
 * behind the TPDU are ignored: some modems show a slot with its padding.
 */
int tpdu_decode(const uint8_t *octets, size_t size, struct tpdu *ret);

/* What TP-ST says of a part, 9.2.3.15. */
enum tpdu_fate {
	TPDU_FATE_DELIVERED, /* 0x00 */
	TPDU_FATE_FORWARDED, /* 0x01: forwarded, unconfirmed: stays sent; so 0x10..0x1f, by which a
				centre says in its own way that it is done */
	TPDU_FATE_REPLACED,  /* 0x02 */
	TPDU_FATE_TRYING,    /* 0x20..0x3f */
	TPDU_FATE_EXPIRED,   /* 0x46 */
	TPDU_FATE_FAILED,    /* every other >= 0x40, and 0x03..0x0f, reserved */
};
enum tpdu_fate tpdu_fate(uint8_t status);
