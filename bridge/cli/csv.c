/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One pass, field by field; only the field under the cursor is held.
 */
#include "bridge/cli/csv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/cleanup.h"

struct csv_reader {
	const char *text;
	size_t size, at;
	char separator;
	unsigned line;      /* 1-based, of the record being read */
	unsigned next_line; /* of the record after it */
	bool record_ended;
	char field[CSV_RECIPIENT_SIZE]; /* trimmed and cut; "too_long" says so */
	bool too_long;
};

static const char *const header_names[] = { "to", "phone", "number" };

static char find_separator(const char *text, size_t size)
{
	bool quoted = false;

	for (size_t i = 0; i < size && (quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == ',' || text[i] == ';' || text[i] == '\t'))
			return text[i];
	}
	return ',';
}

static void field_put(struct csv_reader *reader, size_t *length, char byte)
{
	if (*length + 1 < sizeof(reader->field))
		reader->field[(*length)++] = byte;
	else if (byte != ' ')
		reader->too_long = true;
}

/* After the opening quote: up to the closing one; "" is a quote.  -EINVAL when none closes. */
static int read_quoted(struct csv_reader *reader, size_t *length)
{
	for (; reader->at < reader->size; reader->at++) {
		char byte = reader->text[reader->at];

		if (byte == '"') {
			reader->at++;
			if (reader->at >= reader->size || reader->text[reader->at] != '"')
				return 0;
		}
		if (byte == '\n')
			reader->next_line++;
		field_put(reader, length, byte);
	}
	return -EINVAL;
}

/* Reads one field and what ends it. */
static int read_field(struct csv_reader *reader)
{
	const char *text = reader->text;
	size_t length = 0;

	if (reader->record_ended)
		reader->line = reader->next_line;
	reader->record_ended = false;
	reader->too_long = false;
	while (reader->at < reader->size && text[reader->at] == ' ')
		reader->at++;
	if (reader->at < reader->size && text[reader->at] == '"') {
		reader->at++;
		if (read_quoted(reader, &length) < 0)
			return -EINVAL;
	}
	for (; reader->at < reader->size; reader->at++) {
		if (text[reader->at] == reader->separator || text[reader->at] == '\n' ||
		    text[reader->at] == '\r')
			break;
		field_put(reader, &length, text[reader->at]);
	}
	while (length && reader->field[length - 1] == ' ')
		length--;
	reader->field[length] = '\0';
	if (reader->at < reader->size && text[reader->at] == reader->separator) {
		reader->at++;
		return 0;
	}
	reader->record_ended = true;
	reader->next_line++;
	if (reader->at < reader->size && text[reader->at] == '\r')
		reader->at++;
	if (reader->at < reader->size && text[reader->at] == '\n')
		reader->at++;
	return 0;
}

/* The column that the first line names, or -1 when it is no header; the reader is put back then. */
static int find_column(struct csv_reader *reader)
{
	struct csv_reader start = *reader;
	int found = -1;

	for (int column = 0; reader->at < reader->size; column++) {
		if (read_field(reader) < 0)
			break;
		for (size_t i = 0; i < ARRAY_SIZE(header_names) && found < 0; i++)
			if (!reader->too_long && !strcasecmp(reader->field, header_names[i]))
				found = column;
		if (reader->record_ended)
			break;
	}
	if (found < 0)
		*reader = start;
	return found;
}

static int explain(char *error, size_t size, int code, unsigned line, const char *what)
{
	snprintf(error, size, "line %u: %s", line, what);
	return code;
}

/* One record; ret says what stood in the column, "" for nothing. */
static int read_record(struct csv_reader *reader, int column, char ret[static CSV_RECIPIENT_SIZE],
		       bool *ret_blank, char *error, size_t error_size)
{
	ret[0] = '\0';
	*ret_blank = true;
	for (int c = 0;; c++) {
		if (read_field(reader) < 0)
			return explain(error, error_size, -EINVAL, reader->line,
				       "a quoted field does not end; add the closing quote");
		if (reader->field[0])
			*ret_blank = false;
		if (c == column && reader->too_long)
			return explain(error, error_size, -EINVAL, reader->line,
				       "the recipient is too long to be a number");
		if (c == column)
			memcpy(ret, reader->field, sizeof(reader->field));
		if (reader->record_ended)
			return 0;
	}
}

int csv_read_recipients(const char *text, size_t size, csv_recipient_done done, void *userdata,
			char *error, size_t error_size)
{
	struct csv_reader reader = { .text = text, .size = size, .line = 1, .next_line = 1 };
	char recipient[CSV_RECIPIENT_SIZE];
	unsigned count = 0;
	bool blank;
	int column, r;

	if (memchr(text, '\0', size))
		return explain(error, error_size, -EINVAL, 1,
			       "this is not a text file; save it as CSV (UTF-8)");
	if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		reader.at = 3;
	reader.separator = find_separator(text + reader.at, size - reader.at);
	column = find_column(&reader);
	while (reader.at < reader.size) {
		r = read_record(&reader, column < 0 ? 0 : column, recipient, &blank, error,
				error_size);
		if (r < 0)
			return r;
		if (blank)
			continue;
		if (!recipient[0])
			return explain(error, error_size, -EINVAL, reader.line,
				       "no number in this line; fill it in or remove the line");
		if (++count > CSV_RECIPIENT_MAX)
			return explain(error, error_size, -E2BIG, reader.line,
				       "too many recipients; split the file");
		r = done(recipient, userdata);
		if (r)
			return r;
	}
	if (!count)
		return explain(error, error_size, -EINVAL, 1, "there is no recipient in it");
	return 0;
}
