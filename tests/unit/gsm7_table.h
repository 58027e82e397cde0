/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The GSM alphabet once more, in the order of the specification's table (3GPP TS 23.038 6.2.1), for
 * tests that must not take it from the code they check.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

static const char32_t gsm7_main[] = U"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ"
				    U" !\"#¤%&'()*+,-./0123456789:;<=>?"
				    U"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
				    U"¿abcdefghijklmnopqrstuvwxyzäöñüà";
_Static_assert(sizeof(gsm7_main) == 129 * sizeof(char32_t), "128 characters and the end");

static const char32_t gsm7_extended[] = U"\f^{}\\[~]|€";
static const uint8_t gsm7_extended_septets[] = { 0x0a, 0x14, 0x28, 0x29, 0x2f,
						 0x3c, 0x3d, 0x3e, 0x40, 0x65 };
