/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SMS-SUBMIT written (3GPP TS 23.040 9.2.2.2): the default alphabet or UCS2, nothing else.
 */
#include <errno.h>
#include <string.h>

#include "bridge/base/utf8.h"
#include "modem/text/alphabet.h"
#include "modem/text/tpdu_inside.h"

#define ADDRESS_OCTETS_MAX ((TPDU_ADDRESS_DIGITS_MAX + 1) / 2)

/* First octet, 9.2.3.1 - 9.2.3.5 and 9.2.3.23. */
enum {
	MTI_SUBMIT = 0x01,
	VPF_RELATIVE = 0x10,
	SRR = 0x20,
	UDHI = 0x40,
};

enum {
	DCS_GSM7 = 0x00,
	DCS_UCS2 = 0x08,
};

/* The digits are checked here: nothing else may reach the air. */
static int encode_address(const char *number, uint8_t octets[static 2 + ADDRESS_OCTETS_MAX])
{
	bool international = number[0] == '+';
	const char *digits = number + international;
	size_t count = strlen(digits);

	if (count == 0 || count > TPDU_ADDRESS_DIGITS_MAX || strspn(digits, "0123456789") != count)
		return -EINVAL;
	octets[0] = (uint8_t)count;
	octets[1] = international ? 0x91 : 0x81;
	for (size_t i = 0; i < count; i += 2) {
		unsigned low = (unsigned)(digits[i] - '0');
		unsigned high = i + 1 < count ? (unsigned)(digits[i + 1] - '0') : 0xf;

		octets[2 + i / 2] = (uint8_t)(high << 4 | low);
	}
	return (int)(2 + (count + 1) / 2);
}

/* TP-VP, relative format, 9.2.3.12.1: the longest span that is not longer than minutes. */
static uint8_t encode_validity(unsigned minutes)
{
	const unsigned hour = 60, day = 24 * hour, week = 7 * day;

	if (minutes < 10)
		return 0;
	if (minutes <= 12 * hour)
		return (uint8_t)(minutes / 5 - 1);
	if (minutes < 2 * day)
		return (uint8_t)(143 + ((minutes < day ? minutes : day) - 12 * hour) / 30);
	if (minutes < 5 * week)
		return (uint8_t)(166 + (minutes < 30 * day ? minutes / day : 30));
	return (uint8_t)(192 + (minutes < 63 * week ? minutes / week : 63));
}

/* The header with its length octet: 0 octets without concatenation. */
static int encode_header(const struct tpdu_concat *concat, uint8_t octets[static 7])
{
	size_t n = 0;

	if (!concat->present)
		return 0;
	if (concat->sequence == 0 || concat->sequence > concat->total ||
	    (!concat->wide && concat->reference > 0xff))
		return -EINVAL;
	octets[n++] = concat->wide ? 6 : 5;
	octets[n++] = concat->wide ? TPDU_IEI_CONCAT_WIDE : TPDU_IEI_CONCAT;
	octets[n++] = concat->wide ? 4 : 3;
	if (concat->wide)
		octets[n++] = (uint8_t)(concat->reference >> 8);
	octets[n++] = (uint8_t)concat->reference;
	octets[n++] = concat->total;
	octets[n++] = concat->sequence;
	return (int)n;
}

/* Text after a header of header octets in octets[1...]; octets[0] is TP-UDL. */
static int encode_gsm7(const char *text, size_t size, size_t header,
		       uint8_t octets[static 1 + TPDU_USER_DATA_MAX])
{
	size_t header_septets = (8 * header + 6) / 7, count = 0;
	unsigned fill_bits = (unsigned)(7 * header_septets - 8 * header);
	uint8_t septets[TPDU_SEPTETS_MAX];

	for (size_t at = 0; at < size;) {
		uint32_t scalar;
		uint8_t pair[2];
		int used = utf8_next(text + at, size - at, &scalar);
		size_t n = used < 0 ? 0 : gsm7_encode(scalar, pair);

		if (n == 0)
			return -EINVAL;
		if (header_septets + count + n > TPDU_SEPTETS_MAX)
			return -EMSGSIZE;
		memcpy(septets + count, pair, n);
		count += n;
		at += (size_t)used;
	}
	octets[0] = (uint8_t)(header_septets + count);
	return (int)(1 + header + gsm7_pack(septets, count, fill_bits, octets + 1 + header));
}

static int encode_ucs2(const char *text, size_t size, size_t header,
		       uint8_t octets[static 1 + TPDU_USER_DATA_MAX])
{
	size_t length = header;

	for (size_t at = 0; at < size;) {
		uint32_t scalar;
		int used = utf8_next(text + at, size - at, &scalar);
		uint32_t units[2];
		size_t count = 1;

		if (used < 0)
			return -EINVAL;
		units[0] = scalar;
		if (scalar > 0xffff) {
			units[0] = 0xd7c0 + (scalar >> 10);
			units[1] = 0xdc00 | (scalar & 0x3ff);
			count = 2;
		}
		if (length + 2 * count > TPDU_USER_DATA_MAX)
			return -EMSGSIZE;
		for (size_t i = 0; i < count; i++) {
			octets[1 + length++] = (uint8_t)(units[i] >> 8);
			octets[1 + length++] = (uint8_t)units[i];
		}
		at += (size_t)used;
	}
	octets[0] = (uint8_t)length;
	return (int)(1 + length);
}

int tpdu_encode_submit(const struct tpdu_submit *submit, uint8_t octets[static TPDU_SIZE_MAX])
{
	uint8_t *user_data;
	size_t at = 0;
	int header, r;

	octets[at++] = (uint8_t)(MTI_SUBMIT | VPF_RELATIVE | (submit->report ? SRR : 0) |
				 (submit->concat.present ? UDHI : 0));
	octets[at++] = 0; /* TP-MR */
	r = encode_address(submit->number, octets + at);
	if (r < 0)
		return r;
	at += (size_t)r;
	octets[at++] = 0; /* TP-PID */
	octets[at++] = submit->alphabet == SMS_ALPHABET_UCS2 ? DCS_UCS2 : DCS_GSM7;
	octets[at++] = encode_validity(submit->validity_minutes);

	user_data = octets + at;
	header = encode_header(&submit->concat, user_data + 1);
	if (header < 0)
		return header;
	switch (submit->alphabet) {
	case SMS_ALPHABET_GSM7:
		r = encode_gsm7(submit->text, submit->text_size, (size_t)header, user_data);
		break;
	case SMS_ALPHABET_UCS2:
		r = encode_ucs2(submit->text, submit->text_size, (size_t)header, user_data);
		break;
	case SMS_ALPHABET_8BIT:
		return -EINVAL;
	}
	return r < 0 ? r : (int)at + r;
}
