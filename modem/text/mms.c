/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A connectionless WSP push (WAP-230-WSP 8.2.4) whose body is an m-notification-ind
 * (OMA-TS-MMS_ENC 7).  A header that is not known is stepped over by its form (WAP-230-WSP 8.4.1.2);
 * one that was cut off ends the reading, and what was read before it stands.
 */
#include "modem/text/mms.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "bridge/base/utf8.h"
#include "modem/text/cursor.h"

/* WSP */
enum {
	PDU_PUSH = 0x06,
	LENGTH_QUOTE = 0x1f,
	TEXT_QUOTE = 0x7f,
	SHORT_INTEGER = 0x80,
	CONTENT_TYPE_MMS = 0x3e,
};

/* OMA-TS-MMS_ENC 7.4, table 12. */
enum {
	FIELD_CONTENT_LOCATION = 0x83,
	FIELD_FROM = 0x89,
	FIELD_MESSAGE_TYPE = 0x8c,
	FIELD_MESSAGE_SIZE = 0x8e,
	FIELD_SUBJECT = 0x96,
};

enum {
	MESSAGE_NOTIFICATION_IND = 0x82,
	ADDRESS_PRESENT = 0x80,
};

/* IANA MIBenum */
enum {
	CHARSET_LATIN1 = 4,
	CHARSET_UTF8 = 106,
	CHARSET_UCS2 = 1000,
	CHARSET_UTF16BE = 1013,
	CHARSET_UTF16 = 1015,
};

/* uintvar, 8.1.2, of at most 32 bits. */
static int take_uintvar(struct cursor *cursor, uint32_t *ret)
{
	uint32_t value = 0;

	for (size_t i = 0; i < 5; i++) {
		const uint8_t *octet = take(cursor, 1);

		if (!octet || value >> 25)
			return -EBADMSG;
		value = value << 7 | (*octet & 0x7f);
		if (!(*octet & 0x80)) {
			*ret = value;
			return 0;
		}
	}
	return -EBADMSG;
}

/* A value that says its own length, 8.4.2.2: *ret_inside is what it holds. */
static int take_long(struct cursor *cursor, struct cursor *ret_inside)
{
	const uint8_t *first = take(cursor, 1), *inside;
	uint32_t length;

	if (!first || *first > LENGTH_QUOTE)
		return -EBADMSG;
	length = *first;
	if (length == LENGTH_QUOTE && take_uintvar(cursor, &length) < 0)
		return -EBADMSG;
	inside = take(cursor, length);
	if (!inside)
		return -EBADMSG;
	*ret_inside = (struct cursor){ inside, length };
	return 0;
}

/* Up to the NUL and with it; *ret is without it. */
static int take_string(struct cursor *cursor, struct cursor *ret)
{
	const uint8_t *end = memchr(cursor->octets, 0, cursor->left);

	if (!end)
		return -EBADMSG;
	ret->left = (size_t)(end - cursor->octets);
	ret->octets = take(cursor, ret->left + 1);
	return 0;
}

/* Any value, 8.4.1.2. */
static int step_over(struct cursor *cursor)
{
	struct cursor ignored;

	if (cursor->left == 0)
		return -EBADMSG;
	if (*cursor->octets & SHORT_INTEGER)
		return take(cursor, 1) ? 0 : -EBADMSG;
	if (*cursor->octets <= LENGTH_QUOTE)
		return take_long(cursor, &ignored);
	return take_string(cursor, &ignored);
}

/* One octet, or a length and as many, most significant first: 8.4.2.3. */
static int take_integer(struct cursor *cursor, uint32_t *ret)
{
	struct cursor inside;
	uint32_t value = 0;

	if (cursor->left > 0 && *cursor->octets & SHORT_INTEGER) {
		*ret = *take(cursor, 1) & 0x7f;
		return 0;
	}
	if (take_long(cursor, &inside) < 0)
		return -EBADMSG;
	for (size_t i = 0; i < inside.left; i++) {
		if (value >> 24)
			return -EBADMSG;
		value = value << 8 | inside.octets[i];
	}
	*ret = value;
	return 0;
}

/* One line: what would break it is a space. */
static void put(char field[static MMS_FIELD_SIZE], size_t *size, uint32_t scalar)
{
	if (scalar < ' ' || (scalar >= 0x7f && scalar < 0xa0))
		scalar = ' ';
	if (*size + 4 < MMS_FIELD_SIZE)
		*size += utf8_put(scalar, field + *size);
}

static void put_bytes(const struct cursor *text, bool utf8, char field[static MMS_FIELD_SIZE])
{
	const char *bytes = (const char *)text->octets;
	size_t size = 0;

	utf8 = utf8 && utf8_valid(bytes, text->left);
	for (size_t at = 0; at < text->left;) {
		uint32_t scalar = text->octets[at];

		at += utf8 ? (size_t)utf8_next(bytes + at, text->left - at, &scalar) : 1;
		put(field, &size, scalar);
	}
	field[size] = '\0';
}

