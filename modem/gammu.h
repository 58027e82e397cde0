/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libgammu behind a wall: gammu.c is the only file that includes its header.  Every call blocks,
 * and all come from one thread.  Errors are negative errno: -ETIMEDOUT (the modem is silent),
 * -ENOENT (an empty slot), -EACCES (SIM or PIN), -EOPNOTSUPP, -EIO (the terminal), -EPROTO (the
 * rest).
 */
#pragma once

struct gammu;

/* Starts a dialogue on the slave side of a pseudo-terminal. */
int gammu_open(const char *path, struct gammu **ret_gammu);
struct gammu *gammu_close(struct gammu *gammu);

/* One message of libgammu's own making; the line half puts ours in its place.  Returns when the
 * final result is there, whatever it is. */
int gammu_send(struct gammu *gammu);

/* memory: "SM" or "ME"; -EOPNOTSUPP for any other.  What is read goes to the line half's listener. */
int gammu_read(struct gammu *gammu, const char *memory, int location);
int gammu_delete(struct gammu *gammu, const char *memory, int location);

/* Has the modem say its IMEI and IMSI; the line half hears them. */
int gammu_identify(struct gammu *gammu);
/* 0..100, -1 unknown. */
int gammu_signal(struct gammu *gammu, int *ret_percent);
