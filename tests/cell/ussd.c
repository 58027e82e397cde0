/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * USSD (3GPP TS 22.090, 27.007 7.15): what the network answers to codes and within menus, and the
 * forms in which modems hand it on.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/cell/alphabet.h"
#include "tests/cell/events.h"
#include "tests/cell/modem_state.h"

#define CME_NOT_ALLOWED 3
#define CME_NO_NETWORK 30
#define CODING_GSM 15
#define CODING_UCS2 72
#define CARRIAGE_RETURN 0x0d
#define HEX_SIZE (4 * USSD_SIZE + 1)

enum ussd_status {
	USSD_DONE,
	USSD_MENU,
	USSD_ENDED,
	USSD_NOT_SUPPORTED = 4,
};

/* ---- forms of a text ---- */

/* Returns the septets, or -1: the alphabet lacks a character. */
static int to_septets(const char *text, uint8_t septets[static 2 * USSD_SIZE])
{
	size_t left = strlen(text), count = 0;

	while (left) {
		uint32_t scalar = 0;
		size_t taken = utf8_take(text, left, &scalar);
		size_t some = taken ? septets_of(scalar, septets + count) : 0;

		if (!some)
			return -1;
		count += some;
		text += taken;
		left -= taken;
	}
	return (int)count;
}

/* 23.038 6.1.2.3.1: seven spare bits are a carriage return, lest they look like an @. */
static void write_packed(uint8_t *septets, size_t count, char hex[static HEX_SIZE])
{
	uint8_t octets[2 * USSD_SIZE] = { 0 };

	if (count % 8 == 7)
		septets[count++] = CARRIAGE_RETURN;
	septets_pack(septets, count, 0, octets);
	hex_write(octets, (count * 7 + 7) / 8, hex);
}

static int write_ucs2(const char *text, char form[static HEX_SIZE])
{
	return at_text_ucs2(text, form, HEX_SIZE) ? CODING_UCS2 : -1;
}

/* Returns the data coding, or -1: it can't be written. */
static int write_text(const struct modem *m, const char *text, char form[static HEX_SIZE])
{
	uint8_t septets[2 * USSD_SIZE + 1];
	int count = to_septets(text, septets);

	switch (m->quirks.ussd) {
	case QUIRK_USSD_TEXT:
		for (const char *p = text; *p; p++)
			if ((unsigned char)*p >= 0x80)
				return write_ucs2(text, form);
		if (m->session.charset == CHARSET_UCS2)
			return write_ucs2(text, form) < 0 ? -1 : CODING_GSM;
		snprintf(form, HEX_SIZE, "%s", text);
		return CODING_GSM;
	case QUIRK_USSD_UCS2:
		return write_ucs2(text, form);
	case QUIRK_USSD_PACKED:
		if (count < 0)
			return write_ucs2(text, form);
		write_packed(septets, (size_t)count, form);
		return CODING_GSM;
	case QUIRK_USSD_HEX:
		if (count < 0)
			return write_ucs2(text, form);
		hex_write(septets, (size_t)count, form);
		return CODING_GSM;
	}
	return -1;
}

static bool read_packed(const char *hex, char code[static USSD_PATH_SIZE])
{
	uint8_t octets[USSD_PATH_SIZE / 4], septets[USSD_PATH_SIZE / 3];
	int size = hex_read(hex, strlen(hex), octets, sizeof(octets));
	size_t count, at = 0;

	if (size < 1)
		return false;
	count = (size_t)size * 8 / 7;
	septets_unpack(octets, count, 0, septets);
	if (count % 8 == 0 && septets[count - 1] == CARRIAGE_RETURN)
		count--;
	for (size_t i = 0; i < count; i++)
		at += utf8_put(septet_scalar(septets[i], false), code + at);
	code[at] = '\0';
	return true;
}

static bool read_code(const struct modem *m, const char *value, char code[static USSD_PATH_SIZE])
{
	if (m->quirks.ussd == QUIRK_USSD_PACKED)
		return read_packed(value, code);
	return at_text_in(m, value, code, USSD_PATH_SIZE);
}

/* ---- the network ---- */

/* Status 1 waits for an answer; everything else ends the dialogue. */
static void say(struct modem *m, int status, const char *text)
{
	char form[HEX_SIZE];
	int coding;

	m->ussd.asked = false;
	m->ussd.dialogue = status == USSD_MENU;
	if (!m->session.ussd)
		return;
	if (!text) {
		line_indicate(m, "+CUSD: %d", status);
		return;
	}
	coding = write_text(m, text, form);
	if (coding >= 0)
		line_indicate(m, "+CUSD: %d,\"%s\",%d", status, form, coding);
}

static struct ussd_answer *find(struct ussd *ussd, const char *path)
{
	for (size_t i = 0; i < ussd->count; i++)
		if (strcmp(ussd->answers[i].path, path) == 0)
			return &ussd->answers[i];
	return NULL;
}

