/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The GSM 7 bit default alphabet, 3GPP TS 23.038 6.2.1; national.c has the national language shift
 * tables (6.2.1.2).
 */
#include "modem/text/alphabet.h"

#include <string.h>

#include "bridge/base/cleanup.h"

/* 6.2.1, by septet.  0x1b is the escape: who doesn't know it shows a space (note 1). */
/* clang-format off */
static const uint16_t main_table[128] = {
	'@', 0xa3, '$', 0xa5, 0xe8, 0xe9, 0xf9, 0xec,
	0xf2, 0xc7, '\n', 0xd8, 0xf8, '\r', 0xc5, 0xe5,
	0x394, '_', 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8,
	0x3a3, 0x398, 0x39e, ' ', 0xc6, 0xe6, 0xdf, 0xc9,
	' ', '!', '"', '#', 0xa4, '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
	'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
	0xa1, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
	'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 0xc4, 0xd6, 0xd1, 0xdc, 0xa7,
	0xbf, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
	'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0xe4, 0xf6, 0xf1, 0xfc, 0xe0,
};
/* clang-format on */

/* 6.2.1.1. */
static const struct {
	uint8_t septet;
	uint16_t scalar;
} extension_table[] = {
	{ 0x0a, '\f' }, { 0x14, '^' }, { 0x28, '{' }, { 0x29, '}' }, { 0x2f, '\\' },
	{ 0x3c, '[' },  { 0x3d, '~' }, { 0x3e, ']' }, { 0x40, '|' }, { 0x65, 0x20ac },
};

size_t gsm7_encode(uint32_t scalar, uint8_t septets[static 2])
{
	/* Most characters of most texts stand where ASCII has them. */
	if (scalar < 128 && main_table[scalar] == scalar) {
		septets[0] = (uint8_t)scalar;
		return 1;
	}
	for (uint8_t i = 0; i < 128; i++) {
		if (main_table[i] == scalar && i != GSM7_ESCAPE) {
			septets[0] = i;
			return 1;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(extension_table); i++) {
		if (extension_table[i].scalar == scalar) {
			septets[0] = GSM7_ESCAPE;
			septets[1] = extension_table[i].septet;
			return 2;
		}
	}
	return 0;
}

uint32_t gsm7_extension(uint8_t septet)
{
	for (size_t i = 0; i < ARRAY_SIZE(extension_table); i++)
		if (extension_table[i].septet == septet)
			return extension_table[i].scalar;
	return 0;
}

uint32_t gsm7_decode(uint8_t septet, int escaped)
{
	uint32_t scalar = escaped ? gsm7_extension(septet) : 0;

	return scalar ? scalar : main_table[septet & 0x7f];
}

size_t gsm7_pack(const uint8_t *septets, size_t count, unsigned fill_bits, uint8_t *octets)
{
	size_t size = (fill_bits + 7 * count + 7) / 8;

	memset(octets, 0, size);
	for (size_t i = 0; i < count; i++) {
		size_t bit = fill_bits + 7 * i;
		unsigned shifted = (septets[i] & 0x7fu) << (bit % 8);

		octets[bit / 8] |= (uint8_t)shifted;
		if (bit % 8 > 1)
			octets[bit / 8 + 1] |= (uint8_t)(shifted >> 8);
	}
	return size;
}

void gsm7_unpack(const uint8_t *octets, size_t count, unsigned fill_bits, uint8_t *septets)
{
	for (size_t i = 0; i < count; i++) {
		size_t bit = fill_bits + 7 * i;
		unsigned window = octets[bit / 8];

		if (bit % 8 > 1)
			window |= (unsigned)octets[bit / 8 + 1] << 8;
		septets[i] = (uint8_t)(window >> (bit % 8) & 0x7f);
	}
}
