/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Hex, addresses and time stamps.  What is read is checked digit by digit: a strict network tells
 * its customers where they are wrong.
 */
#include "tests/cell/fields.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/cell/alphabet.h"

#define TYPE_UNKNOWN 0x81
#define TYPE_INTERNATIONAL 0x91
#define TYPE_ALPHANUMERIC 0xd0

void text_copy(char *to, size_t room, const char *from)
{
	size_t size = strnlen(from, room - 1);

	memcpy(to, from, size);
	to[size] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int hex_read(const char *hex, size_t digits, uint8_t *octets, size_t capacity)
{
	if (digits % 2 || digits / 2 > capacity)
		return -1;
	for (size_t i = 0; i < digits / 2; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		octets[i] = (uint8_t)(high << 4 | low);
	}
	return (int)(digits / 2);
}

void hex_write(const uint8_t *octets, size_t count, char *hex)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < count; i++) {
		hex[2 * i] = digits[octets[i] >> 4];
		hex[2 * i + 1] = digits[octets[i] & 15];
	}
	hex[2 * count] = '\0';
}

/* Semi-octets: the first digit in the low half, 0xf in the last half of an odd number. */
static size_t digits_write(const char *digits, size_t count, uint8_t *octets)
{
	static const char alphabet[] = "0123456789*#abc";

	memset(octets, 0xff, (count + 1) / 2);
	for (size_t i = 0; i < count; i++) {
		unsigned value = (unsigned)(strchr(alphabet, digits[i]) - alphabet);

		if (i % 2)
			octets[i / 2] = (uint8_t)((octets[i / 2] & 0x0f) | value << 4);
		else
			octets[i / 2] = (uint8_t)((octets[i / 2] & 0xf0) | value);
	}
	return (count + 1) / 2;
}

static int name_write(const char *name, uint8_t octets[static ADDRESS_OCTETS_MAX])
{
	uint8_t septets[12];
	size_t count = 0, size = strlen(name);

	while (size) {
		uint32_t scalar = 0;
		uint8_t two[2];
		size_t taken = utf8_take(name, size, &scalar),
		       n = taken ? septets_of(scalar, two) : 0;

		if (n == 0 || count + n > 11)
			return -1;
		memcpy(septets + count, two, n);
		count += n;
		name += taken;
		size -= taken;
	}
	if (count == 0)
		return -1;
	memset(octets, 0, ADDRESS_OCTETS_MAX);
	octets[0] = (uint8_t)((count * 7 + 3) / 4); /* useful semi-octets, 9.1.2.5 */
	octets[1] = TYPE_ALPHANUMERIC;
	septets_pack(septets, count, 0, octets + 2);
	return (int)(2 + (count * 7 + 7) / 8);
}

int address_write(const char *address, uint8_t octets[static ADDRESS_OCTETS_MAX])
{
	const char *digits = address + (address[0] == '+');
	size_t count = strspn(digits, "0123456789*#abc");

	if (digits[count] != '\0' || count == 0)
		return name_write(address, octets);
	if (count > ADDRESS_DIGITS_MAX)
		return -1;
	octets[0] = (uint8_t)count;
	octets[1] = digits == address ? TYPE_UNKNOWN : TYPE_INTERNATIONAL;
	return (int)(2 + digits_write(digits, count, octets + 2));
}

static int name_read(const uint8_t *octets, size_t semi_octets, char *ret_address)
{
	uint8_t septets[12] = { 0 };
	size_t count = semi_octets * 4 / 7, at = 0;

	septets_unpack(octets, count, 0, septets);
	for (size_t i = 0; i < count; i++) {
		bool escaped = septets[i] == SEPTET_ESCAPE && i + 1 < count;

		i += escaped;
		at += utf8_put(septet_scalar(septets[i], escaped), ret_address + at);
	}
	ret_address[at] = '\0';
	return 0;
}

