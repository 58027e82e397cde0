/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A real systemd-journald for one test: in a user and mount namespace of its own, apart from the
 * machine's, without root.
 */
#pragma once

#include <stddef.h>

/*
 * Runs body in a child process in whose /run a fresh journald listens, stops that journald, and
 * hands back what it had, as `journalctl -o json` prints it (one object a line; *ret_json is the
 * caller's).  body must end by returning: the child then goes on to read.  Every wait is bounded.
 *
 * Returns 0; -ENOTSUP when this machine forbids namespaces, or has no journald or no machine id
 * (skip the test); -EIO when something else went wrong.  For both, why says what.
 */
int journal_fixture_run(void (*body)(void *userdata), void *userdata, char **ret_json, char *why,
			size_t why_size);

/*
 * Gives the calling process, for good, an empty /run, so that no journal answers.  Only for a child
 * of the test with a single thread.  Returns 0, or negative errno where namespaces are forbidden.
 */
int journal_fixture_hide(void);
