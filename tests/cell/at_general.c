/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands about the modem itself (ITU-T V.250, 3GPP TS 27.007 5, 8, 9): settings of the line,
 * identity, PIN, functionality.
 */
#include <stdio.h>
#include <string.h>

#include "tests/cell/modem_state.h"

static int number_or_error(const struct at_call *call, int most, int *ret)
{
	int value = at_number(call, 0, 0, most, 0);

	if (value < 0)
		return AT_ERROR;
	*ret = value;
	return AT_OK;
}

static int flag(const struct at_call *call, bool *ret)
{
	int value = 0, result = number_or_error(call, 1, &value);

	if (result == AT_OK)
		*ret = value;
	return result;
}

static int at_echo(struct modem *m, struct at_call *call)
{
	return flag(call, &m->session.echo);
}

static int at_verbose(struct modem *m, struct at_call *call)
{
	return flag(call, &m->session.verbose);
}

static int at_quiet(struct modem *m, struct at_call *call)
{
	return flag(call, &m->session.quiet);
}

static int at_reset(struct modem *m, struct at_call *call)
{
	if (at_number(call, 0, 0, 1, 0) < 0)
		return AT_ERROR;
	session_reset(m);
	return AT_OK;
}

static int at_information(struct modem *m, struct at_call *call)
{
	if (at_number(call, 0, 0, 0, 0) < 0)
		return AT_ERROR;
	line_info(m, "Footbridge cell");
	return AT_OK;
}

static int at_error_format(struct modem *m, struct at_call *call)
{
	if (call->kind == AT_READ)
		line_info(m, "+CMEE: %d", m->session.error_format);
	else if (call->kind == AT_TEST)
		line_info(m, "+CMEE: (0-2)");
	else
		return number_or_error(call, 2, &m->session.error_format);
	return AT_OK;
}

/* Test commands say that the command is there. */
static int identity(struct modem *m, const struct at_call *call, const char *prefix,
		    const char *value)
{
	if (call->kind == AT_TEST)
		return AT_OK;
	if (call->kind != AT_EXECUTE && call->kind != AT_READ)
		return AT_ERROR;
	line_info(m, "%s%s", prefix, value);
	return AT_OK;
}

static const char *or_own(const char *of_profile, const char *own)
{
	return of_profile[0] ? of_profile : own;
}

static int at_manufacturer(struct modem *m, struct at_call *call)
{
	return identity(m, call, "", or_own(m->quirks.manufacturer, "Footbridge"));
}

static int at_model(struct modem *m, struct at_call *call)
{
	return identity(m, call, "", or_own(m->quirks.model, "Cell"));
}

static int at_revision(struct modem *m, struct at_call *call)
{
	return identity(m, call, "", or_own(m->quirks.firmware, FOOTBRIDGE_VERSION));
}

static int at_imei(struct modem *m, struct at_call *call)
{
	return identity(m, call, "", m->settings.imei);
}

static int sim_identity(struct modem *m, const struct at_call *call, const char *prefix,
			const char *value)
{
	if (call->kind != AT_TEST && m->settings.sim_busy > 0) {
		m->settings.sim_busy--;
		return AT_CME(14);
	}
	return identity(m, call, prefix, value);
}

static int at_imsi(struct modem *m, struct at_call *call)
{
	return sim_identity(m, call, "", m->settings.imsi);
}

static int at_ccid(struct modem *m, struct at_call *call)
{
	return sim_identity(m, call, "+CCID: ", m->settings.iccid);
}

static int at_iccid(struct modem *m, struct at_call *call)
{
	return sim_identity(m, call, "+ICCID: ", m->settings.iccid);
}

static int pin_try(struct modem *m, const char *pin)
{
	if (m->pin_state == PIN_READY)
		return AT_CME(3);
	if (m->pin_state != PIN_SIM_PIN)
		return AT_CME(m->pin_state == PIN_SIM_PUK ? 12 : 10);
	if (strcmp(pin, m->settings.pin) == 0) {
		m->pin_tries = PIN_TRIES;
		m->pin_state = PIN_READY;
		modem_network_changed(m);
		return AT_OK;
	}
	if (--m->pin_tries == 0)
		m->pin_state = m->settings.pin_state = PIN_SIM_PUK;
	return AT_CME(16);
}

