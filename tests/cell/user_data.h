/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TP-User-Data with its coding (3GPP TS 23.040 9.2.3.24, 23.038 4): checked, read as text, and cut
 * out of a text that a person typed.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USER_DATA_MAX 140
#define CONTENT_TEXT_SIZE 321 /* 160 septets as UTF-8, 70 units, or 140 octets as hex; NUL */
#define COMPOSE_PARTS_MAX 255

enum alphabet {
	ALPHABET_GSM7,
	ALPHABET_8BIT,
	ALPHABET_UCS2,
};

struct concat {
	bool present, wide;
	uint16_t reference;
	uint8_t total, sequence;
};

struct user_data {
	uint8_t protocol; /* TP-PID */
	uint8_t coding;   /* TP-DCS */
	bool header;      /* TP-UDHI */
	uint8_t length;   /* TP-UDL, in septets or octets as the coding says */
	uint8_t size;     /* octets that are there */
	uint8_t octets[USER_DATA_MAX];
};

struct content {
	enum alphabet alphabet;
	int message_class; /* 0..3, -1 none */
	struct concat concat;
	char text[CONTENT_TEXT_SIZE]; /* UTF-8; of 8-bit data hex */
	size_t text_size;
};

/* The words for an alphabet in events: "gsm7", "8bit", "ucs2". */
const char *alphabet_name(enum alphabet alphabet);
bool alphabet_named(const char *name, enum alphabet *ret);

/* NULL when every length fits, else why not; *ret_cms is the CMS error then. */
const char *user_data_check(const struct user_data *data, int *ret_cms);

/* Reads what it can; data that user_data_check refuses gives an empty text. */
void user_data_read(const struct user_data *data, struct content *ret);

struct compose {
	bool alphabet_forced; /* otherwise GSM7 when every character fits, else UCS2 */
	enum alphabet alphabet;
	int message_class; /* -1 none */
	bool wide;
	uint16_t reference; /* used when there are several parts */
};

/*
 * Cuts a text into parts; text of 8-bit data is hex.  *ret_parts is the caller's to free.
 * Returns their number, or -1 and *ret_why.
 */
int compose_parts(const char *text, size_t size, const struct compose *how,
		  struct user_data **ret_parts, const char **ret_why);