int address_read(const uint8_t *octets, size_t size, char ret_address[static ADDRESS_SIZE],
		 const char **ret_why)
{
	size_t digits, used, at = 0;
	unsigned type;

	if (size < 2) {
		*ret_why = "the address ends too early";
		return -1;
	}
	digits = octets[0];
	type = octets[1] >> 4 & 7;
	used = 2 + (digits + 1) / 2;
	if (digits > ADDRESS_DIGITS_MAX || used > size) {
		*ret_why = "the address is longer than it may be";
		return -1;
	}
	if (!(octets[1] & 0x80) || type == 7) {
		*ret_why = "the type of address is none";
		return -1;
	}
	if (type == 5)
		return name_read(octets + 2, digits, ret_address), (int)used;

	if (type == 1)
		ret_address[at++] = '+';
	for (size_t i = 0; i < digits; i++) {
		unsigned value = i % 2 ? octets[2 + i / 2] >> 4 : octets[2 + i / 2] & 15;

		if (value == 15) {
			*ret_why = "the address has a filler where a digit should be";
			return -1;
		}
		ret_address[at++] = "0123456789*#abc"[value];
	}
	if (digits % 2 && octets[2 + digits / 2] >> 4 != 15) {
		*ret_why = "the address of odd length does not end in a filler";
		return -1;
	}
	ret_address[at] = '\0';
	return (int)used;
}

int centre_address_write(const char *number, uint8_t octets[static ADDRESS_OCTETS_MAX])
{
	const char *digits = number + (number[0] == '+');
	size_t count = strspn(digits, "0123456789");

	if (count == 0 || count > ADDRESS_DIGITS_MAX || digits[count] != '\0') {
		octets[0] = 0;
		return 1;
	}
	octets[1] = digits == number ? TYPE_UNKNOWN : TYPE_INTERNATIONAL;
	octets[0] = (uint8_t)(1 + digits_write(digits, count, octets + 2));
	return octets[0] + 1;
}

static uint8_t swapped(int value)
{
	return (uint8_t)(value % 10 << 4 | value / 10 % 10);
}

void stamp_write(int64_t at_usec, int quarters, uint8_t octets[static STAMP_OCTETS])
{
	time_t local = (time_t)(at_usec / USEC) + (time_t)quarters * 900;
	struct tm tm = { 0 };

	gmtime_r(&local, &tm);
	octets[0] = swapped(tm.tm_year % 100);
	octets[1] = swapped(tm.tm_mon + 1);
	octets[2] = swapped(tm.tm_mday);
	octets[3] = swapped(tm.tm_hour);
	octets[4] = swapped(tm.tm_min);
	octets[5] = swapped(tm.tm_sec);
	octets[6] =
		(uint8_t)(swapped(quarters < 0 ? -quarters : quarters) | (quarters < 0 ? 8 : 0));
}

static int unswapped(uint8_t octet, int least, int most)
{
	int low = octet & 15, high = octet >> 4, value = low * 10 + high;

	return low > 9 || high > 9 || value < least || value > most ? -1 : value;
}

int stamp_read(const uint8_t octets[static STAMP_OCTETS], int64_t *ret_usec)
{
	int year = unswapped(octets[0], 0, 99), month = unswapped(octets[1], 1, 12),
	    day = unswapped(octets[2], 1, 31), hour = unswapped(octets[3], 0, 23),
	    minute = unswapped(octets[4], 0, 59), second = unswapped(octets[5], 0, 59),
	    zone = unswapped(octets[6] & 0xf7, 0, 79);
	struct tm tm;

	if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0 || zone < 0)
		return -1;
	tm = (struct tm){ .tm_year = 100 + year,
			  .tm_mon = month - 1,
			  .tm_mday = day,
			  .tm_hour = hour,
			  .tm_min = minute,
			  .tm_sec = second };
	*ret_usec = ((int64_t)timegm(&tm) - INT64_C(900) * (octets[6] & 8 ? -zone : zone)) * USEC;
	return 0;
}

const char *moment_write(int64_t at_usec, char buffer[static MOMENT_SIZE])
{
	time_t seconds = (time_t)(at_usec / USEC);
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	snprintf(buffer, MOMENT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ",
		 (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
		 (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
		 (unsigned)tm.tm_sec % 100, (unsigned)(at_usec % USEC));
	return buffer;
}
