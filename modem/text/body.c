/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Text out of septets, UTF-16BE or data.
 */
#include "modem/text/body.h"

#include "bridge/base/hex.h"
#include "bridge/base/utf8.h"
#include "modem/text/alphabet.h"

#define SEPTETS_MAX 160

size_t body_end(struct body_carry *carry, char text[static BODY_REST_SIZE])
{
	size_t size = 0;

	if (carry->escaped)
		text[size++] = ' ';
	if (carry->high)
		size += utf8_put(0xfffd, text + size);
	if (carry->half)
		size += utf8_put(0xfffd, text + size);
	*carry = (struct body_carry){ 0 };
	return size;
}

static size_t read_septets(const struct body *body, struct body_carry *carry, char *text)
{
	uint8_t septets[SEPTETS_MAX];
	size_t size = 0;

	gsm7_unpack(body->octets, body->septets, body->fill_bits, septets);
	for (size_t i = 0; i < body->septets; i++) {
		bool escaped = carry->escaped;

		carry->escaped = !escaped && septets[i] == GSM7_ESCAPE;
		if (!carry->escaped)
			size += utf8_put(national_decode(body->shift, septets[i], escaped),
					 text + size);
	}
	return size;
}

/* A lone surrogate is U+FFFD. */
static size_t read_unit(uint16_t unit, struct body_carry *carry, char *text)
{
	uint16_t high = carry->high;
	size_t size = 0;

	carry->high = 0;
	if (high && unit >> 10 == 0xdc00 >> 10)
		return utf8_put(0x10000 + ((high & 0x3ffu) << 10 | (unit & 0x3ffu)), text);
	if (high)
		size = utf8_put(0xfffd, text);
	if (unit >> 10 == 0xd800 >> 10)
		carry->high = unit;
	else
		size += utf8_put(unit, text + size);
	return size;
}

/* Half a unit goes with the half that the next part has too many; it may as well be noise. */
static size_t read_ucs2(const struct body *body, struct body_carry *carry, char *text)
{
	size_t size = 0, at = 0;

	if (carry->half && body->size % 2) {
		carry->half = false;
		size = read_unit((uint16_t)(carry->octet << 8 | body->octets[at++]), carry, text);
	} else if (carry->half) {
		size = body_end(carry, text);
	}
	for (; at + 1 < body->size; at += 2)
		size += read_unit((uint16_t)(body->octets[at] << 8 | body->octets[at + 1]), carry,
				  text + size);
	if (at < body->size) {
		carry->half = true;
		carry->octet = body->octets[at];
	}
	return size;
}

size_t body_read(const struct body *body, struct body_carry *carry,
		 char text[static BODY_TEXT_SIZE])
{
	size_t size = 0;

	/* What was cut in one alphabet can't go on in another. */
	if (body->alphabet != (carry->escaped ? SMS_ALPHABET_GSM7 : SMS_ALPHABET_UCS2))
		size = body_end(carry, text);
	switch (body->alphabet) {
	case SMS_ALPHABET_GSM7:
		size += read_septets(body, carry, text + size);
		break;
	case SMS_ALPHABET_UCS2:
		size += read_ucs2(body, carry, text + size);
		break;
	case SMS_ALPHABET_8BIT:
		size += hex_write(body->octets, body->size, text + size);
		break;
	}
	return size;
}
