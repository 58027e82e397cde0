/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Octets sent to the port of pushes through mms_notification_read: its fields are text.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/utf8.h"
#include "modem/text/mms.h"

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_field(const char field[static MMS_FIELD_SIZE])
{
	size_t size = strnlen(field, MMS_FIELD_SIZE);

	CHECK(size < MMS_FIELD_SIZE && utf8_valid(field, size));
	for (size_t i = 0; i < size; i++)
		CHECK((unsigned char)field[i] >= ' ');
}

static void check(const uint8_t *octets, size_t size)
{
	struct mms_notification mms;
	int r;

	memset(&mms, 0xee, sizeof(mms));
	r = mms_notification_read(octets, size, &mms);
	CHECK(r == 0 || r == -EBADMSG);
	if (r < 0)
		return;
	check_field(mms.from);
	check_field(mms.subject);
	check_field(mms.url);
	for (const char *c = mms.url; *c; c++)
		CHECK(*c > ' ' && *c < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t HEAD[] = { 0x01, 0x06, 0x01, 0xbe, 0x8c, 0x82 };
	CLEANUP_FREE uint8_t *octets = malloc(sizeof(HEAD) + size);

	CHECK(octets != NULL);
	check(data, size);
	memcpy(octets, HEAD, sizeof(HEAD));
	if (size > 0)
		memcpy(octets + sizeof(HEAD), data, size);
	check(octets, sizeof(HEAD) + size);
	return 0;
}
