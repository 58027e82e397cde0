/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a modem of some family says unasked: lines at their times after power-up, and chatter, in
 * turn, every so often (the key chatter_ms): between two lines of an answer if one comes in time.
 */
#include <string.h>
#include <time.h>

#include "tests/cell/modem_state.h"

static uint64_t now_usec(const struct modem *m)
{
	uint64_t now = 0;

	sd_event_now(m->world->event, CLOCK_MONOTONIC, &now);
	return now;
}

static void set_timer(struct modem *m, sd_event_source **timer, uint64_t at_usec,
		      sd_event_time_handler_t handler)
{
	if (!*timer &&
	    sd_event_add_time(m->world->event, timer, CLOCK_MONOTONIC, at_usec, 1, handler, m) < 0)
		return;
	sd_event_source_set_time(*timer, at_usec);
	sd_event_source_set_enabled(*timer, SD_EVENT_ONESHOT);
}

/* While the program types nothing may come between; while the modem works it may. */
static bool line_between_lines(const struct modem *m)
{
	return m->tty && !m->frozen && m->state == LINE_COMMAND && m->line_size == 0;
}

static uint64_t boot_due(const struct modem *m)
{
	return m->unasked.powered_usec +
	       m->quirks.boot[m->unasked.boot_said].after_ms * UINT64_C(1000);
}

static int on_boot(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct modem *m = userdata;
	struct unasked *unasked = &m->unasked;

	(void)source;
	(void)usec;
	while (unasked->boot_said < m->quirks.boot_count && boot_due(m) <= now_usec(m)) {
		const char *text = m->quirks.boot[unasked->boot_said++].text;

		if (line_between_lines(m))
			line_unasked(m, text);
		else
			line_indicate(m, "%s", text);
	}
	if (m->tty)
		tty_flush(m->tty);
	if (unasked->boot_said < m->quirks.boot_count)
		set_timer(m, &unasked->boot_timer, boot_due(m), on_boot);
	return 0;
}

static void say_chatter(struct modem *m)
{
	struct unasked *unasked = &m->unasked;

	unasked->chatter_due = false;
	line_unasked(m, m->quirks.chatter[unasked->chatter_said++ % m->quirks.chatter_count].text);
}

static int on_chatter(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct modem *m = userdata;

	(void)source;
	(void)usec;
	if (m->unasked.chatter_due && line_between_lines(m)) {
		say_chatter(m);
		tty_flush(m->tty);
	}
	m->unasked.chatter_due = true;
	unasked_chatter(m);
	return 0;
}

void unasked_chatter(struct modem *m)
{
	if (m->settings.chatter_ms && m->quirks.chatter_count && m->tty) {
		set_timer(m, &m->unasked.chatter_timer,
			  now_usec(m) + (uint64_t)m->settings.chatter_ms * 1000, on_chatter);
		return;
	}
	m->unasked.chatter_due = false;
	if (m->unasked.chatter_timer)
		sd_event_source_set_enabled(m->unasked.chatter_timer, SD_EVENT_OFF);
}

/* Not always before the first line: a heading and its PDU are two lines as well. */
void unasked_between(struct modem *m)
{
	if (m->unasked.chatter_due && m->unasked.chatter_skipped++ >= m->unasked.chatter_said % 3) {
		m->unasked.chatter_skipped = 0;
		say_chatter(m);
	}
}

bool unasked_boot_said(const struct modem *m, const char *text)
{
	for (size_t i = 0; i < m->unasked.boot_said; i++)
		if (strcmp(m->quirks.boot[i].text, text) == 0)
			return true;
	return false;
}

void unasked_power_up(struct modem *m)
{
	m->unasked.boot_said = 0;
	m->unasked.powered_usec = now_usec(m);
	if (m->quirks.boot_count)
		set_timer(m, &m->unasked.boot_timer, boot_due(m), on_boot);
	unasked_chatter(m);
}

void unasked_reset(struct modem *m)
{
	m->unasked.chatter_due = false;
	if (m->unasked.boot_timer)
		sd_event_source_set_enabled(m->unasked.boot_timer, SD_EVENT_OFF);
	if (m->unasked.chatter_timer)
		sd_event_source_set_enabled(m->unasked.chatter_timer, SD_EVENT_OFF);
}
