/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See hex.h.
 */
#include "bridge/base/hex.h"

int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

size_t hex_write(const uint8_t *octets, size_t size, char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[octets[i] >> 4];
		text[2 * i + 1] = digits[octets[i] & 0xf];
	}
	return 2 * size;
}

bool hex_read(const char *text, size_t size, uint8_t *octets)
{
	for (size_t i = 0; i < size; i++) {
		int value = hex_value(text[i]);

		if (value < 0)
			return false;
		if (i % 2)
			octets[i / 2] |= (uint8_t)value;
		else if (i + 1 < size)
			octets[i / 2] = (uint8_t)(value << 4);
	}
	return true;
}
