/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Blocks of the scripts that networks write in.
 */
#include "modem/text/script.h"

#include <stddef.h>

#include "bridge/base/cleanup.h"

static const struct {
	uint32_t first, last;
	enum script script;
} blocks[] = {
	{ 0x000a, 0x000a, SCRIPT_COMMON },
	{ 0x000d, 0x000d, SCRIPT_COMMON },
	{ 0x0020, 0x0040, SCRIPT_COMMON },
	{ 0x0041, 0x005a, SCRIPT_LATIN },
	{ 0x005b, 0x0060, SCRIPT_COMMON },
	{ 0x0061, 0x007a, SCRIPT_LATIN },
	{ 0x007b, 0x007e, SCRIPT_COMMON },
	{ 0x00a0, 0x00bf, SCRIPT_COMMON },
	{ 0x00c0, 0x024f, SCRIPT_LATIN },
	{ 0x0300, 0x036f, SCRIPT_COMMON }, /* combining marks */
	{ 0x0370, 0x03ff, SCRIPT_GREEK },
	{ 0x0400, 0x052f, SCRIPT_CYRILLIC },
	{ 0x0530, 0x058f, SCRIPT_ARMENIAN },
	{ 0x0590, 0x05ff, SCRIPT_HEBREW },
	{ 0x0600, 0x077f, SCRIPT_ARABIC },
	{ 0x0900, 0x0963, SCRIPT_DEVANAGARI },
	{ 0x0964, 0x0965, SCRIPT_COMMON }, /* danda, of all of India */
	{ 0x0966, 0x097f, SCRIPT_DEVANAGARI },
	{ 0x0980, 0x09ff, SCRIPT_BENGALI },
	{ 0x0a00, 0x0a7f, SCRIPT_GURMUKHI },
	{ 0x0a80, 0x0aff, SCRIPT_GUJARATI },
	{ 0x0b00, 0x0b7f, SCRIPT_ORIYA },
	{ 0x0b80, 0x0bff, SCRIPT_TAMIL },
	{ 0x0c00, 0x0c7f, SCRIPT_TELUGU },
	{ 0x0c80, 0x0cff, SCRIPT_KANNADA },
	{ 0x0d00, 0x0d7f, SCRIPT_MALAYALAM },
	{ 0x0d80, 0x0dff, SCRIPT_SINHALA },
	{ 0x0e00, 0x0e7f, SCRIPT_THAI },
	{ 0x0e80, 0x0eff, SCRIPT_LAO },
	{ 0x1000, 0x109f, SCRIPT_MYANMAR },
	{ 0x10a0, 0x10ff, SCRIPT_GEORGIAN },
	{ 0x1200, 0x139f, SCRIPT_ETHIOPIC },
	{ 0x1780, 0x17ff, SCRIPT_KHMER },
	{ 0x1800, 0x18af, SCRIPT_MONGOLIAN },
	{ 0x1e00, 0x1eff, SCRIPT_LATIN },
	{ 0x1f00, 0x1fff, SCRIPT_GREEK },
	{ 0x2000, 0x2040, SCRIPT_COMMON }, /* behind it stands what is " A" in octets */
	{ 0x20a0, 0x20bf, SCRIPT_COMMON },
	{ 0x2116, 0x2122, SCRIPT_COMMON }, /* numero to trademark */
	{ 0x2190, 0x21ff, SCRIPT_COMMON }, /* arrows */
	{ 0x2600, 0x27bf, SCRIPT_COMMON }, /* symbols */
	{ 0x2e80, 0x2fdf, SCRIPT_HAN },
	{ 0x3000, 0x303f, SCRIPT_COMMON },
	{ 0x3040, 0x30ff, SCRIPT_HAN },
	{ 0x4e00, 0x9fff, SCRIPT_HAN },
	{ 0xac00, 0xd7a3, SCRIPT_HANGUL },
	{ 0xfb50, 0xfdff, SCRIPT_ARABIC },
	{ 0xfe70, 0xfefe, SCRIPT_ARABIC },
	{ 0xff00, 0xffef, SCRIPT_COMMON },
	{ 0x1f000, 0x1faff, SCRIPT_COMMON }, /* emoji */
};

enum script script_of(uint32_t scalar)
{
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		if (scalar >= blocks[i].first && scalar <= blocks[i].last)
			return blocks[i].script;
	return SCRIPT_NONE;
}
