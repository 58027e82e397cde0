/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The control socket: JSON objects, one a line, in and out.
 */
#pragma once

#include <systemd/sd-event.h>

#define CONTROL_LINE_MAX 65536
#define CONTROL_CLIENTS_MAX 64
#define CONTROL_OUTPUT_MAX ((size_t)16 * 1024 * 1024)

struct cell;
struct control;

/*
 * Takes the address; nothing is answered before control_serve().  -EADDRINUSE: someone answers
 * there; -ENAMETOOLONG: no unix socket has so long a path.
 */
int control_open(const char *path, struct control **ret);
int control_serve(struct control *control, sd_event *event, struct cell *cell);
struct control *control_close(struct control *control);

static inline void control_closep(struct control **control)
{
	control_close(*control);
}
