/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The text of one part, behind its header (3GPP TS 23.040 9.2.3.24), as UTF-8; what the sender cut
 * in two at the end of it is carried over to the next.  Pure; every byte is hostile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "modem/text/national.h"
#include "modem/text/split.h"

struct body {
	enum sms_alphabet alphabet;
	const uint8_t *octets; /* at most 140; not ours */
	size_t size;
	/* SMS_ALPHABET_GSM7 */
	size_t septets;
	unsigned fill_bits;
	struct national_shift shift;
};

/* All zero: nothing is carried. */
struct body_carry {
	bool escaped;  /* an escape whose character is missing */
	uint16_t high; /* a high surrogate whose low one is missing */
	bool half;     /* an octet whose other one is missing */
	uint8_t octet;
};

/* 155 septets behind the shortest header that names a national language, 3 bytes each; and what was
 * carried: two U+FFFD, or one character. */
#define BODY_TEXT_SIZE (155 * 3 + 6)
#define BODY_REST_SIZE 6

/* Writes the text of one part, 8-bit data as upper-case hex; returns its length.  No NUL. */
size_t body_read(const struct body *body, struct body_carry *carry,
		 char text[static BODY_TEXT_SIZE]);

/* There is no next part: what is still carried becomes a space, or U+FFFD.  Returns its length. */
size_t body_end(struct body_carry *carry, char text[static BODY_REST_SIZE]);
