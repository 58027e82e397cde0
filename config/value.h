/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How single values of footbridge.conf are read, and complained of.  Only for this room.
 */
#pragma once

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "config/config.h"

struct config_reader {
	struct config *config;
	FILE *errors;
	const char *path;
	unsigned error_count;
	bool out_of_memory;
};

struct config_key;
struct config_group;

/* Checks the setting and sets *target, or complains and leaves it. */
typedef void value_reader(struct config_reader *reader, const struct config_key *key,
			  const config_setting_t *setting, void *target);

struct config_key {
	const char *name;
	value_reader *read;
	size_t offset;                    /* of the target in the group's struct */
	unsigned least, most;             /* value_read_unsigned; digits of value_read_identity */
	const struct config_group *group; /* what a group or a list of groups holds */
	bool late;                        /* needs the others of its group */
};

/* Writes one line, "FILE:LINE: …"; setting NULL: without a line. */
void config_complain(struct config_reader *reader, const config_setting_t *setting,
		     const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What readers are made of.  The first two return NULL after a complaint. */
const char *value_text(struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting);
const char *value_path(struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting);
void value_set_text(struct config_reader *reader, char **target, const char *text);
bool value_is_digits(const char *text, size_t least, size_t most);

/* Targets: unsigned, bool, enum config_on_unknown, int (level), for all others char *. */
value_reader value_read_unsigned, value_read_flag, value_read_path, value_read_socket;
value_reader value_read_country_code, value_read_trunk_prefix, value_read_on_unknown;
value_reader value_read_level;

/* value_modem.c.  Targets: char **, ended by NULL (prefixes), double (amount), else as above. */
value_reader value_read_modem_name, value_read_device, value_read_speed, value_read_own_number;
value_reader value_read_pin_file, value_read_identity, value_read_usb_path, value_read_prefixes;
value_reader value_read_ussd_code, value_read_pattern, value_read_amount;
