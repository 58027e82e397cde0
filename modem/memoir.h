/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The last kilobytes of a worker's conversation with its modem, in a memory file that the daemon
 * owns: a worker that had to be killed leaves a report.  Masked as it is written: PINs, texts, PDU
 * bodies, numbers.  The daemon does not believe what it reads there.
 */
#pragma once

#include <stddef.h>

#define MEMOIR_SIZE 4096

struct memoir;

/* The daemon's side: an empty memory file, or negative errno. */
int memoir_create(void);
/* What is in it, oldest line first, whole lines, printable ASCII, as a string that fits; "" nothing. */
void memoir_read(int fd, char text[static MEMOIR_SIZE]);
/* Forgets what is in it, before the next worker. */
void memoir_clear(int fd);

/* The worker's side.  NULL when fd is no such file: then nothing is remembered. */
struct memoir *memoir_open(int fd);
struct memoir *memoir_close(struct memoir *memoir);

enum memoir_side {
	MEMOIR_TO_MODEM,
	MEMOIR_FROM_MODEM,
};
/* A line, or what there is of one; NULL memoir is fine.  Cheap: a copy into a ring. */
void memoir_note(struct memoir *memoir, enum memoir_side side, const char *line, size_t size);
