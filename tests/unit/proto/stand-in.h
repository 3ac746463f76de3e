/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * stand-in.h - a whole agent of the protocol alone: bytes in, bytes out
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct StandIn StandIn;

/* Has guest-ping, guest-sync, guest-sync-delimited and guest-fsfreeze-status. */
StandIn *stand_in_new(void);
void stand_in_free(StandIn *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StandIn, stand_in_free)

void stand_in_feed(StandIn *self, const char *bytes, size_t length);

/* All that was answered so far. */
const GString *stand_in_answers(const StandIn *self);
