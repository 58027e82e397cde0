/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A look at a stick that nobody knows: a worker tries its ports, one shortly after the other, and
 * tells on which one a modem answers, and who it is.  It sends nothing but AT and questions for
 * identities; a port that was given to it is one that may be spoken to (ports.h).
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "modem/wire.h"

struct probe;

struct probe_settings {
	const char *name;    /* for the journal: "usb 1-2.3" */
	const char *program; /* path of footbridge-modem */
	struct modem_order_probe order;
	unsigned time_percent;
};

/* identity NULL: no modem answers; reason says what was seen.  From the loop, once; then it is over,
 * and may be freed in there. */
typedef void (*probe_done)(struct probe *probe, const struct modem_word_identity *identity,
			   const char *reason, void *userdata);

/* Returns 0 or negative errno.  The worker is killed after 20 s a port. */
int probe_new(sd_event *loop, const struct probe_settings *settings, probe_done done,
	      void *userdata, struct probe **ret_probe);
/* Ends it early: done is called when the worker has ended, or is stuck. */
void probe_end(struct probe *probe, const char *reason);
/* No second worker may open its ports: the kernel held the first when it was over. */
bool probe_is_stuck(const struct probe *probe);
/* Every port could be opened, and nobody answered at any. */
bool probe_was_silent(const struct probe *probe);
/* Kills the worker and never waits: the loop reaps it. */
struct probe *probe_free(struct probe *probe);
