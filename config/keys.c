/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One table per group of footbridge.conf: a key, how it is read, where it goes.  Reading goes on
 * after an error, so that the operator sees all of them at once.
 */
#include "config/keys.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"

#define KEY_NAME_MOST 31     /* of an unknown key, as far as it is compared */
#define TTL_HOURS_MOST 10584 /* 63 weeks: the longest TP-VP, 3GPP TS 23.040 9.2.3.12.1 */
#define UNKNOWN_MINUTES_MOST (7 * 24 * 60)
#define RETENTION_DAYS_MOST 36500

struct config_group {
	const char *name; /* NULL: the top */
	const struct config_key *keys;
	size_t key_count;
	const char *const *later; /* promised, not in this version; ends with NULL */
};

/* ---- unknown keys */

static unsigned least_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance; of a very long key only the beginning counts. */
static unsigned edit_distance(const char *one, const char *other)
{
	unsigned row[KEY_NAME_MOST + 1];
	size_t size = strnlen(other, KEY_NAME_MOST);

	for (size_t j = 0; j <= size; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; i < KEY_NAME_MOST && one[i] != '\0'; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < size; j++) {
			unsigned changed = diagonal + (one[i] != other[j]);
			diagonal = row[j + 1];
			row[j + 1] = least_of(changed, least_of(diagonal, row[j]) + 1);
		}
	}
	return row[size];
}

static void complain_of_key(struct config_reader *reader, const struct config_group *group,
			    const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);
	const char *nearest = group->keys[0].name;

	for (size_t i = 0; group->later[i]; i++)
		if (strcmp(name, group->later[i]) == 0) {
			config_complain(reader, setting,
					"%s comes with a later version, this is " FOOTBRIDGE_VERSION
					": remove it, or put # before it.",
					name);
			return;
		}
	for (size_t i = 1; i < group->key_count; i++)
		if (edit_distance(name, group->keys[i].name) < edit_distance(name, nearest))
			nearest = group->keys[i].name;
	config_complain(reader, setting, "unknown key %s%s%s; did you mean %s?", name,
			group->name ? " in " : "", group->name ? group->name : "", nearest);
}

/* ---- groups */

static const struct config_key *group_key(const struct config_group *group, const char *name)
{
	for (size_t i = 0; i < group->key_count; i++)
		if (strcmp(name, group->keys[i].name) == 0)
			return &group->keys[i];
	return NULL;
}

static void read_pass(struct config_reader *reader, const struct config_group *group,
		      const config_setting_t *setting, void *target, bool late)
{
	unsigned count = (unsigned)config_setting_length(setting);

	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *member = config_setting_get_elem(setting, i);
		const struct config_key *key = group_key(group, config_setting_name(member));

		if (key && key->late == late)
			key->read(reader, key, member, (char *)target + key->offset);
		else if (!key && !late)
			complain_of_key(reader, group, member);
	}
}

/* In the order of the file, so that errors are; what is late comes after all others. */
static void read_members(struct config_reader *reader, const struct config_group *group,
			 const config_setting_t *setting, void *target)
{
	read_pass(reader, group, setting, target, false);
	read_pass(reader, group, setting, target, true);
}

static void read_group(struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting, void *target)
{
	if (config_setting_type(setting) != CONFIG_TYPE_GROUP)
		config_complain(reader, setting, "%s must be a group: %s: { … };", key->name,
				key->name);
	else
		read_members(reader, key->group, setting, target);
}

static void check_modem_is_known(struct config_reader *reader, const config_setting_t *setting)
{
	static const char *const names[] = { "device", "imei", "imsi", "iccid", "usb_path" };
	const config_setting_t *balance;
	unsigned count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		count += config_setting_get_member(setting, names[i]) != NULL;
	if (count == 0)
		config_complain(
			reader, setting,
			"This modem has no device: add device = \"/dev/serial/by-id/…\" (ls "
			"/dev/serial/by-id shows them), or its imei, imsi, iccid or usb_path.");
	else if (count > 1)
		config_complain(reader, setting,
				"This modem is known by %u things: keep one of device, imei, imsi, "
				"iccid and usb_path.",
				count);
	balance = config_setting_get_member(setting, "balance");
	if (balance && !config_setting_get_member(balance, "code"))
		config_complain(
			reader, balance,
			"balance has no code: add code = \"*100#\", or whatever one dials.");
}

