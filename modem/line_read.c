/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was received: the entries of AT+CMGL and AT+CMGR, and messages that come directly.  The octets
 * go out as events; libgammu sees a message of our own making.
 */
#include "modem/line_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell_tpdu(struct line *line, struct line_event *event, const uint8_t *octets,
		      size_t size, int length)
{
	size_t at = 0, rest = size;

	if (!answer_tpdu(octets, size, length, &at, &rest))
		rest = size;
	event->fits = length <= 0 || rest == (size_t)length;
	event->octets = octets + at;
	event->size = rest < TPDU_SIZE_MAX ? rest : TPDU_SIZE_MAX;
	line_tell(line, event);
}

static void tell_skipped(struct line *line, const struct expected *entry, const char *why)
{
	struct line_event event = { .type = LINE_SKIPPED,
				    .location = entry->location,
				    .text = why };

	memcpy(event.memory, line->memory, sizeof(event.memory));
	line_tell(line, &event);
}

static void stored_arrived(struct line *line, const uint8_t *octets, size_t size)
{
	struct line_event event = { .type = LINE_LISTED, .location = line->stored.location };
	bool is_list = strcmp(line->form.prefix, "+CMGL:") == 0;
	char header[64];

	line->stored.open = false;
	if (is_list)
		snprintf(header, sizeof(header), "+CMGL: %d,1,,%d", line->stored.location,
			 LINE_STAND_IN_LENGTH);
	else
		snprintf(header, sizeof(header), "+CMGR: 1,,%d", LINE_STAND_IN_LENGTH);
	line_answer_add(line, header);
	line_answer_add(line, LINE_STAND_IN);

	/* 2 and 3 are messages that wait to be sent, or were (27.005 3.1, <stat>). */
	if (line->stored.status == 2 || line->stored.status == 3) {
		tell_skipped(line, &line->stored, NULL);
		return;
	}
	memcpy(event.memory, line->memory, sizeof(event.memory));
	tell_tpdu(line, &event, octets, size, line->stored.length);
}

static bool length_fits(const uint8_t *octets, size_t size, int length)
{
	return length > 0 && size == 1 + (size_t)octets[0] + (size_t)length;
}

bool line_read_pdu(struct line *line, const char *text)
{
	uint8_t octets[LINE_TEXT_SIZE / 2];
	struct line_event event = { .type = LINE_DIRECT, .location = -1 };
	bool to_direct = line->direct.open;
	size_t size;

	if (!line->direct.open && !line->stored.open)
		return false;
	size = answer_hex(text, octets, sizeof(octets));
	if (size == 0)
		return false;
	/* The number that was asked for, when a modem has lost the PDU. */
	if (line->state == LINE_STATE_ANSWER && line->form.kind == ANSWER_DIGITS &&
	    !length_fits(octets, size, line->direct.length))
		return false;
	if (line->direct.open && line->stored.open) {
		bool fits_direct = length_fits(octets, size, line->direct.length);
		bool fits_stored = length_fits(octets, size, line->stored.length);

		to_direct = fits_direct == fits_stored ? line->direct_is_newer : fits_direct;
	}
	if (to_direct) {
		line->direct.open = false;
		tell_tpdu(line, &event, octets, size, line->direct.length);
	} else {
		stored_arrived(line, octets, size);
	}
	return true;
}

void line_read_give_up(struct line *line)
{
	if (line->stored.open)
		tell_skipped(line, &line->stored, NULL);
	line->stored.open = false;
}

bool line_read_header(struct line *line, const char *text)
{
	struct answer_numbers numbers;
	bool is_list = strcmp(line->form.prefix, "+CMGL:") == 0;

	if (!is_list && strcmp(line->form.prefix, "+CMGR:") != 0)
		return false;
	if (!answer_numbers(text, line->form.prefix, &numbers))
		return false;
	line_read_give_up(line);
	line->stored = (struct expected){ .open = true, .length = numbers.last };
	line->stored.location = is_list ? numbers.first : atoi(line->command + 8);
	line->stored.status = is_list ? numbers.second : numbers.first;
	line->direct_is_newer = false;
	if (line->stored.location < 0)
		line->stored.open = false;
	if (line->stored.open && answer_is_text_mode(text)) {
		line->stored.open = false;
		tell_skipped(line, &line->stored, "text mode");
	}
	return true;
}

bool line_read_direct(struct line *line, const char *text)
{
	int length;

	if (!answer_direct(text, &length))
		return false;
	line->direct = (struct expected){ .open = true, .length = length };
	line->direct_is_newer = true;
	return true;
}
