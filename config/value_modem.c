/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values that belong to one modem: what it is known by, its PIN, where it may send, what it costs.
 * A PIN is never part of a complaint.
 */
#include "config/value.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/number.h"

#define MODEM_NAME_MOST 63
#define DEVICE_PATH_MOST 255
#define USB_PATH_MOST 63
#define USSD_CODE_MOST 160

void value_read_modem_name(struct config_reader *reader, const struct config_key *key,
			   const config_setting_t *setting, void *target)
{
	static const char accepted[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789._-";
	const char *text = value_text(reader, key, setting);

	if (!text)
		return;
	/* It stands in URLs, commands and journal fields. */
	if (strlen(text) > MODEM_NAME_MOST || text[strspn(text, accepted)] != '\0' ||
	    text[0] == '-' || text[0] == '.')
		config_complain(reader, setting,
				"A modem's name is at most %d of the letters a-z, A-Z, digits, and "
				"\".\", \"_\", \"-\" (not in front), not \"%s\".",
				MODEM_NAME_MOST, text);
	else
		value_set_text(reader, target, text);
}

void value_read_device(struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting, void *target)
{
	const char *path = value_path(reader, key, setting);

	if (path && strlen(path) > DEVICE_PATH_MOST)
		config_complain(reader, setting,
				"device is longer than %d bytes: use a shorter "
				"path, or a link to it.",
				DEVICE_PATH_MOST);
	else if (path)
		value_set_text(reader, target, path);
}

void value_read_speed(struct config_reader *reader, const struct config_key *key,
		      const config_setting_t *setting, void *target)
{
	static const int speeds[] = { 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600 };

	(void)key;
	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++)
		if (config_setting_type(setting) == CONFIG_TYPE_INT &&
		    config_setting_get_int(setting) == speeds[i]) {
			*(unsigned *)target = (unsigned)speeds[i];
			return;
		}
	config_complain(
		reader, setting,
		"speed must be 9600, 19200, 38400, 57600, 115200, 230400, 460800 or 921600, "
		"without quotes.");
}

void value_read_own_number(struct config_reader *reader, const struct config_key *key,
			   const config_setting_t *setting, void *target)
{
	const struct number_plan plan = {
		.country_code = reader->config->country_code,
		.trunk_prefix = reader->config->trunk_prefix,
	};
	const char *text = value_text(reader, key, setting);
	char number[NUMBER_SIZE], why[256];
	enum number_error error;

	if (!text)
		return;
	error = number_normalize(&plan, text, number);
	if (error != NUMBER_OK)
		config_complain(reader, setting, "The modem's own number: %s",
				number_explain(error, text, why, sizeof(why)));
	else
		value_set_text(reader, target, number);
}

/* Whether the PIN in this open file is nobody else's business; complains if not. */
static bool pin_file_is_private(struct config_reader *reader, const config_setting_t *setting,
				const char *path, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		config_complain(reader, setting,
				"pin_file %s is not a plain file: write the PIN into one.", path);
		return false;
	}
	if (status.st_mode & 077) {
		config_complain(reader, setting,
				"pin_file %s may be read or written by others: run chmod 600 '%s'.",
				path, path);
		return false;
	}
	return true;
}

void value_read_pin_file(struct config_reader *reader, const struct config_key *key,
			 const config_setting_t *setting, void *target)
{
	const char *path = value_path(reader, key, setting);
	CLEANUP_CLOSE int fd = -1;
	char pin[16]; /* eight digits, and room to see that there is more */
	ssize_t size;

	if (!path)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		config_complain(reader, setting,
				"pin_file %s can't be opened (%s): write the PIN "
				"into it, and run chmod 600.",
				path, strerror(errno));
		return;
	}
	if (!pin_file_is_private(reader, setting, path, fd))
		return;
	size = read(fd, pin, sizeof(pin) - 1);
	if (size < 0)
		size = 0;
	while (size > 0 && strchr(" \t\r\n", pin[size - 1]))
		size--;
	pin[size] = '\0';
	/* strlen: a NUL byte inside makes it no PIN. */
	if (strlen(pin) != (size_t)size || !value_is_digits(pin, 4, 8))
		config_complain(reader, setting,
				"pin_file %s must hold the SIM's PIN, 4 to 8 digits, and nothing "
				"else.",
				path);
	else
		value_set_text(reader, target, pin);
	explicit_bzero(pin, sizeof(pin));
}

/* ---- what stays true when USB numbering changes */

