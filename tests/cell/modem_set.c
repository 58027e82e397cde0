/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a test may say about a modem, key by key: one table for the command line and the control
 * socket.  What changes what the network thinks is told to it at once.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cell/modem_state.h"

enum value_kind {
	VALUE_FLAG,
	VALUE_NUMBER, /* least..most */
	VALUE_DIGITS, /* least..most of them */
	VALUE_TEXT,   /* at most `most` bytes, no control characters but line feeds */
	VALUE_SIGNAL,
	VALUE_PIN_STATE,
	VALUE_PHONE_NUMBER,
	VALUE_STORE_SIZE,
};

struct setting {
	const char *key;
	enum value_kind kind;
	int least, most;
	size_t offset;
};

#define AT_OFFSET(field) offsetof(struct settings, field)

static const struct setting settings_table[] = {
	{ "silent", VALUE_FLAG, 0, 1, AT_OFFSET(silent) },
	{ "echo", VALUE_FLAG, 0, 1, AT_OFFSET(echo) },
	{ "direct", VALUE_FLAG, 0, 1, AT_OFFSET(direct) },
	{ "registration", VALUE_NUMBER, 0, 5, AT_OFFSET(registration) },
	{ "signal", VALUE_SIGNAL, 0, 31, AT_OFFSET(signal) },
	{ "operator", VALUE_TEXT, 1, OPERATOR_SIZE - 1, AT_OFFSET(operator) },
	{ "cpin", VALUE_PIN_STATE, 0, 0, AT_OFFSET(pin_state) },
	{ "pin", VALUE_DIGITS, 4, 8, AT_OFFSET(pin) },
	{ "imei", VALUE_DIGITS, 15, 15, AT_OFFSET(imei) },
	{ "imsi", VALUE_DIGITS, 6, 15, AT_OFFSET(imsi) },
	{ "iccid", VALUE_DIGITS, 18, 20, AT_OFFSET(iccid) },
	{ "service_centre", VALUE_PHONE_NUMBER, 0, 0, AT_OFFSET(service_centre) },
	{ "number", VALUE_PHONE_NUMBER, 0, 0, AT_OFFSET(number) },
	{ "answer_ms", VALUE_NUMBER, 0, 3600000, AT_OFFSET(answer_ms) },
	{ "sim_busy", VALUE_NUMBER, 0, 1000, AT_OFFSET(sim_busy) },
	{ "send_ms", VALUE_NUMBER, 0, 3600000, AT_OFFSET(send_ms) },
	{ "ussd_ms", VALUE_NUMBER, 0, 3600000, AT_OFFSET(ussd_ms) },
	{ "chatter_ms", VALUE_NUMBER, 0, 3600000, AT_OFFSET(chatter_ms) },
	{ "noise", VALUE_TEXT, 0, NOISE_SIZE - 1, AT_OFFSET(noise) },
	{ "ussd", VALUE_TEXT, 0, USSD_SIZE - 1, AT_OFFSET(ussd) },
	{ "store_size", VALUE_STORE_SIZE, 1, MEMORY_SIZE_MAX, 0 },
};
#define SETTINGS (sizeof(settings_table) / sizeof(settings_table[0]))

static bool parse_number(const char *value, int least, int most, int *ret)
{
	char *end;
	long number = strtol(value, &end, 10);

	if (!*value || *end || number < least || number > most)
		return false;
	*ret = (int)number;
	return true;
}

static bool parse_flag(const char *value, bool *ret)
{
	bool yes = strcmp(value, "1") == 0 || strcmp(value, "true") == 0;

	if (!yes && strcmp(value, "0") != 0 && strcmp(value, "false") != 0)
		return false;
	*ret = yes;
	return true;
}

static bool parse_pin_state(const char *value, enum pin_state *ret)
{
	static const char *const words[] = { "READY", "SIM PIN", "SIM PUK", "NOT INSERTED" };

	for (int i = PIN_READY; i <= PIN_NOT_INSERTED; i++)
		if (strcmp(value, words[i]) == 0) {
			*ret = (enum pin_state)i;
			return true;
		}
	return false;
}

static bool copy_text(const char *value, size_t least, size_t most, char *field)
{
	size_t length = strlen(value);

	if (length < least || length > most)
		return false;
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' && *p != '\n')
			return false;
	text_copy(field, most + 1, value);
	return true;
}

static bool copy_phone_number(const char *value, char *field)
{
	size_t digits = strspn(value + (*value == '+'), "0123456789");

	if (digits < 3 || digits > ADDRESS_DIGITS_MAX || value[(*value == '+') + digits])
		return false;
	text_copy(field, ADDRESS_SIZE, value);
	return true;
}

static bool apply(struct modem *m, const struct setting *setting, const char *value)
{
	char *field = (char *)&m->settings + setting->offset;
	int number;

	switch (setting->kind) {
	case VALUE_FLAG:
		return parse_flag(value, (bool *)(void *)field);
	case VALUE_NUMBER:
		return parse_number(value, setting->least, setting->most, (int *)(void *)field);
	case VALUE_DIGITS:
		return strspn(value, "0123456789") == strlen(value) &&
		       copy_text(value, (size_t)setting->least, (size_t)setting->most, field);
	case VALUE_TEXT:
		return copy_text(value, (size_t)setting->least, (size_t)setting->most, field);
	case VALUE_SIGNAL:
		if (!parse_number(value, 0, 99, &number) || (number > 31 && number != 99))
			return false;
		m->settings.signal = number;
		return true;
	case VALUE_PIN_STATE:
		return parse_pin_state(value, (enum pin_state *)(void *)field);
	case VALUE_PHONE_NUMBER:
		return copy_phone_number(value, field);
	case VALUE_STORE_SIZE:
		return parse_number(value, 1, MEMORY_SIZE_MAX, &number) &&
		       memory_resize(stores_incoming(m), (size_t)number) == 0;
	}
	return false;
}

/* What the rest of the cell must hear of. */
static void applied(struct modem *m, const char *key, const struct settings *before)
{
	if (strcmp(key, "cpin") == 0) {
		m->pin_state = m->settings.pin_state;
		m->pin_tries = m->pin_state == PIN_SIM_PUK ? 0 : PIN_TRIES;
	}
	if (strcmp(key, "cpin") == 0 || strcmp(key, "registration") == 0)
		modem_network_changed(m);
	if (strcmp(key, "number") == 0 && m->joined) {
		centre_attach(m->world->centre, before->number, NULL);
		centre_attach(m->world->centre, m->settings.number, &m->recipient);
	}
	if (strcmp(key, "iccid") == 0)
		stores_change_sim(m, before->iccid);
	if (strcmp(key, "chatter_ms") == 0)
		unasked_chatter(m);
	if (strcmp(key, "store_size") == 0 || strcmp(key, "direct") == 0 ||
	    strcmp(key, "iccid") == 0)
		centre_wake(m->world->centre, &m->recipient);
	if (strcmp(key, "silent") == 0 && m->tty)
		line_pump(m);
}

int modem_set(struct modem *m, const char *key, const char *value, char why[static MODEM_WHY_SIZE])
{
	struct settings before = m->settings;

	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(key, settings_table[i].key) != 0)
			continue;
		if (!apply(m, &settings_table[i], value)) {
			snprintf(why, MODEM_WHY_SIZE, "%s can't be \"%.40s\"; see README.md", key,
				 value);
			return -1;
		}
		applied(m, settings_table[i].key, &before);
		return 0;
	}
	snprintf(why, MODEM_WHY_SIZE, "there is no key \"%.40s\"; see README.md", key);
	return -1;
}
