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

#define STORE_SIZE_DEFAULT 50
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

struct sim *modem_sim(struct modem *m)
{
	return &m->sim;
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

void session_reset(struct session *session)
{
	*session = (struct session){ .echo = true, .verbose = true };
}

void modem_power_up(struct modem *m)
{
	session_reset(&m->session);
	line_forget_indications(m);
	m->cfun = 1;
	m->pin_state = m->settings.pin_state;
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

void modem_network_changed(struct modem *m)
{
	static const char *const names[] = { "+CREG", "+CGREG", "+CEREG" };
	int state = modem_registration(m);

	for (size_t i = 0; i < 3; i++) {
		if (m->session.registration_format[i] == 2 && modem_registered(m))
			line_indicate(m, "%s: %d,\"00C3\",\"0000A1B2\"", names[i], state);
		else if (m->session.registration_format[i])
			line_indicate(m, "%s: %d", names[i], state);
	}
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
	modem_power_up(m);
	r = tty_open(m->world->event, path, line_heard, m, &m->tty);
	if (r < 0)
		return r;
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

int modem_new(const struct modem_world *world, const char *name, unsigned index, struct modem **ret)
{
	struct modem *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->world = world;
	snprintf(m->name, sizeof(m->name), "%s", name);
	settings_default(&m->settings, index);
	m->pin_tries = PIN_TRIES;
	sim_resize(&m->sim, STORE_SIZE_DEFAULT);
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
	tty_close(m->tty);
	free(m);
	return NULL;
}
