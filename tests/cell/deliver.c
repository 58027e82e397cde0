/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SMS-DELIVER and SMS-STATUS-REPORT, written field by field.
 */
#include "tests/cell/deliver.h"

#include <string.h>

#define TYPE_DELIVER 0x00
#define TYPE_REPORT 0x02
#define NO_MORE_MESSAGES 0x04
#define HAS_HEADER 0x40

int deliver_write(const char *from, const struct user_data *data, int64_t at_usec, int quarters,
		  uint8_t octets[static TPDU_OCTETS_MAX])
{
	size_t at = 1;
	int used = address_write(from, octets + at);

	if (used < 0)
		return -1;
	octets[0] = TYPE_DELIVER | NO_MORE_MESSAGES | (data->header ? HAS_HEADER : 0);
	at += (size_t)used;
	octets[at++] = data->protocol;
	octets[at++] = data->coding;
	stamp_write(at_usec, quarters, octets + at);
	at += STAMP_OCTETS;
	octets[at++] = data->length;
	memcpy(octets + at, data->octets, data->size);
	return (int)(at + data->size);
}

int report_write(const struct report *report, int quarters, uint8_t octets[static TPDU_OCTETS_MAX])
{
	size_t at = 2;
	int used = address_write(report->to, octets + at);

	if (used < 0)
		return -1;
	octets[0] = TYPE_REPORT | NO_MORE_MESSAGES;
	octets[1] = report->reference;
	at += (size_t)used;
	stamp_write(report->accepted_usec, quarters, octets + at);
	at += STAMP_OCTETS;
	stamp_write(report->ended_usec, quarters, octets + at);
	at += STAMP_OCTETS;
	octets[at++] = report->status;
	return (int)at;
}

bool tpdu_is_report(const uint8_t *octets, size_t size)
{
	return size > 0 && (octets[0] & 3) == TYPE_REPORT;
}

/* Where the address of the originator or recipient begins. */
static size_t address_at(const uint8_t *octets, size_t size)
{
	return tpdu_is_report(octets, size) ? 2 : 1;
}

void tpdu_sender(const uint8_t *octets, size_t size, char ret_address[static ADDRESS_SIZE])
{
	size_t at = address_at(octets, size);
	const char *why;

	if (size <= at || address_read(octets + at, size - at, ret_address, &why) < 0)
		ret_address[0] = '\0';
}

int tpdu_class(const uint8_t *octets, size_t size)
{
	char address[ADDRESS_SIZE];
	const char *why;
	size_t at = address_at(octets, size);
	int used = size > at ? address_read(octets + at, size - at, address, &why) : -1;
	uint8_t coding;

	if (tpdu_is_report(octets, size) || used < 0 || at + (size_t)used + 1 >= size)
		return -1;
	coding = octets[at + (size_t)used + 1];
	return (coding & 0xd0) == 0x10 || (coding & 0xf0) == 0xf0 ? coding & 3 : -1;
}
