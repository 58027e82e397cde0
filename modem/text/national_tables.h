/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tables behind national.h: 3GPP TS 23.038 annex A.  0 is a cell that the table leaves open.
 */
#pragma once

#include <stdint.h>

#include "modem/text/national.h"

/* A.3, by language and septet; Spanish has no such table, and 0 in all cells. */
extern const uint16_t national_locking[NATIONAL_COUNT][128];

/* A.2 of the languages of India and Pakistan: the cells that all of them have alike, and those from
 * NATIONAL_OWN_FIRST on that are each one's own. */
#define NATIONAL_OWN_FIRST 0x19
#define NATIONAL_OWN_COUNT 39
extern const uint16_t national_single_indic[128];
extern const uint16_t national_single_own[NATIONAL_COUNT][NATIONAL_OWN_COUNT];
