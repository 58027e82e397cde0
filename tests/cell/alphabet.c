/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The GSM 7 bit default alphabet and UTF-8, as tables and bit arithmetic.  No national tables.
 */
#include "tests/cell/alphabet.h"

/* 3GPP TS 23.038 6.2.1, row by row of 16. */
static const uint16_t main_table[128] = {
	'@',    0xa3,   '$',    0xa5, 0xe8,   0xe9, 0xf9,   0xec,   0xf2,   0xc7,   '\n',   0xd8,
	0xf8,   '\r',   0xc5,   0xe5, 0x0394, '_',  0x03a6, 0x0393, 0x039b, 0x03a9, 0x03a0, 0x03a8,
	0x03a3, 0x0398, 0x039e, ' ',  0xc6,   0xe6, 0xdf,   0xc9,   ' ',    '!',    '"',    '#',
	0xa4,   '%',    '&',    '\'', '(',    ')',  '*',    '+',    ',',    '-',    '.',    '/',
	'0',    '1',    '2',    '3',  '4',    '5',  '6',    '7',    '8',    '9',    ':',    ';',
	'<',    '=',    '>',    '?',  0xa1,   'A',  'B',    'C',    'D',    'E',    'F',    'G',
	'H',    'I',    'J',    'K',  'L',    'M',  'N',    'O',    'P',    'Q',    'R',    'S',
	'T',    'U',    'V',    'W',  'X',    'Y',  'Z',    0xc4,   0xd6,   0xd1,   0xdc,   0xa7,
	0xbf,   'a',    'b',    'c',  'd',    'e',  'f',    'g',    'h',    'i',    'j',    'k',
	'l',    'm',    'n',    'o',  'p',    'q',  'r',    's',    't',    'u',    'v',    'w',
	'x',    'y',    'z',    0xe4, 0xf6,   0xf1, 0xfc,   0xe0,
};

static const struct {
	uint8_t septet;
	uint16_t scalar;
} extension_table[] = {
	{ 0x0a, '\f' }, { 0x14, '^' }, { 0x28, '{' }, { 0x29, '}' }, { 0x2f, '\\' },
	{ 0x3c, '[' },  { 0x3d, '~' }, { 0x3e, ']' }, { 0x40, '|' }, { 0x65, 0x20ac },
};
#define EXTENSIONS (sizeof(extension_table) / sizeof(extension_table[0]))

size_t septets_of(uint32_t scalar, uint8_t ret[static 2])
{
	for (uint8_t i = 0; i < 128; i++)
		if (main_table[i] == scalar && i != SEPTET_ESCAPE) {
			ret[0] = i;
			return 1;
		}
	for (size_t i = 0; i < EXTENSIONS; i++)
		if (extension_table[i].scalar == scalar) {
			ret[0] = SEPTET_ESCAPE;
			ret[1] = extension_table[i].septet;
			return 2;
		}
	return 0;
}

uint32_t septet_scalar(uint8_t septet, bool escaped)
{
	if (escaped)
		for (size_t i = 0; i < EXTENSIONS; i++)
			if (extension_table[i].septet == septet)
				return extension_table[i].scalar;
	return main_table[septet & 0x7f];
}

void septets_pack(const uint8_t *septets, size_t count, size_t first_bit, uint8_t *octets)
{
	size_t bit = first_bit;

	for (size_t i = 0; i < count; i++)
		for (unsigned b = 0; b < 7; b++, bit++) {
			uint8_t mask = (uint8_t)(1u << (bit % 8));

			if (septets[i] >> b & 1)
				octets[bit / 8] |= mask;
			else
				octets[bit / 8] &= (uint8_t)~mask;
		}
}

void septets_unpack(const uint8_t *octets, size_t count, size_t first_bit, uint8_t *septets)
{
	size_t bit = first_bit;

	for (size_t i = 0; i < count; i++) {
		unsigned value = 0;

		for (unsigned b = 0; b < 7; b++, bit++)
			value |= (unsigned)(octets[bit / 8] >> (bit % 8) & 1) << b;
		septets[i] = (uint8_t)value;
	}
}

size_t utf8_take(const char *text, size_t size, uint32_t *ret_scalar)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first;
	size_t length;
	uint32_t scalar;

	if (size == 0)
		return 0;
	first = (unsigned char)text[0];
	if (first < 0x80)
		length = 1;
	else if (first >= 0xc2 && first < 0xe0)
		length = 2;
	else if (first >= 0xe0 && first < 0xf0)
		length = 3;
	else if (first >= 0xf0 && first < 0xf5)
		length = 4;
	else
		return 0;
	if (length > size)
		return 0;

	scalar = length == 1 ? first : first & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		scalar = scalar << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (scalar < least[length] || scalar > 0x10ffff || (scalar >= 0xd800 && scalar < 0xe000))
		return 0;
	*ret_scalar = scalar;
	return length;
}

size_t utf8_put(uint32_t scalar, char *bytes)
{
	if (scalar > 0x10ffff || (scalar >= 0xd800 && scalar < 0xe000))
		scalar = SCALAR_REPLACEMENT;
	if (scalar < 0x80) {
		bytes[0] = (char)scalar;
		return 1;
	}
	if (scalar < 0x800) {
		bytes[0] = (char)(0xc0 | scalar >> 6);
		bytes[1] = (char)(0x80 | (scalar & 0x3f));
		return 2;
	}
	if (scalar < 0x10000) {
		bytes[0] = (char)(0xe0 | scalar >> 12);
		bytes[1] = (char)(0x80 | (scalar >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (scalar & 0x3f));
		return 3;
	}
	bytes[0] = (char)(0xf0 | scalar >> 18);
	bytes[1] = (char)(0x80 | (scalar >> 12 & 0x3f));
	bytes[2] = (char)(0x80 | (scalar >> 6 & 0x3f));
	bytes[3] = (char)(0x80 | (scalar & 0x3f));
	return 4;
}
