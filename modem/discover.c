/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * udev's events about ttys and USB devices, gathered by stick.  The ports of a stick come one by one,
 * in any order: a stick is told of when it has been quiet for a moment.  A removed device has lost
 * its parents in sysfs, so that it is found again by its name.
 */
#include "modem/discover.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-device.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/base/log.h"

#define SETTLE_USEC (500 * USEC_PER_MSEC)

struct found {
	struct stick stick;
	int64_t settles_at; /* monotonic; 0: it was told of as it is */
	bool full;          /* of ports; said so */
};

struct discover {
	struct discover_listener listener;
	void *userdata;
	sd_device_monitor *monitor;
	sd_event_source *timer;
	size_t count;
	bool full;           /* said so */
	struct found *found; /* DISCOVER_STICKS_MAX */
};

static void cleanup_enumerator(sd_device_enumerator **enumerator)
{
	sd_device_enumerator_unref(*enumerator);
}

/* ---------------------------------------------------------------- facts of a device */

static bool has_property(sd_device *device, const char *name)
{
	const char *value;

	return sd_device_get_property_value(device, name, &value) >= 0 && strcmp(value, "1") == 0;
}

static int hex_attribute(sd_device *device, const char *name)
{
	const char *value;
	unsigned number;

	if (sd_device_get_sysattr_value(device, name, &value) < 0 ||
	    sscanf(value, "%4x", &number) != 1)
		return -1;
	return (int)number;
}

