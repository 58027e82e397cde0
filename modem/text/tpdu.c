/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SMS-SUBMIT written, SMS-DELIVER and SMS-STATUS-REPORT read (3GPP TS 23.040 9.2).  Compressed text
 * is handed out as data; national language shift tables are not known here.
 */
#include "modem/text/tpdu.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "bridge/base/clock.h"
#include "bridge/base/utf8.h"
#include "modem/text/alphabet.h"

#define SEPTETS_MAX 160
#define ADDRESS_DIGITS_MAX 20
#define ADDRESS_OCTETS_MAX ((ADDRESS_DIGITS_MAX + 1) / 2)
#define CENTRE_TIME_SIZE ((size_t)7)

/* First octet, 9.2.3.1 - 9.2.3.5 and 9.2.3.23. */
enum {
	MTI_MASK = 0x03,
	MTI_DELIVER = 0x00,
	MTI_SUBMIT = 0x01,
	MTI_STATUS_REPORT = 0x02,
	VPF_RELATIVE = 0x10,
	SRR = 0x20,
	UDHI = 0x40,
};

/* Type of number, 9.1.2.5. */
enum {
	TON_INTERNATIONAL = 1,
	TON_ALPHANUMERIC = 5,
};

/* Information elements, 9.2.3.24. */
enum {
	IEI_CONCAT = 0x00,
	IEI_PORT = 0x04,
	IEI_PORT_WIDE = 0x05,
	IEI_CONCAT_WIDE = 0x08,
};

enum {
	DCS_GSM7 = 0x00,
	DCS_UCS2 = 0x08,
};

/* ---- writing */

