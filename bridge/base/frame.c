/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Frames written and read with libcbor's streaming calls: they allocate nothing, and each decodes
 * one item within the bytes that are there.  Floats, tags, maps, nested arrays and everything
 * of indefinite length are no part of a frame.
 */
#include "bridge/base/frame.h"

#include <cbor.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "bridge/base/utf8.h"

/* ---- writing */

/* Where the next item goes; NULL when the frame has failed or has all its items. */
static uint8_t *writer_item(struct frame_writer *w, size_t *ret_room)
{
	if (w->items_left == 0)
		w->failed = true;
	if (w->failed)
		return NULL;
	w->items_left--;
	*ret_room = sizeof(w->bytes) - w->size;
	return w->bytes + w->size;
}

/* libcbor says 0 when there was no room. */
static void writer_wrote(struct frame_writer *w, size_t size)
{
	if (size == 0)
		w->failed = true;
	w->size += size;
}

void frame_begin(struct frame_writer *w, uint64_t type, size_t items_after_type)
{
	w->failed = items_after_type >= FRAME_SIZE_MAX;
	w->items_left = items_after_type;
	w->size = cbor_encode_array_start(items_after_type + 1, w->bytes, sizeof(w->bytes));
	w->size += cbor_encode_uint(type, w->bytes + w->size, sizeof(w->bytes) - w->size);
}

void frame_put_int(struct frame_writer *w, int64_t value)
{
	size_t room;
	uint8_t *at = writer_item(w, &room);

	if (!at)
		return;
	/* RFC 8949 3.1: a negative n is written as -1 - n, which is its complement. */
	writer_wrote(w, value < 0 ? cbor_encode_negint(~(uint64_t)value, at, room)
				  : cbor_encode_uint((uint64_t)value, at, room));
}

void frame_put_bool(struct frame_writer *w, bool value)
{
	size_t room;
	uint8_t *at = writer_item(w, &room);

	if (at)
		writer_wrote(w, cbor_encode_bool(value, at, room));
}

static void writer_append(struct frame_writer *w, const void *bytes, size_t size)
{
	if (w->failed)
		return;
	if (size > sizeof(w->bytes) - w->size) {
		w->failed = true;
		return;
	}
	if (size > 0)
		memcpy(w->bytes + w->size, bytes, size);
	w->size += size;
}

void frame_put_text(struct frame_writer *w, const char *text, size_t size)
{
	size_t room;
	uint8_t *at = writer_item(w, &room);

	if (!at)
		return;
	if (!text) {
		writer_wrote(w, cbor_encode_null(at, room));
		return;
	}
	/* The other side would take ill-formed text for a broken worker. */
	if (!utf8_valid(text, size)) {
		w->failed = true;
		return;
	}
	writer_wrote(w, cbor_encode_string_start(size, at, room));
	writer_append(w, text, size);
}

void frame_put_string(struct frame_writer *w, const char *string)
{
	frame_put_text(w, string, string ? strlen(string) : 0);
}

void frame_put_bytes(struct frame_writer *w, const void *bytes, size_t size)
{
	size_t room;
	uint8_t *at = writer_item(w, &room);

	if (!at)
		return;
	writer_wrote(w, cbor_encode_bytestring_start(size, at, room));
	writer_append(w, bytes, size);
}

