/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Profiles: a file of libconfig into struct quirks, by tables of keys.  Everything in the file is
 * checked, for a misspelt quirk would be one that no test meets.
 */
#include <ctype.h>
#include <libconfig.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/cell/quirks.h"

#define COUNT_MOST 600000

struct reader {
	const char *name;
	char *why;
};

struct key {
	const char *name;
	/* Takes the setting into target; -1 after a complaint. */
	int (*take)(struct reader *reader, const config_setting_t *setting, const struct key *key,
		    void *target);
	size_t offset;
	/* A text: its size; a number: its most; a list of groups: the size of one. */
	size_t size;
	/* The words that a text may be, by their index when `take` is take_word; NULL: any. */
	const char *const *words;
	/* The keys of a group, and where a list's length is kept. */
	const struct key *keys;
	size_t count_offset, count_most;
};

__attribute__((format(printf, 3, 4))) static int
complain(struct reader *reader, const config_setting_t *setting, const char *format, ...)
{
	unsigned line = config_setting_source_line(setting);
	va_list arguments;
	int used;

	used = snprintf(reader->why, PROFILE_WHY_SIZE, "%.64s.conf:%u: ", reader->name, line);
	va_start(arguments, format);
	vsnprintf(reader->why + used, PROFILE_WHY_SIZE - (size_t)used, format, arguments);
	va_end(arguments);
	return -1;
}

/* ---- single values */

static int word_index(const char *const *words, const char *text)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return -1;
}

static const char *text_of(struct reader *reader, const config_setting_t *setting,
			   const struct key *key)
{
	const char *text = config_setting_get_string(setting);

	if (!text)
		complain(reader, setting, "\"%s\" must be a text in quotes", key->name);
	else if (key->words && word_index(key->words, text) < 0)
		complain(reader, setting, "\"%s\" can't be \"%.20s\"", key->name, text);
	else
		return text;
	return NULL;
}

static int take_text(struct reader *reader, const config_setting_t *setting, const struct key *key,
		     void *target)
{
	const char *text = text_of(reader, setting, key);

	if (!text)
		return -1;
	if (strlen(text) >= key->size)
		return complain(reader, setting, "\"%s\" is longer than %zu bytes", key->name,
				key->size - 1);
	memcpy(target, text, strlen(text) + 1);
	return 0;
}

/* Commands are compared as they are written, so they are written as programs write them. */
static int take_command(struct reader *reader, const config_setting_t *setting,
			const struct key *key, void *target)
{
	const char *text = text_of(reader, setting, key);

	if (!text)
		return -1;
	if (strncmp(text, "AT", 2) != 0)
		return complain(reader, setting, "\"%s\" must begin with AT", key->name);
	return take_text(reader, setting, key, target);
}

static int take_word(struct reader *reader, const config_setting_t *setting, const struct key *key,
		     void *target)
{
	const char *text = text_of(reader, setting, key);

	if (!text)
		return -1;
	*(unsigned *)target = (unsigned)word_index(key->words, text);
	return 0;
}

static int take_count(struct reader *reader, const config_setting_t *setting, const struct key *key,
		      void *target)
{
	int number = config_setting_get_int(setting);

	if (config_setting_type(setting) != CONFIG_TYPE_INT || number < 0 ||
	    (size_t)number > key->size)
		return complain(reader, setting, "\"%s\" must be a number from 0 to %zu", key->name,
				key->size);
	*(unsigned *)target = (unsigned)number;
	return 0;
}

static int take_flag(struct reader *reader, const config_setting_t *setting, const struct key *key,
		     void *target)
{
	if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
		return complain(reader, setting, "\"%s\" must be true or false", key->name);
	*(bool *)target = config_setting_get_bool(setting);
	return 0;
}

/* ---- groups and lists */

static const config_setting_t *element(const config_setting_t *list, unsigned index)
{
	return config_setting_get_elem(list, index);
}

