/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands about the network (3GPP TS 27.007 7, 8): registration, operator, signal, clock.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/cell/modem_state.h"

static int registration(struct modem *m, const struct at_call *call, size_t domain)
{
	int *format = &m->session.registration_format[domain], wanted;
	const char *name = modem_domain(m, domain);

	switch (call->kind) {
	case AT_TEST:
		line_info(m, "%s: (0-2)", name);
		return AT_OK;
	case AT_READ:
		line_info(m, "%s: %d,%d%s", name, *format, modem_domain_registration(m, domain),
			  modem_tail(m, domain));
		return AT_OK;
	case AT_SET:
		wanted = at_number(call, 0, 0, 2, 0);
		if (wanted < 0)
			return AT_ERROR;
		*format = wanted;
		return AT_OK;
	case AT_EXECUTE:
		break;
	}
	return AT_ERROR;
}

static int at_creg(struct modem *m, struct at_call *call)
{
	return registration(m, call, 0);
}

static int at_cgreg(struct modem *m, struct at_call *call)
{
	return registration(m, call, 1);
}

static int at_cereg(struct modem *m, struct at_call *call)
{
	return registration(m, call, 2);
}

static int operator_read(struct modem *m)
{
	char name[4 * OPERATOR_SIZE + 1];
	int format = m->session.operator_format;

	if (!modem_registered(m)) {
		line_info(m, "+COPS: 0");
		return AT_OK;
	}
	if (format != 2 && !at_text_out(m, m->settings.operator, name, sizeof(name)))
		format = 2;
	if (format == 2)
		line_info(m, "+COPS: 0,2,\"%.5s\"", m->settings.imsi);
	else
		line_info(m, "+COPS: 0,%d,\"%s\"", format, name);
	return AT_OK;
}

/* Mode 0 (automatic) and 3 (only the format); there is one operator to be had. */
static int at_operator(struct modem *m, struct at_call *call)
{
	int mode, format;

	if (call->kind == AT_READ)
		return operator_read(m);
	if (call->kind == AT_TEST) {
		line_info(m, "+COPS: (2,\"%s\",\"%s\",\"%.5s\"),,(0,3),(0-2)", m->settings.operator,
			  m->settings.operator, m->settings.imsi);
		return AT_OK;
	}
	mode = at_number(call, 0, 0, 3, 0);
	format = at_number(call, 1, 0, 2, m->session.operator_format);
	if (call->kind != AT_SET || (mode != 0 && mode != 3) || format < 0)
		return AT_ERROR;
	m->session.operator_format = format;
	return AT_OK;
}

static int at_signal(struct modem *m, struct at_call *call)
{
	if (call->kind == AT_TEST)
		line_info(m, "+CSQ: (0-31,99),(99)");
	else if (call->kind == AT_EXECUTE)
		line_info(m, "+CSQ: %d,99", m->settings.signal);
	else
		return AT_ERROR;
	return AT_OK;
}

static int at_attached(struct modem *m, struct at_call *call)
{
	if (call->kind != AT_READ)
		return AT_ERROR;
	line_info(m, "+CGATT: %d", modem_registered(m));
	return AT_OK;
}

static int at_clock(struct modem *m, struct at_call *call)
{
	int quarters = centre_quarters(m->world->centre);
	time_t local = (time_t)(centre_now(m->world->centre) / USEC) + (time_t)quarters * 900;
	struct tm tm = { 0 };

	if (call->kind != AT_READ)
		return AT_ERROR;
	gmtime_r(&local, &tm);
	line_info(m, "+CCLK: \"%02d/%02d/%02d,%02d:%02d:%02d%+03d\"", tm.tm_year % 100,
		  tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, quarters);
	return AT_OK;
}

const struct at_command at_network_commands[] = {
	{ "+CREG", at_creg, AT_ANYTIME, HOLD_NONE },
	{ "+CGREG", at_cgreg, AT_ANYTIME, HOLD_NONE },
	{ "+CEREG", at_cereg, AT_ANYTIME, HOLD_NONE },
	{ "+COPS", at_operator, AT_NEEDS_SIM, HOLD_NONE },
	{ "+CSQ", at_signal, AT_ANYTIME, HOLD_NONE },
	{ "+CGATT", at_attached, AT_NEEDS_SIM, HOLD_NONE },
	{ "+CCLK", at_clock, AT_ANYTIME, HOLD_NONE },
	{ "+CUSD", at_ussd, AT_NEEDS_SIM, HOLD_NONE },
	{ NULL, NULL, AT_ANYTIME, HOLD_NONE },
};
