/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * footbridge.conf (libconfig) read into plain structs: every key checked, every error with its
 * line, unknown keys with the nearest known one.  It opens no sockets and makes no folders.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CONFIG_MODEMS_MAX 64   /* architecture.md, Scale */
#define CONFIG_PREFIXES_MAX 32 /* of one modem */
#define CONFIG_SPEED 115200    /* in baud, when none is given: right for nearly all */

/* Limits of a SIM, since operators bar SIMs for what goes beyond; 0: none. */
struct config_quota {
	unsigned parts_per_minute, parts_per_hour, parts_per_day, parts_per_month;
	unsigned recipients_per_month; /* distinct numbers */
	unsigned reset_day;            /* of the month, 1..28; 1 */
};

struct config_balance {
	char *code;           /* USSD; NULL: never asked for */
	char *pattern;        /* extended regular expression, group 1 the amount */
	unsigned every_hours; /* 24 */
	unsigned decimals;    /* of its amounts: 2, or 3 */
	double low;           /* warned of below it; 0 never */
};

/* Known by its device, or else by one of imei, imsi, iccid, usb_path. */
struct config_modem {
	char *name;                           /* "modem-1" and so on when none is given */
	char *device;                         /* path of the tty; NULL */
	char *imei, *imsi, *iccid, *usb_path; /* NULL when not given */
	unsigned speed;                       /* CONFIG_SPEED */
	char *number;                         /* the SIM's own, E.164; NULL */
	char *pin;                            /* read from pin_file; NULL */
	char **prefixes; /* "+86", ended by NULL: it sends to these only; NULL: to all others */
	unsigned price;  /* of a part, in any unit: the cheapest that can send does; 0 */
	struct config_quota quota;
	struct config_balance balance;
	unsigned line; /* of the configuration, for later errors */
};

enum config_on_unknown {
	CONFIG_ON_UNKNOWN_RESEND,
	CONFIG_ON_UNKNOWN_HOLD,
};

struct config {
	char *path; /* NULL: defaults, no file */
	char *state_directory;
	char *country_code, *trunk_prefix; /* NULL when not given */
	struct {
		char *socket;
	} api;
	struct {
		unsigned ttl_hours;       /* 72 */
		unsigned unknown_minutes; /* 30 */
		unsigned max_parts;       /* 10 */
		enum config_on_unknown on_unknown;
	} delivery;
	struct {
		unsigned text_days, record_days; /* 90, 400: after the last change */
	} retention;
	struct {
		int level; /* syslog priority: error 3, warning 4, notice 5, info 6, debug 7 */
		bool show_numbers; /* false */
	} log;
	bool modem_discovery;     /* true: modems that are plugged in are used */
	unsigned self_test_hours; /* between two own modems; 0 never */
	struct config_modem *modems;
	size_t modem_count;
};

/*
 * Reads path; NULL: /etc/footbridge/footbridge.conf when there is one, otherwise defaults below the
 * user's own XDG folders ($XDG_STATE_HOME/footbridge, $XDG_RUNTIME_DIR/footbridge/api.sock).
 * All errors are written to errors, one line each: "footbridge.conf:12: unknown key …; did you
 * mean …?".  A file that group or others may write is refused (-EPERM).  Returns 0 and *ret_config
 * (config_free), -EINVAL when errors were written, -ENOENT, -EPERM, -ENOMEM (also written).
 */
int config_load(const char *path, FILE *errors, struct config **ret_config);
struct config *config_free(struct config *config);
