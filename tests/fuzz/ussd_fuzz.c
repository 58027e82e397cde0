/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What stands in a +CUSD through ussd_decode: valid UTF-8 without control characters comes of it,
 * whatever stands there; and what is packed comes back.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/utf8.h"
#include "modem/text/ussd.h"

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_decode(const char *given, size_t size, int dcs, int ucs2)
{
	char text[USSD_TEXT_SIZE];
	size_t length;

	memset(text, 0xee, sizeof(text));
	length = ussd_decode(given, size, dcs, ucs2, text);
	CHECK(length < sizeof(text) && text[length] == '\0');
	CHECK(utf8_valid(text, length));
	for (size_t i = 0; i < length; i++)
		CHECK((unsigned char)text[i] >= ' ' || text[i] == '\n');
}

static void check_packed(const char *given, size_t size)
{
	CLEANUP_FREE char *code = malloc(size + 1);
	char hex[USSD_HEX_SIZE];
	int r;

	CHECK(code != NULL);
	memcpy(code, given, size);
	code[size] = '\0';
	r = ussd_encode_packed(code, hex);
	CHECK(r == 0 || r == -EINVAL);
	if (r == 0)
		CHECK(strlen(hex) < sizeof(hex) && strspn(hex, "0123456789ABCDEF") == strlen(hex));
}

/* Half of what comes is made hex, or the fuzzer would seldom get there. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	CLEANUP_FREE char *given = NULL;
	int dcs;

	if (size < 2)
		return 0;
	dcs = data[0] == 0xff ? -1 : data[0];
	given = malloc(2 * size);
	CHECK(given != NULL);
	if (data[1] & 2) {
		for (size_t i = 2; i < size; i++) {
			given[2 * (i - 2)] = digits[data[i] >> 4];
			given[2 * (i - 2) + 1] = digits[data[i] & 0xf];
		}
		check_decode(given, 2 * (size - 2), dcs, data[1] & 1);
		return 0;
	}
	memcpy(given, data + 2, size - 2);
	check_decode(given, size - 2, dcs, data[1] & 1);
	check_packed(given, size - 2);
	return 0;
}
