/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One modem in full shows whatever the daemon tells, member by member, so that nothing new is hidden.
 */
#include "bridge/cli/modem.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/cli/cli.h"
#include "bridge/cli/display.h"
#include "bridge/cli/times.h"

#define LABEL_SIZE 48

static void cleanup_table(struct table **table)
{
	table_free(*table);
}

/* A figure, or an empty cell when it is not known. */
static void add_figure(struct table *table, const json_t *modem, const char *key, const char *unit)
{
	const json_t *figure = json_object_get(modem, key);

	if (json_is_integer(figure))
		table_addf(table, TABLE_PLAIN, "%" PRId64 "%s", (int64_t)json_integer_value(figure),
			   unit);
	else
		table_add(table, TABLE_PLAIN, NULL);
}

void modem_print_table(const json_t *modems, FILE *stream)
{
	static const struct table_column columns[] = {
		{ "MODEM", false, false },     { "STATE", false, false },
		{ "SIGNAL", true, false },     { "OPERATOR", false, true },
		{ "NUMBER", false, false },    { "TODAY", true, false },
		{ "LAST SENT", false, false }, { "REASON", false, true },
	};
	CLEANUP(cleanup_table) struct table *table = table_new(columns, ARRAY_SIZE(columns));
	char when[TIMES_TEXT_SIZE];
	json_t *modem;
	size_t i;

	if (!table)
		return;
	json_array_foreach(modems, i, modem) {
		const char *state = cli_text(modem, "state");

		table_add(table, TABLE_PLAIN, cli_text(modem, "name"));
		table_add(table, cli_state_style(state), state);
		add_figure(table, modem, "signalPercent", " %");
		table_add(table, TABLE_PLAIN, cli_text(modem, "operator"));
		table_add(table, TABLE_PLAIN, cli_text(modem, "number"));
		add_figure(table, modem, "partsToday", "");
		table_add(table, TABLE_PLAIN, cli_when(modem, "lastSentAt", when));
		table_add(table, TABLE_PLAIN, cli_text(modem, "reason"));
	}
	table_print(table, stream, table_look_of(stream));
}

/* "signalPercent" becomes "signal percent". */
static void make_label(const char *key, char label[static LABEL_SIZE])
{
	size_t at = 0;

	for (; *key && at + 2 < LABEL_SIZE; key++) {
		if (isupper((unsigned char)*key) && at)
			label[at++] = ' ';
		label[at++] = (char)tolower((unsigned char)*key);
	}
	label[at] = '\0';
}

static void print_value(FILE *stream, const char *key, const json_t *value)
{
	size_t length = strlen(key);
	CLEANUP_FREE char *text = NULL;
	char moment[TIMES_TEXT_SIZE];
	int64_t at;

	if (json_is_string(value) && length > 2 && !strcmp(key + length - 2, "At") &&
	    clock_parse(json_string_value(value), &at) == 0) {
		fprintf(stream, "%s\n", times_show_full(at, moment));
	} else if (json_is_string(value)) {
		text = display_escape(json_string_value(value), json_string_length(value));
		fprintf(stream, "%s\n", text ? text : "");
	} else if (json_is_boolean(value)) {
		fprintf(stream, "%s\n", json_is_true(value) ? "yes" : "no");
	} else {
		text = json_dumps(value, JSON_ENCODE_ANY);
		fprintf(stream, "%s\n", text ? text : "");
	}
}

void modem_print_full(json_t *modem, FILE *stream)
{
	char label[LABEL_SIZE];
	const char *key;
	json_t *value;

	json_object_foreach(modem, key, value) {
		if (json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
			continue;
		make_label(key, label);
		fprintf(stream, "%-16s", label);
		print_value(stream, key, value);
	}
}
