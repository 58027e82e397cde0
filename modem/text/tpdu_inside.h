/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the codec share: numbers of 3GPP TS 23.040, and a DELIVER before its text is
 * read.
 */
#pragma once

#include "modem/text/body.h"
#include "modem/text/tpdu.h"

#define TPDU_SEPTETS_MAX 160
#define TPDU_ADDRESS_DIGITS_MAX 20

/* Information elements, 9.2.3.24. */
enum {
	TPDU_IEI_CONCAT = 0x00,
	TPDU_IEI_PORT = 0x04,
	TPDU_IEI_PORT_WIDE = 0x05,
	TPDU_IEI_CONCAT_WIDE = 0x08,
	TPDU_IEI_SINGLE_SHIFT = 0x24,
	TPDU_IEI_LOCKING_SHIFT = 0x25,
};

/*
 * tpdu_decode without the text: *ret_body says where it stands among the octets, of a DELIVER.
 */
int tpdu_take_apart(const uint8_t *octets, size_t size, struct tpdu *ret, struct body *ret_body);