static int read_group(struct reader *reader, const config_setting_t *group, const struct key *keys,
		      void *base)
{
	for (unsigned i = 0; i < (unsigned)config_setting_length(group); i++) {
		const config_setting_t *setting = element(group, i);
		const struct key *key = keys;

		while (key->name && strcmp(key->name, config_setting_name(setting)) != 0)
			key++;
		if (!key->name)
			return complain(reader, setting, "there is no key \"%.40s\"",
					config_setting_name(setting));
		if (key->take(reader, setting, key, (char *)base + key->offset) < 0)
			return -1;
	}
	return 0;
}

static int take_group(struct reader *reader, const config_setting_t *setting, const struct key *key,
		      void *target)
{
	if (!config_setting_is_group(setting))
		return complain(reader, setting, "\"%s\" must be a group in { }", key->name);
	return read_group(reader, setting, key->keys, target);
}

static bool holds_list(const config_setting_t *setting)
{
	return config_setting_is_list(setting) || config_setting_is_array(setting);
}

/* Each element is a group, or the text alone where that is the whole of it. */
static int take_list(struct reader *reader, const config_setting_t *setting, const struct key *key,
		     void *target)
{
	size_t *count = (size_t *)(void *)((char *)target - key->offset + key->count_offset);
	unsigned length = (unsigned)config_setting_length(setting);

	if (!holds_list(setting) || length > key->count_most)
		return complain(reader, setting, "\"%s\" must be a list of at most %zu", key->name,
				key->count_most);
	for (unsigned i = 0; i < length; i++) {
		const config_setting_t *item = element(setting, i);
		void *base = (char *)target + i * key->size;

		if (config_setting_is_group(item)) {
			if (read_group(reader, item, key->keys, base) < 0)
				return -1;
		} else if (key->keys->take(reader, item, key->keys,
					   (char *)base + key->keys->offset) < 0) {
			return -1;
		}
		*count = i + 1;
	}
	return 0;
}

/* The lines of an answer, put together as the modem says them. */
static int take_lines(struct reader *reader, const config_setting_t *setting, const struct key *key,
		      void *target)
{
	char *at = target, *end = at + key->size;

	if (!holds_list(setting))
		return complain(reader, setting, "\"%s\" must be a list of texts", key->name);
	for (unsigned i = 0; i < (unsigned)config_setting_length(setting); i++) {
		const char *text = text_of(reader, element(setting, i), key);
		int size;

		if (!text)
			return -1;
		size = snprintf(at, (size_t)(end - at), "%s%s", i > 0 ? "\r\n" : "", text);
		if (size >= end - at)
			return complain(reader, setting, "\"%s\" is longer than %zu bytes",
					key->name, key->size - 1);
		at += size;
	}
	return 0;
}

/* As `indications` of struct quirks: five texts of digits. */
static int take_indications(struct reader *reader, const config_setting_t *setting,
			    const struct key *key, void *target)
{
	char(*values)[8] = target;

	if (!holds_list(setting) || config_setting_length(setting) != 5)
		return complain(reader, setting, "\"%s\" must be a list of five", key->name);
	for (unsigned i = 0; i < 5; i++) {
		if (take_text(reader, element(setting, i), key, values[i]) < 0)
			return -1;
		if (values[i][strspn(values[i], "0123456789")])
			return complain(reader, setting, "\"%s\" must be digits", key->name);
	}
	return 0;
}

/* ---- the keys */

static const char *const echo_words[] = { "obeys", "never", "always", NULL };
static const char *const header_words[] = { "standard", "short", "quoted", NULL };
static const char *const ussd_words[] = { "text", "ucs2", "packed", "hex", NULL };
static const char *const centre_words[] = { "ucs2", "empty", NULL };
static const char *const store_words[] = { "SM", "ME", "SR", "MT", NULL };

#define FIELD(type, field) .name = #field, .offset = offsetof(struct type, field)
#define SIZE(type, field) sizeof(((struct type *)NULL)->field)
#define TEXT(type, field)                                                                          \
	{                                                                                          \
		FIELD(type, field), .take = take_text, .size = SIZE(type, field)                   \
	}
