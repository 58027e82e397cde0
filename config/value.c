/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Single values of footbridge.conf: each reader checks type and meaning, and either sets its
 * target or complains.
 */
#include "config/value.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <syslog.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/number.h"
#include "bridge/base/utf8.h"

#define TEXT_MOST 4000 /* PATH_MAX less what is put behind a folder */

void config_complain(struct config_reader *reader, const config_setting_t *setting,
		     const char *format, ...)
{
	const char *file = setting ? config_setting_source_file(setting) : NULL;
	va_list arguments;

	fprintf(reader->errors, "%s:", file ? file : reader->path);
	if (setting)
		fprintf(reader->errors, "%u:", config_setting_source_line(setting));
	putc(' ', reader->errors);
	va_start(arguments, format);
	vfprintf(reader->errors, format, arguments);
	va_end(arguments);
	putc('\n', reader->errors);
	reader->error_count++;
}

/* ---- plain values */

void value_set_text(struct config_reader *reader, char **target, const char *text)
{
	free(*target);
	*target = strdup(text);
	if (!*target)
		reader->out_of_memory = true;
}

const char *value_text(struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting)
{
	const char *text;
	size_t size;

	if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
		config_complain(reader, setting, "%s must be a text: write it in quotes.",
				key->name);
		return NULL;
	}
	text = config_setting_get_string(setting);
	size = strlen(text);
	if (size == 0) {
		config_complain(reader, setting, "%s is empty: give it a value or remove the line.",
				key->name);
		return NULL;
	}
	if (size > TEXT_MOST) {
		config_complain(reader, setting, "%s is longer than %d bytes: shorten it.",
				key->name, TEXT_MOST);
		return NULL;
	}
	for (const char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			size = 0;
	if (size == 0 || !utf8_valid(text, size)) {
		config_complain(reader, setting,
				"%s holds control characters or is not UTF-8: type it anew.",
				key->name);
		return NULL;
	}
	return text;
}

void value_read_unsigned(struct config_reader *reader, const struct config_key *key,
			 const config_setting_t *setting, void *target)
{
	int type = config_setting_type(setting);
	long long value = 0;

	if (type == CONFIG_TYPE_INT)
		value = config_setting_get_int(setting);
	else if (type == CONFIG_TYPE_INT64)
		value = config_setting_get_int64(setting);
	if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) || value < key->least ||
	    value > key->most)
		config_complain(reader, setting,
				"%s must be a whole number from %u to %u, without quotes.",
				key->name, key->least, key->most);
	else
		*(unsigned *)target = (unsigned)value;
}

void value_read_flag(struct config_reader *reader, const struct config_key *key,
		     const config_setting_t *setting, void *target)
{
	if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
		config_complain(reader, setting, "%s must be true or false, without quotes.",
				key->name);
	else
		*(bool *)target = config_setting_get_bool(setting) != 0;
}

const char *value_path(struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting)
{
	const char *path = value_text(reader, key, setting);

	if (path && path[0] != '/') {
		config_complain(reader, setting,
				"%s must be a whole path that begins with \"/\", not \"%s\".",
				key->name, path);
		return NULL;
	}
	return path;
}

void value_read_path(struct config_reader *reader, const struct config_key *key,
		     const config_setting_t *setting, void *target)
{
	const char *path = value_path(reader, key, setting);

	if (path)
		value_set_text(reader, target, path);
}

void value_read_socket(struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting, void *target)
{
	const size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	const char *path = value_path(reader, key, setting);

	if (path && strlen(path) > most)
		config_complain(reader, setting,
				"%s is longer than the %zu bytes a socket's path may have: "
				"choose a shorter one.",
				key->name, most);
	else if (path)
		value_set_text(reader, target, path);
}

/* ---- values with a meaning */

bool value_is_digits(const char *text, size_t least, size_t most)
{
	size_t size = strspn(text, "0123456789");

	return text[size] == '\0' && size >= least && size <= most;
}

void value_read_country_code(struct config_reader *reader, const struct config_key *key,
			     const config_setting_t *setting, void *target)
{
	const char *text = value_text(reader, key, setting);

	if (!text)
		return;
	/* ITU-T E.164: one to three digits, the first is never 0. */
	if (!value_is_digits(text, 1, 3) || text[0] == '0')
		config_complain(
			reader, setting,
			"country_code must be one to three digits without \"+\" or zeros in "
			"front, like \"86\", not \"%s\".",
			text);
	else
		value_set_text(reader, target, text);
}

void value_read_trunk_prefix(struct config_reader *reader, const struct config_key *key,
			     const config_setting_t *setting, void *target)
{
	const char *text;

	/* Countries without a trunk prefix may say so. */
	if (config_setting_type(setting) == CONFIG_TYPE_STRING &&
	    config_setting_get_string(setting)[0] == '\0')
		return;
	text = value_text(reader, key, setting);
	if (!text)
		return;
	if (!value_is_digits(text, 1, 4))
		config_complain(reader, setting,
				"trunk_prefix must be the digits dialled before national numbers, "
				"like \"0\", or \"\" for none, not \"%s\".",
				text);
	else
		value_set_text(reader, target, text);
}

void value_read_on_unknown(struct config_reader *reader, const struct config_key *key,
			   const config_setting_t *setting, void *target)
{
	const char *text = value_text(reader, key, setting);

	if (!text)
		return;
	if (strcmp(text, "resend") == 0)
		*(enum config_on_unknown *)target = CONFIG_ON_UNKNOWN_RESEND;
	else if (strcmp(text, "hold") == 0)
		*(enum config_on_unknown *)target = CONFIG_ON_UNKNOWN_HOLD;
	else
		config_complain(reader, setting,
				"on_unknown must be \"resend\" or \"hold\", not \"%s\".", text);
}

void value_read_level(struct config_reader *reader, const struct config_key *key,
		      const config_setting_t *setting, void *target)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = {
		{ "error", LOG_ERR }, { "warning", LOG_WARNING }, { "notice", LOG_NOTICE },
		{ "info", LOG_INFO }, { "debug", LOG_DEBUG },
	};
	const char *text = value_text(reader, key, setting);

	if (!text)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (strcmp(text, levels[i].name) == 0) {
			*(int *)target = levels[i].level;
			return;
		}
	config_complain(reader, setting,
			"level must be \"error\", \"warning\", \"notice\", \"info\" or \"debug\", "
			"not \"%s\".",
			text);
}
