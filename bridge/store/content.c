/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an inbound message is: a text, data for a program, or the notification that a picture message
 * waits.  It is told in words for people and obeyed by nobody: every field in it is a stranger's.
 */
#include <errno.h>
#include <string.h>

#include "bridge/base/utf8.h"
#include "bridge/store/internal.h"
#include "modem/text/mms.h"

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

/* Text that came to a port is for a program: its bytes are kept as those of any data. */
static int text_to_hex(struct op *op, struct inbound_new *inbound)
{
	static const char digits[] = "0123456789ABCDEF";
	char *hex = op_alloc(op, 2 * inbound->text_size + 1);

	if (!hex)
		return -ENOMEM;
	for (size_t i = 0; i < inbound->text_size; i++) {
		unsigned char byte = (unsigned char)inbound->text[i];

		hex[2 * i] = digits[byte >> 4];
		hex[2 * i + 1] = digits[byte & 0xf];
	}
	inbound->text = hex;
	inbound->text_size *= 2;
	return 0;
}

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* NULL when it is no hex, or without memory. */
static uint8_t *hex_to_octets(struct op *op, const char *hex, size_t size)
{
	uint8_t *octets = size % 2 == 0 ? op_alloc(op, size / 2 + 1) : NULL;

	for (size_t i = 0; octets && i < size; i += 2) {
		int high = digit_value(hex[i]), low = digit_value(hex[i + 1]);

		if (high < 0 || low < 0)
			return NULL;
		octets[i / 2] = (uint8_t)(high << 4 | low);
	}
	return octets;
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
	uint8_t *octets = hex_to_octets(op, inbound->text, inbound->text_size);
	struct mms_notification note;
	char *words;

	if (!octets || mms_notification_read(octets, inbound->text_size / 2, &note) < 0)
		return op->no_memory ? -ENOMEM : 0;
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
	return inbound->kind == INBOUND_DATA && !data ? text_to_hex(op, inbound) : 0;
}
