/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One modem in full shows all that the daemon tells, in groups; what no group knows comes last, so
 * that nothing new is hidden.
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

static void add_operator(struct table *table, const json_t *modem)
{
	const char *name = cli_text(modem, "operator");

	if (json_is_true(json_object_get(modem, "roaming")))
		table_addf(table, TABLE_BUSY, "%s (roaming)", name ? name : "");
	else
		table_add(table, TABLE_PLAIN, name);
}

/* Today's; none is the rule and leaves the column out. */
static void add_failures(struct table *table, const json_t *modem)
{
	int64_t failed = cli_integer(modem, "failedToday");

	if (failed > 0)
		table_addf(table, TABLE_BAD, "%" PRId64, failed);
	else
		table_add(table, TABLE_PLAIN, NULL);
}

void modem_print_table(const json_t *modems, FILE *stream)
{
	static const struct table_column columns[] = {
		{ "MODEM", false, false },  { "STATE", false, false },
		{ "SIGNAL", true, false },  { "OPERATOR", false, true },
		{ "NUMBER", false, false }, { "TODAY", true, false },
		{ "FAILED", true, false },  { "LAST SENT", false, false },
		{ "BALANCE", true, false }, { "REASON", false, true },
		{ "TROUBLE", false, true },
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
		add_operator(table, modem);
		table_add(table, TABLE_PLAIN, cli_text(modem, "number"));
		add_figure(table, modem, "partsToday", "");
		add_failures(table, modem);
		table_add(table, TABLE_PLAIN, cli_when(modem, "lastSentAt", when));
		table_add(table, TABLE_PLAIN, cli_text(modem, "balance"));
		table_add(table, TABLE_PLAIN, cli_text(modem, "reason"));
		table_add(table, TABLE_BAD, cli_text(modem, "trouble"));
	}
	table_print(table, stream, table_look_of(stream));
}

/* ------------------------------------------------------------------ one */

struct row {
	const char *label, *key;
	const char *of;   /* the key of the whole of which this is a part; NULL */
	const char *unit; /* after a figure; NULL */
};

struct group {
	const char *title;
	const struct row *rows;
	size_t count;
};

static const struct row who[] = {
	{ "device", "device", NULL, NULL },        { "number", "number", NULL, NULL },
	{ "made by", "manufacturer", NULL, NULL }, { "model", "model", NULL, NULL },
	{ "firmware", "firmware", NULL, NULL },    { "IMEI", "imei", NULL, NULL },
	{ "SIM (ICCID)", "iccid", NULL, NULL },    { "IMSI", "imsi", NULL, NULL },
};
static const struct row network[] = {
	{ "operator", "operator", NULL, NULL },
	{ "registered", "registered", NULL, NULL },
	{ "registration", "registration", NULL, NULL },
	{ "roaming", "roaming", NULL, NULL },
	{ "signal", "signalPercent", NULL, " %" },
	{ "service centre", "serviceCentre", NULL, NULL },
};
static const struct row store[] = {
	{ "messages on SIM", "storeUsed", "storeSize", NULL },
};
static const struct row sending[] = {
	{ "parts today", "partsToday", NULL, NULL },
	{ "failed today", "failedToday", NULL, NULL },
	{ "failed lately", "recentFailed", "recentParts", NULL },
	{ "last sent", "lastSentAt", NULL, NULL },
	{ "last failure", "lastFailedAt", NULL, NULL },
	{ "last error", "lastError", NULL, NULL },
};
static const struct row credit[] = {
	{ "balance", "balance", NULL, NULL },
	{ "as of", "balanceAt", NULL, NULL },
};
static const struct row reports[] = {
	{ "status reports", "statusReports", NULL, NULL },
	{ "last report", "lastReportAt", NULL, NULL },
	{ "sent since then", "unreported", NULL, " parts" },
};
static const struct group groups[] = {
	{ "who", who, ARRAY_SIZE(who) },
	{ "network", network, ARRAY_SIZE(network) },
	{ "store", store, ARRAY_SIZE(store) },
	{ "sending", sending, ARRAY_SIZE(sending) },
	{ "reports", reports, ARRAY_SIZE(reports) },
	{ "credit", credit, ARRAY_SIZE(credit) },
};

/* Said above the groups. */
static const char *const head_keys[] = { "name", "state", "reason", "trouble", "held", "quota" };

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
		fputs(times_show_full(at, moment), stream);
	} else if (json_is_string(value)) {
		text = display_escape(json_string_value(value), json_string_length(value));
		fputs(text ? text : "", stream);
	} else if (json_is_boolean(value)) {
		fputs(json_is_true(value) ? "yes" : "no", stream);
	} else {
		text = json_dumps(value, JSON_ENCODE_ANY);
		fputs(text ? text : "", stream);
	}
}

