/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A line half whose both sides and events are written down as text.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "modem/line_inside.h"

#define LOG_SIZE 8192

/* A message of "hellohello" from +31641600986, its TPDU, and a status report. */
#define DELIVER "07911326040000F0040B911346610089F60000208062917314080AE8329BFD4697D9EC37"
#define DELIVER_TPDU "040B911346610089F60000208062917314080AE8329BFD4697D9EC37"
#define REPORT                                                                                     \
	"07911326040000F006110B911346610089F62080629173140820806291731408"                         \
	"00"
#define REPORT_TPDU "06110B911346610089F6208062917314082080629173140800"

static const uint8_t SUBMIT[] = { 0x01, 0x00, 0x04, 0x81, 0x21, 0x43, 0x00, 0x00, 0x01, 0x41 };
#define SUBMIT_HEX                                                                                 \
	"06912143658709"                                                                           \
	"01000481214300000141"
#define CENTRE "+1234567890"

struct log {
	char modem[LOG_SIZE], gammu[LOG_SIZE], events[LOG_SIZE], unasked[LOG_SIZE];
	bool refuse_handing_over;
};

static inline void append(char *log, const char *bytes, size_t size)
{
	size_t used = strlen(log);

	assert_true(used + size < LOG_SIZE);
	memcpy(log + used, bytes, size);
	log[used + size] = '\0';
}

static inline void to_modem_log(const char *bytes, size_t size, void *userdata)
{
	append(((struct log *)userdata)->modem, bytes, size);
}

static inline void to_gammu_log(const char *bytes, size_t size, void *userdata)
{
	append(((struct log *)userdata)->gammu, bytes, size);
}

static inline void hex_of(const uint8_t *octets, size_t size, char *hex)
{
	hex[0] = '\0';
	for (size_t i = 0; i < size; i++)
		sprintf(hex + 2 * i, "%02X", octets[i]);
}

static inline void on_event(const struct line_event *event, void *userdata)
{
	struct log *log = userdata;
	char text[1100] = "", hex[512];

	switch (event->type) {
	case LINE_AWAKE:
		sprintf(text, "awake;");
		break;
	case LINE_LATE_RESULT:
	case LINE_RESULT:
		sprintf(text, "%s %d ref %d kind %d code %d;",
			event->type == LINE_RESULT ? "result" : "late", event->result.outcome,
			event->result.reference, event->result.error_kind,
			event->result.error_code);
		break;
	case LINE_INDICATED:
		sprintf(text, "indicated %s %d;", event->memory, event->location);
		append(log->unasked, text, strlen(text));
		return;
	case LINE_DIRECT:
		hex_of(event->octets, event->size, hex);
		sprintf(text, "direct %s;", hex);
		append(log->unasked, text, strlen(text));
		return;
	case LINE_LISTED:
		hex_of(event->octets, event->size, hex);
		sprintf(text, "listed %s %d %s%s;", event->memory, event->location, hex,
			event->fits ? "" : "?");
		break;
	case LINE_SKIPPED:
		sprintf(text, "skipped%s%.20s;", event->text ? " " : "",
			event->text ? event->text : "");
		break;
	case LINE_REGISTRATION:
		sprintf(text, "registration %d %d;", event->domain, event->status);
		append(log->unasked, text, strlen(text));
		return;
	case LINE_USSD:
		sprintf(text, "ussd %d %d \"%.900s\";", event->status, event->dcs, event->text);
		append(log->unasked, text, strlen(text));
		return;
	case LINE_RESTARTED:
		append(log->unasked, "restarted;", 10);
		return;
	case LINE_SIM_CHANGED:
		append(log->unasked, "sim changed;", 12);
		return;
	case LINE_STORE:
		sprintf(text, "store %s %d %d;", event->memory, event->used, event->capacity);
		break;
	case LINE_IDENTITY:
		sprintf(text, "identity %s %.200s;", event->command, event->text);
		break;
	}
	append(log->events, text, strlen(text));
}

static inline bool on_handing_over(void *userdata)
{
	struct log *log = userdata;

	append(log->events, "handing over;", 13);
	return !log->refuse_handing_over;
}

static const struct line_listener LISTENER = { to_modem_log, to_gammu_log, on_event,
					       on_handing_over };

/* A line half that is awake, with empty logs. */
static inline struct line *line_woken(struct log *log, const char *answer)
{
	struct line *line;

	memset(log, 0, sizeof(*log));
	line = line_new(&LISTENER, log);
	assert_non_null(line);
	line_start(line);
	line_knock(line);
	line_from_modem(line, answer, strlen(answer));
	assert_string_equal(log->modem, "\x1b\rAT\r");
	assert_string_equal(log->events, "awake;");
	memset(log, 0, sizeof(*log));
	return line;
}

static inline struct line *line_awake(struct log *log)
{
	return line_woken(log, "AT\r\r\nOK\r\n");
}

/* The same with a modem that does not echo. */
static inline struct line *line_mute(struct log *log)
{
	return line_woken(log, "\r\nOK\r\n");
}

static inline void from_modem(struct line *line, const char *bytes)
{
	line_from_modem(line, bytes, strlen(bytes));
}

static inline void from_gammu(struct line *line, const char *bytes)
{
	line_from_gammu(line, bytes, strlen(bytes));
}

static inline void ticks(struct line *line, unsigned count)
{
	while (count-- > 0)
		line_tick(line);
}

/* libgammu says the command, the modem echoes it and answers. */
static inline void exchange(struct line *line, const char *command, const char *answer)
{
	char text[256];

	snprintf(text, sizeof(text), "%s\r", command);
	from_gammu(line, text);
	from_modem(line, text);
	from_modem(line, answer);
}

static inline void hears(struct log *log, const char *command, const char *answer)
{
	char text[512];

	snprintf(text, sizeof(text), "%s\r\r\n%s\r\n", command, answer);
	assert_string_equal(log->gammu, text);
	memset(log, 0, sizeof(*log));
}
