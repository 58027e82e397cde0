/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A hostile modem and any libgammu, interleaved: 0xff and a byte in the input are a turn of libgammu's,
 * or a tick, or another send; all other bytes are the modem's.  Whatever comes: libgammu sees plain
 * ASCII, bodies of our own making and nothing but its own commands echoed; each armed send has one
 * result at most; events are in bounds; and in the end, after ticks, nothing is waited for by itself.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "modem/line_inside.h"

#define LINE_MAX 2048

struct world {
	struct line *line;
	unsigned armed, results;
	char heard[LINE_MAX]; /* by libgammu: the line that is being written to it */
	size_t heard_size;
	bool body_follows;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* A line that libgammu hears. */
static void check_heard(struct world *world)
{
	const char *text = world->heard;
	bool is_header = strncmp(text, "+CMGL:", 6) == 0 || strncmp(text, "+CMGR:", 6) == 0;

	world->heard[world->heard_size] = '\0';
	if (world->heard_size > 0) {
		if (world->body_follows)
			require(strcmp(text, LINE_STAND_IN) == 0);
		world->body_follows = is_header;
	}
	world->heard_size = 0;
}

static void to_gammu(const char *bytes, size_t size, void *userdata)
{
	struct world *world = userdata;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		require(byte < 0x7f && (byte >= ' ' || byte == '\r' || byte == '\n'));
		if (byte == '\r' || byte == '\n') {
			check_heard(world);
			continue;
		}
		require(world->heard_size < LINE_MAX - 1);
		world->heard[world->heard_size++] = (char)byte;
	}
}

static void to_modem(const char *bytes, size_t size, void *userdata)
{
	(void)bytes;
	(void)userdata;
	require(size <= LINE_PDU_SIZE);
}

static void on_event(const struct line_event *event, void *userdata)
{
	struct world *world = userdata;
	struct tpdu tpdu;

	switch (event->type) {
	case LINE_RESULT:
		require(++world->results <= world->armed);
		break;
	case LINE_LISTED:
	case LINE_DIRECT:
		require(event->size <= TPDU_SIZE_MAX);
		(void)tpdu_decode(event->octets, event->size, &tpdu);
		break;
	case LINE_USSD:
		require(strlen(event->text) < LINE_USSD_SIZE && event->dcs <= 255);
		break;
	case LINE_IDENTITY:
		require(strlen(event->text) < LINE_IDENTITY_SIZE);
		break;
	case LINE_INDICATED:
	case LINE_SKIPPED:
		require(memchr(event->memory, '\0', sizeof(event->memory)));
		break;
	case LINE_AWAKE:
	case LINE_LATE_RESULT:
	case LINE_REGISTRATION:
	case LINE_STORE:
	case LINE_RESTARTED:
	case LINE_SIM_CHANGED:
		break;
	}
}

static bool may_hand_over(void *userdata)
{
	(void)userdata;
	return true;
}

static const char *const TURNS[] = {
	"AT+CGMM\r",   "AT+CPMS=\"SM\"\r", "AT+CPMS=?\r", "AT+CMGL=4\r",
	"AT+CMGR=1\r", "AT+CMGS=4\r",      "0011\x1a",    "\x1b\r",
	"AT+CREG?\r",  "AT+CEREG?\r",      "AT+CPIN?\r",  "AT+CUSD=1,\"*100#\",15\r",
	"AT+CGSN\r",   "AT+CMGF=0\r",
};

static void arm(struct world *world)
{
	static const uint8_t TPDU[] = { 1, 0, 2, 0x81, 0x21, 0, 0, 0 };

	line_disarm(world->line);
	/* One that was never used has no result. */
	world->armed = world->results + 1;
	line_arm_send(world->line, TPDU, sizeof(TPDU), "+123");
}

static void turn(struct world *world, unsigned choice)
{
	const char *bytes;

	if (choice >= ARRAY_SIZE(TURNS)) {
		choice -= ARRAY_SIZE(TURNS);
		if (choice % 4 == 0)
			arm(world);
		else if (choice % 4 == 1)
			line_set_deleting(world->line, choice & 4);
		else
			line_tick(world->line);
		return;
	}
	bytes = TURNS[choice];
	line_from_gammu(world->line, bytes, strlen(bytes));
}

/* All that is waited for runs out at once, and nothing begins with it: only a lost send takes longer. */
static void all_ends(struct line *line)
{
	unsigned ticks = line->forgotten;

	require(ticks <= LINE_LOST_TICKS && line->submitted < LINE_LOST_TICKS);
	/* After Ctrl-Z the time is measured for as long as that would take. */
	if (line->state == LINE_STATE_SUBMIT && ticks < LINE_LOST_TICKS - line->submitted)
		ticks = LINE_LOST_TICKS - line->submitted;
	if (ticks < LINE_FORGOTTEN_TICKS)
		ticks = LINE_FORGOTTEN_TICKS;
	for (; ticks > 0 && line_wants_tick(line); ticks--)
		line_tick(line);
	require(!line_wants_tick(line));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct line_listener LISTENER = { to_modem, to_gammu, on_event,
						       may_hand_over };
	static struct world world;

	memset(&world, 0, sizeof(world));
	world.line = line_new(&LISTENER, &world);
	arm(&world);
	line_from_modem(world.line, size % 2 ? "AT\r\r\nOK\r\n" : "\r\nOK\r\n", size % 2 ? 9 : 6);
	for (size_t i = 0; i < size; i++) {
		if (data[i] != 0xff)
			line_from_modem(world.line, (const char *)data + i, 1);
		else if (i + 1 < size)
			turn(&world, data[++i] % 24);
		require(world.line->answer_size <= LINE_ANSWER_SIZE &&
			world.line->from_modem_size < LINE_TEXT_SIZE &&
			world.line->from_gammu_size < LINE_COMMAND_SIZE);
	}
	all_ends(world.line);
	world.line = line_free(world.line);
	return 0;
}
