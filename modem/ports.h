/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * USB sticks and the serial ports that they show, as plain facts, and what follows from them: which
 * ports may be spoken to, and which first.  A port that nobody vouches for may be a scale, a UPS or
 * a glucose meter: it gets no byte unless it is configured.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "modem/wire.h"

#define STICK_PORTS_MAX MODEM_PORTS_MAX
#define STICK_NAME_SIZE 64

/* Who says that a port is a modem's. */
enum port_voucher {
	PORT_NOBODY,    /* FTDI, CH340, PL2303, CP210x and all others */
	PORT_DRIVER,    /* option, qcserial, sierra */
	PORT_ACM,       /* cdc_acm, and its interface is of the modem subclass (02/02/01…06) */
	PORT_UDEV,      /* ID_MM_PORT_TYPE_AT_SECONDARY, _PPP */
	PORT_UDEV_BEST, /* ID_MM_PORT_TYPE_AT_PRIMARY */
	PORT_UDEV_NOT,  /* ID_MM_PORT_TYPE_GPS, _QCDM, _AUDIO: never */
};

struct port {
	char device[MODEM_PATH_SIZE];
	int interface; /* bInterfaceNumber, -1 unknown */
	enum port_voucher voucher;
};

struct stick {
	char usb_path
		[STICK_NAME_SIZE]; /* "1-2.3": where it is plugged in, same as long as it is there */
	uint16_t vendor, product;  /* USB ids, 0 unknown */
	char maker[STICK_NAME_SIZE], model[STICK_NAME_SIZE], serial[STICK_NAME_SIZE];
	struct port ports[STICK_PORTS_MAX];
	size_t port_count;
};

/*
 * The ports that may be tried, best first: udev's primary, then those with a voucher by interface.
 * Returns how many; 0: this is nothing to be spoken to.
 */
size_t stick_candidates(const struct stick *stick, const struct port *ret[static STICK_PORTS_MAX]);

/* Sticks that did not come up as modems, by their ids. */
enum stick_guise {
	STICK_MODEM,   /* nothing is known against it */
	STICK_STORAGE, /* it shows its installation disk */
	STICK_NETWORK, /* HiLink and the like: it shows a network card */
};
enum stick_guise stick_guise(uint16_t vendor, uint16_t product);
/* What a person can do: one sentence that names usb_modeswitch, and the stick. */
void stick_advise(const struct stick *stick, char text[static MODEM_REASON_SIZE]);
