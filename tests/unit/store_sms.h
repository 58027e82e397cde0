/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SMS-DELIVER written octet by octet (3GPP TS 23.040 9.2.2.1), as a service centre sends them, and
 * read into the store as a modem's worker would: decoded by modem/text.
 */
#pragma once

#include <time.h>

#include "modem/text/alphabet.h"
#include "tests/unit/store_fixture.h"

enum { CODING_GSM7 = 0x00, CODING_DATA = 0x04, CODING_UCS2 = 0x08 };

struct sms {
	const char *from; /* "+" and digits */
	uint8_t coding;   /* TP-DCS */
	const char *text; /* GSM7: ASCII letters; otherwise octets */
	size_t size;      /* of the octets; 0: up to the NUL */
	struct tpdu_concat concat;
	int port;     /* 0 none */
	int64_t sent; /* TP-SCTS, whole seconds */
};

struct octets {
	uint8_t bytes[TPDU_SIZE_MAX];
	size_t size;
};

static inline void octet_add(struct octets *o, unsigned octet)
{
	assert_in_range(o->size, 0, TPDU_SIZE_MAX - 1);
	o->bytes[o->size++] = (uint8_t)octet;
}

static inline void digits_add(struct octets *o, unsigned number)
{
	octet_add(o, (number % 10) << 4 | number / 10);
}

static inline void sender_add(struct octets *o, const char *from)
{
	const char *digits = from + 1;
	size_t count = strlen(digits);

	octet_add(o, (unsigned)count);
	octet_add(o, 0x91);
	for (size_t i = 0; i < count; i += 2)
		octet_add(o, (unsigned)(i + 1 < count ? digits[i + 1] - '0' : 0xf) << 4 |
				     (unsigned)(digits[i] - '0'));
}

static inline void moment_add(struct octets *o, int64_t sent_usec)
{
	time_t seconds = (time_t)(sent_usec / USEC_PER_SEC);
	struct tm tm;

	assert_non_null(gmtime_r(&seconds, &tm));
	digits_add(o, (unsigned)tm.tm_year % 100);
	digits_add(o, (unsigned)tm.tm_mon + 1);
	digits_add(o, (unsigned)tm.tm_mday);
	digits_add(o, (unsigned)tm.tm_hour);
	digits_add(o, (unsigned)tm.tm_min);
	digits_add(o, (unsigned)tm.tm_sec);
	octet_add(o, 0);
}

/* The elements, without the octet of their length. */
static inline void header_add(struct octets *o, const struct sms *sms)
{
	if (sms->port > 0) {
		octet_add(o, 0x05);
		octet_add(o, 4);
		octet_add(o, (unsigned)sms->port >> 8);
		octet_add(o, (unsigned)sms->port & 0xff);
		octet_add(o, 0);
		octet_add(o, 0);
	}
	if (!sms->concat.present)
		return;
	octet_add(o, sms->concat.wide ? 0x08 : 0x00);
	octet_add(o, sms->concat.wide ? 4 : 3);
	if (sms->concat.wide)
		octet_add(o, sms->concat.reference >> 8);
	octet_add(o, sms->concat.reference & 0xff);
	octet_add(o, sms->concat.total);
	octet_add(o, sms->concat.sequence);
}

static inline void septets_add(struct octets *o, const struct sms *sms, size_t header, uint8_t *udl)
{
	size_t header_septets = (8 * header + 6) / 7, count = strlen(sms->text);
	uint8_t septets[160], packed[TPDU_USER_DATA_MAX + 2];
	size_t size;

	assert_in_range(header_septets + count, 0, 160);
	for (size_t i = 0; i < count; i++) {
		uint8_t pair[2];

		assert_int_equal(gsm7_encode((unsigned char)sms->text[i], pair), 1);
		septets[i] = pair[0];
	}
	size = gsm7_pack(septets, count, (unsigned)(7 * header_septets - 8 * header), packed);
	for (size_t i = 0; i < size; i++)
		octet_add(o, packed[i]);
	*udl = (uint8_t)(header_septets + count);
}

static inline struct octets sms_write(const struct sms *sms)
{
	bool has_header = sms->concat.present || sms->port > 0;
	size_t size = sms->size ? sms->size : strlen(sms->text), udl;
	struct octets o = { 0 };

	octet_add(&o, has_header ? 0x44 : 0x04);
	sender_add(&o, sms->from);
	octet_add(&o, 0);
	octet_add(&o, sms->coding);
	moment_add(&o, sms->sent);
	udl = o.size;
	octet_add(&o, 0);
	if (has_header) {
		octet_add(&o, 0);
		header_add(&o, sms);
		o.bytes[udl + 1] = (uint8_t)(o.size - udl - 2);
	}
	if (sms->coding == CODING_GSM7) {
		septets_add(&o, sms, o.size - udl - 1, &o.bytes[udl]);
		return o;
	}
	for (size_t i = 0; i < size; i++)
		octet_add(&o, (unsigned char)sms->text[i]);
	o.bytes[udl] = (uint8_t)(o.size - udl - 1);
	assert_in_range(o.bytes[udl], 0, TPDU_USER_DATA_MAX);
	return o;
}

static inline enum store_reading sms_read(struct fixture *f, const struct octets *o, int location,
					  int64_t at)
{
	struct tpdu tpdu;

	assert_int_equal(tpdu_decode(o->bytes, o->size, &tpdu), 0);
	return receive_octets(f, &north, o->bytes, o->size, location, &tpdu, at);
}

/* Comes directly. */
static inline enum store_reading sms_come(struct fixture *f, struct sms sms, int64_t at)
{
	struct octets o = sms_write(&sms);

	return sms_read(f, &o, -1, at);
}

static inline struct tpdu_concat part_of(unsigned reference, unsigned total, unsigned sequence)
{
	return (struct tpdu_concat){
		.present = true,
		.wide = reference > 0xff,
		.reference = (uint16_t)reference,
		.total = (uint8_t)total,
		.sequence = (uint8_t)sequence,
	};
}
