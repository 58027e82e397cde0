/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The strict reader of SMS-SUBMIT: one function a field, each saying what is wrong with it.
 */
#include "tests/cell/submit.h"

#include <string.h>

#define CMS_INVALID_ADDRESS 195
#define CMS_VALIDITY 199
#define CMS_INVALID_PDU 304

#define MINUTE (60 * USEC)
#define DAY (INT64_C(24) * 60 * MINUTE)

struct reader {
	const uint8_t *at;
	size_t left;
	int64_t now_usec;
	const char *why;
	int cms;
};

static bool refuse(struct reader *r, int cms, const char *why)
{
	r->cms = cms;
	r->why = why;
	return false;
}

static bool take(struct reader *r, size_t count, const uint8_t **ret, const char *why)
{
	if (r->left < count)
		return refuse(r, CMS_INVALID_PDU, why);
	*ret = r->at;
	r->at += count;
	r->left -= count;
	return true;
}

static bool read_centre(struct reader *r, size_t announced)
{
	const uint8_t *length, *address;
	const char *why;
	char number[ADDRESS_SIZE];
	uint8_t copy[ADDRESS_OCTETS_MAX];

	if (!take(r, 1, &length, "there is nothing before Ctrl-Z"))
		return false;
	if (*length == 1 || *length >= ADDRESS_OCTETS_MAX)
		return refuse(r, CMS_INVALID_PDU, "the service centre address has a wrong length");
	if (!take(r, *length, &address, "the service centre address ends too early"))
		return false;
	if (*length > 1) {
		/* Counted in octets here, in digits in the TPDU. */
		memcpy(copy + 1, address, *length);
		copy[0] = (uint8_t)((*length - 1) * 2 - (address[*length - 1] >> 4 == 15));
		if (address_read(copy, *length + 1u, number, &why) < 0)
			return refuse(r, CMS_INVALID_PDU, why);
	}
	if (r->left != announced)
		return refuse(r, CMS_INVALID_PDU, "the length in AT+CMGS is not the TPDU's");
	return true;
}

static bool read_destination(struct reader *r, struct submit *ret)
{
	const char *why = NULL;
	unsigned type;
	int used = address_read(r->at, r->left, ret->to, &why);

	if (used < 0)
		return refuse(r, CMS_INVALID_PDU, why);
	type = r->at[1] >> 4 & 7;
	if (r->at[0] == 0)
		return refuse(r, CMS_INVALID_ADDRESS, "the destination has no digits");
	if (type == 5)
		return refuse(r, CMS_INVALID_ADDRESS, "the destination is a name");
	r->at += used;
	r->left -= (size_t)used;
	return true;
}

static int64_t relative_validity(uint8_t value)
{
	if (value <= 143)
		return 5 * MINUTE * (value + 1);
	if (value <= 167)
		return DAY / 2 + 30 * MINUTE * (value - 143);
	if (value <= 196)
		return DAY * (value - 166);
	return 7 * DAY * (value - 192);
}

static int two_digits(uint8_t octet)
{
	return (octet & 15) * 10 + (octet >> 4);
}

/* 9.2.3.12.3 */
static bool enhanced_validity(struct reader *r, const uint8_t *octets, struct submit *ret)
{
	size_t used = 1;

	ret->validity_given = true;
	switch (octets[0] & 7) {
	case 0:
		ret->validity_given = false;
		break;
	case 1:
		ret->validity_usec = relative_validity(octets[1]);
		used = 2;
		break;
	case 2:
		if (octets[1] == 0)
			return refuse(r, CMS_VALIDITY, "a validity of 0 seconds is reserved");
		ret->validity_usec = octets[1] * USEC;
		used = 2;
		break;
	case 3:
		ret->validity_usec = 60 * MINUTE * two_digits(octets[1]) +
				     MINUTE * two_digits(octets[2]) + USEC * two_digits(octets[3]);
		used = 4;
		break;
	default:
		return refuse(r, CMS_VALIDITY, "the format of the enhanced validity is reserved");
	}
	for (size_t i = used; i < STAMP_OCTETS; i++)
		if (octets[i] != 0)
			return refuse(r, CMS_VALIDITY,
				      "the enhanced validity has bits in its spare octets");
	return true;
}

static bool read_validity(struct reader *r, unsigned format, struct submit *ret)
{
	const uint8_t *octets;
	int64_t until;

	if (format == 0)
		return true;
	if (!take(r, format == 2 ? 1 : STAMP_OCTETS, &octets, "TP-VP ends too early"))
		return false;
	if (format == 1)
		return enhanced_validity(r, octets, ret);
	ret->validity_given = true;
	if (format == 2) {
		ret->validity_usec = relative_validity(octets[0]);
		return true;
	}
	if (stamp_read(octets, &until) < 0)
		return refuse(r, CMS_VALIDITY, "the absolute validity is no moment");
	ret->validity_usec = until - r->now_usec;
	return true;
}

static bool read_data(struct reader *r, bool header, struct submit *ret)
{
	const uint8_t *octets;
	struct user_data *data = &ret->data;

	if (!take(r, 1, &octets, "TP-UDL is missing"))
		return false;
	data->length = *octets;
	data->header = header;
	if (r->left > USER_DATA_MAX)
		return refuse(r, CMS_INVALID_PDU, "there are more than 140 octets of user data");
	data->size = (uint8_t)r->left;
	memcpy(data->octets, r->at, r->left);
	r->why = user_data_check(data, &r->cms);
	return !r->why;
}

static bool read_tpdu(struct reader *r, struct submit *ret)
{
	const uint8_t *first, *rest;

	if (!take(r, 2, &first, "the TPDU ends too early"))
		return false;
	if ((first[0] & 3) != 1)
		return refuse(r, CMS_INVALID_PDU, "TP-MTI is not that of an SMS-SUBMIT");
	ret->report = first[0] & 0x20;
	if (!read_destination(r, ret) || !take(r, 2, &rest, "TP-PID or TP-DCS is missing"))
		return false;
	ret->data.protocol = rest[0];
	ret->data.coding = rest[1];
	return read_validity(r, first[0] >> 3 & 3, ret) && read_data(r, first[0] & 0x40, ret);
}

int submit_read(const uint8_t *octets, size_t size, size_t announced, int64_t now_usec,
		struct submit *ret, const char **ret_why)
{
	struct reader r = { .at = octets, .left = size, .now_usec = now_usec };

	*ret = (struct submit){ 0 };
	if (read_centre(&r, announced) && read_tpdu(&r, ret))
		return 0;
	*ret_why = r.why;
	return r.cms;
}
