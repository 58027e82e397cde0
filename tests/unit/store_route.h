/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two SIMs that serve three classes of numbers, and people who write to them.
 */
#pragma once

#include "tests/unit/store_pool.h"

#define CHINA "+86"
#define MOBILE "+86138"
#define ABROAD "+4915100000001"
#define SERVICE "10086"
#define SECOND USEC_PER_SEC
#define PATIENCE (60 * SECOND)

static const char *const all_classes[] = { "", CHINA, MOBILE };

/* Serves the first count of these, and leaves conversations to the other SIM for a minute. */
static inline struct turn ask_for(struct fixture *f, const struct store_sim *sim,
				  const char *const *prefixes, size_t count, int64_t now)
{
	const char *const others[] = { sim == &north ? south.iccid : north.iccid };
	const struct store_route route = {
		.prefixes = prefixes,
		.prefix_count = count,
		.talkers = others,
		.talker_count = 1,
		.patience_usec = PATIENCE,
	};

	return begin_by(f, sim, &route, (struct store_now){ now, true });
}

/* While no other SIM can go on with its conversations. */
static inline struct turn ask_alone(struct fixture *f, const struct store_sim *sim, int64_t now)
{
	const struct store_route route = {
		.prefixes = all_classes,
		.prefix_count = 3,
		.patience_usec = PATIENCE,
	};

	return begin_by(f, sim, &route, (struct store_now){ now, true });
}

static inline struct turn ask(struct fixture *f, const struct store_sim *sim, int64_t now)
{
	return ask_for(f, sim, all_classes, 3, now);
}

static inline struct turn ask_class(struct fixture *f, const struct store_sim *sim,
				    const char *prefix, int64_t now)
{
	return ask_for(f, sim, &prefix, 1, now);
}

static inline int setup_classes(void **state)
{
	setup(state);
	assert_int_equal(set_prefixes(*state, all_classes + 1, 2), 0);
	return 0;
}

static inline void text_comes(struct fixture *f, const struct store_sim *sim, const char *from,
			      int64_t at)
{
	static unsigned number;
	struct tpdu tpdu = { .kind = TPDU_DELIVER, .port = -1, .text = "hi", .text_size = 2 };
	char octets[24];

	snprintf(tpdu.address, sizeof(tpdu.address), "%s", from);
	snprintf(octets, sizeof(octets), "text %u", number++);
	assert_int_equal(receive(f, sim, octets, 1, &tpdu, at), STORE_READING_MESSAGE);
}
