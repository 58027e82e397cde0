/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads the objects that interfaces.md promises; a member that is missing is left out.
 */
#include "bridge/cli/message.h"

#include <inttypes.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/cli/cli.h"
#include "bridge/cli/display.h"
#include "bridge/cli/times.h"

static void cleanup_table(struct table **table)
{
	table_free(*table);
}

char *message_recipients(const json_t *message)
{
	json_t *recipients = json_object_get(message, "recipients");
	const char *first = cli_text(json_array_get(recipients, 0), "to");
	size_t count = json_array_size(recipients);
	char *text;
	int r;

	if (count > 1)
		r = asprintf(&text, "%s and %zu more", first ? first : "?", count - 1);
	else
		r = asprintf(&text, "%s", first ? first : "?");
	return r < 0 ? NULL : text;
}

void message_print_brief(const json_t *message, FILE *stream)
{
	bool colour = table_look_of(stream).colour;
	const char *state = cli_text(message, "state"), *id = cli_text(message, "id");
	CLEANUP_FREE char *to = message_recipients(message);
	CLEANUP_FREE char *safe = NULL;
	enum table_style style = cli_state_style(state);

	if (to)
		safe = display_escape(to, strlen(to));
	fprintf(stream, "%s %s%s%s: %s\n", id ? id : "?", table_style_on(style, colour),
		state ? state : "?", table_style_off(style, colour), safe ? safe : "?");
}

static void print_field(FILE *stream, const char *name, const char *value)
{
	CLEANUP_FREE char *safe = value ? display_escape(value, strlen(value)) : NULL;

	if (safe && *safe)
		fprintf(stream, "%-12s%s\n", name, safe);
}

static void print_moment(FILE *stream, const char *name, const json_t *object, const char *key)
{
	int64_t at = cli_moment(object, key);
	char text[TIMES_TEXT_SIZE];

	if (at)
		print_field(stream, name, times_show_full(at, text));
}

static void print_body(FILE *stream, const char *name, const json_t *text)
{
	if (!json_is_string(text))
		return;
	fprintf(stream, "%s\n", name);
	cli_print_text(stream, "    ", json_string_value(text), json_string_length(text));
}

static void print_recipients(const json_t *recipients, FILE *stream)
{
	static const struct table_column columns[] = {
		{ "TO", false, false },       { "STATE", false, false },
		{ "VIA", false, true },       { "PARTS", true, false },
		{ "SENT", true, false },      { "CONFIRMED", true, false },
		{ "NEXT TRY", false, false }, { "REASON", false, true },
	};
	CLEANUP(cleanup_table) struct table *table = table_new(columns, ARRAY_SIZE(columns));
	char when[TIMES_TEXT_SIZE];
	json_t *recipient;
	size_t i;

	if (!table)
		return;
	json_array_foreach(recipients, i, recipient) {
		const char *state = cli_text(recipient, "state"),
			   *via = cli_text(recipient, "modem");
		bool again = json_is_true(json_object_get(recipient, "mayBeDuplicate"));

		table_add(table, TABLE_PLAIN, cli_text(recipient, "to"));
		table_addf(table, cli_state_style(state), "%s%s", state ? state : "?",
			   again ? " (perhaps twice)" : "");
		table_add(table, TABLE_PLAIN, via ? via : cli_text(recipient, "channel"));
		table_addf(table, TABLE_PLAIN, "%" PRId64, cli_integer(recipient, "parts"));
		table_addf(table, TABLE_PLAIN, "%" PRId64, cli_integer(recipient, "partsSent"));
		table_addf(table, TABLE_PLAIN, "%" PRId64,
			   cli_integer(recipient, "partsDelivered"));
		table_add(table, TABLE_PLAIN, cli_when(recipient, "nextAttemptAt", when));
		table_add(table, TABLE_PLAIN, cli_text(recipient, "reason"));
	}
	table_print(table, stream, table_look_of(stream));
}

