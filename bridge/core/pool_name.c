/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a modem is called that nobody has named, and what it is remembered by.
 */
#include <stdio.h>
#include <string.h>

#include "bridge/core/pool.h"

#define DIGITS_LEAST 4
#define TRIES_MAX 100

void pool_name(const char *imei, const char *usb_path, bool twice, pool_name_taken taken,
	       const void *userdata, char name[static MODEM_NAME_SIZE])
{
	size_t size = strspn(imei, "0123456789");
	size_t digits = DIGITS_LEAST;

	for (; size >= DIGITS_LEAST && !twice && digits <= size; digits++) {
		snprintf(name, MODEM_NAME_SIZE, "modem-%s", imei + size - digits);
		if (!taken(name, userdata))
			return;
	}
	if (size >= DIGITS_LEAST)
		snprintf(name, MODEM_NAME_SIZE, "modem-%s-%.40s", imei + size - DIGITS_LEAST,
			 usb_path);
	else
		snprintf(name, MODEM_NAME_SIZE, "modem-%.50s", usb_path);
	/* Somebody has given these very names in the configuration. */
	for (unsigned i = 2; taken(name, userdata) && i < TRIES_MAX; i++)
		snprintf(name, MODEM_NAME_SIZE, "modem-%.40s-%u", usb_path, i);
}

void pool_key(const struct config_modem *config, char key[static STORE_NAME_SIZE])
{
	/* Nothing else has no line in the configuration; and no name there has a colon. */
	if (config->line != 0)
		snprintf(key, STORE_NAME_SIZE, "%s", config->name);
	else if (config->imei[0])
		snprintf(key, STORE_NAME_SIZE, "imei:%.50s", config->imei);
	else
		snprintf(key, STORE_NAME_SIZE, "usb:%.55s", config->usb_path);
}
