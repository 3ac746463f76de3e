/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * keeper.h - a channel that is had again when its port is missing or goes away (--retry-path)
 *
 *   OPEN --the port goes away--> WAITING --its path can be opened--> OPEN
 *     |
 *     +-- no retry: failed(); nothing happens any more
 */

#include <glib.h>
#include <stdbool.h>

#include "channel.h"
#include "session.h"

typedef struct FrostKeeper FrostKeeper;

/**
 * frost_keeper_new:
 * @events: those of the channel; a port that goes away and is waited for is a client that departs
 *
 * Fails as frost_session_new() does.
 */
FrostKeeper *frost_keeper_new(const FrostSessionConfig *config, GMainContext *context,
                              const FrostChannelEvents *events, void *user, GError **error);
void frost_keeper_free(FrostKeeper *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostKeeper, frost_keeper_free)

/* As those of the channel; nothing happens while it is waited for. */
void frost_keeper_send(FrostKeeper *self, GBytes *line);
void frost_keeper_finish(FrostKeeper *self);
void frost_keeper_pause(FrostKeeper *self, bool paused);
void frost_keeper_drain(FrostKeeper *self, unsigned limit_ms);

/* Waits no more for a port, and tells of no loss. */
void frost_keeper_stop(FrostKeeper *self);
