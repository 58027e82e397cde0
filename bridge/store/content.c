/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an inbound message is: a text, data for a program, or the notification that a picture message
 * waits.  It is told in words for people and obeyed by nobody: every field in it is a stranger's.
 */
#include <errno.h>
#include <string.h>

#include "bridge/base/hex.h"
#include "bridge/base/utf8.h"
#include "bridge/store/internal.h"
#include "modem/text/mms.h"

#define GAP_SHOWN "[\xe2\x80\xa6]" /* […] */
#define KIBIBYTE 1024
/* The sentence itself is shorter than two fields. */
#define WORDS_SIZE (5 * MMS_FIELD_SIZE)

const char *inbound_kind_name(enum inbound_kind kind)
{
	static const char *const names[INBOUND_KIND_COUNT] = {
		[INBOUND_TEXT] = "text",
		[INBOUND_DATA] = "data",
		[INBOUND_MMS] = "mms",
	};

	return names[kind];
}

static size_t gap_count(const char *text, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += text[i] == CONTENT_GAP[0];
	return count;
}

/* Gaps as people see them; what is between them as it is, or in hex. */
static int text_write(struct op *op, bool hex, struct inbound_new *inbound)
{
	size_t gaps = gap_count(inbound->text, inbound->text_size);
	size_t others = inbound->text_size - gaps;
	char *text = op_alloc(op, gaps * strlen(GAP_SHOWN) + (hex ? 2 : 1) * others + 1);
	char *at = text;

	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < inbound->text_size; i++) {
		uint8_t octet = (uint8_t)inbound->text[i];

		if (inbound->text[i] == CONTENT_GAP[0])
			at = stpcpy(at, GAP_SHOWN);
		else if (hex)
			at += hex_write(&octet, 1, at);
		else
			*at++ = inbound->text[i];
	}
	inbound->text = text;
	inbound->text_size = (size_t)(at - text);
	return 0;
}

size_t inbound_data_size(const char *text, size_t text_size)
{
	size_t digits = 0;

	for (size_t i = 0; i < text_size; i++)
		digits += hex_value(text[i]) >= 0;
	return digits / 2;
}

/* One line of text that is fit to be shown, or nothing. */
static void field_tidy(char field[static MMS_FIELD_SIZE])
{
	field[MMS_FIELD_SIZE - 1] = '\0';
	if (!utf8_valid(field, strlen(field)))
		field[0] = '\0';
	for (char *at = field; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
}

/* Only what a phone's browser opens is offered to be opened. */
static bool url_is_web(const char *url)
{
	return (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0) &&
	       url[strcspn(url, " \"<>")] == '\0';
}

static void words_add(char words[static WORDS_SIZE], const char *before, const char *what,
		      const char *behind)
{
	size_t size = strlen(words);

	if (what[0] != '\0')
		snprintf(words + size, WORDS_SIZE - size, "%s%s%s", before, what, behind);
}

static void notification_tell(struct mms_notification *note, char words[static WORDS_SIZE])
{
	char size[24] = "";

	field_tidy(note->from);
	field_tidy(note->subject);
	field_tidy(note->url);
	if (note->octets > 0)
		snprintf(size, sizeof(size), "%u", (note->octets - 1) / KIBIBYTE + 1);
	snprintf(words, WORDS_SIZE, "A picture message (MMS)");
	words_add(words, " from ", note->from, "");
	words_add(words, "", " waits", "");
	words_add(words, ", subject \"", note->subject, "\"");
	words_add(words, ", ", size, " KB");
	words_add(words, "", ": this bridge can't fetch it; ask the sender to send text", "");
	if (url_is_web(note->url))
		words_add(words, ", or open ", note->url, " on a phone");
	words_add(words, "", ".", "");
}

static int notification_read(struct op *op, struct inbound_new *inbound)
{
	size_t size = inbound->text_size / 2;
	uint8_t *octets = op_alloc(op, size + 1);
	struct mms_notification note;
	char *words;

	if (!octets)
		return -ENOMEM;
	if (!hex_read(inbound->text, inbound->text_size, octets) ||
	    mms_notification_read(octets, size, &note) < 0)
		return 0;
	words = op_alloc(op, WORDS_SIZE);
	if (!words)
		return -ENOMEM;
	notification_tell(&note, words);
	inbound->kind = INBOUND_MMS;
	inbound->text = words;
	inbound->text_size = strlen(words);
	return 0;
}

int content_read(struct op *op, bool data, bool whole, struct inbound_new *inbound)
{
	inbound->kind = data || inbound->port >= 0 ? INBOUND_DATA : INBOUND_TEXT;
	if (data && whole && inbound->port == MMS_PORT)
		return notification_read(op, inbound);
	/* Text that came to a port is for a program: its bytes are kept as those of any data. */
	if (inbound->kind == INBOUND_DATA && !data)
		return text_write(op, true, inbound);
	return whole ? 0 : text_write(op, false, inbound);
}
