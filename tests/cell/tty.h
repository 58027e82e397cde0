/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The modem's side of a pseudo-terminal behind a symlink, buffered and bounded both ways.  What no
 * one reads is lost once the buffer is full, as on a real line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#define TTY_INPUT_MAX 8192
#define TTY_OUTPUT_MAX 65536

struct tty;

/* input: there are new bytes, or the line is no longer paused. */
typedef void (*tty_input_fn)(void *userdata);

/*
 * Makes a pseudo-terminal in raw mode and puts the symlink at path in its place (a symlink that is
 * there already is replaced at once; anything else is -EEXIST).
 */
int tty_open(sd_event *event, const char *path, tty_input_fn input, void *userdata,
	     struct tty **ret);

/* Hangs up and removes the symlink. */
struct tty *tty_close(struct tty *tty);

/* What was heard and not yet consumed. */
const char *tty_peek(const struct tty *tty, size_t *ret_size);
void tty_consume(struct tty *tty, size_t size);

/* Collects output; tty_flush() puts it on the line. */
void tty_write(struct tty *tty, const char *bytes, size_t size);
void tty_flush(struct tty *tty);

/* A paused line hears nothing: its bytes wait in the kernel. */
void tty_pause(struct tty *tty, bool paused);
