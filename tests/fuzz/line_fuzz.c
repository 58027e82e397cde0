/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bytes of a hostile modem, with the commands of a well-meaning libgammu between them: 0xff in the
 * input stands for libgammu's turn.  Whatever comes, libgammu sees plain ASCII, and a send has at
 * most one result.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "modem/line.h"

static unsigned results;

static void check_ascii(const char *bytes, size_t size, void *userdata)
{
	(void)userdata;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)bytes[i] >= 0x7f)
			abort();
}

static void drop(const char *bytes, size_t size, void *userdata)
{
	(void)bytes;
	(void)size;
	(void)userdata;
}

static void on_event(const struct line_event *event, void *userdata)
{
	struct tpdu tpdu;

	(void)userdata;
	if (event->type == LINE_RESULT && results++ > 0)
		abort();
	if (event->type == LINE_LISTED || event->type == LINE_DIRECT) {
		if (event->size > TPDU_SIZE_MAX)
			abort();
		(void)tpdu_decode(event->octets, event->size, &tpdu);
	}
}

static bool may_hand_over(void *userdata)
{
	(void)userdata;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct line_listener LISTENER = { drop, check_ascii, on_event, may_hand_over };
	static const char *const TURNS[] = {
		"AT+CGMM\r",   "AT+CPMS=\"SM\"\r", "AT+CMGL=4\r", "AT+CMGR=1\r",
		"AT+CMGS=4\r", "0011\x1a",         "\x1b\r",      "AT+CREG?\r",
	};
	static const uint8_t TPDU[] = { 1, 0, 2, 0x81, 0x21, 0, 0, 0 };
	struct line *line = line_new(&LISTENER, NULL);
	size_t turn = 0;

	results = 0;
	line_arm_send(line, TPDU, sizeof(TPDU), "+123");
	line_from_modem(line, "\r\nOK\r\n", 6);
	for (size_t i = 0; i < size; i++) {
		const char *command = TURNS[turn % ARRAY_SIZE(TURNS)];

		if (data[i] != 0xff) {
			line_from_modem(line, (const char *)data + i, 1);
			continue;
		}
		/* Four bits of the next byte choose the command. */
		if (i + 1 < size)
			command = TURNS[data[++i] % ARRAY_SIZE(TURNS)];
		line_from_gammu(line, command, strlen(command));
		turn++;
	}
	line_free(line);
	return 0;
}
