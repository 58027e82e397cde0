/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which script a character is of: to tell a text from numbers that were read as one.  Pure.
 */
#pragma once

#include <stdint.h>

enum script {
	SCRIPT_NONE,   /* nothing that people write */
	SCRIPT_COMMON, /* space, line feed, digits, punctuation, money */
	SCRIPT_LATIN,
	SCRIPT_GREEK,
	SCRIPT_CYRILLIC,
	SCRIPT_ARMENIAN,
	SCRIPT_HEBREW,
	SCRIPT_ARABIC,
	SCRIPT_DEVANAGARI,
	SCRIPT_BENGALI,
	SCRIPT_GURMUKHI,
	SCRIPT_GUJARATI,
	SCRIPT_ORIYA,
	SCRIPT_TAMIL,
	SCRIPT_TELUGU,
	SCRIPT_KANNADA,
	SCRIPT_MALAYALAM,
	SCRIPT_SINHALA,
	SCRIPT_THAI,
	SCRIPT_LAO,
	SCRIPT_MYANMAR,
	SCRIPT_GEORGIAN,
	SCRIPT_ETHIOPIC,
	SCRIPT_KHMER,
	SCRIPT_MONGOLIAN,
	SCRIPT_HAN, /* with kana */
	SCRIPT_HANGUL,
	SCRIPT_COUNT,
};

/* By the blocks of Unicode 15; rare ones are SCRIPT_NONE. */
enum script script_of(uint32_t scalar);
