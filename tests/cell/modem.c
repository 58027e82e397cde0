/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A modem's life: made, powered up, plugged and unplugged, registered or not.
 */
#include "tests/cell/modem.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cell/events.h"
#include "tests/cell/modem_state.h"

#define SIGNAL_DEFAULT 20

bool modem_name_valid(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > MODEM_NAME_MAX || strcmp(name, "control") == 0)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '-' && *name != '_')
			return false;
	return true;
}

const char *modem_name(const struct modem *m)
{
	return m->name;
}

const char *modem_number(const struct modem *m)
{
	return m->settings.number;
}

const struct memory *modem_memory_at(const struct modem *m, size_t index)
{
	return index < m->memory_count ? &m->memories[index] : NULL;
}

const struct memory *modem_incoming(struct modem *m)
{
	return stores_incoming(m);
}

unsigned modem_first_index(const struct modem *m)
{
	return m->quirks.first_index;
}

struct recipient *modem_recipient(struct modem *m)
{
	return &m->recipient;
}

struct failure *modem_failure(struct modem *m)
{
	return &m->failure;
}

bool modem_plugged(const struct modem *m)
{
	return m->tty;
}

/* The last digit of an IMEI, 3GPP TS 23.003 annex B. */
static char luhn(const char *digits)
{
	unsigned sum = 0;

	for (size_t i = 0; digits[i]; i++) {
		unsigned digit = (unsigned)(digits[i] - '0') * (i % 2 ? 2 : 1);

		sum += digit / 10 + digit % 10;
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

static void settings_default(struct settings *s, unsigned index)
{
	*s = (struct settings){
		.echo = true, .registration = 1, .signal = SIGNAL_DEFAULT, .send_ms = -1
	};
	strcpy(s->pin, "1234");
	strcpy(s->operator, "FOOTBRIDGE");
	snprintf(s->imei, sizeof(s->imei), "35693803%06u", index % 1000000);
	s->imei[14] = luhn(s->imei);
	s->imei[15] = '\0';
	snprintf(s->imsi, sizeof(s->imsi), "46000%010u", index);
	snprintf(s->iccid, sizeof(s->iccid), "8986000000%010u", index);
	snprintf(s->number, sizeof(s->number), "+86170%08u", index % 100000000);
	strcpy(s->service_centre, "+8613800100500");
}

void session_reset(struct modem *m)
{
	m->session = (struct session){ .echo = true, .verbose = true };
	stores_select_default(m);
}

void modem_power_up(struct modem *m)
{
	session_reset(m);
	line_forget_indications(m);
	ussd_reset(m);
	memset(m->reply_state, 0, sizeof(m->reply_state));
	m->cfun = 1;
	m->pin_state = m->settings.pin_state;
	unasked_power_up(m);
}

int modem_registration(const struct modem *m)
{
	return m->cfun == 1 && m->pin_state == PIN_READY ? m->settings.registration : 0;
}

bool modem_registered(const struct modem *m)
{
	int state = modem_registration(m);

	return state == 1 || state == 5;
}

const char *modem_domain(const struct modem *m, size_t domain)
{
	static const char *const names[] = { "+CREG", "+CGREG", "+CEREG" };

	return m->quirks.domain_name[domain][0] ? m->quirks.domain_name[domain] : names[domain];
}

int modem_domain_registration(const struct modem *m, size_t domain)
{
	return m->quirks.silent_domain[domain] ? 0 : modem_registration(m);
}

const char *modem_tail(const struct modem *m, size_t domain)
{
	if (m->session.registration_format[domain] != 2 || !modem_registered(m) ||
	    m->quirks.silent_domain[domain])
		return "";
	return m->quirks.domain_tail[0] ? m->quirks.domain_tail : ",\"00C3\",\"0000A1B2\"";
}

void modem_network_changed(struct modem *m)
{
	for (size_t i = 0; i < 3; i++)
		if (m->session.registration_format[i] && !m->quirks.silent_domain[i])
			line_indicate(m, "%s: %d%s", modem_domain(m, i), modem_registration(m),
				      modem_tail(m, i));
	if (modem_registered(m))
		centre_wake(m->world->centre, &m->recipient);
}

void modem_raw(struct modem *m, const char *bytes, size_t size)
{
	if (!m->tty)
		return;
	tty_write(m->tty, bytes, size);
	tty_flush(m->tty);
}

/* The network learns a modem's number when it first appears, or when a test gives it another. */
static int modem_join(struct modem *m)
{
	int r = m->joined ? 0 : centre_attach(m->world->centre, m->settings.number, &m->recipient);

	m->joined = r == 0;
	return r;
}

int modem_plug(struct modem *m)
{
	char path[PATH_MAX];
	int r;

	if (m->tty)
		return -EALREADY;
	if (snprintf(path, sizeof(path), "%s/%s", m->world->directory, m->name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	r = modem_join(m);
	if (r < 0)
		return r;
	line_reset(m);
	r = tty_open(m->world->event, path, line_heard, m, &m->tty);
	if (r < 0)
		return r;
	modem_power_up(m);
	events_log(m->world->events, "plugged", "{s:s}", "modem", m->name);
	centre_wake(m->world->centre, &m->recipient);
	return 0;
}

int modem_unplug(struct modem *m)
{
	if (!m->tty)
		return -EALREADY;
	m->tty = tty_close(m->tty);
	line_reset(m);
	events_log(m->world->events, "unplugged", "{s:s}", "modem", m->name);
	return 0;
}

void modem_restart(struct modem *m)
{
	line_reset(m);
	modem_power_up(m);
	events_log(m->world->events, "restarted", "{s:s}", "modem", m->name);
	modem_network_changed(m);
	if (m->tty)
		tty_pause(m->tty, false);
	line_pump(m);
}

int modem_profile(struct modem *m, const char *name, char why[static MODEM_WHY_SIZE])
{
	if (profile_load(m->world->profiles, name, &m->quirks, why) < 0)
		return -1;
	if (m->quirks.send_ms >= 0)
		m->settings.send_ms = m->quirks.send_ms;
	stores_make(m);
	return 0;
}

int modem_new(const struct modem_world *world, const char *name, unsigned index, struct modem **ret)
{
	struct modem *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->world = world;
	snprintf(m->name, sizeof(m->name), "%s", name);
	settings_default(&m->settings, index);
	m->pin_tries = PIN_TRIES;
	m->quirks = QUIRKS_NONE;
	stores_make(m);
	session_reset(m);
	TAILQ_INIT(&m->recipient.queue);
	m->recipient.on_air = true;
	m->recipient.receive = message_receive;
	*ret = m;
	return 0;
}

struct modem *modem_free(struct modem *m)
{
	if (!m)
		return NULL;
	line_forget_indications(m);
	sd_event_source_disable_unref(m->timer);
	sd_event_source_disable_unref(m->unasked.boot_timer);
	sd_event_source_disable_unref(m->unasked.chatter_timer);
	sd_event_source_disable_unref(m->ussd.timer);
	stores_free(m);
	tty_close(m->tty);
	free(m);
	return NULL;
}