/* UTF-16, big-endian unless a byte order mark says otherwise. */
static void put_units(const struct cursor *text, char field[static MMS_FIELD_SIZE])
{
	size_t high = 0, size = 0;

	for (size_t at = 0; at + 1 < text->left; at += 2) {
		uint32_t scalar =
			(uint32_t)text->octets[at + high] << 8 | text->octets[at + 1 - high];

		if (scalar == 0)
			break;
		if (scalar == 0xfffe && at == 0)
			high = 1;
		else if (scalar != 0xfeff)
			put(field, &size, scalar);
	}
	field[size] = '\0';
}

/*
 * An integer (8.4.2.3); some centres forget the bit that makes it a short one, and no set has a
 * number of more than two octets.
 */
static int take_charset(struct cursor *cursor, uint32_t *ret)
{
	if (cursor->left > 0 && *cursor->octets > 2 && *cursor->octets < SHORT_INTEGER) {
		*ret = *take(cursor, 1);
		return 0;
	}
	return take_integer(cursor, ret);
}

/* Encoded-string-value, OMA-TS-MMS_ENC 7.3: without a character set it ought to be US-ASCII. */
static int take_text(struct cursor *cursor, char field[static MMS_FIELD_SIZE])
{
	uint32_t charset = CHARSET_UTF8;
	struct cursor inside, text;

	if (cursor->left > 0 && *cursor->octets <= LENGTH_QUOTE && *cursor->octets > 0) {
		if (take_long(cursor, &inside) < 0 || take_charset(&inside, &charset) < 0)
			return -EBADMSG;
		cursor = &inside;
	}
	if (charset == CHARSET_UCS2 || charset == CHARSET_UTF16BE || charset == CHARSET_UTF16) {
		put_units(cursor, field);
		return 0;
	}
	if (cursor->left > 0 && *cursor->octets == TEXT_QUOTE)
		(void)take(cursor, 1);
	/* Within a length, the NUL may be missing. */
	if (take_string(cursor, &text) < 0) {
		if (cursor != &inside)
			return -EBADMSG;
		text = inside;
	}
	put_bytes(&text, charset != CHARSET_LATIN1, field);
	return 0;
}

static int take_from(struct cursor *cursor, char field[static MMS_FIELD_SIZE])
{
	struct cursor inside;
	const uint8_t *token;
	char *type;

	if (take_long(cursor, &inside) < 0)
		return -EBADMSG;
	token = take(&inside, 1);
	if (!token || *token != ADDRESS_PRESENT || take_text(&inside, field) < 0)
		return 0;
	type = strstr(field, "/TYPE=");
	if (type)
		*type = '\0';
	return 0;
}

/* Only what may stand in a URL. */
static int take_url(struct cursor *cursor, char field[static MMS_FIELD_SIZE])
{
	struct cursor text;
	size_t size = 0;

	if (take_string(cursor, &text) < 0)
		return -EBADMSG;
	for (size_t i = 0; i < text.left && size + 1 < MMS_FIELD_SIZE; i++)
		if (text.octets[i] > ' ' && text.octets[i] < 0x7f)
			field[size++] = (char)text.octets[i];
	field[size] = '\0';
	return 0;
}

static int take_field(struct cursor *cursor, uint8_t field, struct mms_notification *ret)
{
	switch (field) {
	case FIELD_FROM:
		return take_from(cursor, ret->from);
	case FIELD_SUBJECT:
		return take_text(cursor, ret->subject);
	case FIELD_CONTENT_LOCATION:
		return take_url(cursor, ret->url);
	case FIELD_MESSAGE_SIZE:
		return take_integer(cursor, &ret->octets);
	default:
		return step_over(cursor);
	}
}

/* The push's headers: the first is the type of the content, alone or with parameters. */
static bool is_mms(struct cursor headers)
{
	static const char NAME[] = "application/vnd.wap.mms-message";
	struct cursor inside, name;

	if (headers.left > 0 && *headers.octets <= LENGTH_QUOTE) {
		if (take_long(&headers, &inside) < 0)
			return false;
		headers = inside;
	}
	if (headers.left > 0 && *headers.octets == (SHORT_INTEGER | CONTENT_TYPE_MMS))
		return true;
	return take_string(&headers, &name) == 0 && name.left == sizeof(NAME) - 1 &&
	       memcmp(name.octets, NAME, name.left) == 0;
}

int mms_notification_read(const uint8_t *octets, size_t size, struct mms_notification *ret)
{
	struct cursor cursor = { octets, size };
	const uint8_t *push = take(&cursor, 2), *headers, *name, *type;
	uint32_t headers_size;

	/* A transaction identifier, and what it is. */
	if (!push || push[1] != PDU_PUSH || take_uintvar(&cursor, &headers_size) < 0)
		return -EBADMSG;
	headers = take(&cursor, headers_size);
	if (!headers || !is_mms((struct cursor){ headers, headers_size }))
		return -EBADMSG;
	/* The type of the message comes first, always (OMA-TS-MMS_ENC 7.1). */
	type = take(&cursor, 2);
	if (!type || type[0] != FIELD_MESSAGE_TYPE || type[1] != MESSAGE_NOTIFICATION_IND)
		return -EBADMSG;
	memset(ret, 0, sizeof(*ret));
	while ((name = take(&cursor, 1)) && take_field(&cursor, *name, ret) == 0)
		;
	return 0;
}
