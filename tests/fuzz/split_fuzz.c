/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes through text_split: the parts are the whole text, and each can be written as a TPDU.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/utf8.h"
#include "modem/text/split.h"
#include "modem/text/tpdu.h"

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_part(const struct text_split *split, size_t i)
{
	const struct text_part *part = &split->parts[i];
	struct tpdu_submit submit = {
		.number = "+8613800000001",
		.text = split->text + part->offset,
		.text_size = part->size,
		.alphabet = split->alphabet,
		.concat = { split->count > 1, false, 7, (uint8_t)split->count, (uint8_t)(i + 1) },
	};
	uint8_t octets[TPDU_SIZE_MAX];

	CHECK(part->size > 0 || split->size == 0);
	CHECK(utf8_valid(submit.text, part->size));
	CHECK(tpdu_encode_submit(&submit, octets) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text_split *split = NULL;
	const char *text = (const char *)data + 1;
	size_t max_parts, at = 0;
	int r;

	if (size == 0)
		return 0;
	max_parts = data[0] ? data[0] : 255;
	r = text_split(text, size - 1, max_parts, &split);
	CHECK((r == -EILSEQ) == !utf8_valid(text, size - 1));
	CHECK(r == 0 || (!split && (r == -EILSEQ || r == -EMSGSIZE)));
	if (r < 0)
		return 0;
	CHECK(split->count >= 1 && split->count <= max_parts && split->size <= size - 1);
	for (size_t i = 0; i < split->count; i++) {
		CHECK(split->parts[i].offset == at);
		check_part(split, i);
		at += split->parts[i].size;
	}
	CHECK(at == split->size);
	text_split_free(split);
	return 0;
}
