/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See plug.h.  A slot is a stick for as long as it is plugged in.  A few are probed at a time; one of
 * which no port answers is tried again later and later: it may have been starting, or somebody else
 * had its port.
 */
#include "bridge/core/plug.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/base/log.h"
#include "bridge/core/pool.h"
#include "bridge/core/radio.h"
#include "modem/discover.h"
#include "modem/handle_probe.h"

#define PROBES_MAX 8
#define AGAIN_USEC (30 * USEC_PER_SEC)
#define AGAIN_USEC_MAX (15 * USEC_PER_MINUTE)
#define SIM_AGAIN_USEC (5 * USEC_PER_SEC) /* of one that was busy: it has just got its power */
#define SIM_ROUNDS 6

struct slot {
	struct plug *plug;
	struct slot *next;
	struct stick stick;
	char name[STICK_NAME_SIZE + 8]; /* "usb 1-2.3" */
	struct radio *radio;            /* whose modem it is; NULL */
	struct probe *probe;
	int64_t probe_at_usec; /* monotonic; 0: no probe is due */
	int64_t again_usec;
	unsigned silent_rounds, doubtful_rounds;
	bool changed; /* while it was looked at: it is looked at anew */
	bool told;    /* what a person can do, once for as long as it is there */
};

struct plug {
	struct bridge *bridge;
	struct discover *discover;
	sd_event_source *timer;
	struct slot *slots; /* at most DISCOVER_STICKS_MAX */
	size_t probing;
};

static void slot_tell(struct slot *slot, const char *sentence)
{
	if (slot->told)
		return;
	slot->told = true;
	log_record(LOG_MODEM_STICK, &(struct log_fields){ .reason = sentence },
		   "A stick at USB %s is of no use: %s.", slot->stick.usb_path, sentence);
}

/* ------------------------------------------------------------------ what is configured */

static bool has_port(const struct stick *stick, const char *device)
{
	for (size_t i = 0; i < stick->port_count; i++)
		if (strcmp(stick->ports[i].device, device) == 0)
			return true;
	return false;
}

/* Of which a port is some radio's device, by its own name or a link. */
static bool port_is_configured(const struct bridge *bridge, const struct stick *stick)
{
	for (size_t i = 0; i < bridge->radio_count; i++) {
		const char *device = radio_config(bridge->radios[i])->device;
		CLEANUP_FREE char *real = device ? realpath(device, NULL) : NULL;

		if (device && has_port(stick, real ? real : device))
			return true;
	}
	return false;
}

/* The radio that is configured to be whatever is plugged in there. */
static struct radio *radio_of_path(const struct bridge *bridge, const char *usb_path)
{
	for (size_t i = 0; i < bridge->config->modem_count && i < bridge->radio_count; i++) {
		const struct config_modem *config = radio_config(bridge->radios[i]);

		if (!config->device && config->usb_path && strcmp(config->usb_path, usb_path) == 0)
			return bridge->radios[i];
	}
	return NULL;
}

/* ------------------------------------------------------------------ probes */

static void probes_start(struct plug *plug);
static void slot_consider(struct slot *slot);

static void slot_give(struct slot *slot, struct radio *radio, const char *device)
{
	slot->radio = radio;
	log_record(LOG_MODEM_NOTE, &(struct log_fields){ .modem = radio_config(radio)->name },
		   "Modem %s is plugged in at USB %s (%s).", radio_config(radio)->name,
		   slot->stick.usb_path, device);
	(void)radio_plug(radio, device);
}

static void slot_again_after(struct slot *slot, int64_t usec)
{
	slot->probe_at_usec = clock_monotonic_usec() + bridge_scale(slot->plug->bridge, usec);
}

static void slot_again(struct slot *slot)
{
	slot->again_usec =
		slot->again_usec == 0 ? AGAIN_USEC : MIN(slot->again_usec * 2, AGAIN_USEC_MAX);
	slot_again_after(slot, slot->again_usec);
}

/* Somebody is there: whose is it? */
static void slot_met(struct slot *slot, const struct modem_word_identity *identity)
{
	struct bridge *bridge = slot->plug->bridge;
	const char *usb_path = slot->stick.usb_path;
	struct radio *radio = radio_of_path(bridge, usb_path);
	bool doubtful = !radio && pool_may_miss(bridge, identity);
	int r;

	if (doubtful && slot->doubtful_rounds++ < SIM_ROUNDS) {
		slot_again_after(slot, SIM_AGAIN_USEC);
		return;
	}
	r = radio ? 0 : pool_find(bridge, identity, usb_path, &radio);
	if (r == 0) {
		slot_give(slot, radio, identity->device);
	} else if (r == -ENOENT && doubtful) {
		slot_tell(slot, "its SIM does not tell the iccid or imsi by which a modem is "
				"configured; the imei would do");
		slot_again(slot);
	} else if (r == -EBUSY) {
		slot_tell(slot, "there are as many modems as one daemon can have");
	} else if (r != -ENOENT) {
		slot_tell(slot, strerror(-r));
	}
}

