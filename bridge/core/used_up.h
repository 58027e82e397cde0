/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Classes of numbers of which every SIM has used up its quota: what waits there says so, and until
 * when; and those that no SIM serves at all.  It also tells the store the classes.
 */
#pragma once

#include "bridge/core/bridge.h"

struct used_up;

/* Tells the store the prefixes of the configuration.  Returns 0, -ENOMEM, or the store's. */
int used_up_new(struct bridge *bridge);
struct used_up *used_up_free(struct used_up *used_up);

/* Looks at all classes anew, and tells the store what has changed. */
void used_up_look(struct bridge *bridge);
/* The store works again: what it may not have heard is said once more. */
void used_up_say_again(struct bridge *bridge);

#define QUOTA_WORDS_SIZE 96
/* Of the limit that it has used up: "its 200 parts a day", for people. */
const char *quota_words(const struct radio *radio, char words[static QUOTA_WORDS_SIZE]);
