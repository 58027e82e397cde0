/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The keys of footbridge.conf, group by group.  Only for this room.
 */
#pragma once

#include "config/value.h"

/* Reads all of root into reader->config; what is wrong is complained of, the rest still read. */
void config_read_root(struct config_reader *reader, const config_setting_t *root);
