/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A text cut into the parts of a short message, as a phone does when a person has typed it
 * (3GPP TS 23.040 9.2.3.24.1): what belongs together (an escaped character, a surrogate pair) is
 * never cut.  Units are septets, UTF-16 units or octets, held in one array of 16 bits.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/cell/alphabet.h"
#include "tests/cell/fields.h"
#include "tests/cell/user_data.h"

struct units {
	uint16_t *units;
	bool *joined; /* this unit may not begin a part */
	size_t count;
};

static void units_free(struct units *units)
{
	free(units->units);
	free(units->joined);
}

static enum alphabet choose_alphabet(const char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		uint32_t scalar = 0;
		uint8_t septets[2];
		size_t taken = utf8_take(text + at, size - at, &scalar);

		if (taken == 0 || septets_of(scalar, septets) == 0)
			return ALPHABET_UCS2;
		at += taken;
	}
	return ALPHABET_GSM7;
}

static void put_unit(struct units *units, unsigned value, bool joined)
{
	units->joined[units->count] = joined;
	units->units[units->count++] = (uint16_t)value;
}

static const char *put_scalar(struct units *units, uint32_t scalar, enum alphabet alphabet)
{
	uint8_t septets[2];

	if (alphabet == ALPHABET_GSM7) {
		size_t n = septets_of(scalar, septets);

		if (n == 0)
			return "the text has a character that the GSM alphabet lacks";
		for (size_t i = 0; i < n; i++)
			put_unit(units, septets[i], i > 0);
	} else if (scalar >= 0x10000) {
		put_unit(units, 0xd800 + ((scalar - 0x10000) >> 10), false);
		put_unit(units, 0xdc00 + (scalar & 0x3ff), true);
	} else {
		put_unit(units, scalar, false);
	}
	return NULL;
}

static const char *units_fill(struct units *units, const char *text, size_t size,
			      enum alphabet alphabet)
{
	if (alphabet == ALPHABET_8BIT) {
		for (size_t at = 0; at < size; at += 2) {
			uint8_t octet;

			if (hex_read(text + at, size - at < 2 ? 1 : 2, &octet, 1) != 1)
				return "8-bit text is given in hex";
			put_unit(units, octet, false);
		}
		return NULL;
	}
	for (size_t at = 0; at < size;) {
		uint32_t scalar = 0;
		size_t taken = utf8_take(text + at, size - at, &scalar);
		const char *why =
			taken ? put_scalar(units, scalar, alphabet) : "the text is not UTF-8";

		if (why)
			return why;
		at += taken;
	}
	return NULL;
}

/* Room in a part beside a header of so many octets. */
static size_t room(enum alphabet alphabet, size_t header)
{
	switch (alphabet) {
	case ALPHABET_GSM7:
		return 160 - (header * 8 + 6) / 7;
	case ALPHABET_UCS2:
		return (USER_DATA_MAX - header) / 2;
	case ALPHABET_8BIT:
		return USER_DATA_MAX - header;
	}
	return 0;
}

static size_t part_end(const struct units *units, size_t from, size_t room_units)
{
	size_t end = from + room_units;

	if (end >= units->count)
		return units->count;
	while (units->joined[end])
		end--;
	return end;
}

static void part_fill(struct user_data *part, const uint16_t *units, size_t count,
		      enum alphabet alphabet)
{
	size_t header = part->size, skipped = (header * 8 + 6) / 7;
	uint8_t septets[160];

	switch (alphabet) {
	case ALPHABET_GSM7:
		for (size_t i = 0; i < count; i++)
			septets[i] = (uint8_t)units[i];
		septets_pack(septets, count, skipped * 7, part->octets);
		part->length = (uint8_t)(skipped + count);
		part->size = (uint8_t)((part->length * 7u + 7) / 8);
		return;
	case ALPHABET_UCS2:
		for (size_t i = 0; i < count; i++) {
			part->octets[part->size++] = (uint8_t)(units[i] >> 8);
			part->octets[part->size++] = (uint8_t)units[i];
		}
		break;
	case ALPHABET_8BIT:
		for (size_t i = 0; i < count; i++)
			part->octets[part->size++] = (uint8_t)units[i];
		break;
	}
	part->length = part->size;
}

static void part_header(struct user_data *part, const struct compose *how, size_t total,
			size_t sequence)
{
	uint8_t *at = part->octets;

	part->header = true;
	*at++ = how->wide ? 6 : 5;
	*at++ = how->wide ? 8 : 0;
	*at++ = how->wide ? 4 : 3;
	if (how->wide)
		*at++ = (uint8_t)(how->reference >> 8);
	*at++ = (uint8_t)how->reference;
	*at++ = (uint8_t)total;
	*at++ = (uint8_t)sequence;
	part->size = (uint8_t)(at - part->octets);
}

static uint8_t coding_of(enum alphabet alphabet, int message_class)
{
	unsigned coding = (unsigned)alphabet << 2;

	return (uint8_t)(message_class < 0 ? coding : coding | 0x10 | (unsigned)message_class);
}

static int parts_cut(const struct units *units, const struct compose *how, enum alphabet alphabet,
		     struct user_data **ret_parts, const char **ret_why)
{
	bool several = units->count > room(alphabet, 0);
	size_t room_units = room(alphabet, !several ? 0 : how->wide ? 7 : 6), total = 0, from = 0;
	struct user_data *parts;

	do {
		from = part_end(units, from, room_units);
		total++;
	} while (from < units->count);
	if (total > COMPOSE_PARTS_MAX) {
		*ret_why = "the text needs more than 255 parts";
		return -1;
	}
	parts = calloc(total, sizeof(*parts));
	if (!parts) {
		*ret_why = "out of memory";
		return -1;
	}
	from = 0;
	for (size_t i = 0; i < total; i++) {
		size_t end = part_end(units, from, room_units);

		parts[i].coding = coding_of(alphabet, how->message_class);
		if (several)
			part_header(&parts[i], how, total, i + 1);
		part_fill(&parts[i], units->units + from, end - from, alphabet);
		from = end;
	}
	*ret_parts = parts;
	return (int)total;
}

int compose_parts(const char *text, size_t size, const struct compose *how,
		  struct user_data **ret_parts, const char **ret_why)
{
	__attribute__((cleanup(units_free))) struct units units = { 0 };
	enum alphabet alphabet = how->alphabet_forced ? how->alphabet : choose_alphabet(text, size);

	if (size > (size_t)4 * 160 * COMPOSE_PARTS_MAX) {
		*ret_why = "the text needs more than 255 parts";
		return -1;
	}
	/* No character has more units than twice its bytes. */
	units.units = calloc(2 * size + 1, sizeof(*units.units));
	units.joined = calloc(2 * size + 1, sizeof(*units.joined));
	if (!units.units || !units.joined) {
		*ret_why = "out of memory";
		return -1;
	}
	*ret_why = units_fill(&units, text, size, alphabet);
	return *ret_why ? -1 : parts_cut(&units, how, alphabet, ret_parts, ret_why);
}
