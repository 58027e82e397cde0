/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The order of ports, and the ids of sticks that came up as something else.  Ids of installation
 * disks: the device reference of usb_modeswitch-data 20191128, its most common families.
 */
#include "modem/ports.h"

#include <stdio.h>

#include "bridge/base/cleanup.h"

/* ---------------------------------------------------------------- which ports, in which order */

static bool is_better(const struct port *a, const struct port *b)
{
	bool a_best = a->voucher == PORT_UDEV_BEST, b_best = b->voucher == PORT_UDEV_BEST;

	if (a_best != b_best)
		return a_best;
	if (a->interface != b->interface)
		return a->interface < b->interface;
	return a < b;
}

size_t stick_candidates(const struct stick *stick, const struct port *ret[static STICK_PORTS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < stick->port_count && i < STICK_PORTS_MAX; i++) {
		const struct port *port = &stick->ports[i];
		size_t at = count;

		if (port->voucher == PORT_NOBODY || port->voucher == PORT_UDEV_NOT)
			continue;
		for (; at > 0 && is_better(port, ret[at - 1]); at--)
			ret[at] = ret[at - 1];
		ret[at] = port;
		count++;
	}
	return count;
}

/* ---------------------------------------------------------------- what it came up as */

static const struct {
	uint16_t vendor, product;
	enum stick_guise guise;
} GUISES[] = {
	/* Huawei */
	{ 0x12d1, 0x1446, STICK_STORAGE },
	{ 0x12d1, 0x1449, STICK_STORAGE },
	{ 0x12d1, 0x14ad, STICK_STORAGE },
	{ 0x12d1, 0x14b5, STICK_STORAGE },
	{ 0x12d1, 0x14b7, STICK_STORAGE },
	{ 0x12d1, 0x14c1, STICK_STORAGE },
	{ 0x12d1, 0x14c4, STICK_STORAGE },
	{ 0x12d1, 0x14d1, STICK_STORAGE },
	{ 0x12d1, 0x14fe, STICK_STORAGE },
	{ 0x12d1, 0x1505, STICK_STORAGE },
	{ 0x12d1, 0x151a, STICK_STORAGE },
	{ 0x12d1, 0x1520, STICK_STORAGE },
	{ 0x12d1, 0x1521, STICK_STORAGE },
	{ 0x12d1, 0x1526, STICK_STORAGE },
	{ 0x12d1, 0x1557, STICK_STORAGE },
	{ 0x12d1, 0x1582, STICK_STORAGE },
	{ 0x12d1, 0x1583, STICK_STORAGE },
	{ 0x12d1, 0x15ca, STICK_STORAGE },
	{ 0x12d1, 0x15cd, STICK_STORAGE },
	{ 0x12d1, 0x15ce, STICK_STORAGE },
	{ 0x12d1, 0x15cf, STICK_STORAGE },
	{ 0x12d1, 0x1c0b, STICK_STORAGE },
	{ 0x12d1, 0x1c1b, STICK_STORAGE },
	{ 0x12d1, 0x1c24, STICK_STORAGE },
	{ 0x12d1, 0x1d50, STICK_STORAGE },
	{ 0x12d1, 0x1da1, STICK_STORAGE },
	{ 0x12d1, 0x1f01, STICK_STORAGE },
	{ 0x12d1, 0x1f02, STICK_STORAGE },
	{ 0x12d1, 0x1f11, STICK_STORAGE },
	{ 0x12d1, 0x1f16, STICK_STORAGE },
	{ 0x12d1, 0x1f1b, STICK_STORAGE },
	{ 0x12d1, 0x1f1c, STICK_STORAGE },
	{ 0x12d1, 0x380b, STICK_STORAGE },
	/* E353, E3131, E3372 and others as HiLink */
	{ 0x12d1, 0x14db, STICK_NETWORK },
	{ 0x12d1, 0x14dc, STICK_NETWORK },
	/* ZTE */
	{ 0x19d2, 0x2000, STICK_STORAGE },
	{ 0x19d2, 0x2004, STICK_STORAGE },
	{ 0x19d2, 0x0083, STICK_STORAGE },
	{ 0x19d2, 0x0103, STICK_STORAGE },
	{ 0x19d2, 0x0110, STICK_STORAGE },
	{ 0x19d2, 0x0120, STICK_STORAGE },
	{ 0x19d2, 0x0146, STICK_STORAGE },
	{ 0x19d2, 0x0149, STICK_STORAGE },
	{ 0x19d2, 0x0154, STICK_STORAGE },
	{ 0x19d2, 0x0166, STICK_STORAGE },
	{ 0x19d2, 0x0169, STICK_STORAGE },
	{ 0x19d2, 0x0325, STICK_STORAGE },
	{ 0x19d2, 0x1017, STICK_STORAGE },
	{ 0x19d2, 0x1201, STICK_STORAGE },
	{ 0x19d2, 0x1210, STICK_STORAGE },
	{ 0x19d2, 0x1225, STICK_STORAGE },
	{ 0x19d2, 0x1227, STICK_STORAGE },
	{ 0x19d2, 0x1232, STICK_STORAGE },
	{ 0x19d2, 0x1420, STICK_STORAGE },
	{ 0x19d2, 0xfff5, STICK_STORAGE },
	{ 0x19d2, 0xfff6, STICK_STORAGE },
	{ 0x19d2, 0x1403, STICK_NETWORK },
	{ 0x19d2, 0x1405, STICK_NETWORK },
	/* Sierra, Alcatel, Longcheer, D-Link, Novatel, Qualcomm */
	{ 0x1199, 0x0fff, STICK_STORAGE },
	{ 0x1bbb, 0xf000, STICK_STORAGE },
	{ 0x1bbb, 0xf017, STICK_STORAGE },
	{ 0x1bbb, 0x0195, STICK_NETWORK },
	{ 0x1c9e, 0xf000, STICK_STORAGE },
	{ 0x1c9e, 0x9e00, STICK_STORAGE },
	{ 0x2001, 0xa706, STICK_STORAGE },
	{ 0x2001, 0xa708, STICK_STORAGE },
	{ 0x2001, 0xa80b, STICK_STORAGE },
	{ 0x1410, 0x5010, STICK_STORAGE },
	{ 0x1410, 0x5030, STICK_STORAGE },
	{ 0x05c6, 0xf000, STICK_STORAGE },
};

