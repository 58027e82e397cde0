/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The body of POST /v1/messages, read by a table of fields.  What the fields mean is core/submit.c's
 * affair; here only their types are checked.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/api/json.h"
#include "bridge/base/cleanup.h"

enum field_type {
	FIELD_STRING, /* no NUL inside */
	FIELD_TEXT,
	FIELD_STRINGS,
	FIELD_POSITIVE,
	FIELD_INTEGER,
	FIELD_BOOLEAN,
};

static const char *type_words(enum field_type type)
{
	switch (type) {
	case FIELD_STRING:
	case FIELD_TEXT:
		return "a string";
	case FIELD_STRINGS:
		return "a list of strings";
	case FIELD_POSITIVE:
		return "a whole number above 0";
	case FIELD_INTEGER:
		return "a whole number";
	case FIELD_BOOLEAN:
		return "true or false";
	}
	return "something else";
}

struct field {
	const char *name;
	enum field_type type;
	size_t offset, size_offset;
};

#define AT(member) offsetof(struct submit_request, member)

static const struct field fields[] = {
	{ "id", FIELD_STRING, AT(id), 0 },
	{ "text", FIELD_TEXT, AT(text), AT(text_size) },
	{ "to", FIELD_STRINGS, AT(to), AT(to_count) },
	{ "from", FIELD_STRING, AT(from), 0 },
	{ "channel", FIELD_STRING, AT(channel), 0 },
	{ "scheduleAt", FIELD_STRING, AT(schedule_at), 0 },
	{ "ttl", FIELD_POSITIVE, AT(ttl_seconds), 0 },
	{ "validUntil", FIELD_STRING, AT(valid_until), 0 },
	{ "priority", FIELD_INTEGER, AT(priority), 0 },
	{ "smsText", FIELD_TEXT, AT(sms_text), AT(sms_text_size) },
	{ "confidential", FIELD_BOOLEAN, AT(confidential), 0 },
	{ "onUnknown", FIELD_STRING, AT(on_unknown), 0 },
	{ "dryRun", FIELD_BOOLEAN, AT(dry_run), 0 },
	{ "allowPartial", FIELD_BOOLEAN, AT(allow_partial), 0 },
};

static bool is_plain_string(const json_t *value)
{
	return json_is_string(value) &&
	       strlen(json_string_value(value)) == json_string_length(value);
}

/* Returns 1, 0 for another type, -ENOMEM. */
static int take_strings(const json_t *value, const char ***ret_list, size_t *ret_count)
{
	CLEANUP_FREE const char **list = NULL;
	size_t count = json_array_size(value);

	if (!json_is_array(value))
		return 0;
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (!is_plain_string(json_array_get(value, i)))
			return 0;
		list[i] = json_string_value(json_array_get(value, i));
	}
	*ret_list = TAKE_PTR(list);
	*ret_count = count;
	return 1;
}

/* Returns 1, 0 for another type, -ENOMEM. */
static int take_field(const struct field *field, const json_t *value,
		      struct submit_request *request)
{
	void *target = (char *)request + field->offset;
	void *size = (char *)request + field->size_offset;

	switch (field->type) {
	case FIELD_STRING:
		if (!is_plain_string(value))
			return 0;
		*(const char **)target = json_string_value(value);
		return 1;
	case FIELD_TEXT:
		if (!json_is_string(value))
			return 0;
		*(const char **)target = json_string_value(value);
		*(size_t *)size = json_string_length(value);
		return 1;
	case FIELD_STRINGS:
		return take_strings(value, target, size);
	case FIELD_POSITIVE:
	case FIELD_INTEGER:
		if (!json_is_integer(value) ||
		    (field->type == FIELD_POSITIVE && json_integer_value(value) <= 0))
			return 0;
		*(int64_t *)target = json_integer_value(value);
		return 1;
	case FIELD_BOOLEAN:
		if (!json_is_boolean(value))
			return 0;
		*(bool *)target = json_is_true(value);
		return 1;
		break;
	}
	return 0;
}

static const struct field *field_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

static int refuse_unknown(const char *name, struct refusal *refusal)
{
	char known[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fields) && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
					 i > 0 ? ", " : "", fields[i].name);
	return refuse(refusal, 400, "UnknownField", "A message has no field \"%.60s\"; it has: %s.",
		      name, known);
}

static int refuse_syntax(const json_error_t *error, struct refusal *refusal)
{
	switch (json_error_code(error)) {
	case json_error_invalid_utf8:
		return refuse(refusal, 400, "InvalidText",
			      "The request is not UTF-8; convert it, for example with iconv.");
	case json_error_duplicate_key:
		return refuse(refusal, 400, "InvalidJson", "The request names a field twice.");
	default: /* jansson's own list, which may grow */
		return refuse(refusal, 400, "InvalidJson",
			      "The request is not JSON (%.160s, line %d, column %d).", error->text,
			      error->line, error->column);
	}
}

int json_read_submit(const char *body, size_t size, json_t **ret_object,
		     struct submit_request *ret_request, struct refusal *refusal)
{
	json_error_t error;
	const char *name;
	json_t *value;

	*ret_request = (struct submit_request){ 0 };
	*ret_object =
		json_loadb(body ? body : "", size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
	if (!*ret_object)
		return refuse_syntax(&error, refusal);
	if (!json_is_object(*ret_object))
		return refuse(refusal, 400, "InvalidJson",
			      "The request is a JSON object: {\"to\":[…],\"text\":…}.");
	json_object_foreach(*ret_object, name, value) {
		const struct field *field = field_find(name);
		int r;

		if (!field)
			return refuse_unknown(name, refusal);
		if (json_is_null(value))
			continue;
		r = take_field(field, value, ret_request);
		if (r < 0)
			return r;
		if (r == 0)
			return refuse(refusal, 400, "InvalidField", "\"%s\" is %s.", name,
				      type_words(field->type));
	}
	return 0;
}