static void read_modem(struct config_reader *reader, const struct config_key *key,
		       const config_setting_t *setting, size_t position)
{
	struct config_modem *modem = &reader->config->modems[position];

	modem->line = config_setting_source_line(setting);
	modem->speed = CONFIG_SPEED;
	modem->quota.reset_day = 1;
	modem->balance.every_hours = 24;
	modem->balance.decimals = 2;
	if (config_setting_type(setting) != CONFIG_TYPE_GROUP) {
		config_complain(reader, setting,
				"A modem must be a group: { device = \"/dev/…\"; }");
		return;
	}
	read_members(reader, key->group, setting, modem);
	check_modem_is_known(reader, setting);
	if (!modem->name && asprintf(&modem->name, "modem-%zu", position + 1) < 0) {
		modem->name = NULL;
		reader->out_of_memory = true;
	}
}

static char *const *text_at(const struct config_modem *modem, size_t offset)
{
	return (char *const *)(const void *)((const char *)modem + offset);
}

static void check_modem_is_new(struct config_reader *reader, const config_setting_t *setting,
			       size_t position)
{
	static const struct {
		const char *name;
		size_t offset;
	} identities[] = {
		{ "imei", offsetof(struct config_modem, imei) },
		{ "imsi", offsetof(struct config_modem, imsi) },
		{ "iccid", offsetof(struct config_modem, iccid) },
		{ "usb_path", offsetof(struct config_modem, usb_path) },
	};
	const struct config_modem *modem = &reader->config->modems[position];

	for (const struct config_modem *other = reader->config->modems; other < modem; other++) {
		if (modem->name && other->name && strcmp(modem->name, other->name) == 0)
			config_complain(
				reader, setting,
				"The modem of line %u is called \"%s\" as well: give this one "
				"another name.",
				other->line, other->name);
		if (modem->device && other->device && strcmp(modem->device, other->device) == 0)
			config_complain(reader, setting,
					"The modem of line %u has the device %s as well: a device "
					"has room for one modem.",
					other->line, other->device);
		for (size_t i = 0; i < ARRAY_SIZE(identities); i++) {
			const char *mine = *text_at(modem, identities[i].offset);
			const char *others = *text_at(other, identities[i].offset);

			if (mine && others && strcmp(mine, others) == 0)
				config_complain(reader, setting,
						"The modem of line %u has the %s %s as well.",
						other->line, identities[i].name, mine);
		}
	}
}

static void read_modems(struct config_reader *reader, const struct config_key *key,
			const config_setting_t *setting, void *target)
{
	struct config *config = target;
	unsigned count;

	if (config_setting_type(setting) != CONFIG_TYPE_LIST) {
		config_complain(reader, setting,
				"modems must be a list in round brackets: modems: ( { name = "
				"\"north\"; device = \"/dev/…\"; } );");
		return;
	}
	count = (unsigned)config_setting_length(setting);
	if (count > CONFIG_MODEMS_MAX) {
		config_complain(reader, setting,
				"There are %u modems, one bridge drives at most %d.", count,
				CONFIG_MODEMS_MAX);
		return;
	}
	if (count == 0)
		return;
	config->modems = calloc(count, sizeof(*config->modems));
	if (!config->modems) {
		reader->out_of_memory = true;
		return;
	}
	config->modem_count = count;
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *modem = config_setting_get_elem(setting, i);
		read_modem(reader, key, modem, i);
		check_modem_is_new(reader, modem, i);
	}
}

/* ---- the tables */

#define TARGET(member) .offset = offsetof(struct config, member)
#define MODEM_TARGET(member) .offset = offsetof(struct config_modem, member)

static const char *const none_later[] = { NULL };

static const struct config_key api_keys[] = {
	{ "socket", value_read_socket, TARGET(api.socket) },
};
static const struct config_group api_group = { "api", api_keys, ARRAY_SIZE(api_keys), none_later };

#define PARTS_MOST 1000000
static const struct config_key quota_keys[] = {
	{ "parts_per_minute", value_read_unsigned, MODEM_TARGET(quota.parts_per_minute), 1,
	  PARTS_MOST },
	{ "parts_per_hour", value_read_unsigned, MODEM_TARGET(quota.parts_per_hour), 1,
	  PARTS_MOST },
	{ "parts_per_day", value_read_unsigned, MODEM_TARGET(quota.parts_per_day), 1, PARTS_MOST },
	{ "parts_per_month", value_read_unsigned, MODEM_TARGET(quota.parts_per_month), 1,
	  PARTS_MOST },
	{ "recipients_per_month", value_read_unsigned, MODEM_TARGET(quota.recipients_per_month), 1,
	  PARTS_MOST },
	{ "reset_day", value_read_unsigned, MODEM_TARGET(quota.reset_day), 1, 28 },
};
static const struct config_group quota_group = { "quota", quota_keys, ARRAY_SIZE(quota_keys),
						 none_later };

