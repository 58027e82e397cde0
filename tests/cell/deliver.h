/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the service centre sends: SMS-DELIVER (3GPP TS 23.040 9.2.2.1) and SMS-STATUS-REPORT
 * (9.2.2.3), written.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/cell/fields.h"
#include "tests/cell/user_data.h"

#define TPDU_OCTETS_MAX 255 /* also what a test puts in as raw bytes */

/* Returns the octets, or -1 for a sender that is neither number nor name of at most 11 septets. */
int deliver_write(const char *from, const struct user_data *data, int64_t at_usec, int quarters,
		  uint8_t octets[static TPDU_OCTETS_MAX]);

struct report {
	uint8_t reference; /* TP-MR of the submit */
	char to[ADDRESS_SIZE];
	int64_t accepted_usec; /* TP-SCTS */
	int64_t ended_usec;    /* TP-DT */
	uint8_t status;        /* TP-ST, 9.2.3.15 */
};

int report_write(const struct report *report, int quarters, uint8_t octets[static TPDU_OCTETS_MAX]);

/* Of any TPDU, as far as it can be read: is it a report, its sender, class 0? */
bool tpdu_is_report(const uint8_t *octets, size_t size);
void tpdu_sender(const uint8_t *octets, size_t size, char ret_address[static ADDRESS_SIZE]);
int tpdu_class(const uint8_t *octets, size_t size);
