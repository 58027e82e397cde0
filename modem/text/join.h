/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The parts of a concatenated message put together from their TPDUs, so that what a sender cut in
 * two (a surrogate pair, an escape and its character) is whole again.  Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct join_part {
	const uint8_t *octets; /* an SMS-DELIVER; NULL: it is missing */
	size_t size;
};

/*
 * The text of the parts in their order, gap (UTF-8) in place of every run of missing ones; of 8-bit
 * data upper-case hex.  *ret_text is the caller's to free.  Returns 0, -EBADMSG when one is no
 * SMS-DELIVER, -ENOMEM.
 */
int join_parts(const struct join_part *parts, size_t count, const char *gap, char **ret_text,
	       size_t *ret_size);
