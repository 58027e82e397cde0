/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The whole story of one message in sentences that can be read out on the telephone: when it came,
 * how it was cut and why, every try with its answer, what it waits for, and what happens next.  It
 * tells no text, and no number but the recipient's own.  Pure but for memory and the time zone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/core/choice.h"
#include "bridge/store/store.h"
#include "modem/wire.h"

#define WHY_SENTENCES_MAX 400
#define WHY_SENTENCE_SIZE 640

struct why_modem {
	const char *name;
	enum modem_state state;
	const char *reason; /* of the state, or of the rest; "" none */
	bool rests;         /* it is given nothing for a while */
	const char *limit;  /* of its quota that is used up: "its 200 parts a day"; NULL none */
};

struct why_situation {
	int64_t now_usec;
	bool clock_trusted;
	const char *clock_words; /* clock_explain() */
	bool held;
	int64_t unknown_usec; /* how long unknown parts wait to be settled */
	const struct why_modem *modems;
	size_t modem_count;
	/* The same modems, by what they serve; NULL: each serves every number. */
	const struct choice_sim *sims;
	const char *number; /* only this recipient; NULL all */
};

struct why_story {
	size_t count;
	char sentences[WHY_SENTENCES_MAX][WHY_SENTENCE_SIZE];
};

/* NULL: out of memory.  The caller frees it with free(). */
struct why_story *why_tell(const struct store_message *message,
			   const struct why_situation *situation);