static bool is_known(const json_t *value)
{
	return value && !json_is_null(value) &&
	       !(json_is_string(value) && json_string_length(value) == 0);
}

static void print_row(const json_t *modem, const struct row *row, FILE *stream)
{
	const json_t *value = json_object_get(modem, row->key);
	const json_t *whole = row->of ? json_object_get(modem, row->of) : NULL;

	fprintf(stream, "  %-16s", row->label);
	print_value(stream, row->key, value);
	if (json_is_integer(whole))
		fprintf(stream, " of %" PRId64, (int64_t)json_integer_value(whole));
	fprintf(stream, "%s\n", row->unit ? row->unit : "");
}

static void print_group(const json_t *modem, const struct group *group, FILE *stream)
{
	bool titled = false;

	for (size_t i = 0; i < group->count; i++) {
		if (!is_known(json_object_get(modem, group->rows[i].key)))
			continue;
		if (!titled)
			fprintf(stream, "\n%s\n", group->title);
		titled = true;
		print_row(modem, &group->rows[i], stream);
	}
}

/* "parts a day       30 of 200, until 2026-12-02 00:00"; what has no limit is not shown. */
static void print_quota(const json_t *modem, FILE *stream)
{
	static const struct {
		const char *key, *label;
	} limits[] = { { "partsPerMinute", "parts a minute" },
		       { "partsPerHour", "parts an hour" },
		       { "partsPerDay", "parts a day" },
		       { "partsPerMonth", "parts a month" },
		       { "recipientsPerMonth", "numbers a month" } };
	const json_t *quota = json_object_get(modem, "quota");
	char until[TIMES_TEXT_SIZE];
	bool titled = false;

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		const json_t *use = json_object_get(quota, limits[i].key);
		int64_t at = cli_moment(use, "until");

		if (!json_is_integer(json_object_get(use, "limit")))
			continue;
		fprintf(stream, "%s  %-16s%" PRId64 " of %" PRId64 "%s%s\n",
			titled ? "" : "\nquota\n", limits[i].label, cli_integer(use, "used"),
			cli_integer(use, "limit"), at ? ", until " : "",
			at ? times_show_full(at, until) : "");
		titled = true;
	}
}

static bool is_placed(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(head_keys); i++)
		if (!strcmp(head_keys[i], key))
			return true;
	for (size_t g = 0; g < ARRAY_SIZE(groups); g++)
		for (size_t i = 0; i < groups[g].count; i++) {
			const struct row *row = &groups[g].rows[i];

			if (!strcmp(row->key, key) || (row->of && !strcmp(row->of, key)))
				return true;
		}
	return false;
}

/* What a newer daemon tells and this program does not know. */
static void print_rest(json_t *modem, FILE *stream)
{
	char label[LABEL_SIZE];
	bool titled = false;
	const char *key;
	json_t *value;

	json_object_foreach(modem, key, value) {
		if (is_placed(key) || !is_known(value))
			continue;
		if (!titled)
			fputs("\nmore\n", stream);
		titled = true;
		make_label(key, label);
		print_row(modem, &(struct row){ label, key, NULL, NULL }, stream);
	}
}

/* "north is ready: registered", and below it what is wrong. */
static void print_head(const json_t *modem, FILE *stream)
{
	bool colour = table_look_of(stream).colour;
	const char *state = cli_text(modem, "state");
	enum table_style style = cli_state_style(state);

	print_value(stream, "name", json_object_get(modem, "name"));
	fprintf(stream, " is %s", table_style_on(style, colour));
	print_value(stream, "state", json_object_get(modem, "state"));
	fputs(table_style_off(style, colour), stream);
	if (is_known(json_object_get(modem, "reason"))) {
		fputs(": ", stream);
		print_value(stream, "reason", json_object_get(modem, "reason"));
	}
	fputc('\n', stream);
	/* While it does something else as well, its state does not say so. */
	if (json_is_true(json_object_get(modem, "held")) && (!state || strcmp(state, "held") != 0))
		fputs("It is held: it will be given nothing to send.\n", stream);
	if (!is_known(json_object_get(modem, "trouble")))
		return;
	fputs(table_style_on(TABLE_BAD, colour), stream);
	print_value(stream, "trouble", json_object_get(modem, "trouble"));
	fprintf(stream, "%s\n", table_style_off(TABLE_BAD, colour));
}

void modem_print_full(json_t *modem, FILE *stream)
{
	print_head(modem, stream);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		print_group(modem, &groups[i], stream);
	print_quota(modem, stream);
	print_rest(modem, stream);
}
