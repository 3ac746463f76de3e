/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * holder.h - asks the living freezer for a thaw, and waits until all is undone
 */

#include <glib.h>
#include <stdbool.h>

#include "snapshot.h"

typedef enum {
    FROST_HOLDER_ASKED,
    FROST_HOLDER_GONE,    /* no freezer is alive; a living agent has noticed that, and thaws */
    FROST_HOLDER_REFUSED, /* we may not send it a signal; see errno */
} FrostHolderAnswer;

/* Sends SIGTERM to the freezer that @snapshot names, but not to another process that has its pid by
 * now. The recovery after a freezer ignores it. */
FrostHolderAnswer frost_holder_ask(const FrostSnapshot *snapshot);

/* Waits until all is undone, hooks included, or the freezer of @holder has ended. Kills a freezer
 * that is stopped. False: @timeout_s seconds have passed. */
bool frost_holder_wait(const char *statedir, const FrostSnapshot *holder, unsigned timeout_s);
