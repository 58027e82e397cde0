/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * IPC frames: one SOCK_SEQPACKET packet holds one CBOR array of fixed length (RFC 8949), its first
 * item an unsigned type.  Writer and reader are bounded and stop at the first fault, so that a
 * protocol file is a list of fields and one check at the end.  Nothing from the other side is
 * trusted: a reader never hands out more than the packet holds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_SIZE_MAX 16384

/* ---- writing: array header by frame_begin, then exactly that many items, then frame_send ---- */
struct frame_writer {
	uint8_t bytes[FRAME_SIZE_MAX];
	size_t size;
	size_t items_left;
	bool failed; /* too much, or too many items */
};

void frame_begin(struct frame_writer *w, uint64_t type, size_t items_after_type);
void frame_put_int(struct frame_writer *w, int64_t value);
void frame_put_bool(struct frame_writer *w, bool value);
void frame_put_text(struct frame_writer *w, const char *text, size_t size); /* text NULL: null */
void frame_put_string(struct frame_writer *w, const char *string);          /* NULL: null */
void frame_put_bytes(struct frame_writer *w, const void *bytes, size_t size);

/*
 * Sends the frame whole (MSG_NOSIGNAL).  Returns 0, -EMSGSIZE when the writer failed or items are
 * missing, or the socket's negative errno (-EAGAIN: the other side's queue is full; -EPIPE: gone).
 */
int frame_send(const struct frame_writer *w, int fd);

/* ---- reading ---- */
struct frame_reader {
	uint8_t bytes[FRAME_SIZE_MAX];
	size_t size, at;
	size_t items_left;
	uint64_t type;
	bool failed;
};

/*
 * Takes one packet and its type.  Returns 1, 0 at the end of the file, -EAGAIN, -EBADMSG for what
 * is no frame (truncated, indefinite, not an array, no type), or the socket's negative errno.
 */
int frame_recv(struct frame_reader *r, int fd);

/* The same from memory, for tests and fuzzers: 1 or -EBADMSG. */
int frame_parse(struct frame_reader *r, const void *bytes, size_t size);

/* Each returns its value, or 0, false, NULL and sets r->failed.  Ranges are inclusive. */
int64_t frame_get_int(struct frame_reader *r, int64_t least, int64_t most);
bool frame_get_bool(struct frame_reader *r);

/*
 * Copies text (well-formed UTF-8, at most capacity - 1 bytes) and ends it with a NUL; *ret_size is
 * its length, which may cover NULs inside.  A null reads as an empty text with *ret_null true when
 * ret_null is given, otherwise it fails.
 */
void frame_get_text(struct frame_reader *r, char *buffer, size_t capacity, size_t *ret_size,
		    bool *ret_null);

/* The same for what must be a C string: no NUL inside. */
void frame_get_string(struct frame_reader *r, char *buffer, size_t capacity);

/* Copies at most capacity bytes; longer fails. */
void frame_get_bytes(struct frame_reader *r, void *buffer, size_t capacity, size_t *ret_size);

/* True when nothing failed and no item is left: call it before the struct is used. */
bool frame_end(const struct frame_reader *r);
