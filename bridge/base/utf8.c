/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * UTF-8 checked byte by byte, as Unicode 15 table 3-7 has it.  It repairs nothing.
 */
#include "bridge/base/utf8.h"

#include <errno.h>

#define REPLACEMENT 0xfffd

int utf8_next(const char *text, size_t size, uint32_t *ret_scalar)
{
	/* The least scalar value of each length: anything below is an overlong form. */
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t first = (uint8_t)text[0];
	uint32_t scalar;
	size_t length;

	if (first < 0x80) {
		*ret_scalar = first;
		return 1;
	}
	if (first >= 0xf0 && first <= 0xf4)
		length = 4;
	else if (first >= 0xe0 && first < 0xf0)
		length = 3;
	else if (first >= 0xc2 && first < 0xe0)
		length = 2;
	else
		return -EILSEQ;
	if (length > size)
		return -EILSEQ;

	scalar = first & (0xffU >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		uint8_t next = (uint8_t)text[i];
		if ((next & 0xc0) != 0x80)
			return -EILSEQ;
		scalar = scalar << 6 | (next & 0x3f);
	}
	if (scalar < least[length] || scalar > 0x10ffff || (scalar >= 0xd800 && scalar <= 0xdfff))
		return -EILSEQ;
	*ret_scalar = scalar;
	return (int)length;
}

bool utf8_valid(const char *text, size_t size)
{
	uint32_t scalar;

	for (size_t at = 0; at < size;) {
		int used = utf8_next(text + at, size - at, &scalar);
		if (used < 0)
			return false;
		at += (size_t)used;
	}
	return true;
}

size_t utf8_put(uint32_t scalar, char buffer[static 4])
{
	if (scalar > 0x10ffff || (scalar >= 0xd800 && scalar <= 0xdfff))
		scalar = REPLACEMENT;
	if (scalar < 0x80) {
		buffer[0] = (char)scalar;
		return 1;
	}
	if (scalar < 0x800) {
		buffer[0] = (char)(0xc0 | scalar >> 6);
		buffer[1] = (char)(0x80 | (scalar & 0x3f));
		return 2;
	}
	if (scalar < 0x10000) {
		buffer[0] = (char)(0xe0 | scalar >> 12);
		buffer[1] = (char)(0x80 | (scalar >> 6 & 0x3f));
		buffer[2] = (char)(0x80 | (scalar & 0x3f));
		return 3;
	}
	buffer[0] = (char)(0xf0 | scalar >> 18);
	buffer[1] = (char)(0x80 | (scalar >> 12 & 0x3f));
	buffer[2] = (char)(0x80 | (scalar >> 6 & 0x3f));
	buffer[3] = (char)(0x80 | (scalar & 0x3f));
	return 4;
}

size_t utf8_count(const char *text, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += ((uint8_t)text[i] & 0xc0) != 0x80;
	return count;
}
