/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What stands between the quotes of +CUSD, 3GPP TS 27.007 7.15, in whatever form a modem gives it:
 * plain text, UCS2 in hex, octets in hex, packed septets in hex.  Pure; every byte is hostile.
 */
#pragma once

#include <stddef.h>

#define USSD_TEXT_SIZE 1024
#define USSD_HEX_SIZE 367 /* 182 septets packed, in hex, NUL */

/*
 * dcs: cell broadcast data coding scheme (23.038 5), -1 not given.  ucs2: the modem's character set
 * (AT+CSCS) is UCS2, so that hex is that first.  Both are often wrong: of all readings the likeliest
 * is taken, and what makes no sense in any is left as it came.  The result is UTF-8, always valid,
 * line feeds kept (and made of carriage returns), other control characters left out, NUL behind it;
 * what is too long is cut.  Returns its length; 0 only for what says nothing.
 */
size_t ussd_decode(const char *given, size_t size, int dcs, int ucs2,
		   char text[static USSD_TEXT_SIZE]);

/* A code as packed septets in upper-case hex (23.038 6.1.2.3), as Huawei and others want it.
 * -EINVAL: not in the alphabet, or more than 182 septets. */
int ussd_encode_packed(const char *code, char hex[static USSD_HEX_SIZE]);