static void answer(struct modem *m)
{
	const struct ussd_answer *found = find(&m->ussd, m->ussd.path);

	if (found && found->silent)
		return;
	if (found)
		say(m, found->menu ? USSD_MENU : USSD_DONE, found->text);
	else if (m->ussd.dialogue)
		say(m, USSD_ENDED, NULL);
	else if (m->settings.ussd[0])
		say(m, USSD_DONE, m->settings.ussd);
	else
		say(m, USSD_NOT_SUPPORTED, NULL);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	answer(userdata);
	return 0;
}

/* As long as it takes; the answer stands behind the OK in any case. */
static void ask(struct modem *m)
{
	uint64_t now = 0;

	m->ussd.asked = true;
	if (m->settings.ussd_ms == 0) {
		answer(m);
		return;
	}
	sd_event_now(m->world->event, CLOCK_MONOTONIC, &now);
	now += (uint64_t)m->settings.ussd_ms * 1000;
	if (!m->ussd.timer && sd_event_add_time(m->world->event, &m->ussd.timer, CLOCK_MONOTONIC,
						now, 1, on_timer, m) < 0)
		return;
	sd_event_source_set_time(m->ussd.timer, now);
	sd_event_source_set_enabled(m->ussd.timer, SD_EVENT_ONESHOT);
}

/* ---- the program ---- */

static void end_dialogue(struct modem *m)
{
	m->ussd.dialogue = m->ussd.asked = false;
	if (m->ussd.timer)
		sd_event_source_set_enabled(m->ussd.timer, SD_EVENT_OFF);
}

void ussd_reset(struct modem *m)
{
	end_dialogue(m);
	m->ussd.allowed = false;
}

bool ussd_allowed_by(struct modem *m, const char *command)
{
	if (!m->quirks.ussd_before[0] || strcasecmp(command, m->quirks.ussd_before) != 0)
		return false;
	m->ussd.allowed = true;
	return true;
}

static int request(struct modem *m, const char *value)
{
	char code[USSD_PATH_SIZE], *path = m->ussd.path;
	size_t length;

	if (!modem_registered(m))
		return AT_CME(CME_NO_NETWORK);
	if (m->ussd.asked)
		return AT_CME(CME_NOT_ALLOWED);
	if (!read_code(m, value, code))
		return AT_ERROR;
	events_log(m->world->events, "ussd", "{s:s,s:s}", "modem", m->name, "code", code);
	length = m->ussd.dialogue ? strlen(path) : 0;
	if (length + strlen(code) + 2 > USSD_PATH_SIZE)
		return AT_ERROR;
	if (m->ussd.dialogue)
		path[length++] = '>';
	text_copy(path + length, USSD_PATH_SIZE - length, code);
	ask(m);
	return AT_OK;
}

int at_ussd(struct modem *m, struct at_call *call)
{
	int mode = at_number(call, 0, 0, 2, 0);

	switch (call->kind) {
	case AT_READ:
		line_info(m, "+CUSD: %d", m->session.ussd);
		return AT_OK;
	case AT_TEST:
		line_info(m, "+CUSD: (0-2)");
		return AT_OK;
	case AT_SET:
		break;
	case AT_EXECUTE:
		return AT_ERROR;
	}
	if (mode < 0 || (m->quirks.ussd_before[0] && !m->ussd.allowed))
		return AT_ERROR;
	if (mode == 2) {
		end_dialogue(m);
		return AT_OK;
	}
	m->session.ussd = mode;
	return call->count < 2 ? AT_OK : request(m, call->value[1]);
}

/* ---- what a test says ---- */

int modem_ussd(struct modem *m, const char *path, const char *text, bool menu,
	       char why[static MODEM_WHY_SIZE])
{
	struct ussd_answer *found = find(&m->ussd, path);

	if (strlen(path) >= USSD_PATH_SIZE || (text && strlen(text) >= USSD_SIZE)) {
		snprintf(why, MODEM_WHY_SIZE, "a code has at most %d bytes, a text %d",
			 USSD_PATH_SIZE - 1, USSD_SIZE - 1);
		return -1;
	}
	if (!found && m->ussd.count == USSD_ANSWERS_MAX) {
		snprintf(why, MODEM_WHY_SIZE, "a modem has at most %d codes", USSD_ANSWERS_MAX);
		return -1;
	}
	if (!found)
		found = &m->ussd.answers[m->ussd.count++];
	*found = (struct ussd_answer){ .silent = !text, .menu = menu };
	text_copy(found->path, sizeof(found->path), path);
	if (text)
		text_copy(found->text, sizeof(found->text), text);
	return 0;
}

void modem_ussd_say(struct modem *m, int status, const char *text)
{
	if (!m->tty || !modem_registered(m))
		return;
	m->ussd.path[0] = '\0';
	say(m, status, text);
}
