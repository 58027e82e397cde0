/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whom or what an item is about depends on its kind: the recipient, the modem, an SMS that came in.
 */
#include "bridge/cli/attention.h"

#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/cli/cli.h"
#include "bridge/cli/display.h"
#include "bridge/cli/times.h"

static void cleanup_table(struct table **table)
{
	table_free(*table);
}

static const char *find_first(const json_t *item, const char *const *keys)
{
	for (; *keys; keys++) {
		const char *text = cli_text(item, *keys);

		if (text && *text)
			return text;
	}
	return NULL;
}

static const char *const about_keys[] = { "recipient", "modem", NULL };
static const char *const object_keys[] = { "message", "inbound", NULL };

void attention_print_table(const json_t *items, FILE *stream)
{
	static const struct table_column columns[] = {
		{ "ID", false, false },    { "SINCE", false, false },   { "KIND", false, false },
		{ "ABOUT", false, true },  { "MESSAGE", false, false }, { "DONE", false, false },
		{ "REASON", false, true },
	};
	CLEANUP(cleanup_table) struct table *table = table_new(columns, ARRAY_SIZE(columns));
	char when[TIMES_TEXT_SIZE];
	json_t *item;
	size_t i;

	if (!table)
		return;
	json_array_foreach(items, i, item) {
		bool done = cli_moment(item, "doneAt") != 0;

		table_add(table, TABLE_PLAIN, cli_text(item, "id"));
		table_add(table, TABLE_FAINT, cli_when(item, "at", when));
		table_add(table, done ? TABLE_FAINT : TABLE_BAD, cli_text(item, "kind"));
		table_add(table, TABLE_PLAIN, find_first(item, about_keys));
		table_add(table, TABLE_PLAIN, find_first(item, object_keys));
		table_add(table, TABLE_FAINT, done ? "done" : NULL);
		table_add(table, TABLE_PLAIN, cli_text(item, "reason"));
	}
	table_print(table, stream, table_look_of(stream));
}

static void print_word(FILE *stream, const char *before, const char *word)
{
	CLEANUP_FREE char *safe = word && *word ? display_escape(word, strlen(word)) : NULL;

	if (safe)
		fprintf(stream, "%s%s", before, safe);
}

void attention_print_brief(const json_t *item, FILE *stream)
{
	bool colour = table_look_of(stream).colour, done = cli_moment(item, "doneAt") != 0;
	enum table_style style = done ? TABLE_FAINT : TABLE_BAD;

	fputs(table_style_on(style, colour), stream);
	print_word(stream, "", cli_text(item, "kind"));
	fputs(table_style_off(style, colour), stream);
	print_word(stream, "  ", find_first(item, about_keys));
	print_word(stream, "  ", find_first(item, object_keys));
	if (done)
		fputs("  done", stream);
	print_word(stream, ": ", cli_text(item, "reason"));
}