static void slot_abandon(const struct slot *slot, const char *reason)
{
	log_record(LOG_MODEM_STICK, &(struct log_fields){ .reason = reason },
		   "The stick at USB %s is left alone until it is plugged in again: %s.",
		   slot->stick.usb_path, reason);
}

static void slot_unanswered(struct slot *slot, const char *reason)
{
	slot_tell(slot, reason);
	if (plug_try_again(&slot->stick, slot->silent_rounds))
		slot_again(slot);
	else
		slot_abandon(slot, reason);
}

static void probed(struct probe *probe, const struct modem_word_identity *identity,
		   const char *reason, void *userdata)
{
	struct slot *slot = userdata;
	struct plug *plug = slot->plug;

	plug->probing--;
	/* It stays in the slot: nobody opens these ports again until the stick is gone. */
	if (probe_is_stuck(probe)) {
		slot_abandon(slot, reason);
		probes_start(plug);
		return;
	}
	slot->probe = NULL;
	slot->silent_rounds += probe_was_silent(probe);
	if (slot->changed) {
		slot->changed = false;
		slot_consider(slot);
	} else if (identity) {
		slot_met(slot, identity);
	} else {
		slot_unanswered(slot, reason && reason[0] ? reason : "no modem answers");
	}
	/* The identity was its own. */
	probe_free(probe);
	probes_start(plug);
}

static int probe_begin(struct slot *slot)
{
	struct bridge *bridge = slot->plug->bridge;
	const struct radio *radio = radio_of_path(bridge, slot->stick.usb_path);
	const struct port *ports[STICK_PORTS_MAX];
	size_t count = stick_candidates(&slot->stick, ports);
	struct probe_settings settings = {
		.name = slot->name,
		.program = bridge->modem_program,
		.order = { .speed = radio ? radio_config(radio)->speed : CONFIG_SPEED },
		.time_percent = bridge->time_percent,
	};

	/* Configured by its place: then all of it may be spoken to. */
	for (size_t i = 0; radio && count == 0 && i < slot->stick.port_count; i++)
		ports[settings.order.count++] = &slot->stick.ports[i];
	settings.order.count = MAX(settings.order.count, (unsigned)MIN(count, MODEM_PORTS_MAX));
	for (size_t i = 0; i < settings.order.count; i++)
		snprintf(settings.order.devices[i], sizeof(settings.order.devices[i]), "%s",
			 ports[i]->device);
	if (settings.order.count == 0)
		return -ENOENT;
	return probe_new(bridge->loop, &settings, probed, slot, &slot->probe);
}

static int probe_due(sd_event_source *source, uint64_t at_usec, void *userdata)
{
	(void)source;
	(void)at_usec;
	probes_start(userdata);
	return 0;
}

/* All that are due, as many as may run; the timer is for the next. */
static void probes_start(struct plug *plug)
{
	int64_t now_usec = clock_monotonic_usec(), next_usec = 0;

	for (struct slot *slot = plug->slots; slot; slot = slot->next) {
		if (slot->probe_at_usec == 0 || slot->probe || plug->probing == PROBES_MAX)
			continue;
		if (slot->probe_at_usec <= now_usec) {
			slot->probe_at_usec = 0;
			if (probe_begin(slot) == 0)
				plug->probing++;
			else
				slot_again(slot);
		}
		if (slot->probe_at_usec != 0 && (next_usec == 0 || slot->probe_at_usec < next_usec))
			next_usec = slot->probe_at_usec;
	}
	if (next_usec != 0)
		(void)bridge_arm(plug->bridge, &plug->timer, next_usec - now_usec, PRIORITY_CLOCK,
				 probe_due, plug);
}

/* ------------------------------------------------------------------ sticks */

static struct slot *slot_find(const struct plug *plug, const char *usb_path)
{
	for (struct slot *slot = plug->slots; slot; slot = slot->next)
		if (strcmp(slot->stick.usb_path, usb_path) == 0)
			return slot;
	return NULL;
}

static struct slot *slot_new(struct plug *plug, const char *usb_path)
{
	struct slot *slot = calloc(1, sizeof(*slot));

	if (!slot)
		return NULL;
	slot->plug = plug;
	snprintf(slot->name, sizeof(slot->name), "usb %s", usb_path);
	slot->next = plug->slots;
	plug->slots = slot;
	return slot;
}

static void slot_leave(struct slot *slot)
{
	if (slot->probe && !probe_is_stuck(slot->probe))
		slot->plug->probing--;
	slot->probe = probe_free(slot->probe);
	slot->probe_at_usec = slot->again_usec = 0;
	slot->doubtful_rounds = 0;
	if (slot->radio && !slot->plug->bridge->stopping)
		(void)radio_plug(slot->radio, NULL);
	slot->radio = NULL;
}