static void add_attempts(struct table *table, const json_t *recipient)
{
	char when[TIMES_TEXT_SIZE];
	json_t *attempt;
	size_t i;

	json_array_foreach(json_object_get(recipient, "attempts"), i, attempt) {
		const char *state = cli_text(attempt, "state"), *modem = cli_text(attempt, "modem");
		json_t *reference = json_object_get(attempt, "reference");

		table_add(table, TABLE_PLAIN, cli_when(attempt, "at", when));
		table_add(table, TABLE_PLAIN, cli_text(recipient, "to"));
		table_addf(table, TABLE_PLAIN, "%" PRId64, cli_integer(attempt, "part"));
		table_add(table, cli_state_style(state), state);
		table_add(table, TABLE_PLAIN, modem ? modem : cli_text(attempt, "channel"));
		if (json_is_integer(reference) && json_integer_value(reference) >= 0)
			table_addf(table, TABLE_PLAIN, "%" PRId64,
				   (int64_t)json_integer_value(reference));
		else
			table_add(table, TABLE_PLAIN, NULL);
		table_add(table, TABLE_PLAIN, cli_text(attempt, "error"));
		table_add(table, TABLE_PLAIN, cli_text(attempt, "reason"));
	}
}

static void print_attempts(const json_t *recipients, FILE *stream)
{
	static const struct table_column columns[] = {
		{ "TRIED AT", false, false }, { "TO", false, false },
		{ "PART", true, false },      { "STATE", false, false },
		{ "VIA", false, true },       { "REFERENCE", true, false },
		{ "ERROR", false, false },    { "REASON", false, true },
	};
	CLEANUP(cleanup_table) struct table *table = table_new(columns, ARRAY_SIZE(columns));
	bool any = false;
	json_t *recipient;
	size_t i;

	if (!table)
		return;
	json_array_foreach(recipients, i, recipient) {
		any = any || json_array_size(json_object_get(recipient, "attempts"));
		add_attempts(table, recipient);
	}
	if (any)
		fputc('\n', stream);
	table_print(table, stream, table_look_of(stream));
}

void message_print_full(const json_t *message, FILE *stream)
{
	const json_t *recipients = json_object_get(message, "recipients");
	const json_t *priority = json_object_get(message, "priority");
	char number[24];

	print_field(stream, "message", cli_text(message, "id"));
	print_field(stream, "state", cli_text(message, "state"));
	print_field(stream, "channel", cli_text(message, "channel"));
	if (json_integer_value(priority)) {
		snprintf(number, sizeof(number), "%" PRId64, (int64_t)json_integer_value(priority));
		print_field(stream, "priority", number);
	}
	print_moment(stream, "created", message, "createdAt");
	if (cli_moment(message, "scheduleAt") > cli_moment(message, "createdAt"))
		print_moment(stream, "not before", message, "scheduleAt");
	print_moment(stream, "valid until", message, "validUntil");
	print_body(stream, "text", json_object_get(message, "text"));
	print_body(stream, "instead by SMS", json_object_get(message, "smsText"));
	fputc('\n', stream);
	print_recipients(recipients, stream);
	print_attempts(recipients, stream);
}

void message_print_plan(const json_t *plan, FILE *stream)
{
	int64_t parts = cli_integer(plan, "parts"), at = cli_moment(plan, "expectedAt");
	const char *alphabet = cli_text(plan, "alphabet"), *channel = cli_text(plan, "channel");
	const char *modem = cli_text(plan, "modem"), *reason = cli_text(plan, "reason");
	char number[24], when[TIMES_TEXT_SIZE];

	snprintf(number, sizeof(number), "%" PRId64, parts);
	print_field(stream, "parts", number);
	print_field(stream, "alphabet", alphabet);
	print_field(stream, "channel", channel);
	print_field(stream, "modem", modem ? modem : "none is ready");
	print_field(stream, "expected", at ? times_show_full(at, when) : "not known");
	print_field(stream, "reason", reason);
	fputs("Nothing was sent.\n", stream);
}

void message_print_table(const json_t *messages, FILE *stream)
{
	static const struct table_column columns[] = {
		{ "ID", false, false }, { "CREATED", false, false }, { "STATE", false, false },
		{ "TO", false, true },  { "TEXT", false, true },
	};
	CLEANUP(cleanup_table) struct table *table = table_new(columns, ARRAY_SIZE(columns));
	char when[TIMES_TEXT_SIZE];
	json_t *message;
	size_t i;

	if (!table)
		return;
	json_array_foreach(messages, i, message) {
		CLEANUP_FREE char *to = message_recipients(message);
		const char *state = cli_text(message, "state");

		table_add(table, TABLE_PLAIN, cli_text(message, "id"));
		table_add(table, TABLE_FAINT, cli_when(message, "createdAt", when));
		table_add(table, cli_state_style(state), state);
		table_add(table, TABLE_PLAIN, to);
		table_add(table, TABLE_PLAIN, cli_text(message, "text"));
	}
	table_print(table, stream, table_look_of(stream));
}