int frame_send(const struct frame_writer *w, int fd)
{
	ssize_t sent;

	if (w->failed || w->items_left > 0)
		return -EMSGSIZE;
	do
		sent = send(fd, w->bytes, w->size, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* ---- reading */

enum item_kind {
	ITEM_OTHER,
	ITEM_UNSIGNED,
	ITEM_NEGATIVE, /* number n stands for -1 - n */
	ITEM_BOOL,
	ITEM_NULL,
	ITEM_TEXT,
	ITEM_BYTES,
	ITEM_ARRAY,
};

struct item {
	enum item_kind kind;
	uint64_t number; /* value, or count of an array */
	const uint8_t *bytes;
	size_t size;
};

static void item_set(void *context, enum item_kind kind, uint64_t number)
{
	struct item *item = context;

	item->kind = kind;
	item->number = number;
}

static void item_set_bytes(void *context, enum item_kind kind, const uint8_t *bytes, size_t size)
{
	struct item *item = context;

	item->kind = kind;
	item->bytes = bytes;
	item->size = size;
}

/* An integer on the wire has one of four widths; all mean the same. */
#define ON_INTEGER(bits)                                                                           \
	static void on_uint##bits(void *context, uint##bits##_t value)                             \
	{                                                                                          \
		item_set(context, ITEM_UNSIGNED, value);                                           \
	}                                                                                          \
	static void on_negint##bits(void *context, uint##bits##_t value)                           \
	{                                                                                          \
		item_set(context, ITEM_NEGATIVE, value);                                           \
	}
ON_INTEGER(8)
ON_INTEGER(16)
ON_INTEGER(32)
ON_INTEGER(64)

static void on_bool(void *context, bool value)
{
	item_set(context, ITEM_BOOL, value);
}

static void on_null(void *context)
{
	item_set(context, ITEM_NULL, 0);
}

static void on_array(void *context, size_t count)
{
	item_set(context, ITEM_ARRAY, count);
}

static void on_text(void *context, cbor_data bytes, size_t size)
{
	item_set_bytes(context, ITEM_TEXT, bytes, size);
}

static void on_bytes(void *context, cbor_data bytes, size_t size)
{
	item_set_bytes(context, ITEM_BYTES, bytes, size);
}

static struct item reader_decode(struct frame_reader *r)
{
	struct cbor_callbacks callbacks = cbor_empty_callbacks;
	struct item item = { .kind = ITEM_OTHER };
	struct cbor_decoder_result result;

	callbacks.uint8 = on_uint8;
	callbacks.uint16 = on_uint16;
	callbacks.uint32 = on_uint32;
	callbacks.uint64 = on_uint64;
	callbacks.negint8 = on_negint8;
	callbacks.negint16 = on_negint16;
	callbacks.negint32 = on_negint32;
	callbacks.negint64 = on_negint64;
	callbacks.boolean = on_bool;
	callbacks.null = on_null;
	callbacks.array_start = on_array;
	callbacks.string = on_text;
	callbacks.byte_string = on_bytes;
	result = cbor_stream_decode(r->bytes + r->at, r->size - r->at, &callbacks, &item);
	if (result.status != CBOR_DECODER_FINISHED)
		return (struct item){ .kind = ITEM_OTHER };
	r->at += result.read;
	return item;
}

static int reader_open(struct frame_reader *r, size_t size)
{
	struct item head, type;

	r->size = size;
	r->at = 0;
	r->items_left = 0;
	r->type = 0;
	r->failed = true;
	head = reader_decode(r);
	/* Each item takes a byte at least: a count above that is a lie. */
	if (head.kind != ITEM_ARRAY || head.number == 0 || head.number > size)
		return -EBADMSG;
	type = reader_decode(r);
	if (type.kind != ITEM_UNSIGNED)
		return -EBADMSG;
	r->type = type.number;
	r->items_left = head.number - 1;
	r->failed = false;
	return 1;
}

int frame_recv(struct frame_reader *r, int fd)
{
	ssize_t size;

	do
		size = recv(fd, r->bytes, sizeof(r->bytes), MSG_TRUNC);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return -errno;
	if (size == 0)
		return 0;
	if ((size_t)size > sizeof(r->bytes))
		return -EBADMSG;
	return reader_open(r, (size_t)size);
}

int frame_parse(struct frame_reader *r, const void *bytes, size_t size)
{
	if (size > sizeof(r->bytes))
		return -EBADMSG;
	if (size > 0)
		memcpy(r->bytes, bytes, size);
	return reader_open(r, size);
}

static struct item reader_item(struct frame_reader *r)
{
	if (r->items_left == 0)
		r->failed = true;
	if (r->failed)
		return (struct item){ .kind = ITEM_OTHER };
	r->items_left--;
	return reader_decode(r);
}

int64_t frame_get_int(struct frame_reader *r, int64_t least, int64_t most)
{
	struct item item = reader_item(r);
	bool is_int = item.kind == ITEM_UNSIGNED || item.kind == ITEM_NEGATIVE;
	int64_t value;

	if (!is_int || item.number > INT64_MAX) {
		r->failed = true;
		return 0;
	}
	value = item.kind == ITEM_NEGATIVE ? -1 - (int64_t)item.number : (int64_t)item.number;
	if (value < least || value > most) {
		r->failed = true;
		return 0;
	}
	return value;
}

bool frame_get_bool(struct frame_reader *r)
{
	struct item item = reader_item(r);

	if (item.kind != ITEM_BOOL) {
		r->failed = true;
		return false;
	}
	return item.number != 0;
}

void frame_get_text(struct frame_reader *r, char *buffer, size_t capacity, size_t *ret_size,
		    bool *ret_null)
{
	struct item item = reader_item(r);
	bool is_null = item.kind == ITEM_NULL && ret_null;

	buffer[0] = '\0';
	*ret_size = 0;
	if (ret_null)
		*ret_null = is_null;
	if (is_null)
		return;
	/* The reader's bytes are ours: they were copied from the packet, and last. */
	if (item.kind != ITEM_TEXT || item.size >= capacity ||
	    !utf8_valid((const char *)item.bytes, item.size)) {
		r->failed = true;
		return;
	}
	memcpy(buffer, item.bytes, item.size);
	buffer[item.size] = '\0';
	*ret_size = item.size;
}

void frame_get_string(struct frame_reader *r, char *buffer, size_t capacity)
{
	size_t size;

	frame_get_text(r, buffer, capacity, &size, NULL);
	if (strlen(buffer) != size) {
		buffer[0] = '\0';
		r->failed = true;
	}
}

void frame_get_bytes(struct frame_reader *r, void *buffer, size_t capacity, size_t *ret_size)
{
	struct item item = reader_item(r);

	*ret_size = 0;
	if (item.kind != ITEM_BYTES || item.size > capacity) {
		r->failed = true;
		return;
	}
	if (item.size > 0)
		memcpy(buffer, item.bytes, item.size);
	*ret_size = item.size;
}

bool frame_end(const struct frame_reader *r)
{
	/* Bytes behind the array are no part of any protocol. */
	return !r->failed && r->items_left == 0 && r->at == r->size;
}