static void slot_consider(struct slot *slot)
{
	const struct bridge *bridge = slot->plug->bridge;
	const struct stick *stick = &slot->stick;
	const struct port *ports[STICK_PORTS_MAX];
	struct radio *radio = radio_of_path(bridge, stick->usb_path);
	const struct plug_facts facts = {
		.ports = stick->port_count,
		.candidates = stick_candidates(stick, ports),
		.guise = stick_guise(stick->vendor, stick->product),
		.port_configured = port_is_configured(bridge, stick),
		.path_configured = radio != NULL,
		.wanted = bridge->config->modem_discovery || pool_misses_one(bridge),
	};
	char words[MODEM_REASON_SIZE];

	switch (plug_decide(&facts)) {
	case PLUG_LEAVE:
		break;
	case PLUG_TAKE:
		slot_give(slot, radio, stick->ports[0].device);
		break;
	case PLUG_PROBE:
		if (!plug_try_again(stick, slot->silent_rounds))
			break;
		slot->probe_at_usec = clock_monotonic_usec();
		probes_start(slot->plug);
		break;
	case PLUG_ADVISE:
		stick_advise(stick, words);
		slot_tell(slot, words);
		break;
	}
}

static void stick_appeared(const struct stick *stick, void *userdata)
{
	struct plug *plug = userdata;
	struct slot *slot = slot_find(plug, stick->usb_path);

	if (!slot)
		slot = slot_new(plug, stick->usb_path);
	if (!slot)
		return;
	slot->stick = *stick;
	if (slot->radio && has_port(stick, modem_device(radio_modem(slot->radio)))) {
		radio_retry(slot->radio);
		return;
	}
	/* Two workers at one port find it busy: the first has to end. */
	if (slot->probe) {
		slot->changed = true;
		probe_end(slot->probe, "its ports are others now");
		return;
	}
	slot_leave(slot);
	slot_consider(slot);
}

static void stick_gone(const char *usb_path, void *userdata)
{
	struct plug *plug = userdata;
	struct slot *slot = slot_find(plug, usb_path);
	struct slot **at = &plug->slots;

	if (!slot)
		return;
	slot_leave(slot);
	while (*at != slot)
		at = &(*at)->next;
	*at = slot->next;
	free(slot);
	/* There may be room for another. */
	probes_start(plug);
}

static void node_came(const char *path, void *userdata)
{
	const struct bridge *bridge = ((struct plug *)userdata)->bridge;

	for (size_t i = 0; i < bridge->radio_count; i++) {
		const char *device = radio_config(bridge->radios[i])->device;

		if (device && strcmp(device, path) == 0)
			radio_retry(bridge->radios[i]);
	}
}

void plug_hand_over(const struct bridge *bridge, struct radio *radio)
{
	struct slot *slot = bridge->plug ? bridge->plug->slots : NULL;
	struct radio *heir;

	while (slot && slot->radio != radio)
		slot = slot->next;
	heir = slot ? pool_heir(bridge, radio) : NULL;
	if (!heir)
		return;
	if (radio_is_plugged(radio) && radio_works(radio))
		radio_resign(radio);
	else if (!radio_is_plugged(radio) && radio_is_stopped(radio))
		slot_give(slot, heir, modem_identity(radio_modem(radio))->device);
}

/* ------------------------------------------------------------------ */

static bool needs_udev(const struct bridge *bridge)
{
	for (size_t i = 0; i < bridge->config->modem_count; i++)
		if (!bridge->config->modems[i].device)
			return true;
	return bridge->config->modem_discovery;
}

int plug_start(struct bridge *bridge)
{
	static const struct discover_listener listener = {
		.appeared = stick_appeared,
		.gone = stick_gone,
		.node = node_came,
	};
	struct plug *plug = calloc(1, sizeof(*plug));
	int r;

	if (!plug)
		return -ENOMEM;
	plug->bridge = bridge;
	bridge->plug = plug;
	r = discover_new(bridge->loop, &listener, plug, &plug->discover);
	if (r < 0 && needs_udev(bridge))
		log_record(LOG_MODEM_NOTE,
			   &(struct log_fields){ .reason = r == -ENOTSUP ? NULL : strerror(-r) },
			   "%s: modems that are plugged in are not found by themselves; those with "
			   "a device in the configuration are used.",
			   r == -ENOTSUP ? "No udev runs here" : "udev can't be listened to");
	return r == -ENOMEM ? r : 0;
}

bool plug_is_busy(const struct plug *plug)
{
	for (const struct slot *slot = plug->slots; slot; slot = slot->next)
		if (slot->probe_at_usec != 0)
			return true;
	return plug->probing > 0;
}

void plug_stop(struct bridge *bridge)
{
	struct plug *plug = bridge->plug;

	if (!plug)
		return;
	bridge->plug = NULL;
	discover_free(plug->discover);
	while (plug->slots) {
		struct slot *slot = plug->slots;

		plug->slots = slot->next;
		probe_free(slot->probe);
		free(slot);
	}
	sd_event_source_disable_unref(plug->timer);
	free(plug);
}
