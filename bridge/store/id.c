/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names for rows: twelve characters of Crockford's base 32 (60 random bits) that can be read over
 * a telephone, and the tail of a number by which reports are matched.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "bridge/store/internal.h"

int id_new(char id[static ID_NEW_SIZE])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint64_t bits;

	/* Never short below 256 bytes, blocks only before the first entropy of a boot. */
	if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		return -EIO;
	for (size_t i = 0; i < ID_NEW_SIZE - 1; i++, bits >>= 5)
		id[i] = digits[bits & 31];
	id[ID_NEW_SIZE - 1] = '\0';
	return 0;
}

bool id_valid(const char *id)
{
	size_t size =
		strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

	return size > 0 && size < STORE_ID_SIZE && id[size] == '\0';
}
