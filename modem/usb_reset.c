/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a tty through sysfs to its USB device, then USBDEVFS_RESET.
 */
#include "modem/usb_reset.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/usbdevice_fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"

/* A number in a file of sysfs; false: there is none. */
static bool read_number(const char *folder, const char *name, unsigned *ret)
{
	char path[PATH_MAX + 16], text[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	*ret = (unsigned)strtoul(text, NULL, 10);
	return text[0] >= '0' && text[0] <= '9';
}

int usb_find(const char *sysfs, const char *device, char *node, size_t size)
{
	CLEANUP_FREE char *tty = realpath(device, NULL), *link = NULL, *folder = NULL;
	unsigned bus, number;
	char *slash;

	if (!tty || asprintf(&link, "%s/class/tty/%s/device", sysfs, strrchr(tty, '/') + 1) < 0)
		return -ENODEV;
	folder = realpath(link, NULL);
	/* The device stands some folders above its port: only it has these two numbers. */
	while (folder && (slash = strrchr(folder, '/')) && slash > folder) {
		if (read_number(folder, "busnum", &bus) && read_number(folder, "devnum", &number)) {
			snprintf(node, size, "/dev/bus/usb/%03u/%03u", bus, number);
			return 0;
		}
		*slash = '\0';
	}
	return -ENODEV;
}

int usb_reset(const char *device, char why[static MODEM_REASON_SIZE])
{
	CLEANUP_CLOSE int fd = -1;
	char node[64];

	if (usb_find("/sys", device, node, sizeof(node)) < 0) {
		snprintf(why, MODEM_REASON_SIZE, "%.128s is on no USB port", device);
		return -ENODEV;
	}
	fd = open(node, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, USBDEVFS_RESET, 0) < 0) {
		int error = errno;

		snprintf(why, MODEM_REASON_SIZE, "%s: %s%s", node, strerror(error),
			 error == EACCES ? "; a udev rule can give it to the service's group" : "");
		return -error;
	}
	return 0;
}