static int at_pin(struct modem *m, struct at_call *call)
{
	static const char *const words[] = { "READY", "SIM PIN", "SIM PUK" };

	if (call->kind == AT_TEST)
		return AT_OK;
	if (call->kind == AT_SET)
		return call->count == 1 ? pin_try(m, call->value[0]) : AT_ERROR;
	if (call->kind != AT_READ)
		return AT_ERROR;
	if (m->pin_state == PIN_NOT_INSERTED)
		return AT_CME(10);
	line_info(m, "+CPIN: %s", words[m->pin_state]);
	return AT_OK;
}

/* 27.007 8.65: how often the PIN may still be tried. */
static int at_pin_tries(struct modem *m, struct at_call *call)
{
	if (call->kind == AT_TEST)
		return AT_OK;
	if (m->pin_state == PIN_NOT_INSERTED)
		return AT_CME(10);
	line_info(m, "+CPINR: SIM PIN,%d,%d", m->pin_tries, PIN_TRIES);
	return AT_OK;
}

static int at_functionality(struct modem *m, struct at_call *call)
{
	int level, reset;

	if (call->kind == AT_READ) {
		line_info(m, "+CFUN: %d", m->cfun);
		return AT_OK;
	}
	if (call->kind == AT_TEST) {
		line_info(m, "+CFUN: (0,1,4),(0,1)");
		return AT_OK;
	}
	level = at_number(call, 0, 0, 4, 1);
	reset = at_number(call, 1, 0, 1, 0);
	if (level < 0 || level == 2 || level == 3 || reset < 0)
		return AT_ERROR;
	if (reset)
		modem_power_up(m);
	m->cfun = level;
	modem_network_changed(m);
	return AT_OK;
}

static int at_charset(struct modem *m, struct at_call *call)
{
	static const char *const names[] = { "GSM", "IRA", "UCS2" };

	if (call->kind == AT_READ) {
		line_info(m, "+CSCS: \"%s\"", names[m->session.charset]);
		return AT_OK;
	}
	if (call->kind == AT_TEST) {
		line_info(m, "+CSCS: (\"GSM\",\"IRA\",\"UCS2\")");
		return AT_OK;
	}
	for (int i = CHARSET_GSM; call->count == 1 && i <= CHARSET_UCS2; i++)
		if (strcmp(call->value[0], names[i]) == 0) {
			m->session.charset = (enum charset)i;
			return AT_OK;
		}
	return AT_ERROR;
}

static int at_battery(struct modem *m, struct at_call *call)
{
	if (call->kind != AT_EXECUTE)
		return AT_ERROR;
	line_info(m, "+CBC: 0,100");
	return AT_OK;
}

const struct at_command at_general_commands[] = {
	{ "E", at_echo, AT_ANYTIME, HOLD_NONE },
	{ "V", at_verbose, AT_ANYTIME, HOLD_NONE },
	{ "Q", at_quiet, AT_ANYTIME, HOLD_NONE },
	{ "Z", at_reset, AT_ANYTIME, HOLD_NONE },
	{ "&F", at_reset, AT_ANYTIME, HOLD_NONE },
	{ "I", at_information, AT_ANYTIME, HOLD_NONE },
	{ "+CMEE", at_error_format, AT_ANYTIME, HOLD_NONE },
	{ "+CGMI", at_manufacturer, AT_ANYTIME, HOLD_NONE },
	{ "+CGMM", at_model, AT_ANYTIME, HOLD_NONE },
	{ "+CGMR", at_revision, AT_ANYTIME, HOLD_NONE },
	{ "+CGSN", at_imei, AT_ANYTIME, HOLD_NONE },
	{ "+GSN", at_imei, AT_ANYTIME, HOLD_NONE },
	{ "+CIMI", at_imsi, AT_NEEDS_SIM, HOLD_NONE },
	{ "+CCID", at_ccid, AT_NEEDS_SIM, HOLD_NONE },
	{ "+ICCID", at_iccid, AT_NEEDS_SIM, HOLD_NONE },
	{ "+CPIN", at_pin, AT_ANYTIME, HOLD_NONE },
	{ "+CPINR", at_pin_tries, AT_ANYTIME, HOLD_NONE },
	{ "+CFUN", at_functionality, AT_ANYTIME, HOLD_NONE },
	{ "+CSCS", at_charset, AT_ANYTIME, HOLD_NONE },
	{ "+CBC", at_battery, AT_ANYTIME, HOLD_NONE },
	{ NULL, NULL, AT_ANYTIME, HOLD_NONE },
};
