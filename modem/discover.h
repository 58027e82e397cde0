/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The sticks that are plugged in, by udev's word (sd-device).  It opens no port; ports.h says what may
 * be tried.  Where no udev runs there is nothing to discover.
 */
#pragma once

#include <systemd/sd-event.h>

#include "modem/ports.h"

#define DISCOVER_STICKS_MAX 64 /* the others are left alone */

struct discover;

/* Told on the loop, also of what is there at the start. */
struct discover_listener {
	/* All its ports are there (they come one by one: half a second without a new one), or others
	 * than last time.  port_count 0: a stick that shows no port, of a known guise. */
	void (*appeared)(const struct stick *stick, void *userdata);
	void (*gone)(const char *usb_path, void *userdata);
	/* A device node is there, by its own name or one of its links: a configured one may be it. */
	void (*node)(const char *path, void *userdata);
};

/* Returns 0, -ENOTSUP where no udev runs, -ENOMEM, or sd-device's error. */
int discover_new(sd_event *loop, const struct discover_listener *listener, void *userdata,
		 struct discover **ret_discover);
struct discover *discover_free(struct discover *discover);
