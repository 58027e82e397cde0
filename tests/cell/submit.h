/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SMS-SUBMIT (3GPP TS 23.040 9.2.2.2), taken apart by a network that lets nothing pass.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/cell/fields.h"
#include "tests/cell/user_data.h"

#define SUBMIT_OCTETS_MAX 200 /* with the service centre address; 27.005 needs 12 + 164 */

struct submit {
	char to[ADDRESS_SIZE];
	bool report; /* TP-SRR */
	bool validity_given;
	int64_t validity_usec; /* from the moment of acceptance; negative when already over */
	struct user_data data;
};

/*
 * Takes the octets of AT+CMGS: service centre address and TPDU, whose length was announced.  now_usec
 * is the centre's clock, for an absolute validity.  Returns 0, or the CMS error (27.005 3.2.5) and
 * *ret_why.
 */
int submit_read(const uint8_t *octets, size_t size, size_t announced, int64_t now_usec,
		struct submit *ret, const char **ret_why);
