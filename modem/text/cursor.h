/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Octets that are read from their beginning, and never beyond their end.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *octets;
	size_t left;
};

/* The next count octets, or NULL when there are fewer. */
static inline const uint8_t *take(struct cursor *cursor, size_t count)
{
	const uint8_t *octets = cursor->octets;

	if (cursor->left < count)
		return NULL;
	cursor->octets += count;
	cursor->left -= count;
	return octets;
}