#define COMMAND(type, field)                                                                       \
	{                                                                                          \
		FIELD(type, field), .take = take_command, .size = SIZE(type, field)                \
	}
#define WORD(field, words_)                                                                        \
	{                                                                                          \
		FIELD(quirks, field), .take = take_word, .words = (words_)                         \
	}
#define COUNT(type, field, most)                                                                   \
	{                                                                                          \
		FIELD(type, field), .take = take_count, .size = (most)                             \
	}
#define FLAG(field)                                                                                \
	{                                                                                          \
		FIELD(quirks, field), .take = take_flag                                            \
	}
#define STORE(type, field)                                                                         \
	{                                                                                          \
		FIELD(type, field), .take = take_text, .size = SIZE(type, field),                  \
				    .words = store_words                                           \
	}
#define LIST(field, type, count, most, keys_)                                                      \
	{                                                                                          \
		FIELD(quirks, field), .take = take_list, .size = sizeof(struct type),              \
				      .keys = (keys_), .count_most = (most),                       \
				      .count_offset = offsetof(struct quirks, count)               \
	}
#define DOMAIN(word, take_, field, size_)                                                          \
	{                                                                                          \
		.name = (word), .take = (take_), .size = (size_), .offset = (field)                \
	}

static const struct key line_keys[] = {
	TEXT(quirk_line, text), /* first: a line may be its text alone */
	COUNT(quirk_line, after_ms, COUNT_MOST),
	{ 0 },
};

static const struct key reply_keys[] = {
	COMMAND(quirk_reply, command),
	{ FIELD(quirk_reply, lines), .take = take_lines, .size = SIZE(quirk_reply, lines) },
	TEXT(quirk_reply, final),
	COUNT(quirk_reply, times, COUNT_MOST),
	TEXT(quirk_reply, until),
	COMMAND(quirk_reply, after),
	COUNT(quirk_reply, delay_ms, COUNT_MOST),
	{ 0 },
};

static const struct key store_keys[] = {
	STORE(quirk_store, name),
	COUNT(quirk_store, size, 255),
	{ 0 },
};

static const struct key silent_keys[] = {
	DOMAIN("CREG", take_flag, 0, 0),
	DOMAIN("CGREG", take_flag, sizeof(bool), 0),
	DOMAIN("CEREG", take_flag, 2 * sizeof(bool), 0),
	{ 0 },
};

#define DOMAIN_SIZE SIZE(quirks, domain_name[0])

static const struct key domain_keys[] = {
	DOMAIN("CREG", take_text, 0, DOMAIN_SIZE),
	DOMAIN("CGREG", take_text, DOMAIN_SIZE, DOMAIN_SIZE),
	DOMAIN("CEREG", take_text, 2 * DOMAIN_SIZE, DOMAIN_SIZE),
	{ 0 },
};

static const struct key profile_keys[] = {
	TEXT(quirks, family),
	TEXT(quirks, manufacturer),
	TEXT(quirks, model),
	TEXT(quirks, firmware),
	WORD(echo, echo_words),
	COUNT(quirks, blank_lines, 8),
	TEXT(quirks, prompt),
	TEXT(quirks, unknown),
	FLAG(errors_in_words),
	FLAG(glue),
	LIST(boot, quirk_line, boot_count, QUIRK_LINES_MAX, line_keys),
	LIST(chatter, quirk_line, chatter_count, QUIRK_LINES_MAX, line_keys),
	LIST(replies, quirk_reply, reply_count, QUIRK_LINES_MAX, reply_keys),
	LIST(stores, quirk_store, store_count, QUIRK_STORES_MAX, store_keys),
	STORE(quirks, incoming),
	STORE(quirks, reports),
	COUNT(quirks, first_index, 1),
	STORE(quirks, report_memory),
	COUNT(quirks, report_index, 255),
	WORD(read_header, header_words),
	WORD(list_header, header_words),
	COUNT(quirks, length_excess, 140),
	FLAG(empty_ok),
	{ FIELD(quirks, centre_form), .take = take_text, .size = SIZE(quirks, centre_form),
	  .words = centre_words },
	{ FIELD(quirks, indications), .take = take_indications,
	  .size = SIZE(quirks, indications[0]) },
	COUNT(quirks, indications_error, 999),
	FLAG(direct_reports),
	FLAG(shown_twice),
	{ FIELD(quirks, silent_domain), .take = take_group, .keys = silent_keys },
	{ FIELD(quirks, domain_name), .take = take_group, .keys = domain_keys },
	TEXT(quirks, domain_tail),
	WORD(ussd, ussd_words),
	COMMAND(quirks, ussd_before),
	COUNT(quirks, send_ms, COUNT_MOST),
	FLAG(stuck_prompt),
	{ 0 },
};

