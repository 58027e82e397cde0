/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SMS-DELIVER and SMS-STATUS-REPORT read (3GPP TS 23.040 9.2); tpdu_submit.c is the other way.
 * Compressed text is handed out as data.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "bridge/base/clock.h"
#include "modem/text/cursor.h"
#include "modem/text/tpdu_inside.h"

#define CENTRE_TIME_SIZE ((size_t)7)

/* First octet, 9.2.3.1 and 9.2.3.23. */
enum {
	MTI_MASK = 0x03,
	MTI_DELIVER = 0x00,
	MTI_STATUS_REPORT = 0x02,
	MTI_RESERVED = 0x03,
	UDHI = 0x40,
};

/* Type of number, 9.1.2.5. */
enum {
	TON_INTERNATIONAL = 1,
	TON_ALPHANUMERIC = 5,
};

/* What a name or a text has at most, and the NUL behind it. */
_Static_assert(TPDU_TEXT_SIZE >= BODY_TEXT_SIZE + 1, "the longest text has room");

/* A name is shown in one line: what would break it becomes a space. */
static void decode_name(const uint8_t *octets, size_t semi_octets, char address[TPDU_ADDRESS_SIZE])
{
	struct body body = { .octets = octets, .septets = 4 * semi_octets / 7 };
	struct body_carry carry = { 0 };
	char name[BODY_TEXT_SIZE + BODY_REST_SIZE];
	size_t size = body_read(&body, &carry, name);

	size += body_end(&carry, name + size);
	memcpy(address, name, size);
	address[size] = '\0';
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

	if (!head || head[0] > TPDU_ADDRESS_DIGITS_MAX)
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
static void decode_header(struct cursor header, struct tpdu *ret, struct national_shift *ret_shift)
{
	const uint8_t *head, *data;

	while ((head = take(&header, 2)) && (data = take(&header, head[1]))) {
		uint8_t length = head[1];

		if (head[0] == TPDU_IEI_CONCAT && length == 3)
			decode_concat(data, false, ret);
		else if (head[0] == TPDU_IEI_CONCAT_WIDE && length == 4)
			decode_concat(data, true, ret);
		else if (head[0] == TPDU_IEI_PORT && length == 2)
			ret->port = data[0];
		else if (head[0] == TPDU_IEI_PORT_WIDE && length == 4)
			ret->port = data[0] << 8 | data[1];
		else if (head[0] == TPDU_IEI_SINGLE_SHIFT && length == 1)
			ret_shift->single = data[0];
		else if (head[0] == TPDU_IEI_LOCKING_SHIFT && length == 1)
			ret_shift->locking = data[0];
	}
}

/* TP-UDL and TP-UD; the alphabet is known. */
static int decode_user_data(struct cursor *cursor, bool has_header, struct tpdu *ret,
			    struct body *ret_body)
{
	const uint8_t *length = take(cursor, 1), *data;
	size_t size, header = 0, header_septets;
	struct body body = { .alphabet = ret->alphabet };

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
		decode_header((struct cursor){ data + 1, header - 1 }, ret, &body.shift);
	}
	body.octets = data + header;
	body.size = size - header;
	if (ret->alphabet == SMS_ALPHABET_GSM7) {
		header_septets = (8 * header + 6) / 7;
		if (header_septets > *length)
			return -EBADMSG;
		body.septets = *length - header_septets;
		body.fill_bits = (unsigned)(7 * header_septets - 8 * header);
	}
	*ret_body = body;
	return 0;
}

static int decode_deliver(struct cursor *cursor, bool has_header, struct tpdu *ret,
			  struct body *ret_body)
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
	return decode_user_data(cursor, has_header, ret, ret_body);
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

int tpdu_take_apart(const uint8_t *octets, size_t size, struct tpdu *ret, struct body *ret_body)
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
	case MTI_RESERVED: /* to be processed as the one before */
		return decode_deliver(&cursor, *first & UDHI, ret, ret_body);
	case MTI_STATUS_REPORT:
		return decode_status_report(&cursor, ret);
	default:
		return -EBADMSG;
	}
}

int tpdu_decode(const uint8_t *octets, size_t size, struct tpdu *ret)
{
	struct body_carry carry = { 0 };
	struct body body;
	int r = tpdu_take_apart(octets, size, ret, &body);

	if (r < 0 || ret->kind != TPDU_DELIVER)
		return r;
	ret->text_size = body_read(&body, &carry, ret->text);
	ret->text_size += body_end(&carry, ret->text + ret->text_size);
	ret->text[ret->text_size] = '\0';
	return 0;
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
