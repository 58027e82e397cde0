/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The notification that a picture message waits somewhere (OMA-TS-MMS_ENC m-notification-ind in a
 * WAP push, WAP-230-WSP 8.4), which comes as 8-bit data to port 2948.  Read only to tell people of
 * it.  Pure; every byte is hostile.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define MMS_PORT 2948
#define MMS_FIELD_SIZE 256

struct mms_notification {
	char from[MMS_FIELD_SIZE];    /* UTF-8; "" not told; without "/TYPE=PLMN" */
	char subject[MMS_FIELD_SIZE]; /* UTF-8; "" */
	char url[MMS_FIELD_SIZE];     /* printable ASCII; "" */
	uint32_t octets;              /* size of the message; 0 not told */
};

/* Returns 0, or -EBADMSG for what is no such notification. */
int mms_notification_read(const uint8_t *octets, size_t size, struct mms_notification *ret);