static void copy_property(sd_device *device, const char *name, char field[static STICK_NAME_SIZE])
{
	const char *value = "";

	(void)sd_device_get_property_value(device, name, &value);
	snprintf(field, STICK_NAME_SIZE, "%s", value);
	/* Whatever the stick says of itself goes into the journal. */
	for (char *at = field; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
}

static enum port_voucher driver_voucher(sd_device *interface)
{
	static const char *const MODEM_DRIVERS[] = { "option", "qcserial", "sierra" };
	const char *driver;
	int protocol;

	if (sd_device_get_driver(interface, &driver) < 0)
		return PORT_NOBODY;
	for (size_t i = 0; i < ARRAY_SIZE(MODEM_DRIVERS); i++)
		if (strcmp(driver, MODEM_DRIVERS[i]) == 0)
			return PORT_DRIVER;
	/* Abstract control model, and one of the AT command sets (USB CDC PSTN 1.2, 5.1). */
	protocol = hex_attribute(interface, "bInterfaceProtocol");
	return strcmp(driver, "cdc_acm") == 0 &&
			       hex_attribute(interface, "bInterfaceSubClass") == 2 &&
			       protocol >= 1 && protocol <= 6
		       ? PORT_ACM
		       : PORT_NOBODY;
}

static enum port_voucher voucher_of(sd_device *device, sd_device *interface)
{
	static const char *const NEVER[] = { "ID_MM_PORT_TYPE_GPS", "ID_MM_PORT_TYPE_QCDM",
					     "ID_MM_PORT_TYPE_AUDIO" };

	if (has_property(device, "ID_MM_PORT_TYPE_AT_PRIMARY"))
		return PORT_UDEV_BEST;
	if (has_property(device, "ID_MM_PORT_TYPE_AT_SECONDARY") ||
	    has_property(device, "ID_MM_PORT_TYPE_AT_PPP"))
		return PORT_UDEV;
	for (size_t i = 0; i < ARRAY_SIZE(NEVER); i++)
		if (has_property(device, NEVER[i]))
			return PORT_UDEV_NOT;
	return driver_voucher(interface);
}

/* ---------------------------------------------------------------- sticks */

static struct found *find_stick(struct discover *discover, const char *usb_path)
{
	for (size_t i = 0; i < discover->count; i++)
		if (strcmp(discover->found[i].stick.usb_path, usb_path) == 0)
			return &discover->found[i];
	return NULL;
}

/* Once for all that find no room. */
static void tell_full(struct discover *discover, const char *name)
{
	if (!discover->full)
		log_record(LOG_MODEM_STICK, &(struct log_fields){ .reason = "too many sticks" },
			   "The stick at USB %s is left alone, and all that come after it: there "
			   "are %d already.",
			   name, DISCOVER_STICKS_MAX);
	discover->full = true;
}

static struct found *stick_of(struct discover *discover, sd_device *usb_device)
{
	struct found *found;
	const char *name;

	if (sd_device_get_sysname(usb_device, &name) < 0 || strlen(name) >= STICK_NAME_SIZE)
		return NULL;
	found = find_stick(discover, name);
	if (found)
		return found;
	if (discover->count == DISCOVER_STICKS_MAX) {
		tell_full(discover, name);
		return NULL;
	}
	found = &discover->found[discover->count++];
	*found = (struct found){ 0 };
	snprintf(found->stick.usb_path, sizeof(found->stick.usb_path), "%s", name);
	found->stick.vendor = (uint16_t)hex_attribute(usb_device, "idVendor");
	found->stick.product = (uint16_t)hex_attribute(usb_device, "idProduct");
	copy_property(usb_device, "ID_VENDOR", found->stick.maker);
	copy_property(usb_device, "ID_MODEL", found->stick.model);
	copy_property(usb_device, "ID_SERIAL_SHORT", found->stick.serial);
	return found;
}

/* For the earliest that has not settled. */
static void arm_timer(struct discover *discover)
{
	int64_t next = 0;

	for (size_t i = 0; i < discover->count; i++) {
		int64_t at = discover->found[i].settles_at;

		if (at != 0 && (next == 0 || at < next))
			next = at;
	}
	if (next == 0)
		return;
	(void)sd_event_source_set_time(discover->timer, (uint64_t)next);
	(void)sd_event_source_set_enabled(discover->timer, SD_EVENT_ONESHOT);
}

static void settle_later(struct discover *discover, struct found *found)
{
	found->settles_at = clock_monotonic_usec() + SETTLE_USEC;
	arm_timer(discover);
}

static void forget(struct discover *discover, struct found *found)
{
	char usb_path[STICK_NAME_SIZE];

	memcpy(usb_path, found->stick.usb_path, sizeof(usb_path));
	*found = discover->found[--discover->count];
	discover->full = false;
	discover->listener.gone(usb_path, discover->userdata);
}

static int on_settled(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct discover *discover = userdata;
	int64_t now = clock_monotonic_usec();

	(void)source;
	(void)usec;
	for (size_t i = 0; i < discover->count; i++) {
		struct found *found = &discover->found[i];

		if (found->settles_at == 0 || found->settles_at > now)
			continue;
		found->settles_at = 0;
		discover->listener.appeared(&found->stick, discover->userdata);
	}
	arm_timer(discover);
	return 0;
}

/* ---------------------------------------------------------------- ports */

static struct port *find_port(struct found *found, const char *device)
{
	for (size_t i = 0; i < found->stick.port_count; i++)
		if (strcmp(found->stick.ports[i].device, device) == 0)
			return &found->stick.ports[i];
	return NULL;
}

static void tell_names(struct discover *discover, sd_device *device, const char *name)
{
	discover->listener.node(name, discover->userdata);
	for (const char *link = sd_device_get_devlink_first(device); link;
	     link = sd_device_get_devlink_next(device))
		discover->listener.node(link, discover->userdata);
}

static void port_added(struct discover *discover, sd_device *device, const char *name)
{
	sd_device *interface, *usb_device;
	struct found *found;
	struct port *port;

	tell_names(discover, device, name);
	if (sd_device_get_parent_with_subsystem_devtype(device, "usb", "usb_interface",
							&interface) < 0 ||
	    sd_device_get_parent_with_subsystem_devtype(device, "usb", "usb_device", &usb_device) <
		    0)
		return;
	found = stick_of(discover, usb_device);
	if (!found || strlen(name) >= MODEM_PATH_SIZE)
		return;
	port = find_port(found, name);
	if (!port && found->stick.port_count == STICK_PORTS_MAX) {
		if (!found->full)
			log_record(LOG_MODEM_STICK,
				   &(struct log_fields){ .reason = "too many ports" },
				   "The stick at USB %s has more than %d ports: %s and others are "
				   "left alone.",
				   found->stick.usb_path, STICK_PORTS_MAX, name);
		found->full = true;
		return;
	}
	if (!port)
		port = &found->stick.ports[found->stick.port_count++];
	snprintf(port->device, sizeof(port->device), "%s", name);
	port->interface = hex_attribute(interface, "bInterfaceNumber");
	port->voucher = voucher_of(device, interface);
	settle_later(discover, found);
}

static void port_removed(struct discover *discover, const char *name)
{
	for (size_t i = 0; i < discover->count; i++) {
		struct found *found = &discover->found[i];
		struct port *port = find_port(found, name);

		if (!port)
			continue;
		*port = found->stick.ports[--found->stick.port_count];
		if (found->stick.port_count == 0)
			forget(discover, found);
		else
			settle_later(discover, found);
		return;
	}
}

/* ---------------------------------------------------------------- events */

static void tty_event(struct discover *discover, sd_device *device, sd_device_action_t action)
{
	const char *name;

	if (sd_device_get_devname(device, &name) < 0)
		return;
	if (action == SD_DEVICE_REMOVE)
		port_removed(discover, name);
	else
		port_added(discover, device, name);
}

/* Of whole devices only those count that came up as something else. */
static void usb_event(struct discover *discover, sd_device *device, sd_device_action_t action)
{
	struct found *found = NULL;
	const char *name;
	int vendor, product;

	if (sd_device_get_sysname(device, &name) < 0)
		return;
	if (action == SD_DEVICE_REMOVE) {
		found = find_stick(discover, name);
		if (found)
			forget(discover, found);
		return;
	}
	vendor = hex_attribute(device, "idVendor");
	product = hex_attribute(device, "idProduct");
	if (vendor >= 0 && product >= 0 &&
	    stick_guise((uint16_t)vendor, (uint16_t)product) != STICK_MODEM)
		found = stick_of(discover, device);
	if (found)
		settle_later(discover, found);
}

static int on_device(sd_device_monitor *monitor, sd_device *device, void *userdata)
{
	struct discover *discover = userdata;
	sd_device_action_t action = SD_DEVICE_ADD;
	const char *subsystem;

	(void)monitor;
	(void)sd_device_get_action(device, &action);
	if (sd_device_get_subsystem(device, &subsystem) < 0)
		return 0;
	if (strcmp(subsystem, "tty") == 0)
		tty_event(discover, device, action);
	else
		usb_event(discover, device, action);
	return 0;
}

static int enumerate(struct discover *discover)
{
	CLEANUP(cleanup_enumerator) sd_device_enumerator *enumerator = NULL;
	int r = sd_device_enumerator_new(&enumerator);

	if (r >= 0)
		r = sd_device_enumerator_add_match_subsystem(enumerator, "tty", true);
	if (r >= 0)
		r = sd_device_enumerator_add_match_subsystem(enumerator, "usb", true);
	if (r < 0)
		return r;
	for (sd_device *device = sd_device_enumerator_get_device_first(enumerator); device;
	     device = sd_device_enumerator_get_device_next(enumerator)) {
		const char *type = "";

		(void)sd_device_get_devtype(device, &type);
		if (strcmp(type, "usb_interface") != 0)
			(void)on_device(NULL, device, discover);
	}
	return 0;
}

static int watch(struct discover *discover, sd_event *loop)
{
	int r = sd_device_monitor_new(&discover->monitor);

	if (r >= 0)
		r = sd_device_monitor_filter_add_match_subsystem_devtype(discover->monitor, "tty",
									 NULL);
	if (r >= 0)
		r = sd_device_monitor_filter_add_match_subsystem_devtype(discover->monitor, "usb",
									 "usb_device");
	if (r >= 0)
		r = sd_device_monitor_attach_event(discover->monitor, loop);
	if (r >= 0)
		r = sd_device_monitor_start(discover->monitor, on_device, discover);
	return r;
}

int discover_new(sd_event *loop, const struct discover_listener *listener, void *userdata,
		 struct discover **ret_discover)
{
	struct discover *discover;
	int r;

	/* As libudev tells it: without its daemon no event ever comes. */
	if (access("/run/udev/control", F_OK) < 0)
		return -ENOTSUP;
	discover = calloc(1, sizeof(*discover));
	if (!discover)
		return -ENOMEM;
	discover->listener = *listener;
	discover->userdata = userdata;
	discover->found = calloc(DISCOVER_STICKS_MAX, sizeof(*discover->found));
	r = discover->found ? 0 : -ENOMEM;
	if (r >= 0)
		r = sd_event_add_time(loop, &discover->timer, CLOCK_MONOTONIC, 0, 1000, on_settled,
				      discover);
	if (r >= 0)
		r = sd_event_source_set_enabled(discover->timer, SD_EVENT_OFF);
	/* First the monitor, so that nothing falls between. */
	if (r >= 0)
		r = watch(discover, loop);
	if (r >= 0)
		r = enumerate(discover);
	if (r < 0) {
		discover_free(discover);
		return r;
	}
	*ret_discover = discover;
	return 0;
}

struct discover *discover_free(struct discover *discover)
{
	if (!discover)
		return NULL;
	sd_device_monitor_unref(discover->monitor);
	sd_event_source_disable_unref(discover->timer);
	free(discover->found);
	free(discover);
	return NULL;
}
