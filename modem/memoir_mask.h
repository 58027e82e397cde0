/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines between computer and modem without what is nobody's business: PINs, texts, PDUs, numbers.
 * What can't be told apart is left out as well: [12] stands for twelve characters.  Pure.
 */
#pragma once

#include <stddef.h>

#include "modem/memoir.h"

#define MASK_SIZE 128

/* What the lines before make of the next one; zeros at the beginning. */
struct mask {
	enum {
		MASK_NOTHING,
		MASK_BODY,  /* a message comes, as a PDU in one line or as text in many */
		MASK_QUOTE, /* a text goes on until its closing quote */
		MASK_ALL,   /* until the final result */
	} hides;
};

/* Writes what may be shown of a line, printable ASCII; returns its length, 0 for an empty line. */
size_t mask_line(struct mask *mask, enum memoir_side side, const char *line, size_t size,
		 char masked[static MASK_SIZE]);
