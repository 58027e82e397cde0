/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Octets from the air through tpdu_decode: what it hands out is whole; what is text, and fits, goes
 * out again and comes back the same; joined with itself it is still text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/utf8.h"
#include "modem/text/join.h"
#include "modem/text/tpdu.h"

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plain(const struct tpdu *tpdu)
{
	size_t address_size = strnlen(tpdu->address, sizeof(tpdu->address));

	CHECK(address_size < sizeof(tpdu->address));
	CHECK(utf8_valid(tpdu->address, address_size));
	CHECK(tpdu->text_size < sizeof(tpdu->text) && tpdu->text[tpdu->text_size] == '\0');
	CHECK(utf8_valid(tpdu->text, tpdu->text_size));
	CHECK(tpdu->message_class >= -1 && tpdu->message_class <= 3);
	CHECK(tpdu->port >= -1 && tpdu->port <= 0xffff);
	CHECK(!tpdu->concat.present ||
	      (tpdu->concat.sequence >= 1 && tpdu->concat.sequence <= tpdu->concat.total));
	CHECK(tpdu->centre_time_usec >= 0 && tpdu->discharge_time_usec >= 0);
}

/* A DELIVER to the same party made of a SUBMIT. */
static void check_again(const struct tpdu *tpdu)
{
	struct tpdu_submit submit = { .number = tpdu->address,
				      .text = tpdu->text,
				      .text_size = tpdu->text_size,
				      .alphabet = tpdu->alphabet,
				      .concat = tpdu->concat };
	uint8_t octets[TPDU_SIZE_MAX], deliver[TPDU_SIZE_MAX + 6] = { 0 };
	int size = tpdu_encode_submit(&submit, octets);
	size_t head;
	struct tpdu again;

	if (size < 0)
		return;
	head = 2 + (octets[2] + 1u) / 2 + 2; /* the address, TP-PID and TP-DCS */
	deliver[0] = octets[0] & 0x40;
	memcpy(deliver + 1, octets + 2, head);
	memcpy(deliver + 1 + head + 7, octets + 2 + head + 1, (size_t)size - head - 3);
	CHECK(tpdu_decode(deliver, 1 + head + 7 + (size_t)size - head - 3, &again) == 0);
	CHECK(strcmp(again.address, tpdu->address) == 0 && again.alphabet == tpdu->alphabet);
	CHECK(memcmp(&again.concat, &tpdu->concat, sizeof(again.concat)) == 0);
	CHECK(again.text_size == tpdu->text_size);
	CHECK(memcmp(again.text, tpdu->text, tpdu->text_size) == 0);
}

/* Alone, and in a row with a gap: whatever is carried from one to the next. */
static void check_joined(const uint8_t *data, size_t size, const struct tpdu *tpdu)
{
	const struct join_part parts[] = { { data, size }, { data, size }, { 0 }, { data, size } };
	CLEANUP_FREE char *one = NULL;
	CLEANUP_FREE char *row = NULL;
	size_t one_size, row_size;

	CHECK(join_parts(parts, 1, "", &one, &one_size) == 0);
	CHECK(one_size == tpdu->text_size && memcmp(one, tpdu->text, one_size) == 0);
	CHECK(join_parts(parts, 4, "[…]", &row, &row_size) == 0);
	CHECK(utf8_valid(row, row_size) && row[row_size] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tpdu tpdu;

	if (tpdu_decode(data, size, &tpdu) < 0)
		return 0;
	check_plain(&tpdu);
	tpdu_fate(tpdu.status);
	if (tpdu.kind == TPDU_DELIVER)
		check_joined(data, size, &tpdu);
	if (tpdu.kind == TPDU_DELIVER && !tpdu.address_is_name)
		check_again(&tpdu);
	return 0;
}
