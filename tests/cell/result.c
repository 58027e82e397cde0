/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Final results in digits and in words: 3GPP TS 27.007 9.2, 27.005 3.2.5 (with 24.011 annex E).
 */
#include <stdio.h>
#include <string.h>

#include "tests/cell/modem_state.h"

struct words {
	int code;
	const char *text;
};

static const struct words cme_words[] = {
	{ 3, "operation not allowed" },
	{ 4, "operation not supported" },
	{ 10, "SIM not inserted" },
	{ 11, "SIM PIN required" },
	{ 12, "SIM PUK required" },
	{ 13, "SIM failure" },
	{ 14, "SIM busy" },
	{ 16, "incorrect password" },
	{ 30, "no network service" },
	{ 100, "unknown" },
	{ 0, NULL },
};

static const struct words cms_words[] = {
	{ 1, "Unassigned (unallocated) number" },
	{ 8, "Operator determined barring" },
	{ 10, "Call barred" },
	{ 21, "Short message transfer rejected" },
	{ 27, "Destination out of service" },
	{ 28, "Unidentified subscriber" },
	{ 29, "Facility rejected" },
	{ 30, "Unknown subscriber" },
	{ 38, "Network out of order" },
	{ 41, "Temporary failure" },
	{ 42, "Congestion" },
	{ 47, "Resources unavailable, unspecified" },
	{ 50, "Requested facility not subscribed" },
	{ 69, "Requested facility not implemented" },
	{ 302, "operation not allowed" },
	{ 303, "operation not supported" },
	{ 304, "invalid PDU mode parameter" },
	{ 310, "(U)SIM not inserted" },
	{ 311, "(U)SIM PIN required" },
	{ 314, "(U)SIM busy" },
	{ 316, "(U)SIM PUK required" },
	{ 321, "invalid memory index" },
	{ 322, "memory full" },
	{ 330, "SMSC address unknown" },
	{ 331, "no network service" },
	{ 332, "network timeout" },
	{ 500, "unknown error" },
	{ 0, NULL },
};

/* table ends with a NULL text. */
static const char *find(const struct words *table, int code)
{
	while (table->text && table->code != code)
		table++;
	return table->text;
}

static void write_code(const char *kind, const char *words, int code, char text[static RESULT_SIZE])
{
	if (words)
		snprintf(text, RESULT_SIZE, "+%s ERROR: %s", kind, words);
	else
		snprintf(text, RESULT_SIZE, "+%s ERROR: %d", kind, code);
}

void result_write(const struct modem *m, int result, char text[static RESULT_SIZE])
{
	int format = m->session.error_format;
	bool words = m->quirks.errors_in_words && format;
	int cms = result - AT_CMS(0), cme = result - AT_CME(0);

	text_copy(text, RESULT_SIZE, result == AT_OK ? "OK" : "ERROR");
	if (result >= AT_CMS(0))
		write_code("CMS", words ? find(cms_words, cms) : NULL, cms, text);
	else if (result >= AT_CME(0) && format)
		write_code("CME", words || format == 2 ? find(cme_words, cme) : NULL, cme, text);
}