/* The digits are checked here: nothing else may reach the air. */
static int encode_address(const char *number, uint8_t octets[static 2 + ADDRESS_OCTETS_MAX])
{
	bool international = number[0] == '+';
	const char *digits = number + international;
	size_t count = strlen(digits);

	if (count == 0 || count > ADDRESS_DIGITS_MAX || strspn(digits, "0123456789") != count)
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
	octets[n++] = concat->wide ? IEI_CONCAT_WIDE : IEI_CONCAT;
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
	uint8_t septets[SEPTETS_MAX];

	for (size_t at = 0; at < size;) {
		uint32_t scalar;
		uint8_t pair[2];
		int used = utf8_next(text + at, size - at, &scalar);
		size_t n = used < 0 ? 0 : gsm7_encode(scalar, pair);

		if (n == 0)
			return -EINVAL;
		if (header_septets + count + n > SEPTETS_MAX)
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

/* ---- reading */

struct cursor {
	const uint8_t *octets;
	size_t left;
};

/* The next count octets, or NULL when there are fewer. */
static const uint8_t *take(struct cursor *cursor, size_t count)
{
	const uint8_t *octets = cursor->octets;

	if (cursor->left < count)
		return NULL;
	cursor->octets += count;
	cursor->left -= count;
	return octets;
}

/* Septets as UTF-8, at most two bytes each; a last escape without its character is a space. */
static size_t decode_septets(const uint8_t *octets, size_t count, unsigned fill_bits, char *text)
{
	uint8_t septets[SEPTETS_MAX];
	size_t size = 0;

	gsm7_unpack(octets, count, fill_bits, septets);
	for (size_t i = 0; i < count; i++) {
		int escaped = septets[i] == GSM7_ESCAPE && i + 1 < count;

		i += (size_t)escaped;
		size += utf8_put(gsm7_decode(septets[i], escaped), text + size);
	}
	text[size] = '\0';
	return size;
}

/* A name is shown in one line: what would break it becomes a space. */
static void decode_name(const uint8_t *octets, size_t semi_octets, char *address)
{
	decode_septets(octets, 4 * semi_octets / 7, 0, address);
	for (char *c = address; *c; c++)
		if (*c == '\n' || *c == '\r' || *c == '\f')
			*c = ' ';
}

/* 9.1.2.5.  A filler among the digits ends them: some count it as one. */
static int decode_address(struct cursor *cursor, struct tpdu *ret)
{
	static const char digits[16] = "0123456789*#abc";
	const uint8_t *head = take(cursor, 2), *value;
	unsigned type;
	size_t count, n = 0;

	if (!head || head[0] > ADDRESS_DIGITS_MAX)
		return -EBADMSG;
	count = head[0];
	type = head[1] >> 4 & 7;
	value = take(cursor, (count + 1) / 2);
	if (!value)
		return -EBADMSG;
	if (type == TON_ALPHANUMERIC) {
		ret->address_is_name = true;
		decode_name(value, count, ret->address);
		return 0;
	}
	if (type == TON_INTERNATIONAL && count > 0)
		ret->address[n++] = '+';
	for (size_t i = 0; i < count; i++) {
		unsigned digit = value[i / 2] >> (i % 2 * 4) & 0xf;

		if (digit == 0xf)
			break;
		ret->address[n++] = digits[digit];
	}
	return 0;
}

/* Two semi-octets, the tens first; -1 when they are no digits. */
static int decode_two_digits(uint8_t octet)
{
	int tens = octet & 0xf, units = octet >> 4;

	return tens > 9 || units > 9 ? -1 : 10 * tens + units;
}

/*
 * 9.2.3.11: local time and its distance to UTC in quarters of an hour, whose sign is bit 3.  0 for
 * what no calendar has: a wrong moment would be worse than none.
 */
static int64_t decode_time(const uint8_t octets[static CENTRE_TIME_SIZE])
{
	int zone = decode_two_digits(octets[6] & 0xf7);
	int fields[6];
	struct tm tm = { 0 };
	int64_t seconds;

	for (size_t i = 0; i < 6; i++) {
		fields[i] = decode_two_digits(octets[i]);
		if (fields[i] < 0)
			return 0;
	}
	if (zone < 0 || fields[1] < 1 || fields[1] > 12 || fields[2] < 1 || fields[3] > 23 ||
	    fields[4] > 59 || fields[5] > 59)
		return 0;
	tm.tm_year = fields[0] + (fields[0] < 90 ? 100 : 0); /* there was no GSM before 1990 */
	tm.tm_mon = fields[1] - 1;
	tm.tm_mday = fields[2];
	tm.tm_hour = fields[3];
	tm.tm_min = fields[4];
	tm.tm_sec = fields[5];
	seconds = timegm(&tm);
	if (tm.tm_mday != fields[2]) /* 30 February */
		return 0;
	if (octets[6] & 0x08)
		zone = -zone;
	return (seconds - zone * INT64_C(15) * 60) * USEC_PER_SEC;
}

static enum sms_alphabet alphabet_of_bits(unsigned bits)
{
	if (bits == 1)
		return SMS_ALPHABET_8BIT;
	return bits == 2 ? SMS_ALPHABET_UCS2 : SMS_ALPHABET_GSM7; /* 3 is reserved: as 0 */
}

/* TP-DCS, 3GPP TS 23.038 4; what is reserved counts as the default alphabet. */
static void decode_coding(uint8_t coding, struct tpdu *ret)
{
	ret->alphabet = SMS_ALPHABET_GSM7;
	if (coding < 0x80) { /* general; from 0x40 on with automatic deletion */
		ret->alphabet = alphabet_of_bits(coding >> 2 & 3);
		if (coding & 0x20) /* compressed: UDL counts octets, and nobody can read it */
			ret->alphabet = SMS_ALPHABET_8BIT;
		if (coding & 0x10)
			ret->message_class = coding & 3;
	} else if (coding >= 0xf0) {
		ret->alphabet = coding & 0x04 ? SMS_ALPHABET_8BIT : SMS_ALPHABET_GSM7;
		ret->message_class = coding & 3;
	} else if (coding >= 0xe0) { /* message waiting, UCS2 */
		ret->alphabet = SMS_ALPHABET_UCS2;
	}
}

static void decode_concat(const uint8_t *data, bool wide, struct tpdu *ret)
{
	struct tpdu_concat concat = { .present = true, .wide = wide, .reference = data[0] };

	if (wide) {
		concat.reference = (uint16_t)(data[0] << 8 | data[1]);
		data++;
	}
	concat.total = data[1];
	concat.sequence = data[2];
	if (concat.sequence > 0 && concat.sequence <= concat.total)
		ret->concat = concat;
}

/*
 * The elements that matter, wherever they stand; of several of a kind the last counts (9.2.3.24).
 * One that would go beyond the header ends it: the text behind is still readable.
 */
static void decode_header(struct cursor header, struct tpdu *ret)
{
	const uint8_t *head, *data;

	while ((head = take(&header, 2)) && (data = take(&header, head[1]))) {
		uint8_t length = head[1];

		if (head[0] == IEI_CONCAT && length == 3)
			decode_concat(data, false, ret);
		else if (head[0] == IEI_CONCAT_WIDE && length == 4)
			decode_concat(data, true, ret);
		else if (head[0] == IEI_PORT && length == 2)
			ret->port = data[0];
		else if (head[0] == IEI_PORT_WIDE && length == 4)
			ret->port = data[0] << 8 | data[1];
	}
}

/* UTF-16BE; lone surrogates, and the half of a unit at the end, are U+FFFD. */
static size_t decode_ucs2(const uint8_t *octets, size_t size, char *text)
{
	size_t written = 0;

	for (size_t i = 0; i + 1 < size; i += 2) {
		uint32_t scalar = (uint32_t)octets[i] << 8 | octets[i + 1];

		if (scalar >> 10 == 0xd800 >> 10 && i + 3 < size &&
		    octets[i + 2] >> 2 == 0xdc00 >> 10) {
			uint32_t low = (uint32_t)octets[i + 2] << 8 | octets[i + 3];

			scalar = 0x10000 + ((scalar & 0x3ff) << 10 | (low & 0x3ff));
			i += 2;
		}
		written += utf8_put(scalar, text + written);
	}
	if (size % 2)
		written += utf8_put(0xfffd, text + written);
	return written;
}

static size_t decode_hex(const uint8_t *octets, size_t size, char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[octets[i] >> 4];
		text[2 * i + 1] = digits[octets[i] & 0xf];
	}
	return 2 * size;
}

/* TP-UDL and TP-UD; the alphabet is known. */
static int decode_user_data(struct cursor *cursor, bool has_header, struct tpdu *ret)
{
	const uint8_t *length = take(cursor, 1), *data;
	size_t size, header = 0, header_septets;

	if (!length)
		return -EBADMSG;
	size = *length;
	if (ret->alphabet == SMS_ALPHABET_GSM7)
		size = (7 * size + 7) / 8;
	data = size <= TPDU_USER_DATA_MAX ? take(cursor, size) : NULL;
	if (!data)
		return -EBADMSG;
	if (has_header) {
		header = size > 0 ? 1u + data[0] : 1;
		if (header > size)
			return -EBADMSG;
		decode_header((struct cursor){ data + 1, header - 1 }, ret);
	}

	switch (ret->alphabet) {
	case SMS_ALPHABET_GSM7:
		header_septets = (8 * header + 6) / 7;
		if (header_septets > *length)
			return -EBADMSG;
		ret->text_size =
			decode_septets(data + header, *length - header_septets,
				       (unsigned)(7 * header_septets - 8 * header), ret->text);
		break;
	case SMS_ALPHABET_UCS2:
		ret->text_size = decode_ucs2(data + header, size - header, ret->text);
		break;
	case SMS_ALPHABET_8BIT:
		ret->text_size = decode_hex(data + header, size - header, ret->text);
		break;
	}
	ret->text[ret->text_size] = '\0';
	return 0;
}

static int decode_deliver(struct cursor *cursor, bool has_header, struct tpdu *ret)
{
	const uint8_t *fixed;

	ret->kind = TPDU_DELIVER;
	if (decode_address(cursor, ret) < 0)
		return -EBADMSG;
	fixed = take(cursor, 2 + CENTRE_TIME_SIZE);
	if (!fixed)
		return -EBADMSG;
	ret->protocol = fixed[0];
	decode_coding(fixed[1], ret);
	ret->centre_time_usec = decode_time(fixed + 2);
	return decode_user_data(cursor, has_header, ret);
}

/* What may follow TP-ST (9.2.3.27) says nothing of the part. */
static int decode_status_report(struct cursor *cursor, struct tpdu *ret)
{
	const uint8_t *reference = take(cursor, 1), *fixed;

	ret->kind = TPDU_STATUS_REPORT;
	if (!reference || decode_address(cursor, ret) < 0)
		return -EBADMSG;
	fixed = take(cursor, 2 * CENTRE_TIME_SIZE + 1);
	if (!fixed)
		return -EBADMSG;
	ret->reference = *reference;
	ret->centre_time_usec = decode_time(fixed);
	ret->discharge_time_usec = decode_time(fixed + CENTRE_TIME_SIZE);
	ret->status = fixed[2 * CENTRE_TIME_SIZE];
	return 0;
}

int tpdu_decode(const uint8_t *octets, size_t size, struct tpdu *ret)
{
	struct cursor cursor = { octets, size };
	const uint8_t *first = take(&cursor, 1);

	if (!first)
		return -EBADMSG;
	memset(ret, 0, sizeof(*ret));
	ret->message_class = -1;
	ret->port = -1;
	switch (*first & MTI_MASK) {
	case MTI_DELIVER:
		return decode_deliver(&cursor, *first & UDHI, ret);
	case MTI_STATUS_REPORT:
		return decode_status_report(&cursor, ret);
	default:
		return -EBADMSG;
	}
}

enum tpdu_fate tpdu_fate(uint8_t status)
{
	if (status == 0x00)
		return TPDU_FATE_DELIVERED;
	if (status == 0x01 || (status >= 0x10 && status <= 0x1f))
		return TPDU_FATE_FORWARDED;
	if (status == 0x02)
		return TPDU_FATE_REPLACED;
	if (status >= 0x20 && status <= 0x3f)
		return TPDU_FATE_TRYING;
	return status == 0x46 ? TPDU_FATE_EXPIRED : TPDU_FATE_FAILED;
}