static const struct config_key balance_keys[] = {
	{ "code", value_read_ussd_code, MODEM_TARGET(balance.code) },
	{ "pattern", value_read_pattern, MODEM_TARGET(balance.pattern) },
	{ "every_hours", value_read_unsigned, MODEM_TARGET(balance.every_hours), 1, 744 },
	{ "decimals", value_read_unsigned, MODEM_TARGET(balance.decimals), 2, 3 },
	{ "low", value_read_amount, MODEM_TARGET(balance.low) },
};
static const struct config_group balance_group = { "balance", balance_keys,
						   ARRAY_SIZE(balance_keys), none_later };

static const struct config_key modem_keys[] = {
	{ "name", value_read_modem_name, MODEM_TARGET(name) },
	{ "device", value_read_device, MODEM_TARGET(device) },
	{ "speed", value_read_speed, MODEM_TARGET(speed) },
	{ "number", value_read_own_number, MODEM_TARGET(number) },
	{ "pin_file", value_read_pin_file, MODEM_TARGET(pin) },
	{ "imei", value_read_identity, MODEM_TARGET(imei), 14, 16 },
	{ "imsi", value_read_identity, MODEM_TARGET(imsi), 6, 15 },
	{ "iccid", value_read_identity, MODEM_TARGET(iccid), 18, 20 },
	{ "usb_path", value_read_usb_path, MODEM_TARGET(usb_path) },
	{ "prefixes", value_read_prefixes, MODEM_TARGET(prefixes) },
	{ "price", value_read_unsigned, MODEM_TARGET(price), 0, PARTS_MOST },
	{ "quota", read_group, .group = &quota_group },
	{ "balance", read_group, .group = &balance_group },
};
static const struct config_group modem_group = { "modems", modem_keys, ARRAY_SIZE(modem_keys),
						 none_later };

static const struct config_key self_test_keys[] = {
	{ "every_hours", value_read_unsigned, TARGET(self_test_hours), 1, 744 },
};
static const struct config_group self_test_group = { "self_test", self_test_keys,
						     ARRAY_SIZE(self_test_keys), none_later };

static const struct config_key delivery_keys[] = {
	{ "ttl_hours", value_read_unsigned, TARGET(delivery.ttl_hours), 1, TTL_HOURS_MOST },
	{ "unknown_minutes", value_read_unsigned, TARGET(delivery.unknown_minutes), 1,
	  UNKNOWN_MINUTES_MOST },
	{ "max_parts", value_read_unsigned, TARGET(delivery.max_parts), 1, 255 },
	{ "on_unknown", value_read_on_unknown, TARGET(delivery.on_unknown) },
};
static const char *const delivery_later[] = { "ip_ack_seconds", "quiet_hours", NULL };
static const struct config_group delivery_group = { "delivery", delivery_keys,
						    ARRAY_SIZE(delivery_keys), delivery_later };

static const struct config_key retention_keys[] = {
	{ "text_days", value_read_unsigned, TARGET(retention.text_days), 1, RETENTION_DAYS_MOST },
	{ "record_days", value_read_unsigned, TARGET(retention.record_days), 1,
	  RETENTION_DAYS_MOST },
};
static const struct config_group retention_group = { "retention", retention_keys,
						     ARRAY_SIZE(retention_keys), none_later };

static const struct config_key log_keys[] = {
	{ "level", value_read_level, TARGET(log.level) },
	{ "show_numbers", value_read_flag, TARGET(log.show_numbers) },
};
static const struct config_group log_group = { "log", log_keys, ARRAY_SIZE(log_keys), none_later };

static const struct config_key root_keys[] = {
	{ "state_directory", value_read_path, TARGET(state_directory) },
	{ "country_code", value_read_country_code, TARGET(country_code) },
	{ "trunk_prefix", value_read_trunk_prefix, TARGET(trunk_prefix) },
	{ "api", read_group, .group = &api_group },
	{ "delivery", read_group, .group = &delivery_group },
	{ "retention", read_group, .group = &retention_group },
	{ "log", read_group, .group = &log_group },
	{ "modem_discovery", value_read_flag, TARGET(modem_discovery) },
	{ "self_test", read_group, .group = &self_test_group },
	/* Their numbers need the country code. */
	{ "modems", read_modems, .group = &modem_group, .late = true },
};
static const char *const root_later[] = { "operator", "presence", "hooks", NULL };
static const struct config_group root_group = { NULL, root_keys, ARRAY_SIZE(root_keys),
						root_later };

void config_read_root(struct config_reader *reader, const config_setting_t *root)
{
	read_members(reader, &root_group, root, reader->config);
}
