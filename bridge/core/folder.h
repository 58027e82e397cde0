/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Folders made when they are missing, so that a first start needs no preparation.
 */
#pragma once

#include <stdbool.h>

/* Makes path and what is missing above it, mode 0750.  Returns 0 or negative errno. */
int folder_make(const char *path);

/* The same for the folder that a file is in. */
int folder_make_for(const char *file);