void value_read_identity(struct config_reader *reader, const struct config_key *key,
			 const config_setting_t *setting, void *target)
{
	const char *text = value_text(reader, key, setting);

	if (!text)
		return;
	if (!value_is_digits(text, key->least, key->most))
		config_complain(reader, setting,
				"%s must be its %u to %u digits, not \"%s\" (footbridge modem show "
				"tells them).",
				key->name, key->least, key->most, text);
	else
		value_set_text(reader, target, text);
}

/* "1-2.3": bus, then the ports on the way, as in /sys/bus/usb/devices. */
static bool is_usb_path(const char *text)
{
	size_t size = strspn(text, "0123456789");

	if (size == 0 || text[size] != '-' || strlen(text) > USB_PATH_MOST)
		return false;
	do {
		text += size + 1;
		size = strspn(text, "0123456789");
	} while (size > 0 && text[size] == '.');
	return size > 0 && text[size] == '\0';
}

void value_read_usb_path(struct config_reader *reader, const struct config_key *key,
			 const config_setting_t *setting, void *target)
{
	const char *text = value_text(reader, key, setting);

	if (!text)
		return;
	if (!is_usb_path(text))
		config_complain(reader, setting,
				"usb_path must be bus and ports like \"1-2.3\" (ls "
				"/sys/bus/usb/devices), not \"%s\".",
				text);
	else
		value_set_text(reader, target, text);
}

/* ---- where it may send, and what that costs */

static bool is_prefix(const char *text)
{
	return text[0] == '+' && value_is_digits(text + 1, 1, 15) && text[1] != '0';
}

void value_read_prefixes(struct config_reader *reader, const struct config_key *key,
			 const config_setting_t *setting, void *target)
{
	char ***prefixes = target;
	int type = config_setting_type(setting), count = config_setting_length(setting);

	if ((type != CONFIG_TYPE_ARRAY && type != CONFIG_TYPE_LIST) || count < 1 ||
	    count > CONFIG_PREFIXES_MAX) {
		config_complain(reader, setting,
				"%s must be a list of 1 to %d beginnings of numbers: [\"+86\", "
				"\"+852\"].",
				key->name, CONFIG_PREFIXES_MAX);
		return;
	}
	*prefixes = calloc((size_t)count + 1, sizeof(**prefixes));
	if (!*prefixes) {
		reader->out_of_memory = true;
		return;
	}
	for (int i = 0; i < count; i++) {
		const char *text = config_setting_get_string_elem(setting, i);

		if (text && is_prefix(text))
			value_set_text(reader, &(*prefixes)[i], text);
		else
			config_complain(reader, setting,
					"A prefix must be \"+\" and 1 to 15 digits, like \"+86\", "
					"not %s.",
					text ? text : "a number");
		if (!(*prefixes)[i])
			return;
	}
}

void value_read_ussd_code(struct config_reader *reader, const struct config_key *key,
			  const config_setting_t *setting, void *target)
{
	const char *text = value_text(reader, key, setting);

	if (text && (strlen(text) > USSD_CODE_MOST || !strchr("*#", text[0])))
		config_complain(reader, setting,
				"%s must be what one dials for it, like \"*100#\", not \"%s\".",
				key->name, text);
	else if (text)
		value_set_text(reader, target, text);
}

void value_read_pattern(struct config_reader *reader, const struct config_key *key,
			const config_setting_t *setting, void *target)
{
	const char *text = value_text(reader, key, setting);
	char why[128];
	regex_t compiled;
	int r;

	if (!text)
		return;
	r = regcomp(&compiled, text, REG_EXTENDED);
	if (r != 0) {
		regerror(r, &compiled, why, sizeof(why));
		config_complain(reader, setting, "%s is no regular expression (%s).", key->name,
				why);
		return;
	}
	if (compiled.re_nsub < 1)
		config_complain(reader, setting,
				"%s needs brackets around the amount: \"([0-9.]+) EUR\".",
				key->name);
	else
		value_set_text(reader, target, text);
	regfree(&compiled);
}

void value_read_amount(struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting, void *target)
{
	int type = config_setting_type(setting);
	double value = -1;

	if (type == CONFIG_TYPE_INT)
		value = config_setting_get_int(setting);
	else if (type == CONFIG_TYPE_FLOAT)
		value = config_setting_get_float(setting);
	if (value < 0 || value > 1e9)
		config_complain(reader, setting, "%s must be an amount like 5 or 2.50.", key->name);
	else
		*(double *)target = value;
}
