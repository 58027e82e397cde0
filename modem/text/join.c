/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each part is read with the shift tables of its own header (3GPP TS 23.038 6.2.1.2.3); only what
 * was cut at its end goes on.
 */
#include "modem/text/join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "modem/text/tpdu_inside.h"

int join_parts(const struct join_part *parts, size_t count, const char *gap, char **ret_text,
	       size_t *ret_size)
{
	CLEANUP_FREE char *text = NULL;
	struct body_carry carry = { 0 };
	size_t gap_size = strlen(gap), size = 0;

	/* Of one character more per part than it can have: the gap is said before it. */
	text = malloc(count * (BODY_TEXT_SIZE + BODY_REST_SIZE + gap_size) + BODY_REST_SIZE + 1);
	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct tpdu tpdu;
		struct body body;

		if (parts[i].octets) {
			if (tpdu_take_apart(parts[i].octets, parts[i].size, &tpdu, &body) < 0 ||
			    tpdu.kind != TPDU_DELIVER)
				return -EBADMSG;
			size += body_read(&body, &carry, text + size);
		} else if (i == 0 || parts[i - 1].octets) {
			size += body_end(&carry, text + size);
			memcpy(text + size, gap, gap_size);
			size += gap_size;
		}
	}
	size += body_end(&carry, text + size);
	text[size] = '\0';
	*ret_text = TAKE_PTR(text);
	*ret_size = size;
	return 0;
}
