/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Errors that a modem says in words, whatever AT+CMEE was told: 3GPP TS 27.007 9.2, 27.005 3.2.5, and
 * the causes of 24.011 annex E that 27.005 refers to.
 */
#include "modem/answer.h"

#include <string.h>
#include <strings.h>

#include "bridge/base/cleanup.h"

struct words {
	int code;
	const char *text;
};

static const struct words CMS[] = {
	{ 1, "unassigned number" },
	{ 1, "unassigned (unallocated) number" },
	{ 8, "operator determined barring" },
	{ 10, "call barred" },
	{ 21, "short message transfer rejected" },
	{ 27, "destination out of service" },
	{ 28, "unidentified subscriber" },
	{ 29, "facility rejected" },
	{ 30, "unknown subscriber" },
	{ 38, "network out of order" },
	{ 41, "temporary failure" },
	{ 42, "congestion" },
	{ 47, "resources unavailable, unspecified" },
	{ 47, "resources unavailable" },
	{ 50, "requested facility not subscribed" },
	{ 69, "requested facility not implemented" },
	{ 111, "protocol error, unspecified" },
	{ 127, "interworking, unspecified" },
	{ 300, "ME failure" },
	{ 301, "SMS service of ME reserved" },
	{ 302, "operation not allowed" },
	{ 303, "operation not supported" },
	{ 304, "invalid PDU mode parameter" },
	{ 305, "invalid text mode parameter" },
	{ 310, "SIM not inserted" },
	{ 311, "SIM PIN required" },
	{ 312, "PH-SIM PIN required" },
	{ 313, "SIM failure" },
	{ 314, "SIM busy" },
	{ 315, "SIM wrong" },
	{ 316, "SIM PUK required" },
	{ 317, "SIM PIN2 required" },
	{ 318, "SIM PUK2 required" },
	{ 320, "memory failure" },
	{ 321, "invalid memory index" },
	{ 322, "memory full" },
	{ 330, "SMSC address unknown" },
	{ 331, "no network service" },
	{ 331, "no network" },
	{ 332, "network timeout" },
	{ 340, "no +CNMA acknowledgement expected" },
	{ 500, "unknown error" },
};

static const struct words CME[] = {
	{ 0, "phone failure" },
	{ 1, "no connection to phone" },
	{ 2, "phone-adaptor link reserved" },
	{ 3, "operation not allowed" },
	{ 4, "operation not supported" },
	{ 5, "PH-SIM PIN required" },
	{ 10, "SIM not inserted" },
	{ 11, "SIM PIN required" },
	{ 12, "SIM PUK required" },
	{ 13, "SIM failure" },
	{ 14, "SIM busy" },
	{ 15, "SIM wrong" },
	{ 16, "incorrect password" },
	{ 17, "SIM PIN2 required" },
	{ 18, "SIM PUK2 required" },
	{ 20, "memory full" },
	{ 21, "invalid index" },
	{ 22, "not found" },
	{ 23, "memory failure" },
	{ 24, "text string too long" },
	{ 25, "invalid characters in text string" },
	{ 26, "dial string too long" },
	{ 27, "invalid characters in dial string" },
	{ 30, "no network service" },
	{ 31, "network timeout" },
	{ 32, "network not allowed - emergency calls only" },
	{ 100, "unknown" },
};

static int find(const struct words *words, size_t count, const char *text)
{
	size_t size = strcspn(text, ".");

	for (size_t i = 0; i < count; i++)
		if (strlen(words[i].text) == size && strncasecmp(words[i].text, text, size) == 0)
			return words[i].code;
	return -1;
}

int answer_words(enum answer_final final, const char *words)
{
	return final == ANSWER_CMS ? find(CMS, ARRAY_SIZE(CMS), words)
				   : find(CME, ARRAY_SIZE(CME), words);
}