/* ---- the whole */

static bool store_known(const struct quirks *quirks, const char *name)
{
	if (name[0] == '\0')
		return true;
	for (size_t i = 0; i < quirks->store_count; i++)
		if (strcmp(quirks->stores[i].name, name) == 0)
			return true;
	return quirks->store_count == 0 && strcmp(name, "SM") == 0;
}

static bool moment_known(const struct quirks *quirks, const char *until)
{
	if (until[0] == '\0' || strncmp(until, "AT", 2) == 0)
		return true;
	for (size_t i = 0; i < quirks->boot_count; i++)
		if (strcmp(quirks->boot[i].text, until) == 0)
			return true;
	return false;
}

/* What no single value shows to be wrong. */
static int check_whole(struct reader *reader, const config_setting_t *root,
		       const struct quirks *quirks)
{
	if (!quirks->family[0] || !quirks->manufacturer[0] || !quirks->model[0])
		return complain(reader, root, "family, manufacturer and model are needed");
	if (!store_known(quirks, quirks->incoming) || !store_known(quirks, quirks->reports))
		return complain(reader, root, "incoming and reports must be among the stores");
	for (size_t i = 0; i < quirks->store_count; i++)
		if (!quirks->stores[i].name[0] || quirks->stores[i].size == 0)
			return complain(reader, root, "a store needs a name and a size");
	for (size_t i = 0; i < quirks->reply_count; i++) {
		if (!quirks->replies[i].command[0])
			return complain(reader, root, "a reply needs a command");
		if (!moment_known(quirks, quirks->replies[i].until))
			return complain(reader, root, "no boot line is \"%s\"",
					quirks->replies[i].until);
	}
	return 0;
}

static bool name_valid(const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
			return false;
	return size > 0 && size < QUIRK_NAME_SIZE;
}

static int read_file(struct reader *reader, config_t *config, const char *path)
{
	if (config_read_file(config, path))
		return 0;
	if (config_error_type(config) == CONFIG_ERR_FILE_IO)
		snprintf(reader->why, PROFILE_WHY_SIZE, "%.100s can't be read", path);
	else
		snprintf(reader->why, PROFILE_WHY_SIZE, "%s.conf:%d: %s", reader->name,
			 config_error_line(config), config_error_text(config));
	return -1;
}

int profile_load(const char *directory, const char *name, struct quirks *ret,
		 char why[static PROFILE_WHY_SIZE])
{
	struct reader reader = { .name = name, .why = why };
	struct quirks quirks = QUIRKS_NONE;
	char path[PATH_MAX];
	config_t config;
	int r;

	if (!name_valid(name)) {
		snprintf(why, PROFILE_WHY_SIZE, "no profile can be called \"%.40s\"", name);
		return -1;
	}
	if (snprintf(path, sizeof(path), "%s/%s.conf", directory, name) >= (int)sizeof(path)) {
		snprintf(why, PROFILE_WHY_SIZE, "the path of %s is too long", name);
		return -1;
	}
	config_init(&config);
	r = read_file(&reader, &config, path);
	if (r == 0)
		r = read_group(&reader, config_root_setting(&config), profile_keys, &quirks);
	if (r == 0)
		r = check_whole(&reader, config_root_setting(&config), &quirks);
	config_destroy(&config);
	if (r == 0)
		*ret = quirks;
	return r;
}