enum stick_guise stick_guise(uint16_t vendor, uint16_t product)
{
	for (size_t i = 0; i < ARRAY_SIZE(GUISES); i++)
		if (GUISES[i].vendor == vendor && GUISES[i].product == product)
			return GUISES[i].guise;
	return STICK_MODEM;
}

void stick_advise(const struct stick *stick, char text[static MODEM_REASON_SIZE])
{
	const char *maker = stick->maker[0] ? stick->maker : "unknown maker";

	switch (stick_guise(stick->vendor, stick->product)) {
	case STICK_STORAGE:
		snprintf(text, MODEM_REASON_SIZE,
			 "the stick at USB %s (%04x:%04x, %.40s) shows its installation disk: "
			 "install usb_modeswitch (apt install usb-modeswitch) and plug it in again",
			 stick->usb_path, stick->vendor, stick->product, maker);
		return;
	case STICK_NETWORK:
		snprintf(text, MODEM_REASON_SIZE,
			 "the stick at USB %s (%04x:%04x, %.40s) is a network card (HiLink): "
			 "usb_modeswitch can turn some into modems, others need another firmware",
			 stick->usb_path, stick->vendor, stick->product, maker);
		return;
	case STICK_MODEM:
		break;
	}
	snprintf(text, MODEM_REASON_SIZE,
		 "the stick at USB %s (%04x:%04x, %.40s) shows no port that is a modem's for sure: "
		 "name its device in footbridge.conf",
		 stick->usb_path, stick->vendor, stick->product, maker);
}
