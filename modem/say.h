/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The worker's mouth: words to the daemon.  Each waits until the daemon has room for it, so that
 * none is lost; both threads may speak.
 */
#pragma once

#include "modem/wire.h"

/* Returns 0, or negative errno when the daemon is gone. */
int say(int fd, const struct modem_word *word);

int say_state(int fd, enum modem_state state, const char *reason);
/* "failed", because of the modem. */
int say_fault(int fd, const char *reason);
int say_busy(int fd, const char *command);
int say_simple(int fd, enum modem_word_type type); /* PROGRESS, IDLE, SWEPT */
int say_note(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Copies what a modem said of itself: printable ASCII, without quotes, cut to size. */
void say_field(char *field, size_t size, const char *text);
