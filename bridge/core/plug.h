/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Modems that come and go: what is plugged in gets its radio, what is pulled out leaves it.  It speaks
 * to nothing that nobody vouches for (modem/ports.h), and to no stick of which a port is configured:
 * that one's radio does so itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bridge/core/bridge.h"
#include "modem/ports.h"

struct plug;

/* Where no udev runs it says so once, and fixed devices go on.  Returns 0, -ENOMEM. */
int plug_start(struct bridge *bridge);
/* Nothing more is looked at; workers that look are killed.  Again is fine. */
void plug_stop(struct bridge *bridge);
/*
 * What this radio was found to have is the modem of another, by the SIM that could not be asked for
 * before: it goes to that one as soon as its worker has ended.  To be called at every change.
 */
void plug_hand_over(const struct bridge *bridge, struct radio *radio);
/* A stick is being looked at, or will be. */
bool plug_is_busy(const struct plug *plug);

/* ------------------------------------------------------------------ pure */

struct plug_facts {
	size_t ports, candidates; /* that it shows; that may be tried whoever asks */
	enum stick_guise guise;
	bool port_configured; /* one of its ports is some radio's device */
	bool path_configured; /* some radio's modem is whatever is plugged in there */
	bool wanted;          /* any modem is, or one is missed that is known by what it is */
};

enum plug_plan {
	PLUG_LEAVE,  /* it is nobody's business here */
	PLUG_TAKE,   /* its only port is the one */
	PLUG_PROBE,  /* who is it, and where does it answer? */
	PLUG_ADVISE, /* tell what a person can do */
};
enum plug_plan plug_decide(const struct plug_facts *facts);

/*
 * Whether a stick of which no port answered is tried again.  silent_rounds: how often all its ports
 * could be opened, and were silent.  What only the subclass of CDC-ACM vouches for may be a board
 * that starts anew whenever it is opened (DTR): it is left alone after three.
 */
bool plug_try_again(const struct stick *stick, unsigned silent_rounds);
