/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libgammu's waits.  GSM_SendSMS alone sleeps 0.7 s, for phones of another age.  pace.c defines
 * usleep() in our executable, which the dynamic linker prefers to libc's for libgammu as well.
 */
#pragma once

#include <unistd.h>

/* From now on the calling thread's waits are ours; those under 0.1 s end early when fd can be
 * read.  percent: how much of the longer ones is kept, 0..100. */
void pace_begin(int fd, unsigned percent);
void pace_set(unsigned percent);
unsigned pace_percent(void);

/* How many long waits of this thread came here: 0 after a send means that libc's usleep runs. */
unsigned long pace_count(void);
