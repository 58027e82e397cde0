/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any lines through the mask of a conversation (the first byte of each says whose it is), and any
 * bytes as its file: what comes out is short, printable, and holds no long number.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "modem/memoir.h"
#include "modem/memoir_mask.h"

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const char *bytes, size_t size)
{
	struct mask mask = { 0 };
	char masked[MASK_SIZE];

	while (size > 0) {
		const char *end = memchr(bytes + 1, '\n', size - 1);
		size_t length = end ? (size_t)(end - bytes) : size, digits = 0, shown;

		shown = mask_line(&mask, bytes[0] & 1 ? MEMOIR_TO_MODEM : MEMOIR_FROM_MODEM,
				  bytes + 1, length - 1, masked);
		CHECK(shown < MASK_SIZE && shown == strlen(masked));
		for (size_t i = 0; i < shown; i++) {
			CHECK(masked[i] >= ' ' && masked[i] <= '~');
			digits = masked[i] >= '0' && masked[i] <= '9' ? digits + 1 : 0;
			CHECK(digits <= 4);
		}
		bytes += length;
		size -= length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char text[MEMOIR_SIZE];

	check_lines((const char *)data, size);
	if (fd < 0)
		fd = memoir_create();
	memoir_clear(fd);
	CHECK(pwrite(fd, data, size < MEMOIR_SIZE ? size : MEMOIR_SIZE, 0) >= 0);
	memoir_read(fd, text);
	for (const char *c = text; *c != '\0'; c++)
		CHECK(*c == '\n' || (*c >= ' ' && *c <= '~'));
	return 0;
}
