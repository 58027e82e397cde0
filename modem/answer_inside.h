/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files that read a modem's lines share.
 */
#pragma once

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static inline bool begins(const char *line, const char *prefix)
{
	return strncmp(line, prefix, strlen(prefix)) == 0;
}

/* Of the name of a command or a memory. */
static inline bool is_name_sign(char c)
{
	return isupper((unsigned char)c) || isdigit((unsigned char)c);
}
