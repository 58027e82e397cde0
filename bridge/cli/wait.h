/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `send --wait`: follows events until every recipient's delivery is final.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "bridge/cli/cli.h"

/*
 * message: as the daemon answered it; after: the newest event from before it was sent.  On
 * CLI_DONE (all delivered), CLI_UNDELIVERED and CLI_UNDER_WAY *ret_message is the message as it is
 * now, owned by the caller, and the latter two have been told; other statuses are errors, told.
 */
enum cli_exit wait_for_message(struct cli *cli, const json_t *message, const char *after,
			       int64_t span_usec, json_t **ret_message);
