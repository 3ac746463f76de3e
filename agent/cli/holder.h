/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * holder.h - the processes that have a freeze in hand: asking for the thaw, and waiting for it
 */

#include <glib.h>
#include <stdbool.h>

#include "ledger-peek.h"

typedef enum {
    FROST_HOLDER_ASKED,
    FROST_HOLDER_GONE,    /* no freezer lives; an agent that does has noticed, and thaws */
    FROST_HOLDER_REFUSED, /* it must not be asked by us: errno */
} FrostHolderAnswer;

/* SIGTERM for the freezer that @peek names, and for no other process that has its pid by now. The
 * recovery that a freezer became passes over it. */
FrostHolderAnswer frost_holder_ask(const FrostPeek *peek);

/* Until all is undone, the hook too, or the holder is gone; without polling. False: not in
 * @timeout_s seconds. */
bool frost_holder_wait(const char *statedir, unsigned timeout_s);
