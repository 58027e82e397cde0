/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The USB device behind a serial port, and its reset by the kernel.  In the worker, since it blocks.
 */
#pragma once

#include <stddef.h>

#include "modem/wire.h"

/*
 * Finds the node ("/dev/bus/usb/001/004") of the stick whose port device is, which may be a link.
 * sysfs: "/sys".  Returns 0, or -ENODEV when it is none on USB.
 */
int usb_find(const char *sysfs, const char *device, char *node, size_t size);

/* Returns 0, or negative errno and says in why what a person can do. */
int usb_reset(const char *device, char why[static MODEM_REASON_SIZE]);
