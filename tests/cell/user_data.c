/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TP-User-Data, checked and read.  The check is strict where the sender could do better; what a
 * reader must ignore (unknown information elements) is ignored.
 */
#include "tests/cell/user_data.h"

#include <string.h>

#include "tests/cell/alphabet.h"
#include "tests/cell/fields.h"

#define CMS_INVALID_PDU 304
#define CMS_CODING_UNSUPPORTED 144

#define ELEMENT_CONCAT 0x00
#define ELEMENT_CONCAT_WIDE 0x08

const char *alphabet_name(enum alphabet alphabet)
{
	switch (alphabet) {
	case ALPHABET_GSM7:
		return "gsm7";
	case ALPHABET_8BIT:
		return "8bit";
	case ALPHABET_UCS2:
		return "ucs2";
	}
	return NULL;
}

bool alphabet_named(const char *name, enum alphabet *ret)
{
	for (enum alphabet a = ALPHABET_GSM7; a <= ALPHABET_UCS2; a++)
		if (strcmp(name, alphabet_name(a)) == 0) {
			*ret = a;
			return true;
		}
	return false;
}

/* 3GPP TS 23.038 4; false for a coding that is reserved or compressed. */
static bool coding_read(uint8_t coding, enum alphabet *ret_alphabet, int *ret_class)
{
	unsigned group = coding >> 4, low = coding >> 2 & 3;

	*ret_class = -1;
	*ret_alphabet = ALPHABET_GSM7;
	if (group < 8) {
		if (coding & 0x20 || low == 3)
			return false;
		if (coding & 0x10)
			*ret_class = coding & 3;
		*ret_alphabet = (enum alphabet)low;
		return true;
	}
	if (group == 0xe)
		*ret_alphabet = ALPHABET_UCS2;
	if (group == 0xf) {
		*ret_class = coding & 3;
		*ret_alphabet = coding & 4 ? ALPHABET_8BIT : ALPHABET_GSM7;
		return !(coding & 8);
	}
	return group >= 0xc;
}

static size_t header_size(const struct user_data *data)
{
	return data->header ? (size_t)data->octets[0] + 1 : 0;
}

/* The last concatenation element counts, 23.040 9.2.3.24. */
static const char *header_read(const struct user_data *data, struct concat *ret)
{
	size_t end = header_size(data), at = 1;

	*ret = (struct concat){ 0 };
	while (at < end) {
		const uint8_t *element = data->octets + at;
		bool wide = element[0] == ELEMENT_CONCAT_WIDE;

		if (at + 2 > end || at + 2 + element[1] > end)
			return "an information element is longer than the header";
		at += 2u + element[1];
		if (element[0] != ELEMENT_CONCAT && !wide)
			continue;
		if (element[1] != 3 + wide)
			return "the concatenation element has a wrong length";
		if (element[3 + wide] == 0 || element[4 + wide] == 0 ||
		    element[4 + wide] > element[3 + wide])
			return "the concatenation element numbers a part that can't be";
		*ret = (struct concat){
			.present = true,
			.wide = wide,
			.reference = (uint16_t)(wide ? element[2] << 8 | element[3] : element[2]),
			.total = element[3 + wide],
			.sequence = element[4 + wide],
		};
	}
	return NULL;
}

static const char *lengths_check(const struct user_data *data, enum alphabet alphabet)
{
	size_t header = header_size(data);
	size_t most = alphabet == ALPHABET_GSM7 ? 160 : USER_DATA_MAX;
	size_t size = alphabet == ALPHABET_GSM7 ? (data->length * 7u + 7) / 8 : data->length;

	if (data->length > most)
		return "TP-UDL is more than a short message holds";
	if (size != data->size)
		return "TP-UDL does not agree with the octets that follow";
	if (data->header && (data->size == 0 || header > data->size))
		return "the user data header is longer than the user data";
	if (alphabet == ALPHABET_GSM7 && (header * 8 + 6) / 7 > data->length)
		return "the user data header is longer than the user data";
	if (alphabet == ALPHABET_UCS2 && (data->size - header) % 2)
		return "UCS2 text has an odd number of octets";
	return NULL;
}

const char *user_data_check(const struct user_data *data, int *ret_cms)
{
	enum alphabet alphabet;
	struct concat concat;
	const char *why;
	int class;

	*ret_cms = CMS_CODING_UNSUPPORTED;
	if (!coding_read(data->coding, &alphabet, &class))
		return "TP-DCS is reserved or compressed";
	*ret_cms = CMS_INVALID_PDU;
	why = lengths_check(data, alphabet);
	if (!why && data->header)
		why = header_read(data, &concat);
	return why;
}

static void read_gsm7(const struct user_data *data, size_t header, struct content *ret)
{
	uint8_t septets[160];
	size_t skipped = (header * 8 + 6) / 7, count = data->length - skipped;

	septets_unpack(data->octets, count, skipped * 7, septets);
	for (size_t i = 0; i < count; i++) {
		bool escaped = septets[i] == SEPTET_ESCAPE && i + 1 < count;

		i += escaped;
		ret->text_size +=
			utf8_put(septet_scalar(septets[i], escaped), ret->text + ret->text_size);
	}
}

static void read_ucs2(const struct user_data *data, size_t header, struct content *ret)
{
	for (size_t i = header; i + 1 < data->size; i += 2) {
		uint32_t unit = (uint32_t)(data->octets[i] << 8 | data->octets[i + 1]);

		if (unit >= 0xd800 && unit < 0xdc00 && i + 3 < data->size) {
			uint32_t low = (uint32_t)(data->octets[i + 2] << 8 | data->octets[i + 3]);

			if (low >= 0xdc00 && low < 0xe000) {
				unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		ret->text_size += utf8_put(unit, ret->text + ret->text_size);
	}
}

void user_data_read(const struct user_data *data, struct content *ret)
{
	size_t header = header_size(data);
	int cms;

	*ret = (struct content){ .message_class = -1 };
	if (user_data_check(data, &cms))
		return;
	coding_read(data->coding, &ret->alphabet, &ret->message_class);
	if (data->header)
		header_read(data, &ret->concat);
	switch (ret->alphabet) {
	case ALPHABET_GSM7:
		read_gsm7(data, header, ret);
		break;
	case ALPHABET_UCS2:
		read_ucs2(data, header, ret);
		break;
	case ALPHABET_8BIT:
		hex_write(data->octets + header, data->size - header, ret->text);
		ret->text_size = 2 * (data->size - header);
		break;
	}
	ret->text[ret->text_size] = '\0';
}
